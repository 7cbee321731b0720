//! Options with their documentation, as tools list them: OCF's metadata, or words for people.
//!
//! In: an option, what its values may be. Out: elements, words.
//! Absent: which options are listed, and what the type of a value is called where OCF has no word for it.

use crate::answer::with_text;
use quorate_core::cib::model::documented::Documented;
use quorate_core::cib::model::kind::Kind;
use quorate_core::xml::Element;

/// What a list of options is as an agent.
pub fn agent(name: &str, title: &str, parameters: Element) -> Element {
    Element::new("resource-agent")
        .with("name", name)
        .with("version", "")
        .with_child(with_text(Element::new("version"), "1.1"))
        .with_child(described("longdesc", title))
        .with_child(described("shortdesc", title))
        .with_child(parameters)
}

/// The type of a value, as Pacemaker's tools call it.
pub fn type_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer | Kind::Count => "integer",
        Kind::Positive => "nonnegative_integer",
        Kind::Score => "score",
        Kind::Time => "duration",
        Kind::TimeOrNone => "timeout",
        Kind::Percentage => "percentage",
        Kind::Port => "port",
        Kind::One(_) => "select",
        Kind::Any => "string",
    }
}

/// Which values there are, and which counts where none is given.
pub fn values(option: &Documented, kind: &Kind, type_of: &str) -> String {
    if let Kind::One(words) = kind {
        let word = |word: &&str| {
            let default = if option.default == Some(*word) { " (default)" } else { "" };
            format!("\"{word}\"{default}")
        };
        return words.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    let default = option.default.map_or("no default".to_string(), |default| format!("default: {default}"));
    format!("{type_of} ({default})")
}

pub fn parameter(option: &Documented, kind: &Kind, type_of: &str) -> Element {
    let flag = |set: bool| if set { "1" } else { "0" };
    Element::new("parameter")
        .with("name", option.name)
        .with("advanced", flag(option.advanced))
        .with("generated", flag(option.generated))
        .with_child(described("longdesc", option.text))
        .with_child(described("shortdesc", option.text))
        .with_child(content(option, kind, type_of))
}

/// What a value may be.
pub fn content(option: &Documented, kind: &Kind, type_of: &str) -> Element {
    let mut content = Element::new("content").with("type", type_of);
    if let Some(default) = option.default {
        content.set("default", default);
    }
    if let Kind::One(words) = kind {
        words.iter().for_each(|word| content.push(Element::new("option").with("value", word)));
    }
    content
}

pub fn described(name: &str, text: &str) -> Element {
    with_text(Element::new(name).with("lang", "en"), text)
}
