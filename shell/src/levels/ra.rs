//! `ra`: the resource agents and fence agents of this machine, and what they say of themselves.
//!
//! In: calls. Out: lists and descriptions as text; an agent's own check of parameters.
//! Absent: agents of other machines; what systemd units and init scripts say of themselves.

use crate::catalogue::{self, AgentName};
use crate::command::{Call, Command, Level, Run, What, any, maybe, one};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::trial::subject::{Subject, Told};
use crate::trial::validation;
use quorate_core::agent::{Metadata, Parameter};
use quorate_core::cib::document::FEATURE_SET;
use std::collections::{BTreeMap, BTreeSet};

/// Those that can be configured. (What the daemon cannot run yet is found not installed.)
const CLASSES: What = What::Words(&["lsb", "ocf", "service", "stonith", "systemd"]);

pub static LEVEL: Level = Level {
    name: "ra",
    help: "resource agents: which there are, and what they take",
    commands: &[
        Command {
            name: "classes",
            help: "the classes of agents, with the providers of each",
            run: Run::Do(classes),
            ..Command::DEFAULT
        },
        Command {
            name: "list",
            arguments: &[one("class", CLASSES), maybe("provider", What::Provider)],
            help: "the agents of a class",
            examples: &["list ocf", "list ocf pacemaker", "list stonith"],
            run: Run::Do(list),
            ..Command::DEFAULT
        },
        Command {
            name: "providers",
            arguments: &[one("agent", What::Agent), maybe("class", CLASSES)],
            help: "who provides an agent of this name",
            examples: &["providers IPaddr2"],
            run: Run::Do(providers),
            ..Command::DEFAULT
        },
        Command {
            name: "info",
            aliases: &["meta"],
            arguments: &[one("agent", What::Agent), maybe("class", CLASSES), maybe("provider", What::Provider)],
            help: "what an agent does, its parameters and the operations it advises",
            examples: &["info ocf:heartbeat:IPaddr2", "info fence_ipmilan"],
            run: Run::Do(info),
            ..Command::DEFAULT
        },
        Command {
            name: "validate",
            arguments: &[one("agent", What::Agent), any("name=value", What::AgentParameter)],
            help: "let an agent check parameters",
            examples: &["validate ocf:heartbeat:IPaddr2 ip=192.0.2.7"],
            run: Run::Do(validate),
            ..Command::DEFAULT
        },
    ],
};

fn classes(session: &mut Session, _: &Call) -> Outcome {
    let providers: Vec<String> = session.catalogue().providers().map(str::to_string).collect();
    for class in ["lsb", "ocf", "service", "stonith", "systemd"] {
        let providers = if class == "ocf" { format!(" / {}", providers.join(" ")) } else { String::new() };
        session.ui.line(&format!("{class}{providers}"));
    }
    Ok(())
}

fn list(session: &mut Session, call: &Call) -> Outcome {
    let (class, provider) = (call.required(0), call.argument(1));
    let known: Vec<String> = session.catalogue().providers().map(str::to_string).collect();
    if let Some(name) = provider.filter(|name| !known.iter().any(|known| known == name)) {
        return Err(Failure::at(call.span(1), format!("nobody called `{name}` provides agents here"))
            .hint(format!("the providers are {}", known.join(", "))));
    }
    let names: Vec<String> = match class {
        "ocf" => session.catalogue().ocf(provider),
        "stonith" => session.catalogue().fence_agents(),
        "lsb" => catalogue::init_scripts(),
        "systemd" => catalogue::units(),
        "service" => {
            let all: BTreeSet<String> = catalogue::units().into_iter().chain(catalogue::init_scripts()).collect();
            all.into_iter().collect()
        }
        other => {
            return Err(Failure::misused(call.span(0), format!("`{other}` is no class of agents that is supported"))
                .hint("the classes are lsb, ocf, service, stonith and systemd"));
        }
    };
    columns(session, &names);
    Ok(())
}

fn providers(session: &mut Session, call: &Call) -> Outcome {
    let found = session.catalogue().providers_of(call.required(0));
    match found.is_empty() {
        true => Err(Failure::at(call.span(0), format!("there is no ocf agent `{}` here", call.required(0)))),
        false => {
            session.ui.line(&found.join(" "));
            Ok(())
        }
    }
}

/// The agent that the words name: `class:provider:type`, a part of it, or the parts apart.
struct Named {
    class: String,
    provider: Option<String>,
    name: String,
}

impl Named {
    fn of(session: &Session, call: &Call, apart: bool) -> Named {
        let mut parts: Vec<&str> = call.required(0).split(':').collect();
        let name = parts.pop().unwrap_or_default();
        let (class, provider) = match parts[..] {
            [class, provider, ..] => (Some(class), Some(provider)),
            [class] => (Some(class), None),
            [] if apart => (call.argument(1), call.argument(2)),
            [] => (None, None),
        };
        let agent = session.catalogue().resolve(class, provider, name);
        Named { class: agent.class.into(), provider: agent.provider.map(str::to_string), name: name.into() }
    }

    fn name(&self) -> AgentName<'_> {
        AgentName { class: &self.class, provider: self.provider.as_deref(), name: &self.name }
    }
}

