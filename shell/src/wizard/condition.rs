//! The `when` of an action: a name, or names and texts compared.
//!
//! In: `install`, `mode == "shared" and not off`. Out: whether it holds.
//! Absent: arithmetic.

use super::template::{Scope, Value};
use regex::Regex;
use std::sync::LazyLock;

#[allow(clippy::unwrap_used)]
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"\s*("[^"]*"|'[^']*'|==|!=|\(|\)|\{\{[^}]*\}\}|[A-Za-z0-9_#$:.-]+|\S)"#).unwrap());

pub fn holds(condition: &str, values: &Scope) -> Result<bool, String> {
    let words: Vec<&str> =
        WORD.captures_iter(condition).filter_map(|found| found.get(1)).map(|word| word.as_str()).collect();
    let mut reader = Reader { words: &words, values };
    let held = reader.any().and_then(|held| match reader.words.first() {
        None => Ok(held),
        Some(word) => Err(format!("`{word}` is out of place")),
    });
    held.map_err(|error| format!("the condition `{condition}` cannot be read: {error}"))
}

struct Reader<'w> {
    words: &'w [&'w str],
    values: &'w Scope,
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut held = self.all()?;
        while self.take("or") {
            held |= self.all()?;
        }
        Ok(held)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut held = self.one()?;
        while self.take("and") {
            held &= self.one()?;
        }
        Ok(held)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take("not") {
            return Ok(!self.one()?);
        }
        if self.take("(") {
            let held = self.any()?;
            return if self.take(")") { Ok(held) } else { Err("a `)` is missing".into()) };
        }
        let left = self.value()?;
        if self.take("==") {
            return Ok(left.text() == self.value()?.text());
        }
        if self.take("!=") {
            return Ok(left.text() != self.value()?.text());
        }
        Ok(left.holds())
    }

    fn value(&mut self) -> Result<Value, String> {
        let Some((word, rest)) = self.words.split_first() else { return Err("it ends too early".into()) };
        self.words = rest;
        let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            return Ok(Value::Text(word.trim_matches(quote).to_string()));
        }
        let name = word.trim_start_matches("{{").trim_end_matches("}}");
        match name {
            "true" => Ok(Value::Text("true".into())),
            "false" | "None" => Ok(Value::No),
            _ if name.chars().all(|c| c.is_ascii_digit()) => Ok(Value::Text(name.into())),
            _ if name.chars().all(|c| c.is_ascii_alphanumeric() || "_#$:.-".contains(c)) => {
                Ok(self.values.at(name).cloned().unwrap_or(Value::No))
            }
            _ => Err(format!("`{word}` is out of place")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_as_their_values_say() {
        let text = |text: &str| Value::Text(text.to_string());
        let values = [("mode", text("shared")), ("install", text("true")), ("off", text("false")), ("no", Value::No)];
        let values =
            Scope { text: String::new(), values: values.map(|(name, value)| (name.to_string(), value)).into() };
        let cases = [
            ("install", Ok(true)),
            ("off", Ok(false)),
            ("no", Ok(false)),
            ("absent", Ok(false)),
            ("mode == \"shared\"", Ok(true)),
            ("mode != 'shared'", Ok(false)),
            ("mode == \"shared\" and not off", Ok(true)),
            ("off or (install and no)", Ok(false)),
            ("mode ==", Err("ends too early")),
            ("mode shared", Err("`shared` is out of place")),
            ("(install", Err("a `)` is missing")),
        ];
        for (condition, expected) in cases {
            match (holds(condition, &values), expected) {
                (Ok(held), Ok(wanted)) => assert_eq!(held, wanted, "{condition}"),
                (Err(said), Err(wanted)) => assert!(said.contains(wanted), "{said}"),
                (found, wanted) => panic!("{condition}: {found:?}, not {wanted:?}"),
            }
        }
    }
}
