//! Statements put onto a document.
//!
//! In: statements, a configuration, the catalogue of agents. Out: the configuration with them, or
//! diagnostics at the words that do not fit; a statement that does not fit changes nothing.
//! Absent: references to objects (see `references`: order does not matter to them), committing.

use super::build;
use super::ids;
use super::raise::{self, Context, raise_object};
use super::show::MASK;
use crate::catalogue::Catalogue;
use quorate_core::cib::objects::{self, is_resource};
use quorate_core::cib::pool::Pool;
use quorate_core::xml::{Element, Node};
use quorate_grammar::crm::ast::{AttributeSet, BundlePart, Kind, Node as NodeStatement, SetBody, Statement};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Word};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

mod container;
mod options;
mod raw;

/// What a statement does to an object that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A command: it must be new; options and node attributes are added.
    Create,
    /// `load update`: replaced; options are added.
    Update,
    /// `edit`: replaced, options too.
    Replace,
}

/// Puts all statements onto the configuration. Within one call they may come in any order.
pub fn lower(
    statements: &[Statement],
    mode: Mode,
    configuration: &mut Element,
    catalogue: &Catalogue,
) -> Vec<Diagnostic> {
    lower_and_note(statements, mode, configuration, catalogue, &mut Vec::new())
}

/// The same, noting what becomes of other objects by it.
pub fn lower_and_note(
    statements: &[Statement],
    mode: Mode,
    configuration: &mut Element,
    catalogue: &Catalogue,
    notes: &mut Vec<String>,
) -> Vec<Diagnostic> {
    if mode != Mode::Create
        && let Some(twice) = twice(statements)
    {
        return vec![twice];
    }
    let mut wanted: Vec<&Statement> = match mode {
        Mode::Create => statements.iter().collect(),
        Mode::Update | Mode::Replace => changed(statements, configuration, catalogue),
    };
    wanted.sort_by_key(|statement| rank(&statement.kind));
    let original = configuration.clone();
    let mut lowering = Lowering {
        pool: Pool::of(configuration),
        configuration,
        catalogue,
        mode,
        options_seen: BTreeSet::new(),
        stated: statements.iter().filter_map(|statement| Some(statement.kind.id()?.text.clone())).collect(),
        notes: Vec::new(),
    };
    if mode != Mode::Create {
        lowering.dissolve(&wanted);
    }
    let diagnostics = lowering.all(&wanted);
    let told = lowering.notes;
    if mode != Mode::Create && !diagnostics.is_empty() {
        // Some containers may still be open.
        *configuration = original;
    } else {
        notes.extend(told);
    }
    diagnostics
}

/// One object cannot be two: the first would be gone without a word. Options are added to each other.
fn twice(statements: &[Statement]) -> Option<Diagnostic> {
    let mut seen: BTreeSet<(bool, &str)> = BTreeSet::new();
    for statement in statements {
        let (is_node, id) = match &statement.kind {
            Kind::Options(_) | Kind::Monitor(_) | Kind::Xml(_) => continue,
            Kind::Topology(_) if !seen.insert((false, "fencing_topology")) => {
                let text = "`fencing_topology` stands here twice: one statement has all levels";
                return Some(Diagnostic::error(statement.span, text));
            }
            // Nodes may be named like resources.
            Kind::Node(node) => (true, &node.name),
            kind => match kind.id() {
                Some(id) => (false, id),
                None => continue,
            },
        };
        if !seen.insert((is_node, &id.text)) {
            let text = format!("Duplicate resource: {id}", id = id.text);
            let text = if is_node { format!("the node `{}` stands here twice", id.text) } else { text };
            return Some(Diagnostic::error(id.span, text).hint("of one id there is one object"));
        }
    }
    None
}

