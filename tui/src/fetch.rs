//! The state of the cluster, as it comes: by subscription, with a new connection when one breaks.
//!
//! In: where the CIB is. Out: messages. Runs on threads of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime};

use quorate_core::cib::{self, ApplyError, Document};
use quorate_core::node::{Refusal, Reply};
use quorate_transport::local::address::Address;
use quorate_transport::local::client::ClientError;
use quorate_transport::local::daemon::{AskError, Daemon};
use quorate_transport::store::{self, CibSource};
use quorate_transport::zone;

use crate::action::{self, Action};
use crate::message::Message;
use crate::snapshot::{self, PATIENCE, Snapshot};

/// Changes that come together are shown together.
const TOGETHER: Duration = Duration::from_millis(50);
/// A silent daemon is asked how it is: a connection may be dead without saying so.
const SILENCE: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(1);
/// A file is looked at so often.
const FILE_LOOK: Duration = Duration::from_millis(500);
/// How often a commit may find that others were first.
const ATTEMPTS: usize = 10;

/// What the screen wants of us.
pub enum Order {
    Refresh,
    Preview(Action),
    Perform(Action),
}

/// Begins to send messages; returns where orders go.
pub fn start(source: CibSource, messages: Sender<Message>) -> Sender<Order> {
    let (orders, ordered) = channel();
    let worker = (source.clone(), messages.clone());
    std::thread::spawn(move || work(&worker.0, &ordered, &worker.1));
    std::thread::spawn(move || match source {
        CibSource::Live { at } => watch_daemon(&at, &messages),
        CibSource::File(path) | CibSource::Shadow { path, .. } => watch_file(&path, &messages),
        CibSource::Stdin => {
            let why = "standard input cannot be watched".to_string();
            let _ = messages.send(Message::Lost { why });
        }
    });
    orders
}

/// The screen is gone: nothing is left to do.
struct Closed;

fn tell(messages: &Sender<Message>, message: Message) -> Result<(), Closed> {
    messages.send(message).map_err(|_| Closed)
}

fn watch_daemon(at: &Address, messages: &Sender<Message>) {
    loop {
        let why = match follow(at, messages) {
            Ok(Closed) => return,
            Err(error) => error.to_string(),
        };
        if tell(messages, Message::Lost { why }).is_err() {
            return;
        }
        std::thread::sleep(RETRY);
    }
}

/// One connection, until it breaks.
fn follow(at: &Address, messages: &Sender<Message>) -> Result<Closed, AskError> {
    let mut daemon = Daemon::connect(at, PATIENCE)?;
    let mut asker = Daemon::connect(at, PATIENCE)?;
    let mut document = daemon.subscribe()?;
    let pacemaker = daemon.is_pacemaker();
    loop {
        let status = asker.status()?;
        let snapshot = Box::new(Snapshot { document: document.clone(), status: Some(status), pacemaker });
        if tell(messages, Message::Refreshed { snapshot, now: zone::now().epoch() }).is_err() {
            return Ok(Closed);
        }
        document = next_document(&mut daemon, &mut asker, document)?;
    }
}

/// Waits for a change, and takes those in that come with it.
fn next_document(daemon: &mut Daemon, asker: &mut Daemon, mut document: Document) -> Result<Document, AskError> {
    let Some(news) = daemon.news(SILENCE)? else { return Ok(document) };
    let mut news = Some(news);
    while let Some(one) = news {
        match one {
            Reply::Changed { patch } => match cib::apply(&document, &patch) {
                Ok(next) => document = next,
                // A change was missed, or a merge replaced everything: begin anew.
                Err(_) => document = asker.document()?,
            },
            Reply::Document { root } => {
                document = Document::from_element(root).map_err(|error| AskError::Misfit(error.to_string()))?;
            }
            _ => {}
        }
        news = daemon.news(TOGETHER)?;
    }
    Ok(document)
}

fn watch_file(path: &Path, messages: &Sender<Message>) {
    let mut seen: Option<SystemTime> = None;
    loop {
        let changed = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        if changed.is_none() || changed != seen {
            let message = match store::read_file(path) {
                Ok(document) => {
                    let snapshot = Box::new(Snapshot { document, status: None, pacemaker: false });
                    Message::Refreshed { snapshot, now: zone::now().epoch() }
                }
                Err(error) => Message::Lost { why: error.to_string() },
            };
            seen = changed;
            if tell(messages, message).is_err() {
                return;
            }
        }
        std::thread::sleep(FILE_LOOK);
    }
}

/// Carries out what takes time, so that the screen never waits.
fn work(source: &CibSource, orders: &Receiver<Order>, messages: &Sender<Message>) {
    while let Ok(order) = orders.recv() {
        let message = match order {
            Order::Refresh => match snapshot::fetch(source) {
                Ok(snapshot) => Message::Refreshed { snapshot: Box::new(snapshot), now: zone::now().epoch() },
                Err(failure) => Message::Lost { why: failure.message },
            },
            Order::Preview(action) => {
                let outcome = snapshot::fetch(source).map_err(|failure| failure.message);
                let outcome = outcome.and_then(|now| {
                    action::preview(&action, &now.document, zone::now()).map_err(|error| error.to_string())
                });
                Message::Previewed { action, outcome }
            }
            Order::Perform(action) => {
                let outcome = match source {
                    CibSource::Live { at } => perform(&action, at),
                    _ => Err("only a live cluster can be changed from here".to_string()),
                };
                Message::Performed { action, outcome }
            }
        };
        if tell(messages, message).is_err() {
            return;
        }
    }
}

fn perform(action: &Action, at: &Address) -> Result<(), String> {
    let words = |error: AskError| error.to_string();
    let mut daemon = Daemon::connect(at, PATIENCE).map_err(|error: ClientError| error.to_string())?;
    for _ in 0..ATTEMPTS {
        let base = daemon.document().map_err(words)?;
        let patch = cib::diff(&base, &action::apply(action, &base).map_err(|refusal| refusal.to_string())?);
        let committed = if patch.is_empty() { Ok(()) } else { daemon.commit(&patch).map(drop) };
        match committed {
            Ok(()) => {
                let mut requests = action::requests(action, &base).into_iter();
                return requests.try_for_each(|request| daemon.ask(&request).map(drop)).map_err(words);
            }
            // The action is a wish, not a text: it is made again on what is there now.
            Err(AskError::Refused(Refusal::Patch(ApplyError::Stale { .. }))) => {}
            Err(error) => return Err(words(error)),
        }
    }
    Err(format!("others changed the configuration {ATTEMPTS} times meanwhile"))
}
