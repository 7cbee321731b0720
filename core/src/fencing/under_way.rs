//! Fencing that is under way: the requests all members follow alike, and the agents that run for
//! them. Both travel with the joins of a view, so that whoever goes on together goes on with them.
//!
//! An agent that was started is followed to its end, whatever becomes of its request: as long as it
//! may still cut its target off, nobody else does, and the target is not let in.
//! In: what members bring into a view. Out: what all of them follow from then on.
//! Absent: starting agents, proofs (`node::fencer`).

use super::history::FencingState;
use super::request::FencingRequest;
use super::run::DeviceRun;
use super::{Device, FencingEvent};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A request that all members follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    pub request: FencingRequest,
    pub event: FencingEvent,
    /// Others who want just this, too.
    pub joined: Vec<FencingEvent>,
    /// Resources whose failure it is for.
    pub causes: BTreeSet<String>,
    /// Attributes that the target has once it is let in again.
    pub attributes: Vec<(String, String)>,
    /// Its device does as much as it can at once: it waits for that.
    pub waits_for_device: bool,
    /// Which run of the target's daemon had been let in last when the request began.
    pub incarnation: Option<u64>,
    /// The device whose turn it is, and how many turns there have been, this one included.
    pub run: Option<DeviceRun>,
    pub runs: u32,
    /// A device says that the target is off, but it is still here: it must go to be believed.
    pub proved: bool,
}

impl UnderWay {
    /// Everyone who wants it.
    pub fn events(&self) -> impl Iterator<Item = &FencingEvent> {
        std::iter::once(&self.event).chain(&self.joined)
    }

    /// Whether its target is to be let in again, not cut off.
    pub fn switches_on(&self) -> bool {
        self.event.action == "on"
    }

    /// Whether a tool waits for it, not the leader's transition alone.
    pub fn is_asked_for(&self) -> bool {
        self.events().any(|event| event.asked)
    }
}

/// One agent that a member has started, or is about to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AgentRun {
    /// The request it was started for, and which of its turns it is.
    pub fencing: String,
    pub number: u32,
    pub target: String,
    pub device: String,
    /// The member that runs it.
    pub on: u32,
    /// Whether it may take the target down.
    pub cuts_off: bool,
    /// It is killed if it takes longer. Milliseconds.
    pub timeout_ms: u64,
}

/// What a member knows of fencing when a view begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// Agents of its own that have not been reported to have ended.
    pub own: Vec<AgentRun>,
    /// All agents it knows of.
    pub agents: Vec<AgentRun>,
    pub requests: Vec<UnderWay>,
    /// What it remembers of fencings that are over, and since when that is all there is.
    pub history: Vec<FencingEvent>,
    pub history_since: i64,
    /// The latest run of each node's daemon that was proved to be off, by the node's id.
    pub fenced: BTreeMap<u32, BTreeSet<u64>>,
    /// Devices that no configuration has, by their ids.
    pub registered: BTreeMap<String, Device>,
}

/// The agents that may be running: those that their members say they run, and those whose member is
/// away, if anybody knows of them. One who has not heard of an end keeps a target waiting for nothing, at
/// most until the agent's time is over; one who has not heard of a beginning would cut it off twice.
pub fn agents<'a>(brought: impl Iterator<Item = (u32, &'a Brought)> + Clone) -> BTreeSet<AgentRun> {
    let here: BTreeSet<u32> = brought.clone().map(|(member, _)| member).collect();
    let own = brought.clone().flat_map(|(_, brought)| &brought.own);
    let of_absent = brought.flat_map(|(_, brought)| &brought.agents).filter(|agent| !here.contains(&agent.on));
    own.chain(of_absent).cloned().collect()
}

/// The requests that go on: one for each target. Those whose agents members run themselves, for they know
/// best; then those that the member with the newest status follows. None that is over by the word of any
/// member: some may not have heard the end.
pub fn requests<'a>(brought: impl Iterator<Item = &'a Brought> + Clone, newest: &Brought) -> Vec<UnderWay> {
    let run_by_owner = |brought: &'a Brought| {
        let runs = |request: &&UnderWay| {
            brought.own.iter().any(|agent| agent.fencing == request.event.id && agent.number == request.runs)
        };
        brought.requests.iter().filter(runs)
    };
    let over: BTreeSet<&str> = brought
        .clone()
        .flat_map(|brought| &brought.history)
        .filter(|event| is_over(event))
        .map(|event| event.id.as_str())
        .collect();
    let mut going_on: BTreeMap<&str, &UnderWay> = BTreeMap::new();
    for request in brought.flat_map(run_by_owner).chain(&newest.requests) {
        going_on.entry(&request.event.target).or_insert(request);
    }
    let mut requests: Vec<UnderWay> = going_on.into_values().cloned().collect();
    requests.retain(|request| !over.contains(request.event.id.as_str()));
    for request in &mut requests {
        request.joined.retain(|event| !over.contains(event.id.as_str()));
    }
    requests
}

/// The target was off; or who asked has been told that it is not.
fn is_over(event: &FencingEvent) -> bool {
    event.state == FencingState::Succeeded || (event.asked && event.state == FencingState::Failed)
}

