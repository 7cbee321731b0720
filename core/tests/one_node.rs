//! One node alone: what it makes of messages that cannot be sent, of a disk that is slow, of attributes that wait.

use quorate_core::attribute::table::{Change, What, Which};
use quorate_core::cib::{Document, diff};
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::membership::{Member, View, ViewId};
use quorate_core::node::{Clock, Effect, Event, Message, Node, Refusal, Reply, Request, Settings, Timer, Unsent};
use quorate_core::replica::PersistedTerms;
use quorate_core::transition::TransitionKey;
use quorate_core::xml::Element;
use std::collections::VecDeque;

/// Times of 0 mean never in a CIB.
const NOW: Clock = Clock { ms: 0, epoch: 1_700_000_000, offset: 0 };

/// The node, whose messages come back at once unless they are not let through, and whose disk does
/// what it is asked when it is told to.
struct Alone {
    node: Node,
    unsent: Option<Unsent>,
    /// The engine keeps what it is given: a view is about to begin.
    keeps: bool,
    kept: Vec<Message>,
    sent: Vec<Message>,
    writes: VecDeque<u64>,
    replies: Vec<(u64, Reply)>,
    /// Agents that run.
    runs: VecDeque<Run>,
    notes: Vec<String>,
    timers: Vec<Timer>,
    ms: u64,
    /// What subscribers are told.
    news: Vec<Reply>,
}

fn view(epoch: u64) -> View {
    let id = ViewId { epoch, coordinator: 1, incarnation: 1 };
    let members = vec![Member { id: 1, name: "n1".into() }];
    let (ended, heard) = Default::default();
    View { id, members, quorate: true, ended, heard }
}

impl Alone {
    fn new() -> Alone {
        Alone::with("", None)
    }

    /// With these resources, and this wish of how it starts.
    fn with(resources: &str, starts_on_standby: Option<bool>) -> Alone {
        let settings = Settings {
            me: Member { id: 1, name: "n1".into() },
            nodes: 1,
            two_node: false,
            wait_for_all: false,
            rejoin_ms: 0,
            watchdog: false,
            incarnation: 1,
            uuid: "u".into(),
            infrastructure: "test".into(),
            starts_on_standby,
            jobs_max: None,
            cores: 2,
            version: "test".into(),
            cluster_name: Some("harbour".into()),
        };
        let text = format!(
            "<cib validate-with='pacemaker-4.0'><configuration>{resources}<nodes><node id='2' uname='n2'/></nodes><constraints/>\
             </configuration><status/></cib>"
        );
        let document = Document::read(&text).expect("a CIB");
        let node = Node::new(settings, document, PersistedTerms::default(), NOW);
        let mut alone = Alone {
            node,
            unsent: None,
            keeps: false,
            kept: Vec::new(),
            sent: Vec::new(),
            writes: VecDeque::new(),
            replies: Vec::new(),
            runs: VecDeque::new(),
            notes: Vec::new(),
            timers: Vec::new(),
            ms: 0,
            news: Vec::new(),
        };
        alone.agree(1);
        alone.write();
        alone
    }

    /// A view begins, and with it a term.
    fn agree(&mut self, epoch: u64) {
        self.step(Event::View(view(epoch)));
    }

