//! Real daemons, real agents: failures, moves, crashes and partitions, as an administrator sees them.

use quorate_tests::lab::{Lab, program};
use quorate_tests::needs;
use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

/// Runs a command of the shell on a node.
fn crm(lab: &Lab, node: &str, words: &[&str]) -> Output {
    let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
    lab.tool(node, &words).output().expect("the shell runs")
}

fn fencing(lab: &Lab) -> String {
    format!(
        "property fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\" pcmk_reboot_action=off",
        lab.directory().display()
    )
}

fn monitor(lab: &Lab, node: &str, options: &str) -> String {
    let output = Command::new(program("crm_mon"))
        .arg(options)
        .env("QUORATE_ROOT", lab.root(node))
        .env_remove("CIB_file")
        .output()
        .expect("the monitor runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_failing_resource_moves_and_comes_back_after_repair_and_cleanup() {
    let lab = Lab::started(3);
    lab.load(
        "n1",
        "property fencing-enabled=false\n\
         primitive dummy1 ocf:quorate:Dummy meta resource-stickiness=1 migration-threshold=3 failure-timeout=4h \
            op monitor interval=300ms\n\
         primitive dummy2 ocf:quorate:Dummy meta resource-stickiness=100 op monitor interval=300ms\n\
         location prefer1 dummy1 100: n1\n\
         location prefer2 dummy2 10: n2\n\
         colocation apart -inf: dummy1 dummy2",
    );
    lab.wait_at("n1", "dummy1", &["n1"]);
    lab.wait_at("n1", "dummy2", &["n2"]);
    lab.wait_until_idle();

    let state = lab.root("n1").join("run/resource-agents");
    fs::remove_dir_all(&state).expect("the state directory goes");
    lab.wait_at("n1", "dummy1", &["n3"]);
    lab.wait_at("n1", "dummy2", &["n2"]);
    lab.wait_until_idle();
    let shown = monitor(&lab, "n1", "-1rf");
    assert!(shown.contains("dummy1: migration-threshold=3 fail-count=1000000"), "{shown}");
    assert!(shown.contains("Failed Resource Actions"), "{shown}");
    assert!(shown.contains("dummy1 start on n1") || shown.contains("dummy1 start on n1 returned"), "{shown}");
    assert!(shown.contains("is missing"), "{shown}");

    fs::create_dir_all(&state).expect("the repair");
    lab.crm("n2", &["resource", "cleanup", "dummy1"]);
    lab.wait_at("n1", "dummy1", &["n1"]);
    lab.wait_until_idle();
    let shown = monitor(&lab, "n1", "-1rf");
    assert!(!shown.contains("fail-count"), "{shown}");
}

#[test]
fn standby_moves_everything_off_and_online_brings_it_back() {
    let lab = Lab::started(3);
    lab.load(
        "n1",
        "property fencing-enabled=false\n\
         primitive a ocf:quorate:Dummy op monitor interval=1s\n\
         primitive b ocf:quorate:Dummy meta resource-stickiness=100 op monitor interval=1s\n\
         location a-n1 a 10: n1\n\
         location b-n1 b 10: n1\n\
         primitive c ocf:quorate:Dummy\n\
         clone cs c",
    );
    lab.wait_at("n1", "a", &["n1"]);
    lab.wait_at("n1", "b", &["n1"]);
    lab.wait_at("n1", "c", &["n1", "n2", "n3"]);
    lab.crm("n1", &["node", "standby", "n1"]);
    lab.wait_at("n1", "c", &["n2", "n3"]);
    lab.wait("a and b to leave n1", |lab| {
        let on = [lab.places("n1", "a"), lab.places("n1", "b")];
        on.iter().all(|on| on.len() == 1 && on[0] != "n1")
    });
    lab.wait_until_idle();
    lab.crm("n1", &["node", "online", "n1"]);
    // The one that sticks where it is stays; the other goes home.
    lab.wait_at("n1", "a", &["n1"]);
    lab.wait_at("n1", "c", &["n1", "n2", "n3"]);
    lab.wait_until_idle();
    assert_ne!(lab.places("n1", "b"), ["n1"]);

    lab.crm("n1", &["resource", "move", "b", "n1"]);
    lab.wait_at("n1", "b", &["n1"]);
    lab.crm("n1", &["resource", "clear", "b"]);
    lab.wait_until_idle();
    assert_eq!(lab.places("n1", "b"), ["n1"]);
    lab.crm("n1", &["resource", "ban", "b", "n1"]);
    lab.wait("b to leave", |lab| lab.places("n1", "b").first().is_some_and(|on| on != "n1"));
    lab.crm("n1", &["resource", "clear", "b"]);
    lab.wait_until_idle();

    // In maintenance a resource that dies is left alone.
    lab.crm("n1", &["configure", "property", "maintenance-mode=true"]);
    lab.wait_until_idle();
    fs::remove_file(lab.root("n1").join("run/resource-agents/Dummy-a.state")).expect("a runs on n1");
    // Even when it is looked for and not found.
    lab.crm("n1", &["resource", "refresh", "a"]);
    lab.wait_at("n1", "a", &[]);
    lab.wait_until_idle();
    assert!(!lab.root("n1").join("run/resource-agents/Dummy-a.state").exists());
    lab.crm("n1", &["configure", "property", "maintenance-mode=false"]);
    lab.wait("a to be recovered", |lab| lab.root("n1").join("run/resource-agents/Dummy-a.state").exists());
}

/// Active periods per resource, from what the agents and the fence agent wrote down themselves.
fn never_twice(lab: &Lab, record: &str) {
    let log = fs::read_to_string(record).expect("the agents' record");
    let fenced = fs::read_to_string(lab.directory().join("fencing.log")).unwrap_or_default();
    let mut lines: Vec<(f64, String)> = Vec::new();
    for line in log.lines().chain(fenced.lines()) {
        let (at, rest) = line.split_once(' ').expect("time and event");
        lines.push((at.parse().expect("a time"), rest.to_string()));
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut active: BTreeMap<String, String> = BTreeMap::new();
    for (at, event) in lines {
        let words: Vec<&str> = event.split(' ').collect();
        match words[..] {
            ["off", node] => active.retain(|_, on| on != node),
            ["start", resource, node] => {
                let before = active.insert(resource.to_string(), node.to_string());
                assert!(before.is_none(), "at {at} {resource} starts on {node} while on {before:?}\n{log}\n{fenced}");
            }
            ["stop", resource, _] => drop(active.remove(resource)),
            _ => panic!("unknown event {event}"),
        }
    }
}

#[test]
fn a_killed_node_is_fenced_before_its_resources_start_elsewhere() {
    let mut lab = Lab::started(3);
    let record = lab.directory().join("record").to_string_lossy().into_owned();
    let fencing = fencing(&lab);
    lab.load(
        "n1",
        &format!(
            "{fencing}\n\
             primitive a ocf:quorate:Dummy params record=\"{record}\" op monitor interval=1s\n\
             primitive b ocf:quorate:Dummy params record=\"{record}\" op monitor interval=1s\n\
             group g a b\n\
             location g-n2 g 50: n2"
        ),
    );
    lab.wait_at("n1", "b", &["n2"]);
    lab.wait_until_idle();
    lab.kill("n2");
    lab.wait("g elsewhere", |lab| lab.places("n1", "b").first().is_some_and(|on| on != "n2"));
    lab.wait("n1 and n3 to be idle", |lab| ["n1", "n3"].iter().all(|name| lab.status(name).is_some_and(|s| s.idle)));
    let status = lab.status("n1").expect("n1 answers");
    let fenced = status.fencing.iter().filter(|event| event.target == "n2").count();
    assert_eq!(fenced, 1, "{:?}", status.fencing);
    never_twice(&lab, &record);
    let starts = fs::read_to_string(&record).expect("the record");
    assert_eq!(starts.lines().filter(|line| line.contains(" start a ")).count(), 2, "{starts}");
    // Back again, it goes home.
    lab.start("n2");
    lab.wait_at("n1", "b", &["n2"]);
    never_twice(&lab, &record);
}

#[test]
fn without_a_fence_device_a_lost_nodes_resources_stay_down_and_the_status_says_why() {
    let mut lab = Lab::started(3);
    lab.load(
        "n1",
        "property fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo params dir=/nowhere pcmk_host_list=\"n9\"\n\
         primitive a ocf:quorate:Dummy op monitor interval=1s\n\
         location a-n2 a 50: n2",
    );
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.kill("n2");
    lab.wait("fencing to be tried", |lab| lab.status("n1").is_some_and(|status| !status.fencing.is_empty()));
    // What needs no fencing starts meanwhile.
    lab.load("n1", "primitive later ocf:quorate:Dummy meta requires=nothing\nlocation later-n1 later inf: n1");
    lab.wait_at("n1", "later", &["n1"]);
    for node in ["n1", "n3"] {
        assert!(!lab.root(node).join("run/resource-agents/Dummy-a.state").exists(), "a started on {node}");
    }
    let status = lab.status("n1").expect("n1 answers");
    assert!(status.fencing.iter().any(|event| event.reason.contains("no fence device can reach n2")), "{status:?}");
    let shown = monitor(&lab, "n1", "-1r");
    assert!(shown.contains("UNCLEAN"), "{shown}");
    assert!(shown.contains("no fence device can reach n2"), "{shown}");
}

#[test]
fn a_minority_stops_its_resources_and_the_majority_recovers_them() {
    let lab = Lab::started(3);
    let record = lab.directory().join("record").to_string_lossy().into_owned();
    // Fencing off: the minority stops what it runs by itself, which takes a moment longer than
    // the majority needs to notice; without fencing that moment is the price, so only the end is
    // looked at here.
    lab.load(
        "n1",
        &format!(
            "property fencing-enabled=false no-quorum-policy=stop\n\
             primitive a ocf:quorate:Dummy params record=\"{record}\" op monitor interval=1s\n\
             location a-n3 a 50: n3"
        ),
    );
    lab.wait_at("n1", "a", &["n3"]);
    lab.wait_until_idle();
    lab.partition(&["n3"]);
    lab.wait("the minority to stop it", |lab| !lab.root("n3").join("run/resource-agents/Dummy-a.state").exists());
    lab.wait("the majority to start it", |lab| lab.places("n1", "a").first().is_some_and(|on| on != "n3"));
    lab.crm("n1", &["configure", "primitive", "extra", "ocf:quorate:Dummy"]);
    let refused = crm(&lab, "n3", &["configure", "primitive", "lost", "ocf:quorate:Dummy"]);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("quorum"), "{said}");
    lab.heal();
    lab.wait("one CIB", |lab| {
        let digests: Vec<String> = lab.names().iter().map(|name| lab.document(name).digest()).collect();
        digests.windows(2).all(|pair| pair[0] == pair[1])
    });
    lab.wait_at("n3", "a", &["n3"]);
    let shown = lab.crm("n3", &["configure", "show"]);
    assert!(shown.contains("primitive extra") && !shown.contains("lost"), "{shown}");
}

#[test]
fn a_node_that_is_stopped_hands_over_its_resources_and_is_not_fenced() {
    let mut lab = Lab::started(3);
    let record = lab.directory().join("record").to_string_lossy().into_owned();
    let fencing = fencing(&lab);
    lab.load(
        "n1",
        &format!(
            "{fencing}\n\
             primitive a ocf:quorate:Dummy params record=\"{record}\" op monitor interval=1s\n\
             location a-n2 a 50: n2"
        ),
    );
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.stop("n2");
    lab.wait("a elsewhere", |lab| lab.places("n1", "a").first().is_some_and(|on| on != "n2"));
    lab.wait("n1 and n3 to be idle", |lab| ["n1", "n3"].iter().all(|name| lab.status(name).is_some_and(|s| s.idle)));
    assert!(lab.status("n1").is_some_and(|status| status.fencing.is_empty()), "{:?}", lab.status("n1"));
    never_twice(&lab, &record);
    let shown = monitor(&lab, "n1", "-1r");
    assert!(shown.contains("OFFLINE: [ n2 ]") && !shown.contains("UNCLEAN"), "{shown}");
    // The last one to go stops what it runs, too.
    lab.start("n2");
    lab.wait_at("n1", "a", &["n2"]);
    for name in ["n1", "n3"] {
        lab.stop(name);
    }
    lab.stop("n2");
    assert!(!lab.root("n2").join("run/resource-agents/Dummy-a.state").exists());
}

/// The agents of Debian's packages, unchanged: what they need of their environment is there.
#[test]
fn agents_of_the_packages_run_unchanged() {
    let agents = ["heartbeat/Dummy", "pacemaker/Dummy", "pacemaker/Stateful"];
    if !needs::files(&agents.map(|agent| std::path::Path::new("/usr/lib/ocf/resource.d").join(agent))) {
        return;
    }
    let lab = Lab::started(2);
    lab.load(
        "n1",
        &format!(
            "property fencing-enabled=false\n\
             primitive h ocf:heartbeat:Dummy op monitor interval=1s\n\
             primitive p ocf:pacemaker:Dummy params op_sleep=0 state=\"{dir}/p.state\" op monitor interval=1s\n\
             primitive s ocf:pacemaker:Stateful params state=\"{dir}/s.state\" \
                op monitor interval=1s role=Promoted op monitor interval=2s role=Unpromoted\n\
             clone ss s meta promotable=true clone-max=1\n\
             primitive bad ocf:pacemaker:Dummy params state=\"{dir}/bad.state\" fail_start_on=\"{host}\"\n\
             location bad-n1 bad inf: n1\n\
             location bad-n2 bad -inf: n2",
            dir = lab.directory().display(),
            host = nix::unistd::gethostname().expect("a host name").to_string_lossy()
        ),
    );
    lab.wait("the dummies to run", |lab| lab.places("n1", "h").len() == 1 && lab.places("n1", "p").len() == 1);
    lab.wait("one instance to be promoted", |lab| {
        lab.places("n1", "s").first().is_some_and(|place| place.ends_with('*'))
    });
    lab.wait_until_idle();
    let shown = monitor(&lab, "n1", "-1rf");
    assert!(shown.contains("bad start on n1 returned 'Error occurred'"), "{shown}");
    assert!(lab.places("n1", "bad").is_empty());
}

/// What the daemon decided can be replayed from what it kept.
#[test]
fn a_kept_scheduler_input_replays_the_decision() {
    let lab = Lab::started(2);
    lab.load("n1", "property fencing-enabled=false\nprimitive a ocf:quorate:Dummy\nlocation a-n2 a 10: n2");
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    let leader = lab.status("n1").and_then(|status| status.leader).expect("a leader");
    let inputs = lab.root(&leader).join("var/lib/pacemaker/pengine");
    lab.wait("the decision to start it to be kept", |lab| {
        let files = fs::read_dir(&inputs).into_iter().flatten().flatten().map(|entry| entry.path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "bz2")).any(|path| {
            let output = lab.tool(&leader, &["crm_simulate", "-S", "-x", &path.to_string_lossy()]).output();
            let output = output.expect("the tool runs");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_whitespace().collect::<Vec<_>>().join(" ").contains("* Start a ( n2 )")
        })
    });
}

