//! What is remembered of fencing: who was cut off, by whom, when, and how it went.

use serde::{Deserialize, Serialize};

/// How many events are remembered (Pacemaker keeps as many).
pub const EVENTS_MAX: usize = 500;

/// One fencing request as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingEvent {
    /// Unique in the cluster.
    pub id: String,
    pub target: String,
    /// `reboot` or `off`.
    pub action: String,
    /// The node that wanted it.
    pub origin: String,
    /// What wanted it: a transition, or a person's tool.
    pub client: String,
    /// Whether a tool at the origin waits for the outcome.
    pub asked: bool,
    /// The node that ran the devices.
    pub delegate: Option<String>,
    pub state: FencingState,
    /// Why, or what went wrong.
    pub reason: String,
    /// Seconds since the epoch, of the last change.
    pub at: i64,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FencingState {
    Pending,
    Succeeded,
    Failed,
}

/// Adds an event or brings a known one up to date; the newest comes last.
pub fn record(history: &mut Vec<FencingEvent>, event: FencingEvent) {
    history.retain(|known| known.id != event.id);
    history.push(event);
    if history.len() > EVENTS_MAX {
        history.remove(0);
    }
}
