//! The fencing topology: which devices, in which order, for which node.
//!
//! In: nothing. Out: [`FencingLevel`]. Never here: running a device.

use serde::{Deserialize, Serialize};

/// A `fencing-level`: devices that cut a node off together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingLevel {
    pub id: String,
    pub target: FencingTarget,
    /// 1 to 9; lower is tried first.
    pub index: u32,
    /// All must succeed.
    pub devices: Vec<String>,
}

/// Which nodes a fencing level is for: one, those whose names fit, those with an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FencingTarget {
    Node(String),
    Pattern(String),
    Attribute { name: String, value: String },
}
