//! What the action menu can do to a node or a resource.
//!
//! In: an action and the CIB. Out: the CIB as it would be, or a request to the daemon; and what
//! the scheduler would make of it. Never here: asking, keys, sockets.

use std::fmt;

use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_core::scheduler::{Input, schedule};
use quorate_core::time::Now;
use quorate_core::transition::summary;
use quorate_core::xml::{Element, Node};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Standby {
        node: String,
    },
    Online {
        node: String,
    },
    Maintenance {
        node: String,
    },
    Ready {
        node: String,
    },
    Move {
        resource: String,
        node: String,
    },
    /// Forgets where it was moved to or banned from.
    ClearMoves {
        resource: String,
    },
    Start {
        resource: String,
    },
    Stop {
        resource: String,
    },
    Manage {
        resource: String,
    },
    Unmanage {
        resource: String,
    },
    Cleanup {
        resource: String,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Standby { node } => write!(out, "put node {node} on standby"),
            Action::Online { node } => write!(out, "bring node {node} back from standby"),
            Action::Maintenance { node } => write!(out, "put node {node} into maintenance"),
            Action::Ready { node } => write!(out, "end maintenance of node {node}"),
            Action::Move { resource, node } => write!(out, "move {resource} to {node}"),
            Action::ClearMoves { resource } => write!(out, "let {resource} run where its scores send it"),
            Action::Start { resource } => write!(out, "start {resource}"),
            Action::Stop { resource } => write!(out, "stop {resource}"),
            Action::Manage { resource } => write!(out, "manage {resource}"),
            Action::Unmanage { resource } => write!(out, "stop managing {resource}"),
            Action::Cleanup { resource } => write!(out, "forget the failures of {resource}"),
        }
    }
}

/// What the daemon is asked when it is not a change of the configuration.
pub fn request(action: &Action) -> Option<Request> {
    match action {
        Action::Cleanup { resource } => {
            Some(Request::Forget { resource: Some(resource.clone()), node: None, failed_only: true })
        }
        _ => None,
    }
}

/// The CIB after the action. For a cleanup: as if nothing had failed.
pub fn apply(action: &Action, document: &Document) -> Result<Document, String> {
    let mut next = document.clone();
    match action {
        Action::Standby { node } => set_on_node(&mut next, node, "standby", Some("on"))?,
        Action::Online { node } => set_on_node(&mut next, node, "standby", None)?,
        Action::Maintenance { node } => set_on_node(&mut next, node, "maintenance", Some("true"))?,
        Action::Ready { node } => set_on_node(&mut next, node, "maintenance", None)?,
        Action::Move { resource, node } => move_to(&mut next, resource, node)?,
        Action::ClearMoves { resource } => clear_moves(&mut next, resource)?,
        Action::Start { resource } => set_meta(&mut next, resource, "target-role", "Started")?,
        Action::Stop { resource } => set_meta(&mut next, resource, "target-role", "Stopped")?,
        Action::Manage { resource } => set_meta(&mut next, resource, "is-managed", "true")?,
        Action::Unmanage { resource } => set_meta(&mut next, resource, "is-managed", "false")?,
        Action::Cleanup { resource } => forget_failures(&mut next, resource),
    }
    if request(action).is_none() {
        next.set_version(document.version().next_configuration());
    }
    Ok(next)
}

/// What the cluster would do, in the scheduler's words.
pub fn preview(action: &Action, document: &Document, now: Now) -> Result<Vec<String>, String> {
    let next = apply(action, document)?;
    let output = schedule(&Input::new(&next, now));
    let lines = summary::lines(&output.summary);
    Ok(if lines.is_empty() { vec!["Nothing would start, stop or move.".to_string()] } else { lines })
}

/// The outermost resource that holds the one named.
pub fn top_of(document: &Document, id: &str) -> Option<String> {
    let resources = document.configuration().child("resources")?;
    let holds = |top: &&Element| top.descendants().any(|inner| inner.id() == Some(id) && is_resource(inner));
    resources.elements().find(holds).and_then(|top| top.id()).map(str::to_string)
}

fn is_resource(element: &Element) -> bool {
    matches!(element.name.as_str(), "primitive" | "group" | "clone" | "master" | "bundle")
}

