//! Documents with something changed in them: an attribute, an element, a value, a place, an id.
//!
//! In: documents to start from, chance. Out: documents of which some are still valid.
//! Absent: a judgement of them.

use crate::world::chance::Chance;
use quorate_core::xml::{Element, Node};

/// What is put in: elements of all documents, their attributes, values of all types.
pub struct Damage {
    elements: Vec<Element>,
    attributes: Vec<(String, String, String)>,
    names: Vec<String>,
    values: Vec<String>,
}

/// Values that are on the edge of some type, and names that schemas exclude.
const VALUES: &[&str] = &[
    "",
    " ",
    "a",
    "a b",
    "1",
    " 1 ",
    "0",
    "-1",
    "+1",
    "01",
    "1.5",
    "1e3",
    "10",
    "9",
    "99999999999",
    "0x10",
    "true",
    "false",
    "TRUE",
    "yes",
    "INFINITY",
    "+INFINITY",
    "-INFINITY",
    " INFINITY",
    "infinity",
    "inf",
    "INFINITY1",
    "1-2",
    "80-90",
    "-",
    "a,b",
    "a,,b",
    "a,",
    "a:b",
    "é",
    "_x",
    "-x",
    ".x",
    "9x",
    "x.y-z",
    "Started",
    "started",
    "Promoted",
    "Master",
    "Slave",
    "start",
    "monitor",
    "ocf",
    "lsb",
    "stonith",
    "upstart",
    "systemd",
    "service",
    "heartbeat",
    "nagios",
    "ocf ",
    "member",
    "normal",
    "ping",
    "remote",
    "Mandatory",
    "mandatory",
    "Optional",
    "Serialize",
    "fence",
    "demote",
    "ignore",
    "restart-container",
    "freeze",
    "date_spec",
    "in_range",
    "gt",
    "lt",
    "eq",
    "defined",
    "or",
    "and",
    "integer",
    "number",
    "string",
    "version",
    "literal",
    "param",
    "read",
    "deny",
    "group",
    "listed",
    "always",
    "never",
    "exclusive",
    "nothing",
    "quorum",
    "unfencing",
    "default-resource-stickiness",
    "is-managed-default",
    "stonith_enabled",
    "cluster-infrastructure",
    "cman",
    "classic openais",
    "classic  openais",
    "corosync",
    "expected-quorum-votes",
    "isolation",
    "isolation-host",
    "requires",
    "restart-type",
    "can_fail",
    "role_after_failure",
    "stonith-action",
    "poweroff",
    "remove-after-stop",
    "crmd-transition-delay",
    "pcmk_list_cmd",
    "timeout",
    "on-fail",
    "transition_idle_timeout",
    "p1",
    "p2",
    "b1",
    "r1",
    "nowhere",
];

const WORDS: &[&str] = &[
    "lifetime",
    "master",
    "rkt",
    "podman",
    "docker",
    "select",
    "resource_set",
    "rule",
    "utilization",
    "acl_user",
    "unheard_of",
    "status",
    "configuration",
    "role_ref",
    "value",
    "kind",
    "score",
    "id",
    "id-ref",
    "name",
    "rsc",
    "node",
    "range",
    "port",
    "masters",
    "promoted-max",
    "start-delay",
    "provider",
    "template",
    "influence",
    "unheard-of",
    "score-attribute",
    "requires",
    "value-source",
    "days",
    "moon",
    "add-host",
    "description",
];

impl Damage {
    pub fn from(documents: &[Element]) -> Damage {
        let mut damage = Damage {
            elements: Vec::new(),
            attributes: Vec::new(),
            names: WORDS.iter().map(ToString::to_string).collect(),
            values: VALUES.iter().map(ToString::to_string).collect(),
        };
        for element in documents.iter().filter_map(|root| root.child("configuration")).flat_map(Element::descendants) {
            let known = damage.elements.iter().filter(|known| known.name == element.name).count();
            if known < 12 && !damage.elements.contains(element) {
                damage.elements.push(element.clone());
            }
            if !damage.names.iter().any(|name| **name == *element.name) {
                damage.names.push(element.name.to_string());
            }
            for (name, value) in &element.attributes {
                let entry = (element.name.to_string(), name.to_string(), value.to_string());
                let known = damage.attributes.iter().filter(|known| (&known.0, &known.1) == (&entry.0, &entry.1));
                if known.count() < 8 && !damage.attributes.contains(&entry) {
                    damage.attributes.push(entry);
                }
                if !damage.names.iter().any(|known| **known == **name) {
                    damage.names.push(name.to_string());
                }
            }
        }
        damage
    }

    /// The document with one to three changes.
    pub fn done_to(&self, document: &Element, chance: &mut Chance) -> Element {
        let mut document = document.clone();
        for _ in 0..1 + chance.below(100) / 60 + chance.below(100) / 85 {
            let count = document.descendants().filter(|element| element.name != "status").count() as u64;
            // The root and the sections are few; elements deep inside are many.
            let at = if chance.percent(5) { chance.below(count.min(4)) } else { chance.below(count) };
            let mut at = at as usize;
            let moved = chance.percent(6).then(|| self.one_of(&document, chance)).flatten();
            self.change(&mut document, &mut at, moved, chance);
        }
        document
    }

