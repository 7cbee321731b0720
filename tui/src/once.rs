//! Printing the state once: to standard output, or into a file.
//!
//! In: what to show, and where the CIB is. Out: text, HTML or XML, and an exit code.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorate_core::cib::Document;
use quorate_core::fencing::FencingEvent;
use quorate_core::fencing::history::FencingState as EventState;
use quorate_core::node::request::NodeStatus;
use quorate_core::node::{Reply, Request};
use quorate_core::scheduler::{Input, resolve};
use quorate_core::time::Now;
use quorate_core::view::cluster::{FencingState, FencingView};
use quorate_core::view::{ClusterView, Extra, build, html, narrow, text, xml};
use quorate_core::xml::{Element, write_pretty};
use quorate_transport::local::client::ClientError;
use quorate_transport::local::daemon::{AskError, Daemon};
use quorate_transport::store::{CibSource, StoreError};
use quorate_transport::zone;

use crate::args::{Format, Show};
use crate::message::Message;

/// Pacemaker's exit codes.
pub mod exit {
    pub const OK: i32 = 0;
    pub const ERROR: i32 = 1;
    pub const USAGE: i32 = 64;
    pub const NO_INPUT: i32 = 66;
    pub const CANNOT_CREATE: i32 = 73;
    pub const CONFIG: i32 = 78;
    pub const DISCONNECTED: i32 = 102;
    pub const TIMEOUT: i32 = 124;
}

pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long a daemon may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A CIB, and what only its daemon knows.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub document: Document,
    pub status: Option<NodeStatus>,
}

#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub code: i32,
}

pub fn fetch(source: &CibSource) -> Result<Snapshot, Failure> {
    let CibSource::Live { socket } = source else {
        let document = source.read(PATIENCE).map_err(failure)?;
        return Ok(Snapshot { document, status: None });
    };
    let mut daemon = Daemon::connect(socket, PATIENCE).map_err(|error| failure(StoreError::Daemon(error.into())))?;
    let document = daemon.document().map_err(|error| failure(error.into()))?;
    let status = status(&mut daemon).map_err(|error| failure(error.into()))?;
    Ok(Snapshot { document, status: Some(status) })
}

pub fn status(daemon: &mut Daemon) -> Result<NodeStatus, AskError> {
    match daemon.ask(&Request::Status)? {
        Reply::Status(status) => Ok(status),
        other => Err(AskError::Misfit(format!("{other:?}").chars().take(80).collect())),
    }
}

fn failure(error: StoreError) -> Failure {
    let code = match &error {
        StoreError::File { .. } | StoreError::NoShadow { .. } => exit::NO_INPUT,
        StoreError::NotACib { .. } => exit::CONFIG,
        StoreError::Daemon(AskError::Client(ClientError::Timeout { .. })) => exit::TIMEOUT,
        StoreError::Daemon(AskError::Client(_)) => exit::DISCONNECTED,
        _ => exit::ERROR,
    };
    Failure { message: format!("Connection to cluster failed: {error}"), code }
}

pub fn now() -> Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Now::with_offset(epoch, zone::offset_at(epoch))
}

pub fn view(snapshot: &Snapshot, now: Now) -> ClusterView {
    let mut input = Input::new(&snapshot.document, now);
    input.quorate = snapshot.status.as_ref().map(|status| status.quorate);
    let situation = resolve(&input);
    build(&snapshot.document, &situation, &extra(snapshot))
}

fn extra(snapshot: &Snapshot) -> Extra {
    let Some(status) = &snapshot.status else { return Extra::default() };
    let mut fencing: Vec<FencingView> = status.fencing.iter().map(fencing_view).collect();
    // What goes on comes first, then the newest.
    fencing.sort_by_key(|event| std::cmp::Reverse((event.state == FencingState::Pending, event.completed)));
    Extra { told_by: Some(status.node.clone()), fencing }
}

