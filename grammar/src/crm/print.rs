//! Statements as text, in the form that `configure show` prints and that is read back.
//!
//! In: a statement and a layout. Out: its pieces, each with its role, into an `Ink`; a `String`
//! is the plainest ink, the shell's coloured one another.
//! Absent: what is printed in which order (the shell's), colours.

use crate::crm::ast::{
    Agent, AttributeSet, Group, Kind, Node, OptionSet, Pair, Part, Primitive, SetBody, Setting, Statement, Tag,
};
use crate::crm::expect::OLD_OPERATION_ATTRIBUTES;
use crate::line::hidden;
use crate::span::Word;

mod access;
mod bundle;
mod constraint;
mod fencing;
mod rule;

/// What a piece of text is, for colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Plain,
    Comment,
    Keyword,
    Identifier,
    Reference,
    AttributeName,
    AttributeValue,
    Score,
}

pub trait Ink {
    fn put(&mut self, role: Role, text: &str);
}

impl Ink for String {
    fn put(&mut self, _: Role, text: &str) {
        self.push_str(text);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Parts on lines of their own, joined by backslashes, as `show` prints.
    Lines,
    OneLine,
}

/// The statement as `show` prints it, without a final newline.
pub fn print(statement: &Statement) -> String {
    let mut text = String::new();
    write(statement, Layout::Lines, &mut text);
    text
}

pub fn write(statement: &Statement, layout: Layout, ink: &mut dyn Ink) {
    let mut printer = Printer { ink, layout };
    for comment in &statement.comments {
        printer.ink.put(Role::Comment, comment);
        printer.ink.put(Role::Plain, "\n");
    }
    printer.put(Role::Keyword, statement.kind.keyword());
    printer.kind(&statement.kind);
}

/// A value as one word of the language: in quotes unless it is plain.
pub fn quote(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_string();
    }
    if value.contains(['\n', '\r']) {
        return escaped(value);
    }
    let mut quoted = String::from("\"");
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        // A backslash is literal in quotes unless it would escape what follows.
        let escapes = c == '\\' && matches!(characters.peek(), None | Some('"' | '\\'));
        if c == '"' || escapes {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Line ends cannot stand in quotes: a line is a statement.
fn escaped(value: &str) -> String {
    let mut text = String::from("$'");
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' | '\'' => text.extend(['\\', c]),
            _ => text.push(c),
        }
    }
    text.push('\'');
    text
}

struct Printer<'i> {
    ink: &'i mut dyn Ink,
    layout: Layout,
}

