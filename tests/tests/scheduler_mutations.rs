//! Recorded CIBs with random damage, through upgrade, decision, simulation and every output: no input
//! makes the scheduler panic or go on for ever.
//!
//! `QUORATE_MUTATIONS=N` tries N of them (from `QUORATE_SEED` on). Skips, and says so, where the recorded
//! cases are not there.

use quorate_core::cib::Document;
use quorate_core::scheduler::{self, Input};
use quorate_core::time::Now;
use quorate_core::xml::{self, Element};
use quorate_tests::needs;
use quorate_tests::world::Chance;
use quorate_tools::{Io, crm_simulate};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// How many a plain test run tries.
const MUTATIONS: u64 = 150;

/// A decision takes milliseconds: after so long it is taken to go on for ever.
const FOR_EVER: Duration = Duration::from_secs(120);

/// Values that mean something somewhere.
const VALUES: [&str; 24] = [
    "INFINITY",
    "-INFINITY",
    "0",
    "-1",
    "1",
    "4294967296",
    "99999999999999999999",
    "",
    "true",
    "false",
    "Promoted",
    "Stopped",
    "stop",
    "block",
    "fence",
    "demote",
    "P1D",
    "2023-13-45",
    "n1",
    "10s",
    "-5s",
    "é\u{1F980}",
    "#uname",
    "ignore",
];

fn inputs(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).expect("the records").flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Everything that may be damaged, as the way there from the root.
fn places(element: &Element, path: &mut Vec<usize>, into: &mut Vec<Vec<usize>>) {
    for (at, child) in element.children.iter().enumerate() {
        let Some(child) = child.element() else { continue };
        path.push(at);
        into.push(path.clone());
        places(child, path, into);
        path.pop();
    }
}

fn damage(chance: &mut Chance, root: &mut Element) {
    let mut all = Vec::new();
    places(root, &mut Vec::new(), &mut all);
    if all.is_empty() {
        return;
    }
    let pick = |chance: &mut Chance| all[chance.below(all.len() as u64) as usize].clone();
    let (path, other) = (pick(chance), pick(chance));
    let copied =
        other.iter().try_fold(&*root, |element, at| element.children.get(*at)?.element().map(|e| &**e)).cloned();
    let (at, above) = path.split_last().expect("no place is the root");
    let mut parent = root;
    for step in above {
        parent = parent.child_at_mut(*step).expect("places are elements");
    }
    match chance.below(8) {
        0 => drop(parent.children.remove(*at)),
        1 => parent.children.extend(copied.map(Into::into)),
        2 => parent.children.swap(0, *at),
        3 => parent.children.insert(*at, parent.children[*at].clone()),
        _ => {
            let element = parent.child_at_mut(*at).expect("places are elements");
            let count = element.attributes.len() as u64;
            let Some(name) =
                element.attributes.iter().nth(chance.below(count) as usize).map(|(name, _)| name.to_string())
            else {
                return;
            };
            let known = copied.and_then(|copied| copied.attributes.iter().next().map(|(_, value)| value.to_string()));
            match chance.below(4) {
                0 => drop(element.unset(&name)),
                1 => element.set(&name, known.unwrap_or_default()),
                _ => element.set(&name, VALUES[chance.below(VALUES.len() as u64) as usize]),
            }
        }
    }
}

#[test]
fn no_damaged_cib_makes_the_scheduler_fail() {
    let Some(files) = needs::corpus("scheduler/xml").map(|place| inputs(&place)) else { return };
    let place = tempfile::tempdir().expect("a directory");
    let first = number("QUORATE_SEED").unwrap_or(0);
    let count = number("QUORATE_MUTATIONS").unwrap_or(MUTATIONS);
    let mut failed = Vec::new();
    for seed in first..first + count {
        let mut chance = Chance::new(seed);
        let file = &files[chance.below(files.len() as u64) as usize];
        let Ok(mut root) = xml::read(&std::fs::read_to_string(file).expect("a recorded case")) else { continue };
        for _ in 0..1 + chance.below(12) {
            damage(&mut chance, &mut root);
        }
        let input = place.path().join("input.xml");
        std::fs::write(&input, xml::write_pretty(&root)).expect("room for a CIB");
        let outputs = ["graph", "dot"].map(|name| place.path().join(name).display().to_string());
        let words = ["-x", &input.display().to_string(), "-S", "-s", "-U", "-G", &outputs[0], "-D", &outputs[1]];
        let words = words.map(str::to_string);
        let (done, ended) = mpsc::channel();
        let run = std::thread::spawn(move || {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            crm_simulate::run(&words, &mut Io { out: &mut out, err: &mut err });
            let _ = done.send(());
        });
        let why = match ended.recv_timeout(FOR_EVER) {
            Ok(()) => continue,
            Err(mpsc::RecvTimeoutError::Timeout) => "goes on for ever",
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                drop(run.join());
                "panics"
            }
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kept = std::env::temp_dir().join(format!("quorate-mutation-{seed}.xml"));
        std::fs::copy(&input, &kept).expect("room for a CIB");
        eprintln!("seed {seed} ({name}) {why}: {}", kept.display());
        failed.push(seed);
    }
    println!("{count} damaged CIBs, {} failed", failed.len());
    assert!(failed.is_empty(), "replay with QUORATE_SEED=N QUORATE_MUTATIONS=1: {failed:?}");
}

#[test]
fn an_order_of_a_resource_before_itself_is_said_and_passed_over() {
    let cib = "<cib validate-with='pacemaker-4.0' have-quorum='1' dc-uuid='1'><configuration><crm_config>\
        <cluster_property_set id='o'><nvpair id='f' name='fencing-enabled' value='false'/></cluster_property_set>\
        </crm_config><nodes><node id='1' uname='n1'/></nodes><resources>\
        <primitive id='p' class='ocf' provider='x' type='y'/></resources><constraints>\
        <rsc_order id='loop' first='p' then='p'/><rsc_order id='sets'><resource_set id='s'>\
        <resource_ref id='p'/><resource_ref id='p'/></resource_set></rsc_order></constraints></configuration><status>\
        <node_state id='1' uname='n1' in_ccm='true' crmd='online' join='member' expected='member'/></status></cib>";
    let document = Document::read(cib).expect("a CIB");
    let output = scheduler::schedule(&Input::new(&document, Now::from_epoch(1000)));
    assert!(output.graph.actions.iter().any(|action| action.key == "p_start_0"), "{:?}", output.graph);
    let notes: Vec<String> = output.notes.iter().map(ToString::to_string).collect();
    assert!(notes.iter().any(|note| note.contains("it puts p before itself")), "{notes:?}");
}
