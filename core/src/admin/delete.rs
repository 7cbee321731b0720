//! Taking objects out of a configuration, and giving them other names.
//!
//! In: ids and a configuration. Out: the configuration without (or with the renamed) objects and
//! everything that referred to them put right, and notes on what else was changed. Not edits, because so much
//! else may change along with an object that only the whole says what holds afterwards.
//! Absent: whether a resource runs (a fact that whoever asks looks up).

use super::find::find_node;
use super::refusal::Refusal;
use crate::cib::objects::{self, Object, is_resource};
use crate::cib::{Document, Edit};
use crate::xml::path::Path;
use crate::xml::{Element, Node};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Attributes that refer to a resource, and elements whose id does.
const RESOURCE_ATTRIBUTES: &[&str] = &["rsc", "with-rsc", "first", "then"];
const RESOURCE_ELEMENTS: &[&str] = &["resource_ref", "obj_ref"];

/// Why an object is not deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoveError {
    Missing(String),
    /// Something else cannot do without it.
    Needed {
        id: String,
        by: String,
    },
    Taken(String),
}

/// Deletes the objects. Containers left empty go too; members of a deleted container stay and
/// inherit its constraints.
///
/// # Errors
/// One of the objects is not there, or something else needs it.
pub fn delete(configuration: &mut Element, ids: &[String]) -> Result<Vec<String>, RemoveError> {
    let before = dangling(configuration);
    let mut work = configuration.clone();
    let mut notes = Vec::new();
    for id in ids {
        // An earlier deletion may have taken it along.
        if objects::find(configuration, id).is_none() {
            return Err(RemoveError::Missing(id.clone()));
        }
    }
    for id in ids {
        if let Some(object) = objects::find(&work, id) {
            let object = Removed { kind: object.kind, place: object.place.clone(), id: id.clone() };
            remove(&mut work, object, &mut notes);
        }
    }
    if let Some(needed) = dangling(&work).difference(&before).next() {
        return Err(RemoveError::Needed { id: needed.0.clone(), by: needed.1.clone() });
    }
    *configuration = work;
    Ok(notes)
}

/// What cannot do without these objects, and what cannot do without that, and so on.
pub fn needing(configuration: &Element, ids: &[String]) -> Vec<String> {
    let mut more: Vec<String> = Vec::new();
    // Each round finds one more object, or ends.
    for _ in objects::objects(configuration) {
        let all: Vec<String> = ids.iter().chain(&more).cloned().collect();
        match delete(&mut configuration.clone(), &all) {
            Err(RemoveError::Needed { by, .. }) if !all.contains(&by) => more.push(by),
            _ => break,
        }
    }
    more
}

/// A node, and all that is known of its state.
///
/// # Errors
/// There is no such node, or it is one of those in the cluster.
pub fn node(document: &Document, name: &str, in_cluster: &[String]) -> Result<Vec<Edit>, Refusal> {
    if in_cluster.iter().any(|member| member == name) {
        return Err(Refusal::IsMember(name.to_string()));
    }
    let known = objects::find_node(document.configuration(), name);
    let configured = known.as_ref().map(|object| object.path(document.configuration()));
    let state = find_node(document, name).map(|node| node.state_path());
    let found: Vec<Path> = configured.into_iter().chain(state).collect();
    match found.is_empty() {
        true => Err(Refusal::NoNode(name.to_string())),
        false => Ok(found.into_iter().map(|path| Edit::Delete { path }).collect()),
    }
}

struct Removed {
    kind: &'static str,
    place: objects::Place,
    id: String,
}

