//! Fence agents and devices: which there are, what they say, whether they work.
//!
//! In: the CIB, agents on this host. Out: an answer; levels of fencing changed in the CIB.

use super::fencer;
use super::options::Wish;
use crate::answer::Answer;
use crate::door::{self, ChangeError};
use crate::standard::Failed;
use crate::{Exit, agent, clock};
use quorate_agents::fence;
use quorate_agents::fence_actions::FenceActions;
use quorate_core::cib::command::{self, Command, CommandError, Scope};
use quorate_core::cib::{Document, decode, upgrade};
use quorate_core::fencing::delay::Delay;
use quorate_core::fencing::device::{Device, Targets, devices};
use quorate_core::fencing::run::{DeviceResult, DeviceRun};
use quorate_core::fencing::topology;
use quorate_core::node::Request;
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use std::collections::BTreeMap;

/// A list of devices, as people and programs get it.
fn told(title: &str, names: &[String], answer: &mut Answer) {
    let list = Element::new("list").with("name", title).with("count", names.len().to_string());
    let item = |name: &String| crate::answer::with_text(Element::new("item").with("name", "device"), name);
    names.iter().for_each(|name| answer.line(name));
    let plural = if names.len() == 1 { "" } else { "s" };
    let count = if names.is_empty() { "No".to_string() } else { names.len().to_string() };
    answer.line(format!("{count} fence device{plural} found"));
    answer.part(names.iter().fold(list, |list, name| list.with_child(item(name))));
}

/// `--list-installed`
pub fn installed(answer: &mut Answer) {
    let names: Vec<String> = crate::crm_resource::fence_agents().into_iter().collect();
    told("Installed fence devices", &names, answer);
}

/// `--metadata`
pub fn metadata(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let kind = wish.agent.as_deref().unwrap_or_default();
    match agent::metadata(&Environment::of_process(), "stonith", None, kind) {
        Some(text) => {
            answer.metadata(&text);
            Ok(())
        }
        None => {
            answer.error("Can't get fence agent meta-data: No such device");
            Err((Exit::NO_SUCH, String::new()))
        }
    }
}

fn run_agent(
    device: &Device,
    action: &str,
    arguments: BTreeMap<String, String>,
    wish: &Wish,
) -> Result<DeviceResult, Failed> {
    let environment = Environment::of_process();
    let failed = |why: String| (Exit::ERROR, why);
    let arguments = agent::with_secrets(&environment.root, &device.id, &arguments);
    let arguments = arguments.map_err(|error| failed(error.to_string()))?;
    let node = environment.node_or_host();
    let host = agent::host(&environment, node, agent::ocf_roots(&environment));
    let run = DeviceRun {
        device: device.id.clone(),
        agent: device.agent.clone(),
        action: action.to_string(),
        arguments,
        timeout_ms: wish.timeout.as_millis() as u64,
        delay: Delay::default(),
        // Whoever asks by hand waits for nobody.
        at_once: None,
    };
    agent::wait(fence::fence(&host, &FenceActions::default(), &run)).map_err(|error| failed(error.to_string()))
}

/// `--validate`
pub fn validate(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let kind = wish.agent.clone().unwrap_or_default();
    let id = wish.devices.first().cloned().unwrap_or_default();
    let device = Device {
        id: id.clone(),
        agent: kind.clone(),
        parameters: wish.parameters.iter().cloned().collect(),
        unfences: false,
    };
    let ran = run_agent(&device, "validate-all", device.arguments("validate-all", None), wish)?;
    let named = if id.is_empty() { String::new() } else { format!(" {id}") };
    let words = if ran.is_ok() { "succeeded" } else { "failed" };
    if !wish.quiet {
        answer.line(format!("Validation of {kind}{named} {words}"));
        if !ran.output.is_empty() {
            answer.line(&ran.output);
        }
    }
    let mut part = Element::new("validate").with("agent", &kind).with("valid", ran.is_ok().to_string());
    if !id.is_empty() {
        part.set("device", &id);
    }
    answer.part(part);
    if ran.is_ok() { Ok(()) } else { Err((Exit::ERROR, String::new())) }
}

/// The CIB in the latest schema.
fn document() -> Result<Document, Failed> {
    let source = Environment::of_process().first_source();
    let read = door::read(&source, ANSWER_WITHIN);
    let read = read.map_err(|error| (door::exit(&error), format!("Could not connect to fencer: {error}")))?;
    Ok(upgrade::latest_or_same(&read))
}

/// The devices of the CIB, and with the live cluster those that its daemons know besides.
fn configured(wish: &Wish) -> Result<(Document, Vec<Device>), Failed> {
    let document = document()?;
    let mut found = devices(&decode::configuration(document.root()).0, clock::now());
    let more = fencer::registered(wish)?;
    found
        .extend(more.into_iter().filter(|device| !found.iter().any(|known| known.id == device.id)).collect::<Vec<_>>());
    Ok((document, found))
}

/// `--register`
pub fn register(id: &str, wish: &Wish) -> Result<(), Failed> {
    let agent = wish.agent.clone().unwrap_or_default();
    let parameters = wish.parameters.iter().cloned().collect();
    let device = Device { id: id.to_string(), agent: agent.clone(), parameters, unfences: false };
    fencer::ask(&Request::RegisterDevice { device }, wish)
        .map_err(|error| (door::exit(&error), format!("Can't register device {id} using agent {agent}: {error}")))
}

/// `--deregister`
pub fn deregister(id: &str, wish: &Wish) -> Result<(), Failed> {
    fencer::ask(&Request::DeregisterDevice { device: id.to_string() }, wish)
        .map_err(|error| (door::exit(&error), format!("Can't unregister device {id}: {error}")))
}

