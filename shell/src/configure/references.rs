//! What statements refer to must be there.
//!
//! In: statements as written, and the configuration they ended up in. Out: diagnostics at the words
//! that refer to nothing. Checked when all statements are in, so their order does not matter.
//! Absent: whether the reference makes sense (core's check).

use super::lower::unknown_resource;
use quorate_core::cib::objects;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{
    Agent, AlertPart, AttributeSet, BundlePart, Expression, FencingTarget, Grant, Kind, Members, Pair, Part,
    Permission, Place, ResourceSet, Rule, SetBody, Spec, Statement, Target,
};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Span, Word};
use std::collections::BTreeSet;

/// A word that refers to something.
enum Reference<'a> {
    Resource(&'a Word),
    Object(&'a Word),
    Template(&'a Word),
    Node(&'a Word),
    Id(&'a Word),
    Role(&'a Word),
    /// One of several devices in a word.
    Device(Word),
}

pub fn check<'a>(statements: impl IntoIterator<Item = &'a Statement>, configuration: &Element) -> Vec<Diagnostic> {
    check_each(statements, configuration).flat_map(|(_, found)| found).collect()
}

/// The same, statement by statement.
pub fn check_each<'a>(
    statements: impl IntoIterator<Item = &'a Statement>,
    configuration: &Element,
) -> impl Iterator<Item = (&'a Statement, Vec<Diagnostic>)> {
    let known = Defined::of(configuration);
    statements.into_iter().map(move |statement| {
        let mut found = Vec::new();
        references(&statement.kind, &mut found);
        (statement, found.into_iter().filter_map(|reference| known.check(&reference, configuration)).collect())
    })
}

struct Defined<'c> {
    resources: BTreeSet<String>,
    templates: BTreeSet<String>,
    objects: BTreeSet<String>,
    nodes: BTreeSet<String>,
    roles: BTreeSet<String>,
    ids: BTreeSet<&'c str>,
}

impl Defined<'_> {
    fn of(configuration: &Element) -> Defined<'_> {
        let all = objects::objects(configuration);
        let of_kind = |kinds: &[&str]| {
            all.iter()
                .filter(|object| kinds.contains(&object.kind))
                .map(|object| object.id.clone())
                .collect::<BTreeSet<_>>()
        };
        Defined {
            resources: of_kind(&["primitive", "group", "clone", "ms", "bundle", "tag", "rsc_template"]),
            roles: of_kind(&["role"]),
            templates: of_kind(&["rsc_template"]),
            objects: all.iter().map(|object| object.id.clone()).collect(),
            nodes: objects::all_node_names(configuration).into_iter().collect(),
            ids: configuration.descendants().filter_map(Element::id).collect(),
        }
    }

    fn check(&self, reference: &Reference, configuration: &Element) -> Option<Diagnostic> {
        match reference {
            Reference::Resource(word) if self.resources.contains(&word.text) => None,
            Reference::Resource(word) => Some(unknown_resource(configuration, word)),
            Reference::Object(word) if self.objects.contains(&word.text) => None,
            Reference::Object(word) => Some(unknown(word, "object", &self.objects)),
            Reference::Template(word) if self.templates.contains(&word.text) => None,
            Reference::Template(word) => Some(unknown(word, "template", &self.templates)),
            // Nodes may join later, so an unknown one is no more than suspicious.
            // Upper and lower case are the same in names of nodes.
            Reference::Node(word)
                if self.nodes.is_empty() || self.nodes.iter().any(|node| node.eq_ignore_ascii_case(&word.text)) =>
            {
                None
            }
            Reference::Node(word) => {
                Some(Diagnostic { severity: quorate_grammar::Severity::Warning, ..unknown(word, "node", &self.nodes) })
            }
            Reference::Role(word) if self.roles.contains(&word.text) => None,
            Reference::Role(word) => Some(unknown(word, "role", &self.roles)),
            Reference::Device(word) if self.resources.contains(&word.text) => None,
            Reference::Device(word) => Some(unknown_resource(configuration, word)),
            Reference::Id(word) if self.ids.contains(word.text.as_str()) => None,
            Reference::Id(word) => Some(unknown(word, "id", &self.ids)),
        }
    }
}

fn unknown(word: &Word, what: &str, known: &BTreeSet<impl AsRef<str>>) -> Diagnostic {
    let article = if what == "id" { "object or part with the " } else { "" };
    let mut diagnostic = Diagnostic::error(word.span, format!("there is no {article}{what} `{}`", word.text));
    diagnostic.hint =
        closest(&word.text, known.iter().map(AsRef::as_ref)).map(|near| format!("did you mean `{near}`?"));
    diagnostic
}