fn remove(configuration: &mut Element, object: Removed, notes: &mut Vec<String>) {
    if object.kind == "group" && object.place.len() > 2 {
        return remove_with_clone(configuration, object, notes);
    }
    let element = objects::at(configuration, &object.place).clone();
    match object.kind {
        "group" | "clone" | "ms" | "bundle" => open(configuration, &object, &element, notes),
        "primitive" => remove_primitive(configuration, &object, notes),
        "tag" => {
            objects::take(configuration, &object.place);
            forget(configuration, &object.id, notes);
        }
        "fencing_topology" => drop(objects::take(configuration, &object.place)),
        _ => drop(objects::take(configuration, &object.place)),
    }
    // Empty sections that documents need not have are left out again.
    configuration.retain_elements(|section| {
        let optional = matches!(&*section.name, "tags" | "rsc_defaults" | "op_defaults" | "acls" | "alerts");
        !(optional && section.children.is_empty())
    });
}

/// A clone has one child, so it cannot take a group's members: it goes first.
fn remove_with_clone(configuration: &mut Element, group: Removed, notes: &mut Vec<String>) {
    let place = group.place[..group.place.len() - 1].to_vec();
    let clone = objects::at(configuration, &place);
    let id = clone.id().unwrap_or_default().to_string();
    notes.push(format!("clone `{id}` had nothing but `{}` and was deleted", group.id));
    remove(configuration, Removed { kind: "clone", place: place.clone(), id }, notes);
    remove(configuration, Removed { place, ..group }, notes);
}

/// A container goes, its members take its place, and the first of them its constraints.
fn open(configuration: &mut Element, object: &Removed, element: &Element, notes: &mut Vec<String>) {
    objects::take(configuration, &object.place);
    let members: Vec<Element> = element.elements().filter(|child| is_resource(child)).cloned().collect();
    let first = members.first().and_then(|first| first.id().map(str::to_string));
    for member in members.into_iter().rev() {
        objects::insert(configuration, &object.place, member);
    }
    match first {
        Some(first) => {
            let changed = rename_references(configuration, &["constraints"], &object.id, &first);
            notes.extend(changed.into_iter().map(|what| format!("{what}: `{}` became `{first}`", object.id)));
            forget_in(configuration, "tags", &object.id, notes);
        }
        None => forget(configuration, &object.id, notes),
    }
}

fn remove_primitive(configuration: &mut Element, object: &Removed, notes: &mut Vec<String>) {
    let mut place = object.place.clone();
    let mut gone = vec![object.id.clone()];
    // A container without its last member goes with it.
    while place.len() > 2 {
        let above = &place[..place.len() - 1];
        let holder = objects::at(configuration, above);
        if holder.elements().filter(|child| is_resource(child)).count() > 1 {
            break;
        }
        let id = holder.id().unwrap_or_default().to_string();
        notes.push(format!("{} `{id}` is empty and was deleted", holder.name));
        gone.push(id);
        place.pop();
    }
    objects::take(configuration, &place);
    for id in gone {
        forget(configuration, &id, notes);
    }
}

/// Constraints, tags and fencing levels lose their references to what is gone.
fn forget(configuration: &mut Element, id: &str, notes: &mut Vec<String>) {
    for section in ["constraints", "tags"] {
        forget_in(configuration, section, id, notes);
    }
    forget_device(configuration, id, notes);
}

fn forget_in(configuration: &mut Element, section: &str, id: &str, notes: &mut Vec<String>) {
    let Some(section) = configuration.find_mut(|child| child.name == section) else { return };
    let mut kept = Vec::new();
    for node in std::mem::take(&mut section.children) {
        match node {
            Node::Element(element) if refers(&element, id) => match without(&element, id) {
                Some(element) => {
                    notes.push(format!("{} was updated", describe(&element)));
                    kept.push(Node::from(element));
                }
                None => notes.push(format!("{} referred only to what is gone and was deleted", describe(&element))),
            },
            node => kept.push(node),
        }
    }
    section.children = kept;
}

fn describe(element: &Element) -> String {
    let name = element.name.trim_start_matches("rsc_");
    format!("{name} `{}`", element.id().unwrap_or_default())
}

fn refers(element: &Element, id: &str) -> bool {
    RESOURCE_ATTRIBUTES.iter().any(|name| element.attr(name) == Some(id))
        || element.descendants().any(|below| RESOURCE_ELEMENTS.contains(&&*below.name) && below.id() == Some(id))
}

