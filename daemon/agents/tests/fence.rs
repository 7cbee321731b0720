//! Fence agents: what they are asked, how often, and what their answers mean.
#![allow(clippy::unwrap_used)]

use quorate_agents::activity::Activity;
use quorate_agents::fence;
use quorate_agents::fence_actions::FenceActions;
use quorate_agents::host::Host;
use quorate_agents::register::Register;
use quorate_core::fencing::DeviceRun;
use quorate_core::fencing::delay::Delay;
use quorate_core::fencing::run::{DeviceResult, RunEnd};
use quorate_core::lrm::Run;
use quorate_core::transition::ResourceRef;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// An agent that writes down what it is asked, offers these actions, and answers as the script has it.
struct Place {
    directory: tempfile::TempDir,
    host: Host,
}

impl Place {
    fn new(actions: &str, script: &str) -> Place {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let offered: String = actions
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(|name| format!("<action name=\"{name}\"/>"))
            .collect();
        let log = path("asked");
        let text = format!(
            "#!/bin/sh\nwhile IFS='=' read -r key value; do case $key in action) action=$value ;; esac; done\n\
             [ \"$action\" = metadata ] && {{ echo '<resource-agent name=\"x\"><actions>{offered}</actions></resource-agent>'; exit 0; }}\n\
             echo \"$action\" >>{}\n{script}\n",
            log.display()
        );
        let agent = path("fence_x");
        fs::write(&agent, text).unwrap();
        fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).unwrap();
        let host = Host {
            root: directory.path().into(),
            node: "n1".into(),
            agents: Vec::new(),
            programs: vec![directory.path().into(), PathBuf::from("/usr/bin"), PathBuf::from("/bin")],
            state: path("state"),
            log: None,
            register: Register::open(&path("running")).unwrap(),
            activity: Activity::open(&path("active")).unwrap(),
        };
        Place { directory, host }
    }

    /// What the agent was asked, metadata aside.
    fn asked(&self) -> String {
        let log = fs::read_to_string(self.directory.path().join("asked")).unwrap_or_default();
        log.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn fence(&self, action: &str, spelled: &str) -> DeviceResult {
        let run = DeviceRun {
            device: "d".into(),
            agent: "fence_x".into(),
            action: action.into(),
            arguments: BTreeMap::from([("action".into(), spelled.into()), ("nodename".into(), "n2".into())]),
            timeout_ms: 10_000,
            delay: Delay::default(),
            at_once: Some(1),
        };
        block_on(fence::fence(&self.host, &FenceActions::default(), &run))
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[track_caller]
fn check(actions: &str, script: &str, (action, spelled): (&str, &str), expected: (RunEnd, &str)) {
    let place = Place::new(actions, script);
    let result = place.fence(action, spelled);
    assert_eq!((result.end, place.asked().as_str()), expected, "{actions:?} {action} {}", result.output);
}

#[test]
fn what_an_agent_does_not_have_it_is_not_asked() {
    check("on off reboot", "exit 0", ("reboot", "reboot"), (RunEnd::Done, "reboot"));
    check("on off", "exit 0", ("reboot", "reboot"), (RunEnd::Lacking, ""));
    check("on reboot", "exit 0", ("off", "off"), (RunEnd::Lacking, ""));
    check("off reboot", "exit 0", ("on", "on"), (RunEnd::Lacking, ""));
    // The administrator has said what it is.
    check("on off", "exit 0", ("reboot", "cycle"), (RunEnd::Done, "cycle"));
    check("on reboot", "exit 0", ("off", "shutdown"), (RunEnd::Done, "shutdown"));
    // What is only asked is asked.
    check("on off", "exit 0", ("list", "list"), (RunEnd::Done, "list"));
    // One that says nothing of its actions may have it.
    check("", "exit 0", ("off", "off"), (RunEnd::Done, "off"));
}

#[test]
fn a_node_whose_power_is_off_is_known() {
    check("status", "exit 0", ("status", "status"), (RunEnd::Done, "status"));
    check("status", "exit 2", ("status", "status"), (RunEnd::Done, "status"));
    check("status", "exit 1", ("status", "status"), (RunEnd::Failed, "status"));
    check("off", "exit 2", ("off", "off"), (RunEnd::Failed, "off"));
}

#[test]
fn what_an_agent_can_do_is_told_in_words() {
    let result = Place::new("status list off", "exit 1").fence("metadata", "metadata");
    assert_eq!((result.end, result.output.as_str()), (RunEnd::Done, "list off status"));
    let result = Place::new("off on\"\tautomatic=\"1", "exit 1").fence("metadata", "metadata");
    assert_eq!(result.output.as_str(), "off on on:automatic");
}

#[track_caller]
fn check_monitor(parameters: &[(&str, &str)], script: &str, expected: (i32, &str)) {
    let place = Place::new("monitor", script);
    let resource =
        ResourceRef { id: "d".into(), long_id: None, class: "stonith".into(), provider: None, kind: "fence_x".into() };
    let run = Run {
        ticket: 1,
        resource,
        operation: "monitor".into(),
        interval_ms: 10_000,
        timeout_ms: 10_000,
        parameters: parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    };
    let outcome = block_on(fence::operate(&place.host, &run, true));
    assert_eq!((outcome.report.code, place.asked().as_str()), expected, "{parameters:?} {script}");
}

#[test]
fn a_monitor_is_spelled_bounded_and_repeated_as_configured() {
    check_monitor(&[], "exit 0", (0, "monitor"));
    check_monitor(&[("pcmk_monitor_action", "metastatus")], "exit 0", (0, "metastatus"));
    check_monitor(&[], "exit 1", (1, "monitor monitor"));
    check_monitor(&[("pcmk_monitor_retries", "1")], "exit 1", (1, "monitor"));
    check_monitor(&[("pcmk_monitor_retries", "4")], "[ $(wc -l <${0%/*}/asked) = 3 ]", (0, "monitor monitor monitor"));
    check_monitor(&[("pcmk_monitor_timeout", "1s"), ("pcmk_monitor_retries", "9")], "sleep 60", (1, "monitor"));
}