fn references<'a>(kind: &'a Kind, found: &mut Vec<Reference<'a>>) {
    match kind {
        Kind::Node(node) => node.sets.iter().for_each(|set| in_set(set, found)),
        Kind::Primitive(primitive) | Kind::Template(primitive) => {
            if let Agent::Template(template) = &primitive.agent {
                found.push(Reference::Template(template));
            }
            for part in &primitive.parts {
                match part {
                    Part::Set(set) => in_set(set, found),
                    Part::Operations(operations) => found.extend(operations.reference.as_ref().map(Reference::Id)),
                    Part::Operation(operation) => operation.sets.iter().for_each(|set| in_set(set, found)),
                }
            }
        }
        // Their members were found when they were moved there.
        Kind::Group(group) => group.sets.iter().for_each(|set| in_set(set, found)),
        Kind::Clone(clone) => clone.sets.iter().for_each(|set| in_set(set, found)),
        Kind::Bundle(bundle) => {
            for part in &bundle.parts {
                if let BundlePart::Set(set) = part {
                    in_set(set, found);
                }
            }
        }
        Kind::Role(role) => role.permissions.iter().for_each(|one| in_permission(one, found)),
        Kind::Actor(actor) => found.extend(actor.roles.iter().map(Reference::Role)),
        Kind::User(user) => {
            for grant in &user.grants {
                match grant {
                    Grant::Role(role) => found.push(Reference::Role(role)),
                    Grant::Permission(permission) => in_permission(permission, found),
                }
            }
        }
        Kind::Alert(alert) => {
            for part in &alert.parts {
                match part {
                    AlertPart::Set(set) => in_set(set, found),
                    AlertPart::To(recipient) => recipient.sets.iter().for_each(|set| in_set(set, found)),
                    AlertPart::Select(_) => {}
                }
            }
        }
        Kind::Location(location) => {
            match &location.target {
                Target::Resource(resource) => found.push(Reference::Resource(resource)),
                Target::Pattern(_) => {}
                Target::Sets(sets) => in_resource_sets(sets, found),
            }
            match &location.place {
                Place::Node { node, .. } => found.push(Reference::Node(node)),
                Place::Rules(rules) => rules.iter().for_each(|rule| in_rule(rule, found)),
                Place::None => {}
            }
        }
        Kind::Colocation(colocation) => in_members(&colocation.members, found),
        Kind::Order(order) => in_members(&order.members, found),
        Kind::Ticket(ticket) => in_members(&ticket.members, found),
        Kind::Options(options) => {
            found.extend(options.reference.as_ref().map(Reference::Id));
            options.rules.iter().for_each(|rule| in_rule(rule, found));
            options.pairs.iter().for_each(|pair| in_pair(pair, found));
        }
        Kind::Topology(topology) => {
            for levels in &topology.levels {
                if let FencingTarget::Node(node) = &levels.target {
                    found.push(Reference::Node(node));
                }
                found.extend(levels.levels.iter().flat_map(|level| devices(&level.devices)).map(Reference::Device));
            }
        }
        Kind::Tag(tag) => found.extend(tag.members.iter().map(Reference::Object)),
        Kind::Monitor(_) | Kind::Xml(_) => {}
    }
}

fn in_set<'a>(set: &'a AttributeSet, found: &mut Vec<Reference<'a>>) {
    match &set.body {
        SetBody::Reference(id) => found.push(Reference::Id(id)),
        SetBody::Own { rules, pairs, .. } => {
            rules.iter().for_each(|rule| in_rule(rule, found));
            pairs.iter().for_each(|pair| in_pair(pair, found));
        }
    }
}

fn in_rule<'a>(rule: &'a Rule, found: &mut Vec<Reference<'a>>) {
    match rule {
        Rule::Reference(id) => found.push(Reference::Id(id)),
        Rule::Own { conditions, .. } => {
            for condition in conditions {
                match &condition.expression {
                    Expression::Nested(rule) => in_rule(rule, found),
                    Expression::Compare { name, operation, value, .. } => {
                        // A rule about a node's name that no node has holds for none, or for all.
                        let names = *name == "#uname" && matches!(operation.as_str(), "eq" | "ne");
                        found.extend(names.then_some(Reference::Node(value)));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn in_permission<'a>(permission: &'a Permission, found: &mut Vec<Reference<'a>>) {
    if let Spec::Reference(id) = &permission.what {
        found.push(Reference::Id(id));
    }
}

/// The devices that one word joins by commas, each with its own place.
fn devices(word: &Word) -> impl Iterator<Item = Word> {
    let as_written = word.span.end - word.span.start == word.text.len();
    let mut start = word.span.start;
    word.text.split(',').map(move |device| {
        let span = if as_written { Span::new(start, start + device.len()) } else { word.span };
        start += device.len() + 1;
        Word::at(device, span)
    })
}

fn in_pair<'a>(pair: &'a Pair, found: &mut Vec<Reference<'a>>) {
    if let Pair::Reference { id, .. } = pair {
        found.push(Reference::Id(id));
    }
}

fn in_members<'a>(members: &'a Members, found: &mut Vec<Reference<'a>>) {
    match members {
        Members::One(only) => found.push(Reference::Resource(&only.resource)),
        Members::Two(first, second) => {
            found.extend([first, second].map(|member| Reference::Resource(&member.resource)))
        }
        Members::Sets(sets) => in_resource_sets(sets, found),
    }
}

fn in_resource_sets<'a>(sets: &'a [ResourceSet], found: &mut Vec<Reference<'a>>) {
    found.extend(sets.iter().filter_map(|set| set.reference.as_ref()).map(Reference::Id));
    found.extend(sets.iter().flat_map(|set| &set.members).map(Reference::Resource));
}
