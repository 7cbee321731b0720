//! `status`: the cluster at a glance, as `crm_mon -1` prints it.
//!
//! In: a call. Out: text, HTML or XML.
//! Absent: following changes (see the monitor).

use crate::command::{Call, Command, Run, What, any};
use crate::error::{Failure, Kind, Outcome};
use crate::json;
use crate::session::Session;
use quorate_core::cib::{Document, upgrade};
use quorate_core::exit::Exit;
use quorate_core::node::NodeStatus;
use quorate_core::scheduler::{Input, successor};
use quorate_core::view::{ClusterView, Extra, Sections, ViewOptions, build, html, situation, text, xml};
use quorate_grammar::diagnostic::closest;
use quorate_tools::clock;
use quorate_transport::zone;

const WORDS: &[&str] = &[
    "full",
    "bynode",
    "inactive",
    "ops",
    "timing",
    "failcounts",
    "verbose",
    "quiet",
    "tickets",
    "noheaders",
    "detail",
    "brief",
    "simple",
    "html",
    "xml",
];

/// crmsh's words as options of crm_mon; what is none of them is one already, or nothing.
fn meaning(word: &str) -> &str {
    match word {
        "full" => "-ncrft",
        "bynode" => "--group-by-node",
        "inactive" => "--inactive",
        "ops" => "--operations",
        "timing" => "--timing-details",
        "failcounts" => "--failcounts",
        "verbose" => "--verbose",
        "quiet" => "--quiet",
        "tickets" => "--tickets",
        "noheaders" => "--hide-headers",
        "detail" => "--show-detail",
        "brief" => "--brief",
        "simple" => "--simple-status",
        "html" => "--output-as=html",
        "xml" => "--output-as=xml",
        other => other,
    }
}

/// crm_mon's letters, for its options that mean something here.
const LETTERS: &[(char, &str)] = &[
    ('n', "--group-by-node"),
    ('r', "--inactive"),
    ('o', "--operations"),
    ('t', "--timing-details"),
    ('f', "--failcounts"),
    ('V', "--verbose"),
    ('Q', "--quiet"),
    ('c', "--tickets"),
    ('D', "--hide-headers"),
    ('R', "--show-detail"),
    ('b', "--brief"),
    ('s', "--simple-status"),
    ('A', "--show-node-attributes"),
    ('L', "--neg-locations"),
    ('X', "--output-as=xml"),
    ('1', "--one-shot"),
];

pub const COMMAND: Command = Command {
    name: "status",
    arguments: &[any("what", What::Words(WORDS))],
    reads_flags: true,
    help: "nodes, resources and failures",
    details: "bynode: resources under their nodes; inactive: those that do not run, too; ops, timing,\nfailcounts, tickets, detail: more of each; full: most of it; brief, noheaders, quiet: less;\nsimple: one line; html, xml: for machines. Without any word as with `inactive`.\ncrm_mon's options may stand in their place (-nrf, --show-detail).",
    examples: &["status", "status bynode failcounts", "status -1nrf"],
    run: Run::Do(status),
    ..Command::DEFAULT
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Simple,
    Html,
    Xml,
}

impl Form {
    fn of(option: &str) -> Option<Form> {
        match option {
            "--output-as=text" => Some(Form::Text),
            "--simple-status" => Some(Form::Simple),
            "--output-as=html" => Some(Form::Html),
            "--output-as=xml" | "--as-xml" => Some(Form::Xml),
            _ => None,
        }
    }
}

/// It is told once in any case, and there is no more to say.
const ALWAYS: [&str; 2] = ["--one-shot", "--verbose"];

fn status(session: &mut Session, call: &Call) -> Outcome {
    let mut options = ViewOptions { zone: zone::local(), inactive: call.words().is_empty(), ..ViewOptions::default() };
    let form = read(&mut options, call)?;
    if session.ui.is_json() {
        return show(session, &options);
    }
    let view = current(session, &options)?;
    if !view.summary.quorate && matches!(form, Form::Text | Form::Simple) {
        session.ui.warn("this partition has no quorum: it starts nothing, and changes are refused");
    }
    if matches!(form, Form::Text | Form::Simple) {
        warn_of_no_successor(session)?;
    }
    match form {
        Form::Text => session.page(&text::print(&view, &options)),
        Form::Simple => return simple(session, &view),
        Form::Html => session.ui.print(&html::print(&view, &options, &html::Page::default())),
        Form::Xml => {
            let frame = xml::Frame::Result { request: "crm status xml".to_string() };
            session.ui.print(&xml::print(&view, &options, &frame));
        }
    }
    Ok(())
}

