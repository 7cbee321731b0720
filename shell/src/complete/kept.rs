//! What is kept in files that go by a name: templates, configs, scripts and what they ask, sessions, inputs.
//!
//! In: what is known of the session, the words before the cursor. Out: candidates.
//! Absent: paths of files (see `argument`).

use super::{Candidate, Knowledge, Rank, all, start, whole};
use crate::history::saved::Places;
use crate::template::library::{self, Library};
use crate::template::source;
use crate::wizard::library::{self as wizards, Library as Scripts};
use crate::wizard::model::{Parameter, Step};

fn templates_here(knowledge: &Knowledge) -> Library {
    Library::of(&library::directories(&knowledge.environment, knowledge.options.get("path.sharedir")))
}

/// `new [CONFIG] TEMPLATE… [params NAME=VALUE…]`.
pub fn templates(knowledge: &Knowledge, words: &[&str]) -> Vec<Candidate> {
    let library = templates_here(knowledge);
    if let Some(split) = words.iter().position(|word| *word == "params") {
        return parameters(&library, &words[1..split]);
    }
    let about = |name: &str| library.text(name).and_then(|(text, _)| source::read(&text));
    let described = |name: &str| whole(name).with(about(name).map_or(String::new(), |one| one.summary().to_string()));
    let mut found: Vec<Candidate> = library.names().map(described).collect();
    if words.len() > 1 {
        found.push(whole("params").with("values of parameters follow").ranked(Rank::Next));
    }
    found
}

/// The parameters of these templates and of what they depend on.
fn parameters(library: &Library, templates: &[&str]) -> Vec<Candidate> {
    let mut asked: Vec<String> = templates.iter().map(|name| (*name).to_string()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < asked.len() {
        let read = library.text(&asked[at]).and_then(|(text, _)| source::read(&text));
        at += 1;
        let Ok(source) = read else { continue };
        let required = source.required();
        let rank = |name| if required.contains(name) { Rank::First } else { Rank::Common };
        found.extend(
            source.parameters().map(|name| start(format!("{name}=")).with(source.name.clone()).ranked(rank(name))),
        );
        for needed in &source.depends_on {
            if !asked.contains(needed) {
                asked.push(needed.clone());
            }
        }
    }
    found
}

pub fn configs(knowledge: &Knowledge, words: &[&str]) -> Vec<Candidate> {
    let names = library::config_names(&knowledge.environment);
    let mut found = all(names.iter().map(String::as_str));
    if words.first() == Some(&"apply") && words.len() == 1 {
        found.push(whole("replace").with("in place of the configuration").ranked(Rank::Next));
        found.push(whole("update").with("beside what there is").ranked(Rank::Next));
    }
    found
}

/// Sessions of `history`, behind the words that take one that is there.
pub fn sessions(knowledge: &Knowledge, words: &[&str]) -> Vec<Candidate> {
    match words.get(1) {
        Some(&("load" | "delete" | "pack")) => {
            let names = Places::of(&knowledge.environment, &knowledge.options).names();
            all(names.iter().map(String::as_str))
        }
        _ => Vec::new(),
    }
}

// ---- inputs ------------------------------------------------------------------------------------------------

pub fn inputs(knowledge: &Knowledge) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = knowledge.inputs.iter().map(|number| whole(number.to_string())).collect();
    found.push(whole("live").with("the cluster as it is").ranked(Rank::Last));
    found
}

/// `transition [showdot|log|save|tags] INPUT …`.
pub fn transition(knowledge: &Knowledge, words: &[&str]) -> Vec<Candidate> {
    const VERBS: [(&str, &str); 4] = [
        ("showdot", "the graph"),
        ("log", "the log's lines of that time"),
        ("save", "make the input a shadow"),
        ("tags", "what it concerned"),
    ];
    let verb = words.get(1).filter(|word| VERBS.iter().any(|(verb, _)| verb == *word));
    let mut found = match words.len() - usize::from(verb.is_some()) {
        1 => knowledge.inputs.iter().map(|number| whole(number.to_string())).collect(),
        _ if verb.is_none() => all(["scores", "utilization", "nograph"]),
        _ => Vec::new(),
    };
    if words.len() == 1 {
        found.extend(VERBS.map(|(verb, help)| whole(verb).with(help).ranked(Rank::Next)));
    }
    found
}

