//! `configure rsctest`: resources tried out for real, before the cluster gets them.
//!
//! In: a call. Out: what their agents answered.
//! Absent: running agents (see `trial`); single actions (see `maintenance`).

use crate::command::Call;
use crate::error::{Failure, Kind, Outcome};
use crate::hosts::target;
use crate::levels::resource::primitives;
use crate::session::Session;
use crate::trial::agent::{self, Ran, Site};
use crate::trial::sequence::{Stage, Verdict, try_out};
use crate::trial::subject::{Action, Subject, Subjects};
use quorate_core::cib::Document;
use quorate_core::cib::model::resource::Role;
use quorate_core::cib::objects::{self, Object};
use quorate_core::scheduler::{Input, resolve};
use quorate_core::xml::Element;
use quorate_tools::clock;

pub fn rsctest(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let document = session.stage()?.work().clone();
    let (ids, nodes) = asked(&document, call)?;
    free_of_the_cluster(session, &ids)?;
    let subjects = Subjects::of(&document, clock::now());
    let tried = ids.iter().map(|id| subject(&subjects, id)).collect::<Outcome<Vec<Subject>>>()?;
    let here = here(session)?;
    let sites = sites(session, &document, nodes, &here)?;
    let mut stage = Real { session, subjects: &subjects };
    let verdict = try_out(&tried, &sites, &mut stage);
    match verdict {
        Verdict::Good => Ok(()),
        Verdict::NotClean => Err(Failure::refused("nothing was started: not everything is stopped")
            .hint("stop what runs, clean up what has failed, then try again")),
        Verdict::Failed => Err(Failure::new(Kind::Check, "the trial failed; everything is stopped again")),
        Verdict::LeftBehind(left) => {
            let names: Vec<String> = left.iter().map(|(id, node)| format!("{id} on {node}")).collect();
            Err(Failure::new(Kind::Check, format!("not stopped: {}", names.join(", ")))
                .hint("stop it by hand before the cluster gets it"))
        }
    }
}

/// The name of this node.
pub fn here(session: &mut Session) -> Outcome<String> {
    match session.source.is_live() {
        true => Ok(session.cluster_status()?.node),
        false => Ok(session.environment.node.host.clone()),
    }
}

/// Primitives in their order, then nodes.
fn asked(document: &Document, call: &Call) -> Outcome<(Vec<String>, Vec<String>)> {
    let configuration = document.configuration();
    let known = objects::node_names(configuration);
    let (mut ids, mut nodes) = (Vec::new(), Vec::new());
    for (at, word) in call.words().into_iter().enumerate() {
        let object = objects::find_resource(configuration, &word).filter(|object| object.kind != "rsc_template");
        match object {
            Some(object) if in_container(configuration, &object) => {
                return Err(Failure::at(call.span(at), format!("`{word}` runs in a container, not on a node")));
            }
            Some(object) if nodes.is_empty() => {
                let inside = primitives(object.element).into_iter().map(str::to_string);
                ids.extend(inside.filter(|id| !ids.contains(id)).collect::<Vec<_>>());
            }
            _ if known.contains(&word) => nodes.push(word),
            Some(_) => {
                return Err(Failure::misused(call.span(at), format!("the resource `{word}` stands behind a node"))
                    .hint("resources first, then nodes"));
            }
            None => {
                let what = if nodes.is_empty() { "neither a resource nor a node" } else { "no node" };
                return Err(Failure::at(call.span(at), format!("`{word}` is {what}")));
            }
        }
    }
    match ids.is_empty() {
        true => Err(Failure::misused(call.span(0), "`rsctest` needs a resource")),
        false => Ok((ids, nodes)),
    }
}

fn in_container(configuration: &Element, object: &Object) -> bool {
    (1..=object.place.len()).any(|end| objects::at(configuration, &object.place[..end]).name == "bundle")
}

/// Nobody else may start, stop or watch them meanwhile.
fn free_of_the_cluster(session: &mut Session, ids: &[String]) -> Outcome {
    if !session.source.is_live() {
        return Ok(());
    }
    let live = session.read_from(&session.source.clone())?;
    let situation = resolve(&Input::new(&live, clock::now()));
    for resource in situation.resources.rows().iter().filter(|resource| resource.is_primitive()) {
        let id = resource.config_id.to_string();
        if !ids.contains(&id) {
            continue;
        }
        if let Some(node) = resource.active_on.first() {
            let message = format!("`{id}` runs on {}", situation.nodes[*node].name);
            return Err(Failure::refused(message).hint(format!("`resource stop {id}` first")));
        }
        let idle = !resource.managed || resource.maintenance || resource.target == Role::Stopped;
        if !idle {
            return Err(Failure::refused(format!("the cluster manages `{id}` and may start it at any time"))
                .hint(format!("`resource stop {id}` or `resource maintenance {id} on` first")));
        }
    }
    Ok(())
}

pub fn subject(subjects: &Subjects, id: &str) -> Outcome<Subject> {
    let subject =
        subjects.subject(id).ok_or_else(|| Failure::refused(format!("`{id}` has no instance that could be tried")))?;
    match subject.class.as_str() {
        "ocf" => Ok(subject),
        "stonith" => Err(Failure::new(Kind::Unsupported, format!("`{id}` is a fence device, which is not tried out"))
            .hint(format!("run its agent by hand, with the action `monitor`: {}", subject.kind))),
        class => {
            Err(Failure::new(Kind::Unsupported, format!("`{id}` has an agent of class {class}; ocf is supported")))
        }
    }
}

/// The nodes that are named, or all that are known; without any, this one.
pub fn sites(session: &Session, document: &Document, nodes: Vec<String>, here: &str) -> Outcome<Vec<Site>> {
    let mut names = if nodes.is_empty() { objects::node_names(document.configuration()) } else { nodes };
    if names.is_empty() {
        names.push(here.to_string());
    }
    let site = |node: String| {
        let target = if node.eq_ignore_ascii_case(here) { None } else { Some(target(session, &node)?) };
        Ok(Site { node, target })
    };
    names.into_iter().map(site).collect()
}

struct Real<'s> {
    session: &'s mut Session,
    subjects: &'s Subjects,
}

impl Stage for Real<'_> {
    fn run(&mut self, subject: &Subject, action: Action, site: &Site) -> Ran {
        let told = self.subjects.told(&subject.id, &site.node, action).expect("every subject was found");
        agent::run(&self.session.environment, subject, &told, action, site, &self.session.interrupted)
    }

    fn tell(&mut self, subject: &Subject, action: Action, site: &Site, ran: &Ran, expected: bool) {
        let took = ran.took.as_secs_f32();
        let line = format!("{}: {} {}: {} ({took:.2} s)", site.node, subject.id, action.name(), ran.words());
        if expected {
            return self.session.ui.line(&line);
        }
        self.session.ui.warn(&line);
        for line in ran.output.lines().filter(|line| !line.trim().is_empty()) {
            self.session.ui.warn(&format!("  {line}"));
        }
    }

    fn is_interrupted(&self) -> bool {
        self.session.interrupted.load(std::sync::atomic::Ordering::Relaxed)
    }
}
