//! One fencing request: devices are asked whom they know, then levels are tried in order.
//!
//! A level succeeds when all its devices do; the request when a level does. A reboot through
//! several devices is turned into all off, then all on, so that no supply keeps the node alive;
//! failures to switch on do not matter (Pacemaker Explained, "Fencing Topologies"). The same is done with a
//! device whose agent has no reboot. A node is let in
//! again (`on`) by all devices that unfence it. What a device is tried for, it is tried for within one
//! time, its repetitions included.

use super::ask::{Answer, Asking, Question};
use super::delay::{Delay, delay};
use super::device::{Device, Targets};
use super::run::{DeviceResult, DeviceRun, RunEnd};
use super::topology;
use crate::cib::model::fencing::FencingLevel;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long a device is tried where neither it nor the cluster (`fencing-timeout`) says.
const TIMEOUT_DEFAULT_MS: u64 = 60_000;

/// The end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The node is proved to be cut off.
    Fenced,
    /// It is not; why.
    Failed(String),
    /// It is not, and will not be before the configuration (or an agent) changes; why.
    Impossible(String),
}

/// What a request wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Run(DeviceRun),
    End(Verdict),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Planned {
    device: Device,
    action: String,
    attempts: u32,
    /// What is left of its time.
    left_ms: u64,
    /// Whether its failure fails the level.
    counts: bool,
    /// It has been tried and failed: what was to be waited for has been waited for.
    repeated: bool,
}

/// A request under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FencingRequest {
    target: String,
    action: String,
    /// What the asker wants waited before the first device cuts off. Milliseconds.
    delay_ms: u64,
    /// How long a device is tried that does not say so itself.
    timeout_ms: u64,
    /// After how long nodes that are lost have been reset by their own watchdogs; 0 if they have none.
    watchdog_ms: u64,
    attributes: BTreeMap<String, String>,
    devices: Vec<Device>,
    topology: Vec<FencingLevel>,
    /// Devices still to be asked for the nodes they know.
    unasked: VecDeque<Asking>,
    capable: Vec<String>,
    levels: Option<VecDeque<Vec<Device>>>,
    level: VecDeque<Planned>,
    running: Option<Planned>,
    asking: Option<Asking>,
    last_error: String,
    /// The first device whose agent does not have the action, in words.
    lacking: String,
}

impl FencingRequest {
    /// A request to cut off `target` by `action` (`reboot`, `off`), or to let it in again (`on`).
    pub fn new(
        target: &str,
        action: &str,
        devices: Vec<Device>,
        topology: Vec<FencingLevel>,
        attributes: BTreeMap<String, String>,
    ) -> FencingRequest {
        let mut request = FencingRequest {
            target: target.to_string(),
            action: action.to_string(),
            delay_ms: 0,
            timeout_ms: TIMEOUT_DEFAULT_MS,
            watchdog_ms: 0,
            attributes,
            devices,
            topology,
            unasked: VecDeque::new(),
            capable: Vec::new(),
            levels: None,
            level: VecDeque::new(),
            running: None,
            asking: None,
            last_error: String::new(),
            lacking: String::new(),
        };
        match action {
            "on" => request.look_for_unfencing(),
            _ => request.sort_devices(),
        }
        request
    }

    /// Devices that let in every node that joins: the configuration says so (`provides`), or the agent does.
    fn look_for_unfencing(&mut self) {
        for device in self.devices.iter().filter(|device| !device.unfences && !device.is_watchdog()) {
            self.unasked.push_back(Asking::new(device.clone(), Question::Unfences, TIMEOUT_DEFAULT_MS));
        }
        if self.unasked.is_empty() {
            self.unfencing_known();
        }
    }

    /// It is known of all devices. If there are any that unfence, the others have nothing to let in again.
    fn unfencing_known(&mut self) {
        if self.devices.iter().any(|device| device.unfences) {
            self.devices.retain(|device| device.unfences);
            self.topology.clear();
        }
        self.sort_devices();
    }

    fn sort_devices(&mut self) {
        if topology::speaks_of(&self.topology, &self.target, &self.attributes) {
            return;
        }
        for device in &self.devices {
            let question = match device.targets() {
                Targets::Listed(nodes) if !nodes.contains(&self.target) => continue,
                Targets::Listed(_) | Targets::All => {
                    self.capable.push(device.id.clone());
                    continue;
                }
                Targets::AskList => Question::List,
                Targets::AskStatus => Question::Status,
                Targets::AskAgent => Question::Agent,
            };
            self.unasked.push_back(Asking::new(device.clone(), question, TIMEOUT_DEFAULT_MS));
        }
    }

