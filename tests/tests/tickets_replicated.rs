//! A ticket in a simulated cluster: it outlives views, leaders and restarts, and a part without quorum
//! cannot change it.

use quorate_core::admin::ticket::{self, Change};
use quorate_core::cib::diff;
use quorate_core::node::{Refusal, Reply, Request};
use quorate_core::xml::Element;
use quorate_tests::world::{Chance, World};

/// Long enough for what was asked, or for a loss to be noticed and mended. Milliseconds.
const WHILE: u64 = 30_000;

struct Story {
    world: World,
    now: u64,
    seed: u64,
}

impl Story {
    /// A cluster at rest, whose p1 depends on the ticket `t`.
    fn begin(seed: u64, nodes: u32) -> Story {
        let mut world = World::calm(seed, nodes, Chance::new(seed));
        world.verbose = true;
        let mut story = Story { world, now: 0, seed };
        story.pass(WHILE);
        let base = story.world.nodes().next().expect("a node").1.document().clone();
        let mut work = base.clone();
        let needs = Element::new("rsc_ticket").with("id", "needs").with("rsc", "p1").with("ticket", "t");
        work.configuration_mut().child_or_new("constraints").push(needs.with("loss-policy", "stop"));
        story
            .expect(1, Request::Commit { patch: diff(&base, &work) }, |reply| matches!(reply, Reply::Committed { .. }));
        story.runs(0);
        story
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        let ended = self.world.run_until(self.now);
        assert!(ended.is_ok(), "{ended:?}\n{}", self.told());
    }

    fn told(&self) -> String {
        format!("seed {}\n{}", self.seed, self.world.story.join("\n"))
    }

    #[track_caller]
    fn expect(&mut self, node: u32, request: Request, fits: impl Fn(&Reply) -> bool) {
        let number = self.world.ask(node, request);
        self.pass(WHILE);
        let answer = self.world.answer(number);
        assert!(answer.is_some_and(fits), "{answer:?}\n{}", self.told());
    }

    #[track_caller]
    fn change(&mut self, node: u32, name: &str, value: &str) {
        self.expect(node, wish(name, value), |reply| *reply == Reply::Done);
    }

    /// Everyone who is here knows the ticket so.
    #[track_caller]
    fn known(&self, granted: bool, standby: bool) {
        for (id, node) in self.world.nodes() {
            let ticket = ticket::find(node.document(), "t").unwrap_or_default();
            assert_eq!((ticket.granted, ticket.standby), (granted, standby), "n{id}\n{}", self.told());
        }
    }

    #[track_caller]
    fn runs(&self, on: usize) {
        let found = self.world.active().get("p1").map_or(0, |nodes| nodes.len());
        assert_eq!(found, on, "p1 is active on {found} nodes\n{}", self.told());
    }

    fn leader(&self) -> u32 {
        let status = self.world.nodes().next().expect("a node").1.status();
        let leader = status.leader.expect("there is a leader");
        leader.trim_start_matches('n').parse().expect("nodes are n1, n2, …")
    }
}

fn wish(name: &str, value: &str) -> Request {
    Request::ChangeTicket { ticket: "t".into(), change: Change::one(name, value) }
}

fn for_each_seed(nodes: u32, tell: impl Fn(Story)) {
    (0..20).for_each(|seed| tell(Story::begin(seed, nodes)));
}

#[test]
fn a_grant_starts_and_a_revocation_stops_what_depends_on_it() {
    for_each_seed(3, |mut story| {
        story.change(2, "granted", "true");
        story.known(true, false);
        story.runs(1);
        story.change(3, "standby", "true");
        story.known(true, true);
        story.runs(0);
        story.change(1, "standby", "false");
        story.runs(1);
        story.change(2, "granted", "false");
        story.known(false, false);
        story.runs(0);
        let forget = Request::ChangeTicket { ticket: "t".into(), change: Change::Forget };
        story.expect(1, forget, |reply| *reply == Reply::Done);
        assert!(story.world.nodes().all(|(_, node)| ticket::find(node.document(), "t").is_none()));
    });
}

