//! Resources and instances: from what is configured to what can be placed.
//!
//! In: the typed configuration. Out: [`Resource`]s as a tree, meta-attributes settled.
//! Never here: state from history (see `history`), scores from constraints.

use super::Resolver;
use super::bundle::BundleSettings;
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{Agent, Cloned, Group, Primitive, ResourceConfig, Role};
use crate::ids::ResourceName;
use crate::rules::{Facts, settle};
use crate::scheduler::scores::NodeScores;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use crate::time::Interval;
use quorate_grammar::literal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a resource is made of.
#[derive(Clone, Debug)]
pub enum Variant {
    Primitive(Arc<Primitive>),
    Group(GroupSettings),
    Clone(CloneSettings),
    Bundle(BundleSettings),
}

#[derive(Clone, Copy, Debug)]
pub struct GroupSettings {
    pub ordered: bool,
    pub colocated: bool,
}

#[derive(Clone, Debug)]
pub struct CloneSettings {
    pub max: u32,
    pub node_max: u32,
    pub promoted_max: u32,
    pub promoted_node_max: u32,
    pub ordered: bool,
    pub interleave: bool,
    /// How many must run before others may depend on the clone; 0 is all.
    pub min: u32,
    /// What is cloned.
    pub of: Cloned,
    /// Instances made so far, the removed ones included.
    pub made: u32,
}

/// What to do when a resource is found active in too many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipleActive {
    Block,
    StopOnly,
    StopStart,
    StopUnexpected,
}

/// An operation that was sent and has not been answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub task: String,
    pub node: NodeId,
}

/// A primitive, an instance, or a collective of them.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Unique; instances carry their number: `p1:0`.
    pub id: ResourceName,
    /// As configured: `p1`.
    pub config_id: ResourceName,
    /// As the executor last called it, where that differs from `id`.
    pub history_id: Option<String>,
    pub variant: Variant,
    pub parent: Option<ResourceId>,
    pub children: Vec<ResourceId>,
    pub agent: Agent,
    pub description: Option<String>,
    /// Settled meta-attributes; the element's own attributes stand among them.
    pub meta: BTreeMap<String, String>,
    pub parameters: Vec<AttributeSet>,
    pub utilization: BTreeMap<String, String>,
    pub priority: Score,
    pub stickiness: Score,
    pub migration_threshold: Score,
    pub failure_timeout_ms: u32,
    pub multiple_active: MultipleActive,
    pub managed: bool,
    pub maintenance: bool,
    /// Nothing is done about a failure until someone cleans up.
    pub blocked: bool,
    pub critical: bool,
    pub notify: bool,
    pub unique: bool,
    pub promotable: bool,
    pub migratable: bool,
    pub fence_device: bool,
    pub remote_connection: bool,
    /// Not in the configuration any more, or an instance too many.
    pub removed: bool,
    /// Was run by a container that is gone too.
    pub removed_launched: bool,
    pub needs_quorum: bool,
    pub needs_fencing: bool,
    pub needs_unfencing: bool,
    pub failed: bool,
    /// When failed, it must be stopped.
    pub stop_if_failed: bool,
    /// A failure was forgiven by on-fail=ignore.
    pub failure_ignored: bool,
    pub start_pending: bool,
    /// Found running only on nodes where this was known before.
    pub role: Role,
    /// What it should become; `Unknown` is whatever fits.
    pub target: Role,
    pub target_reason: Option<String>,
    /// Nodes where it is active, in the order found.
    pub active_on: Vec<NodeId>,
    /// Nodes whose history says what it is there.
    pub known_on: BTreeSet<NodeId>,
    /// Nodes where it is never looked for, for they turned out to be inside of containers.
    pub never_probed_on: BTreeSet<NodeId>,
    pub pending: Option<Pending>,
    /// A live move that is halfway: from, to.
    pub partial_migration: Option<(NodeId, NodeId)>,
    pub dangling_migration_sources: Vec<NodeId>,
    /// Kept for this node while it is down: node, since when.
    pub shutdown_lock: Option<(NodeId, i64)>,
    pub reconnect_interval_ms: u32,
    /// The resource it runs in, and the resources that run in it.
    pub launcher: Option<ResourceId>,
    pub launched: Vec<ResourceId>,
    /// Scores from history and defaults; constraints come later.
    pub scores: NodeScores,
}