fn info(session: &mut Session, call: &Call) -> Outcome {
    let named = Named::of(session, call, true);
    let agent = named.name();
    let Some(metadata) = session.agents.metadata(&session.environment.ocf_root, &agent) else {
        return Err(missing(session, call, &agent));
    };
    let text = describe(&agent.to_string(), &metadata);
    session.page(&text);
    Ok(())
}

fn missing(session: &Session, call: &Call, agent: &AgentName) -> Failure {
    if session.catalogue().knows(agent) {
        return Failure::at(call.span(0), format!("`{agent}` is here, but does not describe itself"));
    }
    let failure = Failure::at(call.span(0), format!("there is no agent `{agent}` here"));
    let known = session.catalogue().ocf(None).into_iter().chain(session.catalogue().fence_agents());
    let known: Vec<String> = known.collect();
    match quorate_grammar::diagnostic::closest(agent.name, known.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`ra list ocf` lists them"),
    }
}

fn describe(agent: &str, metadata: &Metadata) -> String {
    let mut text = match metadata.short.is_empty() {
        true => format!("{agent}\n"),
        false => format!("{} ({agent})\n", metadata.short),
    };
    if !metadata.long.is_empty() {
        text += &format!("\n{}\n", metadata.long);
    }
    if !metadata.parameters.is_empty() {
        text += "\nParameters (*: required, []: default):\n\n";
        // Those that must be given come first.
        let (required, others): (Vec<_>, Vec<_>) = metadata.parameters.iter().partition(|one| one.required);
        text += &required.into_iter().chain(others).map(parameter).collect::<Vec<_>>().join("\n");
    }
    let advised: Vec<_> = metadata.actions.iter().filter(|action| !is_talk(&action.name)).collect();
    if !advised.is_empty() {
        text += "\nOperations' defaults (advisory minimum):\n\n";
        let width = advised.iter().map(|action| action.name.len()).max().unwrap_or(0);
        for action in advised {
            let parts = [
                ("timeout", &action.timeout),
                ("interval", &action.interval),
                ("role", &action.role),
                ("depth", &action.depth),
                ("start-delay", &action.start_delay),
            ];
            let parts = parts.iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
            let line = format!("    {:<width$}  {}", action.name, parts.collect::<Vec<_>>().join(" "));
            text += &format!("{}\n", line.trim_end());
        }
    }
    text
}

/// Actions that only tell something.
fn is_talk(action: &str) -> bool {
    matches!(action, "meta-data" | "metadata" | "validate-all" | "status" | "list" | "list-status" | "manpage")
}

fn parameter(parameter: &Parameter) -> String {
    let kind = match (parameter.kind.as_str(), &parameter.options[..]) {
        ("" | "string", []) => "string".to_string(),
        (_, options @ [_, ..]) => format!("one of {}", options.join(", ")),
        (kind, []) => kind.to_string(),
    };
    let default = parameter.default.as_ref().filter(|value| !value.is_empty());
    let default = default.map_or(String::new(), |value| format!(", [{value}]"));
    let star = if parameter.required { "*" } else { "" };
    let old = if parameter.deprecated { " (deprecated)" } else { "" };
    let mut text = format!("{}{star} ({kind}{default}): {}{old}\n", parameter.name, parameter.short);
    for line in parameter.long.lines().map(str::trim_end).filter(|_| parameter.long != parameter.short) {
        text += &if line.is_empty() { "\n".to_string() } else { format!("    {}\n", line.trim_start()) };
    }
    text
}

fn validate(session: &mut Session, call: &Call) -> Outcome {
    let named = Named::of(session, call, false);
    let agent = named.name();
    let (true, Some(provider)) = (agent.class == "ocf" && session.catalogue().knows(&agent), agent.provider) else {
        return Err(missing(session, call, &agent).hint("only ocf agents can be asked to check parameters"));
    };
    let mut values = BTreeMap::from([("crm_feature_set".to_string(), FEATURE_SET.to_string())]);
    for (at, word) in call.words().iter().enumerate().skip(1) {
        let Some((name, value)) = word.split_once('=') else {
            return Err(Failure::misused(call.span(at), format!("`{word}` is no name=value")));
        };
        values.insert(name.to_string(), value.to_string());
    }
    let subject = Subject {
        id: agent.name.to_string(),
        class: agent.class.to_string(),
        provider: provider.to_string(),
        kind: agent.name.to_string(),
        promotable: false,
    };
    let metadata = session.agents.metadata(&session.environment.ocf_root, &agent);
    let told = Told { values, timeout: validation::time(metadata.as_deref()) };
    let ran = validation::ask(&session.environment, &subject, &told, &session.interrupted);
    session.ui.print(&ran.output);
    validation::verdict(&ran, &format!("{agent} does not accept these parameters"))
}

/// Names in columns of equal width, as many as fit into 80 characters.
fn columns(session: &mut Session, names: &[String]) {
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    for row in names.chunks((80 / width).max(1)) {
        let row: String = row.iter().map(|name| format!("{name:<width$}")).collect();
        session.ui.line(row.trim_end());
    }
}
