//! An agent of each class that misbehaves in each way: what is told of it, and that the others go on meanwhile.
//!
//! Codes and statuses as Pacemaker's executor has them (COMPAT.md has the differences). Units of systemd have no
//! program of their own here: see `tests/tests/whole_hosts.rs`.
#![allow(clippy::unwrap_used)]

use quorate_agents::activity::Activity;
use quorate_agents::host::Host;
use quorate_agents::metadata::MetadataCache;
use quorate_agents::operation;
use quorate_agents::register::{Register, entries};
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::transition::ResourceRef;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const CLASSES: [&str; 4] = ["ocf", "lsb", "service", "stonith"];

/// How it misbehaves, and what its start comes to.
const WAYS: [(&str, &str); 8] = [
    ("well", "0 Exited"),
    ("hangs", "1 TimedOut"),
    ("hangs and does not listen", "1 TimedOut"),
    ("forks", "0 Exited"),
    ("floods", "0 Exited"),
    ("dies", "1 Failed"),
    ("missing", "5 NotInstalled"),
    ("not executable", "4 Failed"),
];

fn script(way: &str) -> &'static str {
    match way {
        "hangs" => "sleep 1000",
        "hangs and does not listen" => "trap '' TERM INT HUP; while :; do sleep 1000; done",
        // What it leaves behind keeps its output open.
        "forks" => "sleep 1000 & exit 0",
        "floods" => "head -c 3000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2; exit 0",
        "dies" => "kill -SEGV $$; sleep 1000",
        _ => "exit 0",
    }
}

struct Place {
    directory: tempfile::TempDir,
    host: Host,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_path_buf();
        for place in ["ocf/resource.d/x", "etc/init.d", "usr/sbin", "state"] {
            fs::create_dir_all(root.join(place)).unwrap();
        }
        let host = Host {
            agents: vec![root.join("ocf")],
            programs: vec![root.join("usr/sbin"), "/usr/bin".into(), "/bin".into()],
            state: root.join("state"),
            log: None,
            register: Register::open(&root.join("running")).unwrap(),
            activity: Activity::open(&root.join("active")).unwrap(),
            node: "n1".into(),
            root,
        };
        Place { directory, host }
    }

    fn file(&self, class: &str, name: &str) -> PathBuf {
        let place = match class {
            "ocf" => "ocf/resource.d/x",
            "stonith" => "usr/sbin",
            _ => "etc/init.d",
        };
        self.directory.path().join(place).join(name)
    }

    fn install(&self, class: &str, way: &str) {
        let name = format!("agent-{}", way.replace(' ', "-"));
        let file = self.file(class, &name);
        if way == "missing" {
            return;
        }
        fs::write(&file, format!("#!/bin/sh\n[ \"$1\" = meta-data ] && exit 3\n{}\n", script(way))).unwrap();
        let mode = if way == "not executable" { 0o644 } else { 0o755 };
        fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
    }

    async fn run(&self, class: &str, way: &str, operation: &str, timeout_ms: u64) -> ExitReport {
        let kind = format!("agent-{}", way.replace(' ', "-"));
        let provider = (class == "ocf").then(|| "x".to_string());
        let resource =
            ResourceRef { id: format!("{class}-{kind}"), long_id: None, class: class.into(), provider, kind };
        let (operation, parameters) = (operation.to_string(), BTreeMap::new());
        let run = Run { ticket: 1, resource, operation, interval_ms: 0, timeout_ms, parameters };
        let before = operation::begin(&self.host, &run);
        operation::run(&self.host, &MetadataCache::default(), &run, before).await
    }
}

fn told(report: &ExitReport) -> String {
    format!("{} {:?}", report.code, report.status)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn each_class_tells_the_same_of_the_same() {
    let place = Place::new();
    for class in CLASSES {
        for (way, expected) in WAYS {
            place.install(class, way);
            let timeout_ms = if way.starts_with("hangs") { 300 } else { 20_000 };
            let report = block_on(place.run(class, way, "start", timeout_ms));
            assert_eq!(told(&report), expected, "{class} {way}: {}", report.reason);
            assert!(report.reason.len() <= 5_000, "{class} {way}: {} bytes", report.reason.len());
            assert!(
                expected.starts_with('0') == report.reason.is_empty() || way == "floods",
                "{class} {way}: no reason"
            );
        }
    }
    assert_eq!(entries(&place.directory.path().join("running")), 0, "something is still said to run");
}

/// All others have ended while two that hang are waited for.
#[test]
fn nothing_else_is_held_up() {
    let place = Place::new();
    for class in CLASSES {
        for (way, _) in WAYS {
            place.install(class, way);
        }
    }
    block_on(async {
        let (place, forever) = (&place, 3_600_000);
        let hang = async {
            tokio::join!(
                place.run("ocf", "hangs", "start", forever),
                place.run("lsb", "hangs and does not listen", "start", forever),
                place.run("service", "hangs", "start", forever),
                place.run("stonith", "hangs", "start", forever),
            )
        };
        let others = async {
            for class in CLASSES {
                for (way, expected) in WAYS.iter().filter(|(way, _)| !way.starts_with("hangs")) {
                    assert_eq!(told(&place.run(class, way, "start", 20_000).await), *expected, "{class} {way}");
                }
            }
        };
        tokio::select! {
            _ = hang => panic!("what hangs has ended"),
            () = others => {}
        }
    });
}
