//! What a wizard includes: an agent with its parameters, or another wizard.
//!
//! In: one entry of `include`. Out: the wizard with one more step.
//! Absent: the answers.

use super::model::{Parameter, Source, Step, Wizard, Wizards};
use super::yaml::{list, read_over, text_of, truth};
use quorate_core::agent::Metadata;
use serde_norway::Value as Yaml;

/// Adds what is included, and gives the name that actions know it by.
pub fn add(wizard: &mut Wizard, yaml: &Yaml, library: &dyn Wizards, depth: usize) -> Result<String, String> {
    if let Some(agent) = text_of(yaml, "agent") {
        return add_agent(wizard, &agent, yaml, library);
    }
    if let Some(script) = text_of(yaml, "script") {
        return add_wizard(wizard, &script, yaml, library, depth);
    }
    Err("what is included is neither an agent nor a script".into())
}

fn add_agent(wizard: &mut Wizard, agent: &str, yaml: &Yaml, library: &dyn Wizards) -> Result<String, String> {
    let told = library.agent(agent);
    let metadata = match told.as_deref() {
        Some(metadata) => metadata.clone(),
        // A unit has no parameters to tell of.
        None if agent.starts_with("systemd:") || agent.starts_with("service:") => Metadata::default(),
        None => return Err(format!("the agent `{agent}` is not here, or does not describe itself")),
    };
    let plain = agent.rsplit(':').next().unwrap_or(agent);
    let name = text_of(yaml, "name").unwrap_or_else(|| plain.to_string());
    let known = wizard.steps.iter().position(|step| step.name.as_ref() == Some(&name));
    let mut step = known.map_or_else(Step::default, |at| wizard.steps.remove(at));
    step.short = text_of(yaml, "shortdesc").unwrap_or(metadata.short).trim().to_string();
    step.long = text_of(yaml, "longdesc").unwrap_or(metadata.long).trim().to_string();
    step.required = truth(yaml, "required").unwrap_or(true);
    let id = Parameter {
        name: "id".into(),
        required: true,
        unique: true,
        short: "Identifier for the cluster resource".into(),
        kind: "resource".into(),
        ..Parameter::default()
    };
    step.parameters.push(id);
    let told = metadata.parameters.into_iter().filter(|told| told.name != "id").map(|told| Parameter {
        name: told.name,
        required: told.required,
        unique: told.unique.is_some(),
        advanced: !told.required,
        short: told.short,
        long: told.long,
        kind: if told.kind.is_empty() { "string".into() } else { told.kind },
        values: told.options,
        example: told.default,
        default: None,
    });
    step.parameters.extend(told);
    for written in list(yaml, "parameters") {
        change(&mut step.parameters, written);
    }
    let operations = text_of(yaml, "ops").unwrap_or_default();
    step.source = Source::Agent { agent: agent.to_string(), operations, first: 0 };
    place(wizard, step, &name, known);
    Ok(name)
}

/// What the wizard says of an agent's parameter, or one more that it asks for.
fn change(parameters: &mut Vec<Parameter>, written: &Yaml) {
    let Some(name) = text_of(written, "name") else { return };
    let at = parameters.iter().position(|parameter| parameter.name == name).unwrap_or_else(|| {
        parameters.push(Parameter { name, kind: "string".into(), ..Parameter::default() });
        parameters.len() - 1
    });
    let parameter = &mut parameters[at];
    parameter.advanced = false;
    read_over(parameter, written, 0);
    parameter.required &= parameter.default.is_none();
}

/// The step of an agent that has the wizard's own name asks in the wizard's name, beside its own
/// questions, unless both ask for the same.
fn place(wizard: &mut Wizard, mut step: Step, name: &str, known: Option<usize>) {
    let own = wizard.steps.iter().position(|step| step.name.is_none());
    let asked = own.map_or(&[][..], |at| &wizard.steps[at].parameters);
    let clashes = step.parameters.iter().any(|mine| asked.iter().any(|theirs| theirs.name == mine.name));
    step.name = Some(name.to_string()).filter(|name| *name != wizard.name || clashes);
    if let (None, Some(at)) = (&step.name, own) {
        let mut asked = wizard.steps.remove(at).parameters;
        if let Source::Agent { first, .. } = &mut step.source {
            *first = asked.len();
        }
        asked.append(&mut step.parameters);
        step.parameters = asked;
    }
    let at = known.unwrap_or(wizard.steps.len()).min(wizard.steps.len());
    wizard.steps.insert(at, step);
}

fn add_wizard(
    wizard: &mut Wizard,
    script: &str,
    yaml: &Yaml,
    library: &dyn Wizards,
    depth: usize,
) -> Result<String, String> {
    let mut inner = library.nested(script, depth + 1)?;
    let name = text_of(yaml, "name").unwrap_or_else(|| script.to_string());
    for written in list(yaml, "parameters") {
        match text_of(written, "step").filter(|_| written.get("name").is_none()) {
            Some(step) => {
                let (found, above) = named_step(&mut inner.steps, &step)
                    .ok_or_else(|| format!("the script `{script}` has no step `{step}`"))?;
                for written in list(written, "parameters") {
                    preset(found, written, above, script)?;
                }
            }
            None => {
                let only = inner.steps.len() == 1;
                let step = inner.steps.iter_mut().find(|step| step.name.is_none() || only);
                let step = step.ok_or_else(|| format!("the script `{script}` has no parameters of its own"))?;
                preset(step, written, 1, script)?;
            }
        }
    }
    wizard.steps.push(Step {
        name: Some(name.clone()),
        required: truth(yaml, "required").unwrap_or(true),
        short: inner.short.clone(),
        long: inner.long.clone(),
        parameters: Vec::new(),
        source: Source::Wizard(Box::new(inner)),
    });
    Ok(name)
}

/// A step, and how many wizards stand between its parameters and the one that includes.
fn named_step<'s>(steps: &'s mut [Step], name: &str) -> Option<(&'s mut Step, usize)> {
    let step = steps.iter_mut().find(|step| step.name.as_deref() == Some(name))?;
    if !matches!(step.source, Source::Wizard(_)) {
        return Some((step, 1));
    }
    let Source::Wizard(inner) = &mut step.source else { return None };
    inner.steps.iter_mut().find(|step| step.name.is_none()).map(|step| (step, 2))
}

fn preset(step: &mut Step, written: &Yaml, above: usize, script: &str) -> Result<(), String> {
    let name = text_of(written, "name").unwrap_or_default();
    let found = step.parameters.iter_mut().find(|parameter| parameter.name == name);
    let parameter = found.ok_or_else(|| format!("the script `{script}` has no parameter `{name}`"))?;
    read_over(parameter, written, above);
    parameter.required &= parameter.default.is_none();
    Ok(())
}
