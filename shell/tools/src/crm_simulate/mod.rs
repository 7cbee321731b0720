//! crm_simulate: what the cluster would do with a CIB, and what would come of it.
//!
//! In: a CIB (of the cluster, a file, a shadow, standard input), and what is to be supposed. Out: its
//! state, the planned changes, the transition carried out on paper.
//! Absent: changing anything but files.

mod options;
mod profile;
mod report;
mod source;

use crate::standard::{self, Call, Failed, Format};
use crate::{Exit, Io, clock};
use options::{Asked, MANUAL, SimulateOptions, pointed_at};
use quorate_core::arguments::split;
use quorate_core::cib::Document;
use quorate_core::scheduler::trace::Told;
use quorate_core::scheduler::{self, Drawing, Input, Output, Situation, resolve};
use quorate_core::simulate::{Injections, Refused, Simulated, Wanted, Which, simulate};
use quorate_core::time::Now;
use quorate_core::transition::simulation::Simulation;
use quorate_core::transition::specification::{Operation, Wrong};
use quorate_core::transition::xml as graph_xml;
use quorate_core::view::{self, Extra, Section, text};
use quorate_transport::zone;
use report::{Report, Title};
use source::Source;
use std::io::{BufWriter, Write};

const TOOL: &str = MANUAL.name;

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, answer)
}

