//! What crm_simulate prints: text as Pacemaker's, a `pacemaker-result` document, or nothing.
//!
//! In: values of every stage, as they come. Out: lines at once, or a document at the end.
//! Absent: deciding what to show.

mod title;
mod xml;

pub use title::Title;

use crate::Exit;
use crate::standard::Format;
use quorate_core::scheduler::trace::{self, Told};
use quorate_core::scheduler::{Output, Situation};
use quorate_core::transition::injection::Modification;
use quorate_core::transition::simulation::Step;
use quorate_core::transition::summary::{self, Change};
use quorate_core::view::cluster::Summary;
use quorate_core::view::{ClusterView, ViewOptions, text};
use std::io::Write;

pub struct Report<'a> {
    format: Format,
    /// Lines stand alone, without titles and bullets: scores for scripts.
    bare: bool,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    /// Whether something was printed that the next block keeps a distance from.
    space: bool,
    document: xml::Result,
}

impl<'a> Report<'a> {
    pub fn new(format: Format, bare: bool, request: &str, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Report { format, bare, out, err, space: false, document: xml::Result::new(request) }
    }

    /// A line that belongs to no block.
    pub fn note(&mut self, text: &str) {
        if self.format == Format::Text {
            self.line(text);
        }
    }

    /// Something went wrong; programs find it in the document.
    pub fn error(&mut self, text: &str) {
        match self.format {
            Format::Xml => self.document.error(text),
            Format::Text | Format::None => self.warning(text),
        }
    }

    /// Said aside, in every format.
    pub fn warning(&mut self, text: &str) {
        // What was printed so far comes first.
        let _ = self.out.flush();
        let _ = writeln!(self.err, "{text}");
    }

    /// That the cluster's hands are tied, and that there are resources it will not touch.
    pub fn limits(&mut self, summary: &Summary) {
        if self.format != Format::Text {
            return;
        }
        if summary.maintenance_mode {
            self.line("\n              *** Resource management is DISABLED ***");
            self.line("  The cluster will not attempt to start, stop or recover services");
            self.space = true;
        }
        if summary.disabled > 0 || summary.blocked > 0 {
            self.distance();
            self.line(&format!(
                "{} of {} resource instances DISABLED and {} BLOCKED from further action due to failure",
                summary.disabled, summary.instances, summary.blocked
            ));
        }
    }

    pub fn status(&mut self, title: Title, view: &ClusterView, options: &ViewOptions) {
        match self.format {
            Format::Text => {
                self.distance();
                self.line(text::print_status(title.text(), view, options).trim_end_matches('\n'));
            }
            Format::Xml => self.document.status(title, view, options),
            Format::None => {}
        }
    }

    pub fn modifications(&mut self, modifications: &[Modification]) {
        match self.format {
            Format::Text => self.block(Title::Modifications, modifications.iter().map(ToString::to_string)),
            Format::Xml => self.document.modifications(modifications),
            Format::None => {}
        }
    }

    pub fn scores(&mut self, situation: &Situation, output: &Output, told: Told, quiet: bool) {
        let Some(title) = Title::of_trace(told) else { return };
        let lines = output.trace.iter().filter(|line| told.tells(line));
        match self.format {
            Format::Text => {
                self.title(title);
                if !quiet {
                    output.hidden_changes.iter().for_each(|text| self.line(text));
                }
                lines.for_each(|line| self.item(&trace::text(situation, line)));
            }
            Format::Xml => self.document.scores(title, situation, lines),
            Format::None => {}
        }
    }

    /// The planned changes, each with the words that explain it, if there are any.
    pub fn summary(&mut self, changes: &[Change], reasons: &[Vec<String>]) {
        match self.format {
            Format::Text => {
                let explained = |at: usize, line: String| {
                    let reasons = reasons.get(at).into_iter().flatten().map(|reason| format!("\n      - {reason}"));
                    std::iter::once(line).chain(reasons).collect()
                };
                self.block(Title::Summary, summary::explained(changes, explained).into_iter());
            }
            Format::Xml => self.document.summary(changes, reasons),
            Format::None => {}
        }
    }

    pub fn transition(&mut self, steps: &[Step]) {
        match self.format {
            Format::Text => {
                self.title(Title::Transition);
                for step in steps {
                    match step {
                        Step::Pretended { .. } => self.line(&step.to_string()),
                        _ => self.item(&step.to_string()),
                    }
                }
            }
            Format::Xml => self.document.transition(steps),
            Format::None => {}
        }
    }

    pub fn timings(&mut self, timings: &[(String, f64)]) {
        match self.format {
            Format::Text => {
                let line = |(file, seconds): &(String, f64)| format!("Testing {file} ... {seconds:.2} secs");
                self.block(Title::Timings, timings.iter().map(line));
            }
            Format::Xml => self.document.timings(timings),
            Format::None => {}
        }
    }

    /// An empty line, where something was printed before.
    pub fn distance(&mut self) {
        if std::mem::replace(&mut self.space, true) && self.format == Format::Text {
            self.line("");
        }
    }

    /// Ends the report. A reader that has gone away is no error.
    pub fn finish(self, exit: Exit) {
        if self.format == Format::Xml {
            let _ = self.out.write_all(self.document.finish(exit).as_bytes());
        }
        let _ = self.out.flush();
    }

    fn block(&mut self, title: Title, lines: impl Iterator<Item = String>) {
        self.title(title);
        lines.for_each(|line| self.item(&line));
    }

    fn title(&mut self, title: Title) {
        self.distance();
        if !self.bare {
            self.line(&format!("{}:", title.text()));
        }
    }

    fn item(&mut self, text: &str) {
        match self.bare {
            true => self.line(text),
            false => self.line(&format!("  * {text}")),
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }
}
