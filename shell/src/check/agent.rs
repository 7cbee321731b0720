//! A primitive against what its agent says: parameters, operations, times.
//!
//! In: a primitive or template and the agent's metadata. Out: diagnostics at its words.

use super::facts::Facts;
use super::misplaced::{self, Known, behind_meta, is_option};
use super::problem::ABSENT;
use super::{fencing, options, sets};
use crate::catalogue::AgentName;
use quorate_core::agent::{Metadata, Parameter};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Agent, Clone, Operation, Pair, Part, Primitive, SetBody, SetKind, Setting};
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
            Part::Set(set) => {
                sets::meta(std::slice::from_ref(set), found);
                sets::of_no_clone(std::slice::from_ref(set), found);
                sets::utilization(std::slice::from_ref(set), found);
            }
            Part::Operation(operation) => times(operation, found),
            Part::Operations(_) => {}
        }
    }
    repeated(primitive, found);
    let Some((named, word)) = named(primitive, facts) else { return };
    let agent = AgentName { class: &named.class, provider: named.provider.as_deref(), name: &named.name };
    if named.class == "stonith" {
        fencing::check(primitive, facts, found);
    }
    misplaced::of_class(primitive, &named.class, found);
    let metadata = told(&agent, &word, facts, found);
    let known = [Known::new(&named.class, agent.to_string(), metadata.clone())];
    for part in &primitive.parts {
        if let Part::Set(set) = part {
            misplaced::moves(std::slice::from_ref(set), &known, found);
        }
    }
    let Some(metadata) = metadata else { return };
    if named.class == "stonith" {
        fencing::actions(primitive, &metadata, found);
    }
    let given = parameters(primitive, &metadata, &named.class, facts, found);
    if let Some(given) = given.filter(|_| !is_template) {
        required(&given, &word, &metadata, named.class == "stonith", found);
    }
    if named.class == "ocf" {
        actions(primitive, &word, &metadata, found);
    }
    advice(primitive, &metadata, found);
}

