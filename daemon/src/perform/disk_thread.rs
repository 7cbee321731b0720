//! The thread that waits for the disk, so that nobody else does.
//!
//! In: configurations to be kept, questions whether the disk works. Out: events, in their order. A
//! disk that hangs leaves them unanswered; the node judges that (`core::node::disk`).

use super::disk::Store;
use quorate_core::cib::Document;
use quorate_core::node::Event;
use quorate_core::replica::PersistedTerms;
use std::io;
use std::sync::mpsc as blocking;
use tokio::sync::mpsc;

/// Something for the disk to do.
pub enum DiskWork {
    Write { number: u64, document: Document, terms: PersistedTerms },
    Check { number: u64 },
}

/// Starts the thread; it ends when nobody listens any more.
pub fn start(store: Store, tell: mpsc::UnboundedSender<Event>) -> io::Result<blocking::Sender<DiskWork>> {
    let (sender, receiver) = blocking::channel();
    let work = move || {
        while let Ok(first) = receiver.recv() {
            let waiting = std::iter::once(first).chain(receiver.try_iter());
            for event in latest(waiting).into_iter().map(|work| answer(&store, work)) {
                if tell.send(event).is_err() {
                    return;
                }
            }
        }
    };
    std::thread::Builder::new().name("disk".into()).spawn(work)?;
    Ok(sender)
}

/// If several configurations wait, only the last is written: it holds all before.
fn latest(waiting: impl Iterator<Item = DiskWork>) -> Vec<DiskWork> {
    let (writes, mut checks): (Vec<_>, Vec<_>) = waiting.partition(|work| matches!(work, DiskWork::Write { .. }));
    let mut latest: Vec<DiskWork> = writes.into_iter().last().into_iter().collect();
    latest.append(&mut checks);
    latest
}

fn answer(store: &Store, work: DiskWork) -> Event {
    match work {
        DiskWork::Write { number, document, terms } => match store.save(&document, terms) {
            Ok(()) => Event::Persisted { number },
            Err(error) => Event::PersistFailed { number, reason: error.to_string() },
        },
        DiskWork::Check { number } => {
            Event::DiskChecked { number, result: store.check().map_err(|error| error.to_string()) }
        }
    }
}
