//! Hosts under Corosync, and one thing after the other that happens to them: `QUORATE_STORM_SECONDS` (60),
//! `QUORATE_STORM_HOSTS` (3) and `QUORATE_STORM_SEED` make it longer, larger and other.

use quorate_tests::storm::Storm;
use std::time::Duration;

#[test]
fn nothing_runs_twice_and_nothing_is_lost_in_a_storm() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let hosts = number("QUORATE_STORM_HOSTS").unwrap_or(3) as usize;
    let Some(mut storm) = Storm::gather(number("QUORATE_STORM_SEED").unwrap_or(1), hosts) else { return };
    storm.rage(Duration::from_secs(number("QUORATE_STORM_SECONDS").unwrap_or(60)));
    let story = storm.story.join("\n");
    assert!(storm.breaks.is_empty(), "{story}\n{}", storm.breaks.join("\n"));
    println!("{story}");
}
