//! What `cibadmin` asks of a CIB: found, created, modified, replaced, deleted as Pacemaker's CIB manager does it.
//!
//! In: a document and a [`Command`]. Out: the changed document with its next version, or why not.
//! Absent: whether the schema allows it (see `schema`), patches made elsewhere (see `apply`), who may do it.

use super::document::{self, Document, DocumentError};
use super::upgrade::{self, UpgradeError};
use super::version::Version;
use crate::score::Score;
use crate::xml::xpath::{self, Found, Kind, XPath, XPathError};
use crate::xml::{Element, Node};
use std::fmt;

/// Which part of a CIB is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Scope {
    Whole,
    /// A section by its name.
    Section(String),
    XPath(XPath),
}

/// A change that is asked for. What carries input has read it already.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Bump,
    Create(Element),
    /// The first element that has the name and all the attributes of the input; the first that the path means, without.
    Delete(Option<Element>),
    /// All that the path means.
    DeleteAll(Option<Element>),
    Erase,
    Modify {
        input: Element,
        may_create: bool,
    },
    Replace(Element),
    Upgrade,
}

/// Why it is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// What it is about is not there.
    NoSuch,
    /// It is there already.
    Exists(Box<Element>),
    /// It makes no sense.
    Invalid,
    /// What is there is newer.
    Old {
        base: Version,
        current: Version,
    },
    /// It is in the latest schema already.
    Unchanged,
    /// A section that every configuration has would be gone.
    Incomplete(&'static str),
    Upgrade(UpgradeError),
    NotACib(DocumentError),
    XPath(XPathError),
}

impl fmt::Display for CommandError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommandError::NoSuch => out.write_str("No such device or address"),
            CommandError::Exists(_) => out.write_str("File exists"),
            CommandError::Invalid => out.write_str("Invalid argument"),
            CommandError::Old { .. } => out.write_str("Update was older than existing configuration"),
            CommandError::Unchanged => out.write_str("Schema is already the latest available"),
            CommandError::Incomplete(section) => {
                write!(out, "/cib/configuration: <configuration> has no <{section}> in it")
            }
            CommandError::Upgrade(error) => error.fmt(out),
            CommandError::NotACib(error) => error.fmt(out),
            CommandError::XPath(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for CommandError {}

impl From<XPathError> for CommandError {
    fn from(error: XPathError) -> CommandError {
        CommandError::XPath(error)
    }
}

/// Sections that a scope may name.
pub const SECTIONS: [&str; 12] = [
    "configuration",
    "nodes",
    "resources",
    "constraints",
    "crm_config",
    "rsc_defaults",
    "op_defaults",
    "acls",
    "fencing-topology",
    "tags",
    "alerts",
    "status",
];

/// The elements that lead to a section, below the root.
fn way_to(section: &str) -> Option<Vec<&str>> {
    match section {
        "configuration" | "status" => Some(vec![section]),
        _ if SECTIONS.contains(&section) => Some(vec!["configuration", section]),
        _ => None,
    }
}

/// The element that a name of a scope means.
pub fn section<'a>(root: &'a Element, name: &str) -> Option<&'a Element> {
    if matches!(name, "cib" | "all") {
        return Some(root);
    }
    way_to(name)?.into_iter().try_fold(root, |at, name| at.child(name))
}

// ---- looking ---------------------------------------------------------------------------------------

/// What a scope means, all nodes of it.
///
/// # Errors
/// There is none.
pub fn found(root: &Element, scope: &Scope) -> Result<Vec<Found>, CommandError> {
    let found = match scope {
        Scope::XPath(path) => path.find(root)?,
        Scope::Whole => vec![Found { kind: Kind::Element, way: Vec::new() }],
        Scope::Section(name) => {
            let way = section_way(root, name).ok_or(CommandError::NoSuch)?;
            vec![Found { kind: Kind::Element, way }]
        }
    };
    if found.is_empty() { Err(CommandError::NoSuch) } else { Ok(found) }
}

fn section_way(root: &Element, name: &str) -> Option<Vec<usize>> {
    if matches!(name, "cib" | "all") {
        return Some(Vec::new());
    }
    let mut at = root;
    let mut way = Vec::new();
    for name in way_to(name)? {
        let place = at.children.iter().position(|node| node.element().is_some_and(|child| child.name == *name))?;
        way.push(place);
        at = at.children[place].element()?;
    }
    Some(way)
}