/// Statements that say what the document says already are left alone, and so is every detail of
/// their XML.
fn changed<'s>(statements: &'s [Statement], configuration: &Element, catalogue: &Catalogue) -> Vec<&'s Statement> {
    let context = Context::of(configuration, catalogue);
    let now: Vec<Statement> =
        objects::objects(configuration).iter().map(|object| raise_object(object, &context)).collect();
    let mut by_name: BTreeMap<(&str, &str), Vec<&Statement>> = BTreeMap::new();
    for statement in &now {
        by_name.entry(name_of(statement)).or_default().push(statement);
    }
    let is_there = |statement: &Statement| {
        by_name.get(&name_of(statement)).is_some_and(|now| now.iter().any(|now| same(now, statement)))
    };
    statements.iter().filter(|statement| !is_there(statement)).collect()
}

/// Statements that are the same have the same keyword and id.
fn name_of(statement: &Statement) -> (&str, &str) {
    (statement.kind.keyword(), statement.kind.id().map_or("", |id| &id.text))
}

fn same(one: &Statement, other: &Statement) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Xml(one), Kind::Xml(other)) => raise::same_xml(one, other),
        _ => one == other,
    }
}

/// What must exist before what.
fn rank(kind: &Kind) -> usize {
    match kind {
        Kind::Node(_) => 0,
        Kind::Template(_) => 1,
        Kind::Primitive(_) => 2,
        Kind::Xml(_) => 3,
        Kind::Monitor(_) => 4,
        Kind::Group(_) => 5,
        Kind::Clone(_) | Kind::Bundle(_) => 6,
        Kind::Tag(_) => 7,
        Kind::Location(_) | Kind::Colocation(_) | Kind::Order(_) => 8,
        Kind::Ticket(_) | Kind::Topology(_) => 9,
        Kind::Options(_) => 10,
        Kind::Role(_) => 11,
        Kind::Actor(_) | Kind::User(_) => 12,
        Kind::Alert(_) => 13,
    }
}

type Lowered = Result<(), Diagnostic>;

struct Lowering<'a> {
    configuration: &'a mut Element,
    catalogue: &'a Catalogue,
    pool: Pool,
    mode: Mode,
    /// The sets of options that statements were about already.
    options_seen: BTreeSet<String>,
    /// Ids of what is being written: nothing else changes these.
    stated: BTreeSet<String>,
    /// What became of other objects.
    notes: Vec<String>,
}

