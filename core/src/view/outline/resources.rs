//! The list of resources, as a tree or by node.

use std::collections::BTreeMap;

use super::{Item, Subject, Tone};
use crate::cib::model::resource::Role;
use crate::scheduler::resolve::node::compare_names;
use crate::view::cluster::{
    BundleView, CloneView, ClusterView, GroupView, NodeRef, NodeView, PrimitiveView, ReplicaView, ResourceView,
};
use crate::view::filter::ViewOptions;
use crate::view::words;

/// The title that fits the options, and the resources themselves.
pub(super) fn listed(view: &ClusterView, options: &ViewOptions) -> (&'static str, Vec<Item>) {
    let grouped = options.group_by_node;
    let title = match (options.inactive, grouped) {
        (_, true) => "Inactive Resources",
        (true, false) => "Full List of Resources",
        (false, false) => "Active Resources",
    };
    if grouped && !options.inactive {
        return (title, Vec::new());
    }
    let shown: Vec<&ResourceView> =
        view.resources.iter().filter(|resource| is_listed(resource, options, grouped)).collect();
    let mut items = Vec::new();
    if options.brief && !grouped {
        // All count, even if they are not listed otherwise.
        let single = view.resources.iter().filter_map(|resource| match resource {
            ResourceView::Primitive(primitive) => Some(primitive),
            _ => None,
        });
        items.extend(in_brief(single.collect(), true, options.inactive));
    }
    let rest = shown
        .into_iter()
        .filter(|resource| !(options.brief && !grouped && matches!(resource, ResourceView::Primitive(_))));
    items.extend(rest.map(|resource| item(resource, options)));
    if items.is_empty() {
        let none = match (options.inactive, grouped) {
            (_, true) => "No inactive resources",
            (true, false) => "No resources",
            (false, false) => "No active resources",
        };
        items.push(Item::plain(none));
    }
    (title, items)
}

fn is_listed(resource: &ResourceView, options: &ViewOptions, only_inactive: bool) -> bool {
    let common = resource.common();
    if common.implicit && !options.detail {
        return false;
    }
    if common.orphaned && !common.fully_active {
        return false;
    }
    if only_inactive {
        return !common.fully_active;
    }
    options.inactive || common.active
}

/// What runs on a node.
pub fn on_node(node: &NodeView, options: &ViewOptions) -> Vec<Item> {
    if options.brief {
        return in_brief(node.running.iter().collect(), false, false);
    }
    let running = node.running.iter().filter(|one| options.detail || !one.common.implicit);
    running
        .map(|one| Item::new(words::primitive(one, options, false), tone(one)).looking(class(one)).about(itself(one)))
        .collect()
}

/// A resource with all that is in it.
pub fn item(resource: &ResourceView, options: &ViewOptions) -> Item {
    match resource {
        ResourceView::Primitive(primitive) => primitive_item(primitive, options),
        ResourceView::Group(group) => group_item(group, options),
        ResourceView::Clone(clone) => clone_item(clone, options),
        ResourceView::Bundle(bundle) => bundle_item(bundle, options),
    }
}

fn primitive_item(primitive: &PrimitiveView, options: &ViewOptions) -> Item {
    let text = words::primitive(primitive, options, !options.without_places);
    Item::new(text, tone(primitive)).looking(class(primitive)).about(itself(primitive))
}

fn itself(primitive: &PrimitiveView) -> Subject {
    Subject::Resource(primitive.common.id.clone())
}

/// How much a person should look at a primitive.
pub fn tone(primitive: &PrimitiveView) -> Tone {
    let common = &primitive.common;
    if common.failed && !common.failure_ignored || common.blocked {
        Tone::Bad
    } else if primitive.nodes.len() > 1 || primitive.current_node().is_some_and(|node| node.lost) {
        Tone::Warning
    } else if !common.managed || common.maintenance || common.disabled {
        Tone::Aside
    } else if primitive.role >= Role::Started {
        Tone::Good
    } else {
        Tone::Plain
    }
}

