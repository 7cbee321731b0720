//! Alerts: programs told of events.
//!
//! In: nothing. Out: [`Alert`]. Never here: running them.

use super::attributes::AttributeSet;

/// An `alert`: a program that is run when something happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: String,
    pub path: String,
    pub description: Option<String>,
    pub select: Option<AlertSelection>,
    pub meta: Vec<AttributeSet>,
    pub parameters: Vec<AttributeSet>,
    pub recipients: Vec<Recipient>,
}

/// The `select` of an alert: kinds of events; without one, all but attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSelection {
    pub nodes: bool,
    pub fencing: bool,
    pub resources: bool,
    /// `Some` when attribute changes are wanted; empty means all of them.
    pub attributes: Option<Vec<String>>,
}

/// A `recipient` of an alert: one run of its program for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    pub id: String,
    pub value: String,
    pub description: Option<String>,
    pub meta: Vec<AttributeSet>,
    pub parameters: Vec<AttributeSet>,
}
