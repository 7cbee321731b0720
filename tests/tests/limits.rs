//! How much runs at once: bounds on a transition, on a node, on moves, and what a busy host is left with.
//!
//! Counted from what the agents wrote down themselves. No operation ends before the gate is opened, so that all
//! that may run at once does.

use quorate_tests::lab::Lab;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

/// Starts and stops take 300 ms once the gate is open; moves, too.
const AGENT: &str = r#"#!/bin/sh
state=$HA_RSCTMP/Gated-$OCF_RESOURCE_INSTANCE
node=$OCF_RESKEY_CRM_meta_on_node
note() {
    echo "$(date +%s.%N) $1 $action $OCF_RESOURCE_INSTANCE ${ends:-$node}" >>"$OCF_RESKEY_place/record"
}
through_the_gate() {
    note begin
    until [ -e "$OCF_RESKEY_place/open" ]; do sleep 0.05; done
    sleep 0.3
    note end
}
action=$1
case $1 in
meta-data)
    cat <<'END'
<resource-agent name="Gated" version="1.0"><version>1.1</version>
<parameters><parameter name="place"><content type="string"/></parameter></parameters>
<actions><action name="start" timeout="120s"/><action name="stop" timeout="120s"/><action name="monitor" timeout="20s"/>
<action name="migrate_to" timeout="120s"/><action name="migrate_from" timeout="120s"/></actions></resource-agent>
END
    ;;
start) through_the_gate; : >"$state" ;;
stop) [ ! -e "$state" ] || { through_the_gate; rm "$state"; } ;;
migrate_*)
    ends="$OCF_RESKEY_CRM_meta_migrate_source $OCF_RESKEY_CRM_meta_migrate_target"
    through_the_gate
    if [ "$1" = migrate_to ]; then rm "$state"; else : >"$state"; fi
    ;;
monitor)
    note begin
    note end
    [ -e "$state" ] || exit 7
    ;;
esac
"#;

/// A cluster whose agents wait at a gate.
fn gated(count: usize) -> Lab {
    let lab = Lab::started(count);
    for node in lab.names() {
        let place = lab.root(&node).join("usr/lib/ocf/resource.d/test");
        fs::create_dir_all(&place).expect("a provider");
        fs::write(place.join("Gated"), AGENT).expect("an agent");
        fs::set_permissions(place.join("Gated"), PermissionsExt::from_mode(0o755)).expect("its mode");
    }
    lab
}

fn open(lab: &Lab) {
    fs::write(lab.directory().join("open"), "").expect("the gate");
}

fn close(lab: &Lab) {
    fs::remove_file(lab.directory().join("open")).expect("the gate");
}

/// Resources `p1`, `p2`, …, with these words to each, and properties.
#[track_caller]
fn load(lab: &Lab, count: usize, words: &str, properties: &str) {
    let place = lab.directory().display();
    let one = |n: usize| {
        format!(
            "primitive p{n} ocf:test:Gated params place=\"{place}\" op start timeout=120s interval=0 \
             op stop timeout=120s interval=0 {words}\n"
        )
    };
    let all: String = (1..=count).map(one).collect();
    let properties = format!("property fencing-enabled=false dc-deadtime=1s {properties}");
    lab.load("n1", &format!("{properties}\nrsc_defaults target-role=Stopped\n{all}"));
    // A node whose operations all stand at the gate would not be asked what runs there.
    let probes = count * lab.names().len();
    lab.wait("all to be probed", |lab| record(lab).iter().filter(|entry| !entry.begins).count() == probes);
    lab.wait_until_idle();
    lab.load("n1", "rsc_defaults target-role=Started");
}

/// A line of the record.
struct Entry {
    at: f64,
    begins: bool,
    action: String,
    resource: String,
    nodes: Vec<String>,
}

/// What is written down, in the order of time.
fn record(lab: &Lab) -> Vec<Entry> {
    let text = fs::read_to_string(lab.directory().join("record")).unwrap_or_default();
    let entry = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Entry {
            at: words.next()?.parse().ok()?,
            begins: words.next()? == "begin",
            action: words.next()?,
            resource: words.next()?,
            nodes: words.collect(),
        })
    };
    let mut entries: Vec<Entry> = text.lines().filter_map(entry).collect();
    entries.sort_by(|one, other| one.at.total_cmp(&other.at));
    entries
}

/// The most that ran at once, by node, and under "all" everywhere.
fn most_at_once(entries: &[Entry]) -> BTreeMap<String, usize> {
    let (mut running, mut most) = (BTreeMap::<String, usize>::new(), BTreeMap::new());
    for entry in entries {
        for place in entry.nodes.iter().map(String::as_str).chain(["all"]) {
            let now = running.entry(place.to_string()).or_default();
            *now = if entry.begins { *now + 1 } else { *now - 1 };
            let top = most.entry(place.to_string()).or_default();
            *top = (*now).max(*top);
        }
    }
    most
}

/// How many operations of this name have begun and not ended, by node.
fn waiting(lab: &Lab, action: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::<String, usize>::new();
    for entry in record(lab).iter().filter(|entry| entry.action == action) {
        for node in &entry.nodes {
            let count = counts.entry(node.clone()).or_default();
            *count = if entry.begins { *count + 1 } else { *count - 1 };
        }
    }
    counts
}

