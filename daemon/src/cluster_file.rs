//! `quorate.conf`: the nodes of a cluster with the embedded engine, and how they are counted.
//!
//! The file has corosync.conf's form (sections in braces, `key: value` lines, `#` comments) and its words; see
//! README. What is not known, stands twice or contradicts itself is an error that names the line.

use quorate_transport::cluster::file::{self, FileError, Item, Section};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;

/// The port nodes listen on unless their entry says otherwise.
const PORT_DEFAULT: u16 = 5415;

/// A node of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEntry {
    pub id: u32,
    pub name: String,
    pub address: SocketAddr,
    pub votes: u32,
}

/// The cluster's configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFile {
    pub cluster_name: String,
    /// Milliseconds.
    pub token: Option<u64>,
    pub two_node: bool,
    pub wait_for_all: Option<bool>,
    pub expected_votes: Option<u32>,
    pub nodes: Vec<NodeEntry>,
}

/// Where words stand.
type Lines = BTreeMap<String, usize>;

#[derive(Default)]
struct Entry {
    name: Option<String>,
    id: Option<u32>,
    host: Option<String>,
    port: Option<u16>,
    votes: Option<u32>,
}

impl ClusterFile {
    /// Reads the file's text.
    ///
    /// # Errors
    /// What cannot be used, with its line.
    pub fn parse(text: &str) -> Result<ClusterFile, FileError> {
        let mut file = ClusterFile::default();
        // Some editors begin a file with the mark of its byte order.
        let parsed = file::parse(text.trim_start_matches('\u{feff}'))?;
        let mut lines = Lines::new();
        file.take(&parsed, &mut Vec::new(), &mut Entry::default(), &mut lines)?;
        match file.contradiction() {
            Some((key, words)) => Err(FileError::of_line(lines.get(key).copied().unwrap_or(parsed.end), words)),
            None => Ok(file),
        }
    }

    /// What of it as a whole cannot be meant, and the word that is to blame.
    fn contradiction(&self) -> Option<(&'static str, String)> {
        let votes: u32 = self.nodes.iter().map(|node| node.votes).sum();
        match () {
            () if self.nodes.is_empty() => Some(("nodelist", "the node list is empty".to_string())),
            () if votes == 0 => Some(("nodelist", "no node has a vote: there could never be a quorum".to_string())),
            () if self.expected_votes.is_some_and(|expected| expected < votes) => {
                let expected = self.expected_votes.unwrap_or_default();
                let words = format!("`expected_votes: {expected}` is less than the {votes} votes of the node list");
                Some(("expected_votes", words))
            }
            () if self.two_node && (self.nodes.len() != 2 || self.nodes.iter().any(|node| node.votes != 1)) => {
                let nodes = self.nodes.iter().map(|node| match node.votes {
                    1 => node.name.clone(),
                    votes => format!("{} ({votes} votes)", node.name),
                });
                let nodes: Vec<String> = nodes.collect();
                let words = format!("`two_node: 1` is for two nodes with a vote each, not for {}", nodes.join(", "));
                Some(("two_node", words))
            }
            () => None,
        }
    }

    /// Takes what is in a section, whose name and those around it are given. `lines` says where each word of `totem`,
    /// `quorum` and, in a node's section, of the node stands.
    fn take(
        &mut self,
        section: &Section,
        names: &mut Vec<String>,
        entry: &mut Entry,
        lines: &mut Lines,
    ) -> Result<(), FileError> {
        for item in &section.items {
            match item {
                Item::Other(_) => {}
                Item::Value(value) => {
                    let within: Vec<&str> = names.iter().map(String::as_str).collect();
                    if let Some(line) = lines.insert(value.key.clone(), value.line) {
                        let words = format!("`{}` stands in line {line} already", value.key);
                        return Err(FileError::of_line(value.line, words));
                    }
                    let set = self.set(entry, &within, &value.key, &value.value);
                    set.map_err(|message| FileError::of_line(value.line, message))?;
                }
                Item::Section(inside) => self.enter(inside, names, lines)?,
            }
        }
        Ok(())
    }

