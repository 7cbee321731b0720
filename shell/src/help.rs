//! Help, from the same table that runs the commands.
//!
//! In: a level or a command. Out: its description.
//! Absent: manuals.

use crate::command::{Command, Level, Run};
use crate::error::{Failure, Outcome};
use crate::levels;
use crate::session::Session;
use crate::topic::{self, TOPICS};
use quorate_grammar::diagnostic::closest;

pub fn level(session: &mut Session, level: &Level) {
    let mut text = format!("{}\n\n", level.help);
    let commands = || level.commands.iter().filter(|command| !command.is_hidden());
    let width = commands().map(|command| command.name.len()).max().unwrap_or(0).max(8);
    type Belongs = fn(&Run) -> bool;
    let groups: [(&str, Belongs); 3] = [
        ("Levels", |run| matches!(run, Run::Level(_))),
        ("Statements", |run| matches!(run, Run::Statement)),
        ("Commands", |run| matches!(run, Run::Do(_))),
    ];
    for (title, belongs) in groups {
        let mut any = false;
        for command in commands().filter(|command| belongs(&command.run)) {
            if !any {
                text.push_str(&format!("{}:\n", session.ui.header(title)));
                any = true;
            }
            text.push_str(&format!("  {:width$}  {}\n", command.name, command.help));
        }
    }
    let everywhere: Vec<&str> = levels::universal::COMMANDS.iter().map(|command| command.name).collect();
    text.push_str(&format!("Everywhere: {}\n", everywhere.join(", ")));
    if level.name.is_empty() {
        text.push_str("`help topics` lists what else there is to read.\n");
    }
    session.page(&text);
}

pub fn command(session: &mut Session, level: &Level, command: &Command) {
    if let Run::Level(inside) = command.run {
        return self::level(session, inside);
    }
    let place = if level.name.is_empty() { String::new() } else { format!("{} ", level.name) };
    let mut text = format!("{}\n\nusage: {place}{}\n", command.help, command.usage());
    if !command.aliases.is_empty() {
        text.push_str(&format!("also: {}\n", command.aliases.join(", ")));
    }
    for flag in command.flags {
        let names =
            if flag.short.is_empty() { flag.name.to_string() } else { format!("{}, {}", flag.short, flag.name) };
        text.push_str(&format!("  {names}  {}\n", flag.help));
    }
    if !command.details.is_empty() {
        text.push_str(&format!("\n{}\n", command.details));
    }
    if !command.examples.is_empty() {
        text.push_str(&format!("\n{}\n", session.ui.header("Examples:")));
        command.examples.iter().for_each(|example| text.push_str(&format!("  {example}\n")));
    }
    session.page(&text);
}

fn topics(session: &mut Session) {
    let width = TOPICS.iter().map(|topic| topic.name.len()).max().unwrap_or(0);
    let lines: String = TOPICS.iter().map(|topic| format!("  {:width$}  {}\n", topic.name, topic.title)).collect();
    session.page(&format!("{}:\n{lines}", session.ui.header("Topics")));
}

/// `help`, `help COMMAND`, `help LEVEL`, `help LEVEL COMMAND`, `help topics`, `help TOPIC`.
pub fn asked(session: &mut Session, here: &Level, words: &[String]) -> Outcome {
    let Some(first) = words.first() else {
        level(session, here);
        return Ok(());
    };
    if let [level, name, ..] = words
        && let Some(level) = levels::all().find(|known| known.name == level)
    {
        let found = level.commands.iter().find(|command| command.is_called(name));
        return found
            .map(|found| command(session, level, found))
            .ok_or_else(|| unknown(name, level.commands.iter().map(|command| command.name)));
    }
    if let Some(found) =
        here.commands.iter().chain(levels::universal::COMMANDS).find(|command| command.is_called(first))
    {
        command(session, here, found);
        return Ok(());
    }
    if let Some(found) = levels::all().find(|level| level.name == first) {
        level(session, found);
        return Ok(());
    }
    if let Some(topic) = topic::find(first) {
        session.page(&format!("{}: {}\n\n{}", session.ui.header(topic.name), topic.title, topic.text));
        return Ok(());
    }
    match first.to_ascii_lowercase().as_str() {
        "topics" => {
            topics(session);
            return Ok(());
        }
        "overview" => {
            level(session, &levels::root::LEVEL);
            return Ok(());
        }
        _ => {}
    }
    let elsewhere: Vec<(&Level, &Command)> = levels::all()
        .flat_map(|level| level.commands.iter().map(move |command| (level, command)))
        .filter(|(_, command)| command.is_called(first))
        .collect();
    match elsewhere.first() {
        Some((level, found)) => {
            command(session, level, found);
            Ok(())
        }
        None => {
            let commands = levels::all().flat_map(|level| level.commands.iter()).map(|command| command.name);
            Err(unknown(first, commands.chain(TOPICS.iter().map(|topic| topic.name))))
        }
    }
}

fn unknown<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let failure = Failure::usage(format!("there is no help for `{word}`"));
    match closest(word, known) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`help` alone lists what there is"),
    }
}