    /// Waits this long before the first device cuts off (`priority-fencing-delay`). Milliseconds.
    pub fn delayed_by(mut self, delay_ms: u64) -> FencingRequest {
        self.delay_ms = delay_ms;
        self
    }

    /// How long a device is tried (`fencing-timeout`), unless it says so itself. Milliseconds.
    pub fn within(mut self, timeout_ms: u64) -> FencingRequest {
        self.timeout_ms = timeout_ms;
        self.within_all();
        self
    }

    fn within_all(&mut self) {
        let timeout_ms = self.timeout_ms;
        self.unasked.iter_mut().for_each(|asking| asking.allow(timeout_ms));
    }

    /// After so long a node that is lost has been reset by its own watchdog (`fencing-watchdog-timeout`).
    /// Milliseconds; 0 if nodes have none.
    pub fn watchdog_after(mut self, watchdog_ms: u64) -> FencingRequest {
        self.watchdog_ms = watchdog_ms;
        self
    }

    /// What is waited before the target is first cut off, as far as it can be told without asking a
    /// device whom it knows.
    pub fn first_delay(&self) -> Option<Delay> {
        let mut request = self.clone();
        match request.start() {
            Step::Run(run) if run.cuts_off() => Some(run.delay),
            Step::Run(_) => request.asking.map(|asking| delay(&asking.device, &self.action, &self.target)),
            Step::End(_) => None,
        }
    }

    /// The first step.
    pub fn start(&mut self) -> Step {
        self.next()
    }

    /// The step after a run.
    pub fn ran(&mut self, result: DeviceResult) -> Step {
        if let Some(asking) = self.asking.take() {
            self.answered(asking, &result);
            return self.next();
        }
        if let Some(mut planned) = self.running.take() {
            planned.attempts -= 1;
            planned.left_ms = planned.left_ms.saturating_sub(result.took_ms);
            return match result.end {
                RunEnd::Lacking => self.lacks(&planned, &result),
                RunEnd::Failed => self.failed(planned, &result),
                RunEnd::Done => self.next(),
            };
        }
        self.next()
    }

    fn failed(&mut self, mut planned: Planned, result: &DeviceResult) -> Step {
        if planned.attempts > 0 && planned.left_ms > 0 {
            planned.repeated = true;
            self.level.push_front(planned);
        } else if planned.counts {
            self.last_error = format!("{}: {}", planned.device.id, result.output.trim());
            self.level.clear();
            return self.next_level();
        }
        self.next()
    }

    /// What the agent does not have, it does not have the next time either. A reboot can be done as `off`
    /// and `on`, each as it is configured: the node is cut off once it is off, and that it does not come on
    /// again is a pity.
    fn lacks(&mut self, planned: &Planned, result: &DeviceResult) -> Step {
        if planned.action == "reboot" {
            self.level.push_front(self.planned(&planned.device, "on", false));
            // What was to be waited for has been.
            self.level.push_front(Planned { repeated: true, ..self.planned(&planned.device, "off", true) });
        } else if planned.counts {
            if self.lacking.is_empty() {
                self.lacking = format!("{}: {}", planned.device.id, result.output.trim());
            }
            self.level.clear();
            return self.next_level();
        }
        self.next()
    }

    fn answered(&mut self, asking: Asking, result: &DeviceResult) {
        let device = asking.device.id.clone();
        match asking.answered(&self.target, result) {
            Answer::Reaches => self.capable.push(device),
            Answer::ReachesNot => {}
            Answer::Unfences(yes) => {
                let own = self.devices.iter_mut().filter(|known| known.id == device);
                own.for_each(|own| own.unfences = yes);
                if self.unasked.is_empty() {
                    self.unfencing_known();
                    self.within_all();
                }
            }
            Answer::AskOn(asking) => self.unasked.push_front(asking),
        }
    }

    fn next(&mut self) -> Step {
        if let Some(asking) = self.unasked.pop_front() {
            let run = asking.run(&self.target);
            self.asking = Some(asking);
            return Step::Run(run);
        }
        if self.levels.is_none() {
            return self.next_level();
        }
        match self.level.pop_front() {
            Some(planned) => {
                let extra_ms = std::mem::take(&mut self.delay_ms);
                let run = self.run(&planned, extra_ms);
                self.running = Some(planned);
                Step::Run(run)
            }
            None => Step::End(Verdict::Fenced),
        }
    }