/// How Pacemaker's style sheet calls a resource in its state.
fn class(primitive: &PrimitiveView) -> &'static str {
    let common = &primitive.common;
    if !common.managed {
        "rsc-managed"
    } else if common.failed || primitive.nodes.is_empty() {
        "rsc-failed"
    } else if primitive.nodes.len() > 1 {
        "rsc-multiple"
    } else if common.failure_ignored {
        "rsc-failure-ignored"
    } else {
        "rsc-ok"
    }
}

fn group_item(group: &GroupView, options: &ViewOptions) -> Item {
    let partly = group.common.active && !group.common.fully_active && !options.inactive;
    let hidden = match group.inactive {
        _ if !partly => None,
        0 => None,
        1 => Some("1 member inactive".to_string()),
        several => Some(format!("{several} members inactive")),
    };
    let mut remarks: Vec<&str> = hidden.as_deref().into_iter().collect();
    remarks.extend(limits(&group.common));
    let description = words::description(&group.common, options);
    let title = format!("Resource Group: {}{}{description}", group.common.id, words::in_brackets(&remarks));
    let children = match options.brief {
        true => in_brief(group.members.iter().collect(), true, true),
        false => shown_members(group, options).map(|member| primitive_item(member, options)).collect(),
    };
    Item::heading(title, children).about(Subject::Resource(group.common.id.clone()))
}

fn shown_members<'a>(group: &'a GroupView, options: &ViewOptions) -> impl Iterator<Item = &'a PrimitiveView> {
    let inactive_too = options.inactive;
    group.members.iter().filter(move |member| inactive_too || member.common.active || member.common.asked_for)
}

const DISABLED: &str = "disabled";

/// What keeps a collective from running as it could.
fn limits(common: &crate::view::cluster::Common) -> Vec<&'static str> {
    let mut words = Vec::new();
    if common.disabled {
        words.push(DISABLED);
    }
    if common.maintenance {
        words.push("maintenance");
    } else if !common.managed {
        words.push("unmanaged");
    }
    words
}

fn clone_item(clone: &CloneView, options: &ViewOptions) -> Item {
    let mut remarks = Vec::new();
    if clone.promotable {
        remarks.push("promotable");
    }
    if clone.unique {
        remarks.push("unique");
    }
    remarks.extend(limits(&clone.common));
    let remarks = words::in_brackets(&remarks) + &words::description(&clone.common, options);
    let title = format!("Clone Set: {} [{}]{remarks}", clone.common.id, clone.of);
    let mut children: Vec<Item> =
        spelled_out(clone, options).into_iter().map(|instance| item(instance, options)).collect();
    children.extend(digest(clone, options));
    let whole = Subject::Resource(clone.common.id.clone());
    // What is done to an instance is done to all of them.
    children.iter_mut().for_each(|child| point_at(child, &whole));
    Item::heading(title, children).about(whole)
}

fn point_at(item: &mut Item, subject: &Subject) {
    item.subject = Some(subject.clone());
    item.children.iter_mut().for_each(|child| point_at(child, subject));
}

/// The instances with a line of their own.
fn spelled_out<'a>(clone: &'a CloneView, options: &ViewOptions) -> Vec<&'a ResourceView> {
    let digest = clone.digest(options.pending);
    let all = clone.instances.iter().enumerate();
    let singled_out = all.filter(|(at, _)| options.detail || digest.singled_out.contains(at));
    singled_out.map(|(_, instance)| &instance.resource).filter(|instance| has_a_line(instance, options)).collect()
}

/// A group shows what runs of it.
fn has_a_line(instance: &ResourceView, options: &ViewOptions) -> bool {
    match instance {
        ResourceView::Group(group) => options.brief || shown_members(group, options).next().is_some(),
        _ => true,
    }
}

fn digest(clone: &CloneView, options: &ViewOptions) -> Vec<Item> {
    if options.detail {
        return Vec::new();
    }
    let mut items = Vec::new();
    let list = |title: &str, names: &[String]| Item::plain(format!("{title}: [ {} ]", names.join(" ")));
    let digest = clone.digest(options.pending);
    if !digest.promoted.is_empty() {
        items.push(list("Promoted", &digest.promoted));
    }
    if !digest.started.is_empty() {
        items.push(list(&started_title(clone), &digest.started));
    }
    if options.inactive {
        items.extend(digest.stopped.iter().map(|(words, names)| list(words, names)));
    }
    items
}

