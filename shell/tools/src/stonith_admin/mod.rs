//! stonith_admin: nodes fenced by hand, fence devices and the past of fencing shown.
//!
//! In: options; the daemon, the CIB, agents. Out: text or XML as Pacemaker's.

mod device;
mod fencer;
mod history;
mod options;

use crate::answer::Answer;
use crate::door;
use crate::standard::{self, Failed};
use crate::{Exit, Io};
use fencer::ask;
use options::{Action, MANUAL, Wish};
use quorate_core::node::{Refusal, Request};
use quorate_transport::local::daemon::AskError;
use quorate_transport::store::StoreError;

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, |call, io| {
        let mut answer = Answer::default();
        let outcome = Wish::of(&call.given).and_then(|wish| act(&wish, &mut answer));
        answer.tell(MANUAL.name, &call, outcome, io)
    })
}

fn act(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    match &wish.action {
        Action::Installed => device::installed(answer),
        Action::Metadata => return device::metadata(wish, answer),
        Action::Validate => return device::validate(wish, answer),
        Action::Registered => return device::registered(wish, answer),
        Action::Able(node) => return device::able(node, wish, answer),
        Action::Targets(id) => return device::targets(id, wish, answer),
        Action::Query(id) => return device::query(id, wish),
        Action::Level { target, add } => return device::level(target, *add, wish),
        Action::History(node) => return history::show(node, wish, answer),
        Action::Last(node) => return history::last(node, wish, answer),
        Action::Fence { node, action } => return fence(node, action, wish),
        Action::Confirm(node) => {
            return ask(&Request::ConfirmFenced { node: node.clone() }, wish).map_err(door::failed);
        }
        Action::Register(id) => return device::register(id, wish),
        Action::Deregister(id) => return device::deregister(id, wish),
    }
    Ok(())
}

fn fence(node: &str, action: &str, wish: &Wish) -> Result<(), Failed> {
    if history::was_just_done(node, action, wish)? {
        return Ok(());
    }
    std::thread::sleep(wish.delay);
    let request = Request::Fence { node: node.to_string(), action: action.to_string() };
    ask(&request, wish).map_err(|error| {
        let what = if action == "on" { "unfence" } else { "fence" };
        let words = |why: &str| format!("Couldn't {what} {node}: {why}");
        match &error {
            StoreError::Daemon(AskError::Refused(Refusal::Unknown { .. })) => (Exit::NO_SUCH, words("No such device")),
            StoreError::Daemon(AskError::Refused(Refusal::NotFenced { reason })) => {
                let none = reason.contains("no fence device");
                let (exit, why) = if none { (Exit::NO_SUCH, "No such device") } else { (Exit::ERROR, "Error") };
                (exit, words(&format!("{why} ({reason})")))
            }
            _ => (door::exit(&error), words(&error.to_string())),
        }
    })
}
