//! The two cluster managers: how each is installed in a host, and what tells that it is at rest.

use crate::lab::program;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Quorate,
    /// Debian's Pacemaker.
    Pacemaker,
}

pub const BOTH: [Manager; 2] = [Manager::Quorate, Manager::Pacemaker];

/// What both need of the machine.
const NEEDED: [&str; 3] = ["/usr/sbin/corosync", "/usr/bin/setpriv", "/usr/lib/ocf/resource.d/heartbeat/Dummy"];

/// What the peer is made of.
const PEER: [&str; 6] = [
    "/usr/sbin/pacemakerd",
    "/usr/lib/pacemaker/pacemaker-controld",
    "/usr/sbin/cibadmin",
    "/usr/sbin/crm_attribute",
    "/usr/sbin/crm_mon",
    "/usr/sbin/crmadmin",
];

/// Programs of ours that take the peer's place in a host.
const TOOLS: &str = "attrd_updater cibadmin crm_attribute crm_master crm_node crm_resource stonith_admin";

/// What a host that is fully installed has of its own: data, logs, and fence_power, which both look for in
/// `/usr/sbin`.
const OWN: &str = "\
    mkdir -p $root/disk/lib $root/disk/log $root/sbin /var/lib/pacemaker && \
    mount --bind $root/disk/lib /var/lib/pacemaker && mount --bind $root/disk/log /var/log && \
    for place in '' /cib /pengine /blackbox /cores; do \
        install -d -o hacluster -g haclient -m 750 /var/lib/pacemaker$place; done && \
    install -d -o hacluster -g haclient -m 770 /var/log/pacemaker && \
    install -d -o hacluster -g haclient -m 750 /run/crm && \
    install -d -m 1755 /run/resource-agents && install -d -m 1777 /run/lock && \
    cp $root/usr/sbin/fence_power $root/sbin/ && ";

impl Manager {
    pub fn name(self) -> &'static str {
        match self {
            Manager::Quorate => "quorate",
            Manager::Pacemaker => "pacemaker",
        }
    }

    /// A file that is needed and is not there.
    pub fn missing(self) -> Option<&'static str> {
        let own: &[&str] = if self == Manager::Pacemaker { &PEER } else { &[] };
        NEEDED.iter().chain(own).copied().find(|path| !Path::new(path).exists())
    }

    /// The daemon that starts all others, as processes are called.
    pub fn daemon(self) -> &'static str {
        match self {
            Manager::Quorate => "quorated",
            Manager::Pacemaker => "pacemakerd",
        }
    }

    /// The command that starts it.
    pub fn command(self) -> String {
        match self {
            Manager::Quorate => program("quorated").display().to_string(),
            Manager::Pacemaker => "/usr/sbin/pacemakerd -f".into(),
        }
    }

    pub fn is_daemon(self, process: &str) -> bool {
        match self {
            Manager::Quorate => process == "quorated",
            Manager::Pacemaker => process.starts_with("pacemaker"),
        }
    }

    /// Installs it in a host (`hosts::Plan`): its tools hide the other's.
    pub fn mounts(self) -> String {
        let tools = match self {
            Manager::Quorate => {
                let [quorate, monitor] = ["quorate", "crm_mon"].map(program);
                format!(
                    "for tool in {TOOLS}; do ln -sf {} $root/sbin/$tool; done && ln -sf {} $root/sbin/crm_mon && ",
                    quorate.display(),
                    monitor.display()
                )
            }
            Manager::Pacemaker => String::new(),
        };
        format!("{OWN}{tools}mount -t overlay sbin -o lowerdir=$root/sbin:/usr/sbin /usr/sbin && ")
    }
}
