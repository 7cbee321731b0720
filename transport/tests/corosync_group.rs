//! Views and messages out of what Corosync says, without Corosync: the order of its words is made up.
#![allow(clippy::unwrap_used)]

use quorate_core::membership::{Member, View};
use quorate_transport::cluster::ClusterEvent;
use quorate_transport::cluster::corosync::group::{Group, Input, Output, Settings};
use quorate_transport::cluster::corosync::heard::{Heard, RingId};
use std::collections::{BTreeMap, VecDeque};

/// One group on hosts that all hear each other: what is sent comes to all in one order.
#[derive(Default)]
struct Hosts {
    groups: BTreeMap<u32, Group>,
    /// Sent and not handed out: from whom.
    bus: VecDeque<(u32, Vec<u8>)>,
    seen: BTreeMap<u32, Vec<ClusterEvent>>,
    /// Who was told that the others go on without it.
    excluded: Vec<u32>,
}

/// The group's processes; `with_hosts`: because hosts came or went.
fn members(members: &[(u32, u32)], with_hosts: bool) -> Heard {
    Heard::Members { members: members.to_vec(), with_hosts }
}

fn settings(id: u32, epoch: u64, incarnation: u64) -> Settings {
    let me = Member { id, name: format!("n{id}") };
    Settings { me, epoch, incarnation, silence: 30, tick_ms: 100, loss_ms: 2_200 }
}

impl Hosts {
    fn new(ids: &[u32]) -> Hosts {
        let mut hosts = Hosts::default();
        for id in ids {
            hosts.groups.insert(*id, Group::new(settings(*id, u64::from(*id), 7)));
        }
        hosts
    }

    fn step(&mut self, id: u32, input: Input) {
        for output in self.groups.get_mut(&id).unwrap().step(input) {
            match output {
                Output::Send(bytes) => self.bus.push_back((id, bytes)),
                // What waits in the sender's own queue; here all is on its way at once.
                Output::Drop => {}
                Output::Excluded => self.excluded.push(id),
                Output::Event(event) => self.seen.entry(id).or_default().push(event),
            }
        }
    }

    fn hear(&mut self, ids: &[u32], heard: &Heard) {
        for id in ids {
            self.step(*id, Input::Heard(heard.clone()));
        }
    }

    /// Everyone in `ids` is told of this ring, of its quorum, and that they are the members.
    fn join(&mut self, ids: &[u32], sequence: u64, quorate: bool) {
        let ring = RingId { node: ids[0], sequence };
        self.hear(ids, &members(&ids.iter().map(|id| (*id, 100 + *id)).collect::<Vec<_>>(), true));
        self.hear(ids, &Heard::Ring { id: ring, nodes: ids.to_vec() });
        self.hear(ids, &Heard::Quorum { ring, quorate });
    }

    /// Hands out all that was sent, to these.
    fn deliver(&mut self, ids: &[u32]) {
        while let Some((from, bytes)) = self.bus.pop_front() {
            self.hear(ids, &Heard::Message { from, bytes });
        }
    }

    fn views(&self, id: u32) -> Vec<View> {
        let events = self.seen.get(&id).into_iter().flatten();
        events
            .filter_map(|event| if let ClusterEvent::View(view) = event { Some(view.clone()) } else { None })
            .collect()
    }

    fn messages(&self, id: u32) -> Vec<(u32, Vec<u8>)> {
        let events = self.seen.get(&id).into_iter().flatten();
        let message = |event: &ClusterEvent| match event {
            ClusterEvent::Message { from, bytes } => Some((*from, bytes.to_vec())),
            _ => None,
        };
        events.filter_map(message).collect()
    }

    fn say(&mut self, id: u32, byte: u8) {
        self.step(id, Input::Multicast(vec![byte].into()));
    }
}

