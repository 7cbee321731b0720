//! Real daemons: one configuration everywhere, and nothing acknowledged is ever lost.

use quorate_core::cib::Document;
use quorate_core::node::{Refusal, Reply};
use quorate_core::xml::Element;
use quorate_tests::lab::Lab;

fn add(id: &str) -> impl Fn(&mut Document) {
    move |document| {
        let tags = document.configuration_mut().child_or_new("tags");
        let reference = Element::new("obj_ref").with("id", "x");
        tags.push(Element::new("tag").with("id", id).with_child(reference));
    }
}

fn tags(document: &Document) -> Vec<String> {
    let tags = document.configuration().child("tags");
    let ids = tags.into_iter().flat_map(|tags| tags.elements()).filter_map(|tag| tag.id());
    ids.map(str::to_string).collect()
}

#[test]
fn a_commit_reaches_every_node_and_every_disk() {
    let mut lab = Lab::started(3);
    let reply = lab.commit("n2", add("a")).expect("an answer");
    assert!(matches!(reply, Reply::Committed { .. }), "{reply:?}");
    for name in lab.names() {
        lab.wait("the commit to arrive", |lab| tags(&lab.document(&name)) == ["a"]);
    }
    for name in lab.names() {
        lab.kill(&name);
    }
    lab.start("n2");
    lab.wait("n2 to be back", |lab| lab.status("n2").is_some());
    assert_eq!(tags(&lab.document("n2")), ["a"]);
}

#[test]
fn a_minority_refuses_to_commit_and_takes_over_what_the_majority_committed() {
    let lab = Lab::started(3);
    lab.partition(&["n3"]);
    lab.wait("n3 to be alone", |lab| lab.status("n3").is_some_and(|status| status.members == ["n3"]));
    lab.wait("the others to go on", |lab| {
        lab.status("n1").is_some_and(|status| status.members == ["n1", "n2"] && status.leader.is_some())
    });
    let refused = lab.commit("n3", add("minority")).expect("an answer");
    assert_eq!(refused, Reply::Refused(Refusal::NoQuorum));
    let reply = lab.commit("n1", add("majority")).expect("an answer");
    assert!(matches!(reply, Reply::Committed { .. }), "{reply:?}");
    lab.heal();
    lab.wait("all to hold the same", |lab| {
        let digests: Vec<String> = lab.names().iter().map(|name| lab.document(name).digest()).collect();
        digests.windows(2).all(|pair| pair[0] == pair[1])
    });
    assert_eq!(tags(&lab.document("n3")), ["majority"]);
}
