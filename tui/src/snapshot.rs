//! The state of a cluster as it was read, and what there is to see of it.
//!
//! In: where the CIB is. Out: a [`Snapshot`], its view.

use std::time::Duration;

use quorate_core::cib::Document;
use quorate_core::exit::Exit;
use quorate_core::node::request::NodeStatus;
use quorate_core::scheduler::Input;
use quorate_core::time::Now;
use quorate_core::view::{ClusterView, Extra, ViewOptions, build, situation};
use quorate_transport::local::client::ClientError;
use quorate_transport::local::daemon::{AskError, Daemon};
use quorate_transport::store::{CibSource, StoreError};

/// How long a daemon may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A CIB, and what only its daemon knows.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub document: Document,
    pub status: Option<NodeStatus>,
    /// It is a Pacemaker's, whose guest we are.
    pub pacemaker: bool,
}

#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub code: Exit,
}

pub fn fetch(source: &CibSource) -> Result<Snapshot, Failure> {
    let CibSource::Live { at } = source else {
        let document = source.read(PATIENCE).map_err(failure)?;
        return Ok(Snapshot { document, status: None, pacemaker: false });
    };
    let mut daemon = Daemon::connect(at, PATIENCE).map_err(|error| failure(StoreError::Daemon(error.into())))?;
    let document = daemon.document().map_err(|error| failure(error.into()))?;
    let status = daemon.status().map_err(|error| failure(error.into()))?;
    Ok(Snapshot { document, status: Some(status), pacemaker: daemon.is_pacemaker() })
}

fn failure(error: StoreError) -> Failure {
    let code = match &error {
        StoreError::File { .. } | StoreError::NoShadow { .. } => Exit::NO_INPUT,
        StoreError::NotACib { .. } => Exit::CONFIG,
        StoreError::Daemon(AskError::Client(ClientError::Timeout { .. })) => Exit::TIMEOUT,
        StoreError::Daemon(AskError::Client(_)) => Exit::DISCONNECT,
        _ => Exit::ERROR,
    };
    Failure { message: format!("Connection to cluster failed: {error}"), code }
}

/// What there is to see; of constraints only where the options ask for it.
pub fn view(snapshot: &Snapshot, now: Now, options: &ViewOptions) -> ClusterView {
    let mut input = Input::new(&snapshot.document, now);
    input.quorate = snapshot.status.as_ref().map(|status| status.quorate);
    let situation = situation(&input, options);
    build(&snapshot.document, &situation, &snapshot.status.as_ref().map(Extra::of).unwrap_or_default())
}
