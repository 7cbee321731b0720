//! `--force-start`, `--validate` and their like: an agent run here, past the cluster.
//!
//! In: a resource, or an agent with its parameters. Out: how it ended, in Pacemaker's words.
//! Absent: what the cluster makes of it.

use super::options::{Named, Wish};
use super::scene::Scene;
use crate::Exit;
use crate::agent::{self, Ran};
use crate::answer::{Answer, with_text};
use crate::standard::Failed;
use quorate_core::agent::OPERATION_TIMEOUT_MS;
use quorate_core::cib::document::FEATURE_SET;
use quorate_core::lrm::Run;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::rules::Recheck;
use quorate_core::scheduler::resolve::operation::configured;
use quorate_core::scheduler::table::ResourceId;
use quorate_core::status::operation::ExecutionStatus;
use quorate_core::transition::ResourceRef;
use quorate_core::xml::{Element, read};
use quorate_transport::environment::Environment;
use std::collections::BTreeMap;

/// Standards whose agents can be run by hand. Fence devices are asked, never used against a node.
const CLASSES: [&str; 5] = ["ocf", "lsb", "service", "systemd", "stonith"];

/// What is run.
struct Subject {
    /// As people know it; an agent without a resource has no name.
    name: Option<String>,
    agent: ResourceRef,
    parameters: BTreeMap<String, String>,
    timeout_ms: u64,
}

/// The agent's action for an option.
fn action(option: &str) -> &str {
    match option {
        "validate" => "validate-all",
        "force-check" => "monitor",
        other => other.strip_prefix("force-").unwrap_or(other),
    }
}

/// Of a resource.
///
/// # Errors
/// It cannot be run here, or how it ended, if that is no success.
pub fn resource(
    scene: &Scene,
    id: ResourceId,
    option: &str,
    level: Option<u32>,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let id = runnable(scene, id, option, wish, answer)?;
    let resource = scene.resource(id);
    let node = scene.environment.node_or_host();
    let mut parameters = scene.situation.parameters_on(id, scene.situation.node_by_name(node));
    let task = action(option);
    let operation = resource.primitive().and_then(|primitive| configured(primitive, task, 0, true));
    let definitions = scene.situation.definitions();
    let meta = definitions.operation_meta(resource, operation, task, 0, &parameters, &mut Recheck::default());
    let timeout_ms = meta.get("timeout").and_then(|text| text.parse().ok()).filter(|ms| *ms > 0);
    let own = resource.meta.clone().into_iter();
    for (name, value) in own.chain(clone_meta(scene, id)) {
        parameters.entry(format!("CRM_meta_{}", name.replace('-', "_"))).or_insert(value);
    }
    parameters.insert("CRM_meta_on_node".into(), node.to_string());
    let name = if resource.unique { resource.id.to_string() } else { resource.config_id.to_string() };
    let subject = Subject {
        agent: ResourceRef {
            id: name.clone(),
            long_id: None,
            class: resource.agent.class.clone(),
            provider: resource.agent.provider.clone(),
            kind: resource.agent.kind.clone(),
        },
        name: Some(wish.resource.clone().unwrap_or(name)),
        parameters,
        timeout_ms: timeout_ms.unwrap_or(OPERATION_TIMEOUT_MS),
    };
    run(&scene.environment, subject, option, level, wish, answer)
}

