//! What is known of a node's membership.
//!
//! In: `<node_state>`. Out: [`NodeState`]. Never here: whether it is online (see `scheduler::resolve::node`).

use super::attribute::{self, TransientAttributes};
use super::cause::{self, FencingCause};
use super::history::{self, ResourceHistory};
use crate::xml::Element;
use quorate_grammar::literal;

/// The attribute of a node's state that says that it has a watchdog.
pub const WATCHDOG_ATTRIBUTE: &str = "watchdog";

/// Whether, and since when, the cluster layer counts a node in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Not known: never seen since the cluster started.
    Unseen,
    Out,
    /// In; the time is known with newer peers.
    In {
        since: Option<i64>,
    },
}

impl Membership {
    /// Whether it is a member of the messaging layer.
    pub const fn is_in(self) -> bool {
        matches!(self, Self::In { .. })
    }
}

impl NodeState {
    /// A member whose controller is there, as its own state says.
    pub fn is_online(&self) -> bool {
        self.member.is_in() && self.controller
    }
}

/// What is known of a node: its membership, its attributes, what ran there.
#[derive(Clone, Debug)]
pub struct NodeState {
    pub id: String,
    pub uname: Option<String>,
    pub member: Membership,
    /// Whether its controller is in the process group.
    pub controller: bool,
    pub join: Option<String>,
    pub expected: Option<String>,
    /// For remote nodes: fenced since last seen.
    pub fenced: bool,
    /// For remote nodes: in maintenance when last seen.
    pub in_maintenance: bool,
    pub transient: TransientAttributes,
    pub history: Vec<ResourceHistory>,
    /// For which failures it was cut off.
    pub fencing_causes: Vec<FencingCause>,
}

pub(super) fn read(element: &Element) -> Option<NodeState> {
    let number = |name: &str| element.attr(name).and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
    Some(NodeState {
        id: element.id()?.to_owned(),
        uname: element.attr("uname").map(str::to_owned),
        member: membership(element.attr("in_ccm")),
        controller: is_in_group(element.attr("crmd")),
        join: element.attr("join").map(str::to_owned),
        expected: element.attr("expected").map(str::to_owned),
        fenced: number("node_fenced") > 0,
        in_maintenance: number("node_in_maintenance") > 0,
        transient: attribute::read(element),
        history: history::read(element),
        fencing_causes: cause::read(element),
    })
}

/// A boolean from older peers, a time from newer ones.
fn membership(text: Option<&str>) -> Membership {
    let Some(text) = text else { return Membership::Unseen };
    if let Ok(boolean) = literal::boolean(text).or_else(|bad| if text.is_empty() { Ok(false) } else { Err(bad) }) {
        return if boolean { Membership::In { since: None } } else { Membership::Out };
    }
    match text.trim().parse::<i64>() {
        Ok(0) => Membership::Out,
        Ok(since) if since > 0 => Membership::In { since: Some(since) },
        _ => Membership::Unseen,
    }
}

fn is_in_group(text: Option<&str>) -> bool {
    match text {
        None => false,
        Some(text) if text.eq_ignore_ascii_case("online") => true,
        Some(text) => text.trim().parse::<i64>().is_ok_and(|since| since > 0),
    }
}
