//! The tools that agents and people call, with real daemons: attributes that wait and that no CIB has, resources
//! steered, nodes fenced.

use quorate_tests::lab::Lab;
use quorate_tests::needs;
use std::fs;
use std::time::{Duration, Instant};

fn written(lab: &Lab, node: &str, name: &str) -> Vec<String> {
    let document = lab.document(node);
    let named = document.status().descendants().filter(|one| one.name == "nvpair" && one.attr("name") == Some(name));
    named.filter_map(|pair| pair.attr("value").map(str::to_string)).collect()
}

#[test]
fn attributes_wait_are_kept_private_and_come_back() {
    let mut lab = Lab::started(3);
    // Nodes that are together are listed a moment later, and crm_attribute looks for them there.
    lab.wait("n1 to be listed", |lab| {
        lab.document("n1").configuration().child("nodes").is_some_and(|nodes| nodes.elements().count() == 3)
    });
    // Answered on every node once it is answered here.
    lab.done("n1", "attrd_updater -n a -U 1 --wait=cluster");
    lab.done("n1", "crm_attribute -n b -v 1 -l reboot --wait=cluster");
    assert_eq!(lab.done("n3", "crm_attribute -n b -G -q -l reboot --node-uname n1"), "1\n");
    assert!(["n1", "n2", "n3"].iter().all(|node| written(&lab, node, "b") == ["1"]));
    for node in ["n1", "n2", "n3"] {
        assert_eq!(lab.done(node, "attrd_updater -Q -n a -N n1"), "name=\"a\" host=\"n1\" value=\"1\"\n");
    }
    lab.done("n2", "attrd_updater -n a -v 2");
    assert_eq!(
        lab.done("n3", "attrd_updater -QA -n a"),
        "name=\"a\" host=\"n1\" value=\"1\"\nname=\"a\" host=\"n2\" value=\"2\"\n"
    );
    assert_eq!(lab.done("n1", "attrd_updater -Q -n a --output-as=xml").matches("value=\"1\" host=\"n1\"").count(), 1);

    // One is added by many at once: none is lost.
    std::thread::scope(|scope| {
        for node in ["n1", "n2", "n3"] {
            let lab = &lab;
            scope.spawn(move || {
                (0..5).for_each(|_| drop(lab.done(node, "attrd_updater -n sum -N n1 -U value++")));
                (0..5).for_each(|_| drop(lab.done(node, "crm_attribute -n sum -N n1 -l reboot -v value++")));
            });
        }
    });
    assert_eq!(written(&lab, "n1", "sum"), ["30"]);

    // So do many write what stays, each its own: nobody is refused because another was first.
    std::thread::scope(|scope| {
        for node in ["n1", "n2", "n3"] {
            let lab = &lab;
            scope.spawn(move || {
                (0..8).for_each(|number| drop(lab.done(node, &format!("crm_attribute -n {node}-{number} -v 1"))));
            });
        }
    });
    let held = lab.document("n1").configuration().descendants().filter(|one| one.attr("value") == Some("1")).count();
    assert!(held >= 24, "{held}");

    // Private ones are told everywhere and written nowhere.
    lab.done("n2", "attrd_updater -p -n secret -U s3");
    assert_eq!(lab.done("n1", "attrd_updater -Q -n secret -N n2"), "name=\"secret\" host=\"n2\" value=\"s3\"\n");
    assert_eq!(lab.done("n1", "crm_attribute -G -n secret -N n2 -l reboot -q"), "s3\n");
    assert_eq!(lab.done("n1", "crm_attribute -G -n secret -N n1 -l reboot -q -d none"), "none\n");
    assert_eq!(written(&lab, "n1", "secret"), [""; 0]);

    // What waits is told at once, and written when the first of it is due.
    let began = Instant::now();
    lab.done("n1", "attrd_updater -n slow -d 3 -U 1");
    lab.done("n1", "attrd_updater -n slow -U 2");
    assert_eq!(lab.done("n3", "attrd_updater -Q -n slow -N n1"), "name=\"slow\" host=\"n1\" value=\"2\"\n");
    assert_eq!(lab.done("n3", "crm_attribute -G -n slow -N n1 -t status"), "scope=status  name=slow value=2\n");
    assert!(written(&lab, "n1", "slow").is_empty() || began.elapsed() > Duration::from_secs(3));
    lab.wait("what waits to be written", |lab| written(lab, "n2", "slow") == ["2"]);
    assert!(began.elapsed() >= Duration::from_millis(2900), "{:?}", began.elapsed());
    assert_eq!(lab.run("n1", "attrd_updater -Q -n none").0, 78);

    // It is written though the leader dies meanwhile; and values go with a node, private ones too.
    let leader = lab.status("n1").and_then(|status| status.leader).expect("a leader");
    let others: Vec<String> = lab.names().into_iter().filter(|name| *name != leader).collect();
    lab.done(&others[0], "attrd_updater -p -n mine -U kept");
    lab.done(&others[0], &format!("attrd_updater -p -n mine -N {leader} -U lost"));
    lab.done(&others[0], "attrd_updater -n later -d 4 -U 7");
    lab.kill(&leader);
    lab.wait("what waits to be written by another leader", |lab| written(lab, &others[1], "later") == ["7"]);
    let query = |lab: &Lab| lab.run(&others[1], "attrd_updater -QA -n mine").1;
    assert_eq!(query(&lab), format!("name=\"mine\" host=\"{}\" value=\"kept\"\n", others[0]));
    // Who comes in is told of all.
    lab.start(&leader);
    lab.wait("all nodes to be together", |lab| lab.status(&others[0]).is_some_and(|status| status.members.len() == 3));
    lab.wait("the one that came in to know", |lab| lab.run(&leader, "attrd_updater -QA -n mine").1 == query(lab));
}