    fn one_of(&self, document: &Element, chance: &mut Chance) -> Option<Element> {
        let all: Vec<_> = document.child("configuration")?.descendants().skip(1).collect();
        all.get(chance.below(all.len() as u64) as usize).map(|element| (*element).clone())
    }

    /// Changes the element that is this far in the document's order.
    fn change(&self, element: &mut Element, at: &mut usize, moved: Option<Element>, chance: &mut Chance) -> bool {
        if *at == 0 {
            match moved {
                Some(moved) => insert(element, moved, chance),
                None => self.change_here(element, chance),
            }
            return true;
        }
        *at -= 1;
        for node in &mut element.children {
            if let Node::Element(child) = node
                && child.name != "status"
                && self.change(std::sync::Arc::make_mut(child), at, moved.clone(), chance)
            {
                return true;
            }
        }
        false
    }

    fn change_here(&self, element: &mut Element, chance: &mut Chance) {
        let attributes = element.attributes.len() as u64;
        let name = element.attributes.iter().nth(chance.below(attributes) as usize).map(|(name, _)| name.to_string());
        match (chance.below(14), name) {
            (0, Some(name)) if name != "validate-with" => {
                element.unset(&name);
            }
            (1, Some(name)) if name != "validate-with" => {
                let new = self.word(chance);
                if element.attr(new).is_none() {
                    element.attributes.rename(&name, new);
                }
            }
            (2 | 3, Some(name)) if name != "validate-with" => element.set(&name, self.value(chance)),
            (4, _) => {
                let (name, value) = (self.word(chance), self.value(chance));
                element.set(name, value);
            }
            (5 | 6, _) => {
                let of_it: Vec<_> = self.attributes.iter().filter(|known| known.0 == *element.name).collect();
                if let Some((_, name, value)) = of_it.get(chance.below(of_it.len() as u64) as usize) {
                    element.set(name, value);
                }
            }
            (7, _) => drop_child(element, chance),
            (8, _) => {
                if let Some(mut copy) = nth(element, chance) {
                    if chance.percent(70) {
                        rename_ids(&mut copy, chance);
                    }
                    insert(element, copy, chance);
                }
            }
            (9, _) => {
                if let Some(child) = nth(element, chance) {
                    drop_child_like(element, &child);
                    insert(element, child, chance);
                }
            }
            (10, _) => element.name = self.word(chance).into(),
            (11, _) if chance.percent(30) => element.children.push(Node::Text("some text".into())),
            _ => {
                let siblings: Vec<_> = self.elements.iter().filter(|known| known.name == element.name).collect();
                let sibling = siblings.get(chance.below(siblings.len() as u64) as usize);
                let mut donated = match sibling.and_then(|sibling| nth(sibling, chance)) {
                    Some(child) if chance.percent(80) => child,
                    _ => self.elements[chance.below(self.elements.len() as u64) as usize].clone(),
                };
                if chance.percent(80) {
                    rename_ids(&mut donated, chance);
                }
                insert(element, donated, chance);
            }
        }
    }

    fn word(&self, chance: &mut Chance) -> &str {
        &self.names[chance.below(self.names.len() as u64) as usize]
    }

    fn value(&self, chance: &mut Chance) -> &str {
        if chance.percent(50) {
            return &self.attributes[chance.below(self.attributes.len() as u64) as usize].2;
        }
        &self.values[chance.below(self.values.len() as u64) as usize]
    }
}

fn nth(element: &Element, chance: &mut Chance) -> Option<Element> {
    let count = element.elements().filter(|child| child.name != "status").count() as u64;
    element.elements().filter(|child| child.name != "status").nth(chance.below(count) as usize).cloned()
}

fn insert(element: &mut Element, child: Element, chance: &mut Chance) {
    let at = chance.below(element.children.len() as u64 + 1) as usize;
    element.children.insert(at, Node::from(child));
}

fn drop_child(element: &mut Element, chance: &mut Chance) {
    if let Some(child) = nth(element, chance) {
        drop_child_like(element, &child);
    }
}

fn drop_child_like(element: &mut Element, child: &Element) {
    let at = element.children.iter().position(|node| node.element().is_some_and(|known| **known == *child));
    if let Some(at) = at {
        element.children.remove(at);
    }
}

fn rename_ids(element: &mut Element, chance: &mut Chance) {
    let refers = matches!(&*element.name, "resource_ref" | "obj_ref" | "role");
    if let Some(id) = element.id().filter(|_| !refers) {
        let id = format!("{id}-{}", chance.below(100_000));
        element.set("id", id);
    }
    for node in &mut element.children {
        if let Node::Element(child) = node {
            rename_ids(std::sync::Arc::make_mut(child), chance);
        }
    }
}
