//! The top of the shell: the levels, and what concerns the whole cluster.
//!
//! In: calls. Out: status and verification as text.
//! Absent: the levels' own commands.

use super::{
    cib, cibstatus, cluster, configure, history, maintenance, node, options, ra, report, resource, script, site, status,
};
use crate::command::{Call, Command, Level, Run};
use crate::error::Outcome;
use crate::session::Session;

pub static LEVEL: Level = Level {
    name: "",
    help: "The cluster shell. Every level can be entered, or be given a command on the same line.",
    commands: &[
        Command {
            name: "configure",
            help: configure::LEVEL.help,
            run: Run::Level(&configure::LEVEL),
            ..Command::DEFAULT
        },
        Command { name: "resource", help: resource::LEVEL.help, run: Run::Level(&resource::LEVEL), ..Command::DEFAULT },
        Command { name: "node", help: node::LEVEL.help, run: Run::Level(&node::LEVEL), ..Command::DEFAULT },
        Command { name: "cib", help: cib::LEVEL.help, run: Run::Level(&cib::LEVEL), ..Command::DEFAULT },
        Command {
            name: "cibstatus",
            help: cibstatus::LEVEL.help,
            run: Run::Level(&cibstatus::LEVEL),
            ..Command::DEFAULT
        },
        Command { name: "cluster", help: cluster::LEVEL.help, run: Run::Level(&cluster::LEVEL), ..Command::DEFAULT },
        Command {
            name: "maintenance",
            help: maintenance::LEVEL.help,
            run: Run::Level(&maintenance::LEVEL),
            ..Command::DEFAULT
        },
        Command { name: "ra", help: ra::LEVEL.help, run: Run::Level(&ra::LEVEL), ..Command::DEFAULT },
        Command { name: "history", help: history::LEVEL.help, run: Run::Level(&history::LEVEL), ..Command::DEFAULT },
        Command { name: "script", help: script::LEVEL.help, run: Run::Level(&script::LEVEL), ..Command::DEFAULT },
        Command { name: "site", help: site::LEVEL.help, run: Run::Level(&site::LEVEL), ..Command::DEFAULT },
        Command { name: "options", help: options::LEVEL.help, run: Run::Level(&options::LEVEL), ..Command::DEFAULT },
        status::COMMAND,
        report::COMMAND,
        Command {
            name: "verify",
            help: "check the configuration",
            details: "Tells every reference that leads nowhere and every value that cannot be meant.\nThe exit code is 1 if anything is wrong.",
            run: Run::Do(verify),
            ..Command::DEFAULT
        },
    ],
};

fn verify(session: &mut Session, _: &Call) -> Outcome {
    let document = session.document()?;
    session.verifying = true;
    let problems = crate::check::document(&document, session);
    session.verifying = false;
    crate::check::verdict(session, &problems)
}
