//! Hosts under Corosync on one machine: each a network of its own, at one switch, with its own `/run`,
//! shared memory and processes. A host is ended with all that it runs by ending its first process.
//!
//! In: how many. Out: a `Lab` whose daemons run on them. Needs root, `ip`, `unshare`, `nsenter`, corosync.

use crate::lab::{Lab, program};
use crate::leftovers;
use crate::needs;
use crate::power::Power;
use crate::switch::{Switch, corosync_conf};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Corosync, and what makes hosts.
const PROGRAMS: [&str; 4] = ["/usr/sbin/corosync", "/usr/sbin/ip", "/usr/bin/unshare", "/usr/bin/nsenter"];

/// Gives a process a clock of its own (package `libfaketime`).
pub const CLOCKS: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// How hosts are to be made.
pub struct Plan {
    pub count: usize,
    /// Others that are off, and that Corosync does not know of yet.
    pub spare: usize,
    pub corosync_conf: String,
    /// What a host has of its own besides, in the shell's words, where `$root` is its directory.
    pub mounts: String,
    /// Networks at the same switch that belong to no host; they have the numbers after the hosts'.
    pub beside: usize,
}

impl Plan {
    /// So many hosts, as most tests want them.
    pub fn of(count: usize) -> Plan {
        Plan { count, spare: 0, corosync_conf: corosync_conf(1..=count), mounts: String::new(), beside: 0 }
    }
}

/// Hosts `n1`, `n2`, …; all ends with this.
pub struct Hosts {
    pub lab: Lab,
    /// Where `fence_power` asks.
    pub power: Power,
    /// What their cables are in.
    pub switch: Switch,
    mounts: String,
    hosts: Vec<Host>,
}

struct Host {
    name: String,
    number: usize,
    /// Its first process, whose end ends all others.
    first: Option<Child>,
}