#[test]
fn all_members_begin_the_same_view() {
    let mut hosts = Hosts::new(&[1, 2, 3]);
    hosts.join(&[1, 2, 3], 4, true);
    hosts.deliver(&[1, 2, 3]);
    let views = [1, 2, 3].map(|id| hosts.views(id));
    assert_eq!(views[0].len(), 1);
    assert_eq!(views[0], views[1]);
    assert_eq!(views[0], views[2]);
    let view = &views[0][0];
    // Later than any that one of them knows of.
    assert_eq!((view.id.epoch, view.id.coordinator, view.quorate), (4, 1, true));
    let names: Vec<&str> = view.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["n1", "n2", "n3"]);
}

#[test]
fn quorum_counts_for_the_ring_it_was_said_of_only() {
    let mut hosts = Hosts::new(&[1, 2]);
    hosts.join(&[1, 2], 4, true);
    hosts.deliver(&[1, 2]);
    // A cut: 1 hears of its new ring before it hears of its quorum.
    let ring = RingId { node: 1, sequence: 8 };
    hosts.hear(&[1], &members(&[(1, 101)], true));
    hosts.deliver(&[1]);
    assert_eq!(hosts.views(1).len(), 1, "its ring is not told yet");
    hosts.hear(&[1], &Heard::Ring { id: ring, nodes: vec![1] });
    hosts.deliver(&[1]);
    assert_eq!(hosts.views(1).len(), 1, "the word about the old ring is not taken for the new one");
    hosts.hear(&[1], &Heard::Quorum { ring, quorate: false });
    hosts.deliver(&[1]);
    let last = hosts.views(1).pop().unwrap();
    assert_eq!((last.quorate, last.members.len()), (false, 1));
    // One that is told of quorum first takes it when the ring comes.
    let ring = RingId { node: 2, sequence: 8 };
    hosts.hear(&[2], &Heard::Quorum { ring, quorate: true });
    hosts.hear(&[2], &members(&[(2, 102)], true));
    hosts.hear(&[2], &Heard::Ring { id: ring, nodes: vec![2] });
    hosts.deliver(&[2]);
    assert!(hosts.views(2).pop().unwrap().quorate);
}

#[test]
fn a_change_of_quorum_begins_a_view_at_one_place_of_the_order() {
    let mut hosts = Hosts::new(&[1, 2]);
    hosts.join(&[1, 2], 4, true);
    hosts.deliver(&[1, 2]);
    hosts.say(2, 1);
    // A quorum device is lost; 2 is told later than 1.
    let ring = RingId { node: 1, sequence: 4 };
    hosts.hear(&[1], &Heard::Quorum { ring, quorate: false });
    hosts.deliver(&[1, 2]);
    hosts.hear(&[2], &Heard::Quorum { ring, quorate: false });
    hosts.deliver(&[1, 2]);
    assert_eq!(hosts.views(1), hosts.views(2));
    assert!(!hosts.views(1).pop().unwrap().quorate);
    assert_eq!(hosts.messages(1), [(2, vec![1])]);
    assert_eq!(hosts.messages(1), hosts.messages(2));
}

#[test]
fn what_was_not_ordered_before_the_view_ended_is_sent_again_once() {
    let mut hosts = Hosts::new(&[1, 2, 3]);
    hosts.join(&[1, 2], 4, true);
    // Nobody has agreed yet: it waits.
    hosts.say(1, 1);
    hosts.deliver(&[1, 2]);
    hosts.say(1, 2);
    hosts.say(2, 3);
    // 3 comes before these two are handed out: they belong to a view that is over.
    let ring = RingId { node: 1, sequence: 8 };
    hosts.hear(&[1, 2, 3], &members(&[(1, 101), (2, 102), (3, 103)], true));
    hosts.hear(&[1, 2, 3], &Heard::Ring { id: ring, nodes: vec![1, 2, 3] });
    hosts.hear(&[1, 2, 3], &Heard::Quorum { ring, quorate: true });
    hosts.deliver(&[1, 2, 3]);
    assert_eq!(hosts.messages(1), hosts.messages(2));
    let mut got: Vec<u8> = hosts.messages(1).into_iter().map(|(_, bytes)| bytes[0]).collect();
    got.sort_unstable();
    assert_eq!(got, [1, 2, 3], "each of them once");
    let new: Vec<u8> = hosts.messages(3).into_iter().map(|(_, bytes)| bytes[0]).collect();
    assert!(!new.contains(&1), "what was ordered before 3 came is not told again: {new:?}");
}

