//! Options of the cluster: what each is for, in a line, and what holds where it is not set.
//!
//! In: nothing, or a name. Out: words and defaults. Their values are in `kind`, their older names in `names`.

use super::names::{self, Of};

/// What is said of one option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documented {
    pub name: &'static str,
    pub text: &'static str,
    pub default: Option<&'static str>,
    /// Few have reason to touch it.
    pub advanced: bool,
    /// The cluster itself sets it.
    pub generated: bool,
}

const fn option(
    name: &'static str,
    text: &'static str,
    default: Option<&'static str>,
    advanced: bool,
    generated: bool,
) -> Documented {
    Documented { name, text, default, advanced, generated }
}

/// The cluster's options, by their present names.
pub const CLUSTER: &[Documented] = &[
    option("batch-limit", "how many actions may run at once", Some("0"), false, false),
    option("cancel-removed-actions", "operations that are configured no more are cancelled", Some("true"), true, false),
    option("cluster-delay", "how long an action may take to come back over the network", Some("60s"), true, false),
    option("cluster-infrastructure", "the layer that nodes talk by; set by the cluster", None, false, true),
    option("cluster-ipc-limit", "how many messages may wait for a client", Some("500"), true, false),
    option("cluster-name", "the name of the cluster", None, false, false),
    option(
        "cluster-recheck-interval",
        "how often rules of time and failure timeouts are looked at",
        Some("15min"),
        false,
        false,
    ),
    option("concurrent-fencing", "fence several nodes at once", Some("true"), true, false),
    option("dc-deadtime", "how long to wait for others when starting", Some("20s"), false, false),
    option("dc-version", "the version of the leader; set by the cluster", None, false, true),
    option("election-timeout", "after how long an election is held anew", Some("2min"), true, false),
    option("enable-acl", "users have the rights of their roles only", Some("false"), false, false),
    option("enable-startup-probes", "look what runs when a node starts", Some("true"), true, false),
    option(
        "fence-remote-without-quorum",
        "remote nodes are fenced without a majority, too",
        Some("false"),
        false,
        false,
    ),
    option("fencing-action", "what fencing does", Some("reboot"), false, false),
    option("fencing-enabled", "lost nodes are fenced", Some("true"), true, false),
    option("fencing-max-attempts", "how often fencing is tried", Some("10"), false, false),
    option("fencing-reaction", "what a node does that hears of its own fencing", Some("stop"), false, false),
    option(
        "fencing-repeat-limit",
        "which fencing for one failure within an hour switches the node off; 0: none",
        Some("3"),
        false,
        false,
    ),
    option("fencing-timeout", "how long fencing may take", Some("60s"), false, false),
    option("fencing-watchdog-timeout", "after how long a lost node has stopped itself", Some("0"), false, false),
    option("have-watchdog", "there is a watchdog; set by the cluster", Some("false"), false, true),
    option("join-finalization-timeout", "for large clusters only", Some("30min"), true, false),
    option("join-integration-timeout", "for large clusters only", Some("3min"), true, false),
    option("load-threshold", "how busy a node may get", Some("80%"), false, false),
    option("maintenance-mode", "the cluster touches nothing", Some("false"), false, false),
    option("migration-limit", "how many resources may move live from a node at once", Some("-1"), false, false),
    option("no-quorum-policy", "what to do without a majority", Some("stop"), false, false),
    option("node-action-limit", "how many actions may run on a node at once", Some("0"), false, false),
    option("node-health-base", "what a node's health starts at", Some("0"), false, false),
    option("node-health-green", "the score of a green attribute", Some("0"), false, false),
    option("node-health-red", "the score of a red attribute", Some("-INFINITY"), false, false),
    option("node-health-strategy", "how health attributes move resources", Some("none"), false, false),
    option("node-health-yellow", "the score of a yellow attribute", Some("0"), false, false),
    option("node-pending-timeout", "after how long a node that does not join is fenced", Some("0"), false, false),
    option("pe-error-series-max", "how many inputs with errors are kept", Some("-1"), false, false),
    option("pe-input-series-max", "how many inputs are kept", Some("4000"), false, false),
    option("pe-warn-series-max", "how many inputs with warnings are kept", Some("5000"), false, false),
    option("placement-strategy", "whether and how capacities decide", Some("default"), false, false),
    option("priority-fencing-delay", "head start for the node with more important resources", Some("0"), false, false),
    option("shutdown-escalation", "after how long a node leaves at any price", Some("20min"), true, false),
    option("shutdown-lock", "resources wait for a node that was shut down", Some("false"), false, false),
    option("shutdown-lock-limit", "how long they wait", Some("0"), false, false),
    option("start-failure-is-fatal", "one failed start bans a resource from the node", Some("true"), false, false),
    option("startup-fencing", "nodes that were never seen are fenced", Some("true"), true, false),
    option("stop-all-resources", "everything stops", Some("false"), false, false),
    option("stop-removed-resources", "resources that are configured no more are stopped", Some("true"), true, false),
    option("symmetric-cluster", "resources may run on any node unless told otherwise", Some("true"), false, false),
    option("transition-delay", "how long to wait before acting, for more to come in", Some("0"), true, false),
];

/// The option, by any of its names.
pub fn of_cluster(name: &str) -> Option<&'static Documented> {
    let find = |name: &str| CLUSTER.iter().find(|option| option.name == name);
    find(name).or_else(|| find(names::other(Of::Cluster, name)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::model::kind;

    #[test]
    fn every_default_is_a_value_of_its_option() {
        for option in CLUSTER {
            let default = option.default.unwrap_or("");
            assert!(option.default.is_none() || kind::of_cluster(option.name).takes(default), "{option:?}");
            assert!(!option.text.is_empty() && option.text.len() < 90, "{option:?}");
        }
        assert_eq!(of_cluster("stonith-timeout").and_then(|option| option.default), Some("60s"));
    }
}
