//! From the words of a line to the command that runs.
//!
//! In: a logical line and the session. Out: the command's outcome.
//! Absent: where lines come from (see `script`, `repl`).

use crate::check;
use crate::command::{Call, Command, Level, Run, resolve};
use crate::error::{Failure, Outcome};
use crate::levels;
use crate::session::{Manner, Session};
use quorate_grammar::Span;
use quorate_grammar::Word;
use quorate_grammar::crm;
use quorate_grammar::line::{Line, LineKind, Token};

/// Runs one logical line at the session's level.
pub fn run(session: &mut Session, line: &Line) -> Outcome {
    match &line.kind {
        LineKind::Comment(_) => Ok(()),
        LineKind::Words(words) if words.is_empty() => Ok(()),
        LineKind::Words(words) => run_words(session, session.level(), words, line),
        LineKind::Raw { keyword, .. } => run_words(session, session.level(), std::slice::from_ref(keyword), line),
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
        Run::Tell(tell) => tell(session, level, &Call::new(command, words)?),
        Run::Statement => statement(session, command, words, line),
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
    session.levels.push(level);
    Ok(())
}

/// Runs words in a level and comes back. Leaving `configure` commits what they changed.
fn visit(session: &mut Session, level: &'static Level, words: &[Token], line: &Line) -> Outcome {
    let inside = session.levels.iter().any(|entered| entered.name == "configure");
    let depth = session.levels.len();
    let outcome = run_words(session, level, words, line);
    // `configure template` enters the one by way of the other.
    if outcome.is_ok() && session.levels.len() > depth {
        session.levels.insert(depth, level);
        if level.name == "configure" && !inside {
            session.stage()?;
        }
        return outcome;
    }
    // `crm options set …` alone would be for nothing.
    if level.name == "options" && outcome.is_ok() && session.manner == Manner::Single && session.options.is_unsaved() {
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

/// Leaves the current level. What is pending in `configure` is committed, or asked about.
pub fn leave(session: &mut Session) -> Outcome {
    let Some(level) = session.levels.last().copied() else { return Ok(()) };
    if level.name == "configure" {
        leave_configure(session)?;
    }
    session.levels.pop();
    Ok(())
}

pub fn leave_configure(session: &mut Session) -> Outcome {
    if session.is_changed() {
        match session.manner {
            Manner::Batch | Manner::Single => {
                let committed = check::before_commit(session, false).and_then(|()| session.commit_stage());
                if let Err(failure) = committed {
                    session.drop_stage();
                    return Err(failure);
                }
            }
            Manner::Interactive => {
                levels::configure::print_diff(session)?;
                if session.confirm("There are changes that have not been committed. Commit them?") {
                    session.commit_stage()?;
                } else {
                    session.ui.warn("the changes were dropped");
                }
            }
        }
    }
    session.drop_stage();
    Ok(())
}

/// A statement of the configuration language, under its full name.
fn statement(session: &mut Session, command: &Command, words: &[Token], line: &Line) -> Outcome {
    let mut words = words.to_vec();
    words[0].text = command.name.to_string();
    let (statement, diagnostics) = match &line.kind {
        _ if command.name != "xml" => crm::parse_words(&words),
        LineKind::Raw { .. } => crm::parse_line(line),
        // `configure xml <…>` on one line: the element starts behind the keyword.
        _ => crm::parse_line(&Line { kind: raw(session, &words[0], line.span), span: line.span }),
    };
    if let Some(id) =
        statement.as_ref().and_then(|statement| statement.kind.id()).or(words.get(1).map(Token::word).as_ref())
    {
        let id = id.text.trim_end_matches(':').to_string();
        let outcome = levels::configure::statement(session, statement, diagnostics);
        if outcome.is_err() {
            session.note_failed(&id);
        }
        return outcome;
    }
    levels::configure::statement(session, statement, diagnostics)
}

fn raw(session: &Session, keyword: &Token, line: Span) -> LineKind {
    let span = Span::new(keyword.span.end, line.end);
    let text = session.origin.text.get(span.range()).unwrap_or_default().trim();
    LineKind::Raw { keyword: keyword.clone(), body: Word::at(text, span) }
}
