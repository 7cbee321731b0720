//! PostgreSQL with streaming replication on a laboratory's hosts, as PAF's quick start for Debian has it, and
//! clients that write to it all the time.
//!
//! In: how many hosts. Out: hosts whose instances are stopped and ready for the cluster; what was acknowledged.
//! A host's files are its own (`/var/lib/postgresql`, `/etc/postgresql`, `/run/postgresql`). Needs what
//! [`Hosts`] needs, PostgreSQL 15 and PAF's agent.

pub mod paf;
pub mod pgsql;
pub mod rounds;

use crate::hosts::{Hosts, Plan};
use crate::needs;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The address that clients write to.
pub const ADDRESS: &str = "10.99.0.100";

const PROGRAMS: [&str; 3] =
    ["/usr/lib/postgresql/15/bin/postgres", "/usr/lib/ocf/resource.d/heartbeat/pgsqlms", "/usr/bin/setpriv"];

const BINARIES: &str = "/usr/lib/postgresql/15/bin";
const DATA: &str = "/var/lib/postgresql/15/main";
const ETC: &str = "/etc/postgresql/15/main";

const MOUNTS: &str = "mkdir -p $root/pg/lib $root/pg/etc && chown postgres:postgres $root/pg/lib $root/pg/etc && \
                      mount --bind $root/pg/lib /var/lib/postgresql && mount --bind $root/pg/etc /etc/postgresql && \
                      install -d -o postgres -g postgres /run/postgresql &&";

/// Who sets up whom an instance follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// It stands in the instance's configuration; any standby acknowledges.
    AsConfigured,
    AsAgentSays,
}

/// Hosts with an instance each: the first host's is the primary's, the others' are its standbys.
pub struct Postgres {
    pub hosts: Hosts,
    count: usize,
    follows: Follows,
}

