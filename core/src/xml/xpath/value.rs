//! Values, and from where they are looked at.
//!
//! In: a tree. Out: a value read as another kind.

use super::nodes::{DOCUMENT, Id, Tree};

/// What an expression comes to (section 1).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// In document order, each once.
    Nodes(Vec<Id>),
    Text(String),
    Number(f64),
    Boolean(bool),
}

/// From where an expression is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub node: Id,
    pub position: usize,
    pub size: usize,
}

impl Context {
    /// From the document itself.
    pub fn of_document() -> Context {
        Context { node: DOCUMENT, position: 1, size: 1 }
    }
}

impl Value {
    /// As `boolean()` reads it (section 4.3).
    pub fn boolean(&self) -> bool {
        match self {
            Value::Nodes(nodes) => !nodes.is_empty(),
            Value::Text(text) => !text.is_empty(),
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Boolean(truth) => *truth,
        }
    }

    /// As `string()` reads it (section 4.2).
    pub fn text(&self, tree: &Tree) -> String {
        match self {
            Value::Nodes(nodes) => nodes.first().map_or_else(String::new, |node| tree.text(*node)),
            Value::Text(text) => text.clone(),
            Value::Number(number) if number.is_nan() => "NaN".to_string(),
            Value::Number(number) if number.is_infinite() && *number > 0.0 => "Infinity".to_string(),
            Value::Number(number) if number.is_infinite() => "-Infinity".to_string(),
            Value::Number(number) => format!("{number}"),
            Value::Boolean(truth) => truth.to_string(),
        }
    }

    /// As `number()` reads it (section 4.4).
    pub fn number(&self, tree: &Tree) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Boolean(truth) => f64::from(u8::from(*truth)),
            Value::Nodes(_) | Value::Text(_) => number(&self.text(tree)),
        }
    }
}

/// As `number()` reads a text: no exponent, no plus.
fn number(text: &str) -> f64 {
    let text = text.trim();
    let plain = text.strip_prefix('-').unwrap_or(text).chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}
