//! The sessions that crmsh recorded of itself, replayed: what is shown must be what was recorded.
//!
//! The records hold what crmsh 5 adds by itself, so its habits are switched on here. Compared are
//! configurations, as text without regard to blanks and as XML without regard to the order of
//! attributes; messages are ours. What differs on purpose stands in a list that only shrinks.
#![allow(clippy::unwrap_used)]

use quorate_core::xml::{self, Element, Node};
use quorate_tests::needs;
use quorate_tests::shell::Bench;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Differences that are meant, by case: a line of ours, or of theirs, that has no counterpart.
const EXPECTED: &[(&str, &str, &str)] = &[
    // (case, line, why)
    ("bugs", "block 2 has another order", "shown where it will stand, before the commit, too"),
    ("newfeatures", P0_WITHOUT_ID, "an id that others refer to is shown"),
    ("newfeatures", P0_WITH_ID, "an id that others refer to is shown"),
    ("resource", "-<instance_attributes id=\"p0-instance_attributes\"/>", NO_EMPTY_SETS),
    ("resource", "-<meta_attributes id=\"p0-meta_attributes\"/>", NO_EMPTY_SETS),
    (
        "resource",
        "-<nvpair id=\"p0-monitor-0-instance_attributes-trace_dir\" name=\"trace_dir\" value=\"/var/lib/heartbeat/trace_ra\"/>",
        NO_TRACE_DIR,
    ),
    (
        "resource",
        "-<nvpair id=\"p0-start-0s-instance_attributes-trace_dir\" name=\"trace_dir\" value=\"/var/lib/heartbeat/trace_ra\"/>",
        NO_TRACE_DIR,
    ),
    (
        "resource",
        "-<nvpair id=\"p0-stop-0s-instance_attributes-trace_dir\" name=\"trace_dir\" value=\"/var/lib/heartbeat/trace_ra\"/>",
        NO_TRACE_DIR,
    ),
    ("resource", "block 22 has another order", NO_EMPTY_SETS),
    ("resource", "block 23 has another order", NO_EMPTY_SETS),
    ("resource", "block 25 has another order", NO_EMPTY_SETS),
    ("resource", "-<meta_attributes id=\"p5-meta_attributes-0\">", NO_EMPTY_SETS),
    (
        "resource",
        "-<nvpair id=\"p5-meta_attributes-0-maintenance\" name=\"maintenance\" value=\"true\"/>",
        NO_EMPTY_SETS,
    ),
    ("resource", "+<meta_attributes id=\"p5-meta_attributes\">", NO_EMPTY_SETS),
    ("resource", "+<nvpair id=\"p5-meta_attributes-maintenance\" name=\"maintenance\" value=\"true\"/>", NO_EMPTY_SETS),
    ("resource", "-<meta_attributes id=\"g1-meta_attributes-0\">", NO_EMPTY_SETS),
    ("resource", "-<nvpair id=\"g1-meta_attributes-0-is-managed\" name=\"is-managed\" value=\"true\"/>", NO_EMPTY_SETS),
    ("resource", "+<meta_attributes id=\"g1-meta_attributes\">", NO_EMPTY_SETS),
    ("resource", "+<nvpair id=\"g1-meta_attributes-is-managed\" name=\"is-managed\" value=\"true\"/>", NO_EMPTY_SETS),
    ("resource", "+<meta_attributes id=\"p0-meta_attributes\">", EQUAL_STAYS),
    (
        "resource",
        "+<nvpair id=\"p0-meta_attributes-target-role\" name=\"target-role\" value=\"Started\"/>",
        EQUAL_STAYS,
    ),
    ("resource", "block 34 has another order", EQUAL_STAYS),
];

const NO_EMPTY_SETS: &str = "a set goes with its last attribute, and its id is free again";
const NO_TRACE_DIR: &str = "agents write there unless they are told otherwise";
const EQUAL_STAYS: &str = "a member that says the same as its container keeps it";
const P0_WITHOUT_ID: &str = "-primitive p0 Dummy params state=1 op monitor timeout=20s interval=10s op start timeout=20s \
    interval=0s op stop timeout=20s interval=0s";
