//! The objects of a configuration: what an id names, where it stands, in which order it is shown.
//!
//! In: a `<configuration>`. Out: objects with their paths; and surgery on the tree by path.
//! Absent: the language of people (the shell's `raise` and `lower`).

use crate::xml::path::{Path, Step};
use crate::xml::{Element, Node};

/// Places among children, from `<configuration>` down.
pub type Place = Vec<usize>;

/// An element that people name, and its place.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    pub id: String,
    /// The statement keyword, by which `type:` selects.
    pub kind: &'static str,
    pub element: &'a Element,
    pub place: Place,
}

impl Object<'_> {
    /// Whether it is a set of defaults of resources or operations.
    pub fn is_defaults(&self) -> bool {
        matches!(self.kind, "rsc_defaults" | "op_defaults")
    }

    /// Where it stands in a document with this configuration.
    pub fn path(&self, configuration: &Element) -> Path {
        path(configuration, &self.place)
    }
}

/// The path to a place, from `<cib>` down.
pub fn path(configuration: &Element, place: &[usize]) -> Path {
    let mut path = Path(["cib", "configuration"].map(|name| Step { name: name.into(), id: None }).to_vec());
    let mut parent = configuration;
    for at in place {
        parent = parent.children[*at].element().expect("a place leads through elements");
        path.0.push(Step::to(parent));
    }
    path
}

/// Whether the element defines a resource; templates do not.
pub fn is_resource(element: &Element) -> bool {
    matches!(&*element.name, "primitive" | "group" | "clone" | "master" | "bundle")
}

/// Other objects may stand in it.
fn is_container(element: &Element) -> bool {
    matches!(&*element.name, "group" | "clone" | "master" | "bundle")
}

fn kind_of(element: &Element) -> Option<&'static str> {
    Some(match &*element.name {
        "node" => "node",
        "primitive" => "primitive",
        "template" => "rsc_template",
        "group" => "group",
        "clone" => "clone",
        "master" => "ms",
        "bundle" => "bundle",
        "rsc_location" => "location",
        "rsc_colocation" => "colocation",
        "rsc_order" => "order",
        "rsc_ticket" => "rsc_ticket",
        "tag" => "tag",
        "cluster_property_set" => "property",
        "acl_role" => "role",
        "acl_target" => "acl_target",
        "acl_group" => "acl_group",
        "acl_user" => "user",
        "alert" => "alert",
        _ => return None,
    })
}

/// Kind and id of an element that is an object where it stands.
pub fn name_of(element: &Element, section: &str) -> Option<String> {
    let kind = match (&*element.name, section) {
        ("meta_attributes", "rsc_defaults" | "op_defaults") => section,
        ("fencing-topology", _) if element.elements().next().is_none() => return None,
        ("fencing-topology", _) => return Some("fencing_topology fencing_topology".to_string()),
        _ => kind_of(element)?,
    };
    Some(format!("{kind} {}", element.id().unwrap_or_default()))
}

/// Kinds of objects in the order of output.
const RANKS: &[&[&str]] = &[
    &["node"],
    &["rsc_template"],
    &["primitive"],
    &["bundle"],
    &["group"],
    &["ms"],
    &["clone"],
    &["tag"],
    &["location", "colocation", "order"],
    &["rsc_ticket", "fencing_topology"],
    &["property"],
    &["rsc_defaults"],
    &["op_defaults"],
    &["role"],
    &["acl_target", "acl_group", "user"],
    &["alert"],
];

/// All kinds of objects, by the keywords of their statements.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    RANKS.iter().copied().flatten().copied()
}

/// The order of output: by these ranks, then by id.
pub fn rank(kind: &str) -> usize {
    RANKS.iter().position(|kinds| kinds.contains(&kind)).unwrap_or(RANKS.len())
}

/// All objects in document order, containers before what they contain.
pub fn objects(configuration: &Element) -> Vec<Object<'_>> {
    those(configuration, "", usize::MAX, &|_| true)
}

