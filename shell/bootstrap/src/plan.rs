//! From facts to steps: a new cluster, hosts that come to one, or nothing that is left to do.
//!
//! In: what is wanted, what is known of each host. Out: for each host its steps, or all that speaks against it.
//! Pure: the same facts give the same plan. Absent: hosts, clocks, chance.

use crate::configuration;
use crate::facts::{Facts, Seen};
use crate::host::Host;
use crate::links;
use crate::refusal::Refusal;
use crate::step::{Action, DEVICE_UNIT, Step};
use crate::wish::{Reached, Wish};
use quorate_transport::cluster::file::{self, Section};
use quorate_transport::cluster::nodelist::{self, Node, votes};
use quorate_transport::ssh::SshError;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What crmsh calls a cluster, too.
pub const NAME: &str = "hacluster";

/// A clock that is further off makes logs and times of failures useless.
const CLOCK_OFF_MAX: u64 = 30_000;
/// Room for the configuration and its copy. KiB.
const FREE_MIN: u64 = 1024;

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// It is made.
    New,
    /// From this host, which has it.
    Of(Host),
}

/// Steps of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPlan {
    pub host: Host,
    /// The node's name.
    pub name: String,
    pub steps: Vec<Step>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub cluster: String,
    /// corosync.conf as all will have it.
    pub configuration: String,
    pub key: Key,
    pub hosts: Vec<HostPlan>,
    /// Who cannot be reached, and is left out.
    pub left_out: Vec<(String, SshError)>,
}

impl Plan {
    pub fn is_done(&self) -> bool {
        self.hosts.iter().all(|host| host.steps.iter().all(|step| step.done))
    }
}

/// The cluster that is there already.
struct Base<'a> {
    of: Reached<'a>,
    file: Section,
}

/// Makes a plan; the first host is the one that is asked, or the one that is joined.
///
/// # Errors
/// All that speaks against it.
pub fn plan(wish: &Wish, seen: &[Seen]) -> Result<Plan, Vec<Refusal>> {
    let is_arbiter = |one: &&Seen| wish.device.as_ref().is_some_and(|device| device.host == one.host.name);
    let (arbiters, nodes): (Vec<&Seen>, Vec<&Seen>) = seen.iter().partition(is_arbiter);
    let mut plan = of_nodes(wish, &nodes.into_iter().cloned().collect::<Vec<Seen>>())?;
    if let (Some(device), Some(seen)) = (&wish.device, arbiters.first()) {
        let step = device.step(seen).map_err(|refusal| vec![refusal])?;
        plan.hosts.push(HostPlan { host: seen.host.clone(), name: seen.host.name.clone(), steps: vec![step] });
    }
    Ok(plan)
}

fn of_nodes(wish: &Wish, seen: &[Seen]) -> Result<Plan, Vec<Refusal>> {
    let base_nodes = seen.iter().find_map(|one| cluster_nodes(one.facts.as_ref().ok()?)).unwrap_or_default();
    let (known, left_out) = sorted(seen, &base_nodes)?;
    let against: Vec<Refusal> =
        known.iter().flat_map(unfit).chain(without_device(wish, &known)).chain(same_names(&known)).collect();
    let against: Vec<Refusal> = against.into_iter().chain(other_managers(&known)).collect();
    if !against.is_empty() {
        return Err(against);
    }
    let base = base(wish, &known).map_err(|refusal| vec![refusal])?;
    let (text, cluster) = match &base {
        Some(base) => (extended(wish, base, &known)?, configuration::cluster_name(&base.file).to_string()),
        None => {
            let cluster = wish.name.clone().unwrap_or_else(|| NAME.to_string());
            (fresh(wish, &cluster, &known)?, cluster)
        }
    };
    let file = file::parse(&text).expect("it was written by us");
    let key = key(base.as_ref(), &known);
    let of_key = known.iter().find(|one| matches!(&key, Key::Of(host) if host == one.host));
    let goal = Goal {
        cluster: &cluster,
        text: &text,
        nodes: nodelist::nodes(&file),
        wants_key: configuration::wants_key(&file),
        key: of_key.and_then(|one| one.facts.key.clone()),
        is_there: base.is_some(),
        has_device: votes::of_device(&file) > 0,
        let_in: &wish.let_in,
        admin_address: wish.admin_address,
    };
    let hosts = goal.steps(&known);
    Ok(Plan { cluster, configuration: text, key, hosts, left_out })
}

fn cluster_nodes(facts: &Facts) -> Option<Vec<Node>> {
    let file = configuration::cluster(facts.configuration.as_ref()?).ok()??;
    Some(nodelist::nodes(&file))
}

/// Names of the nodes that a host's file lists.
pub fn listed(facts: &Facts) -> Vec<String> {
    cluster_nodes(facts).unwrap_or_default().into_iter().map(|node| node.name).collect()
}

