//! Alerts, told by the sample programs that Debian ships, unmodified: into a file, by mail, by SNMP.

use quorate_tests::lab::Lab;
use quorate_tests::needs;
use quorate_tests::receivers::{
    MAIL_PROGRAM, MAIL_SERVER, MailServer, TRAP_PROGRAM, TRAP_RECEIVER, TRAPS_EXPLAINED, TrapReceiver,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const TO_FILE: &str = "/usr/share/pacemaker/alerts/alert_file.sh.sample";
const BY_MAIL: &str = "/usr/share/pacemaker/alerts/alert_smtp.sh.sample";
const BY_TRAP: &str = "/usr/share/pacemaker/alerts/alert_snmp.sh.sample";

/// A directory with a sample in it, as `alert`.
fn place_of(lab: &Lab, sample: &str) -> PathBuf {
    // Programs of alerts run as hacluster, which may not look everywhere.
    let place = lab.directory().join("told");
    fs::create_dir(&place).expect("a directory");
    for directory in [lab.directory(), &place] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).expect("its mode");
    }
    let program = place.join("alert");
    fs::copy(sample, &program).expect("the sample");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
    place
}

#[test]
fn the_sample_program_writes_what_happens_into_a_file() {
    if !needs::files(&[TO_FILE]) {
        return;
    }
    let mut lab = Lab::new(2);
    let place = place_of(&lab, TO_FILE);
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

/// A group on n1, a device that cuts off n2, and an alert with these words.
#[track_caller]
fn load(lab: &Lab, alert: &str) {
    lab.load(
        "n1",
        &format!(
            "property fencing-enabled=true dc-deadtime=5s\n\
             primitive a ocf:quorate:Dummy\nprimitive b ocf:quorate:Dummy\nprimitive c ocf:quorate:Dummy\n\
             group g a b c\nlocation g-n1 g inf: n1\n\
             primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_reboot_action=off \
             pcmk_host_list=\"n1 n2 n3\"\n\
             location fencer-n1 fencer inf: n1\n\
             alert told {alert}",
            lab.directory().display()
        ),
    );
    lab.wait_at("n1", "c", &["n1"]);
    lab.wait_until_idle();
}

/// Whatever alerts are about, one after the other: the group stops, attributes, of which one is told, n2 is lost and
/// fenced.
#[track_caller]
fn let_it_happen(lab: &mut Lab, is_told: impl Fn(&str) -> bool) {
    lab.crm("n1", &["resource", "stop", "g"]);
    lab.wait_at("n1", "a", &[]);
    lab.wait_until_idle();
    for name in ["size", "color"] {
        lab.done("n1", &format!("crm_attribute -N n1 -l reboot -n {name} -v 7"));
    }
    // Whoever leads tells it: perhaps n2.
    lab.wait("the attribute to be told", |_| is_told("color"));
    lab.kill("n2");
}

/// Where each of these words is found first: all of them, and in this order.
#[track_caller]
fn in_order(told: &[String], words: &[&str]) {
    let at = |word: &&str| told.iter().position(|text| text.contains(*word));
    let places: Vec<Option<usize>> = words.iter().map(at).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {told:#?}");
}

#[test]
fn the_sample_program_mails_what_happens() {
    if !needs::files(&[BY_MAIL, MAIL_PROGRAM, MAIL_SERVER]) {
        return;
    }
    let mut lab = Lab::new(3);
    let place = place_of(&lab, BY_MAIL);
    // Each node has a mail server of its own: what it tells, and nobody else.
    let servers: Vec<MailServer> = lab.names().iter().map(|name| MailServer::start(&lab.root(name))).collect();
    for (server, name) in servers.iter().zip(lab.names()) {
        server.install_sendmail(&lab.root(&name).join("usr/sbin"));
    }
    lab.start_together();
    let program = place.join("alert").display().to_string();
    load(
        &lab,
        &format!(
            "{program} attributes email_sender=cluster@example.org \
             select nodes fencing resources attributes {{ color }} to admin@example.org \
             meta timestamp-format=\"%Y\""
        ),
    );
    let subjects = |server: &MailServer| -> Vec<String> {
        let subject = |text: &String| Some(text.lines().find_map(|line| line.strip_prefix("Subject: "))?.to_string());
        server.messages().iter().filter_map(subject).collect()
    };
    let_it_happen(&mut lab, |name| {
        let words = format!("lab: The '{name}' attribute of the 'n1' node was updated in '7'");
        servers.iter().flat_map(subjects).any(|subject| subject.ends_with(&words))
    });
    // n3 tells of n2, too.
    for server in [&servers[0], &servers[2]] {
        lab.wait("the fencing to be told", |_| subjects(server).iter().any(|subject| subject.contains("Fencing")));
    }

    let told = subjects(&servers[0]);
    let operation = |task: &str, name: &str| format!("lab: Resource operation '{task}' for '{name}' on 'n1': ok");
    let of_group = ["start", "stop"].map(|task| ["a", "b", "c"].map(|name| operation(task, name)));
    let [[a, b, c], [stop_a, stop_b, stop_c]] = &of_group;
    in_order(
        &told,
        &[
            a,
            b,
            c,
            stop_c,
            stop_b,
            stop_a,
            "lab: Node 'n2' is now 'lost'",
            "lab: Fencing Operation reboot of n2 by n1 for transition",
        ],
    );
    assert!(told.iter().all(|subject| subject.starts_with("20") && subject[4..].starts_with(" lab: ")), "{told:#?}");
    assert!(!servers.iter().flat_map(subjects).any(|subject| subject.contains("size")), "another attribute");
    let mails = servers[0].messages();
    for (words, variables) in [
        (a.as_str(), ["CRM_alert_kind=resource", "CRM_alert_rsc=a", "CRM_alert_task=start", "CRM_alert_rc=0"]),
        ("'lost'", ["CRM_alert_kind=node", "CRM_alert_node=n2", "CRM_alert_nodeid=2", "CRM_alert_desc=lost"]),
        ("Fencing", ["CRM_alert_kind=fencing", "CRM_alert_node=n2", "CRM_alert_task=reboot", "CRM_alert_rc=0"]),
    ] {
        let mail = mails.iter().find(|mail| mail.contains(words)).expect("it is among the subjects");
        let lines: Vec<&str> = mail.lines().collect();
        assert!(lines.contains(&"To: admin@example.org") && lines.contains(&"From: cluster@example.org"), "{mail}");
        assert!(variables.iter().all(|variable| lines.contains(variable)), "{mail}");
    }
    // All that n1 has told of itself came in the order in which it happened there.
    let sequence = |mail: &String| {
        let variable = |name: &str| mail.lines().find_map(|line| line.strip_prefix(name)).map(str::to_string);
        (variable("CRM_alert_kind=")? == "resource" && variable("CRM_alert_node=")? == "n1")
            .then(|| variable("CRM_alert_node_sequence=")?.parse::<u64>().ok())?
    };
    let numbers: Vec<u64> = mails.iter().filter_map(sequence).collect();
    assert!(numbers.len() >= 6 && numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
}

#[test]
fn the_sample_program_sends_traps_of_what_happens() {
    if !needs::files(&[BY_TRAP, TRAP_PROGRAM, TRAP_RECEIVER, TRAPS_EXPLAINED]) {
        return;
    }
    let mut lab = Lab::new(3);
    let place = place_of(&lab, BY_TRAP);
    let receiver = TrapReceiver::start(lab.directory());
    lab.start_together();
    load(
        &lab,
        &format!(
            "{0}/alert attributes trap_options=\"{1}\" trap_snmp_persistent_dir=\"{0}/snmp\" trap_node_states=lost \
             select nodes fencing resources attributes {{ color }} to \"{2}\"",
            place.display(),
            receiver.options(),
            receiver.address
        ),
    );
    // By the names' ends.
    let traps = || -> Vec<String> {
        let short = |trap: &String| trap.replace("PACEMAKER-MIB::pacemakerNotification", "");
        receiver.traps().iter().map(short).collect()
    };
    let_it_happen(&mut lab, |name| {
        let words = format!("AttributeName = \"{name}\"|AttributeValue = \"7\"");
        traps().iter().any(|trap| trap.contains("Node = \"n1\"|Resource = \"n/a\"") && trap.contains(&words))
    });
    let fenced =
        "Node = \"n2\"|Resource = \"n/a\"|Operation = \"reboot\"|Description = \"Operation reboot of n2 by n1 for";
    // By n1 and by n3.
    lab.wait("the fencing to be told", |_| traps().iter().filter(|trap| trap.contains(fenced)).count() == 2);
    let told = traps();
    let operation = |name: &str, task: &str| {
        format!(
            "Node = \"n1\"|Resource = \"{name}\"|Operation = \"{task}\"|Description = \"ok\"|Status = 0|ReturnCode = 0|\
             TargetReturnCode = 0|AttributeName = \"n/a\""
        )
    };
    let operations = [("a", "start"), ("b", "start"), ("c", "start"), ("c", "stop"), ("b", "stop"), ("a", "stop")];
    let order: Vec<String> = operations.iter().map(|(name, task)| operation(name, task)).collect();
    in_order(&told, &order.iter().map(String::as_str).collect::<Vec<_>>());
    let holds = |words: &str| told.iter().any(|trap| trap.contains(words));
    assert!(holds("Node = \"n2\"|Resource = \"n/a\"|Operation = \"n/a\"|Description = \"lost\""), "{told:#?}");
    // What the parameters leave out is not sent.
    assert!(!holds("\"member\"") && !holds("\"size\""), "{told:#?}");
    // The moment is one that the receiver understands.
    assert!(told.iter().all(|trap| trap.contains("hrSystemDate = 2")), "{told:#?}");
}
