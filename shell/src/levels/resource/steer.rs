//! What is wanted of resources, told to the cluster: start, stop, manage, maintenance.
//!
//! In: calls. Out: the changed configuration, or a preview of what follows from it.
//! Absent: what a wish amounts to (see `core::admin`), where a resource runs (see `relocate`).

use super::{expanded, named};
use crate::command::{Call, PREVIEW};
use crate::error::{Failure, Outcome};
use crate::session::{RunMode, Session};
use quorate_core::admin::manage::{self, Rival, Rivals};
use quorate_core::admin::target_role::{self, Contrary, Members, TargetRole};
use quorate_core::admin::{self, Facts, Intent, Refusal};
use quorate_core::cib::Document;
use quorate_core::cib::edit::apply_all;
use quorate_core::simulate::would;
use quorate_grammar::literal;
use quorate_tools::clock;

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
    session.change(&call.text(), change)
}

/// Does what is wanted, one after the other, or shows what would follow.
pub fn wish(session: &mut Session, call: &Call, intents: &[Intent]) -> Outcome {
    steer(session, call, |session, document| carry_out(session, call, document, intents))
}

fn carry_out(session: &mut Session, call: &Call, document: &mut Document, intents: &[Intent]) -> Outcome {
    intents.iter().try_for_each(|intent| meet(session, document, intent).map_err(|refusal| refused(call, &refusal)))
}

/// Changes the document as is wanted. What members of a container say to the contrary is removed, after asking.
pub fn meet(session: &mut Session, document: &mut Document, intent: &Intent) -> Result<(), Refusal> {
    let (members, rivals) = match intent.meta() {
        Some((id, name, value)) => (
            agreed(session, name, target_role::contrary(document, id, name, value)?),
            giving_way(session, name, manage::rivals(document, id, name, value)?),
        ),
        None => (Members::All, Rivals::default()),
    };
    meet_with(document, intent, &Facts { epoch: clock::now().epoch(), members, rivals, ..Facts::default() })
}

/// The same by what is known already.
pub fn meet_with(document: &mut Document, intent: &Intent, facts: &Facts) -> Result<(), Refusal> {
    let edits = admin::edits(document, intent, facts)?;
    *document = apply_all(document, &edits).expect("edits stand on what was just looked at");
    Ok(())
}

/// Which members give way. The instances of a clone cannot differ, so there is nothing to ask about what is cloned.
fn agreed(session: &mut Session, name: &str, contrary: Contrary) -> Members {
    let children = session.options.get("core.manage_children").to_string();
    let mut agreed = contrary.members;
    agreed.retain(|member| match children.as_str() {
        "always" => true,
        "never" => false,
        _ => {
            session.confirm(&format!("Override '{name}' of the member {member}?"))
                || session.mode != RunMode::Interactive
        }
    });
    for member in contrary.cloned.iter().chain(&agreed) {
        session.ui.info(&format!("removed '{name}' of {member}: {} decides it now", contrary.above));
    }
    Members::These(agreed)
}

/// Who gives up `maintenance` for `is-managed`, or the reverse. Where nobody can be asked, what would leave the
/// wish without effect goes, and what else it leaves standing is said.
fn giving_way(session: &mut Session, name: &str, rivals: Vec<Rival>) -> Rivals {
    let other = manage::rival_of(name).unwrap_or_default();
    let mut ids = Vec::new();
    for Rival { id, hinders } in rivals {
        let question = format!("'{name}' conflicts with '{other}' of {id}. Remove '{other}'?");
        if session.confirm(&question) || hinders && session.mode != RunMode::Interactive {
            session.ui.info(&format!("removed '{other}' of {id}: '{name}' decides it now"));
            ids.push(id);
        } else {
            session.ui.info(&format!("'{other}' of {id} stays as it is"));
        }
    }
    Rivals::These(ids)
}

