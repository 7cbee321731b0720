//! `history`: what the cluster decided and what happened, from the scheduler inputs that a node keeps.
//!
//! In: calls, and a directory of inputs. Out: lists, transitions simulated once more, differences, events.
//! Absent: other nodes' logs.

use super::configure::look::differ;
use crate::clock;
use crate::command::{Argument, Call, Command, Flag, Level, Run, What, any, maybe, one, some};
use crate::error::{Failure, Outcome};
use crate::inputs::{self, Event, Input};
use crate::preview;
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::cib::diff::diff as patch;
use quorate_grammar::literal;
use std::path::{Path, PathBuf};

/// Where the daemon of this node keeps its inputs.
const KEPT: &str = "var/lib/pacemaker/pengine";

/// As many lines as `log` tells without being asked for all.
const LINES: usize = 100;

/// What a session looks at.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// `None` is this node's own.
    source: Option<PathBuf>,
    from: Option<i64>,
    to: Option<i64>,
    /// What is not told, if it contains one of these.
    excluded: Vec<String>,
}

impl View {
    /// At `live`, or at a directory of inputs.
    pub fn look_at(&mut self, word: &str) -> Outcome {
        let path = PathBuf::from(word);
        if word != "live" && !path.is_dir() {
            return Err(Failure::refused(format!("`{word}` is no directory with scheduler inputs")));
        }
        self.source = (word != "live").then_some(path);
        Ok(())
    }
}

const XML: Flag = Flag { name: "--xml", short: "", help: "as a patchset" };
const ALL: Flag = Flag { name: "--all", short: "", help: "from the beginning" };
const INPUT: Argument = maybe("input", What::Text);

pub static LEVEL: Level = Level {
    name: "history",
    help: "what the cluster decided and what happened",
    commands: &[
        Command {
            name: "source",
            arguments: &[maybe("live|directory", What::File)],
            help: "where the inputs are: this node's, or a directory's",
            examples: &["source live", "source /tmp/report/n1/pengine"],
            run: Run::Do(source),
            ..Command::DEFAULT
        },
        Command {
            name: "limit",
            aliases: &["timeframe"],
            arguments: &[maybe("from", What::Text), maybe("to", What::Text)],
            help: "look at some time only; without words, at all",
            examples: &["limit \"2026-11-20 10:00\" \"2026-11-20 12:00\""],
            run: Run::Do(limit),
            ..Command::DEFAULT
        },
        Command {
            name: "exclude",
            arguments: &[any("text|clear|show", What::Text)],
            help: "leave out events that contain a text",
            run: Run::Do(exclude),
            ..Command::DEFAULT
        },
        Command { name: "info", help: "what there is to look at", run: Run::Do(info), ..Command::DEFAULT },
        Command {
            name: "latest",
            help: "the last decision, and what it led to",
            run: Run::Do(latest),
            ..Command::DEFAULT
        },
        Command { name: "refresh", help: "read the inputs anew", run: Run::Do(refresh), ..Command::DEFAULT },
        Command {
            name: "peinputs",
            aliases: &["pe"],
            arguments: &[maybe("v", What::Words(&["v"]))],
            help: "the inputs there are",
            details: "With `v` also when each was decided on, and how many nodes and resources it had.",
            run: Run::Do(peinputs),
            ..Command::DEFAULT
        },
        Command {
            name: "transition",
            arguments: &[INPUT],
            help: "what was decided on an input, simulated once more",
            examples: &["transition", "transition 17", "transition pe-input-17"],
            run: Run::Do(transition),
            ..Command::DEFAULT
        },
        Command {
            name: "graph",
            arguments: &[INPUT],
            help: "the actions of a decision and their order, for graphviz",
            run: Run::Do(graph),
            ..Command::DEFAULT
        },
        Command {
            name: "show",
            arguments: &[INPUT],
            help: "the configuration that an input had",
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "diff",
            arguments: &[one("old", What::Text), maybe("new", What::Text)],
            flags: &[XML],
            help: "what changed in the configuration from one input to another, or to the last",
            examples: &["diff 16 17", "diff 16 --xml"],
            run: Run::Do(diff),
            ..Command::DEFAULT
        },
        Command {
            name: "events",
            help: "what happened: operations with their results, nodes that come and go",
            run: Run::Do(events),
            ..Command::DEFAULT
        },
        Command {
            name: "log",
            arguments: &[any("node", What::Node)],
            flags: &[ALL],
            help: "the same with the decisions between, the last hundred lines",
            run: Run::Do(log),
            ..Command::DEFAULT
        },
        Command {
            name: "resource",
            arguments: &[some("resource", What::Resource)],
            help: "what happened to resources",
            run: Run::Do(resource),
            ..Command::DEFAULT
        },
        Command {
            name: "node",
            arguments: &[some("node", What::Node)],
            help: "what happened on nodes",
            run: Run::Do(node),
            ..Command::DEFAULT
        },
    ],
};

