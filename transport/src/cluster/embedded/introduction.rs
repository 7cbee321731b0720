//! What a node says of itself and of its cluster before anything else, and whether it is believed.
//!
//! In: both sides' configurations. Out: why one is refused, or nothing. Two hosts may have been given one
//! node's name or id, or another cluster's addresses: who is let in by its id alone would take a healthy
//! node's place.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::keys::Salt;
use super::protocol::{Introduced, Listed, Millis};

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Objection {
    #[error("is not the node it is listed as; check ids and addresses in the node list")]
    NotThisNode,
    #[error("belongs to the cluster `{0}`; check cluster_name and the addresses in the node list")]
    OtherCluster(String),
    #[error("says it is {theirs}, but id {id} is {ours}'s here; check the node lists of both")]
    NamedOtherwise { id: u32, theirs: String, ours: String },
    #[error("says it is {name} with id {theirs}, but {name} has id {ours} here; check the node lists of both")]
    NumberedOtherwise { name: String, theirs: u32, ours: u32 },
    #[error("says it is a node that is here already; two hosts have one node's name and id")]
    Twice,
}

/// Said by whoever dials. Its bytes are part of what is proved with the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Introduction {
    pub salt: Salt,
    pub dialer: u32,
    pub dialer_name: String,
    /// Which run of it.
    pub incarnation: u64,
    /// Who it means to speak to.
    pub acceptor: u32,
    pub acceptor_name: String,
    /// Empty if the configuration gives none.
    pub cluster: String,
    pub token: Millis,
    pub nodes: Vec<Listed>,
}

impl Introduction {
    /// What the protocol is told of it.
    pub fn introduced(&self) -> Introduced {
        Introduced { node: self.dialer, token: self.token, nodes: self.nodes.clone() }
    }
}

/// A node whose connections are open.
struct Guest {
    incarnation: u64,
    heard: Instant,
    open: usize,
    /// It came from the address that is listed for it.
    at_home: bool,
}

/// Decides who is let in.
pub(super) struct Gate {
    local: u32,
    name: String,
    cluster: String,
    listed: BTreeMap<u32, (String, IpAddr)>,
    token: Duration,
    guests: Mutex<BTreeMap<u32, Guest>>,
}

impl Gate {
    /// For node `local` of these, in this cluster (empty if it has no name).
    pub fn new(local: u32, listed: BTreeMap<u32, (String, IpAddr)>, cluster: &str, token: Duration) -> Gate {
        let name = listed.get(&local).map(|(name, _)| name.clone()).unwrap_or_default();
        Gate { local, name, cluster: cluster.to_string(), listed, token, guests: Mutex::default() }
    }

    /// Whether who says this, from this address, may come in.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, theirs: &Introduction, from: IpAddr) -> Result<(), Objection> {
        let differs = |left: &str, right: &str| !left.is_empty() && !right.is_empty() && left != right;
        if differs(&self.cluster, &theirs.cluster) {
            return Err(Objection::OtherCluster(quoted(&theirs.cluster)));
        }
        if theirs.acceptor != self.local || theirs.acceptor_name != self.name {
            return Err(Objection::NotThisNode);
        }
        if let Some((ours, _)) = self.listed.get(&theirs.dialer).filter(|(name, _)| *name != theirs.dialer_name) {
            let (id, theirs) = (theirs.dialer, quoted(&theirs.dialer_name));
            return Err(Objection::NamedOtherwise { id, theirs, ours: ours.clone() });
        }
        if let Some((ours, (name, _))) = self.listed.iter().find(|(_, (name, _))| *name == theirs.dialer_name)
            && *ours != theirs.dialer
        {
            return Err(Objection::NumberedOtherwise { name: name.clone(), theirs: theirs.dialer, ours: *ours });
        }
        match self.is_here_already(theirs, from) {
            true => Err(Objection::Twice),
            false => Ok(()),
        }
    }

    /// Another run of that node holds a connection and was heard just now. A copy of it that calls from elsewhere
    /// does not keep out the one that is where the list has it.
    fn is_here_already(&self, theirs: &Introduction, from: IpAddr) -> bool {
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let comes_home = self.is_home_of(theirs.dialer, from);
        theirs.dialer == self.local
            || guests.get(&theirs.dialer).is_some_and(|guest| {
                let is_heard = guest.open > 0 && guest.heard.elapsed() < self.token;
                guest.incarnation != theirs.incarnation && is_heard && (guest.at_home || !comes_home)
            })
    }

    fn is_home_of(&self, node: u32, address: IpAddr) -> bool {
        self.listed.get(&node).is_some_and(|(_, listed)| listed.to_canonical() == address.to_canonical())
    }

    /// It has proved who it is.
    pub fn enter(&self, theirs: &Introduction, from: IpAddr) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let at_home = self.is_home_of(theirs.dialer, from);
        let new = || Guest { incarnation: theirs.incarnation, heard: now, open: 0, at_home };
        let guest = guests.entry(theirs.dialer).or_insert_with(new);
        if guest.incarnation != theirs.incarnation {
            *guest = new();
        }
        guest.heard = now;
        guest.open += 1;
    }

    /// Something came on a connection of this run of it; whether no other run has taken its place.
    pub fn heard(&self, node: u32, incarnation: u64) -> bool {
        self.with(node, incarnation, |guest| guest.heard = Instant::now())
    }

    /// A connection of this run of it has ended.
    pub fn leave(&self, node: u32, incarnation: u64) {
        self.with(node, incarnation, |guest| guest.open = guest.open.saturating_sub(1));
    }

    fn with(&self, node: u32, incarnation: u64, change: impl FnOnce(&mut Guest)) -> bool {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let guest = guests.get_mut(&node).filter(|guest| guest.incarnation == incarnation);
        guest.map(change).is_some()
    }
}