/// The first so many objects whose element is wanted, in one section or in all. What is not wanted
/// costs a look at it, no more.
fn those<'a>(
    configuration: &'a Element,
    section_only: &str,
    most: usize,
    wanted: &dyn Fn(&Element) -> bool,
) -> Vec<Object<'a>> {
    let mut search = Search { wanted, most, place: Vec::new(), found: Vec::new() };
    for (at, node) in configuration.children.iter().enumerate() {
        let Some(section) = node.element() else { continue };
        if !section_only.is_empty() && section.name != *section_only {
            continue;
        }
        search.place = vec![at];
        match &*section.name {
            // An empty one says nothing.
            "fencing-topology" if section.elements().next().is_none() => {}
            "fencing-topology" => search.add(section, "fencing_topology"),
            "rsc_defaults" => search.defaults(section, "rsc_defaults"),
            "op_defaults" => search.defaults(section, "op_defaults"),
            _ => search.collect(section),
        }
    }
    search.found
}

struct Search<'a, 's> {
    wanted: &'s dyn Fn(&Element) -> bool,
    most: usize,
    place: Place,
    found: Vec<Object<'a>>,
}

impl<'a> Search<'a, '_> {
    fn add(&mut self, element: &'a Element, kind: &'static str) {
        if self.found.len() < self.most && (self.wanted)(element) {
            self.keep(element, kind);
        }
    }

    fn keep(&mut self, element: &'a Element, kind: &'static str) {
        let id = match kind {
            "fencing_topology" => kind.to_string(),
            _ => element.id().unwrap_or_default().to_string(),
        };
        self.found.push(Object { id, kind, element, place: self.place.clone() });
    }

    fn collect(&mut self, parent: &'a Element) {
        for (at, node) in parent.children.iter().enumerate() {
            let Some(element) = node.element() else { continue };
            if self.found.len() == self.most {
                return;
            }
            self.place.push(at);
            if (self.wanted)(element)
                && let Some(kind) = kind_of(element)
            {
                self.keep(element, kind);
            }
            if is_container(element) {
                self.collect(element);
            }
            self.place.pop();
        }
    }

    fn defaults(&mut self, section: &'a Element, kind: &'static str) {
        for (below, node) in section.children.iter().enumerate() {
            let Some(element) = node.element() else { continue };
            self.place.push(below);
            self.add(element, kind);
            self.place.pop();
        }
    }
}

fn first<'a>(configuration: &'a Element, section: &str, wanted: &dyn Fn(&Element) -> bool) -> Option<Object<'a>> {
    those(configuration, section, 1, wanted).pop()
}

/// Whether there may be objects of this kind.
pub fn is_kind(kind: &str) -> bool {
    kinds().any(|known| known == kind)
}

/// In the order in which `show` prints them.
pub fn sorted(configuration: &Element) -> Vec<Object<'_>> {
    let mut objects = objects(configuration);
    objects.sort_by(|a, b| (rank(a.kind), &a.id).cmp(&(rank(b.kind), &b.id)));
    objects
}

/// By rank as well, but within a rank as they stand in the document.
pub fn as_they_stand(objects: &mut [Object]) {
    objects.sort_by(|a, b| (rank(a.kind), &a.place).cmp(&(rank(b.kind), &b.place)));
}

/// The object with this id. A node may share its id with another object, which then comes first;
/// nodes are found by name too.
pub fn find<'a>(configuration: &'a Element, id: &str) -> Option<Object<'a>> {
    let called = |element: &Element| {
        element.id() == Some(id) || element.attr("uname") == Some(id) || element.name == "fencing-topology"
    };
    let mut all = those(configuration, "", usize::MAX, &called);
    let named = |object: &Object| object.id == id;
    let node = |object: &Object| object.kind == "node" && (object.id == id || object.element.attr("uname") == Some(id));
    let at =
        all.iter().position(|object| named(object) && object.kind != "node").or_else(|| all.iter().position(node))?;
    Some(all.swap_remove(at))
}

