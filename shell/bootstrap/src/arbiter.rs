//! The quorum device of a cluster: a host that is no node and has a vote where two halves are alike.
//!
//! In: what is wanted of it, corosync.conf's sections. Out: the sections with it; the steps on that host.
//! Absent: certificates (`tls` is off: who asks for another is refused before).

use crate::facts::Seen;
use crate::refusal::Refusal;
use crate::step::{ARBITER_UNIT, Action, Step};
use quorate_transport::cluster::file::Section;
use quorate_transport::cluster::nodelist::{nodes, votes};

/// How votes are given (`corosync-qdevice(8)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// One vote, for one half of an even split.
    FiftyFifty,
    /// As many votes as make the last one standing quorate.
    LastStanding,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// As it is named, and found by all nodes.
    pub host: String,
    pub port: Option<u16>,
    pub algorithm: Algorithm,
    /// `lowest`, `highest` or a node's id.
    pub tie_breaker: Option<String>,
}

impl Device {
    /// Adds it to a file that has none. What the file has already stays.
    pub fn add_to(&self, file: &mut Section) {
        if votes::of_device(file) > 0 {
            return;
        }
        let (word, count) = match self.algorithm {
            Algorithm::FiftyFifty => ("ffsplit", 1),
            Algorithm::LastStanding => ("lms", nodes(file).len().saturating_sub(1).max(1)),
        };
        if file.sections("quorum").next().is_none() {
            file.add_section("quorum");
        }
        let device = file.section_mut("quorum").expect("it is there").add_section("device");
        device.set("model", "net");
        device.set("votes", &count.to_string());
        let net = device.add_section("net");
        net.set("host", &self.host);
        if let Some(port) = self.port {
            net.set("port", &port.to_string());
        }
        net.set("algorithm", word);
        net.set("tie_breaker", self.tie_breaker.as_deref().unwrap_or("lowest"));
        net.set("tls", "off");
        votes::fit(file);
    }

    /// What is to be done on the host itself.
    ///
    /// # Errors
    /// It cannot be visited, or lacks the program.
    pub fn step(&self, seen: &Seen) -> Result<Step, Refusal> {
        let facts = seen.facts.as_ref().map_err(|error| Refusal::Ssh(error.clone()))?;
        match facts.installed.contains(ARBITER_UNIT) {
            true => Ok(Step { action: Action::Arbiter, done: facts.runs(ARBITER_UNIT) }),
            false => Err(Refusal::NoProgram { host: seen.host.name.clone(), package: ARBITER_UNIT.to_string() }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_transport::cluster::file;

    #[test]
    fn a_device_takes_the_place_of_two_node_and_is_added_once() {
        let text = "nodelist {\n node {\n name: a\n nodeid: 1\n ring0_addr: 10.0.0.1\n }\n node {\n name: b\n \
                    nodeid: 2\n ring0_addr: 10.0.0.2\n }\n}\nquorum {\n provider: corosync_votequorum\n two_node: 1\n}\n";
        let mut file = file::parse(text).unwrap();
        let device = Device { host: "q".into(), port: None, algorithm: Algorithm::FiftyFifty, tie_breaker: None };
        device.add_to(&mut file);
        let once = file.to_string();
        device.add_to(&mut file);
        assert_eq!(file.to_string(), once);
        assert!(once.contains("algorithm: ffsplit") && !once.contains("two_node: 1"), "{once}");
        assert_eq!((votes::expected(&file), votes::quorum(&file)), (3, 2));
    }
}
