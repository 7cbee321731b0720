//! What cluster options and meta attributes are for, in one line each.
//!
//! In: a name. Out: words for completion. Their defaults are in `metadata`, their values in `check`.

use crate::metadata;
use quorate_core::cib::model::documented;

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
    let of_cluster = || documented::of_cluster(name).map(|option| option.text);
    let help = HELP.iter().find(|(known, _)| *known == name).map(|(_, help)| *help);
    let help = help.or_else(of_cluster).unwrap_or("");
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
