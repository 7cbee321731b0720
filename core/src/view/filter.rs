//! What of a view is wanted: sections, detail, the names of nodes or resources.
//!
//! In: what options choose. Out: [`ViewOptions`]. Never here: reading a command line, leaving anything
//! out of a view (see `narrow`).

use super::cluster::ClusterView;
use crate::time::Zone;

/// A part of a status display, as `--include` and `--exclude` of crm_mon name it.
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
    /// All sections, in the order of the display.
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

    /// What is called the summary.
    pub const SUMMARY: [Section; 5] = [Self::Stack, Self::Dc, Self::Times, Self::Counts, Self::MaintenanceMode];

    /// What stands under the summary's title.
    pub const SUMMARIZED: [Section; 5] = [Self::Stack, Self::Dc, Self::Times, Self::Counts, Self::Options];
}

/// A set of sections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sections(u32);

impl Sections {
    /// These and no others.
    pub fn of(sections: &[Section]) -> Self {
        sections.iter().fold(Self::default(), |set, section| set.with(*section))
    }

    /// Every section.
    pub fn all() -> Self {
        Self::of(&Section::ALL)
    }

    /// What is shown when nothing else is asked for, fencing apart.
    pub const USUAL: [Section; 8] = [
        Section::Stack,
        Section::Dc,
        Section::Times,
        Section::Counts,
        Section::MaintenanceMode,
        Section::Nodes,
        Section::Resources,
        Section::Failures,
    ];

    /// What is shown when nothing else is asked for.
    pub fn usual() -> Self {
        Self::of(&Self::USUAL).with(Section::FencingFailed).with(Section::FencingPending)
    }

    /// The set and this one.
    #[must_use]
    pub const fn with(self, section: Section) -> Self {
        Self(self.0 | 1 << section as u32)
    }

    /// The set less this one.
    #[must_use]
    pub const fn without(self, section: Section) -> Self {
        Self(self.0 & !(1 << section as u32))
    }

    /// Whether the section is in the set.
    pub const fn has(self, section: Section) -> bool {
        self.0 & (1 << section as u32) != 0
    }

    /// The set with this one in it if it was not, and the other way round.
    #[must_use]
    pub const fn toggled(self, section: Section) -> Self {
        Self(self.0 ^ (1 << section as u32))
    }

    /// Whether at least one of them is in the set.
    pub fn has_any(self, sections: &[Section]) -> bool {
        sections.iter().any(|section| self.has(*section))
    }
}

/// What people choose of a status display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewOptions {
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
    /// A node's name, or a tag's.
    pub only_node: Option<String>,
    /// A resource's name, an instance's, or a tag's.
    pub only_resource: Option<String>,
    /// Only bans whose id begins so.
    pub ban_prefix: String,
    pub pending: bool,
    /// Of a resource its state only, not where it is: as `crm_resource --list` has it.
    pub without_places: bool,
}

impl Default for ViewOptions {
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
            without_places: false,
        }
    }
}

impl ViewOptions {
    /// Does what an option of crm_mon without a value chooses, by its long name; false if it chooses nothing.
    pub fn choose(&mut self, name: &str) -> bool {
        let sections = self.sections;
        match name {
            "group-by-node" => self.group_by_node = true,
            "inactive" => self.inactive = true,
            "failcounts" => self.sections = sections.with(Section::FailCounts),
            "operations" => self.sections = sections.with(Section::FailCounts).with(Section::Operations),
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

    /// The same options; that nobody leads is told in any case.
    #[must_use]
    pub fn for_monitor(&self, view: &ClusterView) -> Self {
        let mut options = self.clone();
        if view.summary.dc.is_none() {
            options.sections = options.sections.with(Section::Dc);
        }
        options
    }

    /// Whether all that was fenced is told, as of a history, not as the last of its kind.
    pub fn tells_all_fencing(&self) -> bool {
        [Section::FencingFailed, Section::FencingPending, Section::FencingSucceeded].iter().all(|one| self.shows(*one))
    }

    /// Whether a section is asked for.
    pub fn shows(&self, section: Section) -> bool {
        self.sections.has(section)
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