/// Nobody of a promotable clone is promoted, and nobody will be before a person sees to it.
fn warn_of_no_successor(session: &mut Session) -> Outcome {
    let document = upgrade::latest_or_same(&session.document()?);
    let found = successor::of_document(&Input::new(&document, clock::now()));
    found.iter().for_each(|one| session.ui.warn(&one.to_string()));
    Ok(())
}

/// Reads the words into options; what is none is pointed at.
fn read(options: &mut ViewOptions, call: &Call) -> Outcome<Form> {
    let words = call.words();
    let mut given = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let letters = spelled_out(meaning(word)).ok_or_else(|| unknown(call, at, word))?;
        given.extend(letters.into_iter().map(|option| (at, option)));
    }
    let form = given.iter().rev().find_map(|(_, option)| Form::of(option)).unwrap_or(Form::Text);
    if form == Form::Xml {
        options.sections = Sections::all();
        options.inactive = true;
    }
    for (at, option) in given {
        let known = Form::of(option).is_some() || ALWAYS.contains(&option);
        if !known && !options.choose(option.trim_start_matches('-')) {
            return Err(unknown(call, at, &words[at]));
        }
    }
    Ok(form)
}

/// One line; that something is wrong is no failure of the question, but its answer.
fn simple(session: &mut Session, view: &ClusterView) -> Outcome {
    let (line, code) = text::print_simple(view);
    session.ui.print(&line);
    if code == Exit::OK { Ok(()) } else { Err(Failure::quiet()) }
}

/// A bundle of letters as options; what is no option is `None`.
fn spelled_out(word: &str) -> Option<Vec<&str>> {
    if word.starts_with("--") {
        return Some(vec![word]);
    }
    let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty())?;
    letters.chars().map(|one| LETTERS.iter().find(|(letter, _)| *letter == one).map(|(_, option)| *option)).collect()
}

/// Prints what the options choose of the cluster.
pub fn show(session: &mut Session, options: &ViewOptions) -> Outcome {
    let view = current(session, options)?;
    if session.ui.is_json() {
        session.ui.json(&json::status(&view));
        return Ok(());
    }
    session.page(&text::print(&view, options));
    Ok(())
}

/// The cluster as `status` shows it, for a file.
pub fn told(session: &mut Session) -> Outcome<String> {
    let options = ViewOptions { inactive: true, zone: zone::local(), ..ViewOptions::default() };
    Ok(text::print(&current(session, &options)?, &options))
}

fn current(session: &mut Session, options: &ViewOptions) -> Outcome<ClusterView> {
    let document = session.document()?;
    let daemon = if session.source.is_live() { Some(session.cluster_status()?) } else { None };
    Ok(view(&document, daemon.as_ref(), options))
}

fn unknown(call: &Call, at: usize, word: &str) -> Failure {
    let mut failure = Failure::misused(call.span(at), format!("`{word}` is none of {}", WORDS.join(", ")));
    failure.kind = Kind::Usage;
    failure.diagnostics[0].hint = closest(word, WORDS.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    failure
}

fn view(document: &Document, daemon: Option<&NodeStatus>, options: &ViewOptions) -> ClusterView {
    let mut input = Input::new(document, clock::now());
    input.quorate = daemon.map(|status| status.quorate);
    build(document, &situation(&input, options), &daemon.map(Extra::of).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_and_letter_means_something() {
        let known = |option: &str| {
            Form::of(option).is_some()
                || ALWAYS.contains(&option)
                || ViewOptions::default().choose(option.trim_start_matches('-'))
        };
        for word in WORDS {
            let options = spelled_out(meaning(word)).unwrap_or_default();
            assert!(!options.is_empty() && options.iter().all(|option| known(option)), "{word}: {options:?}");
        }
        assert!(LETTERS.iter().all(|(_, option)| known(option)), "{LETTERS:?}");
    }
}
