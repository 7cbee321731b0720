//! One recorded operation and how records are ordered in time.
//!
//! In: `<lrm_rsc_op>`. Out: [`OperationRecord`]; numbers are read once, words stay in the shared element.

use crate::exit;
use crate::xml::Element;
use std::cmp::Ordering;
use std::sync::Arc;

/// How far the executor got, as recorded in `op-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionStatus {
    Pending,
    Done,
    Cancelled,
    TimedOut,
    NotSupported,
    Error,
    HardError,
    FatalError,
    NotInstalled,
    NotConnected,
    Invalid,
    NoFenceDevice,
    NoSecrets,
}

impl ExecutionStatus {
    /// `None` for a number that no executor writes.
    pub const fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            -1 => Self::Pending,
            0 => Self::Done,
            1 => Self::Cancelled,
            2 => Self::TimedOut,
            3 => Self::NotSupported,
            4 => Self::Error,
            5 => Self::HardError,
            6 => Self::FatalError,
            7 => Self::NotInstalled,
            8 => Self::NotConnected,
            9 => Self::Invalid,
            10 => Self::NoFenceDevice,
            11 => Self::NoSecrets,
            _ => return None,
        })
    }

    /// `pcmk_exec_status`, as in `op-status`.
    pub const fn code(self) -> i32 {
        match self {
            Self::Pending => -1,
            Self::Done => 0,
            Self::Cancelled => 1,
            Self::TimedOut => 2,
            Self::NotSupported => 3,
            Self::Error => 4,
            Self::HardError => 5,
            Self::FatalError => 6,
            Self::NotInstalled => 7,
            Self::NotConnected => 8,
            Self::Invalid => 9,
            Self::NoFenceDevice => 10,
            Self::NoSecrets => 11,
        }
    }

    /// As failed actions are listed.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Done => "Done",
            Self::Cancelled => "Cancelled",
            Self::TimedOut => "Timed out",
            Self::NotSupported => "Unsupported",
            Self::Error => "Error",
            Self::HardError => "Hard error",
            Self::FatalError => "Fatal error",
            Self::NotInstalled => "Not installed",
            Self::NotConnected => "Internal communication failure",
            Self::Invalid => "Cannot execute now",
            Self::NoFenceDevice => "No fence device",
            Self::NoSecrets => "CIB secrets unavailable",
        }
    }
}

/// A `<lrm_rsc_op>`.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    element: Arc<Element>,
    pub interval_ms: u32,
    /// -1 while the executor has not taken the operation.
    pub call_id: i32,
    pub exit_code: Option<i32>,
    pub status: Option<ExecutionStatus>,
    /// What the scheduler expected, from the transition key.
    pub expected_exit_code: Option<i32>,
    /// Seconds since 1970.
    pub last_change: Option<i64>,
}

impl OperationRecord {
    /// Reads a record; what is missing or no number counts as not said.
    pub fn new(element: &Arc<Element>) -> Self {
        let integer = |text: &str| text.trim().parse::<i64>().ok();
        let small = |text: &str| integer(text).and_then(|n| i32::try_from(n).ok());
        let mut record = Self {
            interval_ms: 0,
            call_id: -1,
            exit_code: None,
            status: None,
            expected_exit_code: None,
            last_change: None,
            element: Arc::clone(element),
        };
        // One walk over the attributes: a large status has hundreds of thousands of records.
        for (name, value) in &element.attributes {
            match name.as_str() {
                "interval" => record.interval_ms = integer(value).and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
                "call-id" => record.call_id = small(value).unwrap_or(-1),
                "rc-code" => record.exit_code = small(value).filter(|code| (0..=exit::MAX).contains(code)),
                "op-status" => record.status = small(value).and_then(ExecutionStatus::from_code),
                "transition-key" => record.expected_exit_code = Some(expected_exit(value).unwrap_or(0)),
                "last-rc-change" => record.last_change = integer(value).filter(|moment| *moment > 0),
                _ => {}
            }
        }
        record
    }

    /// The agent did what it was asked, or found it running. Not what it says that says of every node that it is
    /// promoted there.
    pub fn worked(&self) -> bool {
        self.status == Some(ExecutionStatus::Done) && matches!(self.exit_code, Some(exit::OK | exit::DEGRADED))
    }

