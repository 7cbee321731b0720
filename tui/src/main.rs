//! crm_mon.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate_transport::local::daemon::socket_below;
use quorate_transport::store::{CibSource, Surroundings};
use quorate_transport::zone;
use quorate_tui::args::{self, Command, Show, UsageError};
use quorate_tui::once::{self, Failure, exit};
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
            exit::OK
        }
        Ok(Command::Version) => {
            println!("Quorate {}", once::VERSION);
            exit::OK
        }
        Ok(Command::Show(show)) => run(*show),
        Err(UsageError(message)) => {
            eprintln!("crm_mon: {message}");
            exit::USAGE
        }
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn run(mut show: Show) -> i32 {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    show.options.zone = zone::local();
    let source = CibSource::chosen_by(&surroundings(&variable));
    let on_screen = !show.once && !show.daemonize && std::io::stdout().is_terminal();
    let outcome = match (on_screen, show.daemonize) {
        (true, _) => watch(source, show),
        (false, true) => once::go_on(&source, &show),
        (false, false) => once::run(&source, &show),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("crm_mon: {}", failure.message);
            failure.code
        }
    }
}

fn watch(source: CibSource, show: Show) -> Result<i32, Failure> {
    let after_first: fn() = match std::env::var_os("QUORATE_TEST_PANIC") {
        Some(_) => || panic!("a test wants to see what a panic leaves behind"),
        None => || {},
    };
    let screen = terminal::run(source, show.options, after_first);
    screen.map(|()| exit::OK).map_err(|error| Failure { message: format!("the terminal: {error}"), code: exit::ERROR })
}

fn surroundings(variable: &impl Fn(&str) -> Option<String>) -> Surroundings {
    let root = variable("QUORATE_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let owner = nix::unistd::Uid::effective();
    let user = nix::unistd::User::from_uid(owner).ok().flatten().map(|user| user.name);
    let shadow_directory = match (variable("CIB_shadow_dir"), user.as_deref()) {
        (Some(directory), _) => PathBuf::from(directory),
        (None, Some("root" | "hacluster")) => root.join("var/lib/pacemaker/cib"),
        (None, _) => PathBuf::from(variable("HOME").unwrap_or_else(|| "/".to_string())).join(".cib"),
    };
    Surroundings {
        cib_shadow: variable("CIB_shadow"),
        shadow_directory,
        cib_file: variable("CIB_file"),
        socket: socket_below(&root),
    }
}