type Sorted<'a> = (Vec<Reached<'a>>, Vec<(String, SshError)>);

/// Who answers, and who is left out; a node of the cluster, or the first, cannot be.
fn sorted<'a>(seen: &'a [Seen], nodes: &[Node]) -> Result<Sorted<'a>, Vec<Refusal>> {
    let (mut known, mut left_out, mut against) = (Vec::new(), Vec::new(), Vec::new());
    for (place, Seen { host, facts }) in seen.iter().enumerate() {
        let is_node = nodes.iter().any(|node| node.name == host.name);
        match facts {
            Ok(facts) => known.push(Reached { host, facts }),
            Err(error) if is_node => {
                against.push(Refusal::MemberAway { host: host.name.clone(), error: error.clone() });
            }
            Err(error @ SshError::Unreachable { .. }) if place > 0 => {
                left_out.push((host.name.clone(), error.clone()));
            }
            Err(error) => against.push(Refusal::Ssh(error.clone())),
        }
    }
    if against.is_empty() { Ok((known, left_out)) } else { Err(against) }
}

/// What speaks against a host for itself.
fn unfit(known: &Reached) -> Vec<Refusal> {
    let facts = known.facts;
    let host = known.host.name.clone();
    let off = facts.clock_ahead.unsigned_abs();
    let mut against = Vec::new();
    if facts.uid != 0 {
        against.push(Refusal::NotRoot { host: host.clone() });
    }
    if facts.corosync.is_none() {
        against.push(Refusal::NoCorosync { host: host.clone(), system: facts.system.clone() });
    }
    if facts.manager.is_none() {
        against.push(Refusal::NoManager { host: host.clone() });
    }
    if off > CLOCK_OFF_MAX {
        against.push(Refusal::Clock { host: host.clone(), seconds: off / 1000, ahead: facts.clock_ahead > 0 });
    }
    if facts.free < FREE_MIN {
        against.push(Refusal::DiskFull { host: host.clone(), free: facts.free });
    }
    if let Some(Err(error)) = facts.configuration.as_ref().map(|text| configuration::cluster(text)) {
        against.push(Refusal::BadFile { host, error });
    }
    against
}

/// A node asks the quorum device by a program of its own, and is not the device itself.
fn without_device(wish: &Wish, known: &[Reached]) -> Vec<Refusal> {
    let Some(device) = &wish.device else { return Vec::new() };
    let missing = |one: &Reached| {
        let host = one.host.name.clone();
        if one.facts.name == device.host {
            return Some(Refusal::NodeAsDevice { host });
        }
        let lacks = !one.facts.installed.contains(DEVICE_UNIT);
        lacks.then(|| Refusal::NoProgram { host, package: DEVICE_UNIT.to_string() })
    };
    known.iter().filter_map(missing).collect()
}

/// Nodes of Pacemaker and ours do not understand each other.
fn other_managers(known: &[Reached]) -> Vec<Refusal> {
    let Some((first, others)) = known.split_first() else { return Vec::new() };
    let other = |one: &Reached| {
        let (theirs, manager) = one.facts.manager.clone().zip(first.facts.manager.clone())?;
        let (host, first) = (one.host.name.clone(), first.host.name.clone());
        (theirs != manager).then_some(Refusal::OtherManager { host, theirs, first, manager })
    };
    others.iter().filter_map(other).collect()
}

fn same_names(known: &[Reached]) -> Vec<Refusal> {
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in known {
        by_name.entry(&one.facts.name).or_default().push(one.host.name.clone());
    }
    let twice = by_name.into_iter().filter(|(_, hosts)| hosts.len() > 1);
    twice.map(|(name, hosts)| Refusal::SameName { name: name.to_string(), hosts }).collect()
}

/// The cluster that is there; all hosts that are in one are in the same.
fn base<'a>(wish: &Wish, known: &[Reached<'a>]) -> Result<Option<Base<'a>>, Refusal> {
    let mut found: Option<Base<'a>> = None;
    for one in known {
        let file = one.facts.configuration.as_ref().and_then(|text| configuration::cluster(text).ok().flatten());
        let Some(file) = file else {
            if wish.join && found.is_none() {
                return Err(Refusal::InNoCluster { host: one.host.name.clone() });
            }
            continue;
        };
        let is_other = match &found {
            None => is_another(wish, &known[0], &file),
            Some(base) => !is_same(base, *one, &file),
        };
        if is_other {
            return Err(in_cluster(*one, &file));
        }
        found = found.or(Some(Base { of: *one, file }));
    }
    Ok(found)
}

