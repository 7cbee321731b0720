//! crm_mon.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use quorate_core::arguments::UsageError;
use quorate_core::cib::document::PACEMAKER;
use quorate_core::exit::Exit;
use quorate_transport::environment::Environment;
use quorate_transport::local::address::Wanted;
use quorate_transport::store::CibSource;
use quorate_transport::zone;
use quorate_tui::args::{self, Command, Show};
use quorate_tui::once;
use quorate_tui::snapshot::Failure;
use quorate_tui::terminal;

fn main() -> ExitCode {
    let mut words = std::env::args();
    let program = words.next().unwrap_or_default();
    let program = Path::new(&program).file_name().map(|name| name.to_string_lossy().into_owned());
    let program = program.unwrap_or_else(|| "crm_mon".to_string());
    let arguments: Vec<String> = words.collect();
    let code = match args::parse(&program, &arguments) {
        Ok(Command::Help { all }) => {
            print!("{}", args::help(all));
            Exit::OK
        }
        Ok(Command::Version) => {
            println!("Pacemaker {PACEMAKER} (Quorate {})", env!("CARGO_PKG_VERSION"));
            Exit::OK
        }
        Ok(Command::Show(show)) => run(*show),
        Err(UsageError(message)) => {
            eprintln!("crm_mon: {message}");
            Exit::USAGE
        }
    };
    ExitCode::from(code.0)
}

fn run(mut show: Show) -> Exit {
    show.options.zone = zone::local();
    let source = match show.file.take() {
        Some(path) => CibSource::File(path),
        None => around(show.manager.take()).first_source(),
    };
    let simple = show.simple;
    let on_screen = !show.once && !show.daemonize && std::io::stdout().is_terminal();
    let outcome = match (on_screen, show.daemonize) {
        (true, _) => watch(source, show),
        (false, true) => once::go_on(&source, &show),
        (false, false) => once::run(&source, &show),
    };
    match outcome {
        Ok(code) => code,
        // What watches systems reads the line and the code of a critical state.
        Err(failure) if simple => {
            println!("CLUSTER CRIT: {}", failure.message);
            Exit(2)
        }
        Err(failure) => {
            eprintln!("crm_mon: {}", failure.message);
            failure.code
        }
    }
}

/// This process's environment; an option goes before the variable.
fn around(manager: Option<String>) -> Environment {
    let around = Environment::of_process();
    let manager = manager.map(|name| Wanted::from(name.as_str())).or_else(|| around.manager.clone());
    Environment { manager, ..around }
}

fn watch(source: CibSource, show: Show) -> Result<Exit, Failure> {
    let after_first: fn() = match std::env::var_os("QUORATE_TEST_PANIC") {
        Some(_) => || panic!("a test wants to see what a panic leaves behind"),
        None => || {},
    };
    let screen = terminal::run(source, show.options, after_first);
    screen.map(|()| Exit::OK).map_err(|error| Failure { message: format!("the terminal: {error}"), code: Exit::ERROR })
}
