//! Bundles: containers, each with an address, a connection into it and an instance of what runs in it.
//!
//! In: a bundle as configured. Out: the primitives nobody wrote down, and the nodes inside the containers.

use super::Resolver;
use super::make::Common;
use super::resource::{BundleSettings, Replica, Variant};
use crate::cib::model::attributes::{AttributeSet, Pair};
use crate::cib::model::resource::{Agent, Bundle, CloneConfig, Cloned, Operation, Primitive};
use crate::note::Note;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use crate::time::Interval;
use quorate_grammar::literal;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Where the remote executor listens, where nobody chose a port.
const PORT: &str = "3121";
const KEY: &str = "/etc/pacemaker/authkey";
const LOGS: &str = "/var/log/pacemaker/bundles";
const EXECUTOR: &str = "/usr/sbin/pacemaker-remoted";
/// How much an instance wants its own container.
const AT_HOME: Score = Score::new(500);

/// Each replica is a node of its own, which every resource has to do with.
const REPLICAS_MAX: u32 = 200;

/// How many of what, read from the container's attributes.
pub struct Numbers {
    pub promoted: u32,
    pub replicas: u32,
    pub per_host: u32,
    /// Instances count one by one where several were asked for per host, even if that cannot be.
    unique: bool,
}

struct Mount {
    source: String,
    target: String,
    options: Option<String>,
    /// Each replica has its own directory.
    own: bool,
}

/// What one container's words depend on.
struct Site<'a> {
    number: u32,
    address: Option<&'a str>,
    /// Options that introduce all replicas to each other.
    hosts: &'a str,
    ports: &'a [(String, String)],
    mounts: &'a [Mount],
}

/// Numbers of a container, and the least that each can be.
type Bounded = (&'static str, i64);
const PROMOTED_MAX: Bounded = ("promoted-max", 0);
const MASTERS: Bounded = ("masters", 0);
const REPLICAS: Bounded = ("replicas", 1);
const PER_HOST: Bounded = ("replicas-per-host", 1);

pub fn numbers(bundle: &Bundle) -> Numbers {
    let number = |(name, least): Bounded| {
        let text = bundle.container.get(name)?;
        Some(literal::cib::number(text).unwrap_or(least).clamp(least, i64::from(u16::MAX)) as u32)
    };
    let promoted = number(PROMOTED_MAX).or_else(|| number(MASTERS)).unwrap_or(0);
    let replicas = number(REPLICAS).unwrap_or(if promoted > 0 { promoted } else { 1 });
    let network = |name: &str| bundle.network.as_ref().and_then(|network| network.attributes.get(name));
    let mut per_host = number(PER_HOST).unwrap_or(1);
    let unique = per_host > 1;
    // Connections to one port of one host would be the same.
    if bundle.primitive.is_some() && network("ip-range-start").is_none() {
        per_host = 1;
    }
    Numbers { promoted, replicas, per_host, unique }
}

/// What is said of its network.
pub fn network<'a>(bundle: &'a Bundle, name: &str) -> Option<&'a str> {
    bundle.network.as_ref()?.attributes.get(name).map(String::as_str)
}

/// Whether something runs in the containers that the cluster can reach.
fn has_nodes(bundle: &Bundle) -> bool {
    bundle.primitive.is_some()
        && (network(bundle, "ip-range-start").is_some() || network(bundle, "control-port").is_some())
}

/// The nodes in a bundle's containers.
pub(super) fn node_names(bundle: &Bundle) -> Vec<String> {
    if !has_nodes(bundle) {
        return Vec::new();
    }
    (0..numbers(bundle).replicas).map(|number| format!("{}-{number}", bundle.id)).collect()
}

fn next_address(address: &str) -> Option<String> {
    let parts: Vec<u32> = address.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c, d] = parts.as_slice() else { return None };
    match (c, d) {
        (254.., _) => None,
        (_, 254..) => Some(format!("{a}.{b}.{}.1", c + 1)),
        _ => Some(format!("{a}.{b}.{c}.{}", d + 1)),
    }
}

