//! What stands in the way of a daemon's start: refused with its place, or waited for and said;
//! and what its environment sets.

use quorate_tests::lab::Lab;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The configuration of a node named `n1`, with more nodes.
fn configure(lab: &Lab, totem: &str, nodes: &str) {
    let path = lab.root("n1").join("etc/quorate/quorate.conf");
    fs::write(path, format!("totem {{\n  {totem}\n}}\nnodelist {{\n{nodes}}}\n")).expect("its configuration");
}

fn node(name: &str, id: u32, address: &str) -> String {
    format!("  node {{\n    name: {name}\n    nodeid: {id}\n    ring0_addr: {address}\n    port: 5999\n  }}\n")
}

#[test]
fn a_configuration_that_cannot_be_meant_is_refused_with_its_line() {
    let second = |name: &str, id: u32, address: &str| node("n1", 1, "127.0.0.1") + &node(name, id, address);
    for (totem, nodes, said) in [
        ("token: 0", node("n1", 1, "127.0.0.1"), "line 2: `token: 0` is no number from 100 to 600000"),
        ("version: 2", second("n1", 2, "127.0.0.2"), "line 11: node name `n1` is listed twice"),
        ("version: 2", second("n2", 1, "127.0.0.2"), "line 11: node id 1 is listed twice"),
        ("version: 2", second("n2", 2, "127.0.0.1"), "line 11: address 127.0.0.1:5999 is listed twice"),
        (
            "version: 2",
            node("n1", 1, "127.0.0.1").replace("5999", "0"),
            "line 9: `port: 0` is no number from 1 to 65535",
        ),
    ] {
        let mut lab = Lab::new(1);
        configure(&lab, totem, &nodes);
        lab.start("n1");
        lab.wait(said, |lab| lab.log("n1").contains(said));
        lab.kill("n1");
    }
}

/// A pipe under a file's name: who opens it would wait for somebody at its other end.
#[test]
fn what_is_no_file_holds_up_no_start() {
    for (file, says) in [
        ("etc/quorate/quorate.conf", "quorate.conf: it is no regular file"),
        ("etc/quorate/authkey", "authkey: it is no regular file"),
        ("var/lib/pacemaker/cib/cib.xml", "cib.xml"),
        ("var/log/pacemaker/pacemaker.log", "cannot open"),
    ] {
        let mut lab = Lab::new(1);
        let path = lab.root("n1").join(file);
        fs::create_dir_all(path.parent().expect("a directory")).expect("it is made");
        let _ = fs::remove_file(&path);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        lab.start("n1");
        let output = lab.root("n1").join("daemon.out");
        lab.wait(says, |lab| {
            let text = fs::read_to_string(&output).unwrap_or_default();
            text.contains(says) || (!file.ends_with(".log") && lab.log("n1").contains(says))
        });
        lab.kill("n1");
    }
}

/// A host that boots may start its daemon before its addresses are up.
#[test]
fn an_address_that_is_not_up_yet_is_waited_for_and_said() {
    let mut lab = Lab::new(1);
    // One of those that are for documentation: no host has it.
    configure(&lab, "version: 2", &node("n1", 1, "192.0.2.77"));
    lab.start("n1");
    lab.wait("the daemon to say so", |lab| lab.log("n1").contains(", which is no address of this host yet"));
    assert!(lab.runs("n1"));
}

/// Half of the disk is lost: what is used instead is said.
#[test]
fn a_missing_configuration_beside_its_backup_is_said() {
    let mut lab = Lab::started(1);
    // A change is answered when it is on disk, and what was there before is kept.
    for value in ["a=1", "a=2"] {
        let words = ["crm", "configure", "property", value];
        assert!(lab.tool("n1", &words).status().expect("the shell runs").success());
    }
    lab.kill("n1");
    fs::remove_file(lab.root("n1").join("var/lib/pacemaker/cib/cib.xml")).expect("it was stored");
    lab.start("n1");
    lab.wait("it to be said", |lab| lab.log("n1").contains("cib.xml is missing"));
    assert!(lab.log("n1").contains("cib-"), "{}", lab.log("n1"));
}

/// What `/etc/default/pacemaker` sets is in the daemon's environment.
#[test]
fn what_administrators_set_is_honoured_or_said_to_be_without_effect() {
    let mut lab = Lab::new(1);
    let log = lab.directory().join("cluster.log");
    let set = [
        ("PCMK_logfile", log.to_str().expect("a path in words")),
        ("PCMK_logfile_mode", "0640"),
        ("PCMK_stderr", "yes"),
        ("PCMK_debug", "pacemaker-based"),
        ("PCMK_node_start_state", "standby"),
    ];
    for (name, value) in set {
        lab.set_variable(name, value);
    }
    let is_on_standby = |lab: &Lab| lab.crm("n1", &["node", "show"]).contains("standby=on");
    lab.start_together();
    lab.wait("n1 to be on standby", is_on_standby);
    assert_eq!(lab.whole_log("n1"), "", "the log is elsewhere");
    let written = fs::read_to_string(&log).expect("the log");
    let remark = "PCMK_debug=pacemaker-based has no effect: ";
    assert!(written.contains("with quorum, led by n1") && written.contains(remark), "{written}");
    assert_eq!(fs::metadata(&log).expect("the log").permissions().mode() & 0o777, 0o640);
    let printed = fs::read_to_string(lab.root("n1").join("daemon.out")).expect("its output");
    assert!(printed.contains(remark), "{printed}");

    lab.stop("n1");
    lab.set_variable("PCMK_node_start_state", "online");
    lab.start_together();
    lab.wait("n1 to be online", |lab| !is_on_standby(lab));
}