/// The constraint or tag without one resource; `None` if nothing is left to say.
fn without(element: &Element, id: &str) -> Option<Element> {
    if RESOURCE_ATTRIBUTES.iter().any(|name| element.attr(name) == Some(id)) {
        return None;
    }
    still_says(retained(element, id))
}

/// The element without references to a resource in its sets, and without sets that are empty then.
fn retained(element: &Element, id: &str) -> Element {
    let mut element = element.clone();
    let is_it = |child: &Element| RESOURCE_ELEMENTS.contains(&&*child.name) && child.id() == Some(id);
    element.retain_elements(|child| !is_it(child));
    for node in &mut element.children {
        if let Node::Element(child) = node {
            Arc::make_mut(child).retain_elements(|child| !is_it(child));
        }
    }
    element.retain_elements(|child| child.name != "resource_set" || !child.children.is_empty());
    element
}

/// The element if it still says something: fewer than two resources need no order.
fn still_says(element: Element) -> Option<Element> {
    let references = || element.descendants().filter(|child| RESOURCE_ELEMENTS.contains(&&*child.name)).count();
    match &*element.name {
        "tag" | "rsc_ticket" | "rsc_location" => (references() > 0).then_some(element),
        _ if references() < 2 => None,
        _ => Some(simple(element)),
    }
}

/// Two resources left of sets become a plain constraint, unless the sets say more than that.
fn simple(element: Element) -> Element {
    let sets: Vec<&Element> = element.elements_named("resource_set").collect();
    let members: Vec<(&str, &Element)> =
        sets.iter().flat_map(|set| set.elements().filter_map(|member| Some((member.id()?, *set)))).collect();
    let [(first, first_set), (second, second_set)] = members[..] else { return element };
    let free = |set: &Element| set.attr("sequential") == Some("false") || set.attr("require-all") == Some("false");
    let together = std::ptr::eq(first_set, second_set);
    if together && free(first_set) {
        return element;
    }
    let colocation = element.name == "rsc_colocation";
    // In a set the later member follows the earlier; between sets it is the other way round.
    let (one, other) = if colocation && together { (second, first) } else { (first, second) };
    let (one_set, other_set) = if colocation && together { (second_set, first_set) } else { (first_set, second_set) };
    let (names, qualifier) = if colocation { (["rsc", "with-rsc"], "role") } else { (["first", "then"], "action") };
    let mut simple = element.clone();
    simple.retain_elements(|child| child.name != "resource_set");
    for ((name, id), set) in names.iter().zip([one, other]).zip([one_set, other_set]) {
        simple.set(name, id);
        if let Some(value) = set.attr(qualifier) {
            simple.set(&format!("{name}-{qualifier}"), value);
        }
    }
    simple
}

fn forget_device(configuration: &mut Element, id: &str, notes: &mut Vec<String>) {
    let Some(topology) = configuration.find_mut(|child| child.name == "fencing-topology") else { return };
    let uses =
        |level: &Element| level.attr("devices").is_some_and(|devices| devices.split(',').any(|device| device == id));
    if !topology.elements().any(uses) {
        return;
    }
    for node in &mut topology.children {
        let Node::Element(level) = node else { continue };
        if uses(level) {
            let devices = level.attr("devices").unwrap_or_default();
            let left: Vec<&str> = devices.split(',').filter(|device| *device != id).collect();
            let left = left.join(",");
            Arc::make_mut(level).set("devices", left);
        }
    }
    topology.retain_elements(|level| level.attr("devices") != Some(""));
    notes.push(format!("fencing levels no longer use `{id}`"));
    if topology.elements().next().is_none() {
        configuration.retain_elements(|child| child.name != "fencing-topology");
    }
}

