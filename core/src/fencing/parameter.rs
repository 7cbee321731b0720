//! Which parameters that the fencer takes have an effect here, so that nobody relies on one that has none.
//!
//! In: a name, and its value. Out: why it has no effect.
//! Names as Pacemaker Explained, "Special Options for Fencing Resources" lists them.

/// What devices are asked to do, and what of that can be set for each: `pcmk_ACTION_ASPECT`.
const ACTIONS: [&str; 6] = ["off", "on", "reboot", "list", "status", "monitor"];
const ASPECTS: [&str; 3] = ["action", "timeout", "retries"];

/// Parameters that do something.
const HONOURED: [&str; 6] =
    ["pcmk_host_map", "pcmk_host_list", "pcmk_host_argument", "pcmk_delay_base", "pcmk_delay_max", "pcmk_action_limit"];

/// Values of `pcmk_host_check` that do something.
const HOST_CHECKS: [&str; 4] = ["static-list", "dynamic-list", "status", "none"];

/// Why this parameter of a fence device has no effect; `None` if it has one, or is the agent's.
pub fn without_effect(name: &str, value: &str) -> Option<String> {
    let rest = name.strip_prefix("pcmk_")?;
    if name == "pcmk_host_check" {
        let known = HOST_CHECKS.contains(&value);
        return (!known).then(|| format!("`pcmk_host_check={value}` has no effect: {} have", HOST_CHECKS.join(", ")));
    }
    let of_action =
        rest.split_once('_').is_some_and(|(action, aspect)| ACTIONS.contains(&action) && ASPECTS.contains(&aspect));
    (!of_action && !HONOURED.contains(&name)).then(|| format!("`{name}` has no effect here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pairs: &str, expected: &str) {
        let found = pairs.split(' ').filter_map(|pair| {
            let (name, value) = pair.split_once('=').expect("name=value");
            without_effect(name, value)
        });
        assert_eq!(found.collect::<Vec<_>>().join("; "), expected);
    }

    #[test]
    fn what_is_honoured_is_not_spoken_of() {
        check("pcmk_host_list=n1 pcmk_host_map=n1:1 pcmk_host_argument=port pcmk_host_check=dynamic-list", "");
        check("pcmk_reboot_action=off pcmk_off_timeout=9s pcmk_list_retries=3 pcmk_monitor_timeout=5s", "");
        check("pcmk_action_limit=1 pcmk_host_check=status pcmk_status_timeout=5 pcmk_monitor_retries=1", "");
        check("pcmk_delay_base=5s pcmk_delay_max=9s ip=192.0.2.1 action_limit=1", "");
    }

    #[test]
    fn what_is_not_is_named() {
        check(
            "pcmk_delay_bse=1 pcmk_start_timeout=1",
            "`pcmk_delay_bse` has no effect here; `pcmk_start_timeout` has no effect here",
        );
        check(
            "pcmk_host_check=any",
            "`pcmk_host_check=any` has no effect: static-list, dynamic-list, status, none have",
        );
    }
}
