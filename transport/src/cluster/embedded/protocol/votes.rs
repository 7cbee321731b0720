//! Whether the members of a view may act: votequorum's arithmetic.
//!
//! In: the rules and the members. Out: yes or no. Never here: memory of earlier views, except the
//! one bit `wait_for_all` needs, which the caller carries from view to view.

use std::collections::BTreeMap;

/// Corosync's `quorum` options, by their names there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VoteRules {
    /// Votes of all nodes together; `None` counts the node list.
    pub expected_votes: Option<u32>,
    /// With two nodes, one alone is quorate (fencing decides who survives).
    pub two_node: bool,
    /// Not quorate before all nodes have been seen together once. Corosync switches it on with
    /// `two_node` unless told otherwise; whoever reads the configuration does that.
    pub wait_for_all: bool,
}

impl VoteRules {
    /// Votes needed, given the votes of each configured node.
    pub fn quorum(&self, votes: &BTreeMap<u32, u32>) -> u32 {
        let expected = self.expected(votes);
        if self.two_node && expected == 2 { 1 } else { expected / 2 + 1 }
    }

    fn expected(&self, votes: &BTreeMap<u32, u32>) -> u32 {
        let listed: u32 = votes.values().sum();
        // A view can never hold more votes than are expected, or two majorities could exist.
        self.expected_votes.unwrap_or(0).max(listed)
    }

    /// `released` says that `wait_for_all` has been satisfied by some member before.
    pub fn quorate(&self, votes: &BTreeMap<u32, u32>, members: &[u32], released: bool) -> bool {
        let present: u32 = members.iter().filter_map(|id| votes.get(id)).sum();
        (released || !self.wait_for_all) && present >= self.quorum(votes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: VoteRules, nodes: u32, members: &[u32], released: bool, expected: bool) {
        let votes = (1..=nodes).map(|id| (id, 1)).collect();
        assert_eq!(rules.quorate(&votes, members, released), expected, "{rules:?} {members:?} of {nodes}");
    }

    #[test]
    fn a_majority_is_quorate() {
        check(VoteRules::default(), 3, &[1, 2], false, true);
        check(VoteRules::default(), 3, &[3], false, false);
        check(VoteRules::default(), 4, &[1, 2], false, false);
        check(VoteRules::default(), 1, &[1], false, true);
    }

    #[test]
    fn two_nodes_may_each_go_on_alone_when_told_so() {
        let rules = VoteRules { two_node: true, ..VoteRules::default() };
        check(rules.clone(), 2, &[2], true, true);
        check(rules, 3, &[2], true, false);
        check(VoteRules::default(), 2, &[2], true, false);
    }

    #[test]
    fn nobody_acts_before_all_have_been_seen() {
        let rules = VoteRules { wait_for_all: true, two_node: true, ..VoteRules::default() };
        check(rules.clone(), 2, &[1], false, false);
        check(rules, 2, &[1], true, true);
    }

    #[test]
    fn expected_votes_may_exceed_the_node_list_but_never_undercut_it() {
        let more = VoteRules { expected_votes: Some(5), ..VoteRules::default() };
        check(more, 3, &[1, 2], true, false);
        let fewer = VoteRules { expected_votes: Some(1), ..VoteRules::default() };
        check(fewer, 3, &[1], true, false);
    }

    #[test]
    fn votes_weigh() {
        let votes = BTreeMap::from([(1, 3), (2, 1), (3, 1)]);
        assert!(VoteRules::default().quorate(&votes, &[1], true));
        assert!(!VoteRules::default().quorate(&votes, &[2, 3], true));
    }
}
