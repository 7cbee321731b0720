//! A managed switch as the fence device, by an agent that Debian ships (`fence_ifmib` of fence-agents), unmodified:
//! whom it reaches is what it lists, each time that it matters.

use quorate_core::fencing::history::FencingState;
use quorate_tests::hosts::Hosts;
use quorate_tests::lab::program;
use quorate_tests::needs;
use quorate_tests::switch::{MANAGED_AT, MANAGER};
use std::fs;

const AGENT: [&str; 4] = ["/usr/sbin/fence_ifmib", MANAGER, "/usr/bin/snmpset", "/usr/bin/snmpwalk"];

/// What the tool says on n1, where it asks the device itself.
fn stonith_admin(hosts: &Hosts, option: &str, of: &str) -> String {
    let mut tool = hosts.command("n1", program("quorate"));
    tool.args(["stonith_admin", option, of]).env("QUORATE_ROOT", hosts.lab.root("n1"));
    let said = tool.output().expect("the tool runs");
    String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned()
}

/// The devices that are said to reach a node.
fn devices(hosts: &Hosts, node: &str) -> String {
    stonith_admin(hosts, "--list", node)
}

#[test]
fn who_can_be_cut_off_is_what_the_device_lists_now() {
    if !needs::files(&AGENT) {
        return;
    }
    let Some(hosts) = Hosts::new(3) else { return };
    let _manager = hosts.switch.manage(&hosts.lab.directory().join("switch"));
    hosts.switch.rename_port("n2", "uplink");
    for name in ["n1", "n2", "n3"] {
        hosts.start(name);
    }
    hosts.lab.wait_together("n1", &["n1", "n2", "n3"]);
    let (address, word) = MANAGED_AT;
    let record = hosts.lab.directory().join("record");
    hosts.lab.load(
        "n1",
        &format!(
            "property fencing-enabled=true\n\
             primitive switch stonith:fence_ifmib params ip={address} community={word} pcmk_host_check=dynamic-list \
             pcmk_host_map=\"n2:uplink\" pcmk_reboot_action=off op monitor interval=10s\n\
             primitive a ocf:quorate:Dummy params record=\"{}\"\nlocation a-n3 a 100: n3\nlocation s-n1 switch 100: n1",
            record.display()
        ),
    );
    hosts.lab.wait_at("n1", "a", &["n3"]);
    hosts.lab.wait_until_idle();
    assert!(devices(&hosts, "n3").contains("switch"), "{}", devices(&hosts, "n3"));
    let targets = stonith_admin(&hosts, "--list-targets", "switch");
    assert!(["n1", "uplink", "n3"].iter().all(|name| targets.contains(name)), "{targets}");

    // From now on no port is n3's.
    hosts.switch.rename_port("n3", "spare");
    hosts.lab.wait("the switch to list its ports anew", |_| !devices(&hosts, "n3").contains("switch"));
    assert!(devices(&hosts, "n2").contains("switch"), "{}", devices(&hosts, "n2"));
    hosts.signal("n3", "-KILL");
    let failed = |lab: &quorate_tests::lab::Lab| {
        let events = lab.status("n1").map(|status| status.fencing).unwrap_or_default();
        events.iter().filter(|event| event.target == "n3" && event.state == FencingState::Failed).count()
    };
    hosts.lab.wait("fencing to fail", |lab| failed(lab) >= 1);
    let started =
        || fs::read_to_string(&record).unwrap_or_default().lines().filter(|line| line.contains(" start ")).count();
    assert_eq!(started(), 1, "nothing starts elsewhere");
    assert!(hosts.switch.port_is_on("spare"));
    let shown = hosts.lab.crm("n1", &["status"]);
    assert!(shown.contains("UNCLEAN"), "{shown}");

    // It is n3's again: the cable is as good as out, and what ran there runs elsewhere.
    hosts.switch.rename_port("spare", "n3");
    hosts.lab.wait("a elsewhere", |lab| lab.places("n1", "a").first().is_some_and(|on| on != "n3"));
    assert!(!hosts.switch.port_is_on("n3"));
    assert!(hosts.switch.port_is_on("n1") && hosts.switch.port_is_on("uplink"));
    assert_eq!(started(), 2);
    let events = hosts.lab.status("n1").expect("n1 answers").fencing;
    let done = events.iter().find(|event| event.target == "n3" && event.state == FencingState::Succeeded);
    assert!(done.is_some(), "{events:?}");
}