    fn next_level(&mut self) -> Step {
        if self.levels.is_none() {
            self.levels = Some(self.find_levels());
        }
        match self.levels.as_mut().and_then(VecDeque::pop_front) {
            Some(level) => {
                self.level = self.plan(&level);
                self.next()
            }
            None if !self.last_error.is_empty() => Step::End(Verdict::Failed(self.last_error.clone())),
            None if !self.lacking.is_empty() => Step::End(Verdict::Impossible(self.lacking.clone())),
            None => Step::End(Verdict::Failed(format!("no fence device can reach {}", self.target))),
        }
    }

    fn find_levels(&self) -> VecDeque<Vec<Device>> {
        let mut devices = self.devices.clone();
        let watchdog = self.watchdog_ms > 0 && self.action != "on";
        devices.retain(|device| watchdog || !device.is_watchdog());
        if watchdog && !devices.iter().any(Device::is_watchdog) {
            devices.push(Device::watchdog());
        }
        let (topology, target) = (&self.topology, &self.target);
        let found = topology::levels(topology, &devices, &self.capable, target, &self.attributes);
        match found {
            // All of them are to let it in.
            found if self.action == "on" && self.devices.iter().any(|device| device.unfences) => {
                let all: Vec<Device> = found.into_iter().flatten().collect();
                if all.is_empty() { VecDeque::new() } else { VecDeque::from([all]) }
            }
            // Where no device reaches a node, its own watchdog does.
            found if found.is_empty() && watchdog => {
                devices.into_iter().filter(Device::is_watchdog).take(1).map(|device| vec![device]).collect()
            }
            found => found.into(),
        }
    }

    fn plan(&self, level: &[Device]) -> VecDeque<Planned> {
        if self.action == "reboot" && level.len() > 1 {
            let off = level.iter().map(|device| self.planned(device, "off", true));
            let on =
                level.iter().filter(|device| !device.is_watchdog()).map(|device| self.planned(device, "on", false));
            return off.chain(on).collect();
        }
        level.iter().map(|device| self.planned(device, &self.action, true)).collect()
    }

    fn planned(&self, device: &Device, action: &str, counts: bool) -> Planned {
        Planned {
            device: device.clone(),
            action: action.to_string(),
            attempts: device.attempts(action),
            left_ms: device.timeout_ms(action, self.timeout_ms),
            counts,
            repeated: false,
        }
    }

