//! Agents and tools that misbehave, on real daemons: what is recorded, and that nobody is harmed.

use quorate_agents::register::entries;
use quorate_core::node::{Refusal, Reply, Request};
use quorate_tests::lab::Lab;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

fn crm(lab: &Lab, node: &str, words: &[&str]) -> Output {
    let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
    lab.tool(node, &words).output().expect("the shell runs")
}

/// A device that cuts off any of three nodes, and says so in `fencing.log`.
fn enable_fencing(lab: &Lab) {
    lab.load(
        "n1",
        &format!(
            "property fencing-enabled=true dc-deadtime=5s\n\
             primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\"",
            lab.directory().display()
        ),
    );
}

/// An agent on every node.
fn install(lab: &Lab, name: &str, content: &[u8], mode: u32) {
    for node in lab.names() {
        let place = lab.root(&node).join("usr/lib/ocf/resource.d/test");
        fs::create_dir_all(&place).expect("a provider");
        fs::write(place.join(name), content).expect("an agent");
        fs::set_permissions(place.join(name), PermissionsExt::from_mode(mode)).expect("its mode");
    }
}

/// The exit codes that a resource's first probe is recorded with, by node.
fn probes(lab: &Lab, resource: &str) -> Vec<(String, String)> {
    let document = lab.document("n1");
    let mut found = Vec::new();
    for state in document.status().elements_named("node_state") {
        let entries = state.descendants().filter(|entry| entry.name == "lrm_rsc_op");
        let probe = format!("{resource}_last_failure_0");
        let entry = entries.into_iter().find(|entry| entry.id() == Some(&probe));
        let text = |name: &str| entry.and_then(|entry| entry.attr(name)).unwrap_or_default().to_string();
        if entry.is_some() {
            found.push((state.attr("uname").unwrap_or_default().to_string(), text("rc-code")));
        }
    }
    found
}

/// Wrong modes and broken files are alike on every node: there is nothing that fencing could mend.
#[test]
fn an_agent_that_cannot_be_run_anywhere_fences_nobody() {
    let lab = Lab::started(3);
    install(&lab, "Noexec", b"#!/bin/sh\nexit 0\n", 0o644);
    install(&lab, "Garbage", &[7, 0x25, 0, 0xff, 0xfe, 0x80], 0o755);
    install(&lab, "Badinterp", b"#!/no/such/interpreter\n", 0o755);
    install(&lab, "Library", b"#!/bin/sh\nexit 127\n", 0o755);
    enable_fencing(&lab);
    for (agent, code) in [("Noexec", "4"), ("Garbage", "5"), ("Badinterp", "5"), ("Library", "5"), ("Absent", "5")] {
        let name = agent.to_lowercase();
        lab.load("n1", &format!("primitive {name} ocf:test:{agent}"));
        lab.wait(&format!("{name} to be probed"), |lab| {
            let found = probes(lab, &name);
            found.len() == 3 && found.iter().all(|(_, found)| found == code)
        });
        lab.wait_until_idle();
        assert_eq!(lab.places("n1", &name), [""; 0], "{name}");
    }
    assert!(!lab.directory().join("fencing.log").exists(), "{}", lab.log("n1"));
}

/// An agent that runs and fails, whatever it is asked: its stop fails on every node as its probe did.
#[test]
fn an_agent_that_fails_everywhere_fences_nobody() {
    let lab = Lab::started(3);
    install(&lab, "Fails", b"#!/bin/sh\n[ $1 = meta-data ] && exit 3\nexit 1\n", 0o755);
    install(&lab, "Dies", b"#!/bin/sh\n[ $1 = meta-data ] && exit 3\nkill -9 $$\n", 0o755);
    install(&lab, "Hangs", b"#!/bin/sh\n[ $1 = meta-data ] && exit 3\nsleep 1000\n", 0o755);
    install(&lab, "Promoted", b"#!/bin/sh\n[ $1 = meta-data ] && exit 3\nexit 8\n", 0o755);
    install(&lab, "FailedPromoted", b"#!/bin/sh\n[ $1 = meta-data ] && exit 3\nexit 9\n", 0o755);
    enable_fencing(&lab);
    let agents = ["Fails", "Dies", "Hangs", "Promoted", "FailedPromoted"];
    for (agent, clone) in agents.into_iter().map(|agent| (agent, false)).chain([("Fails", true)]) {
        let name = format!("{}{}", agent.to_lowercase(), if clone { "2" } else { "" });
        let timeouts = "op monitor interval=0 timeout=500ms op start timeout=500ms op stop timeout=500ms";
        let clone = if clone { format!("\nclone c {name}") } else { String::new() };
        lab.load("n1", &format!("primitive {name} ocf:test:{agent} {timeouts}{clone}"));
        lab.wait(&format!("{name} to fail to stop on every node"), |lab| {
            let document = lab.document("n1");
            let key = format!("{name}_stop_0");
            let failed = |entry: &&quorate_core::xml::Element| {
                entry.attr("operation_key") == Some(&key)
                    && entry.id().is_some_and(|id| id.ends_with("_last_failure_0"))
            };
            document.status().descendants().filter(failed).count() == 3
        });
        lab.wait_until_idle();
    }
    assert!(!lab.directory().join("fencing.log").exists(), "{}", lab.log("n1"));
}

