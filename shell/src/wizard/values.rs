//! A person's answers to a wizard's questions.
//!
//! In: `name=value` words, where a name is a path like `virtual-ip:ip`. Out: a value for every name
//! that the wizard's texts may use, or what is wrong with the answers.
//! Absent: what is done with them (see `plan`).

use super::model::{Parameter, Step, Wizard};
use super::template::{Scope, Value, fill};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Words that any script takes: they say how it is run.
pub const COMMON: &[(&str, &str)] = &[
    ("nodes", "the nodes to run it on"),
    ("dry_run", "show the steps, take none"),
    ("action", "take only this step, by its number in `verify`"),
    ("statefile", "where a run of single steps keeps its state"),
    ("user", "the user to run as"),
    ("sudo", "use sudo where it is needed"),
    ("port", "the port to connect to"),
    ("timeout", "how long it may take"),
];

pub struct Answers {
    pub values: Scope,
    pub common: BTreeMap<String, String>,
}

pub fn answers(wizard: &Wizard, given: &[(String, String)]) -> Result<Answers, Vec<String>> {
    let mut answers = Answers { values: Scope::default(), common: BTreeMap::new() };
    let mut wrong = Vec::new();
    let own = names(&wizard.steps, "");
    for (name, value) in given {
        // A script that asks for `user` itself means another one.
        if COMMON.iter().any(|(common, _)| common == name) && !own.contains(name) {
            answers.common.insert(name.clone(), value.clone());
            answers.values.values.insert(name.clone(), Value::Text(value.clone()));
        } else if let Err(error) = put(&wizard.steps, &mut answers.values, name, name, value) {
            wrong.push(error);
        }
    }
    if wrong.is_empty() {
        complete(&wizard.steps, &mut answers.values, &[], "", &mut wrong);
    }
    if wrong.is_empty() { Ok(answers) } else { Err(wrong) }
}

/// Puts an answer where its path leads.
fn put(steps: &[Step], values: &mut Scope, path: &str, whole: &str, value: &str) -> Result<(), String> {
    let own = steps.iter().filter(|step| step.name.is_none()).flat_map(|step| &step.parameters);
    if let Some(parameter) = own.into_iter().find(|parameter| parameter.name == path) {
        let value = checked(parameter, whole, value)?;
        values.values.insert(path.to_string(), Value::Text(value));
        return Ok(());
    }
    if let Some((first, rest)) = path.split_once(':')
        && let Some(step) = steps.iter().find(|step| step.name.as_deref() == Some(first))
    {
        return put_in(step, inside(values, first), rest, whole, value);
    }
    // The first step's parameters may be named without it, and are then known by both names.
    if let Some(step) = steps.first().filter(|_| !path.contains(':'))
        && let Some(name) = step.name.as_deref()
        && put_in(step, inside(values, name), path, whole, value).is_ok()
    {
        let value = values.at(&format!("{name}:{path}")).cloned();
        values.values.extend(value.map(|value| (path.to_string(), value)));
        return Ok(());
    }
    let near = quorate_grammar::diagnostic::closest(whole, names(steps, "").iter().map(String::as_str))
        .map(|near| format!("; did you mean `{near}`?"));
    Err(format!("there is no parameter `{whole}`{}", near.unwrap_or_default()))
}

fn put_in(step: &Step, values: &mut Scope, path: &str, whole: &str, value: &str) -> Result<(), String> {
    if let Some(parameter) = step.parameters.iter().find(|parameter| parameter.name == path) {
        let value = checked(parameter, whole, value)?;
        values.values.insert(path.to_string(), Value::Text(value));
        return Ok(());
    }
    put(step.steps(), values, path, whole, value)
}

fn inside<'v>(values: &'v mut Scope, name: &str) -> &'v mut Scope {
    let slot = values.values.entry(name.to_string()).or_insert_with(|| Value::Inside(Scope::default()));
    if !matches!(slot, Value::Inside(_)) {
        *slot = Value::Inside(Scope::default());
    }
    match slot {
        Value::Inside(scope) => scope,
        _ => unreachable!("it was just made a scope"),
    }
}

/// Every path that may be answered.
pub fn names(steps: &[Step], before: &str) -> Vec<String> {
    let mut found = Vec::new();
    for step in steps {
        let before = step.name.as_ref().map_or(before.to_string(), |name| format!("{before}{name}:"));
        found.extend(step.parameters.iter().map(|parameter| format!("{before}{}", parameter.name)));
        found.extend(names(step.steps(), &before));
    }
    found
}

