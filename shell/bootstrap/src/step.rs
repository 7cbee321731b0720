//! One step on one host, and the order of steps.
//!
//! In: what a plan wants. Out: words for people, the line of shell that does it, how long it may take.
//! Absent: which steps are needed (see `plan`, `removal`).

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// The units of a quorum device: a node's, and that of the host that decides.
pub const DEVICE_UNIT: &str = "corosync-qdevice";
pub const ARBITER_UNIT: &str = "corosync-qnetd";

/// What is done to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// This host gets an ssh key of its own.
    OwnKey,
    /// This host's ssh key is let in there, where a password was needed.
    LetIn,
    /// Corosync's key is put there.
    Key,
    Configuration,
    /// Units are started whenever the host boots.
    Enable(Vec<String>),
    /// All who run are told to read their configurations again.
    Reload,
    Start(String),
    /// The host that decides between halves begins to listen.
    Arbiter,
    /// The node asks it.
    Device,
    /// It runs something else.
    Restart(String),
    /// Nothing is waited for: the manager is up when the nodes are together.
    StartManager(String),
    /// The cluster manager leaves, its resources go elsewhere.
    Leave(Vec<String>),
    /// All nodes see each other, and have quorum.
    Together {
        names: Vec<String>,
        ids: Vec<u32>,
        manager: String,
    },
    /// An address of the cluster becomes a resource, as crmsh makes it.
    AdminAddress(IpAddr),
    /// What the cluster left behind is removed, on the host that was taken out.
    Forget,
    /// A node's traces are removed from the cluster's configuration.
    DropNode(String),
}

/// Steps of one stage are done on all hosts before those of the next begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    OwnKey,
    LetIn,
    Leave,
    Key,
    Configuration,
    Reload,
    Drop,
    Forget,
    Enable,
    Arbiter,
    Corosync,
    Device,
    Manager,
    Together,
    Admin,
}

impl Stage {
    pub const ALL: [Stage; 15] = [
        Stage::OwnKey,
        Stage::LetIn,
        Stage::Leave,
        Stage::Key,
        Stage::Configuration,
        Stage::Reload,
        Stage::Drop,
        Stage::Forget,
        Stage::Enable,
        Stage::Arbiter,
        Stage::Corosync,
        Stage::Device,
        Stage::Manager,
        Stage::Together,
        Stage::Admin,
    ];

    /// Whether what fails in it stops the whole: nothing runs anywhere yet that would not have run without it.
    pub fn is_preparation(self) -> bool {
        self < Stage::Reload
    }
}

/// A step, and whether it is done already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub action: Action,
    pub done: bool,
}

impl Action {
    pub fn stage(&self) -> Stage {
        match self {
            Action::Leave(_) => Stage::Leave,
            Action::OwnKey => Stage::OwnKey,
            Action::LetIn => Stage::LetIn,
            Action::Key => Stage::Key,
            Action::Configuration => Stage::Configuration,
            Action::Reload => Stage::Reload,
            Action::DropNode(_) => Stage::Drop,
            Action::Forget => Stage::Forget,
            Action::Enable(_) => Stage::Enable,
            Action::Start(_) | Action::Restart(_) => Stage::Corosync,
            Action::Arbiter => Stage::Arbiter,
            Action::Device => Stage::Device,
            Action::StartManager(_) => Stage::Manager,
            Action::Together { .. } => Stage::Together,
            Action::AdminAddress(_) => Stage::Admin,
        }
    }

    /// How long it may take. Who leaves stops its resources first; the others take seconds.
    pub fn limit(&self) -> Duration {
        match self {
            Action::Leave(_) => Duration::from_secs(300),
            Action::Together { .. } => Duration::from_secs(90),
            _ => Duration::from_secs(40),
        }
    }

    /// The line of shell that does it, if it is one.
    pub fn line(&self) -> Option<String> {
        let line = match self {
            Action::Key | Action::Configuration | Action::LetIn => return None,
            Action::OwnKey => OWN_KEY.to_string(),
            Action::Enable(units) => format!("systemctl enable --quiet {}", units.join(" ")),
            Action::Reload => "corosync-cfgtool -R".to_string(),
            Action::Start(unit) => start("start", unit),
            Action::Restart(unit) => start("restart", unit),
            Action::Arbiter => ready(ARBITER_UNIT),
            Action::Device => ready(DEVICE_UNIT),
            Action::StartManager(unit) => format!("{}systemctl start --no-block {unit}", forgive(unit)),
            Action::Leave(units) => {
                let stops: Vec<String> = units.iter().map(|unit| format!("systemctl stop {unit}")).collect();
                format!("{} && systemctl disable --quiet {}", stops.join(" && "), units.join(" "))
            }
            Action::Together { names, ids, manager } => together(names, ids, manager),
            Action::Forget => FORGET.to_string(),
            Action::AdminAddress(address) => admin(*address),
            Action::DropNode(name) => drop_node(name),
        };
        Some(format!("export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin; {line}"))
    }
}

/// Now, and whenever the host boots.
fn ready(unit: &str) -> String {
    format!("systemctl enable --quiet {unit}; {}", start("restart", unit))
}

/// Without a passphrase: nobody is there to say one when a command goes to all hosts.
const OWN_KEY: &str = "umask 077 && mkdir -p ~/.ssh && ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519";

