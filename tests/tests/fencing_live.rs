//! Fencing with real daemons and the agents that Debian ships, unmodified (`fence_dummy` of fence-agents):
//! levels that fail, devices that hang, lists, unfencing, a person's word, a daemon that stands still.

use quorate_core::fencing::history::FencingState;
use quorate_core::node::{Reply, Request};
use quorate_tests::lab::Lab;
use quorate_tests::needs;
use std::fs;
use std::time::Duration;

const AGENT: &str = "/usr/sbin/fence_dummy";

/// Loads a batch, with fencing on and a resource on n2 that keeps a record.
#[track_caller]
fn load(lab: &Lab, text: &str) {
    let common = format!(
        "property fencing-enabled=true dc-deadtime=5s\n\
         primitive a ocf:quorate:Dummy params record=\"{}\" op monitor interval=1s\n\
         location a-n2 a 50: n2",
        record(lab).display()
    );
    lab.load("n1", &format!("{common}\n{text}"));
}

fn record(lab: &Lab) -> std::path::PathBuf {
    lab.directory().join("record")
}

/// A device that does nothing but say so, with these parameters besides.
fn dummy(lab: &Lab, id: &str, parameters: &str) -> String {
    let file = lab.directory().join(id);
    format!("primitive {id} stonith:fence_dummy params status_file=\"{}\" {parameters}", file.display())
}

/// A device that cuts nodes off.
fn demo(lab: &Lab, id: &str, parameters: &str) -> String {
    let directory = lab.directory().display();
    format!("primitive {id} stonith:fence_quorate_demo params dir=\"{directory}\" pcmk_reboot_action=off {parameters}")
}

fn starts_elsewhere(lab: &Lab) -> bool {
    lab.places("n1", "a").first().is_some_and(|on| on != "n2")
}

/// Whether n2 was really cut off, as the device wrote down.
fn cut_off(lab: &Lab) -> usize {
    let log = fs::read_to_string(lab.directory().join("fencing.log")).unwrap_or_default();
    log.lines().filter(|line| line.ends_with("off n2")).count()
}

#[test]
fn a_level_that_fails_is_followed_by_the_next() {
    if !needs::files(&[AGENT]) {
        return;
    }
    let mut lab = Lab::started(3);
    let bad = dummy(&lab, "bad", "type=fail power_timeout=1 pcmk_host_list=\"n1 n2 n3\"");
    let good = demo(&lab, "good", "pcmk_host_list=\"n1 n2 n3\"");
    load(&lab, &format!("{bad}\n{good}\nfencing_topology n2: bad good"));
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.kill("n2");
    lab.wait("a elsewhere", starts_elsewhere);
    assert_eq!(cut_off(&lab), 1);
}

#[test]
fn a_device_that_hangs_is_overcome_by_the_second_level() {
    if !needs::files(&[AGENT]) {
        return;
    }
    let mut lab = Lab::started(3);
    let hangs = dummy(&lab, "hangs", "delay=600 pcmk_host_list=\"n1 n2 n3\" pcmk_reboot_timeout=2s");
    let good = demo(&lab, "good", "pcmk_host_list=\"n1 n2 n3\"");
    load(&lab, &format!("{hangs}\n{good}\nfencing_topology n2: hangs good"));
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.kill("n2");
    lab.wait("a elsewhere", starts_elsewhere);
    assert_eq!(cut_off(&lab), 1);
}

/// Nobody says whom the devices reach: one lists its nodes, the other knows their state.
#[test]
fn devices_are_asked_whom_they_reach() {
    if !needs::files(&[AGENT]) {
        return;
    }
    type Device = fn(&Lab) -> String;
    let asked: [(&str, Device); 3] = [
        ("list", |lab| demo(lab, "fencer", "pcmk_host_check=dynamic-list")),
        ("metadata, then list", |lab| demo(lab, "fencer", "")),
        ("metadata, then status", |lab| dummy(lab, "fencer", "")),
    ];
    for (how, device) in asked {
        let mut lab = Lab::started(3);
        let device = device(&lab);
        load(&lab, &device);
        lab.wait_at("n1", "a", &["n2"]);
        lab.wait_until_idle();
        lab.kill("n2");
        lab.wait(how, starts_elsewhere);
        let status = lab.status("n1").expect("n1 answers");
        let done = status.fencing.iter().filter(|event| event.state == FencingState::Succeeded).count();
        assert_eq!(done, 1, "{how}: {:?}", status.fencing);
    }
}