impl Postgres {
    /// Instances that are stopped, on hosts without daemons; `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn new(count: usize) -> Option<Postgres> {
        Postgres::planned(count, Follows::AsConfigured)
    }

    /// The same, with replication as it is to be set up.
    #[track_caller]
    pub fn planned(count: usize, follows: Follows) -> Option<Postgres> {
        if !needs::lab(&PROGRAMS) {
            return None;
        }
        let hosts = Hosts::planned(&Plan { mounts: MOUNTS.into(), beside: 1, ..Plan::of(count) })?;
        let postgres = Postgres { hosts, count, follows };
        for name in postgres.hosts.lab.names() {
            let place = postgres.hosts.lab.root(&name).join("usr/lib/ocf/resource.d/heartbeat");
            symlink("/usr/lib/ocf/resource.d/heartbeat", place).expect("the agents");
            postgres.configure(&name);
        }
        postgres.fill();
        Some(postgres)
    }

    fn configure(&self, name: &str) {
        let number = name.trim_start_matches('n');
        let follows = match self.follows {
            Follows::AsAgentSays => String::new(),
            Follows::AsConfigured => format!(
                "primary_conninfo = 'host={ADDRESS} user=postgres application_name={name} connect_timeout=2'\n\
                 recovery_target_timeline = 'latest'\nsynchronous_standby_names = 'ANY 1 ({})'\n",
                self.hosts.lab.names().join(",")
            ),
        };
        let settings = format!(
            "listen_addresses = '*'\nhba_file = '{ETC}/pg_hba.conf'\nunix_socket_directories = '/run/postgresql'\n\
             hot_standby_feedback = on\nwal_keep_size = '256MB'\nmax_wal_senders = 10\nshared_buffers = '16MB'\n\
             {follows}ssl = off\n\
             wal_sender_timeout = '5s'\nwal_receiver_timeout = '5s'\nwal_retrieve_retry_interval = '1s'\n\
             log_destination = 'stderr'\nlogging_collector = on\nlog_directory = '/var/lib/postgresql'\n\
             log_filename = 'postgresql.log'\nlog_line_prefix = '%m [%p] %u '\n"
        );
        // A standby never streams from itself, which the address could make it do.
        let rights = format!(
            "local all all trust\nhost replication postgres {ADDRESS}/32 reject\n\
             host replication postgres 10.99.0.{number}/32 reject\nhost replication postgres 10.99.0.0/24 trust\n\
             host all all 10.99.0.0/24 trust\n"
        );
        self.shell(name, &format!("install -d -o postgres -g postgres {ETC} /var/lib/postgresql/15"));
        let place = self.hosts.lab.root(name).join("pg/etc/15/main");
        fs::write(place.join("postgresql.conf"), format!("data_directory = '{DATA}'\n{settings}")).expect("a file");
        fs::write(place.join("pg_hba.conf"), rights).expect("a file");
    }

    /// The primary is made, and copied to the others.
    fn fill(&self) {
        let names = self.hosts.lab.names();
        let first = &names[0];
        self.shell(first, &format!("ip addr add {ADDRESS}/24 dev e0"));
        self.as_postgres(first, &format!("initdb -k -D {DATA} >/dev/null"));
        let alone = format!("-c config_file={ETC}/postgresql.conf -c synchronous_standby_names=");
        self.as_postgres(first, &format!("pg_ctl -D {DATA} -w -s -o '{alone}' -l /dev/null start"));
        let tables = "create table ledger(n int primary key); create table probes(host int)";
        self.as_postgres(first, &format!("psql -h /run/postgresql -qc '{tables}'"));
        for name in &names[1..] {
            self.copy_anew(name);
        }
        self.as_postgres(first, &format!("pg_ctl -D {DATA} -w -s -m fast stop"));
        self.shell(first, &format!("ip addr del {ADDRESS}/24 dev e0"));
    }

    /// A former primary, stopped, becomes a standby of the present one: what it had written and nobody
    /// else has goes (PAF's cookbook for administrators).
    pub fn rewind(&self, name: &str) {
        let source = format!("host={ADDRESS} user=postgres dbname=postgres");
        let rewind = format!("pg_rewind -D {DATA} --config-file={ETC}/postgresql.conf --source-server='{source}'");
        self.as_postgres(name, &format!("{rewind} && touch {DATA}/standby.signal"));
    }

    /// An instance, stopped, gets the primary's data in place of its own, and follows it.
    pub fn copy_anew(&self, name: &str) {
        self.as_postgres(name, &format!("rm -rf {DATA} && pg_basebackup -c fast -h {ADDRESS} -D {DATA} -X stream"));
        self.as_postgres(name, &format!("touch {DATA}/standby.signal"));
    }

    /// Whether an instance, running or not, is to follow another one.
    pub fn is_standby(&self, name: &str) -> bool {
        self.hosts.lab.root(name).join("pg/lib/15/main/standby.signal").exists()
    }

    /// Kills an instance, all of it, without a word.
    pub fn kill_instance(&self, name: &str) {
        self.shell(name, &format!("kill -KILL $(head -1 {DATA}/postmaster.pid)"));
    }

    #[track_caller]
    pub fn shell(&self, name: &str, script: &str) {
        succeeded(script, &self.hosts.command(name, "/bin/sh").args(["-ec", script]).output().expect("a shell"));
    }

    #[track_caller]
    fn as_postgres(&self, name: &str, script: &str) {
        let mut shell = self.hosts.command(name, "setpriv");
        shell.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "/bin/sh", "-ec", script]);
        shell.env("PATH", format!("{BINARIES}:/usr/bin:/bin")).env("HOME", "/var/lib/postgresql").current_dir("/");
        succeeded(script, &shell.output().expect("a shell"));
    }

    /// What a query at an address answers, if it does within a few seconds.
    pub fn query(&self, address: &str, query: &str) -> Option<String> {
        ask(&self.hosts.network_beside(1), address, query)
    }

    /// Clients begin to write, to the address and to every host.
    pub fn clients(&self) -> Clients {
        Clients::begin(&self.hosts.network_beside(1), self.count)
    }

    /// Nothing that was acknowledged is lost, one primary followed another, and no two hosts took writes at once.
    ///
    /// # Panics
    /// One of these is not so.
    pub fn judge(&self, clients: &Clients) {
        let timelines = self.primaries(clients);
        assert!(timelines.len() >= 2, "no second primary was ever seen to take a write: {timelines:?}");
    }

    /// The timelines on which hosts took writes; there may have been one primary all the time.
    ///
    /// # Panics
    /// Something that was acknowledged is lost, or two hosts took writes at once.
    pub fn primaries(&self, clients: &Clients) -> BTreeSet<u64> {
        let held = self.query(ADDRESS, "select n from ledger").expect("a primary");
        let held: BTreeSet<u64> = held.lines().filter_map(|line| line.parse().ok()).collect();
        let acknowledged: Vec<u64> = locked(&clients.acknowledged).iter().map(|(row, _)| *row).collect();
        let lost: Vec<&u64> = acknowledged.iter().filter(|row| !held.contains(row)).collect();
        assert!(lost.is_empty(), "of {} acknowledged rows these are lost: {lost:?}", acknowledged.len());
        let probes = locked(&clients.probes);
        one_primary(&probes);
        probes.iter().map(|probe| probe.timeline).collect()
    }
}

