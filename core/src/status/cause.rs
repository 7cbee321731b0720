//! For which failures a node was cut off: kept with its state, for a fencing wipes all else of it.
//!
//! In: `<node_state>`. Out: [`FencingCause`]s. Never here: what follows from them (see
//! `scheduler::resolve::repeated`), writing them (see `fencing::cause`).

use super::history::ResourceHistory;
use crate::xml::Element;
use std::collections::BTreeSet;

/// The element of a node's state that holds them.
pub const CAUSES: &str = "fencing_causes";
/// The element of one cause.
pub const CAUSE: &str = "fencing_cause";

/// Its attribute that says `false` if the resource had never worked there.
pub const WORKED: &str = "worked";

/// In place of an action: `off` was wanted, and no device's agent has it.
pub const OFF_IMPOSSIBLE: &str = "off-impossible";

/// So long a cause counts. Seconds.
pub const WITHIN_S: i64 = 3_600;

/// One fencing of a node, for the failure of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencingCause {
    pub id: String,
    /// Without an instance's number.
    pub resource: String,
    /// `reboot`, `off`, or [`OFF_IMPOSSIBLE`].
    pub action: String,
    /// When it was asked for. Seconds since the epoch.
    pub at: i64,
    /// Whether the resource had ever worked there since the node was up.
    pub worked: bool,
}

impl FencingCause {
    /// Whether it counts still. One of a clock that is ahead counts.
    pub const fn is_recent(&self, now: i64) -> bool {
        now - self.at < WITHIN_S
    }

    /// Whether the node was to stay down.
    pub fn is_off(&self) -> bool {
        self.action == "off"
    }

    /// Whether it was found that no device can switch the node off.
    pub fn is_off_impossible(&self) -> bool {
        self.action == OFF_IMPOSSIBLE
    }
}

/// All that stand in a node's state.
pub fn read(state: &Element) -> Vec<FencingCause> {
    let all = state.elements_named(CAUSES).flat_map(|causes| causes.elements_named(CAUSE));
    all.filter_map(one).collect()
}

fn one(element: &Element) -> Option<FencingCause> {
    let text = |name: &str| element.attr(name).map(str::to_owned);
    Some(FencingCause {
        id: element.id()?.to_owned(),
        resource: text("resource")?,
        action: text("action").unwrap_or_else(|| "reboot".to_owned()),
        at: element.attr("at")?.parse().ok()?,
        worked: element.attr(WORKED) != Some("false"),
    })
}

/// Whether a resource (by its name without an instance's number) has ever worked on a node, by its history there:
/// it is monitored again and again only after it was started.
pub fn has_worked(history: &[ResourceHistory], resource: &str) -> bool {
    let of_it = history.iter().filter(|history| history.id().split(':').next() == Some(resource));
    of_it.flat_map(|history| &history.operations).any(|record| record.interval_ms > 0 || record.worked())
}

/// The resources whose failures a node was switched off for, each once, if that is what was done to it last.
pub fn switched_off_for(causes: &[FencingCause]) -> Vec<String> {
    let last = causes.iter().max_by_key(|cause| cause.at).filter(|cause| cause.is_off());
    let meant = causes.iter().filter(|cause| cause.is_off() && last.is_some_and(|last| last.at == cause.at));
    meant.map(|cause| cause.resource.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_switched_off_is_so_for_each_resource_once() {
        let cause = |resource: &str, action: &str, at: i64| {
            let (id, resource, action) = (format!("{resource}-{at}"), resource.to_owned(), action.to_owned());
            FencingCause { id, resource, action, at, worked: true }
        };
        // A host may be back within the second in which it was rebooted.
        let within_a_second = [cause("a", "reboot", 7), cause("a", "reboot", 9), cause("a", "off", 9)];
        for (causes, expected) in [
            (&within_a_second[..], &["a"][..]),
            (&[cause("b", "off", 5), cause("a", "off", 5)], &["a", "b"]),
            (&[cause("a", "off", 5), cause("a", "reboot", 6)], &[]),
            (&[], &[]),
        ] {
            assert_eq!(switched_off_for(causes), expected, "{causes:?}");
        }
    }
}
