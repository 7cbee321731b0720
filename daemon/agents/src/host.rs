//! Where things are on the host that agents run on, and what every program finds in its environment.

use crate::activity::Activity;
use crate::register::Register;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment of a program, whole.
pub type Environment = BTreeMap<String, String>;

/// A node's host, as its agents need it.
#[derive(Clone, Debug)]
pub struct Host {
    /// Everything of the node is below it: `/` in production, a directory in a laboratory.
    pub root: PathBuf,
    /// The node's name in the cluster.
    pub node: String,
    /// Directories of `resource.d`, the node's own first.
    pub agents: Vec<PathBuf>,
    /// Directories of programs that agents may call, the node's own first.
    pub programs: Vec<PathBuf>,
    /// What agents keep between their runs; gone after a reboot.
    pub state: PathBuf,
    /// Where agents write what is for the log, if anywhere.
    pub log: Option<PathBuf>,
    /// What runs here, on disk.
    pub register: Register,
    /// What may be active here, on disk.
    pub activity: Activity,
}

/// Taken over from who runs us: agents need them to find their way.
const PASSED_ON: [&str; 5] = ["TZ", "LANG", "HOME", "USER", "LOGNAME"];

impl Host {
    /// What every program finds that runs for this node.
    pub fn environment(&self) -> Environment {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let programs: Vec<String> = self.programs.iter().map(|place| text(place)).collect();
        let state = text(&self.state);
        let mut environment: Environment = [
            ("PATH", programs.join(":")),
            ("LC_ALL", "C".to_string()),
            ("HA_RSCTMP", state.clone()),
            ("HA_VARRUN", format!("{state}/")),
            ("HA_LOGFACILITY", "none".to_string()),
            ("HA_debug", "0".to_string()),
            ("HA_cluster_type", "corosync".to_string()),
            ("OCF_RESKEY_CRM_meta_on_node", self.node.clone()),
            // By these a node's programs and their descendants can be told from another's on the same host.
            ("QUORATE_ROOT", text(&self.root)),
            ("QUORATE_NODE", self.node.clone()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into();
        if let Some(log) = &self.log {
            environment.insert("HA_LOGFILE".to_string(), text(log));
            environment.insert("PCMK_logfile".to_string(), text(log));
        }
        // Agents call their tools by path: below a node's own root, its own.
        if self.root != Path::new("/") {
            environment.insert("HA_SBIN_DIR".to_string(), text(&self.root.join("usr/sbin")));
        }
        for name in PASSED_ON {
            if let Ok(value) = std::env::var(name) {
                environment.insert(name.to_string(), value);
            }
        }
        environment
    }
}
