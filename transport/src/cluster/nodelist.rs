//! What corosync.conf says of nodes, links and votes, and changes of that.
//!
//! In: the file's sections. Out: nodes and votes as values; the file changed, or why it cannot be.
//! Absent: reading and writing files, what runs (see `corosync`).

pub mod link;
mod node;
pub mod votes;

use super::file::Section;
use node::{address_key, sections};
use std::collections::BTreeSet;

pub use node::{LINKS_MAX, LinkNumber, ListError, Node, nodes};

/// An id that no node has, nor one before it had: more than all of them.
pub fn next_id(file: &Section) -> u32 {
    nodes(file).iter().map(|node| node.id).max().unwrap_or(0) + 1
}

/// Adds a node, and lets the votes follow.
///
/// # Errors
/// Its name, id or an address is another's, or it lacks an address that the others have.
pub fn add_node(file: &mut Section, node: &Node) -> Result<(), ListError> {
    let listed = nodes(file);
    check_new(&listed, node)?;
    if file.sections("nodelist").next().is_none() {
        file.add_section("nodelist");
    }
    let section = file.section_mut("nodelist").expect("it is there").add_section("node");
    section.set("name", &node.name);
    section.set("nodeid", &node.id.to_string());
    for (link, address) in &node.addresses {
        section.set(&address_key(*link), address);
    }
    if node.votes != 1 {
        section.set("quorum_votes", &node.votes.to_string());
    }
    votes::fit(file);
    Ok(())
}

fn check_new(listed: &[Node], node: &Node) -> Result<(), ListError> {
    for other in listed {
        let (name, line) = (other.name.clone(), other.line);
        if other.name == node.name {
            return Err(ListError::NameTaken { name, line });
        }
        if other.id == node.id {
            return Err(ListError::IdTaken { id: node.id, name, line });
        }
        if let Some(address) = other.addresses.values().find(|one| node.addresses.values().any(|own| own == *one)) {
            return Err(ListError::AddressTaken { address: address.clone(), name, line });
        }
    }
    let links: BTreeSet<LinkNumber> = listed.iter().flat_map(|node| node.addresses.keys().copied()).collect();
    let wanted = if links.is_empty() { BTreeSet::from([0]) } else { links };
    match wanted.into_iter().find(|link| !node.addresses.contains_key(link)) {
        Some(link) => Err(ListError::NoAddress { name: node.name.clone(), link }),
        None => Ok(()),
    }
}

/// Removes a node, and lets the votes follow.
///
/// # Errors
/// It is not listed.
pub fn remove_node(file: &mut Section, name: &str) -> Result<(), ListError> {
    let listed = nodes(file);
    let place = listed.iter().position(|node| node.name == name || node.addresses.values().any(|one| one == name));
    let place = place.ok_or_else(|| ListError::NoSuchNode(name.to_string()))?;
    // Ids that follow from the place would change with it.
    for (node, section) in listed.iter().zip(sections(file)) {
        section.set("nodeid", &node.id.to_string());
    }
    let mut seen = 0;
    for list in file.sections_mut("nodelist") {
        let count = list.sections("node").count();
        if (seen..seen + count).contains(&place) {
            remove_nth(list, place - seen);
        }
        seen += count;
    }
    votes::fit(file);
    Ok(())
}

fn remove_nth(list: &mut Section, nth: usize) {
    let left = std::cell::Cell::new(nth + 1);
    list.remove_sections(|section| {
        let counts = section.name == "node" && left.get() > 0;
        left.set(left.get() - usize::from(counts));
        counts && left.get() == 0
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::file::parse;
    use super::*;
    use std::collections::BTreeMap;

    const TEXT: &str = "nodelist {\n  # first\n  node {\n    ring0_addr: 10.0.0.1\n    name: n1\n  }\n  node {\n    ring0_addr: 10.0.0.2\n    name: n2\n    nodeid: 7\n  }\n}\nquorum {\n  provider: corosync_votequorum\n  two_node: 1\n}\n";

    fn new(name: &str, id: u32, address: &str) -> Node {
        Node { name: name.into(), id, addresses: BTreeMap::from([(0, address.into())]), votes: 1, line: 0 }
    }

    #[test]
    fn nodes_are_read_as_corosync_reads_them() {
        let file = parse(TEXT).unwrap();
        assert_eq!(
            nodes(&file),
            [Node { line: 3, ..new("n1", 1, "10.0.0.1") }, Node { line: 7, ..new("n2", 7, "10.0.0.2") }]
        );
        assert_eq!(next_id(&file), 8);
    }

    #[test]
    fn a_node_is_added_behind_the_others_and_the_votes_follow() {
        let mut file = parse(TEXT).unwrap();
        add_node(&mut file, &new("n3", 8, "10.0.0.3")).unwrap();
        let added = "nodeid: 7\n  }\n  node {\n    name: n3\n    nodeid: 8\n    ring0_addr: 10.0.0.3\n  }\n";
        let expected = TEXT.replace("nodeid: 7\n  }\n", added).replace("two_node: 1", "two_node: 0");
        assert_eq!(file.to_string(), expected);
    }

    #[test]
    fn a_node_that_cannot_be_added_is_told() {
        let cases = [
            (new("n2", 9, "10.0.0.9"), "node name `n2` is listed already (line 7)"),
            (new("n9", 7, "10.0.0.9"), "node id 7 is listed already, for n2 (line 7)"),
            (new("n9", 9, "10.0.0.1"), "address 10.0.0.1 is listed already, for n1 (line 3)"),
            (Node { addresses: BTreeMap::new(), ..new("n9", 9, "") }, "node n9 has no address on link 0"),
        ];
        for (node, error) in cases {
            assert_eq!(add_node(&mut parse(TEXT).unwrap(), &node).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_removed_node_leaves_the_others_their_ids() {
        let mut file = parse(TEXT).unwrap();
        add_node(&mut file, &new("n3", 8, "10.0.0.3")).unwrap();
        remove_node(&mut file, "n1").unwrap();
        let left: Vec<(String, u32)> = nodes(&file).into_iter().map(|node| (node.name, node.id)).collect();
        assert_eq!(left, [("n2".to_string(), 7), ("n3".to_string(), 8)]);
        assert!(file.to_string().contains("two_node: 1") && file.to_string().contains("# first"));
        assert_eq!(remove_node(&mut file, "n1"), Err(ListError::NoSuchNode("n1".into())));
    }
}