#[test]
fn resources_are_steered_and_nodes_are_fenced() {
    let mut lab = Lab::started(3);
    let file = lab.directory().join("batch.crm");
    let text = format!(
        "configure\nproperty fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\" \
            pcmk_reboot_action=off\n\
         primitive d1 ocf:quorate:Dummy op monitor interval=1s\nprimitive d2 ocf:quorate:Dummy\ngroup g d1 d2\n\
         location l1 g 100: n1\ncommit\n",
        lab.directory().display()
    );
    fs::write(&file, text).expect("a batch");
    lab.done("n1", &format!("crm -f {}", file.display()));
    lab.done("n1", "crm_resource --wait -T 30s");
    lab.wait_at("n1", "d2", &["n1"]);

    // Through any node's daemon the CIB changes everywhere.
    lab.done("n2", "cibadmin --bump");
    assert!(lab.done("n3", "cibadmin -Q --xpath //primitive[@id='d2']").starts_with("<primitive id=\"d2\""));
    let (code, text) = lab.run("n3", "cibadmin -C -o resources -X <nonsense/>");
    assert!(code == 78 && text.contains("does not conform"), "{code} {text}");

    lab.done("n2", "crm_resource -r g -M -N n2");
    lab.done("n2", "crm_resource --wait");
    lab.wait_at("n1", "d2", &["n2"]);
    assert_eq!(lab.done("n3", "crm_resource -r g -U"), "Removing constraint: cli-prefer-g\n");
    lab.done("n2", "crm_resource --wait");

    // What is said to have failed is recovered, counted, and forgotten.
    let node = lab.places("n1", "d1").remove(0);
    lab.done("n1", &format!("crm_resource -F -r d1 -N {node}"));
    lab.wait("the failure to be counted", |lab| {
        lab.run("n1", &format!("crm_failcount -G -r d1 -N {node} -q")).1.trim() == "1"
    });
    lab.done("n1", "crm_resource --wait");
    let said = lab.done("n1", "crm_resource -C -r d1");
    assert!(said.contains(&format!("Cleaned up d1 on {node}\n")) && said.contains("... got reply (done)\n"), "{said}");
    assert_eq!(lab.done("n1", &format!("crm_failcount -G -r d1 -N {node} -q")), "0\n");
    lab.done("n1", "crm_resource --wait");

    let said = lab.done("n1", "crm_resource --restart -r d2 -T 60s");
    assert!(said.contains("Waiting for 1 resources to stop:\n * d2\n"), "{said}");
    assert!(!lab.document("n1").to_text().contains("target-role"));
    assert_eq!(lab.places("n1", "d2").len(), 1);
    let here = lab.places("n1", "d1").remove(0);
    assert!(lab.done(&here, "crm_resource -r d1 --force-check").contains("returned 0 (OK)"));

    // Fencing by hand, and what is remembered of it.
    assert_eq!(lab.done("n1", "stonith_admin -L"), "fencer\n1 fence device found\n");
    assert_eq!(lab.done("n1", "stonith_admin -l n3"), "fencer\n1 fence device found\n");
    assert_eq!(lab.done("n1", "stonith_admin -h n3"), "Node n3 has never been fenced\n");
    assert_eq!(lab.run("n1", "stonith_admin -B n9").0, 105);
    lab.done("n1", "stonith_admin --reboot=n3 --tag controld");
    lab.wait("n3 to be gone", |lab| lab.status("n1").is_some_and(|status| status.members.len() == 2));
    assert!(lab.done("n2", "stonith_admin -h n3").starts_with("Node n3 last fenced at: "));
    let said = lab.done("n2", "stonith_admin -H *");
    assert!(said.contains("reboot of n3 successful: ") && said.ends_with("1 event found\n"), "{said}");
    assert!(
        lab.done("n2", "stonith_admin -H * --output-as=xml").contains("<fence_event action=\"reboot\" target=\"n3\"")
    );
    lab.done("n2", "stonith_admin -H n3 -c");
    assert_eq!(lab.done("n1", "stonith_admin -h n3"), "Node n3 has never been fenced\n");
    assert!(!lab.runs("n3"));
}

