//! `--why`: what keeps resources from running, as far as Pacemaker's tools say it.
//!
//! In: a scene; a resource, a node. Out: an answer.
//! Absent: every score (see `quorate why`).

use super::scene::Scene;
use crate::answer::Answer;
use quorate_core::cib::model::resource::Role;
use quorate_core::scheduler::table::{NodeId, ResourceId};
use quorate_core::xml::Element;
use quorate_grammar::literal;

pub fn why(scene: &Scene, resource: Option<ResourceId>, node: Option<NodeId>, answer: &mut Answer) {
    let mut reason = Element::new("reason");
    match (resource, node) {
        (Some(id), None) => {
            let runs = !scene.active_on(id).is_empty();
            let not = if runs { "" } else { "not " };
            answer.line(format!("Resource {} is {not}running", scene.resource(id).id));
            reason.set("running", runs.to_string());
            reason.push(checks(scene, id, None, answer));
        }
        (Some(id), Some(node)) => {
            let runs = scene.active_on(id).contains(&node);
            let (name, host) = (&scene.resource(id).id, scene.node_name(node));
            let not = if runs { "" } else { "not " };
            answer.line(format!("Resource {name} is {not}running on host {host}"));
            if runs {
                reason.set("running_on", host);
            }
            reason.push(checks(scene, id, Some(node), answer));
        }
        (None, None) => {
            let mut all = Element::new("resources");
            for id in &scene.situation.configured {
                let runs = !scene.active_on(*id).is_empty();
                let name = scene.resource(*id).id.to_string();
                answer.line(format!("Resource {name} is {}running", if runs { "" } else { "not " }));
                let one = Element::new("resource").with("id", &name).with("running", runs.to_string());
                all.push(one.with_child(checks(scene, *id, None, answer)));
            }
            reason.push(all);
        }
        (None, Some(node)) => {
            let mut all = Element::new("resources");
            let host = scene.node_name(node).to_string();
            for id in &scene.situation.nodes[node].running {
                let name = scene.resource(*id).id.to_string();
                answer.line(format!("Resource {name} is running on host {host}"));
                let one = Element::new("resource").with("id", &name).with("running", "true").with("host", &host);
                all.push(one.with_child(checks(scene, *id, Some(node), answer)));
            }
            reason.push(all);
        }
    }
    answer.part(reason);
}

/// What of its own definition, and of nodes' health, keeps a resource from running; told as a list, and as an element.
pub fn checks(scene: &Scene, id: ResourceId, node: Option<NodeId>, answer: &mut Answer) -> Element {
    let resource = scene.resource(id);
    let name = scene.resource(scene.situation.top_of(id)).id.to_string();
    let mut check = Element::new("check").with("id", &name);
    match resource.target_role() {
        Some(Role::Stopped) => {
            answer.line(format!("  * Configuration specifies '{name}' should remain stopped"));
            check.set("remain_stopped", "true");
        }
        Some(Role::Unpromoted) if scene.resource(scene.situation.top_of(id)).promotable => {
            answer.line(format!("  * Configuration specifies '{name}' should not be promoted"));
            check.set("promotable", "false");
        }
        _ => {}
    }
    if resource.meta("is-managed").is_some_and(|text| literal::boolean(text) == Ok(false)) {
        answer.line(format!("  * Configuration prevents cluster from stopping or starting unmanaged '{name}'"));
        check.set("unmanaged", "true");
    }
    if let Some((locked, _)) = resource.shutdown_lock {
        let locked = scene.node_name(locked);
        answer.line(format!("  * '{name}' is locked to node {locked} due to shutdown"));
        check.set("locked-to", locked);
    }
    let strategy = scene.situation.options.value("node-health-strategy").unwrap_or("none").to_string();
    if is_unhealthy(scene, &strategy, node) {
        let text = format!("  * '{name}' cannot run on unhealthy nodes due to node-health-strategy='{strategy}'");
        answer.line(text);
        check.set("unhealthy", "true");
    }
    check
}

/// Whether the node is, or all are, too ill for anything by a strategy that knows only well and ill.
fn is_unhealthy(scene: &Scene, strategy: &str, node: Option<NodeId>) -> bool {
    let colours = |node: NodeId| {
        let attributes = &scene.situation.nodes[node].attributes;
        let health = attributes.iter().filter(|(name, _)| name.starts_with("#health"));
        health.map(|(_, value)| value.to_lowercase()).collect::<Vec<_>>()
    };
    let ill = |node: NodeId| match strategy {
        "migrate-on-red" => colours(node).iter().any(|colour| colour == "red"),
        "only-green" => colours(node).iter().any(|colour| colour == "red" || colour == "yellow"),
        _ => false,
    };
    match node {
        Some(node) => ill(node),
        None => !scene.situation.nodes.is_empty() && scene.situation.nodes.ids().all(ill),
    }
}
