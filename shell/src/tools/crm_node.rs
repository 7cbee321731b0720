//! crm_node: what the cluster layer knows of nodes. Agents call it for the local node's name.

use super::{Exit, Io};
use clap::Parser;
use quorate_core::node::{NodeStatus, Reply, Request};
use quorate_core::xml::Element;
use quorate_transport::local::daemon::Daemon;
use std::time::Duration;

/// How long the daemon may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Parser, Debug)]
#[command(name = "crm_node", version, about = "Show what the cluster layer knows of nodes")]
struct Options {
    /// Print this node's name
    #[arg(short = 'n', long)]
    name: bool,
    /// Print this node's id
    #[arg(short = 'i', long = "cluster-id")]
    cluster_id: bool,
    /// Print all known nodes
    #[arg(short = 'l', long)]
    list: bool,
    /// Print the members of this partition
    #[arg(short = 'p', long)]
    partition: bool,
    /// Print 1 if this partition has quorum, else 0
    #[arg(short = 'q', long)]
    quorum: bool,
}

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let options = match super::parse::<Options>("crm_node", arguments, io) {
        Ok(options) => options,
        Err(exit) => return exit,
    };
    let chosen = [options.name, options.cluster_id, options.list, options.partition, options.quorum];
    if chosen.iter().filter(|chosen| **chosen).count() != 1 {
        io.error("crm_node", "one of --name, --cluster-id, --list, --partition, --quorum is needed");
        return Exit::USAGE;
    }
    // An agent's daemon is its node: no need to ask it.
    if options.name
        && let Ok(name) = std::env::var("QUORATE_NODE")
    {
        io.line(&name);
        return Exit::OK;
    }
    match ask(&options, io) {
        Ok(()) => Exit::OK,
        Err(message) => {
            io.error("crm_node", &message);
            Exit::DISCONNECT
        }
    }
}

fn ask(options: &Options, io: &mut Io) -> Result<(), String> {
    let mut daemon = Daemon::connect(&io.socket(), PATIENCE).map_err(|error| error.to_string())?;
    let Reply::Status(status) = daemon.ask(&Request::Status).map_err(|error| error.to_string())? else {
        return Err("unexpected answer".into());
    };
    if options.name {
        io.line(&status.node);
    } else if options.quorum {
        io.line(if status.quorate { "1" } else { "0" });
    } else if options.partition {
        io.line(&status.members.join(" "));
    } else {
        let document = daemon.document().map_err(|error| error.to_string())?;
        let nodes = document.configuration().child("nodes");
        for node in nodes.into_iter().flat_map(|nodes| nodes.elements()) {
            known(options, io, node, &status);
        }
    }
    Ok(())
}

fn known(options: &Options, io: &mut Io, node: &Element, status: &NodeStatus) {
    let (id, name) = (node.id().unwrap_or_default(), node.attr("uname").unwrap_or_default());
    if options.list {
        let state = if status.members.iter().any(|member| member == name) { "member" } else { "lost" };
        io.line(&format!("{id} {name} {state}"));
    } else if name == status.node {
        io.line(id);
    }
}
