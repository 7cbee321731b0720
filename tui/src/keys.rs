//! Every key, what it does, and the words for it: the footer and the help read this table too.

use crate::message::Key;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Menu,
    Filter,
    GroupByNode,
    Inactive,
    Detail,
    Brief,
    Operations,
    FailCounts,
    Timing,
    Attributes,
    Bans,
    Tickets,
    Fencing,
    Summary,
    Refresh,
    Help,
    Quit,
}

pub struct Binding {
    pub keys: &'static [Key],
    pub command: Command,
    /// As the help names the keys.
    pub name: &'static str,
    pub words: &'static str,
    /// For the footer, where it is worth a place there.
    pub short: Option<&'static str>,
}

const fn bind(
    keys: &'static [Key],
    command: Command,
    name: &'static str,
    words: &'static str,
    short: Option<&'static str>,
) -> Binding {
    Binding { keys, command, name, words, short }
}

pub const BINDINGS: &[Binding] = &[
    bind(&[Key::Char('?')], Command::Help, "?", "this help", Some("help")),
    bind(&[Key::Char('q'), Key::Control('c')], Command::Quit, "q", "quit", Some("quit")),
    bind(
        &[Key::Enter, Key::Char('a')],
        Command::Menu,
        "Enter",
        "what can be done with the line under the cursor",
        Some("act"),
    ),
    bind(&[Key::Char('/')], Command::Filter, "/", "show only lines with these words", Some("filter")),
    bind(&[Key::Char('n')], Command::GroupByNode, "n", "resources under their nodes", Some("by node")),
    bind(&[Key::Char('r')], Command::Inactive, "r", "resources that do not run, too", Some("inactive")),
    bind(&[Key::Char('f')], Command::FailCounts, "f", "fail counts", Some("fails")),
    bind(&[Key::Char('o')], Command::Operations, "o", "what was done", Some("operations")),
    bind(&[Key::Char('t')], Command::Timing, "t", "what was done, and when", None),
    bind(&[Key::Char('A')], Command::Attributes, "A", "node attributes", Some("attributes")),
    bind(&[Key::Char('b'), Key::Char('L')], Command::Bans, "b", "constraints that keep resources away", Some("bans")),
    bind(&[Key::Char('R')], Command::Detail, "R", "ids, every instance, failures in full", Some("detail")),
    bind(&[Key::Char('c')], Command::Tickets, "c", "tickets", None),
    bind(&[Key::Char('m')], Command::Fencing, "m", "everything that was fenced", None),
    bind(&[Key::Char('B')], Command::Brief, "B", "count resources instead of naming them", None),
    bind(&[Key::Char('D')], Command::Summary, "D", "the summary", None),
    bind(&[Key::Up, Key::Char('k')], Command::Up, "Up k", "one line up", None),
    bind(&[Key::Down, Key::Char('j')], Command::Down, "Down j", "one line down", None),
    bind(&[Key::PageUp, Key::Control('b')], Command::PageUp, "PageUp", "one page up", None),
    bind(&[Key::PageDown, Key::Char(' '), Key::Control('f')], Command::PageDown, "PageDown", "one page down", None),
    bind(&[Key::Home, Key::Char('g')], Command::First, "Home g", "to the first line", None),
    bind(&[Key::End, Key::Char('G')], Command::Last, "End G", "to the last line", None),
    bind(&[Key::Control('l'), Key::Control('r')], Command::Refresh, "Ctrl-L", "fetch and draw everything anew", None),
];

pub fn command(key: Key) -> Option<Command> {
    BINDINGS.iter().find(|binding| binding.keys.contains(&key)).map(|binding| binding.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        let mut seen = Vec::new();
        for key in BINDINGS.iter().flat_map(|binding| binding.keys) {
            assert!(!seen.contains(key), "{key:?} is bound twice");
            seen.push(*key);
        }
    }
}