    fn run(&self, planned: &Planned, extra_ms: u64) -> DeviceRun {
        let Planned { device, action, repeated, .. } = planned;
        let mut wait = delay(device, action, &self.target);
        wait.base_ms += extra_ms;
        if *repeated {
            wait = Delay::default();
        }
        // A node that is lost resets itself: all there is to do is to wait.
        if device.is_watchdog() {
            wait = Delay { base_ms: self.watchdog_ms, span_ms: 0 };
        }
        DeviceRun {
            device: device.id.clone(),
            agent: device.agent.clone(),
            action: action.clone(),
            arguments: device.arguments(action, Some(&self.target)),
            timeout_ms: planned.left_ms,
            delay: wait,
            at_once: device.actions_at_once().filter(|_| !device.is_watchdog()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::model::fencing::FencingTarget;

    /// Devices as `id:nodes` (`id:?` asks the agent, `id:?list` the device; `u` unfences), levels as `1=a,b`;
    /// answers as `a-off=ok`, and with the seconds it took as `a-off=no/30`.
    #[track_caller]
    fn check(devices: &str, levels: &str, answers: &str, expected: &str) {
        check_action("reboot", 0, devices, levels, answers, expected);
    }

    #[track_caller]
    fn check_action(action: &str, watchdog_ms: u64, devices: &str, levels: &str, answers: &str, expected: &str) {
        let devices = devices.split_whitespace().map(|text| {
            let (id, nodes) = text.split_once(':').expect("id:nodes");
            let mut parameters = BTreeMap::new();
            match nodes {
                "?" => {}
                "?list" => drop(parameters.insert("pcmk_host_check".to_string(), "dynamic-list".to_string())),
                "?status" => drop(parameters.insert("pcmk_host_check".to_string(), "status".to_string())),
                nodes => drop(parameters.insert("pcmk_host_list".to_string(), nodes.to_string())),
            }
            parameters.insert("pcmk_off_retries".into(), "1".into());
            Device { id: id.into(), agent: "fence_x".into(), parameters, unfences: id.starts_with('u') }
        });
        let levels = levels.split_whitespace().map(|text| {
            let (index, devices) = text.split_once('=').expect("index=devices");
            FencingLevel {
                id: text.into(),
                target: FencingTarget::Node("n1".into()),
                index: index.parse().expect("a number"),
                devices: devices.split(',').map(str::to_string).collect(),
            }
        });
        let request = FencingRequest::new("n1", action, devices.collect(), levels.collect(), BTreeMap::new());
        let mut request = request.watchdog_after(watchdog_ms);
        let mut log = Vec::new();
        let mut step = request.start();
        while let Step::Run(run) = step {
            let name = format!("{}-{}", run.device, run.action);
            let answer = answers
                .split_whitespace()
                .find_map(|answer| answer.strip_prefix(&name)?.strip_prefix('=').map(str::to_string));
            let answer = answer.unwrap_or_default();
            let (output, took) = answer.split_once('/').unwrap_or((&answer, "0"));
            let (output, took_ms) = (output.replace('+', " "), took.parse::<u64>().expect("seconds") * 1000);
            log.push(name);
            assert!(log.len() < 50, "{log:?}");
            let end = match output.as_str() {
                "no" | "" => RunEnd::Failed,
                "lacks" => RunEnd::Lacking,
                _ => RunEnd::Done,
            };
            step = request.ran(DeviceResult { end, output, took_ms });
        }
        let Step::End(verdict) = step else { unreachable!("the loop ends only at an end") };
        let verdict = match verdict {
            Verdict::Fenced => "fenced".to_string(),
            Verdict::Failed(why) => format!("failed: {why}"),
            Verdict::Impossible(why) => format!("impossible: {why}"),
        };
        assert_eq!(format!("{} => {verdict}", log.join(" ")), expected);
    }

    #[test]
    fn a_device_that_lists_the_node_is_used() {
        check("a:n1,n2", "", "a-reboot=ok", "a-reboot => fenced");
        check("a:n2", "", "", " => failed: no fence device can reach n1");
    }

    #[test]
    fn a_device_without_a_list_is_asked() {
        check("a:?list", "", "a-list=n1,n2 a-reboot=ok", "a-list a-reboot => fenced");
        check("a:?list", "", "a-list=n2", "a-list => failed: no fence device can reach n1");
        check("a:?status", "", "a-status=ok a-reboot=ok", "a-status a-reboot => fenced");
        check("a:?status", "", "a-status=no", "a-status a-status => failed: no fence device can reach n1");
    }

    #[test]
    fn how_a_device_is_asked_its_agent_tells() {
        let list = "a-metadata=on+off+list+status a-list=n1,n2 a-reboot=ok";
        check("a:?", "", list, "a-metadata a-list a-reboot => fenced");
        let status = "a-metadata=on+off+status a-status=ok a-reboot=ok";
        check("a:?", "", status, "a-metadata a-status a-reboot => fenced");
        check("a:?", "", "a-metadata=on+off a-reboot=ok", "a-metadata a-reboot => fenced");
        // One that does not say what it can may still have a list.
        check("a:?", "", "a-metadata=no a-list=n1 a-reboot=ok", "a-metadata a-list a-reboot => fenced");
    }

    #[test]
    fn repetitions_have_one_time_together() {
        check("a:n1 b:n1", "", "a-reboot=no/60 b-reboot=ok", "a-reboot b-reboot => fenced");
        check("a:n1 b:n1", "", "a-reboot=no/30 b-reboot=ok", "a-reboot a-reboot b-reboot => fenced");
    }

    #[test]
    fn all_devices_that_unfence_let_a_node_in() {
        let check = |devices: &str, levels: &str, answers: &str, expected: &str| {
            check_action("on", 0, devices, levels, answers, expected);
        };
        check("u1:n1 u2:n1", "", "u1-on=ok u2-on=ok", "u1-on u2-on => fenced");
        check("u1:n1 u2:n1 a:n1", "", "a-metadata=on u1-on=ok u2-on=ok", "a-metadata u1-on u2-on => fenced");
        let not = "a-metadata u1-on u2-on u2-on => failed: u2: no";
        check("u1:n1 u2:n1 a:n1", "1=a", "a-metadata=on u1-on=ok u2-on=no", not);
        check("a:n1", "", "a-metadata=on+off a-on=ok", "a-metadata a-on => fenced");
        // An agent may say itself that its device lets nodes in.
        let automatic = "a-metadata=on+on:automatic b-metadata=on a-on=ok b-on=ok";
        check("a:n1 b:n1", "1=b", automatic, "a-metadata b-metadata a-on => fenced");
        check("a:?list b:n1", "", &format!("{automatic} a-list=n1"), "a-metadata b-metadata a-list a-on => fenced");
    }

    #[test]
    fn what_an_agent_does_not_have_it_is_not_asked_for_again() {
        let lacks = "a-off=lacks b-off=ok";
        check_action("off", 0, "a:n1 b:n1", "", lacks, "a-off b-off => fenced");
        check_action("off", 0, "a:n1", "", lacks, "a-off => impossible: a: lacks");
        check_action("off", 0, "a:n1 b:n1", "1=a,b", lacks, "a-off => impossible: a: lacks");
        // Another may do it another time.
        check_action("off", 0, "a:n1 b:n1", "", "a-off=lacks b-off=no", "a-off b-off => failed: b: no");
        check("a:n1", "", "a-reboot=lacks a-off=ok a-on=ok", "a-reboot a-off a-on => fenced");
        check("a:n1", "", "a-reboot=lacks a-off=ok a-on=no", "a-reboot a-off a-on a-on => fenced");
        check("a:n1", "", "a-reboot=lacks a-off=no a-on=ok", "a-reboot a-off => failed: a: no");
        check("a:n1", "", "a-reboot=lacks a-off=lacks", "a-reboot a-off => impossible: a: lacks");
        check("a:n1", "", "a-reboot=lacks a-off=ok a-on=lacks", "a-reboot a-off a-on => fenced");
    }

    #[test]
    fn off_and_on_in_place_of_a_reboot_are_spelled_and_bounded_as_configured() {
        let given = [
            ("pcmk_host_list", "n1"),
            ("pcmk_delay_base", "7s"),
            ("pcmk_off_action", "down"),
            ("pcmk_off_timeout", "90s"),
            ("pcmk_on_action", "up"),
            ("pcmk_on_timeout", "5s"),
        ];
        let parameters = given.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let device = Device { id: "a".into(), agent: "fence_x".into(), parameters, unfences: false };
        let mut request = FencingRequest::new("n1", "reboot", vec![device], Vec::new(), BTreeMap::new());
        let mut asked = Vec::new();
        let mut step = request.start();
        while let Step::Run(run) = step {
            asked.push(format!("{} {} {}", run.arguments["action"], run.timeout_ms, run.delay.base_ms));
            let end = if run.action == "reboot" { RunEnd::Lacking } else { RunEnd::Done };
            step = request.ran(DeviceResult { end, ..DeviceResult::done("") });
        }
        // It was waited for before the first.
        assert_eq!(asked, ["reboot 60000 7000", "down 90000 0", "up 5000 0"]);
    }

    #[test]
    fn where_no_device_reaches_a_node_its_watchdog_is_waited_for() {
        let check = |devices: &str, levels: &str, answers: &str, expected: &str| {
            check_action("reboot", 9_000, devices, levels, answers, expected);
        };
        check("", "", "watchdog-reboot=ok", "watchdog-reboot => fenced");
        check("a:n2", "", "watchdog-reboot=ok", "watchdog-reboot => fenced");
        check("a:n1", "", "a-reboot=ok", "a-reboot => fenced");
        check(
            "a:n1",
            "1=a 2=watchdog",
            "a-reboot=no watchdog-reboot=ok",
            "a-reboot a-reboot watchdog-reboot => fenced",
        );
        check("a:n1", "1=a,watchdog", "a-off=ok watchdog-off=ok a-on=ok", "a-off watchdog-off a-on => fenced");
        check_action("on", 9_000, "", "", "", " => failed: no fence device can reach n1");
        // Nobody has one: such a level cannot succeed.
        check_action("reboot", 0, "a:n1", "1=watchdog 2=a", "a-reboot=ok", "a-reboot => fenced");
    }

    #[test]
    fn a_failing_run_is_repeated_then_the_next_device_is_tried() {
        check("a:n1 b:n1", "", "a-reboot=no b-reboot=ok", "a-reboot a-reboot b-reboot => fenced");
        check("a:n1", "", "a-reboot=no", "a-reboot a-reboot => failed: a: no");
    }

    #[test]
    fn a_level_needs_all_its_devices_off_before_any_is_on() {
        check("a:n1 b:n1", "1=a,b", "a-off=ok b-off=ok a-on=ok", "a-off b-off a-on b-on b-on => fenced");
        check("a:n1 b:n1 c:n1", "1=a,b 2=c", "a-off=ok b-off=no c-reboot=ok", "a-off b-off c-reboot => fenced");
    }
}
