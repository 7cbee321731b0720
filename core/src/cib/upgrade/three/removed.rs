//! What 4.0 has no words for: classes of agents, a container, meta attributes.
//!
//! What held nothing but such resources goes with them, and so do the constraints on them.

use super::super::tree::{replace_children, section};
use super::super::warning::Warning;
use super::{dropped, is_dropped};
use crate::xml::{Element, Node};
use std::collections::{BTreeMap, BTreeSet};

const CLASSES: [&str; 2] = ["nagios", "upstart"];

/// Meta attributes of operations, and of resources, with what to do instead.
const OPERATION_META: [&str; 2] = ["can_fail", "role_after_failure"];
const OPERATION_HINT: &str = "Consider setting the \"on-fail\" operation attribute instead";
const RESOURCE_META: [&str; 1] = ["restart-type"];
const RESOURCE_HINT: &str = "Consider setting the \"kind\" attribute for relevant constraints";

/// Drops what 4.0 does not know any more, and says so.
pub fn translate(mut root: Element) -> (Element, Vec<Warning>) {
    if !root.child("configuration").is_some_and(|configuration| configuration.descendants().any(is_concerned)) {
        return (root, Vec::new());
    }
    let mut removal = Removal::new(&root);
    if let Some(resources) = section(&mut root, "resources") {
        replace_children(resources, |resource| vec![Node::from(removal.resource(resource))]);
    }
    if let Some(constraints) = section(&mut root, "constraints") {
        replace_children(constraints, |constraint| vec![Node::from(removal.constraint(constraint))]);
    }
    if let Some(defaults) = section(&mut root, "rsc_defaults") {
        removal.meta(defaults, &RESOURCE_META, RESOURCE_HINT);
    }
    if let Some(defaults) = section(&mut root, "op_defaults") {
        removal.meta(defaults, &OPERATION_META, OPERATION_HINT);
    }
    (root, removal.warnings)
}

/// Whether 4.0 does not know it where it may stand; all that goes with it is found from there.
fn is_concerned(element: &Element) -> bool {
    match element.name.as_str() {
        "primitive" | "template" => element.attr("class").is_some_and(|class| CLASSES.contains(&class)),
        "rkt" => true,
        "nvpair" => {
            let is_it = |name| OPERATION_META.contains(&name) || RESOURCE_META.contains(&name);
            element.attr("name").is_some_and(is_it)
        }
        _ => false,
    }
}

struct Removal {
    /// The class of each template.
    templates: BTreeMap<String, String>,
    /// The ids of the resources and templates that are gone.
    gone: BTreeSet<String>,
    warnings: Vec<Warning>,
}

impl Removal {
    fn new(root: &Element) -> Removal {
        let resources = root.child("configuration").and_then(|configuration| configuration.child("resources"));
        let templates = resources
            .into_iter()
            .flat_map(|resources| resources.elements_named("template"))
            .filter_map(|template| Some((template.id()?.to_string(), template.attr("class")?.to_string())))
            .collect();
        Removal { templates, gone: BTreeSet::new(), warnings: Vec::new() }
    }

    // ---- resources -----------------------------------------------------------------------------

    fn resource(&mut self, resource: Element) -> Element {
        let id = resource.id().unwrap_or_default().to_string();
        match resource.name.as_str() {
            "primitive" | "template" => {
                let Some(class) = self.removed_class(&resource) else { return self.kept(resource) };
                let what = if resource.name == "template" { "template" } else { "resource" };
                let why = format!("Dropping {what} {id} because {class} resources are no longer supported");
                self.drop(&resource, Warning::serious(why).of(&id))
            }
            "group" | "clone" if self.empties(&resource) => {
                let why = format!("Dropping {} {id} because it would become empty", resource.name);
                self.drop(&resource, Warning::info(why))
            }
            "bundle" if resource.child("rkt").is_some() => {
                let why = format!("Dropping bundle resource {id} because rkt containers are no longer supported");
                self.drop(&resource, Warning::serious(why).of(&id))
            }
            "group" | "clone" | "bundle" => self.kept(resource),
            _ => resource,
        }
    }