fn fencing_view(event: &FencingEvent) -> FencingView {
    let state = match event.state {
        EventState::Pending => FencingState::Pending,
        EventState::Succeeded => FencingState::Succeeded,
        EventState::Failed => FencingState::Failed,
    };
    FencingView {
        target: event.target.clone(),
        action: event.action.clone(),
        state,
        client: event.client.clone(),
        origin: event.origin.clone(),
        delegate: event.delegate.clone(),
        completed: (state != FencingState::Pending).then_some(event.at),
        reason: Some(event.reason.clone()).filter(|reason| !reason.is_empty()),
    }
}

/// The state in the format asked for, and the exit code that goes with it.
pub fn print(snapshot: &Snapshot, show: &Show, now: Now) -> (String, i32) {
    let mut view = view(snapshot, now);
    narrow(&mut view, &show.options);
    if show.simple {
        return text::print_simple(&view);
    }
    let text = match show.format {
        Format::Console | Format::Text => text::print(&view, &show.options),
        Format::Html => html::print(&view, &show.options, &page(show)),
        Format::Xml => xml::print(&view, &show.options, &xml::Frame::Result { request: show.request.clone() }),
        Format::LegacyXml => xml::print(&view, &show.options, &xml::Frame::Legacy { version: VERSION.to_string() }),
        Format::None => String::new(),
    };
    (text, exit::OK)
}

fn page(show: &Show) -> html::Page {
    html::Page {
        title: show.page.title.clone(),
        stylesheet: show.page.stylesheet.clone(),
        cgi: show.page.cgi,
        reload_seconds: show.output.is_some().then_some((show.interval_ms / 1000).max(1)),
    }
}

/// Prints and says how it went.
pub fn run(source: &CibSource, show: &Show) -> Result<i32, Failure> {
    let (text, code) = print(&fetch(source)?, show, now());
    write(&text, show.output.as_deref())?;
    Ok(code)
}

/// Goes to the background and writes the file again whenever something changes.
pub fn go_on(source: &CibSource, show: &Show) -> Result<i32, Failure> {
    // The first must succeed while somebody reads our complaints.
    run(source, show)?;
    let failed = |message: String| Failure { message, code: exit::ERROR };
    nix::unistd::daemon(true, false).map_err(|error| failed(format!("cannot go to the background: {error}")))?;
    if let Some(file) = &show.pid_file {
        std::fs::write(file, format!("{}\n", std::process::id())).map_err(|error| failed(error.to_string()))?;
    }
    let (sender, messages) = std::sync::mpsc::channel();
    let _orders = crate::fetch::start(source.clone(), sender);
    while let Ok(message) = messages.recv() {
        let text = match message {
            Message::Refreshed { snapshot, now } => print(&snapshot, show, Now::in_zone(now, &show.options.zone)).0,
            Message::Lost { why } => lost(show, &why),
            _ => continue,
        };
        // A full disk may have room again later; nobody listens here.
        let _ = write(&text, show.output.as_deref());
    }
    Ok(exit::OK)
}

/// What stands in the file while there is no cluster.
fn lost(show: &Show, why: &str) -> String {
    let words = format!("Connection to cluster failed: {why}");
    match show.format {
        Format::Html => format!("<!DOCTYPE html>\n<html lang=\"en\"><body><p>{words}</p></body></html>\n"),
        Format::Xml | Format::LegacyXml => {
            let status = Element::new("status").with("code", exit::DISCONNECTED.to_string()).with("message", words);
            write_pretty(&Element::new("pacemaker-result").with("request", &show.request).with_child(status))
        }
        _ => format!("{words}\n"),
    }
}

/// To a file whole, or to standard output; a reader that has gone away is no error.
pub fn write(text: &str, output: Option<&str>) -> Result<(), Failure> {
    match output {
        Some(path) => {
            let path = PathBuf::from(path);
            let cannot = |error: StoreError| Failure { message: error.to_string(), code: exit::CANNOT_CREATE };
            quorate_transport::store::replace_shared(&path, text.as_bytes()).map_err(cannot)
        }
        None => {
            let mut out = std::io::stdout().lock();
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    Err(Failure { message: error.to_string(), code: exit::CANNOT_CREATE })
                }
                _ => Ok(()),
            }
        }
    }
}
