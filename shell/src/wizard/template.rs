//! The `{{…}}` marks in a wizard's texts.
//!
//! `{{a:b}}` is the value at that path, `{{#a}}…{{/a}}` stands if there is one, `{{^a}}…{{/a}}`
//! if there is none. In: a text and values. Out: the text with values in place of the marks.
//! Absent: where values come from (see `values`).

use std::collections::BTreeMap;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// A default that switches something off; prints as `false`.
    No,
    Inside(Scope),
}

/// The values of one step, and the configuration it makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub text: String,
    pub values: BTreeMap<String, Value>,
}

impl Scope {
    pub fn at(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once(':').unwrap_or((path, ""));
        match (self.values.get(first)?, rest) {
            (value, "") => Some(value),
            (Value::Inside(scope), rest) => scope.at(rest),
            _ => None,
        }
    }
}

impl Value {
    pub fn text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::No => "false",
            Value::Inside(scope) => &scope.text,
        }
    }

    /// Whether a condition that names nothing else holds.
    pub fn holds(&self) -> bool {
        match self {
            Value::Text(text) => !matches!(text.as_str(), "" | "false" | "no" | "off"),
            Value::No => false,
            Value::Inside(_) => true,
        }
    }
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Plain(&'t str),
    Name(&'t str),
    Block { name: &'t str, wanted: bool, inside: Vec<Piece<'t>> },
}

/// Fills in a text, or says which mark is wrong.
pub fn fill(text: &str, values: &Scope) -> Result<String, String> {
    let mut rest = text;
    let pieces = pieces(&mut rest, None)?;
    let mut filled = String::new();
    write(&pieces, values, &mut filled);
    Ok(filled)
}

/// The pieces up to the end, or up to the mark that closes the block they are in.
fn pieces<'t>(rest: &mut &'t str, block: Option<&str>) -> Result<Vec<Piece<'t>>, String> {
    let mut found = Vec::new();
    while let Some(start) = rest.find("{{") {
        let behind = &rest[start + 2..];
        let end = behind.find("}}").ok_or_else(|| format!("`{{{{{}` is not closed", first_line(behind)))?;
        found.push(Piece::Plain(&rest[..start]));
        let mark = &behind[..end];
        *rest = &behind[end + 2..];
        let (sign, name) = match mark.as_bytes().first() {
            Some(sign @ (b'#' | b'^' | b'/')) => (*sign, &mark[1..]),
            _ => (b' ', mark),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "#$:_-".contains(c)) {
            return Err(format!("`{{{{{mark}}}}}` names no value"));
        }
        match sign {
            b'/' if block == Some(name) => return Ok(found),
            b'/' => return Err(format!("`{{{{{mark}}}}}` closes what was not opened")),
            b' ' => found.push(Piece::Name(name)),
            sign => {
                let inside = pieces(rest, Some(name))?;
                found.push(Piece::Block { name, wanted: sign == b'#', inside });
            }
        }
    }
    if let Some(name) = block {
        return Err(format!("`{{{{#{name}}}}}` has no `{{{{/{name}}}}}`"));
    }
    found.push(Piece::Plain(rest));
    *rest = "";
    Ok(found)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn write(pieces: &[Piece], values: &Scope, into: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Plain(text) => into.push_str(text),
            Piece::Name(name) => into.push_str(values.at(name).map_or("", Value::text)),
            Piece::Block { name, wanted, inside } => {
                let there = values.at(name).is_some_and(|value| *value != Value::No);
                if there == *wanted {
                    write(inside, values, into);
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn values() -> Scope {
        let text = |text: &str| Value::Text(text.to_string());
        let vip = Scope { text: "primitive".into(), values: [("id".to_string(), text("vip"))].into() };
        let values = [("id", text("web")), ("off", Value::No), ("vip", Value::Inside(vip)), ("none", text(""))];
        Scope { text: String::new(), values: values.map(|(name, value)| (name.to_string(), value)).into() }
    }

    #[test]
    fn marks_give_way_to_values() {
        let cases = [
            ("group g-{{id}} {{vip:id}}", "group g-web vip"),
            ("{{vip}} {{off}} [{{absent}}]", "primitive false []"),
            ("{{#vip}}a {{vip:id}}{{/vip}}{{#off}}b{{/off}}{{#absent}}c{{/absent}}", "a vip"),
            ("{{^vip}}a{{/vip}}{{^off}}b{{/off}}{{^absent:id}}c{{/absent:id}}", "bc"),
            ("{{#none}}empty{{/none}}", "empty"),
            ("{{#id}}{{#vip:id}}both{{/vip:id}}{{/id}}", "both"),
            ("no { marks }", "no { marks }"),
        ];
        for (text, filled) in cases {
            assert_eq!(fill(text, &values()).unwrap(), filled, "{text}");
        }
    }

    #[test]
    fn wrong_marks_are_named() {
        let cases = [
            ("a {{id", "`{{id` is not closed"),
            ("{{#id}} x", "`{{#id}}` has no `{{/id}}`"),
            ("x {{/id}}", "`{{/id}}` closes what was not opened"),
            ("{{}}", "`{{}}` names no value"),
            ("{{a b}}", "`{{a b}}` names no value"),
        ];
        for (text, said) in cases {
            assert_eq!(fill(text, &values()).unwrap_err(), said, "{text}");
        }
    }
}
