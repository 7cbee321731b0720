//! The configuration as text: which objects, in which order, with which secrets masked.
//!
//! In: a configuration and a selection. Out: statements into an ink, or XML.
//! Absent: terminals and pagers.

use super::raise::{Context, meaning, raise_object};
use crate::catalogue::Catalogue;
use quorate_core::cib::objects::{self, Object};
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{AlertPart, BundlePart, Kind, Pair, Part, SetBody, Statement};
use quorate_grammar::crm::print::{self, Ink, Layout, Role};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a masked value is shown as.
pub const MASK: &str = "******";

/// Attributes whose name starts like this are secrets (crmsh's default).
pub const SECRET: &str = "passw";

/// The same as a pattern.
pub const SECRETS: &str = "passw*";

fn is_secret(name: &str, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| glob(pattern, name))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    Id(String),
    Glob(String),
    Type(String),
    Tag(String),
    /// The object, what refers to it, and what contains it.
    Related(String),
}

impl Selector {
    pub fn read(word: &str) -> Selector {
        let after = |prefix: &str| word.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(str::to_string);
        if let Some(kind) = after("type:") {
            return Selector::Type(kind);
        }
        if let Some(tag) = after("tag:") {
            return Selector::Tag(tag);
        }
        if let Some(id) = after("related:") {
            return Selector::Related(id);
        }
        if word.contains(['*', '?', '[']) { Selector::Glob(word.into()) } else { Selector::Id(word.into()) }
    }
}

/// The selected objects in order of output; selectors that select nothing are given back.
pub fn select<'a>(configuration: &'a Element, selectors: &[Selector]) -> (Vec<Object<'a>>, Vec<Selector>) {
    let all = objects::sorted(configuration);
    if selectors.is_empty() {
        return (all, Vec::new());
    }
    let mut chosen = vec![false; all.len()];
    let mut empty = Vec::new();
    for selector in selectors {
        let hits: Vec<usize> = (0..all.len()).filter(|at| fits(configuration, &all[*at], selector)).collect();
        // `type:` of a known kind may select nothing without being a slip.
        let may_be_empty = matches!(selector, Selector::Type(kind) if objects::is_kind(kind) || kind == "master");
        if hits.is_empty() && !may_be_empty {
            empty.push(selector.clone());
        }
        hits.into_iter().for_each(|at| chosen[at] = true);
    }
    let objects = all.into_iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(object, _)| object);
    (objects.collect(), empty)
}

/// What all selectors select.
pub fn select_all<'a>(configuration: &'a Element, selectors: &[Selector]) -> (Vec<Object<'a>>, Vec<Selector>) {
    let (mut chosen, missing) = select(configuration, selectors);
    chosen.retain(|object| selectors.iter().all(|selector| fits(configuration, object, selector)));
    (chosen, missing)
}

fn fits(configuration: &Element, object: &Object, selector: &Selector) -> bool {
    let uname = object.element.attr("uname").filter(|_| object.kind == "node");
    match selector {
        Selector::Id(id) => object.id == *id || uname == Some(id),
        Selector::Glob(pattern) => glob(pattern, &object.id) || uname.is_some_and(|name| glob(pattern, name)),
        Selector::Type(kind) => object.kind == kind || kind == "master" && object.kind == "ms",
        Selector::Tag(tag) => {
            let tag = objects::find(configuration, tag).filter(|found| found.kind == "tag");
            object.kind == "tag" && tag.as_ref().is_some_and(|tag| tag.id == object.id)
                || tag.is_some_and(|tag| tag.element.elements().any(|member| member.id() == Some(&object.id)))
        }
        Selector::Related(id) => object.id == *id || mentions(object.element, id) || is_agent(object.element, id),
    }
}

/// True if the element's agent is called so: by its type, or by class, provider and type.
fn is_agent(element: &Element, name: &str) -> bool {
    let Some(kind) = element.attr("type").filter(|_| matches!(&*element.name, "primitive" | "template")) else {
        return false;
    };
    let parts = [element.attr("class"), element.attr("provider"), Some(kind)];
    let whole: Vec<&str> = parts.into_iter().flatten().collect();
    name == kind || name.contains(':') && name == whole.join(":")
}

