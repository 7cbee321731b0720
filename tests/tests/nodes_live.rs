//! Nodes that come, go and are forgotten, with real daemons.

use quorate_core::node::{Reply, Request};
use quorate_tests::lab::Lab;
use std::fs;
use std::process::Output;

fn tool(lab: &Lab, node: &str, line: &str) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    lab.tool(node, &words).output().expect("the tool runs")
}

#[track_caller]
fn load(lab: &Lab, text: &str) {
    let record = lab.directory().join("record");
    let record = record.display();
    lab.load(
        "n1",
        &format!("property fencing-enabled=false\nprimitive a ocf:quorate:Dummy params record=\"{record}\"\n{text}"),
    );
}

fn members(lab: &Lab, asked: &str) -> usize {
    lab.status(asked).map_or(0, |status| status.members.len())
}

/// Nothing of it is left: no definition, no state, no attribute, no memory of its fencing. Then its host, wiped,
/// comes back under its name and is a node like others.
#[test]
fn a_removed_node_is_gone_everywhere_and_its_wiped_host_comes_back() {
    let mut lab = Lab::started(3);
    load(&lab, "location a-n1 a 50: n1");
    lab.wait_at("n1", "a", &["n1"]);
    lab.done("n3", "attrd_updater -n mark -U 1");
    lab.done("n3", "attrd_updater -p -n secret -U 1");
    lab.done("n3", "crm node attribute n3 set rack 7");
    let refused = tool(&lab, "n1", "crm_node -R n3 --force");
    assert_eq!(refused.status.code(), Some(107), "it is a member: {refused:?}");
    lab.stop("n3");
    lab.wait("n3 to be gone", |lab| members(lab, "n1") == 2);
    let confirmed = lab.ask("n1", &Request::ConfirmFenced { node: "n3".into() });
    assert!(matches!(confirmed, Ok(Reply::Done)), "{confirmed:?}");
    let fenced = |lab: &Lab, node: &str| lab.status(node).is_some_and(|status| !status.fencing.is_empty());
    lab.wait("both to remember", |lab| fenced(lab, "n1") && fenced(lab, "n2"));
    lab.done("n2", "crm_node -R n3 --force");
    for node in ["n1", "n2"] {
        lab.wait("n3 to be forgotten", |lab| !lab.document(node).to_text().contains("n3"));
        assert!(!fenced(&lab, node), "{:?}", lab.status(node));
        assert!(!lab.done(node, "crm status").contains("n3"));
        assert!(!lab.done(node, "crm_node -l").contains("n3"));
        assert_ne!(tool(&lab, node, "attrd_updater -Q -n secret -N n3").status.code(), Some(0));
    }
    lab.wait_until_idle();
    assert_eq!(lab.places("n1", "a"), ["n1"]);
    // The disk is new.
    for place in ["var", "run"] {
        fs::remove_dir_all(lab.root("n3").join(place)).expect("the wiped host");
    }
    fs::create_dir_all(lab.root("n3").join("run/quorate")).expect("a directory");
    lab.start("n3");
    lab.wait("n3 to be a member", |lab| members(lab, "n1") == 3 && members(lab, "n3") == 3);
    lab.done("n3", "crm configure location a-n3 a inf: n3");
    lab.wait_at("n2", "a", &["n3"]);
    lab.wait_until_idle();
    let document = lab.document("n2");
    let mut nodes = document.configuration().child("nodes").expect("nodes").elements();
    assert!(nodes.any(|node| node.attr("uname") == Some("n3") && node.attr("id") == Some("3")));
    assert!(!document.to_text().contains("\"rack\""), "what it had is forgotten");
}

/// What ran where a host is shut down in order stays down until it is back, or for as long as it is said.
#[test]
fn a_resource_is_kept_for_the_node_that_was_shut_down() {
    let mut lab = Lab::started(3);
    load(
        &lab,
        "property shutdown-lock=true\nlocation a-n2 a 50: n2\nprimitive b ocf:quorate:Dummy\nlocation b-n1 b 50: n1",
    );
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.stop("n2");
    lab.wait("n2 to be gone", |lab| members(lab, "n1") == 2);
    lab.wait("the others to be idle", |lab| lab.status("n1").is_some_and(|status| status.idle));
    let shown = lab.done("n1", "crm status");
    assert!(shown.contains("LOCKED"), "{shown}");
    assert!(lab.document("n1").to_text().contains("shutdown-lock=\""), "the lock stands in the state of n2");
    assert_eq!(lab.places("n1", "b"), ["n1"]);
    for node in ["n1", "n3"] {
        assert!(!lab.root(node).join("run/resource-agents/Dummy-a.state").exists(), "a started on {node}");
    }
    lab.start("n2");
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    // Not longer than that.
    lab.done("n1", "crm configure property shutdown-lock-limit=2s");
    lab.stop("n2");
    lab.wait("the lock to expire", |lab| lab.places("n1", "a").first().is_some_and(|on| on != "n2"));
}

/// The configuration of the engine names another host: each daemon is started again, in maintenance mode, and
/// what runs is not touched.
#[test]
fn a_host_is_added_while_resources_run() {
    let mut lab = Lab::new(3);
    let path = |lab: &Lab, name: &str| lab.root(name).join("etc/quorate/quorate.conf");
    let whole = fs::read_to_string(path(&lab, "n1")).expect("the configuration");
    let start = whole.rfind("  node {").expect("the third node");
    let end = start + whole[start..].find("  }\n").expect("its end") + 4;
    let two = format!("{}{}", &whole[..start], &whole[end..]);
    for name in ["n1", "n2"] {
        fs::write(path(&lab, name), &two).expect("a configuration of two");
        lab.start(name);
    }
    lab.wait("two nodes", |lab| members(lab, "n1") == 2 && members(lab, "n2") == 2);
    load(&lab, "location a-n1 a 50: n1");
    lab.wait_at("n1", "a", &["n1"]);
    lab.wait_until_idle();
    let before = fs::read_to_string(lab.directory().join("record")).expect("the record");
    lab.done("n1", "crm configure property maintenance-mode=true");
    for (name, other) in [("n1", "n2"), ("n2", "n1")] {
        fs::write(path(&lab, name), &whole).expect("the configuration of three");
        lab.stop(name);
        lab.start(name);
        lab.wait("both to be together", |lab| members(lab, name) == 2 && members(lab, other) == 2);
    }
    lab.start("n3");
    lab.wait("three nodes", |lab| lab.names().iter().all(|name| members(lab, name) == 3));
    lab.done("n3", "crm configure property maintenance-mode=false");
    lab.wait_until_idle();
    assert_eq!(lab.places("n3", "a"), ["n1"]);
    assert_eq!(fs::read_to_string(lab.directory().join("record")).expect("the record"), before, "a was touched");
    lab.done("n3", "crm configure location a-n3 a inf: n3");
    lab.wait_at("n1", "a", &["n3"]);
}
