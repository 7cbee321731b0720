//! What a run that was killed left behind: network namespaces, what runs in them, directories, mounts.
//!
//! In: names that say whose they are, by process id. Out: they are gone, if that process is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the directories of laboratories begin.
const DIRECTORIES: &str = "quorate-lab-";

/// How the names of this run's directories begin.
pub fn prefix() -> String {
    format!("{DIRECTORIES}{}-", std::process::id())
}

/// How the names of a run's networks begin.
pub fn network_prefix(run: u32) -> String {
    format!("q{run}x")
}

/// Whose a network is.
fn owner_of_network(name: &str) -> Option<u32> {
    name.strip_prefix('q')?.split_once('x')?.0.parse().ok()
}

/// Whose a directory is.
fn owner_of_directory(name: &str) -> Option<u32> {
    name.strip_prefix(DIRECTORIES)?.split_once('-')?.0.parse().ok()
}

fn is_gone(run: u32) -> bool {
    !Path::new(&format!("/proc/{run}")).exists()
}

/// Removes what is left of runs that are over.
pub fn sweep() {
    for network in names(Path::new("/run/netns")) {
        if owner_of_network(&network).is_some_and(is_gone) {
            remove_network(&network);
        }
    }
    let temporary = std::env::temp_dir();
    for name in names(&temporary) {
        if owner_of_directory(&name).is_some_and(is_gone) {
            remove_directory(&temporary.join(name));
        }
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn remove_network(name: &str) {
    let inside = Command::new("ip").args(["netns", "pids", name]).output();
    let inside = inside.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    for pid in inside.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    }
    let _ = Command::new("ip").args(["netns", "del", name]).status();
}

/// What is mounted below goes first: a disk of a host.
fn remove_directory(directory: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(1)).map(PathBuf::from);
    for place in places.filter(|place| place.starts_with(directory)) {
        let _ = Command::new("umount").arg("-l").arg(place).status();
    }
    let _ = fs::remove_dir_all(directory);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_they_are() {
        let me = std::process::id();
        assert_eq!(owner_of_network(&format!("{}7sw", network_prefix(me))), Some(me));
        assert_eq!(owner_of_directory(&format!("{}Ab3-x", prefix())), Some(me));
        for (network, directory) in [("qx1sw", "quorate-lab-Ab3"), ("n1", "quorate"), ("q12", "quorate-lab-x-1")] {
            assert_eq!((owner_of_network(network), owner_of_directory(directory)), (None, None));
        }
    }

    #[test]
    fn what_a_run_that_is_over_left_is_removed_and_what_runs_stays() {
        let mut ended = Command::new("true").spawn().expect("a process");
        ended.wait().expect("its end");
        let [left, live] = [ended.id(), std::process::id()]
            .map(|run| std::env::temp_dir().join(format!("{DIRECTORIES}{run}-sweep/n1")));
        for directory in [&left, &live] {
            fs::create_dir_all(directory).expect("a directory");
        }
        sweep();
        assert_eq!([left.exists(), live.exists()], [false, true]);
        fs::remove_dir_all(live.parent().expect("a directory")).expect("our own");
    }
}
