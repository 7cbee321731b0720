//! The fencing topology as an element.

use super::with_options;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{FencingTarget, Topology};

/// Levels are numbered from 1 for every target; `nodes` are those that `Every` stands for.
pub fn topology(topology: &Topology, nodes: &[String]) -> Element {
    let mut element = Element::new("fencing-topology");
    for levels in &topology.levels {
        let targets: Vec<Vec<(&str, &str)>> = match &levels.target {
            FencingTarget::Every => nodes.iter().map(|node| vec![("target", &**node)]).collect(),
            FencingTarget::Node(node) => vec![vec![("target", &*node.text)]],
            FencingTarget::Pattern(pattern) => vec![vec![("target-pattern", &*pattern.text)]],
            FencingTarget::Attribute { name, value } => {
                vec![vec![("target-attribute", &*name.text), ("target-value", &*value.text)]]
            }
        };
        for target in targets {
            let mut number = 0;
            for level in &levels.levels {
                number = level.index.as_ref().and_then(|index| index.text.parse().ok()).unwrap_or(number + 1);
                let mut one = with_options(Element::new("fencing-level"), &[("id", level.id.as_ref())]);
                target.iter().for_each(|(name, value)| one.set(name, value));
                one.set("index", number.to_string());
                one.set("devices", &level.devices.text);
                element.push(one);
            }
        }
    }
    element
}