/// A clean-up job takes away what is below `/run`: tools find the daemon again, its agents' runs are noted again, and
/// no second daemon of the node can start.
#[test]
fn what_is_removed_below_run_is_made_again() {
    let lab = Lab::started(1);
    lab.load("n1", "property fencing-enabled=false\nprimitive p ocf:quorate:Dummy");
    lab.wait_until_idle();
    let run = lab.root("n1").join("run/quorate");
    for removed in [run.clone(), run.join("quorate.sock"), run.join("quorated.pid")] {
        if removed.is_dir() { fs::remove_dir_all(&removed) } else { fs::remove_file(&removed) }.expect("it is there");
        lab.wait("what was removed to be there again", |_| removed.exists());
        lab.wait("the daemon to answer", |lab| lab.status("n1").is_some());
        let second = Command::new(program("quorated"))
            .args(["--root".as_ref(), lab.root("n1").as_os_str(), "--node".as_ref(), "n1".as_ref()])
            .output()
            .expect("a second daemon");
        let told = String::from_utf8_lossy(&second.stderr).into_owned();
        assert!(!second.status.success() && told.contains("another quorated runs here"), "{told}");
    }
    assert_eq!(lab.places("n1", "p"), ["n1"]);
    lab.done("n1", "crm_resource -r p --set-parameter target-role --meta -v Stopped");
    lab.wait_at("n1", "p", &[]);
    lab.done("n1", "crm_resource -r p --set-parameter target-role --meta -v Started");
    lab.wait_at("n1", "p", &["n1"]);
    assert!(run.join("active/p").is_file(), "what is active is noted again");
}
