//! Real Corosync between hosts on this machine.

use quorate_core::node::{Refusal, Reply};
use quorate_core::xml::Element;
use quorate_tests::hosts::Hosts;
use quorate_tests::lab::{Lab, program};

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

#[test]
fn hosts_form_a_cluster_and_go_on_without_each_other() {
    let Some(mut hosts) = Hosts::new(3) else { return };
    for name in ["n1", "n2", "n3"] {
        hosts.start(name);
    }
    for name in ["n1", "n2", "n3"] {
        hosts.lab.wait_together(name, &["n1", "n2", "n3"]);
    }
    hosts.lab.load(
        "n1",
        "property fencing-enabled=false dc-deadtime=5s\nprimitive p ocf:quorate:Dummy\nprimitive q ocf:quorate:Dummy",
    );
    hosts.lab.wait("p and q to run", |lab| ["p", "q"].iter().all(|id| lab.places("n1", id).len() == 1));

    // Three times what Corosync carries at once.
    let reply = commit(&hosts.lab, "n2", "large", 3 << 20);
    assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
    hosts.lab.wait("n3 to hold it", |lab| holds(lab, "n3", "large"));

    // A daemon that dies while its Corosync lives is lost, and comes back.
    hosts.signal("n3", "-KILL");
    hosts.lab.wait_together("n1", &["n1", "n2"]);
    hosts.start("n3");
    hosts.lab.wait_together("n1", &["n1", "n2", "n3"]);
    hosts.lab.wait("n3 to hold it again", |lab| lab.status("n3").is_some() && holds(lab, "n3", "large"));

    // One that stands still is lost though its Corosync is not, and comes anew when it goes on.
    hosts.signal("n3", "-STOP");
    hosts.lab.wait_together("n1", &["n1", "n2"]);
    hosts.signal("n3", "-CONT");
    hosts.lab.wait_together("n1", &["n1", "n2", "n3"]);
    hosts.lab.wait_together("n3", &["n1", "n2", "n3"]);

    // A host dies with all that it ran.
    hosts.kill("n2");
    hosts.lab.wait_together("n1", &["n1", "n3"]);
    hosts.lab.wait("p and q to run here", |lab| {
        ["p", "q"].iter().all(|id| !lab.places("n1", id).is_empty() && lab.places("n1", id) != ["n2"])
    });
    hosts.boot("n2");
    hosts.start("n2");
    hosts.lab.wait_together("n1", &["n1", "n2", "n3"]);

    // Who looks at the links sees them.
    let says = |hosts: &Hosts, words: &[&str]| {
        let mut tool = hosts.command("n1", program("quorate"));
        let output = tool.args(words).env("QUORATE_ROOT", hosts.lab.root("n1")).output().expect("a tool");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let link = "quorate_link_connected{node=\"n2\",number=\"0\",address=\"10.99.0.2\"}";
    let (_, metrics) = says(&hosts, &["exporter", "--once"]);
    assert!(metrics.contains(&format!("\n{link} 1\n")), "{metrics}");
    assert!(metrics.contains("\nha_cluster_corosync_rings{number=\"0\",address=\"10.99.0.1\"} 1\n"), "{metrics}");
    for what in ["ring", "quorum", "cpg"] {
        let (code, text) = says(&hosts, &["crm", "corosync", "status", what]);
        assert_eq!(code, Some(0), "{what}: {text}");
    }

    // A cable is out: one alone changes nothing, two do, and all hold the same when it is in again.
    hosts.cable("n1", false);
    hosts.lab.wait_together("n1", &["n1"]);
    hosts.lab.wait_together("n2", &["n2", "n3"]);
    assert!(says(&hosts, &["exporter", "--once"]).1.contains(&format!("\n{link} 0\n")));
    for (what, trouble) in [("ring", "a link is down"), ("quorum", "there is no quorum")] {
        let (code, text) = says(&hosts, &["crm", "corosync", "status", what]);
        assert!(code == Some(1) && text.contains(trouble), "{what}: {code:?} {text}");
    }
    let (code, line) = says(&hosts, &["crm_mon", "-s"]);
    assert_eq!((code, &*line), (Some(2), "CLUSTER CRIT: no quorum, offline node: n2 offline node: n3\n"));
    let reply = commit(&hosts.lab, "n1", "alone", 1);
    assert!(matches!(reply, Reply::Refused(Refusal::NoQuorum)), "{reply:?}");
    let reply = commit(&hosts.lab, "n2", "two", 1);
    assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
    hosts.cable("n1", true);
    hosts.lab.wait_together("n1", &["n1", "n2", "n3"]);
    hosts.lab.wait("n1 to hold what the others made", |lab| holds(lab, "n1", "two"));
    assert!(!holds(&hosts.lab, "n2", "alone"));

    // Asked to end they do, one after the other.
    for name in ["n3", "n2", "n1"] {
        hosts.signal(name, "-TERM");
        hosts.lab.wait(&format!("{name} to end"), |lab| lab.status(name).is_none());
    }
}

const DUMMIES: &str = "primitive p ocf:quorate:Dummy op monitor interval=1s\n\
                       primitive q ocf:quorate:Dummy op monitor interval=1s";

/// Two hosts that can switch each other off, with resources on both.
fn two(parameters: &str) -> Option<Hosts> {
    let hosts = Hosts::new(2)?;
    for name in ["n1", "n2"] {
        hosts.start(name);
    }
    hosts.lab.wait_together("n1", &["n1", "n2"]);
    let directory = hosts.power.directory().display().to_string();
    hosts.lab.load(
        "n1",
        &format!(
            "{DUMMIES}\nprimitive power stonith:fence_power params dir=\"{directory}\" {parameters}\n\
             location l-p p 100: n1\nlocation l-q q 100: n2"
        ),
    );
    hosts.lab.wait_at("n1", "p", &["n1"]);
    hosts.lab.wait_at("n1", "q", &["n2"]);
    Some(hosts)
}

/// The cable between two hosts is out until one has switched the other off; that one then runs all. What was
/// switched off comes back while the cable is out (and waits: `wait_for_all`), then the cable is in again.
fn one_survives(hosts: &mut Hosts, expected: &str) {
    hosts.cable("n1", false);
    hosts.lab.wait("one to be switched off", |_| !hosts.power.is_on("n1") || !hosts.power.is_on("n2"));
    let survivor = if hosts.power.is_on("n1") { "n1" } else { "n2" };
    let other = if survivor == "n1" { "n2" } else { "n1" };
    assert_eq!(survivor, expected);
    hosts.lab.wait_at(survivor, "p", &[survivor]);
    hosts.lab.wait_at(survivor, "q", &[survivor]);
    hosts.kill(other);
    hosts.boot(other);
    hosts.start(other);
    hosts.lab.wait("the other to be up, alone", |lab| lab.status(other).is_some_and(|status| !status.quorate));
    hosts.cable("n1", true);
    hosts.lab.wait_together(survivor, &["n1", "n2"]);
    hosts.lab.wait_at(survivor, "p", &["n1"]);
    hosts.lab.wait_at(survivor, "q", &["n2"]);
    let counts = [hosts.power.switched_off(survivor), hosts.power.switched_off(other)];
    assert_eq!(counts, [0, 1], "{survivor} and {other} switched off");
}

#[test]
fn of_two_hosts_one_survives_a_cut() {
    let Some(mut hosts) = two("") else { return };
    one_survives(&mut hosts, "n1");
}

#[test]
fn of_two_hosts_the_one_with_the_longer_delay_survives_a_cut() {
    let Some(mut hosts) = two("pcmk_delay_base=\"n1:0s;n2:4s\"") else { return };
    one_survives(&mut hosts, "n2");
}

#[test]
fn a_daemon_that_stands_still_is_fenced_and_corosync_stops_in_order_only() {
    let Some(mut hosts) = two("") else { return };
    // Asked to stop it says no, as long as the daemon runs.
    let ask = |hosts: &Hosts, arguments: &[&str]| {
        let output = hosts.command("n2", "corosync-cfgtool").args(arguments).output().expect("its tool");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let said = ask(&hosts, &["-H"]);
    assert!(said.contains("Could not shutdown"), "{said}");
    hosts.lab.wait_together("n2", &["n1", "n2"]);
    // Forced it waits a little: the daemon leaves in order, and what ran there runs elsewhere.
    ask(&hosts, &["-H", "--force"]);
    hosts.lab.wait_at("n1", "q", &["n1"]);
    hosts.lab.wait("n2's daemon to end", |lab| lab.log("n2").contains("quorated ends\n"));
    assert_eq!(hosts.power.switched_off("n2"), 0, "who leaves in order is not fenced");
    hosts.kill("n2");
    hosts.boot("n2");
    hosts.start("n2");
    hosts.lab.wait_at("n1", "q", &["n2"]);

    hosts.signal("n2", "-STOP");
    hosts.lab.wait("n2 to be switched off", |_| !hosts.power.is_on("n2"));
    hosts.lab.wait_at("n1", "q", &["n1"]);
    hosts.kill("n2");
    hosts.boot("n2");
    hosts.start("n2");
    hosts.lab.wait_at("n1", "q", &["n2"]);

    // Corosync dies under the daemon: that ends with an error, and the others fence its host.
    let killed = hosts.command("n2", "pkill").args(["-KILL", "-x", "corosync"]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    hosts.lab.wait("n2 to be switched off", |_| hosts.power.switched_off("n2") == 2);
    hosts.lab.wait_at("n1", "q", &["n1"]);
}