/// What a stranger says, as far as it is fit for a log.
fn quoted(word: &str) -> String {
    const SHOWN: usize = 64;
    word.chars().take(SHOWN).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::super::keys::SALT_BYTES;
    use super::*;

    fn gate() -> Gate {
        let listed = (1..=3).map(|id| (u32::from(id), (format!("n{id}"), home(id))));
        Gate::new(1, listed.collect(), "lab", Duration::from_secs(3))
    }

    /// Where a node is listed.
    fn home(id: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, id])
    }

    fn said() -> Introduction {
        Introduction {
            salt: [0; SALT_BYTES],
            dialer: 2,
            dialer_name: "n2".into(),
            incarnation: 7,
            acceptor: 1,
            acceptor_name: "n1".into(),
            cluster: "lab".into(),
            token: 3000,
            nodes: Vec::new(),
        }
    }

    #[track_caller]
    fn check(gate: &Gate, theirs: &Introduction, expected: &str) {
        check_from(gate, theirs, home(2), expected);
    }

    #[track_caller]
    fn check_from(gate: &Gate, theirs: &Introduction, from: IpAddr, expected: &str) {
        let found = gate.judge(theirs, from).map_or_else(|error| error.to_string(), |()| String::new());
        assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{found}");
    }

    #[test]
    fn who_is_another_than_listed_is_refused() {
        let gate = gate();
        check(&gate, &said(), "");
        check(&gate, &Introduction { cluster: String::new(), ..said() }, "");
        check(&gate, &Introduction { cluster: "live".into(), ..said() }, "belongs to the cluster `live`");
        check(&gate, &Introduction { acceptor: 3, ..said() }, "is not the node it is listed as");
        check(&gate, &Introduction { acceptor_name: "n3".into(), ..said() }, "is not the node it is listed as");
        check(&gate, &Introduction { dialer_name: "n\u{1b}3".into(), ..said() }, "id 2 is n2's here");
        check(&gate, &Introduction { dialer: 1, dialer_name: "n1".into(), ..said() }, "is here already");
        check(&gate, &Introduction { dialer: 9, ..said() }, "says it is n2 with id 9, but n2 has id 2 here");
        // Whom the list lacks is heard: it counts as a node that is away.
        check(&gate, &Introduction { dialer: 9, dialer_name: "n9".into(), ..said() }, "");
    }

    #[test]
    fn of_two_that_say_they_are_one_node_the_first_stays() {
        let gate = gate();
        gate.enter(&said(), home(2));
        check(&gate, &said(), "");
        let second = Introduction { incarnation: 8, ..said() };
        check(&gate, &second, "is here already");
        gate.leave(2, 7);
        check(&gate, &second, "");
        gate.enter(&second, home(2));
        check(&gate, &said(), "is here already");
        assert!(!gate.heard(2, 7) && gate.heard(2, 8));
    }

    /// A copy of a dead node's host that was given another address.
    #[test]
    fn one_that_comes_from_where_it_is_listed_is_not_kept_out_by_a_copy() {
        let gate = gate();
        let (copy, elsewhere) = (said(), IpAddr::from([192, 0, 2, 99]));
        gate.enter(&copy, elsewhere);
        let real = Introduction { incarnation: 8, ..said() };
        check_from(&gate, &real, IpAddr::from([192, 0, 2, 98]), "is here already");
        // As a socket for both families has it.
        check_from(&gate, &real, "::ffff:192.0.2.2".parse().expect("an address"), "");
        gate.enter(&real, home(2));
        assert!(!gate.heard(2, copy.incarnation), "the copy is heard no more");
        check_from(&gate, &copy, elsewhere, "is here already");
    }
}
