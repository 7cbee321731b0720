//! What there is to see of resources: states, places, definitions, recorded operations, digests.
//!
//! In: a scene and a wish. Out: an answer.
//! Absent: constraints (see `relation`), reasons (see `reason`).

use super::options::{Kind, Wish};
use super::scene::{Scene, primitive_view};
use crate::Exit;
use crate::answer::{Answer, with_text};
use crate::standard::Failed;
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::objects;
use quorate_core::rules::Recheck;
use quorate_core::scheduler::resolve::resource::without_instance;
use quorate_core::scheduler::table::{NodeId, ResourceId};
use quorate_core::status::OperationRecord;
use quorate_core::status::operation::{ExecutionStatus, active_span};
use quorate_core::view::outline::{Item, outline};
use quorate_core::view::{Section, Sections, ViewOptions, text, words, xml};
use quorate_core::xml::digest::parameters_digest;
use quorate_core::xml::{Element, write_pretty};
use quorate_transport::zone;
use std::collections::BTreeMap;

fn options() -> ViewOptions {
    let sections = Sections::of(&[Section::Resources]);
    ViewOptions { sections, inactive: true, zone: zone::local(), ..ViewOptions::default() }
}

/// `--list`
pub fn list(scene: &Scene, answer: &mut Answer) -> Result<(), Failed> {
    if scene.situation.configured.is_empty() {
        answer.error("No resources");
        return Err((Exit::NO_SUCH, String::new()));
    }
    let view = scene.view();
    let options = ViewOptions { without_places: true, ..options() };
    answer.text(&text::print(&view, &options));
    xml::sections(&view, &options).into_iter().for_each(|part| answer.part(part));
    Ok(())
}

/// `--list-raw`
pub fn instances(scene: &Scene, answer: &mut Answer) -> Result<(), Failed> {
    if scene.situation.configured.is_empty() {
        answer.error("NO resources configured\n");
        return Err((Exit::NO_SUCH, String::new()));
    }
    let all = scene.situation.configured.iter().flat_map(|top| scene.situation.with_descendants(*top));
    let leaves: Vec<&str> =
        all.map(|id| scene.resource(id)).filter(|one| one.children.is_empty()).map(|one| &*one.id).collect();
    leaves.iter().for_each(|id| answer.line(id));
    let list = Element::new("list").with("name", "Resource Names").with("count", leaves.len().to_string());
    let item = |id: &&str| with_text(Element::new("item").with("name", "resource"), id);
    answer.part(leaves.iter().map(item).fold(list, Element::with_child));
    Ok(())
}

/// `--list-cts`
pub fn configuration(scene: &Scene, answer: &mut Answer) {
    let all = scene.situation.configured.iter().flat_map(|top| scene.situation.with_descendants(*top));
    for id in all {
        let resource = scene.resource(id);
        let parent = resource.parent.map_or("NA", |parent| &*scene.resource(parent).id);
        let node = resource.active_on.first().map_or("NA", |node| scene.node_name(*node));
        let element = scene.element(id).map_or("primitive", |element| element.name.as_str());
        let or_none = |text: &str| if text.is_empty() { "NA".to_string() } else { text.to_string() };
        let agent = &resource.agent;
        answer.line(format!(
            "Resource: {element} {} {} {parent} {} {} {} {node} {} 0 0x0000000000000000",
            resource.id,
            resource.history_id.as_deref().unwrap_or(&resource.id),
            or_none(agent.provider.as_deref().unwrap_or_default()),
            or_none(&agent.class),
            or_none(&agent.kind),
            u8::from(!resource.fence_device)
        ));
    }
    let constraints = scene.latest.configuration().child("constraints");
    for one in constraints.into_iter().flat_map(|all| all.elements_named("rsc_colocation")) {
        let get = |name: &str| one.attr(name).unwrap_or("NA");
        let names = ["id", "rsc", "with-rsc", "score", "rsc-role", "with-rsc-role"];
        answer.line(format!("Constraint {} {}", one.name, names.map(get).join(" ")));
    }
}