/// Not the one that is wanted: of another name, or one that the first host has no part in.
fn is_another(wish: &Wish, first: &Reached, file: &Section) -> bool {
    let is_named = wish.name.as_ref().is_none_or(|name| name == configuration::cluster_name(file));
    let has_first = nodelist::nodes(file).iter().any(|node| node.name == first.facts.name);
    !is_named || !has_first
}

/// Of one name, with one key, and a node in common.
fn is_same(base: &Base, one: Reached, file: &Section) -> bool {
    let names = |file: &Section| nodelist::nodes(file).into_iter().map(|node| node.name).collect::<BTreeSet<String>>();
    let keyless = !configuration::wants_key(&base.file) && !configuration::wants_key(file);
    configuration::cluster_name(&base.file) == configuration::cluster_name(file)
        && (keyless || base.of.facts.key == one.facts.key)
        && !names(&base.file).is_disjoint(&names(file))
}

fn in_cluster(one: Reached, file: &Section) -> Refusal {
    let nodes: Vec<String> = nodelist::nodes(file).into_iter().map(|node| node.name).collect();
    let cluster = configuration::cluster_name(file).to_string();
    Refusal::InCluster { host: one.host.name.clone(), cluster, nodes: nodes.join(", ") }
}

fn fresh(wish: &Wish, cluster: &str, known: &[Reached]) -> Result<String, Vec<Refusal>> {
    let networks = links::wanted(wish, known).map_err(|refusal| vec![refusal])?;
    let nodes = known.iter().zip(1..).map(|(one, id)| {
        let addresses = links::addresses(one, &networks)?;
        Ok(Node { name: one.facts.name.clone(), id, addresses, votes: 1, line: 0 })
    });
    let nodes: Vec<Node> = all(nodes)?;
    same_addresses(&nodes)?;
    let text = configuration::fresh(cluster, wish.carrier, &nodes).map_err(|error| vec![Refusal::List(error)])?;
    let Some(device) = &wish.device else { return Ok(text) };
    let mut file = file::parse(&text).expect("it was written by us");
    device.add_to(&mut file);
    Ok(file.to_string())
}

/// All values, or all that speaks against them.
fn all<T>(results: impl Iterator<Item = Result<T, Refusal>>) -> Result<Vec<T>, Vec<Refusal>> {
    let (mut values, mut against) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(refusal) => against.push(refusal),
        }
    }
    if against.is_empty() { Ok(values) } else { Err(against) }
}

fn same_addresses(nodes: &[Node]) -> Result<(), Vec<Refusal>> {
    let mut by_address: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (node, address) in nodes.iter().flat_map(|node| node.addresses.values().map(move |address| (node, address))) {
        by_address.entry(address).or_default().push(node.name.clone());
    }
    let twice = by_address.into_iter().filter(|(_, hosts)| hosts.len() > 1);
    let against: Vec<Refusal> =
        twice.map(|(address, hosts)| Refusal::SameAddress { address: address.to_string(), hosts }).collect();
    if against.is_empty() { Ok(()) } else { Err(against) }
}

/// The cluster's file, with those who are not in it yet.
fn extended(wish: &Wish, base: &Base, known: &[Reached]) -> Result<String, Vec<Refusal>> {
    let mut file = base.file.clone();
    let nodes = nodelist::nodes(&base.file);
    let added = known.iter().try_for_each(|one| match nodes.iter().find(|node| node.name == one.facts.name) {
        Some(node) => is_itself(one, node),
        None => add(wish, &mut file, &nodes, known, one),
    });
    added.map_err(|refusal| vec![refusal])?;
    wish.device.iter().for_each(|device| device.add_to(&mut file));
    let running = base.of.facts.running.is_some().then_some(&base.of.facts.members);
    votes::keep(&base.file, &file, running).map_err(|loss| vec![Refusal::Quorum(loss)])?;
    Ok(file.to_string())
}

/// A host of a listed name has one of the node's addresses, as far as they are numbers.
fn is_itself(one: &Reached, node: &Node) -> Result<(), Refusal> {
    let is_own = |address: &String| match address.parse::<IpAddr>() {
        Ok(ip) => one.facts.addresses.iter().any(|own| own.ip == ip),
        Err(_) => true,
    };
    if node.addresses.values().any(is_own) {
        return Ok(());
    }
    let address = node.addresses.values().next().cloned().unwrap_or_default();
    Err(Refusal::NameTaken { name: node.name.clone(), host: one.host.name.clone(), address })
}

fn add(wish: &Wish, file: &mut Section, nodes: &[Node], known: &[Reached], one: &Reached) -> Result<(), Refusal> {
    let networks = links::of_cluster(wish, nodes, known, one)?;
    let addresses = links::addresses(one, &networks)?;
    let node = Node { name: one.facts.name.clone(), id: nodelist::next_id(file), addresses, votes: 1, line: 0 };
    nodelist::add_node(file, &node).map_err(Refusal::List)
}