    fn step(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.node.step(event, Clock { ms: self.ms, ..NOW }) {
                match effect {
                    Effect::Multicast(message) => {
                        self.sent.push(message.clone());
                        if self.keeps {
                            self.kept.push(message);
                            continue;
                        }
                        let is_asked_for = matches!(message, Message::Commit { .. } | Message::Fence(_));
                        events.push_back(match self.unsent.clone().filter(|_| is_asked_for) {
                            Some(why) => Event::Unsent { message, why },
                            None => Event::Message { from: 1, message },
                        });
                    }
                    Effect::Persist { number, .. } => self.writes.push_back(number),
                    Effect::Reply { client, reply } => self.replies.push((client, reply)),
                    Effect::Notify { to, reply } if to.contains(&7) => self.news.push(reply),
                    Effect::Run(run) => self.runs.push_back(run),
                    Effect::Note(note) => self.notes.push(note.to_string()),
                    Effect::Timer { timer, .. } => self.timers.push(timer),
                    _ => {}
                }
            }
        }
    }

    fn write(&mut self) {
        while let Some(number) = self.writes.pop_front() {
            self.step(Event::Persisted { number });
        }
    }

    /// The first of the agents that run ends.
    fn exit(&mut self, code: i32) {
        let run = self.runs.pop_front().expect("an agent runs");
        self.step(Event::AgentExited { ticket: run.ticket, report: ExitReport::exited(code) });
    }

    /// Whoever is not here yet has had time to come.
    fn lead(&mut self) {
        for timer in std::mem::take(&mut self.timers) {
            if matches!(timer, Timer::StartUp { .. }) {
                self.step(Event::Timer(timer));
            }
        }
    }

    fn ask(&mut self, client: u64, request: Request) {
        self.step(Event::Request { client, request, user: "root".into(), groups: None, program: "test".into() });
    }

    fn commit(&mut self, client: u64, id: &str) {
        let base = self.node.document().clone();
        let mut work = base.clone();
        let mut tag = Element::new("tag").with("id", id);
        tag.push(Element::new("obj_ref").with("id", "x"));
        work.configuration_mut().child_or_new("tags").push(tag);
        self.ask(client, Request::Commit { patch: diff(&base, &work) });
    }

    fn holds_attribute(&self, name: &str) -> Option<String> {
        let mut pairs = self.node.document().status().descendants();
        let pair = pairs.find(|one| one.name == "nvpair" && one.attr("name") == Some(name))?;
        pair.attr("value").map(str::to_string)
    }

    fn holds(&self, id: &str) -> bool {
        self.node.document().configuration().descendants().any(|element| element.id() == Some(id))
    }
}

#[test]
fn what_cannot_be_sent_is_answered_at_once() {
    let busy = || Unsent::Busy { reason: "64 MiB wait".into() };
    let large = || Unsent::TooLarge { reason: "65 MiB".into() };
    let expected = [
        (busy(), Refusal::Busy { reason: "64 MiB wait".into() }),
        (large(), Refusal::Unfit { reason: "65 MiB".into() }),
    ];
    for (why, refusal) in expected {
        let mut alone = Alone::new();
        alone.unsent = Some(why);
        alone.commit(7, "t1");
        alone.ask(8, Request::Fence { node: "n2".into(), action: "off".into() });
        let refused = |client| (client, Reply::Refused(refusal.clone()));
        assert_eq!(alone.replies, [refused(7), refused(8)]);
        assert!(!alone.holds("t1"));
        // The next one is a new question.
        alone.unsent = None;
        alone.commit(9, "t2");
        alone.write();
        assert!(
            matches!(alone.replies.last(), Some((9, Reply::Committed { durable: true, .. }))),
            "{:?}",
            alone.replies
        );
        assert!(alone.holds("t2") && !alone.holds("t1"));
    }
}

/// No disk has the status: what changes nothing else waits for none.
#[test]
fn a_change_of_the_status_is_answered_before_anything_is_written() {
    let mut alone = Alone::new();
    alone.commit(6, "t1");
    alone.write();
    let base = alone.node.document().clone();
    let mut work = base.clone();
    work.set_version(base.version().next_status());
    alone.ask(7, Request::Commit { patch: diff(&base, &work) });
    assert!(matches!(alone.replies.last(), Some((7, Reply::Committed { .. }))), "{:?}", alone.replies);
}