/// A level is for all nodes whose name fits, or that have an attribute; one for a node by its name is before both.
#[test]
fn levels_are_for_nodes_by_pattern_and_by_attribute() {
    if !needs::files(&[AGENT]) {
        return;
    }
    for topology in ["pattern:n[23] good", "attr:rack=left good", "pattern:n. bad n2: good"] {
        let mut lab = Lab::started(3);
        let bad = dummy(&lab, "bad", "type=fail power_timeout=1 pcmk_host_list=\"n1 n2 n3\"");
        let good = demo(&lab, "good", "pcmk_host_list=\"n1 n2 n3\"");
        load(&lab, &format!("node n2 attributes rack=left\n{bad}\n{good}\nfencing_topology {topology}"));
        lab.wait_at("n1", "a", &["n2"]);
        lab.wait_until_idle();
        lab.kill("n2");
        lab.wait("a elsewhere", starts_elsewhere);
        assert_eq!(cut_off(&lab), 1, "{topology}");
        let status = lab.status("n1").expect("n1 answers");
        assert!(status.fencing.iter().all(|event| event.state == FencingState::Succeeded), "{topology}: {status:?}");
    }
}

/// An agent as `fence_dummy`, which cannot switch off: it was not written, or is of another kind.
fn without_off(lab: &Lab, actions: &str) {
    let text = format!(
        "#!/bin/sh\nwhile IFS='=' read -r key value; do case $key in action) action=$value ;; esac; done\n\
         echo \"$action\" >>{}/asked\n\
         [ \"$action\" != metadata ] || echo '<resource-agent name=\"fence_some\"><actions>{actions}</actions></resource-agent>'\n",
        lab.directory().display()
    );
    for name in lab.names() {
        executable(&lab.root(&name).join("usr/sbin/fence_some"), &text);
    }
}

fn asked(lab: &Lab, action: &str) -> usize {
    let asked = fs::read_to_string(lab.directory().join("asked")).unwrap_or_default();
    asked.lines().filter(|line| *line == action).count()
}

fn executable(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
}

/// `off` is asked for, and no agent has it: nobody runs one, and that is said once and for all.
#[test]
fn what_no_agent_has_is_answered_at_once_and_told() {
    let mut lab = Lab::started(3);
    without_off(&lab, "<action name=\"on\"/><action name=\"reboot\"/>");
    load(&lab, "property fencing-action=off\nprimitive some stonith:fence_some params pcmk_host_list=\"n1 n2 n3\"");
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.kill("n2");
    let said = "is not tried again before something changes: no device can do it";
    lab.wait("the end to be said", |lab| ["n1", "n3"].iter().any(|name| lab.log(name).contains(said)));
    let shown = lab.crm("n1", &["status"]);
    assert!(shown.contains("UNCLEAN") && shown.contains("some: fence_some has no action off"), "{shown}");
    assert_eq!((asked(&lab, "off"), asked(&lab, "reboot")), (0, 0));
    // A person's tool hears the same.
    let refused = lab.ask("n1", &Request::Fence { node: "n2".into(), action: "off".into() });
    assert!(format!("{refused:?}").contains("fence_some has no action off"), "{refused:?}");
    // Mended, it is tried.
    lab.crm("n1", &["configure", "property", "fencing-action=reboot"]);
    lab.wait("a elsewhere", starts_elsewhere);
    assert_eq!(asked(&lab, "reboot"), 1);
}

