//! `history`: what the cluster did, from the inputs its scheduler saved and the log beside them.
//!
//! In: calls. Out: events, decisions and differences as text; needs no running cluster.
//! Absent: other nodes' logs.

mod archive;
mod incident;
mod saved;
mod tell;
mod transition;

use crate::command::{Call, Command, Level, Run, What, any, maybe, one, some};
use crate::error::{Failure, Outcome};
use crate::history::archive::Archive;
use crate::history::saved as saved_sessions;
use crate::session::Session;
use archive::{VERBOSE, archive, keep};
use quorate_tools::clock;

pub static LEVEL: Level = Level {
    name: "history",
    help: "what the cluster did, from the scheduler's saved inputs",
    commands: &[
        Command {
            name: "source",
            arguments: &[one("live|directory|file", What::File)],
            help: "where to look: this node, a directory, or a report (tar.gz)",
            examples: &["source live", "source report.tar.gz"],
            run: Run::Do(source),
            ..Command::DEFAULT
        },
        Command {
            name: "limit",
            aliases: &["timeframe"],
            arguments: &[maybe("from", What::Text), maybe("to", What::Text)],
            help: "look only at a span of time; without words at all of it",
            examples: &["limit 2026-01-01T10:00:00Z", "limit 10:00 11:30"],
            run: Run::Do(limit),
            ..Command::DEFAULT
        },
        Command {
            name: "refresh",
            arguments: &[maybe("force", What::Words(&["force"]))],
            help: "read everything anew",
            run: Run::Do(refresh),
            ..Command::DEFAULT
        },
        Command {
            name: "detail",
            arguments: &[one("level", What::Words(&["0", "1"]))],
            help: "1 shows monitors that found what they expected, too",
            run: Run::Do(detail),
            ..Command::DEFAULT
        },
        Command {
            name: "setnodes",
            arguments: &[any("node", What::Node)],
            help: "look only at these nodes",
            run: Run::Do(setnodes),
            ..Command::DEFAULT
        },
        Command {
            name: "exclude",
            arguments: &[maybe("regex|clear", What::Text)],
            help: "leave out events and lines that match; `clear` forgets that",
            run: Run::Do(exclude),
            ..Command::DEFAULT
        },
        Command { name: "info", help: "what there is to look at", run: Run::Do(tell::info), ..Command::DEFAULT },
        Command {
            name: "latest",
            help: "the last decision, and what led to it",
            run: Run::Do(tell::latest),
            ..Command::DEFAULT
        },
        Command { name: "events", help: "what happened, in its order", run: Run::Do(tell::all), ..Command::DEFAULT },
        Command {
            name: "incident",
            arguments: &[maybe("number", What::Words(&["1", "2", "3"]))],
            help: "a page of the last failover: what happened when, how long what was down, why it is where it is",
            details: "1 is the latest, 2 the one before, and so on. Read from the log and the saved inputs: the\nleader's log tells all of an incident, another node's what happened there; that of a report with\nseveral nodes' logs is put together (their clocks must agree). A node counts as down from its last\nheartbeat where the engine tells that, else from when it was no member any more.",
            examples: &["incident", "incident 2"],
            run: Run::Do(incident::incident),
            ..Command::DEFAULT
        },
        Command {
            name: "resource",
            arguments: &[some("resource", What::Resource)],
            help: "what happened to resources",
            run: Run::Do(tell::resource),
            ..Command::DEFAULT
        },
        Command {
            name: "node",
            arguments: &[some("node", What::Node)],
            help: "what happened to nodes",
            run: Run::Do(tell::node),
            ..Command::DEFAULT
        },
        Command {
            name: "log",
            arguments: &[any("node", What::Node)],
            help: "the log's lines",
            run: Run::Do(tell::log),
            ..Command::DEFAULT
        },
        Command {
            name: "peinputs",
            arguments: &[any("number|from:to|v", What::Input)],
            flags: &[VERBOSE],
            help: "the scheduler's inputs; with `v` their times, the deciding node, and how much was decided",
            examples: &["peinputs", "peinputs 4:9 v"],
            run: Run::Do(tell::inputs),
            ..Command::DEFAULT
        },
        Command {
            name: "transitions",
            help: "every decision in a line",
            run: Run::Do(tell::transitions),
            ..Command::DEFAULT
        },
        Command {
            name: "transition",
            arguments: &[any("showdot|log|save|tags number|file", What::Transition)],
            help: "what was decided from an input: its state and every action",
            details: "Without a number the last one; -1 is the one before, and so on. `scores` and `utilization` show\nthose. `showdot` prints the graph, `log` the log's lines of that time, `tags` what it concerned;\n`save N NAME` makes the input a shadow.",
            examples: &["transition", "transition 7 scores", "transition showdot -2", "transition save 7 before"],
            run: Run::Do(transition::transition),
            ..Command::DEFAULT
        },
        Command {
            name: "show",
            arguments: &[one("number|file|live", What::Input), maybe("status", What::Words(&["status"]))],
            help: "the configuration (or the status) of an input",
            run: Run::Do(transition::show),
            ..Command::DEFAULT
        },
        Command {
            name: "diff",
            arguments: &[
                one("number|file|live", What::Input),
                one("number|file|live", What::Input),
                any("status|html|xml", What::Words(&["status", "html", "xml"])),
            ],
            help: "how two inputs differ, in the configuration language",
            examples: &["diff 4 7", "diff -1 live", "diff 4 7 status"],
            run: Run::Do(transition::diff),
            ..Command::DEFAULT
        },
        Command {
            name: "wdiff",
            arguments: &[
                one("number|file|live", What::Input),
                one("number|file|live", What::Input),
                maybe("status", What::Words(&["status"])),
            ],
            help: "the same word by word: [-gone-] and {+new+}",
            examples: &["wdiff 4 7", "wdiff -1 live status"],
            run: Run::Do(transition::words),
            ..Command::DEFAULT
        },
        Command {
            name: "graph",
            arguments: &[
                one("number|file|live", What::Input),
                maybe("dot", What::Words(&["dot"])),
                maybe("file", What::File),
                maybe("format", What::Words(&["svg", "png", "dot"])),
            ],
            help: "draw in which order the resources of an input start",
            details: "In the language of graphviz; with a format (and graphviz) as a picture.",
            examples: &["graph 7", "graph -1 dot order.svg svg"],
            run: Run::Do(transition::graph),
            ..Command::DEFAULT
        },
        Command {
            name: "session",
            arguments: &[maybe("command", What::Words(saved::VERBS)), maybe("name", What::HistorySession)],
            help: "keep what is looked at, and how, under a name",
            details: "session [save|load|delete NAME, pack [NAME], update, list, info]\nOf this node's own inputs and log a copy is kept, for they will be gone; of another source only where\nit is. With it are kept the span of time, the nodes and what is left out. `pack` makes a file to be\nsent away, NAME.tar.gz, secrets masked. Sessions are in `~/.cache/crm/sessions`;\ncrmsh's (below `path.cache`) are taken up, too.",
            examples: &["session save outage", "session load outage", "session pack"],
            run: Run::Do(saved::session),
            ..Command::DEFAULT
        },
    ],
};