/// Prints this host's public key, of several the one that ssh offers first.
pub const PUBLIC_KEY: &str = "cat ~/.ssh/id_ed25519.pub ~/.ssh/id_ecdsa.pub ~/.ssh/id_rsa.pub 2>/dev/null | head -n 1";

/// Lets a key in for who logged in, once.
pub fn let_in(key: &str) -> String {
    let key = quoted(key.trim());
    format!(
        "user=${{SUDO_USER:-$(id -un)}}; ssh=$(getent passwd \"$user\" | cut -d: -f6)/.ssh; \
         umask 077 && mkdir -p \"$ssh\" && {{ grep -qxF {key} \"$ssh/authorized_keys\" 2>/dev/null || \
         echo {key} >>\"$ssh/authorized_keys\"; }} && chown \"$user:\" \"$ssh\" \"$ssh/authorized_keys\""
    )
}

/// Its fencing levels, too: nobody is left whom they could cut off. Constraints and devices stay, as they were written
/// for whoever has that name.
fn drop_node(name: &str) -> String {
    let levels = quoted(&format!("//fencing-level[@target=\"{name}\"]"));
    format!(
        "crm_node --force -R {} && if cibadmin -Q --xpath {levels} >/dev/null 2>&1; \
         then cibadmin --delete-all --force --xpath {levels}; fi",
        quoted(name)
    )
}

/// As crmsh calls the resource.
pub const ADMIN: &str = "admin-ip";

fn admin(address: IpAddr) -> String {
    format!("crm configure primitive {ADMIN} IPaddr2 params ip={address} op monitor interval=10 timeout=20")
}

/// A unit that has failed too often before it had what it needs is started all the same.
pub fn forgive(unit: &str) -> String {
    format!("systemctl reset-failed {unit} 2>/dev/null; ")
}

/// Starts a unit, and says what its log says if that fails.
pub fn start(verb: &str, unit: &str) -> String {
    format!(
        "{}systemctl {verb} {unit} || {{ journalctl -u {unit} -n 5 -o cat --no-pager >&2; exit 1; }}",
        forgive(unit)
    )
}

/// What crmsh removes, too: the host is blank afterwards, and its backups of the CIB are gone with the rest.
const FORGET: &str = "rm -f /etc/corosync/corosync.conf /etc/corosync/authkey && \
    rm -rf /var/lib/pacemaker/cib/* /var/lib/pacemaker/pengine/* /var/lib/corosync/*";

/// Waits half a minute and a half at most, and says what is missing then.
fn together(names: &[String], ids: &[u32], manager: &str) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!(
        "i=0; while :; do why=; \
         members=$(corosync-cmapctl 2>/dev/null | sed -n 's/^runtime.members.\\([0-9]*\\).status (str) = joined/\\1/p'); \
         for id in {ids}; do echo \" \"$members\" \" | grep -q \" $id \" || why=\"$why node $id is no member of Corosync;\"; done; \
         corosync-quorumtool -s 2>/dev/null | grep -q '^Quorate: *Yes' || why=\"$why no quorum;\"; \
         systemctl is-active --quiet {manager} || why=\"$why {manager} is $(systemctl is-active {manager});\"; \
         if command -v crm_node >/dev/null; then together=\" $(crm_node -p 2>/dev/null) \"; \
         for name in {names}; do case \"$together\" in *\" $name \"*) ;; *) why=\"$why $name is not together with this node;\";; esac; done; fi; \
         [ -z \"$why\" ] && exit 0; i=$((i+1)); [ $i -gt 180 ] && break; sleep 0.25; done; echo \"$why\" >&2; exit 1",
        ids = ids.join(" "),
        names = names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" ")
    )
}

/// A word for the shell: a name in corosync.conf may be anything.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::OwnKey => write!(f, "make an ssh key, ~/.ssh/id_ed25519"),
            Action::LetIn => write!(f, "let this host's ssh key in (authorized_keys)"),
            Action::Key => write!(f, "put the cluster's key at /etc/corosync/authkey"),
            Action::Configuration => write!(f, "check and write /etc/corosync/corosync.conf"),
            Action::Enable(units) => write!(f, "start at boot: {}", units.join(", ")),
            Action::Reload => write!(f, "let Corosync read its configuration again, on all nodes"),
            Action::Start(unit) | Action::StartManager(unit) => write!(f, "start {unit}"),
            Action::Restart(unit) => write!(f, "restart {unit}"),
            Action::Arbiter => write!(f, "start {ARBITER_UNIT}, now and at boot"),
            Action::Device => write!(f, "start {DEVICE_UNIT}, now and at boot"),
            Action::Leave(units) => write!(f, "stop {}, and start them at boot no more", units.join(", ")),
            Action::Together { names, .. } => write!(f, "wait until {} are together, with quorum", names.join(", ")),
            Action::AdminAddress(address) => write!(f, "add the resource {ADMIN}, the address {address}"),
            Action::Forget => write!(f, "remove corosync.conf, authkey and the copies of the CIB"),
            Action::DropNode(name) => {
                write!(f, "remove {name} and its fencing levels from the cluster's configuration")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_what_did_not_stop_is_not_forgotten() {
        let line = |action: Action| action.line().expect("a line");
        assert!(line(Action::DropNode("a'; reboot".into())).contains("crm_node --force -R 'a'\\''; reboot' && "));
        let leave = line(Action::Leave(vec!["quorated".into(), "corosync".into()]));
        assert!(leave.ends_with(
            "systemctl stop quorated && systemctl stop corosync && systemctl disable --quiet quorated corosync"
        ));
    }
}