/// Those of so many replicas, as far as they can be counted on from the first.
pub fn addresses(bundle: &Bundle, count: u32) -> Vec<Option<String>> {
    let mut next = network(bundle, "ip-range-start").map(str::to_owned);
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(next.clone());
        next = next.as_deref().and_then(next_address);
    }
    all
}

fn pair(name: &str, value: &str) -> Pair {
    Pair { id: String::new(), name: name.to_owned(), value: value.to_owned() }
}

fn set(pairs: Vec<Pair>) -> Vec<AttributeSet> {
    vec![AttributeSet { pairs, ..AttributeSet::default() }]
}

fn monitor(owner: &str, interval: &str, timeout: Option<&str>) -> Operation {
    let mut attributes = BTreeMap::from([
        ("id".to_owned(), format!("{owner}-monitor-{interval}")),
        ("name".to_owned(), "monitor".to_owned()),
        ("interval".to_owned(), interval.to_owned()),
    ]);
    attributes.extend(timeout.map(|timeout| ("timeout".to_owned(), timeout.to_owned())));
    Operation {
        id: format!("{owner}-monitor-{interval}"),
        name: "monitor".to_owned(),
        interval_ms: Interval::parse(interval).map_or(0, Interval::ms),
        enabled: true,
        attributes,
        ..Operation::default()
    }
}

fn primitive(id: &str, provider: &str, kind: &str) -> Primitive {
    let words = [("id", id), ("class", "ocf"), ("provider", provider), ("type", kind)];
    Primitive {
        id: id.to_owned(),
        agent: Agent { class: "ocf".to_owned(), provider: Some(provider.to_owned()), kind: kind.to_owned() },
        attributes: words.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ..Primitive::default()
    }
}

fn container(bundle: &Bundle, site: &Site) -> Primitive {
    let id = format!("{}-{}-{}", bundle.id, bundle.engine, site.number);
    let attribute = |name: &str| bundle.container.get(name).map(String::as_str);
    let mut pairs: Vec<Pair> = attribute("image").map(|image| pair("image", image)).into_iter().collect();
    pairs.extend([pair("allow_pull", "true"), pair("force_kill", "false"), pair("reuse", "false")]);
    let (options, own_mounts) = run_options(bundle, site);
    pairs.extend([pair("run_opts", &options), pair("mount_points", &own_mounts)]);
    let command = attribute("run-command").or(bundle.primitive.as_ref().map(|_| EXECUTOR));
    pairs.extend(command.map(|command| pair("run_cmd", command)));
    pairs.push(pair("monitor_cmd", "/bin/true"));
    Primitive {
        parameters: set(pairs),
        operations: vec![monitor(&id, "60s", None)],
        ..primitive(&id, "heartbeat", &bundle.engine)
    }
}

/// The engine's options, and the directories it has to make.
fn run_options(bundle: &Bundle, site: &Site) -> (String, String) {
    let (mut text, mut own_mounts) = (String::new(), Vec::new());
    let mut say = |words: std::fmt::Arguments| text.write_fmt(words).expect("writing to a string");
    if bundle.engine == "docker" {
        say(format_args!(" --restart=no"));
    }
    if site.address.is_some() {
        say(format_args!(" -h {}-{}", bundle.id, site.number));
    }
    say(format_args!(" -e PCMK_stderr=1"));
    let net = bundle.container.get("network");
    if let Some(net) = net {
        say(format_args!(" --net={net}"));
    }
    say(format_args!(" -e PCMK_remote_port={}", network(bundle, "control-port").unwrap_or(PORT)));
    for mount in site.mounts {
        let mut source = mount.source.clone();
        if mount.own {
            source = format!("{source}/{}-{}", bundle.id, site.number);
            own_mounts.push(source.clone());
        }
        say(format_args!(" -v {source}:{}", mount.target));
        if let Some(options) = &mount.options {
            say(format_args!(":{options}"));
        }
    }
    for (source, target) in site.ports {
        match site.address {
            Some(address) => say(format_args!(" -p {address}:{source}:{target}")),
            None if net.map(String::as_str) != Some("host") => say(format_args!(" -p {source}:{target}")),
            None => {}
        }
    }
    if let Some(options) = bundle.container.get("options") {
        say(format_args!(" {options}"));
    }
    say(format_args!(" {}", site.hosts));
    (text, own_mounts.join(","))
}

