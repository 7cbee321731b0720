//! Meta attributes that tell the cluster what to do with a resource: start, stop, manage, maintenance.
//!
//! In: calls. Out: the changed configuration, or a preview of what follows from it.
//! Absent: where a resource runs (see `relocate`).

use super::{expanded, named};
use crate::command::{Call, PREVIEW};
use crate::configure::attribute::{self, Sort};
use crate::configure::ids::Pool;
use crate::configure::objects::{self, is_resource};
use crate::error::{Failure, Outcome};
use crate::preview;
use crate::session::{Manner, Session};
use quorate_core::cib::Document;
use quorate_core::xml::Element;
use quorate_grammar::literal;

/// Makes a change, or shows what the cluster would do after it.
pub fn steer(
    session: &mut Session,
    call: &Call,
    change: impl FnOnce(&mut Session, &mut Document) -> Outcome,
) -> Outcome {
    if call.has(PREVIEW) {
        let base = session.document()?;
        let mut document = base.clone();
        change(session, &mut document)?;
        return session.preview(&base, &document);
    }
    let words: Vec<&str> = call.tokens.iter().map(|token| token.text.as_str()).collect();
    session.change(&words.join(" "), change)
}

/// Sets a meta attribute on resources. For a member of a clone the clone is meant; what members
/// have set to the contrary is removed, after asking.
fn set_meta(session: &mut Session, call: &Call, name: &str, value: &str) -> Outcome {
    let ids = expanded(&session.document()?, call)?;
    steer(session, call, |session, document| {
        for id in &ids {
            set_one(session, document.configuration_mut(), id, name, value);
        }
        Ok(())
    })
}

/// Sets a meta attribute of one resource as its level's commands do.
pub fn set_one(session: &mut Session, configuration: &mut Element, id: &str, name: &str, value: &str) {
    let place = objects::find_resource(configuration, id).map(|object| target(configuration, &object.place));
    let Some(place) = place else { return };
    let mut pool = Pool::of(configuration);
    let object = objects::at_mut(configuration, &place);
    attribute::set(object, Sort::Meta, name, value, &mut pool);
    let above = object.id().unwrap_or_default().to_string();
    // The instances of a clone cannot differ, so there is nothing to ask about what is cloned.
    let cloned = is_clone(object).then(|| object.elements().find(|child| is_resource(child))?.id()).flatten();
    let cloned = cloned.map(str::to_string);
    let set = object.descendants().skip(1).filter(|part| is_resource(part));
    let set =
        set.filter_map(|part| Some((part.id()?.to_string(), attribute::get(part, Sort::Meta, name)?.to_string())));
    let children = session.options.get("core.manage_children").to_string();
    for (member, own) in set.collect::<Vec<_>>() {
        let overridden = cloned.as_ref() == Some(&member)
            || contrary(&own, value)
                && match children.as_str() {
                    "always" => true,
                    "never" => false,
                    _ => {
                        session.confirm(&format!("Override '{name}' of the member {member}?"))
                            || session.manner != Manner::Interactive
                    }
                };
        if overridden {
            let place = objects::find_resource(configuration, &member).expect("it was just listed").place;
            attribute::unset(objects::at_mut(configuration, &place), Sort::Meta, name);
            session.ui.info(&format!("removed '{name}' of {member}: {above} decides it now"));
        }
    }
}

/// Whether a member's value keeps it from doing what its container is told.
fn contrary(own: &str, wanted: &str) -> bool {
    match (literal::boolean(own), literal::boolean(wanted)) {
        (Ok(own), Ok(wanted)) => own != wanted,
        _ => !own.eq_ignore_ascii_case(wanted),
    }
}

fn is_clone(element: &Element) -> bool {
    matches!(&*element.name, "clone" | "master")
}

fn unset_one(configuration: &mut Element, id: &str, name: &str) {
    let place = objects::find_resource(configuration, id).map(|object| target(configuration, &object.place));
    if let Some(place) = place {
        attribute::unset(objects::at_mut(configuration, &place), Sort::Meta, name);
    }
}

