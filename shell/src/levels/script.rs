//! `script`: cluster scripts, which make a configuration of a few values.
//!
//! In: calls. Out: lists, descriptions, and a configuration with all that a script adds, at once.
//! Absent: what scripts would do on other nodes (packages, services, files): it is named, and nothing done.

use crate::catalogue::AgentName;
use crate::check;
use crate::command::{Call, Command, Level, Run, What, any, maybe, one};
use crate::configure::load::{self, Method};
use crate::dispatch;
use crate::error::{Failure, Kind, Origin, Outcome};
use crate::session::Session;
use crate::wizard::{Include, Included, Library, Parameter, Plan, Script, Step, Values};
use quorate_core::agent::Metadata;
use quorate_grammar::line;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

/// Where crmsh's own scripts are.
const INSTALLED: &str = "usr/share/crmsh/scripts";

/// Scripts that only others use are not offered.
const HIDDEN: &str = "Script";

const VALUES: &[crate::command::Argument] = &[one("script", What::Text), any("name=value", What::Text)];

pub static LEVEL: Level = Level {
    name: "script",
    help: "cluster scripts: whole setups made of a few values",
    commands: &[
        Command {
            name: "list",
            arguments: &[any("all|names", What::Words(&["all", "names"]))],
            help: "the scripts there are, by category",
            details: "`all` shows also those that only serve others, `names` nothing but names.",
            run: Run::Do(list),
            ..Command::DEFAULT
        },
        Command {
            name: "show",
            aliases: &["info", "describe"],
            arguments: &[one("script", What::Text), maybe("all", What::Words(&["all"]))],
            help: "what a script does and which values it asks for",
            details: "`all` shows also what the agents know beside.",
            examples: &["show virtual-ip"],
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "verify",
            arguments: VALUES,
            help: "check values and show the steps that a script would take",
            examples: &["verify virtual-ip id=vip ip=192.0.2.7"],
            run: Run::Do(verify),
            ..Command::DEFAULT
        },
        Command {
            name: "run",
            arguments: VALUES,
            help: "do what a script does",
            details: "All of it becomes one change, or nothing does. Steps on other nodes are refused\nbefore anything is done; `dry_run=yes` shows the steps and does none.",
            examples: &["run virtual-ip id=vip ip=192.0.2.7"],
            run: Run::Do(run),
            ..Command::DEFAULT
        },
        Command {
            name: "json",
            arguments: &[one("call", What::Text)],
            help: "the same for programs: a call as a JSON list, an answer on a line",
            examples: &[r#"json '["list"]'"#, r#"json '["show", "virtual-ip"]'"#],
            run: Run::Do(answer),
            ..Command::DEFAULT
        },
    ],
};

/// Looks into the user's scripts first, then into those that are installed.
fn with_library<T>(session: &Session, work: impl FnOnce(&Library) -> T) -> T {
    let environment = &session.environment;
    let metadata = |agent: &str| -> Option<Rc<Metadata>> {
        let parts: Vec<&str> = agent.split(':').collect();
        let name = match parts[..] {
            [class, provider, name] => AgentName { class, provider: Some(provider), name },
            [class, name] => AgentName { class, provider: None, name },
            _ => return None,
        };
        session.agents.metadata(&environment.ocf_root, &name)
    };
    let directories: Vec<PathBuf> = vec![environment.config.join("crm/scripts"), environment.root.join(INSTALLED)];
    work(&Library { directories, metadata: &metadata })
}

fn script(session: &Session, name: &str) -> Outcome<Script> {
    with_library(session, |library| library.script(name))
}

fn scripts(session: &mut Session) -> Vec<Script> {
    let all =
        with_library(session, |library| library.names().iter().map(|name| library.script(name)).collect::<Vec<_>>());
    let mut read = Vec::new();
    for script in all {
        match script {
            Ok(script) => read.push(script),
            Err(failure) => session.ui.warn(&failure.message),
        }
    }
    read
}

fn list(session: &mut Session, call: &Call) -> Outcome {
    let has = |word: &str| call.words().iter().any(|given| given == word);
    let (all, names) = (has("all"), has("names"));
    if let Some(odd) = call.arguments.iter().find(|token| !["all", "names"].contains(&token.text.as_str())) {
        return Err(Failure::misused(odd.span, format!("`{}` is neither `all` nor `names`", odd.text)));
    }
    let scripts = scripts(session);
    if scripts.is_empty() {
        session.ui.info("no cluster scripts are installed: they come with crmsh's package");
    }
    let mut by_category: BTreeMap<&str, Vec<&Script>> = BTreeMap::new();
    for script in scripts.iter().filter(|script| all || script.category != HIDDEN) {
        by_category.entry(&script.category).or_default().push(script);
    }
    let mut text = String::new();
    for (category, scripts) in by_category {
        if !names {
            text.push_str(&format!("{category}:\n\n"));
        }
        for script in scripts {
            match names {
                true => text.push_str(&format!("{}\n", script.name)),
                false => text.push_str(&format!("{:<16} {}\n", script.name, script.short)),
            }
        }
        if !names {
            text.push('\n');
        }
    }
    session.page(&text);
    Ok(())
}

fn show(session: &mut Session, call: &Call) -> Outcome {
    let all = call.argument(1) == Some("all");
    let script = script(session, call.required(0))?;
    let mut text = format!("{} ({})\n{}\n\n", script.name, script.category, script.short);
    if !script.long.is_empty() {
        text.push_str(&format!("{}\n\n", script.long));
    }
    describe(&script, "", "", all, &mut text);
    session.page(&text);
    Ok(())
}

/// A script's own parameters, then each part's, numbered.
fn describe(script: &Script, number: &str, prefix: &str, all: bool, text: &mut String) {
    let mut count = 0;
    let mut next = || {
        count += 1;
        format!("{number}{count}.")
    };
    let own = script.includes.iter().filter(|include| include.own);
    let agents: Vec<&[Parameter]> = own.clone().map(parameters).collect();
    let mut asked: Vec<&Parameter> = script.parameters.iter().collect();
    asked.extend(agents.into_iter().flatten());
    if !asked.is_empty() {
        let title = own.map(|include| include.short.as_str()).find(|short| !short.is_empty());
        text.push_str(&format!("{} {}\n\n", next(), title.unwrap_or(&script.short)));
        describe_parameters(&asked, prefix, all, text);
    }
    for include in script.includes.iter().filter(|include| !include.own) {
        let (place, optional) = (next(), if include.optional { " (optional)" } else { "" });
        let inner = format!("{prefix}{}:", include.name);
        match &include.of {
            Included::Script(script) => {
                text.push_str(&format!("{place} {}{optional}\n\n", script.short));
                describe(script, &place, &inner, all, text);
            }
            Included::Agent { parameters, .. } => {
                text.push_str(&format!("{place} {}{optional}\n\n", include.short));
                describe_parameters(&parameters.iter().collect::<Vec<_>>(), &inner, all, text);
            }
        }
    }
}

fn parameters(include: &Include) -> &[Parameter] {
    match &include.of {
        Included::Agent { parameters, .. } => parameters,
        Included::Script(_) => &[],
    }
}

fn describe_parameters(parameters: &[&Parameter], prefix: &str, all: bool, text: &mut String) {
    for one in parameters.iter().filter(|one| all || !one.advanced) {
        let required = if one.required && one.value.is_none() { " (required)" } else { "" };
        let unique = if one.unique { " (unique)" } else { "" };
        let default = one.value.as_ref().map_or(String::new(), |value| format!(" (default: {value})"));
        text.push_str(&format!("  {prefix}{}{required}{unique}{default}\n", one.name));
        let help = if one.short.is_empty() { &one.long } else { &one.short };
        help.trim().lines().for_each(|line| text.push_str(&format!("      {}\n", line.trim())));
    }
    text.push('\n');
}

/// `name=value` words; what crmsh takes beside is told apart.
struct Given {
    values: Values,
    dry_run: bool,
}

fn given(call: &Call) -> Outcome<Given> {
    let mut given = Given { values: Values::new(), dry_run: false };
    for token in &call.arguments[1..] {
        let Some((name, value)) = token.text.split_once('=') else {
            return Err(Failure::misused(token.span, format!("`{}` is not NAME=VALUE", token.text)));
        };
        match name {
            "dry_run" => given.dry_run = ["yes", "true", "1", "on"].contains(&value),
            // Nothing is done on nodes.
            "nodes" | "sudo" | "statefile" => {}
            _ => drop(given.values.insert(name.to_string(), value.to_string())),
        }
    }
    Ok(given)
}

fn verify(session: &mut Session, call: &Call) -> Outcome {
    let script = script(session, call.required(0))?;
    let plan = Plan::of(&script, &given(call)?.values)?;
    show_steps(session, &plan);
    Ok(())
}

fn show_steps(session: &mut Session, plan: &Plan) {
    for (number, step) in plan.steps.iter().enumerate() {
        let mut text = format!("{}. {}\n\n", number + 1, step.title());
        step.detail().lines().for_each(|line| text.push_str(&format!("\t{line}\n")));
        text.push('\n');
        session.ui.print(&text);
    }
}

fn run(session: &mut Session, call: &Call) -> Outcome {
    let script = script(session, call.required(0))?;
    let given = given(call)?;
    let plan = Plan::of(&script, &given.values)?;
    if given.dry_run {
        show_steps(session, &plan);
        return Ok(());
    }
    carry_out(session, &script.name, &plan)
}

fn carry_out(session: &mut Session, name: &str, plan: &Plan) -> Outcome {
    let elsewhere = plan.steps.iter().find_map(|step| match step {
        Step::Elsewhere { title, action, detail } => Some((title, action, detail)),
        _ => None,
    });
    if let Some((title, action, detail)) = elsewhere {
        let what = if detail.is_empty() { action.clone() } else { format!("{action}: {detail}") };
        return Err(Failure::new(
            Kind::Unsupported,
            format!("script {name}: \"{title}\" ({what}) is done on the nodes, which this shell does not do"),
        )
        .hint("nothing was done; do that step by hand, and leave it out if the script lets you"));
    }
    configuring(session, |session| plan.steps.iter().try_for_each(|step| take(session, name, step)))?;
    plan.steps.iter().for_each(|step| session.ui.info(step.title()));
    Ok(())
}

/// Everything in one editing session, committed at its end.
fn configuring(session: &mut Session, work: impl FnOnce(&mut Session) -> Outcome) -> Outcome {
    dispatch::run(session, &typed("configure")?)?;
    let done = work(session)
        .and_then(|()| check::before_commit(session, false))
        .and_then(|()| session.commit_stage().map(drop));
    session.drop_stage();
    session.levels.pop();
    done
}

fn take(session: &mut Session, name: &str, step: &Step) -> Outcome {
    match step {
        Step::Configuration(text) => {
            let origin = Origin { name: format!("script {name}"), text: text.clone() };
            session.change(&format!("script {name}"), |session, document| {
                load::load_text(session, document, Method::Update, &origin)
            })
        }
        Step::Command { line, .. } => match line.strip_prefix("configure ") {
            Some(words) => dispatch::run(session, &typed(words)?),
            None => Err(Failure::new(Kind::Unsupported, format!("script {name}: `crm {line}` is no part of a change"))),
        },
        Step::Elsewhere { .. } => Ok(()),
    }
}

fn typed(text: &str) -> Outcome<line::Line> {
    let (lines, diagnostics) = line::lines(text);
    match lines.into_iter().next() {
        Some(line) if diagnostics.is_empty() => Ok(line),
        _ => Err(Failure::input(diagnostics)),
    }
}

// ---- for programs ------------------------------------------------------------------------------------------

fn answer(session: &mut Session, call: &Call) -> Outcome {
    let text = call.required(0);
    let said: Value = serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("not JSON: {error}")).hint(r#"e.g. '["list"]'"#))?;
    let word = |at: usize| said.get(at).and_then(Value::as_str).unwrap_or_default().to_string();
    let answers = match word(0).as_str() {
        "list" => scripts(session).iter().map(summary).collect(),
        "show" => {
            let script = script(session, &word(1))?;
            let mut value = summary(&script);
            value["steps"] = json!(parts(&script));
            vec![value]
        }
        verb @ ("verify" | "run") => {
            let script = script(session, &word(1))?;
            let plan = Plan::of(&script, &json_values(said.get(2))?)?;
            if verb == "run" {
                carry_out(session, &script.name, &plan)?;
            }
            plan.steps
                .iter()
                .map(|step| json!({ "shortdesc": step.title(), "text": step.detail(), "longdesc": "", "nodes": "" }))
                .collect()
        }
        other => return Err(Failure::usage(format!("`{other}` is none of list, show, verify, run"))),
    };
    answers.iter().for_each(|value: &Value| session.ui.line(&value.to_string()));
    Ok(())
}

fn json_values(value: Option<&Value>) -> Outcome<Values> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    match value {
        None => Ok(Values::new()),
        Some(Value::Object(members)) => Ok(members.iter().map(|(name, value)| (name.clone(), text(value))).collect()),
        Some(other) => Err(Failure::usage(format!("`{other}` is not an object of values"))),
    }
}

