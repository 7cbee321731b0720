//! Resource sets, with tags and templates in them replaced by what they stand for.
//!
//! In: sets as written. Out: sets of resources only.

use super::Builder;
use crate::cib::model::constraint::ResourceSet;

/// A name in a constraint between two.
pub(super) enum Named {
    Resource,
    Tag(Vec<String>),
}

impl Builder<'_> {
    pub(super) fn named(&mut self, constraint: &str, name: &str) -> Option<Named> {
        if self.resource(name).is_some() {
            return Some(Named::Resource);
        }
        let tag = self.tags.get(name).cloned().map(Named::Tag);
        if tag.is_none() {
            let why = self.stands_for_nothing(name);
            self.ignore(constraint, name, &why);
        }
        tag
    }

    /// Sets that name something unknown stay as they are: who uses them says so.
    pub(super) fn with_tags_in_sets(&self, sets: &[ResourceSet]) -> Vec<ResourceSet> {
        let known = |name: &String| self.resource(name).is_some() || self.tags.contains_key(name.as_str());
        if !sets.iter().flat_map(|set| &set.resources).all(known) {
            return sets.to_vec();
        }
        sets.iter().map(|set| ResourceSet { resources: self.without_tags(&set.resources), ..set.clone() }).collect()
    }

    fn without_tags(&self, names: &[String]) -> Vec<String> {
        let expanded = names.iter().flat_map(|name| match self.resource(name) {
            Some(_) => vec![name.clone()],
            None => self.tags.get(name.as_str()).cloned().unwrap_or_default(),
        });
        expanded.collect()
    }

    /// What a single name becomes where the other side is a tag: a set of its own.
    pub(super) fn set_of(name: &str, named: &Named) -> ResourceSet {
        let (resources, sequential) = match named {
            Named::Resource => (vec![name.to_owned()], None),
            Named::Tag(members) => (members.clone(), Some(false)),
        };
        ResourceSet {
            id: name.to_owned(),
            sequential,
            require_all: None,
            ordering: None,
            action: None,
            role: None,
            score: None,
            kind: None,
            resources,
        }
    }
}
