//! The daemon, which fences.
//!
//! In: requests. Out: its answers, errors in this tool's words.

use super::options::Wish;
use crate::door;
use crate::standard::Failed;
use quorate_core::fencing::Device;
use quorate_core::node::{NodeStatus, Reply, Request};
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::{AskError, Daemon};
use quorate_transport::store::{CibSource, StoreError};
use std::path::PathBuf;
use std::time::Duration;

/// An error that needs no words around it.
pub fn plain(error: StoreError) -> Failed {
    (door::exit(&error), error.to_string())
}

/// The daemon's socket.
///
/// # Errors
/// A file has no fencer.
fn socket() -> Result<PathBuf, Failed> {
    match Environment::of_process().first_source() {
        CibSource::Live { socket } => Ok(socket),
        _ => Ok(Environment::of_process().socket()),
    }
}

fn connect(within: Duration) -> Result<Daemon, Failed> {
    let connected = Daemon::connect(&socket()?, within).map_err(|error| StoreError::Daemon(error.into()));
    connected.map_err(|error| (door::exit(&error), format!("Could not connect to fencer: {error}")))
}

/// What the daemon knows of the cluster.
///
/// # Errors
/// It does not answer.
pub fn status(within: Duration) -> Result<NodeStatus, Failed> {
    connect(within)?.status().map_err(|error| plain(error.into()))
}

/// Devices that no CIB has. Daemons know of them, files do not.
///
/// # Errors
/// The daemon does not answer.
pub fn registered(wish: &Wish) -> Result<Vec<Device>, Failed> {
    let CibSource::Live { socket } = Environment::of_process().first_source() else { return Ok(Vec::new()) };
    let connected = Daemon::connect(&socket, wish.timeout).map_err(AskError::from);
    match connected.and_then(|mut daemon| daemon.ask(&Request::RegisteredDevices)) {
        Ok(Reply::Devices { devices }) => Ok(devices),
        // Whom access lists bind sees those of the CIB.
        Ok(_) | Err(AskError::Refused(_)) => Ok(Vec::new()),
        Err(error) => Err(plain(error.into())),
    }
}

/// Asks it for one thing.
///
/// # Errors
/// It does not answer, or refuses.
pub fn ask(request: &Request, wish: &Wish) -> Result<(), StoreError> {
    let path = socket().map_err(|(_, text)| StoreError::Unfit(text))?;
    let connected = Daemon::connect(&path, wish.timeout).map_err(AskError::from);
    connected.and_then(|mut daemon| daemon.ask(request)).map(drop).map_err(StoreError::from)
}
