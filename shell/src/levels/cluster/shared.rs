//! What is run on all nodes and what all have alike: `run`, `copy`, `diff`.
//!
//! In: calls. Out: what each host answered. Absent: services, making clusters.

use super::flags::CHECKSUM;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::host::on_each;
use quorate_transport::ssh::run::Status;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// A command on a host may take so long, connecting included.
const LIMIT: Duration = Duration::from_secs(300);

pub fn run_command(session: &mut Session, call: &Call) -> Outcome {
    let targets = hosts::named(session, &call.words()[1..], false)?;
    let ssh = hosts::ssh(session);
    let results = on_each(&targets, |host| host.run(call.required(0), LIMIT, &ssh), |_, _| {});
    let mut failed = Vec::new();
    for (host, result) in targets.iter().zip(results) {
        match result {
            Ok(finished) => {
                let ended = match &finished.status {
                    Status::Code(0) => String::new(),
                    Status::Code(code) => format!(" (exit code {code})"),
                    Status::Signal(name) => format!(" (ended by SIG{name})"),
                };
                if !ended.is_empty() {
                    failed.push(host.name.clone());
                }
                frame(session, &format!("{}{ended}", host.name), &finished.stdout, &finished.stderr);
            }
            Err(error) => {
                failed.push(host.name.clone());
                hosts::tell(session, &error);
            }
        }
    }
    hosts::outcome("the command failed on", &failed)
}

fn frame(session: &mut Session, title: &str, stdout: &[u8], stderr: &[u8]) {
    let title = session.ui.header(&format!("--- {title} ---"));
    session.ui.line(&title);
    for output in [stdout, stderr].into_iter().filter(|output| !output.is_empty()) {
        session.ui.line(String::from_utf8_lossy(output).trim_end());
    }
}

fn absolute(call: &Call) -> Outcome<&Path> {
    let path = Path::new(call.required(0));
    match path.is_absolute() {
        true => Ok(path),
        false => Err(Failure::at(call.span(0), "the path must start with `/`: it is the same on every node")),
    }
}

pub fn copy_file(session: &mut Session, call: &Call) -> Outcome {
    let path = absolute(call)?;
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let mode = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?.permissions().mode() & 0o7777;
    let targets = hosts::named(session, &call.words()[1..], true)?;
    let ssh = hosts::ssh(session);
    let results = on_each(&targets, |host| host.put(&bytes, path, mode, &ssh), |_, _| {});
    let mut failed = Vec::new();
    for (host, result) in targets.iter().zip(results) {
        match result {
            Ok(()) => session.ui.info(&format!("{}: {} copied", host.name, path.display())),
            Err(error) => {
                failed.push(host.name.clone());
                hosts::tell(session, &error);
            }
        }
    }
    hosts::outcome("the file could not be copied to", &failed)
}

pub fn diff_file(session: &mut Session, call: &Call) -> Outcome {
    let path = absolute(call)?;
    let own = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let targets = hosts::named(session, &call.words()[1..], true)?;
    let ssh = hosts::ssh(session);
    let files = on_each(&targets, |host| host.get(path, &ssh), |_, _| {});
    hosts::compare(session, &own, &targets, files, call.has(CHECKSUM))
}
