//! One script as data.
//!
//! In: its YAML, other scripts by name, agents' metadata. Out: [`Script`].

use super::yaml::Value;
use quorate_core::agent::Metadata;
use std::rc::Rc;

#[derive(Clone, Debug, Default)]
pub struct Script {
    pub name: String,
    pub category: String,
    pub short: String,
    pub long: String,
    pub parameters: Vec<Parameter>,
    pub includes: Vec<Include>,
    /// As written: what an action is, is its member's name.
    pub actions: Vec<Value>,
}

/// One value that is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub short: String,
    pub long: String,
    pub required: bool,
    pub unique: bool,
    /// What it is where nothing is said.
    pub value: Option<String>,
    /// `resource`, `integer`, `boolean`, `ip_address`, `port`, `email`, `enum`, …; empty for any text.
    pub kind: String,
    /// What an `enum` may be.
    pub choices: Vec<String>,
    /// Known from the agent only: not asked for unless all is.
    pub advanced: bool,
}

/// A part of a script.
#[derive(Clone, Debug)]
pub struct Include {
    pub name: String,
    /// Its parameters stand among the script's own.
    pub own: bool,
    /// Left out unless a value is given for it.
    pub optional: bool,
    pub short: String,
    /// What it is told by the script that includes it; may name that one's values.
    pub given: Vec<(String, String)>,
    pub of: Included,
}

#[derive(Clone, Debug)]
pub enum Included {
    Agent { agent: String, operations: String, parameters: Vec<Parameter> },
    Script(Rc<Script>),
}

impl Parameter {
    pub fn read(value: &Value) -> Option<Parameter> {
        Some(Parameter {
            name: value.text_of("name")?,
            short: value.text_of("shortdesc").unwrap_or_default(),
            long: value.text_of("longdesc").unwrap_or_default(),
            required: is_true(value, "required"),
            unique: is_true(value, "unique") || value.text_of("type").as_deref() == Some("resource"),
            value: value.text_of("value").or_else(|| value.text_of("default")),
            kind: value.text_of("type").unwrap_or_default(),
            choices: value.get("values").into_iter().flat_map(Value::items).filter_map(Value::text).collect(),
            advanced: false,
        })
    }
}

pub fn is_true(value: &Value, name: &str) -> bool {
    value.text_of(name).is_some_and(|text| super::template::is_set(&text))
}

/// The parameters of a resource of an agent: its id, what the script says, what the agent knows.
pub fn of_agent(listed: &[Parameter], metadata: Option<&Metadata>) -> Vec<Parameter> {
    let id = Parameter {
        name: "id".into(),
        short: "Identifier for the cluster resource".into(),
        required: true,
        unique: true,
        kind: "resource".into(),
        ..Parameter::default()
    };
    let mut all = vec![listed.iter().find(|one| one.name == "id").map_or(id.clone(), |listed| Parameter {
        short: if listed.short.is_empty() { id.short.clone() } else { listed.short.clone() },
        required: true,
        unique: true,
        ..listed.clone()
    })];
    for known in metadata.into_iter().flat_map(|metadata| &metadata.parameters) {
        let listed = listed.iter().find(|one| one.name == known.name);
        let said = listed.cloned().unwrap_or_default();
        all.push(Parameter {
            name: known.name.clone(),
            short: if said.short.is_empty() { known.short.clone() } else { said.short },
            long: if said.long.is_empty() { known.long.clone() } else { said.long },
            required: said.required || known.required,
            unique: known.unique.is_some(),
            advanced: listed.is_none() && !known.required,
            ..said
        });
    }
    let known = |name: &str, all: &[Parameter]| all.iter().any(|one| one.name == name);
    for one in listed {
        if !known(&one.name, &all) {
            all.push(one.clone());
        }
    }
    all
}
