//! crm_resource: resources shown, steered, run by hand.
//!
//! In: options; the CIB of the cluster, a file or a shadow; the daemon; agents. Out: text or XML as Pacemaker's.
//! Absent: what wishes amount to (see core's `admin`), how agents are run (see `agents`).

mod agents;
mod execute;
mod forget;
mod list;
mod look;
mod option_lists;
mod options;
mod parameter;
mod place;
mod reason;
mod relation;
mod restart;
mod scene;

pub use agents::fence_agents;
pub use option_lists::fencing_parameters;

use crate::answer::Answer;
use crate::standard::{self, Failed};
use crate::{Exit, Io};
use options::{Action, MANUAL, Wish};
use quorate_core::scheduler::table::{NodeId, ResourceId};
use scene::Scene;

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, |call, io| {
        // Words that are not understood are told before anybody asks in which form.
        if let Some(text) = options::misread(&call.given) {
            io.error(MANUAL.name, &text);
            return Exit::USAGE;
        }
        let mut answer = Answer::default();
        let outcome = Wish::of(&call.given).and_then(|wish| act(&wish, &mut answer)).map_err(in_full);
        answer.tell(MANUAL.name, &call, outcome, io)
    })
}

/// But for a wrong call, the exit code is said in words, too.
fn in_full((exit, text): Failed) -> Failed {
    if exit == Exit::USAGE || exit == Exit::OK {
        return (exit, text);
    }
    let words = format!("Error performing operation: {}", exit.words());
    (exit, if text.is_empty() { words } else { format!("{text}\n{words}") })
}

fn act(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    if !wish.action.needs_cib() {
        return without_cib(wish, answer);
    }
    if let (Action::Execute(option, level), Some(named)) = (&wish.action, &wish.agent) {
        return execute::named(named, option, *level, wish, answer);
    }
    let scene = Scene::read().map_err(|failed| unseen(failed, wish, answer))?;
    let node = wish.node.as_deref().map(|name| scene.node(name)).transpose()?;
    let resource = match (&wish.resource, wish.action.finds()) {
        (Some(name), Some(how)) => Some(scene.find(name, how)?),
        _ => None,
    };
    if let (Some(id), Some(name)) = (resource, &wish.resource)
        && wish.action.refuses_instances()
        && scene.clone_of(id).is_some()
        && name.contains(':')
    {
        return Err((Exit::INVALID_PARAMETER, format!("Cannot operate on clone resource instance '{name}'")));
    }
    match resource {
        Some(id) => with_resource(&scene, id, node, wish, answer),
        None => with_all(&scene, node, wish, answer),
    }
}

/// Why an access list hides the CIB is for who asks for more words.
fn unseen((exit, text): Failed, wish: &Wish, answer: &mut Answer) -> Failed {
    if exit != Exit::NOT_PERMITTED || wish.verbosity > 0 {
        return (exit, text);
    }
    answer.error("Could not obtain the current CIB: Permission denied");
    (exit, String::new())
}

fn without_cib(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    match &wish.action {
        Action::ListOptions(kind) => list::show(&option_lists::of(kind), wish.all, answer),
        Action::Standards => agents::standards(answer),
        Action::Providers => return agents::providers(answer),
        Action::Agents(of) => return agents::agents(of, answer),
        Action::Alternatives(name) => return agents::alternatives(name, answer),
        Action::Metadata(of) => return agents::metadata(of, answer),
        _ => {}
    }
    Ok(())
}

fn with_all(scene: &Scene, node: Option<NodeId>, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    match &wish.action {
        Action::List => look::list(scene, answer),
        Action::ListInstances => look::instances(scene, answer),
        Action::ListConfiguration => {
            look::configuration(scene, answer);
            Ok(())
        }
        Action::Operations { all } => {
            look::operations(scene, wish, *all, answer);
            Ok(())
        }
        Action::Why => {
            reason::why(scene, None, node, answer);
            Ok(())
        }
        Action::Cleanup => forget::forget(scene, None, node, true, wish, answer),
        Action::Refresh => forget::forget(scene, None, node, false, wish, answer),
        Action::Clear => place::clear(scene, None, node, wish, answer),
        Action::Delete => place::delete(scene, wish),
        Action::Wait => restart::wait(scene, wish, answer),
        _ => Err((Exit::USAGE, "Must supply a resource ID with -r/--resource".into())),
    }
}

fn with_resource(
    scene: &Scene,
    id: ResourceId,
    node: Option<NodeId>,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    match &wish.action {
        Action::Get(name) => look::value(scene, id, name, wish, answer),
        Action::Locate => look::locate(scene, id, wish, answer),
        Action::Constraints { recursive } => {
            relation::show(scene, id, *recursive || wish.recursive, wish.force, answer);
        }
        Action::Why => reason::why(scene, Some(id), node, answer),
        Action::Xml { expanded } => return look::definition(scene, id, *expanded, answer),
        Action::Set(name) => return parameter::set(scene, id, name, wish, answer),
        Action::Unset(name) => return parameter::unset(scene, id, name, wish, answer),
        Action::Move => return place::go(scene, id, node, wish, answer),
        Action::Ban => return place::ban(scene, id, node, wish, answer),
        Action::Clear => return place::clear(scene, Some(id), node, wish, answer),
        Action::Cleanup => return forget::forget(scene, Some(id), node, true, wish, answer),
        Action::Refresh => return forget::forget(scene, Some(id), node, false, wish, answer),
        Action::Restart => return restart::restart(scene, id, node, wish, answer),
        Action::Execute(option, level) => return execute::resource(scene, id, option, *level, wish, answer),
        Action::Fail => return forget::fail(scene, id, needed(node)?, wish, answer),
        Action::Digests => return look::digests(scene, id, needed(node)?, wish, answer),
        _ => return with_all(scene, node, wish, answer),
    }
    Ok(())
}

fn needed(node: Option<NodeId>) -> Result<NodeId, Failed> {
    node.ok_or_else(|| (Exit::USAGE, "Must supply a node name with -N/--node".to_string()))
}
