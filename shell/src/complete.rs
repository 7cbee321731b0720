//! What could stand at the cursor: commands, ids, agents, parameters, nodes.
//!
//! In: the line up to the cursor, what is known of the session. Out: candidates with a line of help,
//! and where the word they replace starts.
//! Absent: drawing them (see `repl`), the scripts of other shells (see `tools::completions`).

pub mod argument;
mod candidate;
mod kept;
mod knowledge;
mod operation;
mod state;
mod statement;

pub use candidate::{Candidate, Rank, all, start, whole};
pub use knowledge::Knowledge;

use crate::command::{Command, Level, Run};
use crate::levels;
use candidate::finished;
use quorate_grammar::line;

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