/// A failure counts whatever its reason holds.
#[test]
fn a_failure_is_recovered_from_whatever_its_reason_holds() {
    let lab = Lab::started(2);
    let agent = b"#!/bin/sh
f=$HA_RSCTMP/$OCF_RESOURCE_INSTANCE
case $1 in
start) : >$f;;
stop) rm -f $f;;
monitor) [ -e $f ] || exit 7
  [ -e $f.fails ] && { rm $f.fails; printf 'ocf-exit-reason:\\033[31mred\\001 \\377\\n' >&2; exit 1; };;
esac
exit 0
";
    install(&lab, "Coloured", agent, 0o755);
    lab.load("n1", "property fencing-enabled=false\nprimitive r ocf:test:Coloured op monitor interval=300ms");
    lab.wait("r to run", |lab| lab.places("n1", "r").len() == 1);
    lab.wait_until_idle();
    let node = lab.places("n1", "r").remove(0);
    fs::write(lab.root(&node).join("run/resource-agents/r.fails"), "").expect("the fault");
    lab.wait("the failure to be recorded", |lab| {
        let document = lab.document("n1");
        let mut entries = document.status().descendants();
        entries.any(|entry| entry.attr("exit-reason").is_some_and(|reason| reason.starts_with("\\x1b[31mred\\x01")))
    });
    lab.wait("r to run again", |lab| lab.places("n1", "r").len() == 1);
    lab.wait_until_idle();
}

