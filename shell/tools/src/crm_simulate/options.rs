//! The options of crm_simulate, and what they ask to be supposed.
//!
//! In: words. Out: [`SimulateOptions`]; injections with the text they were written in, so that a mistake can be pointed at.

use crate::standard::{FORMATTED, Manual, STANDARD};
use quorate_core::arguments::{Argument, Given, UsageError, Value, argument};
use quorate_core::transition::history::Standing;
use quorate_core::transition::injection::{Injection, TicketChange};
use quorate_core::transition::specification::{Operation, Wrong};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Span};
use std::path::PathBuf;

const MORE: &str = "Operation specification:
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
const GENERAL: &str = "General";

pub const MANUAL: Manual = Manual {
    name: "crm_simulate",
    operands: &[],
    about: "Shows what the cluster would do, and what would come of it",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: MORE,
};

const TABLE: &[Argument] = &[
    argument(Some('R'), "run", Value::None, OPERATIONS, "show the planned changes"),
    argument(Some('S'), "simulate", Value::None, OPERATIONS, "like --run, and carry them out on paper"),
    argument(
        Some('X'),
        "in-place",
        Value::None,
        OPERATIONS,
        "like --simulate, and store the result where the input came from (a file or a shadow)",
    ),
    argument(Some('A'), "show-attrs", Value::None, OPERATIONS, "show node attributes"),
    argument(Some('c'), "show-failcounts", Value::None, OPERATIONS, "show fail counts and failures"),
    argument(Some('s'), "show-scores", Value::None, OPERATIONS, "show scores"),
    argument(Some('U'), "show-utilization", Value::None, OPERATIONS, "show what resources take of nodes"),
    argument(
        None,
        "explain",
        Value::None,
        OPERATIONS,
        "say of every planned change where the scores come from that led to it",
    ),
    argument(
        Some('P'),
        "profile",
        Value::Required("DIR"),
        OPERATIONS,
        "time the decisions for all XML files of a directory",
    ),
    argument(Some('N'), "repeat", Value::Required("N"), OPERATIONS, "with --profile: decide so many times on each"),
    argument(Some('j'), "pending", Value::None, GENERAL, ""),
    argument(Some('u'), "node-up", Value::Required("NODE"), EVENTS, "suppose a node comes online (it may be new)"),
    argument(Some('d'), "node-down", Value::Required("NODE"), EVENTS, "suppose a node left in good order"),
    argument(Some('f'), "node-fail", Value::Required("NODE"), EVENTS, "suppose a node was lost"),
    argument(Some('i'), "op-inject", Value::Required("OPSPEC"), EVENTS, "suppose an operation had this result"),
    argument(
        Some('F'),
        "op-fail",
        Value::Required("OPSPEC"),
        EVENTS,
        "let this operation of the simulated transition end so; the transition ends with it",
    ),
    argument(Some('t'), "set-datetime", Value::Required("DATETIME"), EVENTS, "suppose it were this time (ISO 8601)"),
    argument(Some('q'), "quorum", Value::Required("BOOLEAN"), EVENTS, "suppose there is quorum, or not"),
    argument(Some('w'), "watchdog", Value::Required("BOOLEAN"), EVENTS, "suppose there is a watchdog, or not"),
    argument(Some('g'), "ticket-grant", Value::Required("TICKET"), EVENTS, "suppose a ticket is granted"),
    argument(Some('r'), "ticket-revoke", Value::Required("TICKET"), EVENTS, "suppose a ticket is revoked"),
    argument(Some('b'), "ticket-standby", Value::Required("TICKET"), EVENTS, "suppose a ticket is put on standby"),
    argument(Some('e'), "ticket-activate", Value::Required("TICKET"), EVENTS, "suppose a ticket is made active"),
    argument(
        Some('I'),
        "save-input",
        Value::Required("FILE"),
        ARTIFACTS,
        "write the input, with all that is supposed, to this file",
    ),
    argument(Some('O'), "save-output", Value::Required("FILE"), ARTIFACTS, "write the resulting CIB to this file"),
    argument(Some('G'), "save-graph", Value::Required("FILE"), ARTIFACTS, "write the transition graph to this file"),
    argument(
        Some('D'),
        "save-dotfile",
        Value::Required("FILE"),
        ARTIFACTS,
        "write the transition graph to this file, in Graphviz's language",
    ),
    argument(Some('a'), "all-actions", Value::None, ARTIFACTS, "draw actions that are not needed, too"),
    argument(
        Some('L'),
        "live-check",
        Value::None,
        SOURCE,
        "take the CIB of the cluster (or of CIB_shadow, or CIB_file)",
    ),
    argument(
        Some('x'),
        "xml-file",
        Value::Required("FILE"),
        SOURCE,
        "take the CIB from this file (- is standard input)",
    ),
    argument(Some('p'), "xml-pipe", Value::None, SOURCE, "take the CIB from standard input (as without any of these)"),
    argument(Some('Q'), "quiet", Value::None, GENERAL, "show little"),
    argument(None, "help-output", Value::None, GENERAL, ""),
    argument(None, "help-operations", Value::None, GENERAL, ""),
    argument(None, "help-synthetic", Value::None, GENERAL, ""),
    argument(None, "help-artifact", Value::None, GENERAL, ""),
    argument(None, "help-source", Value::None, GENERAL, ""),
];

