//! What a script does with the values it is given.
//!
//! In: a script and values by name (`ip`, `virtual-ip:ip`). Out: a [`Plan`], or everything that is
//! missing, unknown or no such value.

use super::script::{Include, Included, Parameter, Script};
use super::template::{is_set, render};
use super::yaml::Value;
use crate::error::{Failure, Outcome};
use quorate_grammar::diagnostic::closest;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Values by full name.
pub type Values = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Statements of the configuration language, each on a line of its own.
    Configuration(String),
    /// A command of the shell.
    Command { title: String, line: String },
    /// Something to be done on nodes, which this shell does not do.
    Elsewhere { title: String, action: String, detail: String },
}

/// What each step with statements is called.
const CONFIGURE: &str = "Configure cluster resources";

impl Step {
    pub fn title(&self) -> &str {
        match self {
            Step::Configuration(_) => CONFIGURE,
            Step::Command { title, .. } | Step::Elsewhere { title, .. } => title,
        }
    }

    /// What it does, as text.
    pub fn detail(&self) -> &str {
        match self {
            Step::Configuration(text) => text,
            Step::Command { line, .. } => line,
            Step::Elsewhere { detail, .. } => detail,
        }
    }
}

/// The values of one script or included part.
#[derive(Default)]
struct Scope {
    values: Values,
    /// What is included, by name; `None` for what is left out.
    parts: Vec<(String, Option<Scope>)>,
}

impl Scope {
    fn part(&self, name: &str) -> Option<&Scope> {
        self.parts.iter().find(|(known, _)| known == name)?.1.as_ref()
    }

    /// `id`, `virtual-ip:id`; a part's name alone says whether it is there.
    fn value(&self, name: &str) -> Option<String> {
        if let Some((part, inner)) = name.split_once(':') {
            return self.part(part)?.value(inner);
        }
        let own = self.values.get(name).cloned();
        own.or_else(|| self.part(name).map(|part| part.value("id").unwrap_or_else(|| "true".into())))
    }

    fn render(&self, text: &str) -> Outcome<String> {
        render(text, &|name| self.value(name)).map_err(Failure::refused)
    }
}

#[derive(Default)]
struct Found {
    known: BTreeSet<String>,
    missing: Vec<String>,
    wrong: Vec<String>,
}

impl Plan {
    /// # Errors
    /// Of values: kind `Usage`; all of them at once.
    pub fn of(script: &Script, given: &Values) -> Outcome<Plan> {
        let mut found = Found::default();
        let scope = scope(script, "", given, &[], &mut found)?;
        if let Some(unknown) = given.keys().find(|name| !found.known.contains(*name)) {
            let failure = Failure::usage(format!("`{}` has no parameter `{unknown}`", script.name));
            return Err(match closest(unknown, found.known.iter().map(String::as_str)) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint(format!("`script show {}` lists them", script.name)),
            });
        }
        if !found.missing.is_empty() {
            let names = found.missing.join(", ");
            return Err(Failure::usage(format!("`{}` also needs: {names}", script.name))
                .hint(format!("`script show {}` says what they are", script.name)));
        }
        if !found.wrong.is_empty() {
            return Err(Failure::usage(found.wrong.join("; ")));
        }
        let mut plan = Plan { steps: Vec::new() };
        plan.add(script, &scope)?;
        Ok(plan)
    }

    fn add(&mut self, script: &Script, scope: &Scope) -> Outcome {
        if script.actions.is_empty() {
            for include in &script.includes {
                self.include(include, scope)?;
            }
        }
        for action in &script.actions {
            let when = action.text_of("when");
            if when.is_some_and(|when| !scope.value(&when).is_some_and(|value| is_set(&value))) {
                continue;
            }
            self.action(script, action, scope)?;
        }
        Ok(())
    }

    fn action(&mut self, script: &Script, action: &Value, scope: &Scope) -> Outcome {
        /// Members of an action that do not say what it is.
        const ABOUT: [&str; 7] = ["shortdesc", "longdesc", "when", "sudo", "nodes", "error", "to"];
        let Value::Map(members) = action else {
            return Err(Failure::refused(format!("script {}: an action is `{}`", script.name, action.words())));
        };
        let Some((name, value)) = members.iter().find(|(name, _)| !ABOUT.contains(&name.as_str())) else {
            return Err(Failure::refused(format!("script {}: an action says nothing to do", script.name)));
        };
        let text = value.text().unwrap_or_default();
        let title = match action.text_of("shortdesc") {
            Some(title) => scope.render(title.trim())?,
            None => name.clone(),
        };
        match name.as_str() {
            "include" => {
                let Some(include) = script.includes.iter().find(|include| include.name == text) else {
                    return Err(Failure::refused(format!("script {} includes no `{text}`", script.name)));
                };
                self.include(include, scope)?;
            }
            "cib" => self.configure(&scope.render(&text)?),
            "crm" => self.steps.push(Step::Command { title, line: scope.render(&text)?.trim().to_string() }),
            _ => {
                let detail = scope.render(&value.words())?;
                self.steps.push(Step::Elsewhere { title, action: name.clone(), detail });
            }
        }
        Ok(())
    }

    fn include(&mut self, include: &Include, scope: &Scope) -> Outcome {
        let inner = if include.own { Some(scope) } else { scope.part(&include.name) };
        let Some(inner) = inner else { return Ok(()) };
        match &include.of {
            Included::Script(script) => self.add(script, inner)?,
            Included::Agent { agent, operations, parameters } => {
                self.configure(&primitive(agent, operations, parameters, inner)?);
            }
        }
        Ok(())
    }

    /// Statements go with those before them: one step, one transaction.
    fn configure(&mut self, text: &str) {
        let text = statements(text);
        match self.steps.last_mut() {
            Some(Step::Configuration(before)) => {
                before.push('\n');
                before.push_str(&text);
            }
            _ => self.steps.push(Step::Configuration(text)),
        }
    }
}

