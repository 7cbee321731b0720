//! The page of `crm`: every level, every command, from the table that runs them.
//!
//! In: the levels and topics. Out: one page.
//! Absent: the options of `crm` itself as a table of their own: their text is that of `crm --help`.

use super::help;
use super::page::{Page, Part};
use crate::command::{Command, Level, Run};
use crate::topic::TOPICS;
use crate::{crm, levels};

pub fn page() -> Page {
    let mut page = Page::new("quorate-crm", levels::root::LEVEL.help.split('.').next().unwrap_or_default());
    page.parts = help::page("crm", crm::USAGE).parts;
    for level in levels::all() {
        page.parts.push(Part::Heading(title(level)));
        page.parts.push(Part::Paragraph(level.help.to_string()));
        level.commands.iter().filter(|one| !one.is_hidden()).for_each(|one| command(&mut page.parts, level, one));
    }
    page.parts.push(Part::Heading("Everywhere".to_string()));
    levels::universal::COMMANDS.iter().for_each(|one| command(&mut page.parts, &levels::root::LEVEL, one));
    for topic in TOPICS {
        page.parts.push(Part::Heading(format!("Topic {}: {}", topic.name, topic.title)));
        topic.text.lines().for_each(|line| topic_line(&mut page.parts, line));
    }
    page
}

fn title(level: &Level) -> String {
    match level.name {
        "" => "Commands".to_string(),
        name => format!("Level {name}"),
    }
}

fn command(parts: &mut Vec<Part>, level: &Level, command: &Command) {
    if matches!(command.run, Run::Level(_)) {
        parts.push(Part::Entry { term: command.name.to_string(), text: format!("{} (a level)", command.help) });
        return;
    }
    parts.push(Part::Subheading(format!("{} {}", level.name, command.usage()).trim().to_string()));
    parts.push(Part::Paragraph(command.help.to_string()));
    if !command.aliases.is_empty() {
        parts.push(Part::Paragraph(format!("Also called {}.", command.aliases.join(", "))));
    }
    for flag in command.flags {
        let term = [flag.short, flag.name].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
        parts.push(Part::Entry { term, text: flag.help.to_string() });
    }
    if !command.details.is_empty() {
        parts.push(Part::Paragraph(command.details.replace('\n', " ")));
    }
    let examples = command.examples.iter();
    parts.extend(examples.map(|example| Part::Literal(format!("crm {} {example}", level.name).replace("  ", " "))));
}

/// Examples of a topic are indented by four.
fn topic_line(parts: &mut Vec<Part>, line: &str) {
    match (line.strip_prefix("    "), parts.last_mut()) {
        (Some(example), _) => parts.push(Part::Literal(example.to_string())),
        (None, Some(Part::Paragraph(text))) if !line.is_empty() && !text.is_empty() => {
            text.push(' ');
            text.push_str(line);
        }
        _ => parts.push(Part::Paragraph(line.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_every_level_is_there() {
        let page = page();
        for level in levels::all() {
            for command in level.commands.iter().filter(|one| !one.is_hidden()) {
                let usage = format!("{} {}", level.name, command.usage()).trim().to_string();
                let is_there = page.parts.iter().any(|part| match part {
                    Part::Subheading(text) => *text == usage,
                    Part::Entry { term, .. } => term == command.name,
                    _ => false,
                });
                assert!(is_there, "{usage}");
            }
        }
    }
}
