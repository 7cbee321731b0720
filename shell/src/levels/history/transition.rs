//! One decision of the past, or two configurations of it side by side.
//!
//! In: an input's name. Out: what was decided from it, as `crm_simulate` tells it; differences.
//! Absent: carrying anything out.

use super::archive;
use crate::command::Call;
use crate::configure::show as language;
use crate::error::{Failure, Outcome};
use crate::history::archive::SavedInput;
use crate::levels::configure::{graph as graphs, text_diff};
use crate::preview::simulator;
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::cib::diff::diff as patch;
use quorate_core::simulate::would;
use quorate_core::xml::write_pretty;
use quorate_tools::clock;
use similar::ChangeTag;

pub fn transition(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let (verb, rest) = match words.split_first() {
        Some((verb, rest)) if matches!(verb.as_str(), "showdot" | "log" | "save" | "tags") => (verb.as_str(), rest),
        _ => ("show", &words[..]),
    };
    let (input, rest) = match rest.split_first() {
        Some((word, rest)) if !is_option(word) => (archive(session)?.find(word)?.clone(), rest),
        _ => (archive(session)?.last()?.clone(), rest),
    };
    match verb {
        "showdot" => dot(session, &input),
        "log" => log(session, &input),
        "save" => save(session, &input, rest),
        "tags" => tags(session, &input),
        _ => simulated(session, &input, rest),
    }
}

fn is_option(word: &str) -> bool {
    matches!(word, "nograph" | "scores" | "actions" | "utilization") || word.chars().all(|c| c == 'v')
}

fn simulated(session: &mut Session, input: &SavedInput, options: &[String]) -> Outcome {
    let mut arguments = vec!["--simulate"];
    for option in options {
        match option.as_str() {
            "scores" => arguments.push("--show-scores"),
            "utilization" => arguments.push("--show-utilization"),
            word if is_option(word) => {}
            word => return Err(Failure::usage(format!("`{word}` is none of scores, actions, utilization, nograph"))),
        }
    }
    let text = simulate(input, &arguments)?;
    session.page(&text);
    Ok(())
}

fn simulate(input: &SavedInput, options: &[&str]) -> Outcome<String> {
    let named = |failure: Failure| Failure { message: format!("{}: {}", input.name, failure.message), ..failure };
    simulator(&input.document, options).map_err(named)
}

fn dot(session: &mut Session, input: &SavedInput) -> Outcome {
    session.page(&would::picture(&input.document, clock::at(input.epoch)));
    Ok(())
}

/// The log from this decision to the next.
fn log(session: &mut Session, input: &SavedInput) -> Outcome {
    let lines = archive(session)?.log();
    let file = format!("{}.bz2", input.name);
    let tells = |line: &str, file: &str| {
        line.split(|c: char| c.is_whitespace() || c == '/').any(|word| word.trim_end_matches([',', ';', '.']) == file)
    };
    let Some(start) = lines.iter().rposition(|line| tells(line, &file)) else {
        return Err(Failure::refused(format!("no log tells of {}", input.name)));
    };
    let is_next = |line: &String| line.contains("pe-input-") && line.contains(".bz2");
    let end = lines[start + 1..].iter().position(is_next).map_or(lines.len(), |at| start + 1 + at);
    let text: String = lines[start..end].iter().map(|line| format!("{line}\n")).collect();
    session.page(&text);
    Ok(())
}

fn save(session: &mut Session, input: &SavedInput, rest: &[String]) -> Outcome {
    let name = rest.first().map_or(input.name.as_str(), String::as_str);
    if name.is_empty() || name == "live" || name.contains('/') {
        return Err(Failure::usage(format!("`{name}` cannot be the name of a shadow")));
    }
    let shadow = session.environment.shadow(name);
    if session.exists(&shadow) && !session.is_forced() {
        return Err(Failure::refused(format!("the shadow `{name}` exists already")));
    }
    session.create(&shadow, input.document.clone())?;
    session.ui.info(&format!("{} is the shadow `{name}` now", input.name));
    Ok(())
}

/// The resources and nodes that the decision names.
fn tags(session: &mut Session, input: &SavedInput) -> Outcome {
    let lines = crate::preview::decided(&input.document, input.epoch);
    let words: std::collections::BTreeSet<&str> =
        lines.iter().flat_map(|line| line.split(|c: char| c.is_whitespace() || "(),'".contains(c))).collect();
    let configuration = input.document.configuration();
    let sections = ["nodes", "resources"].into_iter().filter_map(|name| configuration.child(name));
    let mut found = std::collections::BTreeSet::new();
    for element in sections.flat_map(|section| section.descendants()) {
        let name = element.attr("uname").or(element.id()).unwrap_or_default();
        if !name.is_empty() && words.iter().any(|word| word.split(':').next() == Some(name)) {
            found.insert(name.to_string());
        }
    }
    session.ui.line(&Vec::from_iter(found).join(" "));
    Ok(())
}

