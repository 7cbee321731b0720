//! Statements as text, in the form that `configure show` prints and that is read back.
//!
//! In: a statement and a layout. Out: its pieces, each with its role, into an `Ink`; a `String`
//! is the plainest ink, the shell's coloured one another.
//! Absent: what is printed in which order (the shell's), colours.

use crate::crm::ast::{
    Agent, AttributeSet, Boolean, Colocation, Expression, FencingTarget, Group, Kind, Location, Member, Members, Node,
    Operations, Options, Order, Pair, Part, Place, Primitive, ResourceSet, Rule, SetBody, Setting, Source, Statement,
    Tag, Target, Ticket, Topology,
};
use crate::span::Word;

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
                Part::Operations(Operations::Id(id)) => {
                    self.put(Role::Keyword, "operations");
                    self.space(Role::Plain, &format!("$id={}", quote(&id.text)));
                }
                Part::Operations(Operations::Reference(id)) => {
                    // Two blanks, as crmsh prints it.
                    self.put(Role::Keyword, "operations ");
                    self.space(Role::Plain, &format!("$id-ref={}", quote(&id.text)));
                }
                Part::Operation(operation) => {
                    self.put(Role::Keyword, "op");
                    self.word(Role::Plain, &operation.name.text);
                    self.attributes(&operation.attributes);
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

    fn location(&mut self, location: &Location) {
        self.word(Role::Identifier, &location.id.text);
        match &location.target {
            Target::Resource(resource) => self.word(Role::Reference, &resource.text),
            Target::Pattern(pattern) => self.word(Role::Reference, &format!("/{}/", pattern.text)),
            Target::Sets(sets) => {
                self.space(Role::Plain, "{");
                self.resource_sets(sets);
                self.space(Role::Plain, "}");
            }
        }
        if let Some(role) = &location.role {
            self.pair("role", Some(&role.text));
        }
        self.attributes(&location.attributes);
        match &location.place {
            Place::Node { score, node } => {
                self.word(Role::Score, &format!("{}:", score.text));
                self.word(Role::Reference, &node.text);
            }
            Place::Rules(rules) => rules.iter().for_each(|rule| {
                self.part();
                self.rule(rule);
            }),
        }
    }

    fn colocation(&mut self, colocation: &Colocation) {
        self.word(Role::Identifier, &colocation.id.text);
        self.word(Role::Score, &format!("{}:", colocation.score.text));
        self.members(&colocation.members);
        if let Some(attribute) = &colocation.node_attribute {
            self.pair("node-attribute", Some(&attribute.text));
        }
    }

    fn order(&mut self, order: &Order) {
        self.word(Role::Identifier, &order.id.text);
        if let Some(kind) = &order.kind {
            self.word(Role::Score, &format!("{}:", kind.text));
        }
        self.members(&order.members);
        if let Some(symmetrical) = &order.symmetrical {
            self.pair("symmetrical", Some(&symmetrical.text));
        }
    }

    fn ticket(&mut self, ticket: &Ticket) {
        self.word(Role::Identifier, &ticket.id.text);
        self.word(Role::Reference, &format!("{}:", ticket.ticket.text));
        match &ticket.members {
            // Two plain members are a set already; one needs the mark.
            Members::Sets(sets) if !needs_mark(sets, 1) => self.resource_sets(sets),
            members => self.members(members),
        }
        if let Some(policy) = &ticket.loss_policy {
            self.pair("loss-policy", Some(&policy.text));
        }
    }

    fn options(&mut self, options: &Options) {
        if let Some(id) = &options.id {
            self.word(Role::Identifier, &format!("{}:", id.text));
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

    fn topology(&mut self, topology: &Topology) {
        for levels in &topology.levels {
            match &levels.target {
                FencingTarget::Every => {}
                target => {
                    self.part();
                    self.put(Role::Reference, &bare(&target_text(target)));
                }
            }
            for device in &levels.devices {
                self.word(Role::Reference, &device.text);
            }
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

    fn rule(&mut self, rule: &Rule) {
        self.put(Role::Keyword, "rule");
        match rule {
            Rule::Reference(id) => self.space(Role::Plain, &format!("$id-ref={}", quote(&id.text))),
            Rule::Own { id, role, score, boolean, expressions } => {
                if let Some(id) = id {
                    self.space(Role::Plain, &format!("$id={}", quote(&id.text)));
                }
                if let Some(role) = role {
                    self.space(Role::Plain, &format!("$role={}", quote(&role.text)));
                }
                if let Some(score) = score {
                    self.word(Role::Score, &format!("{}:", score.text));
                }
                self.expressions(*boolean, expressions);
            }
        }
    }

    fn expressions(&mut self, boolean: Boolean, expressions: &[Expression]) {
        for (index, expression) in expressions.iter().enumerate() {
            if index > 0 {
                self.space(Role::Keyword, boolean.keyword());
            }
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Defined { name } => self.words(&["defined", &bare(&name.text)]),
            Expression::NotDefined { name } => self.words(&["not_defined", &bare(&name.text)]),
            Expression::Compare { name, kind, operation, value, source } => {
                let kind = kind.as_ref().map_or(String::new(), |kind| format!("{}:", kind.text));
                let value = match source {
                    Source::Literal => quote(&value.text),
                    Source::Parameter => bare(&format!("param{{{}}}", value.text)),
                    Source::Meta => bare(&format!("meta{{{}}}", value.text)),
                };
                self.words(&[&bare(&name.text), &format!("{kind}{}", operation.text), &value]);
            }
            Expression::Before { end } => self.words(&["date", "lt", &quote(&end.text)]),
            Expression::After { start } => self.words(&["date", "gt", &quote(&start.text)]),
            Expression::Within { start, end, duration } => {
                self.words(&["date", "in"]);
                for (name, value) in [("start", start), ("end", end)] {
                    if let Some(value) = value {
                        self.pair(name, Some(&value.text));
                    }
                }
                self.attributes(duration);
            }
            Expression::Calendar { fields } => {
                self.words(&["date", "spec"]);
                self.attributes(fields);
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

    fn members(&mut self, members: &Members) {
        let member =
            |printer: &mut Self, member: &Member| printer.qualified(&member.resource, member.qualifier.as_ref());
        match members {
            Members::One(only) => member(self, only),
            Members::Two(first, second) => {
                member(self, first);
                member(self, second);
            }
            Members::Sets(sets) => {
                if needs_mark(sets, 2) {
                    self.space(Role::Plain, "_rsc_set_");
                }
                self.resource_sets(sets);
            }
        }
    }

    fn resource_sets(&mut self, sets: &[ResourceSet]) {
        for (index, set) in sets.iter().enumerate() {
            let brackets = brackets(sets, index);
            if let Some((open, _, _)) = brackets {
                self.space(Role::Plain, open);
            }
            for member in &set.members {
                self.qualified(member, set.qualifier.as_ref());
            }
            if let Some((_, option, close)) = brackets {
                if let Some((name, value)) = option {
                    self.pair(name, Some(value));
                }
                self.space(Role::Plain, close);
            }
        }
    }
}

type Brackets = (&'static str, Option<(&'static str, &'static str)>, &'static str);

/// The brackets of a set and what must be said inside them. A plain set needs some if it would
/// melt into the plain set before it, or cannot be told from a set option's end.
fn brackets(sets: &[ResourceSet], index: usize) -> Option<Brackets> {
    let set = &sets[index];
    match (set.sequential, set.require_all) {
        (false, true) => Some(("(", None, ")")),
        (false, false) => Some(("[", None, "]")),
        (true, false) => Some(("[", Some(("sequential", "true")), "]")),
        (true, true) => {
            let is_plain =
                |other: &ResourceSet| other.sequential && other.require_all && other.qualifier == set.qualifier;
            let melts = index > 0 && is_plain(&sets[index - 1]);
            melts.then_some(("(", Some(("sequential", "true")), ")"))
        }
    }
}

/// True if the sets, printed, would read as something simpler.
fn needs_mark(sets: &[ResourceSet], simple: usize) -> bool {
    let plain = (0..sets.len()).all(|index| brackets(sets, index).is_none());
    plain && sets.iter().map(|set| set.members.len()).sum::<usize>() <= simple
}

fn target_text(target: &FencingTarget) -> String {
    match target {
        FencingTarget::Every => String::new(),
        FencingTarget::Node(node) => format!("{}:", node.text),
        FencingTarget::Attribute { name, value } => format!("attr:{}={}", name.text, value.text),
        FencingTarget::Pattern(pattern) => format!("pattern:{}", pattern.text),
    }
}

/// A word that is no value: in quotes only if it holds what would end or change a word.
fn bare(text: &str) -> String {
    let loose = |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '\\');
    if !text.is_empty() && text.chars().all(loose) { text.to_string() } else { quote(text) }
}
