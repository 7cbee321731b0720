//! A host: power, disk, agents' resources, and perhaps a living daemon.

use super::disk::DiskWork;
use quorate_core::cib::Document;
use quorate_core::lrm::Run;
use quorate_core::membership::{Member, ViewId};
use quorate_core::node::{Clock, Event, Foreign, Message, Node, Settings};
use quorate_core::replica::PersistedTerms;
use quorate_core::xml::Element;
use quorate_transport::cluster::corosync::group::{self, Group};
use quorate_transport::cluster::embedded::protocol::{self, Output, Protocol, Timing, VoteRules, Voter};
use quorate_transport::wire::{self, WireError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A resource whose agent is on no host, and what asking for it comes to.
pub const NOWHERE: &str = "nowhere";
pub const NOT_INSTALLED: i32 = 5;

/// A resource whose agent fails whatever it is asked, on every host, in some of the worlds.
pub const BROKEN: &str = "broken";

/// A resource whose agent finds it stopped, and can neither start nor stop it.
pub const STUBBORN: &str = "stubborn";

/// A resource that works on all hosts but the first: there its agent finds it active and broken at every
/// boot, and cannot stop it, as a database that has crashed.
pub const CRASHED: &str = "crashed";

/// A resource that moves without a stop, as a virtual machine does: `migrate_to` carries it over.
pub const MOVABLE: &str = "vm";

/// A node not heard for so long is lost. Milliseconds.
const TOKEN_MS: u64 = 1_000;

/// Ticks of the engine over Corosync, of 100 ms, after which a silent member is none.
const SILENCE: u32 = 30;

/// One run of the daemon.
pub struct Life {
    pub incarnation: u64,
    pub engine: Engine,
    pub node: Node,
}

/// What is between the daemon and the network.
pub enum Engine {
    Embedded(Box<Protocol>),
    /// And since when it is to leave, in milliseconds.
    Corosync {
        group: Box<Group>,
        leaving: Option<u64>,
    },
}

pub struct Host {
    id: u32,
    count: u32,
    pub powered: bool,
    /// It resets itself where it must.
    pub watchdog: bool,
    /// The version of the protocol that its program speaks.
    pub speaks: u8,
    /// By how many seconds its clock is ahead of the others'.
    pub clock_ahead: i64,
    /// Agents that run, by the number of their start.
    pub agents: BTreeMap<u64, Run>,
    /// Those of them whose other end was lost: what they carry over does not arrive.
    pub cut_short: BTreeSet<u64>,
    /// It stands still until then. Milliseconds.
    pub paused_until: u64,
    /// The latest write ends then. Milliseconds.
    pub disk_busy_until: u64,
    /// What it was asked and has not done.
    pub disk_queue: VecDeque<DiskWork>,
    /// It answers again then. Milliseconds.
    pub disk_hangs_until: Option<u64>,
    pub disk_is_full: bool,
    /// It says that it has stored what it forgets with the power; this is what it will remember.
    pub disk_forgets: Option<(Document, PersistedTerms)>,
    pub disk: Option<(Document, PersistedTerms)>,
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
            watchdog: false,
            speaks: wire::WIRE_VERSION,
            clock_ahead: 0,
            agents: BTreeMap::new(),
            cut_short: BTreeSet::new(),
            paused_until: 0,
            disk_busy_until: 0,
            disk_queue: VecDeque::new(),
            disk_hangs_until: None,
            disk_is_full: false,
            disk_forgets: None,
            disk: None,
            life: None,
            active: BTreeSet::new(),
            promoted: BTreeSet::new(),
        }
    }

    /// Starts the daemon with what the disk holds, over the embedded engine or over Corosync.
    pub fn start(&mut self, incarnation: u64, now: u64, epoch: i64, over_corosync: bool) -> Vec<Output> {
        // What was not done when the last daemon died is not done any more.
        self.disk_queue.clear();
        let last = self.disk.as_ref().map_or(0, |(_, terms)| ViewId::epoch_of(terms.term));
        let (engine, outputs) = match over_corosync {
            true => {
                (Engine::Corosync { group: Box::new(group(self.id, incarnation, last)), leaving: None }, Vec::new())
            }
            false => {
                let (protocol, outputs) = Protocol::start(embedded(self.id, self.count, incarnation, last), now);
                (Engine::Embedded(Box::new(protocol)), outputs)
            }
        };
        let (document, terms) = self.disk.clone().unwrap_or_else(|| (Document::empty(), PersistedTerms::default()));
        let node = Node::new(self.settings(incarnation), document, terms, clock(now, epoch + self.clock_ahead));
        self.life = Some(Life { incarnation, engine, node });
        outputs
    }

    fn settings(&self, incarnation: u64) -> Settings {
        Settings {
            me: Member { id: self.id, name: name(self.id) },
            nodes: self.count as usize,
            two_node: self.count == 2,
            wait_for_all: self.count == 2,
            rejoin_ms: Timing::from_token(TOKEN_MS).rejoin(1_000),
            watchdog: self.watchdog,
            incarnation,
            uuid: format!("{}-{incarnation}", self.id),
            infrastructure: "simulated".into(),
            starts_on_standby: None,
            jobs_max: None,
            cores: 2,
            version: "test".into(),
            cluster_name: None,
        }
    }

    /// A message in the version that its program speaks.
    pub fn says(&self, message: &Message) -> Vec<u8> {
        let established = self.life.as_ref().is_some_and(|life| life.node.is_established());
        let mut bytes = wire::encode_message(message, established);
        bytes[0] = self.speaks;
        bytes
    }

    pub fn hears(&self, from: u32, bytes: &[u8]) -> Event {
        let mut bytes = bytes.to_vec();
        // What it speaks is what it reads.
        bytes[0] = if bytes[0] == self.speaks { wire::WIRE_VERSION } else { bytes[0].wrapping_add(100) };
        match wire::decode_message(&bytes) {
            Ok(message) => Event::Message { from, message },
            Err(WireError::Foreign(foreign)) => {
                let theirs = foreign.theirs.wrapping_sub(100);
                Event::Foreign { from, foreign: Foreign { ours: self.speaks, theirs, ..foreign } }
            }
            Err(error) => panic!("our own message: {error}"),
        }
    }

    /// Whether a resource is active here, and promoted.
    pub fn state(&self, resource: &str) -> (bool, bool) {
        (self.active.contains(resource), self.promoted.contains(resource))
    }

    /// Everything that ran here is gone.
    pub fn clear(&mut self) {
        self.agents.clear();
        self.cut_short.clear();
        self.active.clear();
        self.promoted.clear();
    }

    /// What an agent does and the code it exits with.
    pub fn agent(&mut self, run: &Run) -> i32 {
        let name = run.resource.id.clone();
        let running = self.active.contains(&name);
        match run.operation.as_str() {
            _ if name == NOWHERE => NOT_INSTALLED,
            _ if name == BROKEN => 1,
            "start" | "stop" if name == STUBBORN => 1,
            _ if name == CRASHED && self.id == 1 => 1,
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
            // It has come with the other end's `migrate_to`.
            "migrate_from" if !running => 1,
            "monitor" if !running => 7,
            "monitor" if self.promoted.contains(&name) => 8,
            _ => 0,
        }
    }
}