fn device(id: &str, wish: &Wish) -> Result<Device, Failed> {
    let (_, all) = configured(wish)?;
    all.into_iter().find(|device| device.id == id).ok_or((Exit::NO_SUCH, format!("there is no device {id}")))
}

/// `--list-registered`
pub fn registered(wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let (_, all) = configured(wish)?;
    let names: Vec<String> = all.into_iter().map(|device| device.id).collect();
    told("Registered fence devices", &names, answer);
    Ok(())
}

/// `--list`
pub fn able(node: &str, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let (document, all) = configured(wish)?;
    let (model, _) = decode::configuration(document.root());
    // A topology that speaks of the node says which devices are asked at all.
    let named: Vec<String> = match topology::speaks_of(&model.fencing_levels, node, &BTreeMap::new()) {
        true => topology::levels(&model.fencing_levels, &all, &[], node, &BTreeMap::new())
            .into_iter()
            .flatten()
            .map(|device| device.id)
            .collect(),
        false => Vec::new(),
    };
    let mut names = Vec::new();
    for device in all {
        let can = match device.targets() {
            _ if named.contains(&device.id) => true,
            Targets::All => true,
            Targets::Listed(listed) => listed.contains(node),
            Targets::AskList | Targets::AskStatus | Targets::AskAgent => {
                listed_by(&device, wish).is_ok_and(|ports| ports.contains(&device.port(node)))
            }
        };
        if can {
            names.push(device.id);
        }
    }
    told("Registered fence devices", &names, answer);
    if names.is_empty() { Err((Exit::NO_SUCH, String::new())) } else { Ok(()) }
}

/// Ports that the device itself names.
fn listed_by(device: &Device, wish: &Wish) -> Result<Vec<String>, Failed> {
    let ran = run_agent(device, "list", device.arguments("list", None), wish)?;
    if !ran.is_ok() {
        return Err((Exit::ERROR, ran.output));
    }
    let first = |line: &str| line.split([',', ' ', '\t']).next().unwrap_or_default().trim().to_string();
    Ok(ran.output.lines().map(first).filter(|port| !port.is_empty()).collect())
}

/// `--list-targets`
pub fn targets(id: &str, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let device = device(id, wish)?;
    let names = match device.targets() {
        Targets::Listed(listed) => listed.into_iter().collect(),
        _ => listed_by(&device, wish).map_err(|(exit, why)| (exit, format!("Couldn't list targets: {why}")))?,
    };
    names.iter().for_each(|name| answer.line(name));
    answer.part(crate::answer::list("Fence Targets", &names));
    Ok(())
}

/// `--query`
pub fn query(id: &str, wish: &Wish) -> Result<(), Failed> {
    let device = device(id, wish)?;
    let ran = run_agent(&device, "monitor", device.arguments("monitor", None), wish)?;
    if ran.is_ok() { Ok(()) } else { Err((Exit::ERROR, format!("{id}: {}", ran.output))) }
}

/// `--register-level`, `--deregister-level`: kept in the CIB, where the cluster reads them.
pub fn level(target: &str, add: bool, wish: &Wish) -> Result<(), Failed> {
    if !(1..=9).contains(&wish.index) {
        return Err((Exit::USAGE, format!("--index: {} is no level from 1 to 9", wish.index)));
    }
    if add && wish.devices.is_empty() {
        return Err((Exit::USAGE, "which devices? name them with --device".into()));
    }
    let made = |document: &Document| changed(document, target, add, wish);
    match door::change(&Environment::of_process().first_source(), ANSWER_WITHIN, made) {
        Ok(_) => Ok(()),
        Err(ChangeError::Made(error)) => Err((Exit::ERROR, error.to_string())),
        Err(ChangeError::Store(error)) => Err(door::failed(error)),
        Err(ChangeError::Schema(faults)) => Err((Exit::CONFIG, quorate_core::schema::in_short(&faults))),
    }
}

/// `NAME`, `@PATTERN` or `ATTRIBUTE=VALUE`, as the CIB has it.
fn about(target: &str) -> Vec<(&'static str, String)> {
    match (target.strip_prefix('@'), target.split_once('=')) {
        (Some(pattern), _) => vec![("target-pattern", pattern.to_string())],
        (None, Some((name, value))) => {
            vec![("target-attribute", name.to_string()), ("target-value", value.to_string())]
        }
        (None, None) => vec![("target", target.to_string())],
    }
}

fn changed(document: &Document, target: &str, add: bool, wish: &Wish) -> Result<Document, CommandError> {
    let about = about(target);
    let index = wish.index.to_string();
    let is_it = |level: &Element| {
        level.attr("index") == Some(&index) && about.iter().all(|(name, value)| level.attr(name) == Some(value))
    };
    let mut next = document.clone();
    if next.configuration().child("fencing-topology").is_some() {
        next.configuration_mut().child_or_new("fencing-topology").retain_elements(|level| !is_it(level));
    }
    if add {
        let id: String =
            target.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '.' }).collect();
        let level = Element::new("fencing-level").with("id", format!("fl-{id}-{index}"));
        let level = about.iter().fold(level, |level, (name, value)| level.with(name, value));
        let level = level.with("index", &index).with("devices", wish.devices.join(","));
        let scope = Scope::Section("fencing-topology".into());
        return command::carry_out(&next, &scope, &Command::Modify { input: level, may_create: true });
    }
    if next.root() != document.root() {
        next.set_version(document.version().next_configuration());
    }
    Ok(next)
}
