//! Which cluster engine the daemon runs on; nothing else in it names one.
//!
//! In: the cluster's configuration file, and the epoch that the disk speaks of. Out: a joined
//! `Cluster`, and what a node must know of it. Absent: what is done with views and messages.

use crate::cluster_file::{ClusterFile, NodeEntry};
use crate::log::Log;
use crate::options::{DaemonOptions, EngineKind, Places};
use quorate_core::membership::Member;
use quorate_transport::cluster::Cluster;
use quorate_transport::cluster::corosync::library::SessionError;
use quorate_transport::cluster::corosync::{self, Surveyed};
use quorate_transport::cluster::embedded::keys::{ClusterKey, KeyError};
use quorate_transport::cluster::embedded::protocol::{Timing, VoteRules};
use quorate_transport::cluster::embedded::socket::{self, Address, Config, JoinError};
use quorate_transport::cluster::file::FileError;
use quorate_transport::regular;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Of a configuration file: more is none.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The process group of the daemons.
const GROUP: &str = "quorate";

/// Between two looks for an address that is not up yet, and between two remarks about it.
const ADDRESS_PAUSE: Duration = Duration::from_millis(500);
pub const SAY_EVERY: Duration = Duration::from_secs(60);

/// What resolvers say while the network of a host that boots is not up yet.
const NOT_YET: &str = "Temporary failure in name resolution";

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("cannot read {path}: {source}")]
    Configuration { path: String, source: io::Error },
    #[error("{path}: {error}")]
    File { path: String, error: FileError },
    #[error("{path} does not list this node, {node}; name it with --node")]
    NotListed { path: String, node: String },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Corosync(#[from] SessionError),
    #[error(transparent)]
    CorosyncJoin(#[from] corosync::JoinError),
}

/// The engine as it is configured.
pub enum Configured {
    Embedded { file: ClusterFile, local: NodeEntry },
    Corosync(Surveyed),
}

/// The engine as it runs, and what a node must know of it.
pub struct Engine {
    pub cluster: Box<dyn Cluster>,
    /// As `crm_mon` shows it.
    pub infrastructure: &'static str,
    pub cluster_name: Option<String>,
    /// A node that is not heard for so long is lost.
    pub token: Duration,
    /// After an outage, how long it may take until all who can hear each other are in one view.
    pub rejoin: Duration,
    pub two_node: bool,
    pub wait_for_all: bool,
}

impl Configured {
    /// Reads the configuration file, or asks Corosync where that is the engine. What is not up yet when
    /// a host boots (names of hosts, Corosync) is waited for, and that is said.
    ///
    /// # Errors
    /// If the file cannot be read or used, or does not list this node; if Corosync's libraries are
    /// missing.
    pub fn read(options: &DaemonOptions) -> Result<Configured, EngineError> {
        let by_files = if options.places.corosync().exists() { EngineKind::Corosync } else { EngineKind::Embedded };
        let name = options.node.clone().unwrap_or_else(host_name);
        if options.engine.unwrap_or(by_files) == EngineKind::Corosync {
            return Ok(Configured::Corosync(survey(&name)?));
        }
        let path = options.places.configuration();
        let file = read_file(&path)?;
        match file.node(&name).cloned() {
            Some(local) => Ok(Configured::Embedded { file, local }),
            None => Err(EngineError::NotListed { path: path.display().to_string(), node: name }),
        }
    }

    /// This node.
    pub fn local(&self) -> Member {
        match self {
            Configured::Embedded { local, .. } => Member { id: local.id, name: local.name.clone() },
            Configured::Corosync(surveyed) => surveyed.local.clone(),
        }
    }

    /// Joins the cluster; later views have a greater epoch than `epoch`.
    ///
    /// # Errors
    /// If the key cannot be used, or the engine cannot start.
    pub fn join(self, places: &Places, epoch: u64, log: &mut Log) -> Result<Engine, EngineError> {
        match self {
            Configured::Embedded { file, local } => join_embedded(&file, &local, places, epoch, log),
            Configured::Corosync(surveyed) => join_corosync(surveyed, epoch),
        }
    }
}

fn join_embedded(
    file: &ClusterFile,
    local: &NodeEntry,
    places: &Places,
    epoch: u64,
    log: &mut Log,
) -> Result<Engine, EngineError> {
    let key = ClusterKey::read(&places.key())?;
    let timing = file.token.map_or_else(Timing::default, Timing::from_token);
    let address =
        |node: &NodeEntry| Address { id: node.id, name: node.name.clone(), votes: node.votes, socket: node.address };
    let votes =
        VoteRules { expected_votes: file.expected_votes, two_node: file.two_node, wait_for_all: file.waits_for_all() };
    let nodes = file.nodes.iter().map(address).collect();
    let embedded =
        join(&Config { cluster: file.cluster_name.clone(), local: local.id, nodes, timing, votes, key, epoch }, log)?;
    Ok(Engine {
        cluster: Box::new(embedded),
        infrastructure: "quorate",
        cluster_name: Some(file.cluster_name.clone()).filter(|name| !name.is_empty()),
        token: Duration::from_millis(timing.token),
        rejoin: Duration::from_millis(timing.rejoin(socket::REDIAL_LAST.as_millis() as u64)),
        two_node: file.two_node && file.nodes.len() == 2,
        wait_for_all: file.waits_for_all(),
    })
}

fn join_corosync(surveyed: Surveyed, epoch: u64) -> Result<Engine, EngineError> {
    let token = Duration::from_millis(surveyed.token_ms.into());
    let (two_node, wait_for_all) = (surveyed.two_node, surveyed.wait_for_all);
    let cluster_name = surveyed.cluster_name.clone().filter(|name| !name.is_empty());
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let config = corosync::Config { group: GROUP.into(), epoch, incarnation: since_epoch.as_micros() as u64 };
    Ok(Engine {
        cluster: Box::new(corosync::join(surveyed, config)?),
        infrastructure: "corosync",
        cluster_name,
        token,
        // A ring that loses a token agrees on the next one within `consensus`, 1.2 tokens.
        rejoin: token * 3,
        two_node,
        wait_for_all,
    })
}

/// Corosync as it runs here; one that does not run yet is waited for.
fn survey(name: &str) -> Result<Surveyed, EngineError> {
    let mut said: Option<Instant> = None;
    loop {
        match corosync::survey(name) {
            Err(error @ SessionError::Refused { .. }) => {
                if is_time(&mut said) {
                    eprintln!("quorated: waiting for corosync: {error}");
                }
                std::thread::sleep(ADDRESS_PAUSE);
            }
            other => return Ok(other?),
        }
    }
}

fn read_file(path: &Path) -> Result<ClusterFile, EngineError> {
    let shown = path.display().to_string();
    let mut said: Option<Instant> = None;
    loop {
        let text = regular::read_text(path, FILE_BYTES_MAX)
            .map_err(|source| EngineError::Configuration { path: shown.clone(), source })?;
        match ClusterFile::parse(&text) {
            Err(error) if error.message.contains(NOT_YET) => {
                // Which node this is, and so where its log is, is not known before.
                if is_time(&mut said) {
                    eprintln!("quorated: waiting: {shown}: {error}");
                }
                std::thread::sleep(ADDRESS_PAUSE);
            }
            other => return other.map_err(|error| EngineError::File { path: shown, error }),
        }
    }
}

/// When a host boots its address may come up after us: it is waited for, and that is said.
fn join(config: &Config, log: &mut Log) -> Result<socket::Embedded, JoinError> {
    let mut said: Option<Instant> = None;
    loop {
        match socket::join(config.clone()) {
            Err(JoinError::Listen { address, source })
                if matches!(source.kind(), ErrorKind::AddrNotAvailable | ErrorKind::AddrInUse) =>
            {
                let why = match source.kind() {
                    // A killed daemon keeps it as long as its disk does not answer.
                    ErrorKind::AddrInUse => "which another process holds",
                    _ => "which is no address of this host yet",
                };
                if is_time(&mut said) {
                    log.line("warning", "cluster", &format!("waiting for {address}, {why}"));
                }
                std::thread::sleep(ADDRESS_PAUSE);
            }
            other => return other,
        }
    }
}

/// Whether something that goes on is to be said (again).
fn is_time(said: &mut Option<Instant>) -> bool {
    let due = said.is_none_or(|said| said.elapsed() >= SAY_EVERY);
    if due {
        *said = Some(Instant::now());
    }
    due
}

fn host_name() -> String {
    nix::unistd::gethostname().map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned())
}
