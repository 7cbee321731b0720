//! Whether the daemon's loop still works: membership is kept by the loop that works, not by a thread
//! beside it.
//!
//! The loop beats; the engine looks. A loop that has not beaten for a token time and does not compute
//! either stands still: in a system call that does not return, or stopped. Then the engine says and
//! hears nothing, so that the others go on without this node. A loop that computes for long is busy.
//! Never here: what happens then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A loop that computes without a beat for so long is lost in something.
const BUSY_MAX: Duration = Duration::from_secs(60);

/// Less of the time that passes is no computing.
const BUSY_SHARE: u32 = 10;

/// The loop's end of it.
#[derive(Debug, Clone)]
pub struct Pulse {
    begin: Instant,
    /// Milliseconds since the beginning.
    beat: Arc<AtomicU64>,
    /// The loop's thread, once it has beaten.
    thread: Arc<AtomicU64>,
}

/// The engine's end of it.
#[derive(Debug)]
pub struct Watch {
    pulse: Pulse,
    token: Duration,
    /// When the loop's time on the processor was last looked at, and what it was.
    looked: Option<(Instant, Duration)>,
}

impl Pulse {
    /// A loop that has just beaten.
    pub fn new() -> Pulse {
        Pulse { begin: Instant::now(), beat: Arc::default(), thread: Arc::default() }
    }

    /// The loop works; said by its thread.
    pub fn beat(&self) {
        self.beat.store(self.begin.elapsed().as_millis() as u64, Ordering::Relaxed);
        if self.thread.load(Ordering::Relaxed) == 0 {
            self.thread.store(nix::unistd::gettid().as_raw() as u64, Ordering::Relaxed);
        }
    }

    /// For a thread that is to fall silent when the loop has not beaten for a token time.
    pub fn watch(&self, token: Duration) -> Watch {
        Watch { pulse: self.clone(), token, looked: None }
    }

    fn age(&self) -> Duration {
        self.begin.elapsed().saturating_sub(Duration::from_millis(self.beat.load(Ordering::Relaxed)))
    }
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse::new()
    }
}

impl Watch {
    /// Whether the loop stands still.
    pub fn stands_still(&mut self) -> bool {
        let thread = self.pulse.thread.load(Ordering::Relaxed);
        let age = self.pulse.age();
        if age <= self.token || thread == 0 {
            self.looked = None;
            return false;
        }
        age > BUSY_MAX || !self.computes(thread)
    }

    fn computes(&mut self, thread: u64) -> bool {
        let (now, spent) = (Instant::now(), processor_time(thread));
        let Some((then, before)) = self.looked.replace((now, spent)) else { return true };
        spent.saturating_sub(before) * BUSY_SHARE > now - then
    }
}

/// What the kernel has given the thread until now; the first number of its `schedstat` is in nanoseconds.
fn processor_time(thread: u64) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const TOKEN: Duration = Duration::from_millis(50);

    /// A loop that beats once and then does this, until it is told to end.
    fn watched(then: impl FnOnce(mpsc::Receiver<()>) + Send + 'static) -> (Watch, mpsc::Sender<()>) {
        let pulse = Pulse::new();
        let watch = pulse.watch(TOKEN);
        let (end, ended) = mpsc::channel();
        let (begin, begun) = mpsc::channel();
        std::thread::spawn(move || {
            pulse.beat();
            begin.send(()).expect("somebody waits");
            then(ended);
        });
        begun.recv().expect("it beats");
        (watch, end)
    }

    /// What it is found to be after two looks with a token time before each.
    fn found(watch: &mut Watch) -> bool {
        watch.stands_still();
        while watch.pulse.age() <= TOKEN {
            std::thread::yield_now();
        }
        watch.stands_still();
        std::thread::sleep(TOKEN);
        watch.stands_still()
    }

    #[test]
    fn a_loop_that_waits_for_something_else_than_events_stands_still() {
        let (mut watch, _end) = watched(|ended| assert!(ended.recv().is_err()));
        assert!(found(&mut watch));
        watch.pulse.beat();
        assert!(!watch.stands_still(), "it goes on");
    }

    #[test]
    fn a_loop_that_computes_is_busy() {
        let (mut watch, end) = watched(|ended| while ended.try_recv() == Err(mpsc::TryRecvError::Empty) {});
        assert!(!found(&mut watch));
        drop(end);
    }
}
