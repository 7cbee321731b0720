//! Two hosts under Corosync with a quorum device: corosync-qdevice on each, corosync-qnetd at the same switch.

use quorate_core::node::{Refusal, Reply};
use quorate_core::xml::Element;
use quorate_tests::hosts::{Hosts, Plan};
use quorate_tests::lab::{Lab, program};
use quorate_tests::needs;
use quorate_tests::switch::corosync_conf;
use std::fs;
use std::process::{Child, Stdio};

const PROGRAMS: [&str; 3] =
    ["/usr/sbin/corosync-qdevice", "/usr/bin/corosync-qnetd", "/usr/sbin/corosync-qdevice-tool"];

/// Its vote goes to the higher of two equal halves, where without it the lower one would win. Times are short,
/// so that tests are.
const DEVICE: &str = "  device {\n    model: net\n    votes: 1\n    timeout: 2000\n    sync_timeout: 3000\n    \
     net {\n      host: 10.99.0.3\n      algorithm: ffsplit\n      tie_breaker: highest\n      tls: off\n    }\n  }\n";

/// Two hosts with resources on both, that can switch each other off and ask a third for its vote.
struct Court {
    hosts: Hosts,
    device: Option<Child>,
}

impl Court {
    fn new() -> Option<Court> {
        if !needs::lab(&PROGRAMS) {
            return None;
        }
        let plain = corosync_conf(1..=2);
        let corosync_conf = plain.replace("  two_node: 1\n", DEVICE);
        assert_ne!(corosync_conf, plain);
        let hosts = Hosts::planned(&Plan { corosync_conf, beside: 1, ..Plan::of(2) })?;
        let mut court = Court { hosts, device: None };
        court.open();
        for name in ["n1", "n2"] {
            court.start(name);
        }
        for name in ["n1", "n2"] {
            court.hosts.lab.wait_together(name, &["n1", "n2"]);
        }
        court.wait_for_votes(3);
        court.configure();
        Some(court)
    }

    /// The third begins to listen.
    fn open(&mut self) {
        let place = self.hosts.lab.directory().join("qnetd");
        fs::create_dir_all(&place).expect("a directory");
        let output = fs::File::create(place.join("out")).expect("a file for its output");
        let settings = format!("lock_file={0}/pid,local_socket_file={0}/socket", place.display());
        let mut device = self.hosts.beside(1, "corosync-qnetd");
        device.args(["-f", "-s", "off", "-4", "-S", &settings]);
        device.stdout(output.try_clone().expect("a second handle")).stderr(output);
        self.device = Some(device.spawn().expect("corosync-qnetd"));
    }

    /// The third dies.
    fn close(&mut self) {
        if let Some(mut device) = self.device.take() {
            device.kill().expect("a child");
            device.wait().expect("its end");
        }
    }

    fn start(&self, name: &str) {
        let root = self.hosts.lab.root(name);
        let output = fs::File::create(root.join("qdevice.out")).expect("a file for its output");
        let script = "until corosync-cpgtool >/dev/null 2>&1; do sleep 0.05; done; corosync-qdevice -f &";
        let mut shell = self.hosts.command(name, "/bin/sh");
        shell.args(["-c", script]).stdout(output.try_clone().expect("a second handle")).stderr(output);
        assert!(shell.status().is_ok_and(|status| status.success()), "corosync-qdevice on {name}");
        self.hosts.start(name);
    }

    fn asked(&self, name: &str, words: &[&str]) -> (Option<i32>, String) {
        let mut tool = self.hosts.command(name, program("quorate"));
        let output = tool.args(words).env("QUORATE_ROOT", self.hosts.lab.root(name)).output().expect("a tool");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    #[track_caller]
    fn wait_for_votes(&self, votes: usize) {
        for name in self.hosts.lab.names() {
            self.hosts.lab.wait(&format!("{name} to count {votes} votes"), |_| {
                let (_, text) = self.asked(&name, &["crm", "corosync", "status", "quorum"]);
                let total = text.lines().find_map(|line| line.strip_prefix("Total votes:"));
                total.is_some_and(|total| total.trim() == votes.to_string())
            });
        }
    }

    fn configure(&self) {
        let lab = &self.hosts.lab;
        let file = lab.directory().join("batch.crm");
        let text = format!(
            "configure\nprimitive p ocf:quorate:Dummy op monitor interval=1s\n\
             primitive q ocf:quorate:Dummy op monitor interval=1s\n\
             primitive power stonith:fence_power params dir=\"{}\"\n\
             location l-p p 100: n1\nlocation l-q q 100: n2\ncommit\n",
            self.hosts.power.directory().display()
        );
        fs::write(&file, text).expect("a batch");
        let status = lab.tool("n1", &["crm", "-f", &file.to_string_lossy()]).stderr(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()));
        lab.wait_at("n1", "p", &["n1"]);
        lab.wait_at("n1", "q", &["n2"]);
    }