/// `--locate`
pub fn locate(scene: &Scene, id: ResourceId, wish: &Wish, answer: &mut Answer) {
    let name = wish.resource.as_deref().unwrap_or_default();
    let around = scene.clone_of(scene.situation.top_of(id)).or(scene.clone_of(id));
    let resource = scene.resource(id);
    // The name that all instances of a clone have means all of them.
    let whole = around.filter(|_| !resource.unique && *resource.config_id == *name && *resource.id != *name);
    let clone = if resource.is_clone() { Some(id) } else { whole };
    let parts = clone.map_or_else(|| vec![id], |clone| scene.resource(clone).children.clone());
    let mut places: Vec<(String, bool)> = Vec::new();
    for part in parts {
        let promoted = scene.situation.with_descendants(part).iter().any(|inner| {
            let inner = scene.resource(*inner);
            inner.promotable && inner.role == quorate_core::cib::model::resource::Role::Promoted
        });
        let nodes = scene.active_on(part).into_iter().map(|node| (scene.node_name(node).to_string(), promoted));
        // The last that was found comes first, as in Pacemaker's own list.
        nodes.for_each(|place| places.insert(0, place));
    }
    let mut element = Element::new("nodes").with("resource", name);
    for (node, promoted) in &places {
        answer.line(match wish.quiet {
            true => node.clone(),
            false => format!("resource {name} is running on: {node}{}", if *promoted { " Promoted" } else { "" }),
        });
        let mut place = with_text(Element::new("node"), node);
        if *promoted {
            place.set("state", "promoted");
        }
        element.push(place);
    }
    if places.is_empty() && !wish.quiet {
        answer.person_error(format!("resource {name} is NOT running"));
    }
    answer.part(element);
}

/// `--query-xml`, `--query-xml-raw`
pub fn definition(scene: &Scene, id: ResourceId, expanded: bool, answer: &mut Answer) -> Result<(), Failed> {
    let missing = || (Exit::NO_SUCH, String::new());
    let written = scene.element(id).ok_or_else(missing)?;
    let shown = if expanded { with_template(scene, written) } else { written.clone() };
    let (view, options) = (scene.view(), options());
    let resource = scene.resource(id);
    let mut config = Element::new("resource_config");
    match primitive_view(&view, &resource.id) {
        Some(primitive) => {
            answer.line(words::primitive(primitive, &options, true));
            config.push(xml::primitive(primitive, &options));
        }
        None => {
            let blocks = outline(&view, &options);
            let all = blocks.iter().flat_map(|block| &block.items);
            all.filter(|item| item.text.contains(&*resource.id)).for_each(|item| flat(item, 0, answer));
            let sections = xml::sections(&view, &options);
            let mut all = sections.iter().flat_map(Element::elements);
            config.children.extend(all.find(|one| one.id() == Some(&resource.id)).cloned().map(Into::into));
        }
    }
    answer.line("Resource XML:");
    let text = write_pretty(&shown);
    answer.text(&text);
    let raw = answer.raw("xml", &text);
    answer.part(config.with_child(raw));
    Ok(())
}

fn flat(item: &Item, depth: usize, answer: &mut Answer) {
    let colon = if item.children.is_empty() { "" } else { ":" };
    answer.line(format!("{}{}{colon}", "  ".repeat(depth), item.text));
    item.children.iter().for_each(|child| flat(child, depth + 1, answer));
}

/// The resource with what its template gives it.
fn with_template(scene: &Scene, written: &Element) -> Element {
    let configuration = scene.document.configuration();
    let template = written.attr("template").and_then(|id| objects::find_resource(configuration, id));
    let Some(template) = template else {
        let mut own = written.clone();
        for child in &mut own.children {
            if let quorate_core::xml::Node::Element(child) = child
                && objects::is_resource(child)
            {
                *child = std::sync::Arc::new(with_template(scene, child));
            }
        }
        return own;
    };
    let mut whole = Element::new(written.name.as_str());
    written.attributes.iter().filter(|(name, _)| name.as_str() != "template").for_each(|(name, value)| {
        whole.set(name.as_str(), value);
    });
    for (name, value) in &template.element.attributes {
        if whole.attr(name.as_str()).is_none() {
            whole.set(name.as_str(), value);
        }
    }
    whole.children.clone_from(&template.element.children);
    for child in written.elements() {
        let own_operations = child.name == "operations";
        match whole.find_mut(|inner| own_operations && inner.name == "operations") {
            Some(operations) => {
                let key =
                    |one: &Element| (one.attr("name").map(str::to_string), one.attr("interval").map(str::to_string));
                let own: Vec<_> = child.elements().map(key).collect();
                operations.retain_elements(|one| !own.contains(&key(one)));
                operations.children.extend(child.children.iter().cloned());
            }
            None => whole.push(child.clone()),
        }
    }
    whole
}

