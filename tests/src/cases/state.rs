//! The state of a cluster in words, and the status section that says the same.
//!
//! In: `n1 online; n2 lost; p1 started on n1; p1 monitor failed on n1 2 times`. Out: facts, and from
//! them `<status>`. Absent: what the cluster makes of it.
//!
//! | words | what is so |
//! |---|---|
//! | `n1 online`, `lost`, `offline`, `unseen` | a member; gone unasked; gone in good order; configured only |
//! | `n1 joining`, `crashed`, `leaving` | there, but not ready yet; without its cluster manager; shutting down |
//! | `p1 started on n1`, `promoted`, `stopped`, `monitored` | the last result there |
//! | `p1 start failed on n1 2 times with 5 10m ago` | any operation; its count, exit code, age |
//! | `p1 start lasts on n1` | it has not ended yet |
//! | `p1 moved from n1 to n2`, `moving`, `arrived` | a live migration: all of it but the stop; begun; the source's half only |
//! | `attribute pingd=100 on n1` | a transient attribute |
//! | `ticket T granted`, `revoked`, `standby` | |
//! | `p1 kept for n1`, `p1 changed on n1`, `p1 reloadable on n1` | a shutdown lock; other parameters than those configured |
//! | `n1 was rebooted for p1 5m ago`, `switched-off`, `off-impossible` | it was fenced for a failure of that; no device can |
//! | `n1 was rebooted for unstarted p1 5m ago` | and that had never worked there |
//! | `quorum lost`, `quorum lost meanwhile`, `leader n2`, `now 2026-01-01T12:00:00Z` | |

use quorate_core::cib::{Document, upgrade};
use quorate_core::rules::Recheck;
use quorate_core::scheduler::{Input, Situation, resolve};
use quorate_core::status::OperationRecord;
use quorate_core::time::{Interval, Now};
use quorate_core::xml::Element;
use std::collections::BTreeMap;
use std::sync::Arc;

/// When cases play, unless they say otherwise: 14 November 2023, 22:13:20 UTC.
pub const NOW: i64 = 1_700_000_000;

/// How long ago things happened that do not say so.
const AGE: i64 = 60;

/// Something that is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Node {
        node: String,
        standing: Standing,
    },
    Result(Outcome),
    Migration {
        resource: String,
        from: String,
        to: String,
        stage: Stage,
    },
    Attribute {
        name: String,
        value: String,
        node: String,
    },
    Ticket {
        name: String,
        state: String,
    },
    /// The definition was another when it was started.
    Changed {
        resource: String,
        node: String,
        reloadable: bool,
    },
    Kept {
        resource: String,
        node: String,
        age: i64,
    },
    /// A node was fenced for a failure of this.
    Fenced {
        node: String,
        resource: String,
        action: &'static str,
        age: i64,
        /// Whether it had worked there before.
        worked: bool,
    },
    /// `had`: this partition had it before.
    NoQuorum {
        had: bool,
    },
    Leader(String),
    Now(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Online,
    Lost,
    Offline,
    Joining,
    Crashed,
    Leaving,
    Unseen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Moving,
    Arrived,
    Moved,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub resource: String,
    pub task: String,
    pub node: String,
    /// `None` while it lasts.
    pub code: Option<i32>,
    /// How often it failed; 0 if it did not.
    pub failures: String,
    pub age: i64,
}

/// Reads facts, separated by semicolons or lines.
pub fn read(text: &str) -> Result<Vec<Fact>, String> {
    let facts = text.split([';', '\n']).map(str::trim).filter(|fact| !fact.is_empty());
    facts.map(|fact| one(fact).ok_or_else(|| format!("`{fact}` says nothing that is understood"))).collect()
}

