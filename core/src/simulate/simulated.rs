//! A decision on paper: what is supposed, what is decided then, and what comes of carrying it out.
//!
//! In: a document in the newest schema, [`Injections`], what is [`Wanted`]. Out: [`Simulated`].

use super::known::known;
use crate::cib::Document;
use crate::scheduler::{Drawing, Input, Output, Situation, decide, resolve};
use crate::time::Now;
use crate::transition::Graph;
use crate::transition::history::Standing;
use crate::transition::injection::{self, Injection, Modification};
use crate::transition::simulation::{Setting, Simulation, simulate as carry_out};
use crate::transition::specification::{Operation, Wrong};
use std::collections::BTreeSet;

/// What is to be supposed.
#[derive(Clone, Debug, Default)]
pub struct Injections {
    /// Before the decision, in this order.
    pub events: Vec<Injection>,
    /// Operations of the transition that are to end so.
    pub failures: Vec<Operation>,
}

/// How far to go, and what is to be kept on the way.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The moment that is decided for.
    pub now: Now,
    /// When results are written: later than all that was recorded, whatever moment is decided for.
    pub written: Now,
    /// The document was made fit to be shown.
    pub secrets_removed: bool,
    pub decision: bool,
    /// The transition carried out.
    pub transition: bool,
    pub trace: bool,
    pub graph: bool,
    pub drawing: Option<Drawing>,
    /// The state before the events is not looked at: it only has to be known what is there.
    pub names_only: bool,
}

impl Wanted {
    /// A decision for a moment, and no more.
    pub fn decided(now: Now) -> Wanted {
        Wanted {
            now,
            written: now,
            secrets_removed: false,
            decision: true,
            transition: false,
            trace: false,
            graph: false,
            drawing: None,
            names_only: false,
        }
    }

    fn input<'d>(&self, document: &'d Document) -> Input<'d> {
        let Wanted { secrets_removed, trace, drawing: draw, .. } = *self;
        Input { secrets_removed, trace, draw, ..Input::new(document, self.now) }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Simulated {
    /// The state before the events, if there are any.
    pub before: Option<Situation>,
    pub modifications: Vec<Modification>,
    /// With the events.
    pub document: Document,
    pub situation: Situation,
    /// Its graph is empty once it was carried out.
    pub output: Option<Output>,
    /// The graph of the decision.
    pub graph: Option<Graph>,
    pub transition: Option<Simulation>,
}

impl Simulated {
    /// The document at the end.
    pub fn result(&self) -> &Document {
        self.transition.as_ref().map_or(&self.document, |simulation| &simulation.document)
    }

    /// The state at the beginning.
    pub fn first(&self) -> &Situation {
        self.before.as_ref().unwrap_or(&self.situation)
    }
}

/// Something that cannot be supposed, by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub which: Which,
    pub wrong: Wrong,
}

/// One of the injections, by its place in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Event(usize),
    Failure(usize),
}

/// Decides on paper: the injections made, then as much as is wanted.
///
/// # Errors
/// What is to be supposed is about resources or nodes that are not there.
pub fn simulate(document: &Document, injections: &Injections, wanted: &Wanted) -> Result<Simulated, Refused> {
    let found = checked(document, injections, wanted)?;
    let mut simulated = with_events(document, injections, found, wanted);
    if !wanted.decision {
        return Ok(simulated);
    }
    let mut output = decide(&wanted.input(&simulated.document), &simulated.situation);
    simulated.graph = wanted.graph.then(|| output.graph.clone());
    if wanted.transition {
        let graph = std::mem::take(&mut output.graph);
        simulated.transition = Some(transition(graph, &simulated, &injections.failures, wanted.written));
    }
    simulated.output = Some(output);
    Ok(simulated)
}

/// The situation, once all that is to be supposed was found to be possible.
fn checked(document: &Document, injections: &Injections, wanted: &Wanted) -> Result<Situation, Refused> {
    if wanted.names_only && !injections.events.is_empty() {
        let found = resolve(&wanted.input(&without_histories(document)));
        // A history may tell of what is not configured any more.
        if check(&found, injections, wanted.written).is_ok() {
            return Ok(found);
        }
    }
    let found = resolve(&wanted.input(document));
    check(&found, injections, wanted.written)?;
    Ok(found)
}

fn check(situation: &Situation, injections: &Injections, written: Now) -> Result<(), Refused> {
    let known = known(situation, coming(&injections.events), written);
    for (at, event) in injections.events.iter().enumerate() {
        injection::check(event, &known).map_err(|wrong| Refused { which: Which::Event(at), wrong })?;
    }
    for (at, failure) in injections.failures.iter().enumerate() {
        injection::check_operation(failure, &known).map_err(|wrong| Refused { which: Which::Failure(at), wrong })?;
    }
    Ok(())
}

/// Nodes that may be new.
fn coming(events: &[Injection]) -> Vec<&str> {
    let all = events.iter().filter_map(|event| match event {
        Injection::Node(Standing::Up, name) => Some(name.as_str()),
        _ => None,
    });
    all.collect()
}

fn with_events(document: &Document, injections: &Injections, found: Situation, wanted: &Wanted) -> Simulated {
    let mut document = document.clone();
    let simulated = |before, modifications, document, situation| Simulated {
        before,
        modifications,
        document,
        situation,
        output: None,
        graph: None,
        transition: None,
    };
    if injections.events.is_empty() {
        return simulated(None, Vec::new(), document, found);
    }
    let modifications = {
        let known = known(&found, coming(&injections.events), wanted.written);
        injection::inject(&mut document, &injections.events, &known)
    };
    let situation = resolve(&wanted.input(&document));
    simulated(Some(found), modifications, document, situation)
}

fn transition(graph: Graph, simulated: &Simulated, failures: &[Operation], written: Now) -> Simulation {
    let situation = &simulated.situation;
    let histories: BTreeSet<&str> =
        situation.resources.rows().iter().filter_map(|resource| resource.history_id.as_deref()).collect();
    let known = |name: &str| situation.resource_by_name(name).is_some() || histories.contains(name);
    carry_out(graph, &Setting { document: &simulated.document, known: &known, now: written, failures })
}

/// The document with its nodes' states, and nothing of what they did.
fn without_histories(document: &Document) -> Document {
    let mut document = document.clone();
    let status = document.status_mut();
    for at in 0..status.children.len() {
        if let Some(state) = status.child_at_mut(at) {
            state.retain_elements(|part| part.name != "lrm");
        }
    }
    document
}