impl Resource {
    pub fn primitive(&self) -> Option<&Primitive> {
        match &self.variant {
            Variant::Primitive(primitive) => Some(primitive),
            _ => None,
        }
    }

    pub fn is_primitive(&self) -> bool {
        matches!(self.variant, Variant::Primitive(_))
    }

    pub fn is_group(&self) -> bool {
        matches!(self.variant, Variant::Group(_))
    }

    pub fn is_clone(&self) -> bool {
        matches!(self.variant, Variant::Clone(_))
    }

    pub fn is_bundle(&self) -> bool {
        matches!(self.variant, Variant::Bundle(_))
    }

    pub fn group(&self) -> Option<GroupSettings> {
        match self.variant {
            Variant::Group(settings) => Some(settings),
            _ => None,
        }
    }

    pub fn bundle(&self) -> Option<&BundleSettings> {
        match &self.variant {
            Variant::Bundle(settings) => Some(settings),
            _ => None,
        }
    }

    /// What a collective is counted in: a clone's instances, a bundle's containers.
    pub fn instances(&self) -> Vec<ResourceId> {
        self.bundle().map_or_else(|| self.children.clone(), BundleSettings::containers)
    }

    pub fn clone_settings(&self) -> Option<&CloneSettings> {
        match &self.variant {
            Variant::Clone(settings) => Some(settings),
            _ => None,
        }
    }

    pub fn meta(&self, name: &str) -> Option<&str> {
        self.meta.get(name).map(String::as_str)
    }

    pub fn meta_is_true(&self, name: &str) -> bool {
        self.meta(name).is_some_and(|text| literal::boolean(text) == Ok(true))
    }

    /// The name people and executors know: without an anonymous instance's number.
    pub fn printed_id(&self) -> &str {
        if self.unique { &self.id } else { &self.config_id }
    }

    /// The name fail counts are kept under.
    pub fn failure_name(&self) -> &str {
        let name = self.history_id.as_deref().unwrap_or(&self.id);
        if self.unique { name } else { without_instance(name) }
    }

    /// `target-role`, where it can be read.
    pub fn target_role(&self) -> Option<Role> {
        self.meta("target-role").and_then(Role::parse)
    }
}

/// `p1` of `p1:12`; a name that only ends in a colon keeps its parts.
pub fn without_instance(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((base, number)) if !base.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            if number.is_empty() {
                name
            } else {
                base
            }
        }
        _ => name,
    }
}

/// Whether agents of a class can be told apart by instance.
fn may_be_unique(class: &str) -> bool {
    class.eq_ignore_ascii_case("ocf") || class.eq_ignore_ascii_case("stonith")
}

/// The parts of a resource's configuration that every variant has.
pub(super) struct Common<'a> {
    pub(super) id: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) attributes: &'a BTreeMap<String, String>,
    pub(super) meta: &'a [AttributeSet],
    pub(super) parameters: &'a [AttributeSet],
    pub(super) agent: Agent,
}