impl Hosts {
    /// Hosts that run Corosync and no daemon yet; `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn new(count: usize) -> Option<Hosts> {
        Hosts::planned(&Plan::of(count))
    }

    /// The same, as they are planned.
    #[track_caller]
    pub fn planned(plan: &Plan) -> Option<Hosts> {
        if !needs::lab(&PROGRAMS) {
            return None;
        }
        leftovers::sweep();
        let all = plan.count + plan.spare;
        let switch = Switch::new(all + plan.beside).expect("networks of their own; QUORATE_LAB=skip leaves them out");
        let lab = Lab::new(all);
        let power = Power::new(lab.directory().join("power"));
        let mut hosts = Hosts { lab, power, switch, mounts: plan.mounts.clone(), hosts: Vec::new() };
        for number in 1..=all {
            let name = format!("n{number}");
            let place = hosts.lab.root(&name).join("etc/corosync");
            fs::create_dir_all(&place).expect("a directory");
            fs::write(place.join("corosync.conf"), &plan.corosync_conf).expect("corosync's configuration");
            fs::create_dir_all(hosts.lab.root(&name).join("corosync")).expect("corosync's memory");
            let agent = Path::new(env!("CARGO_MANIFEST_DIR")).join("agents/fence_power");
            fs::copy(agent, hosts.lab.root(&name).join("usr/sbin/fence_power")).expect("a fence agent");
            hosts.hosts.push(Host { name: name.clone(), number, first: None });
            if number <= plan.count {
                hosts.boot(&name);
            }
        }
        Some(hosts)
    }

    /// The hosts that Corosync is to know of from now on; one that runs has all read it.
    pub fn configure(&self, numbers: &[usize], told: &str) {
        for host in &self.hosts {
            let file = self.lab.root(&host.name).join("etc/corosync/corosync.conf");
            fs::write(file, corosync_conf(numbers.iter().copied())).expect("corosync's configuration");
        }
        let read = self.command(told, "corosync-cfgtool").arg("-R").output().expect("its tool");
        assert!(read.status.success(), "{read:?}");
    }

    /// Has a host forget all that it stored: its disk is new.
    pub fn wipe(&self, name: &str) {
        for place in ["var", "corosync"] {
            let place = self.lab.root(name).join(place);
            fs::remove_dir_all(&place).expect("what it stored");
            fs::create_dir_all(&place).expect("a directory");
        }
    }

    fn host(&mut self, name: &str) -> &mut Host {
        self.hosts.iter_mut().find(|host| host.name == name).expect("a host of the laboratory")
    }

    /// Switches a host on: Corosync runs, the daemon does not.
    pub fn boot(&mut self, name: &str) {
        let root = self.lab.root(name);
        // What is in `/run` does not outlive a host.
        let _ = fs::remove_dir_all(root.join("run"));
        fs::create_dir_all(root.join("run/quorate")).expect("a directory");
        let network = self.switch.network(self.number(name));
        self.switch.address(self.number(name));
        let script = format!(
            "root={} && mount --make-rprivate / && mount --bind $root/etc/corosync /etc/corosync && \
             mount -t tmpfs run /run && mount -t tmpfs shm /dev/shm && mkdir -p /var/lib/corosync /run/corosync && \
             mount --bind $root/corosync /var/lib/corosync && hostname {name} && {} \
             {{ corosync -f & while :; do wait; sleep 1; done; }}",
            root.display(),
            self.mounts
        );
        let output = fs::File::create(root.join("corosync.out")).expect("a file for its output");
        // A run that is killed takes its hosts along.
        let first = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "KILL",
                "ip",
                "netns",
                "exec",
                &network,
                "unshare",
                "-m",
                "-i",
                "-u",
                "-p",
                "-f",
                "--mount-proc",
                "--kill-child",
            ])
            .args(["sh", "-c", &script])
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .expect("a host");
        self.power.on(name, first.id(), &network);
        self.host(name).first = Some(first);
        self.lab.wait(&format!("corosync on {name}"), |_| self.runs_corosync(name) || !self.power.is_on(name));
    }

    /// Whether Corosync runs on a host. It is begun when all is mounted.
    pub fn runs_corosync(&self, name: &str) -> bool {
        let Some(inside) = self.inside(name) else { return false };
        let children = fs::read_to_string(format!("/proc/{inside}/task/{inside}/children")).unwrap_or_default();
        children.split_whitespace().any(|child| {
            fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|program| program.trim() == "corosync")
        })
    }

    /// The process id of what runs first inside.
    fn inside(&self, name: &str) -> Option<u32> {
        let first = self.hosts.iter().find(|host| host.name == name)?.first.as_ref()?;
        let children = format!("/proc/{0}/task/{0}/children", first.id());
        fs::read_to_string(children).ok()?.split_whitespace().next()?.parse().ok()
    }

    /// A host's root directory as it is seen inside, if the host is on.
    pub fn inside_root(&self, name: &str) -> Option<PathBuf> {
        Some(PathBuf::from(format!("/proc/{}/root", self.inside(name)?)))
    }

    /// What runs on a host: process ids and the programs' names.
    pub fn processes(&self, name: &str) -> Vec<(u32, String)> {
        let space = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let Some(wanted) = self.inside(name).and_then(space) else { return Vec::new() };
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let program = |pid| Some((pid, fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_string()));
        pids.filter(|pid| space(*pid).as_ref() == Some(&wanted)).filter_map(program).collect()
    }

    /// The network at the switch that is no host's and has this number among those.
    pub fn network_beside(&self, number: usize) -> String {
        self.switch.network(self.hosts.len() + number)
    }

    /// A command in a network at the switch that is no host's: the first of them is number 1.
    pub fn beside(&self, number: usize, program: impl AsRef<OsStr>) -> Command {
        let network = self.network_beside(number);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "ip", "netns", "exec", &network]).arg(program).stdin(Stdio::null());
        command
    }

    /// A command inside a host.
    pub fn command(&self, name: &str, program: impl AsRef<OsStr>) -> Command {
        self.try_command(name, program).expect("the host is on")
    }

    /// The same, if the host is on.
    pub fn try_command(&self, name: &str, program: impl AsRef<OsStr>) -> Option<Command> {
        let inside = self.inside(name)?;
        let mut command = Command::new("nsenter");
        command.args(["-t", &inside.to_string(), "-m", "-n", "-i", "-u", "-p"]).arg(program).stdin(Stdio::null());
        Some(command)
    }

    /// Starts Corosync again where it has ended.
    pub fn start_corosync(&self, name: &str) {
        let started = self.command(name, "/bin/sh").args(["-c", "corosync -f >/dev/null 2>&1 &"]).status();
        assert!(started.is_ok_and(|status| status.success()), "corosync of {name} starts");
        self.lab.wait(&format!("corosync on {name}"), |_| self.runs_corosync(name));
    }

    /// Starts the daemon of a host, as a child of the host's first process.
    pub fn start(&self, name: &str) {
        assert!(self.start_by(name, "\"$@\" &"), "the daemon of {name} starts");
    }

    /// Starts the daemon of a host, and starts it again whenever it ends; the host may be switched off meanwhile.
    pub fn supervise(&self, name: &str) {
        let started = self.start_by(name, "while :; do \"$@\"; sleep 0.5; done &");
        assert!(started || !self.power.is_on(name), "the daemon of {name} starts");
    }

    fn start_by(&self, name: &str, script: &str) -> bool {
        let root = self.lab.root(name);
        let output = fs::File::create(root.join("daemon.out")).expect("a file for its output");
        let Some(mut shell) = self.try_command(name, "/bin/sh") else { return false };
        shell.args(["-c", script, "sh"]);
        if self.clock(name).exists() {
            let file = format!("FAKETIME_TIMESTAMP_FILE={}", self.clock(name).display());
            shell.args(["env", &format!("LD_PRELOAD={CLOCKS}"), &file]);
            shell.args(["FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_CACHE_DURATION=1"]);
        }
        let started = shell
            .arg(program("quorated"))
            .args(["--root".as_ref(), root.as_os_str()])
            .env("QUORATE_ROOT", &root)
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .status();
        started.is_ok_and(|status| status.success())
    }

    fn clock(&self, name: &str) -> PathBuf {
        self.lab.root(name).join("clock")
    }

    /// The clock of a host's daemon is this far ahead of this machine's, or behind it, from now on (the daemon
    /// sees it within a second); before the daemon's first start, so that it gets a clock of its own.
    pub fn set_clock(&self, name: &str, ahead_s: i64) {
        let next = self.lab.root(name).join("clock.next");
        fs::write(&next, format!("{ahead_s:+}\n")).expect("a clock");
        fs::rename(next, self.clock(name)).expect("a clock");
    }

    /// A signal for the daemon of a host.
    pub fn signal(&self, name: &str, signal: &str) {
        let pid = fs::read_to_string(self.lab.root(name).join("run/quorate/quorated.pid")).expect("the daemon runs");
        let sent = self.command(name, "kill").args([signal, pid.trim()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal} for {name}");
    }

    /// Ends a host at once, with all that it runs.
    pub fn kill(&mut self, name: &str) {
        self.power.off(name);
        if let Some(mut first) = self.host(name).first.take() {
            let _ = first.wait();
        }
    }

    /// From now on a host is not heard, though it hears; or it is heard again.
    pub fn mute(&self, name: &str, muted: bool) {
        self.switch.mute(self.number(name), muted);
    }

    /// From now on these hosts hear all others but not each other; or they hear each other again.
    pub fn isolate(&self, names: &[&str], isolated: bool) {
        let numbers: Vec<usize> = names.iter().map(|name| self.number(name)).collect();
        self.switch.isolate(&numbers, isolated);
    }

    /// Takes a host's cable out, or puts it in again.
    pub fn cable(&self, name: &str, plugged: bool) {
        self.switch.cable(self.number(name), plugged);
    }

    fn number(&self, name: &str) -> usize {
        self.hosts.iter().find(|host| host.name == name).expect("a host of the laboratory").number
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in self.lab.names() {
            self.kill(&name);
        }
    }
}
