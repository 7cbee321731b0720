//! The top of the shell: the levels, and what concerns the whole cluster.
//!
//! In: calls. Out: status and verification as text.
//! Absent: the levels' own commands.

use super::{
    cib, cibstatus, cluster, configure, corosync, history, maintenance, node, options, ra, report, resource, script,
    site, status,
};
use crate::command::{Call, Command, Level, Run, What, maybe};
use crate::error::{Failure, Outcome};
use crate::preview;
use crate::session::Session;

pub static LEVEL: Level = Level {
    name: "",
    help: "The cluster shell. Every level can be entered, or be given a command on the same line.",
    commands: &[
        Command::enter(&configure::LEVEL),
        Command::enter(&resource::LEVEL),
        Command::enter(&node::LEVEL),
        Command::enter(&cib::LEVEL),
        Command::enter(&cibstatus::LEVEL),
        Command::enter(&cluster::LEVEL),
        Command::enter(&maintenance::LEVEL),
        Command::enter(&ra::LEVEL),
        Command::enter(&history::LEVEL),
        Command::enter(&script::LEVEL),
        Command::enter(&corosync::LEVEL),
        Command::enter(&site::LEVEL),
        Command::enter(&options::LEVEL),
        status::COMMAND,
        report::COMMAND,
        Command {
            name: "verify",
            arguments: &[maybe("scores", What::Words(&["scores"]))],
            help: "check the configuration",
            details: "Tells every reference that leads nowhere and every value that cannot be meant.\nThe exit code is 1 if anything is wrong. With `scores` also why resources go where they go.",
            examples: &["verify", "verify scores"],
            run: Run::Do(verify),
            ..Command::DEFAULT
        },
    ],
};

fn verify(session: &mut Session, call: &Call) -> Outcome {
    let wants_scores = match call.argument(0) {
        None => false,
        Some("scores") => true,
        Some(word) => return Err(Failure::misused(call.span(0), format!("`{word}` is not `scores`"))),
    };
    let document = session.document()?;
    session.checks.verifying = true;
    let problems = crate::check::document(&document, session);
    session.checks.verifying = false;
    let verdict = crate::check::verdict(session, &problems);
    if wants_scores && !session.ui.is_json() {
        session.page(&preview::simulator(&document, &["-s", "-Q"])?);
    }
    verdict
}