/// References that lead nowhere: the id and the object that has the reference.
fn dangling(configuration: &Element) -> BTreeSet<(String, String)> {
    let ids: BTreeSet<&str> = configuration.descendants().filter_map(Element::id).collect();
    let mut found = BTreeSet::new();
    for object in objects::objects(configuration) {
        let template = object.element.attr("template");
        let references = object.element.descendants().filter_map(|part| part.attr("id-ref"));
        let lost = references.chain(template).filter(|id| !ids.contains(id));
        found.extend(lost.map(|id| (id.to_string(), object.id.clone())));
    }
    found
}

// ---- renaming ------------------------------------------------------------------------------------

/// What a new name of an object changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// What refers to the new name now.
    pub follows: Vec<String>,
    /// What concerns the object no longer, or only now, for it goes by what names look like.
    pub differs: Vec<String>,
}

/// Gives an object another id, everywhere. Ids of its parts stay as they are.
///
/// # Errors
/// There is no such object, or the name is taken.
pub fn rename(configuration: &mut Element, old: &str, new: &str) -> Result<Renamed, RemoveError> {
    if configuration.find_id(new).is_some() {
        return Err(RemoveError::Taken(new.to_string()));
    }
    let found = objects::find(configuration, old).filter(|object| object.kind != "node");
    let Some(Object { place, element, .. }) = found else {
        return Err(RemoveError::Missing(old.to_string()));
    };
    let differs = if is_resource(element) { patterns(configuration, old, new) } else { Vec::new() };
    objects::at_mut(configuration, &place).set("id", new);
    let mut notes: Vec<String> = rename_references(configuration, &["constraints", "tags"], old, new);
    for node in configuration
        .find_mut(|child| child.name == "resources")
        .map(|section| &mut section.children)
        .into_iter()
        .flatten()
    {
        rename_attribute(node, "template", old, new, &mut notes);
    }
    if let Some(topology) = configuration.find_mut(|child| child.name == "fencing-topology") {
        rename_devices(topology, old, new, &mut notes);
    }
    if let Some(lists) = configuration.find_mut(|child| child.name == "acls") {
        rename_granted(lists, old, new, &mut notes);
    }
    Ok(Renamed { follows: notes.into_iter().map(|what| format!("{what} now refers to `{new}`")).collect(), differs })
}

/// Locations whose pattern fits one of both names.
fn patterns(configuration: &Element, old: &str, new: &str) -> Vec<String> {
    let constraints = configuration.child("constraints").into_iter().flat_map(Element::elements);
    let differing = constraints.filter_map(|location| {
        let pattern = location.attr("rsc-pattern")?;
        let regex = Regex::new(pattern.strip_prefix('!').unwrap_or(pattern)).ok()?;
        let concerns = |name: &str| regex.is_match(name) != pattern.starts_with('!');
        let id = location.id().unwrap_or_default();
        match (concerns(old), concerns(new)) {
            (true, false) => Some(format!("location `{id}` concerned `{old}`, and not `{new}`: it is for /{pattern}/")),
            (false, true) => Some(format!("location `{id}` concerns `{new}` as well: it is for /{pattern}/")),
            _ => None,
        }
    });
    differing.collect()
}

/// Roles of users and groups, and what permissions are on.
fn rename_granted(lists: &mut Element, old: &str, new: &str, notes: &mut Vec<String>) {
    let paths = ['\'', '"'].map(|quote| (format!("@id={quote}{old}{quote}"), format!("@id={quote}{new}{quote}")));
    let renamed = |part: &Element, name: &str, value: &str| match name {
        "id" if matches!(part.name.as_str(), "role" | "role_ref") && value == old => Some(new.to_string()),
        "reference" | "ref" if value == old => Some(new.to_string()),
        "xpath" => {
            let path = paths.iter().fold(value.to_string(), |path, (before, after)| path.replace(before, after));
            (path != value).then_some(path)
        }
        _ => None,
    };
    for node in &mut lists.children {
        let Node::Element(list) = node else { continue };
        let mut changed = false;
        for child in &mut Arc::make_mut(list).children {
            let Node::Element(part) = child else { continue };
            for name in ["id", "reference", "ref", "xpath"] {
                if let Some(value) = part.attr(name).and_then(|value| renamed(part, name, value)) {
                    Arc::make_mut(part).set(name, value);
                    changed = true;
                }
            }
        }
        if changed {
            notes.push(describe(list));
        }
    }
}

