//! Members that speak another version of what nodes say to each other: such a cluster cannot agree.
//!
//! One who has not taken part yet, while the others have, leaves and says why; of two who are alike the older
//! version stays. So an upgrade goes host by host, and a host of a version too far away does not harm the rest.
//! In: whose message could not be read. Out: a refusal on both sides. Absent: bytes (`transport::wire`).

use super::event::Foreign;
use super::{Effect, Node};
use crate::note::Note;

impl Foreign {
    /// Whether it is for the reader to go.
    fn sends_away(self, established: bool) -> bool {
        match (self.established, established) {
            (true, false) => true,
            (false, true) => false,
            _ => self.ours > self.theirs,
        }
    }
}

impl Node {
    /// Whether it has been in a cluster with quorum since its start.
    pub fn is_established(&self) -> bool {
        self.replica.status_term() > 1
    }

    pub(super) fn foreign(&mut self, from: u32, foreign: Foreign) {
        let Foreign { ours, theirs, .. } = foreign;
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let named = members.into_iter().find(|member| member.id == from).map(|member| member.name);
        let name = named.unwrap_or_else(|| format!("node {from}"));
        if foreign.sends_away(self.is_established()) {
            let reason = format!(
                "{name} speaks version {theirs} of the cluster's protocol, this program version {ours}: this node \
                 does not join; install the same version of Quorate on all nodes"
            );
            self.note(Note::error("membership", &reason));
            return self.effects.push(Effect::Refused { reason });
        }
        let text = format!(
            "{name} is refused: it speaks version {theirs} of the cluster's protocol, the members version {ours}"
        );
        if self.advised.insert(text.clone()) {
            self.note(Note::error("membership", text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ours: u8, theirs: u8, (established, we_are): (bool, bool), expected: bool) {
        assert_eq!(Foreign { ours, theirs, established }.sends_away(we_are), expected);
        // Who speaks and who hears decide alike: exactly one goes.
        assert_eq!(Foreign { ours: theirs, theirs: ours, established: we_are }.sends_away(established), !expected);
    }

    #[test]
    fn who_comes_goes_and_among_equals_the_newer_version() {
        check(3, 2, (true, false), true);
        check(2, 3, (true, false), true);
        check(3, 2, (false, false), true);
        check(2, 3, (true, true), false);
    }
}
