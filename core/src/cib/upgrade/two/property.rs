//! Cluster properties: those spelt with underscores, those that became defaults, those that
//! belonged to other cluster stacks.

use super::super::tree::{configuration, replace_children, section};
use super::super::warning::Warning;
use super::set::{PREFIX, is_emptied, pairs};
use crate::xml::{Element, Node};

/// What becomes of a property.
#[derive(Clone, Copy)]
enum Fate {
    Rename(&'static str),
    /// It becomes a default, under this name.
    Default(Section, &'static str),
    /// It becomes the default migration threshold if one failure was to be enough.
    Threshold,
    /// It goes, with a word on what to use instead.
    Drop(&'static str),
    /// It goes if its value names a stack that is no more.
    DropStack,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Operations,
    Resources,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Section::Operations => "op_defaults",
            Section::Resources => "rsc_defaults",
        }
    }

    fn set_id(self) -> String {
        format!("{PREFIX}-{}", self.name().replace('_', "-"))
    }
}

const ALERTS: &str = "standalone alerts can be configured instead";
const THRESHOLD: &str = "migration-threshold in rsc_defaults can be configured instead";
const QUORUM: &str = "corosync (2+) infrastructure tracks quorum on its own";
const STACK: &str = "corosync (2+) infrastructure can be used instead, though the value is not of significance";
const STACKS: [&str; 5] = ["heartbeat", "openais", "classic openais", "classic openais (with plugin)", "cman"];

const FATES: &[(&str, Fate)] = &[
    ("cluster-infrastructure", Fate::DropStack),
    ("cluster_recheck_interval", Fate::Rename("cluster-recheck-interval")),
    ("dc_deadtime", Fate::Rename("dc-deadtime")),
    ("default-action-timeout", Fate::Default(Section::Operations, "timeout")),
    ("default_action_timeout", Fate::Default(Section::Operations, "timeout")),
    ("default-migration-threshold", Fate::Drop(THRESHOLD)),
    ("default_migration_threshold", Fate::Drop(THRESHOLD)),
    ("default-resource-failure-stickiness", Fate::Threshold),
    ("default_resource_failure_stickiness", Fate::Threshold),
    ("default-resource-stickiness", Fate::Default(Section::Resources, "resource-stickiness")),
    ("default_resource_stickiness", Fate::Default(Section::Resources, "resource-stickiness")),
    ("election_timeout", Fate::Rename("election-timeout")),
    ("expected-quorum-votes", Fate::Drop(QUORUM)),
    ("is-managed-default", Fate::Default(Section::Resources, "is-managed")),
    ("is_managed_default", Fate::Default(Section::Resources, "is-managed")),
    ("no_quorum_policy", Fate::Rename("no-quorum-policy")),
    ("notification-agent", Fate::Drop(ALERTS)),
    ("notification-recipient", Fate::Drop(ALERTS)),
    ("remove_after_stop", Fate::Rename("remove-after-stop")),
    ("shutdown_escalation", Fate::Rename("shutdown-escalation")),
    ("startup_fencing", Fate::Rename("startup-fencing")),
    ("stonith_action", Fate::Rename("stonith-action")),
    ("stonith_enabled", Fate::Rename("stonith-enabled")),
    ("stop_orphan_actions", Fate::Rename("stop-orphan-actions")),
    ("stop_orphan_resources", Fate::Rename("stop-orphan-resources")),
    ("symmetric_cluster", Fate::Rename("symmetric-cluster")),
    ("transition_idle_timeout", Fate::Rename("cluster-delay")),
];

/// A pair on its way to the defaults.
struct Moved {
    to: Section,
    pair: Element,
}

/// Puts cluster options into 3.0's words, and moves to the defaults what belongs there.
pub fn translate(root: &mut Element, warnings: &mut Vec<Warning>) {
    let mut moved = Vec::new();
    if let Some(options) = section(root, "crm_config") {
        replace_children(options, |mut set| {
            let before = pairs(&set);
            replace_children(&mut set, |pair| {
                pair_translated(pair, &mut moved, warnings).into_iter().map(Node::from).collect()
            });
            if is_emptied(&set, before) { Vec::new() } else { vec![Node::from(set)] }
        });
    }
    for destination in [Section::Operations, Section::Resources] {
        let pairs = moved.iter().filter(|moved| moved.to == destination).map(|moved| moved.pair.clone()).collect();
        add_defaults(root, destination, pairs);
    }
}

fn pair_translated(mut pair: Element, moved: &mut Vec<Moved>, warnings: &mut Vec<Warning>) -> Option<Element> {
    let name = pair.attr("name").unwrap_or_default().to_string();
    let value = pair.attr("value").unwrap_or_default().to_string();
    let Some((_, fate)) = FATES.iter().find(|(old, _)| *old == name) else { return Some(pair) };
    let subject = format!("Cluster properties: {}", pair.id().unwrap_or_default());
    let mut drop = |why: String, hint: &str| {
        warnings.push(Warning::info(why));
        warnings.push(Warning::info(format!("Cluster properties: ... {hint}")));
        None
    };
    match *fate {
        Fate::Rename(new) => {
            warnings.push(Warning::debug(format!("{subject}: renaming {name} as {new}")));
            pair.set("name", new);
            Some(pair)
        }
        Fate::Default(to, new) => {
            warnings.push(Warning::debug(format!(
                "{subject}: moving {name} under {} as {new} unless already defined there",
                to.name()
            )));
            moved.push(Moved { to, pair: pair.with("name", new) });
            None
        }
        Fate::Threshold if value == "-INFINITY" => {
            warnings.push(Warning::debug(format!(
                "{subject}: moving {name} under rsc_defaults as migration-threshold unless already defined there, \
                 redefined as 1, for matching -INFINITY"
            )));
            let pair = pair.with("name", "migration-threshold").with("value", "1");
            moved.push(Moved { to: Section::Resources, pair });
            None
        }
        Fate::Threshold => drop(format!("{subject}: dropping {name}"), THRESHOLD),
        Fate::Drop(hint) => drop(format!("{subject}: dropping {name}"), hint),
        Fate::DropStack if STACKS.contains(&value.as_str()) => {
            drop(format!("{subject}: dropping {name} for matching {}", STACKS.join("|")), STACK)
        }
        Fate::DropStack => Some(pair),
    }
}

/// Adds pairs to the section's first set that always holds, or to one made for them.
fn add_defaults(root: &mut Element, to: Section, pairs: Vec<Element>) {
    let Some(configuration) = configuration(root).filter(|_| !pairs.is_empty()) else { return };
    let known: Vec<String> = configuration
        .child(to.name())
        .into_iter()
        .flat_map(|defaults| defaults.elements_named("meta_attributes").filter(|set| set.child("rule").is_none()))
        .flat_map(|set| set.elements_named("nvpair"))
        .filter_map(|pair| pair.attr("name").map(str::to_string))
        .collect();
    let is_new = |pair: &Element| !known.iter().any(|name| pair.attr("name") == Some(name));
    let mut new = pairs.into_iter().filter(is_new).peekable();
    if new.peek().is_none() {
        return;
    }
    let defaults = configuration.child_or_new(to.name());
    let always = |set: &Element| set.name == "meta_attributes" && set.id().is_some() && set.child("rule").is_none();
    if !defaults.elements().any(always) {
        defaults.push(Element::new("meta_attributes").with("id", to.set_id()));
    }
    let set = defaults.find_mut(always).expect("a set that always holds is there or was just made");
    new.for_each(|pair| set.push(pair));
}