/// Clients that write until this ends.
pub struct Clients {
    ends: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<(u64, Instant)>>>,
    probes: Arc<Mutex<Vec<Probe>>>,
    threads: Vec<JoinHandle<()>>,
}

/// A host that took a write, on which timeline, and when.
#[derive(Clone, Copy, Debug)]
struct Probe {
    host: usize,
    timeline: u64,
    began: Duration,
    ended: Duration,
}

impl Clients {
    fn begin(network: &str, hosts: usize) -> Clients {
        let mut clients =
            Clients { ends: Arc::default(), acknowledged: Arc::default(), probes: Arc::default(), threads: Vec::new() };
        let (ends, rows, place) = (clients.ends.clone(), clients.acknowledged.clone(), network.to_string());
        clients.threads.push(std::thread::spawn(move || {
            for row in 1.. {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                if ask(&place, ADDRESS, &format!("insert into ledger values ({row})")).is_some() {
                    locked(&rows).push((row, Instant::now()));
                }
            }
        }));
        let began = Instant::now();
        for host in 1..=hosts {
            let (ends, probes, place) = (clients.ends.clone(), clients.probes.clone(), network.to_string());
            clients.threads.push(std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    probes_at(&place, host, began).into_iter().for_each(|probe| locked(&probes).push(probe));
                    std::thread::sleep(Duration::from_millis(50));
                }
            }));
        }
        clients
    }

    /// How many rows were acknowledged.
    pub fn acknowledged(&self) -> usize {
        locked(&self.acknowledged).len()
    }

    /// The longest time since then in which nothing was acknowledged.
    pub fn longest_pause(&self, since: Instant) -> Duration {
        let rows = locked(&self.acknowledged);
        let after = rows.iter().map(|(_, at)| *at).filter(|at| *at > since);
        let times: Vec<Instant> = [since].into_iter().chain(after).chain([Instant::now()]).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    /// They stop to write.
    pub fn end(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.end();
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn probes_at(network: &str, host: usize, since: Instant) -> Option<Probe> {
    let began = since.elapsed();
    let query = "insert into probes values (1) returning pg_walfile_name(pg_current_wal_insert_lsn())";
    let file = ask(network, &format!("10.99.0.{host}"), query)?;
    let timeline = u64::from_str_radix(file.get(..8)?, 16).ok()?;
    Some(Probe { host, timeline, began, ended: since.elapsed() })
}

/// Each promotion begins a timeline: one is of one host, and none takes a write after a later one has.
fn one_primary(probes: &[Probe]) {
    for late in probes {
        let other = probes.iter().find(|early| {
            (early.timeline == late.timeline && early.host != late.host)
                || (early.ended < late.began && early.timeline > late.timeline)
        });
        assert!(other.is_none(), "two primaries: {late:?} and {other:?}");
    }
}

fn ask(network: &str, address: &str, query: &str) -> Option<String> {
    let mut client = Command::new("ip");
    client.args(["netns", "exec", network, "timeout", "5", "psql", "-h", address, "-U", "postgres", "-XqAtc", query]);
    let output = client.env("PGCONNECT_TIMEOUT", "2").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

#[track_caller]
fn succeeded(what: &str, output: &Output) {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}