fn scope(
    script: &Script,
    prefix: &str,
    given: &Values,
    told: &[(String, String)],
    found: &mut Found,
) -> Outcome<Scope> {
    let mut scope = Scope::default();
    let own = script.includes.iter().filter(|include| include.own).flat_map(|include| match &include.of {
        Included::Agent { parameters, .. } => &parameters[..],
        Included::Script(_) => &[],
    });
    values(script.parameters.iter().chain(own), prefix, given, told, &mut scope, found)?;
    for include in script.includes.iter().filter(|include| !include.own) {
        let inner = format!("{prefix}{}:", include.name);
        let is_there = !include.optional || given.keys().any(|name| name.starts_with(&inner));
        let told: Vec<(String, String)> = include
            .given
            .iter()
            .map(|(name, value)| Ok((name.clone(), scope.render(value)?)))
            .collect::<Outcome<_>>()?;
        // What is left out can be asked for all the same, and its lacks are none.
        let mut left_out = Found::default();
        let found = if is_there { &mut *found } else { &mut left_out };
        let part = match &include.of {
            Included::Script(script) => self::scope(script, &inner, given, &told, found)?,
            Included::Agent { parameters, .. } => {
                let mut part = Scope::default();
                values(parameters.iter(), &inner, given, &told, &mut part, found)?;
                part
            }
        };
        scope.parts.push((include.name.clone(), is_there.then_some(part)));
    }
    Ok(scope)
}

fn values<'p>(
    parameters: impl Iterator<Item = &'p Parameter>,
    prefix: &str,
    given: &Values,
    told: &[(String, String)],
    scope: &mut Scope,
    found: &mut Found,
) -> Outcome {
    for parameter in parameters {
        let name = format!("{prefix}{}", parameter.name);
        found.known.insert(name.clone());
        let told = told.iter().find(|(told, _)| *told == parameter.name).map(|(_, value)| value);
        let value = match given.get(&name).or(told) {
            Some(value) => Some(value.clone()),
            None => parameter.value.as_deref().map(|value| scope.render(value)).transpose()?,
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            if parameter.required {
                found.missing.push(name);
            }
            continue;
        };
        if let Some(wrong) = unfit(parameter, &value) {
            found.wrong.push(format!("{name}: `{value}` is {wrong}"));
        }
        scope.values.insert(parameter.name.clone(), value);
    }
    Ok(())
}

/// Why a value is none of its kind.
fn unfit(parameter: &Parameter, value: &str) -> Option<String> {
    let fits = match parameter.kind.as_str() {
        "integer" => value.parse::<i64>().is_ok(),
        "boolean" => ["true", "false", "yes", "no", "on", "off", "1", "0"].contains(&value.to_lowercase().as_str()),
        "ip_address" => value.split('/').next().is_some_and(|address| address.parse::<IpAddr>().is_ok()),
        "port" => value.parse::<u16>().is_ok_and(|port| port > 0),
        "email" => value.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
        "resource" => {
            let mut letters = value.chars();
            let first = letters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
            first && letters.all(|letter| letter.is_alphanumeric() || "_-.".contains(letter))
        }
        "enum" if !parameter.choices.is_empty() => parameter.choices.iter().any(|choice| choice == value),
        _ => true,
    };
    let kind = match parameter.kind.as_str() {
        "integer" => "no number".to_string(),
        "boolean" => "neither true nor false".to_string(),
        "ip_address" => "no IP address".to_string(),
        "port" => "no port".to_string(),
        "email" => "no e-mail address".to_string(),
        "resource" => "no id for a resource".to_string(),
        _ => format!("none of {}", parameter.choices.join(", ")),
    };
    (!fits).then_some(kind)
}