/// The agent's own words. Without them there is one warning, and nothing more to check.
fn told(agent: &AgentName, word: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) -> Option<Rc<Metadata>> {
    // The others say nothing of themselves in these words.
    let speaks = agent.class == "ocf" || agent.class == "stonith" && !agent.name.contains('/');
    if !speaks {
        if facts.catalogue.lacks(agent) {
            found.push(Diagnostic::warning(word.span, format!("the agent {agent} {ABSENT}")));
        }
        return None;
    }
    let metadata = facts.metadata(agent);
    if metadata.is_none() {
        let absent = Diagnostic::warning(word.span, format!("the agent {agent} {ABSENT}"));
        found.push(absent.hint("its parameters and operations are not checked"));
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
        for pair in sets::pairs(set) {
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

/// What is fenced, and how, the cluster itself tells a fence agent.
const TOLD_BY_THE_FENCER: [&str; 4] = ["action", "port", "plug", "nodename"];

fn required(given: &BTreeSet<String>, agent: &Word, metadata: &Metadata, fences: bool, found: &mut Vec<Diagnostic>) {
    let is_open =
        |one: &&Parameter| one.required && !one.deprecated && one.default.as_deref().is_none_or(str::is_empty);
    for parameter in metadata.parameters.iter().filter(is_open) {
        let told = fences && TOLD_BY_THE_FENCER.contains(&parameter.name.as_str());
        let older = parameter.obsoletes.as_ref().is_some_and(|older| given.contains(&older.replace('-', "_")));
        if !told && !older && !given.contains(&parameter.name.replace('-', "_")) {
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
            let near = || closest(&name.text, names).map(|near| format!("did you mean `{near}`?"));
            diagnostic.hint = if is_option(name) { Some(behind_meta(name)) } else { near() };
            found.push(diagnostic);
        }
    }
}

// ---- promotion -------------------------------------------------------------------------------------

/// What is promoted must know how.
pub fn promotes(clone: &Clone, facts: &Facts, found: &mut Vec<Diagnostic>) {
    let said = sets::value(&clone.sets, "promotable");
    let is_promotable = said.map_or(clone.master, |value| literal::boolean(&value.text) == Ok(true));
    let Some(child) = facts.resource(&clone.child.text).filter(|_| is_promotable) else { return };
    let members: Vec<&Element> = match &*child.element.name {
        "group" => child.element.elements_named("primitive").collect(),
        _ => vec![child.element],
    };
    // Of a group one that can be promoted is enough; one that says nothing of itself may be it.
    let mut cannot = None;
    for member in members {
        let holder = match member.attr("template").and_then(|template| facts.resource(template)) {
            Some(template) => template.element,
            None => member,
        };
        let get = |name: &str| holder.attr(name);
        let (Some(class), Some(name)) = (get("class"), get("type")) else { return };
        let agent = AgentName { class, provider: get("provider"), name };
        match facts.metadata(&agent) {
            Some(metadata) if !metadata.actions.iter().any(|action| action.name == "promote") => {
                cannot.get_or_insert(agent.to_string());
            }
            _ => return,
        }
    }
    if let Some(agent) = cannot {
        let text = format!("`{}` cannot be promoted: {agent} has no action `promote`", clone.child.text);
        found.push(Diagnostic::warning(clone.child.span, text));
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
    literal::interval_ms(text).ok().filter(|ms| *ms >= 0)
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
    // One that says nothing else has no effect at all, which is told with all that has none.
    let is_bare = operation.attributes.is_empty() && operation.sets.is_empty();
    if operation.name == "monitor" && attribute(operation, "interval").is_none() && !is_bare {
        let text = "a monitor without `interval` does not recur: it is the probe's, done once";
        found.push(Diagnostic::warning(operation.name.span, text).hint("add `interval=10s` to have it recur"));
    }
    for set in operation.sets.iter().filter(|set| set.kind == SetKind::OperationParams) {
        sets::pairs(set).iter().for_each(|pair| options::meant_for_operation(pair, found));
    }
    for set in operation.sets.iter().filter(|set| set.kind == SetKind::OperationMeta) {
        for pair in sets::pairs(set) {
            options::check(pair, options::OptionOf::Operation, options::Unknown::ToldIfNear, found);
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

/// Operations must be among the agent's actions; all agents have these three.
fn actions(primitive: &Primitive, agent: &Word, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    let has = |name: &str| metadata.actions.iter().any(|action| action.name == *name);
    for name in operations(primitive).map(|operation| &operation.name) {
        if !matches!(name.as_str(), "start" | "stop" | "monitor") && !has(&name.text) {
            found.push(Diagnostic::warning(name.span, format!("`{}` has no action `{}`", agent.text, name.text)));
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use quorate_core::xml;
    use quorate_grammar::crm;
    use quorate_grammar::crm::ast::Kind;

    const FENCE: &str = r#"<resource-agent name="fence_x"><parameters>
        <parameter name="action" required="1"><content type="string" default="reboot"/></parameter>
        <parameter name="ip" required="1" obsoletes="ipaddr"><content type="string"/></parameter>
        <parameter name="ipaddr" required="1" deprecated="1"><content type="string"/></parameter>
        <parameter name="username" required="1" obsoletes="login"><content type="string"/></parameter>
        <parameter name="login" required="1" deprecated="1"><content type="string"/></parameter>
        <parameter name="plug" required="1" obsoletes="port"><content type="string"/></parameter>
        </parameters></resource-agent>"#;

    #[track_caller]
    fn check(parameters: &str, expected: &str) {
        let configuration =
            xml::read("<configuration><nodes><node id=\"1\" uname=\"n1\"/></nodes></configuration>").unwrap();
        let catalogue = Catalogue::new(&[], &["fence_x"]);
        let agents = |_: &AgentName| Some(Rc::new(Metadata::read(FENCE).unwrap()));
        let facts = Facts::of(&configuration, &catalogue, &agents);
        let (statements, _) = crm::parse(&format!("primitive st stonith:fence_x {parameters}"));
        let Kind::Primitive(primitive) = &statements[0].kind else { panic!("a primitive") };
        let mut found = Vec::new();
        super::check(primitive, false, &facts, &mut found);
        let said: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(said.join("; "), expected, "{parameters}");
    }

    #[test]
    fn a_fence_agent_needs_what_the_fencer_does_not_tell_it() {
        check("", "`fence_x` needs the parameter `ip`; `fence_x` needs the parameter `username`");
        check("ip=192.0.2.1 username=u", "");
        check("ip=192.0.2.1 login=u", "the parameter `login` is deprecated");
    }

    #[test]
    fn what_the_fencer_reads_must_be_readable() {
        let with = |parameter: &str, expected: &str| check(&format!("ip=1 username=u {parameter}"), expected);
        with("pcmk_host_list=n1 pcmk_host_map=n1:1 pcmk_delay_base=5s pcmk_reboot_retries=3", "");
        with("pcmk_frob=1", "`pcmk_frob` has no effect here");
        with("pcmk_delay_base=x", "`pcmk_delay_base` is a time such as 30s, not `x`");
        with("pcmk_delay_base=n1:5s", "");
        with("pcmk_delay_base=nosuch:5s", "there is no node `nosuch`");
        with("pcmk_delay_base=5s pcmk_delay_max=9s", "");
        with("pcmk_delay_base=10 pcmk_delay_max=5", "the delay is 5, which is `pcmk_delay_max`, and not 10");
        with("pcmk_host_list=n1 pcmk_host_check=static-list", "");
        with("pcmk_host_list=n1 pcmk_host_check=none", "`pcmk_host_list` has no effect beside `pcmk_host_check=none`");
        with("pcmk_reboot_timeout=soon", "`pcmk_reboot_timeout` is a time such as 30s, not `soon`");
        with("pcmk_off_retries=few", "`pcmk_off_retries` is a whole number, not `few`");
        with(
            "pcmk_host_check=frob",
            "`pcmk_host_check=frob` has no effect: static-list, dynamic-list, status, none have",
        );
        with("pcmk_host_list=nosuchnode", "there is no node `nosuchnode`");
        with("pcmk_host_map=\"n1:1;n2\"", "`n2` in `pcmk_host_map` is no HOST:PORT");
        with("pcmk_host_map=\"n1:1;n7:2\"", "there is no node `n7`");
    }
}