/// Waits until just so many are at the gate, and sees that no more come: what is decided together is sent together,
/// and the answer to a change that is asked for afterwards has passed it.
#[track_caller]
fn wait_at_the_gate(lab: &Lab, action: &str, is_full: impl Fn(&BTreeMap<String, usize>) -> bool) {
    lab.wait(&format!("{action} at the gate"), |lab| is_full(&waiting(lab, action)));
    lab.done("n1", "crm_attribute --lifetime reboot --node n1 --name at-the-gate --update yes");
    let now = waiting(lab, action);
    assert!(is_full(&now), "{action}: {now:?}");
}

#[track_caller]
fn wait_until_all_run(lab: &Lab, count: usize) {
    open(lab);
    lab.wait("all to run", |lab| (1..=count).all(|n| lab.places("n1", &format!("p{n}")).len() == 1));
    lab.wait_until_idle();
}

#[test]
fn no_more_runs_anywhere_than_a_transition_may_have_at_once() {
    let lab = gated(3);
    load(&lab, 30, "", "batch-limit=3");
    wait_at_the_gate(&lab, "start", |by_node| by_node.values().sum::<usize>() == 3);
    wait_until_all_run(&lab, 30);
    // All that was stopped is started elsewhere, no more at once.
    lab.done("n1", "crm node standby n1");
    lab.wait("n1 to be empty", |lab| (1..=30).all(|n| lab.places("n1", &format!("p{n}")).iter().all(|on| on != "n1")));
    lab.wait_until_idle();
    let entries = record(&lab);
    assert_eq!(most_at_once(&entries)["all"], 3);
    let started = |n: usize| entries.iter().any(|entry| entry.action == "start" && entry.resource == format!("p{n}"));
    assert!((1..=30).all(started));
    assert!(entries.iter().any(|entry| entry.action == "stop"));
}

/// What an administrator has set on a host holds there, in place of what the cluster says.
#[test]
fn no_more_runs_on_a_node_than_it_may_have_at_once() {
    let mut lab = gated(3);
    lab.stop("n2");
    lab.set_variable("PCMK_node_action_limit", "1");
    lab.start("n2");
    lab.wait_together("n1", &["n1", "n2", "n3"]);
    load(&lab, 30, "", "node-action-limit=2");
    let allowed = BTreeMap::from([("n1", 2), ("n2", 1), ("n3", 2)].map(|(node, count)| (node.to_string(), count)));
    wait_at_the_gate(&lab, "start", |by_node| *by_node == allowed);
    wait_until_all_run(&lab, 30);
    let mut most = most_at_once(&record(&lab));
    assert!(most.remove("all") >= Some(5));
    assert_eq!(most, allowed);
}

/// A move is counted where it comes from and where it goes: two nodes that are emptied at once onto a third move no
/// more to it at once than one of them would.
#[test]
fn no_more_moves_to_or_from_a_node_than_are_allowed_at_once() {
    let lab = gated(3);
    open(&lab);
    lab.load("n1", "node n3 attributes standby=on\nproperty fencing-enabled=false");
    load(&lab, 8, "meta allow-migrate=true", "migration-limit=2");
    wait_until_all_run(&lab, 8);
    let on = |lab: &Lab, node: &str| (1..=8).filter(|n| lab.places("n1", &format!("p{n}")) == [node]).count();
    assert_eq!((on(&lab, "n1"), on(&lab, "n2")), (4, 4));
    close(&lab);
    let all = ["n1", "n2"].map(|node| format!("node {node} attributes standby=on"));
    lab.load("n1", &format!("{}\nnode n3 attributes standby=off", all.join("\n")));
    wait_at_the_gate(&lab, "migrate_to", |by_node| by_node.get("n3") == Some(&2));
    wait_until_all_run(&lab, 8);
    lab.wait("all on n3", |lab| on(lab, "n3") == 8);
    let moves: Vec<Entry> = record(&lab).into_iter().filter(|entry| entry.action.starts_with("migrate_")).collect();
    // To and from, each begun and ended, for each resource.
    assert_eq!(moves.len(), 8 * 4);
    let most = most_at_once(&moves);
    assert_eq!(most["n3"], 2, "{most:?}");
    assert!(most["n1"] <= 2 && most["n2"] <= 2, "{most:?}");
}

/// Processes that keep this host busy, after all others.
struct Toil(Vec<Child>);

impl Toil {
    /// Twice as many as there are cores.
    fn begin() -> Toil {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let spin = |_| {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL", "nice", "-n", "19", "sh", "-c", "while :; do :; done"]);
            command.stdin(Stdio::null()).spawn().expect("a process")
        };
        Toil((0..2 * cores).map(spin).collect())
    }
}

impl Drop for Toil {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The threshold is so low that what keeps all cores busy for some seconds passes it.
#[test]
fn a_busy_host_is_given_one_operation_at_once() {
    let toil = Toil::begin();
    let lab = gated(2);
    lab.load("n1", "property load-threshold=2%");
    lab.wait("the load to be seen", |lab| {
        lab.names().iter().all(|node| lab.whole_log(node).contains("hundredths: High"))
    });
    load(&lab, 10, "", "load-threshold=2%");
    wait_at_the_gate(&lab, "start", |by_node| by_node.get("n1") == Some(&1) && by_node.get("n2") == Some(&1));
    drop(toil);
    wait_until_all_run(&lab, 10);
}
