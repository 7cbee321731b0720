//! The options of crm_simulate, and what they ask to be supposed.
//!
//! In: words. Out: [`Options`]; injections with the text they were written in, so that a mistake can be pointed at.

use crate::tools::standard::Standard;
use clap::Parser;
use quorate_core::transition::history::Standing;
use quorate_core::transition::injection::{Injection, TicketChange};
use quorate_core::transition::specification::{Operation, Wrong};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Span};
use std::path::PathBuf;

const AFTER: &str = "Operation specification:
  RESOURCE_TASK_INTERVAL@NODE=EXITCODE, the interval in milliseconds, the exit code an OCF one,
  for example memcached_monitor_20000@bart.example.com=7

Examples:
  Pretend a recurring monitor found memcached stopped, and that its stop failed during recovery:
    crm_simulate -LS --op-inject memcached:0_monitor_20000@bart=7 --op-fail memcached:0_stop_0@fred=1 -O test.xml
  Then see what follows from the failed stop:
    crm_simulate -S --xml-file test.xml";

const OPERATIONS: &str = "Operations";
const EVENTS: &str = "Synthetic cluster events";
const ARTIFACTS: &str = "Artifacts";
const SOURCE: &str = "Data source";
const OUTPUT: &str = "Output";
const GENERAL: &str = "General";

#[derive(Parser, Debug)]
#[command(
    name = "crm_simulate",
    about = "Shows what the cluster would do, and what would come of it",
    after_help = AFTER,
    disable_version_flag = true,
    args_override_self = true
)]
pub struct Options {
    /// Show the planned changes
    #[arg(short = 'R', long, help_heading = OPERATIONS)]
    pub run: bool,
    /// Like --run, and carry them out on paper
    #[arg(short = 'S', long, help_heading = OPERATIONS)]
    pub simulate: bool,
    /// Like --simulate, and store the result where the input came from (a file or a shadow)
    #[arg(short = 'X', long, help_heading = OPERATIONS)]
    pub in_place: bool,
    /// Show node attributes
    #[arg(short = 'A', long, help_heading = OPERATIONS)]
    pub show_attrs: bool,
    /// Show fail counts and failures
    #[arg(short = 'c', long, help_heading = OPERATIONS)]
    pub show_failcounts: bool,
    /// Show scores
    #[arg(short = 's', long, help_heading = OPERATIONS)]
    pub show_scores: bool,
    /// Show what resources take of nodes
    #[arg(short = 'U', long, help_heading = OPERATIONS)]
    pub show_utilization: bool,
    /// Say of every planned change where the scores come from that led to it
    #[arg(long, help_heading = OPERATIONS)]
    pub explain: bool,
    /// Time the decisions for all XML files of a directory
    #[arg(short = 'P', long, value_name = "DIR", help_heading = OPERATIONS)]
    pub profile: Option<PathBuf>,
    /// With --profile: decide so many times on each
    #[arg(short = 'N', long, value_name = "N", default_value_t = 1, help_heading = OPERATIONS, allow_hyphen_values = true)]
    pub repeat: i32,
    #[arg(short = 'j', long, hide = true)]
    pub pending: bool,

