//! What is done with a cluster to have its figures.

use super::cluster::{Cluster, States, Trouble};
use super::figure::{self, Figure};
use super::manager::Manager;
use quorate_core::cib::{Document, apply, diff};
use quorate_core::node::{Reply, Request};
use quorate_core::xml::Element;
use quorate_transport::wire;
use std::fs;
use std::time::{Duration, Instant};

/// How often a command is given.
const COMMANDS: usize = 200;

/// Writes of one connection that are under way together.
const PIPELINED: usize = 1_000;

/// A group of figures that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Start,
    Rest,
    Writes,
    Reads,
    Crash,
    Leader,
    Standby,
    Rolling,
    Large,
}

/// In the order in which they are measured: at rest before anything happened.
pub const ROWS: [(Row, &str); 9] = [
    (Row::Start, "start"),
    (Row::Rest, "rest"),
    (Row::Writes, "writes"),
    (Row::Reads, "reads"),
    (Row::Crash, "crash"),
    (Row::Leader, "leader"),
    (Row::Standby, "standby"),
    (Row::Rolling, "rolling"),
    (Row::Large, "large"),
];

/// How large, how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// How long processors are looked at.
    pub rest: Duration,
    pub large_hosts: usize,
    pub large_resources: usize,
}

pub type Values = Vec<(&'static Figure, f64)>;

impl Row {
    /// How many hosts it wants.
    pub fn hosts(self, size: &Size) -> usize {
        if self == Row::Large { size.large_hosts } else { 3 }
    }

    /// # Errors
    /// Why there are none.
    pub fn measure(self, cluster: &mut Cluster, size: &Size) -> Result<Values, Trouble> {
        match self {
            Row::Start => Ok(vec![(&figure::START, cluster.started_in.as_secs_f64())]),
            Row::Rest => rest(cluster, size.rest),
            Row::Writes => writes(cluster),
            Row::Reads => reads(cluster),
            Row::Crash => crash(cluster, false),
            Row::Leader => crash(cluster, true),
            Row::Standby => standby(cluster),
            Row::Rolling => rolling(cluster),
            Row::Large => large(cluster, size),
        }
    }
}

fn rest(cluster: &Cluster, time: Duration) -> Result<Values, Trouble> {
    cluster.run_dummies(0, "10s", None)?;
    let daemons = daemons(cluster);
    let megabytes = daemons.iter().map(|pid| resident(*pid)).sum::<u64>() as f64 / 1e6;
    let used = || daemons.iter().map(|pid| processor_time(*pid)).sum::<Duration>();
    let (before, began) = (used(), Instant::now());
    std::thread::sleep(time);
    let share = (used() - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
    let hosts = cluster.names.len() as f64;
    Ok(vec![(&figure::MEMORY, megabytes / hosts), (&figure::IDLE, share / hosts)])
}

fn daemons(cluster: &Cluster) -> Vec<u32> {
    let all = cluster.names.iter().flat_map(|name| cluster.hosts.processes(name));
    all.filter(|(_, program)| cluster.manager.is_daemon(program)).map(|(pid, _)| pid).collect()
}

/// In bytes.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// Of all its threads, as the kernel's scheduler counts it.
fn processor_time(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(times.sum())
}

/// How many of a command the first host does in a second; `$i` is its number.
fn a_second(cluster: &Cluster, command: &str) -> Result<f64, Trouble> {
    let script = format!("i=0; while [ $i -lt {COMMANDS} ]; do i=$((i+1)); {command} >/dev/null || exit 1; done");
    let began = Instant::now();
    cluster.run("n1", &["/bin/sh", "-c", &script])?;
    Ok(COMMANDS as f64 / began.elapsed().as_secs_f64())
}

fn writes(cluster: &Cluster) -> Result<Values, Trouble> {
    cluster.run_dummies(0, "10s", None)?;
    cluster.run("n1", &["crm_attribute", "-n", "lab", "-v", "0"])?;
    let object = "<nvpair id='cib-bootstrap-options-lab' name='lab' value='x$i'/>";
    let modify = a_second(cluster, &format!("cibadmin -M -o crm_config -X \"{object}\""))?;
    let attribute = a_second(cluster, "crm_attribute -n lab -v $i")?;
    let pipelined = match cluster.manager {
        Manager::Quorate => pipelined(cluster)?,
        Manager::Pacemaker => modify,
    };
    Ok(vec![(&figure::MODIFY, modify), (&figure::ATTRIBUTE, attribute), (&figure::PIPELINED, pipelined)])
}

/// Commits that each build on the one before, sent without waiting for answers.
fn pipelined(cluster: &Cluster) -> Result<f64, Trouble> {
    let failed = |output: String| Trouble::Failed { command: "pipelined commits".into(), output };
    let mut client = cluster.client("n1").ok_or_else(|| failed("no connection".into()))?;
    let answer = client.request(&wire::encode_request(&Request::Query)).map_err(|error| failed(error.to_string()))?;
    let Ok(Reply::Document { root }) = wire::decode_reply(&answer) else { return Err(failed("no CIB".into())) };
    let mut document = Document::from_element(root).expect("a CIB");
    let requests: Vec<Vec<u8>> = (0..PIPELINED).map(|number| commit(&mut document, number)).collect();
    let began = Instant::now();
    let answers = client.pipeline(&requests).map_err(|error| failed(error.to_string()))?;
    let seconds = began.elapsed().as_secs_f64();
    for answer in answers {
        match wire::decode_reply(&answer) {
            Ok(Reply::Committed { durable: true, .. }) => {}
            other => return Err(failed(format!("{other:?}"))),
        }
    }
    Ok(PIPELINED as f64 / seconds)
}

fn commit(document: &mut Document, number: usize) -> Vec<u8> {
    let base = document.clone();
    let tags = document.configuration_mut().child_or_new("tags");
    tags.retain_elements(|_| false);
    let mut tag = Element::new("tag").with("id", format!("t{number}"));
    tag.push(Element::new("obj_ref").with("id", "power"));
    tags.push(tag);
    let patch = diff(&base, document);
    *document = apply(&base, &patch).expect("a patch fits its base");
    wire::encode_request(&Request::Commit { patch })
}

fn reads(cluster: &Cluster) -> Result<Values, Trouble> {
    cluster.run_dummies(0, "10s", None)?;
    cluster.run("n1", &["crm_attribute", "-n", "lab", "-v", "0"])?;
    let query = a_second(cluster, "cibadmin -Q")?;
    let attribute = a_second(cluster, "crm_attribute -n lab -q")?;
    Ok(vec![(&figure::QUERY, query), (&figure::ATTRIBUTE_QUERY, attribute)])
}

fn crash(cluster: &mut Cluster, of_leader: bool) -> Result<Values, Trouble> {
    cluster.wait_until_at_rest()?;
    let leader = cluster.leader().ok_or_else(|| Trouble::NotAsSaid { what: "nobody leads".into() })?;
    let victim = cluster.names.iter().find(|name| (**name == leader) == of_leader).cloned().unwrap_or_default();
    cluster.run_dummies(1, "10s", Some(&victim))?;
    let seconds = cluster.kill_until(&victim, "its Dummy to run elsewhere", |cluster| cluster.running() == 1)?;
    cluster.boot(&victim)?;
    cluster.wait_until_at_rest()?;
    Ok(vec![(if of_leader { &figure::LEADER_CRASH } else { &figure::CRASH }, seconds)])
}

fn standby(cluster: &Cluster) -> Result<Values, Trouble> {
    cluster.run_dummies(100, "10s", Some("n1"))?;
    let began = Instant::now();
    cluster.run("n1", &["crm_attribute", "-N", "n1", "-n", "standby", "-v", "on"])?;
    cluster.wait_closely("all to run elsewhere", || cluster.running_on("n1") == 0 && cluster.running() == 100)?;
    let seconds = began.elapsed().as_secs_f64();
    cluster.run("n1", &["crm_attribute", "-N", "n1", "-n", "standby", "-D"])?;
    cluster.run_dummies(0, "10s", None)?;
    Ok(vec![(&figure::STANDBY, seconds)])
}

/// In maintenance mode one host after the other stops its manager (and Corosync) and starts it again.
fn rolling(cluster: &Cluster) -> Result<Values, Trouble> {
    // When all are there again nothing is better placed elsewhere.
    cluster.run("n1", &["crm_attribute", "-t", "rsc_defaults", "-n", "resource-stickiness", "-v", "100"])?;
    cluster.run_dummies(6, "10s", None)?;
    cluster.run("n1", &["crm_attribute", "-n", "maintenance-mode", "-v", "true"])?;
    cluster.wait_until_at_rest()?;
    let states = || cluster.names.iter().map(|name| cluster.states(name)).collect::<Vec<States>>();
    let before = states();
    let manager = restart_all(cluster, &[cluster.manager.daemon()])?;
    let whole = restart_all(cluster, &[cluster.manager.daemon(), "corosync"])?;
    cluster.run("n1", &["crm_attribute", "-n", "maintenance-mode", "-D"])?;
    cluster.wait_until_at_rest()?;
    let touched = || Trouble::NotAsSaid { what: format!("resources were touched: {before:?}, {:?}", states()) };
    let values = vec![(&figure::ROLLING, whole), (&figure::ROLLING_MANAGER, manager)];
    (states() == before).then_some(values).ok_or_else(touched)
}

/// How many seconds it takes to restart these programs on one host after the other.
fn restart_all(cluster: &Cluster, programs: &[&str]) -> Result<f64, Trouble> {
    let began = Instant::now();
    for name in &cluster.names {
        cluster.stop(name, programs)?;
        cluster.start_host(name)?;
        cluster.wait_until_at_rest()?;
    }
    Ok(began.elapsed().as_secs_f64())
}

fn large(cluster: &mut Cluster, size: &Size) -> Result<Values, Trouble> {
    let count = size.large_resources;
    let began = Instant::now();
    cluster.load(count, "60s", None)?;
    let loaded = began.elapsed().as_secs_f64();
    cluster.wait("all Dummies to run", || cluster.running() == count)?;
    let running = began.elapsed().as_secs_f64() - loaded;
    cluster.wait_until_at_rest()?;
    let leader = cluster.leader();
    let victim = cluster.names.iter().find(|name| Some(*name) != leader.as_ref()).cloned().unwrap_or_default();
    let moved = cluster.kill_until(&victim, "all Dummies to run elsewhere", |cluster| cluster.running() == count)?;
    Ok(vec![(&figure::LARGE_LOAD, loaded), (&figure::LARGE_START, running), (&figure::LARGE_CRASH, moved)])
}