fn named(session: &mut Session, call: &Call, at: usize) -> Outcome<Document> {
    let word = call.required(at);
    if word == "live" {
        let home = session.environment.home();
        return session.read_from(&home);
    }
    Ok(archive(session)?.find(word)?.document.clone())
}

/// The configuration in its language, secrets masked; or the status.
fn text(session: &Session, document: &Document, status: bool) -> String {
    if status {
        return write_pretty(document.status());
    }
    let mut statements = language::all(document.configuration(), session.catalogue());
    language::mask(&mut statements, &[language::SECRETS.to_string()]);
    language::text(&statements)
}

pub fn show(session: &mut Session, call: &Call) -> Outcome {
    let document = named(session, call, 0)?;
    let status = wants_status(call, 1)?;
    let text = text(session, &document, status);
    session.page(&text);
    Ok(())
}

fn wants_status(call: &Call, place: usize) -> Outcome<bool> {
    match call.argument(place) {
        None => Ok(false),
        Some("status") => Ok(true),
        Some(word) => Err(Failure::misused(call.span(place), format!("`{word}` is not `status`"))),
    }
}

pub fn graph(session: &mut Session, call: &Call) -> Outcome {
    let document = named(session, call, 0)?;
    graphs::draw(session, call, 1, document.configuration())
}

pub fn words(session: &mut Session, call: &Call) -> Outcome {
    let (old, new) = (named(session, call, 0)?, named(session, call, 1)?);
    let status = wants_status(call, 2)?;
    let (old, new) = (text(session, &old, status), text(session, &new, status));
    let marked = marked(session, &old, &new);
    session.page(&marked);
    Ok(())
}

/// The statements that differ (of a status, the lines), with the words that are gone or new marked.
fn marked(session: &Session, old: &str, new: &str) -> String {
    let mut text = String::new();
    for change in similar::TextDiff::from_words(old, new).iter_all_changes() {
        let word = change.value();
        // A line end that is gone or new shows by the words around it.
        let mark = match (change.tag(), word.trim().is_empty()) {
            (ChangeTag::Delete, true) => String::new(),
            (ChangeTag::Delete, false) => session.ui.gone(&format!("[-{word}-]")),
            (ChangeTag::Insert, false) => session.ui.new_text(&format!("{{+{word}+}}")),
            (ChangeTag::Insert, true) | (ChangeTag::Equal, _) => word.to_string(),
        };
        text.push_str(&mark);
    }
    let mut statements: Vec<String> = Vec::new();
    for line in text.lines() {
        match statements.last_mut() {
            Some(statement) if line.starts_with('\t') => *statement += &format!("{line}\n"),
            _ => statements.push(format!("{line}\n")),
        }
    }
    let differs = |statement: &String| statement.contains("[-") || statement.contains("{+");
    statements.into_iter().filter(differs).collect()
}

pub fn diff(session: &mut Session, call: &Call) -> Outcome {
    let (old, new) = (named(session, call, 0)?, named(session, call, 1)?);
    let words = call.words();
    if let Some(at) = words.iter().skip(2).position(|word| !matches!(word.as_str(), "status" | "html" | "xml")) {
        return Err(Failure::misused(call.span(at + 2), format!("`{}` is none of status, html, xml", words[at + 2])));
    }
    let has = |word: &str| words[2..].iter().any(|given| given == word);
    if has("xml") {
        let text = write_pretty(&patch(&old, &new).to_xml());
        session.ui.print(&text);
        return Ok(());
    }
    let text = match has("status") {
        true => {
            let (old, new) = (write_pretty(old.status()), write_pretty(new.status()));
            similar::TextDiff::from_lines(&old, &new).unified_diff().header(&words[0], &words[1]).to_string()
        }
        false => text_diff(session, &old, &new, &words[0], &words[1]),
    };
    match has("html") {
        true => session.ui.print(&html(&text)),
        false => session.ui.diff(&text),
    }
    Ok(())
}

fn html(diff: &str) -> String {
    let mut text = String::from("<pre>\n");
    for line in diff.lines() {
        let safe = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text += &match line.as_bytes().first() {
            Some(b'+') => format!("<ins>{safe}</ins>\n"),
            Some(b'-') => format!("<del>{safe}</del>\n"),
            _ => format!("{safe}\n"),
        };
    }
    text + "</pre>\n"
}
