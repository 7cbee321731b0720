//! The statements of the configure language, as written, with their positions.
//!
//! In: built by the productions, or by the shell from a document. Out: plain values.
//! Absent: checks against a cluster, generated ids, XML.
//!
//! Scores, times and dates stay text here; who needs their value reads it with `literal`.

use crate::span::{Span, Word};

mod access;
mod alert;
mod attributes;
mod bundle;
mod rule;
mod setting;

pub use access::{Actor, ActorKind, Grant, Permission, Role, Spec, User};
pub use alert::{Alert, AlertPart, Recipient, Selection};
pub use attributes::{AttributeSet, Pair, SetBody, SetKind};
pub use bundle::{Bundle, BundlePart, Mapping};
pub use rule::{Boolean, Condition, Expression, Rule, Source};
pub use setting::Setting;

/// A statement, the comment lines above it, and where it stands. Statements compare by what they
/// say, not by where.
#[derive(Clone, Debug)]
pub struct Statement {
    pub comments: Vec<String>,
    pub kind: Kind,
    pub span: Span,
}

impl Statement {
    pub fn new(kind: Kind) -> Statement {
        Statement { comments: Vec::new(), kind, span: Span::default() }
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Statement) -> bool {
        self.comments == other.comments && self.kind == other.kind
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Node(Node),
    Primitive(Primitive),
    Template(Primitive),
    Group(Group),
    Clone(Clone),
    Bundle(Bundle),
    Location(Location),
    Colocation(Colocation),
    Order(Order),
    Ticket(Ticket),
    Options(OptionSet),
    Topology(Topology),
    Tag(Tag),
    Role(Role),
    Actor(Actor),
    User(User),
    Alert(Alert),
    Monitor(Monitor),
    /// An object kept as its XML.
    Xml(Word),
}

// ---- parts that many statements share ------------------------------------------------------------

/// A resource of a constraint with its role or action.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub resource: Word,
    pub qualifier: Option<Word>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSet {
    pub id: Option<Word>,
    /// `( $id-ref=ID )`: the set with that id, here too; it then has nothing else.
    pub reference: Option<Word>,
    pub members: Vec<Word>,
    pub qualifier: Option<Word>,
    pub sequential: bool,
    pub require_all: bool,
    /// `$NAME=VALUE`, taken into the XML as it stands.
    pub attributes: Vec<Setting>,
}

impl ResourceSet {
    /// A set of these members that says nothing else.
    pub fn plain(members: Vec<Word>, qualifier: Option<Word>) -> ResourceSet {
        ResourceSet {
            id: None,
            reference: None,
            members,
            qualifier,
            sequential: true,
            require_all: true,
            attributes: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Members {
    One(Member),
    Two(Member, Member),
    Sets(Vec<ResourceSet>),
}

// ---- the statements --------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub id: Option<Word>,
    pub name: Word,
    pub kind: Option<Word>,
    pub description: Option<Word>,
    /// `$score=…`
    pub score: Option<Word>,
    pub sets: Vec<AttributeSet>,
}

/// A primitive or a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Primitive {
    pub id: Word,
    pub agent: Agent,
    pub description: Option<Word>,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Agent {
    Type { class: Option<Word>, provider: Option<Word>, name: Word },
    Template(Word),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Set(AttributeSet),
    Operations(Operations),
    Operation(Operation),
}

/// `operations`, which says something of all the operations together, or that there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operations {
    pub id: Option<Word>,
    pub reference: Option<Word>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    pub name: Word,
    pub attributes: Vec<Setting>,
    pub sets: Vec<AttributeSet>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: Word,
    pub members: Vec<Word>,
    pub description: Option<Word>,
    pub sets: Vec<AttributeSet>,
}

/// A clone, or in the older spelling a master (`ms`).
#[derive(Clone, Debug, PartialEq)]
pub struct Clone {
    pub id: Word,
    pub master: bool,
    pub child: Word,
    pub description: Option<Word>,
    pub sets: Vec<AttributeSet>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Location {
    pub id: Word,
    pub target: Target,
    pub role: Option<Word>,
    /// `resource-discovery` and whatever else stands as NAME=VALUE.
    pub attributes: Vec<Setting>,
    /// `$NAME=VALUE`, taken into the XML as it stands.
    pub verbatim: Vec<Setting>,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Resource(Word),
    Pattern(Word),
    Sets(Vec<ResourceSet>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Node {
        score: Word,
        node: Word,
    },
    Rules(Vec<Rule>),
    /// Said by verbatim attributes, or by nothing.
    None,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Colocation {
    pub id: Word,
    pub score: Word,
    pub members: Members,
    pub node_attribute: Option<Word>,
    pub influence: Option<Word>,
    pub verbatim: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub id: Word,
    /// Mandatory, Optional or Serialize; a score is read as one of the first two.
    pub kind: Option<Word>,
    pub members: Members,
    pub symmetrical: Option<Word>,
    pub verbatim: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub id: Word,
    pub ticket: Word,
    pub members: Members,
    pub loss_policy: Option<Word>,
    pub verbatim: Vec<Setting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OptionsKind {
    Property,
    ResourceDefaults,
    OperationDefaults,
}

impl OptionsKind {
    pub fn keyword(self) -> &'static str {
        match self {
            OptionsKind::Property => "property",
            OptionsKind::ResourceDefaults => "rsc_defaults",
            OptionsKind::OperationDefaults => "op_defaults",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct OptionSet {
    pub kind: OptionsKind,
    pub id: Option<Word>,
    /// `$id-ref=ID`: a set that stands elsewhere.
    pub reference: Option<Word>,
    pub score: Option<Word>,
    pub rules: Vec<Rule>,
    pub pairs: Vec<Pair>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    pub levels: Vec<Levels>,
}

/// The devices that fence a target, level by level.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    pub target: FencingTarget,
    pub levels: Vec<FencingLevel>,
}

/// One word of devices; a comma joins those used together.
#[derive(Clone, Debug, PartialEq)]
pub struct FencingLevel {
    pub id: Option<Word>,
    /// `index=N`; without it the one after the target's level before.
    pub index: Option<Word>,
    pub devices: Word,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FencingTarget {
    Every,
    Node(Word),
    Attribute { name: Word, value: Word },
    Pattern(Word),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    pub id: Word,
    pub members: Vec<Word>,
}

/// `monitor RSC[:ROLE] INTERVAL[:TIMEOUT]`: one more operation for a resource that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub resource: Word,
    pub role: Option<Word>,
    pub interval: Word,
    pub timeout: Option<Word>,
}

// ---- what every statement can answer ---------------------------------------------------------------

impl Kind {
    /// The keyword it is printed with.
    pub fn keyword(&self) -> &'static str {
        match self {
            Kind::Node(_) => "node",
            Kind::Primitive(_) => "primitive",
            Kind::Template(_) => "rsc_template",
            Kind::Group(_) => "group",
            Kind::Clone(clone) if clone.master => "ms",
            Kind::Clone(_) => "clone",
            Kind::Bundle(_) => "bundle",
            Kind::Location(_) => "location",
            Kind::Colocation(_) => "colocation",
            Kind::Order(_) => "order",
            Kind::Ticket(_) => "rsc_ticket",
            Kind::Options(options) => options.kind.keyword(),
            Kind::Topology(_) => "fencing_topology",
            Kind::Tag(_) => "tag",
            Kind::Role(_) => "role",
            Kind::Actor(actor) => actor.kind.keyword(),
            Kind::User(_) => "user",
            Kind::Alert(_) => "alert",
            Kind::Monitor(_) => "monitor",
            Kind::Xml(_) => "xml",
        }
    }

    /// The id of the object it makes, as far as the text names it.
    pub fn id(&self) -> Option<&Word> {
        match self {
            Kind::Node(node) => Some(node.id.as_ref().unwrap_or(&node.name)),
            Kind::Primitive(primitive) | Kind::Template(primitive) => Some(&primitive.id),
            Kind::Group(group) => Some(&group.id),
            Kind::Clone(clone) => Some(&clone.id),
            Kind::Bundle(bundle) => Some(&bundle.id),
            Kind::Location(location) => Some(&location.id),
            Kind::Colocation(colocation) => Some(&colocation.id),
            Kind::Order(order) => Some(&order.id),
            Kind::Ticket(ticket) => Some(&ticket.id),
            Kind::Options(options) => options.id.as_ref(),
            Kind::Tag(tag) => Some(&tag.id),
            Kind::Role(role) => Some(&role.id),
            Kind::Actor(actor) => Some(&actor.id),
            Kind::User(user) => Some(&user.id),
            Kind::Alert(alert) => Some(&alert.id),
            Kind::Topology(_) | Kind::Monitor(_) | Kind::Xml(_) => None,
        }
    }
}