const P0_WITH_ID: &str = "+primitive p0 Dummy params $p0-state:state=1 op monitor timeout=20s interval=10s op start \
    timeout=20s interval=0s op stop timeout=20s interval=0s";

/// The sessions about the configuration and resources; the rest are about this machine's agents, logs and clusters.
const SESSIONS: &[&str] = &[
    "acl",
    "bugs",
    "bundle",
    "commit",
    "confbasic",
    "confbasic-xml",
    "delete",
    "edit",
    "file",
    "newfeatures",
    "node",
    "resource",
    "rset",
    "rset-xml",
    "shadow",
];

fn place() -> PathBuf {
    needs::corpus_place().join("crmsh/testcases")
}

// ---- the agents as they were when the sessions were recorded ---------------------------------------------

const AGENTS: &[(&str, &str)] = &[
    ("heartbeat/Dummy", "start 20s;stop 20s;monitor 20s 10s"),
    ("heartbeat/Delay", "start 30s;stop 40s;monitor 40s 10s"),
    ("pacemaker/Dummy", "start 20s;stop 20s;monitor 20s 10s"),
    (
        "pacemaker/Stateful",
        "start 20s;stop 20s;monitor 20s 10s Promoted;monitor 20s 11s Unpromoted;promote 10s;demote 10s",
    ),
];