fn ports(bundle: &Bundle) -> Vec<(String, String)> {
    let mut ports = Vec::new();
    for mapping in bundle.network.iter().flat_map(|network| &network.ports) {
        let found = match (&mapping.port, &mapping.range) {
            (Some(port), _) => Some((port.clone(), mapping.internal_port.as_ref().unwrap_or(port).clone())),
            (None, Some(range)) => Some((range.clone(), range.clone())),
            (None, None) => None,
        };
        ports.extend(found);
    }
    if bundle.primitive.is_some() {
        let port = network(bundle, "control-port").unwrap_or(PORT).to_owned();
        ports.push((port.clone(), port));
    }
    ports
}

fn mounts(bundle: &Bundle) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for mapping in &bundle.storage {
        let (source, own) = match (&mapping.source_dir, &mapping.source_dir_root) {
            (Some(source), _) => (source, false),
            (None, Some(root)) => (root, true),
            (None, None) => continue,
        };
        mounts.push(Mount {
            source: source.clone(),
            target: mapping.target_dir.clone(),
            options: mapping.options.clone(),
            own,
        });
    }
    if bundle.primitive.is_some() {
        let has_logs = mounts.iter().any(|mount| mount.target == "/var/log");
        mounts.push(Mount { source: KEY.to_owned(), target: KEY.to_owned(), options: None, own: false });
        if !has_logs {
            mounts.push(Mount { source: LOGS.to_owned(), target: "/var/log".to_owned(), options: None, own: true });
        }
    }
    mounts
}

fn hosts(bundle: &Bundle, addresses: &[Option<String>]) -> String {
    let add_host = network(bundle, "add-host").and_then(|text| literal::boolean(text).ok()).unwrap_or(true);
    let mut text = String::new();
    for (number, address) in addresses.iter().enumerate() {
        let Some(address) = address else { continue };
        if add_host {
            text.push_str(&format!(" --add-host={}-{number}:{address}", bundle.id));
        } else {
            text.push_str(&format!(" --hosts-entry={address}={}-{number}", bundle.id));
        }
    }
    text
}

