//! The only printer: what goes to the person, in colour where wanted.
//!
//! In: text, statements, failures. Out: two streams.
//! Absent: deciding what to say.

use crate::error::{Failure, Origin};
use crate::json;
use crate::palette::Palette;
use quorate_core::text::visible_in_colour;
use quorate_grammar::crm::print::{Ink, Role};
use quorate_grammar::{Diagnostic, Severity};
use serde_json::Value;
use std::io::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    Plain,
    Ansi,
}

/// For people, or for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Text,
    Json,
}

pub struct Ui {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    pub color: Color,
    pub palette: Palette,
    pub form: Form,
    /// Messages that are no answers, such as "nothing to commit".
    pub quiet: bool,
    /// Answers go to a terminal: what it would obey, colours aside, is shown instead.
    pub terminal: bool,
}

const RESET: &str = "\x1b[0m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const CYAN: &str = "\x1b[36m";
const BOLD: &str = "\x1b[1m";

impl Ui {
    pub fn new(out: Box<dyn Write>, err: Box<dyn Write>, color: Color) -> Ui {
        Ui { out, err, color, palette: Palette::default(), form: Form::Text, quiet: false, terminal: false }
    }

    /// An answer. Who reads it may have gone; that is no error of ours.
    pub fn print(&mut self, text: &str) {
        let text = if self.terminal { visible_in_colour(text) } else { text.into() };
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    /// A line for the person, wherever the answers go.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.err, "{}", visible_in_colour(line));
    }

    pub fn line(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// A line beside the answer, on standard error, in words that programs know.
    pub fn aside(&mut self, text: &str) {
        if self.is_json() {
            return self.tell_json(&json::message("info", text));
        }
        self.say(text);
        let _ = self.err.flush();
    }

    pub fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// An answer for programs.
    pub fn json(&mut self, value: &Value) {
        // A value of ours has string keys only, so it can be written.
        self.line(&format!("{value:#}"));
    }

    /// A message for programs: one line each.
    fn tell_json(&mut self, value: &Value) {
        let _ = writeln!(self.err, "{value}");
        let _ = self.err.flush();
    }

    fn tell(&mut self, shown_as: &str, label: &str, text: &str) {
        if self.is_json() {
            return self.tell_json(&json::message(&label.to_lowercase(), text));
        }
        let label = self.paint(self.palette.named(shown_as), label);
        self.say(&format!("{label}: {text}"));
        let _ = self.err.flush();
    }

    pub fn info(&mut self, text: &str) {
        if !self.quiet {
            self.tell("info", "INFO", text);
        }
    }

    pub fn warn(&mut self, text: &str) {
        self.tell("warn", "WARNING", text);
    }

    pub fn paint(&self, color: &str, text: &str) -> String {
        match self.color {
            Color::Ansi if !color.is_empty() => format!("{color}{text}{RESET}"),
            _ => text.to_string(),
        }
    }

    /// Over a part of an answer.
    pub fn header(&self, text: &str) -> String {
        self.paint(self.palette.named("help_header"), text)
    }

    /// A failure with all its places, hints and conflicts.
    pub fn failure(&mut self, failure: &Failure, origin: &Origin) {
        if self.is_json() {
            return match failure.is_silent() {
                true => {}
                false => self.tell_json(&json::failure(failure, origin)),
            };
        }
        self.diagnostics(&failure.diagnostics, failure.origin.as_deref().unwrap_or(origin));
        if !failure.message.is_empty() {
            self.tell("error", "ERROR", &failure.message);
        }
        for conflict in &failure.conflicts {
            let text = crate::commit::describe(conflict);
            self.say(&text);
        }
        for hint in failure.hints.iter().filter(|hint| !hint.is_empty()) {
            self.say(&format!("hint: {hint}"));
        }
    }

    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], origin: &Origin) {
        if self.is_json() {
            if !diagnostics.is_empty() {
                self.tell_json(&json::warnings(diagnostics, origin));
            }
            return;
        }
        for diagnostic in diagnostics {
            let picture = diagnostic.picture(&origin.name, &origin.text);
            let (label, color) = match diagnostic.severity {
                Severity::Error => ("error", self.palette.named("error")),
                Severity::Warning => ("warning", self.palette.named("warn")),
            };
            let head =
                format!("{}: {}: {}", self.paint(BOLD, &picture.place), self.paint(color, label), picture.message);
            let caret = self.paint(color, &picture.caret);
            self.say(&format!("{head}\n    {}\n    {caret}", picture.line));
            if let Some(hint) = &picture.hint {
                self.say(&format!("    {} {hint}", self.paint(CYAN, "hint:")));
            }
        }
        let _ = self.err.flush();
    }

    /// What is gone in a comparison.
    pub fn gone(&self, text: &str) -> String {
        self.paint(RED, text)
    }

    /// What is new in one.
    pub fn new_text(&self, text: &str) -> String {
        self.paint(GREEN, text)
    }

    /// A unified diff, coloured line by line.
    pub fn diff(&mut self, diff: &str) {
        let text = self.colored_diff(diff);
        self.print(&text);
    }

    pub fn colored_diff(&self, diff: &str) -> String {
        let painted = |line: &str| {
            let color = match line.as_bytes().first() {
                Some(b'+') => GREEN,
                Some(b'-') => RED,
                Some(b'@') => CYAN,
                _ => "",
            };
            let line = if color.is_empty() { line.to_string() } else { self.paint(color, line) };
            line + "\n"
        };
        diff.lines().map(painted).collect()
    }

    /// An ink for statements in this printer's colours.
    pub fn ink(&self) -> Painted {
        Painted { text: String::new(), color: self.color, palette: self.palette.clone() }
    }
}

/// Statements in colour, to be printed at once.
pub struct Painted {
    pub text: String,
    color: Color,
    palette: Palette,
}

impl Ink for Painted {
    fn put(&mut self, role: Role, text: &str) {
        let capitals = (role == Role::Keyword && self.palette.capitals).then(|| text.to_uppercase());
        let text = capitals.as_deref().unwrap_or(text);
        let color = self.palette.of_role(role);
        if self.color == Color::Plain || color.is_empty() {
            self.text.push_str(text);
        } else {
            self.text.push_str(&format!("{color}{text}{RESET}"));
        }
    }
}
