//! What a daemon is told: its arguments, and the cluster's configuration file.
//!
//! The file has corosync.conf's form (sections in braces, `key: value` lines, `#` comments) and
//! its words; see README. Unknown words are errors that name the line.

use quorate_core::arguments::UsageError;
use quorate_transport::cluster::file::{self, FileError, Item, Section};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

/// The port nodes listen on unless their entry says otherwise.
const PORT_DEFAULT: u16 = 5415;

/// Where everything of one node is. `/` in production; a directory in a laboratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub root: PathBuf,
}

impl Places {
    pub fn configuration(&self) -> PathBuf {
        self.root.join("etc/quorate/quorate.conf")
    }
    /// Where it is, Corosync is the engine.
    pub fn corosync(&self) -> PathBuf {
        self.root.join("etc/corosync/corosync.conf")
    }
    pub fn key(&self) -> PathBuf {
        self.root.join("etc/quorate/authkey")
    }
    pub fn cib(&self) -> PathBuf {
        self.root.join("var/lib/pacemaker/cib")
    }
    pub fn inputs(&self) -> PathBuf {
        self.root.join("var/lib/pacemaker/pengine")
    }
    pub fn run(&self) -> PathBuf {
        self.root.join("run/quorate")
    }
    pub fn socket(&self) -> PathBuf {
        self.run().join("quorate.sock")
    }
    pub fn pid(&self) -> PathBuf {
        self.run().join("quorated.pid")
    }
    /// What agents keep between their runs; gone after a reboot.
    pub fn agent_state(&self) -> PathBuf {
        self.root.join("run/resource-agents")
    }
    pub fn log(&self) -> PathBuf {
        self.root.join("var/log/pacemaker/pacemaker.log")
    }
    /// Directories of `resource.d`, the node's own first.
    pub fn agents(&self) -> Vec<PathBuf> {
        let own = self.root.join("usr/lib/ocf");
        let mut roots = vec![own];
        if self.root != Path::new("/") {
            roots.push(PathBuf::from("/usr/lib/ocf"));
        }
        roots
    }
    /// Directories of programs that agents may call, the node's own first.
    pub fn programs(&self) -> Vec<PathBuf> {
        let mut places = Vec::new();
        if self.root != Path::new("/") {
            places.push(self.root.join("usr/sbin"));
        }
        places
            .extend(["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from));
        places
    }
}

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
    pub fn parse(text: &str) -> Result<ClusterFile, FileError> {
        let mut file = ClusterFile::default();
        // Some editors begin a file with the mark of its byte order.
        let parsed = file::parse(text.trim_start_matches('\u{feff}'))?;
        file.take(&parsed, &mut Vec::new(), &mut Entry::default())?;
        match file.contradiction() {
            Some(words) => Err(FileError::of_line(parsed.end, words)),
            None => Ok(file),
        }
    }

    /// What of it as a whole cannot be meant.
    fn contradiction(&self) -> Option<String> {
        let votes: u32 = self.nodes.iter().map(|node| node.votes).sum();
        match () {
            () if self.nodes.is_empty() => Some("the node list is empty".to_string()),
            () if votes == 0 => Some("no node has a vote: there could never be a quorum".to_string()),
            () if self.expected_votes.is_some_and(|expected| expected < votes) => Some(format!(
                "`expected_votes: {}` is less than the {votes} votes of the node list",
                self.expected_votes.unwrap_or_default()
            )),
            () if self.two_node && (self.nodes.len() != 2 || votes != 2) => {
                Some(format!("`two_node: 1` is for two nodes with a vote each, not for {}", self.nodes.len()))
            }
            () => None,
        }
    }

    /// Takes what is in a section, whose name and those around it are given.
    fn take(&mut self, section: &Section, names: &mut Vec<String>, entry: &mut Entry) -> Result<(), FileError> {
        for item in &section.items {
            match item {
                Item::Other(_) => {}
                Item::Value(value) => {
                    let within: Vec<&str> = names.iter().map(String::as_str).collect();
                    let set = self.set(entry, &within, &value.key, &value.value);
                    set.map_err(|message| FileError::of_line(value.line, message))?;
                }
                Item::Section(inside) => {
                    names.push(inside.name.clone());
                    let mut entry = Entry::default();
                    self.take(inside, names, &mut entry)?;
                    names.pop();
                    if inside.name == "node" {
                        self.add(entry, inside)?;
                    }
                }
            }
        }
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
            (["totem"], "cluster_name") => self.cluster_name = value.to_string(),
            (["totem"], "token") => self.token = Some(token(value)?),
            (["quorum"], "provider") => {}
            (["quorum"], "two_node") => self.two_node = switch(key, value)?,
            (["quorum"], "wait_for_all") => self.wait_for_all = Some(switch(key, value)?),
            (["quorum"], "expected_votes") => self.expected_votes = Some(votes(key, value)?),
            (["nodelist", "node"], "name") => entry.name = Some(node_name(value)?),
            (["nodelist", "node"], "nodeid") => entry.id = Some(positive(key, value)?),
            (["nodelist", "node"], "ring0_addr") => entry.host = Some(value.to_string()),
            (["nodelist", "node"], "port") => entry.port = Some(positive(key, value)?),
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
        Ok(NodeEntry {
            id: self.id.unwrap_or(before as u32 + 1),
            name: self.name.unwrap_or(host),
            address,
            votes: self.votes.unwrap_or(1),
        })
    }
}

fn number<T: std::str::FromStr>(key: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("`{key}: {value}` is not a number it can be"))
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
    match number(key, value)? {
        votes if votes <= VOTES_MAX => Ok(votes),
        _ => Err(format!("`{key}: {value}` is more than {VOTES_MAX}")),
    }
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
const TOKENS: std::ops::RangeInclusive<u64> = 100..=600_000;

fn token(value: &str) -> Result<u64, String> {
    let token = positive("token", value)?;
    match TOKENS.contains(&token) {
        true => Ok(token),
        false => Err(format!("`token: {value}` is none from {} to {} milliseconds", TOKENS.start(), TOKENS.end())),
    }
}

fn positive<T: std::str::FromStr + Default + PartialEq>(key: &str, value: &str) -> Result<T, String> {
    number(key, value).and_then(|number: T| match number == T::default() {
        true => Err(format!("`{key}: {value}` must be more than that")),
        false => Ok(number),
    })
}

/// What carries messages between the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    Embedded,
    Corosync,
}

