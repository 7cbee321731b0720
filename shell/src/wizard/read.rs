//! A wizard's `main.yml`.
//!
//! In: YAML of version 2.2, or the older form without one. Out: a `Wizard` with all it includes.
//! Absent: the includes themselves (see `include`).

use super::include;
use super::model::{Action, Parameter, Source, Step, VERBS, Verb, Wizard, Wizards};
use super::yaml::{list, read_over, scalar, text_of, trimmed, truth};
use serde_norway::Value as Yaml;

const VERSION: &str = "2.2";

pub fn wizard(name: &str, text: &str, library: &dyn Wizards, depth: usize) -> Result<Wizard, String> {
    let yaml: Yaml = serde_norway::from_str(text).map_err(|error| error.to_string())?;
    let yaml = if let Yaml::Sequence(items) = &yaml { items.first().unwrap_or(&yaml) } else { &yaml };
    if !yaml.is_mapping() {
        return Err("this is no script: it has no fields".into());
    }
    match text_of(yaml, "version").as_deref() {
        Some(VERSION) => current(name, yaml, library, depth),
        None => older(name, yaml),
        Some(other) => match other.parse::<f64>() {
            Ok(version) if version < 2.2 => older(name, yaml),
            _ => Err(format!("version {other} of scripts is not known; {VERSION} is")),
        },
    }
}

fn current(name: &str, yaml: &Yaml, library: &dyn Wizards, depth: usize) -> Result<Wizard, String> {
    let mut wizard = Wizard {
        name: name.to_string(),
        category: text_of(yaml, "category").unwrap_or_else(|| "Custom".into()),
        short: trimmed(yaml, "shortdesc"),
        long: trimmed(yaml, "longdesc"),
        ..Wizard::default()
    };
    if yaml.get("parameters").is_some() {
        wizard.steps.push(step(&Yaml::Null, parameters(yaml)?));
    } else {
        for one in list(yaml, "steps") {
            wizard.steps.push(step(one, parameters(one)?));
        }
    }
    wizard.steps.retain(|step| !step.parameters.is_empty());
    for action in list(yaml, "actions") {
        wizard.actions.push(self::action(action)?);
    }
    let mut included = Vec::new();
    for one in list(yaml, "include") {
        included.push(include::add(&mut wizard, one, library, depth)?);
    }
    if yaml.get("actions").is_none() {
        let all = included.iter().map(|name| Action { verb: Verb::Include, text: name.clone(), ..Action::default() });
        wizard.actions = all.collect();
    }
    for action in wizard.actions.iter().filter(|action| action.verb == Verb::Include) {
        if !included.contains(&action.text) {
            let known = included.join(", ");
            return Err(format!("the action `include: {}` names nothing that is included ({known})", action.text));
        }
    }
    describe(&mut wizard);
    Ok(wizard)
}

/// Before version 2.2 actions were called steps, and descriptions had other names.
fn older(name: &str, yaml: &Yaml) -> Result<Wizard, String> {
    let mut wizard = Wizard {
        name: name.to_string(),
        category: text_of(yaml, "category").unwrap_or_else(|| "Legacy".into()),
        short: trimmed(yaml, "name"),
        long: trimmed(yaml, "description"),
        ..Wizard::default()
    };
    let mut asked = parameters(yaml)?;
    for (parameter, written) in asked.iter_mut().zip(list(yaml, "parameters")) {
        parameter.short = trimmed(written, "description");
        if written.get("required").is_none() {
            parameter.required = parameter.default.is_none();
        }
    }
    wizard.steps.push(step(&Yaml::Null, asked));
    wizard.steps.retain(|step| !step.parameters.is_empty());
    for one in list(yaml, "steps") {
        let short = text_of(one, "name");
        wizard.actions.push(Action { short, ..action(one)? });
    }
    Ok(wizard)
}

/// A wizard that does not describe itself borrows the words of its first step.
fn describe(wizard: &mut Wizard) {
    let Some(first) = wizard.steps.first_mut() else { return };
    if wizard.short.is_empty() {
        wizard.short = std::mem::take(&mut first.short);
    }
    if wizard.long.is_empty() {
        wizard.long = std::mem::take(&mut first.long);
    }
}

fn step(yaml: &Yaml, parameters: Vec<Parameter>) -> Step {
    Step {
        name: text_of(yaml, "name").filter(|name| !name.is_empty()),
        required: truth(yaml, "required").unwrap_or(true),
        short: trimmed(yaml, "shortdesc"),
        long: trimmed(yaml, "longdesc"),
        parameters,
        source: Source::Own,
    }
}

fn parameters(yaml: &Yaml) -> Result<Vec<Parameter>, String> {
    list(yaml, "parameters").iter().map(parameter).collect()
}

fn parameter(yaml: &Yaml) -> Result<Parameter, String> {
    let name = text_of(yaml, "name").ok_or("a parameter has no name")?;
    let kind = if name == "id" { "resource" } else { "string" };
    let mut parameter = Parameter { name, kind: kind.to_string(), ..Parameter::default() };
    read_over(&mut parameter, yaml, 0);
    Ok(parameter)
}

fn action(yaml: &Yaml) -> Result<Action, String> {
    let found = VERBS.iter().find(|(_, name, _)| yaml.get(name).is_some());
    let Some((verb, name, _)) = found else {
        let fields = yaml.as_mapping().into_iter().flatten().filter_map(|(key, _)| key.as_str());
        let fields: Vec<&str> = fields.collect();
        return Err(format!("an action is none that is known; it has {}", fields.join(", ")));
    };
    let mut text = yaml.get(name).map(words).unwrap_or_default();
    if *verb == Verb::Copy {
        let to = text_of(yaml, "to").unwrap_or_else(|| text.clone());
        text = format!("{text} -> {to}");
    }
    Ok(Action {
        verb: *verb,
        text: if *verb == Verb::Service { text.replace(':', " -> ") } else { text },
        short: text_of(yaml, "shortdesc"),
        long: trimmed(yaml, "longdesc"),
        nodes: text_of(yaml, "nodes").unwrap_or_default(),
        when: text_of(yaml, "when").filter(|when| !when.is_empty()),
        sudo: truth(yaml, "sudo").unwrap_or(false),
    })
}

/// A text; of a list its members, each a text or one `name: value`.
fn words(yaml: &Yaml) -> String {
    match yaml {
        Yaml::Sequence(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        Yaml::Mapping(pairs) => {
            let pair = |(key, value): (&Yaml, &Yaml)| format!("{}:{}", words(key), words(value));
            pairs.iter().map(pair).collect::<Vec<_>>().join(" ")
        }
        other => scalar(other).unwrap_or_default(),
    }
}
