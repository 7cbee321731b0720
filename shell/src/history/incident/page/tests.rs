//! Logs to pages.

use super::*;
use crate::history::incident::incidents;

/// The pages of a log: each line a time of the same minute, a host and what it says.
fn pages(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| {
        let (at, rest) = line.trim().split_once(' ')?;
        let (host, rest) = rest.split_once(' ')?;
        Line::parse(&format!("Nov 28 01:25:{at} {host} quorated [1] {rest}"))
    });
    let all = incidents(lines.collect());
    let reasons = |outage: &Outage| {
        let from = outage.decided_from.as_deref().unwrap_or("?");
        vec![format!("{} by {from}", outage.resource)]
    };
    let count = all.len();
    all.iter().enumerate().map(|(at, one)| page(one, &format!("{} of {count}", count - at), &reasons)).collect()
}

const BEFORE: &str = "\
    00.100 n1 (start) notice: quorated 0.1.0 as n1
    00.200 n1 (membership) notice: n1 without quorum, led by n1
    00.300 n1 (membership) notice: n1 n2 n3 with quorum, led by n1
    00.400 n1 (scheduler) info: transition 1 decided from pe-input-0.bz2
    00.400 n1 (transition) notice:   Start a ( n2 )
    00.410 n1 (result) info: monitor of a on n1: not running after 6 ms
    00.450 n1 (result) notice: start of a on n2: ok after 3 ms
    00.500 n1 (transition) info: transition 2: nothing is to be done\n";

#[track_caller]
fn check(log: &str, expected: &[&str]) {
    assert_eq!(pages(&format!("{BEFORE}{log}")), expected);
}

