//! Location and colocation constraints around a resource.
//!
//! In: a scene, a resource. Out: a tree of lines, or the constraints one after the other; who is colocated with it.

use super::scene::Scene;
use crate::answer::Answer;
use quorate_core::cib::model::resource::Role;
use quorate_core::scheduler::constrain::{Colocation, Constraints, constrain};
use quorate_core::scheduler::resolve::Resource;
use quorate_core::scheduler::table::ResourceId;
use quorate_core::score::Score;
use quorate_core::xml::Element;
use std::collections::BTreeSet;

/// `--constraints`, `--stack`
pub fn show(scene: &Scene, id: ResourceId, recursive: bool, force: bool, answer: &mut Answer) {
    let id = if force { id } else { scene.top(id) };
    let constraints = constrain(&scene.situation);
    let mut teller = Teller {
        scene,
        constraints: &constraints,
        recursive,
        seen: BTreeSet::new(),
        lines: Vec::new(),
        parts: Vec::new(),
    };
    teller.locations(id, 0, true);
    teller.colocations(id, 0, Side::With);
    teller.seen.clear();
    teller.colocations(id, 0, Side::Of);
    let Teller { lines, parts, .. } = teller;
    lines.iter().for_each(|line| answer.line(line));
    answer.part(parts.into_iter().fold(Element::new("constraints"), Element::with_child));
}

/// Those that somebody wants where this resource is, the strongest wish first; and where those are wanted.
pub fn colocated_with(scene: &Scene, id: ResourceId) -> Vec<ResourceId> {
    let constraints = constrain(&scene.situation);
    let mut found = vec![id];
    follow(&constraints, id, &mut found);
    found.remove(0);
    found
}

fn follow(constraints: &Constraints, id: ResourceId, found: &mut Vec<ResourceId>) {
    for number in &constraints.colocated.with_this[id] {
        let one = &constraints.colocations[*number];
        if one.explicit && one.score > Score::ZERO && !found.contains(&one.dependent) {
            found.push(one.dependent);
            follow(constraints, one.dependent, found);
        }
    }
}

/// Whose colocations are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Those of others with it.
    With,
    /// Its own with others.
    Of,
}

struct Teller<'a> {
    scene: &'a Scene,
    constraints: &'a Constraints,
    recursive: bool,
    seen: BTreeSet<ResourceId>,
    lines: Vec<String>,
    parts: Vec<Element>,
}

fn line(depth: usize, text: &str) -> String {
    match depth {
        0 => text.to_string(),
        depth => format!("{}* {text}", "  ".repeat(depth)),
    }
}

impl Teller<'_> {
    fn locations(&mut self, id: ResourceId, depth: usize, _heading: bool) {
        let of: Vec<_> =
            self.constraints.locations_of[id].iter().map(|number| &self.constraints.locations[*number]).collect();
        let resource = self.scene.resource(id).id.to_string();
        let mut told = false;
        for location in of {
            for (node, score) in &location.nodes {
                if !std::mem::replace(&mut told, true) {
                    self.lines.push(line(depth, "Locations:"));
                }
                let node = self.scene.node_name(*node);
                let text = format!("Node {node} (score={score}, id={}, rsc={resource})", location.id);
                self.lines.push(line(depth + 1, &text));
                let element = Element::new("rsc_location").with("node", node).with("rsc", &resource);
                self.parts.push(element.with("id", &location.id).with("score", score.to_string()));
            }
        }
    }

    fn colocations(&mut self, id: ResourceId, depth: usize, side: Side) {
        if !self.seen.insert(id) {
            return;
        }
        let list = match side {
            Side::With => &self.constraints.colocated.with_this[id],
            Side::Of => &self.constraints.colocated.this_with[id],
        };
        let all = list.iter().map(|number| &self.constraints.colocations[*number]);
        let name = self.scene.resource(id).id.to_string();
        let mut told = false;
        for one in all.filter(|one| one.explicit) {
            if !std::mem::replace(&mut told, true) {
                let title = match side {
                    Side::With => format!("Resources colocated with {name}:"),
                    Side::Of => format!("Resources {name} is colocated with:"),
                };
                self.lines.push(line(depth, &title));
            }
            let other = match side {
                Side::With => one.dependent,
                Side::Of => one.primary,
            };
            let other_name = self.scene.resource(other).id.to_string();
            if self.seen.contains(&other) {
                self.lines.push(line(depth + 1, &format!("{other_name} (id={} - loop)", one.id)));
                self.parts.push(self.element(one));
                continue;
            }
            self.lines.push(line(depth + 1, &self.header(&other_name, one, side)));
            self.parts.push(self.element(one));
            self.locations(other, depth + 2, false);
            if self.recursive {
                self.colocations(other, depth + 2, side);
            }
        }
    }

    fn header(&self, other: &str, one: &Colocation, side: Side) -> String {
        let mut text = format!("{other} (score={}, ", one.score);
        let role = if side == Side::With { one.primary_role } else { one.dependent_role };
        if role > Role::Started {
            text.push_str(&format!("needs role={role}, "));
        }
        text + &format!("id={})", one.id)
    }

    fn element(&self, one: &Colocation) -> Element {
        let name = |id: ResourceId| -> String {
            let resource: &Resource = self.scene.resource(id);
            resource.id.to_string()
        };
        let mut element = Element::new("rsc_colocation")
            .with("id", &one.id)
            .with("rsc", name(one.dependent))
            .with("with-rsc", name(one.primary))
            .with("score", one.score.to_string())
            .with("node-attribute", one.node_attribute.as_deref().unwrap_or("#uname"));
        for (attribute, role) in [("rsc-role", one.dependent_role), ("with-rsc-role", one.primary_role)] {
            if role != Role::Unknown {
                element.set(attribute, role.as_str());
            }
        }
        element
    }
}
