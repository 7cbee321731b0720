//! The host's watchdog: as long as the loop works it is looked after; when the loop stands still, or this
//! host must not go on, it resets the host.
//!
//! In: the loop's turns, and whether this node left in order. Out: writes to the device.
//! Absent: whether to reset (see `core::node::fencer::watchdog`), the device's own time.

use crate::variables::{Panic, PanicWay};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two writes: a device's time is seconds.
const EVERY: Duration = Duration::from_millis(500);

/// What a device that is closed behind it takes for "no longer needed" (Linux, "watchdog-api").
const NO_LONGER_NEEDED: &[u8] = b"V";

/// The device, if there is one. Closing it without a word leaves it armed.
pub struct Watchdog {
    device: Option<File>,
    next: Instant,
}

impl Watchdog {
    /// Opens the device, which arms it.
    ///
    /// # Errors
    /// It is not there, or another program has it: without it this node must not be relied on.
    pub fn open(path: Option<&Path>) -> io::Result<Watchdog> {
        let device = path.map(|path| OpenOptions::new().write(true).open(path)).transpose()?;
        Ok(Watchdog { device, next: Instant::now() })
    }

    /// The loop has come round.
    pub fn pet(&mut self) {
        let Some(device) = &mut self.device else { return };
        if self.next <= Instant::now() {
            self.next = Instant::now() + EVERY;
            // If this fails the device resets the host, which is what it is for.
            let _ = device.write_all(b"\0");
        }
    }

    /// This node has stopped everything and left: nobody needs it to be reset.
    pub fn disarm(&mut self) {
        if let Some(device) = &mut self.device {
            let _ = device.write_all(NO_LONGER_NEEDED);
        }
        self.device = None;
    }
}

/// Resets the host at once, as it is to be done here: without a word to its disks, unless that is wanted. Where that
/// is not to be had the daemon ends, and the watchdog does it in its time.
pub fn reset(root: &Path, panic: Panic) {
    if panic.sync {
        // A disk that does not answer holds this up, and the watchdog does not wait for it.
        nix::unistd::sync();
    }
    let word = match panic.way {
        PanicWay::Reboot => b"b",
        PanicWay::Crash => b"c",
        PanicWay::Off => b"o",
    };
    let trigger = OpenOptions::new().write(true).open(root.join("proc/sysrq-trigger"));
    if let Ok(mut trigger) = trigger {
        let _ = trigger.write_all(word);
    }
}
