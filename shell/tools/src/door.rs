//! What a daemon would be asked, done where the CIB is: with the cluster, or in a file that stands for it.
//!
//! In: a source and a request. Out: the change in force, or why not; and the exit code for that.
//! Changes that hold on any version are made anew when others were first.
//! Absent: whether it is wise (the callers ask for --force).

use crate::acting::{self, Barred};
use crate::clock;
use crate::standard::Failed;
use quorate_core::admin;
use quorate_core::cib::{ApplyError, Document, diff};
use quorate_core::exit::Exit;
use quorate_core::node::{NodeStatus, Refusal, Reply, Request};
use quorate_core::schema;
use quorate_core::simulate::request::{NoPreview, after};
use quorate_transport::environment::Environment;
use quorate_transport::local::address::Address;
use quorate_transport::local::daemon::{ANSWER_WITHIN, AskError, Daemon};
use quorate_transport::store::{CibSource, Rewrite, StoreError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// # Errors
/// The daemon refuses or does not answer; the file cannot be written.
pub fn ask(source: &CibSource, request: &Request) -> Result<(), StoreError> {
    match source {
        CibSource::Live { at } => reply(at, request, ANSWER_WITHIN).map(drop),
        CibSource::Shadow { name, path } if !path.exists() => {
            Err(StoreError::NoShadow { name: name.clone(), path: path.clone() })
        }
        CibSource::File(path) | CibSource::Shadow { path, .. } => in_file(path, request),
        CibSource::Stdin => Err(StoreError::ReadOnly),
    }
}

fn in_file(path: &Path, request: &Request) -> Result<(), StoreError> {
    let changed = |now: &Document| {
        let mut next = after(now, std::slice::from_ref(request), clock::now()).map_err(refused)?.document;
        if next.root() != now.root() {
            next.set_version(now.version().next_status());
        }
        Ok::<_, StoreError>(next)
    };
    Rewrite::begin(path, changed)?.finish().map(drop)
}

/// How often a change is made anew because someone else was first.
const ATTEMPTS: u32 = 50;

/// Why a change is not in force.
#[derive(Debug)]
pub enum ChangeError<E> {
    /// Who makes the change would not.
    Made(E),
    Store(StoreError),
    /// The result is not what its schema allows.
    Schema(Vec<schema::Fault>),
}

impl<E> From<StoreError> for ChangeError<E> {
    fn from(error: StoreError) -> ChangeError<E> {
        ChangeError::Store(error)
    }
}

impl<E> ChangeError<E> {
    /// The exit code and the words of it; `made` has those of who would not.
    pub fn told(self, made: impl FnOnce(E) -> Failed) -> Failed {
        match self {
            ChangeError::Made(error) => made(error),
            ChangeError::Store(error) => failed(error),
            ChangeError::Schema(faults) => (Exit::CONFIG, schema::in_short(&faults)),
        }
    }
}

/// The CIB, as far as the user may see it.
///
/// # Errors
/// There is none, or the user may see nothing of it.
pub fn read(source: &CibSource, timeout: Duration) -> Result<Document, StoreError> {
    let user = acting::of_environment(source).map_err(barred)?;
    acting::seen_by(source.read(timeout)?, user.as_ref()).map_err(barred)
}

fn barred(why: Barred) -> StoreError {
    denied(why.to_string())
}

fn denied(reason: String) -> StoreError {
    StoreError::Daemon(AskError::Refused(Refusal::Denied { reason }))
}

/// A changed configuration counts in the version.
pub fn counted(now: &Document, mut next: Document) -> Document {
    if next.root() != now.root() {
        next.set_version(now.version().next_configuration());
    }
    next
}

/// Puts in force what `change` makes of the CIB as it is; gives what was there before and what is now.
///
/// # Errors
/// `change` refuses, the schema forbids the result, the daemon refuses or the file cannot be written.
pub fn change<E>(
    source: &CibSource,
    timeout: Duration,
    change: impl Fn(&Document) -> Result<Document, E>,
) -> Result<(Document, Document), ChangeError<E>> {
    let user = acting::of_environment(source).map_err(barred)?;
    let checked = |now: &Document| {
        let next = change(now).map_err(ChangeError::Made)?;
        if let Some(why) = acting::refuses(now, &next, user.as_ref()) {
            return Err(denied(why).into());
        }
        let faults = schema::new_faults(now.root(), next.root());
        if faults.is_empty() { Ok(next) } else { Err(ChangeError::Schema(faults)) }
    };
    match source {
        CibSource::Live { at } => {
            let mut daemon = connect(at, timeout)?;
            let mut attempt = 0;
            loop {
                let now = daemon.document().map_err(StoreError::from)?;
                let next = checked(&now)?;
                if next.root() == now.root() {
                    return Ok((now, next));
                }
                attempt += 1;
                match daemon.commit(&diff(&now, &next)).map_err(StoreError::from) {
                    Ok(_) => return Ok((now, next)),
                    Err(StoreError::Apply(ApplyError::Stale { .. })) if attempt < ATTEMPTS => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        CibSource::Shadow { name, path } if !path.exists() => {
            Err(StoreError::NoShadow { name: name.clone(), path: path.clone() }.into())
        }
        CibSource::File(path) | CibSource::Shadow { path, .. } => {
            let mut before = None;
            let keep = |now: &Document| {
                before = Some(now.clone());
                checked(now)
            };
            let after = Rewrite::begin(path, keep)?.finish()?;
            Ok((before.expect("the change saw what was there"), after))
        }
        CibSource::Stdin => Err(StoreError::ReadOnly.into()),
    }
}

/// What the daemon replies to a request that only it can answer.
///
/// # Errors
/// There is none, or it refuses.
pub fn reply(at: &Address, request: &Request, within: Duration) -> Result<Reply, StoreError> {
    Ok(connect(at, within)?.ask(request)?)
}

/// What a daemon knows of its cluster.
///
/// # Errors
/// There is none, or it does not answer.
pub fn status(at: &Address, within: Duration) -> Result<NodeStatus, StoreError> {
    Ok(connect(at, within)?.status()?)
}

/// The CIB as [`read`] gives it, and what its daemon knows of the cluster; a file has none.
///
/// # Errors
/// As [`read`] and [`status`].
pub fn read_with_status(source: &CibSource, within: Duration) -> Result<(Document, Option<NodeStatus>), StoreError> {
    let CibSource::Live { at } = source else { return Ok((read(source, within)?, None)) };
    let user = acting::of_environment(source).map_err(barred)?;
    let mut daemon = connect(at, within)?;
    let document = acting::seen_by(daemon.document()?, user.as_ref()).map_err(barred)?;
    Ok((document, Some(daemon.status()?)))
}

/// The node that this is: an agent's is that of its daemon, else the daemon here knows, else it is called as the host.
///
/// # Errors
/// As [`status`].
pub fn this_node(source: &CibSource, environment: &Environment) -> Result<String, StoreError> {
    match (&environment.node, source) {
        (Some(node), _) => Ok(node.clone()),
        (None, CibSource::Live { at }) => Ok(status(at, ANSWER_WITHIN)?.node),
        (None, _) => Ok(environment.node_or_host().to_string()),
    }
}

fn connect(at: &Address, within: Duration) -> Result<Daemon, StoreError> {
    Daemon::connect(at, within).map_err(|error| StoreError::Daemon(error.into()))
}

/// As the daemon would say it.
fn refused(error: NoPreview) -> StoreError {
    let refusal = match error {
        NoPreview::Refused(admin::Refusal::NoNode(name)) => Refusal::Unknown { what: "node".into(), name },
        NoPreview::Refused(admin::Refusal::NoResource(name)) => Refusal::Unknown { what: "resource".into(), name },
        other => Refusal::Denied { reason: other.to_string() },
    };
    StoreError::Daemon(AskError::Refused(refusal))
}

/// The exit code and the words for it, where the tool has none of its own.
pub fn failed(error: StoreError) -> Failed {
    (exit(&error), error.to_string())
}

/// The exit code of Pacemaker's tools for a CIB that could not be read or changed.
pub fn exit(error: &StoreError) -> Exit {
    match error {
        StoreError::Daemon(AskError::Refused(Refusal::NoQuorum)) => Exit::QUORUM,
        StoreError::Daemon(AskError::Refused(Refusal::Denied { .. })) => Exit::NOT_PERMITTED,
        StoreError::Schema(_) => Exit::CONFIG,
        StoreError::Daemon(AskError::Refused(Refusal::Unknown { .. })) => Exit::NO_SUCH,
        StoreError::Daemon(AskError::Refused(Refusal::Unfit { .. }) | AskError::Unfit(_)) => Exit::DATA_ERROR,
        StoreError::Daemon(AskError::Lacking(_)) => Exit::UNIMPLEMENTED,
        StoreError::Daemon(AskError::Refused(_)) => Exit::ERROR,
        StoreError::Daemon(_) => Exit::DISCONNECT,
        StoreError::Apply(ApplyError::Stale { .. }) => Exit::OLD,
        StoreError::NoShadow { .. } => Exit::NO_SUCH,
        StoreError::File { source, .. } if source.kind() == ErrorKind::NotFound => Exit::NO_SUCH,
        StoreError::File { source, .. } if source.kind() == ErrorKind::PermissionDenied => Exit::NOT_PERMITTED,
        StoreError::ReadOnly => Exit::USAGE,
        _ => Exit::DATA_ERROR,
    }
}
