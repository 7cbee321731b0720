//! What the daemon needs of its host: descriptors for its agents, its disk and its tools, and memory
//! that goes back when it is not needed any more.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

/// Descriptors that are enough for every connection and hundreds of agents at once.
const DESCRIPTORS: u64 = 16_384;

/// Kept for agents (six each while they run), the disk, the log and peers: tools get the rest.
const RESERVE: u64 = 512;

/// Raises the limit of descriptors as far as wanted and allowed. How many there may be.
pub fn raise_descriptors() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return RESERVE };
    if soft >= DESCRIPTORS {
        return soft;
    }
    // Only root may raise what it was given at most.
    for (soft, hard) in [(DESCRIPTORS, hard.max(DESCRIPTORS)), (hard.min(DESCRIPTORS), hard)] {
        if setrlimit(Resource::RLIMIT_NOFILE, soft, hard).is_ok() {
            return soft;
        }
    }
    soft
}

/// Whoever starts the daemon may let others write its files: not those that it makes without saying who may.
pub fn keep_files_to_us() {
    use nix::sys::stat::{Mode, umask};
    let others = Mode::S_IWGRP | Mode::S_IWOTH;
    let before = umask(others);
    umask(before | others);
}

/// A file that may not grow any more is an error like a disk that is full, not the daemon's end.
pub fn take_file_sizes_as_errors() {
    // A signal that is heard, by nobody, ends nothing; unlike one that is ignored it means to agents what it meant.
    drop(signal(SignalKind::from_raw(libc::SIGXFSZ)));
}

/// How many tools may be connected where so many descriptors are allowed.
pub fn connections_max(descriptors: u64) -> usize {
    // Where few are allowed tools still get some.
    descriptors.saturating_sub(RESERVE).max(descriptors / 4) as usize
}

/// From now on large pieces of memory go back to the host when they are let go. The allocator would
/// learn from the first large message to keep up to 64 MB.
pub fn keep_no_memory() {
    #[cfg(target_env = "gnu")]
    #[allow(unsafe_code)]
    // SAFETY: `mallopt` sets numbers of the allocator and keeps no pointer.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE_BYTES);
    }
}

/// Gives back what is free between pieces that are in use. It takes some milliseconds.
pub fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    #[allow(unsafe_code)]
    // SAFETY: `malloc_trim` takes a number and touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Documents and messages are larger, what the daemon works with all the time is not.
#[cfg(target_env = "gnu")]
const LARGE_BYTES: libc::c_int = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_get_what_agents_and_the_disk_do_not_need() {
        assert_eq!(connections_max(1024), 512);
        assert_eq!(connections_max(256), 64);
        assert_eq!(connections_max(DESCRIPTORS), 15_872);
    }
}
