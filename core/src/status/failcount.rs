//! Fail counts and the time of the last failure, per resource and operation, as node attributes keep them.
//!
//! In: a node's attributes, by name. Out: [`FailCounts`]. Never here: whether a failure has expired.

use crate::score::Score;
use crate::time::Interval;
use std::collections::BTreeMap;

/// Attributes that begin so hold counts, by `RESOURCE#OPERATION_INTERVAL`.
pub const COUNT: &str = "fail-count-";
/// And those the time of the last failure.
pub const LAST: &str = "last-failure-";

/// The attributes of one operation's failures: the count, and the time of the last.
pub fn names(resource: &str, operation: &str, interval_ms: u64) -> [String; 2] {
    [COUNT, LAST].map(|prefix| format!("{prefix}{resource}#{operation}_{interval_ms}"))
}

/// Whether the attribute is about failures of the resource: of any operation, or of all together.
pub fn is_of(name: &str, resource: &str) -> bool {
    let about = about(name).and_then(|about| about.strip_prefix(resource));
    about.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

/// What an attribute about failures says it is about.
pub fn about(name: &str) -> Option<&str> {
    [COUNT, LAST].into_iter().find_map(|prefix| name.strip_prefix(prefix))
}

/// The resource, operation and interval that an attribute counts failures of.
pub fn counted(name: &str) -> Option<(&str, &str, u32)> {
    split(name, COUNT)
}

/// The same of an attribute that holds a count or the time of the last failure.
pub fn of_operation(name: &str) -> Option<(&str, &str, u32)> {
    [COUNT, LAST].into_iter().find_map(|prefix| split(name, prefix))
}

/// All failures a node remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailCounts {
    by_resource: BTreeMap<String, Vec<Failure>>,
}

/// Failures of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub operation: String,
    pub interval_ms: u32,
    pub count: Option<Score>,
    /// Seconds since 1970.
    pub last: Option<i64>,
}

/// Failures of a resource, summed over operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub count: Score,
    pub last: i64,
}

impl Total {
    /// What is left of it at a moment, where failures count for so long only (0: for ever).
    pub fn at(self, epoch: i64, failure_timeout_ms: u32) -> Self {
        let timeout = Interval(failure_timeout_ms).seconds();
        let is_over = timeout > 0 && self.last > 0 && epoch > self.last + timeout;
        if is_over { Self::default() } else { self }
    }

    /// The count, and when the last failure was if any counts.
    pub fn count_and_last(self) -> (Score, i64) {
        (self.count, if self.count > Score::ZERO { self.last } else { 0 })
    }
}

impl FailCounts {
    /// Reads fail counts from the transient attributes of a node; what is no number is passed over.
    pub fn of(attributes: &BTreeMap<String, String>) -> Self {
        let mut counts = Self::default();
        for (name, value) in attributes.range(COUNT.to_owned()..).take_while(|(name, _)| name.starts_with(COUNT)) {
            if let (Some((resource, operation, interval)), Some(count)) = (split(name, COUNT), Score::parse(value)) {
                counts.entry(resource, operation, interval).count = Some(count);
            }
        }
        for (name, value) in attributes.range(LAST.to_owned()..).take_while(|(name, _)| name.starts_with(LAST)) {
            if let (Some((resource, operation, interval)), Ok(last)) = (split(name, LAST), value.trim().parse()) {
                counts.entry(resource, operation, interval).last = Some(last);
            }
        }
        counts
    }

    fn entry(&mut self, resource: &str, operation: &str, interval_ms: u32) -> &mut Failure {
        let failures = self.by_resource.entry(resource.to_owned()).or_default();
        let at = failures.iter().position(|f| f.operation == operation && f.interval_ms == interval_ms);
        let at = at.unwrap_or_else(|| {
            failures.push(Failure { operation: operation.to_owned(), interval_ms, count: None, last: None });
            failures.len() - 1
        });
        &mut failures[at]
    }

    /// Whether nothing has failed.
    pub fn is_empty(&self) -> bool {
        self.by_resource.is_empty()
    }

    /// Every resource name with failures, and those.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Failure])> {
        self.by_resource.iter().map(|(name, failures)| (name.as_str(), failures.as_slice()))
    }

    /// The sum for a resource; `any_instance` also counts `name:0`, `name:1` and so on.
    pub fn total(&self, name: &str, any_instance: bool) -> Total {
        let mut total = Total::default();
        if self.by_resource.is_empty() {
            return total;
        }
        let own = self.by_resource.get(name).into_iter().map(Vec::as_slice);
        let prefix = format!("{name}:");
        let instances = self
            .by_resource
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter(|(key, _)| any_instance && key[prefix.len()..].bytes().all(|b| b.is_ascii_digit()))
            .map(|(_, failures)| failures.as_slice());
        for failure in own.chain(instances).flatten() {
            total.count += failure.count.unwrap_or_default();
            total.last = total.last.max(failure.last.unwrap_or(0));
        }
        total
    }
}

/// `fail-count-RESOURCE#OPERATION_INTERVAL`
fn split<'a>(name: &'a str, prefix: &str) -> Option<(&'a str, &'a str, u32)> {
    let (resource, rest) = name.strip_prefix(prefix)?.split_once('#')?;
    let (operation, interval) = rest.rsplit_once('_')?;
    Some((resource, operation, interval.parse().ok()?)).filter(|_| !operation.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attributes: &str, resource: &str, any_instance: bool, count: i32, last: i64) {
        let pairs = attributes.split(' ').filter_map(|pair| pair.split_once('='));
        let attributes = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let total = FailCounts::of(&attributes).total(resource, any_instance);
        assert_eq!((total.count, total.last), (Score::new(count), last), "{resource} in {attributes:?}");
    }

    #[test]
    fn failures_of_all_operations_add_up() {
        check(
            "fail-count-p1#monitor_10000=2 fail-count-p1#start_0=INFINITY last-failure-p1#start_0=9",
            "p1",
            false,
            1_000_000,
            9,
        );
    }

    #[test]
    fn instances_of_an_anonymous_clone_fail_together() {
        check("fail-count-p1#monitor_10000=2 fail-count-p1:1#monitor_10000=3", "p1", true, 5, 0);
        check("fail-count-p1#monitor_10000=2 fail-count-p1:1#monitor_10000=3", "p1", false, 2, 0);
    }

    #[test]
    fn other_resources_are_left_out() {
        check("fail-count-p10#monitor_0=2 fail-count-p1:x#monitor_0=2", "p1", true, 0, 0);
    }
}
