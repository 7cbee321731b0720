//! Alerts, told by the sample program that Debian ships.

use quorate_tests::lab::Lab;
use quorate_tests::needs;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const SAMPLE: &str = "/usr/share/pacemaker/alerts/alert_file.sh.sample";

#[test]
fn the_sample_program_writes_what_happens_into_a_file() {
    if !needs::files(&[SAMPLE]) {
        return;
    }
    let lab_place = |lab: &Lab| {
        // Programs of alerts run as hacluster, which may not look everywhere.
        let place = lab.directory().join("told");
        fs::create_dir(&place).expect("a directory");
        for directory in [lab.directory(), &place] {
            fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).expect("its mode");
        }
        let program = place.join("alert");
        fs::copy(SAMPLE, &program).expect("the sample");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
        place
    };
    let mut lab = Lab::new(2);
    let place = lab_place(&lab);
    lab.start_together();
    let told = |_: &Lab| fs::read_to_string(place.join("all")).unwrap_or_default();
    let program = place.join("alert").display().to_string();
    // Who opened it would wait for somebody at its other end, and everybody would wait for that one.
    nix::unistd::mkfifo(&place.join("pipe"), nix::sys::stat::Mode::from_bits_truncate(0o755)).expect("a pipe");
    lab.load(
        "n1",
        &format!(
            "property fencing-enabled=false dc-deadtime=1s\n\
             primitive p ocf:quorate:Dummy\n\
             alert told {program} to {{ \"{0}/all\" meta timestamp-format=\"%Y.%3N\" }}\n\
             alert values {program} select attributes {{ color }} to \"{0}/values\"\n\
             alert broken /nowhere/alert to nobody\n\
             alert pipe {0}/pipe",
            place.display()
        ),
    );
    lab.wait_until_idle();
    lab.wait("the start to be told", |lab| {
        told(lab).lines().any(|line| line.contains("Resource operation 'start' for 'p' on 'n") && line.contains("ok"))
    });
    // It is told when it was, with fractions of a second.
    let line = told(&lab).lines().next().unwrap_or_default().to_string();
    let stamp = line.split([' ', ':']).next().unwrap_or_default();
    assert!(stamp.len() == 8 && stamp.starts_with("20") && stamp.as_bytes()[4] == b'.', "{line}");

    let set =
        |name: &str| lab.tool("n1", &["crm_attribute", "-N", "n1", "-l", "reboot", "-n", name, "-v", "7"]).status();
    assert!(set("color").is_ok_and(|status| status.success()));
    assert!(set("size").is_ok_and(|status| status.success()));
    lab.wait("the attribute to be told", |_| {
        let values = fs::read_to_string(place.join("values")).unwrap_or_default();
        values.contains("Attribute 'color' on node 'n1' was updated to '7'") && !values.contains("size")
    });

    lab.kill("n2");
    lab.wait("the loss to be told", |lab| told(lab).contains("Node 'n2' is now 'lost'"));
    // A program that cannot be run holds nobody up, and is told of.
    assert!(lab.log("n1").contains("(alert) warning: ") || lab.log("n2").contains("(alert) warning: "));
}