fn write_agents(root: &Path) {
    for (agent, actions) in AGENTS {
        let mut text = String::from("<resource-agent name=\"x\"><parameters>");
        for name in ["fake", "state", "mondelay", "startdelay", "stopdelay"] {
            text.push_str(&format!("<parameter name=\"{name}\"/>"));
        }
        text.push_str("</parameters><actions>");
        for action in actions.split(';') {
            let words: Vec<&str> = action.split(' ').collect();
            let names = ["name", "timeout", "interval", "role"];
            let attributes: Vec<String> =
                names.iter().zip(&words).map(|(name, value)| format!("{name}=\"{value}\"")).collect();
            text.push_str(&format!("<action {}/>", attributes.join(" ")));
        }
        text.push_str("</actions></resource-agent>");
        let path = root.join("resource.d").join(agent);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\ncat <<'E'\n{text}\nE\n")).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
}

/// The configuration that the recording began with, made by an interface outside crmsh.
const SAMPLE: &str = "node node1
primitive p0 ocf:pacemaker:Dummy op monitor timeout=20s interval=10s op start timeout=20s interval=0s op stop timeout=20s interval=0s
primitive p1 ocf:pacemaker:Dummy op monitor timeout=20s interval=10s op start timeout=20s interval=0s op stop timeout=20s interval=0s
primitive p2 Delay params startdelay=2 mondelay=2 stopdelay=2 op monitor timeout=40s interval=10s op start timeout=30s interval=0s op stop timeout=40s interval=0s
primitive p3 ocf:pacemaker:Dummy op monitor timeout=20s interval=10s op start timeout=20s interval=0s op stop timeout=20s interval=0s
clone c1 p1 meta interleave=true
clone m1 p2 meta promotable=true interleave=true
property cib-bootstrap-options: fencing-enabled=false
rsc_defaults build-resource-defaults: resource-stickiness=1
op_defaults op-options: timeout=60s
";

// ---- replaying -------------------------------------------------------------------------------------------

struct Replay {
    bench: Bench,
    /// Everything shown, command after command.
    shown: String,
    object: Option<String>,
}

impl Replay {
    fn new() -> Replay {
        let bench = Bench::with(SAMPLE);
        write_agents(&bench.path("ocf"));
        if let Ok(file) = fs::read(place().with_file_name("bugs-test.txt")) {
            fs::write(bench.path("bugs-test.txt"), file).unwrap();
        }
        Replay { bench, shown: String::new(), object: None }
    }

    fn crm(&mut self, words: &[&str], input: &str) {
        let mut command = self.bench.command();
        command.env("OCF_ROOT", self.bench.path("ocf"));
        command.args(["-R", "--keep-going"]);
        let answer = Bench::feed(command.args(words), input);
        self.shown.push_str(&answer.out);
        // What is no message stands there with theirs.
        let told = answer.err.lines().filter(|line| line.starts_with("resource "));
        told.for_each(|line| self.shown.push_str(&format!("{line}\n")));
        if std::env::var_os("QUORATE_SHOW").is_some() {
            eprintln!("{words:?}\n{}{}", answer.out, answer.err);
        }
    }

    fn run(&mut self, case: &str) {
        let case = as_read(case);
        let mut lines = case.lines();
        while let Some(line) = lines.next() {
            let first = line.split_whitespace().next().unwrap_or_default();
            match first {
                "" | "#" => {}
                "show" | "showxml" | "session" | "filesession" => {
                    let body: Vec<&str> = lines.by_ref().take_while(|line| *line != ".").collect();
                    self.shown.push_str(&format!(".TRY {line}\n"));
                    self.session(first, &body.join("\n"));
                }
                "%ext" | "%extcheck" => {
                    let command = line.split_once(' ').unwrap().1;
                    self.shown.push_str(&format!(".EXT {command}\n"));
                    let output = Command::new("sh").args(["-c", command]).current_dir(self.bench.path("")).output();
                    self.shown.push_str(&String::from_utf8_lossy(&output.unwrap().stdout));
                }
                "%setenv" => {
                    let (name, value) = line.split_whitespace().nth(1).unwrap().split_once('=').unwrap();
                    assert_eq!(name, "showobj", "{line}");
                    self.object = Some(value.to_string()).filter(|value| !value.is_empty());
                    self.shown.push_str(&format!(".SETENV {line}\n"));
                }
                _ => self.single(line),
            }
        }
    }

    fn session(&mut self, kind: &str, body: &str) {
        let begin = "configure\n_regtest on\nerase\nerase nodes\nproperty fencing-enabled=false\n";
        let input = match kind {
            "show" => format!("{begin}{body}\nshow\ncommit\n"),
            "showxml" => format!("{begin}{body}\nshow xml\ncommit\n"),
            _ => format!("{body}\n"),
        };
        self.crm(&[], &input);
    }

    fn single(&mut self, line: &str) {
        self.shown.push_str(&format!(".TRY {line}\n"));
        let words = words(line);
        self.crm(&words.iter().map(String::as_str).collect::<Vec<_>>(), "");
        if let Some(object) = self.object.clone() {
            self.crm(&[], &format!("configure\n_regtest on\nshow xml {object}\n"));
        }
    }
}

/// As a shell's `read` gives lines: one that ends in a backslash goes on, other backslashes stand for what follows.
fn as_read(text: &str) -> String {
    let mut read = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => read.extend(letters.next().filter(|next| *next != '\n')),
            letter => read.push(letter),
        }
    }
    read
}

/// Split as a shell does, as far as the cases need it.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => words.last_mut().unwrap().push(c),
            ('"' | '\'', None) => quote = Some(c),
            (' ', None) => words.push(String::new()),
            (c, None) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

// ---- comparing -------------------------------------------------------------------------------------------

/// What is shown between two commands, without messages, blanks and the commands themselves.
fn renderings(text: &str) -> Vec<Vec<String>> {
    let mut blocks: Vec<Vec<String>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with(".INP:") || line.starts_with(".TRY") || line.starts_with(".SETENV") {
            blocks.push(Vec::new());
            continue;
        }
        let message = ["INFO:", "WARNING:", "ERROR:", ".EXT"].iter().any(|start| line.starts_with(start));
        let line: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !message && !line.is_empty() {
            blocks.last_mut().unwrap().push(line);
        }
    }
    blocks.into_iter().map(joined).filter(|block| !block.is_empty()).collect()
}