/// Nothing says `provides=unfencing` but the agent itself.
#[test]
fn an_agent_says_itself_that_it_lets_nodes_in() {
    let lab = Lab::started(3);
    without_off(&lab, "<action name=\"on\" automatic=\"1\"/><action name=\"off\"/>");
    let devices = "primitive some stonith:fence_some params pcmk_host_list=\"n1 n2 n3\"\n\
                   primitive other stonith:fence_quorate_demo params dir=\"/nowhere\" pcmk_host_list=\"n1 n2 n3\"";
    load(&lab, devices);
    lab.wait_until_idle();
    let output = lab.tool("n1", &["stonith_admin", "--unfence", "n3"]).output().expect("the tool runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(asked(&lab, "on"), 1);
    let status = lab.status("n1").expect("n1 answers");
    let on = status.fencing.iter().find(|event| event.action == "on").expect("it is remembered");
    assert_eq!((on.target.as_str(), on.delegate.as_deref()), ("n3", Some("n3")));
}

/// Told to the daemons by hand, known to all of them and to one that comes later, and used as any.
#[test]
fn a_device_that_no_configuration_has_is_registered_used_and_deregistered() {
    let mut lab = Lab::started(3);
    // Without any device nothing would be started.
    load(&lab, &demo(&lab, "other", "pcmk_host_list=n1"));
    lab.wait_at("n1", "a", &["n2"]);
    let stonith = |lab: &Lab, node: &str, words: &[&str]| {
        let words: Vec<&str> = std::iter::once("stonith_admin").chain(words.iter().copied()).collect();
        let output = lab.tool(node, &words).output().expect("the tool runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    };
    lab.kill("n2");
    lab.wait("fencing to fail", |lab| {
        lab.status("n1").is_some_and(|status| status.fencing.iter().any(|event| event.state == FencingState::Failed))
    });
    let directory = format!("dir={}", lab.directory().display());
    let register = [
        "-R",
        "hand",
        "-a",
        "fence_quorate_demo",
        "-o",
        &directory,
        "-o",
        "pcmk_host_list=n2",
        "-o",
        "pcmk_reboot_action=off",
    ];
    assert_eq!(stonith(&lab, "n1", &register), (0, String::new()));
    assert!(stonith(&lab, "n3", &["-L"]).1.contains("hand"));
    assert!(stonith(&lab, "n3", &["-l", "n2"]).1.contains("hand"));
    lab.wait("a elsewhere", starts_elsewhere);
    assert_eq!(cut_off(&lab), 1);
    lab.start("n2");
    lab.wait("n2 to know of it", |lab| stonith(lab, "n2", &["-L"]).1.contains("hand"));
    assert_eq!(stonith(&lab, "n2", &["-D", "hand"]), (0, String::new()));
    assert_eq!(stonith(&lab, "n1", &["-L"]).1, "other\n1 fence device found\n");
    let (code, said) = stonith(&lab, "n1", &["--unfence", "n9"]);
    assert!(code == 105 && said.contains("Couldn't unfence n9: No such device"), "{code} {said}");
    // One of the configuration is changed there.
    let (code, said) = stonith(&lab, "n1", &["-R", "other", "-a", "fence_quorate_demo"]);
    assert!(code != 0 && said.contains("Can't register device other using agent fence_quorate_demo"), "{code} {said}");
}

#[test]
fn fencing_that_fails_keeps_resources_down_says_so_and_a_persons_word_ends_it() {
    if !needs::files(&[AGENT]) {
        return;
    }
    let mut lab = Lab::started(3);
    load(&lab, &dummy(&lab, "bad", "type=fail power_timeout=1 pcmk_host_list=\"n1 n2 n3\" pcmk_off_retries=1"));
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.kill("n2");
    lab.wait("fencing to fail twice", |lab| {
        let failed = |status: quorate_core::node::NodeStatus| {
            status.fencing.iter().filter(|event| event.state == FencingState::Failed).count()
        };
        lab.status("n1").is_some_and(|status| failed(status) >= 2)
    });
    for node in ["n1", "n3"] {
        assert!(!lab.root(node).join("run/resource-agents/Dummy-a.state").exists(), "a started on {node}");
    }
    let shown = lab.crm("n1", &["status"]);
    assert!(shown.contains("UNCLEAN"), "{shown}");
    assert!(shown.contains("bad: exit code 1") && shown.contains("Timed out waiting to power OFF"), "{shown}");
    let why = lab.crm("n1", &["resource", "why", "a"]);
    assert!(why.contains("n2"), "{why}");
    let confirmed = lab.ask("n1", &Request::ConfirmFenced { node: "n2".into() });
    assert!(matches!(confirmed, Ok(Reply::Done)), "{confirmed:?}");
    lab.wait("a elsewhere", starts_elsewhere);
    // All members remember it, and forget it together.
    let known = |lab: &Lab, node: &str| lab.status(node).map_or(0, |status| status.fencing.len());
    lab.wait("n3 to know as much as n1", |lab| known(lab, "n1") > 2 && known(lab, "n1") == known(lab, "n3"));
    let known_by_all = known(&lab, "n1");
    lab.start("n2");
    lab.wait("n2 to know as much", |lab| known(lab, "n2") == known_by_all);
    assert!(matches!(lab.ask("n3", &Request::ForgetFencing { node: None }), Ok(Reply::Done)));
    lab.wait("all to forget", |lab| lab.names().iter().all(|name| known(lab, name) == 0));
}

#[test]
fn nodes_are_let_in_by_a_device_that_unfences_before_anything_starts() {
    if !needs::files(&[AGENT]) {
        return;
    }
    let lab = Lab::started(3);
    let device = dummy(&lab, "storage", "pcmk_host_list=\"n1 n2 n3\" pcmk_action_limit=-1 meta provides=unfencing");
    load(&lab, &format!("{device}\nprimitive b ocf:quorate:Dummy meta requires=unfencing\nlocation b-n3 b inf: n3"));
    lab.wait_at("n1", "b", &["n3"]);
    lab.wait_until_idle();
    assert_eq!(fs::read_to_string(lab.directory().join("storage")).expect("the device's state"), "on");
    let status = lab.status("n1").expect("n1 answers");
    let on: Vec<_> = status.fencing.iter().filter(|event| event.action == "on").collect();
    let itself = on.iter().filter(|event| event.delegate.as_ref() == Some(&event.target)).count();
    assert!(itself == on.len() && on.iter().any(|event| event.target == "n3"), "{on:?}");
    let document = lab.document("n1");
    let mut pairs = document.status().descendants();
    assert!(pairs.any(|pair| pair.attr("name") == Some("#node-unfenced")));
    // Once is enough: nothing is asked again.
    assert_eq!(on.len(), on.iter().map(|event| &event.target).collect::<std::collections::BTreeSet<_>>().len());
}

/// Its loop does not turn for longer than a token: it is no member, whatever its sockets say.
#[test]
fn a_daemon_that_stands_still_is_fenced() {
    let lab = Lab::started(3);
    let fencer = demo(&lab, "fencer", "pcmk_host_list=\"n1 n2 n3\"");
    load(&lab, &fencer);
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.pause("n2");
    lab.wait("a elsewhere", starts_elsewhere);
    assert_eq!(cut_off(&lab), 1);
}

/// The device only says so, as a switch of storage does; the daemon goes on where it stood.
#[test]
fn a_daemon_that_goes_on_after_its_fencing_acts_on_nothing_of_its_old_view() {
    if !needs::files(&[AGENT]) {
        return;
    }
    let lab = Lab::started(3);
    load(&lab, &dummy(&lab, "storage", "pcmk_host_list=\"n1 n2 n3\""));
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    let leader = lab.status("n1").and_then(|status| status.leader).expect("a leader");
    // What it was about to do when it stopped, it does not do when it goes on: it is asked in its sleep.
    let asleep = if leader == "n2" { "n2" } else { leader.as_str() };
    let other = if asleep == "n1" { "n3" } else { "n1" };
    lab.pause(asleep);
    lab.wait("the others to go on without it", |lab| {
        lab.status(other).is_some_and(|status| status.idle && status.members.len() == 2)
    });
    let before = fs::read_to_string(record(&lab)).expect("the record");
    lab.crm(other, &["configure", "primitive", "later", "ocf:quorate:Dummy"]);
    lab.go_on(asleep);
    // It hears that it was fenced, and leaves. What its agents were about to do, they have done or never do:
    // a daemon ends them before it says that it ends.
    lab.wait("it to leave", |lab| lab.log(asleep).contains("quorated ends"));
    lab.wait("the others to be idle", |lab| lab.status(other).is_some_and(|status| status.idle));
    let after = fs::read_to_string(record(&lab)).expect("the record");
    let new = after.strip_prefix(&before).expect("a record only grows");
    assert!(!new.lines().any(|line| line.contains(" start ") && line.ends_with(asleep)), "{new}");
    let document = lab.document(other);
    let mut all = document.configuration().descendants();
    assert!(all.any(|element| element.id() == Some("later")), "the commit made meanwhile is lost");
    assert!(!lab.root(asleep).join("run/resource-agents/Dummy-later.state").exists());
}

/// An agent that is well everywhere but on n2, where something has crashed that nobody has mended.
const CRASHED: &str = r#"#!/bin/sh
state=$HA_RSCTMP/crashed.state
if [ "$1" = meta-data ]; then
    echo '<resource-agent name="Crashed"><actions><action name="start" timeout="20s"/></actions></resource-agent>'
    exit 0
fi
[ ! -e "$QUORATE_ROOT/crashed" ] || { echo 'ocf-exit-reason:the instance has crashed' >&2; exit 1; }
case $1 in
start) : >"$state" ;;
stop) rm -f "$state" ;;
monitor) [ -e "$state" ] || exit 7 ;;
*) exit 3 ;;
esac
"#;