impl Lowering<'_> {
    /// A statement that does not fit leaves nothing behind: what went well since the last such is
    /// done once more without it. (A copy before each statement would cost more than all of them.)
    fn all(&mut self, statements: &[&Statement]) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        let mut before = self.copy();
        let mut since: Vec<&Statement> = Vec::new();
        for statement in statements {
            match self.statement(statement) {
                Ok(()) => since.push(statement),
                Err(diagnostic) => {
                    diagnostics.push(diagnostic);
                    (*self.configuration, self.pool, self.options_seen, self.notes) = before;
                    for statement in since.drain(..) {
                        self.statement(statement).expect("it went well from here before");
                    }
                    before = self.copy();
                }
            }
        }
        diagnostics
    }

    fn copy(&self) -> (Element, Pool, BTreeSet<String>, Vec<String>) {
        (self.configuration.clone(), self.pool.clone(), self.options_seen.clone(), self.notes.clone())
    }

    fn statement(&mut self, statement: &Statement) -> Lowered {
        let comments: &[String] = if self.mode == Mode::Create { &[] } else { &statement.comments };
        match &statement.kind {
            Kind::Node(node) => self.node(node, comments),
            Kind::Primitive(primitive) => {
                let element = build::primitive(primitive, false, self.catalogue);
                self.object("resources", &primitive.id, element, comments)
            }
            Kind::Template(template) => {
                let element = build::primitive(template, true, self.catalogue);
                self.object("resources", &template.id, element, comments)
            }
            Kind::Group(group) => {
                let element = build::container("group", &group.id, group.description.as_ref(), &group.sets);
                self.container(&group.id, &group.members, element, comments)
            }
            Kind::Clone(clone) => {
                let name = if clone.master { "master" } else { "clone" };
                let element = build::container(name, &clone.id, clone.description.as_ref(), &clone.sets);
                self.container(&clone.id, std::slice::from_ref(&clone.child), element, comments)
            }
            Kind::Bundle(bundle) => {
                let inside = bundle.parts.iter().find_map(|part| match part {
                    BundlePart::Primitive(id) => Some(id.clone()),
                    _ => None,
                });
                self.container(&bundle.id, inside.as_slice(), build::bundle(bundle), comments)
            }
            Kind::Role(role) => self.object("acls", &role.id, build::role(role), comments),
            Kind::Actor(actor) => self.object("acls", &actor.id, build::actor(actor), comments),
            Kind::User(user) => self.object("acls", &user.id, build::user(user), comments),
            Kind::Alert(alert) => self.object("alerts", &alert.id, build::alert(alert), comments),
            Kind::Location(one) => self.object("constraints", &one.id, build::location(one), comments),
            Kind::Colocation(one) => self.object("constraints", &one.id, build::colocation(one), comments),
            Kind::Order(one) => self.object("constraints", &one.id, build::order(one), comments),
            Kind::Ticket(one) => self.object("constraints", &one.id, build::ticket(one), comments),
            Kind::Tag(tag) => self.object("tags", &tag.id, build::tag(tag), comments),
            Kind::Options(options) => self.options(options, comments),
            Kind::Topology(topology) => {
                let nodes = objects::node_names(self.configuration);
                let element = build::topology(topology, &nodes);
                self.topology(element, comments, statement)
            }
            Kind::Monitor(monitor) => self.monitor(monitor),
            Kind::Xml(xml) => self.xml(xml),
        }
    }

    // ---- objects that stand by themselves ------------------------------------------------------------

    /// Puts an object into its section: in the place of the one with its id, else at the end.
    fn object(&mut self, section: &str, id: &Word, mut element: Element, comments: &[String]) -> Lowered {
        let old = self.old(id, &element)?;
        self.unmask(&mut element, id, old.as_ref().map(|(_, old)| old))?;
        build::with_comments(&mut element, comments);
        match old {
            Some((place, old)) if old.name == element.name => {
                self.assign(&mut element, Some(&old));
                keep_foreign_comments(&mut element, &old);
                *objects::at_mut(self.configuration, &place) = element;
            }
            Some((place, old)) => {
                // The same id, but another sort of object: the old one goes.
                objects::take(self.configuration, &place);
                self.pool.release(&old);
                self.assign(&mut element, None);
                self.configuration.child_or_new(section).push(element);
            }
            None => {
                self.assign(&mut element, None);
                self.configuration.child_or_new(section).push(element);
            }
        }
        Ok(())
    }

    /// The object to be replaced. When creating there must be none.
    fn old(&self, id: &Word, new: &Element) -> Result<Option<(objects::Place, Element)>, Diagnostic> {
        if !self.pool.has(&id.text) {
            return Ok(None);
        }
        match objects::find_object(self.configuration, &id.text) {
            Some(object) if self.mode == Mode::Create => {
                // In words that scripts look for.
                let new = objects::name_of(new, "").unwrap_or_default();
                let new = new.split(' ').next().unwrap_or_default().to_string();
                Err(Diagnostic::error(
                    id.span,
                    format!("Cannot create {new} with ID '{}': Found existing {} with same ID", id.text, object.kind),
                )
                .hint(format!("change it with `edit {0}`, or `delete {0}` first", id.text)))
            }
            Some(object) if is_resource(object.element) != is_resource(new) => Err(Diagnostic::error(
                id.span,
                format!("`{}` is a {} and cannot become something else", id.text, object.kind),
            )
            .hint("delete it first, or choose another id")),
            Some(object) => Ok(Some((object.place, object.element.clone()))),
            None if !self.is_node(&id.text) => Err(Diagnostic::error(
                id.span,
                format!("the id `{}` is already used by a part of another object", id.text),
            )
            .hint("choose another id")),
            None => Ok(None),
        }
    }

    fn is_node(&self, id: &str) -> bool {
        objects::find_node(self.configuration, id).is_some()
    }

    /// A masked value that came back as text means the value that was masked; where there is none,
    /// the mask must not become the password.
    fn unmask(&self, element: &mut Element, id: &Word, old: Option<&Element>) -> Lowered {
        let masked = |part: &Element| part.name == "nvpair" && part.attr("value") == Some(MASK);
        let names: Vec<String> = element
            .descendants()
            .filter(|part| masked(part))
            .filter_map(|part| part.attr("name").map(str::to_string))
            .collect();
        for name in &names {
            let kept = old.and_then(|old| {
                old.descendants().find(|part| part.name == "nvpair" && part.attr("name") == Some(name))
            });
            let Some(value) = kept.and_then(|pair| pair.attr("value")) else {
                return Err(Diagnostic::error(
                    id.span,
                    format!("`{name}` of `{}` is masked, and its value is not known here", id.text),
                )
                .hint("`configure save` writes values unmasked; `configure show` does not"));
            };
            replace_value(element, name, value);
        }
        Ok(())
    }

    fn assign(&mut self, element: &mut Element, old: Option<&Element>) {
        resolve_references(element, self.configuration);
        if let Some(old) = old {
            self.pool.release(old);
        }
        ids::assign(element, old, &mut self.pool);
    }

    /// An id is one node's, and a node keeps the id it has: another would be another node.
    fn is_same_node(&self, node: &NodeStatement) -> Lowered {
        let nodes = || self.configuration.child("nodes").into_iter().flat_map(|nodes| nodes.elements());
        let like =
            |known: &&Element| known.attr("uname").is_some_and(|name| name.eq_ignore_ascii_case(&node.name.text));
        if let Some(known) = nodes().find(like) {
            let name = known.attr("uname").unwrap_or_default();
            if name != node.name.text {
                return Err(Diagnostic::error(node.name.span, format!("the node is called `{name}`"))
                    .hint("upper and lower case are the same in names of nodes"));
            }
            let was = known.attr("type").unwrap_or("member");
            if let Some(kind) = node.kind.as_ref().filter(|kind| self.mode == Mode::Create && **kind != *was) {
                return Err(Diagnostic::error(kind.span, format!("the node `{name}` is a {was} node"))
                    .hint("a remote node is made by its resource; `edit` changes what a node is"));
            }
        }
        let Some(id) = &node.id else { return Ok(()) };
        for known in nodes() {
            let (known_id, name) = (known.id().unwrap_or_default(), known.attr("uname").unwrap_or_default());
            if known_id == id.text && name != node.name.text {
                return Err(Diagnostic::error(id.span, format!("the id `{id}` is that of the node `{name}`"))
                    .hint("leave the id out, or give the node another one"));
            }
            if known_id != id.text && name == node.name.text {
                return Err(Diagnostic::error(id.span, format!("the node `{name}` has the id `{known_id}`"))
                    .hint("leave the id out"));
            }
        }
        Ok(())
    }

    // ---- nodes -----------------------------------------------------------------------------------------

    fn node(&mut self, node: &NodeStatement, comments: &[String]) -> Lowered {
        self.is_same_node(node)?;
        let place = objects::find_node(self.configuration, &node.name.text).map(|object| object.place);
        let mut element = build::node(node);
        let Some(place) = place else {
            build::with_comments(&mut element, comments);
            self.assign(&mut element, None);
            self.configuration.child_or_new("nodes").push(element);
            return Ok(());
        };
        let old = objects::at(self.configuration, &place).clone();
        if node.id.is_none()
            && let Some(id) = old.id()
        {
            element.set("id", id);
        }
        let mut new = match self.mode {
            // As a text that was saved has it, it is whole; without its id it adds.
            Mode::Update if node.id.is_none() && old.id() != Some(&node.name.text) => {
                merged_node(&old, &element, &node.sets)
            }
            Mode::Create => merged_node(&old, &element, &node.sets),
            Mode::Update | Mode::Replace => {
                build::with_comments(&mut element, comments);
                keep_foreign_comments(&mut element, &old);
                element
            }
        };
        self.assign(&mut new, Some(&old));
        *objects::at_mut(self.configuration, &place) = new;
        Ok(())
    }
}

