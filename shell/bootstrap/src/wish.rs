//! What is wanted of hosts, and a host that answers.
//!
//! Values only. Absent: what follows from them (see `plan`).

use crate::arbiter::Device;
use crate::configuration::Carrier;
use crate::facts::Facts;
use crate::host::Host;
use std::net::IpAddr;

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// `None`: what it is called already, else `hacluster`.
    pub name: Option<String>,
    /// The first host is in a cluster, which the others come to.
    pub join: bool,
    pub carrier: Carrier,
    /// Interfaces or addresses of the first host (of the one that joins), one a link.
    pub interfaces: Vec<String>,
    /// How many links, if no interfaces are named.
    pub links: usize,
    /// Links over IPv6 only.
    pub ipv6: bool,
    /// Hosts that shall let this host's ssh key in.
    pub let_in: Vec<String>,
    /// An address that the cluster is administered by, as a resource.
    pub admin_address: Option<IpAddr>,
    /// A quorum device; its host was looked at, too.
    pub device: Option<Device>,
}

/// A host that answers, and what is known of it.
#[derive(Clone, Copy)]
pub struct Reached<'a> {
    pub host: &'a Host,
    pub facts: &'a Facts,
}