/// The daemon's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonOptions {
    pub places: Places,
    /// This node's name; the host's if not given.
    pub node: Option<String>,
    /// The engine that is wanted, whatever files there are.
    pub engine: Option<EngineKind>,
    /// The device that resets this host when the daemon does not look after it.
    pub watchdog: Option<PathBuf>,
    /// Whether tests may cut links through the socket.
    pub test_hooks: bool,
}

pub const USAGE: &str = "\
usage: quorated [--root DIR] [--node NAME] [--engine corosync|embedded] [--watchdog DEVICE]

Runs this host's part of the cluster. Where DIR/etc/corosync/corosync.conf is, Corosync connects the
hosts; else the embedded engine does, as DIR/etc/quorate/quorate.conf describes it.

  --root DIR      take every path below DIR (default /)
  --node NAME     this node's name in the node list (default: the host's name)
  --engine NAME   what connects the hosts, whatever files there are
  --watchdog DEVICE
                  look after this watchdog: it resets the host when the daemon stands still, and
                  the property fencing-watchdog-timeout may rely on it
  --version       print the version
  --help          print this text
";

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Run(DaemonOptions),
    Help,
    Version,
}

impl DaemonOptions {
    /// Reads the arguments (without the program's name).
    ///
    /// # Errors
    /// They cannot be meant.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Asked, UsageError> {
        let mut options = DaemonOptions {
            places: Places { root: PathBuf::from("/") },
            node: None,
            engine: None,
            watchdog: None,
            test_hooks: false,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| UsageError(format!("`{argument}` needs a value")));
            match argument.as_str() {
                "--root" => {
                    let root = PathBuf::from(value()?);
                    let root = std::path::absolute(&root).map_err(|error| UsageError(error.to_string()))?;
                    options.places = Places { root };
                }
                "--node" => options.node = Some(value()?),
                "--engine" => {
                    options.engine = Some(match value()?.as_str() {
                        "corosync" => EngineKind::Corosync,
                        "embedded" => EngineKind::Embedded,
                        other => return Err(UsageError(format!("`{other}` is no engine: corosync, embedded"))),
                    });
                }
                "--watchdog" => options.watchdog = Some(PathBuf::from(value()?)),
                "--test-hooks" => options.test_hooks = true,
                "--help" | "-h" => return Ok(Asked::Help),
                "--version" => return Ok(Asked::Version),
                other => return Err(UsageError(format!("unknown argument `{other}`"))),
            }
        }
        Ok(Asked::Run(options))
    }
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
        check("totem {\n token: x\n}\n", "line 2: `token: x` is not a number it can be");
        check("totem {\n", "line 1, column 1: section `totem` is never closed");
        check("}\n", "line 1, column 1: `}` without `{`");
        check("totem {\n}\n", "line 2: the node list is empty");
        check("nodelist {\n node {\n }\n}\n", "line 3: a node without `ring0_addr`");
        check("totem {\n token: 0\n}\n", "line 2: `token: 0` must be more than that");
        check("totem {\n token: 1\n}\n", "line 2: `token: 1` is none from 100 to 600000 milliseconds");
        check(
            "totem {\n token: 99999999999\n}\n",
            "line 2: `token: 99999999999` is none from 100 to 600000 milliseconds",
        );
        check("quorum {\n two_node: yes\n}\n", "line 2: `two_node: yes` must be 0 or 1");
        check("quorum {\n wait_for_all: 2\n}\n", "line 2: `wait_for_all: 2` must be 0 or 1");
        check("quorum {\n expected_votes: 4294967295\n}\n", "line 2: `expected_votes: 4294967295` is more than 1000");
        check(
            "nodelist {\n node {\n name: 3/node\n}\n}\n",
            "line 3: `name: 3/node` is no node's name: letters, digits, `.`, `-`, `_`",
        );
        check("nodelist {\n node {\n port: 0\n}\n}\n", "line 3: `port: 0` must be more than that");
        check("nodelist {\n node {\n nodeid: 0\n}\n}\n", "line 3: `nodeid: 0` must be more than that");
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
        refused("two_node: 1", &[1, 1, 1], "`two_node: 1` is for two nodes with a vote each, not for 3");
        refused("two_node: 1", &[2, 1], "`two_node: 1` is for two nodes with a vote each");
        refused("two_node: 0", &[0, 0], "no node has a vote");
        refused("expected_votes: 2", &[1, 1, 1], "`expected_votes: 2` is less than the 3 votes of the node list");
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
