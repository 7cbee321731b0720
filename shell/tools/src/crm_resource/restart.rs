//! `--wait` and `--restart`: until the cluster has done what is to be done.
//!
//! In: a scene and a wish. Out: when it is done, or that it is not within its time.
//! Absent: doing it.

use super::options::Wish;
use super::place;
use super::scene::Scene;
use crate::answer::Answer;
use crate::standard::Failed;
use crate::{Exit, clock, door};
use quorate_core::admin::target_role::{self, Members, TargetRole};
use quorate_core::admin::{self, Facts, Intent};
use quorate_core::cib::Document;
use quorate_core::node::NodeStatus;
use quorate_core::scheduler::table::{NodeId, ResourceId};
use quorate_core::simulate::simulated::{Injections, Wanted, simulate};
use quorate_core::transition::graph::ActionKind;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::CibSource;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_secs(60 * 60);

/// How long a step of a restart may take if nobody says: the longest stop has its own time, and this on top.
const STEP: Duration = Duration::from_secs(120);

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// `--wait`
pub fn wait(scene: &Scene, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let until = Instant::now() + wish.timeout.unwrap_or(WAIT);
    let CibSource::Live { at } = &scene.source else {
        let left = pending(&scene.latest);
        if left.is_empty() {
            return Ok(());
        }
        return Err(overdue(&left, answer));
    };
    loop {
        let status = door::status(at, ANSWER_WITHIN).map_err(door::failed)?;
        if let NodeStatus { idle: true, transition: None, fencing, .. } = status
            && fencing.iter().all(|one| one.state != quorate_core::fencing::history::FencingState::Pending)
        {
            return Ok(());
        }
        if Instant::now() >= until {
            let now = read(scene)?;
            return Err(overdue(&pending(&now.latest), answer));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn overdue(left: &[String], answer: &mut Answer) -> Failed {
    answer.line("Pending actions:");
    left.iter().for_each(|action| answer.line(format!("\t{action}")));
    (Exit::TIMEOUT, String::new())
}

/// What would be done now.
fn pending(document: &Document) -> Vec<String> {
    let wanted = Wanted { graph: true, ..Wanted::decided(clock::now()) };
    let Ok(decided) = simulate(document, &Injections::default(), &wanted) else { return Vec::new() };
    let Some(graph) = &decided.graph else { return Vec::new() };
    let actions = graph.synapses.iter().map(|synapse| &graph.actions[synapse.action]);
    let real = actions.filter(|action| action.kind != ActionKind::Pseudo);
    let on = |node: &Option<String>| node.as_ref().map_or(String::new(), |node| format!("\ton {node}"));
    real.map(|action| format!("Action {}: {}{}", action.id, action.key, on(&action.node))).collect()
}

fn read(scene: &Scene) -> Result<Scene, Failed> {
    let document = door::read(&scene.source, ANSWER_WITHIN).map_err(door::failed)?;
    Scene::of(scene.environment.clone(), scene.source.clone(), document)
}

/// Primitives that are active, on a node or anywhere.
fn active(scene: &Scene, host: Option<&str>) -> BTreeSet<String> {
    let on = host.and_then(|host| scene.situation.node_by_name(host));
    let all = scene.situation.resources.iter().filter(|(_, resource)| resource.children.is_empty());
    let here = all.filter(|(_, resource)| match (host, on) {
        (None, _) => !resource.active_on.is_empty(),
        (Some(_), node) => node.is_some_and(|node| resource.active_on.contains(&node)),
    });
    here.map(|(_, resource)| resource.id.to_string()).collect()
}

/// `--restart`
pub fn restart(
    scene: &Scene,
    id: ResourceId,
    node: Option<NodeId>,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let name = wish.resource.clone().unwrap_or_default();
    let host = node.map(|node| scene.node_name(node).to_string());
    let runs = scene.active_on(id);
    if node.map_or(runs.is_empty(), |node| !runs.contains(&node)) {
        answer.error(match &host {
            Some(host) => format!("{name} is not running on {host} and so cannot be restarted"),
            None => format!("{name} is not running anywhere and so cannot be restarted"),
        });
        return Err((Exit::NO_SUCH, String::new()));
    }
    if !scene.resource(id).managed {
        answer.error("Unmanaged resources cannot be restarted.");
        return Err((Exit::UNSATISFIED, String::new()));
    }
    let resource = scene.resource(id).config_id.to_string();
    let around = if scene.resource(id).is_clone() { Some(id) } else { scene.clone_of(id) };
    // Of a clone one instance is kept from a node; all else is stopped as a whole.
    let banned = match (&host, around) {
        (Some(host), Some(clone)) => Some((scene.resource(clone).config_id.to_string(), host.clone())),
        _ => None,
    };
    let (stop, go) = intents(scene, &resource, &banned, wish)?;
    let facts =
        Facts { epoch: clock::now().epoch(), members: Members::None, promoted_only: wish.promoted, ..Facts::default() };
    let before = active(scene, host.as_deref());
    let stopped = admin::apply(&scene.document, &stop, &facts).map_err(|refusal| (Exit::ERROR, refusal.to_string()))?;
    let goal = after(scene, &stopped, host.as_deref())?;
    place::commit(scene, |document| admin::edits(document, &stop, &facts))?;
    let stops: Vec<&String> = before.difference(&goal).collect();
    list("stop", &stops, answer);
    let reached = until(scene, wish, |now| active(now, host.as_deref()).difference(&goal).cloned().collect());
    // Whatever came of it, it may run again.
    let going = place::commit(scene, |document| admin::edits(document, &go, &facts));
    left(reached?, "shutdown", &name, answer)?;
    going?;
    let now = active(&read(scene)?, None);
    let starts: Vec<&String> = before.difference(&now).collect();
    list("start again", &starts, answer);
    let waited = |now: &Scene| before.difference(&active(now, None)).cloned().collect();
    left(until(scene, wish, waited)?, "restart", &name, answer)
}

/// What stops it, and what ends that.
fn intents(
    scene: &Scene,
    resource: &str,
    banned: &Option<(String, String)>,
    wish: &Wish,
) -> Result<(Intent, Intent), Failed> {
    if let Some((clone, host)) = banned {
        let until = wish.lifetime.as_deref().and_then(clock::end_of);
        let ban = Intent::Ban { resource: clone.clone(), node: Some(host.clone()), until };
        return Ok((ban, Intent::Clear { resource: clone.clone(), node: Some(host.clone()) }));
    }
    let stop = Intent::Role { resource: resource.to_string(), role: TargetRole::Stopped };
    let role = target_role::written(&scene.document, resource);
    Ok((stop, Intent::Restore { resource: resource.to_string(), role }))
}

/// What would be active once that is carried out.
fn after(scene: &Scene, stopped: &Document, host: Option<&str>) -> Result<BTreeSet<String>, Failed> {
    let stopped = Scene::of(scene.environment.clone(), scene.source.clone(), stopped.clone())?;
    let now = clock::now();
    let wanted = Wanted { transition: true, graph: true, ..Wanted::decided(now) };
    let carried_out = simulate(&stopped.latest, &Injections::default(), &wanted);
    let carried_out = carried_out.map_err(|refused| (Exit::ERROR, refused.wrong.message))?;
    let result = Scene::of(scene.environment.clone(), scene.source.clone(), carried_out.result().clone())?;
    Ok(active(&result, host))
}

fn list(doing: &str, names: &[&String], answer: &mut Answer) {
    answer.line(format!("Waiting for {} resources to {doing}:", names.len()));
    names.iter().for_each(|name| answer.line(format!(" * {name}")));
}

/// What is left when the time is over; a step that gets somewhere gets more time.
fn until(
    scene: &Scene,
    wish: &Wish,
    remaining: impl Fn(&Scene) -> BTreeSet<String>,
) -> Result<BTreeSet<String>, Failed> {
    let step = wish.timeout.unwrap_or(STEP);
    let mut end = Instant::now() + step;
    let mut left = remaining(&read(scene)?);
    while !left.is_empty() && Instant::now() < end {
        std::thread::sleep(LOOK_EVERY);
        let now = remaining(&read(scene)?);
        if now.len() < left.len() && wish.timeout.is_none() {
            end = Instant::now() + step;
        }
        left = now;
    }
    Ok(left)
}

fn left(left: BTreeSet<String>, doing: &str, name: &str, answer: &mut Answer) -> Result<(), Failed> {
    if left.is_empty() {
        return Ok(());
    }
    answer.error(format!("Could not complete {doing} of {name}, {} resources remaining", left.len()));
    left.iter().for_each(|one| answer.line(format!(" * {one}")));
    Err((Exit::TIMEOUT, String::new()))
}