// ---- changing --------------------------------------------------------------------------------------

/// The document with the change; the same if it changes nothing.
///
/// # Errors
/// Why not.
pub fn carry_out(document: &Document, scope: &Scope, command: &Command) -> Result<Document, CommandError> {
    let version = document.version();
    let mut root = document.root().clone();
    match command {
        Command::Bump => return Ok(with_version(document, version.next_configuration())),
        Command::Erase => return Ok(erased(document)),
        Command::Upgrade => return upgraded(document),
        Command::Create(input) => match scope {
            Scope::XPath(_) => return Err(CommandError::Invalid),
            Scope::Section(name) if input.name != "cib" && name != "cib" && name != "all" => {
                create(&mut root, name, input)?;
            }
            _ => modify(&mut root, &Scope::Whole, input, false)?,
        },
        Command::Modify { input, may_create } => modify(&mut root, scope, input, *may_create)?,
        Command::Delete(input) => delete(&mut root, scope, input.as_ref(), false)?,
        Command::DeleteAll(input) => delete(&mut root, scope, input.as_ref(), true)?,
        Command::Replace(input) => replace(&mut root, scope, input, version)?,
    }
    if let Command::Delete(_) | Command::DeleteAll(_) = command {
        expect_sections(&root)?;
    }
    let mut next = Document::from_element(root).map_err(CommandError::NotACib)?;
    if next.root() == document.root() {
        return Ok(next);
    }
    if next.version() > version {
        // A change of nothing but the version counts as one of the status, as with Pacemaker.
        let counted = matches!(command, Command::Modify { .. }) && is_only_status(document, &next);
        let version = next.version();
        next.set_version(if counted { version.next_status() } else { version });
        return Ok(next);
    }
    next.set_version(match is_only_status(document, &next) {
        true => version.next_status(),
        false => version.next_configuration(),
    });
    Ok(next)
}

/// A document adds sections that lack, so what deletes one would change nothing.
fn expect_sections(root: &Element) -> Result<(), CommandError> {
    let configuration = root.child("configuration");
    let is_missing = |section: &&'static str| configuration.is_some_and(|all| all.child(section).is_none());
    document::SECTIONS.into_iter().find(is_missing).map_or(Ok(()), |section| Err(CommandError::Incomplete(section)))
}

fn with_version(document: &Document, version: Version) -> Document {
    let mut next = document.clone();
    next.set_version(version);
    next
}

fn is_only_status(before: &Document, after: &Document) -> bool {
    let attributes = |document: &Document| {
        let mut attributes = document.root().attributes.clone();
        attributes.retain(|name, _| !matches!(name, "admin_epoch" | "epoch" | "num_updates"));
        attributes
    };
    before.configuration() == after.configuration() && attributes(before) == attributes(after)
}

/// Nothing is left but an empty configuration, and whose it is.
fn erased(document: &Document) -> Document {
    let version = document.version();
    let mut next = document.clone();
    next.root_mut().children = Document::empty().root().children.clone();
    next.set_version(Version { admin_epoch: version.admin_epoch + 1, epoch: version.epoch + 1, num_updates: 0 });
    next
}

/// The epoch after an upgrade, as Pacemaker counts it: it begins anew with 1, and the change itself counts.
const UPGRADED_EPOCH: u32 = 2;

fn upgraded(document: &Document) -> Result<Document, CommandError> {
    let (next, _) = upgrade::to_latest(document).map_err(CommandError::Upgrade)?;
    if next.root() == document.root() {
        return Err(CommandError::Unchanged);
    }
    let mut next = next;
    let version = document.version();
    next.set_version(Version { admin_epoch: version.admin_epoch + 1, epoch: UPGRADED_EPOCH, num_updates: 0 });
    Ok(next)
}

/// Input of a section's name brings its children, each to be new.
fn create(root: &mut Element, name: &str, input: &Element) -> Result<(), CommandError> {
    let way = section_way(root, name).ok_or(CommandError::Invalid)?;
    let section = xpath::at_mut(root, &way).ok_or(CommandError::Invalid)?;
    let new: Vec<Element> = match input.name == *name {
        true => input.elements().cloned().collect(),
        false => vec![input.clone()],
    };
    for element in new {
        let is_it = |old: &Element| old.name == element.name && element.id().is_none_or(|id| old.id() == Some(id));
        if section.elements().any(is_it) {
            return Err(CommandError::Exists(Box::new(element)));
        }
        section.push(element);
    }
    Ok(())
}

