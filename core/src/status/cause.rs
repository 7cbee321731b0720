//! For which failures a node was cut off: kept with its state, for a fencing wipes all else of it.
//!
//! In: `<node_state>`. Out: [`FencingCause`]s. Never here: what follows from them (see
//! `scheduler::resolve::repeated`), writing them (see `fencing::cause`).

use crate::xml::Element;

/// The element of a node's state that holds them.
pub const CAUSES: &str = "fencing_causes";
pub const CAUSE: &str = "fencing_cause";

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
}

impl FencingCause {
    /// Whether it counts still. One of a clock that is ahead counts.
    pub const fn is_recent(&self, now: i64) -> bool {
        now - self.at < WITHIN_S
    }

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
    })
}
