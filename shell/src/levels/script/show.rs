//! What `script` prints: lists, descriptions, steps.
//!
//! In: wizards and planned steps. Out: text.
//! Absent: JSON (see `json`).

use super::with_library;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::wizard::model::{Parameter, Step};
use crate::wizard::plan::Planned;
use crate::wizard::values::COMMON;
use std::collections::BTreeMap;
use std::fmt::Write;

pub fn list(session: &mut Session, call: &Call) -> Outcome {
    if let Some(at) = call.words().iter().position(|word| !matches!(word.as_str(), "all" | "names")) {
        let word = call.required(at);
        return Err(Failure::misused(call.span(at), format!("`{word}` is neither `all` nor `names`")));
    }
    let has = |word: &str| call.words().iter().any(|given| given == word);
    let (mut text, mut wrong) = (String::new(), Vec::new());
    let mut categories: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    with_library(session, |library| {
        for name in library.names() {
            if has("all") && has("names") {
                categories.entry(String::new()).or_default().push((name.to_string(), String::new()));
                continue;
            }
            match library.wizard(name) {
                Ok(wizard) if !has("all") && wizard.category.eq_ignore_ascii_case("script") => {}
                Ok(wizard) => {
                    let category = if has("names") { String::new() } else { pretty(&wizard.category) };
                    categories.entry(category).or_default().push((wizard.name, wizard.short));
                }
                Err(error) => wrong.push(error),
            }
        }
    });
    for (category, wizards) in &categories {
        if has("names") {
            wizards.iter().for_each(|(name, _)| text += &format!("{name}\n"));
            continue;
        }
        let _ = writeln!(text, "{category}:\n");
        wizards.iter().for_each(|(name, short)| text += &format!("{name:<16} {short}\n"));
        text.push('\n');
    }
    session.ui.print(&text);
    wrong.iter().for_each(|error| session.ui.warn(error));
    Ok(())
}

fn pretty(category: &str) -> String {
    match category.to_lowercase().as_str() {
        "sap" => "SAP".into(),
        "nfs" => "NFS".into(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or(String::new(), |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
        }
    }
}

pub fn show(session: &mut Session, call: &Call) -> Outcome {
    let wizard = super::wizard(session, call.required(0))?;
    let all = call.argument(1).is_some();
    let mut text =
        format!("{} ({})\n{}\n\n{}\n\n", wizard.name, pretty(&wizard.category), wizard.short, wizard.long.trim());
    for (at, one) in wizard.steps.iter().enumerate() {
        step(one, &(at + 1).to_string(), "", all, &mut text);
        text.push('\n');
    }
    if all {
        text += "Common Parameters\n\n";
        COMMON.iter().for_each(|(name, help)| text += &format!("  {name}\n      {help}\n"));
    }
    session.page(&text);
    Ok(())
}

fn step(step: &Step, number: &str, before: &str, all: bool, text: &mut String) {
    let title = if step.short.is_empty() { "Parameters" } else { &step.short };
    let optional = if step.required { "" } else { " (optional)" };
    let _ = writeln!(text, "{number}. {title}{optional}\n");
    let before = step.name.as_ref().map_or(before.to_string(), |name| format!("{before}{name}:"));
    for one in step.parameters.iter().filter(|parameter| all || !parameter.advanced) {
        parameter(one, &before, text);
    }
    for (at, inner) in step.steps().iter().enumerate() {
        self::step(inner, &format!("{number}.{}", at + 1), &before, all, text);
    }
}

fn parameter(parameter: &Parameter, before: &str, text: &mut String) {
    let required = if parameter.required { " (required) " } else { "" };
    let unique = if parameter.unique { " (unique) " } else { "" };
    let default = parameter.default.as_ref().filter(|default| !default.is_no && !default.text.is_empty());
    let default = default.map_or(String::new(), |default| format!(" (default: {})", default.text));
    let _ = writeln!(text, "  {before}{}{required}{unique}{default}\n      {}", parameter.name, parameter.short);
}

pub fn steps(steps: &[Planned]) -> String {
    let mut text = String::new();
    let indented = |part: &str| part.lines().map(|line| format!("\t{line}\n")).collect::<String>();
    for (at, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {}\n", at + 1, step.short);
        for part in [&step.long, &spaced(step)] {
            if !part.is_empty() {
                text += &format!("{}\n", indented(part));
            }
        }
    }
    text
}

/// An empty line between statements.
fn spaced(step: &Planned) -> String {
    if !step.verb.is_local() {
        return format!("{}: {}", step.verb.name(), step.text);
    }
    let line =
        |(at, line): (usize, &str)| if at == 0 || line.starts_with('\t') { line.into() } else { format!("\n{line}") };
    step.text.lines().enumerate().map(line).collect::<Vec<String>>().join("\n")
}
