//! `--set-parameter`, `--delete-parameter`: attributes of resources changed.
//!
//! In: a scene and a wish. Out: a changed CIB, and what was done in Pacemaker's words.
//! Absent: which element and pair are meant (see core's `admin::parameter`).

use super::options::{Kind, Wish};
use super::relation;
use super::scene::Scene;
use crate::Exit;
use crate::answer::Answer;
use crate::door::{self, ChangeError};
use crate::standard::Failed;
use quorate_core::admin::attribute::Sort;
use quorate_core::admin::parameter::{self, Changed, Denial, Outcome, Remark, Wanted};
use quorate_core::cib::edit::apply_all;
use quorate_core::cib::{Document, objects};
use quorate_core::scheduler::table::ResourceId;
use quorate_core::xml::Element;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use std::cell::RefCell;

fn sort(kind: Kind) -> Sort {
    match kind {
        Kind::Meta => Sort::Meta,
        Kind::Utilization => Sort::Utilization,
        Kind::Parameter | Kind::Element => Sort::Parameter,
    }
}

/// `--set-parameter`
pub fn set(scene: &Scene, id: ResourceId, name: &str, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let value = wish.value.as_deref().filter(|value| !value.is_empty());
    let value = value.ok_or((Exit::USAGE, "You need to supply a value with the -v option".to_string()))?;
    if wish.kind == Kind::Element {
        element(scene, id, name, Some(value))?;
        say(wish, answer, format!("Set attribute: name={name} value={value}"));
        return Ok(());
    }
    let others = match wish.recursive && wish.kind == Kind::Meta {
        true => relation::colocated_with(scene, id),
        false => Vec::new(),
    };
    let outcome = changed(scene, |document| {
        let mut whole = parameter::set(document, &wanted(scene, id, name, wish), value)?;
        for other in &others {
            let wanted = Wanted { set: None, pair: None, ..wanted(scene, *other, name, wish) };
            let more = parameter::set(document, &wanted, value)?;
            whole.remarks.extend(more.remarks);
            whole.changed.extend(more.changed);
            whole.edits.extend(more.edits);
        }
        Ok(whole)
    });
    let outcome = told(outcome, name, wish, answer)?;
    remark(&outcome.remarks, "update", name, wish, answer);
    let mut settings = Element::new("resource-settings");
    for one in &outcome.changed {
        let set = one.set.as_ref().map_or(String::new(), |set| format!(" set={set}"));
        say(wish, answer, format!("Set '{}' option: id={}{set} name={name} value={value}", one.resource, one.pair));
        settings.push(setting(one, name, value));
    }
    answer.part(settings);
    Ok(())
}

fn setting(one: &Changed, name: &str, value: &str) -> Element {
    let pair = Element::new("nvpair").with("id", &one.pair).with("value", value).with("name", name);
    let mut set = Element::new(one.kind);
    if let Some(id) = &one.set {
        set.set("id", id);
    }
    Element::new(&one.element).with("id", &one.resource).with_child(set.with_child(pair))
}

/// `--delete-parameter`
pub fn unset(scene: &Scene, id: ResourceId, name: &str, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    if wish.kind == Kind::Element {
        element(scene, id, name, None)?;
        say(wish, answer, format!("Deleted attribute: {name}"));
        return Ok(());
    }
    let outcome = changed(scene, |document| parameter::unset(document, &wanted(scene, id, name, wish)));
    let outcome = told(outcome, name, wish, answer)?;
    remark(&outcome.remarks, "delete", name, wish, answer);
    for one in &outcome.changed {
        let set = wish.set.as_ref().map_or(String::new(), |set| format!(" set={set}"));
        say(wish, answer, format!("Deleted '{}' option: id={}{set} name={name}", one.resource, one.pair));
    }
    Ok(())
}

fn wanted<'a>(scene: &'a Scene, id: ResourceId, name: &'a str, wish: &'a Wish) -> Wanted<'a> {
    Wanted {
        resource: &scene.resource(id).config_id,
        sort: sort(wish.kind),
        name,
        set: wish.set.as_deref(),
        pair: wish.pair.as_deref(),
        force: wish.force,
    }
}

fn say(wish: &Wish, answer: &mut Answer, line: String) {
    if !wish.quiet {
        answer.line(line);
    }
}

