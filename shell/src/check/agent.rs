//! A primitive against what its agent says: parameters, operations, times.
//!
//! In: a primitive or template and the agent's metadata. Out: diagnostics at its words.

use super::{Facts, options, statement};
use crate::catalogue::AgentName;
use quorate_core::agent::Metadata;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Agent, Operation, Pair, Part, Primitive, SetBody, SetKind, Setting};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Word, literal};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Class, provider and type as the configuration names them.
struct Named {
    class: String,
    provider: Option<String>,
    name: String,
}

/// A template may leave to its primitives what the agent requires.
pub fn check(primitive: &Primitive, is_template: bool, facts: &Facts, found: &mut Vec<Diagnostic>) {
    for part in &primitive.parts {
        match part {
            Part::Set(set) => statement::meta(std::slice::from_ref(set), found),
            Part::Operation(operation) => times(operation, found),
            Part::Operations(_) => {}
        }
    }
    repeated(primitive, found);
    let Some((named, word)) = named(primitive, facts) else { return };
    let agent = AgentName { class: &named.class, provider: named.provider.as_deref(), name: &named.name };
    let Some(metadata) = told(&agent, &word, facts, found) else { return };
    let given = parameters(primitive, &metadata, &named.class, facts, found);
    if let Some(given) = given.filter(|_| !is_template && named.class != "stonith") {
        required(&given, &word, &metadata, found);
    }
    advice(primitive, &metadata, found);
}

/// What is said of agents that are not on this machine: once for each agent, not for each
/// of the resources that use it.
pub const ABSENT: &str = "is not here";

/// The agent's own words. Without them there is one warning, and nothing more to check.
fn told(agent: &AgentName, word: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) -> Option<Rc<Metadata>> {
    // The others say nothing of themselves in these words.
    let speaks = agent.class == "ocf" || agent.class == "stonith" && !agent.name.contains('/');
    if !speaks {
        return None;
    }
    let metadata = facts.metadata(agent);
    if metadata.is_none() {
        let place = agent.provider.map_or(String::new(), |provider| format!("{provider}:"));
        found.push(
            Diagnostic::warning(word.span, format!("the agent {}:{place}{} {ABSENT}", agent.class, agent.name))
                .hint("its parameters and operations are not checked"),
        );
    }
    metadata
}

fn named(primitive: &Primitive, facts: &Facts) -> Option<(Named, Word)> {
    match &primitive.agent {
        Agent::Type { class, provider, name } => {
            let get = |word: &Option<Word>| word.as_ref().map(|word| word.text.clone());
            let (class, provider) = (get(class), get(provider));
            let agent = facts.catalogue.resolve(class.as_deref(), provider.as_deref(), &name.text);
            let named = Named {
                class: agent.class.to_string(),
                provider: agent.provider.map(str::to_string),
                name: name.text.clone(),
            };
            Some((named, name.clone()))
        }
        Agent::Template(template) => {
            let object = facts.resource(&template.text)?;
            let get = |name: &str| object.element.attr(name).map(str::to_string);
            let named = Named { class: get("class")?, provider: get("provider"), name: get("type")? };
            Some((named, template.clone()))
        }
    }
}

// ---- parameters ------------------------------------------------------------------------------------

/// Parameters that the cluster takes for every fencing device.
fn is_for_the_fencer(name: &str) -> bool {
    name.starts_with("pcmk_") || matches!(name, "stonith-timeout" | "fencing-timeout" | "priority" | "provides")
}

/// The names that are given; `None` where some of them stand elsewhere, and may be any.
fn parameters(
    primitive: &Primitive,
    metadata: &Metadata,
    class: &str,
    facts: &Facts,
    found: &mut Vec<Diagnostic>,
) -> Option<BTreeSet<String>> {
    let mut given: BTreeSet<String> = inherited(primitive, facts);
    let mut open = false;
    for part in &primitive.parts {
        let Part::Set(set) = part else { continue };
        if set.kind != SetKind::Params {
            continue;
        }
        // What stands elsewhere may be anything.
        open |= matches!(set.body, SetBody::Reference(_));
        for pair in statement::pairs(set) {
            match pair {
                Pair::Reference { .. } => open = true,
                Pair::Named { name, .. } => {
                    given.insert(name.text.replace('-', "_"));
                    unknown_parameter(name, metadata, class, found);
                }
            }
        }
    }
    (!open).then_some(given)
}

