//! What cluster options and meta attributes are for, in one line each.
//!
//! In: a name. Out: words for completion. Their defaults are in `metadata`, their values in `check`.

use crate::metadata;

const HELP: &[(&str, &str)] = &[
    // Meta attributes.
    ("allow-migrate", "move it live where its agent can"),
    ("allow-unhealthy-nodes", "run it on nodes that are not healthy, too"),
    ("clone-max", "how many instances there are"),
    ("clone-min", "how many must run before what depends on the clone starts"),
    ("clone-node-max", "how many instances may run on one node"),
    ("container-attribute-target", "whose attributes the contained resource uses: its own node's or the host's"),
    ("critical", "whether what it is colocated with goes with it when it fails"),
    ("failure-timeout", "after how long a failure is forgotten"),
    ("globally-unique", "whether instances differ from each other"),
    ("interleave", "an instance waits only for those on its own node"),
    ("is-managed", "whether the cluster may start and stop it"),
    ("maintenance", "neither managed nor watched"),
    ("migration-threshold", "after how many failures it leaves a node"),
    ("multiple-active", "what to do if it runs more often than it should"),
    ("notify", "tell all instances before and after one changes"),
    ("ordered", "instances start one after the other"),
    ("priority", "who keeps running if not all can"),
    ("promotable", "instances can be promoted"),
    ("promoted-max", "how many instances are promoted"),
    ("promoted-node-max", "how many instances are promoted on one node"),
    ("provides", "what the fencing device does besides"),
    ("remote-addr", "address of the guest node"),
    ("remote-allow-migrate", "the guest node's connection may move live"),
    ("remote-connect-timeout", "how long to wait for the guest node"),
    ("remote-node", "name of the guest node that this resource is"),
    ("remote-port", "port of the guest node"),
    ("requires", "what must be so before it starts"),
    ("resource-stickiness", "how much it prefers to stay where it is"),
    ("target-role", "the role it is to be in"),
    // Cluster options.
    ("batch-limit", "how many actions may run at once"),
    ("cluster-delay", "how long an action may take to come back over the network"),
    ("cluster-infrastructure", "the layer that nodes talk by; set by the cluster"),
    ("cluster-ipc-limit", "how many messages may wait for a client"),
    ("cluster-name", "the name of the cluster"),
    ("cluster-recheck-interval", "how often rules of time and failure timeouts are looked at"),
    ("concurrent-fencing", "fence several nodes at once"),
    ("dc-deadtime", "how long to wait for others when starting"),
    ("dc-version", "the version of the leader; set by the cluster"),
    ("election-timeout", "after how long an election is held anew"),
    ("enable-acl", "users have the rights of their roles only"),
    ("enable-startup-probes", "look what runs when a node starts"),
    ("fencing-action", "what fencing does"),
    ("fencing-enabled", "lost nodes are fenced"),
    ("fencing-max-attempts", "how often fencing is tried"),
    ("fencing-reaction", "what a node does that hears of its own fencing"),
    ("fencing-timeout", "how long fencing may take"),
    ("fencing-watchdog-timeout", "after how long a lost node has stopped itself"),
    ("have-watchdog", "there is a watchdog; set by the cluster"),
    ("join-finalization-timeout", "for large clusters only"),
    ("join-integration-timeout", "for large clusters only"),
    ("load-threshold", "how busy a node may get"),
    ("maintenance-mode", "the cluster touches nothing"),
    ("migration-limit", "how many resources may move live from a node at once"),
    ("no-quorum-policy", "what to do without a majority"),
    ("node-action-limit", "how many actions may run on a node at once"),
    ("node-health-base", "what a node's health starts at"),
    ("node-health-green", "the score of a green attribute"),
    ("node-health-red", "the score of a red attribute"),
    ("node-health-strategy", "how health attributes move resources"),
    ("node-health-yellow", "the score of a yellow attribute"),
    ("node-pending-timeout", "after how long a node that does not join is fenced"),
    ("pe-error-series-max", "how many inputs with errors are kept"),
    ("pe-input-series-max", "how many inputs are kept"),
    ("pe-warn-series-max", "how many inputs with warnings are kept"),
    ("placement-strategy", "whether and how capacities decide"),
    ("priority-fencing-delay", "head start for the node with more important resources"),
    ("shutdown-escalation", "after how long a node leaves at any price"),
    ("shutdown-lock", "resources wait for a node that was shut down"),
    ("shutdown-lock-limit", "how long they wait"),
    ("start-failure-is-fatal", "one failed start bans a resource from the node"),
    ("startup-fencing", "nodes that were never seen are fenced"),
    ("stop-all-resources", "everything stops"),
    ("stop-orphan-actions", "operations that are configured no more are cancelled"),
    ("stop-orphan-resources", "resources that are configured no more are stopped"),
    ("symmetric-cluster", "resources may run on any node unless told otherwise"),
    ("transition-delay", "how long to wait before acting, for more to come in"),
];

/// Older names, and what they are called now.
const OLD: &[(&str, &str)] = &[
    ("fence-reaction", "fencing-reaction"),
    ("stonith-action", "fencing-action"),
    ("stonith-enabled", "fencing-enabled"),
    ("stonith-max-attempts", "fencing-max-attempts"),
    ("stonith-timeout", "fencing-timeout"),
    ("stonith-watchdog-timeout", "fencing-watchdog-timeout"),
    ("remove-after-stop", ""),
];

pub fn is_old(name: &str) -> bool {
    OLD.iter().any(|(old, _)| *old == name)
}

/// What it is for, and what holds where it is not set.
pub fn help(name: &str) -> String {
    if let Some((_, new)) = OLD.iter().find(|(old, _)| *old == name) {
        return if new.is_empty() { "deprecated".to_string() } else { format!("older name of {new}") };
    }
    let help = HELP.iter().find(|(known, _)| *known == name).map_or("", |(_, help)| help);
    match metadata::default_of(name) {
        Some(default) => format!("{help}; default {default}"),
        None => help.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_explained() {
        for name in metadata::META_ATTRIBUTES.iter().chain(metadata::PROPERTIES) {
            assert!(!help(name).is_empty(), "{name}");
        }
        for (name, help) in HELP {
            assert!(!help.is_empty() && help.len() < 90, "{name}");
        }
    }
}
