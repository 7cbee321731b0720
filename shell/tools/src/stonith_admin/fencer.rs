//! The daemon, which fences.
//!
//! In: requests. Out: its answers, errors in this tool's words.

use super::options::Wish;
use crate::door;
use crate::standard::Failed;
use quorate_core::fencing::Device;
use quorate_core::node::{NodeStatus, Reply, Request};
use quorate_transport::environment::Environment;
use quorate_transport::local::address::Address;
use quorate_transport::local::daemon::{AskError, Daemon};
use quorate_transport::store::{CibSource, StoreError};
use std::time::Duration;

/// An error that needs no words around it.
pub fn plain(error: StoreError) -> Failed {
    (door::exit(&error), error.to_string())
}

/// Where the daemon answers: a CIB in a file has no fencer of its own.
fn address() -> Address {
    Environment::of_process().address()
}

fn connect(within: Duration) -> Result<Daemon, Failed> {
    let connected = Daemon::connect(address(), within).map_err(|error| StoreError::Daemon(error.into()));
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
    let CibSource::Live { at } = Environment::of_process().first_source() else { return Ok(Vec::new()) };
    let connected = Daemon::connect(at, wish.timeout).map_err(AskError::from);
    match connected.and_then(|mut daemon| daemon.ask(&Request::RegisteredDevices)) {
        Ok(Reply::Devices { devices }) => Ok(devices),
        // Whom access lists bind sees those of the CIB, and so does who asks a Pacemaker.
        Ok(_) | Err(AskError::Refused(_) | AskError::Lacking(_)) => Ok(Vec::new()),
        Err(error) => Err(plain(error.into())),
    }
}

/// Asks it for one thing.
///
/// # Errors
/// It does not answer, or refuses.
pub fn ask(request: &Request, wish: &Wish) -> Result<(), StoreError> {
    let connected = Daemon::connect(address(), wish.timeout).map_err(AskError::from);
    connected.and_then(|mut daemon| daemon.ask(request)).map(drop).map_err(StoreError::from)
}