fn one(text: &str) -> Option<Fact> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let owned = |word: &str| word.to_owned();
    Some(match words[..] {
        ["quorum", "lost"] => Fact::NoQuorum { had: false },
        ["quorum", "lost", "meanwhile"] => Fact::NoQuorum { had: true },
        ["leader", node] => Fact::Leader(owned(node)),
        ["now", moment] => Fact::Now(Now::from_epoch(0).date(moment)?.epoch),
        ["ticket", name, state] => Fact::Ticket { name: owned(name), state: owned(state) },
        ["attribute", pair, "on", node] => {
            let (name, value) = pair.split_once('=')?;
            Fact::Attribute { name: owned(name), value: owned(value), node: owned(node) }
        }
        [node, word] => Fact::Node { node: owned(node), standing: standing(word)? },
        [node, "was", how, "for", ref about @ ..] => {
            let (worked, [resource, rest @ ..]) = (match about {
                ["unstarted", about @ ..] => (false, about),
                about => (true, about),
            }) else {
                return None;
            };
            let action = match how {
                "rebooted" => "reboot",
                "switched-off" => "off",
                "off-impossible" => "off-impossible",
                _ => return None,
            };
            Fact::Fenced { node: owned(node), resource: owned(resource), action, age: age(rest)?, worked }
        }
        [resource, "kept", "for", node, ref rest @ ..] => {
            Fact::Kept { resource: owned(resource), node: owned(node), age: age(rest)? }
        }
        [resource, word @ ("changed" | "reloadable"), "on", node] => {
            Fact::Changed { resource: owned(resource), node: owned(node), reloadable: word == "reloadable" }
        }
        [resource, word, "from", from, "to", to] => {
            let stage = match word {
                "moving" => Stage::Moving,
                "arrived" => Stage::Arrived,
                "moved" => Stage::Moved,
                _ => return None,
            };
            Fact::Migration { resource: owned(resource), from: owned(from), to: owned(to), stage }
        }
        [resource, word, "on", node, ref rest @ ..] => {
            let (task, code) = match word {
                "started" => ("start", 0),
                "promoted" => ("promote", 0),
                "demoted" => ("demote", 0),
                "stopped" => ("stop", 0),
                "monitored" => ("monitor", 0),
                "found" => ("probe", 0),
                "found-promoted" => ("probe", 8),
                "absent" => ("probe", 7),
                _ => return None,
            };
            result(resource, task, node, Some(code), rest)?
        }
        [resource, task, "failed", "on", node, ref rest @ ..] => result(resource, task, node, Some(1), rest)?,
        [resource, task, "lasts", "on", node, ref rest @ ..] => result(resource, task, node, None, rest)?,
        _ => return None,
    })
}

fn standing(word: &str) -> Option<Standing> {
    Some(match word {
        "online" => Standing::Online,
        "lost" => Standing::Lost,
        "offline" => Standing::Offline,
        "joining" => Standing::Joining,
        "crashed" => Standing::Crashed,
        "leaving" => Standing::Leaving,
        "unseen" => Standing::Unseen,
        _ => return None,
    })
}

/// `[N times] [with CODE] [TIME ago]`
fn result(resource: &str, task: &str, node: &str, code: Option<i32>, rest: &[&str]) -> Option<Fact> {
    let failures = if code == Some(1) { "1" } else { "" };
    let mut outcome = Outcome {
        resource: resource.to_owned(),
        task: task.to_owned(),
        node: node.to_owned(),
        code,
        failures: failures.to_owned(),
        age: AGE,
    };
    let mut rest = rest;
    while !rest.is_empty() {
        rest = match *rest {
            [count, "times", ref rest @ ..] => {
                outcome.failures = count.replace("inf", "INFINITY");
                rest
            }
            ["with", code, ref rest @ ..] => {
                outcome.code = Some(code.parse().ok()?);
                rest
            }
            _ => {
                outcome.age = age(rest)?;
                &[]
            }
        };
    }
    Some(Fact::Result(outcome))
}

/// `10m ago`, or nothing.
fn age(words: &[&str]) -> Option<i64> {
    match *words {
        [] => Some(AGE),
        [time, "ago"] => Some(i64::from(Interval::parse(time)?.ms()) / 1000),
        _ => None,
    }
}