/// `--get-parameter`
pub fn value(scene: &Scene, id: ResourceId, name: &str, wish: &Wish, answer: &mut Answer) {
    let resource = scene.resource(id);
    let active = scene.active_on(id);
    if active.len() > 1 {
        answer
            .error(format!("{} is active on more than one node, returning the default value for {name}", resource.id));
    }
    let node = if let [node] = active[..] { Some(node) } else { None };
    let value = match wish.kind {
        Kind::Parameter => scene.situation.parameters_on(id, node).get(name).cloned(),
        // The scheduler knows an option by its newer name alone.
        Kind::Meta => {
            let other = || resource.meta(names::other(Of::Resource, name)?);
            resource.meta(name).or_else(other).map(str::to_string)
        }
        Kind::Utilization => resource.utilization.get(name).cloned(),
        Kind::Element => scene.element(id).and_then(|element| element.attr(name)).map(str::to_string),
    };
    match value {
        Some(value) => {
            answer.line(&value);
            let item = with_text(Element::new("item").with("name", name), &value);
            let list = Element::new("list").with("name", "Attributes").with("count", "1");
            answer.part(list.with_child(item));
        }
        None => answer.error(format!("Attribute '{name}' not found for '{}'", resource.id)),
    }
}

// ---- operations ------------------------------------------------------------------------------------

/// `--list-operations`, `--list-all-operations`
pub fn operations(scene: &Scene, wish: &Wish, all: bool, answer: &mut Answer) {
    let view = scene.view();
    let mut list = Element::new("operations");
    for state in &scene.situation.status.nodes {
        let Some(node) = state.uname.as_deref() else { continue };
        if wish.node.as_deref().is_some_and(|wanted| wanted != node) {
            continue;
        }
        let online = scene.situation.node_by_name(node).is_some_and(|node| scene.situation.nodes[node].online);
        for history in &state.history {
            if wish.resource.as_deref().is_some_and(|wanted| wanted != history.id()) {
                continue;
            }
            let mut records: Vec<&OperationRecord> = history.operations.iter().collect();
            records.sort_by(|left, right| left.compare_age(right));
            let shown: Vec<&OperationRecord> = match all {
                true => records,
                false if !online => Vec::new(),
                false => holding(&records),
            };
            for record in shown {
                operation(scene, &view, node, history.id(), record, &mut list, answer);
            }
        }
    }
    if list.elements().next().is_some() {
        answer.part(list);
    }
}

/// From the last start on: what came before it says nothing of today.
fn holding<'r>(records: &[&'r OperationRecord]) -> Vec<&'r OperationRecord> {
    let refs: Vec<&OperationRecord> = records.to_vec();
    let (start, stop) = active_span(&refs);
    let counts = |at: usize| {
        let at = at as i64;
        !(start < stop && at <= stop) && at >= start
    };
    records.iter().enumerate().filter(|(at, _)| counts(*at)).map(|(_, record)| *record).collect()
}