fn modify(root: &mut Element, scope: &Scope, input: &Element, may_create: bool) -> Result<(), CommandError> {
    let way = match scope {
        Scope::XPath(_) => {
            let found = found(root, scope)?;
            let first = found.into_iter().find(|one| one.kind == Kind::Element).ok_or(CommandError::NoSuch)?;
            first.way
        }
        Scope::Whole => Vec::new(),
        Scope::Section(name) => match section_way(root, name) {
            Some(way) => way,
            None => {
                let way = way_to(name).ok_or(CommandError::Invalid)?;
                way.into_iter().fold(&mut *root, |at, name| at.child_or_new(name));
                section_way(root, name).ok_or(CommandError::Invalid)?
            }
        },
    };
    let start = xpath::at_mut(root, &way).ok_or(CommandError::NoSuch)?;
    match first_below(start, &|old| old.name == input.name && old.id() == input.id()) {
        Some(way) => update(xpath::at_mut(start, &way).ok_or(CommandError::NoSuch)?, input),
        None if may_create && !matches!(scope, Scope::XPath(_)) => start.push(input.clone()),
        None => return Err(CommandError::NoSuch),
    }
    Ok(())
}

/// Attributes are set, children of the same name and id updated, others added.
fn update(target: &mut Element, input: &Element) {
    for (name, value) in &input.attributes {
        let value = summed(target.attr(name.as_str()), name.as_str(), value);
        target.set(name.as_str(), value);
    }
    for child in &input.children {
        match child {
            Node::Text(text) => target.children.push(Node::Text(text.clone())),
            Node::Comment(text) => {
                let comment = Node::Comment(text.clone());
                if !target.children.contains(&comment) {
                    target.children.push(comment);
                }
            }
            Node::Element(child) => {
                let named = |name: &str| child.attr(name).map(|value| (name.to_string(), value.to_string()));
                let key = named("id").or_else(|| named("id-ref"));
                let is_it = |old: &Element| {
                    let same = key.as_ref().is_none_or(|(name, value)| old.attr(name) == Some(value));
                    old.name == child.name && same
                };
                match target.find_mut(is_it) {
                    Some(old) => update(old, child),
                    None => target.children.push(Node::Element(child.clone())),
                }
            }
        }
    }
}

/// `name++` and `name+=N` add to what is there; all else is the value itself.
fn summed(old: Option<&str>, name: &str, value: &str) -> String {
    let Some((old, rest)) = old.zip(value.strip_prefix(name)) else { return value.to_string() };
    let more = match rest.strip_prefix("+=") {
        Some(number) => Score::parse(number).unwrap_or_default(),
        None if rest.starts_with("++") => Score::from(1),
        None => return value.to_string(),
    };
    (Score::parse(old).unwrap_or_default() + more).to_string()
}

fn delete(root: &mut Element, scope: &Scope, input: Option<&Element>, all: bool) -> Result<(), CommandError> {
    if let Scope::XPath(path) = scope {
        let mut found = path.find(root)?;
        if !all {
            found.truncate(1);
        }
        // The last first: what lies within another is gone before it.
        return found.into_iter().rev().try_for_each(|one| remove(root, &one));
    }
    let input = input.ok_or(CommandError::Invalid)?;
    let (way, name) = match scope {
        Scope::Section(name) => (section_way(root, name).ok_or(CommandError::Invalid)?, name.as_str()),
        _ => (Vec::new(), ""),
    };
    let start = xpath::at_mut(root, &way).ok_or(CommandError::Invalid)?;
    let wanted: Vec<&Element> = if input.name == *name { input.elements().collect() } else { vec![input] };
    for wanted in wanted {
        let matches = |old: &Element| {
            let has = |name: &str, value: &str| old.attr(name).is_some_and(|own| own.eq_ignore_ascii_case(value));
            old.name == wanted.name && wanted.attributes.iter().all(|(name, value)| has(name.as_str(), value))
        };
        if let Some(way) = first_strictly_below(start, &matches) {
            remove(start, &Found { kind: Kind::Element, way })?;
        }
    }
    Ok(())
}

