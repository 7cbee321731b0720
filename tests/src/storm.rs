//! A storm: hosts under Corosync to which one thing after the other happens, while somebody writes.
//!
//! In: a seed, how many hosts, how long. Out: what broke: two active copies by the agents' own record, an
//! acknowledged commit that is lost, a host that was cut off though nothing had happened to it, or a cluster
//! that does not come to rest when all is mended.

use crate::hosts::{self, Hosts};
use crate::needs;
use crate::power::freeze;
use crate::world::Chance;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Resources, each at one place at a time.
const RESOURCES: usize = 6;

/// The longest time between what happens to a host and its being cut off for it.
const REASON_LASTS: Duration = Duration::from_secs(30);

/// How long the cluster may take to come to rest.
const REST: Duration = Duration::from_secs(120);

/// What `/var` of a host holds, in MiB.
const DISK_MIB: usize = 48;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    DaemonKilled,
    DaemonRestarted,
    DaemonStandsStill,
    CorosyncStandsStill,
    CableOut,
    Mute,
    PowerLost,
    DiskFull,
    DiskHangs,
    /// Of the daemon alone: hosts share a clock here. No reason to cut anybody off.
    ClockSteps,
}

const KINDS: [Kind; 10] = [
    Kind::DaemonKilled,
    Kind::DaemonRestarted,
    Kind::DaemonStandsStill,
    Kind::CorosyncStandsStill,
    Kind::CableOut,
    Kind::Mute,
    Kind::PowerLost,
    Kind::DiskFull,
    Kind::DiskHangs,
    Kind::ClockSteps,
];

struct Trouble {
    host: String,
    kind: Kind,
    until: Instant,
}

pub struct Storm {
    hosts: Hosts,
    chance: Chance,
    began: Instant,
    troubles: Vec<Trouble>,
    /// When something last happened to a host, or to the network that all share.
    happened: BTreeMap<String, Instant>,
    switched_off: BTreeMap<String, usize>,
    writers: Vec<Child>,
    pub story: Vec<String>,
    pub breaks: Vec<String>,
}

impl Storm {
    /// A cluster at rest, and somebody who writes on every host; `None` where there can be no hosts.
    #[track_caller]
    pub fn gather(seed: u64, count: usize) -> Option<Storm> {
        if !needs::lab(&["/usr/sbin/fsfreeze", hosts::CLOCKS]) {
            return None;
        }
        let mut hosts = Hosts::new(count)?;
        for name in hosts.lab.names() {
            hosts.kill(&name);
            give_disk(&hosts, &name);
            hosts.set_clock(&name, 0);
            hosts.boot(&name);
            hosts.supervise(&name);
        }
        let mut storm = Storm {
            hosts,
            chance: Chance::new(seed),
            began: Instant::now(),
            troubles: Vec::new(),
            happened: BTreeMap::new(),
            switched_off: BTreeMap::new(),
            writers: Vec::new(),
            story: Vec::new(),
            breaks: Vec::new(),
        };
        storm.configure();
        storm.write();
        Some(storm)
    }

    fn configure(&self) {
        let lab = &self.hosts.lab;
        let names = lab.names();
        lab.wait("all to be together", |lab| {
            names.iter().all(|name| lab.status(name).is_some_and(|status| status.members.len() == names.len()))
        });
        let (directory, record) = (self.hosts.power.directory(), self.hosts.power.record());
        let mut text = format!(
            "configure\nproperty fencing-repeat-limit=0 dc-deadtime=2s\n\
             primitive power stonith:fence_power params dir=\"{}\" pcmk_action_limit=-1\n",
            directory.display()
        );
        for number in 1..=RESOURCES {
            text += &format!(
                "primitive p{number} ocf:quorate:Dummy params record=\"{}\" op monitor interval=1s\n",
                record.display()
            );
        }
        let file = lab.directory().join("storm.crm");
        fs::write(&file, text + "commit\n").expect("a batch");
        let output = lab.tool("n1", &["crm", "-f", &file.to_string_lossy()]).output().expect("crm");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        lab.wait("all resources to run", |lab| {
            (1..=RESOURCES).all(|number| lab.places("n1", &format!("p{number}")).len() == 1)
        });
    }