    /// Suppose a node comes online (it may be new)
    #[arg(short = 'u', long, value_name = "NODE", help_heading = EVENTS)]
    pub node_up: Vec<String>,
    /// Suppose a node left in good order
    #[arg(short = 'd', long, value_name = "NODE", help_heading = EVENTS)]
    pub node_down: Vec<String>,
    /// Suppose a node was lost
    #[arg(short = 'f', long, value_name = "NODE", help_heading = EVENTS)]
    pub node_fail: Vec<String>,
    /// Suppose an operation had this result
    #[arg(short = 'i', long, value_name = "OPSPEC", help_heading = EVENTS)]
    pub op_inject: Vec<String>,
    /// Let this operation of the simulated transition end so; the transition ends with it
    #[arg(short = 'F', long, value_name = "OPSPEC", help_heading = EVENTS)]
    pub op_fail: Vec<String>,
    /// Suppose it were this time (ISO 8601)
    #[arg(short = 't', long, value_name = "DATETIME", help_heading = EVENTS, allow_hyphen_values = true)]
    pub set_datetime: Option<String>,
    /// Suppose there is quorum, or not
    #[arg(short = 'q', long, value_name = "BOOLEAN", help_heading = EVENTS)]
    pub quorum: Option<String>,
    /// Suppose there is a watchdog, or not
    #[arg(short = 'w', long, value_name = "BOOLEAN", help_heading = EVENTS)]
    pub watchdog: Option<String>,
    /// Suppose a ticket is granted
    #[arg(short = 'g', long, value_name = "TICKET", help_heading = EVENTS)]
    pub ticket_grant: Vec<String>,
    /// Suppose a ticket is revoked
    #[arg(short = 'r', long, value_name = "TICKET", help_heading = EVENTS)]
    pub ticket_revoke: Vec<String>,
    /// Suppose a ticket is put on standby
    #[arg(short = 'b', long, value_name = "TICKET", help_heading = EVENTS)]
    pub ticket_standby: Vec<String>,
    /// Suppose a ticket is made active
    #[arg(short = 'e', long, value_name = "TICKET", help_heading = EVENTS)]
    pub ticket_activate: Vec<String>,

    /// Write the input, with all that is supposed, to this file
    #[arg(short = 'I', long, value_name = "FILE", help_heading = ARTIFACTS)]
    pub save_input: Option<PathBuf>,
    /// Write the resulting CIB to this file
    #[arg(short = 'O', long, value_name = "FILE", help_heading = ARTIFACTS)]
    pub save_output: Option<PathBuf>,
    /// Write the transition graph to this file
    #[arg(short = 'G', long, value_name = "FILE", help_heading = ARTIFACTS)]
    pub save_graph: Option<PathBuf>,
    /// Write the transition graph to this file, in Graphviz's language
    #[arg(short = 'D', long, value_name = "FILE", help_heading = ARTIFACTS)]
    pub save_dotfile: Option<PathBuf>,
    /// Draw actions that are not needed, too
    #[arg(short = 'a', long, help_heading = ARTIFACTS)]
    pub all_actions: bool,

    /// Take the CIB of the cluster (or of CIB_shadow, or CIB_file)
    #[arg(short = 'L', long, help_heading = SOURCE, overrides_with_all = ["xml_file", "xml_pipe"])]
    pub live_check: bool,
    /// Take the CIB from this file (- is standard input)
    #[arg(short = 'x', long, value_name = "FILE", help_heading = SOURCE, overrides_with_all = ["live_check", "xml_pipe"])]
    pub xml_file: Option<PathBuf>,
    /// Take the CIB from standard input (as without any of these)
    #[arg(short = 'p', long, help_heading = SOURCE, overrides_with_all = ["live_check", "xml_file"])]
    pub xml_pipe: bool,

    /// text, xml or none
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = OUTPUT)]
    pub output_as: String,
    /// Write to this file (- is standard output)
    #[arg(long, value_name = "DEST", help_heading = OUTPUT)]
    pub output_to: Option<String>,

    /// Show little
    #[arg(short = 'Q', long, help_heading = GENERAL)]
    pub quiet: bool,
    /// Tell more: numbers of actions in pictures
    #[arg(short = 'V', long, action = clap::ArgAction::Count, help_heading = GENERAL)]
    pub verbose: u8,
    /// Print the version and end
    #[arg(short = '$', long, help_heading = GENERAL)]
    pub version: bool,
    #[arg(long, hide = true)]
    pub help_all: bool,
    #[arg(long, hide = true)]
    pub help_output: bool,
    #[arg(long, hide = true)]
    pub help_operations: bool,
    #[arg(long, hide = true)]
    pub help_synthetic: bool,
    #[arg(long, hide = true)]
    pub help_artifact: bool,
    #[arg(long, hide = true)]
    pub help_source: bool,
}