impl Resolver<'_> {
    pub(super) fn collect_resources(&mut self) {
        let configs = std::mem::take(&mut self.model.resources);
        for config in &configs {
            let made = match config {
                ResourceConfig::Primitive(primitive) => self.add_primitive(primitive, None, None),
                ResourceConfig::Group(group) => self.add_group(group, None, None),
                ResourceConfig::Clone(clone) => self.add_clone(clone, None),
                ResourceConfig::Bundle(bundle) => self.add_bundle(bundle),
            };
            self.top.extend(made);
        }
        self.model.resources = configs;
        for primitive in self.implicit_connections() {
            let made = self.add_primitive(&Arc::new(primitive), None, None);
            self.top.extend(made);
        }
        self.link_launchers();
        let resources = &self.resources;
        self.top.sort_by_key(|id| -resources[*id].priority);
    }

    pub(super) fn add_primitive(
        &mut self,
        primitive: &Arc<Primitive>,
        parent: Option<ResourceId>,
        instance: Option<u32>,
    ) -> Option<ResourceId> {
        let common = Common {
            id: &primitive.id,
            description: primitive.description.as_deref(),
            attributes: &primitive.attributes,
            meta: &primitive.meta,
            parameters: &primitive.parameters,
            agent: primitive.agent.clone(),
        };
        let id = self.add_common(&common, Variant::Primitive(Arc::clone(primitive)), parent, instance);
        let top = self.top_of(id);
        let is_unique_instance = self.resources[id].unique && self.resources[top].is_clone();
        if is_unique_instance && !may_be_unique(&primitive.agent.class) {
            self.make_anonymous(top, id);
        }
        let mut utilization = BTreeMap::new();
        settle(&primitive.utilization, None, &Facts::default(), self.input.now, &mut self.recheck, &mut utilization);
        self.resources[id].utilization = utilization;
        Some(id)
    }

    fn make_anonymous(&mut self, clone: ResourceId, id: ResourceId) {
        let clone_id = self.resources[clone].id.to_string();
        self.warn(&clone_id, "globally-unique is ignored because only OCF agents know their instance");
        let nodes = self.existing().count() as u32;
        if let Variant::Clone(settings) = &mut self.resources[clone].variant {
            settings.node_max = 1;
            settings.max = settings.max.min(nodes);
        }
        let mut affected = self.with_descendants(clone);
        affected.push(id);
        for resource in affected {
            self.resources[resource].unique = false;
            self.resources[resource].meta.insert("globally-unique".to_owned(), "false".to_owned());
        }
    }

    fn add_group(
        &mut self,
        group: &Arc<Group>,
        parent: Option<ResourceId>,
        instance: Option<u32>,
    ) -> Option<ResourceId> {
        let common = Common {
            id: &group.id,
            description: group.description.as_deref(),
            attributes: &group.attributes,
            meta: &group.meta,
            parameters: &group.parameters,
            agent: Agent::default(),
        };
        let undecided = GroupSettings { ordered: true, colocated: true };
        let id = self.add_common(&common, Variant::Group(undecided), parent, instance);
        let says_no = |name: &str| self.resources[id].meta(name).is_some_and(|t| literal::boolean(t) == Ok(false));
        let settings = GroupSettings { ordered: !says_no("ordered"), colocated: !says_no("collocated") };
        self.resources[id].variant = Variant::Group(settings);
        let promotable = self.resources[self.top_of(id)].promotable;
        for member in &group.members {
            if promotable && !self.can_be_promoted(member) {
                continue;
            }
            let made = self.add_primitive(member, Some(id), instance);
            self.resources[id].children.extend(made);
        }
        Some(id)
    }

    pub(super) fn add_clone(
        &mut self,
        clone: &Arc<crate::cib::model::resource::CloneConfig>,
        parent: Option<ResourceId>,
    ) -> Option<ResourceId> {
        let common = Common {
            id: &clone.id,
            description: clone.description.as_deref(),
            attributes: &clone.attributes,
            meta: &clone.meta,
            parameters: &clone.parameters,
            agent: Agent::default(),
        };
        if !self.may_be_made(&common, parent, &clone.of) {
            return None;
        }
        let mut settings = CloneSettings {
            max: 0,
            node_max: 1,
            promoted_max: 1,
            promoted_node_max: 1,
            ordered: false,
            interleave: false,
            min: 0,
            of: clone.of.clone(),
            made: 0,
        };
        let id = self.add_common(&common, Variant::Clone(settings.clone()), parent, None);
        let resource = &self.resources[id];
        let number = |name: &str, old: &str, default: u32| {
            let text = resource.meta(name).or_else(|| resource.meta(old));
            text.map_or(default, |text| text.trim().parse::<i64>().map_or(default, |n| n.clamp(0, 1_000_000) as u32))
        };
        settings.promoted_max = number("promoted-max", "master-max", 1);
        settings.promoted_node_max = number("promoted-node-max", "master-node-max", 1);
        settings.node_max = number("clone-node-max", "", 1);
        settings.max = number("clone-max", "", (self.existing().count() as u32).max(1));
        settings.min = number("clone-min", "", 0);
        settings.ordered = resource.meta_is_true("ordered");
        settings.interleave = resource.meta_is_true("interleave");
        if !resource.unique && settings.node_max > 1 {
            let why = "clone-node-max is ignored because anonymous clones have one instance per node";
            settings.node_max = 1;
            self.error(&clone.id, why);
        }
        let instances = settings.max.max(1);
        let unique = self.resources[id].unique;
        self.resources[id].variant = Variant::Clone(settings);
        let meta = &mut self.resources[id].meta;
        meta.entry("resource-stickiness".to_owned()).or_insert_with(|| "1".to_owned());
        meta.insert("globally-unique".to_owned(), unique.to_string());
        for _ in 0..instances {
            self.add_instance(id);
        }
        Some(id)
    }

    /// Whether a clone has anything to clone: only OCF agents can be promoted.
    fn may_be_made(&mut self, common: &Common, parent: Option<ResourceId>, of: &Cloned) -> bool {
        let meta = self.settle_meta(common, parent, None);
        let promotable = meta.get("promotable").is_some_and(|text| literal::boolean(text) == Ok(true));
        !promotable
            || match of {
                Cloned::Primitive(primitive) => self.can_be_promoted(primitive),
                Cloned::Group(group) => group.members.iter().any(|member| self.can_be_promoted(member)),
            }
    }

    pub(super) fn can_be_promoted(&mut self, primitive: &Primitive) -> bool {
        let is_ocf = primitive.agent.class.eq_ignore_ascii_case("ocf");
        if !is_ocf {
            self.error(&primitive.id, "ignored in a promotable clone because only OCF agents can be promoted");
            // Ignored or not, a device was met.
            self.have_fencing |= primitive.agent.is_fence_device();
        }
        is_ocf
    }

    /// One more instance of a clone; beyond its maximum it only stands for what must be stopped.
    pub(super) fn add_instance(&mut self, clone: ResourceId) -> ResourceId {
        let Variant::Clone(settings) = &mut self.resources[clone].variant else {
            panic!("only clones have instances, and this is {}", self.resources[clone].id)
        };
        let (number, max, of) = (settings.made, settings.max, settings.of.clone());
        settings.made += 1;
        let made = match &of {
            Cloned::Primitive(primitive) => self.add_primitive(primitive, Some(clone), Some(number)),
            Cloned::Group(group) => self.add_group(group, Some(clone), Some(number)),
        };
        let instance = made.expect("primitives and groups can always be made");
        self.resources[clone].children.push(instance);
        if number >= max {
            for part in self.with_descendants(instance) {
                self.resources[part].removed = true;
            }
        }
        self.resources[instance].meta.insert("clone-max".to_owned(), max.to_string());
        instance
    }

    pub(super) fn add_common(
        &mut self,
        common: &Common,
        variant: Variant,
        parent: Option<ResourceId>,
        instance: Option<u32>,
    ) -> ResourceId {
        let name = instance.map_or_else(|| common.id.to_owned(), |number| format!("{}:{number}", common.id));
        let meta = self.settle_meta(common, parent, instance);
        let resource = Resource {
            id: name.as_str().into(),
            config_id: common.id.into(),
            history_id: None,
            variant,
            parent,
            children: Vec::new(),
            agent: common.agent.clone(),
            description: common.description.map(str::to_owned),
            meta,
            parameters: common.parameters.to_vec(),
            utilization: BTreeMap::new(),
            priority: Score::ZERO,
            stickiness: Score::ZERO,
            migration_threshold: Score::INFINITY,
            failure_timeout_ms: 0,
            multiple_active: MultipleActive::StopStart,
            managed: !self.options.maintenance_mode,
            maintenance: false,
            blocked: false,
            critical: true,
            notify: false,
            unique: true,
            promotable: false,
            migratable: false,
            fence_device: common.agent.is_fence_device(),
            remote_connection: common.agent.is_remote_connection(),
            removed: false,
            removed_launched: false,
            needs_quorum: false,
            needs_fencing: false,
            needs_unfencing: false,
            failed: false,
            stop_if_failed: false,
            failure_ignored: false,
            start_pending: false,
            role: Role::Stopped,
            target: Role::Unknown,
            target_reason: None,
            active_on: Vec::new(),
            known_on: BTreeSet::new(),
            never_probed_on: BTreeSet::new(),
            pending: None,
            partial_migration: None,
            dangling_migration_sources: Vec::new(),
            shutdown_lock: None,
            reconnect_interval_ms: 0,
            launcher: None,
            launched: Vec::new(),
            scores: NodeScores::none(self.nodes.len()),
        };
        let id = self.resources.push(resource);
        self.by_name.entry(name).or_insert(id);
        self.read_meta(id);
        let is_guest_connection =
            self.resources[id].remote_connection && self.resources[id].meta("container").is_some();
        if self.options.symmetric || is_guest_connection {
            for node in self.existing().collect::<Vec<_>>() {
                // Of nodes in containers, only an opt-in cluster's connections hear, to be banned there.
                if !self.options.symmetric || !self.contained.contains(&node) {
                    self.resources[id].scores.set(node, self.nodes[node].score);
                    self.note_container(id, node);
                }
            }
        }
        id
    }

    /// Own attributes, own blocks, the parents' blocks, the defaults, and last all that the parent has.
    fn settle_meta(
        &mut self,
        common: &Common,
        parent: Option<ResourceId>,
        instance: Option<u32>,
    ) -> BTreeMap<String, String> {
        let facts = Facts {
            class: Some(common.agent.class.as_str()).filter(|class| !class.is_empty()),
            provider: common.agent.provider.as_deref(),
            agent: Some(common.agent.kind.as_str()).filter(|kind| !kind.is_empty()),
            ..Facts::default()
        };
        let now = self.input.now;
        let mut meta = common.attributes.clone();
        if let Some(number) = instance {
            meta.insert("clone".to_owned(), number.to_string());
        }
        settle(common.meta, None, &facts, now, &mut self.recheck, &mut meta);
        let mut inherited = BTreeMap::new();
        let mut ancestor = parent;
        while let Some(id) = ancestor {
            if let Some(sets) = self.config_meta.get(self.resources[id].config_id.as_str()) {
                settle(sets, None, &facts, now, &mut self.recheck, &mut inherited);
            }
            ancestor = self.resources[id].parent;
        }
        fill(&mut meta, &inherited);
        settle(&self.model.resource_defaults, None, &facts, now, &mut self.recheck, &mut meta);
        if let Some(parent) = parent {
            fill(&mut meta, &self.resources[parent].meta);
        }
        meta
    }

    /// Turns the meta-attributes everything depends on into types.
    fn read_meta(&mut self, id: ResourceId) {
        let top = self.top_of(id);
        let top_is_clone = self.resources[top].is_clone();
        let in_maintenance = self.options.maintenance_mode;
        let mut complaints = Vec::new();
        let resource = &mut self.resources[id];
        let mut score = |name: &str, default: Score| match resource.meta.get(name).map(String::as_str) {
            None | Some("default") => default,
            Some(text) => Score::parse(text).unwrap_or_else(|| {
                complaints.push(format!("using the default because '{text}' is not a valid {name}"));
                default
            }),
        };
        resource.priority = score("priority", Score::ZERO);
        resource.stickiness = score("resource-stickiness", Score::ZERO);
        resource.migration_threshold = score("migration-threshold", Score::INFINITY);
        if resource.migration_threshold < Score::ZERO {
            resource.migration_threshold = Score::INFINITY;
        }
        resource.critical = resource.meta("critical").is_none_or(|t| literal::boolean(t) == Ok(true));
        resource.notify = resource.meta_is_true("notify");
        let is_plain_remote = resource.remote_connection && resource.meta("container").is_none();
        resource.migratable = match resource.meta("allow-migrate") {
            Some(text) => literal::boolean(text) == Ok(true),
            None => is_plain_remote,
        };
        match resource.meta("is-managed") {
            None => {}
            Some(text) if text.eq_ignore_ascii_case("default") => {}
            Some(text) => resource.managed = literal::boolean(text) == Ok(true),
        }
        if resource.meta_is_true("maintenance") || in_maintenance {
            resource.managed = false;
            resource.maintenance = true;
        }
        if top_is_clone {
            resource.unique = is_unique(resource);
            resource.promotable = resource.meta_is_true("promotable");
        }
        resource.multiple_active = match resource.meta("multiple-active").map(str::to_ascii_lowercase).as_deref() {
            Some("stop_only") => MultipleActive::StopOnly,
            Some("block") => MultipleActive::Block,
            Some("stop_unexpected") => MultipleActive::StopUnexpected,
            None | Some("stop_start") => MultipleActive::StopStart,
            Some(other) => {
                complaints.push(format!("'{other}' is not a valid multiple-active, using stop_start"));
                MultipleActive::StopStart
            }
        };
        if let Some(timeout) = resource.meta("failure-timeout").and_then(Interval::parse) {
            resource.failure_timeout_ms = timeout.ms();
        }
        if resource.fence_device {
            self.have_fencing = true;
        }
        let name = self.resources[id].id.to_string();
        for complaint in complaints {
            self.warn(&name, &complaint);
        }
        let requires = self.resources[id].meta("requires").map(str::to_owned);
        self.read_requires(id, requires.as_deref());
        if is_plain_remote {
            self.read_reconnect_interval(id);
        }
        if let Some(role) = self.configured_target(id) {
            self.resources[id].target = role;
        }
    }

    fn read_reconnect_interval(&mut self, id: ResourceId) {
        let parameters = self.parameters_on(id, None);
        if let Some(interval) = parameters.get("reconnect_interval").and_then(|text| Interval::parse(text)) {
            self.resources[id].reconnect_interval_ms = interval.ms();
            self.resources[id].failure_timeout_ms = interval.ms();
        }
    }

    fn read_requires(&mut self, id: ResourceId, wanted: Option<&str>) {
        use crate::cib::model::options::NoQuorumPolicy;
        let fencing_enabled = self.options.fencing_enabled;
        let resource = &self.resources[id];
        let default = if resource.fence_device || (resource.remote_connection && resource.is_primitive()) {
            "quorum"
        } else if self.unfencing_enabled {
            "unfencing"
        } else if fencing_enabled {
            "fencing"
        } else if self.no_quorum_policy == NoQuorumPolicy::Ignore {
            "nothing"
        } else {
            "quorum"
        };
        let known = ["nothing", "quorum", "fencing", "unfencing"];
        let lower = wanted.map(str::to_ascii_lowercase);
        let mut value = lower.as_deref().filter(|word| known.contains(word)).unwrap_or(default);
        let name = resource.id.to_string();
        if let Some(wrong) = wanted.filter(|word| !known.contains(&word.to_ascii_lowercase().as_str())) {
            self.error(&name, &format!("using requires={default} because '{wrong}' is not valid"));
        }
        if value == "fencing" && wanted.is_some() && !fencing_enabled {
            self.warn(&name, "requires fencing but fencing is disabled");
        }
        if value == "unfencing" && (self.resources[id].fence_device || !fencing_enabled) {
            self.warn(&name, "using requires=quorum because unfencing is not possible");
            value = "quorum";
        }
        let resource = &mut self.resources[id];
        resource.needs_quorum = value == "quorum";
        resource.needs_fencing = matches!(value, "fencing" | "unfencing");
        resource.needs_unfencing = value == "unfencing";
    }

    /// `target-role`, where it asks for less than the default.
    pub(super) fn configured_target(&mut self, id: ResourceId) -> Option<Role> {
        let text = self.resources[id].meta("target-role")?;
        if text.eq_ignore_ascii_case("started") || text.eq_ignore_ascii_case("default") {
            return None;
        }
        let (text, name) = (text.to_owned(), self.resources[id].id.to_string());
        let Some(role) = Role::parse(&text) else {
            self.error(&name, &format!("ignoring target-role because '{text}' is not valid"));
            return None;
        };
        if role <= Role::Started {
            return Some(role);
        }
        if !self.resources[self.top_of(id)].promotable {
            self.error(&name, &format!("ignoring target-role because '{text}' only makes sense for promotable clones"));
            return None;
        }
        (role == Role::Unpromoted).then_some(role)
    }

    pub(super) fn set_target(&mut self, id: ResourceId, role: Role, why: &str) {
        let resource = &mut self.resources[id];
        if resource.target != role {
            resource.target = role;
            resource.target_reason = Some(why.to_owned());
        }
    }

    /// The uppermost collective below a bundle.
    pub(super) fn top_of(&self, id: ResourceId) -> ResourceId {
        let mut top = id;
        while let Some(parent) = self.resources[top].parent.filter(|parent| !self.resources[*parent].is_bundle()) {
            top = parent;
        }
        top
    }

    pub(super) fn with_descendants(&self, id: ResourceId) -> Vec<ResourceId> {
        let mut all = vec![id];
        let mut at = 0;
        while at < all.len() {
            all.extend(self.resources[all[at]].children.iter().copied());
            at += 1;
        }
        all
    }

    /// Instance parameters as one node sees them.
    pub(super) fn parameters_on(&self, id: ResourceId, node: Option<NodeId>) -> BTreeMap<String, String> {
        super::parameters_on(&self.resources, &self.nodes, self.input.now, id, node)
    }

    fn link_launchers(&mut self) {
        for id in self.resources.ids() {
            if !self.resources[id].is_primitive() {
                continue;
            }
            let Some(launcher) = self.resources[id].meta("container").map(str::to_owned) else { continue };
            if self.resources[id].id == launcher.as_str() {
                continue;
            }
            match self.by_name.get(&launcher).copied() {
                Some(launcher) => {
                    self.resources[id].launcher = Some(launcher);
                    self.resources[launcher].launched.push(id);
                }
                None => {
                    let name = self.resources[id].id.to_string();
                    self.error(&name, &format!("its container {launcher} is unknown"));
                }
            }
        }
        for id in self.resources.ids() {
            if self.resources[id].remote_connection && self.resources[id].is_primitive() {
                self.link_remote_node(id);
            }
        }
    }

    pub(super) fn link_remote_node(&mut self, connection: ResourceId) {
        let name = self.resources[connection].id.clone();
        let Some(node) = self.node_by_name(&name) else { return };
        self.nodes[node].connection = Some(connection);
        if self.resources[connection].launcher.is_none() {
            self.nodes[node].unclean = self.options.startup_fencing;
        } else {
            self.nodes[node].attributes.insert("#kind".to_owned(), "container".to_owned());
        }
    }

    /// In a node inside of a container, others are never looked for.
    pub(super) fn note_container(&mut self, id: ResourceId, node: NodeId) {
        if self.contained.contains(&node) {
            self.resources[id].never_probed_on.insert(node);
        }
    }

    /// Adds to the score of a resource and all below it, on one node or on all.
    pub(super) fn lean(&mut self, id: ResourceId, node: Option<NodeId>, score: Score) {
        for part in self.with_descendants(id) {
            let nodes = node.map_or_else(|| self.existing().collect(), |node| vec![node]);
            for node in nodes {
                if !self.resources[part].scores.contains(node) {
                    self.note_container(part, node);
                }
                self.resources[part].scores.add(node, score, self.nodes[node].score);
            }
        }
    }
}

fn is_unique(resource: &Resource) -> bool {
    match resource.meta("globally-unique") {
        Some(text) => literal::boolean(text) == Ok(true),
        None => {
            resource.meta("clone-node-max").and_then(|text| text.trim().parse::<i64>().ok()).is_some_and(|max| max > 1)
        }
    }
}

fn fill(meta: &mut BTreeMap<String, String>, from: &BTreeMap<String, String>) {
    for (name, value) in from {
        if !value.eq_ignore_ascii_case("#default") && !meta.contains_key(name) {
            meta.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_instance;

    #[test]
    fn only_a_number_after_a_colon_is_an_instance() {
        for (name, base) in [("p1:12", "p1"), ("p1", "p1"), ("a:b", "a:b"), ("p1:", "p1:"), ("x:y:0", "x:y")] {
            assert_eq!(without_instance(name), base);
        }
    }
}
