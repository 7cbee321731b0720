//! Whose rights count, and what they are: `--user`, `--show-access`.
//!
//! In: a document, a user. Out: what of it the user sees and may change; the same told beside the XML, in
//! Pacemaker's three forms. Absent: what lists mean (`core::cib::acl`); rights of who calls, which the daemon
//! decides of.

use super::failure::failed;
use super::options::{Show, Wish};
use crate::Exit;
use crate::acting::{self, PRIVILEGED};
use crate::answer::Answer;
use crate::standard::Failed;
use quorate_core::cib::acl::{Access, Rights, Subject};
use quorate_core::cib::{Document, command};
use quorate_core::xml::{Element, Node, write};
use quorate_transport::environment::Environment;
use std::io::IsTerminal;

const PREFIX: &str = "pcmk-access-";
const NAMESPACE: &str = "http://clusterlabs.org/ns/pacemaker/access/";

/// Whose rights are asked for; `None` if all may be done.
///
/// # Errors
/// With the cluster only root and hacluster act for others.
pub fn user(wish: &Wish, environment: &Environment) -> Result<Option<Subject>, Failed> {
    let Some(name) = wish.user.as_ref().or(environment.cib_user.as_ref()) else { return Ok(None) };
    if PRIVILEGED.contains(&name.as_str()) {
        return match wish.show_access {
            None => Ok(None),
            Some(_) => {
                let text = format!("Could not evaluate access per request ({name}, error: Already in requested state)");
                Err((Exit::CONFIG, text))
            }
        };
    }
    let subject = acting::subject(name, &environment.first_source(), environment);
    subject.map_err(|why| (Exit::NOT_PERMITTED, why.to_string()))
}

/// `--show-access`
///
/// # Errors
/// There is nothing in this place.
pub fn show(document: &Document, user: &Subject, how: Show, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let rights = Rights::of(document, user);
    let found = command::found(document.root(), &wish.scope).map_err(failed)?;
    let mut text = format!("<!-- ACLs as evaluated for user {} -->\n", user.user);
    let style = match how {
        Show::Auto if std::io::stdout().is_terminal() => Show::Color,
        Show::Auto => Show::Text,
        how => how,
    };
    for one in found {
        let mut way = one.way.clone();
        if let Some(element) = quorate_core::xml::xpath::at(document.root(), &one.way) {
            Printer { rights: &rights, style, out: &mut text }.element(element, &mut way, 0, None);
        }
    }
    answer.text(&text);
    let part = answer.raw("output", &text);
    answer.part(part);
    Ok(())
}

struct Printer<'a> {
    rights: &'a Rights,
    style: Show,
    out: &'a mut String,
}

impl Printer<'_> {
    /// `around`: what may be done with the element that it is in. Where that is the same, only colours say so.
    fn element(&mut self, element: &Element, way: &mut Vec<usize>, depth: usize, around: Option<Access>) {
        let access = self.rights.access(way);
        let (indent, differs) = ("  ".repeat(depth), around != Some(access));
        if differs && self.style == Show::Text {
            let gap = if depth == 0 { String::new() } else { format!("{indent}\n") };
            self.out.push_str(&format!("{gap}{indent}vvv---[ {} ]---vvv\n", heading(access)));
        }
        let prefix = if differs && self.style == Show::Namespace { prefix(access) } else { String::new() };
        let (color, reset) = if self.style == Show::Color { (color(access), "\x1b[0m") } else { ("", "") };
        let start = self.start(element, &prefix, depth);
        let is_empty = !element.children.iter().any(|child| !matches!(child, Node::Text(_)));
        if is_empty {
            self.out.push_str(&format!("{indent}{color}{start}/>{reset}\n"));
            return;
        }
        self.out.push_str(&format!("{indent}{color}{start}>\n"));
        for (at, child) in element.children.iter().enumerate() {
            match child {
                Node::Element(child) => {
                    way.push(at);
                    self.element(child, way, depth + 1, Some(access));
                    way.pop();
                }
                Node::Comment(text) => self.out.push_str(&format!("{indent}  <!--{text}-->\n")),
                Node::Text(_) => {}
            }
        }
        self.out.push_str(&format!("{indent}{color}</{prefix}{}>{reset}\n", element.name));
    }

    /// The start tag without its end. The outermost declares the prefixes.
    fn start(&self, element: &Element, prefix: &str, depth: usize) -> String {
        let mut bare = Element { children: Vec::new(), ..element.clone() };
        if depth == 0 && self.style == Show::Namespace {
            for access in [Access::Writable, Access::Readable, Access::Denied] {
                bare.set(&format!("xmlns:{PREFIX}{}", word(access)), format!("{NAMESPACE}{}", word(access)));
            }
        }
        let text = write(&bare);
        format!("<{prefix}{}", text.trim_start_matches('<').trim_end_matches("/>"))
    }
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Writable => "writable",
        Access::Readable => "readable",
        Access::Denied => "denied",
    }
}

fn prefix(access: Access) -> String {
    format!("{PREFIX}{}:", word(access))
}

fn heading(access: Access) -> &'static str {
    match access {
        Access::Writable => "WRITABLE",
        Access::Readable => "READABLE",
        Access::Denied => "~DENIED~",
    }
}

/// Green, blue, red.
fn color(access: Access) -> &'static str {
    match access {
        Access::Writable => "\x1b[32m",
        Access::Readable => "\x1b[34m",
        Access::Denied => "\x1b[31m",
    }
}
