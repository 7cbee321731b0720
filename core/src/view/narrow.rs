//! A view with only some nodes or resources in it.
//!
//! In: a view, and the names in [`ViewOptions`]: of a node, a resource, an instance or a tag. Out: the
//! same view with less in it. What a name means is what Pacemaker's monitor takes it for.

use std::collections::BTreeSet;

use super::cluster::{BundleView, CloneView, ClusterView, GroupView, PrimitiveView, ReplicaView, ResourceView};
use super::filter::ViewOptions;

/// Keeps what the options' names allow.
pub fn narrow(view: &mut ClusterView, options: &ViewOptions) {
    if let Some(word) = wanted(&options.only_node) {
        let nodes = nodes_meant(view, word);
        to_nodes(view, &nodes, options);
    }
    if let Some(word) = wanted(&options.only_resource) {
        let names = resources_meant(view, word);
        to_resources(view, &names, options);
    }
    view.bans.retain(|ban| ban.id.starts_with(&options.ban_prefix));
}

/// A star stands for everything.
fn wanted(name: &Option<String>) -> Option<&str> {
    name.as_deref().filter(|name| *name != "*")
}

/// Names that something may bear.
#[derive(Debug)]
struct Names(Vec<String>);

impl Names {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|kept| kept == name)
    }

    /// Nodes' names are alike in upper and lower case.
    fn has_node(&self, name: &str) -> bool {
        self.0.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    }

    fn has_primitive(&self, primitive: &PrimitiveView) -> bool {
        self.has(&primitive.common.id) || self.has(&primitive.instance_id)
    }

    fn has_group(&self, group: &GroupView) -> bool {
        self.has(&group.name) || (group.common.id.contains(':') && self.has(&group.common.id))
    }

    /// The resource itself, or something in it.
    fn found_in(&self, resource: &ResourceView) -> bool {
        match resource {
            ResourceView::Primitive(primitive) => self.has_primitive(primitive),
            ResourceView::Group(group) => {
                self.has_group(group) || group.members.iter().any(|member| self.has_primitive(member))
            }
            ResourceView::Clone(clone) => {
                let inside = || clone.instances.iter().any(|instance| self.found_in(&instance.resource));
                self.has(&clone.common.id) || self.has(&clone.of) || inside()
            }
            ResourceView::Bundle(bundle) => {
                let parts = || bundle.replicas.iter().flat_map(ReplicaView::primitives);
                self.has(&bundle.common.id) || parts().any(|part| self.has_primitive(part))
            }
        }
    }
}

/// A node of that name; else those that bear the tag.
fn nodes_meant(view: &ClusterView, word: &str) -> Names {
    if view.nodes.iter().any(|node| node.name.eq_ignore_ascii_case(word)) {
        return Names(vec![word.to_string()]);
    }
    let ids = view.tags.get(word).into_iter().flatten();
    Names(ids.filter_map(|id| view.nodes.iter().find(|node| node.id == *id)).map(|node| node.name.clone()).collect())
}

/// A resource of that name; else those that bear the tag.
fn resources_meant(view: &ClusterView, word: &str) -> Names {
    if let Some(name) = resource_called(view, word) {
        return Names(vec![name]);
    }
    let tagged = view.tags.get(word).into_iter().flatten();
    Names(tagged.filter_map(|id| resource_called(view, id)).collect())
}

/// A name with a number means that instance, one without all of them.
fn resource_called(view: &ClusterView, word: &str) -> Option<String> {
    let exact = Names(vec![word.to_string()]);
    let known = view.resources.iter().any(|resource| match resource {
        ResourceView::Clone(clone) => {
            exact.has(&clone.common.id) || clone.instances.iter().any(|instance| exact.found_in(&instance.resource))
        }
        resource => exact.found_in(resource),
    });
    if known {
        return Some(word.to_string());
    }
    // A unique instance bears its number wherever it is named.
    let mut all = view.resources.iter().flat_map(ResourceView::primitives);
    let first = all.find(|primitive| primitive.instance_id.rsplit_once(':').is_some_and(|(base, _)| base == word));
    first.map(|primitive| primitive.common.id.clone())
}

fn to_nodes(view: &mut ClusterView, nodes: &Names, options: &ViewOptions) {
    view.nodes.retain(|kept| nodes.has_node(&kept.name));
    view.attributes.retain(|kept| nodes.has_node(&kept.node));
    view.history.retain(|kept| nodes.has_node(&kept.node));
    view.failures.retain(|kept| nodes.has_node(&kept.node));
    view.fencing.retain(|kept| nodes.has_node(&kept.target));
    if !options.group_by_node {
        let counted = |resource: &ResourceView| options.brief && matches!(resource, ResourceView::Primitive(_));
        view.resources.retain(|resource| counted(resource) || is_near(resource, nodes));
    }
    view.resources.retain_mut(|resource| leave_on(resource, nodes));
}

/// What runs must run there; what does not run could.
fn is_near(resource: &ResourceView, nodes: &Names) -> bool {
    !resource.common().active || runs_on_any(&resource.primitives(), nodes)
}

fn runs_on_any(primitives: &[&PrimitiveView], nodes: &Names) -> bool {
    primitives.iter().any(|primitive| primitive.nodes.iter().any(|node| nodes.has_node(&node.name)))
}