/// True if an attribute anywhere in the element is this id, as a reference or an ingredient.
fn mentions(element: &Element, id: &str) -> bool {
    const REFERRING: &[&str] = &["rsc", "with-rsc", "first", "then", "template", "id-ref", "node", "target"];
    element.descendants().any(|part| {
        let refers = part.attributes.iter().any(|(name, value)| REFERRING.contains(&&**name) && *value == *id);
        let holds = part.id() == Some(id) && !std::ptr::eq(part, element);
        let device = part.attr("devices").is_some_and(|devices| devices.split(',').any(|device| device == id));
        refers || holds || device
    })
}

/// Shell patterns: `*`, `?` and `[…]`.
pub fn glob(pattern: &str, text: &str) -> bool {
    fn step(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|at| step(rest, &text[at..])),
            (['?', rest @ ..], [_, text @ ..]) => step(rest, text),
            (['[', rest @ ..], [c, text @ ..]) => match rest.iter().position(|c| *c == ']') {
                Some(end) if end > 0 => class(&rest[..end], *c) && step(&rest[end + 1..], text),
                _ => *c == '[' && step(rest, text),
            },
            ([p, rest @ ..], [c, text @ ..]) => p == c && step(rest, text),
            _ => false,
        }
    }
    fn class(set: &[char], c: char) -> bool {
        let (set, negated) = match set {
            ['!' | '^', rest @ ..] if !rest.is_empty() => (rest, true),
            set => (set, false),
        };
        let ranges = set.windows(3).any(|range| range[1] == '-' && (range[0]..=range[2]).contains(&c));
        (ranges || set.contains(&c)) != negated
    }
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    step(&pattern, &text)
}

/// Statements for these objects, with the ids that something refers to.
pub fn statements(configuration: &Element, objects: &[Object], catalogue: &Catalogue) -> Vec<Statement> {
    raised(objects, &Context::of(configuration, catalogue))
}

/// The same with every id.
pub fn statements_with_ids(configuration: &Element, objects: &[Object], catalogue: &Catalogue) -> Vec<Statement> {
    raised(objects, &Context::of(configuration, catalogue).with_ids(true))
}

fn raised(objects: &[Object], context: &Context) -> Vec<Statement> {
    objects.iter().map(|object| raise_object(object, context)).collect()
}

/// The whole configuration as statements, in order of output.
pub fn all(configuration: &Element, catalogue: &Catalogue) -> Vec<Statement> {
    statements(configuration, &objects::sorted(configuration), catalogue)
}

/// What the whole configuration says, for whoever does not write it.
pub fn meanings(configuration: &Element, catalogue: &Catalogue) -> Vec<Statement> {
    let context = Context::of(configuration, catalogue);
    objects::sorted(configuration).iter().map(|object| meaning(object, &context)).collect()
}

pub fn print(statements: &[Statement], ink: &mut dyn Ink) {
    for statement in statements {
        print::write(statement, Layout::Lines, ink);
        ink.put(Role::Plain, "\n");
    }
}

pub fn text(statements: &[Statement]) -> String {
    let mut text = String::new();
    print(statements, &mut text);
    text
}

/// Hides the values of attributes that look like passwords.
pub fn mask(statements: &mut [Statement], secrets: &[String]) {
    for statement in statements {
        match &mut statement.kind {
            Kind::Primitive(primitive) | Kind::Template(primitive) => {
                for part in &mut primitive.parts {
                    match part {
                        Part::Set(set) => mask_set(&mut set.body, secrets),
                        Part::Operation(operation) => {
                            operation.sets.iter_mut().for_each(|set| mask_set(&mut set.body, secrets))
                        }
                        Part::Operations(_) => {}
                    }
                }
            }
            Kind::Node(node) => node.sets.iter_mut().for_each(|set| mask_set(&mut set.body, secrets)),
            Kind::Group(group) => group.sets.iter_mut().for_each(|set| mask_set(&mut set.body, secrets)),
            Kind::Clone(clone) => clone.sets.iter_mut().for_each(|set| mask_set(&mut set.body, secrets)),
            Kind::Bundle(bundle) => bundle.parts.iter_mut().for_each(|part| {
                if let BundlePart::Set(set) = part {
                    mask_set(&mut set.body, secrets);
                }
            }),
            Kind::Alert(alert) => alert.parts.iter_mut().for_each(|part| match part {
                AlertPart::Set(set) => mask_set(&mut set.body, secrets),
                AlertPart::To(recipient) => recipient.sets.iter_mut().for_each(|set| mask_set(&mut set.body, secrets)),
                AlertPart::Select(_) => {}
            }),
            Kind::Xml(xml) => mask_xml(xml, secrets),
            _ => {}
        }
    }
}

