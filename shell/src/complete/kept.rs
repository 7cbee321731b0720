//! Names of files that the shell knows by name: templates, configs, scripts, and what they ask.
//!
//! In: what is known of the session, the words before the cursor. Out: candidates.
//! Absent: paths of files (see `argument`).

use super::{Candidate, Knowledge, Rank, all, start, whole};
use crate::template::library::{self, Library};
use crate::template::source;

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
        found.extend(source.parameters().map(|name| start(format!("{name}=")).with(source.name.clone())));
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
