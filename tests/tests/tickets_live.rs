//! Tickets with real daemons and agents: what depends on one starts, and is stopped, demoted or its node
//! fenced when the ticket goes.

use quorate_tests::lab::Lab;
use std::fs;

#[test]
fn what_depends_on_a_ticket_follows_it() {
    let mut lab = Lab::started(3);
    let file = lab.directory().join("batch.crm");
    let text = format!(
        "configure\nproperty fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\" \
            pcmk_reboot_action=off\n\
         primitive plain ocf:quorate:Dummy\n\
         primitive db ocf:quorate:Stateful op monitor interval=1s role=Promoted op monitor interval=2s\n\
         clone dbs db meta promotable=true promoted-max=1\n\
         primitive hard ocf:quorate:Dummy\n\
         location l1 hard 100: n3\nlocation l2 plain -inf: n3\nlocation l3 dbs rule $role=Promoted 100: #uname eq n2\n\
         rsc_ticket t1 tA: plain loss-policy=stop\n\
         rsc_ticket t2 tB: dbs:Promoted loss-policy=demote\n\
         rsc_ticket t3 tC: hard loss-policy=fence\ncommit\n",
        lab.directory().display()
    );
    fs::write(&file, text).expect("a batch");
    lab.done("n1", &format!("crm -f {}", file.display()));
    lab.wait("the clone to run without a promoted instance", |lab| lab.places("n1", "db") == ["n1", "n2", "n3"]);
    lab.wait_until_idle();
    assert_eq!(lab.places("n1", "plain"), [""; 0]);

    // A grant needs force; then each resource starts, or is promoted.
    let (code, text) = lab.run("n1", "crm_ticket -t tA --grant");
    assert!(code == 107 && text.contains("--force"), "{code} {text}");
    lab.done("n1", "crm_ticket -t tA --grant --force");
    lab.wait("plain to run", |lab| lab.places("n1", "plain").len() == 1);
    lab.done("n2", "crm -F -w site ticket grant tB");
    lab.wait_at("n1", "db", &["n1", "n2*", "n3"]);
    lab.done("n3", "crm_ticket -t tC -g -f -S owner -v here");
    lab.wait_at("n1", "hard", &["n3"]);
    assert_eq!(lab.done("n1", "crm_ticket -t tC -G owner"), "here\n");
    assert_eq!(lab.done("n2", "crm site ticket show tB"), "ticket tB is granted\n");
    assert!(lab.done("n2", "crm_ticket -l").contains("tA\tgranted last-granted=\""));

    // The leader's death and return change nothing about what was granted.
    lab.wait_until_idle();
    let leader = lab.status("n1").and_then(|status| status.leader).expect("a leader");
    lab.kill(&leader);
    let other = if leader == "n1" { "n2" } else { "n1" };
    lab.wait("another leader", |lab| {
        lab.status(other).is_some_and(|status| status.leader.is_some_and(|l| l != leader))
    });
    for ticket in ["tA", "tB", "tC"] {
        assert_eq!(lab.done(other, &format!("crm_ticket -t {ticket} -G granted")), "true\n");
    }
    lab.start(&leader);
    lab.wait("all nodes to be together", |lab| lab.status(other).is_some_and(|status| status.members.len() == 3));
    lab.wait_at(other, "db", &["n1", "n2*", "n3"]);
    lab.wait_until_idle();
    assert_eq!(lab.done(&leader, "crm_ticket -t tA -G granted"), "true\n");

    // Standby stops and demotes in good order; the loss policies follow.
    lab.done("n1", "crm_ticket -t tA -s");
    lab.wait_at("n1", "plain", &[]);
    lab.done("n1", "crm_ticket -t tA -a");
    lab.wait("plain to run again", |lab| lab.places("n1", "plain").len() == 1);
    lab.done("n1", "crm_ticket -t tB --revoke --force");
    lab.wait_at("n1", "db", &["n1", "n2", "n3"]);
    lab.done("n1", "crm_ticket -t tA -r -f");
    lab.wait_at("n1", "plain", &[]);
    lab.wait_until_idle();
    assert!(lab.runs("n3"));
    lab.wait_at("n1", "hard", &["n3"]);
    lab.done("n1", "crm -F site ticket revoke tC");
    lab.wait("n3 to be fenced", |lab| {
        lab.document("n1")
            .status()
            .elements_named("node_state")
            .any(|state| state.attr("uname") == Some("n3") && state.attr("in_ccm") == Some("0"))
    });
    assert!(!lab.runs("n3"));
    lab.wait_at("n1", "hard", &[]);
}

#[test]
fn a_part_without_quorum_cannot_change_a_ticket() {
    let lab = Lab::started(3);
    lab.done("n1", "crm configure property fencing-enabled=false");
    lab.partition(&["n3"]);
    lab.wait("n3 to be alone", |lab| {
        lab.status("n3").is_some_and(|status| status.members.len() == 1 && !status.quorate)
    });
    let (code, text) = lab.run("n3", "crm_ticket -t tA -g -f");
    assert!(code == 106 && text.contains("no quorum"), "{code} {text}");
    let (code, text) = lab.run("n3", "crm -F site ticket grant tA");
    assert!(code == 1 && text.contains("no quorum"), "{code} {text}");
    lab.done("n1", "crm_ticket -t tA -g -f");
    lab.heal();
    lab.wait("n3 to know", |lab| lab.run("n3", "crm_ticket -t tA -G granted") == (0, "true\n".to_string()));
}
