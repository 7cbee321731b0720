//! `--cleanup`, `--refresh`, `--fail`: histories forgotten, failures told.
//!
//! In: a scene and a wish. Out: what the daemon did, in Pacemaker's words.
//! Absent: what a history is forgotten by (see core's `admin::cleanup`).

use super::options::Wish;
use super::reason;
use super::scene::Scene;
use crate::answer::Answer;
use crate::door;
use crate::standard::Failed;
use crate::{Exit, clock};
use quorate_core::admin::cleanup::{self, Operation};
use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_core::scheduler::table::{NodeId, ResourceId};
use quorate_core::simulate::known::suppose;
use quorate_core::status::operation::ExecutionStatus;
use quorate_core::transition::injection::Injection;
use quorate_core::transition::specification::{self, Wrong};
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::CibSource;

/// In a file nothing runs that could be looked at again.
fn is_dry(scene: &Scene) -> bool {
    matches!(scene.source, CibSource::File(_) | CibSource::Stdin)
}

/// `--cleanup` and `--refresh`: `failed_only` tells which.
pub fn forget(
    scene: &Scene,
    id: Option<ResourceId>,
    node: Option<NodeId>,
    failed_only: bool,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let on = node.map(|node| scene.node_name(node).to_string());
    let Some(id) = id else { return forget_all(scene, on, failed_only, wish, answer) };
    let id = if wish.force { id } else { scene.top(id) };
    let leaves: Vec<ResourceId> = scene
        .situation
        .with_descendants(id)
        .into_iter()
        .filter(|one| scene.resource(*one).children.is_empty())
        .collect();
    let places: Vec<(ResourceId, NodeId)> =
        leaves.iter().flat_map(|leaf| places(scene, *leaf, node).into_iter().map(|node| (*leaf, node))).collect();
    let says =
        |leaf: ResourceId, node: NodeId| (scene.resource(leaf).id.to_string(), scene.node_name(node).to_string());
    if is_dry(scene) {
        for (leaf, node) in places {
            let (name, node) = says(leaf, node);
            answer.error(format!("Dry run: skipping clean-up of {name} on {node} due to CIB_file"));
        }
        return Ok(());
    }
    let resource = scene.resource(id).config_id.to_string();
    ask(scene, Some(resource), on, failed_only, wish)?;
    for (leaf, node) in &places {
        let (name, node) = says(*leaf, *node);
        answer.info(wish.quiet, format!("Cleaned up {name} on {node}"));
    }
    if !wish.quiet {
        reason::checks(scene, id, node, answer);
    }
    waited(places.len(), wish, answer);
    Ok(())
}

/// Where it is known; where it may be, if it is known nowhere.
fn places(scene: &Scene, leaf: ResourceId, node: Option<NodeId>) -> Vec<NodeId> {
    if let Some(node) = node {
        return vec![node];
    }
    let known = &scene.resource(leaf).known_on;
    let online = |node: &NodeId| scene.situation.nodes[*node].online;
    match known.is_empty() {
        true => scene.situation.nodes.ids().filter(online).collect(),
        false => known.iter().copied().filter(online).collect(),
    }
}

fn waited(replies: usize, wish: &Wish, answer: &mut Answer) {
    if replies == 0 || wish.quiet {
        return;
    }
    let plural = if replies == 1 { "reply" } else { "replies" };
    answer.line(format!("Waiting for {replies} {plural} from the controller"));
    (1..replies).for_each(|_| answer.line("... got reply"));
    answer.line("... got reply (done)");
}

fn forget_all(
    scene: &Scene,
    on: Option<String>,
    failed_only: bool,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let place = on.clone().unwrap_or_else(|| "all nodes".to_string());
    if is_dry(scene) {
        answer.info(wish.quiet, format!("Dry run: skipping clean-up of {place} due to CIB_file"));
        return Ok(());
    }
    ask(scene, None, on, failed_only, wish)?;
    match failed_only {
        true => answer.info(wish.quiet, format!("Cleaned up all resources on {place}")),
        false => waited(1, wish, answer),
    }
    Ok(())
}

/// With an operation only its own failures are meant; the whole history goes where it failed, so that it is looked at.
fn ask(
    scene: &Scene,
    resource: Option<String>,
    node: Option<String>,
    failed_only: bool,
    wish: &Wish,
) -> Result<(), Failed> {
    let Some(operation) = wish.operation.as_deref().filter(|_| failed_only) else {
        return door::ask(&scene.source, &Request::Forget { resource, node, failed_only }).map_err(door::failed);
    };
    let operation = Operation { task: operation.to_string(), interval_ms: wish.interval_ms };
    // Neither the resource nor a node that is nowhere known has anything to be forgotten.
    let Ok(found) = cleanup::of_operation(&scene.document, resource.as_deref(), node.as_deref(), &operation) else {
        return Ok(());
    };
    let counts = found.counts.into_iter().map(Request::from);
    let histories = found.failed.into_iter().map(|(resource, node)| Request::Forget {
        resource: Some(resource),
        node: Some(node),
        failed_only,
    });
    counts.chain(histories).try_for_each(|request| door::ask(&scene.source, &request).map_err(door::failed))
}

/// `--fail`: the cluster is told of a monitor that failed.
pub fn fail(scene: &Scene, id: ResourceId, node: NodeId, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let resource = scene.resource(id);
    let name = wish.resource.as_deref().unwrap_or_default();
    let on = scene.node_name(node).to_string();
    if is_dry(scene) {
        answer.error(format!("Dry run: skipping fail of {name} on {on} due to CIB_file"));
        return Ok(());
    }
    if !resource.is_primitive() {
        answer.error(format!("We can only process primitive resources, not {name}"));
        return Err((Exit::SOFTWARE, String::new()));
    }
    if !scene.situation.nodes[node].online {
        answer.error(format!("Node {on} is not online"));
        return Err((Exit::DISCONNECT, String::new()));
    }
    let known_as = if resource.unique { &resource.id } else { &resource.config_id };
    let operation = specification::Operation {
        text: format!("{known_as}_asyncmon_0@{on}=1"),
        resource: known_as.to_string(),
        task: "asyncmon".into(),
        interval: 0,
        node: on,
        code: 1,
        status: ExecutionStatus::Done,
    };
    let failed = Injection::Operation(operation);
    let made = |document: &Document| {
        let mut next = suppose(document, &failed, clock::now())?;
        next.set_version(document.version().next_status());
        Ok::<_, Wrong>(next)
    };
    match door::change(&scene.source, ANSWER_WITHIN, made) {
        Ok(_) => {
            waited(1, wish, answer);
            Ok(())
        }
        Err(door::ChangeError::Made(wrong)) => Err((Exit::ERROR, wrong.message)),
        Err(door::ChangeError::Store(error)) => Err(door::failed(error)),
        Err(door::ChangeError::Schema(faults)) => Err((Exit::CONFIG, quorate_core::schema::in_short(&faults))),
    }
}
