//! What may wait for a disk, done beside the loop: an agent on a network disk that does not answer
//! costs the one that wanted it its time, and nobody else's.
//!
//! Absent: what is done with files below `/run` and `/proc`, which do not hang.

use crate::obstacle::{Meaning, Obstacle};
use std::io;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// Not within the time. What comes of it later is dropped.
    Late,
    /// There is no thread to be had for it.
    NoThread(io::Error),
}

impl NoAnswer {
    /// Why nothing is known of this, which was looked for so long.
    pub(crate) fn obstacle(self, what: &str, within: Duration) -> Obstacle {
        match self {
            NoAnswer::Late => Obstacle::late(what, within),
            NoAnswer::NoThread(error) => Obstacle::new(Meaning::Error, format!("{what}: {error}")),
        }
    }
}

/// Does something on a thread of its own. It may begin programs there.
pub(crate) async fn beside<T: Send + 'static>(
    within: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let (tell, told) = oneshot::channel();
    let runtime = Handle::current();
    let begun = std::thread::Builder::new().name("disk".into()).stack_size(STACK_BYTES).spawn(move || {
        let _inside = runtime.enter();
        drop(tell.send(work()));
    });
    begun.map_err(NoAnswer::NoThread)?;
    // Its end is only missing where it panicked.
    tokio::time::timeout(within, told).await.ok().and_then(Result::ok).ok_or(NoAnswer::Late)
}

/// Paths are looked at there, and programs begun.
const STACK_BYTES: usize = 256 * 1024;