/// The cluster's key; of a new one, the key that an earlier run has left, if it left one.
fn key(base: Option<&Base>, known: &[Reached]) -> Key {
    let digests: BTreeSet<&String> = known.iter().filter_map(|one| one.facts.key.as_ref()).collect();
    let has_one = known.iter().find(|one| one.facts.key.is_some());
    match (base, has_one) {
        (Some(base), _) if base.of.facts.key.is_some() => Key::Of(base.of.host.clone()),
        (_, Some(one)) if digests.len() == 1 => Key::Of(one.host.clone()),
        _ => Key::New,
    }
}

/// What all hosts shall come to.
struct Goal<'a> {
    cluster: &'a str,
    text: &'a str,
    nodes: Vec<Node>,
    wants_key: bool,
    /// The digest of the key that there is.
    key: Option<String>,
    /// There is a cluster already.
    is_there: bool,
    has_device: bool,
    let_in: &'a [String],
    admin_address: Option<IpAddr>,
}

impl Goal<'_> {
    fn names(&self) -> BTreeSet<String> {
        self.nodes.iter().map(|node| node.name.clone()).collect()
    }

    /// Corosync runs this cluster there, and not what it had before.
    fn runs_on(&self, one: &Reached) -> bool {
        self.is_there && one.facts.runs("corosync") && one.facts.running.as_deref() == Some(self.cluster)
    }

    fn is_written(&self, one: &Reached) -> bool {
        one.facts.configuration.as_deref() == Some(self.text)
    }

    /// The key of this host, and where it is let in.
    fn logins(&self, one: &Reached) -> Option<Step> {
        if self.let_in.contains(&one.host.name) {
            return Some(Step { action: Action::LetIn, done: false });
        }
        let is_wanted = one.host.target.is_none() && !self.let_in.is_empty();
        is_wanted.then_some(Step { action: Action::OwnKey, done: one.facts.has_ssh_key })
    }

    /// The first host adds the address when all are together; what has one already is left as it is.
    fn admin(&self, one: &Reached) -> Option<Step> {
        let address = self.admin_address.filter(|_| one.host.target.is_none())?;
        Some(Step { action: Action::AdminAddress(address), done: one.facts.has_admin_address })
    }

    fn files(&self, one: &Reached) -> Vec<Step> {
        let has_key = self.key.is_some() && one.facts.key == self.key;
        let key = self.wants_key.then_some(Step { action: Action::Key, done: has_key });
        let file = Step { action: Action::Configuration, done: self.is_written(one) };
        key.into_iter().chain([file]).collect()
    }

    /// One who runs tells all who run.
    fn reload(&self, one: &Reached, running: &[Reached]) -> Option<Step> {
        let is_current = |one: &Reached| one.facts.listed == self.names() && self.is_written(one);
        let is_first = running.first().is_some_and(|first| first.host == one.host);
        is_first.then(|| Step { action: Action::Reload, done: running.iter().all(is_current) })
    }

    fn services(&self, one: &Reached) -> Vec<Step> {
        let facts = one.facts;
        let manager = facts.manager.clone().unwrap_or_default();
        let units = vec!["corosync".to_string(), manager.clone()];
        let enabled = units.iter().all(|unit| facts.enabled.contains(unit));
        let runs = self.runs_on(one);
        let managed = runs && facts.runs(&manager);
        let start = if facts.runs("corosync") && !runs { Action::Restart } else { Action::Start };
        let ids: Vec<u32> = self.nodes.iter().map(|node| node.id).collect();
        let asks = self.has_device.then(|| Step { action: Action::Device, done: runs && facts.runs(DEVICE_UNIT) });
        let together = managed && facts.is_quorate && ids.iter().all(|id| facts.members.contains(id));
        let names = self.names().into_iter().collect();
        let mut steps = vec![
            Step { action: Action::Enable(units), done: enabled },
            Step { action: start("corosync".to_string()), done: runs },
        ];
        steps.extend(asks);
        steps.push(Step { action: Action::StartManager(manager.clone()), done: managed });
        steps.push(Step { action: Action::Together { names, ids, manager }, done: together });
        steps
    }

    fn steps(&self, known: &[Reached]) -> Vec<HostPlan> {
        let running: Vec<Reached> = known.iter().copied().filter(|one| self.runs_on(one)).collect();
        let plan = |one: &Reached| {
            let mut steps: Vec<Step> = self.logins(one).into_iter().collect();
            steps.extend(self.files(one));
            steps.extend(self.reload(one, &running));
            steps.extend(self.services(one));
            steps.extend(self.admin(one));
            HostPlan { host: one.host.clone(), name: one.facts.name.clone(), steps }
        };
        known.iter().map(plan).collect()
    }
}
