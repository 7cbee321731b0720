//! Which member leads (the "designated controller").
//!
//! As Pacemaker: the oldest feature set, so that a rolling upgrade is led by what everyone
//! understands; then who led already; then who is up longest; then the first name.

use super::Join;
use std::cmp::Reverse;

/// Uptimes this close count as equal: the name decides, not chance. Milliseconds.
const UPTIME_GRAIN_MS: u64 = 60_000;

/// The one of them that leads; none of nobody.
pub fn leader<'a>(joins: impl Iterator<Item = &'a Join>) -> Option<&'a Join> {
    joins.min_by_key(|join| rank(join))
}

/// The lesser rank leads.
type Rank<'a> = (Vec<u32>, Reverse<(u64, bool)>, Reverse<u64>, &'a str);

fn rank(join: &Join) -> Rank<'_> {
    let feature_set = join.feature_set.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    let uptime = join.uptime_ms / UPTIME_GRAIN_MS;
    (feature_set, Reverse((join.status_term, join.led)), Reverse(uptime), &join.name)
}
