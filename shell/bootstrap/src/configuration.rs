//! corosync.conf of a new cluster; and what a host's file says of the cluster it is in.
//!
//! In: a name and nodes, or a text. Out: a text, or a cluster.
//! Absent: putting it anywhere.

use quorate_transport::cluster::file::{self, FileError, Section};
use quorate_transport::cluster::nodelist::{self, ListError, Node};

/// What carries Corosync's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    #[default]
    Knet,
    Udpu,
    Udp,
}

impl Carrier {
    pub fn word(self) -> &'static str {
        match self {
            Carrier::Knet => "knet",
            Carrier::Udpu => "udpu",
            Carrier::Udp => "udp",
        }
    }

    pub fn of_word(word: &str) -> Option<Carrier> {
        [Carrier::Knet, Carrier::Udpu, Carrier::Udp].into_iter().find(|one| one.word() == word)
    }
}

/// The text for a cluster of these nodes.
///
/// # Errors
/// Names, ids or addresses are there twice.
pub fn fresh(name: &str, carrier: Carrier, nodes: &[Node]) -> Result<String, ListError> {
    // Only knet can encrypt (`corosync.conf(5)`).
    let crypto = match carrier {
        Carrier::Knet => "    crypto_cipher: aes256\n    crypto_hash: sha256\n",
        Carrier::Udpu | Carrier::Udp => "    crypto_cipher: none\n    crypto_hash: none\n",
    };
    let text = format!(
        "totem {{\n    version: 2\n    cluster_name: {name}\n    transport: {}\n{crypto}}}\n\nnodelist {{\n}}\n\n\
         quorum {{\n    provider: corosync_votequorum\n}}\n\nlogging {{\n    to_logfile: yes\n    \
         logfile: /var/log/corosync/corosync.log\n    to_syslog: yes\n    timestamp: on\n}}\n",
        carrier.word()
    );
    let mut file = file::parse(&text).expect("this text is well formed");
    for node in nodes {
        nodelist::add_node(&mut file, node)?;
    }
    Ok(file.to_string())
}

pub fn cluster_name(file: &Section) -> &str {
    file.sections("totem").filter_map(|totem| totem.text("cluster_name")).last().unwrap_or("")
}

/// Whether messages are signed, for which all nodes need one key.
pub fn wants_key(file: &Section) -> bool {
    let totem = |key: &str| file.sections("totem").filter_map(|totem| totem.text(key)).last().map(str::to_string);
    let is_on = |key: &str| totem(key).is_some_and(|value| value != "none");
    is_on("crypto_cipher") || is_on("crypto_hash") || totem("secauth").as_deref() == Some("on")
}

/// The cluster that a host's file makes it a part of; none, if it is the one that packages bring: its only
/// node is at the loopback address.
///
/// # Errors
/// The text cannot be read.
pub fn cluster(text: &str) -> Result<Option<Section>, FileError> {
    let file = file::parse(text)?;
    let is_loopback = |address: &String| address.starts_with("127.") || address == "::1" || address == "localhost";
    let untouched = nodelist::nodes(&file).iter().all(|node| node.addresses.values().all(is_loopback));
    Ok((!untouched).then_some(file))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn node(name: &str, id: u32, address: &str) -> Node {
        Node { name: name.into(), id, addresses: BTreeMap::from([(0, address.into())]), votes: 1, line: 0 }
    }

    #[test]
    fn a_new_cluster_has_its_nodes_and_its_votes() {
        let text = fresh("lab", Carrier::Knet, &[node("a", 1, "10.0.0.1"), node("b", 2, "10.0.0.2")]).unwrap();
        let file = cluster(&text).unwrap().unwrap();
        assert_eq!((cluster_name(&file), nodelist::nodes(&file).len(), wants_key(&file)), ("lab", 2, true));
        assert!(text.contains("    two_node: 1\n"), "{text}");
        let text = fresh("lab", Carrier::Udpu, &[node("a", 1, "10.0.0.1")]).unwrap();
        assert!(!wants_key(&file::parse(&text).unwrap()) && !text.contains("two_node"), "{text}");
    }

    #[test]
    fn what_a_package_brings_is_no_cluster() {
        let debian = "totem {\n\tcluster_name: debian\n}\nnodelist {\n\tnode {\n\t\tname: node1\n\t\tnodeid: 1\n\t\tring0_addr: 127.0.0.1\n\t}\n}\n";
        assert_eq!(cluster(debian).unwrap(), None);
        assert_eq!(cluster("totem {\n}\n").unwrap(), None);
        assert!(cluster(&debian.replace("127.0.0.1", "10.0.0.1")).unwrap().is_some());
        assert!(cluster("totem {\n").is_err());
    }
}