fn required(given: &BTreeSet<String>, agent: &Word, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    for parameter in
        metadata.parameters.iter().filter(|one| one.required && one.default.as_deref().is_none_or(str::is_empty))
    {
        if !given.contains(&parameter.name.replace('-', "_")) {
            let what = if parameter.short.is_empty() { String::new() } else { format!(": {}", parameter.short) };
            found.push(
                Diagnostic::error(agent.span, format!("`{}` needs the parameter `{}`", agent.text, parameter.name))
                    .hint(format!("add `{}=…`{what}", parameter.name)),
            );
        }
    }
}

/// The parameters that the template brings.
fn inherited(primitive: &Primitive, facts: &Facts) -> BTreeSet<String> {
    let Agent::Template(template) = &primitive.agent else { return BTreeSet::new() };
    let object = facts.resource(&template.text);
    let sets = object.iter().flat_map(|object| object.element.elements_named("instance_attributes"));
    let pairs = sets.flat_map(Element::elements);
    pairs.filter_map(|pair| pair.attr("name")).map(|name| name.replace('-', "_")).collect()
}

fn unknown_parameter(name: &Word, metadata: &Metadata, class: &str, found: &mut Vec<Diagnostic>) {
    if class == "stonith" && is_for_the_fencer(&name.text) || name.text == "trace_ra" || name.text == "trace_dir" {
        return;
    }
    match metadata.parameter(&name.text) {
        Some(known) if known.deprecated => {
            found.push(Diagnostic::warning(name.span, format!("the parameter `{}` is deprecated", name.text)));
        }
        Some(_) => {}
        None => {
            let mut diagnostic = Diagnostic::error(name.span, format!("the agent has no parameter `{}`", name.text));
            let names = metadata.parameters.iter().map(|parameter| parameter.name.as_str());
            diagnostic.hint = closest(&name.text, names).map(|near| format!("did you mean `{near}`?"));
            found.push(diagnostic);
        }
    }
}

// ---- operations ------------------------------------------------------------------------------------

fn attribute<'a>(operation: &'a Operation, name: &str) -> Option<&'a Word> {
    let pair = |(known, value): &'a Setting| (*known == *name).then_some(value);
    operation.attributes.iter().find_map(pair)
}

fn operations(primitive: &Primitive) -> impl Iterator<Item = &Operation> {
    primitive.parts.iter().filter_map(|part| match part {
        Part::Operation(operation) => Some(operation),
        _ => None,
    })
}

fn ms(text: &str) -> Option<i64> {
    literal::interval_ms(text).ok()
}

/// Times must be times.
fn times(operation: &Operation, found: &mut Vec<Diagnostic>) {
    for name in ["interval", "timeout", "start-delay"] {
        if let Some(value) = attribute(operation, name).filter(|value| ms(&value.text).is_none()) {
            found.push(
                Diagnostic::error(value.span, format!("`{}` is no time", value.text))
                    .hint("a time is a number with ms, s, min or h behind it, such as 30s, or an ISO 8601 duration"),
            );
        }
    }
    for set in operation.sets.iter().filter(|set| set.kind == SetKind::OperationMeta) {
        for pair in statement::pairs(set) {
            options::check(pair, options::Known::Operation, found);
        }
    }
}

/// The cluster tells operations apart by name and interval.
fn repeated(primitive: &Primitive, found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for operation in operations(primitive) {
        let interval = attribute(operation, "interval");
        let key = (operation.name.text.clone(), interval.map_or(Some(0), |word| ms(&word.text)));
        let Some(length) = key.1 else { continue };
        if !seen.insert((key.0, length)) {
            let word = interval.unwrap_or(&operation.name);
            found.push(
                Diagnostic::error(word.span, format!("`{}` with this interval stands here twice", operation.name.text))
                    .hint("the cluster tells operations apart by their interval: make it another, if by a second only"),
            );
        }
    }
}

/// What the agent advises.
fn advice(primitive: &Primitive, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    for operation in operations(primitive) {
        let role = attribute(operation, "role").map(|role| role.text.as_str());
        let fits = |advised: Option<&str>| advised.is_none() || role.is_none() || advised == role;
        let mut actions = metadata.actions.iter().filter(|action| *action.name == *operation.name.text);
        let Some(action) = actions.find(|action| fits(action.role.as_deref())) else { continue };
        for (name, advised) in [("timeout", &action.timeout), ("interval", &action.interval)] {
            let (Some(word), Some(advised)) = (attribute(operation, name), advised) else { continue };
            let (Some(given), Some(least)) = (ms(&word.text), ms(advised)) else { continue };
            if given < least && given > 0 {
                found.push(Diagnostic::warning(
                    word.span,
                    format!(
                        "{name} {} of `{}` is less than the {advised} that the agent advises",
                        word.text, operation.name.text
                    ),
                ));
            }
        }
    }
}
