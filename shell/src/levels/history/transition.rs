//! One decision of the past, or two configurations of it side by side.
//!
//! In: an input's name. Out: what was decided from it, as `crm_simulate` tells it; differences.
//! Absent: carrying anything out.

use super::archive;
use crate::command::Call;
use crate::configure::show as language;
use crate::error::{Failure, Outcome};
use crate::history::archive::SavedInput;
use crate::levels::configure::text_diff;
use crate::session::Session;
use crate::tools::{Exit, Io, crm_simulate};
use quorate_core::cib::Document;
use quorate_core::cib::diff::diff as patch;
use quorate_core::xml::write_pretty;

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
    let mut arguments = vec!["--simulate".to_string()];
    for option in options {
        match option.as_str() {
            "scores" => arguments.push("--show-scores".into()),
            "utilization" => arguments.push("--show-utilization".into()),
            word if is_option(word) => {}
            word => return Err(Failure::usage(format!("`{word}` is none of scores, actions, utilization, nograph"))),
        }
    }
    let text = simulate(input, arguments)?;
    session.page(&text);
    Ok(())
}

fn simulate(input: &SavedInput, mut arguments: Vec<String>) -> Outcome<String> {
    arguments.extend(["--xml-file".to_string(), input.path.display().to_string()]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = crm_simulate::run(&arguments, &mut Io { out: &mut out, err: &mut err });
    if exit != Exit::OK {
        return Err(Failure::refused(format!("{}: {}", input.name, String::from_utf8_lossy(&err).trim())));
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn dot(session: &mut Session, input: &SavedInput) -> Outcome {
    let file =
        tempfile::NamedTempFile::new().map_err(|error| Failure::refused(format!("no temporary file: {error}")))?;
    let to = file.path().display().to_string();
    simulate(input, vec!["--simulate".into(), "--quiet".into(), "--save-dotfile".into(), to])?;
    let text = std::fs::read_to_string(file.path()).map_err(|error| Failure::file(file.path(), &error))?;
    session.page(&text);
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

pub fn show(session: &mut Session, call: &Call) -> Outcome {
    let document = named(session, call, 0)?;
    let text = match call.argument(1) {
        Some(_) => write_pretty(document.status()),
        None => {
            let mut statements = language::all(document.configuration(), session.catalogue());
            language::mask(&mut statements, &[language::SECRETS.to_string()]);
            language::text(&statements)
        }
    };
    session.page(&text);
    Ok(())
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
