//! `--move`, `--ban`, `--clear`, `--delete`: constraints made and forgotten, resources deleted.
//!
//! In: a scene and a wish. Out: a changed CIB, and what was done in Pacemaker's words.
//! Absent: which constraints these are (see core's `admin::moves`).

use super::options::Wish;
use super::scene::Scene;
use crate::answer::Answer;
use crate::door::{self, ChangeError};
use crate::standard::Failed;
use crate::{Exit, clock};
use quorate_core::admin::{self, Facts, Intent, Refusal, moves};
use quorate_core::cib::command::{self, Command, CommandError, Scope};
use quorate_core::cib::edit::apply_all;
use quorate_core::cib::model::resource::Role;
use quorate_core::cib::{Document, Edit};
use quorate_core::scheduler::table::{NodeId, ResourceId};
use quorate_core::xml::Element;
use quorate_transport::local::daemon::ANSWER_WITHIN;

/// `--move`
pub fn go(scene: &Scene, id: ResourceId, node: Option<NodeId>, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let Some(node) = node else { return ban(scene, id, None, wish, answer) };
    let mut promoted_only = wish.promoted;
    if promoted_only && !scene.resource(id).promotable {
        let name = wish.resource.as_deref().unwrap_or_default();
        answer.info(wish.quiet, format!("Ignoring --promoted option: {name} is not promotable"));
        promoted_only = false;
    }
    let places = leaves(scene, id);
    if places.len() > 1 && !scene.resource(id).is_clone() && scene.clone_of(id).is_none() {
        return Err((Exit::MULTIPLE, String::new()));
    }
    let until = until(wish, answer)?;
    let facts = Facts { places, force: wish.force, promoted_only, ..Facts::default() };
    let resource = wish.resource.clone().unwrap_or_default();
    let target = scene.node_name(node).to_string();
    let from = facts.places.first().cloned().filter(|from| wish.force && *from != target);
    let intent = Intent::Move { resource: named(scene, id), node: Some(target), until };
    commit(scene, |document| admin::edits(document, &intent, &facts))?;
    from.iter().for_each(|from| warn(&resource, from, promoted_only, wish.quiet, answer));
    Ok(())
}

/// `--ban`, and `--move` without a node.
pub fn ban(
    scene: &Scene,
    id: ResourceId,
    node: Option<NodeId>,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let places = leaves(scene, id);
    let node = match (node, &places[..]) {
        (Some(node), _) => scene.node_name(node).to_string(),
        (None, [place]) => place.clone(),
        (None, _) => return Err((Exit::USAGE, nowhere(scene, id, wish))),
    };
    let until = until(wish, answer)?;
    let facts = Facts { places, promoted_only: wish.promoted, ..Facts::default() };
    warn(wish.resource.as_deref().unwrap_or_default(), &node, wish.promoted, wish.quiet, answer);
    let intent = Intent::Ban { resource: named(scene, id), node: Some(node), until };
    commit(scene, |document| admin::edits(document, &intent, &facts))
}

fn named(scene: &Scene, id: ResourceId) -> String {
    scene.resource(id).config_id.to_string()
}

/// Where it is active; of a promotable clone where it is promoted, if that is one place and it is active on several.
fn leaves(scene: &Scene, id: ResourceId) -> Vec<String> {
    let active = scene.active_on(id);
    let promoted = promoted_on(scene, id);
    let nodes = if active.len() != 1 && promoted.len() == 1 { promoted } else { active };
    nodes.into_iter().map(|node| scene.node_name(node).to_string()).collect()
}

fn promoted_on(scene: &Scene, id: ResourceId) -> Vec<NodeId> {
    let parts = scene.situation.with_descendants(id);
    let promoted = parts.iter().map(|part| scene.resource(*part)).filter(|one| one.role == Role::Promoted);
    let mut nodes: Vec<NodeId> = promoted.flat_map(|one| one.active_on.iter().copied()).collect();
    nodes.sort();
    nodes.dedup();
    nodes
}

fn nowhere(scene: &Scene, id: ResourceId, wish: &Wish) -> String {
    let name = wish.resource.as_deref().unwrap_or_default();
    let active = scene.active_on(id).len();
    match scene.resource(id).promotable {
        true => format!(
            "Resource '{name}' not moved: active in {active} locations (promoted in {}).\nTo prevent '{name}' from \
             running on a specific location, specify a node.To prevent '{name}' from being promoted at a specific \
             location, specify a node and the --promoted option.",
            promoted_on(scene, id).len()
        ),
        false => format!(
            "Resource '{name}' not moved: active in {active} locations.\nTo prevent '{name}' from running on a \
             specific location, specify a node."
        ),
    }
}