/// Writes the facts: most go into the status section, some into the root and the list of nodes.
pub fn status(facts: &[Fact], configuration: &mut Element, root: &mut Element) -> Element {
    let now = facts.iter().rev().find_map(|fact| if let Fact::Now(now) = fact { Some(*now) } else { None });
    let mut writer = Writer { now: now.unwrap_or(NOW), calls: 0, configuration, status: Element::new("status") };
    let mut leader = None;
    for fact in facts {
        if let Fact::Node { node, standing } = fact {
            writer.node(node, *standing);
            leader = leader.or_else(|| (*standing == Standing::Online).then(|| node.clone()));
        }
    }
    for fact in facts {
        match fact {
            Fact::Node { .. } | Fact::Now(_) => {}
            Fact::NoQuorum { had } => {
                root.set("have-quorum", "0");
                root.set("no-quorum-panic", if *had { "1" } else { "0" });
            }
            Fact::Leader(node) => leader = Some(node.clone()),
            Fact::Fenced { node, resource, action, age, worked } => {
                writer.fenced(node, resource, action, *age, *worked);
            }
            Fact::Attribute { name, value, node } => writer.attribute(node, name, value),
            Fact::Ticket { name, state } => writer.ticket(name, state),
            Fact::Result(outcome) => writer.result(outcome),
            Fact::Migration { resource, from, to, stage } => writer.migration(resource, from, to, *stage),
            Fact::Changed { resource, node, reloadable } => writer.changed(resource, node, *reloadable),
            Fact::Kept { resource, node, age } => {
                let since = (writer.now - age).to_string();
                writer.history(resource, node).set("shutdown-lock", since);
            }
        }
    }
    root.set("dc-uuid", leader.unwrap_or_default());
    root.set("execution-date", writer.now.to_string());
    writer.status
}

struct Writer<'c> {
    now: i64,
    calls: i32,
    configuration: &'c mut Element,
    status: Element,
}

