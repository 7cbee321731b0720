//! Hosts, this one among them: a command on each at the same time, files to and from them.
//!
//! In: hosts and what to do there. Out: what came of it, host by host.
//! Absent: why it is done.

use quorate_transport::owned::Owned;
use quorate_transport::ssh::run::{Finished, Status};
use quorate_transport::ssh::{SshError, SshOptions, Target, copy, run};
use quorate_transport::store;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A host as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub name: String,
    /// How it is reached; `None` is this one.
    pub target: Option<Target>,
}

/// `timeout(1)` had to end it.
const TIMED_OUT: i32 = 124;

impl Host {
    pub fn here(name: &str) -> Host {
        Host { name: name.to_string(), target: None }
    }

    pub fn away(target: Target) -> Host {
        Host { name: target.host.clone(), target: Some(target) }
    }

    /// Runs a line of shell there, bounded in time.
    ///
    /// # Errors
    /// The host cannot be visited, or it took too long.
    pub fn run(&self, line: &str, limit: Duration, ssh: &SshOptions) -> Result<Finished, SshError> {
        match &self.target {
            None => self.run_here(line, limit),
            Some(target) => {
                let options = SshOptions { timeout: limit, ..ssh.clone() };
                let mut results = run::run(std::slice::from_ref(target), line, &options, |_, _| {});
                results.pop().expect("one host, one result")
            }
        }
    }

    fn run_here(&self, line: &str, limit: Duration) -> Result<Finished, SshError> {
        let seconds = limit.as_secs().max(1).to_string();
        let output = Command::new("timeout").args([&seconds, "sh", "-c", line]).stdin(Stdio::null()).output();
        let output = output.map_err(|error| self.broken(&error))?;
        let status = match (output.status.code(), output.status.signal()) {
            (Some(TIMED_OUT), _) => return Err(SshError::Timeout { host: self.name.clone(), after: limit }),
            (Some(code), _) => Status::Code(code),
            (None, signal) => Status::Signal(signal.unwrap_or_default().to_string()),
        };
        Ok(Finished { stdout: output.stdout, stderr: output.stderr, status })
    }

    /// The same, which must succeed there; its output.
    ///
    /// # Errors
    /// The host cannot be visited, or the line failed: in its own words.
    pub fn must(&self, line: &str, limit: Duration, ssh: &SshOptions) -> Result<String, SshError> {
        let finished = self.run(line, limit, ssh)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
        if finished.status == Status::Code(0) {
            return Ok(String::from_utf8_lossy(&finished.stdout).into_owned());
        }
        let words = [text(&finished.stderr), text(&finished.stdout)].into_iter().find(|words| !words.is_empty());
        let why = words.unwrap_or_else(|| format!("`{line}` failed"));
        Err(SshError::Broken { host: self.name.clone(), why })
    }

    /// Puts a file there, whole.
    ///
    /// # Errors
    /// The host cannot be visited, or the file not be written.
    pub fn put(&self, bytes: &[u8], path: &Path, mode: u32, ssh: &SshOptions) -> Result<(), SshError> {
        match &self.target {
            None => {
                let mut owned = Owned::default();
                owned.file_mode = mode;
                store::replace_owned(path, bytes, owned).map_err(|error| self.broken(&error))
            }
            Some(target) => {
                let targets = std::slice::from_ref(target);
                copy::put(targets, bytes, path, mode, ssh, |_, _| {}).pop().expect("one host, one result")
            }
        }
    }

    /// Fetches a file from there.
    ///
    /// # Errors
    /// The host cannot be visited, or the file not be read.
    pub fn get(&self, path: &Path, ssh: &SshOptions) -> Result<Vec<u8>, SshError> {
        match &self.target {
            None => std::fs::read(path).map_err(|error: io::Error| {
                let path = path.display().to_string();
                SshError::File { host: self.name.clone(), path, why: error.to_string() }
            }),
            Some(target) => {
                let targets = std::slice::from_ref(target);
                copy::get(targets, path, ssh, |_, _| {}).pop().expect("one host, one result")
            }
        }
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> SshError {
        SshError::Broken { host: self.name.clone(), why: error.to_string() }
    }
}

/// Does the work for all hosts at the same time; `told` hears of each as it comes.
pub fn on_each<T: Send>(hosts: &[Host], work: impl Fn(&Host) -> T + Sync, mut told: impl FnMut(&Host, &T)) -> Vec<T> {
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<T>> = hosts.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        for (place, host) in hosts.iter().enumerate() {
            let (sender, work) = (sender.clone(), &work);
            scope.spawn(move || sender.send((place, work(host))));
        }
        drop(sender);
        for (place, result) in receiver {
            told(&hosts[place], &result);
            results[place] = Some(result);
        }
    });
    results.into_iter().map(|result| result.expect("every host was worked on")).collect()
}
