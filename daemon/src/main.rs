//! quorated: the daemon on every node.

use quorate_core::exit::Exit;
use quorate_daemon::options::{Asked, DaemonOptions, USAGE};
use quorate_daemon::runtime;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match DaemonOptions::parse(std::env::args().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Version) => {
            println!("quorated {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("quorated: {error}\n\n{USAGE}");
            return ExitCode::from(Exit::USAGE.0);
        }
    };
    if let Some(error) = marked(&options) {
        eprintln!("quorated: {error}");
        return ExitCode::FAILURE;
    }
    match runtime::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorated: {error}");
            ExitCode::from(error.exit().0)
        }
    }
}

/// In a laboratory, a node's processes are found by their environment: the daemon's own must name
/// its root too. Starts the program again if it does not; returns only to go on or to fail.
fn marked(options: &DaemonOptions) -> Option<std::io::Error> {
    let root = options.places.root.as_os_str();
    if root == "/" || std::env::var_os("QUORATE_ROOT").as_deref() == Some(root) {
        return None;
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Some(error),
    };
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).env("QUORATE_ROOT", root);
    Some(again.exec())
}
