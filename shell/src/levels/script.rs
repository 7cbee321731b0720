//! `script`: wizards that make a configuration from a few answers.
//!
//! In: calls. Out: lists and descriptions as text; the configuration with what a wizard adds, all of
//! it or nothing.
//! Absent: actions that work on other machines: they are refused before anything is done.

mod json;
mod library;
mod show;
mod take;

use crate::command::{Call, Command, Level, Run, What, any, maybe, one};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use library::{planned, with_library, wizard};

pub static LEVEL: Level = Level {
    name: "script",
    help: "wizards: a configuration from a few answers",
    commands: &[
        Command {
            name: "list",
            arguments: &[any("all|names", What::Words(&["all", "names"]))],
            help: "the scripts there are",
            details: "`names` shows nothing but names; `all` shows those too that check or change the machines.\nScripts are looked for in `core.script_path` (directories, `;` between), in the user's\n`~/.config/crm/scripts`, and in the directory `scripts` of `path.sharedir` (/usr/share/crmsh).",
            run: Run::Do(show::list),
            ..Command::DEFAULT
        },
        Command {
            name: "show",
            aliases: &["info", "describe"],
            arguments: &[one("script", What::Script), maybe("all", What::Words(&["all"]))],
            help: "what a script does and asks; with `all` the advanced questions too",
            examples: &["show virtual-ip", "show apache all"],
            run: Run::Do(show::show),
            ..Command::DEFAULT
        },
        Command {
            name: "verify",
            arguments: &[one("script", What::Script), any("name=value", What::ScriptParameter)],
            help: "check the answers, and show the steps that `run` would take",
            examples: &["verify virtual-ip id=vip ip=192.0.2.7"],
            run: Run::Do(verify),
            ..Command::DEFAULT
        },
        Command {
            name: "run",
            arguments: &[one("script", What::Script), any("name=value", What::ScriptParameter)],
            help: "make the configuration that a script makes",
            details: "All of it or nothing. With `dry_run=yes` the steps are only shown; with `action=N` only the\nstep with that number in `verify` is taken. A script with a step that installs something or runs\nsomething on other nodes is refused; take its other steps with `action`.",
            examples: &["run virtual-ip id=vip ip=192.0.2.7", "run apache id=web virtual-ip:ip=192.0.2.7 dry_run=yes"],
            run: Run::Do(run),
            ..Command::DEFAULT
        },
        Command {
            name: "json",
            arguments: &[one("command", What::Text)],
            help: "the same for programs: a command as a JSON list, the answer as JSON, one value a line",
            examples: &[
                "json '[\"list\"]'",
                "json '[\"verify\", \"virtual-ip\", {\"id\": \"vip\", \"ip\": \"192.0.2.7\"}]'",
            ],
            run: Run::Do(json::json),
            ..Command::DEFAULT
        },
    ],
};

/// The `name=value` words behind a script's name.
fn given(call: &Call) -> Outcome<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (at, word) in call.words().iter().enumerate().skip(1) {
        match word.split_once('=') {
            Some((name, value)) => found.push((name.to_string(), value.to_string())),
            None => return Err(Failure::misused(call.span(at), format!("`{word}` is no name=value"))),
        }
    }
    Ok(found)
}

fn verify(session: &mut Session, call: &Call) -> Outcome {
    let (_, steps) = planned(session, call.required(0), &given(call)?)?;
    if steps.is_empty() {
        session.ui.line("OK (no actions)");
    }
    take::try_out(session, &steps)?;
    session.ui.print(&show::steps(&steps));
    Ok(())
}

fn run(session: &mut Session, call: &Call) -> Outcome {
    let (answers, steps) = planned(session, call.required(0), &given(call)?)?;
    take::run(session, &answers, steps)
}
