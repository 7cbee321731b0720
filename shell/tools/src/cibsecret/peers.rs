//! The other nodes of a secret: they get its files over ssh.
//!
//! In: files of this node. Out: the same on every other node that is online. Those that are not are told: they need
//! `cibsecret sync` when they are back. Absent: a CIB in a file, which stands for no nodes.

use crate::answer::Answer;
use crate::standard::Failed;
use crate::{Exit, door};
use quorate_core::cib::Document;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::secret::signature;
use quorate_transport::ssh::{SshError, SshOptions, Target, copy, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For the whole visit to one node.
const VISIT_WITHIN: Duration = Duration::from_secs(30);
const SSH_PORT: u16 = 22;
/// Only root reads them.
const MODE: u32 = 0o600;

pub struct Peers {
    online: Vec<Target>,
    away: Vec<String>,
    options: SshOptions,
}

impl Peers {
    /// # Errors
    /// The daemon does not answer.
    pub fn of(environment: &Environment) -> Result<Peers, Failed> {
        let options = SshOptions::for_home(&environment.home, VISIT_WITHIN);
        let source = environment.first_source();
        if !source.is_live() {
            return Ok(Peers { online: Vec::new(), away: Vec::new(), options });
        }
        let read = door::read_with_status(&source, ANSWER_WITHIN);
        let (document, status) = read.map_err(|error| (Exit::DISCONNECT, error.to_string()))?;
        let here = status.map_or_else(|| environment.host.clone(), |status| status.node);
        let others = others(&document, &here);
        let (online, away): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, is_online)| *is_online);
        let target = |(host, _)| Target { host, port: SSH_PORT, user: environment.user.clone() };
        let away = away.into_iter().map(|(name, _)| name).collect();
        Ok(Peers { online: online.into_iter().map(target).collect(), away, options })
    }

    /// # Errors
    /// A node that is online does not have them now.
    pub fn bring(&self, files: &[PathBuf], answer: &mut Answer) -> Result<(), Failed> {
        for file in files {
            let directory = file.parent().unwrap_or(Path::new("/"));
            self.command(&format!("umask 077 && mkdir -p {}", quoted(directory)), answer)?;
            for part in [file.clone(), signature(file)] {
                let bytes =
                    fs::read(&part).map_err(|error| (Exit::IO_ERROR, format!("{}: {error}", part.display())))?;
                let put = copy::put(&self.online, &bytes, &part, MODE, &self.options, |_, _| {});
                all(put, answer)?;
            }
        }
        self.tell_of_those_away(answer);
        Ok(())
    }

    /// # Errors
    /// A node that is online may still have it.
    pub fn remove(&self, file: &Path, answer: &mut Answer) -> Result<(), Failed> {
        self.command(&format!("rm -f {} {}", quoted(file), quoted(&signature(file))), answer)?;
        self.tell_of_those_away(answer);
        Ok(())
    }

    fn command(&self, command: &str, answer: &mut Answer) -> Result<(), Failed> {
        let ended = run::run(&self.online, command, &self.options, |_, _| {});
        let done = ended.into_iter().zip(&self.online).map(|(ended, target)| match ended?.status {
            run::Status::Code(0) => Ok(()),
            other => Err(SshError::Broken { host: target.host.clone(), why: format!("{command}: {other:?}") }),
        });
        all(done.collect(), answer)
    }

    fn tell_of_those_away(&self, answer: &mut Answer) {
        if !self.away.is_empty() {
            answer.error(format!("not online: {}; bring it there by `cibsecret sync`", self.away.join(" ")));
        }
    }
}

fn all(results: Vec<Result<(), SshError>>, answer: &mut Answer) -> Result<(), Failed> {
    let errors: Vec<SshError> = results.into_iter().filter_map(Result::err).collect();
    errors.iter().for_each(|error| answer.error(error.to_string()));
    if errors.is_empty() { Ok(()) } else { Err((Exit::ERROR, "not all nodes have it".into())) }
}

/// The other nodes, and whether each is online.
fn others(document: &Document, here: &str) -> Vec<(String, bool)> {
    let nodes = document.configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements_named("node"));
    let members = nodes.filter(|node| node.attr("type").is_none_or(|kind| kind == "member"));
    let names = members.filter_map(|node| Some((node.id()?, node.attr("uname")?)));
    let is_online = |id: &str| {
        let mut states = document.root().child("status").into_iter().flat_map(|status| status.elements());
        let state = states.find(|state| state.id() == Some(id)).and_then(|state| state.attr("crmd"));
        state.is_some_and(|said| !matches!(said, "offline" | "0"))
    };
    names.filter(|(_, name)| *name != here).map(|(id, name)| (name.to_string(), is_online(id))).collect()
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
