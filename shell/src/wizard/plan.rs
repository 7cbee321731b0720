//! What a wizard will do, given the answers: its actions in order, every mark filled.
//!
//! In: a wizard and values. Out: planned steps; neighbours that can be taken together are one.
//! Absent: taking them.

use super::condition;
use super::model::{Source, Step, Verb, Wizard};
use super::template::{Scope, Value, fill};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub verb: Verb,
    /// Statements, commands, packages, …: one a line, or indented below the one they belong to.
    pub text: String,
    pub short: String,
    pub long: String,
    pub nodes: String,
    pub sudo: bool,
}

pub fn plan(wizard: &Wizard, mut values: Scope) -> Result<Vec<Planned>, String> {
    let mut included: BTreeMap<&str, Vec<Planned>> = BTreeMap::new();
    for step in &wizard.steps {
        match &step.source {
            Source::Wizard(inner) => {
                let name = step.name.as_deref().unwrap_or_default();
                let Some(Value::Inside(mine)) = values.values.get_mut(name) else { continue };
                let steps = plan(inner, mine.clone()).map_err(|error| format!("in `{name}`: {error}"))?;
                mine.text =
                    steps.last().filter(|last| last.verb == Verb::Cib).map_or("", |last| &last.text).to_string();
                included.insert(name, steps);
            }
            Source::Agent { .. } => {
                let Some(text) = primitive(step, &values)? else { continue };
                let name = step.name.as_deref().unwrap_or(&wizard.name);
                if let Some(Value::Inside(mine)) = values.values.get_mut(name) {
                    mine.text.clone_from(&text);
                }
                included.insert(name, vec![configuration(text)]);
            }
            Source::Own => {}
        }
    }
    let mut planned = Vec::new();
    for action in &wizard.actions {
        if let Some(when) = &action.when
            && !condition::holds(when, &values)?
        {
            continue;
        }
        let filled = |text: &str| fill(text, &values).map(|text| text.trim().to_string());
        if action.verb == Verb::Include {
            let mut steps = included.get(action.text.as_str()).cloned().unwrap_or_default();
            if let (Some(short), [only]) = (&action.short, &mut steps[..]) {
                only.short = filled(short)?;
            }
            steps.into_iter().for_each(|step| add(&mut planned, step));
            continue;
        }
        let text = filled(&action.text)?;
        let short = action.short.as_deref().map_or_else(|| Ok(action.verb.description().to_string()), filled)?;
        let step = Planned {
            verb: action.verb,
            text: if action.verb.is_local() { tidy(&text) } else { text },
            short,
            long: filled(&action.long)?,
            nodes: filled(&action.nodes)?,
            sudo: action.sudo,
        };
        add(&mut planned, step);
    }
    Ok(planned)
}

fn configuration(text: String) -> Planned {
    let short = Verb::Cib.description().to_string();
    Planned { verb: Verb::Cib, text, short, long: String::new(), nodes: String::new(), sudo: false }
}

/// The primitive of an agent's step; none if the step is left out.
fn primitive(step: &Step, values: &Scope) -> Result<Option<String>, String> {
    let Source::Agent { agent, operations, first } = &step.source else { return Ok(None) };
    let mine = match &step.name {
        None => values,
        Some(name) => match values.values.get(name) {
            Some(Value::Inside(mine)) => mine,
            _ => return Ok(None),
        },
    };
    let mut lines = vec![format!("primitive {} {agent}", mine.at("id").map_or("", Value::text))];
    for parameter in step.parameters[*first..].iter().filter(|parameter| parameter.name != "id") {
        if let Some(Value::Text(value)) = mine.values.get(&parameter.name) {
            lines.push(format!("{}={}", parameter.name, quorate_grammar::crm::print::quote(value)));
        }
    }
    lines.push(fill(operations, values)?);
    let text: Vec<&str> = lines.iter().flat_map(|line| line.lines()).collect();
    Ok(Some(tidy(&text.join("\n\t"))))
}

/// One blank between words, one tab before what belongs to the line above, no empty lines.
fn tidy(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = if line.starts_with([' ', '\t']) { "\t" } else { "" };
        let (mut plain, mut was_blank) = (String::new(), false);
        for c in line.trim().chars() {
            if c != ' ' || !was_blank {
                plain.push(c);
            }
            was_blank = c == ' ';
        }
        lines.push(format!("{indent}{plain}"));
    }
    lines.join("\n")
}

/// Adds a step, to the last one if both are of a kind and for the same nodes.
fn add(planned: &mut Vec<Planned>, step: Planned) {
    let joins = matches!(step.verb, Verb::Cib | Verb::Crm | Verb::Install | Verb::Service);
    match planned.last_mut().filter(|last| joins && last.verb == step.verb && last.nodes == step.nodes) {
        Some(last) => {
            let between = if step.verb.is_local() { "\n" } else { " " };
            last.text = format!("{}{between}{}", last.text, step.text);
            if !step.short.is_empty() {
                last.short = step.short;
            }
            if !step.long.is_empty() {
                last.long = step.long;
            }
        }
        None => planned.push(step),
    }
}

/// The statements or commands, each on a line of its own.
pub fn lines(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines() {
        let line = line.trim_end().trim_end_matches('\\').trim_end();
        if line.starts_with('\t') {
            joined.push(' ');
        } else if !joined.is_empty() {
            joined.push('\n');
        }
        joined.push_str(line.trim());
    }
    joined.push('\n');
    joined
}