fn set_on_node(document: &mut Document, name: &str, attribute: &str, value: Option<&str>) -> Result<(), String> {
    let nodes = document.configuration_mut().child_or_new("nodes");
    let node = find(nodes, &|element| element.name == "node" && element.attr("uname") == Some(name));
    let node = node.ok_or_else(|| format!("node {name} is not in the configuration"))?;
    let id = node.id().unwrap_or(name).to_string();
    set_pair(node, "instance_attributes", &format!("nodes-{id}"), attribute, value);
    Ok(())
}

fn set_meta(document: &mut Document, id: &str, attribute: &str, value: &str) -> Result<(), String> {
    let resource = resource(document, id)?;
    set_pair(resource, "meta_attributes", &format!("{id}-meta_attributes"), attribute, Some(value));
    Ok(())
}

/// Sets, or removes, a name-value pair in the element's first block of this kind.
fn set_pair(element: &mut Element, block: &str, block_id: &str, name: &str, value: Option<&str>) {
    let found = find(element, &|inner| inner.name == "nvpair" && inner.attr("name") == Some(name));
    match (found, value) {
        (Some(pair), Some(value)) => pair.set("value", value),
        (Some(_), None) => {
            let is_it = |inner: &Element| inner.name == "nvpair" && inner.attr("name") == Some(name);
            prune(element, &is_it);
        }
        (None, None) => {}
        (None, Some(value)) => {
            let set = element.child_or_new(block);
            if set.id().is_none() {
                set.set("id", block_id);
            }
            let id = format!("{}-{name}", set.id().unwrap_or(block_id));
            set.push(Element::new("nvpair").with("id", id).with("name", name).with("value", value));
        }
    }
}

fn move_to(document: &mut Document, id: &str, node: &str) -> Result<(), String> {
    resource(document, id)?;
    clear_moves_of(document, id);
    let constraint = Element::new("rsc_location")
        .with("id", format!("cli-prefer-{id}"))
        .with("rsc", id)
        .with("role", "Started")
        .with("node", node)
        .with("score", "INFINITY");
    document.configuration_mut().child_or_new("constraints").push(constraint);
    Ok(())
}

fn clear_moves(document: &mut Document, id: &str) -> Result<(), String> {
    match clear_moves_of(document, id) {
        0 => Err(format!("{id} was not moved or banned by a tool")),
        _ => Ok(()),
    }
}

/// Removes the constraints that tools make for moving; says how many.
fn clear_moves_of(document: &mut Document, id: &str) -> usize {
    let (prefer, ban) = (format!("cli-prefer-{id}"), format!("cli-ban-{id}-on-"));
    let constraints = document.configuration_mut().child_or_new("constraints");
    let before = constraints.children.len();
    constraints.retain_elements(|constraint| {
        let name = constraint.id().unwrap_or_default();
        !(name == prefer || name.starts_with(&ban))
    });
    before - constraints.children.len()
}

fn forget_failures(document: &mut Document, id: &str) {
    let names: Vec<String> = match resource(document, id) {
        Ok(found) => {
            let inner = found.descendants().filter(|inner| inner.name == "primitive");
            inner.filter_map(|inner| inner.id().map(str::to_string)).collect()
        }
        Err(_) => vec![id.to_string()],
    };
    let is_named = |key: &str| names.iter().any(|name| key == name || key.starts_with(&format!("{name}:")));
    let failure_of = |attribute: &str| {
        let rest = attribute.strip_prefix("fail-count-").or_else(|| attribute.strip_prefix("last-failure-"));
        rest.and_then(|rest| rest.split('#').next()).is_some_and(is_named)
    };
    prune(document.status_mut(), &|element| {
        let failed = element.name == "lrm_rsc_op"
            && element.id().is_some_and(|op| op.split_once("_last_failure_").is_some_and(|(name, _)| is_named(name)));
        let counted = element.name == "nvpair" && element.attr("name").is_some_and(failure_of);
        failed || counted
    });
}

fn prune(element: &mut Element, goes: &impl Fn(&Element) -> bool) {
    element.retain_elements(|inner| !goes(inner));
    for at in 0..element.children.len() {
        // Only what changes is copied; the rest stays shared.
        let inside = element.children[at].element().is_some_and(|inner| inner.descendants().skip(1).any(goes));
        if inside && let Some(inner) = element.child_at_mut(at) {
            prune(inner, goes);
        }
    }
}