/// The members that are not let in: an agent may still cut them off.
///
/// What an absent member left running keeps nobody out if that would leave nobody inside.
pub fn kept_out<'a>(
    members: impl Iterator<Item = (u32, &'a str)> + Clone,
    agents: &BTreeSet<AgentRun>,
) -> BTreeSet<u32> {
    let here: BTreeSet<u32> = members.clone().map(|(id, _)| id).collect();
    let targets = |away: bool| -> BTreeSet<u32> {
        let meant = |name: &str, id: u32| {
            agents.iter().any(|agent| {
                agent.cuts_off && agent.target == name && agent.on != id && (away || here.contains(&agent.on))
            })
        };
        members.clone().filter(|(id, name)| meant(name, *id)).map(|(id, _)| id).collect()
    };
    let all = targets(true);
    if all.len() < here.len() { all } else { targets(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An agent as `member>target`, a member's own agents behind `id:`.
    fn agent(text: &str) -> AgentRun {
        let (on, target) = text.split_once('>').expect("member>target");
        AgentRun {
            fencing: text.into(),
            number: 1,
            target: target.into(),
            device: "d".into(),
            on: on.parse().expect("a number"),
            cuts_off: true,
            timeout_ms: 1,
        }
    }

    #[track_caller]
    fn check(members: &str, known: &str, expected_agents: &str, expected_out: &[u32]) {
        let brought: Vec<(u32, Brought)> = members
            .split_whitespace()
            .map(|text| {
                let (id, own) = text.split_once(':').expect("id:agents");
                let own = own.split(',').filter(|text| !text.is_empty()).map(agent).collect();
                (id.parse().expect("a number"), Brought { own, ..Brought::default() })
            })
            .collect();
        // One of them knows: any.
        let mut brought = brought;
        if let Some((_, last)) = brought.last_mut() {
            last.agents = known.split_whitespace().map(agent).collect();
        }
        let found = agents(brought.iter().map(|(id, brought)| (*id, brought)));
        let shown: Vec<&str> = found.iter().map(|agent| agent.fencing.as_str()).collect();
        assert_eq!(shown.join(" "), expected_agents);
        let names: Vec<(u32, String)> = brought.iter().map(|(id, _)| (*id, format!("n{id}"))).collect();
        let out = kept_out(names.iter().map(|(id, name)| (*id, name.as_str())), &found);
        assert_eq!(out.into_iter().collect::<Vec<_>>(), expected_out);
    }

    fn event(id: &str, asked: bool, state: FencingState) -> FencingEvent {
        let text = String::new;
        FencingEvent {
            id: id.into(),
            target: "n4".into(),
            action: "reboot".into(),
            origin: "n3".into(),
            client: text(),
            asked,
            delegate: None,
            state,
            reason: text(),
            at: 0,
        }
    }

    #[test]
    fn what_a_member_knows_to_be_over_is_not_begun_again() {
        use FencingState::{Failed, Pending, Succeeded};
        // The end as one member knows it; whether the other, which is newer, goes on with the request.
        for (asked, end, goes_on) in [
            (true, None, true),
            (true, Some(Succeeded), false),
            (true, Some(Failed), false),
            (false, Some(Succeeded), false),
            (false, Some(Failed), true),
            (false, Some(Pending), true),
        ] {
            let request = UnderWay {
                request: crate::fencing::FencingRequest::new("n4", "reboot", Vec::new(), Vec::new(), BTreeMap::new()),
                event: event("one", asked, Pending),
                joined: vec![event("other", false, Pending)],
                causes: BTreeSet::new(),
                attributes: Vec::new(),
                waits_for_device: false,
                incarnation: None,
                run: None,
                runs: 0,
                proved: false,
            };
            let newest = Brought { requests: vec![request], ..Brought::default() };
            let history = end.map(|end| event("one", asked, end)).into_iter().collect();
            let all = [newest.clone(), Brought { history, ..Brought::default() }];
            assert_eq!(requests(all.iter(), &newest).len() == 1, goes_on, "{asked} {end:?}");
        }
    }

    #[test]
    fn a_target_that_comes_back_while_its_agent_runs_is_kept_out() {
        check("1:1>n3 2: 3:", "1>n3", "1>n3", &[3]);
        check("1: 2: 3:", "", "", &[]);
    }

    #[test]
    fn who_runs_an_agent_knows_best_whether_it_runs() {
        check("1: 2: 3:", "1>n3", "", &[]);
        check("1: 2:2>n3 3:", "", "2>n3", &[3]);
    }

    #[test]
    fn the_agent_of_an_absent_member_counts_until_it_is_known_to_have_ended() {
        check("2: 3: 4:", "1>n3", "1>n3", &[3]);
    }

    #[test]
    fn somebody_is_always_inside_unless_all_are_being_cut_off_from_here() {
        check("3:", "1>n3", "1>n3", &[]);
        check("1:1>n2 2:2>n1", "", "1>n2 2>n1", &[1, 2]);
    }
}
