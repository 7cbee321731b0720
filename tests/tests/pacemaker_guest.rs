//! Our shell as a guest on a running Pacemaker of three hosts, beside the crmsh that is installed there.
//!
//! Every line is run by both, from the same configuration: what stands in the CIB afterwards is the same, ids and all.

use quorate_core::xml::{self, Element, Node};
use quorate_tests::figures::cluster::Cluster;
use quorate_tests::guest::{Shell, cib, crm, crm_with, pacemaker, ran, said};
use std::collections::BTreeSet;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long changes are made from three places at once, in seconds.
const STORM: &str = "QUORATE_GUEST_STORM";
const STORM_SECONDS: u64 = 8;

#[track_caller]
fn well(cluster: &Cluster, shell: Shell, line: &str) -> String {
    let output = crm(cluster, "n1", shell, line);
    assert!(output.status.success(), "{shell:?} {line}: {}", said(&output));
    said(&output)
}

// ---- the same effect -------------------------------------------------------------------------------

/// What there is before each line.
const BASE: &str = "\
    primitive p1 ocf:heartbeat:Dummy op monitor interval=10 timeout=20\n\
    primitive p2 ocf:heartbeat:Dummy\n\
    primitive g1 ocf:heartbeat:Dummy\n\
    primitive g2 ocf:heartbeat:Dummy\n\
    primitive s ocf:pacemaker:Stateful op monitor interval=10s role=Promoted op monitor interval=11s role=Unpromoted\n\
    group g g1 g2\n\
    clone m s meta promotable=true\n\
    location home p1 100: n1\n\
    property stonith-enabled=false\n";

/// Lines that both shells take (with `!` refuse), of all levels that change something; `;` between lines that
/// follow each other.
const LINES: &[&str] = &[
    "configure primitive d ocf:heartbeat:Dummy params fake=x op monitor interval=10s timeout=20s meta priority=5",
    "configure location l p1 100: n2",
    "configure location l p1 rule 50: #uname eq n1 and defined pingd",
    "configure colocation k inf: p1 p2",
    "configure order o Mandatory: p1 p2",
    "configure order o Mandatory: p1 p2 symmetrical=false ; configure delete o",
    "configure group h p1 p2 meta target-role=Stopped",
    "configure clone c p1 meta clone-max=2",
    "configure property no-quorum-policy=freeze",
    "configure property maintenance-mode=true",
    "configure rsc_defaults resource-stickiness=7",
    "configure op_defaults timeout=33s",
    "configure tag t p1 p2",
    "!configure rename p2 q2",
    "resource stop p1",
    "resource stop g ; resource start g",
    "resource maintenance p1 on",
    "resource unmanage p1",
    "resource unmanage p1 ; resource manage p1",
    "resource param p1 set fake 5",
    "resource meta p1 set priority 9",
    "resource meta p1 set priority 9 ; resource meta p1 delete priority",
    "resource utilization p1 set cpu 2",
    "resource ban p1 n2",
    "resource move p1 n3",
    "resource move p1 n3 ; resource clear p1",
    "node attribute n2 set rack a",
    "node utilization n2 set cpu 8",
    "node maintenance n2",
    "node maintenance n2 ; node ready n2",
    "node status-attr n2 set heat 3",
];

/// Attributes by name, sets before members, no sets with nothing in them, no moments, and none of what
/// Pacemaker and agents write there themselves.
fn canonical(element: &Element) -> Element {
    let mut same = element.clone();
    same.attributes.sort_by_key(|name| name.to_string());
    for moment in ["end", "last-granted"] {
        if same.attr(moment).is_some() {
            same.set(moment, "THEN");
        }
    }
    let is_set = |child: &Element| child.name.ends_with("_attributes") || child.name == "utilization";
    let of_pacemaker = |child: &Element| {
        let names = ["last-lrm-refresh", "#feature-set", "master-s"];
        child.attr("name").is_some_and(|name| names.contains(&name))
    };
    let kept = element.elements().filter(|child| !of_pacemaker(child));
    let kept = kept.map(canonical).filter(|child| !is_set(child) || !child.children.is_empty());
    let mut children: Vec<Element> = kept.collect();
    if matches!(&*element.name, "group" | "clone" | "bundle" | "primitive") {
        children.sort_by_key(|child| !is_set(child));
    }
    same.children = children.into_iter().map(Node::from).collect();
    same
}

