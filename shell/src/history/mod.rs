//! The past of a cluster, as the saved scheduler inputs tell it.
//!
//! In: a directory of inputs, a daemon's log, or a report that has both. Out: inputs in their order,
//! and what happened between them.
//! Absent: printing (see `levels::history`).

pub mod archive;
pub mod event;
pub mod incident;
pub mod saved;

use archive::Archive;
use regex::Regex;
use std::collections::BTreeSet;

/// What a session looks at: kept between its commands.
#[derive(Default)]
pub struct HistoryFilter {
    /// A directory or a report; none is this node's own.
    pub source: Option<String>,
    /// Read when it is first needed.
    pub archive: Option<Archive>,
    /// Seconds since 1970.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub nodes: BTreeSet<String>,
    pub exclude: Vec<Regex>,
    pub detail: bool,
    /// The saved session that this is.
    pub session: Option<String>,
}

impl HistoryFilter {
    pub fn at(&self, moment: i64) -> bool {
        self.from.is_none_or(|from| moment >= from) && self.to.is_none_or(|to| moment <= to)
    }
}