#[test]
fn nothing_is_made_before_the_term_is_on_disk() {
    let mut alone = Alone::new();
    alone.agree(2);
    alone.commit(7, "t1");
    assert!(!alone.holds("t1"));
    assert_eq!(alone.replies, []);
    let last = alone.writes.pop_back().expect("the term is to be written");
    alone.writes.clear();
    alone.step(Event::Persisted { number: last });
    assert!(alone.holds("t1"));
    assert_eq!(alone.replies, [], "it is in force, and not on disk");
    alone.write();
    assert!(matches!(alone.replies[..], [(7, Reply::Committed { durable: true, .. })]), "{:?}", alone.replies);
}

#[test]
fn what_waits_for_the_term_is_refused_if_the_members_change_first() {
    let mut alone = Alone::new();
    alone.agree(2);
    alone.commit(7, "t1");
    alone.agree(3);
    assert!(matches!(alone.replies[..], [(7, Reply::Refused(Refusal::NotHere { .. }))]), "{:?}", alone.replies);
    alone.write();
    assert!(!alone.holds("t1"));
}

/// A result that came back while the members were agreeing must not be said after a later one.
#[test]
fn what_was_said_first_is_said_again_first() {
    let mut alone = Alone::new();
    let attribute =
        |name: &str| Request::SetAttributes { node: "n1".into(), pairs: vec![(name.into(), Some("1".into()))] };
    alone.keeps = true;
    alone.ask(7, attribute("first"));
    alone.step(Event::View(view(2)));
    alone.ask(8, attribute("second"));
    // The engine hands out what it kept, and the join behind it.
    alone.keeps = false;
    alone.sent.clear();
    for message in std::mem::take(&mut alone.kept) {
        alone.step(Event::Message { from: 1, message });
    }
    let updates: Vec<String> =
        alone.sent.iter().filter(|m| matches!(m, Message::Update { .. })).map(|m| format!("{m:?}")).collect();
    assert_eq!(updates.len(), 2, "{updates:?}");
    assert!(updates[0].contains("first") && updates[1].contains("second"), "{updates:?}");
    assert_eq!(alone.replies, [(7, Reply::Done), (8, Reply::Done)]);
}

const OPTIONS: &str = "<crm_config><cluster_property_set id='o'><nvpair id='o-f' name='fencing-enabled' value='false'/>\
                       <nvpair id='o-l' name='node-action-limit' value='2'/></cluster_property_set></crm_config>";

fn dummies(count: usize) -> String {
    let one = |n| format!("<primitive id='p{n}' class='ocf' provider='pacemaker' type='Dummy'/>");
    let resources: String = (1..=count).map(one).collect();
    format!("{OPTIONS}<resources>{resources}</resources>")
}

#[test]
fn no_more_actions_run_on_a_node_than_it_is_allowed() {
    let mut alone = Alone::with(&dummies(5), None);
    alone.lead();
    let (mut most, mut ended) = (0, 0);
    while !alone.runs.is_empty() {
        most = most.max(alone.runs.len());
        let code = if alone.runs[0].operation == "monitor" { 7 } else { 0 };
        alone.exit(code);
        ended += 1;
    }
    assert_eq!((most, ended), (2, 10), "five probes, five starts, two at a time");
}

/// A busy host is given less, also by the transition that runs, and what it says itself comes first.
#[test]
fn what_runs_at_once_follows_the_load_where_it_is_to() {
    let threshold = "<nvpair id='o-t' name='load-threshold' value='80%'/></cluster_property_set>";
    let unbounded = dummies(6).replace("name='node-action-limit' value='2'", "name='node-action-limit' value='0'");
    let throttled = unbounded.replace("</cluster_property_set>", threshold);
    for (resources, hundredths, expected) in [(&unbounded, 1_000, 6), (&throttled, 0, 4), (&throttled, 1_000, 1)] {
        let mut alone = Alone::with(resources, None);
        alone.lead();
        alone.step(Event::Load { hundredths });
        // What had begun before goes on.
        (0..alone.runs.len()).for_each(|_| alone.exit(7));
        assert_eq!(alone.runs.len(), expected, "{hundredths}");
        if expected == 1 {
            alone.step(Event::Load { hundredths: 200 });
            assert_eq!(alone.runs.len(), 2, "it is less busy");
        }
    }
}

