//! The colours in which things are shown.
//!
//! In: settings. Out: escape codes by what is shown.
//! Absent: whether there are colours at all (see `ui`).

use crate::options::Options;
use quorate_grammar::crm::print::Role;
use std::collections::BTreeMap;

/// Colours and weights by crmsh's names.
pub const COLORS: &[(&str, &str)] = &[
    ("black", "30"),
    ("red", "31"),
    ("green", "32"),
    ("yellow", "33"),
    ("blue", "34"),
    ("magenta", "35"),
    ("cyan", "36"),
    ("white", "37"),
    ("bold", "1"),
    ("dim", "2"),
    ("underline", "4"),
    ("blink", "5"),
    ("reverse", "7"),
    ("normal", ""),
];

const DIM: &str = "\x1b[2m";

/// The escape code of words such as `red bold`; empty for what is shown as it is.
pub fn code(words: &str) -> Option<String> {
    let mut codes = Vec::new();
    for word in words.split([' ', ',']).filter(|word| !word.is_empty()) {
        let (_, code) = COLORS.iter().find(|(name, _)| *name == word)?;
        codes.extend(Some(*code).filter(|code| !code.is_empty()));
    }
    Some(if codes.is_empty() { String::new() } else { format!("\x1b[{}m", codes.join(";")) })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    codes: BTreeMap<&'static str, String>,
    /// Keywords in capitals.
    pub capitals: bool,
}

impl Default for Palette {
    fn default() -> Palette {
        Palette::of(&Options::default())
    }
}

const SHOWN: &[&str] = &[
    "error",
    "warn",
    "info",
    "help_header",
    "keyword",
    "identifier",
    "attr_name",
    "attr_value",
    "resource_reference",
    "score",
];

impl Palette {
    pub fn of(options: &Options) -> Palette {
        let codes = SHOWN.iter().map(|name| (*name, code(options.get(&format!("color.{name}"))).unwrap_or_default()));
        let capitals = options.get("color.style").split(',').any(|word| word.trim() == "uppercase");
        Palette { codes: codes.collect(), capitals }
    }

    /// By the name of its setting.
    pub fn named(&self, name: &str) -> &str {
        self.codes.get(name).map_or("", String::as_str)
    }

    pub fn of_role(&self, role: Role) -> &str {
        match role {
            Role::Plain => "",
            Role::Comment => DIM,
            Role::Identifier => self.named("identifier"),
            Role::Keyword => self.named("keyword"),
            Role::Reference => self.named("resource_reference"),
            Role::AttributeName => self.named("attr_name"),
            Role::AttributeValue => self.named("attr_value"),
            Role::Score => self.named("score"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_one_code() {
        assert_eq!(code("red bold").as_deref(), Some("\x1b[31;1m"));
        assert_eq!(code("yellow, underline").as_deref(), Some("\x1b[33;4m"));
        assert_eq!(code("normal").as_deref(), Some(""));
        assert_eq!(code("mauve"), None);
    }
}