/// Something to suppose, as it was asked for.
pub struct Asked<T> {
    pub option: &'static str,
    pub text: String,
    pub value: T,
}

impl Standard for Options {
    fn wants_help(&self) -> bool {
        let groups =
            [self.help_output, self.help_operations, self.help_synthetic, self.help_artifact, self.help_source];
        self.help_all || groups.contains(&true)
    }

    fn wants_version(&self) -> bool {
        self.version
    }

    fn format(&self) -> &str {
        &self.output_as
    }
}

impl Options {
    /// Whether a decision is to be made.
    pub fn decides(&self) -> bool {
        self.run
            || self.simulates()
            || self.show_scores
            || self.explain
            || self.show_utilization
            || self.save_graph.is_some()
            || self.save_dotfile.is_some()
    }

    pub fn simulates(&self) -> bool {
        self.simulate || self.in_place || !self.op_fail.is_empty()
    }

    /// What is to be supposed, in the order it is done.
    pub fn injections(&self) -> Result<Vec<Asked<Injection>>, String> {
        let mut asked = Vec::new();
        let mut add = |option, texts: &mut dyn Iterator<Item = &String>, make: &dyn Fn(String) -> Injection| {
            asked.extend(texts.map(|text| Asked { option, text: text.clone(), value: make(text.clone()) }));
        };
        add("--quorum", &mut self.quorum.iter(), &Injection::Quorum);
        add("--watchdog", &mut self.watchdog.iter(), &Injection::Watchdog);
        let nodes = [
            ("--node-up", &self.node_up, Standing::Up),
            ("--node-down", &self.node_down, Standing::Down),
            ("--node-fail", &self.node_fail, Standing::Lost),
        ];
        for (option, names, standing) in nodes {
            add(option, &mut names.iter(), &|name| Injection::Node(standing, name));
        }
        let tickets = [
            ("--ticket-grant", &self.ticket_grant, TicketChange::Grant),
            ("--ticket-revoke", &self.ticket_revoke, TicketChange::Revoke),
            ("--ticket-standby", &self.ticket_standby, TicketChange::Standby),
            ("--ticket-activate", &self.ticket_activate, TicketChange::Activate),
        ];
        for (option, names, change) in tickets {
            add(option, &mut names.iter(), &|name| Injection::Ticket(change, name));
        }
        for Asked { option, text, value } in operations("--op-inject", &self.op_inject)? {
            asked.push(Asked { option, text, value: Injection::Operation(value) });
        }
        Ok(asked)
    }

    /// What is to fail in the simulated transition.
    pub fn failures(&self) -> Result<Vec<Asked<Operation>>, String> {
        operations("--op-fail", &self.op_fail)
    }
}

fn operations(option: &'static str, texts: &[String]) -> Result<Vec<Asked<Operation>>, String> {
    let parse = |text: &String| match Operation::parse(text) {
        Ok(value) => Ok(Asked { option, text: text.clone(), value }),
        Err(wrong) => Err(pointed_at(option, text, &wrong)),
    };
    texts.iter().map(parse).collect()
}

/// More names than this are no help.
const LISTED: usize = 12;

/// A mistake with the text it is in, a mark under the part that is wrong, and what may have been meant.
pub fn pointed_at(option: &str, text: &str, wrong: &Wrong) -> String {
    let word = text.get(wrong.at.clone()).unwrap_or_default();
    let mut diagnostic = Diagnostic::error(Span::new(wrong.at.start, wrong.at.end), wrong.message.clone());
    diagnostic.hint = match closest(word, wrong.known.iter().map(String::as_str)) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if (1..=LISTED).contains(&wrong.known.len()) => Some(format!("it is one of {}", wrong.known.join(", "))),
        None => None,
    };
    let picture = diagnostic.picture(option, text);
    let mut lines = vec![format!("{option}: {}", picture.message), format!("    {}", picture.line)];
    lines.push(format!("    {}", picture.caret));
    lines.extend(picture.hint.map(|hint| format!("    hint: {hint}")));
    lines.join("\n")
}