fn primitive(agent: &str, operations: &str, parameters: &[Parameter], scope: &Scope) -> Outcome<String> {
    let mut text = format!("primitive {} {agent}", scope.value("id").unwrap_or_default());
    for parameter in parameters.iter().filter(|parameter| parameter.name != "id") {
        if let Some(value) = scope.values.get(&parameter.name) {
            text.push_str(&format!("\n\t{}=\"{}\"", parameter.name, value.replace('\\', "\\\\").replace('"', "\\\"")));
        }
    }
    for line in scope.render(operations)?.lines() {
        text.push_str(&format!("\n\t{}", line.trim()));
    }
    Ok(text)
}

/// One statement a line: what is indented goes on with the line before, with a backslash or without.
fn statements(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let words = line.trim_end().trim_end_matches('\\').trim();
        match lines.last_mut().filter(|_| line.starts_with([' ', '\t'])) {
            _ if words.is_empty() => {}
            Some(before) => before.push_str(&format!(" {words}")),
            None => lines.push(words.to_string()),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, required: bool, value: Option<&str>, kind: &str) -> Parameter {
        let value = value.map(str::to_string);
        Parameter { name: name.into(), required, value, kind: kind.into(), ..Parameter::default() }
    }

    fn script() -> Script {
        let address = Included::Agent {
            agent: "ocf:heartbeat:IPaddr2".into(),
            operations: "op monitor interval=10".into(),
            parameters: vec![parameter("id", true, None, "resource"), parameter("ip", true, None, "ip_address")],
        };
        let action = |name: &str, text: &str| Value::Map(vec![(name.into(), Value::Text(text.into()))]);
        Script {
            name: "web".into(),
            parameters: vec![
                parameter("id", true, None, "resource"),
                parameter("install", false, Some("false"), "boolean"),
            ],
            includes: vec![Include {
                name: "vip".into(),
                own: false,
                optional: true,
                short: String::new(),
                given: vec![("id".into(), "{{id}}-vip".into())],
                of: address,
            }],
            actions: vec![
                Value::Map(vec![
                    ("install".into(), Value::Text("apache2".into())),
                    ("when".into(), Value::Text("install".into())),
                ]),
                action("include", "vip"),
                action("cib", "group g-{{id}} \\\n  {{vip:id}}\n  {{id}}\n"),
                action("crm", "configure modgroup all add g-{{id}}"),
            ],
            ..Script::default()
        }
    }

    #[track_caller]
    fn check(given: &[(&str, &str)], expected: Result<&[&str], &str>) {
        let given = given.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect();
        let told = Plan::of(&script(), &given)
            .map(|plan| plan.steps.iter().map(|step| step.detail().to_string()).collect::<Vec<_>>())
            .map_err(|failure| failure.message);
        let expected =
            expected.map(|steps| steps.iter().map(|step| (*step).to_string()).collect()).map_err(str::to_string);
        assert_eq!(told, expected);
    }

    #[test]
    fn values_make_steps() {
        check(&[("id", "a")], Ok(&["group g-a a", "configure modgroup all add g-a"]));
        check(
            &[("id", "a"), ("vip:ip", "192.0.2.1"), ("install", "yes")],
            Ok(&[
                "apache2",
                "primitive a-vip ocf:heartbeat:IPaddr2 ip=\"192.0.2.1\" op monitor interval=10\ngroup g-a a-vip a",
                "configure modgroup all add g-a",
            ]),
        );
    }

    #[test]
    fn values_that_cannot_be_are_said() {
        check(&[], Err("`web` also needs: id"));
        check(&[("id", "a"), ("vip:id", "x")], Err("`web` also needs: vip:ip"));
        check(&[("id", "a"), ("vip:ip", "far")], Err("vip:ip: `far` is no IP address"));
        check(&[("id", "a"), ("ipp", "1")], Err("`web` has no parameter `ipp`"));
        check(&[("id", "7")], Err("id: `7` is no id for a resource"));
    }
}
