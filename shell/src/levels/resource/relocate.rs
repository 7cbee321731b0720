//! `resource move`, `ban` and `clear`.
//!
//! In: calls. Out: the changed configuration, or a preview of what follows from it.
//! Absent: the constraints that are made for it (see `core::admin::moves`).

use super::steer::{meet_with, refused, steer};
use super::{node_name, resource};
use crate::command::{Call, FORCE};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::admin::running::places;
use quorate_core::admin::{self, Facts, Intent};
use quorate_core::cib::Document;
use quorate_grammar::literal;
use quorate_tools::clock;

/// What `move` and `ban` were told beside the resource: `[NODE] [LIFETIME] [force]`.
struct Wanted {
    node: Option<String>,
    until: Option<String>,
    force: bool,
}

fn wanted(session: &Session, document: &Document, call: &Call) -> Outcome<Wanted> {
    let mut wanted = Wanted { node: None, until: None, force: call.has(FORCE) || session.is_forced() };
    for (at, word) in call.words().iter().enumerate().skip(1) {
        if word == "force" {
            wanted.force = true;
            continue;
        }
        let lifetime = word.starts_with('P') && literal::duration(word).is_ok();
        match lifetime {
            true if clock::is_over_at_once(word) => {
                return Err(Failure::misused(call.span(at), format!("the lifetime `{word}` is over at once")));
            }
            true => wanted.until = clock::end_of(word),
            false if wanted.node.is_none() => wanted.node = Some(node_name(document, call, at)?),
            false => {
                return Err(Failure::misused(
                    call.span(at),
                    format!("`{word}` is neither a lifetime such as PT10M nor `force`"),
                ));
            }
        }
    }
    Ok(wanted)
}

/// What a call means, by where the resource is now.
fn wish(
    session: &mut Session,
    call: &Call,
    intent: impl Fn(String, Option<String>, Option<String>) -> Intent,
) -> Outcome {
    let document = session.document()?;
    let object = resource(&document, call)?;
    let Wanted { node, until, force } = wanted(session, &document, call)?;
    let facts = Facts { places: places(&document, &object, clock::now()), force, ..Facts::default() };
    let intent = intent(object.id.clone(), node, until);
    admin::edits(&document, &intent, &facts).map_err(|refusal| refused(call, &refusal))?;
    steer(session, call, |_, document| meet_with(document, &intent, &facts).map_err(|refusal| refused(call, &refusal)))
}

pub fn relocate(session: &mut Session, call: &Call) -> Outcome {
    wish(session, call, |resource, node, until| Intent::Move { resource, node, until })
}

pub fn ban(session: &mut Session, call: &Call) -> Outcome {
    wish(session, call, |resource, node, until| Intent::Ban { resource, node, until })
}

pub fn clear(session: &mut Session, call: &Call) -> Outcome {
    let document = session.document()?;
    let id = resource(&document, call)?.id;
    let node = call.argument(1).map(|_| node_name(&document, call, 1)).transpose()?;
    let intent = Intent::Clear { resource: id.clone(), node };
    steer(session, call, |session, document| {
        let edits = admin::edits(document, &intent, &Facts::default()).map_err(|refusal| refused(call, &refusal))?;
        match edits.len() {
            0 => session.ui.info(&format!("{id} has no constraints that `move` or `ban` made")),
            count => session.ui.info(&format!("removed {count} migration constraints of {id}")),
        }
        meet_with(document, &intent, &Facts::default()).map_err(|refusal| refused(call, &refusal))
    })
}
