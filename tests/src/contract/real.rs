//! Real engines between hosts on this machine: a process on each (`engine_probe`) joins and says what it is told.
//!
//! Needs what `hosts` needs.

use super::{Net, Told};
use crate::hosts::Hosts;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Nobody is told anything for so long: nobody will be.
const SILENT: Duration = Duration::from_secs(60);

const TOKEN_MS: u32 = 1_000;
const PORT: u16 = 5_406;

pub struct Real {
    hosts: Hosts,
    probe: PathBuf,
    engine: &'static str,
    probes: BTreeMap<u32, Probe>,
    told: Receiver<(u32, Told)>,
    teller: Sender<(u32, Told)>,
    last_told: Instant,
}

struct Probe {
    child: Child,
    input: ChildStdin,
    /// As its host counts.
    pid: String,
}

impl Real {
    /// So many hosts for the engine `corosync` or `embedded`; `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn new(probe: &str, engine: &'static str, count: u32) -> Option<Real> {
        let hosts = Hosts::new(count as usize)?;
        for name in hosts.lab.names() {
            let file = hosts.lab.root(&name).join("etc/quorate/quorate.conf");
            std::fs::write(file, quorate_conf(count)).expect("the embedded engine's configuration");
        }
        let (teller, told) = channel();
        let probe = Path::new(probe).to_path_buf();
        Some(Real { hosts, probe, engine, probes: BTreeMap::new(), told, teller, last_told: Instant::now() })
    }

    fn signal(&self, node: u32, signal: &str) {
        let sent = self.hosts.command(&name(node), "kill").args([signal, &self.probes[&node].pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal} for n{node}");
    }
}

fn name(node: u32) -> String {
    format!("n{node}")
}

fn quorate_conf(count: u32) -> String {
    let node = |id: u32| {
        format!("  node {{\n    name: n{id}\n    nodeid: {id}\n    ring0_addr: 10.99.0.{id}\n    port: {PORT}\n  }}\n")
    };
    let nodes: String = (1..=count).map(node).collect();
    format!("totem {{\n  cluster_name: lab\n  token: {TOKEN_MS}\n}}\nnodelist {{\n{nodes}}}\n")
}

impl Net for Real {
    fn start(&mut self, node: u32) {
        let root = self.hosts.lab.root(&name(node));
        let mut command = self.hosts.command(&name(node), &self.probe);
        command.arg(&root).args([&name(node), self.engine]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let input = child.stdin.take().expect("a pipe was asked for");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe was asked for"));
        let mut pid = String::new();
        output.read_line(&mut pid).expect("it says who it is");
        self.probes.insert(node, Probe { child, input, pid: pid.trim().to_string() });
        let teller = self.teller.clone();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let told = line.parse().unwrap_or_else(|()| panic!("n{node} says {line}"));
                let _ = teller.send((node, told));
            }
        });
        self.last_told = Instant::now();
    }

    fn leave(&mut self, node: u32) {
        let probe = self.probes.get_mut(&node).expect("it runs");
        writeln!(probe.input, "leave").expect("it listens");
    }

    fn kill(&mut self, node: u32) {
        self.signal(node, "-KILL");
        let mut probe = self.probes.remove(&node).expect("it runs");
        let _ = probe.child.wait();
    }

    fn pause(&mut self, node: u32, stands_still: bool) {
        self.signal(node, if stands_still { "-STOP" } else { "-CONT" });
    }

    fn cut(&mut self, node: u32, away: bool) {
        self.hosts.cable(&name(node), !away);
    }

    fn send(&mut self, node: u32, message: &str, size: usize) {
        let probe = self.probes.get_mut(&node).expect("it runs");
        writeln!(probe.input, "send {message} {size}").expect("it listens");
    }

    fn turn(&mut self) -> Option<Vec<(u32, Told)>> {
        if self.last_told.elapsed() > SILENT {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
        let told: Vec<(u32, Told)> = self.told.try_iter().collect();
        if !told.is_empty() {
            self.last_told = Instant::now();
        }
        Some(told)
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        for probe in self.probes.values_mut() {
            let _ = probe.child.kill();
            let _ = probe.child.wait();
        }
    }
}