/// The embedded engine of a host among so many.
pub fn embedded(id: u32, count: u32, incarnation: u64, epoch: u64) -> protocol::Settings {
    protocol::Settings {
        local: id,
        incarnation,
        epoch,
        nodes: (1..=count).map(|id| Voter { id, name: name(id), votes: 1 }).collect(),
        timing: Timing::from_token(TOKEN_MS),
        votes: VoteRules { two_node: count == 2, wait_for_all: count == 2, ..VoteRules::default() },
    }
}

/// What makes views of Corosync's words on a host.
pub fn group(id: u32, incarnation: u64, epoch: u64) -> Group {
    let me = Member { id, name: name(id) };
    let (tick_ms, loss_ms) = (100, TOKEN_MS * 11 / 5);
    Group::new(group::Settings { me, epoch, incarnation, silence: SILENCE, tick_ms, loss_ms })
}

fn name(id: u32) -> String {
    format!("n{id}")
}

pub fn clock(now: u64, epoch: i64) -> Clock {
    Clock { ms: now, epoch: epoch + (now / 1000) as i64, offset: 0 }
}

/// Puts parameters to those of the fence device.
pub fn add_device_parameters(document: &mut Document, parameters: &[(&str, &str)]) {
    let resources = document.configuration_mut().child_or_new("resources");
    let set = resources.find_mut(|element| element.id() == Some("fencer")).expect("the device");
    let set = set.find_mut(|element| element.id() == Some("fencer-p")).expect("its parameters");
    for (name, value) in parameters {
        let pair = Element::new("nvpair").with("id", format!("fencer-{name}"));
        set.push(pair.with("name", *name).with("value", *value));
    }
}

/// Sets a cluster property.
pub fn set_property(document: &mut Document, name: &str, value: &str) {
    let options = document.configuration_mut().child_or_new("crm_config");
    let set = options.find_mut(|element| element.name == "cluster_property_set").expect("the options");
    set.retain_elements(|pair| pair.attr("name") != Some(name));
    set.push(Element::new("nvpair").with("id", format!("o-{name}")).with("name", name).with("value", value));
}

/// Gives a resource a meta-attribute.
pub fn set_meta(document: &mut Document, resource: &str, name: &str, value: &str) {
    let resources = document.configuration_mut().child_or_new("resources");
    let primitive = resources.find_mut(|element| element.id() == Some(resource)).expect("the resource");
    let pair = Element::new("nvpair").with("id", format!("{resource}-{name}")).with("name", name).with("value", value);
    let id = format!("{resource}-{name}-m");
    primitive.push(Element::new("meta_attributes").with("id", id).with_child(pair));
}

/// Takes the fence device away.
pub fn remove_device(document: &mut Document) {
    document.configuration_mut().child_or_new("resources").retain_elements(|element| element.id() != Some("fencer"));
}

/// Primitives, one of which can be moved, a group, a clone, a promotable clone, a fence device that reaches every node.
pub fn configuration(nodes: u32, failing: Option<&str>) -> Document {
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
         <primitive id='{MOVABLE}' class='ocf' provider='quorate' type='Movable'><meta_attributes id='{MOVABLE}-m'>\
         <nvpair id='{MOVABLE}-migrate' name='allow-migrate' value='true'/></meta_attributes></primitive>\
         <primitive id='fencer' class='stonith' type='fence_sim'>\
         <instance_attributes id='fencer-p'><nvpair id='fencer-hosts' name='pcmk_host_list' value='{}'/>\
         </instance_attributes></primitive>{}{}{}{}\
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
        primitive(NOWHERE),
        failing.map(primitive).unwrap_or_default(),
        primitive("g1"),
        primitive("g2"),
        primitive("c1"),
    );
    Document::read(&text).expect("a CIB")
}
