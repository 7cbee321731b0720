//! `--list-options`: options of primitive resources, and parameters that every fence device takes.
//!
//! In: a type. Out: an answer: text, or OCF metadata.
//! Absent: options of the cluster (see `crm_attribute`).

use crate::answer::Answer;
use crate::documented::{agent, parameter, type_of, values};
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
            answer.line(format!("    * Possible values: {}", values(option, kind, type_of(kind))));
        }
        parameters.push(parameter(option, kind, type_of(kind)));
    }
    answer.part(agent(listed.name, listed.title, parameters));
}
