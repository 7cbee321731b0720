//! Commands that work at every level: help, ls, cd, up, quit.
//!
//! In: calls. Out: another place, or words about this one.

use super::{all, current};
use crate::command::{Call, Command, Level, Run, What, any, maybe};
use crate::error::{Failure, Outcome};
use crate::leave::leave;
use crate::session::Session;

pub static COMMANDS: &[Command] = &[
    Command {
        name: "help",
        aliases: &["?", "-h", "--help"],
        arguments: &[any("topic", What::Topic)],
        help: "what there is, or what a command does",
        examples: &["help", "help configure", "help configure primitive", "help topics", "help RuleExpressions"],
        run: Run::Help,
        ..Command::DEFAULT
    },
    Command { name: "ls", help: "list the commands of this level", run: Run::List, ..Command::DEFAULT },
    Command {
        name: "cd",
        arguments: &[maybe("level", What::Level)],
        help: "go to another level; without one, up",
        examples: &["cd ../resource", "cd .."],
        run: Run::Do(go),
        ..Command::DEFAULT
    },
    Command { name: "up", aliases: &["end", "back"], help: "leave this level", run: Run::Do(up), ..Command::DEFAULT },
    Command {
        name: "quit",
        aliases: &["exit", "bye"],
        help: "leave the shell",
        run: Run::Do(quit),
        ..Command::DEFAULT
    },
];

/// The names of a level's commands, and of those that are everywhere.
pub fn list(session: &mut Session, level: &'static Level) -> Outcome {
    let commands = level.commands.iter().chain(COMMANDS).filter(|command| !command.is_hidden());
    let names: Vec<&str> = commands.map(|command| command.name).collect();
    for row in names.chunks(6) {
        let row: String = row.iter().map(|name| format!("{name:<18}")).collect();
        session.ui.line(row.trim_end());
    }
    Ok(())
}

fn up(session: &mut Session, _: &Call) -> Outcome {
    leave(session)
}

fn go(session: &mut Session, call: &Call) -> Outcome {
    let path = call.argument(0).unwrap_or("..");
    if path.starts_with('/') {
        while !session.levels.is_empty() {
            leave(session)?;
        }
    }
    for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
        if step == ".." {
            leave(session)?;
            continue;
        }
        let inside = current(session).commands.iter().find_map(|command| match command.run {
            Run::Level(level) if level.name == step => Some(level),
            _ => None,
        });
        match inside {
            Some(level) => session.levels.push(level.name),
            None => {
                let known: Vec<&str> = all().map(|level| level.name).filter(|name| !name.is_empty()).collect();
                return Err(Failure::usage(format!("there is no level `{step}` here"))
                    .hint(format!("the levels are {}", known.join(", "))));
            }
        }
        if step == "configure" {
            session.stage()?;
        }
    }
    Ok(())
}

fn quit(session: &mut Session, _: &Call) -> Outcome {
    while !session.levels.is_empty() {
        leave(session)?;
    }
    session.done = true;
    Ok(())
}