    fn enter(&mut self, inside: &Section, names: &mut Vec<String>, lines: &mut Lines) -> Result<(), FileError> {
        names.push(inside.name.clone());
        let path: Vec<&str> = names.iter().map(String::as_str).collect();
        let is_node = path == ["nodelist", "node"];
        if !is_node && !matches!(path[..], ["totem" | "quorum" | "nodelist"]) {
            let words = format!("`{}` is no section here: totem, quorum, nodelist with its nodes", path.join(" "));
            return Err(FileError::of_line(inside.line, words));
        }
        let mut entry = Entry::default();
        match is_node {
            true => {
                self.take(inside, names, &mut entry, &mut Lines::new())?;
                self.add(entry, inside)?;
            }
            false => {
                lines.entry(inside.name.clone()).or_insert(inside.line);
                self.take(inside, names, &mut entry, lines)?;
            }
        }
        names.pop();
        Ok(())
    }

    fn add(&mut self, entry: Entry, section: &Section) -> Result<(), FileError> {
        let node = entry.finish(self.nodes.len()).map_err(|message| FileError::of_line(section.end, message))?;
        if let Some(message) = self.twice(&node) {
            return Err(FileError::of_line(section.line, message));
        }
        self.nodes.push(node);
        Ok(())
    }

    fn set(&mut self, entry: &mut Entry, section: &[&str], key: &str, value: &str) -> Result<(), String> {
        match (section, key) {
            (["totem"], "version") => {}
            (["totem"], "cluster_name") => self.cluster_name = cluster_name(value)?,
            (["totem"], "token") => self.token = Some(token(value)?),
            (["quorum"], "provider") => {}
            (["quorum"], "two_node") => self.two_node = switch(key, value)?,
            (["quorum"], "wait_for_all") => self.wait_for_all = Some(switch(key, value)?),
            (["quorum"], "expected_votes") => self.expected_votes = Some(votes(key, value)?),
            (["nodelist", "node"], "name") => entry.name = Some(node_name(value)?),
            (["nodelist", "node"], "nodeid") => entry.id = Some(within(key, value, 1..=u32::MAX)?),
            (["nodelist", "node"], "ring0_addr") => entry.host = Some(value.to_string()),
            (["nodelist", "node"], "port") => entry.port = Some(within(key, value, 1..=u16::MAX)?),
            (["nodelist", "node"], "quorum_votes") => entry.votes = Some(votes(key, value)?),
            _ => return Err(format!("`{key}` is not known in `{}`", section.join(" "))),
        }
        Ok(())
    }

    /// What of a node another one has already: by name, id and address nodes are told apart.
    fn twice(&self, node: &NodeEntry) -> Option<String> {
        self.nodes.iter().find_map(|other| match () {
            () if other.name == node.name => Some(format!("node name `{}` is listed twice", node.name)),
            () if other.id == node.id => Some(format!("node id {} is listed twice", node.id)),
            () if other.address == node.address => {
                Some(format!("address {} is listed twice, for {} and {}", node.address, other.name, node.name))
            }
            () => None,
        })
    }

    /// Corosync switches it on with `two_node`, unless told otherwise.
    pub fn waits_for_all(&self) -> bool {
        self.wait_for_all.unwrap_or(self.two_node)
    }

    /// The entry of this name.
    pub fn node(&self, name: &str) -> Option<&NodeEntry> {
        self.nodes.iter().find(|node| node.name == name)
    }
}

