//! What speaks against a plan: named with its host, and with what to do.
//!
//! In: values. Out: words. Absent: finding it (see `plan`).

use quorate_transport::cluster::file::FileError;
use quorate_transport::cluster::nodelist::ListError;
use quorate_transport::cluster::nodelist::votes::QuorumLoss;
use quorate_transport::ssh::SshError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0}")]
    Ssh(SshError),
    #[error("{host} is a node of the cluster and cannot be reached: {error}")]
    MemberAway { host: String, error: SshError },
    #[error("{host}: logged in as another than root")]
    NotRoot { host: String },
    #[error("{host}: Corosync is not installed")]
    NoCorosync { host: String, system: String },
    #[error("{host}: {package} is not installed")]
    NoProgram { host: String, package: String },
    #[error("{host} is to be the quorum device, and a node")]
    NodeAsDevice { host: String },
    #[error("{host}: no cluster manager is installed (a unit quorated.service or pacemaker.service)")]
    NoManager { host: String },
    #[error("{host} has {theirs} where {first} has {manager}: a cluster is of one kind")]
    OtherManager { host: String, theirs: String, first: String, manager: String },
    #[error("{host}: its corosync.conf cannot be read: {error}")]
    BadFile { host: String, error: FileError },
    #[error("{host} is in a cluster already: {cluster} of {nodes}")]
    InCluster { host: String, cluster: String, nodes: String },
    #[error("{host} is in no cluster")]
    InNoCluster { host: String },
    #[error("{} are one host, or have one name: {name}", hosts.join(" and "))]
    SameName { name: String, hosts: Vec<String> },
    #[error("the cluster has a node {name} already, at {address}, which {host} does not have")]
    NameTaken { name: String, host: String, address: String },
    #[error("{} have one address: {address}", hosts.join(" and "))]
    SameAddress { address: String, hosts: Vec<String> },
    #[error("{host} has no address in {network}")]
    NoAddress { host: String, network: String },
    #[error("the hosts have {found} networks in common, and {wanted} are wanted")]
    FewNetworks { found: usize, wanted: usize },
    #[error("{host} has no interface or address `{wanted}`")]
    NoInterface { host: String, wanted: String },
    #[error("transport {transport} has one link, and {wanted} are wanted")]
    OneLinkOnly { transport: String, wanted: usize },
    #[error("Corosync has 8 links at most, and {wanted} are wanted")]
    TooManyLinks { wanted: usize },
    #[error("the clock of {host} is {seconds} s {}", if *ahead { "ahead" } else { "behind" })]
    Clock { host: String, seconds: u64, ahead: bool },
    #[error("{host}: {free} KiB are free below /etc")]
    DiskFull { host: String, free: u64 },
    #[error("it would take the quorum away: {0}")]
    Quorum(QuorumLoss),
    #[error("{0}")]
    List(ListError),
    #[error("{name} runs as a member, but cannot be reached by ssh: {error}")]
    Alive { name: String, error: SshError },
    #[error("this is done from another node of the cluster, not from {host} itself")]
    Itself { host: String },
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Refusal::Ssh(error) | Refusal::Alive { error, .. } => return error.hint(),
            Refusal::MemberAway { host, .. } => {
                format!(
                    "its corosync.conf would stay as it is; bring it back, or remove it first: crm cluster remove {host}"
                )
            }
            Refusal::NotRoot { .. } => "run this as root: sudo crm cluster …".to_string(),
            Refusal::NoCorosync { host, system } if system.starts_with("debian") || system.starts_with("ubuntu") => {
                format!("ssh {host} apt-get install corosync")
            }
            Refusal::NoProgram { package, .. } => format!("install the package {package} there"),
            Refusal::NodeAsDevice { .. } => "a host of its own decides between the nodes".to_string(),
            Refusal::NoCorosync { .. } => "install the package corosync there".to_string(),
            Refusal::OtherManager { manager, .. } => format!("install {manager} there, too"),
            Refusal::NoManager { .. } => "install the program and its unit there".to_string(),
            Refusal::BadFile { host, .. } => format!("mend it, or remove it if {host} is in no cluster"),
            Refusal::InCluster { host, .. } => {
                format!("take it out there first: crm cluster remove {host} on another of its nodes")
            }
            Refusal::InNoCluster { .. } => "crm cluster init makes one".to_string(),
            Refusal::SameName { .. } => "give each host its own: hostnamectl set-hostname NAME".to_string(),
            Refusal::NameTaken { name, .. } => {
                format!("give the host another name, or take the old one out: crm cluster remove {name}")
            }
            Refusal::SameAddress { .. } => "give each host its own, or name another network: -i".to_string(),
            Refusal::NoAddress { .. } | Refusal::FewNetworks { .. } | Refusal::NoInterface { .. } => {
                "`ip address` tells what a host has; -i names an interface or an address of this host".to_string()
            }
            Refusal::OneLinkOnly { .. } => "more than one link is for knet".to_string(),
            Refusal::Clock { .. } => {
                "let time be kept there (chrony, systemd-timesyncd), logs are worth nothing else".to_string()
            }
            Refusal::DiskFull { .. } => "make room there".to_string(),
            Refusal::Quorum(_) => "bring the missing nodes back first, or take one host at a time".to_string(),
            Refusal::TooManyLinks { .. } | Refusal::List(_) | Refusal::Itself { .. } => return None,
        };
        Some(text)
    }
}
