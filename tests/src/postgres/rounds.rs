//! Rounds of faults at a cluster of PAF's, by chance, while clients write.
//!
//! In: a seed. Out: what happened in each round, and how long nobody could write; a round ends when three hosts
//! are together again. What the clients saw is judged by [`Postgres::judge`](super::Postgres::judge).

use super::Clients;
use super::paf::{ALL, Paf};
use crate::world::Chance;
use std::time::{Duration, Instant};

/// How long a round may take to end: a fence device, two elections and a host's return, on a busy machine.
const ROUND: Duration = Duration::from_secs(180);

/// How long a daemon stands still: longer than it may.
const STANDS_STILL: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    PowerLost,
    CableOut,
    InstanceKilled,
    DaemonKilled,
    DaemonStandsStill,
    CorosyncKilled,
    Standby,
    Moved,
}

const FAULTS: [Fault; 8] = [
    Fault::PowerLost,
    Fault::Moved,
    Fault::CableOut,
    Fault::InstanceKilled,
    Fault::DaemonKilled,
    Fault::DaemonStandsStill,
    Fault::CorosyncKilled,
    Fault::Standby,
];

pub struct Rounds {
    pub paf: Paf,
    pub clients: Clients,
    chance: Chance,
    /// Faults that are still to come before any comes again.
    next: Vec<Fault>,
    pub story: Vec<String>,
}

impl Rounds {
    /// A cluster with its clients; `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn new(seed: u64) -> Option<Rounds> {
        let paf = Paf::running()?;
        paf.primary_at_rest("n1", ALL.len());
        let clients = paf.postgres.clients();
        paf.writes_go_on(&clients);
        Some(Rounds { paf, clients, chance: Chance::new(seed), next: Vec::new(), story: Vec::new() })
    }

    /// One fault, at the primary or (of three times once) at a standby, until all is well again.
    pub fn round(&mut self) {
        let primary = self.primary();
        let fault = self.fault();
        let standbys: Vec<&str> = ALL.into_iter().filter(|name| *name != primary).collect();
        let other = standbys[self.chance.below(2) as usize].to_string();
        let host = if self.chance.below(3) == 0 && fault != Fault::Moved { other.clone() } else { primary.clone() };
        let began = Instant::now();
        let asked = if host == other { primary.clone() } else { other.clone() };
        self.begin(fault, &host, &asked, &other);
        self.paf.writes_go_on(&self.clients);
        self.mend(fault, &host, &asked);
        self.come_together();
        let pause = self.clients.longest_pause(began);
        let after = self.primary();
        self.paf.writes_go_on(&self.clients);
        self.story.push(format!(
            "{fault:?} of {host}: primary {primary} -> {after}, nothing acknowledged for {:.2} s, together after {:.1} s",
            pause.as_secs_f64(),
            began.elapsed().as_secs_f64()
        ));
        println!("{}", self.story.last().expect("a round"));
    }

    fn fault(&mut self) -> Fault {
        if self.next.is_empty() {
            self.next = FAULTS.to_vec();
        }
        let at = self.chance.below(self.next.len() as u64) as usize;
        self.next.remove(at)
    }

    fn begin(&mut self, fault: Fault, host: &str, asked: &str, to: &str) {
        let hosts = &mut self.paf.postgres.hosts;
        match fault {
            Fault::PowerLost => hosts.kill(host),
            Fault::CableOut => hosts.cable(host, false),
            Fault::InstanceKilled => self.paf.postgres.kill_instance(host),
            Fault::DaemonKilled => hosts.signal(host, "-KILL"),
            Fault::DaemonStandsStill => {
                hosts.signal(host, "-STOP");
                std::thread::sleep(STANDS_STILL);
                // It may have been switched off for it.
                if let Some(mut kill) = hosts.try_command(host, "pkill") {
                    let _ = kill.args(["-CONT", "-x", "quorated"]).status();
                }
            }
            Fault::CorosyncKilled => {
                if let Some(mut kill) = hosts.try_command(host, "pkill") {
                    let _ = kill.args(["-KILL", "-x", "corosync"]).status();
                }
            }
            Fault::Standby => self.paf.done(asked, &format!("crm node standby {host}")),
            Fault::Moved => self.paf.done(asked, &format!("crm resource move pgsqld-clone {to}")),
        }
        if is_fenced(fault) {
            self.paf.lab().wait("the host to be switched off", |_| !self.paf.postgres.hosts.power.is_on(host));
        }
        if fault == Fault::InstanceKilled {
            let noticed = |document: &quorate_core::cib::document::Document| {
                let mut pairs = document.status().descendants();
                pairs.any(|pair| pair.attr("name").is_some_and(|name| name.starts_with("fail-count-pgsqld")))
            };
            self.paf.lab().wait("the failure to be noticed", |lab| noticed(&lab.document(asked)));
        }
    }

    fn mend(&mut self, fault: Fault, host: &str, asked: &str) {
        match fault {
            Fault::CableOut => self.paf.postgres.hosts.cable(host, true),
            Fault::Standby => {
                self.paf.lab().wait("the instance to stop", |lab| {
                    !lab.places(asked, "pgsqld").iter().any(|place| place.trim_end_matches('*') == host)
                });
                self.paf.done(asked, &format!("crm node online {host}"));
            }
            Fault::Moved => self.paf.done(asked, "crm resource clear pgsqld-clone"),
            Fault::InstanceKilled => {
                self.all_follow(asked);
                self.paf.done(asked, "crm resource cleanup pgsqld-clone");
            }
            _ => {}
        }
    }

    /// Hosts that are off are switched on, one that was primary after it was rewound, until all follow one.
    fn come_together(&mut self) {
        let end = Instant::now() + ROUND;
        loop {
            let names = ALL.into_iter().filter(|name| !self.paf.postgres.hosts.power.is_on(name));
            names.collect::<Vec<_>>().into_iter().for_each(|name| self.come_back(name));
            let on = ALL.into_iter().find(|name| self.paf.lab().status(name).is_some());
            if on.is_some_and(|name| self.paf.is_settled(name, ALL.len())) {
                return;
            }
            let logs = || ALL.map(|name| self.paf.lab().log(name)).join("\n");
            assert!(Instant::now() < end, "no rest: {}\n{}", self.story.join("\n"), logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn come_back(&mut self, name: &str) {
        let postgres = &mut self.paf.postgres;
        postgres.hosts.boot(name);
        if !postgres.is_standby(name) {
            postgres.rewind(name);
        }
        postgres.hosts.start(name);
    }

    fn all_follow(&self, asked: &str) {
        self.paf.lab().wait("all to follow", |_| self.paf.is_settled(asked, ALL.len()));
    }

    fn primary(&self) -> String {
        let on = ALL.into_iter().find(|name| self.paf.lab().status(name).is_some()).expect("a daemon");
        self.paf.primary(on).expect("a primary")
    }
}

/// Whether a host is always cut off for it.
fn is_fenced(fault: Fault) -> bool {
    matches!(fault, Fault::CableOut | Fault::DaemonKilled | Fault::CorosyncKilled)
}
