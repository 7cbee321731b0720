//! `crm --complete LINE`: what bash, zsh and fish ask at every key.
//!
//! In: the line up to the cursor, behind the program's name. Out: a candidate a line; a blank follows
//! where its word is whole, then a tab and a line of help, if there is one.
//! Absent: the scripts of the shells (see `tools::completions`), the candidates (see `complete`).

use crate::client::Local;
use crate::complete::{self, Candidate, Knowledge, argument, whole};
use crate::environment::Environment;
use crate::options::{self, Settings};
use crate::session::Session;
use crate::ui::{Color, Ui};
use quorate_transport::store;
use std::io::BufReader;
use std::time::Duration;

/// The program's options, with what they are for; a value follows those that end in `=`.
pub const OPTIONS: &[(&str, &str)] = &[
    ("--file=", "run the commands of a file"),
    ("--cib=", "work on a shadow"),
    ("--manager=", "whose cluster it is"),
    ("--history=", "what `history` looks at"),
    ("--display=", "plain, color, color-always or uppercase"),
    ("--wait", "wait until the cluster has done what follows"),
    ("--force", "answer every question with yes"),
    ("--no", "answer every question with no"),
    ("--option=", "a setting, for this call"),
    ("--output=", "text or json"),
    ("--scriptdir=", "where scripts are looked for first"),
    ("--keep-going", "a batch goes on after errors"),
    ("--help", "what there is"),
    ("--version", "the version"),
];

/// A person waits for the answer; a daemon that is stuck must not hold their shell.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

pub fn run(line: &str) -> u8 {
    let environment = Environment::of_process();
    let ui = Ui::new(Box::new(std::io::stdout()), Box::new(std::io::stderr()), Color::Plain);
    let cluster = Box::new(Local::new(environment.node.address()).within(ANSWER_WITHIN));
    let mut session = Session::new(environment, ui, Box::new(BufReader::new(std::io::stdin())), cluster);
    session.options = Settings::load(&session.environment);
    let text = offered(&mut session, line);
    session.ui.print(&text);
    0
}

fn offered(session: &mut Session, line: &str) -> String {
    let mut rest = line.trim_start();
    // Options of the program itself, some with a value, come before the words of the language.
    while rest.starts_with('-') {
        let Some((option, behind)) = rest.split_once(char::is_whitespace) else {
            return printed("", of_option(session, rest));
        };
        rest = behind.trim_start();
        let (name, attached) = named(option);
        if !takes_value(name) {
            continue;
        }
        let value = match attached {
            Some(value) => value,
            None => {
                let Some((value, behind)) = rest.split_once(char::is_whitespace) else {
                    return printed("", begun(values(session, name, rest), rest));
                };
                rest = behind.trim_start();
                value
            }
        };
        if matches!(name, "-c" | "--cib") {
            session.source = session.environment.shadow(value);
        }
    }
    let knowledge = Knowledge::of(session);
    let (at, candidates) = complete::complete(&knowledge, rest);
    // Shells replace the whole word, ours may be a part of it.
    let word = rest.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    printed(rest.get(word..at).unwrap_or_default(), candidates)
}

fn printed(before: &str, candidates: Vec<Candidate>) -> String {
    let line = |candidate: Candidate| {
        let end = if candidate.whole { " " } else { "" };
        let help = if candidate.help.is_empty() { String::new() } else { format!("\t{}", candidate.help) };
        format!("{before}{}{end}{help}\n", candidate.text)
    };
    candidates.into_iter().map(line).collect()
}

/// An option's name, and the value that is attached to it.
fn named(option: &str) -> (&str, Option<&str>) {
    match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    }
}

fn takes_value(name: &str) -> bool {
    ["-c", "-D", "-f", "-o"].contains(&name) || OPTIONS.iter().any(|(known, _)| known.strip_suffix('=') == Some(name))
}

fn of_option(session: &Session, word: &str) -> Vec<Candidate> {
    let (name, value) = named(word);
    let Some(value) = value else {
        let named =
            OPTIONS.iter().map(|(name, help)| Candidate { whole: !name.ends_with('='), ..whole(*name).with(*help) });
        return begun(named.collect(), word);
    };
    let with_name = |one: Candidate| Candidate { text: format!("{name}={}", one.text), ..one };
    begun(values(session, name, value), value).into_iter().map(with_name).collect()
}

fn begun(mut candidates: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    candidates.retain(|one| one.text.starts_with(word));
    candidates.sort_by(|a, b| a.text.cmp(&b.text));
    candidates
}

fn values(session: &Session, name: &str, value: &str) -> Vec<Candidate> {
    match name {
        "--manager" => ["pacemaker", "quorate"].map(whole).to_vec(),
        "-c" | "--cib" => store::shadows(&session.environment.node.shadow_directory()).into_iter().map(whole).collect(),
        "-f" | "--file" => argument::files(value),
        "-D" | "--display" => complete::all(["plain", "color", "color-always", "uppercase"]),
        "--output" => complete::all(["text", "json"]),
        "-o" | "--option" => settings(value),
        _ => Vec::new(),
    }
}

/// `NAME=`, then its values.
fn settings(word: &str) -> Vec<Candidate> {
    let Some((name, _)) = word.split_once('=') else {
        return options::OPTIONS
            .iter()
            .filter(|one| one.idle.is_empty())
            .map(|one| complete::start(format!("{}=", one.name)))
            .collect();
    };
    let values = options::Setting::find(name).map_or(Vec::new(), options::Setting::candidates);
    values.iter().map(|value| whole(format!("{name}={value}"))).collect()
}