/// The primitive whose agent is run for a resource: of a clone, its first instance.
fn runnable(
    scene: &Scene,
    id: ResourceId,
    option: &str,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<ResourceId, Failed> {
    let whole = scene.resource(id);
    let starts = matches!(option, "force-start" | "force-demote" | "force-promote");
    if starts && whole.is_clone() && !wish.force && !scene.active_on(id).is_empty() {
        answer.error(format!("It is not safe to {option} {} here: the cluster claims it is already active", whole.id));
        answer.error("Try setting target-role=Stopped first or specifying the force option");
        return Err((Exit::UNSAFE, String::new()));
    }
    let id = if whole.is_clone() { whole.children.first().copied().unwrap_or(id) } else { id };
    let resource = scene.resource(id);
    let in_bundle = resource.parent.is_some_and(|parent| scene.resource(scene.top(parent)).is_bundle());
    let kind = match resource.is_primitive() && !in_bundle {
        true => return Ok(id),
        false if resource.is_group() => "group",
        false => "bundled",
    };
    answer.error(format!("Sorry, the {option} option doesn't support {kind} resources"));
    Err((Exit::UNIMPLEMENTED, String::new()))
}

/// What agents of a clone's instances are told of it, by the old names of promoted roles, too.
fn clone_meta(scene: &Scene, id: ResourceId) -> Vec<(String, String)> {
    let Some(settings) = scene.clone_of(id).and_then(|clone| scene.resource(clone).clone_settings()) else {
        return Vec::new();
    };
    let mut all = vec![("clone-max".to_string(), settings.max), ("clone-node-max".to_string(), settings.node_max)];
    if scene.resource(id).promotable {
        for (name, count) in
            [("promoted-max", settings.promoted_max), ("promoted-node-max", settings.promoted_node_max)]
        {
            all.extend([(name.to_string(), count), (name.replace("promoted", "master"), count)]);
        }
    }
    all.push(("clone".into(), 0));
    all.into_iter().map(|(name, count)| (name, count.to_string())).collect()
}

/// Of an agent that is named with its parameters.
///
/// # Errors
/// How it ended, if that is no success.
pub fn named(named: &Named, option: &str, level: Option<u32>, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let environment = Environment::of_process();
    let Named { class, provider, kind, parameters } = named;
    let known = match class.as_str() {
        "ocf" => {
            let provider = provider.as_deref().unwrap_or_default();
            let roots = agent::ocf_roots(&environment);
            roots.iter().any(|root| root.join("resource.d").join(provider).join(kind).is_file())
        }
        "stonith" => std::path::Path::new(agent::FENCE_AGENTS).join(kind).is_file(),
        _ => true,
    };
    if !known {
        return Err((
            Exit::USAGE,
            match (class.as_str(), provider) {
                ("stonith", _) => format!("{kind} is not a known fencing agent"),
                (_, Some(provider)) => format!("{class}:{provider}:{kind} is not a known resource agent"),
                (_, None) => format!("{class}:{kind} is not a known resource agent"),
            },
        ));
    }
    let subject = Subject {
        name: None,
        agent: ResourceRef {
            id: "test".into(),
            long_id: None,
            class: class.clone(),
            provider: provider.clone(),
            kind: kind.clone(),
        },
        parameters: parameters.iter().cloned().collect(),
        timeout_ms: OPERATION_TIMEOUT_MS,
    };
    run(&environment, subject, option, level, wish, answer)
}

fn run(
    environment: &Environment,
    subject: Subject,
    option: &str,
    level: Option<u32>,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let Subject { name, agent, mut parameters, timeout_ms } = subject;
    let timeout_ms = wish.timeout.map_or(timeout_ms, |timeout| timeout.as_millis() as u64);
    parameters.insert("CRM_meta_timeout".into(), timeout_ms.to_string());
    parameters.insert("CRM_meta_interval".into(), "0".into());
    parameters.insert("CRM_meta_name".into(), action(option).into());
    parameters.insert("crm_feature_set".into(), FEATURE_SET.into());
    parameters.extend(wish.pairs.iter().cloned());
    if let Some(level) = level {
        parameters.insert("OCF_CHECK_LEVEL".into(), level.to_string());
    }
    if !CLASSES.contains(&agent.class.as_str()) {
        let why = format!("Manual execution of the {} standard is unsupported", agent.class);
        let ended = Ended {
            code: 3,
            status: ExecutionStatus::Error,
            reason: why,
            stdout: String::new(),
            stderr: String::new(),
        };
        return told(&ended, option, name.as_deref(), &agent, wish, answer);
    }
    let parameters = agent::with_secrets(&environment.root, &agent.id, &parameters);
    let parameters = parameters.map_err(|error| (Exit::ERROR, error.to_string()))?;
    let node = environment.node_or_host();
    let host = agent::host(environment, node, agent::ocf_roots(environment));
    let run = Run {
        ticket: 0,
        resource: agent.clone(),
        operation: action(option).to_string(),
        // The probe of a fence device says only whether it was started here; whoever checks it wants it asked.
        interval_ms: u64::from(agent.class == "stonith" && action(option) == "monitor"),
        timeout_ms,
        parameters,
    };
    let mut extra = vec![("HA_debug", if wish.verbosity > 0 { "1" } else { "0" }), ("OCF_TRACE_FILE", "/dev/stderr")];
    if wish.verbosity > 1 {
        extra.push(("OCF_TRACE_RA", "1"));
    }
    let ran = match agent.class.as_str() {
        "ocf" => agent::ocf_action(&host, &run, &extra),
        _ => agent::other_action(&host, &run),
    };
    let ran = ran.map_err(|error| (Exit::ERROR, error.to_string()))?;
    told(&Ended::of(ran), option, name.as_deref(), &agent, wish, answer)
}

struct Ended {
    code: i32,
    status: ExecutionStatus,
    reason: String,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn of(ran: Ran) -> Ended {
        let Ran { outcome, stdout, stderr } = ran;
        let status = match outcome.report.status {
            ExitStatus::Exited => ExecutionStatus::Done,
            ExitStatus::TimedOut => ExecutionStatus::TimedOut,
            ExitStatus::NotInstalled => ExecutionStatus::NotInstalled,
            _ => ExecutionStatus::Error,
        };
        Ended { code: outcome.report.code, status, reason: outcome.report.reason, stdout, stderr }
    }
}

fn told(
    ended: &Ended,
    option: &str,
    name: Option<&str>,
    agent: &ResourceRef,
    wish: &Wish,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let exit = Exit(u8::try_from(ended.code).unwrap_or(1));
    let mut part = Element::new("resource-agent-action")
        .with("action", option)
        .with("class", &agent.class)
        .with("type", &agent.kind);
    if let Some(name) = name {
        part.set("rsc", name);
    }
    if let Some(provider) = &agent.provider {
        part.set("provider", provider);
    }
    if !wish.pairs.is_empty() {
        let mut overrides = Element::new("overrides");
        for (parameter, value) in &wish.pairs {
            let whose = name.map_or(String::new(), |name| format!(" for '{name}'"));
            answer.line(format!("Overriding the cluster configuration{whose} with '{parameter}' = '{value}'"));
            let one = Element::new("override").with("name", parameter).with("value", value);
            overrides.push(name.map_or(one.clone(), |name| one.with("rsc", name)));
        }
        part.push(overrides);
    }
    let what = {
        let of = name.map_or(String::new(), |name| format!(" for {name}"));
        let provider = agent.provider.as_ref().map_or(String::new(), |provider| format!(":{provider}"));
        format!("Operation {option}{of} ({}{provider}:{})", agent.class, agent.kind)
    };
    let reason = if ended.reason.is_empty() { String::new() } else { format!(": {}", ended.reason) };
    match ended.status {
        ExecutionStatus::Done => {
            answer.line(format!("{what} returned {} ({}{reason})", ended.code, exit.words()));
        }
        status => answer.error(format!("{what} could not be executed ({}{reason})", status.text())),
    }
    let mut status = Element::new("agent-status")
        .with("code", ended.code.to_string())
        .with("message", exit.words())
        .with("execution_code", ended.status.code().to_string())
        .with("execution_message", ended.status.text());
    if !ended.reason.is_empty() {
        status.set("reason", &ended.reason);
    }
    part.push(status);
    let hidden = wish.verbosity == 0 && action(option) == "validate-all";
    if !(ended.stdout.is_empty() && ended.stderr.is_empty()) {
        if !hidden {
            let texts = [&ended.stdout, &ended.stderr];
            texts.into_iter().filter(|text| !text.is_empty()).for_each(|text| answer.line(text));
        }
        part.push(printed(ended, answer));
    }
    answer.part(part);
    if exit == Exit::OK { Ok(()) } else { Err((exit, String::new())) }
}

/// What it printed, for programs.
fn printed(ended: &Ended, answer: &mut Answer) -> Element {
    if read(&ended.stdout).is_ok() {
        return answer.raw("command", &ended.stdout);
    }
    let outputs = [("stdout", &ended.stdout), ("stderr", &ended.stderr)];
    let command = Element::new("command").with("code", ended.code.to_string());
    let some = outputs.into_iter().filter(|(_, text)| !text.is_empty());
    some.fold(command, |command, (source, text)| {
        command.with_child(with_text(Element::new("output").with("source", source), text))
    })
}
