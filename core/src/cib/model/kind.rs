//! What values options take: of the cluster, of resources, of operations.
//!
//! In: an option's name, a value. Out: whether Pacemaker takes it, in which words it is asked for.
//! Never here: what the value is (see `options` and the scheduler), which options there are beside these.

use super::names::{self, Of};
use crate::score::Score;
use crate::time::Interval;
use quorate_grammar::literal;

/// What values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Integer,
    /// A whole number from 0 on: what is less counts as 0.
    Count,
    /// A whole number beyond 0.
    Positive,
    Score,
    Time,
    /// A time, or a negative number.
    TimeOrNone,
    Percentage,
    /// Of an address.
    Port,
    One(&'static [&'static str]),
    Any,
}

use Kind::{Any, Boolean, Count, Integer, One, Percentage, Port, Positive, Time, TimeOrNone};

const CLUSTER: &[(&str, Kind)] = &[
    ("batch-limit", Integer),
    ("cancel-removed-actions", Boolean),
    ("cluster-delay", Time),
    ("cluster-ipc-limit", Positive),
    ("cluster-recheck-interval", Time),
    ("concurrent-fencing", Boolean),
    ("dc-deadtime", Time),
    ("election-timeout", Time),
    ("enable-acl", Boolean),
    ("enable-startup-probes", Boolean),
    ("fence-remote-without-quorum", Boolean),
    ("fencing-action", One(&["reboot", "off"])),
    // Under the older name an older word, which the translation to the newest schema knows.
    ("stonith-action", One(&["reboot", "off", "poweroff"])),
    ("fencing-enabled", Boolean),
    ("fencing-max-attempts", Positive),
    ("fencing-reaction", One(&["stop", "panic"])),
    ("fencing-repeat-limit", Integer),
    ("fencing-timeout", Time),
    ("fencing-watchdog-timeout", TimeOrNone),
    ("have-watchdog", Boolean),
    ("join-finalization-timeout", Time),
    ("join-integration-timeout", Time),
    ("load-threshold", Percentage),
    ("maintenance-mode", Boolean),
    ("migration-limit", Integer),
    ("no-quorum-policy", One(&["stop", "freeze", "ignore", "demote", "fence", "suicide"])),
    ("node-action-limit", Integer),
    ("node-health-base", Kind::Score),
    ("node-health-green", Kind::Score),
    ("node-health-red", Kind::Score),
    ("node-health-strategy", One(&["none", "migrate-on-red", "only-green", "progressive", "custom"])),
    ("node-health-yellow", Kind::Score),
    ("node-pending-timeout", Time),
    ("pe-error-series-max", Integer),
    ("pe-input-series-max", Integer),
    ("pe-warn-series-max", Integer),
    ("placement-strategy", One(&["default", "utilization", "minimal", "balanced"])),
    ("priority-fencing-delay", Time),
    ("remove-after-stop", Boolean),
    ("shutdown-escalation", Time),
    ("shutdown-lock", Boolean),
    ("shutdown-lock-limit", Time),
    ("start-failure-is-fatal", Boolean),
    ("startup-fencing", Boolean),
    ("stop-all-resources", Boolean),
    ("stop-removed-resources", Boolean),
    ("symmetric-cluster", Boolean),
    ("transition-delay", Time),
];

const RESOURCE: &[(&str, Kind)] = &[
    ("allow-migrate", Boolean),
    ("allow-unhealthy-nodes", Boolean),
    ("clone-max", Count),
    ("clone-min", Count),
    ("clone-node-max", Count),
    ("collocated", Boolean),
    ("critical", Boolean),
    ("failure-timeout", Time),
    ("globally-unique", Boolean),
    ("interleave", Boolean),
    ("is-managed", Boolean),
    ("maintenance", Boolean),
    ("migration-threshold", Kind::Score),
    ("multiple-active", One(&["block", "stop_only", "stop_start", "stop_unexpected"])),
    ("notify", Boolean),
    ("ordered", Boolean),
    ("priority", Kind::Score),
    ("promotable", Boolean),
    ("promoted-max", Count),
    ("promoted-node-max", Count),
    ("remote-allow-migrate", Boolean),
    ("remote-connect-timeout", Time),
    ("remote-port", Port),
    ("requires", One(&["nothing", "quorum", "fencing", "unfencing"])),
    ("resource-stickiness", Kind::Score),
    ("target-role", One(&["Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"])),
];

const OPERATION: &[(&str, Kind)] = &[
    ("enabled", Boolean),
    ("interval", Time),
    ("on-fail", One(&["ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"])),
    ("record-pending", Boolean),
    ("role", One(&["Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"])),
    ("start-delay", Time),
    ("timeout", Time),
];