impl Writer<'_> {
    /// Nodes bear their names as ids.
    fn node(&mut self, name: &str, standing: Standing) {
        let nodes = self.configuration.child_or_new("nodes");
        if !nodes.elements().any(|node| node.attr("uname") == Some(name)) {
            nodes.push(Element::new("node").with("id", name).with("uname", name));
        }
        let [in_ccm, crmd, join, expected] = match standing {
            Standing::Unseen => return,
            Standing::Online => ["true", "online", "member", "member"],
            Standing::Leaving => ["true", "online", "member", "down"],
            Standing::Lost => ["false", "offline", "down", "member"],
            Standing::Offline => ["false", "offline", "down", "down"],
            Standing::Joining => ["true", "online", "pending", "member"],
            Standing::Crashed => ["true", "offline", "down", "member"],
        };
        let state = self.status.child_with_id_or_new("node_state", name);
        state.set("uname", name);
        for (name, value) in [("in_ccm", in_ccm), ("crmd", crmd), ("join", join), ("expected", expected)] {
            state.set(name, value);
        }
        // What it ran is known, if only that it is nothing; but for a node that left in good order.
        if standing != Standing::Offline {
            self.histories(name);
        }
        if standing == Standing::Leaving {
            let since = (self.now - AGE).to_string();
            self.attribute(name, "shutdown", &since);
        }
    }

    /// What was not called a node is a remote one.
    fn state(&mut self, node: &str) -> &mut Element {
        let is_known = self.status.child_with_id("node_state", node).is_some();
        let state = self.status.child_with_id_or_new("node_state", node);
        if !is_known {
            for (name, value) in [("uname", node), ("remote_node", "true"), ("in_ccm", "true")] {
                state.set(name, value);
            }
        }
        state
    }

    fn attribute(&mut self, node: &str, name: &str, value: &str) {
        let attributes = self.state(node).child_or_new("transient_attributes");
        attributes.set("id", node);
        let set = attributes.child_or_new("instance_attributes");
        let id = format!("status-{node}");
        set.set("id", &id);
        let word: String =
            name.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '.' }).collect();
        set.push(Element::new("nvpair").with("id", format!("{id}-{word}")).with("name", name).with("value", value));
    }

    fn fenced(&mut self, node: &str, resource: &str, action: &str, age: i64, worked: bool) {
        let at = (self.now - age).to_string();
        let causes = self.state(node).child_or_new("fencing_causes");
        causes.set("id", node);
        let cause = Element::new("fencing_cause").with("id", format!("{at}-{resource}")).with("resource", resource);
        causes.push(cause.with("action", action).with("at", at).with("worked", worked.to_string()));
    }

    fn ticket(&mut self, name: &str, state: &str) {
        let tickets = self.status.child_or_new("tickets");
        let ticket = tickets.child_with_id_or_new("ticket_state", name);
        ticket.set("granted", (state != "revoked").to_string());
        ticket.set("standby", (state == "standby").to_string());
        ticket.set("last-granted", (self.now - AGE).to_string());
    }

    fn histories(&mut self, node: &str) -> &mut Element {
        let lrm = self.state(node).child_or_new("lrm");
        lrm.set("id", node);
        lrm.child_or_new("lrm_resources")
    }

    fn history(&mut self, resource: &str, node: &str) -> &mut Element {
        let [class, provider, kind] = self.agent(resource);
        let history = self.histories(node).child_with_id_or_new("lrm_resource", resource);
        history.set("class", class);
        if !provider.is_empty() {
            history.set("provider", provider);
        }
        history.set("type", kind);
        history
    }

    /// What a resource's agent is; parts that bundles and guests imply are known by their names.
    fn agent(&self, resource: &str) -> [String; 3] {
        let id = resource.split(':').next().unwrap_or_default();
        let all = || self.configuration.descendants();
        let own = all().find(|element| element.name == "primitive" && element.id() == Some(id));
        let template = own.and_then(|own| own.attr("template"));
        let own = template.and_then(|name| all().find(|e| e.name == "template" && e.id() == Some(name))).or(own);
        if let Some(own) = own {
            let word = |name| own.attr(name).unwrap_or_default().to_owned();
            return [word("class"), word("provider"), word("type")];
        }
        let is_guest = all().any(|e| e.attr("name") == Some("remote-node") && e.attr("value") == Some(id));
        let is_bundle = |name: &str| all().any(|e| e.name == "bundle" && e.id() == Some(name));
        let [provider, kind] = match id.rsplit_once('-') {
            _ if is_guest => ["pacemaker", "remote"],
            Some((bundle, _)) if is_bundle(bundle) => ["pacemaker", "remote"],
            Some((rest, _)) if rest.ends_with("-podman") => ["heartbeat", "podman"],
            Some((rest, _)) if rest.ends_with("-ip") => ["heartbeat", "IPaddr2"],
            _ => ["pacemaker", "Dummy"],
        };
        ["ocf", provider, kind].map(str::to_owned)
    }

    /// The interval of a resource's monitor, as configured; for its promoted role where that is meant.
    fn interval(&self, resource: &str, role: Option<&str>) -> u32 {
        let id = resource.split(':').next().unwrap_or_default();
        let own = self.configuration.descendants().find(|e| e.name == "primitive" && e.id() == Some(id));
        let operations = own.into_iter().flat_map(Element::descendants).filter(|e| e.name == "op");
        let monitors = operations.filter(|op| op.attr("name") == Some("monitor"));
        let fitting = monitors.filter(|op| op.attr("role") == role).find_map(|op| op.attr("interval"));
        fitting.and_then(Interval::parse).map_or(10_000, Interval::ms)
    }

    fn result(&mut self, outcome: &Outcome) {
        let Outcome { resource, node, failures, .. } = outcome;
        let role = (outcome.code == Some(9) || outcome.task == "promoted-monitor").then_some("Promoted");
        let (task, interval) = match outcome.task.as_str() {
            "probe" => ("monitor", 0),
            "monitor" | "promoted-monitor" => ("monitor", self.interval(resource, role)),
            task => (task, 0),
        };
        let expected = if outcome.task == "probe" { 7 } else { 0 };
        let moment = self.now - outcome.age;
        let failed = !failures.is_empty();
        let names = match (failed, interval) {
            (true, 0) => vec![format!("{resource}_last_0"), format!("{resource}_last_failure_0")],
            (true, _) => vec![format!("{resource}_last_failure_0")],
            (false, 0) => vec![format!("{resource}_last_0")],
            (false, interval) => vec![format!("{resource}_monitor_{interval}")],
        };
        self.calls += 1;
        for name in names {
            let (task, code) = (task.to_owned(), outcome.code);
            self.record(resource, node, &name, Record { task, interval, code, expected, moment });
        }
        if failed {
            let of = format!("{resource}#{task}_{interval}");
            self.attribute(node, &format!("fail-count-{of}"), failures);
            self.attribute(node, &format!("last-failure-{of}"), &moment.to_string());
        }
    }

    fn record(&mut self, resource: &str, node: &str, id: &str, record: Record) -> &mut Element {
        let Record { task, interval, code, expected, moment } = record;
        let call = if code.is_some() { self.calls } else { -1 };
        let (status, code) = code.map_or((-1, 193), |code| (0, code));
        let key = format!("1:1:{expected}:00000000-0000-0000-0000-000000000001");
        let entry = self.history(resource, node).child_with_id_or_new("lrm_rsc_op", id);
        for (name, value) in [
            ("operation_key", format!("{resource}_{task}_{interval}")),
            ("operation", task),
            ("crm_feature_set", "3.16.1".to_owned()),
            ("transition-key", key.clone()),
            ("transition-magic", format!("{status}:{code};{key}")),
            ("on_node", node.to_owned()),
            ("call-id", call.to_string()),
            ("rc-code", code.to_string()),
            ("op-status", status.to_string()),
            ("interval", interval.to_string()),
            ("last-rc-change", moment.to_string()),
            ("exec-time", "10".to_owned()),
            ("queue-time", "0".to_owned()),
        ] {
            entry.set(name, value);
        }
        entry
    }

    fn migration(&mut self, resource: &str, from: &str, to: &str, stage: Stage) {
        let moment = self.now - AGE;
        let ends = |entry: &mut Element| {
            entry.set("migrate_source", from);
            entry.set("migrate_target", to);
        };
        self.calls += 1;
        let code = (stage != Stage::Moving).then_some(0);
        let record = |task: &str, code| Record { task: task.to_owned(), interval: 0, code, expected: 0, moment };
        ends(self.record(resource, from, &format!("{resource}_migrate_to_0"), record("migrate_to", code)));
        if stage == Stage::Moved {
            self.calls += 1;
            ends(self.record(resource, to, &format!("{resource}_migrate_from_0"), record("migrate_from", Some(0))));
        }
    }

    fn changed(&mut self, resource: &str, node: &str, reloadable: bool) {
        /// Of no parameters at all: those that need a restart did not change.
        const NONE: &str = "f2317cad3d54cec5d7d7aa7d0bf35cf8";
        let history = self.history(resource, node);
        let last = format!("{resource}_last_0");
        let entry = history.child_with_id_or_new("lrm_rsc_op", &last);
        entry.set("op-digest", "00000000000000000000000000000000");
        if reloadable {
            entry.set("op-force-restart", " state ");
            entry.set("op-restart-digest", NONE);
        }
    }
}

