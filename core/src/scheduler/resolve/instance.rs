//! Which resource or instance a history belongs to.
//!
//! In: a resource name from a node's history. Out: the resource; made on the spot when none is left for it.
//! Never here: what the history says.

use super::Resolver;
use super::resource::{Variant, without_instance};
use crate::cib::model::resource::{Agent, Primitive};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use crate::status::ResourceHistory;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Resolver<'_> {
    pub(super) fn resource_of_history(&mut self, node: NodeId, history: &ResourceHistory) -> Option<ResourceId> {
        let name = history.id();
        let instance = || {
            let first = format!("{}:0", without_instance(name));
            self.by_name.get(&first).copied().filter(|first| !self.resources[*first].unique)
        };
        let found = match self.by_name.get(name).copied() {
            Some(exact) if !self.resources[exact].is_primitive() => None,
            // What one node's history made of a name may be an instance on another, if one was called so before.
            Some(exact) if self.resources[exact].removed => {
                instance().filter(|first| self.was_called(*first, name)).or(Some(exact))
            }
            Some(exact) => Some(exact),
            None => instance(),
        };
        let found = found.and_then(|resource| {
            let top = self.resources.top_of(resource);
            if !self.resources[top].is_clone() || self.resources[top].unique {
                return Some(resource);
            }
            match self.instance_in_bundle(top, node) {
                Some(instance) => instance,
                None => Some(self.instance_for(node, top, without_instance(name))),
            }
        });
        if let Some(resource) = found {
            let row = &mut self.resources[resource];
            if row.id != name && row.history_id.as_deref() != Some(name) {
                row.history_id = Some(name.to_owned());
            }
        }
        found
    }

    /// Whether a history gave this name to an instance of the same clone.
    fn was_called(&self, instance: ResourceId, name: &str) -> bool {
        let all = self.resources.with_descendants(self.resources.top_of(instance));
        all.into_iter().any(|part| self.resources[part].history_id.as_deref() == Some(name))
    }

    /// Which instance of an anonymous clone shall be the one that this node's history tells of.
    fn instance_for(&mut self, node: NodeId, clone: ResourceId, base: &str) -> ResourceId {
        let mut here = None;
        let mut free = None;
        let mut already_here = false;
        for &child in &self.resources[clone].children {
            let places = self.places_of(child);
            match places.first() {
                Some(first) if *first == node => {
                    let part = self.part_called(child, base);
                    // A part that is active already was claimed by an earlier history of this node.
                    match part {
                        Some(part) if !self.resources[part].active_on.is_empty() => already_here = true,
                        part => here = part,
                    }
                }
                Some(_) => {}
                None if !already_here && free.is_none() && !self.resources[child].blocked => {
                    free = self.part_called(child, base).filter(|part| {
                        self.resources[*part].pending.as_ref().is_none_or(|pending| pending.node == node)
                    });
                }
                None => {}
            }
            if here.is_some() {
                break;
            }
        }
        let chosen = here.or(free.filter(|_| !already_here)).filter(|part| self.may_take(node, clone, *part));
        chosen.unwrap_or_else(|| {
            let extra = self.add_instance(clone);
            self.part_called(extra, base).unwrap_or(extra)
        })
    }

    /// An instance on a dead node is better left free, unless fencing will bring it back or every node has one.
    fn may_take(&self, node: NodeId, clone: ResourceId, part: ResourceId) -> bool {
        let everywhere =
            self.resources[clone].clone_settings().is_some_and(|s| s.max as usize == self.existing().count());
        self.resources[part].needs_fencing || self.nodes[node].is_well() || self.is_guest(node) || everywhere
    }

    /// Nodes where an instance, or any part of it, is active or on its way.
    fn places_of(&self, id: ResourceId) -> Vec<NodeId> {
        let resource = &self.resources[id];
        if resource.children.is_empty() {
            let pending = resource.pending.as_ref().map(|pending| pending.node);
            return resource.active_on.iter().copied().chain(pending).collect();
        }
        resource.children.iter().flat_map(|child| self.places_of(*child)).collect()
    }

    fn part_called(&self, id: ResourceId, base: &str) -> Option<ResourceId> {
        let resource = &self.resources[id];
        if resource.config_id == base || resource.id == base {
            return Some(id);
        }
        resource.children.iter().find_map(|child| self.part_called(*child, base))
    }

    /// A resource that ran here and is not configured any more.
    pub(super) fn add_removed(&mut self, history: &ResourceHistory) -> ResourceId {
        let name = history.id().to_owned();
        let agent = Agent {
            class: history.class().unwrap_or_default().to_owned(),
            provider: history.provider().map(str::to_owned),
            kind: history.kind().unwrap_or_default().to_owned(),
        };
        let mut attributes = BTreeMap::from([("id".to_owned(), name.clone())]);
        for (name, value) in [
            ("class", history.class()),
            ("provider", history.provider()),
            ("type", history.kind()),
            ("container", history.container()),
        ] {
            if let Some(value) = value {
                attributes.insert(name.to_owned(), value.to_owned());
            }
        }
        let primitive = Primitive { id: name.clone(), agent, attributes, ..Primitive::default() };
        let id = self.add_primitive(&Arc::new(primitive), None, None).expect("a plain primitive can always be made");
        debug_assert!(matches!(self.resources[id].variant, Variant::Primitive(_)));
        if self.resources[id].remote_connection {
            match self.node_by_name(&name) {
                Some(node) => {
                    self.unborn.remove(&node);
                    self.link_remote_node(id);
                    self.nodes[node].shutdown = true;
                }
                None => self.missing = self.missing.take().or(Some(name)),
            }
        }
        self.resources[id].removed_launched = history.container().is_some();
        self.resources[id].removed = true;
        self.top.push(id);
        if self.options.stop_removed_resources {
            self.add_score(id, None, Score::MINUS_INFINITY);
        } else {
            self.resources[id].managed = false;
        }
        id
    }
}