/// What XML cannot hold is refused with the reason, by whatever way it comes.
#[test]
fn what_cannot_be_kept_is_refused_at_once() {
    let lab = Lab::started(1);
    let attribute =
        |value: &str| Request::SetAttributes { node: "n1".into(), pairs: vec![("a".into(), Some(value.into()))] };
    // As a tool that does not look at it would send it.
    let reply = lab.ask("n1", &attribute("x\u{1b}")).expect("an answer");
    let Reply::Refused(Refusal::Unfit { reason }) = reply else { panic!("{reply:?}") };
    assert_eq!(reason, "a holds the character \\x1b, which XML cannot hold");
    assert_eq!(lab.ask("n1", &attribute("x")).expect("an answer"), Reply::Done);
    for (words, code) in [
        (&["crm_attribute", "-N", "n1", "-n", "a", "-v", "x\u{1}", "-l", "reboot"][..], 65),
        (&["crm_attribute", "-N", "n1", "-n", "a", "-v", "x\u{1}", "-l", "forever"], 65),
        (&["crm", "configure", "property", "a=x\u{fffe}"], 1),
        (&["crm", "node", "attribute", "n1", "set", "a", "x\u{2}"], 1),
    ] {
        let output = lab.tool("n1", words).output().expect("the tool runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(code) && said.contains("which XML cannot hold"), "{words:?}: {said}");
        assert!(!said.contains(['\u{1}', '\u{2}', '\u{1b}']), "{said:?}");
    }
    assert!(!lab.document("n1").to_text().contains("x\\x"), "{}", lab.document("n1").to_text());
}

/// All daemons die in the middle of a start and come back at once: the start does not go on beside
/// the next one.
#[test]
fn what_a_dead_daemon_left_running_is_ended_before_anything_starts() {
    let mut lab = Lab::new(3);
    let agent = b"#!/bin/sh
base=${QUORATE_ROOT%/*}; f=$HA_RSCTMP/$OCF_RESOURCE_INSTANCE
case $1 in
start) echo begin $QUORATE_NODE >>$base/record; [ -e $base/quick ] || sleep 1000; : >$f;;
stop) rm -f $f;;
monitor) [ -e $f ] || exit 7;;
esac
exit 0
";
    install(&lab, "Slow", agent, 0o755);
    lab.start_all();
    lab.wait("a leader", |lab| lab.status("n1").is_some_and(|status| status.members.len() == 3));
    lab.load(
        "n1",
        "property fencing-enabled=false\nprimitive s ocf:test:Slow op start timeout=2000s interval=0\n\
         location l s 100: n2",
    );
    let record = lab.directory().join("record");
    lab.wait("the start to begin", |_| record.exists());
    for name in lab.names() {
        lab.kill(&name);
    }
    fs::write(lab.directory().join("quick"), "").expect("from now on starts end");
    lab.start_all();
    lab.wait("s to run once", |lab| lab.status("n1").is_some() && lab.places("n1", "s").len() == 1);
    lab.wait_until_idle();
    assert!(lab.log("n2").contains("s start of the daemon before was still running"), "{}", lab.log("n2"));
    // The first one would be asleep still.
    assert!(!sleeps(&lab), "the orphaned start lives");
    assert_eq!(entries(&lab.root("n2").join("run/quorate/running")), 0);
}

fn sleeps(lab: &Lab) -> bool {
    let mark = format!("QUORATE_ROOT={}", lab.root("n2").display());
    fs::read_dir("/proc").into_iter().flatten().flatten().any(|entry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let ours = environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes());
        ours && command.starts_with(b"sleep")
    })
}

/// Asked twice to end, a daemon ends at once, and nothing that it started goes on.
#[test]
fn asked_twice_a_daemon_ends_with_what_it_runs() {
    let mut lab = Lab::new(1);
    let agent = b"#!/bin/sh
base=${QUORATE_ROOT%/*}; f=$HA_RSCTMP/$OCF_RESOURCE_INSTANCE
case $1 in
start) : >$f;;
stop) : >$base/stopping; sleep 1000;;
monitor) [ -e $f ] || exit 7;;
esac
exit 0
";
    install(&lab, "Stays", agent, 0o755);
    lab.start_all();
    lab.wait("a leader", |lab| lab.status("n1").is_some_and(|status| status.leader.is_some()));
    lab.load("n1", "property fencing-enabled=false\nprimitive s ocf:test:Stays op stop timeout=2000s interval=0");
    lab.wait("s to run", |lab| lab.places("n1", "s").len() == 1);
    lab.terminate("n1");
    lab.wait("the stop to begin", |lab| lab.directory().join("stopping").exists());
    // The second time; `stop` waits for its end.
    lab.stop("n1");
    assert_eq!(entries(&lab.root("n1").join("run/quorate/running")), 0);
    assert!(lab.log("n1").contains("s stop was still running, and was ended"), "{}", lab.log("n1"));
    assert!(lab.log("n1").contains("quorated ends"), "{}", lab.log("n1"));
}

/// Passwords are nobody else's business.
#[test]
fn what_is_kept_on_disk_is_for_the_clusters_account_only() {
    let lab = Lab::started(1);
    lab.load("n1", "property fencing-enabled=false\nprimitive p ocf:quorate:Dummy params fake=secret");
    lab.wait("p to run", |lab| lab.places("n1", "p").len() == 1);
    lab.wait_until_idle();
    let var = lab.root("n1").join("var");
    for (place, directory_mode, file_mode) in
        [("lib/pacemaker/cib", 0o750, 0o600), ("lib/pacemaker/pengine", 0o750, 0o640), ("log/pacemaker", 0o770, 0o660)]
    {
        let mode = |path: &std::path::Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode(&var.join(place)), directory_mode, "{place}");
        for file in fs::read_dir(var.join(place)).expect("a directory").flatten() {
            // One that is being written has no name yet that anybody knows.
            if !file.file_name().to_string_lossy().starts_with(".tmp") {
                assert_eq!(mode(&file.path()), file_mode, "{:?}", file.path());
            }
        }
    }
}

/// A thousand connections that ask nothing: tools still find a place, and agents their descriptors.
#[test]
fn idle_connections_make_room() {
    let lab = Lab::started(1);
    lab.load("n1", "property fencing-enabled=false\nprimitive p ocf:quorate:Dummy op monitor interval=200ms");
    lab.wait("p to run", |lab| lab.places("n1", "p").len() == 1);
    let socket = lab.root("n1").join("run/quorate/quorate.sock");
    let connect = || std::os::unix::net::UnixStream::connect(&socket).expect("a connection");
    let idle: Vec<_> = (0..600).map(|_| connect()).collect();
    assert!(crm(&lab, "n1", &["status"]).status.success());
    lab.wait_until_idle();
    assert_eq!(lab.places("n1", "p"), ["n1"]);
    drop(idle);
    assert!(crm(&lab, "n1", &["status"]).status.success());
}
