//! What agents say of changes of their parameters: asked once, and again when the agent's file
//! has changed.
//!
//! It is asked beside what the agent is run for, and never keeps that waiting for long.
//! Absent: fence agents, which cannot reload.

use crate::host::{Environment, Host};
use crate::obstacle::Meaning;
use crate::program::{self, Call, End};
use crate::stamp::Stamp;
use quorate_core::agent::{ChangeRules, Metadata};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// An agent only prints a text for it; agents themselves say 5 s.
const TIMEOUT: Duration = Duration::from_secs(5);

/// `None` until it is known; the rules are `None` where the agent does not tell them.
type Answer = Option<Option<ChangeRules>>;

/// What was learned of each agent, by its file.
type Agents = BTreeMap<PathBuf, (Stamp, watch::Receiver<Answer>)>;

/// What was learned, shared by all runs.
#[derive(Clone, Debug, Default)]
pub struct MetadataCache {
    agents: Arc<Mutex<Agents>>,
}

impl MetadataCache {
    /// Asks the agent in this file, unless it was asked before; `stamp` is the file's.
    pub fn ask(&self, host: &Host, agent: &Path, stamp: Stamp, environment: &Environment) {
        let mut agents = self.lock();
        if agents.get(agent).is_some_and(|(of, _)| *of == stamp) {
            return;
        }
        let (answer, receiver) = watch::channel(None);
        agents.insert(agent.to_path_buf(), (stamp, receiver));
        drop(agents);
        let (cache, host) = (self.clone(), host.clone());
        let (agent, environment) = (agent.to_path_buf(), environment.clone());
        tokio::spawn(async move {
            match rules(&host, &agent, &environment).await {
                Some(rules) => drop(answer.send(Some(rules))),
                // It could not be asked just now: the next run asks again.
                None => drop(cache.lock().remove(&agent)),
            }
        });
    }

    /// The rules of the agent in this file; `None` if it does not tell them, or not within the time.
    pub async fn rules(&self, agent: &Path, within: Duration) -> Option<ChangeRules> {
        let mut receiver = self.lock().get(agent)?.1.clone();
        let answered = receiver.wait_for(Option::is_some);
        let answer = tokio::time::timeout(within, answered).await.ok()?.ok()?;
        answer.clone().flatten()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Agents> {
        // What a dead holder left is whole: it only inserts.
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `None` if the agent could not be asked.
async fn rules(host: &Host, agent: &Path, environment: &Environment) -> Option<Option<ChangeRules>> {
    let call = Call {
        program: agent,
        arguments: vec!["meta-data"],
        environment,
        input: String::new(),
        timeout: TIMEOUT,
        purpose: format!("{} meta-data", agent.display()),
        run_as: None,
    };
    let ended = program::run(call, &host.register).await;
    match ended.end {
        End::Exited(0) => Some(Metadata::read(&ended.stdout).ok().map(|metadata| metadata.change_rules())),
        End::NotRun(obstacle) if matches!(obstacle.meaning, Meaning::Error | Meaning::Late) => None,
        _ => Some(None),
    }
}