struct Record {
    task: String,
    interval: u32,
    code: Option<i32>,
    expected: i32,
    moment: i64,
}

/// Gives every result that has none the digest of today's definition: nothing changed since.
pub fn add_digests(document: &mut Document) {
    let (latest, _) = upgrade::to_latest(document).expect("a known schema");
    let situation = resolve(&Input::new(&latest, Now::from_epoch(NOW)));
    let mut digests = BTreeMap::new();
    for state in latest.status().elements_named("node_state") {
        let node = state.attr("uname").unwrap_or_default();
        for history in state.descendants().filter(|element| element.name == "lrm_resource") {
            for record in history.elements().filter(|record| record.attr("op-digest").is_none()) {
                let digest = digest(&situation, node, history.id().unwrap_or_default(), record);
                digests.insert((node.to_owned(), record.id().unwrap_or_default().to_owned()), digest);
            }
        }
    }
    for ((node, id), digest) in digests {
        let Some(digest) = digest else { continue };
        let state = document.status_mut().child_with_id_or_new("node_state", &node);
        let histories = state.child_or_new("lrm").child_or_new("lrm_resources");
        let history = histories.find_mut(|history| history.child_with_id("lrm_rsc_op", &id).is_some());
        history.expect("it was just there").child_with_id_or_new("lrm_rsc_op", &id).set("op-digest", digest);
    }
}

fn digest(situation: &Situation, node: &str, resource: &str, record: &Element) -> Option<String> {
    let named = situation.resource_by_name(resource).or_else(|| situation.resource_by_name(&format!("{resource}:0")));
    let (resource, node) = (named?, situation.node_by_name(node)?);
    let record = OperationRecord::new(&Arc::new(record.clone()));
    let changes = situation.changes();
    let digests = changes.digests(resource, node, record.task(), record.interval_ms, None, &mut Recheck::default());
    Some(digests.all)
}