#[derive(Debug)]
pub struct SimulateOptions {
    pub run: bool,
    pub simulate: bool,
    pub in_place: bool,
    pub show_attrs: bool,
    pub show_failcounts: bool,
    pub show_scores: bool,
    pub show_utilization: bool,
    pub explain: bool,
    pub profile: Option<PathBuf>,
    pub node_up: Vec<String>,
    pub node_down: Vec<String>,
    pub node_fail: Vec<String>,
    pub op_inject: Vec<String>,
    pub op_fail: Vec<String>,
    pub set_datetime: Option<String>,
    pub quorum: Option<String>,
    pub watchdog: Option<String>,
    pub ticket_grant: Vec<String>,
    pub ticket_revoke: Vec<String>,
    pub ticket_standby: Vec<String>,
    pub ticket_activate: Vec<String>,
    pub save_input: Option<PathBuf>,
    pub save_output: Option<PathBuf>,
    pub save_graph: Option<PathBuf>,
    pub save_dotfile: Option<PathBuf>,
    pub all_actions: bool,
    pub quiet: bool,
    pub verbose: usize,
    /// How often to decide on each file of --profile.
    pub repeat: i32,
    pub source: From,
}

/// Where the CIB is to come from: what was said last counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// The cluster, or what stands for it.
    Live,
    File(PathBuf),
    Pipe,
}

/// Something to suppose, as it was asked for.
pub struct Asked<T> {
    pub option: &'static str,
    pub text: String,
    pub value: T,
}

impl SimulateOptions {
    /// # Errors
    /// A number is none.
    pub fn of(given: &Given) -> Result<SimulateOptions, UsageError> {
        let repeat = given.value("repeat").unwrap_or_else(|| "1".into());
        let repeat = repeat.parse().map_err(|_| UsageError(format!("--repeat: `{repeat}` is no number")))?;
        let source = match given.last_of(&["live-check", "xml-file", "xml-pipe"]) {
            Some("live-check") => From::Live,
            Some("xml-file") => given.value("xml-file").map_or(From::Pipe, |path| From::File(path.into())),
            _ => From::Pipe,
        };
        Ok(SimulateOptions {
            run: given.has("run"),
            simulate: given.has("simulate"),
            in_place: given.has("in-place"),
            show_attrs: given.has("show-attrs"),
            show_failcounts: given.has("show-failcounts"),
            show_scores: given.has("show-scores"),
            show_utilization: given.has("show-utilization"),
            explain: given.has("explain"),
            profile: given.value("profile").map(PathBuf::from),
            node_up: given.values("node-up"),
            node_down: given.values("node-down"),
            node_fail: given.values("node-fail"),
            op_inject: given.values("op-inject"),
            op_fail: given.values("op-fail"),
            set_datetime: given.value("set-datetime"),
            quorum: given.value("quorum"),
            watchdog: given.value("watchdog"),
            ticket_grant: given.values("ticket-grant"),
            ticket_revoke: given.values("ticket-revoke"),
            ticket_standby: given.values("ticket-standby"),
            ticket_activate: given.values("ticket-activate"),
            save_input: given.value("save-input").map(PathBuf::from),
            save_output: given.value("save-output").map(PathBuf::from),
            save_graph: given.value("save-graph").map(PathBuf::from),
            save_dotfile: given.value("save-dotfile").map(PathBuf::from),
            all_actions: given.has("all-actions"),
            quiet: given.has("quiet"),
            verbose: given.count("verbose"),
            repeat,
            source,
        })
    }

    /// Whether scores are wanted for a script: lines alone.
    pub fn is_bare(&self) -> bool {
        self.quiet && self.show_scores
    }

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
    pub fn injections(&self) -> Result<Vec<Asked<Injection>>, Asked<Wrong>> {
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
    pub fn failures(&self) -> Result<Vec<Asked<Operation>>, Asked<Wrong>> {
        operations("--op-fail", &self.op_fail)
    }
}

fn operations(option: &'static str, texts: &[String]) -> Result<Vec<Asked<Operation>>, Asked<Wrong>> {
    let parse = |text: &String| match Operation::parse(text) {
        Ok(value) => Ok(Asked { option, text: text.clone(), value }),
        Err(value) => Err(Asked { option, text: text.clone(), value }),
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