fn mask_set(body: &mut SetBody, secrets: &[String]) {
    let SetBody::Own { pairs, .. } = body else { return };
    for pair in pairs {
        if let Pair::Named { name, value: Some(value), .. } = pair
            && is_secret(&name.text, secrets)
        {
            *value = Word::new(MASK);
        }
    }
}

fn mask_xml(xml: &mut Word, secrets: &[String]) {
    if let Ok(mut element) = quorate_core::xml::read(&xml.text) {
        mask_element(&mut element, secrets);
        *xml = Word::new(quorate_core::xml::write_pretty(&element).trim_end());
    }
}

pub fn mask_element(element: &mut Element, secrets: &[String]) {
    let secret = element.name == "nvpair" && element.attr("name").is_some_and(|name| is_secret(name, secrets));
    if secret && element.attr("value").is_some() {
        element.set("value", MASK);
    }
    let has_secret = |element: &Element| {
        element.descendants().any(|part| part.attr("name").is_some_and(|name| is_secret(name, secrets)))
    };
    for node in &mut element.children {
        if let Node::Element(child) = node
            && has_secret(child)
        {
            mask_element(Arc::make_mut(child), secrets);
        }
    }
}

/// The document with nothing but the selected objects, as XML.
pub fn xml(root: &Element, configuration: &Element, selected: Option<&[Object]>, secrets: &[String]) -> String {
    let mut cib = part(root, configuration, selected);
    mask_element(&mut cib, secrets);
    xml_text(&cib)
}

pub fn unmasked_xml(root: &Element, configuration: &Element, selected: Option<&[Object]>) -> String {
    xml_text(&part(root, configuration, selected))
}

fn xml_text(cib: &Element) -> String {
    format!("<?xml version=\"1.0\" ?>\n{}", quorate_core::xml::write_pretty(cib))
}

fn part(root: &Element, configuration: &Element, selected: Option<&[Object]>) -> Element {
    let mut cib = root.clone();
    cib.retain_elements(|child| child.name != "status");
    if let Some(selected) = selected {
        let ids: BTreeSet<&objects::Place> = selected.iter().map(|object| &object.place).collect();
        *cib.child_or_new("configuration") = pruned(configuration, &ids);
    }
    cib
}

fn pruned(configuration: &Element, selected: &BTreeSet<&objects::Place>) -> Element {
    let mut pruned = configuration.clone();
    for (at, node) in pruned.children.iter_mut().enumerate() {
        let Node::Element(section) = node else { continue };
        if selected.contains(&vec![at]) {
            continue;
        }
        let section = Arc::make_mut(section);
        let mut below = 0;
        // An object stays if it, or something inside it, was selected.
        section.children.retain(|_| {
            let place = vec![at, below];
            below += 1;
            selected.iter().any(|selected| selected.starts_with(&place))
        });
        if section.name == "fencing-topology" {
            section.children.clear();
        }
    }
    pruned.retain_elements(|section| {
        !section.children.is_empty() || matches!(&*section.name, "crm_config" | "nodes" | "resources" | "constraints")
    });
    pruned
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_as_in_a_shell() {
        for (pattern, text, fits) in [
            ("p*", "p1", true),
            ("p?", "p1", true),
            ("p?", "p12", false),
            ("*1*", "ab1c", true),
            ("p[1-3]", "p2", true),
            ("p[!1-3]", "p2", false),
            ("p[12", "p[12", true),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