#[test]
fn what_has_a_node_fenced_at_every_boot_has_it_switched_off_the_third_time() {
    let mut lab = Lab::started(3);
    for name in lab.names() {
        executable(&lab.root(&name).join("usr/lib/ocf/resource.d/quorate/Crashed"), CRASHED);
        // What a host does when its power comes.
        let (root, daemon) = (lab.root(&name), quorate_tests::lab::program("quorated"));
        let start = format!("#!/bin/sh\nexec {} --root {} --node {name}\n", daemon.display(), root.display());
        executable(&root.join("start"), &start);
    }
    fs::write(lab.root("n2").join("crashed"), "").expect("a crash");
    let directory = lab.directory().display().to_string();
    load(
        &lab,
        &format!(
            "primitive fencer stonith:fence_quorate_demo params dir=\"{directory}\" pcmk_host_list=\"n1 n2 n3\"\n\
             primitive crashed ocf:quorate:Crashed"
        ),
    );
    lab.wait("n2 to be switched off", |lab| cut_off(lab) == 3);
    lab.wait("crashed elsewhere", |lab| lab.places("n1", "crashed").first().is_some_and(|on| on != "n2"));
    let shown = lab.crm("n1", &["status"]);
    assert!(shown.contains("switched off: crashed failed there"), "{shown}");
    let why = lab.crm("n1", &["resource", "why", "crashed"]);
    assert!(why.contains("is switched off: crashed failed there"), "{why}");
    let logs: String = ["n1", "n3"].map(|name| lab.log(name)).concat();
    assert!(logs.contains("crm resource cleanup crashed n2"), "{logs}");
    // The cluster has decided anew, and left it alone.
    lab.crm("n1", &["configure", "primitive", "later", "ocf:quorate:Dummy"]);
    lab.wait("later elsewhere", |lab| lab.places("n1", "later").first().is_some_and(|on| on != "n2"));
    lab.wait("the others to be idle", |lab| lab.status("n1").is_some_and(|status| status.idle));
    assert_eq!(cut_off(&lab), 3, "nothing switches it on");
    let members = lab.status("n1").expect("n1 answers").members;
    assert_eq!(members.len(), 2, "nothing switches it on: {members:?}");
    // Mended, cleaned up and switched on, it is a node like others.
    fs::remove_file(lab.root("n2").join("crashed")).expect("the repair");
    lab.crm("n1", &["resource", "cleanup", "crashed", "n2"]);
    lab.start("n2");
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    assert_eq!(cut_off(&lab), 3);
    assert!(!lab.crm("n1", &["status"]).contains("switched off"));
}

