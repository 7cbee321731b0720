//! From the words of a line to the command that runs.
//!
//! In: a logical line and the session. Out: the command's outcome.
//! Absent: where lines come from (see `script`, `repl`).

use crate::check;
use crate::command::{Call, Level, Run, resolve};
use crate::error::{Failure, Outcome};
use crate::levels;
use crate::session::{RunMode, Session};
use quorate_grammar::line::{Line, LineKind, Token};

/// Runs one logical line at the session's level.
pub fn run(session: &mut Session, line: &Line) -> Outcome {
    match &line.kind {
        LineKind::Comment(_) => Ok(()),
        LineKind::Words(words) if words.is_empty() => Ok(()),
        LineKind::Words(words) => run_words(session, levels::current(session), words, line),
        LineKind::Raw { keyword, .. } => {
            run_words(session, levels::current(session), std::slice::from_ref(keyword), line)
        }
    }
}

fn run_words(session: &mut Session, level: &'static Level, words: &[Token], line: &Line) -> Outcome {
    let at = if level.name.is_empty() { "here".to_string() } else { format!("of `{}`", level.name) };
    let commands = level.commands.iter().chain(levels::universal::COMMANDS);
    let command = match resolve(commands, &words[0], &at) {
        Ok(command) => command,
        Err(failure) => return Err(elsewhere(level, &words[0], failure)),
    };
    match command.run {
        Run::Level(level) if words.len() == 1 => enter(session, level),
        Run::Level(level) => visit(session, level, &words[1..], line),
        Run::Do(_) if asks_for_help(words) => {
            crate::help::command(session, level, command);
            Ok(())
        }
        Run::Do(run) => run(session, &Call::new(command, words)?),
        Run::Help => crate::help::asked(session, level, &Call::new(command, words)?.words()),
        Run::List => levels::universal::list(session, level),
        Run::Statement => levels::configure::line(session, command, words, line),
    }
}

fn asks_for_help(words: &[Token]) -> bool {
    words.len() == 2 && matches!(words[1].text.as_str(), "--help" | "-h")
}

/// A word that is no command here may be one of crmsh's that we do not have yet, or one of another level.
fn elsewhere(level: &Level, token: &Token, mut failure: Failure) -> Failure {
    let Some(diagnostic) = failure.diagnostics.first_mut() else { return failure };
    if let Some(name) =
        levels::NOT_YET.iter().find(|(at, name)| *at == level.name && *name == token.text).map(|(_, name)| name)
    {
        diagnostic.message = format!("`{name}` is not supported yet by this version");
        diagnostic.hint = None;
        return failure;
    }
    if diagnostic.hint.is_none() {
        let homes: Vec<&str> = levels::all()
            .filter(|level| level.commands.iter().any(|command| command.is_called(&token.text)))
            .map(|level| level.name)
            .collect();
        if let Some(home) = homes.first().filter(|_| !homes.contains(&level.name)) {
            let path = if home.is_empty() { "at the top".to_string() } else { format!("in `{home}`") };
            diagnostic.hint = Some(format!("there is one {path}"));
        }
    }
    failure
}

fn enter(session: &mut Session, level: &'static Level) -> Outcome {
    if level.name == "configure" {
        session.stage()?;
    }
    session.levels.push(level.name);
    Ok(())
}

/// Runs words in a level and comes back. Leaving `configure` commits what they changed.
fn visit(session: &mut Session, level: &'static Level, words: &[Token], line: &Line) -> Outcome {
    let inside = session.levels.contains(&"configure");
    let depth = session.levels.len();
    let outcome = run_words(session, level, words, line);
    // `configure template` enters the one by way of the other.
    if outcome.is_ok() && session.levels.len() > depth {
        session.levels.insert(depth, level.name);
        if level.name == "configure" && !inside {
            session.stage()?;
        }
        return outcome;
    }
    // `crm options set …` alone would be for nothing.
    if level.name == "options" && outcome.is_ok() && session.mode == RunMode::Single && session.options.is_unsaved() {
        return levels::options::keep(session).map(drop);
    }
    if level.name != "configure" || inside {
        return outcome;
    }
    if outcome.is_ok() && session.is_changed() {
        let committed = check::before_commit(session, false).and_then(|()| session.commit_stage());
        session.drop_stage();
        return committed.map(drop);
    }
    session.drop_stage();
    outcome
}
