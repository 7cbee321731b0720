//! What agents say of changes of their parameters: asked once, and again when the agent's file
//! has changed.
//!
//! Absent: fence agents, which cannot reload.

use super::program::{self, End};
use quorate_core::agent::{ChangeRules, Metadata};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// An agent only prints a text for it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A file's time of change and its length: another pair is another agent.
type Stamp = (Option<SystemTime>, u64);

/// What was learned of each agent, by its file.
type Agents = BTreeMap<PathBuf, (Stamp, Option<ChangeRules>)>;

/// What was learned, shared by all runs.
#[derive(Clone, Debug, Default)]
pub struct Known {
    agents: Arc<Mutex<Agents>>,
}

impl Known {
    /// The rules of the agent in this file; `None` if it does not tell them.
    pub async fn rules(&self, agent: &Path, environment: &BTreeMap<String, String>) -> Option<ChangeRules> {
        let about = std::fs::metadata(agent).ok()?;
        let stamp = (about.modified().ok(), about.len());
        if let Some((of, rules)) = self.lock().get(agent)
            && *of == stamp
        {
            return rules.clone();
        }
        let ended = program::run(agent, &["meta-data"], environment, String::new(), TIMEOUT).await;
        let told = ended.end == End::Exited(0);
        let rules = told.then(|| Metadata::read(&ended.stdout).ok()).flatten().map(|metadata| metadata.change_rules());
        self.lock().insert(agent.to_path_buf(), (stamp, rules.clone()));
        rules
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Agents> {
        // What a dead holder left is whole: it only inserts.
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
