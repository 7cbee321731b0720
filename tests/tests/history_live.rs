//! `crm history incident` after real failovers: the page says what happened, and its figures hold against the
//! clock of who looks on.

use quorate_tests::lab::Lab;
use std::fs;
use std::time::Instant;

/// A resource that is best on n2, then on n3; fencing; three nodes.
fn cluster() -> Lab {
    let lab = Lab::started(3);
    let file = lab.directory().join("batch.crm");
    let text = format!(
        "configure\n\
         property fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo \
            params dir=\"{directory}\" pcmk_host_list=\"n1 n2 n3\" pcmk_reboot_action=off\n\
         location fencer-n1 fencer 200: n1\n\
         primitive a ocf:quorate:Dummy op monitor interval=500ms\n\
         location a-n2 a 100: n2\n\
         location a-n3 a 50: n3\n\
         commit\n",
        directory = lab.directory().display()
    );
    fs::write(&file, text).expect("a batch");
    lab.crm("n1", &["-f", &file.to_string_lossy()]);
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab
}

/// Seconds behind these words on their line.
#[track_caller]
fn seconds(page: &str, before: &str) -> f64 {
    let rest = page.split_once(before).unwrap_or_else(|| panic!("{before}: {page}")).1;
    let number = rest.trim_start().split(' ').next().and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("no seconds behind {before}: {page}"))
}

#[test]
fn a_failover_and_a_failure_are_told_on_a_page_each() {
    let lab = cluster();
    let paused = Instant::now();
    lab.pause("n2");
    lab.wait_at("n1", "a", &["n3"]);
    lab.wait_until_idle();
    // A heartbeat is a token time old at most.
    let seen = paused.elapsed().as_secs_f64() + 1.0;
    let leader = lab.status("n1").and_then(|status| status.leader).expect("a leader");
    let page = lab.crm(&leader, &["history", "incident"]);
    for words in [
        "Incident 1 of 1: n2 is lost",
        "last heartbeat: n2 is lost",
        &format!("members: n1 n3 with quorum, led by {leader}"),
        "Move a ( n2 -> n3 )",
        "fencing: n2 is to be fenced (reboot), asked by transition",
        "fencing: n2 is fenced, ",
        "start of a on n3: ok after",
        "monitor (every 0.5 s) of a on n3: ok after",
        "nothing more is to be done",
        "(since n2 was last heard); first healthy monitor after",
        "a runs on n2; its place is on n3.",
        "n3: 50, chosen",
        "n1: 0",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let down = seconds(&page, "a: n2 -> n3,");
    assert!(0.0 < down && down <= seen, "{down} of {seen}: {page}");
    assert!(down <= seconds(&page, "first healthy monitor after"), "{page}");

    // What fails where it runs is another incident.
    fs::remove_file(lab.root("n3").join("run/resource-agents/Dummy-a.state")).expect("its state");
    lab.wait("its recovery", |lab| lab.crm(&leader, &["history", "events"]).contains("a on n3: monitor failures: 1"));
    lab.wait_until_idle();
    let page = lab.crm(&leader, &["history", "incident"]);
    for words in ["Incident 1 of 2: monitor of a failed on n3", "FAILED monitor (every 0.5 s) of a on n3: not running"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(seconds(&page, "a: n3 -> n3,") > 0.0, "{page}");
    let page = lab.crm(&leader, &["history", "incident", "2"]);
    assert!(page.contains("Incident 2 of 2: n2 is lost"), "{page}");
    let wrong = lab.tool(&leader, &["crm", "history", "incident", "3"]).output().expect("the shell runs");
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("2 incidents"), "{wrong:?}");
}