fn operation(
    scene: &Scene,
    view: &quorate_core::view::cluster::ClusterView,
    node: &str,
    resource: &str,
    record: &OperationRecord,
    list: &mut Element,
    answer: &mut Answer,
) {
    let get = |name: &str| record.attr(name).unwrap_or("");
    let found = primitive_view(view, resource);
    let shown = found.map_or_else(
        || format!("Unknown resource {resource}"),
        |primitive| words::primitive(primitive, &ViewOptions { without_places: true, ..options() }, false),
    );
    let status = record.status.unwrap_or(ExecutionStatus::Done).text();
    let mut element = Element::new("operation")
        .with("op", record.key())
        .with("node", node)
        .with("call", get("call-id"))
        .with("rc", get("rc-code"))
        .with("status", status);
    let mut when = String::new();
    if let Some(id) = scene.situation.resource_by_name(resource) {
        let found = &scene.resource(id);
        element.set("rsc", &*found.id);
        let agent = &found.agent;
        element.set("agent", format!("{}:{}:{}", agent.class, agent.provider.as_deref().unwrap_or(""), agent.kind));
    }
    if let Some(changed) = record.last_change {
        let changed = words::time(changed, &zone::local());
        let exec = get("exec-time");
        when = format!(", last-rc-change='{changed}', exec={exec}ms");
        element.set("last-rc-change", changed);
        element.set("exec-time", exec);
    }
    let (call, code) = (get("call-id"), get("rc-code"));
    answer.line(format!("{shown}: {} (node={node}, call={call}, rc={code}{when}): {status}", record.key()));
    list.push(element);
}

// ---- digests -----------------------------------------------------------------------------------------

/// `--digests`
pub fn digests(scene: &Scene, id: ResourceId, node: NodeId, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let resource = scene.resource(id);
    if !resource.is_primitive() {
        return Err((Exit::UNIMPLEMENTED, String::new()));
    }
    let record = last_start(scene, id, node);
    let (task, mut interval) = record.as_ref().map_or(("start", 0), |record| (record.task(), record.interval_ms));
    let overrides: BTreeMap<String, String> = wish.pairs.iter().cloned().collect();
    if let Some(text) = overrides.get("CRM_meta_interval") {
        interval = text.parse().unwrap_or(interval);
    }
    let changes = scene.situation.changes();
    let digests = changes.digests(id, node, task, interval, record.as_ref(), &mut Recheck::default());
    let mut all = digests.parameters().clone();
    for (name, value) in overrides {
        let hidden = name.starts_with("CRM_meta_") && !(name == "CRM_meta_timeout" && interval != 0);
        if !hidden {
            all.insert(name, value);
        }
    }
    let names = |attribute: &str| -> Option<Vec<String>> {
        let text = record.as_ref()?.attr(attribute)?;
        Some(text.split_whitespace().map(str::to_string).collect())
    };
    let parts = [
        ("all", Some(all.clone())),
        (
            "nonprivate",
            names("op-secure-params")
                .map(|private| without(&all, |name| private.contains(name) || name.starts_with("CRM_meta_"))),
        ),
        ("nonreloadable", names("op-force-restart").map(|restart| without(&all, |name| !restart.contains(name)))),
    ];
    let node = scene.node_name(node);
    let mut element = Element::new("digests")
        .with("resource", &*resource.id)
        .with("node", node)
        .with("task", task)
        .with("interval", format!("{interval}ms"));
    let action = if interval == 0 { task.to_string() } else { format!("{interval}ms-interval {task}") };
    answer.line(format!("Digests for {} {action} on {node}", resource.id));
    for (kind, parameters) in parts {
        let Some(parameters) = parameters else { continue };
        let hash = parameters_digest(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let listed =
            parameters.iter().rev().fold(Element::new("parameters"), |all, (name, value)| all.with(name, value));
        answer.line(format!("  {kind}: {hash}"));
        element.push(Element::new("digest").with("type", kind).with("hash", hash).with_child(listed));
    }
    answer.part(element);
    Ok(())
}

fn without(all: &BTreeMap<String, String>, goes: impl Fn(&String) -> bool) -> BTreeMap<String, String> {
    all.iter().filter(|(name, _)| !goes(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The record of the newest start there.
fn last_start(scene: &Scene, id: ResourceId, node: NodeId) -> Option<OperationRecord> {
    let resource = scene.resource(id);
    let name = resource.history_id.as_deref().unwrap_or(without_instance(&resource.id));
    let states = &scene.situation.status.nodes;
    let state = states.iter().find(|state| state.uname.as_deref() == Some(scene.node_name(node)))?;
    let history = state.history.iter().find(|history| history.id() == name)?;
    let starts = history.operations.iter().filter(|record| matches!(record.task(), "start" | "migrate_from"));
    starts.max_by(|left, right| left.compare_age(right)).cloned()
}
