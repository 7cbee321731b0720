//! `RESOURCE_TASK_INTERVAL@NODE=EXITCODE`: an operation and its result, as people write it for `crm_simulate`.
//!
//! In: text. Out: [`Operation`], or what is wrong with which part. Absent: whether such a resource or node exists.

use crate::status::operation::ExecutionStatus;
use std::ops::Range;

/// What agents can be asked to do.
const TASKS: [&str; 10] =
    ["monitor", "start", "stop", "promote", "demote", "notify", "migrate_to", "migrate_from", "reload", "reload-agent"];

/// An operation with the result it is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// As it was written.
    pub text: String,
    pub resource: String,
    pub task: String,
    /// Milliseconds.
    pub interval: u64,
    pub node: String,
    pub code: i32,
    /// The text has none: it ran to its end.
    pub status: ExecutionStatus,
}

/// A part of a text that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// In bytes of the text.
    pub at: Range<usize>,
    pub message: String,
    /// What could stand there instead.
    pub known: Vec<String>,
}

impl Wrong {
    /// What is wrong, and where: bytes of the text.
    pub fn new(at: Range<usize>, message: impl Into<String>) -> Wrong {
        Wrong { at, message: message.into(), known: Vec::new() }
    }

    /// The same with names that could have been meant.
    #[must_use]
    pub fn known<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Wrong {
        self.known = names.into_iter().map(str::to_owned).collect();
        self
    }
}

impl Operation {
    /// Reads `RESOURCE_TASK_INTERVAL@NODE=EXITCODE`.
    ///
    /// # Errors
    /// The first part that cannot be meant, with its place in the text.
    pub fn parse(text: &str) -> Result<Operation, Wrong> {
        let end = text.len();
        let missing = |at: usize, what: &str| {
            Wrong::new(at..at, format!("{what} is missing: an operation is RESOURCE_TASK_INTERVAL@NODE=EXITCODE"))
        };
        let (key, rest) = text.split_once('@').ok_or_else(|| missing(end, "`@NODE`"))?;
        let node_at = key.len() + 1;
        let (node, code) = rest.split_once('=').ok_or_else(|| missing(end, "`=EXITCODE`"))?;
        if node.is_empty() {
            return Err(missing(node_at, "the node"));
        }
        let code_at = node_at + node.len() + 1;
        let code: i32 = code
            .parse()
            .ok()
            .filter(|code| (0..=255).contains(code))
            .ok_or_else(|| Wrong::new(code_at..end, format!("`{code}` is no exit code (0 to 255)")))?;
        let (resource, task, interval) = split_key(key)?;
        let status = ExecutionStatus::Done;
        Ok(Operation { text: text.to_owned(), resource, task, interval, node: node.to_owned(), code, status })
    }

    /// Where the resource stands in the text.
    pub fn resource_at(&self) -> Range<usize> {
        0..self.resource.len()
    }

    /// Where the node stands in the text.
    pub fn node_at(&self) -> Range<usize> {
        let start = self.text.find('@').map_or(0, |at| at + 1);
        start..start + self.node.len()
    }
}

/// Names may hold `_`, so it is read from the end.
fn split_key(key: &str) -> Result<(String, String, u64), Wrong> {
    let whole = 0..key.len();
    let (before, interval) = key
        .rsplit_once('_')
        .ok_or_else(|| Wrong::new(whole.clone(), format!("`{key}` is no RESOURCE_TASK_INTERVAL")))?;
    let interval: u64 = interval.parse().map_err(|_| {
        Wrong::new(before.len() + 1..key.len(), format!("`{interval}` is no interval in milliseconds (0 for none)"))
    })?;
    let task = TASKS.iter().find(|task| {
        before.strip_suffix(**task).and_then(|rest| rest.strip_suffix('_')).is_some_and(|name| !name.is_empty())
    });
    match task {
        Some(task) => {
            let resource = &before[..before.len() - task.len() - 1];
            Ok((resource.to_owned(), (*task).to_owned(), interval))
        }
        None => {
            let from = before.rfind('_').map_or(0, |at| at + 1);
            let word = &before[from..];
            let message = match from {
                0 => format!("`{word}_{interval}` lacks the resource or the task"),
                _ => format!("`{word}` is no task of a resource"),
            };
            Err(Wrong::new(from..before.len(), message).known(TASKS))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, parts: (&str, &str, u64, &str, i32)) {
        let operation = Operation::parse(text).unwrap();
        let found = (&*operation.resource, &*operation.task, operation.interval, &*operation.node, operation.code);
        assert_eq!(found, parts);
        assert_eq!(&text[operation.resource_at()], operation.resource);
        assert_eq!(&text[operation.node_at()], operation.node);
    }

    #[track_caller]
    fn wrong(text: &str, part: &str, message: &str) {
        let wrong = Operation::parse(text).unwrap_err();
        assert_eq!((&text[wrong.at.clone()], &*wrong.message), (part, message), "{text}");
    }

    #[test]
    fn an_operation_is_read_from_its_end() {
        check("p1_monitor_10000@n1=7", ("p1", "monitor", 10000, "n1", 7));
        check("my_db_migrate_to_0@n-1.example.com=1", ("my_db", "migrate_to", 0, "n-1.example.com", 1));
        check("p1:0_stop_0@n1=1", ("p1:0", "stop", 0, "n1", 1));
        check("stop_stop_0@n=0", ("stop", "stop", 0, "n", 0));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let form = "an operation is RESOURCE_TASK_INTERVAL@NODE=EXITCODE";
        wrong("p1_monitor_0", "", &format!("`@NODE` is missing: {form}"));
        wrong("p1_monitor_0@n1", "", &format!("`=EXITCODE` is missing: {form}"));
        wrong("p1_monitor_0@=1", "", &format!("the node is missing: {form}"));
        wrong("p1_monitor_0@n1=x", "x", "`x` is no exit code (0 to 255)");
        wrong("p1_monitor_10s@n1=1", "10s", "`10s` is no interval in milliseconds (0 for none)");
        wrong("p1_monitr_0@n1=1", "monitr", "`monitr` is no task of a resource");
        wrong("monitor_0@n1=1", "monitor", "`monitor_0` lacks the resource or the task");
        wrong("x@n1=1", "x", "`x` is no RESOURCE_TASK_INTERVAL");
    }
}