    fn acknowledged(&self) -> PathBuf {
        self.hosts.lab.directory().join("acknowledged")
    }

    /// On each host somebody commits one thing after the other, and notes what was acknowledged.
    fn write(&mut self) {
        let cibadmin = self.hosts.lab.root("n1").join("usr/sbin/cibadmin");
        for name in self.hosts.lab.names() {
            let script = "number=0; while :; do number=$((number + 1)); id=w-$1-$number; \
                 \"$2\" -C -o constraints -X \"<rsc_location id='$id' rsc='p1' node='n1' score='0'/>\" >/dev/null 2>&1 && echo $id >>\"$3\"; \
                 sleep 0.1; done";
            let writer = Command::new("/bin/sh")
                .args(["-c", script, "sh", &name])
                .arg(&cibadmin)
                .arg(self.acknowledged())
                .env("QUORATE_ROOT", self.hosts.lab.root(&name))
                .stdin(Stdio::null())
                .spawn()
                .expect("a writer");
            self.writers.push(writer);
        }
    }

    fn tell(&mut self, words: String) {
        self.story.push(format!("{:8.2} {words}", self.began.elapsed().as_secs_f64()));
    }

    /// Lets things happen for so long, mends all, and looks.
    pub fn rage(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && self.breaks.is_empty() {
            self.end_troubles(Instant::now());
            self.watch_power();
            if self.troubles.len() < 2 && self.chance.percent(5) {
                self.begin_trouble();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.tell("all is mended".into());
        self.come_to_rest();
        self.judge_record();
        self.judge_commits();
    }

    fn begin_trouble(&mut self) {
        let names = self.hosts.lab.names();
        let host = names[self.chance.below(names.len() as u64) as usize].clone();
        let kind = KINDS[self.chance.below(KINDS.len() as u64) as usize];
        if !self.hosts.power.is_on(&host) || self.troubles.iter().any(|trouble| trouble.host == host) {
            return;
        }
        let lasts = Duration::from_millis(300 + self.chance.below(6_000));
        self.tell(format!("{host}: {kind:?} for {} ms", lasts.as_millis()));
        self.happens_to(&host, kind);
        match kind {
            Kind::DaemonKilled => self.signal(&host, "quorated", "-KILL"),
            Kind::DaemonRestarted => self.signal(&host, "quorated", "-TERM"),
            Kind::DaemonStandsStill => self.signal(&host, "quorated", "-STOP"),
            Kind::CorosyncStandsStill => self.signal(&host, "corosync", "-STOP"),
            Kind::CableOut => self.hosts.cable(&host, false),
            Kind::Mute => self.hosts.mute(&host, true),
            Kind::PowerLost => self.hosts.kill(&host),
            Kind::DiskFull => self.fill_disk(&host),
            Kind::DiskHangs => drop(freeze(&self.disk(&host), true)),
            Kind::ClockSteps => self.step_clock(&host),
        }
        self.troubles.push(Trouble { host, kind, until: Instant::now() + lasts });
    }

    /// A network in trouble is one for all.
    fn happens_to(&mut self, host: &str, kind: Kind) {
        if kind == Kind::ClockSteps {
            return;
        }
        let shared = matches!(kind, Kind::CableOut | Kind::Mute | Kind::CorosyncStandsStill | Kind::PowerLost);
        for name in self.hosts.lab.names().into_iter().filter(|name| shared || name == host) {
            self.happened.insert(name, Instant::now());
        }
    }

    fn signal(&self, host: &str, program: &str, signal: &str) {
        if let Some(mut kill) = self.hosts.try_command(host, "pkill") {
            let _ = kill.args([signal, "-x", program]).status();
        }
    }

    /// Up to two hours ahead of this machine's, or behind.
    fn step_clock(&mut self, host: &str) {
        let ahead_s = self.chance.below(14_400) as i64 - 7_200;
        self.tell(format!("{host}: its clock is {ahead_s} s ahead"));
        self.hosts.set_clock(host, ahead_s);
    }

    fn disk(&self, host: &str) -> PathBuf {
        self.hosts.lab.root(host).join("var")
    }

    fn filling(&self, host: &str) -> PathBuf {
        self.disk(host).join("fill")
    }

    fn fill_disk(&self, host: &str) {
        // It ends when there is no more room.
        let _ = fs::write(self.filling(host), vec![0; DISK_MIB << 20]);
    }

    fn end_troubles(&mut self, now: Instant) {
        let (over, lasting): (Vec<Trouble>, Vec<Trouble>) =
            std::mem::take(&mut self.troubles).into_iter().partition(|trouble| trouble.until <= now);
        self.troubles = lasting;
        for Trouble { host, kind, .. } in over {
            self.happens_to(&host, kind);
            match kind {
                Kind::DaemonKilled | Kind::DaemonRestarted | Kind::ClockSteps => {}
                Kind::DaemonStandsStill => self.signal(&host, "quorated", "-CONT"),
                Kind::CorosyncStandsStill => self.signal(&host, "corosync", "-CONT"),
                Kind::CableOut => self.hosts.cable(&host, true),
                Kind::Mute => self.hosts.mute(&host, false),
                Kind::DiskFull => drop(fs::remove_file(self.filling(&host))),
                Kind::DiskHangs => drop(freeze(&self.disk(&host), false)),
                Kind::PowerLost => self.switch_on(&host),
            }
        }
    }

    fn switch_on(&mut self, host: &str) {
        self.tell(format!("{host} is switched on"));
        self.hosts.kill(host);
        self.hosts.boot(host);
        self.hosts.supervise(host);
    }

    /// Somebody sees that a host was cut off, asks why, and switches it on again.
    fn watch_power(&mut self) {
        for host in self.hosts.lab.names() {
            let count = self.hosts.power.switched_off(&host);
            if self.switched_off.insert(host.clone(), count).unwrap_or(0) == count {
                continue;
            }
            self.tell(format!("{host} is cut off"));
            let reason = self.happened.get(&host).is_some_and(|at| at.elapsed() < REASON_LASTS);
            let ongoing = self.troubles.iter().any(|trouble| trouble.host == host);
            if !reason && !ongoing {
                self.breaks.push(format!("{host} is cut off, and nothing had happened to it"));
            }
            self.happens_to(&host, Kind::PowerLost);
            let is_off = |trouble: &&Trouble| trouble.host == host && trouble.kind == Kind::PowerLost;
            if self.troubles.iter().find(is_off).is_none() {
                let until = Instant::now() + Duration::from_millis(1_000 + self.chance.below(4_000));
                self.troubles.push(Trouble { host, kind: Kind::PowerLost, until });
            }
        }
    }

    fn come_to_rest(&mut self) {
        let end = Instant::now() + REST;
        loop {
            // What is mended may still be cut off for what was.
            let far = Instant::now() + Duration::from_secs(3_600);
            self.end_troubles(far);
            self.watch_power();
            let trouble = self.unrest();
            match trouble {
                None => break,
                Some(trouble) if Instant::now() > end => {
                    let logs: Vec<String> =
                        self.hosts.lab.names().iter().map(|name| self.hosts.lab.log(name)).collect();
                    self.breaks.push(format!("no rest: {trouble}\n{}", logs.join("\n")));
                    break;
                }
                Some(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
        for mut writer in self.writers.drain(..) {
            let _ = writer.kill();
            let _ = writer.wait();
        }
    }

    /// What is not yet as it is to be.
    fn unrest(&self) -> Option<String> {
        let lab = &self.hosts.lab;
        let names = lab.names();
        if let Some(off) = names.iter().find(|name| !self.hosts.power.is_on(name)) {
            return Some(format!("{off} is off"));
        }
        for name in &names {
            let Some(status) = lab.status(name) else { return Some(format!("{name} does not answer")) };
            if status.members != names || status.leader.is_none() {
                return Some(format!("{name} is with {:?}", status.members));
            }
        }
        for number in 1..=RESOURCES {
            let running = names.iter().filter(|name| self.runs(name, number)).count();
            if running != 1 {
                return Some(format!("p{number} runs {running} times"));
            }
        }
        None
    }

    fn runs(&self, host: &str, number: usize) -> bool {
        let state = format!("run/resource-agents/Dummy-p{number}.state");
        self.hosts.lab.root(host).join(state).exists()
    }

    /// What the agents wrote down when they did it, and the ends of hosts between them.
    fn judge_record(&mut self) {
        let record = fs::read_to_string(self.hosts.power.record()).unwrap_or_default();
        let mut active: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in record.lines() {
            let [at, what, resource, host] = line.split(' ').collect::<Vec<_>>()[..] else {
                self.breaks.push(format!("a record that nobody can read: {line}"));
                continue;
            };
            match what {
                "off" => active.values_mut().for_each(|places| {
                    places.remove(host);
                }),
                "stop" => {
                    active.entry(resource.into()).or_default().remove(host);
                }
                _ => {
                    let places = active.entry(resource.into()).or_default();
                    places.insert(host.into());
                    if places.len() > 1 {
                        self.breaks.push(format!("{resource} is active on {places:?} at {at}"));
                    }
                }
            }
        }
        let starts = record.lines().filter(|line| line.contains(" start ")).count();
        self.tell(format!("{starts} starts"));
        if starts < RESOURCES {
            self.breaks.push("the agents have recorded nothing".into());
        }
    }

    fn judge_commits(&mut self) {
        let acknowledged = fs::read_to_string(self.acknowledged()).unwrap_or_default();
        let document = self.hosts.lab.document("n1");
        let held: BTreeSet<&str> = document.configuration().descendants().filter_map(|one| one.id()).collect();
        let lost: Vec<&str> = acknowledged.lines().filter(|id| !held.contains(id)).collect();
        self.tell(format!("{} commits acknowledged", acknowledged.lines().count()));
        if !lost.is_empty() {
            self.breaks.push(format!("acknowledged commits are lost: {lost:?}"));
        }
        if acknowledged.is_empty() {
            self.breaks.push("no commit was acknowledged".into());
        }
    }
}

/// A filesystem of a host's own below its `var`, in a file, so that it can be full and can be made to hang.
fn give_disk(hosts: &Hosts, name: &str) {
    let (place, image) = (hosts.lab.root(name).join("var"), hosts.lab.directory().join(format!("{name}.img")));
    fs::create_dir_all(&place).expect("a directory");
    let made = fs::File::create(&image).and_then(|file| file.set_len((DISK_MIB as u64) << 20));
    made.expect("a file for the disk");
    for command in [
        Command::new("mkfs.ext4").args(["-q", "-m", "0"]).arg(&image),
        Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&place),
    ] {
        assert!(command.status().is_ok_and(|status| status.success()), "a disk for {name}");
    }
    hosts.power.has_disk(name, place);
}

impl Drop for Storm {
    fn drop(&mut self) {
        for mut writer in self.writers.drain(..) {
            let _ = writer.kill();
            let _ = writer.wait();
        }
        for name in self.hosts.lab.names() {
            self.hosts.kill(&name);
            freeze(&self.disk(&name), false);
            let _ = Command::new("umount").arg("-l").arg(self.disk(&name)).status();
        }
    }
}
