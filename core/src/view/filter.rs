//! What of a view is wanted: sections, detail, and only some nodes or resources.
//!
//! In: a view and [`Options`]. Out: a narrower view. Never here: reading a command line.

use super::cluster::{ClusterView, ResourceView};
use crate::time::Zone;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Summary,
    Stack,
    Dc,
    Times,
    Counts,
    Options,
    MaintenanceMode,
    Nodes,
    Resources,
    Attributes,
    FailCounts,
    Operations,
    Failures,
    FencingFailed,
    FencingSucceeded,
    FencingPending,
    Tickets,
    Bans,
}

impl Section {
    pub const ALL: [Section; 18] = [
        Self::Summary,
        Self::Stack,
        Self::Dc,
        Self::Times,
        Self::Counts,
        Self::Options,
        Self::MaintenanceMode,
        Self::Nodes,
        Self::Resources,
        Self::Attributes,
        Self::FailCounts,
        Self::Operations,
        Self::Failures,
        Self::FencingFailed,
        Self::FencingSucceeded,
        Self::FencingPending,
        Self::Tickets,
        Self::Bans,
    ];

    /// What the summary consists of.
    pub const SUMMARY: [Section; 6] =
        [Self::Stack, Self::Dc, Self::Times, Self::Counts, Self::Options, Self::MaintenanceMode];
}

/// A set of sections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sections(u32);

impl Sections {
    pub fn of(sections: &[Section]) -> Self {
        sections.iter().fold(Self::default(), |set, section| set.with(*section))
    }

    pub fn all() -> Self {
        Self::of(&Section::ALL)
    }

    /// What is shown when nothing else is asked for.
    pub fn usual() -> Self {
        Self::of(&[
            Section::Stack,
            Section::Dc,
            Section::Times,
            Section::Counts,
            Section::MaintenanceMode,
            Section::Nodes,
            Section::Resources,
            Section::Failures,
            Section::FencingFailed,
            Section::FencingPending,
        ])
    }

    #[must_use]
    pub const fn with(self, section: Section) -> Self {
        Self(self.0 | 1 << section as u32)
    }

    #[must_use]
    pub const fn without(self, section: Section) -> Self {
        Self(self.0 & !(1 << section as u32))
    }

    pub const fn has(self, section: Section) -> bool {
        self.0 & (1 << section as u32) != 0
    }

    #[must_use]
    pub const fn toggled(self, section: Section) -> Self {
        Self(self.0 ^ (1 << section as u32))
    }

    pub fn has_any(self, sections: &[Section]) -> bool {
        sections.iter().any(|section| self.has(*section))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub sections: Sections,
    /// How times are shown.
    pub zone: Zone,
    pub group_by_node: bool,
    /// Resources that do not run, too.
    pub inactive: bool,
    pub timing: bool,
    pub detail: bool,
    /// Failures as programs write them, whatever `detail` says.
    pub failures_in_full: bool,
    /// A line for each node, not lists of those that are alike.
    pub nodes_one_by_one: bool,
    pub brief: bool,
    pub description: bool,
    pub only_node: Option<String>,
    pub only_resource: Option<String>,
    /// Only bans whose id begins so.
    pub ban_prefix: String,
    pub pending: bool,
    /// Everything that was fenced, or only the newest of each kind and target.
    pub fencing_full: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sections: Sections::usual(),
            zone: Zone::default(),
            group_by_node: false,
            inactive: false,
            timing: false,
            detail: false,
            failures_in_full: false,
            nodes_one_by_one: false,
            brief: false,
            description: false,
            only_node: None,
            only_resource: None,
            ban_prefix: String::new(),
            pending: true,
            fencing_full: false,
        }
    }
}