impl Resolver<'_> {
    /// What is out of bounds is taken to be the nearest number within.
    fn check_numbers(&mut self, bundle: &Bundle) {
        for (name, least) in [PROMOTED_MAX, MASTERS, REPLICAS, PER_HOST] {
            let written = bundle.container.get(name).and_then(|text| literal::cib::number(text));
            if let Some(number) = written
                && number < least
            {
                let message = format!("`{name}` is at least {least}, and {number} is taken to be that");
                self.say(Note::warning(bundle.id.as_str(), message.as_str()).at(name));
            }
        }
    }

    pub(super) fn add_bundle(&mut self, bundle: &Bundle) -> Option<ResourceId> {
        if bundle.primitive.is_some() && !has_nodes(bundle) {
            self.error(&bundle.id, "ignoring this bundle because what runs in it needs ip-range-start or control-port");
            return None;
        }
        self.check_numbers(bundle);
        let mut counts = numbers(bundle);
        if counts.replicas > REPLICAS_MAX {
            self.error(&bundle.id, &format!("replicas is taken to be {REPLICAS_MAX}, the most that is supported"));
            counts.replicas = REPLICAS_MAX;
        }
        if counts.promoted > 0 && bundle.primitive.as_ref().is_some_and(|primitive| !self.can_be_promoted(primitive)) {
            return None;
        }
        let common = Common {
            id: &bundle.id,
            description: bundle.description.as_deref(),
            attributes: &bundle.attributes,
            meta: &bundle.meta,
            parameters: &[],
            agent: Agent::default(),
        };
        let undecided = BundleSettings { per_host: counts.per_host, inside: None, replicas: Vec::new() };
        let id = self.add_common(&common, Variant::Bundle(undecided), None, None);
        self.resources[id].unique = counts.unique;
        let inside = self.add_inside(bundle, id, &counts);
        let instances = inside.map(|inside| self.resources[inside].children.clone()).unwrap_or_default();
        let addresses = addresses(bundle, counts.replicas);
        let (hosts, ports, mounts) = (hosts(bundle, &addresses), ports(bundle), mounts(bundle));
        let mut replicas = Vec::new();
        for (number, address) in (0..counts.replicas).zip(&addresses) {
            let site = Site { number, address: address.as_deref(), hosts: &hosts, ports: &ports, mounts: &mounts };
            replicas.push(self.add_replica(bundle, id, &site, instances.get(number as usize).copied()));
        }
        self.resources[id].children.extend(inside);
        self.resources[id].variant = Variant::Bundle(BundleSettings { per_host: counts.per_host, inside, replicas });
        Some(id)
    }

    fn add_inside(&mut self, bundle: &Bundle, parent: ResourceId, counts: &Numbers) -> Option<ResourceId> {
        let primitive = bundle.primitive.as_ref()?;
        let id = format!("{}-{}", bundle.id, if counts.promoted > 0 { "master" } else { "clone" });
        let mut pairs = vec![
            pair("ordered", "true"),
            pair("clone-max", &counts.replicas.to_string()),
            pair("clone-node-max", &counts.per_host.to_string()),
            pair("globally-unique", if counts.per_host > 1 { "true" } else { "false" }),
        ];
        if counts.promoted > 0 {
            pairs.extend([pair("promotable", "true"), pair("promoted-max", &counts.promoted.to_string())]);
        }
        let clone = CloneConfig {
            id: id.clone(),
            description: None,
            meta: set(pairs),
            parameters: Vec::new(),
            of: Cloned::Primitive(Arc::clone(primitive)),
            attributes: BTreeMap::from([("id".to_owned(), id.clone())]),
        };
        self.config_meta.insert(id, clone.meta.clone());
        let inside = self.add_clone(&Arc::new(clone), Some(parent))?;
        let instances = self.resources[inside].children.clone();
        if instances.iter().any(|instance| self.resources[*instance].notify) {
            self.resources[inside].notify = true;
        }
        let target = instances
            .last()
            .and_then(|last| self.resources[*last].meta("container-attribute-target").map(str::to_owned));
        if let Some(target) = target {
            for owner in [parent, inside] {
                self.resources[owner].meta.insert("container-attribute-target".to_owned(), target.clone());
            }
        }
        Some(inside)
    }

    fn add_replica(&mut self, bundle: &Bundle, id: ResourceId, site: &Site, inside: Option<ResourceId>) -> Replica {
        let make = |resolver: &mut Self, primitive: Primitive| {
            let made =
                resolver.add_primitive(&Arc::new(primitive), Some(id), None).expect("a primitive can always be made");
            resolver.resources[id].children.push(made);
            made
        };
        let container = make(self, container(bundle, site));
        let ip = site.address.map(|address| {
            let name = format!("{}-ip-{address}", bundle.id);
            let mut pairs = vec![pair("ip", address)];
            pairs.extend(network(bundle, "host-interface").map(|nic| pair("nic", nic)));
            pairs.push(pair("cidr_netmask", network(bundle, "host-netmask").unwrap_or("32")));
            let base = primitive(&name, "heartbeat", "IPaddr2");
            make(self, Primitive { parameters: set(pairs), operations: vec![monitor(&name, "60s", None)], ..base })
        });
        let mut replica = Replica {
            number: site.number,
            address: site.address.map(str::to_owned),
            container,
            ip,
            remote: None,
            inside,
            node: None,
        };
        if let Some(inside) = inside {
            self.add_connection(bundle, id, &mut replica, inside, &make);
            let utilization = std::mem::take(&mut self.resources[inside].utilization);
            self.resources[inside].utilization =
                std::mem::replace(&mut self.resources[container].utilization, utilization);
            if let Some(address) = site.address {
                self.resources[inside].meta.insert("external-ip".to_owned(), address.to_owned());
            }
        }
        replica
    }

    /// The node in a container, the connection to it, and the instance that may only run there.
    fn add_connection(
        &mut self,
        bundle: &Bundle,
        owner: ResourceId,
        replica: &mut Replica,
        inside: ResourceId,
        make: &dyn Fn(&mut Self, Primitive) -> ResourceId,
    ) {
        let name = format!("{}-{}", bundle.id, replica.number);
        let Some(node) = self.node_by_name(&name) else { return };
        self.unborn.remove(&node);
        self.nodes[node].in_bundle = true;
        if self.contained.insert(node) {
            // It is configured too, which those before this bundle took for an invitation.
            self.nodes[node].score = Score::MINUS_INFINITY;
            for earlier in
                self.top.clone().into_iter().flat_map(|top| self.resources.with_descendants(top)).collect::<Vec<_>>()
            {
                if self.resources[earlier].scores.contains(node) {
                    self.resources[earlier].scores.set(node, Score::MINUS_INFINITY);
                    self.resources[earlier].never_probed_on.insert(node);
                }
            }
        }
        replica.node = Some(node);
        let container = self.resources[replica.container].id.to_string();
        let address = replica.address.as_deref().unwrap_or("#uname");
        let port = network(bundle, "control-port").unwrap_or(PORT);
        let remote = make(
            self,
            Primitive {
                meta: set(vec![pair("internal_rsc", "true"), pair("container", &container)]),
                parameters: set(vec![pair("addr", address), pair("port", port)]),
                operations: vec![monitor(&name, "30s", Some("30s"))],
                ..primitive(&name, "pacemaker", "remote")
            },
        );
        replica.remote = Some(remote);
        let nodes: Vec<_> = self.nodes.iter().filter(|(_, facts)| facts.is_remote()).map(|(at, _)| at).collect();
        for remote_node in nodes {
            if self.resources[remote].scores.contains(remote_node) {
                self.resources[remote].scores.set(remote_node, Score::MINUS_INFINITY);
            }
        }
        self.resources[inside].scores = crate::scheduler::scores::NodeScores::none(self.nodes.len());
        self.resources[inside].scores.set(node, AT_HOME);
        self.resources[owner].scores.remove(node);
        if let Some(clone) = self.resources[inside].parent {
            self.resources[clone].scores.set(node, Score::MINUS_INFINITY);
        }
    }

    /// The instance that belongs to a container's node: outside of its containers a bundle has none.
    /// The outer `None` is a clone that is in no bundle.
    pub(super) fn instance_in_bundle(&self, clone: ResourceId, node: NodeId) -> Option<Option<ResourceId>> {
        let bundle = self.resources[clone].parent?;
        let settings = self.resources[bundle].bundle()?;
        let replica = settings.replicas.iter().find(|replica| replica.node == Some(node));
        Some(replica.and_then(|replica| replica.inside))
    }
}

#[cfg(test)]
mod tests {
    use super::next_address;

    #[test]
    fn addresses_follow_each_other_and_skip_the_last_of_a_net() {
        for (address, next) in [
            ("192.168.1.1", Some("192.168.1.2")),
            ("192.168.1.254", Some("192.168.2.1")),
            ("192.168.254.1", None),
            ("fe80::1", None),
        ] {
            assert_eq!(next_address(address).as_deref(), next, "after {address}");
        }
    }
}
