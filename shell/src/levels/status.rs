//! `status`: the cluster at a glance, as `crm_mon -1` prints it.
//!
//! In: a call. Out: text, HTML or XML.
//! Absent: following changes (see the monitor).

use crate::clock;
use crate::command::{Call, Command, Run, What, any};
use crate::error::{Failure, Kind, Outcome};
use crate::json;
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::fencing::FencingEvent;
use quorate_core::fencing::history::FencingState as Known;
use quorate_core::node::NodeStatus;
use quorate_core::scheduler::{Input, resolve};
use quorate_core::view::cluster::{FencingState, FencingView};
use quorate_core::view::{ClusterView, Extra, Options, Section, build, html, text, xml};
use quorate_grammar::diagnostic::closest;
use quorate_transport::zone;

const WORDS: &[&str] = &[
    "full",
    "bynode",
    "inactive",
    "ops",
    "timing",
    "failcounts",
    "tickets",
    "noheaders",
    "detail",
    "brief",
    "html",
    "xml",
];

pub const COMMAND: Command = Command {
    name: "status",
    arguments: &[any("what", What::Words(WORDS))],
    help: "nodes, resources and failures",
    details: "bynode: resources under their nodes; inactive: those that do not run, too; ops, timing,\nfailcounts, tickets, detail: more of each; full: all of it; brief, noheaders: less; html, xml: for machines.",
    examples: &["status", "status bynode failcounts"],
    run: Run::Do(status),
    ..Command::DEFAULT
};

fn status(session: &mut Session, call: &Call) -> Outcome {
    let mut options = Options { inactive: true, zone: zone::local(), ..Options::default() };
    let mut form = "text";
    for (at, word) in call.words().iter().enumerate() {
        match word.as_str() {
            "html" | "xml" => form = if word == "html" { "html" } else { "xml" },
            word if ask_for(&mut options, word) => {}
            word => return Err(unknown(call, at, word)),
        }
    }
    if form == "text" || session.ui.is_json() {
        return show(session, &options);
    }
    let view = current(session)?;
    let printed = match form {
        "html" => html::print(&view, &options, &html::Page::default()),
        _ => xml::print(&view, &options, &xml::Frame::Result { request: "crm status xml".to_string() }),
    };
    session.ui.print(&printed);
    Ok(())
}

/// Prints what the options choose of the cluster.
pub fn show(session: &mut Session, options: &Options) -> Outcome {
    let view = current(session)?;
    if session.ui.is_json() {
        session.ui.json(&json::status(&view));
        return Ok(());
    }
    session.page(&text::print(&view, options));
    Ok(())
}

/// The cluster as `status` shows it, for a file.
pub fn told(session: &mut Session) -> Outcome<String> {
    Ok(text::print(&current(session)?, &Options { inactive: true, zone: zone::local(), ..Options::default() }))
}

fn current(session: &mut Session) -> Outcome<ClusterView> {
    let document = session.document()?;
    let daemon = if session.source.is_live() { Some(session.cluster_status()?) } else { None };
    Ok(view(&document, daemon.as_ref()))
}

fn ask_for(options: &mut Options, word: &str) -> bool {
    let mut show = |sections: &[Section]| {
        options.sections = sections.iter().fold(options.sections, |set, section| set.with(*section));
    };
    match word {
        "ops" => show(&[Section::Operations]),
        "timing" => {
            show(&[Section::Operations]);
            options.timing = true;
        }
        "failcounts" => show(&[Section::FailCounts]),
        "tickets" => show(&[Section::Tickets]),
        "full" => {
            show(&[Section::Operations, Section::FailCounts, Section::Tickets, Section::Attributes, Section::Bans]);
            options.timing = true;
            options.detail = true;
        }
        "noheaders" => {
            options.sections = Section::SUMMARY.iter().fold(options.sections, |set, section| set.without(*section))
        }
        "bynode" => options.group_by_node = true,
        "inactive" => options.inactive = true,
        "detail" => options.detail = true,
        "brief" => options.brief = true,
        _ => return false,
    }
    true
}

fn unknown(call: &Call, at: usize, word: &str) -> Failure {
    let mut failure = Failure::misused(call.span(at), format!("`{word}` is none of {}", WORDS.join(", ")));
    failure.kind = Kind::Usage;
    failure.diagnostics[0].hint = closest(word, WORDS.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    failure
}

fn view(document: &Document, daemon: Option<&NodeStatus>) -> ClusterView {
    let mut input = Input::new(document, clock::now());
    input.quorate = daemon.map(|status| status.quorate);
    let extra = Extra {
        told_by: daemon.map(|status| status.node.clone()),
        fencing: daemon.map_or(Vec::new(), |status| status.fencing.iter().map(fencing).collect()),
    };
    build(document, &resolve(&input), &extra)
}

fn fencing(event: &FencingEvent) -> FencingView {
    let (state, over) = match event.state {
        Known::Pending => (FencingState::Pending, false),
        Known::Succeeded => (FencingState::Succeeded, true),
        Known::Failed => (FencingState::Failed, true),
    };
    FencingView {
        target: event.target.clone(),
        action: event.action.clone(),
        state,
        client: event.client.clone(),
        origin: event.origin.clone(),
        delegate: event.delegate.clone(),
        completed: over.then_some(event.at),
        reason: (!event.reason.is_empty()).then(|| event.reason.clone()),
    }
}
