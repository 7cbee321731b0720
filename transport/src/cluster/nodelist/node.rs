//! The nodes as corosync.conf lists them.
//!
//! In: the file's sections. Out: nodes as values; what can be wrong with a list.
//! Absent: changing it.

use crate::cluster::file::Section;
use std::collections::BTreeMap;

/// A link between the hosts, by its number. Corosync's knet has 8 (`corosync.conf(5)`).
pub type LinkNumber = u8;

/// How many links a node may have, as in Corosync.
pub const LINKS_MAX: LinkNumber = 8;

/// A node as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its `name`, else its first address, as Corosync has it.
    pub name: String,
    pub id: u32,
    pub addresses: BTreeMap<LinkNumber, String>,
    pub votes: u32,
    /// Where its section begins, from 1; 0 of one that was added.
    pub line: usize,
}

/// Why the list cannot be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("there is no node `{0}` in the list")]
    NoSuchNode(String),
    #[error("node name `{name}` is listed already{}", at(*line))]
    NameTaken { name: String, line: usize },
    #[error("node id {id} is listed already, for {name}{}", at(*line))]
    IdTaken { id: u32, name: String, line: usize },
    #[error("address {address} is listed already, for {name}{}", at(*line))]
    AddressTaken { address: String, name: String, line: usize },
    #[error("node {name} has no address on link {link}")]
    NoAddress { name: String, link: LinkNumber },
    #[error("there is no link {0}")]
    NoSuchLink(LinkNumber),
    #[error("link {0} is the only one")]
    LastLink(LinkNumber),
    #[error("there are {LINKS_MAX} links already, Corosync has no more")]
    TooManyLinks,
    #[error("transport {transport} has one link; more than one is for knet")]
    OneLinkOnly { transport: String },
    #[error("a link has no option `{0}`")]
    NoSuchOption(String),
    #[error("`{0}` cannot be a value")]
    NotAValue(String),
}

fn at(line: usize) -> String {
    if line == 0 { String::new() } else { format!(" (line {line})") }
}

/// The key of a node's address on a link.
pub(super) fn address_key(link: LinkNumber) -> String {
    format!("ring{link}_addr")
}

/// The nodes, in the list's order.
pub fn nodes(file: &Section) -> Vec<Node> {
    let listed = file.sections("nodelist").flat_map(|list| list.sections("node"));
    listed.enumerate().map(|(place, section)| node(place, section)).collect()
}

fn node(place: usize, section: &Section) -> Node {
    let addresses: BTreeMap<LinkNumber, String> =
        (0..LINKS_MAX).filter_map(|link| Some((link, section.text(&address_key(link))?.to_string()))).collect();
    let first = addresses.values().next().cloned();
    Node {
        name: section.text("name").map(str::to_string).or(first).unwrap_or_default(),
        id: number(section, "nodeid").unwrap_or(place as u32 + 1),
        addresses,
        votes: number(section, "quorum_votes").unwrap_or(1),
        line: section.line,
    }
}

pub(super) fn number(section: &Section, key: &str) -> Option<u32> {
    section.text(key)?.parse().ok()
}

/// The nodes' sections, to be changed.
pub(super) fn sections(file: &mut Section) -> impl Iterator<Item = &mut Section> {
    file.sections_mut("nodelist").flat_map(|list| list.sections_mut("node"))
}
