//! Carries out a plan: stage by stage, all hosts of a stage at once, each step bounded in time.
//!
//! In: hosts with steps, the file and the key. Out: what was told on the way, and who failed at what.
//! What fails while files are prepared stops the whole, before anything runs otherwise than it did; later on the
//! host that failed is left where it is, and the others go on.

use crate::distribute::{CONFIGURATION, KEY, KEY_MODE, distribute};
use crate::host::{Host, on_each};
use crate::plan::{HostPlan, Key};
use crate::step::{self, Action, PUBLIC_KEY, Stage};
use quorate_transport::ssh::{SshError, SshOptions};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// As long as `corosync-keygen(8)` makes it.
const KEY_BYTES: usize = 256;

/// What is to be carried out.
pub struct Work<'a> {
    pub hosts: &'a [HostPlan],
    pub configuration: &'a str,
    pub key: &'a Key,
}

/// A step that is over.
pub struct Told<'a> {
    pub host: &'a str,
    pub action: &'a Action,
    pub outcome: Result<(), &'a SshError>,
    pub took: Duration,
}

/// Why not all was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    #[error("interrupted before: {stage}")]
    Interrupted { stage: String },
    #[error("the key cannot be had: {0}")]
    Key(SshError),
    /// Hosts, and what failed there; `prepared`, if files were ready and something was started.
    #[error("{}", words(errors))]
    Failed { errors: Vec<(String, SshError)>, prepared: bool },
}

fn words(errors: &[(String, SshError)]) -> String {
    let names: Vec<&str> = errors.iter().map(|(host, _)| host.as_str()).collect();
    format!("not all was done on {}", names.join(", "))
}

/// Does what is not done yet; `told` hears of every step.
///
/// # Errors
/// A step failed, or the person has had enough.
pub fn run(
    work: &Work,
    ssh: &SshOptions,
    interrupted: &AtomicBool,
    told: &mut dyn FnMut(&Told),
) -> Result<(), RunError> {
    let mut failed: BTreeMap<String, SshError> = BTreeMap::new();
    for stage in Stage::ALL {
        let due = due(work.hosts, stage, &failed);
        let Some((_, first)) = due.first() else { continue };
        if interrupted.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted { stage: first.to_string() });
        }
        failed.extend(perform(work, stage, &due, ssh, told)?);
        if stage.is_preparation() && !failed.is_empty() {
            return Err(RunError::Failed { errors: failed.into_iter().collect(), prepared: false });
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(RunError::Failed { errors: failed.into_iter().collect(), prepared: true }),
    }
}

/// The hosts that have a step of this stage to do.
fn due<'a>(hosts: &'a [HostPlan], stage: Stage, failed: &BTreeMap<String, SshError>) -> Vec<(&'a Host, &'a Action)> {
    let step = |host: &'a HostPlan| host.steps.iter().find(|step| !step.done && step.action.stage() == stage);
    let well = hosts.iter().filter(|host| !failed.contains_key(&host.host.name));
    well.filter_map(|host| Some((&host.host, &step(host)?.action))).collect()
}

type Failed = Vec<(String, SshError)>;

fn perform(
    work: &Work,
    stage: Stage,
    due: &[(&Host, &Action)],
    ssh: &SshOptions,
    told: &mut dyn FnMut(&Told),
) -> Result<Failed, RunError> {
    let hosts: Vec<Host> = due.iter().map(|(host, _)| (*host).clone()).collect();
    let action = |host: &Host| due.iter().find(|(one, _)| *one == host).expect("it is due").1;
    if stage == Stage::Configuration {
        return Ok(place(work, &hosts, due[0].1, ssh, told));
    }
    let key = if stage == Stage::Key { key(work.key, ssh).map_err(RunError::Key)? } else { Vec::new() };
    let public = if stage == Stage::LetIn { public_key(ssh).map_err(RunError::Key)? } else { String::new() };
    let begun = Instant::now();
    let step = |host: &Host| match (stage, action(host).line()) {
        (Stage::LetIn, _) => host.must(&step::let_in(&public), action(host).limit(), ssh).map(drop),
        (_, None) => host.put(&key, Path::new(KEY), KEY_MODE, ssh),
        (_, Some(line)) => host.must(&line, action(host).limit(), ssh).map(drop),
    };
    let results = on_each(&hosts, step, |host, outcome| {
        let outcome = outcome.as_ref().copied();
        told(&Told { host: &host.name, action: action(host), outcome, took: begun.elapsed() });
    });
    let pairs = hosts.iter().zip(results);
    Ok(pairs.filter_map(|(host, result)| Some((host.name.clone(), result.err()?))).collect())
}

fn place(work: &Work, hosts: &[Host], action: &Action, ssh: &SshOptions, told: &mut dyn FnMut(&Told)) -> Failed {
    let begun = Instant::now();
    let errors =
        distribute(hosts, work.configuration, CONFIGURATION, ssh).err().map(|it| it.errors).unwrap_or_default();
    for host in hosts {
        let error = errors.iter().find(|(name, _)| *name == host.name).map(|(_, error)| error);
        if error.is_some() || errors.is_empty() {
            let outcome = error.map_or(Ok(()), Err);
            told(&Told { host: &host.name, action, outcome, took: begun.elapsed() });
        }
    }
    errors
}

/// This host's own; by then it has one.
fn public_key(ssh: &SshOptions) -> Result<String, SshError> {
    Host::here("here").must(PUBLIC_KEY, Action::LetIn.limit(), ssh)
}

fn key(key: &Key, ssh: &SshOptions) -> Result<Vec<u8>, SshError> {
    match key {
        Key::Of(host) => host.get(Path::new(KEY), ssh),
        Key::New => {
            let mut bytes = vec![0; KEY_BYTES];
            let why = |error: getrandom::Error| SshError::Broken { host: "here".to_string(), why: error.to_string() };
            getrandom::fill(&mut bytes).map_err(why)?;
            Ok(bytes)
        }
    }
}
