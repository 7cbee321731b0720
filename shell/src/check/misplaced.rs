//! Words that look like options, and are none where they stand.
//!
//! In: what a statement says of a resource, what its agents say of themselves. Out: diagnostics at its words.
//! Absent: parameters that an agent does not have (see `agent`), options of clones elsewhere (see `sets`).

use super::facts::Facts;
use super::sets;
use crate::catalogue::AgentName;
use crate::metadata::META_ATTRIBUTES;
use quorate_core::agent::Metadata;
use quorate_core::cib::model::names::{self, Of};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Agent, AttributeSet, Operation, Pair, Part, Primitive, SetKind};
use quorate_grammar::{Diagnostic, Word, literal};
use std::rc::Rc;

/// The agent of a primitive in the document, and what it says of itself, if that is known.
pub struct Known {
    class: String,
    name: String,
    metadata: Option<Rc<Metadata>>,
}

impl Known {
    pub fn new(class: &str, name: String, metadata: Option<Rc<Metadata>>) -> Known {
        Known { class: class.to_string(), name, metadata }
    }

    fn of(primitive: &Element, facts: &Facts) -> Option<Known> {
        let template = primitive.attr("template").and_then(|template| facts.resource(template));
        let holder = template.map_or(primitive, |template| template.element);
        let (class, name) = (holder.attr("class")?, holder.attr("type")?);
        let agent = AgentName { class, provider: holder.attr("provider"), name };
        Some(Known::new(class, agent.to_string(), facts.metadata(&agent)))
    }

    /// All primitives of a resource.
    pub fn within(resource: &Word, facts: &Facts) -> Vec<Known> {
        let Some(object) = facts.resource(&resource.text) else { return Vec::new() };
        let primitives = object.element.descendants().filter(|part| part.name == "primitive");
        primitives.filter_map(|primitive| Known::of(primitive, facts)).collect()
    }

    fn has_parameter(&self, name: &str) -> bool {
        self.metadata.as_ref().is_some_and(|metadata| metadata.parameter(name).is_some())
    }

    /// Why it never moves while it runs; `None` if it may, or nobody knows.
    fn why_stays(&self) -> Option<String> {
        if self.class != "ocf" {
            return Some(format!("{} resources cannot", self.class));
        }
        let has =
            |action: &str| self.metadata.as_ref().is_none_or(|all| all.actions.iter().any(|one| one.name == action));
        let missing = ["migrate_to", "migrate_from"].into_iter().find(|action| !has(action))?;
        Some(format!("{} has no action `{missing}`", self.name))
    }
}

/// What is said of a group or clone: parameters go to all that it contains, and options stand behind `meta`.
pub fn of_holder(sets: &[AttributeSet], within: &[Known], found: &mut Vec<Diagnostic>) {
    for name in parameters(sets) {
        if is_option(name) && !within.iter().any(|agent| agent.has_parameter(&name.text)) {
            let text = format!("`{}` is no parameter of any agent in it, and has no effect", name.text);
            found.push(Diagnostic::warning(name.span, text).hint(behind_meta(name)));
        }
    }
    moves(sets, within, found);
}

/// Parameters for what takes none.
pub fn of_class(primitive: &Primitive, class: &str, found: &mut Vec<Diagnostic>) {
    if let Agent::Type { class: Some(word), .. } = &primitive.agent
        && class == "heartbeat"
    {
        let text = "nothing runs agents of the class `heartbeat`: it is of the past";
        found.push(Diagnostic::warning(word.span, text).hint("such agents are called ocf:heartbeat:… now"));
    }
    if !matches!(class, "systemd" | "lsb" | "service") {
        return;
    }
    for part in &primitive.parts {
        match part {
            Part::Set(set) => {
                for name in parameters(std::slice::from_ref(set)) {
                    let text = format!("`{}` has no effect: {class} resources take no parameters", name.text);
                    let mut diagnostic = Diagnostic::warning(name.span, text);
                    diagnostic.hint = is_option(name).then(|| behind_meta(name));
                    found.push(diagnostic);
                }
            }
            Part::Operation(operation) => never_run(operation, class, found),
            Part::Operations(_) => {}
        }
    }
}

/// Operations that the cluster never asks for; an `ocf` agent may have others of its own.
pub fn never_run(operation: &Operation, class: &str, found: &mut Vec<Diagnostic>) {
    let name = operation.name.as_str();
    if matches!(name, "start" | "stop" | "monitor") {
        return;
    }
    let text = format!("`op {name}` has no effect: {class} resources are started, stopped and monitored");
    let mut diagnostic = Diagnostic::warning(operation.name.span, text);
    if class == "stonith" && matches!(name, "reboot" | "off" | "on" | "list" | "status") {
        diagnostic = diagnostic.hint(format!("`params pcmk_{name}_timeout=…` is how long it may take"));
    } else if name == "status" {
        diagnostic = diagnostic.hint("did you mean `monitor`?");
    }
    found.push(diagnostic);
}

/// That something is to move while it runs, though nothing in it can.
pub fn moves(sets: &[AttributeSet], within: &[Known], found: &mut Vec<Diagnostic>) {
    let Some(value) = sets::value(sets, "allow-migrate").filter(|value| literal::boolean(&value.text) == Ok(true))
    else {
        return;
    };
    let why: Option<Vec<String>> = within.iter().map(Known::why_stays).collect();
    if let Some(first) = why.and_then(|why| why.into_iter().next()) {
        let text = format!("`allow-migrate` has no effect because nothing here can move while it runs: {first}");
        found.push(Diagnostic::warning(value.span, text));
    }
}

fn parameters(sets: &[AttributeSet]) -> impl Iterator<Item = &Word> {
    let pairs = sets.iter().filter(|set| set.kind == SetKind::Params).flat_map(sets::pairs);
    pairs.filter_map(|pair| match pair {
        Pair::Named { name, .. } => Some(name),
        Pair::Reference { .. } => None,
    })
}

/// Whether it is a meta attribute, by either of its names.
pub fn is_option(name: &Word) -> bool {
    let other = names::other(Of::Resource, &name.text);
    [Some(name.as_str()), other].into_iter().flatten().any(|name| META_ATTRIBUTES.contains(&name))
}

pub fn behind_meta(name: &Word) -> String {
    format!("an option of the cluster stands behind `meta`: `meta {}=…`", name.text)
}