/// The configuration, transient attributes and tickets.
fn effect(cluster: &Cluster) -> String {
    let document = cib(cluster, "n1");
    let mut text = xml::write_pretty(&canonical(document.configuration()));
    let mut states: Vec<&Element> = document.status().elements_named("node_state").collect();
    states.sort_by_key(|state| state.attr("uname"));
    for state in states {
        let transient = state.child("transient_attributes").map(canonical);
        let pairs = transient.iter().flat_map(Element::descendants).filter(|element| element.name == "nvpair");
        for pair in pairs {
            text.push_str(&format!("{} {}\n", state.attr("uname").unwrap_or_default(), xml::write(pair)));
        }
    }
    let tickets = document.status().child("tickets").map(canonical);
    text + &tickets.map(|tickets| xml::write_pretty(&tickets)).unwrap_or_default()
}

/// Back to what there was: the configuration, no attributes that a line may have set, no tickets.
fn reset(cluster: &Cluster, base: &str) {
    ran(cluster, "n1", &["cibadmin", "--replace", "--scope=configuration", "--xml-file", base]);
    ran(cluster, "n1", &["attrd_updater", "--name=heat", "--node=n2", "--delete"]);
    ran(cluster, "n1", &["crm_ticket", "--ticket=t1", "--cleanup", "--force"]);
    cluster.wait_until_at_rest().unwrap_or_else(|trouble| panic!("{trouble}"));
}

/// What is left of a row's effect by one of the shells.
fn left_by(cluster: &Cluster, base: &str, shell: Shell, row: &str) -> (Vec<bool>, String, String) {
    reset(cluster, base);
    let outputs: Vec<Output> = row.split(';').map(|line| crm(cluster, "n1", shell, line)).collect();
    let went_well = outputs.iter().map(|output| output.status.success()).collect();
    (went_well, effect(cluster), outputs.iter().map(said).collect())
}

fn lines_apart(theirs: &str, ours: &str) -> String {
    let only = |mark: char, these: &str, others: &str| {
        let lines = these.lines().filter(|line| !others.lines().any(|other| other == *line));
        lines.map(|line| format!("  {mark} {}\n", line.trim())).collect::<String>()
    };
    only('-', theirs, ours) + &only('+', ours, theirs)
}

#[test]
fn a_guest_changes_what_crmsh_changes() {
    let Some(cluster) = pacemaker() else { return };
    let file = cluster.hosts.lab.directory().join("base.crm");
    std::fs::write(&file, BASE).expect("room for a file");
    well(&cluster, Shell::Crmsh, &format!("configure load update {}", file.display()));
    let base = cluster.hosts.lab.directory().join("base.xml").display().to_string();
    let configuration = xml::write_pretty(cib(&cluster, "n1").configuration());
    std::fs::write(&base, configuration).expect("room for a file");
    let mut differing = String::new();
    for line in LINES {
        let row = line.trim_start_matches('!');
        let (theirs, expected, they_said) = left_by(&cluster, &base, Shell::Crmsh, row);
        let (ours, effect, we_said) = left_by(&cluster, &base, Shell::Ours, row);
        if (&theirs, &expected) != (&ours, &effect) {
            let apart = lines_apart(&expected, &effect);
            differing += &format!("{row}\n  crmsh {theirs:?}: {they_said}\n  ours {ours:?}: {we_said}\n{apart}\n");
        }
        if theirs.iter().all(|well| *well) != (row == *line) {
            differing += &format!("crmsh on `{row}`: {they_said}\n");
        }
    }
    assert!(differing.is_empty(), "{differing}");
    what_only_looks(&cluster);
    what_is_told_of_whom(&cluster);
}

// ---- what looks ------------------------------------------------------------------------------------

fn what_only_looks(cluster: &Cluster) {
    for (line, expected) in [
        ("status", "Current DC:"),
        ("status", "Online: [ n1 n2 n3 ]"),
        ("configure show p1", "primitive p1 Dummy"),
        ("configure verify", ""),
        ("resource status p1", "p1 is running on"),
        ("resource why p1", "p1"),
        ("node show", "n2(2): member"),
        ("cib list", ""),
        ("resource stop --preview p1", "p1"),
        ("node standby --preview n1", "n1"),
    ] {
        let text = well(cluster, Shell::Ours, line);
        assert!(text.contains(expected), "{line}: {text}");
    }
    // crmsh asks a tool for it that wants to be forced, and does not force it.
    well(cluster, Shell::Ours, "-F site ticket grant t1");
    assert!(well(cluster, Shell::Ours, "site ticket show t1").contains("granted"));
    well(cluster, Shell::Ours, "-F site ticket delete t1");
    let before = cib(cluster, "n1").version();
    well(cluster, Shell::Ours, "-w node standby n1");
    let status = well(cluster, Shell::Ours, "status");
    assert!(status.contains("Node n1: standby"), "{status}");
    assert!(cluster.running_on("n1") == 0 && cib(cluster, "n1").version() > before);
    well(cluster, Shell::Ours, "-w node online n1");
}