// ---- what is looked at ---------------------------------------------------------------------------------------

fn directory(session: &Session) -> PathBuf {
    session.history.source.clone().unwrap_or_else(|| session.environment.root.join(KEPT))
}

fn source(session: &mut Session, call: &Call) -> Outcome {
    match call.argument(0) {
        None => {
            let text = directory(session).display().to_string();
            session.ui.line(&text);
            Ok(())
        }
        Some(word) => session.history.look_at(word),
    }
}

fn limit(session: &mut Session, call: &Call) -> Outcome {
    let moment = |at: usize| -> Outcome<Option<i64>> {
        let Some(text) = call.argument(at) else { return Ok(None) };
        let date = literal::date(&text.replacen(' ', "T", 1)).or_else(|_| literal::date(text));
        let date = date.map_err(|_| Failure::at(call.span(at), format!("`{text}` is no ISO 8601 date and time")))?;
        Ok(Some(quorate_core::time::Now(date).epoch()))
    };
    (session.history.from, session.history.to) = (moment(0)?, moment(1)?);
    Ok(())
}

fn exclude(session: &mut Session, call: &Call) -> Outcome {
    match call.argument(0) {
        None | Some("show") => {
            let excluded = session.history.excluded.clone();
            excluded.iter().for_each(|text| session.ui.line(text));
        }
        Some("clear") => session.history.excluded.clear(),
        Some(_) => session.history.excluded.push(call.words().join(" ")),
    }
    Ok(())
}

fn all_inputs(session: &Session) -> Outcome<Vec<Input>> {
    let directory = directory(session);
    let found = inputs::list(&directory)?;
    if found.is_empty() {
        return Err(Failure::refused(format!("{} has no scheduler inputs", directory.display())));
    }
    Ok(found)
}

fn within(session: &Session, at: Option<i64>) -> bool {
    let View { from, to, .. } = session.history;
    at.is_none_or(|at| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to))
}

/// The inputs of the time that is looked at, with what is in them.
fn documents(session: &Session) -> Outcome<Vec<(Input, Document)>> {
    let read = |input: Input| input.read().map(|document| (input, document));
    let all: Vec<_> = all_inputs(session)?.into_iter().map(read).collect::<Outcome<_>>()?;
    Ok(all.into_iter().filter(|(_, document)| within(session, inputs::moment(document))).collect())
}

/// The input that is named, or the last one.
fn chosen(session: &Session, call: &Call, at: usize) -> Outcome<Input> {
    let all = all_inputs(session)?;
    match call.argument(at) {
        None => Ok(all.last().expect("there are some").clone()),
        Some(word) => inputs::find(&all, word).cloned().ok_or_else(|| {
            Failure::at(call.span(at), format!("there is no input `{word}`")).hint("`peinputs` lists them")
        }),
    }
}

fn said(at: Option<i64>) -> String {
    at.map_or_else(|| "at a time that is not known".to_string(), clock::text)
}

fn info(session: &mut Session, _: &Call) -> Outcome {
    let found = documents(session)?;
    let place = directory(session).display().to_string();
    let mut lines = vec![format!("Source: {place}"), format!("Inputs: {}", found.len())];
    if let (Some((_, first)), Some((_, last))) = (found.first(), found.last()) {
        lines.push(format!("Period: {} - {}", said(inputs::moment(first)), said(inputs::moment(last))));
        let names = |section: &str, attribute: &str| -> String {
            let parts = last.configuration().child(section).into_iter().flat_map(|part| part.elements());
            parts.filter_map(|part| part.attr(attribute)).collect::<Vec<_>>().join(" ")
        };
        lines.push(format!("Nodes: {}", names("nodes", "uname")));
        lines.push(format!("Resources: {}", names("resources", "id")));
    }
    lines.iter().for_each(|line| session.ui.line(line));
    Ok(())
}

fn refresh(session: &mut Session, _: &Call) -> Outcome {
    all_inputs(session).map(drop)
}

// ---- decisions -----------------------------------------------------------------------------------------------

