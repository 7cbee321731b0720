//! Ids for the inner parts of an object: kept from the object it replaces, else made as crmsh makes them.
//!
//! In: an element with some ids missing, the element it replaces, the ids in use. Out: all ids set.
//! Absent: ids of the objects themselves; people choose those.

use quorate_core::cib::pool::{Pool, own_ids};
use quorate_core::xml::{Element, Node};
use std::sync::Arc;

/// Gives every inner part an id. The id of `element` itself is there already.
pub fn assign(element: &mut Element, old: Option<&Element>, pool: &mut Pool) {
    let owner = owner(element);
    // What the text names comes before what is made up.
    reserve(element, pool);
    fill(element, old, &owner, pool);
}

/// What the ids below start with: nodes go by their name, all else by id.
fn owner(element: &Element) -> String {
    let name = if element.name == "node" { element.attr("uname") } else { element.id() };
    let fallback = if element.name == "fencing-topology" { "fencing" } else { "" };
    name.unwrap_or(fallback).to_string()
}

fn reserve(element: &Element, pool: &mut Pool) {
    own_ids(element).for_each(|id| pool.take(id));
}

fn fill(element: &mut Element, old: Option<&Element>, owner: &str, pool: &mut Pool) {
    let mut before: Vec<&Element> = old.map_or(Vec::new(), |old| old.elements().collect());
    let mut sets = 0;
    for node in &mut element.children {
        let Node::Element(child) = node else { continue };
        if is_object(child) {
            continue;
        }
        let counterpart = before.iter().position(|old| key(old) == key(child));
        let counterpart = counterpart.map(|at| before.remove(at));
        let child = Arc::make_mut(child);
        let wanted = wanted(child, owner, &mut sets);
        if let (Some(wanted), None, None) = (wanted, child.id(), child.attr("id-ref")) {
            let kept = counterpart.and_then(Element::id).filter(|id| !pool.has(id));
            let id = match kept {
                Some(id) => {
                    pool.take(id);
                    id.to_string()
                }
                None => pool.make(&wanted),
            };
            child.set("id", id);
        }
        let below = child.id().unwrap_or(owner).to_string();
        fill(child, counterpart, &below, pool);
    }
}

/// Resources inside a container have their ids and are not touched.
fn is_object(element: &Element) -> bool {
    matches!(&*element.name, "primitive" | "group" | "clone" | "master" | "bundle" | "template")
}

/// The id such a part gets; `None` for parts that have none.
fn wanted(child: &Element, owner: &str, sets: &mut usize) -> Option<String> {
    let attr = |name| child.attr(name).unwrap_or_default();
    Some(match &*child.name {
        name @ ("instance_attributes" | "meta_attributes" | "utilization" | "rule") => {
            format!("{owner}-{name}")
        }
        name @ ("duration" | "date_spec") => format!("{owner}-{name}"),
        "nvpair" => format!("{owner}-{}", attr("name")),
        "op" => format!("{owner}-{}-{}", attr("name"), attr("interval")),
        "expression" | "date_expression" => format!("{owner}-expression"),
        "rsc_expression" | "op_expression" => format!("{owner}-expression"),
        name @ ("read" | "write" | "deny") => format!("{owner}-{name}"),
        "recipient" => {
            *sets += 1;
            format!("{owner}-recipient-{sets}")
        }
        // These are numbered: the owner's own id is taken.
        "fencing-level" | "acl_permission" | "port-mapping" | "storage-mapping" | "attribute" => owner.to_string(),
        "resource_set" => {
            *sets += 1;
            format!("{owner}-{}", *sets - 1)
        }
        _ => return None,
    })
}

/// Parts with the same key are the same part before and after an edit.
fn key(element: &Element) -> (&str, [Option<&str>; 4]) {
    let attrs = |names: [&str; 4]| names.map(|name| element.attr(name));
    let key = match &*element.name {
        "nvpair" => attrs(["name", "id-ref", "", ""]),
        "op" => attrs(["name", "interval", "role", ""]),
        "fencing-level" => attrs(["target", "target-pattern", "target-value", "index"]),
        "expression" => attrs(["attribute", "operation", "", ""]),
        "date_expression" => attrs(["operation", "", "", ""]),
        "rsc_expression" => attrs(["class", "provider", "type", ""]),
        "op_expression" => attrs(["name", "interval", "", ""]),
        "acl_permission" => attrs(["kind", "xpath", "reference", "object-type"]),
        "port-mapping" => attrs(["port", "range", "", ""]),
        "storage-mapping" => attrs(["target-dir", "", "", ""]),
        "attribute" => attrs(["name", "", "", ""]),
        "recipient" => attrs(["value", "", "", ""]),
        _ => [None; 4],
    };
    (&element.name, key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_core::xml::{read, write};

    fn check(old: Option<&str>, new: &str, taken: &[&str], expected: &str) {
        let mut pool = Pool::default();
        taken.iter().for_each(|id| pool.take(id));
        let old = old.map(|old| read(old).unwrap());
        let mut element = read(new).unwrap();
        assign(&mut element, old.as_ref(), &mut pool);
        let ids: Vec<&str> = element.descendants().filter_map(Element::id).collect();
        assert_eq!(ids.join(" "), expected, "{}", write(&element));
    }

    #[test]
    fn ids_are_made_from_the_owner() {
        let sets =
            "<p id='p'><instance_attributes><nvpair name='#a'/><rule><expression/></rule></instance_attributes></p>";
        check(
            None,
            sets,
            &[],
            "p p-instance_attributes p-instance_attributes-.a p-instance_attributes-rule p-instance_attributes-rule-expression",
        );
        let op = "<p id='p'><operations><op name='monitor' interval='10s'/><op name='monitor' interval='10s'/></operations></p>";
        check(None, op, &[], "p p-monitor-10s p-monitor-10s-0");
        check(None, "<x id='1'><utilization/></x>", &[], "1 num-1-utilization");
    }

    #[test]
    fn a_taken_id_gets_a_number() {
        check(None, "<p id='p'><utilization/></p>", &["p-utilization", "p-utilization-0"], "p p-utilization-1");
        let named_later = "<p id='p'><utilization/><utilization id='p-utilization'/></p>";
        check(None, named_later, &[], "p p-utilization-0 p-utilization");
    }

    #[test]
    fn what_stays_keeps_its_id() {
        let old = "<p id='p'><meta_attributes id='m'><nvpair id='x' name='a' value='1'/></meta_attributes></p>";
        let new = "<p id='p'><meta_attributes><nvpair name='b'/><nvpair name='a' value='2'/></meta_attributes></p>";
        check(Some(old), new, &[], "p m m-b x");
    }
}
