//! systemd's D-Bus interface (org.freedesktop.systemd1(5)), as far as units are started, stopped and looked at.
//!
//! In: units and what is to become of them. Out: how their jobs ended, and in which state they are.

use futures_util::StreamExt;
use std::time::Duration;
use zbus::Connection;
use zbus::{ObjectPath, OwnedObjectPath};

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
trait Manager {
    fn subscribe(&self) -> zbus::Result<()>;
    fn reload(&self) -> zbus::Result<()>;
    fn load_unit(&self, name: &str) -> zbus::Result<OwnedObjectPath>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn reload_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;

    #[zbus(signal)]
    fn job_removed(&self, id: u32, job: ObjectPath<'_>, unit: &str, result: &str) -> zbus::Result<()>;
}

#[zbus::proxy(interface = "org.freedesktop.systemd1.Unit", default_service = "org.freedesktop.systemd1")]
trait Unit {
    #[zbus(property(emits_changed_signal = "false"))]
    fn active_state(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn sub_state(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn load_state(&self) -> zbus::Result<String>;
}

/// What a job does to its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    Start,
    Stop,
    Reload,
}

/// Why systemd did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusError {
    /// There is no such unit.
    NoSuchUnit,
    /// In systemd's words.
    Failed(String),
}

/// The errors by which systemd says that there is no such unit.
const NO_SUCH_UNIT: [&str; 3] = [
    "org.freedesktop.systemd1.NoSuchUnit",
    "org.freedesktop.systemd1.LoadFailed",
    "org.freedesktop.systemd1.InvalidName",
];

impl From<zbus::Error> for BusError {
    fn from(error: zbus::Error) -> BusError {
        match &error {
            zbus::Error::MethodError(name, _, _) if NO_SUCH_UNIT.contains(&name.as_str()) => BusError::NoSuchUnit,
            zbus::Error::MethodError(_, Some(words), _) => BusError::Failed(words.clone()),
            other => BusError::Failed(other.to_string()),
        }
    }
}

/// A unit's state, in systemd's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub active: String,
    pub sub: String,
    pub load: String,
}

impl State {
    /// Whether it will be another one by itself.
    pub fn is_passing(&self) -> bool {
        matches!(self.active.as_str(), "activating" | "deactivating")
    }

    pub fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }
}

/// How soon a unit that is between states is looked at again, at first and at last.
const LOOK_FIRST: Duration = Duration::from_millis(20);
const LOOK_LAST: Duration = Duration::from_secs(1);

/// A connection to systemd.
pub struct Systemd {
    connection: Connection,
    manager: ManagerProxy<'static>,
}

impl Systemd {
    /// # Errors
    /// The bus, or systemd behind it, does not answer.
    pub async fn connect() -> Result<Systemd, BusError> {
        let connection = Connection::system().await?;
        let manager = ManagerProxy::new(&connection).await?;
        Ok(Systemd { connection, manager })
    }

    /// Has systemd read its files again.
    ///
    /// # Errors
    /// It cannot.
    pub async fn reload_files(&self) -> Result<(), BusError> {
        Ok(self.manager.reload().await?)
    }

    /// Runs a job to its end; its result, in systemd's word (`done`, `failed`, `canceled`, …).
    ///
    /// # Errors
    /// There is no such unit, or systemd refuses.
    pub async fn job(&self, job: Job, unit: &str) -> Result<String, BusError> {
        // Before the job is: it may have ended before its number is known here.
        let mut removed = self.manager.receive_job_removed().await?;
        self.manager.subscribe().await?;
        let path = match job {
            Job::Start => self.manager.start_unit(unit, "replace").await?,
            Job::Stop => self.manager.stop_unit(unit, "replace").await?,
            Job::Reload => self.manager.reload_unit(unit, "replace").await?,
        };
        while let Some(signal) = removed.next().await {
            let ended = signal.args()?;
            if ended.job().as_str() == path.as_str() {
                return Ok(ended.result().to_string());
            }
        }
        Err(BusError::Failed("the connection to systemd ended".to_string()))
    }

    /// In which state a unit is.
    ///
    /// # Errors
    /// systemd does not answer, or the name can be no unit's.
    pub async fn state(&self, unit: &str) -> Result<State, BusError> {
        let path = self.manager.load_unit(unit).await?;
        let unit = UnitProxy::builder(&self.connection).path(path).build().await?;
        Ok(State { active: unit.active_state().await?, sub: unit.sub_state().await?, load: unit.load_state().await? })
    }

    /// The first state of a unit in which it may stay.
    ///
    /// # Errors
    /// As [`Systemd::state`].
    pub async fn lasting_state(&self, unit: &str) -> Result<State, BusError> {
        let mut pause = LOOK_FIRST;
        loop {
            let state = self.state(unit).await?;
            if !state.is_passing() {
                return Ok(state);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LOOK_LAST);
        }
    }
}