/// Instances and replicas that run elsewhere go; false if nothing is left of them.
fn leave_on(resource: &mut ResourceView, nodes: &Names) -> bool {
    match resource {
        ResourceView::Primitive(_) | ResourceView::Group(_) => true,
        ResourceView::Clone(clone) => leave_instances_on(clone, nodes),
        ResourceView::Bundle(bundle) => {
            let near = |container: &PrimitiveView| !container.common.active || runs_on_any(&[container], nodes);
            bundle.replicas.retain(|replica| near(&replica.container));
            !bundle.replicas.is_empty()
        }
    }
}

fn leave_instances_on(clone: &mut CloneView, nodes: &Names) -> bool {
    let had = clone.instances.len();
    clone.instances.retain(|instance| is_near(&instance.resource, nodes));
    for (_, names) in &mut clone.absent {
        names.retain(|name| nodes.has_node(name));
    }
    clone.absent.retain(|(_, names)| !names.is_empty());
    had == 0 || !clone.instances.is_empty()
}

fn to_resources(view: &mut ClusterView, names: &Names, options: &ViewOptions) {
    let meant = Meant::read(view, names);
    for history in &mut view.history {
        history.resources.retain(|kept| meant.histories.contains(&kept.instance_id));
    }
    let there = if options.brief { &meant.counted } else { &meant.primitives };
    for node in &mut view.nodes {
        node.running.retain(|kept| there.contains(&kept.instance_id));
    }
    view.failures.retain(|kept| names.has(&kept.resource));
    view.bans.retain(|kept| meant.banned.contains(&kept.resource));
    view.resources.retain_mut(|resource| keep_named(resource, names));
}

/// The instances that names mean, here and there.
#[derive(Default)]
struct Meant {
    /// Whoever is part of a collective of which something is meant.
    primitives: BTreeSet<String>,
    /// The same; of a group outside a clone, only who is meant himself or with the group.
    histories: BTreeSet<String>,
    /// Who is meant himself, or with what holds him.
    counted: BTreeSet<String>,
    /// Names of which bans speak.
    banned: BTreeSet<String>,
}

impl Meant {
    fn read(view: &ClusterView, names: &Names) -> Meant {
        let mut meant = Meant::default();
        for resource in &view.resources {
            meant.add(resource, names);
        }
        meant
    }

    fn add(&mut self, resource: &ResourceView, names: &Names) {
        let whole = names.has(&resource.common().id);
        if whole {
            self.banned.insert(resource.common().id.clone());
        }
        let found = names.found_in(resource);
        for primitive in resource.primitives() {
            let id = || primitive.instance_id.clone();
            if found {
                self.primitives.insert(id());
            }
            let of_group = matches!(resource, ResourceView::Group(_));
            if if of_group { whole || names.has(&primitive.common.id) } else { found } {
                self.histories.insert(id());
            }
            if whole || names.has(&primitive.common.id) {
                self.banned.insert(primitive.common.id.clone());
                self.counted.insert(id());
            }
        }
        if let ResourceView::Clone(clone) = resource {
            self.add_cloned(clone, names, whole);
        }
    }

    fn add_cloned(&mut self, clone: &CloneView, names: &Names, whole: bool) {
        for instance in &clone.instances {
            let ResourceView::Group(group) = &instance.resource else { continue };
            if names.has(&group.name) {
                self.counted.extend(group.members.iter().map(|member| member.instance_id.clone()));
            }
            if whole || names.has(&group.name) {
                self.banned.insert(group.name.clone());
            }
        }
    }
}

/// A collective is kept whole if it is named, else for the parts that are; false if there are none.
fn keep_named(resource: &mut ResourceView, names: &Names) -> bool {
    match resource {
        ResourceView::Primitive(primitive) => names.has_primitive(primitive),
        ResourceView::Group(group) => keep_members(group, names),
        ResourceView::Clone(clone) => {
            if !names.has(&clone.common.id) {
                clone.instances.retain(|instance| names.found_in(&instance.resource));
            }
            names.has(&clone.common.id) || !clone.instances.is_empty()
        }
        ResourceView::Bundle(bundle) => names.has(&bundle.common.id) || keep_parts(bundle, names),
    }
}

/// Who is asked for himself is shown even if he does not run.
fn keep_members(group: &mut GroupView, names: &Names) -> bool {
    let whole = names.has_group(group);
    let first = group.members.iter().position(|member| whole || names.has_primitive(member));
    group.reach = group.members.len() - first.unwrap_or(group.members.len());
    for member in &mut group.members {
        member.common.asked_for = names.has_primitive(member);
    }
    group.members.retain(|member| whole || member.common.asked_for);
    !group.members.is_empty()
}

fn keep_parts(bundle: &mut BundleView, names: &Names) -> bool {
    bundle.in_parts = true;
    let keep = |part: &mut Option<PrimitiveView>| {
        *part = part.take().filter(|part| names.has_primitive(part));
    };
    for replica in &mut bundle.replicas {
        replica.without_container = !names.has_primitive(&replica.container);
        [&mut replica.ip, &mut replica.child, &mut replica.remote].into_iter().for_each(keep);
    }
    bundle.replicas.retain(|replica| !replica.primitives().is_empty());
    !bundle.replicas.is_empty()
}
