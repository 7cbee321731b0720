//! One statement against what is known: its agent, options, patterns, roles.
//!
//! In: a statement with or without places. Out: diagnostics at its words.

use super::facts::Facts;
use super::misplaced::{self, Known};
use super::options::{OptionOf, Unknown};
use super::problem::GROUPED;
use super::sets::{self, meta};
use super::{agent, options};
use quorate_core::cib::objects;
use quorate_core::xml::Element;
use quorate_core::xml::xpath::XPath;
use quorate_grammar::crm::ast::{
    Alert, AlertPart, BundlePart, FencingTarget, Kind, Location, Member, Members, OptionSet, OptionsKind, Role, Rule,
    Spec, Statement, Target, Topology,
};
use quorate_grammar::{Diagnostic, Word};

pub fn check(statement: &Statement, facts: &Facts) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    match &statement.kind {
        Kind::Node(node) => {
            sets::of_node(&node.sets, &mut found);
            sets::utilization(&node.sets, &mut found);
        }
        Kind::Primitive(primitive) => agent::check(primitive, false, facts, &mut found),
        Kind::Template(template) => agent::check(template, true, facts, &mut found),
        Kind::Group(group) => {
            group.members.iter().for_each(|member| not_remote(member, "a group", facts, &mut found));
            meta(&group.sets, &mut found);
            sets::of_no_clone(&group.sets, &mut found);
            let within: Vec<Known> = group.members.iter().flat_map(|member| Known::within(member, facts)).collect();
            misplaced::of_holder(&group.sets, &within, &mut found);
        }
        Kind::Clone(clone) => {
            meta(&clone.sets, &mut found);
            agent::promotes(clone, facts, &mut found);
            misplaced::of_holder(&clone.sets, &Known::within(&clone.child, facts), &mut found);
        }
        Kind::Bundle(bundle) => {
            for part in &bundle.parts {
                if let BundlePart::Set(set) = part {
                    meta(std::slice::from_ref(set), &mut found);
                }
            }
        }
        Kind::Location(location) => self::location(location, facts, &mut found),
        Kind::Colocation(one) => {
            resources(&one.members).into_iter().for_each(|word| not_remote(word, "a colocation", facts, &mut found));
            members(&one.members, facts, &|_| true, &mut found);
        }
        Kind::Order(one) => {
            resources(&one.members).into_iter().for_each(|word| not_remote(word, "an order", facts, &mut found));
            members(&one.members, facts, &|_| false, &mut found);
        }
        Kind::Ticket(one) => members(&one.members, facts, &is_promoted, &mut found),
        Kind::Options(one) => self::options(one, &mut found),
        Kind::Role(role) => self::role(role, &mut found),
        Kind::Alert(alert) => self::alert(alert, &mut found),
        Kind::Topology(topology) => self::topology(topology, facts, &mut found),
        _ => {}
    }
    found
}

fn options(one: &OptionSet, found: &mut Vec<Diagnostic>) {
    let known = match one.kind {
        OptionsKind::Property => OptionOf::Cluster,
        OptionsKind::ResourceDefaults => OptionOf::Resource,
        OptionsKind::OperationDefaults => OptionOf::Operation,
    };
    // Sets of cluster options under other names are kept by other programs.
    let is_foreign =
        one.kind == OptionsKind::Property && one.id.as_ref().is_some_and(|id| id.text != "cib-bootstrap-options");
    let unknown = if is_foreign { Unknown::ToldIfNear } else { Unknown::Told };
    one.pairs.iter().for_each(|pair| options::check(pair, known, unknown, found));
}

/// An XPath that cannot be read denies everything or permits nothing (see `cib::acl`).
fn role(role: &Role, found: &mut Vec<Diagnostic>) {
    for permission in &role.permissions {
        let Spec::XPath(path) = &permission.what else { continue };
        if XPath::parse(&path.text).is_err() {
            let effect = if permission.right.text == "deny" { "denies everything" } else { "permits nothing" };
            let text = format!("`{}` is no XPath that can be read: this {effect}", path.text);
            found.push(Diagnostic::warning(path.span, text));
        }
    }
}

fn alert(alert: &Alert, found: &mut Vec<Diagnostic>) {
    for part in &alert.parts {
        match part {
            AlertPart::Set(set) => sets::of_alert(std::slice::from_ref(set), found),
            AlertPart::To(recipient) => sets::of_alert(&recipient.sets, found),
            AlertPart::Select(_) => {}
        }
    }
}

fn location(location: &Location, facts: &Facts, found: &mut Vec<Diagnostic>) {
    match &location.target {
        Target::Resource(resource) => {
            grouped(resource, facts, found);
            if let Some(role) = location.role.as_ref().filter(|role| is_promoted(role)) {
                promotable(resource, role, facts, found);
            }
            if let quorate_grammar::crm::ast::Place::Rules(rules) = &location.place {
                for rule in rules {
                    if let Rule::Own { role: Some(role), .. } = rule
                        && is_promoted(role)
                    {
                        promotable(resource, role, facts, found);
                    }
                }
            }
        }
        Target::Pattern(pattern) => self::pattern(pattern, found),
        Target::Sets(sets) => {
            sets.iter().flat_map(|set| &set.members).for_each(|member| grouped(member, facts, found));
        }
    }
}