fn started_title(clone: &CloneView) -> String {
    if !clone.promotable {
        return "Started".to_string();
    }
    let limit = clone.common.target_role.as_deref().and_then(Role::parse);
    let limited = limit == Some(Role::Unpromoted);
    if limited { "Unpromoted (target-role)".to_string() } else { "Unpromoted".to_string() }
}

fn bundle_item(bundle: &BundleView, options: &ViewOptions) -> Item {
    let unique = if bundle.unique { " (unique)" } else { "" };
    // A stopped bundle says so in its replicas.
    let limits: Vec<_> = limits(&bundle.common).into_iter().filter(|limit| *limit != DISABLED).collect();
    let set = if bundle.configured > 1 { " set" } else { "" };
    let remarks = format!("{unique}{}{}", words::in_brackets(&limits), words::description(&bundle.common, options));
    let title = format!("Container bundle{set}: {} [{}]{remarks}", bundle.common.id, bundle.image);
    let whole = Subject::Resource(bundle.common.id.clone());
    let in_parts = options.detail || bundle.in_parts;
    let mut replicas: Vec<Item> = bundle
        .replicas
        .iter()
        .map(|replica| match in_parts {
            true => parts_item(replica, bundle.configured > 1, options),
            false => replica_item(replica, options),
        })
        .collect();
    replicas.iter_mut().for_each(|replica| point_at(replica, &whole));
    Item::heading(title, replicas).about(whole)
}

/// The parts one by one; the only replica needs no name.
fn parts_item(replica: &ReplicaView, named: bool, options: &ViewOptions) -> Item {
    let parts = replica.primitives().into_iter().map(|part| primitive_item(part, options)).collect();
    let name = if named { format!("Replica[{}]", replica.number) } else { String::new() };
    Item { without_colon: true, ..Item::heading(name, parts) }
}

fn replica_item(replica: &ReplicaView, options: &ViewOptions) -> Item {
    let stands_for = replica.child.as_ref().unwrap_or(&replica.container);
    let name = match &replica.remote {
        Some(remote) => remote.common.id.clone(),
        None => replica.container.common.id.clone(),
    };
    let address = replica.ip_address.as_ref().map(|ip| format!(" ({ip})")).unwrap_or_default();
    // Where the container runs says more than the guest node inside.
    let mut shown = PrimitiveView { pending_on: None, ..stands_for.clone() };
    if shown.nodes.len() < 2 && replica.child.is_some() {
        shown.nodes = replica.container.current_node().cloned().into_iter().collect();
        shown.current = (!shown.nodes.is_empty()).then_some(0);
    }
    let text = words::primitive_named(&format!("{name}{address}"), &shown, options, true);
    Item::new(text, tone(stands_for)).looking(class(stands_for))
}

/// Counts by agent and node instead of names.
fn in_brief(primitives: Vec<&PrimitiveView>, with_node: bool, with_total: bool) -> Vec<Item> {
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    let mut active: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    for primitive in &primitives {
        *totals.entry(&primitive.agent).or_default() += 1;
        let counts = |node: &&NodeRef| node.lost || node.online || !primitive.common.managed;
        for node in primitive.nodes.iter().filter(counts) {
            count(active.entry(&primitive.agent).or_default(), &node.name);
        }
    }
    let mut items = Vec::new();
    for (agent, total) in totals {
        let mut here = active.remove(agent).unwrap_or_default();
        here.sort_by(|left, right| compare_names(left.0, right.0));
        if here.is_empty() && with_total {
            items.push(Item::plain(format!("0/{total}\t({agent}):\tActive")));
        }
        for (node, count) in here {
            let count = if with_total { format!("{count}/{total}") } else { count.to_string() };
            let node = if with_node { node } else { "" };
            items.push(Item::plain(format!("{count}\t({agent}):\tActive {node}")));
        }
    }
    items
}

fn count<'a>(counts: &mut Vec<(&'a str, usize)>, name: &'a str) {
    match counts.iter_mut().find(|(known, _)| *known == name) {
        Some((_, count)) => *count += 1,
        None => counts.push((name, 1)),
    }
}
