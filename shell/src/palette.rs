//! The colours in which things are shown.
//!
//! In: settings. Out: escape codes by what is shown.
//! Absent: whether there are colours at all (see `ui`).

use crate::color::code;
use crate::options::Settings;
use quorate_grammar::crm::print::Role;
use std::collections::BTreeMap;

const DIM: &str = "\x1b[2m";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    codes: BTreeMap<&'static str, String>,
    /// Keywords in capitals.
    pub capitals: bool,
}

impl Default for Palette {
    fn default() -> Palette {
        Palette::of(&Settings::default())
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
    pub fn of(options: &Settings) -> Palette {
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