/// There is no device: a node that has lost the others resets itself, and they wait until it has.
#[test]
fn a_node_that_loses_its_quorum_resets_itself_where_watchdogs_are_the_means() {
    let mut lab = Lab::with_watchdogs(3);
    lab.start_together();
    load(&lab, "property fencing-watchdog-timeout=3s");
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    let written = |lab: &Lab, name: &str| fs::read(lab.root(name).join("dev/watchdog")).expect("the watchdog");
    let pets = written(&lab, "n2").len();
    lab.wait("the loop to look after the watchdog", |lab| written(lab, "n2").len() > pets);
    lab.partition(&["n2"]);
    let cut = std::time::Instant::now();
    lab.wait("n2 to reset itself", |lab| lab.log("n2").contains("resetting this host"));
    assert_eq!(fs::read_to_string(lab.root("n2").join("proc/sysrq-trigger")).expect("the trigger"), "b");
    lab.wait("n2's daemon to end", |lab| lab.log("n2").contains("quorated ends"));
    assert!(!written(&lab, "n2").ends_with(b"V"), "its watchdog must stay armed");
    lab.wait("a elsewhere", starts_elsewhere);
    assert!(cut.elapsed() > Duration::from_secs(3), "{:?}", cut.elapsed());
    // Whoever leaves in order needs no watchdog any more.
    lab.stop("n3");
    assert!(written(&lab, "n3").ends_with(b"V"));
}

/// The device cuts nodes off from their storage only: who comes back and hears of it resets itself, as its
/// administrator has set it.
#[test]
fn a_node_that_hears_of_its_fencing_panics_where_that_is_the_reaction() {
    if !needs::files(&[AGENT]) {
        return;
    }
    let mut lab = Lab::with_watchdogs(3);
    lab.set_variable("PCMK_panic_action", "off");
    lab.start_together();
    let storage = dummy(&lab, "storage", "pcmk_host_list=\"n1 n2 n3\"");
    load(&lab, &format!("{storage}\nproperty fencing-reaction=panic"));
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    lab.partition(&["n2"]);
    lab.wait("a elsewhere", starts_elsewhere);
    let trigger = |name: &str| fs::read_to_string(lab.root(name).join("proc/sysrq-trigger")).expect("the trigger");
    assert_eq!(trigger("n2"), "", "it knows nothing of it yet");
    lab.heal();
    lab.wait("n2's daemon to end", |lab| lab.log("n2").contains("quorated ends"));
    assert!(lab.log("n2").contains("resetting this host: it hears that it was fenced"), "{}", lab.log("n2"));
    assert_eq!(["n1", "n2", "n3"].map(trigger), ["", "o", ""]);
}