/// A reference may name the object that owns the part: it then means the part of the same sort.
fn resolve_references(element: &mut Element, configuration: &Element) {
    for node in &mut element.children {
        let Node::Element(child) = node else { continue };
        let owner = child.attr("id-ref").and_then(|id| objects::find(configuration, id));
        let part = owner.and_then(|owner| {
            owner
                .element
                .descendants()
                .find(|part| part.name == child.name && part.id().is_some())?
                .id()
                .map(str::to_string)
        });
        let child = Arc::make_mut(child);
        if let Some(id) = part {
            child.set("id-ref", id);
        }
        resolve_references(child, configuration);
    }
}

pub fn unknown_resource(configuration: &Element, id: &Word) -> Diagnostic {
    let ids = objects::resource_ids(configuration);
    let mut diagnostic = Diagnostic::error(id.span, format!("there is no resource `{}`", id.text));
    diagnostic.hint = closest(&id.text, ids.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    diagnostic
}

/// Puts the value in the place of the mask.
fn replace_value(element: &mut Element, name: &str, value: &str) {
    if element.name == "nvpair" && element.attr("name") == Some(name) && element.attr("value") == Some(MASK) {
        element.set("value", value);
    }
    for node in &mut element.children {
        if let Node::Element(child) = node {
            replace_value(Arc::make_mut(child), name, value);
        }
    }
}

/// Comments that are not crmsh's stay where an object is replaced.
fn keep_foreign_comments(new: &mut Element, old: &Element) {
    let foreign = |node: &&Node| matches!(node, Node::Comment(text) if !text.trim_start().starts_with('#'));
    let kept: Vec<Node> = old.children.iter().filter(foreign).cloned().collect();
    new.children.splice(0..0, kept);
}

/// A node with more attributes: sets without rules are added to, others stand beside.
fn merged_node(old: &Element, new: &Element, sets: &[AttributeSet]) -> Element {
    let mut merged = old.clone();
    for (name, value) in &new.attributes {
        merged.set(name, value);
    }
    for (set, statement) in new.elements().zip(sets) {
        let plain = matches!(&statement.body, SetBody::Own { id: None, score: None, rules, .. } if rules.is_empty());
        let fits = |node: &&mut Node| {
            node.element().is_some_and(|child| child.name == set.name && child.child("rule").is_none())
        };
        match merged.children.iter_mut().find(|node| plain && fits(node)) {
            Some(Node::Element(child)) => *child = Arc::new(merged_set(child, set)),
            _ => merged.push(set.clone()),
        }
    }
    merged
}

/// A set with the other's pairs added or replaced, and its rules if it had none.
fn merged_set(old: &Element, new: &Element) -> Element {
    let mut merged = old.clone();
    if old.child("rule").is_none() {
        let rules = new.elements_named("rule").cloned().map(Node::from);
        merged.children.splice(0..0, rules);
    }
    for pair in new.elements_named("nvpair") {
        let same = |node: &&mut Node| {
            node.element().is_some_and(|child| {
                child.name == "nvpair" && child.attr("name").is_some() && child.attr("name") == pair.attr("name")
            })
        };
        match merged.children.iter_mut().find(same) {
            Some(Node::Element(child)) => {
                let child = Arc::make_mut(child);
                match pair.attr("value") {
                    Some(value) => child.set("value", value),
                    None => drop(child.unset("value")),
                }
            }
            _ => merged.push(pair.clone()),
        }
    }
    merged
}