#[test]
fn a_granted_ticket_outlives_leaders_views_and_restarts_of_a_minority() {
    for nodes in [3, 5] {
        for_each_seed(nodes, |mut story| {
            story.change(2, "granted", "true");
            let leader = story.leader();
            story.world.lose_power_for(leader, 10_000);
            story.pass(WHILE);
            story.known(true, false);
            story.runs(1);
            story.world.cut_off(&[leader]);
            story.pass(WHILE);
            story.world.mend();
            story.pass(2 * WHILE);
            story.known(true, false);
            story.runs(1);
            for node in 1..=nodes {
                story.world.lose_power_for(node, 5_000);
                story.pass(2 * WHILE);
                story.known(true, false);
            }
            story.runs(1);
            story.change(1, "granted", "false");
            let leader = story.leader();
            story.world.lose_power_for(leader, 10_000);
            story.pass(2 * WHILE);
            story.known(false, false);
            story.runs(0);
        });
    }
}

/// The answer to a tool goes out when every member holds the change; so it is kept although who
/// answered dies with the answer.
#[test]
fn what_was_acknowledged_is_not_lost_with_who_said_so() {
    for_each_seed(3, |mut story| {
        let number = story.world.ask(2, wish("granted", "true"));
        while story.world.answer(number).is_none() {
            story.pass(1);
        }
        story.world.lose_power_for(2, 10_000);
        story.pass(2 * WHILE);
        story.known(true, false);
        story.runs(1);
    });
}

#[test]
fn a_part_without_quorum_refuses_and_learns_what_the_others_did() {
    for_each_seed(5, |mut story| {
        story.change(1, "granted", "true");
        story.world.cut_off(&[4, 5]);
        story.pass(5_000);
        // Fencing would end the part at once; so it is asked before it is noticed.
        let refused = story.world.ask(4, wish("granted", "false"));
        let done = story.world.ask(1, wish("owner", "here"));
        story.pass(WHILE);
        assert_eq!(story.world.answer(done), Some(&Reply::Done), "{}", story.told());
        let answer = story.world.answer(refused);
        assert!(matches!(answer, None | Some(Reply::Refused(Refusal::NoQuorum))), "{answer:?}\n{}", story.told());
        story.world.mend();
        story.pass(2 * WHILE);
        story.known(true, false);
        story.runs(1);
        for (id, node) in story.world.nodes() {
            let ticket = ticket::find(node.document(), "t").unwrap_or_default();
            assert_eq!(ticket.attributes.get("owner").map(String::as_str), Some("here"), "n{id}\n{}", story.told());
        }
    });
}

/// A node that stood aside while a majority revoked the ticket must not bring the grant back, though the
/// majority has lost its memory since: another site may have the ticket by now.
#[test]
fn a_grant_does_not_come_back_with_who_missed_its_end() {
    for_each_seed(3, |mut story| {
        let base = story.world.nodes().next().expect("a node").1.document().clone();
        let mut work = base.clone();
        let options = work.configuration_mut().child_or_new("crm_config");
        let set = options.child_with_id_or_new("cluster_property_set", "cib-bootstrap-options");
        set.child_with_id_or_new("nvpair", "o1").set("value", "false");
        // Without fencing both parts would run everything; here only what they know matters.
        set.push(Element::new("nvpair").with("id", "o9").with("name", "stop-all-resources").with("value", "true"));
        story
            .expect(1, Request::Commit { patch: diff(&base, &work) }, |reply| matches!(reply, Reply::Committed { .. }));
        story.change(1, "granted", "true");
        story.known(true, false);
        story.world.cut_off(&[3]);
        story.pass(WHILE);
        story.change(1, "granted", "false");
        story.world.lose_power_for(1, 5_000);
        story.world.lose_power_for(2, 5_000);
        story.pass(1_000);
        story.world.mend();
        story.pass(2 * WHILE);
        story.known(false, false);
    });
}

#[test]
fn a_name_that_no_attribute_can_have_is_refused() {
    let mut story = Story::begin(1, 3);
    for name in ["id", "a b", ""] {
        story.expect(1, wish(name, "x"), |reply| matches!(reply, Reply::Refused(Refusal::Denied { .. })));
    }
}
