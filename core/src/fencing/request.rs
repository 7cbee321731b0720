//! One fencing request: devices are asked whom they know, then levels are tried in order.
//!
//! A level succeeds when all its devices do; the request when a level does. A reboot through
//! several devices is turned into all off, then all on, so that no supply keeps the node alive;
//! failures to switch on do not matter (Pacemaker Explained, "Fencing Topologies").

use super::device::{Device, Targets};
use super::topology;
use crate::cib::model::fencing::FencingLevel;
use std::collections::{BTreeMap, VecDeque};

/// One run of a fence agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRun {
    pub device: String,
    pub agent: String,
    /// `off`, `on`, `reboot` or `list`.
    pub action: String,
    pub arguments: BTreeMap<String, String>,
    pub timeout_ms: u64,
}

/// How a run went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceResult {
    pub ok: bool,
    /// What the agent printed; for `list`, the ports.
    pub output: String,
}

/// The end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The node is proved to be cut off.
    Fenced,
    /// It is not; why.
    Failed(String),
}

/// What a request wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Run(DeviceRun),
    End(Verdict),
}

#[derive(Clone, Debug)]
struct Planned {
    device: Device,
    action: String,
    attempts: u32,
    /// Whether its failure fails the level.
    counts: bool,
}

/// A request under way.
#[derive(Clone, Debug)]
pub struct FencingRequest {
    target: String,
    action: String,
    attributes: BTreeMap<String, String>,
    devices: Vec<Device>,
    topology: Vec<FencingLevel>,
    /// Devices still to be asked for the nodes they know.
    unasked: VecDeque<Device>,
    capable: Vec<String>,
    levels: Option<VecDeque<Vec<Device>>>,
    level: VecDeque<Planned>,
    running: Option<Planned>,
    asking: Option<Device>,
    last_error: String,
}

impl FencingRequest {
    /// A request to cut off `target` by `action` (`reboot`, `off`).
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
        };
        if !topology::speaks_of(&request.topology, target, &request.attributes) {
            request.sort_devices();
        }
        request
    }

    fn sort_devices(&mut self) {
        for device in &self.devices {
            match device.targets() {
                Targets::Listed(nodes) if nodes.contains_key(&self.target) => {
                    self.capable.push(device.id.clone());
                }
                Targets::Listed(_) => {}
                Targets::All => self.capable.push(device.id.clone()),
                Targets::AskDevice => self.unasked.push_back(device.clone()),
            }
        }
    }

    /// The first step.
    pub fn start(&mut self) -> Step {
        self.next()
    }

    /// The step after a run.
    pub fn ran(&mut self, result: DeviceResult) -> Step {
        if let Some(device) = self.asking.take() {
            let port = device.port(&self.target);
            let mut names = result.output.split([',', '\n', ' ', '\t']).map(str::trim);
            if result.ok && names.any(|name| name == port) {
                self.capable.push(device.id);
            }
            return self.next();
        }
        if let Some(mut planned) = self.running.take() {
            planned.attempts -= 1;
            if !result.ok && planned.attempts > 0 {
                self.level.push_front(planned);
            } else if !result.ok && planned.counts {
                self.last_error = format!("{}: {}", planned.device.id, result.output.trim());
                self.level.clear();
                return self.next_level();
            }
        }
        self.next()
    }

    fn next(&mut self) -> Step {
        if let Some(device) = self.unasked.pop_front() {
            let run = run(&device, "list", None);
            self.asking = Some(device);
            return Step::Run(run);
        }
        if self.levels.is_none() {
            return self.next_level();
        }
        match self.level.pop_front() {
            Some(planned) => {
                let run = run(&planned.device, &planned.action, Some(&self.target));
                self.running = Some(planned);
                Step::Run(run)
            }
            None => Step::End(Verdict::Fenced),
        }
    }

    fn next_level(&mut self) -> Step {
        let levels = self.levels.get_or_insert_with(|| {
            let found = topology::levels(&self.topology, &self.devices, &self.capable, &self.target, &self.attributes);
            found.into()
        });
        match levels.pop_front() {
            Some(level) => {
                self.level = plan(&level, &self.action);
                self.next()
            }
            None if self.last_error.is_empty() => {
                Step::End(Verdict::Failed(format!("no fence device can reach {}", self.target)))
            }
            None => Step::End(Verdict::Failed(self.last_error.clone())),
        }
    }
}

fn plan(level: &[Device], action: &str) -> VecDeque<Planned> {
    let planned = |device: &Device, action: &str, counts: bool| Planned {
        device: device.clone(),
        action: action.to_string(),
        attempts: device.attempts(action),
        counts,
    };
    if action == "reboot" && level.len() > 1 {
        let off = level.iter().map(|device| planned(device, "off", true));
        let on = level.iter().map(|device| planned(device, "on", false));
        return off.chain(on).collect();
    }
    level.iter().map(|device| planned(device, action, true)).collect()
}

fn run(device: &Device, action: &str, node: Option<&str>) -> DeviceRun {
    DeviceRun {
        device: device.id.clone(),
        agent: device.agent.clone(),
        action: action.to_string(),
        arguments: device.arguments(action, node),
        timeout_ms: device.timeout_ms(action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::model::fencing::FencingTarget;

    /// Devices as `id:nodes` (`id:?` asks the device), levels as `1=a,b`; answers as `a-off=ok`.
    #[track_caller]
    fn check(devices: &str, levels: &str, answers: &str, expected: &str) {
        let devices = devices.split_whitespace().map(|text| {
            let (id, nodes) = text.split_once(':').expect("id:nodes");
            let mut parameters = BTreeMap::new();
            if nodes != "?" {
                parameters.insert("pcmk_host_list".to_string(), nodes.to_string());
            }
            parameters.insert("pcmk_off_retries".into(), "1".into());
            Device { id: id.into(), agent: "fence_x".into(), parameters }
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
        let mut request = FencingRequest::new("n1", "reboot", devices.collect(), levels.collect(), BTreeMap::new());
        let mut log = Vec::new();
        let mut step = request.start();
        while let Step::Run(run) = step {
            let name = format!("{}-{}", run.device, run.action);
            let answer = answers
                .split_whitespace()
                .find_map(|answer| answer.strip_prefix(&name)?.strip_prefix('=').map(str::to_string));
            let output = answer.unwrap_or_default();
            log.push(name);
            assert!(log.len() < 50, "{log:?}");
            step = request.ran(DeviceResult { ok: output != "no" && !output.is_empty(), output });
        }
        let Step::End(verdict) = step else { unreachable!("the loop ends only at an end") };
        let verdict = match verdict {
            Verdict::Fenced => "fenced".to_string(),
            Verdict::Failed(why) => format!("failed: {why}"),
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
        check("a:?", "", "a-list=n1,n2 a-reboot=ok", "a-list a-reboot => fenced");
        check("a:?", "", "a-list=n2", "a-list => failed: no fence device can reach n1");
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