#[test]
fn a_lost_host_is_told_from_its_last_heartbeat_to_the_first_healthy_monitor() {
    check(
        "11.000 n1 (cluster) warning: n2 was last heard 1000 ms ago
         11.010 n1 (membership) notice: n1 n3 with quorum, led by n1
         11.010 n1 (membership) warning: n2 is lost
         11.011 n1 (scheduler) info: transition 3 decided from pe-warn-0.bz2
         11.011 n1 (transition) notice: transition 3: 5 actions
         11.011 n1 (transition) notice:   Fence (reboot) n2 'peer is no longer part of the cluster'
         11.011 n1 (transition) notice:   Move a ( n2 -> n1 )
         11.012 n1 (fencing) notice: n2 is to be fenced (reboot), asked by transition 3 on n1
         11.500 n1 (fencing) info: n2 is fenced
         11.505 n3 (result) notice: notify of d on n3: ok after 3 ms
         11.506 n3 (result) notice: notify of d on n3: ok after 4 ms
         11.510 n1 (result) notice: start of a on n1: ok after 8 ms
         11.520 n1 (result) notice: monitor (every 10 s) of a on n1: ok after 4 ms
         11.530 n1 (scheduler) info: transition 4 decided from pe-input-1.bz2
         11.530 n1 (transition) info: transition 4: nothing is to be done",
        &["\
Incident 1 of 1: n2 is lost
Nov 28 01:25:10.000, over after 1.530 s

What happened:
      +0.000 s  last heartbeat: n2 is lost
      +1.010 s  members: n1 n3 with quorum, led by n1
      +1.010 s  n2 is lost
      +1.011 s  scheduler: transition 3 (pe-warn-0)
      +1.011 s    Fence (reboot) n2 'peer is no longer part of the cluster'
      +1.011 s    Move a ( n2 -> n1 )
      +1.012 s  fencing: n2 is to be fenced (reboot), asked by transition 3 on n1
      +1.500 s  fencing: n2 is fenced, 0.488 s after it was asked for
      +1.506 s  2 notifications answered
      +1.510 s  start of a on n1: ok after 8 ms
      +1.520 s  monitor (every 10 s) of a on n1: ok after 4 ms
      +1.530 s  scheduler: transition 4 (pe-input-1)
      +1.530 s  nothing more is to be done

How long what was down:
  a: n2 -> n1, 1.510 s (since n2 was last heard); first healthy monitor after 1.520 s

Why there:
  a by pe-warn-0
"],
    );
}

#[test]
fn what_left_in_order_is_no_incident() {
    check(
        "11.000 n1 (transition) notice:   Move a ( n2 -> n1 )
         11.010 n1 (result) notice: stop of a on n2: ok after 8 ms
         11.020 n1 (membership) notice: n1 n3 with quorum, led by n1
         11.021 n1 (scheduler) info: transition 3 decided from pe-input-1.bz2
         11.030 n1 (transition) info: transition 3: nothing is to be done",
        &[],
    );
}

#[test]
fn a_failure_is_told_with_what_it_took_along() {
    let log = "11.000 n1 (result) warning: monitor (every 15 s) of d on n2: not running after 9 ms
         11.001 n1 (scheduler) info: transition 3 decided from pe-input-1.bz2
         11.001 n1 (transition) notice:   Promote d:0 ( Unpromoted -> Promoted n1 )
         11.001 n1 (transition) notice:   Recover d:1 ( Promoted -> Unpromoted n2 )
         11.001 n1 (transition) notice:   Move ip ( n2 -> n1 )
         11.100 n1 (result) notice: demote of d on n2: ok after 90 ms
         11.200 n1 (result) notice: stop of ip on n2: ok after 50 ms
         11.400 n1 (result) notice: promote of d on n1: ok after 150 ms
         11.500 n1 (result) notice: start of ip on n1: ok after 50 ms
         11.600 n1 (transition) info: transition 4: nothing is to be done";
    let page = pages(&format!("{BEFORE}{log}"));
    for line in [
        "Incident 1 of 1: monitor of d failed on n2",
        "FAILED monitor (every 15 s) of d on n2: not running after 9 ms",
        "  d promoted: n2 -> n1, 0.400 s (since it was found to have failed; it was down before); no monitor seen",
        "  ip: n2 -> n1, 0.300 s (since it was stopped); no monitor seen since",
    ] {
        assert!(page[0].contains(line), "{line}: {}", page[0]);
    }
}

#[test]
fn an_incident_lasts_until_what_it_took_down_runs_again() {
    let log = "11.000 n1 (membership) notice: n1 without quorum, led by n1
         11.000 n1 (membership) warning: n3 is lost
         11.001 n1 (scheduler) info: transition 3 decided from pe-warn-0.bz2
         11.001 n1 (transition) notice:   Stop b ( n1 ) due to no quorum
         11.050 n1 (result) notice: stop of b on n1: ok after 8 ms
         11.060 n1 (transition) info: transition 4: nothing is to be done
         21.000 n1 (membership) notice: n1 n2 n3 with quorum, led by n1
         21.001 n1 (scheduler) info: transition 5 decided from pe-input-1.bz2
         21.001 n1 (transition) notice:   Start b ( n3 )
         21.050 n1 (result) notice: start of b on n3: ok after 8 ms
         21.060 n1 (transition) info: transition 6: nothing is to be done
         31.000 n1 (result) warning: monitor (every 1 s) of b on n3: not running after 1 ms";
    let pages = pages(&format!("{BEFORE}{log}"));
    assert!(pages[0].contains("over after 10.060 s"), "{}", pages[0]);
    assert!(pages[0].contains("  b: n1 -> n3, 10.000 s (since it was stopped)"), "{}", pages[0]);
    assert!(pages[1].contains("b failed on n3\nNov 28 01:25:31.000, not seen to be over"), "{}", pages[1]);
    assert!(pages[1].contains("  nothing that is known of here"), "{}", pages[1]);
}

#[test]
fn what_two_hosts_tell_stands_there_once() {
    let log = "11.000 n1 (result) warning: monitor (every 1 s) of a on n2: not running after 1 ms
         11.002 n2 (result) warning: monitor (every 1 s) of a on n2: not running after 1 ms
         11.010 n3 (start) notice: quorated 0.1.0 as n3
         11.020 n3 (membership) notice: n3 without quorum, led by n3";
    let pages = pages(&format!("{BEFORE}{log}"));
    assert_eq!((pages.len(), pages[0].matches("FAILED").count()), (1, 1), "{pages:?}");
}
