//! Resources as seen: the configured tree with instances, where and as what each runs.

use std::collections::BTreeMap;

use super::Builder;
use super::history::Deed;
use crate::cib::model::resource::{Cloned, ResourceConfig, Role};
use crate::exit;
use crate::scheduler::resolve::{BundleSettings, CloneSettings, Replica, Resource, Variant};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::status::OperationRecord;
use crate::view::cluster::{
    BundleView, CloneView, Common, GroupView, InstanceView, Mention, PrimitiveView, ReplicaView, ResourceView,
};

impl Builder<'_> {
    pub(super) fn resources(&self) -> Vec<ResourceView> {
        self.situation.top.iter().map(|id| self.view_of(*id)).collect()
    }

    /// Made by the cluster itself; the guest node's own line tells of it.
    fn is_guest_connection(&self, id: ResourceId) -> bool {
        self.resource(id).meta_is_true("internal_rsc")
    }

    fn view_of(&self, id: ResourceId) -> ResourceView {
        let resource = self.resource(id);
        match &resource.variant {
            Variant::Primitive(_) => ResourceView::Primitive(self.primitive(id)),
            Variant::Group(_) => ResourceView::Group(self.group(id)),
            Variant::Clone(settings) => ResourceView::Clone(self.clone_view(id, settings)),
            Variant::Bundle(settings) => ResourceView::Bundle(self.bundle(id, settings)),
        }
    }

    fn common(&self, id: ResourceId) -> Common {
        let resource = self.resource(id);
        Common {
            id: resource.printed_id().to_string(),
            managed: resource.managed,
            maintenance: resource.maintenance,
            disabled: self.is_disabled(id),
            target_role: self.written_target(id).map(str::to_string),
            orphaned: resource.removed,
            blocked: resource.blocked,
            failed: resource.failed,
            failure_ignored: resource.failure_ignored,
            active: self.active(id, false),
            fully_active: self.active(id, true),
            description: resource.description.clone(),
            implicit: self.is_guest_connection(id),
            asked_for: false,
        }
    }

    /// Whether any, or all, of a resource runs.
    fn active(&self, id: ResourceId, all: bool) -> bool {
        let resource = self.resource(id);
        if resource.is_primitive() {
            return resource.active_on.iter().any(|node| self.counts_as_active(resource, *node));
        }
        let mut children = resource.children.iter().map(|child| self.active(*child, all));
        match all {
            true => !resource.children.is_empty() && children.all(|active| active),
            false => children.any(|active| active),
        }
    }

    /// On a node that is down in good order nothing runs, unless nobody looks after the resource.
    fn counts_as_active(&self, resource: &Resource, node: NodeId) -> bool {
        let node = &self.situation.nodes[node];
        node.unclean || node.online || !resource.managed
    }

    pub(super) fn primitive(&self, id: ResourceId) -> PrimitiveView {
        let resource = self.resource(id);
        let promotable = self.top_of(id).promotable;
        let role = match resource.role {
            Role::Started if promotable => Role::Unpromoted,
            Role::Unknown => Role::Stopped,
            role => role,
        };
        PrimitiveView {
            common: self.common(id),
            instance_id: resource.id.to_string(),
            agent: resource.agent.to_string(),
            role,
            promotable,
            nodes: resource.active_on.iter().map(|node| self.node_ref(*node)).collect(),
            current: self.current_node(id),
            pending: resource.pending.as_ref().map(|pending| pending.task.clone()),
            pending_on: resource.pending.as_ref().map(|pending| self.node_ref(pending.node)),
            probe_failure: self.probe_failure(id, resource.pending.as_ref().map(|pending| pending.node)),
            locked_to: resource.shutdown_lock.map(|(node, _)| self.node_ref(node)),
        }
    }

    fn current_node(&self, id: ResourceId) -> Option<usize> {
        let node = self.situation.active_node(id)?;
        self.resource(id).active_on.iter().position(|other| *other == node)
    }

    fn top_of(&self, id: ResourceId) -> &Resource {
        let mut resource = self.resource(id);
        while let Some(parent) =
            resource.parent.map(|parent| self.resource(parent)).filter(|parent| !parent.is_bundle())
        {
            resource = parent;
        }
        resource
    }

    /// Why a probe could not tell, on one node or on any; a clone is known by what it is a clone of.
    fn probe_failure(&self, id: ResourceId, node: Option<NodeId>) -> Option<String> {
        let name = match self.top_of(id).clone_settings().map(|settings| &settings.of) {
            Some(Cloned::Primitive(primitive)) => primitive.id.as_str(),
            Some(Cloned::Group(group)) => group.id.as_str(),
            None => self.resource(id).id.as_str(),
        };
        let failed = self.situation.failed_operations.iter().find(|failed| {
            failed.record.is_maskable_probe()
                && node.is_none_or(|node| node == failed.node)
                && Deed::of(failed.record.key()).resource == name
        });
        failed.map(|failed| exit_words(&failed.record).to_string())
    }

    fn group(&self, id: ResourceId) -> GroupView {
        let mut common = self.common(id);
        let name = std::mem::replace(&mut common.id, self.resource(id).id.to_string());
        let members: Vec<PrimitiveView> =
            self.resource(id).children.iter().map(|child| self.primitive(*child)).collect();
        let inactive = members.iter().filter(|member| !member.common.active).count();
        GroupView { common, name, inactive, reach: members.len(), members }
    }

    fn clone_view(&self, id: ResourceId, settings: &CloneSettings) -> CloneView {
        let resource = self.resource(id);
        let of = match &settings.of {
            Cloned::Primitive(primitive) => primitive.id.clone(),
            Cloned::Group(group) => group.id.clone(),
        };
        CloneView {
            common: self.common(id),
            of,
            promotable: resource.promotable,
            unique: resource.unique,
            max: settings.max as usize,
            instances: resource.children.iter().map(|child| self.instance(*child, resource.unique)).collect(),
            absent: if resource.unique { Vec::new() } else { self.absent_from(id) },
        }
    }

    fn instance(&self, id: ResourceId, unique: bool) -> InstanceView {
        let mention = if unique { Mention::Alone } else { self.mention(id) };
        InstanceView { resource: self.view_of(id), mention, changing: self.resource(id).pending.is_some() }
    }

    /// How an instance is mentioned in the short form of its clone.
    fn mention(&self, id: ResourceId) -> Mention {
        if !self.active(id, false) {
            return Mention::Nowhere;
        }
        let leaves = self.leaves(id);
        let remarkable = |leaf: &&Resource| leaf.removed || !leaf.managed || leaf.failed;
        if leaves.iter().any(remarkable) || !self.active(id, true) {
            return Mention::Alone;
        }
        let mut nodes: Vec<NodeId> = leaves.iter().flat_map(|leaf| leaf.active_on.iter().copied()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let [node] = nodes[..] else { return Mention::Alone };
        let node = &self.situation.nodes[node];
        if !node.online && node.unclean {
            return Mention::Alone;
        }
        let name = node.name.to_string();
        let role = leaves.iter().map(|leaf| leaf.role).max().unwrap_or_default();
        if role > Role::Unpromoted { Mention::Promoted(name) } else { Mention::Started(name) }
    }

    fn leaves(&self, id: ResourceId) -> Vec<&Resource> {
        let resource = self.resource(id);
        match resource.children.is_empty() {
            true => vec![resource],
            false => resource.children.iter().flat_map(|child| self.leaves(*child)).collect(),
        }
    }

    /// Where no instance runs, by what is to be said of it.
    fn absent_from(&self, id: ResourceId) -> Vec<(String, Vec<String>)> {
        let resource = self.resource(id);
        let running: Vec<NodeId> = self.leaves(id).iter().flat_map(|leaf| leaf.active_on.iter().copied()).collect();
        let disabled = self.written_target(id).and_then(Role::parse) == Some(Role::Stopped);
        let mut by_words: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (node_id, node) in self.situation.nodes.iter() {
            if running.contains(&node_id) || !self.may_run_on(resource, node_id) {
                continue;
            }
            let words = match self.probe_failure(id, Some(node_id)) {
                Some(failure) => format!("Stopped ({failure})"),
                None if disabled => "Stopped (disabled)".to_string(),
                None => "Stopped".to_string(),
            };
            by_words.entry(words).or_default().push(node.name.to_string());
        }
        by_words.into_iter().collect()
    }

    /// What a resource is meant to be; a clone by its own word or its instances'.
    fn written_target(&self, id: ResourceId) -> Option<&str> {
        let resource = self.resource(id);
        let of_instances = || {
            let first = resource.children.first().filter(|_| resource.is_clone())?;
            self.resource(*first).meta("target-role")
        };
        resource.meta("target-role").or_else(of_instances)
    }

    /// Nodes the resource has a score for; in an opt-in cluster, those it is known on.
    fn may_run_on(&self, resource: &Resource, node: NodeId) -> bool {
        if resource.scores.is_empty() { resource.known_on.contains(&node) } else { resource.scores.contains(node) }
    }

    fn replica(&self, replica: &Replica) -> ReplicaView {
        ReplicaView {
            number: replica.number as usize,
            ip_address: replica.address.clone(),
            ip: replica.ip.map(|ip| self.primitive(ip)),
            child: replica.inside.map(|inside| self.primitive(inside)),
            container: self.primitive(replica.container),
            remote: replica.remote.map(|remote| self.primitive(remote)),
            without_container: false,
        }
    }

    fn bundle(&self, id: ResourceId, settings: &BundleSettings) -> BundleView {
        let common = self.common(id);
        let config = self.situation.model.resources.iter().find_map(|config| match config {
            ResourceConfig::Bundle(bundle) if bundle.id == common.id => Some(bundle),
            _ => None,
        });
        let container = |name: &str| config.and_then(|bundle| bundle.container.get(name).cloned());
        BundleView {
            in_parts: false,
            configured: settings.replicas.len(),
            engine: config.map(|bundle| bundle.engine.clone()).unwrap_or_default(),
            image: container("image").unwrap_or_default(),
            unique: container("replicas-per-host").is_some_and(|text| text.parse::<u32>().is_ok_and(|count| count > 1)),
            replicas: settings.replicas.iter().map(|replica| self.replica(replica)).collect(),
            common,
        }
    }
}

/// An operation's exit code in words.
pub(super) fn exit_words(record: &OperationRecord) -> &'static str {
    exit::text(record.exit_code.unwrap_or(exit::MAX))
}
