//! How long a device waits before it cuts a node off, so that two nodes do not shoot each other.
//!
//! `pcmk_delay_base` (one value, or `node:value` pairs) and `pcmk_delay_max` of the device, for `off`
//! and `reboot` only (Pacemaker Explained, "Special Options for Fencing Resources").
//! Absent: `priority-fencing-delay` (the scheduler's), waiting.

use super::device::Device;
use crate::time::Interval;
use serde::{Deserialize, Serialize};

/// A static wait, and a span out of which chance adds some. Milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    pub base_ms: u64,
    pub span_ms: u64,
}

impl Delay {
    /// The whole wait, with this much chance (any number) put into it.
    pub fn with(self, chance: u64) -> u64 {
        self.base_ms + chance.checked_rem(self.span_ms + 1).unwrap_or(0)
    }
}

/// What the device waits before it does this action to the node.
pub fn delay(device: &Device, action: &str, node: &str) -> Delay {
    if !matches!(action, "off" | "reboot") {
        return Delay::default();
    }
    let given = |name: &str| device.parameters.get(name).map_or("", String::as_str);
    let base = milliseconds(of_node(given("pcmk_delay_base"), node));
    match milliseconds(given("pcmk_delay_max")) {
        0 => Delay { base_ms: base, span_ms: 0 },
        max => Delay { base_ms: base.min(max), span_ms: max - base.min(max) },
    }
}

/// The node's own value of `a:1s;b:2s`, or the one value there is.
fn of_node<'a>(text: &'a str, node: &str) -> &'a str {
    if !text.contains(':') {
        return text;
    }
    let mut pairs = text.split([';', ' ', '\t']).filter_map(|pair| pair.split_once(':'));
    pairs.find(|(name, _)| *name == node).map_or("", |(_, value)| value)
}

fn milliseconds(text: &str) -> u64 {
    Interval::parse(text.trim()).map_or(0, |interval| u64::from(interval.ms()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[track_caller]
    fn check(base: &str, max: &str, action: &str, expected: (u64, u64)) {
        let mut parameters = BTreeMap::new();
        for (name, value) in [("pcmk_delay_base", base), ("pcmk_delay_max", max)] {
            if !value.is_empty() {
                parameters.insert(name.to_string(), value.to_string());
            }
        }
        let device = Device { id: "d".into(), agent: "fence_x".into(), parameters, unfences: false };
        let found = delay(&device, action, "n1");
        assert_eq!((found.base_ms, found.span_ms), expected, "{base:?} {max:?} {action}");
    }

    #[test]
    fn a_base_is_one_value_or_one_for_each_node() {
        check("", "", "reboot", (0, 0));
        check("5s", "", "reboot", (5000, 0));
        check("5", "", "off", (5000, 0));
        check("n1:3s;n2:7s", "", "off", (3000, 0));
        check("n2:7s n1:1500ms", "", "off", (1500, 0));
        check("n2:7s", "", "off", (0, 0));
    }

    #[test]
    fn chance_fills_what_is_left_up_to_the_maximum() {
        check("", "10s", "reboot", (0, 10000));
        check("4s", "10s", "reboot", (4000, 6000));
        check("12s", "10s", "reboot", (10000, 0));
        let delay = Delay { base_ms: 4000, span_ms: 6000 };
        assert!((0..20_000).step_by(7).all(|chance| (4000..=10_000).contains(&delay.with(chance))));
        assert_eq!(Delay { base_ms: 4000, span_ms: 0 }.with(u64::MAX), 4000);
    }

    #[test]
    fn switching_on_and_asking_never_wait() {
        check("5s", "10s", "on", (0, 0));
        check("5s", "10s", "list", (0, 0));
    }
}
