//! crm_simulate: what the cluster would do with a CIB, and what would come of it.
//!
//! In: a CIB (of the cluster, a file, a shadow, standard input), and what is to be supposed. Out: its
//! state, the planned changes, the transition carried out on paper.
//! Absent: changing anything but files.

mod options;
mod profile;
mod report;
mod source;

use super::standard::{Call, Format, begin};
use super::{Exit, Io};
use crate::clock;
use options::{Asked, Options, pointed_at};
use quorate_core::cib::Document;
use quorate_core::scheduler::trace::Told;
use quorate_core::scheduler::{self, Drawing, Input, Output, Situation};
use quorate_core::time::Now;
use quorate_core::transition::ResourceRef;
use quorate_core::transition::injection::{self, Injection, Known, Modification};
use quorate_core::transition::simulation::{Setting, Simulation, simulate};
use quorate_core::transition::specification::Operation;
use quorate_core::transition::xml as graph_xml;
use quorate_core::view::{self, Extra, Section, text};
use quorate_transport::zone;
use report::{Report, Title};
use source::Source;
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};

const TOOL: &str = "crm_simulate";
/// An exit code and what is to be said.
type Failed = (Exit, String);

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let Call { options, format, request } = match begin::<Options>(TOOL, arguments, io) {
        Ok(call) => call,
        Err(exit) => return exit,
    };
    match options.output_to.as_deref().filter(|to| *to != "-") {
        None => print(&options, format, &request, io.out, io.err),
        Some(path) => match std::fs::File::create(path) {
            Ok(mut file) => print(&options, format, &request, &mut file, io.err),
            Err(error) => {
                io.error(TOOL, &format!("--output-to: {path}: {error}"));
                if error.kind() == std::io::ErrorKind::NotFound { Exit::NO_SUCH } else { Exit::ERROR }
            }
        },
    }
}

fn print(options: &Options, format: Format, request: &str, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let mut out = BufWriter::new(out);
    let bare = options.quiet && options.show_scores;
    let mut report = Report::new(format, bare, request, &mut out, err);
    let exit = match (Run { options, report: &mut report }).run() {
        Ok(exit) => exit,
        Err((exit, message)) => {
            report.error(&format!("{TOOL}: {message}"));
            exit
        }
    };
    report.finish(exit);
    exit
}

struct Run<'a, 'b> {
    options: &'a Options,
    report: &'a mut Report<'b>,
}

impl Run<'_, '_> {
    fn run(mut self) -> Result<Exit, Failed> {
        if let Some(directory) = &self.options.profile {
            return self.profile(directory);
        }
        let injections = self.options.injections().map_err(|text| (Exit::USAGE, text))?;
        let failures = self.options.failures().map_err(|text| (Exit::USAGE, text))?;
        let source = Source::of(self.options);
        let target = self.options.in_place.then(|| source.file()).transpose()?;
        for path in self.options.save_input.iter().chain(&self.options.save_output) {
            source::expect_place(path)?;
        }
        let (mut document, warnings) = source::upgraded(&source.read()?)?;
        warnings.iter().for_each(|warning| self.report.warning(warning));
        let now = self.now(&document)?;
        // If only names are to be checked, what runs where does not matter much.
        let names_only = self.options.quiet && !injections.is_empty();
        let looked_at = if names_only { without_histories(&document) } else { document.clone() };
        let mut found = scheduler::resolve(&self.input(&looked_at, now, source.secrets_removed()));
        if names_only && self.check(&found, &injections, &failures).is_err() {
            // A history may tell of what is not configured any more.
            found = scheduler::resolve(&self.input(&document, now, source.secrets_removed()));
        }
        self.check(&found, &injections, &failures)?;
        if !self.options.quiet {
            self.announce_time(&document, now);
            self.show(Title::Status, &document, &found);
        }
        let situation = if injections.is_empty() {
            found
        } else {
            let injections: Vec<_> = injections.into_iter().map(|asked| asked.value).collect();
            let done = injection::inject(&mut document, &injections, &known(&found, &self.options.node_up));
            self.show_modifications(&document, now, &done);
            scheduler::resolve(&self.input(&document, now, source.secrets_removed()))
        };
        if let Some(path) = &self.options.save_input {
            source::save(path, &document)?;
        }
        let failures: Vec<Operation> = failures.into_iter().map(|asked| asked.value).collect();
        let mut exit = Exit::OK;
        if self.options.decides() {
            let input = self.input(&document, now, source.secrets_removed());
            let output = scheduler::decide(&input, &situation);
            self.show_decision(&situation, &output)?;
            if self.options.simulates() {
                let simulation = self.simulate(&document, &situation, output, &failures);
                exit = if simulation.complete { Exit::OK } else { Exit::ERROR };
                self.show_result(&simulation, now, source.secrets_removed());
                document = simulation.document;
            } else {
                std::mem::forget(output);
            }
        }
        // Pacemaker's --in-place leaves --save-output aside; here both get the result.
        for path in self.options.save_output.iter().chain(&target) {
            source::save(path, &document)?;
        }
        // The process ends; giving all this back piece by piece would take longer than a decision.
        std::mem::forget((document, situation));
        Ok(exit)
    }

