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
    let of_node = of_node(levels, node, attributes);
    let find = |id: &String| devices.iter().find(|device| device.id == *id).cloned();
    if of_node.is_empty() {
        return capable.iter().filter_map(find).map(|device| vec![device]).collect();
    }
    // A level that names a device which is not there cannot succeed: it is left out.
    let complete = |names: &Vec<&String>| names.iter().map(|name| find(name)).collect::<Option<Vec<_>>>();
    of_node.values().filter_map(complete).collect()
}

/// Whether some level speaks of the node.
pub fn speaks_of(levels: &[FencingLevel], node: &str, attributes: &BTreeMap<String, String>) -> bool {
    levels.iter().any(|level| fits(&level.target, node, attributes))
}

/// The names of the devices of each level, by its index. Levels of several targets are never mixed:
/// those by the node's name are before those by pattern and by attribute, as with Pacemaker; of these, whose
/// order it leaves open, the first counts.
fn of_node<'a>(
    levels: &'a [FencingLevel],
    node: &str,
    attributes: &BTreeMap<String, String>,
) -> BTreeMap<u32, Vec<&'a String>> {
    let mut fitting = levels.iter().filter(|level| fits(&level.target, node, attributes)).map(|level| &level.target);
    let named = fitting.clone().find(|target| matches!(target, FencingTarget::Node(_)));
    let target = named.or_else(|| fitting.next());
    let mut found: BTreeMap<u32, Vec<&String>> = BTreeMap::new();
    for level in levels.iter().filter(|level| Some(&level.target) == target) {
        found.entry(level.index).or_default().extend(&level.devices);
    }
    found
}

fn fits(target: &FencingTarget, node: &str, attributes: &BTreeMap<String, String>) -> bool {
    match target {
        FencingTarget::Node(name) => name.eq_ignore_ascii_case(node),
        FencingTarget::Pattern(pattern) => regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(node)),
        FencingTarget::Attribute { name, value } => attributes.get(name) == Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels as `target/index=devices`, the target a name, `@pattern` or `attribute:value`; `n1` has `rack=1`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let level = |text: &str| {
            let (about, devices) = text.split_once('=').expect("devices");
            let (target, index) = about.split_once('/').expect("an index");
            let target = match (target.strip_prefix('@'), target.split_once(':')) {
                (Some(pattern), _) => FencingTarget::Pattern(pattern.into()),
                (_, Some((name, value))) => FencingTarget::Attribute { name: name.into(), value: value.into() },
                _ => FencingTarget::Node(target.into()),
            };
            let devices = devices.split(',').map(str::to_string).collect();
            FencingLevel { id: text.into(), target, index: index.parse().expect("a number"), devices }
        };
        let all: Vec<FencingLevel> = text.split_whitespace().map(level).collect();
        let device =
            |id: &str| Device { id: id.into(), agent: "x".into(), parameters: BTreeMap::new(), unfences: false };
        let devices = ["a", "b", "c"].map(device);
        let attributes = BTreeMap::from([("rack".to_string(), "1".to_string())]);
        let found = levels(&all, &devices, &["c".to_string()], "n1", &attributes);
        let shown =
            found.iter().map(|level| level.iter().map(|device| device.id.as_str()).collect::<Vec<_>>().join(","));
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn levels_are_tried_by_their_index() {
        check("n1/2=b n1/1=a", "a b");
        check("n2/1=a", "c");
        check("n1/1=a n1/1=b", "a,b");
        check("n1/1=a,missing n1/2=b", "b");
    }

    #[test]
    fn a_name_is_before_a_pattern_and_an_attribute() {
        check("@^n[0-9]$/1=a", "a");
        check("@^m/1=a", "c");
        check("rack:1/1=a rack:2/1=b", "a");
        check("@n/1=a @n/2=b n1/3=c", "c");
        check("@n/1=a rack:1/2=b", "a");
        check("@(/1=a", "c");
    }
}