/// Who is spoken with is chosen, and told where that fails.
fn what_is_told_of_whom(cluster: &Cluster) {
    let asked = |host: &str, options: &[&str]| crm_with(cluster, host, Shell::Ours, options, "configure show");
    for (options, expected) in [
        (&["--manager=quorate"][..], "the cluster daemon is not running on this node"),
        (&["--manager=heartbeat"][..], "`heartbeat` is no cluster manager: there are quorate and pacemaker"),
    ] {
        let output = asked("n1", options);
        assert!(!output.status.success() && said(&output).contains(expected), "{}", said(&output));
    }
    assert!(asked("n1", &["--manager=pacemaker"]).status.success());
    cluster.stop("n3", &["pacemakerd"]).unwrap_or_else(|trouble| panic!("{trouble}"));
    for (options, expected) in [
        (&[][..], "neither quorated (no answer at /run/quorate/quorate.sock) nor pacemakerd"),
        (&["--manager=pacemaker"][..], "Pacemaker is not running on this node"),
    ] {
        let output = asked("n3", options);
        assert!(!output.status.success() && said(&output).contains(expected), "{}", said(&output));
    }
}

// ---- all at once -----------------------------------------------------------------------------------

/// Makes primitives until the time is over; the names of those that were acknowledged.
fn make(
    cluster: &Cluster,
    host: &str,
    shell: Shell,
    prefix: &str,
    until: Instant,
    stale: &AtomicUsize,
) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for number in 0.. {
        if Instant::now() > until {
            break;
        }
        let name = format!("{prefix}{number}");
        let line = format!("configure primitive {name} ocf:heartbeat:Dummy meta target-role=Stopped priority={number}");
        let output = crm(cluster, host, shell, &line);
        match output.status.success() {
            true => drop(made.insert(name)),
            false => {
                stale.fetch_add(1, Ordering::Relaxed);
                assert!(shell == Shell::Crmsh, "{line}: {}", said(&output));
            }
        }
    }
    made
}

#[test]
fn nothing_is_lost_when_all_commit_at_once() {
    let Some(cluster) = pacemaker() else { return };
    well(&cluster, Shell::Ours, "configure property stonith-enabled=false");
    let seconds = std::env::var(STORM).ok().and_then(|text| text.parse().ok()).unwrap_or(STORM_SECONDS);
    let until = Instant::now() + Duration::from_secs(seconds);
    let refused = AtomicUsize::new(0);
    let places = [("n1", Shell::Ours, "a"), ("n2", Shell::Ours, "b"), ("n3", Shell::Crmsh, "c")];
    let made: Vec<BTreeSet<String>> = thread::scope(|scope| {
        let start = |(host, shell, prefix)| {
            let (cluster, refused) = (&cluster, &refused);
            scope.spawn(move || make(cluster, host, shell, prefix, until, refused))
        };
        let all: Vec<_> = places.into_iter().map(start).collect();
        all.into_iter().map(|one| one.join().expect("all went well")).collect()
    });
    cluster.wait_until_at_rest().unwrap_or_else(|trouble| panic!("{trouble}"));
    let counts: Vec<usize> = made.iter().map(BTreeSet::len).collect();
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    println!("made {counts:?}, crmsh refused {}", refused.load(Ordering::Relaxed));
    for host in &cluster.names {
        let document = cib(&cluster, host);
        let resources = document.configuration().child("resources").expect("resources");
        let there: BTreeSet<String> = resources.elements().filter_map(|one| one.id().map(str::to_string)).collect();
        let lost: Vec<&String> = made.iter().flatten().filter(|name| !there.contains(*name)).collect();
        assert!(lost.is_empty(), "{host} lost {lost:?} of {counts:?}");
        assert_eq!(document.root().attr("validate-with"), Some("pacemaker-3.9"));
    }
}