    /// Whether all that is to be supposed can be.
    fn check(
        &self,
        situation: &Situation,
        injections: &[Asked<Injection>],
        failures: &[Asked<Operation>],
    ) -> Result<(), Failed> {
        let known = known(situation, &self.options.node_up);
        let refuse = |option, text: &str, wrong| (Exit::USAGE, pointed_at(option, text, &wrong));
        for asked in injections {
            injection::check(&asked.value, &known).map_err(|wrong| refuse(asked.option, &asked.text, wrong))?;
        }
        for asked in failures {
            injection::check_operation(&asked.value, &known)
                .map_err(|wrong| refuse(asked.option, &asked.text, wrong))?;
        }
        Ok(())
    }

    fn input<'d>(&self, document: &'d Document, now: Now, secrets_removed: bool) -> Input<'d> {
        let drawing = Drawing { all: self.options.all_actions, numbers: self.options.verbose > 0 };
        let draw = self.options.save_dotfile.is_some().then_some(drawing);
        let trace = self.options.show_scores || self.options.show_utilization;
        Input { secrets_removed, draw, trace, ..Input::new(document, now) }
    }

    fn now(&self, document: &Document) -> Result<Now, Failed> {
        if let Some(text) = &self.options.set_datetime {
            let wrong = || (Exit::USAGE, format!("--set-datetime: `{text}` is no ISO 8601 date and time"));
            return clock::supposed(text).ok_or_else(wrong);
        }
        let recorded = document.root().attr("execution-date").and_then(|date| date.parse().ok());
        Ok(recorded.map_or_else(clock::now, clock::at))
    }

    fn announce_time(&mut self, document: &Document, now: Now) {
        if let Some(text) = &self.options.set_datetime {
            self.report.note(&format!("Setting effective cluster time: {text}"));
        } else if document.root().attr("execution-date").is_some() {
            self.report.note(&format!("Using the original execution date of: {}", clock::text(now.epoch())));
        }
    }

    fn show(&mut self, title: Title, document: &Document, situation: &Situation) {
        let view = view::build(document, situation, &Extra::default());
        let first = title == Title::Status;
        if first {
            self.report.limits(&view.summary);
        }
        let mut options = view::Options { pending: first, zone: zone::local(), ..text::status_options() };
        if self.options.show_attrs {
            options.sections = options.sections.with(Section::Attributes);
        }
        if self.options.show_failcounts {
            options.sections = options.sections.with(Section::FailCounts).with(Section::Failures);
        }
        self.report.status(title, &view, &options);
    }

    fn show_modifications(&mut self, document: &Document, now: Now, done: &[Modification]) {
        if !self.options.quiet {
            self.report.modifications(done);
            self.announce_time(document, now);
        }
    }

    fn show_decision(&mut self, situation: &Situation, output: &Output) -> Result<(), Failed> {
        let told = Told { scores: self.options.show_scores, utilization: self.options.show_utilization };
        self.report.scores(situation, &output.trace, told);
        if let Some(path) = &self.options.save_graph {
            source::save_text(path, &graph_xml::write(&output.graph))?;
        }
        if let Some(path) = &self.options.save_dotfile {
            source::save_text(path, &output.dot)?;
        }
        if !self.options.quiet {
            let reasons = self.options.explain.then(|| {
                let explanation = scheduler::explain::explain(situation);
                output.summary.iter().map(|change| explanation.reasons(change)).collect::<Vec<_>>()
            });
            self.report.summary(&output.summary, &reasons.unwrap_or_default());
        }
        Ok(())
    }

    fn simulate(
        &mut self,
        document: &Document,
        situation: &Situation,
        output: Output,
        failures: &[Operation],
    ) -> Simulation {
        let in_history: BTreeSet<&str> =
            situation.resources.rows().iter().filter_map(|resource| resource.history_id.as_deref()).collect();
        let known = |name: &str| situation.resource_by_name(name).is_some() || in_history.contains(name);
        let setting = Setting { document, known: &known, now: crate::clock::now(), failures };
        let simulation = simulate(output.graph, &setting);
        match self.options.quiet {
            true => self.report.distance(),
            false => self.report.transition(&simulation.steps),
        }
        if !simulation.complete {
            self.report.error("Transition failed: terminated");
            self.report.error("An invalid transition was produced");
        }
        for (wish, _) in failures.iter().zip(&simulation.failed).filter(|(_, failed)| !**failed) {
            let text = format!("--op-fail: {}: there was no such action in this transition", wish.text);
            self.report.warning(&format!("{TOOL}: {text}"));
        }
        simulation
    }

    fn show_result(&mut self, simulation: &Simulation, now: Now, secrets_removed: bool) {
        if !self.options.quiet {
            self.announce_time(&simulation.document, now);
            let situation = scheduler::resolve(&self.input(&simulation.document, now, secrets_removed));
            self.show(Title::Revised, &simulation.document, &situation);
        }
    }
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