fn remove(root: &mut Element, found: &Found) -> Result<(), CommandError> {
    let own = |root| xpath::at_mut(root, &found.way).ok_or(CommandError::NoSuch);
    match &found.kind {
        Kind::Document => return Err(CommandError::Invalid),
        Kind::Attribute { name, .. } => drop(own(root)?.unset(name)),
        Kind::Text(text) => own(root)?.children.retain(|node| !matches!(node, Node::Text(old) if **old == **text)),
        Kind::Comment(text) => {
            own(root)?.children.retain(|node| !matches!(node, Node::Comment(old) if **old == **text));
        }
        Kind::Element => {
            let (place, parent) = found.way.split_last().ok_or(CommandError::Invalid)?;
            let parent = xpath::at_mut(root, parent).ok_or(CommandError::NoSuch)?;
            parent.children.remove(*place);
        }
    }
    Ok(())
}

fn replace(root: &mut Element, scope: &Scope, input: &Element, current: Version) -> Result<(), CommandError> {
    let way = match scope {
        Scope::XPath(_) => found(root, scope)?.swap_remove(0).way,
        _ if input.name == "cib" => Vec::new(),
        Scope::Section(name) if name != "all" && input.name.as_str() != name => {
            let start = section_way(root, name).ok_or(CommandError::Invalid)?;
            within(root, start, input)?
        }
        _ => within(root, Vec::new(), input)?,
    };
    match way.split_last() {
        None => {
            let next = Document::from_element(input.clone()).map_err(CommandError::NotACib)?;
            let base = next.version();
            if base < current {
                return Err(CommandError::Old { base, current });
            }
            *root = next.root().clone();
        }
        Some((place, parent)) => {
            let parent = xpath::at_mut(root, parent).ok_or(CommandError::NoSuch)?;
            match matches!(scope, Scope::XPath(_)) {
                // What a path means goes, and what comes for it is the last of its parent.
                true => {
                    parent.children.remove(*place);
                    parent.push(input.clone());
                }
                false => parent.children[*place] = Node::from(input.clone()),
            }
        }
    }
    Ok(())
}

/// The way to the first element, below where a way leads, that the input is for.
fn within(root: &Element, start: Vec<usize>, input: &Element) -> Result<Vec<usize>, CommandError> {
    let fits = |old: &Element| old.name == input.name && input.id().is_none_or(|id| old.id() == Some(id));
    let at = xpath::at(root, &start).ok_or(CommandError::Invalid)?;
    let below = first_strictly_below(at, &fits).ok_or(CommandError::NoSuch)?;
    Ok(start.into_iter().chain(below).collect())
}

/// The way to the first element that fits, itself included.
fn first_below(at: &Element, fits: &dyn Fn(&Element) -> bool) -> Option<Vec<usize>> {
    if fits(at) { Some(Vec::new()) } else { first_strictly_below(at, fits) }
}