fn until(wish: &Wish, answer: &mut Answer) -> Result<Option<String>, Failed> {
    let Some(lifetime) = &wish.lifetime else { return Ok(None) };
    if clock::is_over_at_once(lifetime) {
        answer.error(format!("Invalid duration specified: {lifetime} is over at once"));
        return Err((Exit::USAGE, String::new()));
    }
    match clock::end_of(lifetime) {
        Some(end) => {
            answer.info(wish.quiet, format!("Migration will take effect until: {end}"));
            Ok(Some(end))
        }
        None => {
            let about = "https://en.wikipedia.org/wiki/ISO_8601#Durations";
            let text = format!(
                "Invalid duration specified: {lifetime}\nPlease refer to {about} for examples of valid durations"
            );
            answer.error(text);
            Err((Exit::USAGE, String::new()))
        }
    }
}

fn warn(resource: &str, node: &str, promoted_only: bool, quiet: bool, answer: &mut Answer) {
    if quiet {
        return;
    }
    let doing = if promoted_only { "being promoted" } else { "running" };
    answer.line(format!(
        "WARNING: Creating rsc_location constraint 'cli-ban-{resource}-on-{node}' with a score of -INFINITY for \
         resource {resource} on {node}."
    ));
    answer.line(format!(
        "\tThis will prevent {resource} from {doing} on {node} until the constraint is removed using the clear option \
         or by editing the CIB with an appropriate tool."
    ));
    answer.line(format!("\tThis will be the case even if {node} is the last node in the cluster"));
}

/// `--clear`
pub fn clear(
    scene: &Scene,
    id: Option<ResourceId>,
    node: Option<NodeId>,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let resource = id.map(|id| named(scene, id));
    let node = node.map(|node| scene.node_name(node).to_string());
    let gone = std::cell::RefCell::new(Vec::new());
    commit(scene, |document| {
        let edits = match (&resource, wish.expired) {
            (_, true) => moves::expired(document, resource.as_deref(), node.as_deref(), clock::now()),
            (Some(resource), false) => {
                let intent = Intent::Clear { resource: resource.clone(), node: node.clone() };
                let mut edits = admin::edits(document, &intent, &Facts::default())?;
                if wish.force && node.is_some() {
                    edits.push(moves::preference(resource));
                }
                edits
            }
            (None, false) => Vec::new(),
        };
        gone.replace(removed(document, &edits));
        Ok(edits)
    })?;
    if !wish.quiet {
        gone.into_inner().iter().for_each(|id| answer.line(format!("Removing constraint: {id}")));
    }
    Ok(())
}

/// Ids of what is there and goes.
fn removed(document: &Document, edits: &[Edit]) -> Vec<String> {
    let there = edits.iter().filter_map(|edit| edit.path().find(document.root())).filter_map(Element::id);
    let mut ids: Vec<String> = there.map(str::to_string).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// `--delete`
pub fn delete(scene: &Scene, wish: &Wish) -> Result<(), Failed> {
    let kind = wish.of_type.as_deref();
    let kind = kind.ok_or((Exit::USAGE, "You need to specify a resource type with -t".to_string()))?;
    let id = wish.resource.as_deref().unwrap_or_default();
    let command = Command::Delete(Some(Element::new(kind).with("id", id)));
    let scope = Scope::Section("resources".into());
    let made = |document: &Document| command::carry_out(document, &scope, &command);
    let refused = |exit: Exit, why: String| (exit, format!("Could not delete resource {id}: {why}"));
    match door::change(&scene.source, ANSWER_WITHIN, made) {
        Ok(_) => Ok(()),
        Err(ChangeError::Made(CommandError::NoSuch)) => Ok(()),
        Err(ChangeError::Made(error)) => Err(refused(Exit::ERROR, error.to_string())),
        Err(ChangeError::Store(error)) => Err(refused(door::exit(&error), error.to_string())),
        Err(ChangeError::Schema(_)) => {
            Err(refused(Exit::CONFIG, "Update does not conform to the configured schema".to_string()))
        }
    }
}

/// Puts an operator's edits in force.
pub fn commit(scene: &Scene, decide: impl Fn(&Document) -> Result<Vec<Edit>, Refusal>) -> Result<(), Failed> {
    let made = |document: &Document| {
        let edits = decide(document)?;
        let mut next = apply_all(document, &edits).expect("edits stand on what was just looked at");
        if next.root() != document.root() {
            // As Pacemaker's tool, which first takes away and then adds: each counts.
            let has = |gone: bool| edits.iter().any(|edit| matches!(edit, Edit::Delete { .. }) == gone);
            let once = document.version().next_configuration();
            next.set_version(if has(true) && has(false) { once.next_configuration() } else { once });
        }
        Ok(next)
    };
    let changed = door::change(&scene.source, ANSWER_WITHIN, made).map(drop);
    changed.map_err(|error| {
        error.told(|refusal| match refusal {
            Refusal::AlreadyThere { .. } => (Exit::EXISTS, String::new()),
            Refusal::NoResource(_) | Refusal::NoNode(_) => (Exit::NO_SUCH, refusal.to_string()),
            _ => (Exit::USAGE, refusal.to_string()),
        })
    })
}