/// A statement on one line; XML with attributes in order of their names.
fn joined(lines: Vec<String>) -> Vec<String> {
    let text = lines.join("\n");
    if let Some(start) = text.find("<?xml") {
        let xml = text[start..].replacen("<?xml version=\"1.0\" ?>", "", 1);
        let before = text[..start].lines().map(str::to_string);
        let pretty = xml::read(xml.trim()).map_or_else(|_| xml.clone(), |element| xml::write_pretty(&plain(&element)));
        return before.chain(pretty.lines().map(|line| line.trim().to_string())).collect();
    }
    text.replace(" \\\n", " ").lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Attributes in order of their names, the root's own (versions) left out.
fn plain(element: &Element) -> Element {
    let mut plain = Element::new(&element.name);
    let mut attributes: Vec<(&str, &str)> = element.attributes.iter().map(|(name, value)| (&**name, value)).collect();
    attributes.sort();
    let is_root = element.name == "cib";
    attributes.into_iter().filter(|_| !is_root).for_each(|(name, value)| plain.set(name, value));
    plain.children = element.elements().map(|child| Node::from(self::plain(child))).collect();
    plain
}

fn check(name: &str) -> Vec<String> {
    let read = |file: PathBuf| fs::read_to_string(file).unwrap_or_default();
    let mut replay = Replay::new();
    replay.run(&read(place().join(name)));
    let recorded = read(place().join(format!("{name}.exp")));
    let (ours, theirs) = (renderings(&replay.shown), renderings(&recorded));
    // A record that is nothing but XML is of the one `show xml`.
    let ours: Vec<Vec<String>> = match recorded.starts_with("<?xml") {
        true => ours.into_iter().filter(|block| block.iter().any(|line| line == "<cib>")).collect(),
        false => ours,
    };
    let mut differ = Vec::new();
    for (at, block) in theirs.iter().enumerate() {
        let mine = ours.get(at).cloned().unwrap_or_default();
        differ.extend(block.iter().filter(|line| !mine.contains(line)).map(|line| format!("-{line}")));
        differ.extend(mine.iter().filter(|line| !block.contains(line)).map(|line| format!("+{line}")));
        let order = |lines: &[String], others: &[String]| {
            lines.iter().filter(|line| others.contains(line)).cloned().collect::<Vec<_>>()
        };
        if order(block, &mine) != order(&mine, block) {
            differ.push(format!("block {at} has another order"));
        }
    }
    if ours.len() != theirs.len() {
        differ.push(format!("{} renderings, recorded {}", ours.len(), theirs.len()));
    }
    differ
}

#[test]
fn recorded_sessions() {
    if needs::corpus("crmsh/testcases").is_none() {
        return;
    }
    let mut wrong = Vec::new();
    let mut met = vec![false; EXPECTED.len()];
    let only = std::env::var("QUORATE_CASE").ok();
    for &name in SESSIONS {
        if only.as_ref().is_some_and(|only| only != name) || !place().join(name).exists() {
            continue;
        }
        for line in check(name) {
            match EXPECTED.iter().position(|(case, expected, _)| *case == name && *expected == line) {
                Some(at) => met[at] = true,
                None => wrong.push(format!("{name}: {line}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    let stale = EXPECTED.iter().zip(&met).filter(|(one, met)| !**met && only.is_none() && place().join(one.0).exists());
    let stale: Vec<_> = stale.map(|(one, _)| one).collect();
    assert!(stale.is_empty(), "no longer differ, take them off the list: {stale:?}");
}

/// The configurations that scripts leave behind, each on top of the same base.
#[test]
fn recorded_scripts() {
    let Some(place) = needs::corpus("crmsh/cibtests") else { return };
    let base = fs::read_to_string(place.join("shadow.base")).expect("the records");
    for number in ["001", "002", "003", "004"] {
        let bench = Bench::new(&base);
        let answer = bench.script(&fs::read_to_string(place.join(format!("{number}.input"))).unwrap());
        assert_eq!(answer.code, 0, "{number}: {}", answer.err);
        let recorded = fs::read_to_string(place.join(format!("{number}.exp.xml"))).unwrap();
        let configuration = |text: &str| {
            let element = plain(&xml::read(text).unwrap());
            let mut configuration = element.child("configuration").unwrap().clone();
            configuration.retain_elements(|section| section.elements().next().is_some());
            xml::write_pretty(&configuration)
        };
        assert_eq!(configuration(&bench.cib()), configuration(&recorded), "{number}");
    }
}