fn source(session: &mut Session, call: &Call) -> Outcome {
    let source = Some(call.required(0).to_string()).filter(|source| source != "live");
    let read = match &source {
        Some(source) => Some(Archive::open(source)?),
        None => None,
    };
    session.kept.history.source = source;
    session.kept.history.session = None;
    keep(session, read);
    Ok(())
}

fn refresh(session: &mut Session, _: &Call) -> Outcome {
    session.kept.history.archive = None;
    archive(session).map(drop)
}

fn limit(session: &mut Session, call: &Call) -> Outcome {
    let moment = |at: usize| match call.argument(at) {
        None | Some("") => Ok(None),
        Some(text) => clock::now().date(text).map(|date| Some(date.epoch)).ok_or_else(|| {
            Failure::misused(call.span(at), format!("`{text}` is no time")).hint("as 2026-01-01T10:00:00Z")
        }),
    };
    let (from, to) = (moment(0)?, moment(1)?);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(Failure::misused(call.span(1), "it ends before it begins"));
    }
    (session.kept.history.from, session.kept.history.to) = (from, to);
    Ok(())
}

fn detail(session: &mut Session, call: &Call) -> Outcome {
    session.kept.history.detail = match call.required(0) {
        "0" => false,
        "1" => true,
        other => return Err(Failure::misused(call.span(0), format!("`{other}` is neither 0 nor 1"))),
    };
    Ok(())
}

fn setnodes(session: &mut Session, call: &Call) -> Outcome {
    session.kept.history.nodes = call.words().into_iter().collect();
    Ok(())
}

fn exclude(session: &mut Session, call: &Call) -> Outcome {
    match call.argument(0) {
        None => {
            let patterns: Vec<String> = session.kept.history.exclude.iter().map(ToString::to_string).collect();
            patterns.iter().for_each(|pattern| session.ui.line(pattern));
        }
        Some("clear") => session.kept.history.exclude.clear(),
        Some(text) => {
            let pattern =
                saved_sessions::pattern(text).map_err(|error| Failure::misused(call.span(0), error.to_string()))?;
            session.kept.history.exclude.push(pattern);
        }
    }
    Ok(())
}
