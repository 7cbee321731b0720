//! A cluster of whole hosts under one of the managers.
//!
//! In: the manager, how many hosts. Out: a cluster that is loaded, waited for and watched. Whether a Dummy
//! runs is seen from its state file inside the host, so that no tool's own time is in a figure.

use super::manager::Manager;
use crate::hosts::{Hosts, Plan};
use quorate_core::node::{NodeStatus, Reply, Request};
use quorate_transport::local::client::Client;
use quorate_transport::wire;
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at what takes seconds, and at what takes milliseconds.
const LOOK: Duration = Duration::from_millis(100);
const CLOSE_LOOK: Duration = Duration::from_millis(1);

/// Of each host's log, where something went wrong.
const LINES_TOLD: usize = 40;

/// Why there is no figure.
#[derive(Debug)]
pub enum Trouble {
    /// Hosts cannot be made here; that was said.
    NoHosts,
    Late {
        what: String,
    },
    /// A command failed.
    Failed {
        command: String,
        output: String,
    },
    /// A host that is to work was switched off.
    Off {
        host: String,
    },
    /// It did not go as the row says.
    NotAsSaid {
        what: String,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NoHosts => write!(out, "there are no hosts"),
            Trouble::Late { what } => write!(out, "waited {} s in vain for {what}", PATIENCE.as_secs()),
            Trouble::Failed { command, output } => write!(out, "`{command}` failed: {output}"),
            Trouble::Off { host } => write!(out, "{host} is off"),
            Trouble::NotAsSaid { what } => write!(out, "{what}"),
        }
    }
}

pub struct Cluster {
    pub hosts: Hosts,
    pub manager: Manager,
    pub names: Vec<String>,
    /// How long it took from a start of Corosync everywhere until all were online and idle.
    pub started_in: Duration,
}

/// State files of Dummies, with the times at which they were made.
pub type States = BTreeMap<PathBuf, SystemTime>;

impl Cluster {
    /// Hosts that were off, and are at rest.
    pub fn start(manager: Manager, count: usize) -> Result<Cluster, Trouble> {
        let plan = Plan { mounts: manager.mounts(), ..Plan::of(count) };
        let hosts = Hosts::planned(&plan).ok_or(Trouble::NoHosts)?;
        let names = hosts.lab.names();
        let mut cluster = Cluster { hosts, manager, names, started_in: Duration::ZERO };
        for name in &cluster.names {
            cluster.stop(name, &["corosync"])?;
        }
        let began = Instant::now();
        let mut started = Vec::new();
        for name in &cluster.names {
            started.push(cluster.starting(name)?.spawn());
        }
        for start in started {
            let _ = start.and_then(|mut child| child.wait());
        }
        cluster.wait_until_at_rest()?;
        cluster.started_in = began.elapsed();
        Ok(cluster)
    }

    /// A command in a host, without what this process has in its environment.
    fn command(&self, host: &str, program: &str) -> Result<Command, Trouble> {
        let off = || Trouble::Off { host: host.to_string() };
        let mut command = self.hosts.try_command(host, program).ok_or_else(off)?;
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        command.env_clear().envs([("PATH", path), ("HOME", "/root"), ("LANG", "C.UTF-8")]);
        Ok(command)
    }

    pub fn try_run(&self, host: &str, words: &[&str]) -> Option<Output> {
        self.command(host, words[0]).ok()?.args(&words[1..]).output().ok()
    }