#[test]
fn a_process_that_is_gone_from_a_host_that_is_here_has_ended() {
    let mut hosts = Hosts::new(&[1, 2]);
    hosts.join(&[1, 2], 4, true);
    hosts.deliver(&[1, 2]);
    hosts.hear(&[1], &members(&[(1, 101)], false));
    hosts.deliver(&[1]);
    let view = hosts.views(1).pop().unwrap();
    assert_eq!((view.members.len(), view.ended), (1, vec![2]));
    // It is started again: another process, another view.
    hosts.groups.insert(2, Group::new(settings(2, 0, 8)));
    let ring = RingId { node: 1, sequence: 4 };
    hosts.hear(&[2], &Heard::Ring { id: ring, nodes: vec![1, 2] });
    hosts.hear(&[2], &Heard::Quorum { ring, quorate: true });
    hosts.hear(&[1, 2], &members(&[(1, 101), (2, 202)], false));
    hosts.deliver(&[1, 2]);
    let (one, two) = (hosts.views(1).pop().unwrap(), hosts.views(2).pop().unwrap());
    assert_eq!(one, two);
    assert!(one.id.epoch > view.id.epoch);
}

/// What is said on a host of one that goes with its host, after it had said nothing for so many ticks.
fn said_of_the_lost(ticks: u32, with_hosts: bool) -> Vec<String> {
    let mut hosts = Hosts::new(&[1, 2, 3]);
    hosts.join(&[1, 2, 3], 1, true);
    hosts.deliver(&[1, 2, 3]);
    for tick in 1..=ticks {
        [1, 2].into_iter().for_each(|id| hosts.step(id, Input::Tick));
        // What the others then say of it does not arrive any more.
        if tick <= 30 {
            hosts.deliver(&[1, 2]);
        }
    }
    // Of its ring Corosync may tell before it tells of the group.
    hosts.hear(&[1, 2], &Heard::Ring { id: RingId { node: 1, sequence: 2 }, nodes: vec![1, 2] });
    hosts.hear(&[1, 2], &members(&[(1, 101), (2, 102)], with_hosts));
    let notes = hosts.seen[&1].iter();
    notes.filter_map(|event| if let ClusterEvent::Note(words) = event { Some(words.clone()) } else { None }).collect()
}

#[test]
fn who_is_lost_was_last_heard_when_it_spoke_or_when_corosync_heard_it() {
    let check = |ticks, with_hosts, expected: &[&str]| assert_eq!(said_of_the_lost(ticks, with_hosts), expected);
    check(15, true, &["n3 was last heard 1500 ms ago"]);
    // Its daemon says something six times in three seconds, its Corosync all the time.
    check(25, true, &["n3 was last heard 2200 ms ago"]);
    // It was accused meanwhile, and is as silent as before.
    check(32, true, &["n3 was last heard 2200 ms ago"]);
    // It left in order, or its daemon has ended: nobody was silent.
    check(2, true, &[]);
    check(25, false, &[]);
}

#[test]
fn bytes_of_a_stranger_are_said_and_passed_over() {
    let mut hosts = Hosts::new(&[1]);
    hosts.join(&[1], 4, true);
    hosts.deliver(&[1]);
    hosts.hear(&[1], &Heard::Message { from: 9, bytes: vec![0xff; 40] });
    assert!(matches!(hosts.seen[&1].last(), Some(ClusterEvent::Note(words)) if words.contains("node 9")));
    hosts.say(1, 5);
    hosts.deliver(&[1]);
    assert_eq!(hosts.messages(1), [(1, vec![5])]);
}