/// Puts defaults where nothing was answered, and notes what must be answered and was not.
/// `outer` are the values of the wizards around, the nearest last.
fn complete(steps: &[Step], values: &mut Scope, outer: &[Scope], path: &str, wrong: &mut Vec<String>) {
    for step in steps.iter().filter(|step| step.name.is_none()) {
        preset(step, values, None, outer, path, wrong);
    }
    for step in steps {
        let Some(name) = &step.name else { continue };
        let answered = matches!(values.values.get(name), Some(Value::Inside(scope)) if !scope.values.is_empty());
        if !step.required && !answered {
            values.values.remove(name);
            continue;
        }
        let mut mine = std::mem::take(inside(values, name));
        let path = format!("{path}{name}:");
        preset(step, &mut mine, Some(values), outer, &path, wrong);
        let around = [outer, std::slice::from_ref(values)].concat();
        complete(step.steps(), &mut mine, &around, &path, wrong);
        *inside(values, name) = mine;
    }
}

/// `wizard` are the values of the wizard the step belongs to, if they are not the step's own.
fn preset(
    step: &Step,
    values: &mut Scope,
    wizard: Option<&Scope>,
    outer: &[Scope],
    path: &str,
    wrong: &mut Vec<String>,
) {
    // Defaults that use others come after them.
    let (plain, marked): (Vec<_>, Vec<_>) = step
        .parameters
        .iter()
        .partition(|parameter| !parameter.default.as_ref().is_some_and(|it| it.text.contains("{{")));
    for parameter in plain.into_iter().chain(marked) {
        if values.values.contains_key(&parameter.name) {
            continue;
        }
        let Some(default) = &parameter.default else {
            if parameter.required {
                wrong.push(format!("`{path}{}` must be given{}", parameter.name, about(parameter)));
            }
            continue;
        };
        let from = match default.above {
            0 => wizard.unwrap_or(values),
            above => outer.len().checked_sub(above).map_or(&*values, |at| &outer[at]),
        };
        match fill(&default.text, from) {
            Ok(_) if default.is_no => drop(values.values.insert(parameter.name.clone(), Value::No)),
            Ok(text) => drop(values.values.insert(parameter.name.clone(), Value::Text(text.trim().to_string()))),
            Err(error) => wrong.push(format!("the default of `{path}{}`: {error}", parameter.name)),
        }
    }
}

fn about(parameter: &Parameter) -> String {
    if parameter.short.is_empty() { String::new() } else { format!(": {}", parameter.short) }
}

fn checked(parameter: &Parameter, path: &str, value: &str) -> Result<String, String> {
    let wrong = |what: &str| Err(format!("`{path}={value}` is {what}"));
    let number = |text: &str| {
        let (text, radix) = text.strip_prefix("0x").map_or((text, 10), |hex| (hex, 16));
        i64::from_str_radix(text, radix).ok()
    };
    let is_name = |c: char| !c.is_whitespace() && c != '=';
    match parameter.kind.as_str() {
        "integer" if number(value).is_none() => wrong("no integer"),
        "port" if !number(value).is_some_and(|port| (0..=65535).contains(&port)) => wrong("no port"),
        "boolean" => match value.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" | "y" => Ok("true".into()),
            "false" | "no" | "off" | "0" | "n" => Ok("false".into()),
            _ => wrong("neither true nor false"),
        },
        "resource" if value.is_empty() || value.starts_with([':', '.']) || !value.chars().all(is_name) => {
            wrong("no name for a resource")
        }
        "ip_address" if value.parse::<IpAddr>().is_err() => wrong("no IP address"),
        "ip_network" => {
            let (address, mask) = value.split_once('/').unwrap_or((value, "0"));
            let known = address.parse::<IpAddr>().is_ok() && mask.parse::<u8>().is_ok_and(|bits| bits <= 128);
            if known { Ok(value.into()) } else { wrong("no IP network") }
        }
        "email" => {
            let parts = value.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty());
            if parts.is_some() { Ok(value.into()) } else { wrong("no e-mail address") }
        }
        "enum" => match parameter.values.iter().find(|known| known.eq_ignore_ascii_case(value)) {
            Some(known) => Ok(known.clone()),
            None => wrong(&format!("none of {}", parameter.values.join(", "))),
        },
        _ => Ok(value.into()),
    }
}