fn summary(script: &Script) -> Value {
    json!({
        "name": script.name,
        "category": script.category.to_lowercase(),
        "shortdesc": script.short,
        "longdesc": script.long,
    })
}

fn parts(script: &Script) -> Vec<Value> {
    let one = |parameter: &Parameter| {
        json!({
            "name": parameter.name,
            "shortdesc": parameter.short,
            "longdesc": parameter.long,
            "required": parameter.required,
            "unique": parameter.unique,
            "advanced": parameter.advanced,
            "type": parameter.kind,
            "value": parameter.value,
        })
    };
    let step = |name: &str, short: &str, required: bool, parameters: Vec<&Parameter>, steps: Vec<Value>| {
        json!({
            "name": name,
            "shortdesc": short,
            "required": required,
            "parameters": parameters.into_iter().map(one).collect::<Vec<_>>(),
            "steps": steps,
        })
    };
    let own = script.includes.iter().filter(|include| include.own).flat_map(parameters);
    let own: Vec<&Parameter> = script.parameters.iter().chain(own).collect();
    let mut all = Vec::new();
    if !own.is_empty() {
        all.push(step("", &script.short, true, own, Vec::new()));
    }
    for include in script.includes.iter().filter(|include| !include.own) {
        let (parameters, steps) = match &include.of {
            Included::Script(script) => (Vec::new(), parts(script)),
            Included::Agent { parameters, .. } => (parameters.iter().collect(), Vec::new()),
        };
        all.push(step(&include.name, &include.short, !include.optional, parameters, steps));
    }
    all
}