/// What is cloned, or runs in a bundle, is meant with all its instances. A member of a group is meant alone.
fn target(configuration: &Element, place: &[usize]) -> objects::Place {
    let around = &place[..place.len() - 1];
    let holder = objects::at(configuration, around);
    if is_clone(holder) || holder.name == "bundle" { around.to_vec() } else { place.to_vec() }
}

pub fn start(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "target-role", "Started")
}

pub fn stop(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "target-role", "Stopped")
}

pub fn promote(session: &mut Session, call: &Call) -> Outcome {
    promotable(session, call)?;
    set_meta(session, call, "target-role", "Promoted")
}

pub fn demote(session: &mut Session, call: &Call) -> Outcome {
    promotable(session, call)?;
    set_meta(session, call, "target-role", "Unpromoted")
}

fn promotable(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    for (at, id) in expanded(&document, call)?.iter().enumerate() {
        let Some(object) = objects::find_resource(document.configuration(), id) else { continue };
        let clone = objects::at(document.configuration(), &target(document.configuration(), &object.place));
        let yes = clone.name == "master"
            || attribute::get(clone, Sort::Meta, "promotable").is_some_and(|value| literal::boolean(value) == Ok(true));
        if !yes {
            return Err(Failure::at(call.span(at), format!("`{id}` is not a promotable clone"))
                .hint(format!("make it one with `resource meta {id} set promotable true`")));
        }
    }
    Ok(())
}

pub fn manage(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "is-managed", "true")
}

pub fn unmanage(session: &mut Session, call: &Call) -> Outcome {
    set_meta(session, call, "is-managed", "false")
}

pub fn maintenance(session: &mut Session, call: &Call) -> Outcome {
    let value = match call.argument(1) {
        None => true,
        Some(word) => literal::boolean(word)
            .map_err(|_| Failure::misused(call.span(1), format!("`{word}` is neither on nor off")))?,
    };
    maintain(session, call, value)
}

/// Sets or ends the maintenance of the resource that the call names first.
pub fn maintain(session: &mut Session, call: &Call, value: bool) -> Outcome {
    let ids = named(&session.document()?, call)?;
    steer(session, call, |session, document| {
        for id in &ids {
            set_one(session, document.configuration_mut(), id, "maintenance", if value { "true" } else { "false" });
        }
        Ok(())
    })
}

pub fn restart(session: &mut Session, call: &Call) -> Outcome {
    let before = session.document()?;
    let ids = expanded(&before, call)?;
    let roles = ids.iter().map(|id| (id.clone(), role_before(&before, id)));
    let roles: Vec<(String, Option<String>)> = roles.collect();
    let go = |session: &mut Session, document: &mut Document| {
        for (id, role) in &roles {
            match role.as_deref() {
                None => unset_one(document.configuration_mut(), id, "target-role"),
                Some("Stopped") => set_one(session, document.configuration_mut(), id, "target-role", "Started"),
                Some(role) => set_one(session, document.configuration_mut(), id, "target-role", role),
            }
        }
    };
    if call.has(PREVIEW) {
        let mut stopped = before.clone();
        for id in &ids {
            set_one(session, stopped.configuration_mut(), id, "target-role", "Stopped");
        }
        let stopped = session.supposed(&before, &stopped)?;
        let text = preview::stop_and_go(&stopped, |document| go(session, document));
        session.ui.print(&text);
        return Ok(());
    }
    if !session.source.is_live() || session.manner == Manner::Batch {
        return Err(Failure::refused("a restart needs the running cluster, and a command of its own"));
    }
    let waits = std::mem::replace(&mut session.switches.wait, true);
    let stopped = stop(session, call)
        .map_err(|failure| failure.hint("`resource start` lets it run again, once you know why it does not stop"));
    let outcome = stopped.and_then(|()| {
        session.change("restart", |session, document| {
            go(session, document);
            Ok(())
        })
    });
    session.switches.wait = waits;
    outcome
}

fn role_before(document: &Document, id: &str) -> Option<String> {
    let configuration = document.configuration();
    let object = objects::find_resource(configuration, id)?;
    attribute::get(objects::at(configuration, &target(configuration, &object.place)), Sort::Meta, "target-role")
        .map(str::to_string)
}
