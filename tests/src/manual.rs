//! A chapter of the manual, taken apart: on which hosts it plays, what is typed there, and what is to be seen.
//!
//! In: its Markdown. A comment `<!-- hosts: lab 3 -->` says where it plays (`lab`: daemons on this machine; `bare`:
//! hosts with systemd and sshd; `none`), `<!-- then: kill n3 -->` what befalls them between. Blocks of `console` hold
//! lines as `n1# crm status` and below each what it prints, where `...` stands for any lines, or any text in a line; `fails` after the word
//! means that the last line fails, `until` that it is tried until it prints this. Blocks of another word with
//! `file=NAME` become that file in the directory of n1's root. Others are only read.

use std::path::Path;

/// A chapter's steps, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    pub name: String,
    pub hosts: Hosts,
    pub steps: Vec<Step>,
}

/// Where it plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    None,
    Lab(usize),
    Bare(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Then(String),
    File { name: String, text: String },
    Type(Typed),
}

/// What is typed on a host, and what it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// In the chapter, from 1.
    pub line: usize,
    pub host: String,
    pub command: String,
    pub expected: Vec<String>,
    pub fails: bool,
    pub until: bool,
}

impl Chapter {
    /// Reads a chapter.
    ///
    /// # Panics
    /// It says where it plays in words that are not known, or a block is never closed.
    pub fn read(path: &Path) -> Chapter {
        let text = std::fs::read_to_string(path).expect("a chapter");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut chapter = Chapter { name, hosts: Hosts::None, steps: Vec::new() };
        let mut lines = (1..).zip(text.lines());
        while let Some((number, line)) = lines.next() {
            if let Some(said) = comment(line, "hosts") {
                chapter.hosts = hosts(said);
            } else if let Some(said) = comment(line, "then") {
                chapter.steps.push(Step::Then(said.to_string()));
            } else if let Some(kind) = line.strip_prefix("```") {
                let block: Vec<(usize, &str)> = lines.by_ref().take_while(|(_, line)| *line != "```").collect();
                assert!(number + block.len() < text.lines().count(), "{}: the block is never closed", path.display());
                chapter.add(kind, &block);
            }
        }
        chapter
    }

    fn add(&mut self, kind: &str, block: &[(usize, &str)]) {
        let words: Vec<&str> = kind.split_whitespace().collect();
        if let Some(name) = words.iter().find_map(|word| word.strip_prefix("file=")) {
            let text = block.iter().map(|(_, line)| format!("{line}\n")).collect();
            return self.steps.push(Step::File { name: name.to_string(), text });
        }
        if words.first() != Some(&"console") {
            return;
        }
        let mut typed: Vec<Typed> = Vec::new();
        for (line, text) in block {
            match (prompted(text), typed.last_mut()) {
                (Some((host, command)), _) => typed.push(Typed {
                    line: *line,
                    host: host.to_string(),
                    command: command.to_string(),
                    expected: Vec::new(),
                    fails: false,
                    until: false,
                }),
                (None, Some(last)) => last.expected.push(text.to_string()),
                (None, None) => panic!("{}, line {line}: nothing is typed before", self.name),
            }
        }
        let last = typed.last_mut().expect("something is typed");
        last.fails = words.contains(&"fails");
        last.until = words.contains(&"until");
        self.steps.extend(typed.into_iter().map(Step::Type));
    }
}

fn comment<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.strip_prefix(word)?.strip_prefix(": ")
}

fn hosts(said: &str) -> Hosts {
    let count = |text: &str| text.parse().expect("how many");
    match said.split_once(' ') {
        Some(("lab", many)) => Hosts::Lab(count(many)),
        Some(("bare", many)) => Hosts::Bare(count(many)),
        None if said == "none" => Hosts::None,
        _ => panic!("`{said}` are no hosts"),
    }
}

/// `n1# crm status`: who types it, and what.
fn prompted(line: &str) -> Option<(&str, &str)> {
    let (host, command) = line.split_once("# ")?;
    let is_host = !host.is_empty() && host.chars().all(|letter| letter.is_ascii_alphanumeric());
    is_host.then_some((host, command))
}

/// Whether what was printed is what is expected; `...` stands for any lines, and blanks at the ends do not count.
pub fn shows(printed: &str, expected: &[String]) -> bool {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let expected: Vec<&str> = expected.iter().map(|line| line.trim_end()).collect();
    fits(&printed, &expected)
}

fn fits(printed: &[&str], expected: &[&str]) -> bool {
    match (expected.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => (0..=printed.len()).any(|skipped| fits(&printed[skipped..], rest)),
        (Some((line, rest)), Some((other, others))) => is_line(other, line) && fits(others, rest),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Dots within a line stand for any text.
fn is_line(printed: &str, expected: &str) -> bool {
    let Some((begin, rest)) = expected.split_once("...") else { return printed == expected };
    let Some(printed) = printed.strip_prefix(begin) else { return false };
    (0..=printed.len()).filter(|at| printed.is_char_boundary(*at)).any(|at| is_line(&printed[at..], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stand_for_any_lines() {
        let check = |printed: &str, expected: &[&str], fits: bool| {
            let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
            assert_eq!(shows(printed, &expected), fits, "{printed:?} {expected:?}");
        };
        check("a\nb  \n", &["a", "b"], true);
        check("a\nb\nc", &["a", "...", "c"], true);
        check("a\nc", &["a", "...", "c"], true);
        check("a\nb\nc", &["...", "c"], true);
        check("a\nb", &["a"], false);
        check("a", &["a", "b"], false);
        check("", &["..."], true);
        check("running on: n3 (x)", &["running on: ... (x)"], true);
        check("db 50 by rule", &["...50...rule..."], true);
        check("db 50", &["...50...rule..."], false);
    }

    #[test]
    fn a_chapter_is_its_steps() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("one.md");
        let text = "<!-- hosts: lab 3 -->\n# One\n```crm file=web.crm\nprimitive p Dummy\n```\n<!-- then: kill n3 -->\n\
                    ```console until\nn1# crm load web.crm\nn2# crm status\n...\n```\n```text\nn1# no\n```\n";
        std::fs::write(&path, text).expect("a chapter");
        let typed = |line, host: &str, command: &str, expected: &[&str], until| {
            let expected = expected.iter().map(ToString::to_string).collect();
            Step::Type(Typed { line, host: host.into(), command: command.into(), expected, fails: false, until })
        };
        let steps = vec![
            Step::File { name: "web.crm".into(), text: "primitive p Dummy\n".into() },
            Step::Then("kill n3".into()),
            typed(8, "n1", "crm load web.crm", &[], false),
            typed(9, "n2", "crm status", &["..."], true),
        ];
        assert_eq!(Chapter::read(&path), Chapter { name: "one".into(), hosts: Hosts::Lab(3), steps });
    }
}