fn peinputs(session: &mut Session, call: &Call) -> Outcome {
    if call.argument(0).is_none() && session.history.from.is_none() && session.history.to.is_none() {
        let names: Vec<String> = all_inputs(session)?.into_iter().map(|input| input.name).collect();
        session.page(&(names.join("\n") + "\n"));
        return Ok(());
    }
    let mut text = String::new();
    for (input, document) in documents(session)? {
        let count = |section: &str| document.configuration().child(section).map_or(0, |part| part.elements().count());
        let (nodes, resources) = (count("nodes"), count("resources"));
        text.push_str(&match call.argument(0) {
            None => format!("{}\n", input.name),
            Some(_) => format!(
                "{:<16} {}  {nodes} nodes, {resources} resources\n",
                input.name,
                said(inputs::moment(&document))
            ),
        });
    }
    session.page(&text);
    Ok(())
}

fn transition(session: &mut Session, call: &Call) -> Outcome {
    let input = chosen(session, call, 0)?;
    let document = input.read()?;
    let text = preview::simulator(&document, &["-S"])?;
    session.page(&format!("{} ({})\n{text}", input.name, said(inputs::moment(&document))));
    Ok(())
}

fn latest(session: &mut Session, call: &Call) -> Outcome {
    transition(session, call)
}

fn graph(session: &mut Session, call: &Call) -> Outcome {
    let input = chosen(session, call, 0)?;
    let file = tempfile::NamedTempFile::new().map_err(|error| Failure::file(Path::new("a temporary file"), &error))?;
    preview::simulator(&input.read()?, &["-Q", "-R", "-D", &file.path().display().to_string()])?;
    let dot = std::fs::read_to_string(file.path()).map_err(|error| Failure::file(file.path(), &error))?;
    session.ui.print(&dot);
    Ok(())
}

fn show(session: &mut Session, call: &Call) -> Outcome {
    use crate::configure::show;
    let document = chosen(session, call, 0)?.read()?;
    let mut statements = show::all(document.configuration(), session.catalogue());
    show::mask(&mut statements, &[show::SECRETS.to_string()]);
    session.page(&show::text(&statements));
    Ok(())
}

fn diff(session: &mut Session, call: &Call) -> Outcome {
    let old = chosen(session, call, 0)?;
    let new = chosen(session, call, 1)?;
    let (before, after) = (old.read()?, new.read()?);
    if call.has(XML) {
        session.ui.print(&quorate_core::xml::write_pretty(&patch(&before, &after).to_xml()));
        return Ok(());
    }
    differ(session, &before, &after, &old.name, &new.name);
    Ok(())
}

// ---- events --------------------------------------------------------------------------------------------------

fn told(session: &mut Session, wanted: impl Fn(&Event) -> bool) -> Outcome<Vec<Event>> {
    let found: Vec<Document> = documents(session)?.into_iter().map(|(_, document)| document).collect();
    let excluded = |event: &Event| session.history.excluded.iter().any(|text| event.text.contains(text.as_str()));
    let mut events = inputs::events(&found);
    events.retain(|event| wanted(event) && within(session, Some(event.at)) && !excluded(event));
    Ok(events)
}

fn line(event: &Event) -> String {
    format!("{} {} {}\n", clock::text(event.at), event.node, event.text)
}

fn events(session: &mut Session, _: &Call) -> Outcome {
    let lines: String = told(session, |_| true)?.iter().map(line).collect();
    session.page(&lines);
    Ok(())
}

fn log(session: &mut Session, call: &Call) -> Outcome {
    let nodes = call.words();
    let mut lines: Vec<(i64, String)> = told(session, |event| nodes.is_empty() || nodes.contains(&event.node))?
        .iter()
        .map(|event| (event.at, line(event)))
        .collect();
    for (input, document) in documents(session)? {
        let at = inputs::moment(&document).unwrap_or_default();
        lines.push((at, format!("{} decided on {}\n", clock::text(at), input.name)));
    }
    lines.sort_by_key(|(at, _)| *at);
    let skipped = if call.has(ALL) { 0 } else { lines.len().saturating_sub(LINES) };
    let text: String = lines.into_iter().skip(skipped).map(|(_, line)| line).collect();
    session.page(&text);
    Ok(())
}

fn resource(session: &mut Session, call: &Call) -> Outcome {
    let names = call.words();
    let base = |id: &str| id.split(':').next().unwrap_or_default().to_string();
    let lines: String =
        told(session, |event| names.contains(&event.resource) || names.contains(&base(&event.resource)))?
            .iter()
            .map(line)
            .collect();
    session.page(&lines);
    Ok(())
}

fn node(session: &mut Session, call: &Call) -> Outcome {
    let names = call.words();
    let lines: String = told(session, |event| names.contains(&event.node))?.iter().map(line).collect();
    session.page(&lines);
    Ok(())
}