#[test]
fn who_has_left_says_nothing_and_begins_anew_when_it_is_back() {
    let mut hosts = Hosts::new(&[1, 2]);
    hosts.join(&[1, 2], 4, true);
    hosts.deliver(&[1, 2]);
    hosts.say(1, 1);
    // Its daemon stood still, and so it left; what it had said was not handed out.
    hosts.bus.clear();
    hosts.hear(&[1, 2], &members(&[(2, 102)], false));
    assert!(hosts.bus.iter().all(|(from, _)| *from == 2), "1 is no member");
    hosts.deliver(&[2]);
    assert_eq!(hosts.views(1).len(), 1);
    hosts.hear(&[1, 2], &members(&[(1, 101), (2, 102)], false));
    hosts.deliver(&[1, 2]);
    assert_eq!(hosts.views(1).pop(), hosts.views(2).pop());
    assert_eq!(hosts.messages(2), [(1, vec![1])]);
}

#[test]
fn a_process_that_lives_and_says_nothing_is_no_member_until_it_comes_anew() {
    let mut hosts = Hosts::new(&[1, 2, 3]);
    hosts.join(&[1, 2, 3], 4, true);
    hosts.deliver(&[1, 2, 3]);
    // 3 stands still: it neither speaks nor hears.
    let mut unheard = Vec::new();
    let mut pass = |hosts: &mut Hosts, speak: &[u32]| {
        speak.iter().for_each(|id| hosts.step(*id, Input::Tick));
        unheard.extend(hosts.bus.iter().cloned());
        hosts.deliver(&[1, 2]);
    };
    for _ in 0..29 {
        pass(&mut hosts, &[1, 2]);
        assert_eq!(hosts.views(1).len(), 1);
    }
    for _ in 0..3 {
        pass(&mut hosts, &[1, 2]);
    }
    let view = hosts.views(1).pop().unwrap();
    assert_eq!(view.members.iter().map(|member| member.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(hosts.views(2).pop().unwrap(), view);
    assert_eq!(view.ended, [0; 0], "it has not ended, it is lost");
    hosts.say(1, 9);
    hosts.deliver(&[1, 2]);
    // It goes on: the first that it hears is that it is no member; what it says in its old view is not taken.
    for (from, bytes) in unheard {
        hosts.hear(&[3], &Heard::Message { from, bytes });
    }
    assert_eq!(hosts.excluded.first(), Some(&3));
    hosts.say(3, 7);
    hosts.deliver(&[1, 2]);
    assert_eq!(hosts.messages(1), [(1, vec![9])]);
    // It comes anew.
    hosts.hear(&[1, 2], &members(&[(1, 101), (2, 102)], false));
    hosts.hear(&[1, 2, 3], &members(&[(1, 101), (2, 102), (3, 103)], false));
    hosts.deliver(&[1, 2, 3]);
    assert_eq!(hosts.views(3).pop(), hosts.views(1).pop());
    assert_eq!(hosts.views(1).pop().unwrap().members.len(), 3);
}

#[test]
fn a_new_connection_begins_anew_and_what_waited_is_sent_then() {
    let mut hosts = Hosts::new(&[1, 2]);
    hosts.join(&[1, 2], 4, true);
    hosts.deliver(&[1, 2]);
    hosts.say(1, 1);
    hosts.bus.clear();
    hosts.step(1, Input::Reconnected);
    hosts.hear(&[2], &members(&[(2, 102)], false));
    hosts.deliver(&[2]);
    assert_eq!(hosts.views(1).len(), 1, "nothing is known of the group yet");
    let ring = RingId { node: 1, sequence: 4 };
    hosts.hear(&[1], &Heard::Quorum { ring, quorate: true });
    hosts.hear(&[1, 2], &members(&[(1, 101), (2, 102)], false));
    hosts.hear(&[1], &Heard::Ring { id: ring, nodes: vec![1, 2] });
    hosts.deliver(&[1, 2]);
    assert_eq!(hosts.views(1).pop(), hosts.views(2).pop());
    assert_eq!(hosts.views(1).pop().unwrap().members.len(), 2);
    assert_eq!((hosts.messages(1), hosts.messages(2)), (vec![(1, vec![1])], vec![(1, vec![1])]));
}
