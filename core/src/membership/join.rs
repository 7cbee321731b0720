//! What each member brings into a view, and what all agree on once everyone has spoken.
//!
//! The joins of a view are delivered in one order to all its members, so that each computes
//! the same agreement without another word.

use super::{View, ViewId, election};
use crate::cib::Version;
use crate::xml::Element;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a member says of itself at the start of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    pub view: ViewId,
    pub id: u32,
    pub name: String,
    /// The latest view in which it agreed with others; none since its daemon started.
    pub agreed: Option<ViewId>,
    /// Which run of its daemon.
    pub incarnation: u64,
    pub feature_set: String,
    /// Milliseconds since its daemon started.
    pub uptime_ms: u64,
    /// Whether it led its former view.
    pub led: bool,
    /// Counts the quorate agreements the member took part in: who was with the majority last
    /// knows more.
    pub term: u64,
    /// The term in which the configuration it holds was last changed.
    pub configuration_term: u64,
    /// The term its status section comes from; 0 if its daemon has just started.
    pub status_term: u64,
    pub version: Version,
    /// Members that left a view apart may hold different configurations of one version.
    pub configuration_digest: String,
    pub status_digest: String,
    /// Its own `<node_state>`: what it ran and runs.
    pub node_state: Option<Element>,
    /// Its clock, seconds since the epoch.
    pub epoch_seconds: i64,
    /// Nodes it saw alive in views that ended before their members agreed: whatever a document
    /// says of them, they are not known to be down.
    pub seen: Vec<u32>,
}

/// Collects the joins of one view.
#[derive(Clone, Debug)]
pub struct Gathering {
    view: View,
    joins: BTreeMap<u32, Join>,
}

/// What the members of a view agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    pub leader: u32,
    pub term: u64,
    pub configuration_term: u64,
    /// Whose configuration everyone takes.
    pub configuration_from: u32,
    /// Whether anyone lacks it.
    pub send_configuration: bool,
    /// Whose status section everyone takes.
    pub status_from: u32,
    pub send_status: bool,
    /// The version all continue with.
    pub version: Version,
    pub status_term: u64,
    /// Whether all come from one view in which they agreed: nobody was elsewhere meanwhile.
    pub together: bool,
    /// By node id.
    pub joins: BTreeMap<u32, Join>,
    /// The leader's clock, seconds since the epoch.
    pub epoch_seconds: i64,
}

impl Gathering {
    /// Begins to collect for this view.
    pub fn new(view: View) -> Gathering {
        Gathering { view, joins: BTreeMap::new() }
    }

    /// Takes one member's join; the agreement when it was the last.
    pub fn joined(&mut self, join: Join) -> Option<Agreement> {
        let member = self.view.members.iter().any(|member| member.id == join.id);
        if join.view != self.view.id || !member {
            return None;
        }
        self.joins.insert(join.id, join);
        let complete = self.joins.len() == self.view.members.len();
        complete.then(|| agree(&self.view, &self.joins))
    }
}

fn agree(view: &View, joins: &BTreeMap<u32, Join>) -> Agreement {
    let leader = election::leader(joins);
    let configuration = newest(joins, configuration_age);
    let status = newest(joins, |join| (join.status_term, join.version.num_updates));
    let term = joins.values().map(|join| join.term).max().unwrap_or(0) + u64::from(view.quorate);
    let num_updates = joins.values().map(|join| join.version.num_updates).max().unwrap_or(0) + 1;
    Agreement {
        leader: leader.id,
        term,
        configuration_term: configuration.configuration_term,
        configuration_from: configuration.id,
        send_configuration: differs(joins, configuration_age)
            || differs(joins, |join| join.configuration_digest.as_str()),
        status_from: status.id,
        send_status: differs(joins, |join| join.status_digest.as_str()),
        version: Version { num_updates, ..configuration.version },
        status_term: if view.quorate { term } else { status.status_term },
        together: leader.agreed.is_some() && !differs(joins, |join| join.agreed),
        epoch_seconds: leader.epoch_seconds,
        joins: joins.clone(),
    }
}