impl Printer<'_> {
    fn put(&mut self, role: Role, text: &str) {
        self.ink.put(role, text);
    }

    fn space(&mut self, role: Role, text: &str) {
        self.put(Role::Plain, " ");
        self.put(role, text);
    }

    /// One word that the statement brought along.
    fn word(&mut self, role: Role, text: &str) {
        self.space(role, &bare(text));
    }

    /// Starts the next part: a line of its own, or just a blank.
    fn part(&mut self) {
        let start = if self.layout == Layout::Lines { " \\\n\t" } else { " " };
        self.put(Role::Plain, start);
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::Node(node) => self.node(node),
            Kind::Primitive(primitive) | Kind::Template(primitive) => self.primitive(primitive),
            Kind::Group(group) => self.group(group),
            Kind::Clone(clone) => {
                self.word(Role::Identifier, &clone.id.text);
                self.word(Role::Reference, &clone.child.text);
                self.description(&clone.description);
                self.sets(&clone.sets);
            }
            Kind::Bundle(bundle) => self.bundle(bundle),
            Kind::Role(role) => self.role(role),
            Kind::Actor(actor) => self.actor(actor),
            Kind::User(user) => self.user(user),
            Kind::Alert(alert) => self.alert(alert),
            Kind::Location(location) => self.location(location),
            Kind::Colocation(colocation) => self.colocation(colocation),
            Kind::Order(order) => self.order(order),
            Kind::Ticket(ticket) => self.ticket(ticket),
            Kind::Options(options) => self.options(options),
            Kind::Topology(topology) => self.topology(topology),
            Kind::Tag(tag) => self.tag(tag),
            Kind::Monitor(monitor) => {
                self.qualified(&monitor.resource, monitor.role.as_ref());
                self.qualified(&monitor.interval, monitor.timeout.as_ref());
            }
            Kind::Xml(xml) => self.xml(&xml.text),
        }
    }

    fn node(&mut self, node: &Node) {
        if let Some(id) = &node.id {
            self.word(Role::Identifier, &format!("{}:", id.text));
        }
        let kind = node.kind.as_ref().map_or(String::new(), |kind| format!(":{}", kind.text));
        self.word(Role::Identifier, &format!("{}{kind}", node.name.text));
        self.description(&node.description);
        if let Some(score) = &node.score {
            self.pair("$score", Some(&score.text));
        }
        self.sets(&node.sets);
    }

    fn primitive(&mut self, primitive: &Primitive) {
        self.word(Role::Identifier, &primitive.id.text);
        match &primitive.agent {
            Agent::Template(template) => self.word(Role::Reference, &format!("@{}", template.text)),
            Agent::Type { class, provider, name } => {
                let prefix: String =
                    [class, provider].into_iter().flatten().map(|word| format!("{}:", word.text)).collect();
                self.word(Role::Plain, &format!("{prefix}{}", name.text));
            }
        }
        self.description(&primitive.description);
        for part in &primitive.parts {
            self.part();
            match part {
                Part::Set(set) => self.set(set),
                Part::Operations(operations) => {
                    // Two blanks before a reference, as crmsh prints it.
                    let blank = if operations.reference.is_some() { " " } else { "" };
                    self.put(Role::Keyword, &format!("operations{blank}"));
                    for (name, id) in [("$id", &operations.id), ("$id-ref", &operations.reference)] {
                        if let Some(id) = id {
                            self.space(Role::Plain, &format!("{name}={}", quote(&id.text)));
                        }
                    }
                }
                Part::Operation(operation) => {
                    self.put(Role::Keyword, "op");
                    self.word(Role::Plain, &operation.name.text);
                    for (name, value) in &operation.attributes {
                        let old = OLD_OPERATION_ATTRIBUTES.contains(&name.text.as_str());
                        self.pair(&format!("{}{}", if old { "$" } else { "" }, name.text), Some(&value.text));
                    }
                    self.sets(&operation.sets);
                }
            }
        }
    }

    fn group(&mut self, group: &Group) {
        self.word(Role::Identifier, &group.id.text);
        for member in &group.members {
            self.word(Role::Reference, &member.text);
        }
        self.description(&group.description);
        self.sets(&group.sets);
    }

    fn options(&mut self, options: &OptionSet) {
        if let Some(reference) = &options.reference {
            self.space(Role::Plain, &format!("$id-ref={}", quote(&reference.text)));
        }
        if let Some(id) = &options.id {
            self.word(Role::Identifier, &format!("{}:", id.text));
        }
        if let Some(score) = &options.score {
            self.word(Role::Score, &format!("{}:", score.text));
        }
        for rule in &options.rules {
            self.part();
            self.rule(rule);
        }
        for pair in &options.pairs {
            self.part();
            self.nvpair(pair);
        }
    }

    fn tag(&mut self, tag: &Tag) {
        self.word(Role::Identifier, &tag.id.text);
        for member in &tag.members {
            self.word(Role::Reference, &member.text);
        }
    }

    /// XML keeps its lines, each but the last ending in a backslash.
    fn xml(&mut self, xml: &str) {
        let lines: Vec<&str> = xml.trim().lines().collect();
        let joint = if self.layout == Layout::Lines { " \\\n" } else { " " };
        self.space(Role::Plain, &lines.join(joint));
    }

    // ---- parts ---------------------------------------------------------------------------------------

    fn description(&mut self, description: &Option<Word>) {
        if let Some(text) = description {
            self.part();
            self.put(Role::AttributeName, "description");
            self.put(Role::Plain, "=");
            self.put(Role::AttributeValue, &quote(&text.text));
        }
    }

    fn attributes(&mut self, attributes: &[Setting]) {
        for (name, value) in attributes {
            self.pair(&name.text, Some(&value.text));
        }
    }

    fn verbatim(&mut self, attributes: &[Setting]) {
        for (name, value) in attributes {
            self.pair(&format!("${}", name.text), Some(&value.text));
        }
    }

    fn pair(&mut self, name: &str, value: Option<&str>) {
        self.space(Role::AttributeName, &bare(name));
        if let Some(value) = value {
            self.put(Role::Plain, "=");
            self.put(Role::AttributeValue, &quote(value));
        }
    }

    fn nvpair(&mut self, pair: &Pair) {
        match pair {
            Pair::Reference { id, name } => {
                let name = name.as_ref().map_or(String::new(), |name| format!(":{}", name.text));
                self.put(Role::Reference, &bare(&format!("@{}{name}", id.text)));
            }
            Pair::Named { id, name, value } => {
                let label = id.as_ref().map_or(String::new(), |id| format!("${}:", id.text));
                self.put(Role::AttributeName, &bare(&format!("{label}{}", name.text)));
                if let Some(value) = value {
                    self.put(Role::Plain, "=");
                    self.put(Role::AttributeValue, &quote(&value.text));
                }
            }
        }
    }

    fn sets(&mut self, sets: &[AttributeSet]) {
        for set in sets {
            self.part();
            self.set(set);
        }
    }

    fn set(&mut self, set: &AttributeSet) {
        self.put(Role::Keyword, set.kind.keyword());
        match &set.body {
            SetBody::Reference(id) => self.space(Role::Plain, &format!("$id-ref={}", quote(&id.text))),
            SetBody::Own { id, score, rules, pairs } => {
                if let Some(id) = id {
                    self.space(Role::Plain, &format!("$id={}", quote(&id.text)));
                }
                if let Some(score) = score {
                    self.word(Role::Score, &format!("{}:", score.text));
                }
                for rule in rules {
                    self.put(Role::Plain, " ");
                    self.rule(rule);
                }
                for pair in pairs {
                    self.put(Role::Plain, " ");
                    self.nvpair(pair);
                }
            }
        }
    }

    fn words(&mut self, words: &[&str]) {
        words.iter().for_each(|word| self.space(Role::Plain, word));
    }

    fn qualified(&mut self, resource: &Word, qualifier: Option<&Word>) {
        let qualifier = qualifier.map_or(String::new(), |qualifier| format!(":{}", qualifier.text));
        self.word(Role::Reference, &format!("{}{qualifier}", resource.text));
    }
}

/// A word that is no value: in quotes only if it holds what would end or change a word, or what
/// nobody sees in it.
fn bare(text: &str) -> String {
    let loose = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\');
    if !text.is_empty() && text.chars().all(loose) && hidden(text).is_none() { text.to_string() } else { quote(text) }
}