/// The object with this id that is no node.
pub fn find_object<'a>(configuration: &'a Element, id: &str) -> Option<Object<'a>> {
    let called = |element: &Element| match &*element.name {
        "node" => false,
        "fencing-topology" => id == "fencing_topology",
        _ => element.id() == Some(id),
    };
    first(configuration, "", &called)
}

/// The first node with this name, or id.
pub fn find_node<'a>(configuration: &'a Element, name: &str) -> Option<Object<'a>> {
    let called = |element: &Element| element.attr("uname") == Some(name) || element.id() == Some(name);
    first(configuration, "nodes", &called)
}

/// The resource (or template) with this id.
pub fn find_resource<'a>(configuration: &'a Element, id: &str) -> Option<Object<'a>> {
    first(configuration, "resources", &|element| element.id() == Some(id))
}

/// Ids of all resources, containers before their contents.
pub fn resource_ids(configuration: &Element) -> Vec<String> {
    objects(configuration).into_iter().filter(|object| is_resource(object.element)).map(|object| object.id).collect()
}

/// Names of the configured nodes, as they stand.
pub fn node_names(configuration: &Element) -> Vec<String> {
    let nodes = configuration.child("nodes").into_iter().flat_map(|nodes| nodes.elements());
    nodes.filter_map(|node| node.attr("uname").map(str::to_string)).collect()
}

/// The names that resources make nodes: connections of remote nodes, and guests.
pub fn remote_node_names(configuration: &Element) -> Vec<String> {
    let resources = configuration.child("resources").into_iter().flat_map(|resources| resources.descendants());
    let mut names = Vec::new();
    for primitive in resources.filter(|part| part.name == "primitive") {
        if is_remote(primitive) {
            names.extend(primitive.id().map(str::to_string));
        }
        let sets = primitive.elements_named("meta_attributes").flat_map(|set| set.elements());
        let guest = sets.filter(|pair| pair.attr("name") == Some("remote-node"));
        names.extend(guest.filter_map(|pair| pair.attr("value")).map(str::to_string));
    }
    names
}

/// The connection of a remote node.
pub fn is_remote(primitive: &Element) -> bool {
    let has = |name, value| primitive.attr(name) == Some(value);
    has("class", "ocf") && has("provider", "pacemaker") && has("type", "remote")
}

/// All that goes by a node's name.
pub fn all_node_names(configuration: &Element) -> Vec<String> {
    let mut names = node_names(configuration);
    for name in remote_node_names(configuration) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

// ---- surgery -------------------------------------------------------------------------------------

/// The element at a place: which child to take, level by level.
pub fn at<'a>(root: &'a Element, place: &[usize]) -> &'a Element {
    place.iter().fold(root, |parent, at| parent.children[*at].element().expect("a place leads through elements"))
}

/// The same, to be changed.
pub fn at_mut<'a>(root: &'a mut Element, place: &[usize]) -> &'a mut Element {
    place.iter().fold(root, |parent, at| parent.child_at_mut(*at).expect("a place leads through elements"))
}

/// Takes an element out of the tree. Places behind it shift.
pub fn take(root: &mut Element, place: &[usize]) -> Element {
    let (last, parents) = place.split_last().expect("the root is no object");
    match at_mut(root, parents).children.remove(*last) {
        Node::Element(element) => (*element).clone(),
        Node::Text(_) | Node::Comment(_) => unreachable!("a place leads to an element"),
    }
}

/// Puts an element at a place; what stands there moves on by one.
pub fn insert(root: &mut Element, place: &[usize], element: Element) {
    let (last, parents) = place.split_last().expect("the root is no object");
    at_mut(root, parents).children.insert(*last, Node::from(element));
}