/// A location or a ticket for the role Unpromoted holds of what is not promotable, too.
fn is_promoted(role: &Word) -> bool {
    matches!(role.as_str(), "Promoted" | "Master")
}

/// `of_role`: whether it matters that what has this role can be promoted.
fn members(members: &Members, facts: &Facts, of_role: &dyn Fn(&Word) -> bool, found: &mut Vec<Diagnostic>) {
    let mut one = |member: &Member| {
        grouped(&member.resource, facts, found);
        if let Some(role) = member.qualifier.as_ref().filter(|role| of_role(role)) {
            promotable(&member.resource, role, facts, found);
        }
    };
    match members {
        Members::One(only) => one(only),
        Members::Two(first, second) => [first, second].into_iter().for_each(one),
        Members::Sets(sets) => {
            sets.iter().flat_map(|set| &set.members).for_each(|member| grouped(member, facts, found));
        }
    }
}

fn resources(members: &Members) -> Vec<&Word> {
    match members {
        Members::One(only) => vec![&only.resource],
        Members::Two(first, second) => vec![&first.resource, &second.resource],
        Members::Sets(sets) => sets.iter().flat_map(|set| &set.members).collect(),
    }
}

/// The connection to a remote node comes and goes as the cluster needs it: nothing may hold it back.
fn not_remote(resource: &Word, what: &str, facts: &Facts, found: &mut Vec<Diagnostic>) {
    let Some(object) = facts.resource(&resource.text) else { return };
    if objects::is_remote(object.element) {
        let text = format!("Cannot put remote resource '{}' in {what}", resource.text);
        found.push(Diagnostic::error(resource.span, text).hint("the cluster itself brings the connection up"));
    }
}

/// A constraint on a member of a group pulls at the group, which is seldom meant.
fn grouped(resource: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) {
    let Some(object) = facts.resource(&resource.text) else { return };
    let Some((_, above)) = object.place.split_last().filter(|(_, above)| above.len() > 1) else { return };
    let holder = objects::at(facts.configuration, above);
    if holder.name == "group" {
        let id = holder.id().unwrap_or_default();
        found.push(
            Diagnostic::warning(resource.span, format!("`{}` {GROUPED} `{id}`", resource.text))
                .hint(format!("a constraint is better on `{id}`")),
        );
    }
}

/// Only what can be promoted has the roles Promoted and Unpromoted.
fn promotable(resource: &Word, role: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) {
    if !matches!(role.as_str(), "Promoted" | "Unpromoted" | "Master" | "Slave") {
        return;
    }
    let Some(object) = facts.resource(&resource.text) else { return };
    let holders = (2..=object.place.len()).map(|end| objects::at(facts.configuration, &object.place[..end]));
    let promotes = |holder: &Element| {
        let said = |pair: &Element| {
            pair.attr("name") == Some("promotable") && pair.attr("value").is_some_and(|value| value != "false")
        };
        matches!(&*holder.name, "master" | "bundle") || holder.descendants().any(said)
    };
    // A template or a rule may say it; what is not seen here is suspicious, no more.
    if !holders.into_iter().any(promotes) {
        found.push(
            Diagnostic::warning(
                role.span,
                format!("`{}` is not promotable, so it is never {}", resource.text, role.text),
            )
            .hint("a clone with `meta promotable=true` is"),
        );
    }
}

fn pattern(pattern: &Word, found: &mut Vec<Diagnostic>) {
    if let Err(error) = regex::Regex::new(&pattern.text) {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
        found.push(Diagnostic::error(pattern.span, format!("`{}` is no regular expression: {reason}", pattern.text)));
    }
}

fn topology(topology: &Topology, facts: &Facts, found: &mut Vec<Diagnostic>) {
    for levels in &topology.levels {
        if let FencingTarget::Pattern(pattern) = &levels.target {
            self::pattern(pattern, found);
        }
        for level in &levels.levels {
            let mut devices: Vec<&str> = Vec::new();
            for device in level.devices.text.split(',') {
                if devices.contains(&device) {
                    let text = format!("`{device}` stands in this level more than once");
                    found.push(Diagnostic::warning(level.devices.span, text));
                }
                devices.push(device);
                let Some(object) = facts.resource(device) else { continue };
                let class = object.element.attr("class").or_else(|| {
                    let template = object.element.attr("template")?;
                    facts.resource(template)?.element.attr("class")
                });
                if class != Some("stonith") {
                    found.push(Diagnostic::warning(level.devices.span, format!("`{device}` is no fencing device")));
                }
            }
        }
    }
}