impl Entry {
    fn finish(self, before: usize) -> Result<NodeEntry, String> {
        let host = self.host.ok_or("a node without `ring0_addr`")?;
        let port = self.port.unwrap_or(PORT_DEFAULT);
        let mut found =
            (host.as_str(), port).to_socket_addrs().map_err(|error| format!("`{host}` is not an address: {error}"))?;
        let address = found.next().ok_or_else(|| format!("`{host}` has no address"))?;
        if !of_one_host(address.ip()) {
            return Err(format!("`ring0_addr: {host}` is no address of one host"));
        }
        Ok(NodeEntry {
            id: self.id.unwrap_or(before as u32 + 1),
            name: self.name.unwrap_or(host),
            address,
            votes: self.votes.unwrap_or(1),
        })
    }
}

/// A number between two others.
fn within<T>(key: &str, value: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("`{key}: {value}` is no number from {} to {}", range.start(), range.end()))
}

fn cluster_name(value: &str) -> Result<String, String> {
    match value.is_empty() {
        true => Err("`cluster_name:` is empty: leave the line out where the cluster has no name".into()),
        false => Ok(value.to_string()),
    }
}

/// Where others reach a node: no address of many, none of any.
fn of_one_host(address: IpAddr) -> bool {
    !address.is_unspecified() && !address.is_multicast() && address != IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// On or off.
fn switch(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(format!("`{key}: {value}` must be 0 or 1")),
    }
}

/// More of them are a slip, and their sum must be a number still.
const VOTES_MAX: u32 = 1_000;

fn votes(key: &str, value: &str) -> Result<u32, String> {
    within(key, value, 0..=VOTES_MAX)
}

/// A node's name stands in files' names, in lists and in shells: as a host's name or address is written.
fn node_name(value: &str) -> Result<String, String> {
    let fits = |character: char| character.is_alphanumeric() || "._-:".contains(character);
    match value.chars().all(fits) && value.starts_with(char::is_alphanumeric) {
        true => Ok(value.to_string()),
        false => Err(format!("`name: {value}` is no node's name: letters, digits, `.`, `-`, `_`")),
    }
}

/// Milliseconds. A shorter one is over before a busy host has had its turn; a longer one is a slip.
const TOKENS: RangeInclusive<u64> = 100..=600_000;

