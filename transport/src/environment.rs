//! What the environment says of this node and its CIB: variables, user, host. Read once, passed as a value.
//!
//! In: the process. Out: [`Environment`]; the CIB that is meant, as Pacemaker's tools choose it.
//! Absent: what only the shell asks for (editor, terminal, settings).

use crate::local::address::{self, Address, Wanted};
use crate::local::daemon::socket_below;
use crate::process::host;
pub use crate::process::variable;
use crate::store::CibSource;
use std::path::{Path, PathBuf};

/// What a process finds around it: variables that tools honour, user, host.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub cib_file: Option<String>,
    pub cib_shadow: Option<String>,
    pub cib_shadow_dir: Option<PathBuf>,
    /// Whose rights count, as root and hacluster may say.
    pub cib_user: Option<String>,
    /// The directory that holds all of this node; `/` but for demo nodes and tests.
    pub root: PathBuf,
    pub home: PathBuf,
    pub user: String,
    pub host: String,
    /// Which cluster manager is meant, where that is said.
    pub manager: Option<Wanted>,
    /// The node whose daemon started this program, or that is pretended to be this one.
    pub node: Option<String>,
}

impl Environment {
    /// This process's variables, user and host.
    pub fn of_process() -> Environment {
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
        Environment {
            cib_file: variable("CIB_file"),
            cib_shadow: variable("CIB_shadow"),
            cib_shadow_dir: variable("CIB_shadow_dir").map(PathBuf::from),
            cib_user: variable("CIB_user"),
            root: variable("QUORATE_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from),
            home: variable("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from),
            user: user.map_or_else(String::new, |user| user.name),
            host: host(),
            manager: variable(address::VARIABLE).map(|word| Wanted::from(word.as_str())),
            node: variable("QUORATE_NODE"),
        }
    }

    /// This node, without asking a daemon: it is called as the host where nobody says otherwise.
    pub fn node_or_host(&self) -> &str {
        self.node.as_deref().unwrap_or(&self.host)
    }

    /// Where shadows live: as Pacemaker and crmsh choose it.
    pub fn shadow_directory(&self) -> PathBuf {
        match (&self.cib_shadow_dir, self.user.as_str()) {
            (Some(directory), _) => directory.clone(),
            (None, "root" | "hacluster") => self.root.join("var/lib/pacemaker/cib"),
            (None, _) => self.home.join(".cib"),
        }
    }

    /// The CIB that is meant when nothing else is said: a file if `CIB_file` names one, else the cluster.
    pub fn cluster(&self) -> CibSource {
        match self.cib_file.as_deref() {
            Some("-") => CibSource::Stdin,
            Some(path) => CibSource::File(path.into()),
            None => CibSource::Live { at: self.address() },
        }
    }

    /// Where a tool or a session begins: a shadow goes before a file, a file before the cluster.
    pub fn first_source(&self) -> CibSource {
        self.cib_shadow.as_ref().map_or_else(|| self.cluster(), |name| self.shadow(name))
    }

    /// The shadow of this name, be there one or not.
    pub fn shadow(&self, name: &str) -> CibSource {
        CibSource::shadow(name, &self.shadow_directory())
    }

    /// Where this node's cluster manager answers. A node below a directory of its own is always ours, and so is
    /// that of a program which our daemon started.
    pub fn address(&self) -> Address {
        let whole = self.root == Path::new("/") && self.node.is_none();
        let wanted = self.manager.clone().unwrap_or(if whole { Wanted::Either } else { Wanted::Quorate });
        Address { socket: self.socket(), wanted }
    }

    /// The socket of this node's daemon.
    pub fn socket(&self) -> PathBuf {
        socket_below(&self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_goes_before_a_file_and_a_file_before_the_cluster() {
        let mut around = Environment { root: "/r".into(), ..Environment::default() };
        assert_eq!(around.first_source(), CibSource::Live { at: socket_below(&around.root).into() });
        around.cib_file = Some("-".into());
        assert_eq!(around.first_source(), CibSource::Stdin);
        around.cib_file = Some("/a".into());
        assert_eq!(around.first_source(), CibSource::File("/a".into()));
        around.cib_shadow = Some("s".into());
        around.cib_shadow_dir = Some("/d".into());
        assert_eq!(around.first_source(), CibSource::Shadow { name: "s".into(), path: "/d/shadow.s".into() });
        assert_eq!(around.cluster(), CibSource::File("/a".into()));
    }
}
