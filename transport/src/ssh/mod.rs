//! Commands and files on other hosts, over ssh.
//!
//! Each host gets a TCP connection, a session and a thread of its own: libssh2 sessions must not
//! be shared between threads. Never here: asking for passwords, new entries in known_hosts, ssh_config.

pub mod copy;
mod passwords;
mod privilege;
pub mod run;
mod session;

pub use passwords::Passwords;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where to connect to, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name or address, as written in known_hosts.
    pub host: String,
    pub port: u16,
    pub user: String,
}

/// How to reach other hosts.
#[derive(Debug, Clone)]
pub struct SshOptions {
    /// For the whole visit to one host, connecting included.
    pub timeout: Duration,
    /// Hosts visited at the same time.
    pub parallel: usize,
    pub known_hosts: Vec<PathBuf>,
    /// Private key files, tried in order; missing ones are skipped.
    pub identities: Vec<PathBuf>,
    /// Ask the agent of $SSH_AUTH_SOCK first.
    pub agent: bool,
    /// Tried when no key was accepted.
    pub passwords: Passwords,
    /// Who logs in as another than root does what it is told by `sudo`.
    pub sudo: bool,
}

impl SshOptions {
    /// What ssh itself would use for a user with this home directory.
    pub fn for_home(home: &Path, timeout: Duration) -> SshOptions {
        let ssh = home.join(".ssh");
        let known_hosts = vec![ssh.join("known_hosts"), "/etc/ssh/ssh_known_hosts".into()];
        let identities = ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| ssh.join(name)).to_vec();
        SshOptions {
            timeout,
            parallel: 16,
            known_hosts,
            identities,
            agent: true,
            passwords: Passwords::default(),
            sudo: false,
        }
    }
}

/// Why a host could not be visited; `hint` says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SshError {
    #[error("cannot reach {host}: {why}")]
    Unreachable { host: String, why: String },
    #[error("the host key of {host} is not known ({key})")]
    UnknownHost { host: String, key: String },
    #[error("the host key of {host} is not the known one ({key}): someone may be listening in")]
    HostKeyChanged { host: String, key: String },
    #[error("{user}@{host} accepts none of our keys ({tried})")]
    NotAuthorised { host: String, user: String, tried: String },
    #[error("{host} did not finish within {} s", after.as_secs_f32())]
    Timeout { host: String, after: Duration },
    #[error("{host}: more than {limit} bytes of output")]
    TooMuchOutput { host: String, limit: usize },
    #[error("{host}: {path}: {why}")]
    File { host: String, path: String, why: String },
    #[error("{host}: {why}")]
    Broken { host: String, why: String },
}

impl SshError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            SshError::UnknownHost { host, .. } => {
                Some(format!("compare the fingerprint, then connect once by hand: ssh {host}"))
            }
            SshError::HostKeyChanged { host, .. } => {
                Some(format!("if the host was reinstalled, remove its old key: ssh-keygen -R {host}"))
            }
            SshError::NotAuthorised { host, user, .. } => {
                Some(format!("install a key: ssh-copy-id {user}@{host}; or load one: ssh-add"))
            }
            SshError::Timeout { .. } => Some("what was started there may still be running".into()),
            _ => None,
        }
    }
}

/// Does the work for each target, a bounded number at a time. Results are in the targets' order;
/// `done` hears of each as it comes.
pub fn fan_out<T: Send>(
    targets: &[Target],
    parallel: usize,
    work: impl Fn(&Target) -> T + Sync,
    done: impl FnMut(&Target, &T) + Send,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<T>>> = Mutex::new(targets.iter().map(|_| None).collect());
    let done = Mutex::new(done);
    let visit = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(target) = targets.get(index) else { return };
            let result = work(target);
            (done.lock().unwrap_or_else(PoisonError::into_inner))(target, &result);
            results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, targets.len().max(1)) {
            scope.spawn(visit);
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().map(|result| result.expect("every target was visited")).collect()
}