/// Agents of Debian's packages, unmodified: what they call finds what it needs.
#[test]
fn agents_find_their_tools() {
    let agents = ["pacemaker/attribute", "pacemaker/ping", "pacemaker/Stateful", "heartbeat/Dummy"];
    let files = agents.map(|agent| format!("/usr/lib/ocf/resource.d/{agent}"));
    if !needs::root() || !needs::files(&files) {
        return;
    }
    let lab = Lab::started(2);
    let file = lab.directory().join("batch.crm");
    let state = lab.directory().display();
    let text = format!(
        "configure\nproperty fencing-enabled=false\n\
         primitive mark ocf:pacemaker:attribute params name=colour active_value=red inactive_value=blue state={state}/attribute \
            op monitor interval=2s\n\
         primitive net ocf:pacemaker:ping params host_list=127.0.0.1 multiplier=100 dampen=1s attempts=1 \
            pidfile={state}/ping op monitor interval=2s\n\
         primitive db ocf:pacemaker:Stateful params state={state}/stateful op monitor interval=2s role=Promoted \
            op monitor interval=3s\n\
         clone dbs db meta promotable=true promoted-max=1 clone-max=1\n\
         primitive d ocf:heartbeat:Dummy params state={state}/dummy\n\
         location l1 mark 100: n1\nlocation l2 net 100: n2\ncommit\n"
    );
    fs::write(&file, text).expect("a batch");
    lab.done("n1", &format!("crm -f {}", file.display()));
    lab.wait("the attribute to be written", |lab| written(lab, "n2", "colour") == ["red"]);
    lab.wait("the ping to be counted", |lab| written(lab, "n1", "pingd") == ["100"]);
    lab.wait("one to be promoted", |lab| lab.places("n1", "db").iter().any(|place| place.ends_with('*')));
    lab.wait("the Dummy to run", |lab| lab.places("n1", "d").len() == 1);
    lab.done("n2", "crm_resource -r mark -B -N n1");
    lab.wait_at("n1", "mark", &["n2"]);
    lab.wait("the attribute to move", |lab| {
        lab.done("n1", "attrd_updater -QA -n colour")
            .lines()
            .all(|line| line.contains("host=\"n1\" value=\"blue\"") || line.contains("host=\"n2\" value=\"red\""))
    });
    let here = lab.places("n1", "d").remove(0);
    assert!(lab.done(&here, "crm_resource -r d --force-check").contains("returned 0 (OK)"));
    assert!(lab.done("n1", "crm_resource --show-metadata ocf:heartbeat:IPaddr2").contains("<parameter name=\"ip\""));
    let (code, text) =
        lab.run("n1", "crm_resource --class ocf --provider heartbeat --agent IPaddr2 --option nonsense=1 --validate");
    assert!(code != 0 && text.contains("Operation validate (ocf:heartbeat:IPaddr2) returned "), "{code} {text}");
}

/// A shadow of the cluster's CIB is changed and put in force; who leads, and how each node is.
#[test]
fn a_shadow_becomes_the_clusters_configuration() {
    let lab = Lab::started(3);
    let call = |words: &[&str], shadow: Option<&str>| {
        let mut command = lab.tool("n1", words);
        command.env("CIB_shadow_dir", lab.directory());
        if let Some(name) = shadow {
            command.env("CIB_shadow", name);
        }
        let output = command.output().expect("the tool runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    lab.wait_together("n1", &["n1", "n2", "n3"]);
    let leader = lab.status("n1").and_then(|status| status.leader).expect("somebody leads");
    assert_eq!(call(&["crmadmin", "-D"], None), (Some(0), format!("Designated Controller is: {leader}\n")));
    let other = lab.names().into_iter().find(|name| *name != leader).expect("another node");
    assert_eq!(call(&["crmadmin", "-q", "-S", &other], None), (Some(0), "S_NOT_DC\n".to_string()));
    assert_eq!(call(&["crmadmin", "-S", "n9"], None).0, Some(68));
    assert_eq!(call(&["crm_shadow", "-b", "-c", "plan"], None).0, Some(0));
    assert_eq!(call(&["crm_attribute", "-n", "batch-limit", "-v", "7"], Some("plan")).0, Some(0));
    assert!(!lab.document("n2").to_text().contains("batch-limit"), "only the shadow is changed");
    let (code, shown) = call(&["crm_shadow", "-d"], Some("plan"));
    assert!(code == Some(1) && shown.contains("batch-limit"), "{shown}");
    assert_eq!(call(&["crm_shadow", "-C", "plan", "-f"], None).0, Some(0));
    lab.wait("all to have it", |lab| {
        lab.names().iter().all(|name| lab.document(name).to_text().contains("name=\"batch-limit\" value=\"7\""))
    });
}
