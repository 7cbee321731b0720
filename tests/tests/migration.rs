//! From Pacemaker to our daemon and back on three whole hosts, under an address and a Dummy that run on: neither is
//! ever stopped or started, and what stands in the way stops it where it can be led back.

use quorate_tests::whole::WholeHosts;

/// The address that clients would use.
const ADDRESS: &str = "10.99.0.100";

/// The Dummy's state is a file that its start makes: its number and the moment.
const STATE: &str = "stat -c '%i %z' /run/resource-agents/Dummy-d.state 2>/dev/null";

fn configure(hosts: &WholeHosts) {
    let text = format!(
        "property stonith-enabled=false\n\
         primitive ip ocf:heartbeat:IPaddr2 params ip={ADDRESS} cidr_netmask=24 nic=e0 op monitor interval=5s\n\
         primitive d ocf:heartbeat:Dummy op monitor interval=5s\n\
         location ip-home ip 100: n2\n\
         location d-home d 100: n3\n"
    );
    hosts.put("n1", "root/base.crm", &text, 0o600);
    hosts.must("n1", "crm configure load update /root/base.crm");
    hosts.wait("both to run", |hosts| has_address(hosts, "n2") && !hosts.says("n3", STATE).is_empty());
    for name in hosts.names() {
        hosts.must(&name, "setsid ip -o monitor address >/root/addresses 2>&1 </dev/null & sleep 0.2");
    }
    hosts.wait("the cluster to be at rest", |hosts| hosts.says("n1", "crmadmin -S $(crmadmin -qD)").contains("S_IDLE"));
}

fn has_address(hosts: &WholeHosts, name: &str) -> bool {
    hosts.says(name, "ip -o addr").contains(ADDRESS)
}

/// The same start of the Dummy, and no word of the address from any kernel.
#[track_caller]
fn untouched(hosts: &WholeHosts, state: &str) {
    assert_eq!(hosts.says("n3", STATE), state, "the Dummy is that which was started");
    assert!(has_address(hosts, "n2"));
    for name in hosts.names() {
        let told = hosts.says(&name, "cat /root/addresses");
        assert!(!told.contains(ADDRESS), "{name}: {told}");
    }
}

/// Our unit takes the name of Pacemaker's, so that processes tell them apart.
fn program(unit: &str) -> &str {
    if unit == "pacemaker" { "pacemakerd" } else { unit }
}

#[track_caller]
fn only(hosts: &WholeHosts, runs: &str, ended: &str) {
    for name in hosts.names() {
        assert!(hosts.succeeds(&name, &format!("systemctl is-active --quiet {runs}")), "{name}: {runs} runs");
        let runs_there = |program: &str| hosts.succeeds(&name, &format!("pgrep -x {program}"));
        assert!(runs_there(program(runs)) && !runs_there(program(ended)), "{name}: {ended} has ended");
        assert!(
            hosts.succeeds(&name, &format!("systemctl is-enabled --quiet {runs}")),
            "{name}: {runs} starts at boot"
        );
    }
}

/// What a call says that fails.
#[track_caller]
fn refused(hosts: &WholeHosts, line: &str) -> String {
    let output = hosts.shell("n1", line).expect("the host is on");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success(), "{line}: {text}");
    text
}

#[test]
fn the_manager_changes_under_resources_that_run_on() {
    let Some(hosts) = WholeHosts::under_pacemaker(3) else { return };
    configure(&hosts);
    let state = hosts.says("n3", STATE);
    let configuration = hosts.says("n1", "crm configure show");
    for name in hosts.names() {
        hosts.must(&name, "systemctl enable --quiet pacemaker");
    }

    // What stands in the way is named with its host, and nothing is done.
    hosts.must("n3", "mv /etc/systemd/system/quorated.service /root/ && systemctl daemon-reload");
    let told = refused(&hosts, "crm cluster migrate -y");
    assert!(told.contains("n3: there is no unit quorated.service"), "{told}");
    hosts.must("n3", "mv /root/quorated.service /etc/systemd/system/ && systemctl daemon-reload");
    hosts.must("n1", "crm configure primitive far ocf:pacemaker:remote meta target-role=Stopped");
    let told = refused(&hosts, "crm cluster migrate -y");
    assert!(told.contains("far is a remote node"), "{told}");
    hosts.must("n1", "crm -F configure delete far");
    let told = hosts.must("n1", "crm cluster migrate --dry-run");
    assert!(told.contains("stop pacemaker, resources run on"), "{told}");
    only(&hosts, "pacemaker", "quorated");

    // A step that fails stops it where the resources run; the way back leads from there.
    hosts.put("n2", "etc/systemd/system/quorated.service.d/no.conf", "[Service]\nExecStartPre=/bin/false\n", 0o644);
    hosts.must("n2", "systemctl daemon-reload");
    let told = refused(&hosts, "crm cluster migrate -y");
    assert!(told.contains("`start quorated` failed on n2") && told.contains("migrate --back"), "{told}");
    untouched(&hosts, &state);
    let told = hosts.must("n1", "crm cluster migrate --back -y 2>&1");
    assert!(told.contains("pacemaker runs the cluster"), "{told}");
    only(&hosts, "pacemaker", "quorated");
    untouched(&hosts, &state);
    hosts.must("n2", "rm -r /etc/systemd/system/quorated.service.d && systemctl daemon-reload");

    // There.
    let told = hosts.must("n1", "crm cluster migrate -y 2>&1");
    assert!(told.contains("all 2 resources are found where they ran"), "{told}");
    assert!(told.contains("nothing would be done") && told.contains("quorated runs the cluster"), "{told}");
    only(&hosts, "quorated", "pacemaker");
    untouched(&hosts, &state);
    let status = hosts.must("n2", "crm --manager=quorate status");
    assert!(status.contains("Online: [ n1 n2 n3 ]") && status.contains("Started n2"), "{status}");

    // And back: Pacemaker has what it had.
    let told = hosts.must("n1", "crm cluster migrate --back -y 2>&1");
    assert!(told.contains("pacemaker runs the cluster"), "{told}");
    only(&hosts, "pacemaker", "quorated");
    untouched(&hosts, &state);
    let same = |text: &str| {
        let own = ["last-lrm-refresh", "maintenance-mode"];
        let lines = text.lines().filter(|line| !own.iter().any(|name| line.contains(name)));
        lines.map(|line| line.trim_end_matches(['\\', ' ']).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(same(&hosts.says("n1", "crm configure show")), same(&configuration));
}
