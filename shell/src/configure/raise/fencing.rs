//! The fencing topology as a statement.

use super::{Context, attr, childless, only, word};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{FencingLevel, FencingTarget, Levels, Topology};

pub fn topology(element: &Element, context: &Context) -> Option<Topology> {
    only(element, &[])?;
    let mut levels: Vec<Levels> = Vec::new();
    let mut expected: Vec<(FencingTarget, u64)> = Vec::new();
    for child in element.elements() {
        only(child, &["id", "target", "target-pattern", "target-attribute", "target-value", "index", "devices"])?;
        childless(child)?;
        let target = fencing_target(child)?;
        let devices = attr(child, "devices").filter(|_| child.name == "fencing-level")?;
        let index = child.attr("index")?;
        let seen = expected.iter().position(|(known, _)| *known == target);
        let last = seen.map_or(0, |at| expected[at].1);
        let follows_itself = levels.last().is_some_and(|last| last.target == target);
        // The text numbers on within a target, and puts what it says twice of one together.
        let goes_without_saying = *index == (last + 1).to_string() && (seen.is_none() || follows_itself);
        let level = FencingLevel {
            id: context.shown_id(child, "fencing"),
            index: (!goes_without_saying).then(|| word(index)),
            devices,
        };
        let number = index.parse().ok()?;
        match seen {
            Some(at) => expected[at].1 = number,
            None => expected.push((target.clone(), number)),
        }
        match levels.last_mut() {
            Some(last) if follows_itself => last.levels.push(level),
            _ => levels.push(Levels { target, levels: vec![level] }),
        }
    }
    (!levels.is_empty()).then_some(())?;
    Some(Topology { levels: for_every_node(levels, context) })
}

fn fencing_target(level: &Element) -> Option<FencingTarget> {
    let get = |name| attr(level, name);
    match (get("target"), get("target-pattern"), get("target-attribute"), get("target-value")) {
        (Some(node), None, None, None) => Some(FencingTarget::Node(node)),
        (None, Some(pattern), None, None) => Some(FencingTarget::Pattern(pattern)),
        (None, None, Some(name), Some(value)) => Some(FencingTarget::Attribute { name, value }),
        _ => None,
    }
}

/// One line of devices says it all if every node, in the order of the nodes, has the same.
fn for_every_node(levels: Vec<Levels>, context: &Context) -> Vec<Levels> {
    let is_node = |levels: &Levels, node: &str| matches!(&levels.target, FencingTarget::Node(name) if *name == *node);
    let identified = levels.iter().flat_map(|one| &one.levels).any(|level| level.id.is_some());
    let same = levels.len() == context.nodes.len()
        && !identified
        && levels.iter().zip(&context.nodes).all(|(one, node)| is_node(one, node) && one.levels == levels[0].levels);
    if !same {
        return levels;
    }
    let levels = levels.into_iter().next().map_or(Vec::new(), |one| one.levels);
    vec![Levels { target: FencingTarget::Every, levels }]
}
