//! What a session's environment says beside the node it is on: directories, programs, the terminal.
//!
//! In: the process. Out: `Environment`.
//! Absent: everything that changes while we run.

use quorate_transport::environment::{self, variable};
use quorate_transport::store::CibSource;
use std::path::PathBuf;

/// Where agents are, unless something else is said.
pub const OCF_ROOT: &str = "/usr/lib/ocf";

#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// This node, its CIB, and who asks.
    pub node: environment::Environment,
    pub cache: PathBuf,
    pub config: PathBuf,
    /// The file of settings, if it is not the usual one.
    pub settings: Option<PathBuf>,
    pub editor: Option<String>,
    pub pager: Option<String>,
    pub ocf_root: PathBuf,
    /// Corosync's configuration; Corosync itself honours the variable, too.
    pub corosync_conf: PathBuf,
    pub no_color: bool,
    pub terminal_in: bool,
    pub terminal_out: bool,
}

impl Environment {
    pub fn of_process() -> Environment {
        use std::io::IsTerminal;
        let node = environment::Environment::of_process();
        let home = &node.home;
        Environment {
            cache: variable("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from),
            config: variable("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from),
            settings: variable("CRM_CONFIG_FILE").map(PathBuf::from),
            editor: variable("EDITOR").or_else(|| variable("VISUAL")),
            pager: variable("PAGER"),
            ocf_root: variable("OCF_ROOT").map_or_else(|| PathBuf::from(OCF_ROOT), PathBuf::from),
            corosync_conf: variable("COROSYNC_MAIN_CONFIG_FILE")
                .map_or_else(|| node.root.join("etc/corosync/corosync.conf"), PathBuf::from),
            no_color: variable("NO_COLOR").is_some(),
            terminal_in: std::io::stdin().is_terminal(),
            terminal_out: std::io::stdout().is_terminal(),
            node,
        }
    }

    /// The CIB that is meant when nothing else is said: a file if `CIB_file` names one, else the cluster.
    pub fn home(&self) -> CibSource {
        self.node.cluster()
    }

    /// Where a session begins: `CIB_shadow` goes before everything else.
    pub fn first_source(&self) -> CibSource {
        self.node.first_source()
    }

    pub fn shadow(&self, name: &str) -> CibSource {
        self.node.shadow(name)
    }
}