fn first_strictly_below(at: &Element, fits: &dyn Fn(&Element) -> bool) -> Option<Vec<usize>> {
    at.children.iter().enumerate().find_map(|(place, node)| {
        let mut way = first_below(node.element()?, fits)?;
        way.insert(0, place);
        Some(way)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read;

    const CIB: &str = "<cib validate-with='pacemaker-4.0' epoch='7' num_updates='3' admin_epoch='0'><configuration>\
        <crm_config/><nodes><node id='1' uname='n1'/></nodes><resources><group id='g'><primitive id='a'/>\
        <primitive id='b' class='ocf'/></group></resources><constraints/></configuration><status/></cib>";

    fn scope(text: &str) -> Scope {
        match text {
            "" => Scope::Whole,
            path if path.starts_with('/') => Scope::XPath(XPath::parse(path).expect("a path")),
            name => Scope::Section(name.to_string()),
        }
    }

    /// The changed part, with the version before it; or why not.
    #[track_caller]
    fn check(within: &str, command: Command, part: &str, expected: &str) {
        let document = Document::read(CIB).expect("a CIB");
        let said = match carry_out(&document, &scope(within), &command) {
            Err(error) => error.to_string(),
            Ok(next) => {
                let found = found(next.root(), &scope(part)).map(|found| found[0].way.clone());
                let part = found.map(|way| crate::xml::write(xpath::at(next.root(), &way).expect("it was found")));
                format!("{} {}", next.version(), part.unwrap_or_default().replace('"', "'"))
            }
        };
        assert_eq!(said, expected, "{command:?}");
    }

    fn input(text: &str) -> Element {
        read(text).expect("XML")
    }

    #[test]
    fn what_is_created_is_new() {
        let primitive = || Command::Create(input("<primitive id='c'/>"));
        check("resources", primitive(), "//primitive[@id='c']", "0.8.0 <primitive id='c'/>");
        check("resources", Command::Create(input("<group id='g'/>")), "", "File exists");
        check("resources", Command::Create(input("<resources><group id='g'/></resources>")), "", "File exists");
        check("nowhere", primitive(), "", "Invalid argument");
        check("//resources", primitive(), "", "Invalid argument");
        check("", primitive(), "", "No such device or address");
    }

    #[test]
    fn what_is_modified_is_found_by_name_and_id() {
        let modify = |text, may_create| Command::Modify { input: input(text), may_create };
        check(
            "",
            modify("<primitive id='b' type='X'/>", false),
            "//*[@id='b']",
            "0.8.0 <primitive id='b' class='ocf' type='X'/>",
        );
        check("", modify("<primitive id='c'/>", false), "", "No such device or address");
        check("resources", modify("<primitive id='c'/>", true), "//*[@id='c']", "0.8.0 <primitive id='c'/>");
        check("tags", modify("<tag id='t'/>", true), "tags", "0.8.0 <tags><tag id='t'/></tags>");
        check("", modify("<cib epoch='epoch++'/>", false), "//nodes/node/@id", "0.8.4 <node id='1' uname='n1'/>");
        check(
            "",
            modify("<cib admin_epoch='admin_epoch+=2'/>", false),
            "//nodes/node/@id",
            "2.7.4 <node id='1' uname='n1'/>",
        );
        check("//group", modify("<group id='g' description='d'/>", false), "//*[@id='a']", "0.8.0 <primitive id='a'/>");
        check("status", modify("<node_state id='1'/>", true), "status", "0.7.4 <status><node_state id='1'/></status>");
        check(
            "",
            modify("<node id='1' uname='n1'/>", false),
            "nodes",
            "0.7.3 <nodes><node id='1' uname='n1'/></nodes>",
        );
    }

    #[test]
    fn what_is_deleted_has_all_that_is_named() {
        let delete = |text| Command::Delete(Some(input(text)));
        check("", delete("<primitive class='OCF'/>"), "//group", "0.8.0 <group id='g'><primitive id='a'/></group>");
        check(
            "",
            delete("<primitive id='a' class='ocf'/>"),
            "//group/@id",
            "0.7.3 <group id='g'><primitive id='a'/><primitive id='b' class='ocf'/></group>",
        );
        check(
            "//primitive",
            Command::Delete(None),
            "//group",
            "0.8.0 <group id='g'><primitive id='b' class='ocf'/></group>",
        );
        check("//primitive", Command::DeleteAll(None), "//group", "0.8.0 <group id='g'/>");
        check("//primitive/@class", Command::Delete(None), "//*[@id='b']", "0.8.0 <primitive id='b'/>");
        check("//missing", Command::Delete(None), "nodes", "0.7.3 <nodes><node id='1' uname='n1'/></nodes>");
        check("/cib", Command::Delete(None), "", "Invalid argument");
        let incomplete = "/cib/configuration: <configuration> has no <constraints> in it";
        check("", delete("<constraints/>"), "", incomplete);
        check("//constraints", Command::DeleteAll(None), "", incomplete);
        check("nodes", delete("<nodes><node id='1'/></nodes>"), "nodes", "0.8.0 <nodes/>");
    }

    #[test]
    fn what_is_replaced_was_there_and_is_no_newer() {
        let replace = |text| Command::Replace(input(text));
        check("", replace("<group id='g'/>"), "//group", "0.8.0 <group id='g'/>");
        check("resources", replace("<resources/>"), "resources", "0.8.0 <resources/>");
        check("resources", replace("<node id='1'/>"), "", "No such device or address");
        check(
            "//group",
            replace("<primitive id='z'/>"),
            "resources",
            "0.8.0 <resources><primitive id='z'/></resources>",
        );
        let older = "<cib epoch='6'><configuration/></cib>";
        check("", replace(older), "", "Update was older than existing configuration");
        check("", replace("<cib epoch='9'><configuration/></cib>"), "nodes", "0.9.0 <nodes/>");
    }

    #[test]
    fn versions_move_and_nothing_is_left_when_all_goes() {
        check("", Command::Bump, "nodes", "0.8.0 <nodes><node id='1' uname='n1'/></nodes>");
        check("", Command::Erase, "nodes", "1.8.0 <nodes/>");
        check("", Command::Upgrade, "", "Schema is already the latest available");
    }
}
