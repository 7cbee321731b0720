//! A host: power, disk, agents' resources, and perhaps a living daemon.

use quorate_core::cib::Document;
use quorate_core::lrm::Run;
use quorate_core::membership::{Member, View, ViewId};
use quorate_core::node::{Clock, Node, Settings};
use quorate_core::replica::Mark;
use quorate_transport::cluster::embedded::protocol::{Output, Protocol, Settings as Engine, Timing, VoteRules, Voter};
use std::collections::BTreeSet;

/// A node not heard for so long is lost. Milliseconds.
const TOKEN_MS: u64 = 1_000;

/// One run of the daemon.
pub struct Life {
    pub incarnation: u64,
    pub protocol: Protocol,
    pub node: Node,
}

pub struct Host {
    id: u32,
    count: u32,
    pub powered: bool,
    /// The incarnation stamp of the latest loss of power: agents begun before are gone.
    pub powered_since: u64,
    /// It stands still until then. Milliseconds.
    pub paused_until: u64,
    /// The latest write ends then. Milliseconds.
    pub disk_busy_until: u64,
    pub disk: Option<(Document, Mark)>,
    pub life: Option<Life>,
    /// Resources active here, whoever watches them.
    pub active: BTreeSet<String>,
    promoted: BTreeSet<String>,
}

impl Host {
    pub fn new(id: u32, count: u32) -> Host {
        Host {
            id,
            count,
            powered: true,
            powered_since: 0,
            paused_until: 0,
            disk_busy_until: 0,
            disk: None,
            life: None,
            active: BTreeSet::new(),
            promoted: BTreeSet::new(),
        }
    }

    /// Starts the daemon with what the disk holds.
    pub fn start(&mut self, incarnation: u64, now: u64, epoch: i64) -> Vec<Output> {
        let engine = Engine {
            local: self.id,
            incarnation,
            nodes: (1..=self.count).map(|id| Voter { id, name: name(id), votes: 1 }).collect(),
            timing: Timing::from_token(TOKEN_MS),
            votes: VoteRules { two_node: self.count == 2, wait_for_all: self.count == 2, ..VoteRules::default() },
        };
        let (protocol, outputs) = Protocol::start(engine, now);
        let settings = Settings {
            me: Member { id: self.id, name: name(self.id) },
            nodes: self.count as usize,
            two_node: self.count == 2,
            wait_for_all: self.count == 2,
            incarnation,
            uuid: format!("{}-{incarnation}", self.id),
            infrastructure: "simulated".into(),
            version: "test".into(),
        };
        let (document, mark) = self.disk.clone().unwrap_or_else(|| (Document::empty(), Mark::default()));
        let node = Node::new(settings, document, mark, clock(now, epoch));
        self.life = Some(Life { incarnation, protocol, node });
        outputs
    }

    /// Whether a resource is active here, and promoted.
    pub fn state(&self, resource: &str) -> (bool, bool) {
        (self.active.contains(resource), self.promoted.contains(resource))
    }

    /// Everything that ran here is gone.
    pub fn clear(&mut self) {
        self.active.clear();
        self.promoted.clear();
    }

    /// What an agent does and the code it exits with.
    pub fn agent(&mut self, run: &Run) -> i32 {
        let name = run.resource.id.clone();
        let running = self.active.contains(&name);
        match run.operation.as_str() {
            "start" => {
                self.active.insert(name);
                0
            }
            "stop" => {
                self.active.remove(&name);
                self.promoted.remove(&name);
                0
            }
            "promote" if running => {
                self.promoted.insert(name);
                0
            }
            "demote" if running => {
                self.promoted.remove(&name);
                0
            }
            "promote" | "demote" => 7,
            "monitor" if !running => 7,
            "monitor" if self.promoted.contains(&name) => 8,
            _ => 0,
        }
    }
}

fn name(id: u32) -> String {
    format!("n{id}")
}

pub fn clock(now: u64, epoch: i64) -> Clock {
    Clock { ms: now, epoch: epoch + (now / 1000) as i64, offset: 0 }
}

/// The engine's view as the node is told it.
pub fn view(view: &quorate_transport::cluster::View) -> View {
    let id = ViewId { epoch: view.id.epoch, coordinator: view.id.coordinator, incarnation: view.id.incarnation };
    let members = view.members.iter().map(|member| Member { id: member.id, name: member.name.clone() });
    View { id, members: members.collect(), quorate: view.quorate }
}

/// Primitives, a group, a clone, a promotable clone, a fence device that reaches every node.
pub fn configuration(nodes: u32) -> Document {
    let list: Vec<String> = (1..=nodes).map(name).collect();
    let monitor = |id: &str, ms: u32| {
        format!("<operations><op id='{id}-monitor' name='monitor' interval='{ms}ms' timeout='10s'/></operations>")
    };
    let primitive = |id: &str| {
        let monitor = monitor(id, 7_000);
        format!("<primitive id='{id}' class='ocf' provider='quorate' type='Dummy'>{monitor}</primitive>")
    };
    let node_elements: String = (1..=nodes).map(|id| format!("<node id='{id}' uname='{}'/>", name(id))).collect();
    let text = format!(
        "<cib validate-with='pacemaker-4.0' epoch='1'><configuration>\
         <crm_config><cluster_property_set id='cib-bootstrap-options'>\
         <nvpair id='o1' name='fencing-enabled' value='true'/>\
         <nvpair id='o2' name='dc-deadtime' value='5s'/>\
         <nvpair id='o3' name='start-failure-is-fatal' value='false'/>\
         </cluster_property_set></crm_config><nodes>{node_elements}</nodes><resources>\
         <primitive id='fencer' class='stonith' type='fence_sim'>\
         <instance_attributes id='fencer-p'><nvpair id='fencer-hosts' name='pcmk_host_list' value='{}'/>\
         </instance_attributes></primitive>{}{}\
         <group id='g'>{}{}</group>\
         <clone id='c'>{}</clone><clone id='dbs'><meta_attributes id='dbs-m'>\
         <nvpair id='dbs-promotable' name='promotable' value='true'/></meta_attributes>\
         <primitive id='db' class='ocf' provider='quorate' type='Stateful'/></clone></resources>\
         <constraints><rsc_colocation id='apart' rsc='p1' with-rsc='p2' score='-100'/>\
         <rsc_order id='o' first='p1' then='g'/></constraints>\
         </configuration><status/></cib>",
        list.join(","),
        primitive("p1"),
        primitive("p2"),
        primitive("g1"),
        primitive("g2"),
        primitive("c1"),
    );
    Document::read(&text).expect("a CIB")
}
