//! crm_simulate: what the cluster would do with a CIB, and what would come of it.
//!
//! In: a CIB file. Out: its state, the planned changes, the transition carried out on paper.
//! Absent: injected events, a live cluster's CIB.

use super::{Exit, Io};
use clap::Parser;
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::{self, Level};
use quorate_core::scheduler::{self, Input, Output, Situation};
use quorate_core::time::Now;
use quorate_core::transition::simulation::{Setting, simulate};
use quorate_core::transition::{summary, xml as graph_xml};
use quorate_core::view::{self, Extra, filter, text};
use quorate_grammar::literal;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::SystemTime;

const TOOL: &str = "crm_simulate";

#[derive(Parser, Debug)]
#[command(name = "crm_simulate", version, about = "Show what the cluster would do, and what would come of it")]
struct Options {
    /// Read the CIB from this file
    #[arg(short = 'x', long = "xml-file")]
    xml_file: PathBuf,
    /// Show the planned changes
    #[arg(short = 'R', long)]
    run: bool,
    /// Carry the transition out on paper
    #[arg(short = 'S', long)]
    simulate: bool,
    /// Show scores
    #[arg(short = 's', long)]
    show_scores: bool,
    /// Show what resources take of nodes
    #[arg(short = 'U', long)]
    show_utilization: bool,
    /// Show little
    #[arg(short = 'Q', long)]
    quiet: bool,
    /// As if it were this time
    #[arg(short = 't', long = "set-datetime")]
    set_datetime: Option<String>,
    /// Write the transition graph to this file
    #[arg(short = 'G', long = "save-graph")]
    save_graph: Option<PathBuf>,
    /// Write the transition graph to this file, in Graphviz's language
    #[arg(short = 'D', long = "save-dotfile")]
    save_dotfile: Option<PathBuf>,
}

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let options = match super::parse::<Options>(TOOL, arguments, io) {
        Ok(options) => options,
        Err(exit) => return exit,
    };
    match (Run { options: &options, io, space: false }).run() {
        Ok(exit) => exit,
        Err((exit, message)) => {
            io.error(TOOL, &message);
            exit
        }
    }
}

struct Run<'a, 'b> {
    options: &'a Options,
    io: &'a mut Io<'b>,
    /// Whether something was printed that the next block keeps a distance from.
    space: bool,
}

impl Run<'_, '_> {
    fn run(mut self) -> Result<Exit, (Exit, String)> {
        let document = self.read()?;
        let now = self.now(&document)?;
        let input =
            Input { secrets_removed: true, draw: self.options.save_dotfile.is_some(), ..Input::new(&document, now) };
        let situation = scheduler::resolve(&input);
        if !self.options.quiet {
            self.announce_time(&document, now);
            self.print_state("Current cluster status", &document, &situation, true);
        }
        if !(self.options.run || self.options.simulate || self.options.show_scores || self.options.show_utilization) {
            return Ok(Exit::OK);
        }
        let output = scheduler::decide(&input, &situation);
        self.print_scores(&output);
        self.save(&output)?;
        if !self.options.quiet {
            let lines = summary::lines(&output.summary);
            self.block("Transition Summary", &lines);
        }
        match self.options.simulate {
            true => Ok(self.simulate(&document, &situation, output, now)),
            false => Ok(Exit::OK),
        }
    }

    fn read(&mut self) -> Result<Document, (Exit, String)> {
        let path = self.options.xml_file.clone();
        let text = super::read_cib(&path).map_err(|error| (Exit::NO_INPUT, format!("{}: {error}", path.display())))?;
        let bad = |error: &dyn std::fmt::Display| (Exit::DATA_ERROR, format!("{}: {error}", path.display()));
        let document = Document::read(&text).map_err(|error| bad(&error))?;
        // Decisions are made in the newest schema's words, whatever the file was written in.
        let (document, warnings) = upgrade::to_latest(&document).map_err(|error| bad(&error))?;
        for warning in warnings.iter().filter(|warning| warning.level == Level::Warning) {
            self.io.error("crm_simulate", &warning.to_string());
        }
        Ok(document)
    }

