//! `corosync`: what connects the hosts, and the file that says how.
//!
//! In: calls. Out: what Corosync's tools say; corosync.conf shown, changed, compared and carried to other hosts.
//! Absent: making clusters (see `cluster`).

mod hosts;
mod link;
mod nodes;
mod place;
mod status;
mod values;

use crate::command::{Command, FORCE, Level, Run, What, any, maybe, one};

use hosts::CHECKSUM;

pub use hosts::carry;
pub use place::{Conf, members};

/// What is true of each command that changes the file.
const CHANGES: &str = "The file keeps its comments, order and blank lines. It is checked by `corosync -t` on a copy before it is put\nin its place. A change that takes the quorum away is refused without --force. Other nodes get it by `push`,\nand Corosync reads it at `reload`.";

pub static LEVEL: Level = Level {
    name: "corosync",
    help: "what connects the hosts, and corosync.conf",
    commands: &[
        Command {
            name: "status",
            arguments: &[maybe("what", What::Words(&["ring", "quorum", "qdevice", "cpg"]))],
            help: "rings and links, quorum, the quorum device, process groups",
            details: "WHAT is ring (if nothing is said), quorum, qdevice or cpg; Corosync's own tools answer.\nThe exit code is 0 if all is well, and 1 if a link is down, if there is no quorum, if the quorum\ndevice is not connected, or if Corosync does not answer.",
            examples: &["status", "status quorum"],
            run: Run::Do(status::status),
            ..Command::DEFAULT
        },
        Command { name: "show", help: "show corosync.conf", run: Run::Do(values::show), ..Command::DEFAULT },
        Command {
            name: "get",
            arguments: &[one("path", What::Text)],
            help: "the values that a path leads to, one a line",
            examples: &["get totem.token", "get nodelist.node.ring0_addr"],
            run: Run::Do(values::get),
            ..Command::DEFAULT
        },
        Command {
            name: "set",
            arguments: &[one("path", What::Text), one("value", What::Text), maybe("place", What::Text)],
            flags: &[FORCE],
            help: "set a value in corosync.conf",
            details: "Where several sections of the path are, PLACE says which one is meant, from 0. Sections that are not there\nare made. The file keeps its comments, order and blank lines, and is checked by `corosync -t` on a copy before\nit is put in its place. A change that takes the quorum away is refused without --force. Other nodes get it by\n`push`, and Corosync reads it at `reload`.",
            examples: &[
                "set totem.token 5000",
                "set nodelist.node.ring0_addr 10.0.0.3 2",
                "set quorum.device.net.host qnetd",
            ],
            run: Run::Do(values::set),
            ..Command::DEFAULT
        },
        Command {
            name: "edit",
            flags: &[FORCE],
            help: "change corosync.conf in an editor",
            details: CHANGES,
            run: Run::Do(values::edit),
            ..Command::DEFAULT
        },
        Command { name: "log", help: "show Corosync's log file", run: Run::Do(values::log), ..Command::DEFAULT },
        Command {
            name: "reload",
            help: "let Corosync read its configuration again, on all nodes",
            details: "What each node has in its own file; the one here is checked first.",
            run: Run::Do(values::reload),
            ..Command::DEFAULT
        },
        Command {
            name: "add-node",
            aliases: &["add_node"],
            arguments: &[one("address", What::Text), any("name", What::Text)],
            flags: &[FORCE],
            help: "add a node to the list, with its address on each link and its name",
            details: "ADDRESS is the one on the first link; where there are more links, the others follow it. The last word is the\nname. Ids are never used again; two_node and expected_votes follow. The file keeps its comments, order and\nblank lines; other nodes get it by `push`, and Corosync reads it at `reload`.",
            examples: &["add-node 10.0.0.4 n4", "add-node 10.0.0.4 10.1.0.4 n4"],
            run: Run::Do(nodes::add),
            ..Command::DEFAULT
        },
        Command {
            name: "del-node",
            aliases: &["del_node"],
            arguments: &[one("node", What::Node)],
            flags: &[FORCE],
            help: "take a node, by its name or an address, off the list",
            details: CHANGES,
            examples: &["del-node n4"],
            run: Run::Do(nodes::remove),
            ..Command::DEFAULT
        },
        Command::enter(&link::LEVEL),
        Command {
            name: "push",
            arguments: &[any("node", What::Node)],
            help: "bring corosync.conf to all other nodes, or to some",
            details: "Each node's own Corosync checks it first; it is put in its place on none of them before all have found it\ngood. A node may be written USER@HOST:PORT.",
            examples: &["push", "push n2 n3"],
            run: Run::Do(hosts::push),
            ..Command::DEFAULT
        },
        Command {
            name: "pull",
            arguments: &[one("node", What::Node)],
            flags: &[FORCE],
            help: "take corosync.conf from another node",
            details: CHANGES,
            run: Run::Do(hosts::pull),
            ..Command::DEFAULT
        },
        Command {
            name: "diff",
            arguments: &[any("node", What::Node)],
            flags: &[CHECKSUM],
            help: "how corosync.conf of other nodes differs from the one here",
            details: "The exit code is 1 if any differs, or cannot be fetched.",
            examples: &["diff", "diff --checksum n2"],
            run: Run::Do(hosts::diff),
            ..Command::DEFAULT
        },
    ],
};
