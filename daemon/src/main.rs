//! quorated: the daemon on every node.

use quorate_daemon::options::{Asked, Options, USAGE};
use quorate_daemon::runtime;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
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
            return ExitCode::from(64);
        }
    };
    match runtime::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quorated: {error}");
            ExitCode::FAILURE
        }
    }
}