/// What may be named in an injection: nodes that are to come up, too.
pub fn known<'a>(situation: &'a Situation, coming: &'a [String]) -> Known<'a, impl Fn(&str) -> Option<ResourceRef>> {
    let nodes = situation.nodes.rows().iter().map(|node| node.name.as_str());
    let primitives = situation.resources.rows().iter().filter(|resource| resource.is_primitive());
    let names: BTreeSet<&str> = primitives.map(|resource| resource.config_id.as_str()).collect();
    Known {
        resource: move |name: &str| primitive(situation, name),
        resources: names.into_iter().collect(),
        nodes: nodes.chain(coming.iter().map(String::as_str)).collect(),
        start_failure_is_fatal: situation.options.start_failure_is_fatal,
        now: crate::clock::now(),
    }
}

/// A primitive by its name or an instance's; of an anonymous clone all instances are one in histories.
fn primitive(situation: &Situation, name: &str) -> Option<ResourceRef> {
    let by_id = situation.resource_by_name(name).map(|id| &situation.resources[id]);
    let named = |resource: &&scheduler::resolve::Resource| {
        resource.config_id.as_str() == name || resource.history_id.as_deref() == Some(name)
    };
    let found = by_id
        .filter(|resource| resource.is_primitive())
        .or_else(|| situation.resources.rows().iter().filter(|resource| resource.is_primitive()).find(named))?;
    let id = if found.unique { found.id.to_string() } else { found.config_id.to_string() };
    let agent = found.agent.clone();
    Some(ResourceRef { id, long_id: None, class: agent.class, provider: agent.provider, kind: agent.kind })
}