fn resource<'a>(document: &'a mut Document, id: &str) -> Result<&'a mut Element, String> {
    let resources = document.configuration_mut().child_or_new("resources");
    let found = find(resources, &|element| element.id() == Some(id) && is_resource(element));
    found.ok_or_else(|| format!("resource {id} is not in the configuration"))
}

/// The first element below that is meant, in document order.
fn find<'a>(element: &'a mut Element, is_it: &impl Fn(&Element) -> bool) -> Option<&'a mut Element> {
    let holds = |node: &Node| node.element().is_some_and(|inner| inner.descendants().any(is_it));
    let at = element.children.iter().position(holds)?;
    let inner = element.child_at_mut(at)?;
    if is_it(inner) { Some(inner) } else { find(inner, is_it) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CIB: &str = r#"<cib admin_epoch="0" epoch="7" num_updates="3"><configuration><crm_config/>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"><instance_attributes id="nodes-2"><nvpair id="nodes-2-standby" name="standby" value="on"/></instance_attributes></node></nodes>
<resources><group id="g"><primitive id="p" class="ocf" provider="quorate" type="Dummy"/></group></resources>
<constraints><rsc_location id="cli-ban-g-on-n2" rsc="g" node="n2" score="-INFINITY"/><rsc_location id="mine" rsc="g" node="n2" score="1"/></constraints>
</configuration><status><node_state id="1" uname="n1"><transient_attributes id="1"><instance_attributes id="s1">
<nvpair id="a" name="fail-count-p#monitor_10000" value="2"/><nvpair id="b" name="fail-count-px#monitor_10000" value="2"/></instance_attributes></transient_attributes>
<lrm id="1"><lrm_resources><lrm_resource id="p"><lrm_rsc_op id="p_last_failure_0"/><lrm_rsc_op id="p_last_0"/></lrm_resource></lrm_resources></lrm></node_state></status></cib>"#;

    #[track_caller]
    fn check(action: Action, there: &[&str], gone: &[&str]) {
        let document = Document::read(CIB).unwrap();
        let text = apply(&action, &document).unwrap().to_text();
        there.iter().for_each(|part| assert!(text.contains(part), "{action}: no {part} in {text}"));
        gone.iter().for_each(|part| assert!(!text.contains(part), "{action}: {part} is still in {text}"));
    }

    fn n(name: &str) -> String {
        name.to_string()
    }

    #[test]
    fn nodes_are_set_aside_and_brought_back() {
        check(
            Action::Standby { node: n("n1") },
            &[r#"id="nodes-1-standby" name="standby" value="on""#, r#"epoch="8""#],
            &[],
        );
        check(Action::Online { node: n("n2") }, &[], &["standby"]);
        check(
            Action::Maintenance { node: n("n2") },
            &[r#"id="nodes-2-maintenance" name="maintenance" value="true""#],
            &[],
        );
        let document = Document::read(CIB).unwrap();
        assert!(apply(&Action::Standby { node: n("n9") }, &document).is_err());
    }

    #[test]
    fn a_move_replaces_earlier_moves_and_nothing_else() {
        let prefer = r#"id="cli-prefer-g" rsc="g" role="Started" node="n1" score="INFINITY""#;
        check(Action::Move { resource: n("g"), node: n("n1") }, &[prefer, "mine"], &["cli-ban"]);
        check(Action::ClearMoves { resource: n("g") }, &["mine"], &["cli-"]);
        let document = Document::read(CIB).unwrap();
        assert!(apply(&Action::ClearMoves { resource: n("p") }, &document).is_err());
        assert_eq!(top_of(&document, "p"), Some(n("g")));
    }

    #[test]
    fn roles_are_meta_attributes_of_what_was_pointed_at() {
        let stopped = r#"id="p-meta_attributes-target-role" name="target-role" value="Stopped""#;
        check(Action::Stop { resource: n("p") }, &[stopped], &[]);
        let document = Document::read(CIB).unwrap();
        let stopped = apply(&Action::Stop { resource: n("p") }, &document).unwrap();
        let started = apply(&Action::Start { resource: n("p") }, &stopped).unwrap().to_text();
        assert!(started.contains("Started") && !started.contains("Stopped"), "{started}");
    }

    #[test]
    fn a_cleanup_is_shown_as_if_nothing_had_failed() {
        let kept = ["p_last_0", "fail-count-px#", r#"epoch="7""#];
        check(Action::Cleanup { resource: n("g") }, &kept, &["p_last_failure_0", "fail-count-p#"]);
    }
}
