//! What fence agents can be asked, by their metadata: asked once, and again when the agent's file has
//! changed.
//!
//! In: an agent's name. Out: its actions. Absent: OCF agents (see `metadata`).

use crate::fence_agent::{call, installed};
use crate::host::Host;
use crate::program::End;
use crate::stamp::Stamp;
use quorate_core::agent::Metadata;
use quorate_core::fencing::run::AUTOMATIC_ON;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An agent only prints a text for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What was learned of each agent, by its file.
type Agents = BTreeMap<PathBuf, (Stamp, BTreeSet<String>)>;

/// What was learned, shared by all runs.
#[derive(Clone, Debug, Default)]
pub struct FenceActions {
    agents: Arc<Mutex<Agents>>,
}

impl FenceActions {
    /// The names of the agent's actions, [`AUTOMATIC_ON`] among them where it is so; `None` if it is not installed
    /// or does not tell them.
    pub async fn of(&self, host: &Host, agent: &str) -> Option<BTreeSet<String>> {
        let (file, stamp) = installed(host, agent, TIMEOUT).await.ok()?;
        if let Some((known, actions)) = self.lock().get(&file).cloned()
            && known == stamp
        {
            return Some(actions);
        }
        let asked = BTreeMap::from([("action".to_string(), "metadata".to_string())]);
        let ended = call(host, agent, &asked, TIMEOUT.as_millis() as u64, format!("{agent} metadata")).await;
        if ended.end != End::Exited(0) {
            return None;
        }
        let advice = Metadata::read(&ended.stdout).ok()?.actions;
        let automatic = advice.iter().any(|action| action.name == "on" && action.automatic);
        let mut actions: BTreeSet<String> = advice.into_iter().map(|action| action.name).collect();
        actions.extend(automatic.then(|| AUTOMATIC_ON.to_string()));
        self.lock().insert(file, (stamp, actions.clone()));
        Some(actions)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Agents> {
        // What a dead holder left is whole: it only inserts.
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
