//! The power switch of a laboratory's hosts, which `fence_power` asks: a file `NAME.wish` in its directory
//! switches that host off, and goes when this is done.
//!
//! In: hosts by their first process, whose end ends all others. Out: how often each was switched off, and
//! `record`, a file with a line for each end of a host; what runs there may add lines of its own.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often it looks for wishes.
const LOOK: Duration = Duration::from_millis(10);

pub struct Power {
    directory: PathBuf,
    hosts: Arc<Mutex<Hosts>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A host that is on.
struct Host {
    first: Pid,
    network: String,
}

#[derive(Default)]
struct Hosts {
    on: BTreeMap<String, Host>,
    disks: BTreeMap<String, PathBuf>,
    switched_off: BTreeMap<String, usize>,
}

fn hosts(shared: &Mutex<Hosts>) -> MutexGuard<'_, Hosts> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Power {
    /// A switch that looks for wishes in a directory, which it makes.
    pub fn new(directory: PathBuf) -> Power {
        fs::create_dir_all(&directory).expect("a directory for wishes");
        let (shared, ends) = (Arc::<Mutex<Hosts>>::default(), Arc::<AtomicBool>::default());
        let (seen, ended, place) = (shared.clone(), ends.clone(), directory.clone());
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                grant(&place, &mut hosts(&seen));
                std::thread::sleep(LOOK);
            }
        });
        Power { directory, hosts: shared, ends, thread: Some(thread) }
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A host is on now; `first` is its first process, `network` its network namespace.
    pub fn on(&self, name: &str, first: u32, network: &str) {
        let host = Host { first: Pid::from_raw(first as i32), network: network.to_string() };
        hosts(&self.hosts).on.insert(name.to_string(), host);
    }

    /// A host has a filesystem of its own, which may be frozen; without power nothing waits for it.
    pub fn has_disk(&self, name: &str, place: PathBuf) {
        hosts(&self.hosts).disks.insert(name.to_string(), place);
    }

    /// Switches a host off by hand; nothing of it runs any more.
    pub fn off(&self, name: &str) {
        hosts(&self.hosts).cut_off(name, &self.directory);
    }

    /// Lines of `SECONDS off host NAME`.
    pub fn record(&self) -> PathBuf {
        self.directory.join("record")
    }

    pub fn is_on(&self, name: &str) -> bool {
        hosts(&self.hosts).on.contains_key(name)
    }

    /// How often somebody asked for a host to be switched off.
    pub fn switched_off(&self, name: &str) -> usize {
        hosts(&self.hosts).switched_off.get(name).copied().unwrap_or_default()
    }
}

impl Hosts {
    fn cut_off(&mut self, name: &str, directory: &Path) {
        if let Some(host) = self.on.remove(name) {
            end(&host, self.disks.get(name));
            note(directory, name);
        }
    }
}

fn grant(directory: &Path, hosts: &mut Hosts) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".wish")) else { continue };
        hosts.cut_off(name, directory);
        *hosts.switched_off.entry(name.to_string()).or_default() += 1;
        let _ = fs::remove_file(entry.path());
    }
}

fn note(directory: &Path, name: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64();
    let mut record = File::options().create(true).append(true).open(directory.join("record")).expect("a record");
    writeln!(record, "{now:.3} off host {name}").expect("room for a record");
}

/// Ends a host; returns when nothing of it runs and its network answers nobody.
fn end(host: &Host, disk: Option<&PathBuf>) {
    let first = host.first;
    for what in [&["addr", "flush", "dev", "e0"][..], &["link", "set", "e0", "down"]] {
        let _ = Command::new("ip").args(["-n", &host.network]).args(what).status();
    }
    let inside = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
    let _ = kill(first, Signal::SIGKILL);
    if let Some(disk) = disk {
        freeze(disk, false);
    }
    // The kernel ends the first process inside when all others there have ended.
    for inside in inside.split_whitespace() {
        let runs = || fs::read_to_string(format!("/proc/{inside}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        while runs() {
            std::thread::sleep(LOOK);
        }
    }
}

/// Has whoever writes to a filesystem wait, or go on; whether that was done.
pub fn freeze(place: &Path, frozen: bool) -> bool {
    let flag = if frozen { "-f" } else { "-u" };
    let done = Command::new("fsfreeze").arg(flag).arg(place).output();
    done.is_ok_and(|output| output.status.success())
}

impl Drop for Power {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
