//! How resources stand above and below one another: members in groups, groups in clones, clones in bundles.
//!
//! In: the table of resources. Out: the way up from one, and all below one. Never here: what any of it means.

use super::super::table::{ResourceId, Table};
use super::resource::Resource;

/// A bundle holds a clone, that a group, and that a primitive; nothing is nested deeper.
const LEVELS_MAX: usize = 4;

impl Table<ResourceId, Resource> {
    /// The resource, what it is part of, what that is part of, up to the top.
    pub fn lineage(&self, id: ResourceId) -> impl Iterator<Item = ResourceId> {
        let upwards = std::iter::successors(Some(id), |at| self[*at].parent);
        upwards.enumerate().map(move |(level, at)| {
            assert!(level < LEVELS_MAX, "{} is nested deeper than anything can be", self[id].id);
            at
        })
    }

    /// What a resource is part of, the nearest first.
    pub fn above(&self, id: ResourceId) -> impl Iterator<Item = ResourceId> {
        self.lineage(id).skip(1)
    }

    /// The uppermost collective a resource is part of, a bundle not counted.
    pub fn top_of(&self, id: ResourceId) -> ResourceId {
        self.above(id).take_while(|above| !self[*above].is_bundle()).last().unwrap_or(id)
    }

    /// The resource and all below it, parents before children.
    pub fn with_descendants(&self, id: ResourceId) -> Vec<ResourceId> {
        let mut all = vec![id];
        let mut at = 0;
        while at < all.len() {
            assert!(all.len() <= self.len(), "{} is a part of itself", self[id].id);
            all.extend(self[all[at]].children.iter().copied());
            at += 1;
        }
        all
    }
}
