//! `--list-options`: options of primitive resources, and parameters that every fence device takes.
//!
//! In: a type. Out: an answer: text, or OCF metadata.
//! Absent: options of the cluster (see `crm_attribute`).

use crate::answer::{Answer, with_text};
use quorate_core::cib::model::documented::Documented;
use quorate_core::cib::model::kind::Kind;
use quorate_core::xml::Element;

/// What is listed: a title, its name as an agent, its options with the kinds of their values.
pub struct Listed {
    pub name: &'static str,
    pub title: &'static str,
    pub options: Vec<(Documented, Kind)>,
}

pub fn show(listed: &Listed, all: bool, answer: &mut Answer) {
    answer.line(listed.title);
    answer.line("");
    let mut parameters = Element::new("parameters");
    for (option, kind) in &listed.options {
        if all || !option.advanced {
            answer.line(format!("  * {}: {}", option.name, option.text));
            answer.line(format!("    * Possible values: {}", values(option, kind)));
        }
        parameters.push(parameter(option, kind));
    }
    let agent = Element::new("resource-agent").with("name", listed.name).with("version", "");
    let agent = agent.with_child(with_text(Element::new("version"), "1.1"));
    let described = |name: &str| with_text(Element::new(name).with("lang", "en"), listed.title);
    answer.part(agent.with_child(described("longdesc")).with_child(described("shortdesc")).with_child(parameters));
}

fn type_of(kind: &Kind) -> &'static str {
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

fn values(option: &Documented, kind: &Kind) -> String {
    if let Kind::One(words) = kind {
        let word = |word: &&str| {
            let default = if option.default == Some(*word) { " (default)" } else { "" };
            format!("\"{word}\"{default}")
        };
        return words.iter().map(word).collect::<Vec<_>>().join(", ");
    }
    let default = option.default.map_or("no default".to_string(), |default| format!("default: {default}"));
    format!("{} ({default})", type_of(kind))
}

fn parameter(option: &Documented, kind: &Kind) -> Element {
    let flag = |set: bool| if set { "1" } else { "0" };
    let mut content = Element::new("content").with("type", type_of(kind));
    if let Some(default) = option.default {
        content.set("default", default);
    }
    if let Kind::One(words) = kind {
        words.iter().for_each(|word| content.push(Element::new("option").with("value", word)));
    }
    let described = |name: &str| with_text(Element::new(name).with("lang", "en"), option.text);
    Element::new("parameter")
        .with("name", option.name)
        .with("advanced", flag(option.advanced))
        .with("generated", flag(option.generated))
        .with_child(described("longdesc"))
        .with_child(described("shortdesc"))
        .with_child(content)
}