/// The later the term of the last change, the newer; within a term the version tells.
///
/// A configuration that a majority acknowledged in a later term beats any that a lone node
/// wrote down and never told.
fn configuration_age(join: &Join) -> (u64, u32, u32) {
    (join.configuration_term, join.version.admin_epoch, join.version.epoch)
}

/// The join of the greatest age; of equal ones, the lowest id's.
fn newest<K: Ord>(joins: &BTreeMap<u32, Join>, age: impl Fn(&Join) -> K) -> &Join {
    let mut all = joins.values();
    let first = all.next().expect("a view has members");
    all.fold(first, |best, join| if age(join) > age(best) { join } else { best })
}

fn differs<'a, K: PartialEq>(joins: &'a BTreeMap<u32, Join>, of: impl Fn(&'a Join) -> K) -> bool {
    let mut all = joins.values().map(of);
    let first = all.next();
    all.any(|other| Some(other) != first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::Member;

    /// Members as `id:term/configuration_term/epoch/status_term`, `*` behind one that led.
    #[track_caller]
    fn check(quorate: bool, members: &str, expected: &str) {
        let id = ViewId { epoch: 1, coordinator: 1, incarnation: 1 };
        let joins: Vec<Join> = members.split_whitespace().map(|text| join(id, text)).collect();
        let members = joins.iter().map(|join| Member { id: join.id, name: join.name.clone() });
        let mut gathering = Gathering::new(View { id, members: members.collect(), quorate });
        let mut agreement = None;
        for join in joins {
            assert!(agreement.is_none(), "agreed before everyone had spoken");
            agreement = gathering.joined(join);
        }
        let agreement = agreement.expect("everyone has spoken");
        let shown = format!(
            "leader {} term {} configuration {}{} status {}{}",
            agreement.leader,
            agreement.term,
            agreement.configuration_from,
            if agreement.send_configuration { "!" } else { "" },
            agreement.status_from,
            if agreement.send_status { "!" } else { "" },
        );
        assert_eq!(shown, expected, "{members:?}", members = agreement.joins.keys());
    }

    fn join(view: ViewId, text: &str) -> Join {
        let led = text.ends_with('*');
        let (id, rest) = text.trim_end_matches('*').split_once(':').expect("id:…");
        let numbers: Vec<u64> = rest.split('/').map(|n| n.parse().expect("a number")).collect();
        Join {
            view,
            id: id.parse().expect("a number"),
            name: format!("n{id}"),
            agreed: None,
            incarnation: 1,
            feature_set: "3.20.5".into(),
            uptime_ms: 0,
            led,
            term: numbers[0],
            configuration_term: numbers[1],
            status_term: numbers[3],
            version: Version { admin_epoch: 0, epoch: numbers[2] as u32, num_updates: 0 },
            configuration_digest: numbers[2].to_string(),
            status_digest: numbers[3].to_string(),
            node_state: None,
            epoch_seconds: 0,
            seen: Vec::new(),
        }
    }

    #[test]
    fn equals_agree_without_sending() {
        check(true, "1:0/0/0/0 2:0/0/0/0", "leader 1 term 1 configuration 1 status 1");
    }

    #[test]
    fn the_highest_epoch_of_a_term_wins() {
        check(true, "1:3/3/5/3 2:3/3/6/3", "leader 1 term 4 configuration 2! status 1");
    }

    #[test]
    fn a_later_term_beats_a_higher_epoch() {
        check(true, "1:3/3/9/0 2:4/4/6/4", "leader 2 term 5 configuration 2! status 2!");
    }

    #[test]
    fn a_minority_does_not_count_terms() {
        check(false, "1:3/3/5/3", "leader 1 term 3 configuration 1 status 1");
    }

    #[test]
    fn who_led_the_latest_term_goes_on_leading() {
        check(true, "1:3/3/5/3* 2:4/3/5/4 3:4/3/5/4*", "leader 3 term 5 configuration 1 status 2!");
    }
}
