//! One program under many names: by the name it is called, or by its first word.
//!
//! In: the command line. Out: an exit code.

use quorate_shell::{crm, crm_report, demo, install, manual, monitor};
use quorate_tools::{Exit, Io, TOOLS};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let called = words.next().unwrap_or_default();
    let name = Path::new(&called).file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    // What is no text would be written as another.
    let rest: Vec<String> = match words.map(OsString::into_string).collect() {
        Ok(rest) => rest,
        Err(word) => {
            eprintln!("{name}: `{}` is not UTF-8", word.to_string_lossy());
            return ExitCode::from(Exit::USAGE.0);
        }
    };
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
    match tool {
        "crm" => Some(Exit(crm::run(arguments))),
        "crm_report" => Some(crm_report::run(arguments, &mut io)),
        "demo" => Some(demo::run(arguments, &mut io)),
        "crm_mon" => Some(monitor::run(arguments, &mut io)),
        "man" => Some(manual::run(arguments, &mut io)),
        "install-links" => Some(install::run(arguments, &mut io)),
        _ => TOOLS.iter().find(|one| one.name == tool).map(|one| (one.run)(arguments, &mut io)),
    }
}

fn usage(word: Option<&String>) -> ExitCode {
    let mut text = match word {
        Some(word) if !word.starts_with('-') => format!("quorate: there is no tool `{word}`\n"),
        _ => String::new(),
    };
    text.push_str("usage: quorate TOOL [ARGUMENT…], or a link to it by the tool's name\n");
    let tools: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    text.push_str(&format!("tools: crm, crm_mon, crm_report, {}, demo, install-links, man\n", tools.join(", ")));
    eprint!("{text}");
    ExitCode::from(Exit::USAGE.0)
}
