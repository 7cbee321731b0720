//! What a daemon is told by its arguments, and where everything of its node is.

use quorate_core::arguments::UsageError;
use std::path::{Path, PathBuf};

/// Where everything of one node is. `/` in production; a directory in a laboratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub root: PathBuf,
}

impl Places {
    pub fn configuration(&self) -> PathBuf {
        self.root.join("etc/quorate/quorate.conf")
    }
    /// Where it is, Corosync is the engine.
    pub fn corosync(&self) -> PathBuf {
        self.root.join("etc/corosync/corosync.conf")
    }
    pub fn key(&self) -> PathBuf {
        self.root.join("etc/quorate/authkey")
    }
    pub fn cib(&self) -> PathBuf {
        self.root.join("var/lib/pacemaker/cib")
    }
    pub fn inputs(&self) -> PathBuf {
        self.root.join("var/lib/pacemaker/pengine")
    }
    pub fn run(&self) -> PathBuf {
        self.root.join("run/quorate")
    }
    pub fn socket(&self) -> PathBuf {
        self.run().join("quorate.sock")
    }
    pub fn pid(&self) -> PathBuf {
        self.run().join("quorated.pid")
    }
    /// What agents keep between their runs; gone after a reboot.
    pub fn agent_state(&self) -> PathBuf {
        self.root.join("run/resource-agents")
    }
    pub fn log(&self) -> PathBuf {
        self.root.join("var/log/pacemaker/pacemaker.log")
    }
    /// Directories of `resource.d`, the node's own first.
    pub fn agents(&self) -> Vec<PathBuf> {
        let own = self.root.join("usr/lib/ocf");
        let mut roots = vec![own];
        if self.root != Path::new("/") {
            roots.push(PathBuf::from("/usr/lib/ocf"));
        }
        roots
    }
    /// Directories of programs that agents may call, the node's own first.
    pub fn programs(&self) -> Vec<PathBuf> {
        let mut places = Vec::new();
        if self.root != Path::new("/") {
            places.push(self.root.join("usr/sbin"));
        }
        places
            .extend(["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from));
        places
    }
}

/// What carries messages between the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    Embedded,
    Corosync,
}

/// The daemon's command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonOptions {
    pub places: Places,
    /// This node's name; the host's if not given.
    pub node: Option<String>,
    /// The engine that is wanted, whatever files there are.
    pub engine: Option<EngineKind>,
    /// The device that resets this host when the daemon does not look after it.
    pub watchdog: Option<PathBuf>,
    /// Whether tests may cut links through the socket.
    pub test_hooks: bool,
}

pub const USAGE: &str = "\
usage: quorated [--root DIR] [--node NAME] [--engine corosync|embedded] [--watchdog DEVICE]

Runs this host's part of the cluster. Where DIR/etc/corosync/corosync.conf is, Corosync connects the
hosts; else the embedded engine does, as DIR/etc/quorate/quorate.conf describes it.

  --root DIR      take every path below DIR (default /)
  --node NAME     this node's name in the node list (default: the host's name)
  --engine NAME   what connects the hosts, whatever files there are
  --watchdog DEVICE
                  look after this watchdog: it resets the host when the daemon stands still, and
                  the property fencing-watchdog-timeout may rely on it
  --version       print the version
  --help          print this text
";

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Run(DaemonOptions),
    Help,
    Version,
}

impl DaemonOptions {
    /// Reads the arguments (without the program's name).
    ///
    /// # Errors
    /// They cannot be meant.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Asked, UsageError> {
        let mut options = DaemonOptions {
            places: Places { root: PathBuf::from("/") },
            node: None,
            engine: None,
            watchdog: None,
            test_hooks: false,
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| UsageError(format!("`{argument}` needs a value")));
            match argument.as_str() {
                "--root" => {
                    let root = PathBuf::from(value()?);
                    let root = std::path::absolute(&root).map_err(|error| UsageError(error.to_string()))?;
                    options.places = Places { root };
                }
                "--node" => options.node = Some(value()?),
                "--engine" => {
                    options.engine = Some(match value()?.as_str() {
                        "corosync" => EngineKind::Corosync,
                        "embedded" => EngineKind::Embedded,
                        other => return Err(UsageError(format!("`{other}` is no engine: corosync, embedded"))),
                    });
                }
                "--watchdog" => options.watchdog = Some(PathBuf::from(value()?)),
                "--test-hooks" => options.test_hooks = true,
                "--help" | "-h" => return Ok(Asked::Help),
                "--version" => return Ok(Asked::Version),
                other => return Err(UsageError(format!("unknown argument `{other}`"))),
            }
        }
        Ok(Asked::Run(options))
    }
}
