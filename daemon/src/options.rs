//! What a daemon is told: its arguments, and the cluster's configuration file.
//!
//! The file has corosync.conf's form (sections in braces, `key: value` lines, `#` comments) and
//! its words; see README. Unknown words are errors that name the line.

use std::fmt;
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

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for FileError {}

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
        let mut sections: Vec<String> = Vec::new();
        let mut entry = Entry::default();
        let mut last = 0;
        for (number, line) in text.lines().enumerate() {
            last = number + 1;
            let fail = |message: String| FileError { line: last, message };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_suffix('{') {
                sections.push(name.trim().to_string());
            } else if line == "}" {
                match sections.pop().as_deref() {
                    Some("node") => file.nodes.push(std::mem::take(&mut entry).finish(file.nodes.len()).map_err(fail)?),
                    Some(_) => {}
                    None => return Err(fail("`}` without `{`".into())),
                }
            } else if let Some((key, value)) = line.split_once(':') {
                let section: Vec<&str> = sections.iter().map(String::as_str).collect();
                file.set(&mut entry, &section, key.trim(), value.trim()).map_err(fail)?;
            } else {
                return Err(fail(format!("`{line}` is neither a section nor `key: value`")));
            }
        }
        if let Some(open) = sections.last() {
            return Err(FileError { line: last, message: format!("section `{open}` is never closed") });
        }
        if file.nodes.is_empty() {
            return Err(FileError { line: last, message: "the node list is empty".into() });
        }
        Ok(file)
    }

    fn set(&mut self, entry: &mut Entry, section: &[&str], key: &str, value: &str) -> Result<(), String> {
        match (section, key) {
            (["totem"], "version") => {}
            (["totem"], "cluster_name") => self.cluster_name = value.to_string(),
            (["totem"], "token") => self.token = Some(number(key, value)?),
            (["quorum"], "provider") => {}
            (["quorum"], "two_node") => self.two_node = number::<u8>(key, value)? == 1,
            (["quorum"], "wait_for_all") => self.wait_for_all = Some(number::<u8>(key, value)? == 1),
            (["quorum"], "expected_votes") => self.expected_votes = Some(number(key, value)?),
            (["nodelist", "node"], "name") => entry.name = Some(value.to_string()),
            (["nodelist", "node"], "nodeid") => entry.id = Some(number(key, value)?),
            (["nodelist", "node"], "ring0_addr") => entry.host = Some(value.to_string()),
            (["nodelist", "node"], "port") => entry.port = Some(number(key, value)?),
            (["nodelist", "node"], "quorum_votes") => entry.votes = Some(number(key, value)?),
            _ => return Err(format!("`{key}` is not known in `{}`", section.join(" "))),
        }
        Ok(())
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

/// The daemon's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub places: Places,
    /// This node's name; the host's if not given.
    pub node: Option<String>,
    /// Whether tests may cut links through the socket.
    pub test_hooks: bool,
}

pub const USAGE: &str = "\
usage: quorated [--root DIR] [--node NAME]

Runs this host's part of the cluster that DIR/etc/quorate/quorate.conf describes.

  --root DIR    take every path below DIR (default /)
  --node NAME   this node's name in the node list (default: the host's name)
  --version     print the version
  --help        print this text
";

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Run(Options),
    Help,
    Version,
}

impl Options {
    /// Reads the arguments (without the program's name).
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Asked, String> {
        let mut options = Options { places: Places { root: PathBuf::from("/") }, node: None, test_hooks: false };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--root" => {
                    let root = PathBuf::from(value()?);
                    let root = std::path::absolute(&root).map_err(|error| error.to_string())?;
                    options.places = Places { root };
                }
                "--node" => options.node = Some(value()?),
                "--test-hooks" => options.test_hooks = true,
                "--help" | "-h" => return Ok(Asked::Help),
                "--version" => return Ok(Asked::Version),
                other => return Err(format!("unknown argument `{other}`")),
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
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_line() {
        check("totem {\n bogus: 1\n}\n", "line 2: `bogus` is not known in `totem`");
        check("totem {\n token: x\n}\n", "line 2: `token: x` is not a number it can be");
        check("totem {\n", "line 1: section `totem` is never closed");
        check("}\n", "line 1: `}` without `{`");
        check("totem {\n}\n", "line 2: the node list is empty");
        check("nodelist {\n node {\n }\n}\n", "line 3: a node without `ring0_addr`");
    }
}
