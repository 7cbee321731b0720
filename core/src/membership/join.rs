//! What each member brings into a view, and what all agree on once everyone has spoken.
//!
//! The joins of a view are delivered in one order to all its members, so that each computes
//! the same agreement without another word.

use super::{Accord, Join, LetIn, View, election};
use crate::cib::Version;
use crate::fencing::under_way::{self, AgentRun, UnderWay};
use std::collections::{BTreeMap, BTreeSet};

/// Collects the joins of one view.
#[derive(Clone, Debug)]
pub struct Gathering {
    view: View,
    round: u32,
    joins: BTreeMap<u32, Join>,
}

/// What the members of a view agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// None where nobody may be let in.
    pub leader: Option<u32>,
    /// Members that an agent may still cut off. They hold the same document as the others, and
    /// wait: nothing is asked of them, and nothing that they say changes it.
    pub outside: BTreeSet<u32>,
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
    /// By node id.
    pub joins: BTreeMap<u32, Join>,
    /// The leader's clock, seconds since the epoch.
    pub epoch_seconds: i64,
    /// Which run of each node's daemon was let in last.
    pub let_in: BTreeMap<u32, LetIn>,
    /// Fence agents that may be running.
    pub agents: BTreeSet<AgentRun>,
    /// The fencing requests that go on.
    pub requests: Vec<UnderWay>,
}

impl Agreement {
    /// Whether this member takes part.
    pub fn is_inside(&self, id: u32) -> bool {
        self.joins.contains_key(&id) && !self.outside.contains(&id)
    }
}

impl Gathering {
    /// Begins to collect for this round of a view.
    pub fn new(view: View, round: u32) -> Gathering {
        Gathering { view, round, joins: BTreeMap::new() }
    }

    /// Takes one member's join; the agreement when it was the last.
    pub fn joined(&mut self, join: Join) -> Option<Agreement> {
        let member = self.view.members.iter().any(|member| member.id == join.id);
        let accord = Accord { view: self.view.id, round: self.round };
        if join.accord != accord || !member {
            return None;
        }
        self.joins.insert(join.id, join);
        let complete = self.joins.len() == self.view.members.len();
        complete.then(|| agree(&self.view, &self.joins))
    }
}

fn agree(view: &View, joins: &BTreeMap<u32, Join>) -> Agreement {
    let status = newest(joins, |join| (join.status_term, join.version.num_updates));
    let brought = joins.values().map(|join| (join.id, &join.fencing));
    let agents = under_way::agents(brought);
    let mut outside = under_way::kept_out(joins.values().map(|join| (join.id, join.name.as_str())), &agents);
    let requests = under_way::requests(joins.values().map(|join| &join.fencing), &status.fencing);
    // A device says that this very run of it is off: it is not believed to be here to stay.
    let said_to_be_off = |join: &&Join| {
        let mut proved = requests.iter().filter(|request| request.proved);
        proved.any(|request| request.event.target == join.name && request.incarnation == Some(join.incarnation))
    };
    outside.extend(joins.values().filter(said_to_be_off).map(|join| join.id));
    let leader = election::leader(joins.values().filter(|join| !outside.contains(&join.id)));
    let configuration = newest(joins, configuration_age);
    let known = joins.values().map(|join| join.term).max().unwrap_or(0);
    let term = if view.quorate { view.id.term().max(known + 1) } else { known };
    let num_updates = joins.values().map(|join| join.version.num_updates).max().unwrap_or(0) + 1;
    Agreement {
        leader: leader.map(|join| join.id),
        term,
        configuration_term: configuration.configuration_term,
        configuration_from: configuration.id,
        send_configuration: differs(joins, configuration_age)
            || differs(joins, |join| join.configuration_digest.as_str()),
        status_from: status.id,
        send_status: differs(joins, |join| join.status_digest.as_str()),
        version: Version { num_updates, ..configuration.version },
        status_term: if view.quorate { term } else { status.status_term },
        epoch_seconds: leader.unwrap_or(status).epoch_seconds,
        let_in: let_in(view.id.term(), joins, &outside),
        requests,
        outside,
        agents,
        joins: joins.clone(),
    }
}

/// The latest that anyone knows of, and those who are let in now.
fn let_in(term: u64, joins: &BTreeMap<u32, Join>, outside: &BTreeSet<u32>) -> BTreeMap<u32, LetIn> {
    let known = joins.values().flat_map(|join| join.let_in.iter().map(|(id, run)| (*id, *run)));
    let inside = joins.values().filter(|join| !outside.contains(&join.id));
    let now = inside.map(|join| (join.id, LetIn { term, incarnation: join.incarnation }));
    let mut latest = BTreeMap::new();
    for (id, run) in known.chain(now) {
        let place = latest.entry(id).or_insert(run);
        *place = run.max(*place);
    }
    latest
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
    use crate::fencing::under_way::Brought;
    use crate::membership::load::Load;
    use crate::membership::{DiskState, Member, ViewId};

    /// Members as `id:term/configuration_term/epoch/status_term`, `*` behind one that led.
    #[track_caller]
    fn check(quorate: bool, members: &str, expected: &str) {
        let id = ViewId { epoch: 0, coordinator: 1, incarnation: 1 };
        let accord = Accord { view: id, round: 0 };
        let joins: Vec<Join> = members.split_whitespace().map(|text| join(accord, text)).collect();
        let members = joins.iter().map(|join| Member { id: join.id, name: join.name.clone() });
        let view = View { id, members: members.collect(), quorate, ended: Vec::new(), heard: Vec::new() };
        let mut gathering = Gathering::new(view, 0);
        let mut agreement = None;
        for join in joins {
            assert!(agreement.is_none(), "agreed before everyone had spoken");
            agreement = gathering.joined(join);
        }
        let agreement = agreement.expect("everyone has spoken");
        let shown = format!(
            "leader {} term {} configuration {}{} status {}{}",
            agreement.leader.unwrap_or(0),
            agreement.term,
            agreement.configuration_from,
            if agreement.send_configuration { "!" } else { "" },
            agreement.status_from,
            if agreement.send_status { "!" } else { "" },
        );
        assert_eq!(shown, expected, "{members:?}", members = agreement.joins.keys());
    }

    fn join(accord: Accord, text: &str) -> Join {
        let led = text.ends_with('*');
        let (id, rest) = text.trim_end_matches('*').split_once(':').expect("id:…");
        let numbers: Vec<u64> = rest.split('/').map(|n| n.parse().expect("a number")).collect();
        Join {
            accord,
            id: id.parse().expect("a number"),
            name: format!("n{id}"),
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
            let_in: BTreeMap::new(),
            fencing: Brought::default(),
            disk: DiskState::Good,
            watchdog: false,
            disk_recovered: None,
            attributes: Vec::new(),
            load: Load::default(),
        }
    }

    /// A clock that was put back makes the later run look like the earlier one.
    #[test]
    fn who_was_let_in_into_the_later_view_is_the_later_run() {
        let run = |term: u64, incarnation: u64| LetIn { term, incarnation };
        let accord = Accord::default();
        let mut joins: BTreeMap<u32, Join> = [(1, join(accord, "1:0/0/0/0")), (2, join(accord, "2:0/0/0/0"))].into();
        joins.get_mut(&1).expect("a join").let_in = [(1, run(1, 9)), (3, run(1, 700))].into();
        joins.get_mut(&2).expect("a join").let_in = [(1, run(1, 9)), (3, run(2, 600))].into();
        let expected = [(1, run(3, 1)), (2, run(3, 1)), (3, run(2, 600))].into();
        assert_eq!(let_in(3, &joins, &BTreeSet::new()), expected);
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
