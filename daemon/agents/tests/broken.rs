//! Agents that cannot be run, each in its way: what each action of theirs comes to.
#![allow(clippy::unwrap_used)]

use quorate_agents::activity::{Activity, Trace};
use quorate_agents::fence;
use quorate_agents::fence_actions::FenceActions;
use quorate_agents::host::Host;
use quorate_agents::metadata::MetadataCache;
use quorate_agents::operation;
use quorate_agents::register::{Register, entries};
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::delay::Delay;
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::transition::ResourceRef;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What a fence agent is told goes to it line by line.
#[test]
fn a_fence_agent_is_not_told_what_would_be_two_lines() {
    let place = Place::new();
    let arguments = [("ip", "192.0.2.1\naction=off"), ("action", "list")];
    let run = DeviceRun {
        device: "d".into(),
        agent: "true".into(),
        action: "list".into(),
        arguments: arguments.map(|(name, value)| (name.to_string(), value.to_string())).into(),
        timeout_ms: 10_000,
        delay: Delay::default(),
        at_once: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(fence::fence(&place.host, &FenceActions::default(), &run));
    assert_eq!(
        (result.is_ok(), result.output.as_str()),
        (false, "ip holds a line end, which a fence agent cannot be told")
    );
}

struct Place {
    directory: tempfile::TempDir,
    host: Host,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_path_buf();
        fs::create_dir_all(root.join("ocf/resource.d/x")).unwrap();
        fs::create_dir_all(root.join("state")).unwrap();
        let host = Host {
            agents: vec![root.join("ocf")],
            programs: ["/usr/bin", "/bin"].map(PathBuf::from).into(),
            state: root.join("state"),
            log: None,
            register: Register::open(&root.join("running")).unwrap(),
            activity: Activity::open(&root.join("active")).unwrap(),
            node: "n1".into(),
            root,
        };
        Place { directory, host }
    }

    fn agent(&self) -> PathBuf {
        self.directory.path().join("ocf/resource.d/x/Agent")
    }

    fn script(&self, text: impl AsRef<[u8]>) {
        fs::write(self.agent(), text).unwrap();
        fs::set_permissions(self.agent(), PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn run(&self, operation: &str) -> ExitReport {
        self.run_with(operation, BTreeMap::new(), 10_000)
    }

    fn run_with(&self, operation: &str, parameters: BTreeMap<String, String>, timeout_ms: u64) -> ExitReport {
        let resource = ResourceRef {
            id: "r".into(),
            long_id: None,
            class: "ocf".into(),
            provider: Some("x".into()),
            kind: "Agent".into(),
        };
        let run = Run { ticket: 1, resource, operation: operation.into(), interval_ms: 0, timeout_ms, parameters };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let before = operation::begin(&self.host, &run);
        runtime.block_on(operation::run(&self.host, &MetadataCache::default(), &run, before))
    }

    /// Exit code and status of an action.
    fn code(&self, operation: &str) -> String {
        let report = self.run(operation);
        format!("{} {:?}", report.code, report.status)
    }
}

/// The ways in which an agent is broken, and what a probe of it comes to.
const BROKEN: &[(&str, &str, &str)] = &[
    ("missing", "5 NotInstalled", "agent ocf:x:Agent is not installed"),
    ("a directory", "5 NotInstalled", "is not installed"),
    ("a link to itself", "5 NotInstalled", "is not installed"),
    ("no interpreter", "5 NotInstalled", "its interpreter /no/such/interpreter is missing"),
    ("garbage", "5 NotInstalled", "Exec format error"),
    ("empty of code", "5 Exited", "/no/such/program"),
    ("env without program", "5 Exited", "no-such-program"),
    ("cannot execute what it calls", "4 Exited", "ermission denied"),
];

fn break_it(place: &Place, how: &str) {
    match how {
        "missing" => {}
        "a directory" => fs::create_dir(place.agent()).unwrap(),
        "a link to itself" => symlink("Agent", place.agent()).unwrap(),
        "no interpreter" => place.script("#!/no/such/interpreter\n"),
        "garbage" => place.script([7, 0x25, 0x9a, 0, 0xff, 0xfe, 0x42]),
        // As the loader does that misses a library.
        "empty of code" => place.script("#!/bin/sh\n/no/such/program\n"),
        "env without program" => place.script("#!/usr/bin/env no-such-program\n"),
        "cannot execute what it calls" => place.script("#!/bin/sh\nexec /etc/passwd\n"),
        other => panic!("{other}"),
    }
}

/// The law: whatever keeps an agent from being run is said of the probe, and a stop that is asked
/// for then has nothing to stop.
#[test]
fn what_cannot_be_run_is_said_and_never_fails_to_stop() {
    for (how, probe, words) in BROKEN {
        let place = Place::new();
        break_it(&place, how);
        let report = place.run("monitor");
        assert_eq!(format!("{} {:?}", report.code, report.status), *probe, "{how}");
        assert!(report.reason.contains(words), "{how}: {}", report.reason);
        assert_eq!(place.code("stop"), "0 Exited", "{how}: nothing was started");
        assert_eq!(place.code("start"), *probe, "{how}");
    }
}

/// Of a file that may not be run even root is told so by the kernel.
#[test]
fn what_may_not_be_run_is_insufficient_privileges() {
    let place = Place::new();
    place.script("#!/bin/sh\nexit 0\n");
    fs::set_permissions(place.agent(), PermissionsExt::from_mode(0o644)).unwrap();
    assert_eq!(place.code("monitor"), "4 Failed");
    assert!(place.run("monitor").reason.starts_with("insufficient privileges: "));
    assert_eq!(place.code("start"), "4 Failed");
    assert_eq!(place.code("stop"), "0 Exited");
}

/// Arguments and environment of megabytes: the call is at fault, and nothing was started by it.
#[test]
fn a_call_that_is_too_large_is_an_error_and_never_fails_to_stop() {
    let place = Place::new();
    place.script("#!/bin/sh\nexit 0\n");
    let large: BTreeMap<_, _> = [("p".to_string(), "x".repeat(4 << 20))].into();
    let report = place.run_with("monitor", large.clone(), 10_000);
    assert!(report.code == 1 && report.reason.contains("Argument list too long"), "{report:?}");
    assert_eq!(place.run_with("start", large.clone(), 10_000).code, 1);
    assert_eq!(place.run_with("stop", large, 10_000).code, 0);
}

/// What was started, or found, must be stopped; an agent that went away meanwhile is no excuse.
#[test]
fn what_was_started_here_has_to_be_stopped_by_its_agent() {
    for first in ["start", "monitor"] {
        let place = Place::new();
        place.script("#!/bin/sh\nexit 0\n");
        assert_eq!(place.code(first), "0 Exited");
        fs::remove_file(place.agent()).unwrap();
        assert_eq!(place.code("stop"), "5 NotInstalled", "after {first}");
        place.script("#!/bin/sh\nexit 0\n");
        assert_eq!(place.code("stop"), "0 Exited");
        fs::remove_file(place.agent()).unwrap();
        assert_eq!(place.code("stop"), "0 Exited", "it was stopped before");
    }
}

/// An agent that refuses its parameters refuses them on every node, to stop too; what it does not
/// know how to end (any other code) is another matter.
#[test]
fn a_refused_configuration_has_nothing_to_stop_and_a_failing_stop_stays_one() {
    for (code, stop) in [(2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (1, 1), (9, 9)] {
        let place = Place::new();
        place.script(format!("#!/bin/sh\nexit {code}\n"));
        place.run("monitor");
        place.run("start");
        assert_eq!(place.run("stop").code, stop, "exit code {code}");
    }
}

#[test]
fn a_start_that_was_cut_short_is_undone_before_anything_else() {
    let place = Place::new();
    place.script("#!/bin/sh\n[ $1 = monitor ] && exit 7\nexit 0\n");
    operation::interrupted(&place.host, "r start");
    let report = place.run("monitor");
    assert!(report.code == 1 && report.reason.contains("ended with the daemon"), "{report:?}");
    assert_eq!(place.code("stop"), "0 Exited");
    assert_eq!(place.code("monitor"), "7 Exited");
    operation::interrupted(&place.host, "r monitor");
    assert_eq!(place.host.activity.of("r"), Trace::None);
}

#[test]
fn reasons_are_kept_whatever_holds_the_output_and_fit_for_xml() {
    let place = Place::new();
    place.script("#!/bin/sh\nsleep 60 &\nprintf 'ocf-exit-reason:\\033[31mbecause\\001 \\377\\n' >&2\nexit 1\n");
    assert_eq!(place.run("monitor").reason, "\\x1b[31mbecause\\x01 \u{fffd}");
    place.script("#!/bin/sh\nprintf 'ocf-exit-reason:%0100000d\\n' 0 >&2\nexit 1\n");
    let reason = place.run("monitor").reason;
    assert!(reason.len() <= 4096 && reason.ends_with('…'), "{}", reason.len());
}

#[test]
fn nothing_is_left_in_the_register_when_all_has_ended() {
    let place = Place::new();
    place.script("#!/bin/sh\nsleep 60\n");
    let report = place.run_with("start", BTreeMap::new(), 300);
    assert!(report.reason.contains("its timeout"), "{report:?}");
    assert_eq!(entries(&place.directory.path().join("running")), 0);
}

/// The metadata is asked beside a probe, which does not wait for it; and an agent that never
/// answers is asked once.
#[test]
fn metadata_that_never_comes_holds_nothing_up() {
    let place = Place::new();
    place.script("#!/bin/sh\n[ $1 = meta-data ] && { echo >>$HA_RSCTMP/asked; exec sleep 300; }\nexit 0\n");
    let metadata = MetadataCache::default();
    let run = |operation: &str| {
        let resource = ResourceRef {
            id: "r".into(),
            long_id: None,
            class: "ocf".into(),
            provider: Some("x".into()),
            kind: "Agent".into(),
        };
        let parameters = BTreeMap::new();
        Run { ticket: 1, resource, operation: operation.into(), interval_ms: 0, timeout_ms: 60_000, parameters }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for task in ["monitor", "start", "stop"] {
            let run = run(task);
            let before = operation::begin(&place.host, &run);
            let report = operation::run(&place.host, &metadata, &run, before).await;
            assert!(report.code == 0 && report.rules.is_none());
        }
    });
    let asked = fs::read_to_string(Path::new(&place.host.state).join("asked")).unwrap();
    assert_eq!(asked.lines().count(), 1);
}