    pub fn run(&self, host: &str, words: &[&str]) -> Result<String, Trouble> {
        let failed = |output: String| Trouble::Failed { command: words.join(" "), output };
        let output = self.command(host, words[0])?.args(&words[1..]).output();
        let output = output.map_err(|error| failed(error.to_string()))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(failed(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())),
        }
    }

    fn starting(&self, host: &str) -> Result<Command, Trouble> {
        let script = format!(
            "pgrep -r DRS -x corosync >/dev/null || {{ corosync -f >>{0}/corosync.out 2>&1 & }}\n\
             until corosync-cpgtool >/dev/null 2>&1; do sleep 0.05; done\n\
             set -a; [ ! -f /etc/default/pacemaker ] || . /etc/default/pacemaker; set +a\n\
             setsid {1} </dev/null >>{0}/daemon.out 2>&1 &",
            self.hosts.lab.root(host).display(),
            self.manager.command()
        );
        let mut shell = self.command(host, "/bin/sh")?;
        shell.args(["-c", &script]);
        Ok(shell)
    }

    /// Corosync, if it does not run, and the manager.
    pub fn start_host(&self, host: &str) -> Result<(), Trouble> {
        let status = self.starting(host)?.status();
        let failed = || Trouble::Failed { command: self.manager.command(), output: self.hosts.lab.log(host) };
        status.is_ok_and(|status| status.success()).then_some(()).ok_or_else(failed)
    }

    /// Ends programs in order, one after the other.
    pub fn stop(&self, host: &str, programs: &[&str]) -> Result<(), Trouble> {
        let script = format!(
            "for program in {}; do pkill -x $program\n\
             while pgrep -r DRS -x $program >/dev/null; do sleep 0.05; done; done",
            programs.join(" ")
        );
        self.run(host, &["/bin/sh", "-c", &script]).map(drop)
    }

    /// Switches a host on that was killed.
    pub fn boot(&mut self, host: &str) -> Result<(), Trouble> {
        self.hosts.boot(host);
        self.start_host(host)
    }

    pub fn wait(&self, what: &str, holds: impl Fn() -> bool) -> Result<(), Trouble> {
        wait_looking(LOOK, what, holds)
    }

    /// The last lines of what each host's manager has told.
    pub fn told(&self) -> String {
        let tail = |name: &String| {
            let log = self.hosts.lab.root(name).join("disk/log/pacemaker/pacemaker.log");
            let text = fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            format!("---- {name}\n{}\n", lines[lines.len().saturating_sub(LINES_TOLD)..].join("\n"))
        };
        self.names.iter().map(tail).collect()
    }

    pub fn wait_closely(&self, what: &str, holds: impl FnMut() -> bool) -> Result<(), Trouble> {
        wait_looking(CLOSE_LOOK, what, holds)
    }

    /// All are online, and the leader has nothing to do.
    pub fn wait_until_at_rest(&self) -> Result<(), Trouble> {
        self.wait("all to be online", || self.online() == self.names.len())?;
        self.wait("the leader to be idle", || self.is_idle())
    }

    fn monitor(&self) -> String {
        let asked = self.names.iter().find_map(|name| self.try_monitor(name));
        asked.unwrap_or_default()
    }

    fn try_monitor(&self, host: &str) -> Option<String> {
        self.hosts.inside_root(host)?;
        let output = self.try_run(host, &["crm_mon", "-1", "--output-as=xml"])?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn online(&self) -> usize {
        let nodes = Regex::new(r#"<node name="[^"]*" [^>]*online="true"[^>]*pending="false""#).expect("a pattern");
        nodes.find_iter(&self.monitor()).count()
    }

    pub fn leader(&self) -> Option<String> {
        let leader = Regex::new(r#"<current_dc [^>]*name="([^"]+)""#).expect("a pattern");
        Some(leader.captures(&self.monitor())?[1].to_string())
    }

    fn is_idle(&self) -> bool {
        match self.manager {
            Manager::Quorate => {
                let all: Vec<_> = self.names.iter().filter_map(|name| self.status(name)).collect();
                all.len() == self.names.len() && all.iter().all(|status| status.idle && status.leader.is_some())
            }
            Manager::Pacemaker => {
                let Some(leader) = self.leader() else { return false };
                let output = self.try_run(&leader, &["crmadmin", "-S", &leader]);
                let said = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
                String::from_utf8_lossy(&said).contains("S_IDLE")
            }
        }
    }

    /// Our daemon's socket, from outside.
    pub fn client(&self, host: &str) -> Option<Client> {
        let socket = self.hosts.inside_root(host)?.join("run/quorate/quorate.sock");
        Client::connect(&socket, PATIENCE).ok()
    }

    fn status(&self, host: &str) -> Option<NodeStatus> {
        let bytes = self.client(host)?.request(&wire::encode_request(&Request::Status)).ok()?;
        match wire::decode_reply(&bytes).ok()? {
            Reply::Status(status) => Some(status),
            _ => None,
        }
    }

    /// State files of the Dummies that run on a host.
    pub fn states(&self, host: &str) -> States {
        let place = self.hosts.inside_root(host).map(|root| root.join("run/resource-agents"));
        let entries = place.and_then(|place| fs::read_dir(place).ok()).into_iter().flatten().flatten();
        let dummies = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("Dummy-d"));
        dummies.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.modified().ok()?))).collect()
    }

    pub fn running_on(&self, host: &str) -> usize {
        self.states(host).len()
    }

    pub fn running(&self) -> usize {
        self.names.iter().map(|name| self.running_on(name)).sum()
    }

    /// Gives the cluster so many Dummies, and no others, that prefer a host, and a fence device.
    pub fn load(&self, count: usize, monitor: &str, preferred: Option<&str>) -> Result<(), Trouble> {
        let (mut resources, mut constraints) = (self.fence_device(), String::new());
        for number in 0..count {
            let _ = write!(
                resources,
                "<primitive id='d{number}' class='ocf' provider='heartbeat' type='Dummy'><operations>\
                 <op id='d{number}-monitor' name='monitor' interval='{monitor}' timeout='60s'/></operations></primitive>"
            );
            if let Some(node) = preferred {
                let _ = write!(constraints, "<rsc_location id='l{number}' rsc='d{number}' node='{node}' score='100'/>");
            }
        }
        // A constraint names what is there.
        self.replace("constraints", "")?;
        self.replace("resources", &resources)?;
        self.replace("constraints", &constraints)
    }

    fn fence_device(&self) -> String {
        format!(
            "<primitive id='power' class='stonith' type='fence_power'><instance_attributes id='power-parameters'>\
             <nvpair id='power-dir' name='dir' value='{}'/>\
             <nvpair id='power-hosts' name='pcmk_host_list' value='{}'/></instance_attributes></primitive>",
            self.hosts.power.directory().display(),
            self.names.join(" ")
        )
    }

    fn replace(&self, section: &str, content: &str) -> Result<(), Trouble> {
        let file = self.hosts.lab.directory().join("section.xml");
        fs::write(&file, format!("<{section}>{content}</{section}>")).expect("room for a file");
        let asked = self.names.first().expect("a host");
        self.run(asked, &["cibadmin", "-R", "-o", section, "-x", &file.to_string_lossy()]).map(drop)
    }

    /// Loads, and waits until all run (where they are wanted) and nothing is left to do.
    pub fn run_dummies(&self, count: usize, monitor: &str, preferred: Option<&str>) -> Result<(), Trouble> {
        self.load(count, monitor, preferred)?;
        self.wait("the Dummies to run", || {
            self.running() == count && preferred.is_none_or(|host| self.running_on(host) == count)
        })?;
        self.wait_until_at_rest()
    }

    /// How much each host's Corosync has said so far.
    fn said(&self) -> BTreeMap<&String, u64> {
        let length = |name: &String| fs::metadata(self.corosync_output(name)).map_or(0, |data| data.len());
        self.names.iter().map(|name| (name, length(name))).collect()
    }

    fn corosync_output(&self, host: &str) -> PathBuf {
        self.hosts.lab.root(host).join("corosync.out")
    }

    /// Kills a host; when what is waited for holds, tells how long that is after the new membership.
    pub fn kill_until(&mut self, victim: &str, what: &str, holds: impl Fn(&Cluster) -> bool) -> Result<f64, Trouble> {
        self.hosts.kill(victim);
        let said = self.said();
        let formed = |name: &String, from: u64| {
            let output = fs::read(self.corosync_output(name)).unwrap_or_default();
            let new = output.get(from as usize..).unwrap_or_default();
            String::from_utf8_lossy(new).contains("A new membership")
        };
        let mut formed_at = None;
        self.wait_closely(what, || {
            let survivors = || said.iter().filter(|(name, _)| name.as_str() != victim);
            if formed_at.is_none() && survivors().any(|(name, from)| formed(name, *from)) {
                formed_at = Some(Instant::now());
            }
            holds(self)
        })?;
        let never = || Trouble::NotAsSaid { what: format!("{what}: Corosync has told of no new membership") };
        Ok(formed_at.ok_or_else(never)?.elapsed().as_secs_f64())
    }
}

fn wait_looking(every: Duration, what: &str, mut holds: impl FnMut() -> bool) -> Result<(), Trouble> {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        if Instant::now() > deadline {
            return Err(Trouble::Late { what: what.to_string() });
        }
        std::thread::sleep(every);
    }
    Ok(())
}