/// Agents and alerts ask for it.
#[test]
fn a_cluster_has_the_name_of_its_engine_unless_somebody_has_given_it_one() {
    let given = "<crm_config><cluster_property_set id='o'><nvpair id='o-n' name='cluster-name' value='quay'/>\
                 </cluster_property_set></crm_config>";
    for (configuration, expected) in [("", "harbour"), (given, "quay")] {
        let mut alone = Alone::with(configuration, None);
        alone.lead();
        let all = alone.node.document().configuration().descendants();
        let names = all.filter(|pair| pair.attr("name") == Some("cluster-name"));
        assert_eq!(names.filter_map(|pair| pair.attr("value")).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn a_node_that_is_to_start_on_standby_runs_nothing() {
    let mut alone = Alone::with(&dummies(1), Some(true));
    alone.write();
    let standby = |alone: &Alone| {
        alone
            .node
            .document()
            .configuration()
            .descendants()
            .any(|pair| pair.attr("name") == Some("standby") && pair.attr("value") == Some("on"))
    };
    assert!(standby(&alone));
    alone.lead();
    while !alone.runs.is_empty() {
        assert_eq!(alone.runs[0].operation, "monitor");
        alone.exit(7);
    }
}

/// A change of n1's attribute.
fn change(name: &str, value: &str, delay_ms: Option<u64>, private: bool) -> Request {
    let (which, what) = (Which::Name(name.into()), What::Value(Some(value.into())));
    let change = Change { which, what, delay_ms, private, set: None, utilization: false };
    Request::ChangeAttributes { node: "n1".into(), change, everywhere: true }
}

#[test]
fn attributes_that_wait_are_told_at_once_and_written_when_they_are_due() {
    let mut alone = Alone::new();
    alone.ask(7, change("slow", "1", Some(1000), false));
    alone.ask(8, Request::QueryAttribute { name: "slow".into(), node: None });
    let values = vec![("n1".to_string(), Some("1".to_string()))];
    assert_eq!(alone.replies, [(7, Reply::Done), (8, Reply::Attributes { values })]);
    let written = |alone: &Alone| alone.holds_attribute("slow");
    assert_eq!(written(&alone), None);
    // The members change: it waits anew, for nobody knows whether who was to write it is here.
    alone.ms = 800;
    alone.agree(2);
    for (ms, expected) in [(1000, None), (1799, None), (1800, Some("1"))] {
        alone.ms = ms;
        alone.step(Event::Timer(Timer::Attributes));
        assert_eq!(written(&alone).as_deref(), expected, "after {ms} ms");
    }
}

/// Access lists bind a member of haclient from the moment they are in force, be it that it listens already.
#[test]
fn who_listens_is_bound_by_lists_that_come_into_force() {
    let mut alone = Alone::new();
    let request = Request::Subscribe;
    let groups = Some(vec!["haclient".to_string()]);
    alone.step(Event::Request { client: 7, request, user: "ann".into(), groups, program: "test".into() });
    assert!(matches!(alone.replies[..], [(7, Reply::Document { .. })]), "{:?}", alone.replies);
    alone.commit(8, "seen");
    alone.write();
    let told = alone.news.len();
    assert!(told > 0);
    let (base, mut work) = (alone.node.document().clone(), alone.node.document().clone());
    let pair = Element::new("nvpair").with("id", "o-a").with("name", "enable-acl").with("value", "true");
    let set = Element::new("cluster_property_set").with("id", "o").with_child(pair);
    work.configuration_mut().child_or_new("crm_config").push(set);
    alone.ask(9, Request::Commit { patch: diff(&base, &work) });
    alone.write();
    let told = alone.news.len();
    alone.commit(10, "hidden");
    alone.write();
    assert_eq!(alone.news.len(), told, "{:?}", alone.news);
}

#[test]
fn the_log_tells_what_was_decided_and_how_it_went() {
    let mut alone = Alone::with(&dummies(1), None);
    alone.lead();
    alone.exit(7);
    alone.exit(1);
    let told = |text: &str| assert!(alone.notes.iter().any(|note| note.contains(text)), "{text}: {:#?}", alone.notes);
    told("notice: membership: n1 with quorum, led by n1");
    told("notice: transition:   Start p1 ( n1 )");
    told("info: result: monitor of p1 on n1: not running after 0 ms");
    told("warning: result: start of p1 on n1: error occurred after 0 ms");
}

#[test]
fn private_attributes_are_told_and_what_nobody_knows_is_refused() {
    let mut alone = Alone::new();
    alone.ask(7, change("secret", "1", None, true));
    alone.ask(8, Request::SetAttributes { node: "n1".into(), pairs: vec![("secret".into(), Some("2".into()))] });
    alone.ask(9, Request::QueryAttribute { name: "secret".into(), node: Some("n1".into()) });
    alone.ask(10, Request::QueryAttribute { name: "other".into(), node: Some("n1".into()) });
    let values = vec![("n1".to_string(), Some("2".to_string()))];
    let unknown = Refusal::Unknown { what: "attribute".into(), name: "other".into() };
    assert_eq!(alone.replies[2..], [(9, Reply::Attributes { values }), (10, Reply::Refused(unknown))]);
    assert_eq!(alone.holds_attribute("secret"), None);
}

/// A move from here to n2, ordered in the present view.
fn move_to_n2(alone: &Alone) -> (Message, TransitionKey) {
    let ordered = alone.sent.iter().rev().find_map(|message| match message {
        Message::Perform { accord, to, operation, .. } => Some((*accord, *to, operation.clone())),
        _ => None,
    });
    let (accord, to, mut operation) = ordered.expect("something was ordered");
    operation.action.operation = "migrate_to".into();
    operation.action.key = "vm_migrate_to_0".into();
    operation.action.resource.as_mut().expect("a resource").id = "vm".into();
    operation.action.attributes.set("CRM_meta_migrate_target", "n2");
    operation.key = TransitionKey { action: 99, ..operation.key };
    let key = operation.key.clone();
    (Message::Perform { accord, to, operation, edits: Vec::new() }, key)
}

/// What a view's last messages order may have reached this node alone: its target says that it knows of the move.
#[test]
fn a_move_begins_when_its_target_expects_it() {
    let moves = |alone: &Alone| alone.runs.iter().filter(|run| run.operation == "migrate_to").count();
    let mut alone = Alone::with(&dummies(1), None);
    alone.lead();
    let (message, key) = move_to_n2(&alone);
    alone.step(Event::Message { from: 1, message });
    assert_eq!(moves(&alone), 0);
    let other = TransitionKey { action: 98, ..key.clone() };
    alone.step(Event::Message { from: 2, message: Message::MoveExpected { key: other } });
    assert_eq!(moves(&alone), 0);
    alone.step(Event::Message { from: 2, message: Message::MoveExpected { key } });
    assert_eq!(moves(&alone), 1);
}

/// Before the target has answered the members change: the move is called off, which is no failure.
#[test]
fn a_move_that_has_not_begun_ends_with_its_view() {
    let mut alone = Alone::with(&dummies(1), None);
    alone.lead();
    let (message, key) = move_to_n2(&alone);
    alone.step(Event::Message { from: 1, message });
    alone.sent.clear();
    alone.agree(2);
    let is_it = |message: &Message| matches!(message, Message::Result(result) if result.key == key && !result.failed);
    assert!(alone.sent.iter().any(is_it), "{:?}", alone.sent);
    alone.step(Event::Message { from: 2, message: Message::MoveExpected { key } });
    assert!(!alone.runs.iter().any(|run| run.operation == "migrate_to"));
}
