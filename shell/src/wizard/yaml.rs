//! YAML as these scripts use it: texts, lists and maps; numbers and booleans are texts.
//!
//! In: a file's text. Out: a `Value`, or where it cannot be read.

use saphyr::{LoadableYamlNode, Scalar, Yaml};

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nothing,
    Text(String),
    List(Vec<Value>),
    /// In the order of the file.
    Map(Vec<(String, Value)>),
}

pub fn read(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    Ok(documents.first().map_or(Value::Nothing, value))
}

fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Value(Scalar::String(text)) => Value::Text(text.to_string()),
        Yaml::Value(Scalar::Boolean(boolean)) => Value::Text(boolean.to_string()),
        Yaml::Value(Scalar::Integer(integer)) => Value::Text(integer.to_string()),
        Yaml::Value(Scalar::FloatingPoint(float)) => Value::Text(float.to_string()),
        Yaml::Representation(text, ..) => Value::Text(text.to_string()),
        Yaml::Sequence(items) => Value::List(items.iter().map(value).collect()),
        Yaml::Mapping(pairs) => {
            Value::Map(pairs.iter().filter_map(|(name, part)| Some((value(name).text()?, value(part)))).collect())
        }
        Yaml::Tagged(_, inner) => value(inner),
        _ => Value::Nothing,
    }
}

impl Value {
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(pairs) => pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// A member's text.
    pub fn text_of(&self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }

    /// The members of a list; a value alone is a list of one.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            Value::Nothing => &[],
            one => std::slice::from_ref(one),
        }
    }

    /// All on one line, for people.
    pub fn words(&self) -> String {
        match self {
            Value::Nothing => String::new(),
            Value::Text(text) => text.trim().to_string(),
            Value::List(items) => items.iter().map(Value::words).collect::<Vec<_>>().join(" "),
            Value::Map(pairs) => {
                pairs.iter().map(|(name, value)| format!("{name} -> {}", value.words())).collect::<Vec<_>>().join(", ")
            }
        }
    }
}
