//! Options of the commands that make and tend a cluster.
//!
//! Values only; crmsh's names where it has them.

use crate::command::Flag;

pub const YES: Flag = Flag { name: "--yes", short: "-y", help: "do it without asking" };
pub const QUIET: Flag = Flag { name: "--quiet", short: "-q", help: "say nothing of what goes well" };
pub const DRY_RUN: Flag = Flag { name: "--dry-run", short: "", help: "show the plan, touch nothing" };
pub const NAME: Flag = Flag { name: "--name", short: "-n", help: "NAME of the cluster (hacluster)" };
pub const NODE: Flag = Flag { name: "--node", short: "-N", help: "HOST that shall be a node, too; may be repeated" };
pub const INTERFACE: Flag =
    Flag { name: "--interface", short: "-i", help: "interface or address for a link; may be repeated" };
pub const CARRIER: Flag = Flag { name: "--transport", short: "-t", help: "knet (if it is not said), udpu or udp" };
pub const MULTI: Flag = Flag { name: "--multi-heartbeats", short: "-M", help: "two links" };
pub const CONTACT: Flag = Flag { name: "--cluster-node", short: "-c", help: "HOST that is in the cluster already" };
pub const IPV6: Flag = Flag { name: "--ipv6", short: "-I", help: "links over IPv6" };
pub const ADMIN: Flag =
    Flag { name: "--admin-ip", short: "-A", help: "ADDRESS of the cluster, as the resource admin-ip" };
pub const PASSWORDS: Flag =
    Flag { name: "--password-file", short: "", help: "FILE with the password where no ssh key is accepted" };
pub const COPY_KEY: Flag = Flag {
    name: "--copy-key",
    short: "",
    help: "let this host's ssh key in where a password was needed (made, if there is none)",
};
pub const ARBITER: Flag =
    Flag { name: "--qnetd-hostname", short: "", help: "HOST that decides between two halves: a quorum device" };
pub const ARBITER_PORT: Flag = Flag { name: "--qnetd-port", short: "", help: "PORT of the quorum device (5403)" };
pub const ALGORITHM: Flag =
    Flag { name: "--qdevice-algo", short: "", help: "ffsplit (one half goes on) or lms (the last one standing does)" };
pub const TIE_BREAKER: Flag =
    Flag { name: "--qdevice-tie-breaker", short: "", help: "whose half goes on: lowest, highest or a node's id" };
pub const TLS: Flag = Flag { name: "--qdevice-tls", short: "", help: "off; certificates are not exchanged yet" };
pub const FORCED: Flag = Flag { name: "--force", short: "-F", help: "do it in spite of what speaks against it" };
pub const ALL: Flag = Flag { name: "--all", short: "", help: "on all nodes" };
pub const CHECKSUM: Flag = Flag { name: "--checksum", short: "", help: "only say which are the same" };
pub const LOCAL: Flag = Flag { name: "--local", short: "", help: "this host only" };
pub const NOW: Flag = Flag { name: "--now", short: "", help: "and at once" };
pub const BACK: Flag = Flag { name: "--back", short: "", help: "from Quorate to Pacemaker" };
