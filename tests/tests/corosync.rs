//! Real Corosync between hosts on this machine.

use quorate_core::node::{Refusal, Reply};
use quorate_core::xml::Element;
use quorate_tests::hosts::Hosts;
use quorate_tests::lab::Lab;
use std::process::Stdio;

/// Waits until a host sees just these members.
#[track_caller]
fn together(lab: &Lab, asked: &str, members: &[&str]) {
    lab.wait(&format!("{asked} to be with {members:?}"), |lab| {
        let status = lab.status(asked);
        status.is_some_and(|status| status.members == members && status.leader.is_some())
    });
}

fn commit(lab: &Lab, node: &str, id: &str, bytes: usize) -> Reply {
    let change = |document: &mut quorate_core::cib::Document| {
        let mut tag = Element::new("tag").with("id", id);
        tag.push(Element::new("obj_ref").with("id", "x".repeat(bytes.max(1))));
        document.configuration_mut().child_or_new("tags").push(tag);
    };
    lab.commit(node, change).expect("an answer")
}

fn holds(lab: &Lab, node: &str, id: &str) -> bool {
    lab.document(node).configuration().descendants().any(|element| element.id() == Some(id))
}

fn load(lab: &Lab, text: &str) {
    let file = lab.directory().join("batch.crm");
    std::fs::write(&file, format!("configure\n{text}\ncommit\n")).expect("a batch");
    let status = lab.tool("n1", &["crm", "-f", &file.to_string_lossy()]).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{text}");
}

#[test]
fn hosts_form_a_cluster_and_go_on_without_each_other() {
    let Some(mut hosts) = Hosts::new(3) else { return };
    for name in ["n1", "n2", "n3"] {
        hosts.start(name);
    }
    for name in ["n1", "n2", "n3"] {
        together(&hosts.lab, name, &["n1", "n2", "n3"]);
    }
    load(
        &hosts.lab,
        "property fencing-enabled=false dc-deadtime=5s\nprimitive p ocf:quorate:Dummy\nprimitive q ocf:quorate:Dummy",
    );
    hosts.lab.wait("p and q to run", |lab| ["p", "q"].iter().all(|id| lab.places("n1", id).len() == 1));

    // Three times what Corosync carries at once.
    let reply = commit(&hosts.lab, "n2", "large", 3 << 20);
    assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
    hosts.lab.wait("n3 to hold it", |lab| holds(lab, "n3", "large"));

    // A daemon that dies while its Corosync lives is lost, and comes back.
    hosts.signal("n3", "-KILL");
    together(&hosts.lab, "n1", &["n1", "n2"]);
    hosts.start("n3");
    together(&hosts.lab, "n1", &["n1", "n2", "n3"]);
    hosts.lab.wait("n3 to hold it again", |lab| lab.status("n3").is_some() && holds(lab, "n3", "large"));

    // A host dies with all that it ran.
    hosts.kill("n2");
    together(&hosts.lab, "n1", &["n1", "n3"]);
    hosts.lab.wait("p and q to run here", |lab| {
        ["p", "q"].iter().all(|id| !lab.places("n1", id).is_empty() && lab.places("n1", id) != ["n2"])
    });
    hosts.boot("n2");
    hosts.start("n2");
    together(&hosts.lab, "n1", &["n1", "n2", "n3"]);

    // A cable is out: one alone changes nothing, two do, and all hold the same when it is in again.
    hosts.cable("n1", false);
    together(&hosts.lab, "n1", &["n1"]);
    together(&hosts.lab, "n2", &["n2", "n3"]);
    let reply = commit(&hosts.lab, "n1", "alone", 1);
    assert!(matches!(reply, Reply::Refused(Refusal::NoQuorum)), "{reply:?}");
    let reply = commit(&hosts.lab, "n2", "two", 1);
    assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
    hosts.cable("n1", true);
    together(&hosts.lab, "n1", &["n1", "n2", "n3"]);
    hosts.lab.wait("n1 to hold what the others made", |lab| holds(lab, "n1", "two"));
    assert!(!holds(&hosts.lab, "n2", "alone"));

    // Asked to end they do, one after the other.
    for name in ["n3", "n2", "n1"] {
        hosts.signal(name, "-TERM");
        hosts.lab.wait(&format!("{name} to end"), |lab| lab.status(name).is_none());
    }
}