    fn switched_off(&self) -> [usize; 2] {
        ["n1", "n2"].map(|name| self.hosts.power.switched_off(name))
    }
}

impl Drop for Court {
    fn drop(&mut self) {
        self.close();
    }
}

fn commit(lab: &Lab, node: &str, id: &str) -> Reply {
    let change = |document: &mut quorate_core::cib::Document| {
        let mut tag = Element::new("tag").with("id", id);
        tag.push(Element::new("obj_ref").with("id", "p"));
        document.configuration_mut().child_or_new("tags").push(tag);
    };
    lab.commit(node, change).expect("an answer")
}

#[test]
fn the_half_that_the_device_votes_for_goes_on() {
    let Some(mut court) = Court::new() else { return };
    let (code, text) = court.asked("n1", &["crm", "corosync", "status", "qdevice"]);
    assert!(code == Some(0) && text.contains("Connected"), "{code:?} {text}");

    court.hosts.isolate(&["n1", "n2"], true);
    court.hosts.lab.wait("n1 to be switched off", |_| !court.hosts.power.is_on("n1"));
    court.hosts.lab.wait_at("n2", "p", &["n2"]);
    court.hosts.lab.wait_at("n2", "q", &["n2"]);
    let reply = commit(&court.hosts.lab, "n2", "alone");
    // In force; but the device may give its vote to the other, alone as well, who does not know of it.
    assert!(matches!(reply, Reply::Committed { durable: false, .. }), "{reply:?}");

    // It comes back while the link is still cut: the vote stays where it is, and nobody is switched off.
    court.hosts.kill("n1");
    court.hosts.boot("n1");
    court.start("n1");
    court.hosts.lab.wait("n1 to be up, alone", |lab| lab.status("n1").is_some_and(|status| !status.quorate));
    court.hosts.lab.wait("n1 to have asked the device", |_| {
        court.asked("n1", &["crm", "corosync", "status", "qdevice"]).0 == Some(0)
    });
    assert!(matches!(commit(&court.hosts.lab, "n1", "refused"), Reply::Refused(Refusal::NoQuorum)));

    court.hosts.isolate(&["n1", "n2"], false);
    court.hosts.lab.wait_together("n1", &["n1", "n2"]);
    court.hosts.lab.wait_at("n1", "p", &["n1"]);
    court.hosts.lab.wait_at("n1", "q", &["n2"]);
    assert_eq!(court.switched_off(), [1, 0]);
}

#[test]
fn a_device_that_dies_takes_nothing_along() {
    let Some(mut court) = Court::new() else { return };
    court.close();
    court.wait_for_votes(2);
    let (code, text) = court.asked("n1", &["crm", "corosync", "status", "qdevice"]);
    assert!(code == Some(1) && text.contains("the quorum device is not connected"), "{code:?} {text}");
    let (code, text) = court.asked("n1", &["crm", "corosync", "status", "quorum"]);
    assert_eq!(code, Some(0), "{text}");
    let reply = commit(&court.hosts.lab, "n1", "both");
    assert!(matches!(reply, Reply::Committed { durable: true, .. }), "{reply:?}");
    court.hosts.lab.wait_at("n1", "p", &["n1"]);
    court.hosts.lab.wait_at("n1", "q", &["n2"]);

    // Without it the halves are equal: both stop what they run, and neither cuts the other off.
    court.hosts.isolate(&["n1", "n2"], true);
    for (name, resource) in [("n1", "p"), ("n2", "q")] {
        court.hosts.lab.wait(&format!("{name} to be alone"), |lab| {
            lab.status(name).is_some_and(|status| status.members == [name] && !status.quorate)
        });
        court.hosts.lab.wait_at(name, resource, &[]);
    }

    // It is there again, and the one that reaches it first goes on.
    court.open();
    court.hosts.lab.wait("one to be switched off", |_| court.switched_off() != [0, 0]);
    let survivor = if court.hosts.power.is_on("n1") { "n1" } else { "n2" };
    court.hosts.lab.wait_at(survivor, "p", &[survivor]);
    court.hosts.lab.wait_at(survivor, "q", &[survivor]);
    assert_eq!(court.switched_off().iter().sum::<usize>(), 1);
}