fn answer(Call { given, format, request }: Call, io: &mut Io) -> Exit {
    let options = match SimulateOptions::of(&given) {
        Ok(options) => options,
        Err(error) => {
            io.error(TOOL, &error.to_string());
            return Exit::USAGE;
        }
    };
    match given.value("output-to").as_deref().filter(|to| *to != "-") {
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

fn print(options: &SimulateOptions, format: Format, request: &str, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let mut out = BufWriter::new(out);
    let mut report = Report::new(format, options.is_bare(), request, &mut out, err);
    let exit = match (Run { options, report: &mut report }).run() {
        Ok(exit) => exit,
        Err((exit, message)) => {
            // What the configuration is not is told as Pacemaker tells it.
            let by = if exit == Exit::CONFIG { String::new() } else { format!("{TOOL}: ") };
            report.error(&format!("{by}{message}"));
            exit
        }
    };
    report.finish(exit);
    exit
}

/// Why there is no answer, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// What the tool prints with these options for a document at hand, and the document that comes of it.
///
/// # Errors
/// An option is wrong, or the document cannot be decided on.
pub fn of_document(document: &Document, options: &[&str]) -> Result<(String, Document), Refusal> {
    let words: Vec<String> = options.iter().map(|word| (*word).to_string()).collect();
    let given = split(MANUAL.tables, &words).map_err(|error| Refusal(error.to_string()))?;
    let options = SimulateOptions::of(&given).map_err(|error| Refusal(error.to_string()))?;
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut report = Report::new(Format::Text, options.is_bare(), "", &mut out, &mut err);
    let simulated = Run { options: &options, report: &mut report }.of_document(document, true);
    report.finish(Exit::OK);
    let simulated = simulated.map_err(|(_, message)| Refusal(message))?;
    Ok((String::from_utf8_lossy(&out).into_owned(), simulated.result().clone()))
}

struct Run<'a, 'b> {
    options: &'a SimulateOptions,
    report: &'a mut Report<'b>,
}

fn wrong(Asked { option, text, value }: Asked<Wrong>) -> Failed {
    (Exit::USAGE, pointed_at(option, &text, &value))
}

impl Run<'_, '_> {
    fn run(mut self) -> Result<Exit, Failed> {
        if let Some(directory) = &self.options.profile {
            return self.profile(directory);
        }
        let source = Source::of(self.options);
        let target = self.options.in_place.then(|| source.file()).transpose()?;
        for path in self.options.save_input.iter().chain(&self.options.save_output) {
            source::expect_place(path)?;
        }
        let simulated = self.of_document(&source.read()?, source.secrets_removed())?;
        // Pacemaker's --in-place leaves --save-output aside; here both get the result.
        for path in self.options.save_output.iter().chain(&target) {
            source::save(path, simulated.result())?;
        }
        let complete = simulated.transition.as_ref().is_none_or(|transition| transition.complete);
        // The process ends; giving all this back piece by piece would take longer than a decision.
        std::mem::forget(simulated);
        Ok(if complete { Exit::OK } else { Exit::ERROR })
    }

    fn of_document(&mut self, document: &Document, secrets_removed: bool) -> Result<Simulated, Failed> {
        let events = self.options.injections().map_err(wrong)?;
        let failures = self.options.failures().map_err(wrong)?;
        let (document, warnings) = source::upgraded(document)?;
        warnings.iter().for_each(|warning| self.report.warning(warning));
        let wanted = self.wanted(self.now(&document)?, secrets_removed);
        let injections = Injections {
            events: events.iter().map(|asked| asked.value.clone()).collect(),
            failures: failures.iter().map(|asked| asked.value.clone()).collect(),
        };
        let simulated = simulate(&document, &injections, &wanted).map_err(|Refused { which, wrong }| {
            let (option, text) = match which {
                Which::Event(at) => (events[at].option, events[at].text.clone()),
                Which::Failure(at) => (failures[at].option, failures[at].text.clone()),
            };
            self::wrong(Asked { option, text, value: wrong })
        })?;
        self.tell(&document, &simulated, &wanted, &injections.failures)?;
        Ok(simulated)
    }

    fn wanted(&self, now: Now, secrets_removed: bool) -> Wanted {
        let drawing = Drawing { all: self.options.all_actions, numbers: self.options.verbose > 0 };
        Wanted {
            written: clock::now(),
            secrets_removed,
            decision: self.options.decides(),
            transition: self.options.simulates(),
            trace: self.options.show_scores || self.options.show_utilization,
            graph: self.options.save_graph.is_some(),
            drawing: self.options.save_dotfile.is_some().then_some(drawing),
            // If only names are to be checked, what runs where does not matter much.
            names_only: self.options.quiet,
            ..Wanted::decided(now)
        }
    }

    /// All of it, in the order in which it happens.
    fn tell(
        &mut self,
        document: &Document,
        simulated: &Simulated,
        wanted: &Wanted,
        failures: &[Operation],
    ) -> Result<(), Failed> {
        if !self.options.quiet {
            self.announce_time(document, wanted.now);
            self.show(Title::Status, document, simulated.first());
            if simulated.before.is_some() {
                self.report.modifications(&simulated.modifications);
                self.announce_time(&simulated.document, wanted.now);
            }
        }
        if let Some(path) = &self.options.save_input {
            source::save(path, &simulated.document)?;
        }
        if let Some(output) = &simulated.output {
            self.show_decision(simulated, output)?;
        }
        if let Some(transition) = &simulated.transition {
            self.show_transition(transition, failures);
            self.show_result(transition, wanted);
        }
        Ok(())
    }

    fn input<'d>(&self, document: &'d Document, now: Now, secrets_removed: bool) -> Input<'d> {
        Input { secrets_removed, ..Input::new(document, now) }
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
        let mut options = view::ViewOptions { pending: first, zone: zone::local(), ..text::status_options() };
        if self.options.show_attrs {
            options.sections = options.sections.with(Section::Attributes);
        }
        if self.options.show_failcounts {
            options.sections = options.sections.with(Section::FailCounts).with(Section::Failures);
        }
        self.report.status(title, &view, &options);
    }

    fn show_decision(&mut self, simulated: &Simulated, output: &Output) -> Result<(), Failed> {
        let situation = &simulated.situation;
        let told = Told { scores: self.options.show_scores, utilization: self.options.show_utilization };
        self.report.scores(situation, output, told, self.options.quiet);
        if let (Some(path), Some(graph)) = (&self.options.save_graph, &simulated.graph) {
            source::save_text(path, &graph_xml::write(graph))?;
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

    fn show_transition(&mut self, transition: &Simulation, failures: &[Operation]) {
        match self.options.quiet {
            true => self.report.distance(),
            false => self.report.transition(&transition.steps),
        }
        if !transition.complete {
            self.report.error("Transition failed: terminated");
            self.report.error("An invalid transition was produced");
        }
        for (wish, _) in failures.iter().zip(&transition.failed).filter(|(_, failed)| !**failed) {
            let text = format!("--op-fail: {}: there was no such action in this transition", wish.text);
            self.report.warning(&format!("{TOOL}: {text}"));
        }
    }

    fn show_result(&mut self, transition: &Simulation, wanted: &Wanted) {
        if !self.options.quiet {
            self.announce_time(&transition.document, wanted.now);
            let situation = resolve(&self.input(&transition.document, wanted.now, wanted.secrets_removed));
            self.show(Title::Revised, &transition.document, &situation);
        }
    }
}
