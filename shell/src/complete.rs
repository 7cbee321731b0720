//! What could stand at the cursor: commands, ids, agents, parameters, nodes.
//!
//! In: the line up to the cursor, what is known of the session. Out: candidates with a line of help,
//! and where the word they replace starts.
//! Absent: drawing them (see `repl`), the scripts of other shells (see `tools::completions`).

pub mod argument;
mod kept;
mod knowledge;
mod operation;
mod state;
mod statement;

pub use knowledge::Knowledge;

use crate::command::{Command, Level, Run};
use crate::levels;
use quorate_grammar::line;

/// A candidate, and whether a blank follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    pub whole: bool,
    /// One line, or nothing.
    pub help: String,
    pub rank: Rank,
}

/// What comes first where order says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Required parameters, advised values.
    First,
    Common,
    /// What ends a list and starts the next thing.
    Next,
    /// Deprecated, or of every level.
    Last,
}

pub fn whole(text: impl Into<String>) -> Candidate {
    Candidate { text: text.into(), whole: true, help: String::new(), rank: Rank::Common }
}

pub fn start(text: impl Into<String>) -> Candidate {
    Candidate { whole: false, ..whole(text) }
}

impl Candidate {
    #[must_use]
    pub fn with(self, help: impl Into<String>) -> Candidate {
        Candidate { help: help.into(), ..self }
    }

    #[must_use]
    pub fn ranked(self, rank: Rank) -> Candidate {
        Candidate { rank, ..self }
    }
}

pub fn all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Candidate> {
    texts.into_iter().map(whole).collect()
}

/// Candidates for the word at the end of `text`, and where that word starts.
pub fn complete(knowledge: &Knowledge, text: &str) -> (usize, Vec<Candidate>) {
    let standing = line::standing(text);
    let mut level = knowledge.level();
    let mut words: Vec<&str> = standing.before.iter().map(|token| token.text.as_str()).collect();
    let mut skipped = 0;
    // `configure primitive …` at the top: the words of the inner level are completed there.
    while let Some(inside) = words.first().and_then(|word| find(level, word)).and_then(entered) {
        level = inside;
        words.remove(0);
        skipped += 1;
    }
    let partial = standing.partial.text.as_str();
    let at = standing.partial.span.start;
    let Some(command) = words.first().map(|word| find(level, word)) else {
        return (at, finished(names(level), partial));
    };
    let Some(command) = command else { return (at, Vec::new()) };
    if let Run::Statement = command.run {
        let from = standing.before.get(skipped).map_or(at, |token| token.span.start);
        let mut line = text.to_string();
        // The grammar knows statements by their full names.
        line.replace_range(from..from + words[0].len(), command.name);
        return statement::candidates(knowledge, &line[from..], partial, at);
    }
    (at, finished(argument::candidates(knowledge, command, &words, partial), partial))
}

/// Those that go on as was typed, the important ones first.
fn finished(mut candidates: Vec<Candidate>, partial: &str) -> Vec<Candidate> {
    candidates.retain(|candidate| candidate.text.starts_with(partial));
    candidates.sort_by(|a, b| (a.rank, &a.text, b.whole).cmp(&(b.rank, &b.text, a.whole)));
    let mut seen = std::collections::BTreeSet::new();
    candidates.retain(|candidate| seen.insert(candidate.text.clone()));
    candidates
}

fn entered(command: &Command) -> Option<&'static Level> {
    match command.run {
        Run::Level(level) => Some(level),
        _ => None,
    }
}

fn find(level: &'static Level, word: &str) -> Option<&'static Command> {
    let commands = || level.commands.iter().chain(levels::universal::COMMANDS);
    let exact = commands().find(|command| command.is_called(word));
    exact.or_else(|| {
        let mut begun = commands().filter(|command| command.name.starts_with(word));
        begun.next().filter(|_| begun.next().is_none())
    })
}

fn names(level: &'static Level) -> Vec<Candidate> {
    let named = |command: &Command, rank| whole(command.name).with(command.help).ranked(rank);
    let own = level.commands.iter().filter(|command| !command.is_hidden());
    let everywhere = levels::universal::COMMANDS.iter().filter(|command| !command.is_hidden());
    own.map(|command| named(command, Rank::Common))
        .chain(everywhere.map(|command| named(command, Rank::Last)))
        .collect()
}