/// A refusal in the shell's words, at the argument that it is about.
pub fn refused(call: &Call, refusal: &Refusal) -> Failure {
    let words = call.words();
    let at = |name: &str| {
        let at = words.iter().position(|word| word == name).unwrap_or(0);
        Failure::at(call.span(at), refusal.to_string())
    };
    match refusal {
        Refusal::NoResource(name) | Refusal::NoNode(name) => at(name),
        Refusal::IsMember(_) => Failure::refused(refusal.to_string()).hint("stop the cluster there first"),
        Refusal::NotPromotable(id) => at(id).hint(format!("make it one with `resource meta {id} set promotable true`")),
        Refusal::NoDestination(id) => Failure::usage(refusal.to_string())
            .hint(format!("`move {id} NODE`, or `move {id} force` to keep it from where it runs")),
        Refusal::AlreadyThere { .. } => Failure::refused(refusal.to_string()).hint("`force` keeps it there"),
        Refusal::RunsNowhere(_) => Failure::refused(refusal.to_string()).hint("name a node"),
        Refusal::RunsOnSeveral { .. } => {
            Failure::refused(refusal.to_string()).hint("name the node it is to leave, with `ban`")
        }
    }
}

/// The same for all resources that the call names.
fn wish_of_each(session: &mut Session, call: &Call, intent: impl Fn(String) -> Intent) -> Outcome {
    let ids = expanded(&session.document()?, call)?;
    wish(session, call, &ids.into_iter().map(intent).collect::<Vec<_>>())
}

fn role(session: &mut Session, call: &Call, role: TargetRole) -> Outcome {
    wish_of_each(session, call, |resource| Intent::Role { resource, role })
}

pub fn start(session: &mut Session, call: &Call) -> Outcome {
    role(session, call, TargetRole::Started)
}

pub fn stop(session: &mut Session, call: &Call) -> Outcome {
    role(session, call, TargetRole::Stopped)
}

pub fn promote(session: &mut Session, call: &Call) -> Outcome {
    role(session, call, TargetRole::Promoted)
}

pub fn demote(session: &mut Session, call: &Call) -> Outcome {
    role(session, call, TargetRole::Unpromoted)
}

pub fn manage(session: &mut Session, call: &Call) -> Outcome {
    wish_of_each(session, call, |resource| Intent::Manage { resource, managed: true })
}

pub fn unmanage(session: &mut Session, call: &Call) -> Outcome {
    wish_of_each(session, call, |resource| Intent::Manage { resource, managed: false })
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
pub fn maintain(session: &mut Session, call: &Call, on: bool) -> Outcome {
    let ids = named(&session.document()?, call)?;
    let intent = |resource| Intent::Maintenance { resource, on };
    wish(session, call, &ids.into_iter().map(intent).collect::<Vec<_>>())
}

pub fn restart(session: &mut Session, call: &Call) -> Outcome {
    let before = session.document()?;
    let ids = expanded(&before, call)?;
    let restore = |id: &String| Intent::Restore { resource: id.clone(), role: target_role::written(&before, id) };
    let restored: Vec<Intent> = ids.iter().map(restore).collect();
    let go = |session: &mut Session, document: &mut Document| carry_out(session, call, document, &restored);
    if call.has(PREVIEW) {
        let stop = |resource| Intent::Role { resource, role: TargetRole::Stopped };
        let mut stopped = before.clone();
        carry_out(session, call, &mut stopped, &ids.into_iter().map(stop).collect::<Vec<_>>())?;
        let stopped = session.supposed(&before, &stopped)?;
        let text = would::stop_and_go(&stopped, clock::now(), |document| go(session, document))?;
        session.ui.print(&text);
        return Ok(());
    }
    if !session.source.is_live() || session.mode == RunMode::Batch {
        return Err(Failure::refused("a restart needs the running cluster, and a command of its own"));
    }
    let waits = std::mem::replace(&mut session.switches.wait, true);
    let stopped = stop(session, call)
        .map_err(|failure| failure.hint("`resource start` lets it run again, once you know why it does not stop"));
    let outcome = stopped.and_then(|()| session.change("restart", go));
    session.switches.wait = waits;
    outcome
}
