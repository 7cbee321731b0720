//! The levels of devices that are tried for a node, in order.

use super::device::Device;
use crate::cib::model::fencing::{FencingLevel, FencingTarget};
use std::collections::BTreeMap;

/// Devices that must all succeed, as tried for one node: the topology's levels if any speaks of
/// the node, else each capable device as a level of its own.
pub fn levels(
    levels: &[FencingLevel],
    devices: &[Device],
    capable: &[String],
    node: &str,
    attributes: &BTreeMap<String, String>,
) -> Vec<Vec<Device>> {
    let mut of_node: Vec<&FencingLevel> = levels.iter().filter(|level| fits(&level.target, node, attributes)).collect();
    of_node.sort_by_key(|level| level.index);
    let find = |id: &String| devices.iter().find(|device| device.id == *id).cloned();
    if of_node.is_empty() {
        return capable.iter().filter_map(find).map(|device| vec![device]).collect();
    }
    // A level that names a device which is not there cannot succeed: it is left out.
    let complete = |level: &&FencingLevel| level.devices.iter().map(find).collect::<Option<Vec<_>>>();
    of_node.iter().filter_map(complete).collect()
}

/// Whether some level speaks of the node.
pub fn speaks_of(levels: &[FencingLevel], node: &str, attributes: &BTreeMap<String, String>) -> bool {
    levels.iter().any(|level| fits(&level.target, node, attributes))
}

fn fits(target: &FencingTarget, node: &str, attributes: &BTreeMap<String, String>) -> bool {
    match target {
        FencingTarget::Node(name) => name == node,
        FencingTarget::Pattern(pattern) => regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(node)),
        FencingTarget::Attribute { name, value } => attributes.get(name) == Some(value),
    }
}