fn rename_attribute(node: &mut Node, name: &str, old: &str, new: &str, notes: &mut Vec<String>) {
    let Node::Element(element) = node else { return };
    let hit = element.descendants().any(|below| below.attr(name) == Some(old));
    if !hit {
        return;
    }
    let element = Arc::make_mut(element);
    if element.attr(name) == Some(old) {
        element.set(name, new);
        notes.push(describe(element));
    }
    for child in &mut element.children {
        rename_attribute(child, name, old, new, notes);
    }
}

fn rename_devices(topology: &mut Element, old: &str, new: &str, notes: &mut Vec<String>) {
    for node in &mut topology.children {
        let Node::Element(level) = node else { continue };
        let devices = level.attr("devices").unwrap_or_default();
        if devices.split(',').any(|device| device == old) {
            let renamed: Vec<&str> =
                devices.split(',').map(|device| if device == old { new } else { device }).collect();
            let renamed = renamed.join(",");
            Arc::make_mut(level).set("devices", renamed);
            notes.push("fencing_topology".to_string());
        }
    }
}

/// Makes what is in these sections refer to another resource; tells which were changed.
fn rename_references(configuration: &mut Element, sections: &[&str], old: &str, new: &str) -> Vec<String> {
    let mut changed = Vec::new();
    for section in sections {
        let Some(section) = configuration.find_mut(|child| child.name == *section) else { continue };
        for node in &mut section.children {
            let Node::Element(element) = node else { continue };
            if refers(element, old) {
                let element = Arc::make_mut(element);
                rename_in(element, old, new);
                changed.push(describe(element));
            }
        }
    }
    changed
}

/// Makes constraints on a member those of the container it came into, but for those with these ids; tells
/// what became of them.
pub fn adopt(configuration: &mut Element, member: &str, container: &str, but: &BTreeSet<String>) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(section) = configuration.find_mut(|child| child.name == "constraints") else { return notes };
    let mut kept = Vec::new();
    for node in std::mem::take(&mut section.children) {
        match node {
            Node::Element(element) if refers(&element, member) && !element.id().is_some_and(|id| but.contains(id)) => {
                let what = describe(&element);
                match adopted(&element, member, container) {
                    Some(element) => {
                        notes.push(format!("{what}: `{member}` became `{container}`"));
                        kept.push(Node::from(element));
                    }
                    None => notes.push(format!("{what} is between members of `{container}` and was deleted")),
                }
            }
            node => kept.push(node),
        }
    }
    section.children = kept;
    notes
}

/// The constraint with the container in the member's place; `None` if nothing else is left in it.
fn adopted(element: &Element, member: &str, container: &str) -> Option<Element> {
    let is_plain = RESOURCE_ATTRIBUTES.iter().any(|name| element.attr(name).is_some());
    // A container stands once in sets, at the place of the member that came last.
    let is_twice = !is_plain && refers(element, container);
    let mut element = if is_twice { retained(element, container) } else { element.clone() };
    rename_in(&mut element, member, container);
    let ends: Vec<&str> = RESOURCE_ATTRIBUTES.iter().filter_map(|name| element.attr(name)).collect();
    match ends.len() > 1 && ends.iter().all(|end| *end == container) {
        true => None,
        false if is_twice => still_says(element),
        false => Some(element),
    }
}

fn rename_in(element: &mut Element, old: &str, new: &str) {
    for name in RESOURCE_ATTRIBUTES {
        if element.attr(name) == Some(old) {
            element.set(name, new);
        }
    }
    if RESOURCE_ELEMENTS.contains(&&*element.name) && element.id() == Some(old) {
        element.set("id", new);
    }
    for node in &mut element.children {
        if let Node::Element(child) = node {
            rename_in(Arc::make_mut(child), old, new);
        }
    }
}
