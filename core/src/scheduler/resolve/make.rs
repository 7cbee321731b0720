//! From what is configured to a tree of resources: groups get members, clones get instances.
//!
//! In: the typed configuration. Out: [`Resource`]s in the `Resolver`, linked to their containers and nodes.
//! Never here: what their meta-attributes say (see `meta`), state from history (see `history`).

use super::resource::{CloneSettings, GroupSettings, MultipleActive, Resource, Variant};
use super::{INSTANCES_MAX, Resolver};
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::resource::{Agent, Cloned, Group, Primitive, ResourceConfig, Role};
use crate::rules::{Facts, evaluate_sets};
use crate::scheduler::scores::NodeScores;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use quorate_grammar::literal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// A resource whose meta-attributes, history and nodes nobody has looked at.
fn unread(common: &Common, name: &str, variant: Variant) -> Resource {
    Resource {
        id: name.into(),
        config_id: common.id.into(),
        history_id: None,
        variant,
        parent: None,
        children: Vec::new(),
        agent: common.agent.clone(),
        description: common.description.map(str::to_owned),
        meta: BTreeMap::new(),
        parameters: common.parameters.to_vec(),
        utilization: BTreeMap::new(),
        priority: Score::ZERO,
        stickiness: Score::ZERO,
        migration_threshold: Score::INFINITY,
        failure_timeout_ms: 0,
        multiple_active: MultipleActive::StopStart,
        managed: true,
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
        scores: NodeScores::none(0),
    }
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
            self.check_guest_name(&primitive);
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
        let top = self.resources.top_of(id);
        let is_unique_instance = self.resources[id].unique && self.resources[top].is_clone();
        if is_unique_instance && !may_be_unique(&primitive.agent.class) {
            self.make_anonymous(top, id);
        }
        let mut utilization = BTreeMap::new();
        evaluate_sets(
            &primitive.utilization,
            None,
            &Facts::default(),
            self.input.now,
            &mut self.recheck,
            &mut utilization,
        );
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
        let mut affected = self.resources.with_descendants(clone);
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
        let promotable = self.resources[self.resources.top_of(id)].promotable;
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
        let undecided = CloneSettings {
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
        let id = self.add_common(&common, Variant::Clone(undecided.clone()), parent, None);
        let settings = self.read_clone_settings(id, undecided);
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

    fn read_clone_settings(&mut self, id: ResourceId, mut settings: CloneSettings) -> CloneSettings {
        let resource = &self.resources[id];
        let number = |name: &str, old: &str, default: u32| {
            let text = resource.meta(name).or_else(|| resource.meta(old));
            text.map_or(default, |text| literal::cib::at_least(0, text).min(1_000_000) as u32)
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
            self.error_of(id, "clone-node-max", why);
        }
        if settings.max > INSTANCES_MAX {
            let why = format!("clone-max is taken to be {INSTANCES_MAX}, the most that is supported");
            self.error_of(id, "clone-max", &why);
            settings.max = INSTANCES_MAX;
        }
        settings
    }

    /// Whether a clone has anything to clone: only OCF agents can be promoted.
    fn may_be_made(&mut self, common: &Common, parent: Option<ResourceId>, of: &Cloned) -> bool {
        let meta = self.evaluate_meta(common, parent, None);
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
            for part in self.resources.with_descendants(instance) {
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
        let meta = self.evaluate_meta(common, parent, instance);
        let resource = Resource {
            parent,
            meta,
            managed: !self.options.maintenance_mode,
            scores: NodeScores::none(self.nodes.len()),
            ..unread(common, &name, variant)
        };
        let id = self.resources.push(resource);
        self.by_name.entry(name).or_insert(id);
        self.read_meta(id);
        self.score_nodes(id);
        id
    }

    /// The nodes a resource may be on before any constraint: all, or none in an opt-in cluster.
    fn score_nodes(&mut self, id: ResourceId) {
        let resource = &self.resources[id];
        let is_guest_connection = resource.remote_connection && resource.meta("container").is_some();
        if !self.options.symmetric && !is_guest_connection {
            return;
        }
        for node in self.existing().collect::<Vec<_>>() {
            // Of nodes in containers, only an opt-in cluster's connections hear, to be banned there.
            if !self.options.symmetric || !self.contained.contains(&node) {
                self.resources[id].scores.set(node, self.nodes[node].score);
                self.note_container(id, node);
            }
        }
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
                    self.error_of(id, "container", &format!("its container {launcher} is unknown"));
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
    pub(super) fn add_score(&mut self, id: ResourceId, node: Option<NodeId>, score: Score) {
        for part in self.resources.with_descendants(id) {
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
