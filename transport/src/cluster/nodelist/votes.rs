//! Votes: how many there are, how many make quorum, and whether a change of the file takes it away.
//!
//! In: the file's sections, who is here. Out: numbers. As votequorum counts them (`votequorum(5)`).
//! Absent: asking a running Corosync.

use super::node::{nodes, number};
use crate::cluster::file::Section;
use std::collections::BTreeSet;

/// A change after which there is no quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumLoss {
    /// Those who are here are too few for the new file.
    #[error("{votes} of {expected} votes are here, and {quorum} are needed then")]
    TooFewHere { votes: u32, expected: u32, quorum: u32 },
    /// Those who stay are no majority of those who were: two halves could go on, each by its own file.
    #[error("the nodes that stay have {votes} votes of the {quorum} that make quorum now")]
    TooFewStay { votes: u32, quorum: u32 },
}

fn quorum_sections(file: &Section) -> impl Iterator<Item = &Section> {
    file.sections("quorum")
}

fn flag(file: &Section, key: &str) -> bool {
    quorum_sections(file).filter_map(|section| section.text(key)).last() == Some("1")
}

/// What a quorum device votes with, if there is one.
pub fn of_device(file: &Section) -> u32 {
    let devices = quorum_sections(file).flat_map(|section| section.sections("device"));
    let votes = devices.filter(|device| device.text("model").is_some()).map(|device| number(device, "votes"));
    votes.last().map_or(0, |votes| votes.unwrap_or(1))
}

/// All votes that are expected: `expected_votes`, else those of the nodes and the device.
pub fn expected(file: &Section) -> u32 {
    let said = quorum_sections(file).filter_map(|section| number(section, "expected_votes")).last();
    said.unwrap_or_else(|| nodes(file).iter().map(|node| node.votes).sum::<u32>() + of_device(file))
}

/// The votes that make quorum.
pub fn quorum(file: &Section) -> u32 {
    if flag(file, "two_node") { 1 } else { expected(file) / 2 + 1 }
}

/// Whether the new file takes the quorum away from those who are here (ids; all listed ones, if nobody knows).
///
/// # Errors
/// It does.
pub fn keep(old: &Section, new: &Section, here: Option<&BTreeSet<u32>>) -> Result<(), QuorumLoss> {
    let (before, after) = (nodes(old), nodes(new));
    let device = if of_device(old) > 0 { of_device(new) } else { 0 };
    let stay = before.iter().filter(|node| after.iter().any(|new| new.id == node.id));
    let votes = stay.map(|node| node.votes).sum::<u32>() + of_device(old).min(device);
    if votes < quorum(old) && !before.is_empty() {
        return Err(QuorumLoss::TooFewStay { votes, quorum: quorum(old) });
    }
    let is_here = |id: &u32| here.is_none_or(|here| here.contains(id));
    let votes = after.iter().filter(|node| is_here(&node.id)).map(|node| node.votes).sum::<u32>() + device;
    match votes < quorum(new) {
        true => Err(QuorumLoss::TooFewHere { votes, expected: expected(new), quorum: quorum(new) }),
        false => Ok(()),
    }
}

/// Lets `two_node` and `expected_votes` follow the node list, where they are said or needed.
pub fn fit(file: &mut Section) {
    let count = nodes(file).len();
    let two = count == 2 && of_device(file) == 0;
    let votes = nodes(file).iter().map(|node| node.votes).sum::<u32>() + of_device(file);
    let Some(section) = file.section_mut("quorum") else { return };
    if two || section.value("two_node").is_some() {
        section.set("two_node", if two { "1" } else { "0" });
    }
    if section.value("expected_votes").is_some() {
        section.set("expected_votes", &votes.to_string());
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cluster::file::parse;

    fn file(nodes: u32, quorum: &str) -> Section {
        let node = |id: u32| format!("node {{\nnodeid: {id}\nname: n{id}\nring0_addr: a{id}\n}}\n");
        let nodes: String = (1..=nodes).map(node).collect();
        parse(&format!("nodelist {{\n{nodes}}}\nquorum {{\n{quorum}}}\n")).unwrap()
    }

    #[test]
    fn votes_are_counted_as_votequorum_does() {
        let cases = [
            (3, "", 3, 2),
            (2, "", 2, 2),
            (2, "two_node: 1\n", 2, 1),
            (4, "expected_votes: 7\n", 7, 4),
            (2, "device {\nmodel: net\nvotes: 1\n}\n", 3, 2),
            (4, "device {\nmodel: net\nvotes: 3\n}\n", 7, 4),
        ];
        for (nodes, words, votes, needed) in cases {
            let file = file(nodes, words);
            assert_eq!((expected(&file), quorum(&file)), (votes, needed), "{nodes} {words}");
        }
    }

    #[test]
    fn a_change_that_takes_the_quorum_away_is_told() {
        let here = |ids: &[u32]| Some(ids.iter().copied().collect::<BTreeSet<u32>>());
        let check = |old: (u32, &str), new: (u32, &str), who: &Option<BTreeSet<u32>>| {
            keep(&file(old.0, old.1), &file(new.0, new.1), who.as_ref()).map_err(|loss| loss.to_string())
        };
        let fails = |words: &str| Err(words.to_string());
        assert_eq!(check((3, ""), (3, ""), &here(&[1, 2])), Ok(()));
        assert_eq!(check((3, ""), (2, "two_node: 1\n"), &here(&[1, 2, 3])), Ok(()));
        assert_eq!(
            check((3, ""), (3, "expected_votes: 5\n"), &here(&[1, 2])),
            fails("2 of 5 votes are here, and 3 are needed then")
        );
        assert_eq!(
            check((5, ""), (2, ""), &None),
            fails("the nodes that stay have 2 votes of the 3 that make quorum now")
        );
        assert_eq!(check((3, ""), (5, ""), &here(&[1, 2])), fails("2 of 5 votes are here, and 3 are needed then"));
        // What nobody knows of is taken to be here.
        assert_eq!(check((3, ""), (5, ""), &None), Ok(()));
        assert_eq!(check((2, "two_node: 1\n"), (1, ""), &here(&[1])), Ok(()));
    }

    #[test]
    fn two_node_and_expected_votes_follow() {
        let cases = [
            (2, "", "two_node: 1\n"),
            (3, "two_node: 1\n", "two_node: 0\n"),
            (3, "", ""),
            (3, "expected_votes: 2\n", "expected_votes: 3\n"),
            (2, "device {\nmodel: net\n}\n", "device {\nmodel: net\n}\n"),
        ];
        for (nodes, before, after) in cases {
            let mut changed = file(nodes, before);
            fit(&mut changed);
            let written = changed.to_string();
            let inside = written.split_once("quorum {\n").unwrap().1.replace("    ", "");
            assert_eq!(inside, format!("{after}}}\n"), "{nodes} {before}");
        }
    }
}
