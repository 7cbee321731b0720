//! `script json`: the same commands for programs.
//!
//! In: `["list"]`, `["show", NAME]`, `["verify", NAME, {…}]`, `["run", NAME, {…}]`. Out: one JSON value a line.
//! Absent: the commands' work.

use super::{planned, take, with_library, wizard};
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::wizard::model::{Parameter, Step};
use serde_json::{Map, Value, json};

pub fn json(session: &mut Session, call: &Call) -> Outcome {
    let command: Value = serde_json::from_str(call.required(0))
        .map_err(|error| Failure::misused(call.span(0), format!("this is no JSON: {error}")))?;
    let text = |at: usize| command.get(at).and_then(Value::as_str);
    let answers = |at: usize| command.get(at).and_then(Value::as_object).map(flat);
    match (text(0), text(1), answers(2)) {
        (Some("list"), _, _) => list(session),
        (Some("show"), Some(name), _) => show(session, name),
        (Some("verify"), Some(name), Some(given)) => verify(session, name, &given),
        (Some("run"), Some(name), Some(given)) => run(session, name, &given),
        _ => Err(Failure::misused(call.span(0), "this is no command for scripts")
            .hint("[\"list\"], [\"show\", NAME], [\"verify\", NAME, {NAME: VALUE}] or [\"run\", NAME, {NAME: VALUE}]")),
    }
}

/// Nested answers as paths.
fn flat(answers: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in answers {
        match value {
            Value::Object(inner) => {
                found.extend(flat(inner).into_iter().map(|(inner, value)| (format!("{name}:{inner}"), value)));
            }
            Value::String(text) => found.push((name.clone(), text.clone())),
            Value::Null => {}
            other => found.push((name.clone(), other.to_string())),
        }
    }
    found
}

fn list(session: &mut Session) -> Outcome {
    let described = with_library(session, |library| {
        let one = |name: &str| match library.wizard(name) {
            Ok(wizard) => json!({
                "name": name,
                "category": wizard.category.to_lowercase(),
                "shortdesc": wizard.short,
                "longdesc": wizard.long,
            }),
            Err(error) => json!({"name": name, "error": error}),
        };
        library.names().map(one).collect::<Vec<_>>()
    });
    described.iter().for_each(|value| session.ui.line(&value.to_string()));
    Ok(())
}

fn show(session: &mut Session, name: &str) -> Outcome {
    let wizard = wizard(session, name)?;
    let value = json!({
        "name": wizard.name,
        "category": wizard.category.to_lowercase(),
        "shortdesc": wizard.short,
        "longdesc": wizard.long,
        "steps": wizard.steps.iter().map(step).collect::<Vec<_>>(),
    });
    session.ui.line(&value.to_string());
    Ok(())
}

fn step(step: &Step) -> Value {
    let mut value = json!({
        "required": step.required,
        "shortdesc": step.short,
        "longdesc": step.long,
        "parameters": step.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "steps": step.steps().iter().map(self::step).collect::<Vec<_>>(),
    });
    if let Some(name) = &step.name {
        value["name"] = json!(name);
    }
    value
}

fn parameter(parameter: &Parameter) -> Value {
    let mut value = json!({
        "name": parameter.name,
        "required": parameter.required,
        "unique": parameter.unique,
        "advanced": parameter.advanced,
        "type": parameter.kind,
        "shortdesc": parameter.short,
        "longdesc": parameter.long,
    });
    if let Some(default) = &parameter.default {
        value["value"] = json!(default.text);
    }
    if let Some(example) = &parameter.example {
        value["example"] = json!(example);
    }
    if !parameter.values.is_empty() {
        value["values"] = json!(parameter.values);
    }
    value
}

fn verify(session: &mut Session, name: &str, given: &[(String, String)]) -> Outcome {
    let (_, steps) = planned(session, name, given)?;
    take::try_out(session, &steps)?;
    for step in &steps {
        let value = json!({
            "name": step.verb.name(),
            "shortdesc": step.short,
            "longdesc": step.long,
            "text": step.text,
            "nodes": step.nodes,
            "sudo": step.sudo,
        });
        session.ui.line(&value.to_string());
    }
    Ok(())
}

fn run(session: &mut Session, name: &str, given: &[(String, String)]) -> Outcome {
    let (answers, steps) = planned(session, name, given)?;
    let titles: Vec<String> = steps.iter().map(|step| step.short.clone()).collect();
    take::run(session, &answers, steps)?;
    for title in titles {
        session.ui.line(&json!({"rc": 0, "shortdesc": title, "output": ""}).to_string());
    }
    Ok(())
}
