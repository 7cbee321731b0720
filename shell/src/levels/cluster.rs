//! `cluster`: the nodes as machines; what is run on and copied to all of them.
//!
//! In: calls. Out: what the hosts answered.
//! Absent: making clusters and joining them.

use crate::command::{Call, Command, Level, Run, What, any, one};
use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use quorate_core::cib::objects;
use quorate_transport::ssh::{SshError, SshOptions, Target, copy, run};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

pub static LEVEL: Level = Level {
    name: "cluster",
    help: "the nodes as machines: status, run a command, copy a file",
    commands: &[
        Command {
            name: "status",
            help: "who is here, who leads, is there quorum",
            run: Run::Do(status),
            ..Command::DEFAULT
        },
        Command {
            name: "run",
            arguments: &[one("command", What::Text), any("node", What::Node)],
            help: "run a shell command on all nodes, or on some",
            details: "A node may be written USER@HOST:PORT. The exit code is 1 if the command failed anywhere.",
            examples: &["run \"uptime\"", "run \"systemctl status quorated\" n1 n2"],
            run: Run::Do(run_command),
            ..Command::DEFAULT
        },
        Command {
            name: "copy",
            arguments: &[one("file", What::File), any("node", What::Node)],
            help: "copy a file to the same place on all other nodes, or on some",
            examples: &["copy /etc/hosts", "copy /etc/motd n2"],
            run: Run::Do(copy_file),
            ..Command::DEFAULT
        },
    ],
};

/// A command on a host may take so long, connecting included.
const HOST_TIMEOUT: Duration = Duration::from_secs(300);

fn status(session: &mut Session, _: &Call) -> Outcome {
    let status = session.cluster_status()?;
    let mut text = format!("node:     {}\n", status.node);
    text.push_str(&format!("members:  {}\n", status.members.join(" ")));
    text.push_str(&format!("quorum:   {}\n", if status.quorate { "yes" } else { "no" }));
    text.push_str(&format!("leader:   {}\n", status.leader.as_deref().unwrap_or("none yet")));
    text.push_str(&format!("version:  {}\n", status.version));
    match &status.transition {
        Some(transition) => {
            text.push_str(&format!("busy:     {} actions\n", transition.actions));
            for (action, node) in &transition.running {
                text.push_str(&format!("          {action} on {node}\n"));
            }
        }
        None => text.push_str(if status.idle { "busy:     no\n" } else { "busy:     thinking\n" }),
    }
    session.ui.print(&text);
    Ok(())
}

/// `[USER@]HOST[:PORT]`.
pub fn target(session: &Session, word: &str) -> Outcome<Target> {
    let (user, rest) = match word.split_once('@') {
        Some((user, rest)) => (user.to_string(), rest),
        None => (session.environment.node.user.clone(), word),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            let port = port.parse().map_err(|_| Failure::usage(format!("`{word}` has no valid port")))?;
            (host.to_string(), port)
        }
        _ => (rest.to_string(), 22),
    };
    Ok(Target { host, port, user })
}

fn targets(session: &mut Session, words: &[String], others_only: bool) -> Outcome<Vec<Target>> {
    if !words.is_empty() {
        return words.iter().map(|word| target(session, word)).collect();
    }
    let document = session.document()?;
    let mut names = objects::node_names(document.configuration());
    let host = session.environment.node.host.clone();
    names.retain(|name| !(others_only && *name == host));
    if names.is_empty() {
        return Err(
            Failure::refused("the configuration names no nodes to go to").hint("name the nodes behind the command")
        );
    }
    names.iter().map(|name| target(session, name)).collect()
}

fn run_command(session: &mut Session, call: &Call) -> Outcome {
    let targets = targets(session, &call.words()[1..], false)?;
    let options = SshOptions::for_home(&session.environment.node.home, HOST_TIMEOUT);
    let results = run::run(&targets, call.required(0), &options, |_, _| {});
    let mut failed = Vec::new();
    for (target, result) in targets.iter().zip(results) {
        match result {
            Ok(finished) => {
                let ended = match &finished.status {
                    run::Status::Code(0) => String::new(),
                    run::Status::Code(code) => format!(" (exit code {code})"),
                    run::Status::Signal(name) => format!(" (ended by SIG{name})"),
                };
                if !ended.is_empty() {
                    failed.push(target.host.clone());
                }
                frame(session, &format!("{}{ended}", target.host), &finished.stdout, &finished.stderr);
            }
            Err(error) => {
                failed.push(target.host.clone());
                unreachable(session, &error);
            }
        }
    }
    outcome("the command failed on", &failed)
}

fn frame(session: &mut Session, title: &str, stdout: &[u8], stderr: &[u8]) {
    let title = session.ui.header(&format!("--- {title} ---"));
    session.ui.line(&title);
    for output in [stdout, stderr].into_iter().filter(|output| !output.is_empty()) {
        session.ui.line(String::from_utf8_lossy(output).trim_end());
    }
}

fn unreachable(session: &mut Session, error: &SshError) {
    session.ui.warn(&error.to_string());
    if let Some(hint) = error.hint() {
        session.ui.info(&hint);
    }
}

fn outcome(what: &str, failed: &[String]) -> Outcome {
    match failed {
        [] => Ok(()),
        _ => Err(Failure::new(Kind::Cluster, format!("{what} {}", failed.join(", ")))),
    }
}

fn copy_file(session: &mut Session, call: &Call) -> Outcome {
    let path = Path::new(call.required(0));
    if !path.is_absolute() {
        return Err(Failure::at(call.span(0), "the path must start with `/`: it is the same on every node"));
    }
    let bytes = std::fs::read(path).map_err(|error| Failure::file(path, &error))?;
    let metadata = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
    let targets = targets(session, &call.words()[1..], true)?;
    let options = SshOptions::for_home(&session.environment.node.home, HOST_TIMEOUT);
    let results = copy::put(&targets, &bytes, path, metadata.permissions().mode() & 0o7777, &options, |_, _| {});
    let mut failed = Vec::new();
    for (target, result) in targets.iter().zip(results) {
        match result {
            Ok(()) => session.ui.info(&format!("{}: {} copied", target.host, path.display())),
            Err(error) => {
                failed.push(target.host.clone());
                unreachable(session, &error);
            }
        }
    }
    outcome("the file could not be copied to", &failed)
}