/// What was decided on the document that was changed.
fn changed(
    scene: &Scene,
    decide: impl Fn(&Document) -> Result<Outcome, Denial>,
) -> Result<Outcome, ChangeError<Denial>> {
    let decided = RefCell::new(Outcome::default());
    door::change(&scene.source, ANSWER_WITHIN, |document| {
        let outcome = decide(document)?;
        let mut next = apply_all(document, &outcome.edits).expect("edits stand on what was just looked at");
        outcome.changed.iter().for_each(|one| new_set_last(document, &mut next, one));
        if next.root() != document.root() {
            // Each option that is set or goes counts, as with Pacemaker's tool.
            let steps = outcome.changed.len().max(1);
            next.set_version((0..steps).fold(document.version(), |version, _| version.next_configuration()));
        }
        decided.replace(outcome);
        Ok(next)
    })?;
    Ok(decided.into_inner())
}

/// A set that is new comes behind the members of a container, as Pacemaker's tool has it.
fn new_set_last(before: &Document, next: &mut Document, changed: &Changed) {
    let Some(set) = &changed.set else { return };
    let path = |document: &Document| {
        let configuration = document.configuration();
        Some(objects::find_resource(configuration, &changed.resource)?.path(configuration))
    };
    let has_set = |element: &Element| element.elements().any(|child| child.id() == Some(set));
    let was_there = path(before).and_then(|path| path.find(before.root()).map(has_set));
    if was_there == Some(false)
        && let Some(element) = path(next).and_then(|path| path.find_mut(next.root_mut()))
        && let Some(at) = element
            .children
            .iter()
            .position(|node| node.element().is_some_and(|child| child.id() == Some(set.as_str())))
    {
        let node = element.children.remove(at);
        element.children.push(node);
    }
}

fn told(
    outcome: Result<Outcome, ChangeError<Denial>>,
    name: &str,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<Outcome, Failed> {
    match outcome {
        Ok(outcome) => Ok(outcome),
        Err(ChangeError::Made(Denial::Several(found))) => {
            several(&found, name, wish, answer);
            Err((Exit::MULTIPLE, String::new()))
        }
        Err(ChangeError::Made(Denial::IsMeta { resource, pair })) => {
            if !wish.quiet {
                let text =
                    format!("WARNING: There is already a meta attribute for '{resource}' called '{name}' (id={pair})");
                answer.error(text);
                answer.error(format!("         Delete '{pair}' first or use the force option to override"));
            }
            Err((Exit::MULTIPLE, String::new()))
        }
        Err(ChangeError::Made(Denial::Refused(refusal))) => Err((Exit::NO_SUCH, refusal.to_string())),
        Err(ChangeError::Store(error)) => Err(door::failed(error)),
        Err(ChangeError::Schema(faults)) => Err((Exit::CONFIG, quorate_core::schema::in_short(&faults))),
    }
}

fn several(found: &[(String, String)], name: &str, wish: &Wish, answer: &mut Answer) {
    say(wish, answer, format!("Multiple attributes match name={name}"));
    found.iter().for_each(|(value, id)| say(wish, answer, format!("  Value: {value} \t(id={id})")));
    answer.line("");
}

fn remark(remarks: &[Remark], doing: &str, name: &str, wish: &Wish, answer: &mut Answer) {
    let asked = wish.resource.as_deref().unwrap_or_default();
    for remark in remarks {
        match remark {
            Remark::Several(found) => several(found, name, wish, answer),
            Remark::Parent(id) => {
                say(wish, answer, format!("Performing {doing} of '{name}' on '{id}', the parent of '{asked}'"));
            }
            Remark::Child(id) => {
                let text = format!(
                    "A value for '{name}' already exists in child '{id}', performing {doing} on that instead of '{asked}'"
                );
                say(wish, answer, text);
            }
        }
    }
}

/// An attribute of the element itself.
fn element(scene: &Scene, id: ResourceId, name: &str, value: Option<&str>) -> Result<(), Failed> {
    let config_id = scene.resource(id).config_id.to_string();
    let made = |document: &Document| {
        let configuration = document.configuration();
        let object = objects::find_resource(configuration, &config_id).ok_or(())?;
        let path = object.path(configuration);
        let mut next = document.clone();
        let element = path.find_mut(next.root_mut()).ok_or(())?;
        match value {
            Some(value) => element.set(name, value),
            None => drop(element.unset(name)),
        }
        // Counted in any case, as Pacemaker's tool does; a cluster is not asked for nothing.
        if next.root() != document.root() || !scene.source.is_live() {
            next.set_version(document.version().next_configuration());
        }
        Ok(next)
    };
    match door::change(&scene.source, ANSWER_WITHIN, made) {
        Ok(_) => Ok(()),
        Err(ChangeError::Made(())) => Err((Exit::NO_SUCH, String::new())),
        Err(ChangeError::Store(error)) => Err(door::failed(error)),
        Err(ChangeError::Schema(faults)) => Err((Exit::CONFIG, quorate_core::schema::in_short(&faults))),
    }
}