    fn removed_class(&self, resource: &Element) -> Option<String> {
        let class = match resource.attr("template") {
            Some(template) => self.templates.get(template).map(String::as_str),
            None => resource.attr("class"),
        };
        class.filter(|class| CLASSES.contains(class)).map(str::to_string)
    }

    /// Whether nothing would be left inside a resource that must not be empty.
    fn empties(&self, resource: &Element) -> bool {
        let members: Vec<&Element> =
            resource.elements().filter(|child| matches!(child.name.as_str(), "primitive" | "group")).collect();
        let goes = |member: &&Element| match member.name.as_str() {
            "group" => self.empties(member),
            _ => self.removed_class(member).is_some(),
        };
        !members.is_empty() && members.iter().all(goes)
    }

    fn drop(&mut self, resource: &Element, why: Warning) -> Element {
        let is_resource = |element: &&Element| {
            matches!(element.name.as_str(), "primitive" | "template" | "group" | "clone" | "bundle")
        };
        self.gone.extend(resource.descendants().filter(is_resource).filter_map(|inner| inner.id().map(str::to_string)));
        self.warnings.push(why);
        dropped()
    }

    fn kept(&mut self, mut resource: Element) -> Element {
        replace_children(&mut resource, |mut child| {
            match child.name.as_str() {
                "meta_attributes" => self.set(&mut child, &RESOURCE_META, RESOURCE_HINT),
                "operations" => self.operations(&mut child),
                _ => child = self.resource(child),
            }
            vec![Node::from(child)]
        });
        resource
    }

    fn operations(&mut self, operations: &mut Element) {
        for at in 0..operations.children.len() {
            if let Some(operation) = operations.child_at_mut(at).filter(|child| child.name == "op") {
                self.meta(operation, &OPERATION_META, OPERATION_HINT);
            }
        }
    }

    // ---- meta attributes -----------------------------------------------------------------------

    fn meta(&mut self, owner: &mut Element, names: &[&str], hint: &str) {
        for at in 0..owner.children.len() {
            if let Some(set) = owner.child_at_mut(at).filter(|child| child.name == "meta_attributes") {
                self.set(set, names, hint);
            }
        }
    }

    fn set(&mut self, set: &mut Element, names: &[&str], hint: &str) {
        let id = set.id().unwrap_or_default().to_string();
        replace_children(set, |pair| {
            let name = pair.attr("name").unwrap_or_default();
            if !names.contains(&name) {
                return vec![Node::from(pair)];
            }
            let why = format!("Dropping {name} meta-attribute from {id} because it is no longer supported. {hint}");
            self.warnings.push(Warning::serious(why).of(&id));
            vec![Node::from(dropped())]
        });
    }

    // ---- constraints ---------------------------------------------------------------------------

    fn constraint(&mut self, mut constraint: Element) -> Element {
        let names: &[&str] = match constraint.name.as_str() {
            "rsc_colocation" => &["rsc", "with-rsc"],
            "rsc_order" => &["first", "then"],
            _ => &["rsc"],
        };
        if names.iter().filter_map(|name| constraint.attr(name)).any(|id| self.gone.contains(id)) {
            return dropped();
        }
        let sets = constraint.child("resource_set").is_some();
        replace_children(&mut constraint, |child| {
            vec![Node::from(if child.name == "resource_set" { self.resource_set(child) } else { child })]
        });
        if sets && constraint.child("resource_set").is_none() { dropped() } else { constraint }
    }

    fn resource_set(&self, mut set: Element) -> Element {
        replace_children(&mut set, |member| {
            let gone = member.id().is_some_and(|id| self.gone.contains(id));
            vec![Node::from(if gone { dropped() } else { member })]
        });
        let emptied = set.elements().next().is_some() && set.elements().all(is_dropped);
        if emptied { dropped() } else { set }
    }
}
