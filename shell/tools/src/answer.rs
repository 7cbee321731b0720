//! What a tool answers: lines for people, elements for programs, complaints for both.
//!
//! In: what the tool found and did. Out: text, or a `pacemaker-result` document, where `--output-to` wants it.

use crate::standard::{self, Call, Failed, Format, Manual};
use crate::{Exit, Io};
use quorate_core::view::xml::API_VERSION;
use quorate_core::xml::{Element, Node, write_pretty};

/// Stands for a piece of raw text until the document is written; no answer holds these characters otherwise.
const MARK: char = '\u{e000}';

/// Runs a tool whose whole work is to fill an answer.
pub fn run(
    manual: &Manual,
    arguments: &[String],
    io: &mut Io,
    act: impl FnOnce(&Call, &mut Answer) -> Result<(), Failed>,
) -> Exit {
    standard::run(manual, arguments, io, |call, io| {
        let mut answer = Answer::default();
        let outcome = act(&call, &mut answer);
        answer.tell(manual.name, &call, outcome, io)
    })
}

#[derive(Default)]
pub struct Answer {
    text: String,
    parts: Vec<Element>,
    errors: Vec<String>,
    person_errors: Vec<String>,
    raw: Vec<String>,
}

impl Answer {
    /// A line that only people read.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    /// A line that tells of what was done, for who wants to be told.
    pub fn info(&mut self, quiet: bool, line: impl AsRef<str>) {
        if !quiet {
            self.line(line);
        }
    }

    /// Text that ends with its own line end.
    pub fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Metadata of an agent, as it printed it.
    pub fn metadata(&mut self, text: &str) {
        self.text(&format!("{}\n", text.trim_end()));
        let part = self.raw("metadata", text);
        self.part(part);
    }

    /// What only programs read.
    pub fn part(&mut self, part: Element) {
        self.parts.push(part);
    }

    /// A complaint that does not end the work.
    pub fn error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    /// A complaint that only people read: programs see it of what they get.
    pub fn person_error(&mut self, text: impl Into<String>) {
        self.person_errors.push(text.into());
    }

    /// An element that holds text as it is (CDATA).
    pub fn raw(&mut self, name: &str, text: &str) -> Element {
        let mark = format!("{MARK}{}{MARK}", self.raw.len());
        self.raw.push(text.to_string());
        with_text(Element::new(name), &mark)
    }

    /// XML for both: programs get it in an element of this name.
    pub fn xml(&mut self, name: &str, element: &Element) {
        let text = write_pretty(element);
        let part = self.raw(name, &text);
        self.text(&text);
        self.part(part);
    }

    /// Prints all of it.
    pub fn tell(mut self, tool: &str, call: &Call, outcome: Result<(), Failed>, io: &mut Io) -> Exit {
        let exit = match outcome {
            Ok(()) => Exit::OK,
            Err((exit, text)) => {
                if !text.is_empty() {
                    self.errors.push(format!("{tool}: {text}"));
                }
                exit
            }
        };
        let (text, errors) = match call.format {
            Format::None => (String::new(), self.errors),
            Format::Text => {
                self.person_errors.append(&mut self.errors);
                (std::mem::take(&mut self.text), self.person_errors)
            }
            Format::Xml => (self.document(&call.request, exit), Vec::new()),
        };
        errors.iter().for_each(|error| drop(writeln!(io.err, "{error}")));
        match call.given.value("output-to").filter(|to| to != "-") {
            None => drop(io.out.write_all(text.as_bytes())),
            Some(path) => {
                if let Err(error) = std::fs::write(&path, text) {
                    io.error(tool, &format!("--output-to: {path}: {error}"));
                    return Exit::CANNOT_CREATE;
                }
            }
        }
        let _ = io.out.flush();
        exit
    }

    fn document(self, request: &str, exit: Exit) -> String {
        let mut status = Element::new("status").with("code", exit.0.to_string()).with("message", exit.words());
        if !self.errors.is_empty() {
            let error = |text: &String| with_text(Element::new("error"), text);
            status.push(self.errors.iter().map(error).fold(Element::new("errors"), Element::with_child));
        }
        let root = Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", request);
        let root = self.parts.into_iter().fold(root, Element::with_child).with_child(status);
        let text = write_pretty(&root);
        self.raw.iter().enumerate().fold(text, |text, (at, raw)| {
            // What would end it is split in two.
            let raw = raw.replace("]]>", "]]]]><![CDATA[>");
            text.replace(&format!("{MARK}{at}{MARK}"), &format!("<![CDATA[{raw}]]>"))
        })
    }
}

/// A list of words, as programs get it.
pub fn list(name: &str, items: &[impl AsRef<str>]) -> Element {
    let list = Element::new("list").with("name", name).with("count", items.len().to_string());
    items.iter().fold(list, |list, text| list.with_child(with_text(Element::new("item"), text.as_ref())))
}

/// The element with this text inside.
pub fn with_text(mut element: Element, text: &str) -> Element {
    element.children.push(Node::Text(text.into()));
    element
}
