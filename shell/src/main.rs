//! One program under many names: by the name it is called, or by its first word.
//!
//! In: the command line. Out: an exit code.

use quorate_shell::tools::{Exit, Io, completions, crm_attribute, crm_node, crm_simulate, crm_ticket, why};
use quorate_shell::{crm, demo, install};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let called = words.next().unwrap_or_default();
    let name = Path::new(&called).file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let rest: Vec<String> = words.collect();
    if let Some(exit) = run(&name, &rest) {
        return ExitCode::from(exit.0);
    }
    match rest.split_first().and_then(|(tool, rest)| run(tool, rest)) {
        Some(exit) => ExitCode::from(exit.0),
        None => usage(rest.first()),
    }
}

/// Runs the tool of this name, if there is one.
fn run(tool: &str, arguments: &[String]) -> Option<Exit> {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut io = Io { out: &mut out, err: &mut err };
    Some(match tool {
        "crm" => Exit(crm::run(arguments)),
        "crm_attribute" => crm_attribute::run(arguments, &mut io),
        "crm_node" => crm_node::run(arguments, &mut io),
        "crm_simulate" => crm_simulate::run(arguments, &mut io),
        "crm_ticket" => crm_ticket::run(arguments, &mut io),
        "demo" => demo::run(arguments, &mut io),
        "why" => why::run(arguments, &mut io),
        "completions" => completions::run(arguments, &mut io),
        "install-links" => install::run(arguments, &mut io),
        _ => return None,
    })
}

fn usage(word: Option<&String>) -> ExitCode {
    let mut text = match word {
        Some(word) if !word.starts_with('-') => format!("quorate: there is no tool `{word}`\n"),
        _ => String::new(),
    };
    text.push_str("usage: quorate TOOL [ARGUMENT…], or a link to it by the tool's name\n");
    text.push_str(&format!("tools: {}, why, demo, completions, install-links\n", install::NAMES.join(", ")));
    eprint!("{text}");
    ExitCode::from(Exit::USAGE.0)
}
