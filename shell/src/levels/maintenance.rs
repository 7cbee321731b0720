//! `maintenance`: the cluster keeps its hands off everything, or off one resource.
//!
//! In: calls. Out: the changed configuration; what an agent answers that is run by hand meanwhile.
//! Absent: trying out what the cluster does not have yet (see `configure rsctest`).

use super::resource::steer::{maintain, wish};
use crate::command::{Call, Command, Level, PREVIEW, Run, What, maybe, one};
use crate::error::{Failure, Kind, Outcome};
use crate::levels::configure::rsctest;
use crate::levels::resource::primitives;
use crate::session::Session;
use crate::trial::agent;
use crate::trial::subject::{Action, Subjects};
use quorate_core::admin::Intent;
use quorate_core::admin::running::running;
use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_core::scheduler::{Input, resolve};
use quorate_tools::clock;

const ARGUMENTS: &[crate::command::Argument] = &[maybe("resource", What::Resource)];

pub static LEVEL: Level = Level {
    name: "maintenance",
    help: "maintenance of the whole cluster, or of one resource",
    commands: &[
        Command {
            name: "on",
            arguments: ARGUMENTS,
            flags: &[PREVIEW],
            help: "keep the cluster from acting on and watching resources",
            run: Run::Do(on),
            ..Command::DEFAULT
        },
        Command {
            name: "off",
            arguments: ARGUMENTS,
            flags: &[PREVIEW],
            help: "let the cluster act again",
            run: Run::Do(off),
            ..Command::DEFAULT
        },
        Command {
            name: "action",
            arguments: &[
                one("resource", What::Resource),
                one("action", What::Words(ACTIONS)),
                maybe("ssh", What::Words(&["ssh"])),
            ],
            help: "run an action of a resource's agent by hand",
            details: "On this node, and only while the resource is in maintenance (or with -F). But for start and monitor\nit must run here, and nowhere else. With `ssh`, monitor and all that neither starts, promotes nor\ndemotes is run on every node.",
            examples: &["action web monitor", "action web stop", "action web monitor ssh"],
            run: Run::Do(action),
            ..Command::DEFAULT
        },
    ],
};

fn on(session: &mut Session, call: &Call) -> Outcome {
    set(session, call, true)
}

fn off(session: &mut Session, call: &Call) -> Outcome {
    set(session, call, false)
}

fn set(session: &mut Session, call: &Call, on: bool) -> Outcome {
    if call.argument(0).is_some() {
        return maintain(session, call, on);
    }
    wish(session, call, &[Intent::ClusterMaintenance { on }])
}

const ACTIONS: &[&str] = &["start", "stop", "monitor", "promote", "demote", "reload", "reload-agent", "validate-all"];

fn action(session: &mut Session, call: &Call) -> Outcome {
    let Some(action) = Action::read(call.required(1)) else {
        return Err(Failure::misused(call.span(1), format!("`{}` is no action of an agent", call.required(1)))
            .hint(format!("there are {}", ACTIONS.join(", "))));
    };
    let everywhere = match call.argument(2) {
        None => false,
        Some("ssh") => !matches!(action, Action::Start | Action::Promote | Action::Demote),
        Some(word) => return Err(Failure::misused(call.span(2), format!("`{word}` is not `ssh`"))),
    };
    let document = session.document()?;
    let id = primitive(&document, call)?;
    in_maintenance(session, &document, call, &id)?;
    let here = rsctest::here(session)?;
    if !everywhere && !matches!(action, Action::Start | Action::Monitor) {
        let active = running(&document, clock::now());
        let nodes: Vec<&str> = active.get(&id).into_iter().flatten().map(|active| active.node.as_str()).collect();
        if nodes != [here.as_str()] && call.argument(2).is_none() && session.source.is_live() {
            let where_ = if nodes.is_empty() { "nowhere".to_string() } else { format!("on {}", nodes.join(", ")) };
            return Err(Failure::refused(format!("`{id}` runs {where_}, not on this node alone ({here})")));
        }
    }
    let subjects = Subjects::of(&document, clock::now());
    let subject = rsctest::subject(&subjects, &id)?;
    let nodes = if everywhere { Vec::new() } else { vec![here.clone()] };
    let mut failed = Vec::new();
    for site in rsctest::sites(session, &document, nodes, &here)? {
        let told = subjects.told(&id, &site.node, action).expect("the subject was found");
        let ran = agent::run(&session.environment, &subject, &told, action, &site, &session.interrupted);
        session.ui.print(&ran.output);
        let line = format!("{}: {id} {}: {}", site.node, action.name(), ran.words());
        match ran.code() {
            Some(0) => session.ui.info(&line),
            _ => failed.push(line),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(Kind::Cluster, failed.join("; "))) }
}

/// The one agent that is meant: of a clone that of what is cloned.
fn primitive(document: &Document, call: &Call) -> Outcome<String> {
    let id = call.required(0);
    let Some(object) = objects::find_resource(document.configuration(), id) else {
        return Err(Failure::at(call.span(0), format!("there is no resource `{id}`")));
    };
    match primitives(object.element)[..] {
        [only] => Ok(only.to_string()),
        _ => Err(Failure::at(call.span(0), format!("`{id}` is a {}: name one of its members", object.kind))),
    }
}

fn in_maintenance(session: &Session, document: &Document, call: &Call, id: &str) -> Outcome {
    let situation = resolve(&Input::new(document, clock::now()));
    let rows = situation.resources.rows();
    let resource = rows.iter().find(|resource| resource.is_primitive() && *resource.config_id == *id);
    if session.is_forced() || resource.is_some_and(|resource| resource.maintenance || !resource.managed) {
        return Ok(());
    }
    Err(Failure::at(call.span(0), format!("`{id}` is not in maintenance: the cluster would take it for a failure"))
        .hint(format!("`maintenance on {id}` first")))
}
