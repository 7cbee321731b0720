//! Alerts: each recipient is told of one thing after the other, in the order in which they happened.
//!
//! Programs run as `hacluster` where there is that account, as Pacemaker has them run.

use nix::unistd::{Group, Uid, User};
use quorate_agents::alert;
use quorate_agents::host::Host;
use quorate_core::alert::AlertRun;
use quorate_transport::zone;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// What may wait for one recipient: a program that hangs must not fill the memory.
const WAITING_MAX: usize = 500;

/// The recipients.
pub struct Alerts {
    host: Host,
    run_as: Option<(u32, u32)>,
    /// What waits, by recipient.
    queues: BTreeMap<String, mpsc::Sender<Due>>,
    tell: mpsc::UnboundedSender<(&'static str, String)>,
    /// For the log: a level and words.
    pub remarks: mpsc::UnboundedReceiver<(&'static str, String)>,
}

/// A program to be run, and when that became due.
struct Due {
    run: AlertRun,
    since_epoch: Duration,
}

impl Alerts {
    pub fn new(host: Host) -> Alerts {
        let (tell, remarks) = mpsc::unbounded_channel();
        Alerts { host, run_as: account(), queues: BTreeMap::new(), tell, remarks }
    }

    /// Has a recipient told, behind what it is to be told already. Never waits.
    ///
    /// # Errors
    /// Too much waits for this recipient: it misses this.
    pub fn tell(&mut self, run: AlertRun) -> Result<(), String> {
        let recipient = run.recipient.clone();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let queue = self.queues.entry(recipient.clone()).or_insert_with(|| {
            let (queue, waiting) = mpsc::channel(WAITING_MAX);
            tokio::spawn(run_all(self.host.clone(), self.run_as, waiting, self.tell.clone()));
            queue
        });
        let sent = queue.try_send(Due { run, since_epoch });
        sent.map_err(|_| format!("{recipient} is not told: {WAITING_MAX} alerts wait for it already"))
    }
}

async fn run_all(
    host: Host,
    run_as: Option<(u32, u32)>,
    mut waiting: mpsc::Receiver<Due>,
    tell: mpsc::UnboundedSender<(&'static str, String)>,
) {
    while let Some(Due { run, since_epoch }) = waiting.recv().await {
        let AlertRun { recipient, path, mut environment, timestamp_format, timeout_ms } = run;
        let mut set = |name: &str, value: String| drop(environment.insert(format!("CRM_alert_{name}"), value));
        set("timestamp", zone::in_format(&timestamp_format, since_epoch));
        set("timestamp_epoch", since_epoch.as_secs().to_string());
        set("timestamp_usec", since_epoch.subsec_micros().to_string());
        let timeout = Duration::from_millis(timeout_ms);
        if let Err(error) = alert::run(&host, &path, &environment, timeout, run_as).await {
            let _ = tell.send(("warning", format!("{recipient}: {error}")));
        }
    }
}

/// Pacemaker's account, if only root can be told from it here.
fn account() -> Option<(u32, u32)> {
    if !Uid::effective().is_root() {
        return None;
    }
    let user = User::from_name("hacluster").ok().flatten()?;
    let group = Group::from_name("haclient").ok().flatten()?;
    Some((user.uid.as_raw(), group.gid.as_raw()))
}