fn find(table: &[(&str, Kind)], name: &str) -> Option<Kind> {
    table.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// The values of a cluster option, by any of its names.
pub fn of_cluster(name: &str) -> Kind {
    let other = || find(CLUSTER, names::other(Of::Cluster, name)?);
    find(CLUSTER, name).or_else(other).unwrap_or(Any)
}

/// The values of a meta attribute of resources.
pub fn of_resource(name: &str) -> Kind {
    let other = || find(RESOURCE, names::other(Of::Resource, name)?);
    find(RESOURCE, name).or_else(other).unwrap_or(Any)
}

const ALERT: &[(&str, Kind)] = &[("enabled", Boolean), ("timeout", Time), ("timestamp-format", Any)];

/// The values of a meta attribute of alerts.
pub fn of_alert(name: &str) -> Kind {
    find(ALERT, name).unwrap_or(Any)
}

/// The values of an option of operations.
pub fn of_operation(name: &str) -> Kind {
    find(OPERATION, name).unwrap_or(Any)
}

impl Kind {
    /// Whether Pacemaker takes this for a value, be it that it passes over what follows a number.
    pub fn takes(self, text: &str) -> bool {
        match self {
            Any => true,
            Boolean => literal::boolean(text).is_ok(),
            Integer | Count | Kind::Score => Score::parse(text).is_some(),
            Positive => Score::parse(text).is_some_and(|score| score > Score::ZERO),
            Time => Interval::parse(text).is_some(),
            TimeOrNone => Interval::parse(text).is_some() || literal::cib::number(text).is_some(),
            Percentage => literal::cib::is_percentage(text),
            Port => text.parse::<u16>().is_ok_and(|port| port > 0),
            One(words) => words.iter().any(|word| word.eq_ignore_ascii_case(text)),
        }
    }

    /// Whether all of the text is the value, so that nobody takes it for another.
    pub fn is_plain(self, text: &str) -> bool {
        match self {
            Any | Boolean | One(_) | Percentage | Port => self.takes(text),
            Integer | Positive => text.parse::<i64>().is_ok() || matches!(text, "INFINITY" | "+INFINITY" | "-INFINITY"),
            Count => text.parse::<u64>().is_ok() || matches!(text, "INFINITY" | "+INFINITY"),
            Kind::Score => literal::score(text).is_ok(),
            // As it is written, and read so: whole days of an ISO 8601 duration are not.
            Time => literal::interval_ms(text).is_ok_and(|ms| ms >= 0 && literal::cib::interval_ms(text) == Some(ms)),
            TimeOrNone => literal::interval_ms(text).is_ok() || text.parse::<i64>().is_ok(),
        }
    }

    /// What a text is read as, where that may surprise.
    pub fn reading(self, text: &str) -> Option<String> {
        match self {
            Integer | Positive | Kind::Score => Score::parse(text).map(|score| score.to_string()),
            Count => Score::parse(text).map(|score| score.max(Score::ZERO).to_string()),
            Time | TimeOrNone => Interval::parse(text).map(|interval| format!("{interval}ms")),
            _ => None,
        }
    }

    /// What is wanted, in words.
    pub fn words(self) -> String {
        match self {
            Any => "any text".into(),
            Boolean => "true or false".into(),
            Integer => "a whole number".into(),
            Count => "a whole number from 0 on".into(),
            Positive => "a whole number beyond 0".into(),
            Kind::Score => "a whole number or INFINITY".into(),
            Time | TimeOrNone => "a time such as 30s".into(),
            Percentage => "a share such as 80%".into(),
            Port => "a port from 1 to 65535".into(),
            One(words) => format!("one of {}", words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, cases: &[(&str, bool, bool)]) {
        for (text, taken, plain) in cases {
            assert_eq!((kind.takes(text), kind.is_plain(text)), (*taken, *plain), "{kind:?} «{text}»");
        }
    }

    #[test]
    fn what_is_taken_and_what_is_plain() {
        check(of_cluster("stonith-enabled"), &[("true", true, true), ("yes ", false, false), ("2", false, false)]);
        check(of_cluster("batch-limit"), &[("5", true, true), ("5x", true, false), ("many", false, false)]);
        check(of_cluster("load-threshold"), &[("80%", true, true), ("200", false, false), ("1.5%", true, true)]);
        check(
            of_resource("resource-stickiness"),
            &[("INFINITY", true, true), ("inf", false, true), ("-5", true, true), ("x", false, false)],
        );
        check(
            of_resource("failure-timeout"),
            &[
                ("30s", true, true),
                ("1h30m", true, false),
                ("1d", false, false),
                ("PT1M", true, true),
                ("pt1m", false, false),
                ("P1D", true, false),
            ],
        );
        check(of_resource("remote-port"), &[("3121", true, true), ("0", false, false), ("65536", false, false)]);
        check(of_resource("clone-max"), &[("2", true, true), ("-1", true, false), ("two", false, false)]);
        check(of_alert("timeout"), &[("30s", true, true), ("foo", false, false)]);
        check(of_operation("role"), &[("master", true, true), ("Primary", false, false)]);
        check(of_cluster("no-such-option"), &[("x", true, true)]);
    }
}