    fn now(&self, document: &Document) -> Result<Now, (Exit, String)> {
        if let Some(text) = &self.options.set_datetime {
            let moment = literal::date(text).map_err(|_| (Exit::USAGE, format!("`{text}` is no time")))?;
            return Ok(Now(moment));
        }
        let recorded = document.root().attr("execution-date").and_then(|date| date.parse().ok());
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |age| age.as_secs());
        Ok(Now::from_epoch(recorded.unwrap_or_else(|| i64::try_from(real).unwrap_or(0))))
    }

    fn announce_time(&mut self, document: &Document, now: Now) {
        if let Some(text) = &self.options.set_datetime {
            self.io.line(&format!("Setting effective cluster time: {text}"));
        } else if document.root().attr("execution-date").is_some() {
            self.io.line(&format!("Using the original execution date of: {}", now.0));
        }
    }

    fn print_state(&mut self, title: &str, document: &Document, situation: &Situation, first: bool) {
        let view = view::build(document, situation, &Extra::default());
        let summary = &view.summary;
        if first && summary.maintenance_mode {
            self.distance();
            self.io.line("              *** Resource management is DISABLED ***");
            self.io.line("  The cluster will not attempt to start, stop or recover services");
        }
        if first && (summary.disabled > 0 || summary.blocked > 0) {
            self.distance();
            self.io.line(&format!(
                "{} of {} resource instances DISABLED and {} BLOCKED from further action due to failure",
                summary.disabled, summary.instances, summary.blocked
            ));
        }
        self.distance();
        let options = filter::Options { pending: first, ..filter::Options::default() };
        self.io.line(text::print_status(title, &view, &options).trim_end());
    }

    fn print_scores(&mut self, output: &Output) {
        let (scores, utilization) = (self.options.show_scores, self.options.show_utilization);
        let title = match (scores, utilization) {
            (true, true) => "Assignment Scores and Utilization Information",
            (true, false) => "Assignment Scores",
            (false, true) => "Utilization Information",
            (false, false) => return,
        };
        let mut lines: Vec<String> = Vec::new();
        lines.extend(output.scores.iter().filter(|_| scores).cloned());
        lines.extend(output.utilization.iter().filter(|_| utilization).cloned());
        match self.options.quiet {
            true => lines.iter().for_each(|line| self.io.line(line)),
            false => self.block(title, &lines),
        }
    }

    fn save(&self, output: &Output) -> Result<(), (Exit, String)> {
        let write = |path: &Option<PathBuf>, text: &str| match path {
            Some(path) => {
                std::fs::write(path, text).map_err(|error| (Exit::ERROR, format!("{}: {error}", path.display())))
            }
            None => Ok(()),
        };
        if self.options.save_graph.is_some() {
            write(&self.options.save_graph, &graph_xml::write(&output.graph))?;
        }
        write(&self.options.save_dotfile, &output.dot)
    }

    fn simulate(&mut self, document: &Document, situation: &Situation, output: Output, now: Now) -> Exit {
        let in_history: BTreeSet<&str> =
            situation.resources.rows().iter().filter_map(|resource| resource.history_id.as_deref()).collect();
        let known = |name: &str| situation.resource_by_name(name).is_some() || in_history.contains(name);
        let simulation = simulate(output.graph, &Setting { document, known: &known, now });
        if !self.options.quiet {
            self.block("Executing Cluster Transition", &simulation.lines);
        }
        if !simulation.complete {
            self.io.error(TOOL, "Transition failed: terminated");
            self.io.error(TOOL, "An invalid transition was produced");
        }
        if !self.options.quiet {
            self.announce_time(document, now);
            let input = Input { secrets_removed: true, ..Input::new(&simulation.document, now) };
            let situation = scheduler::resolve(&input);
            self.print_state("Revised Cluster Status", &simulation.document, &situation, false);
        }
        if simulation.complete { Exit::OK } else { Exit::ERROR }
    }

    fn distance(&mut self) {
        if std::mem::replace(&mut self.space, true) {
            self.io.line("");
        }
    }

    fn block(&mut self, title: &str, lines: &[String]) {
        self.distance();
        self.io.line(&format!("{title}:"));
        for line in lines {
            self.io.line(&format!("  * {line}"));
        }
    }
}