    /// An attribute of the `<lrm_rsc_op>`.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.element.attr(name)
    }

    /// Its id in the status section: the operation's key, mostly.
    pub fn id(&self) -> &str {
        self.element.id().unwrap_or("")
    }

    /// `start`, `monitor`, …
    pub fn task(&self) -> &str {
        self.attr("operation").unwrap_or("")
    }

    /// `RESOURCE_OPERATION_INTERVAL`; older records keep it in the id.
    pub fn key(&self) -> &str {
        self.attr("operation_key").unwrap_or_else(|| self.id())
    }

    /// How it ended, with what the agent said of it.
    pub fn outcome(&self) -> String {
        let result = self.exit_code.map_or("did not end", crate::exit::text);
        match self.exit_reason() {
            "" => result.to_owned(),
            reason => format!("{result} ({reason})"),
        }
    }

    /// What the agent said; empty if nothing.
    pub fn exit_reason(&self) -> &str {
        self.attr("exit-reason").unwrap_or("")
    }

    /// The element, for displays that show every attribute.
    pub fn element(&self) -> &Element {
        &self.element
    }

    /// A monitor that was asked for once.
    pub fn is_probe(&self) -> bool {
        self.interval_ms == 0 && self.task() == "monitor"
    }

    /// A probe that failed because nothing is installed to ask, and so counts as "not running".
    pub fn is_maskable_probe(&self) -> bool {
        self.is_probe()
            && (matches!(self.exit_code, Some(exit::NOT_INSTALLED | exit::INVALID_PARAMETER))
                || self.status == Some(ExecutionStatus::NotInstalled))
    }

    /// Which of two records is the later, as well as can be told.
    pub fn compare_age(&self, other: &Self) -> Ordering {
        // Two that do not say where they ran are of one node, as old as they must be.
        let same_node = match (self.attr("on_node"), other.attr("on_node")) {
            (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
            (left, right) => left == right,
        };
        let (left, right) = (self.call_id, other.call_id);
        if (same_node && self.id() == other.id()) || (left == -1 && right == -1) {
            return Ordering::Equal;
        }
        if same_node && left >= 0 && left < right {
            return Ordering::Less;
        }
        if same_node && right >= 0 && left > right {
            return Ordering::Greater;
        }
        if left >= 0 && right >= 0 {
            // Here even the first second of 1970 is a moment.
            let moment =
                |record: &Self| record.attr("last-rc-change")?.trim().parse::<i64>().ok().filter(|at| *at >= 0);
            return match (moment(self), moment(other)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => Ordering::Equal,
            };
        }
        self.compare_transitions(other)
    }

    /// One of the two is pending and has no call id yet.
    fn compare_transitions(&self, other: &Self) -> Ordering {
        let magic = |record: &Self| record.attr("transition-magic").and_then(transition_of);
        let (Some((left, left_graph)), Some((right, right_graph))) = (magic(self), magic(other)) else {
            return Ordering::Equal;
        };
        if !left_graph.eq_ignore_ascii_case(&right_graph) || left == right {
            return if other.call_id == -1 { Ordering::Less } else { Ordering::Greater };
        }
        if right == -1 || (left >= 0 && left < right) { Ordering::Less } else { Ordering::Greater }
    }
}

/// `action:transition:expected:uuid`
fn expected_exit(key: &str) -> Option<i32> {
    let mut parts = key.splitn(4, ':');
    let (_, _, third) = (parts.next()?, parts.next()?, parts.next()?);
    // Very old keys are `action:transition:uuid`.
    if parts.next().is_none() { Some(-1) } else { third.parse().ok() }
}

/// Transition number and the uuid of the controller that made it, from `status:rc;action:transition:expected:uuid`.
fn transition_of(magic: &str) -> Option<(i64, String)> {
    let (_, key) = magic.split_once(';')?;
    let parts: Vec<_> = key.splitn(4, ':').collect();
    let transition = parts.get(1)?.parse().ok()?;
    Some((transition, (*parts.last()?).to_owned()))
}

/// Where a history, oldest first, says that the resource became active and was stopped: places in
/// it, -1 for never.
///
/// The latest start tells; without one, the latest change of role, for it needs a running
/// resource; without that, the first monitor since the stop that found it running.
pub fn active_span(by_age: &[&OperationRecord]) -> (i64, i64) {
    let latest = |tells: &dyn Fn(&OperationRecord) -> bool| by_age.iter().rposition(|record| tells(record));
    let stop = latest(&|record| record.task() == "stop" && record.status == Some(ExecutionStatus::Done));
    let since = stop.map_or(0, |at| at + 1);
    let found = |record: &&OperationRecord| {
        record.task() == "monitor" && matches!(record.exit_code, Some(exit::OK | exit::PROMOTED))
    };
    let active = latest(&|record| matches!(record.task(), "start" | "migrate_from"))
        .or_else(|| latest(&|record| matches!(record.task(), "promote" | "demote")))
        .or_else(|| by_age[since..].iter().position(found).map(|at| since + at));
    let place = |at: Option<usize>| at.map_or(-1, |at| at as i64);
    (place(active), place(stop))
}