// ---- scripts -----------------------------------------------------------------------------------------------

fn with_scripts<T>(knowledge: &Knowledge, look: impl FnOnce(&Scripts) -> T) -> T {
    let options = &knowledge.options;
    let places =
        wizards::directories(&knowledge.environment, options.get("core.script_path"), options.get("path.sharedir"));
    let ask = |agent: &str| knowledge.metadata(agent);
    look(&Scripts::of(&places, &ask))
}

/// Those that others include come last.
pub fn scripts(knowledge: &Knowledge) -> Vec<Candidate> {
    with_scripts(knowledge, |library| {
        let described = |name: &str| match library.wizard(name) {
            Ok(wizard) if wizard.category.eq_ignore_ascii_case("script") => {
                whole(name).with(wizard.short).ranked(Rank::Last)
            }
            Ok(wizard) => whole(name).with(wizard.short),
            Err(_) => whole(name).ranked(Rank::Last),
        };
        library.names().map(described).collect()
    })
}

/// `NAME=` of what a script asks and has no answer yet; behind it the values it may have.
pub fn answers(knowledge: &Knowledge, words: &[&str], partial: &str) -> Vec<Candidate> {
    let Some(name) = words.get(1) else { return Vec::new() };
    let Ok(wizard) = with_scripts(knowledge, |library| library.wizard(name)) else { return Vec::new() };
    let mut asked = Vec::new();
    wizard.steps.iter().for_each(|step| questions(step, "", &mut asked));
    if let Some((path, _)) = partial.split_once('=') {
        let parameter = asked.iter().find(|(known, _)| known == path);
        return parameter.map_or(Vec::new(), |(_, parameter)| values(path, parameter));
    }
    let answered = |path: &str| words[2..].iter().any(|word| word.split('=').next() == Some(path));
    let mut found = Vec::new();
    for (path, parameter) in asked.iter().filter(|(path, _)| !answered(path)) {
        let rank = match (parameter.required, parameter.advanced) {
            (true, _) => Rank::First,
            (_, true) => Rank::Next,
            _ => Rank::Common,
        };
        found.push(start(format!("{path}=")).with(parameter.short.clone()).ranked(rank));
    }
    let common = [("dry_run", "yes: show the steps, take none"), ("action", "take only this step")];
    let common = common.into_iter().filter(|(path, _)| words[0] == "run" && !answered(path));
    found.extend(common.map(|(path, help)| start(format!("{path}=")).with(help).ranked(Rank::Last)));
    found
}

/// The parameters of a step and of what is inside, by their paths.
fn questions(step: &Step, before: &str, found: &mut Vec<(String, Parameter)>) {
    let before = step.name.as_ref().map_or(before.to_string(), |name| format!("{before}{name}:"));
    for parameter in &step.parameters {
        // What is required of a step that need not be taken is not required.
        let parameter = Parameter { required: parameter.required && step.required, ..parameter.clone() };
        found.push((format!("{before}{}", parameter.name), parameter));
    }
    step.steps().iter().for_each(|inner| questions(inner, &before, found));
}

fn values(path: &str, parameter: &Parameter) -> Vec<Candidate> {
    let texts: Vec<String> = match parameter.kind.as_str() {
        "boolean" => vec!["yes".into(), "no".into()],
        "enum" => parameter.values.clone(),
        _ => parameter.example.iter().cloned().collect(),
    };
    texts.into_iter().map(|text| whole(format!("{path}={text}"))).collect()
}