impl Options {
    /// Does what an option of crm_mon without a value chooses, by its long name; false if it chooses nothing.
    pub fn choose(&mut self, name: &str) -> bool {
        let sections = self.sections;
        match name {
            "group-by-node" => self.group_by_node = true,
            "inactive" => self.inactive = true,
            "failcounts" => self.sections = sections.with(Section::FailCounts),
            "operations" => self.sections = sections.with(Section::Operations),
            "timing-details" => {
                self.timing = true;
                self.sections = sections.with(Section::Operations);
            }
            "tickets" => self.sections = sections.with(Section::Tickets),
            "neg-locations" => self.sections = sections.with(Section::Bans),
            "show-node-attributes" => self.sections = sections.with(Section::Attributes),
            "hide-headers" => self.sections = Section::SUMMARY.into_iter().fold(sections, Sections::without),
            // What differs from one call to the next.
            "quiet" => self.sections = sections.without(Section::Times),
            "show-detail" => self.detail = true,
            "show-description" => self.description = true,
            "brief" => self.brief = true,
            _ => return false,
        }
        true
    }

    pub fn shows(&self, section: Section) -> bool {
        self.sections.has(section)
    }
}

/// Keeps what the options' names allow.
pub fn narrow(view: &mut ClusterView, options: &Options) {
    if let Some(node) = &options.only_node {
        let is_it = |name: &str| name.eq_ignore_ascii_case(node);
        view.nodes.retain(|kept| is_it(&kept.name));
        view.attributes.retain(|kept| is_it(&kept.node));
        view.history.retain(|kept| is_it(&kept.node));
        view.failures.retain(|kept| is_it(&kept.node));
        view.bans.retain(|kept| is_it(&kept.node));
        view.fencing.retain(|kept| is_it(&kept.target));
        view.resources.iter_mut().for_each(|resource| leave_on(resource, &is_it));
    }
    if let Some(name) = &options.only_resource {
        view.resources.retain_mut(|resource| keep_named(resource, name));
        for history in &mut view.history {
            history.resources.retain(|kept| kept.id == *name);
        }
        for node in &mut view.nodes {
            node.running.retain(|kept| kept.common.id == *name || kept.instance_id == *name);
        }
        view.failures.retain(|kept| kept.resource == *name);
        view.bans.retain(|kept| kept.resource == *name);
    }
    view.bans.retain(|ban| ban.id.starts_with(&options.ban_prefix));
}

/// A digest lists only the nodes that are wanted.
fn leave_on(resource: &mut ResourceView, is_it: &impl Fn(&str) -> bool) {
    if let ResourceView::Clone(clone) = resource {
        for digest in [&mut clone.digest, &mut clone.digest_while_pending] {
            digest.promoted.retain(|name| is_it(name));
            digest.started.retain(|name| is_it(name));
            for (_, names) in &mut digest.stopped {
                names.retain(|name| is_it(name));
            }
            digest.stopped.retain(|(_, names)| !names.is_empty());
        }
    }
}

/// A collective is kept whole if it is named, else for the members that are.
fn keep_named(resource: &mut ResourceView, name: &str) -> bool {
    if resource.common().id == name {
        return true;
    }
    match resource {
        ResourceView::Primitive(primitive) => primitive.instance_id == name,
        ResourceView::Group(group) => {
            group.members.retain(|member| member.common.id == name || member.instance_id == name);
            !group.members.is_empty()
        }
        ResourceView::Clone(clone) => {
            clone.of == name || clone.instances.iter_mut().any(|instance| keep_named(instance, name))
        }
        ResourceView::Bundle(bundle) => bundle.replicas.iter().any(|replica| {
            replica.primitives().iter().any(|primitive| primitive.common.id == name || primitive.instance_id == name)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_a_set() {
        let set = Sections::default().with(Section::Bans).with(Section::Dc).without(Section::Dc);
        assert!(set.has(Section::Bans) && !set.has(Section::Dc));
        assert!(Section::ALL.iter().all(|section| Sections::all().has(*section)));
        assert_eq!(set.toggled(Section::Bans), Sections::default());
    }
}