fn token(value: &str) -> Result<u64, String> {
    within("token", value, TOKENS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match ClusterFile::parse(text) {
            Ok(file) => file
                .nodes
                .iter()
                .map(|node| format!("{}={}@{}", node.id, node.name, node.address))
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn nodes_are_read() {
        check(
            "# c\ntotem {\n version: 2\n}\nnodelist {\n node {\n ring0_addr: 127.0.0.1\n port: 7\n }\n node {\n name: b\n nodeid: 9\n ring0_addr: ::1\n }\n}\n",
            "1=127.0.0.1@127.0.0.1:7 9=b@[::1]:5415",
        );
        check("\u{feff}nodelist {\n node {\n ring0_addr: ::1\n }\n}\n", "1=::1@[::1]:5415");
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_line() {
        check("totem {\n bogus: 1\n}\n", "line 2: `bogus` is not known in `totem`");
        check("totem {\n token: x\n}\n", "line 2: `token: x` is no number from 100 to 600000");
        check("totem {\n", "line 1, column 1: section `totem` is never closed");
        check("}\n", "line 1, column 1: `}` without `{`");
        check("totem {\n}\n", "line 2: the node list is empty");
        check("totem {\n}\nnodelist {\n}\n", "line 3: the node list is empty");
        check(
            "totem {\n cluster_name:\n}\n",
            "line 2: `cluster_name:` is empty: leave the line out where the cluster has no name",
        );
        check("totem {\n token: 500\n}\ntotem {\n token: 900\n}\n", "line 5: `token` stands in line 2 already");
        check("nodelist {\n node {\n name: a\n name: b\n}\n}\n", "line 4: `name` stands in line 3 already");
        check("nodlist {\n}\n", "line 1: `nodlist` is no section here: totem, quorum, nodelist with its nodes");
        check(
            "totem {\n node {\n }\n}\n",
            "line 2: `totem node` is no section here: totem, quorum, nodelist with its nodes",
        );
        for address in ["0.0.0.0", "::", "239.1.1.1", "ff02::1", "255.255.255.255"] {
            let text = format!("nodelist {{\n node {{\n ring0_addr: {address}\n }}\n}}\n");
            check(&text, &format!("line 4: `ring0_addr: {address}` is no address of one host"));
        }
        check("nodelist {\n node {\n }\n}\n", "line 3: a node without `ring0_addr`");
        check("totem {\n token: 0\n}\n", "line 2: `token: 0` is no number from 100 to 600000");
        check("totem {\n token: 1\n}\n", "line 2: `token: 1` is no number from 100 to 600000");
        check("quorum {\n two_node: yes\n}\n", "line 2: `two_node: yes` must be 0 or 1");
        check("quorum {\n wait_for_all: 2\n}\n", "line 2: `wait_for_all: 2` must be 0 or 1");
        check(
            "quorum {\n expected_votes: 4294967295\n}\n",
            "line 2: `expected_votes: 4294967295` is no number from 0 to 1000",
        );
        check(
            "nodelist {\n node {\n name: 3/node\n}\n}\n",
            "line 3: `name: 3/node` is no node's name: letters, digits, `.`, `-`, `_`",
        );
        check("nodelist {\n node {\n port: 0\n}\n}\n", "line 3: `port: 0` is no number from 1 to 65535");
        check("nodelist {\n node {\n nodeid: 0\n}\n}\n", "line 3: `nodeid: 0` is no number from 1 to 4294967295");
    }

    #[test]
    fn what_contradicts_the_node_list_is_named() {
        let file = |quorum: &str, votes: &[u32]| {
            let node = |(port, votes): (usize, &u32)| {
                format!("node {{\n ring0_addr: 127.0.0.1\n name: n{port}\n port: {port}\n quorum_votes: {votes}\n}}\n")
            };
            let nodes: String = (1..).zip(votes).map(node).collect();
            format!("quorum {{\n {quorum}\n}}\nnodelist {{\n{nodes}}}\n")
        };
        let refused = |quorum: &str, votes: &[u32], expected: &str| {
            let error = ClusterFile::parse(&file(quorum, votes)).expect_err("it cannot be meant").to_string();
            assert!(error.contains(expected), "{error}");
        };
        refused(
            "two_node: 1",
            &[1, 1, 1],
            "line 2: `two_node: 1` is for two nodes with a vote each, not for n1, n2, n3",
        );
        refused(
            "two_node: 1",
            &[2, 1],
            "line 2: `two_node: 1` is for two nodes with a vote each, not for n1 (2 votes), n2",
        );
        refused("two_node: 1", &[0, 2], "not for n1 (0 votes), n2 (2 votes)");
        refused("two_node: 0", &[0, 0], "line 4: no node has a vote");
        refused(
            "expected_votes: 2",
            &[1, 1, 1],
            "line 2: `expected_votes: 2` is less than the 3 votes of the node list",
        );
        assert!(ClusterFile::parse(&file("two_node: 1", &[1, 1])).is_ok());
        assert!(ClusterFile::parse(&file("expected_votes: 5", &[1, 1, 1])).is_ok());
    }

    #[test]
    fn nodes_that_cannot_be_told_apart_are_named_with_the_second_ones_line() {
        let node = |name: &str, id: u32, port: u16| {
            format!(" node {{\n  name: {name}\n  nodeid: {id}\n  ring0_addr: 127.0.0.1\n  port: {port}\n }}\n")
        };
        let list = |second: String| format!("nodelist {{\n{}{second}}}\n", node("a", 1, 5));
        check(&list(node("a", 2, 6)), "line 8: node name `a` is listed twice");
        check(&list(node("b", 1, 6)), "line 8: node id 1 is listed twice");
        check(&list(node("b", 2, 5)), "line 8: address 127.0.0.1:5 is listed twice, for a and b");
        check(&list(node("b", 2, 6)), "1=a@127.0.0.1:5 2=b@127.0.0.1:6");
    }
}
