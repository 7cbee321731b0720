//! What is measured, in which unit, and what it is to be like beside the peer's.

/// One line of the table.
#[derive(Debug, PartialEq)]
pub struct Figure {
    pub what: &'static str,
    pub unit: Unit,
    pub goal: Goal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Seconds,
    /// So many a second: more is better.
    PerSecond,
    Megabytes,
    /// Of one processor.
    Percent,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Better than the peer by this factor.
    Times(f64),
    /// No more than this, whatever the peer's is.
    Within(f64),
    /// Told, not judged.
    Told,
}

impl Unit {
    pub fn word(self) -> &'static str {
        match self {
            Unit::Seconds => "s",
            Unit::PerSecond => "/s",
            Unit::Megabytes => "MB",
            Unit::Percent => "%",
        }
    }

    /// How many times better ours is than theirs.
    pub fn times(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Unit::PerSecond => ours / theirs,
            Unit::Seconds | Unit::Megabytes | Unit::Percent => theirs / ours,
        }
    }
}

impl Goal {
    /// Whether it is reached; `None` where that cannot be said.
    pub fn is_met(self, unit: Unit, ours: f64, theirs: Option<f64>) -> Option<bool> {
        match self {
            Goal::Times(wanted) => theirs.map(|theirs| unit.times(ours, theirs) >= wanted),
            Goal::Within(most) => Some(ours <= most),
            Goal::Told => None,
        }
    }

    pub fn words(self, unit: Unit) -> String {
        match self {
            Goal::Times(wanted) => format!("{wanted} times"),
            Goal::Within(most) => format!("{most} {}", unit.word()),
            Goal::Told => String::new(),
        }
    }
}

const fn seconds(what: &'static str, goal: Goal) -> Figure {
    Figure { what, unit: Unit::Seconds, goal }
}

const fn per_second(what: &'static str, goal: Goal) -> Figure {
    Figure { what, unit: Unit::PerSecond, goal }
}

pub const START: Figure = seconds("cold start of three hosts until all are online and idle", Goal::Within(5.0));
pub const MEMORY: Figure =
    Figure { what: "memory of a host's daemons without corosync", unit: Unit::Megabytes, goal: Goal::Times(3.0) };
pub const IDLE: Figure = Figure { what: "the same: processor at rest", unit: Unit::Percent, goal: Goal::Times(2.0) };
pub const MODIFY: Figure = per_second("writes: `cibadmin -M`, one after the other", Goal::Times(3.0));
pub const ATTRIBUTE: Figure = per_second("writes: `crm_attribute -v`, one after the other", Goal::Times(3.0));
/// No tool of the peer's does this: its `cibadmin -M` stands beside it.
pub const PIPELINED: Figure = per_second("writes: one connection, pipelined (peer: `cibadmin -M`)", Goal::Times(20.0));
pub const QUERY: Figure = per_second("reads: `cibadmin -Q`", Goal::Times(3.0));
pub const ATTRIBUTE_QUERY: Figure = per_second("reads: `crm_attribute -q`", Goal::Times(3.0));
pub const CRASH: Figure =
    seconds("a host is killed, not the leader: from the new membership to its Dummy elsewhere", Goal::Times(2.0));
pub const LEADER_CRASH: Figure = seconds("the same, the leader's host", Goal::Within(0.3));
pub const STANDBY: Figure = seconds("standby of a host with 100 Dummies until all run elsewhere", Goal::Times(2.0));
pub const ROLLING: Figure = seconds("rolling restart of three hosts, resources untouched", Goal::Times(2.0));
pub const ROLLING_MANAGER: Figure = seconds("the same, Corosync runs on", Goal::Times(2.0));
pub const LARGE_LOAD: Figure = seconds("a large cluster: load", Goal::Told);
pub const LARGE_START: Figure = seconds("a large cluster: from then until all run", Goal::Told);
pub const LARGE_CRASH: Figure =
    seconds("a large cluster: a host is killed: from the new membership until all run elsewhere", Goal::Told);

/// In the order of the table.
pub const ALL: [&Figure; 16] = [
    &CRASH,
    &LEADER_CRASH,
    &STANDBY,
    &START,
    &ROLLING,
    &ROLLING_MANAGER,
    &MODIFY,
    &ATTRIBUTE,
    &PIPELINED,
    &QUERY,
    &ATTRIBUTE_QUERY,
    &MEMORY,
    &IDLE,
    &LARGE_LOAD,
    &LARGE_START,
    &LARGE_CRASH,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_by_what_is_better_enough() {
        let met = |goal: Goal, unit, ours, theirs| goal.is_met(unit, ours, theirs);
        assert_eq!(met(Goal::Times(2.0), Unit::Seconds, 1.0, Some(2.0)), Some(true));
        assert_eq!(met(Goal::Times(2.0), Unit::Seconds, 1.1, Some(2.0)), Some(false));
        assert_eq!(met(Goal::Times(3.0), Unit::PerSecond, 150.0, Some(48.0)), Some(true));
        assert_eq!(met(Goal::Times(3.0), Unit::PerSecond, 140.0, Some(48.0)), Some(false));
        assert_eq!(met(Goal::Times(3.0), Unit::Megabytes, 30.0, None), None);
        assert_eq!(met(Goal::Within(0.3), Unit::Seconds, 0.29, None), Some(true));
        assert_eq!(met(Goal::Told, Unit::Seconds, 1.0, Some(1.0)), None);
    }
}
