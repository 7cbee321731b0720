//! What a node says of itself and of its cluster before anything else, and whether it is believed.
//!
//! In: both sides' configurations. Out: why one is refused, or nothing. Two hosts may have been given one
//! node's name or id, or another cluster's addresses: who is let in by its id alone would take a healthy
//! node's place.

use std::collections::BTreeMap;
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
}

/// Decides who is let in.
pub(super) struct Gate {
    local: u32,
    name: String,
    cluster: String,
    names: BTreeMap<u32, String>,
    token: Duration,
    guests: Mutex<BTreeMap<u32, Guest>>,
}

impl Gate {
    /// For node `local` of these, in this cluster (empty if it has no name).
    pub fn new(local: u32, names: BTreeMap<u32, String>, cluster: &str, token: Duration) -> Gate {
        let name = names.get(&local).cloned().unwrap_or_default();
        Gate { local, name, cluster: cluster.to_string(), names, token, guests: Mutex::default() }
    }

    /// Whether who says this may come in.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, theirs: &Introduction) -> Result<(), Objection> {
        let differs = |left: &str, right: &str| !left.is_empty() && !right.is_empty() && left != right;
        if differs(&self.cluster, &theirs.cluster) {
            return Err(Objection::OtherCluster(quoted(&theirs.cluster)));
        }
        if theirs.acceptor != self.local || theirs.acceptor_name != self.name {
            return Err(Objection::NotThisNode);
        }
        if let Some(ours) = self.names.get(&theirs.dialer).filter(|name| **name != theirs.dialer_name) {
            let (id, theirs) = (theirs.dialer, quoted(&theirs.dialer_name));
            return Err(Objection::NamedOtherwise { id, theirs, ours: ours.clone() });
        }
        if let Some((ours, name)) = self.names.iter().find(|(_, name)| **name == theirs.dialer_name)
            && *ours != theirs.dialer
        {
            return Err(Objection::NumberedOtherwise { name: name.clone(), theirs: theirs.dialer, ours: *ours });
        }
        match self.is_here_already(theirs) {
            true => Err(Objection::Twice),
            false => Ok(()),
        }
    }

    /// Another run of that node holds a connection and was heard just now.
    fn is_here_already(&self, theirs: &Introduction) -> bool {
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        theirs.dialer == self.local
            || guests.get(&theirs.dialer).is_some_and(|guest| {
                guest.incarnation != theirs.incarnation && guest.open > 0 && guest.heard.elapsed() < self.token
            })
    }

    /// It has proved who it is.
    pub fn enter(&self, theirs: &Introduction) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let new = || Guest { incarnation: theirs.incarnation, heard: now, open: 0 };
        let guest = guests.entry(theirs.dialer).or_insert_with(new);
        if guest.incarnation != theirs.incarnation {
            *guest = new();
        }
        guest.heard = now;
        guest.open += 1;
    }

    /// Something came on a connection of this run of it.
    pub fn heard(&self, node: u32, incarnation: u64) {
        self.with(node, incarnation, |guest| guest.heard = Instant::now());
    }

    /// A connection of this run of it has ended.
    pub fn leave(&self, node: u32, incarnation: u64) {
        self.with(node, incarnation, |guest| guest.open = guest.open.saturating_sub(1));
    }

    fn with(&self, node: u32, incarnation: u64, change: impl FnOnce(&mut Guest)) {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guest) = guests.get_mut(&node).filter(|guest| guest.incarnation == incarnation) {
            change(guest);
        }
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
        Gate::new(1, (1..=3).map(|id| (id, format!("n{id}"))).collect(), "lab", Duration::from_secs(3))
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
        let found = gate.judge(theirs).map_or_else(|error| error.to_string(), |()| String::new());
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
        gate.enter(&said());
        check(&gate, &said(), "");
        let second = Introduction { incarnation: 8, ..said() };
        check(&gate, &second, "is here already");
        gate.leave(2, 7);
        check(&gate, &second, "");
        gate.enter(&second);
        check(&gate, &said(), "is here already");
    }
}
