//! Nodes that are alone, for the others have not come or their node list lacks them: what they do, and what they
//! say of changes.

use quorate_core::node::Reply;
use quorate_core::xml::Element;
use quorate_tests::lab::Lab;
use std::fs;

/// Nothing keeps the other, should it come alone, from changing what this one has on its one disk.
#[test]
fn what_one_of_two_alone_commits_is_not_said_to_be_safe_unless_the_other_waits() {
    for (waits, safe) in [("0", false), ("1", true)] {
        let mut lab = Lab::new(2);
        for name in lab.names() {
            let file = lab.root(&name).join("etc/quorate/quorate.conf");
            let text = fs::read_to_string(&file).expect("a configuration");
            fs::write(&file, format!("{text}quorum {{\n  two_node: 1\n  wait_for_all: {waits}\n}}\n")).expect("a file");
        }
        if safe {
            lab.start_together();
            lab.load("n1", "property fencing-enabled=false");
            lab.stop("n2");
        } else {
            lab.start("n1");
        }
        lab.wait("n1 to lead", |lab| {
            lab.status("n1").is_some_and(|status| status.members == ["n1"] && status.quorate && status.leader.is_some())
        });
        let reply = lab.commit("n1", |document| {
            let reference = Element::new("obj_ref").with("id", "x");
            let tags = document.configuration_mut().child_or_new("tags");
            tags.push(Element::new("tag").with("id", "t").with_child(reference));
        });
        let Ok(Reply::Committed { durable, .. }) = reply else { panic!("{reply:?}") };
        assert_eq!(durable, safe, "wait_for_all: {waits}");
    }
}

#[test]
fn a_node_that_never_had_a_quorum_leaves_when_it_is_told_to() {
    let mut lab = Lab::new(3);
    lab.start("n1");
    lab.wait("n1 to answer", |lab| lab.status("n1").is_some_and(|status| status.leader.is_some()));
    lab.stop("n1");
}

/// It takes itself for a majority before it hears of those that its list lacks: it does nothing until then.
#[test]
fn a_node_whose_list_lacks_all_others_harms_none_of_them() {
    let mut lab = Lab::started(3);
    let fencer = format!(
        "primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\"",
        lab.directory().display()
    );
    lab.load("n1", &format!("property fencing-enabled=true dc-deadtime=5s\n{fencer}\nprimitive p ocf:quorate:Dummy"));
    lab.wait_until_idle();
    lab.stop("n3");
    let file = lab.root("n3").join("etc/quorate/quorate.conf");
    let text = fs::read_to_string(&file).expect("a configuration");
    let (before, nodes) = text.split_once("nodelist {\n").expect("a node list");
    let own = nodes.split("  node {").find(|node| node.contains("name: n3")).expect("its entry");
    fs::write(&file, format!("{before}nodelist {{\n  node {{{own}")).expect("a file");
    lab.start("n3");
    for other in [1, 2] {
        let told = format!("node {other} holds our key but is not in the node list");
        lab.wait("n3 to hear of the others", |lab| lab.whole_log("n3").contains(&told));
    }
    lab.wait("n3 to be without quorum", |lab| lab.status("n3").is_some_and(|status| !status.quorate));
    let why = "node 1 has the key and is not listed: it counts as away";
    lab.wait("n3's status to say why", |lab| lab.run("n3", "crm_mon -1").1.contains(why));
    let log = lab.whole_log("n3");
    assert!(!lab.directory().join("fencing.log").exists() && !log.contains("is to be fenced"), "{log}");
    assert_eq!(lab.places("n1", "p").len(), 1);
}
