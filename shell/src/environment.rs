//! What the surroundings say: variables, user, host. Read once, passed as a value.
//!
//! In: the process. Out: `Environment`.
//! Absent: everything that changes while we run.

use quorate_transport::local::daemon::socket_below;
use quorate_transport::store::{CibSource, Surroundings};
use std::path::PathBuf;

/// Where agents are, unless something else is said.
pub const OCF_ROOT: &str = "/usr/lib/ocf";

#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub cib_file: Option<String>,
    pub cib_shadow: Option<String>,
    pub cib_shadow_dir: Option<PathBuf>,
    pub home: PathBuf,
    pub cache: PathBuf,
    pub config: PathBuf,
    /// The file of settings, if it is not the usual one.
    pub settings: Option<PathBuf>,
    pub editor: Option<String>,
    pub pager: Option<String>,
    pub ocf_root: PathBuf,
    /// The directory that holds all of this node; `/` but for demo nodes and tests.
    pub root: PathBuf,
    pub user: String,
    pub host: String,
    pub no_color: bool,
    pub terminal_in: bool,
    pub terminal_out: bool,
}

impl Environment {
    pub fn of_process() -> Environment {
        use std::io::IsTerminal;
        let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = get("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
        let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Environment {
            cib_file: get("CIB_file"),
            cib_shadow: get("CIB_shadow"),
            cib_shadow_dir: get("CIB_shadow_dir").map(PathBuf::from),
            cache: get("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from),
            config: get("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from),
            settings: get("CRM_CONFIG_FILE").map(PathBuf::from),
            editor: get("EDITOR").or_else(|| get("VISUAL")),
            pager: get("PAGER"),
            ocf_root: get("OCF_ROOT").map_or_else(|| PathBuf::from(OCF_ROOT), PathBuf::from),
            root: get("QUORATE_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from),
            user: user.map_or_else(String::new, |user| user.name),
            host: host.unwrap_or_else(|| "localhost".into()),
            no_color: get("NO_COLOR").is_some(),
            terminal_in: std::io::stdin().is_terminal(),
            terminal_out: std::io::stdout().is_terminal(),
            home,
        }
    }

    /// Where shadows live: as Pacemaker and crmsh choose it.
    pub fn shadow_directory(&self) -> PathBuf {
        if let Some(directory) = &self.cib_shadow_dir {
            return directory.clone();
        }
        match self.user.as_str() {
            "root" | "hacluster" => self.root.join("var/lib/pacemaker/cib"),
            _ => self.home.join(".cib"),
        }
    }

    /// The CIB that is meant when nothing else is said: a file if `CIB_file` names one, else the cluster.
    pub fn home(&self) -> CibSource {
        CibSource::chosen_by(&Surroundings { cib_shadow: None, ..self.surroundings() })
    }

    /// Where a session begins: `CIB_shadow` goes before everything else.
    pub fn first_source(&self) -> CibSource {
        CibSource::chosen_by(&self.surroundings())
    }

    pub fn shadow(&self, name: &str) -> CibSource {
        CibSource::shadow(name, &self.shadow_directory())
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings {
            cib_shadow: self.cib_shadow.clone(),
            shadow_directory: self.shadow_directory(),
            cib_file: self.cib_file.clone(),
            socket: self.socket(),
        }
    }

    /// The socket of this node's daemon.
    pub fn socket(&self) -> PathBuf {
        socket_below(&self.root)
    }
}
