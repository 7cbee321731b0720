//! crm_attribute: one attribute of a node, or one cluster property: queried, set or deleted.
//!
//! The options agents use. Transient attributes (`-l reboot`, `-t status`, `-p`) live with the
//! cluster; permanent ones and properties are committed to the configuration.

use super::{Exit, Io};
use clap::Parser;
use quorate_core::cib::{Document, Edit, diff};
use quorate_core::lrm::result::NodeRef;
use quorate_core::node::Request;
use quorate_core::xml::Element;
use quorate_core::xml::path::Path;
use quorate_core::{attribute, cib};
use quorate_transport::local::daemon::{AskError, Daemon};
use std::time::Duration;

/// How long the daemon may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Parser, Debug)]
#[command(name = "crm_attribute", version, about = "Query or change node attributes and cluster properties")]
struct Options {
    /// Print the value
    #[arg(short = 'G', long)]
    query: bool,
    /// Set the value
    #[arg(short = 'v', long, allow_hyphen_values = true)]
    update: Option<String>,
    /// Remove the attribute
    #[arg(short = 'D', long)]
    delete: bool,
    /// The attribute's name
    #[arg(short = 'n', long)]
    name: Option<String>,
    /// The promotion score of this resource (of the agent's own, if none is named)
    #[arg(short = 'p', long, num_args = 0..=1, require_equals = true, default_missing_value = "")]
    promotion: Option<String>,
    /// The node (default: this one)
    #[arg(short = 'N', long)]
    node: Option<String>,
    /// How long it lasts: reboot or forever
    #[arg(short = 'l', long)]
    lifetime: Option<String>,
    /// What it belongs to: nodes, status or crm_config
    #[arg(short = 't', long = "type")]
    kind: Option<String>,
    /// What to print if there is no value
    #[arg(short = 'd', long, allow_hyphen_values = true)]
    default: Option<String>,
    /// Print the value alone
    #[arg(short = 'q', long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Transient,
    Permanent,
    Property,
}

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let options = match super::parse::<Options>("crm_attribute", arguments, io) {
        Ok(options) => options,
        Err(exit) => return exit,
    };
    match act(&options, io) {
        Ok(exit) => exit,
        Err((exit, message)) => {
            io.error("crm_attribute", &message);
            exit
        }
    }
}

type Failed = (Exit, String);

fn act(options: &Options, io: &mut Io) -> Result<Exit, Failed> {
    let usage = |text: &str| (Exit::USAGE, text.to_string());
    let scope = scope(options)?;
    let name = match (&options.name, &options.promotion) {
        (Some(name), None) => name.clone(),
        (None, Some(resource)) => format!("master-{}", promotable(resource)?),
        (Some(_), Some(_)) => return Err(usage("--name and --promotion exclude each other")),
        (None, None) => return Err(usage("--name or --promotion is needed")),
    };
    let mut daemon = Daemon::connect(&io.socket(), PATIENCE).map_err(|error| (Exit::DISCONNECT, error.to_string()))?;
    let document = daemon.document().map_err(refused)?;
    let node = match scope {
        Scope::Property => NodeRef { id: String::new(), name: String::new() },
        _ => node(options, &document, &mut daemon)?,
    };
    match (&options.update, options.delete) {
        (Some(_), true) => Err(usage("--update and --delete exclude each other")),
        (Some(value), false) => set(&mut daemon, &document, scope, &node, &name, Some(value)),
        (None, true) => set(&mut daemon, &document, scope, &node, &name, None),
        (None, false) => query(options, io, &document, scope, &node, &name),
    }
}

fn scope(options: &Options) -> Result<Scope, Failed> {
    match (options.kind.as_deref(), options.lifetime.as_deref()) {
        (Some("crm_config"), None) => Ok(Scope::Property),
        (Some("status"), _) | (None, Some("reboot")) => Ok(Scope::Transient),
        (Some("nodes"), Some("reboot")) => Ok(Scope::Transient),
        (Some("nodes"), _) | (None, Some("forever")) => Ok(Scope::Permanent),
        (None, None) if options.promotion.is_some() => Ok(Scope::Transient),
        (None, None) if options.node.is_some() => Ok(Scope::Permanent),
        (None, None) => Ok(Scope::Property),
        (kind, lifetime) => {
            let shown = format!("--type {} --lifetime {}", kind.unwrap_or("-"), lifetime.unwrap_or("-"));
            Err((Exit::USAGE, format!("{shown} is not supported")))
        }
    }
}

/// The resource whose promotion score is meant: instances of a clone share their node's.
fn promotable(resource: &str) -> Result<String, Failed> {
    let named = match resource {
        "" => std::env::var("OCF_RESOURCE_INSTANCE").unwrap_or_default(),
        name => name.to_string(),
    };
    match named.split(':').next() {
        Some(name) if !name.is_empty() => Ok(name.to_string()),
        _ => Err((Exit::USAGE, "--promotion without a resource works in agents only".into())),
    }
}

fn node(options: &Options, document: &Document, daemon: &mut Daemon) -> Result<NodeRef, Failed> {
    let name = match &options.node {
        Some(name) => name.clone(),
        None => match daemon.ask(&Request::Status).map_err(refused)? {
            quorate_core::node::Reply::Status(status) => status.node,
            other => return Err((Exit::ERROR, format!("unexpected answer {other:?}"))),
        },
    };
    let found = document
        .configuration()
        .child("nodes")
        .into_iter()
        .flat_map(|nodes| nodes.elements())
        .find(|node| node.attr("uname") == Some(&name));
    match found.and_then(Element::id) {
        Some(id) => Ok(NodeRef { id: id.to_string(), name }),
        None => Err((Exit::NO_SUCH, format!("there is no node {name}"))),
    }
}

fn query(
    options: &Options,
    io: &mut Io,
    document: &Document,
    scope: Scope,
    node: &NodeRef,
    name: &str,
) -> Result<Exit, Failed> {
    let value = match scope {
        Scope::Transient => attribute::get(document, node, name),
        Scope::Permanent | Scope::Property => holder(document, scope, node).and_then(|element| pair(element, name)),
    };
    let Some(value) = value.or_else(|| options.default.clone()) else {
        return Err((Exit::NO_SUCH, format!("there is no attribute {name}")));
    };
    let scope = match scope {
        Scope::Transient => "status",
        Scope::Permanent => "nodes",
        Scope::Property => "crm_config",
    };
    match options.quiet {
        true => io.line(&value),
        false => io.line(&format!("scope={scope}  name={name} value={value}")),
    }
    Ok(Exit::OK)
}

/// The element below which permanent pairs of this scope are.
fn holder<'a>(document: &'a Document, scope: Scope, node: &NodeRef) -> Option<&'a Element> {
    match scope {
        Scope::Property => document.configuration().child("crm_config"),
        _ => document.configuration().child("nodes")?.child_with_id("node", &node.id),
    }
}

fn pair(element: &Element, name: &str) -> Option<String> {
    let mut pairs = element.descendants().filter(|inner| inner.name == "nvpair");
    pairs.find(|pair| pair.attr("name") == Some(name))?.attr("value").map(str::to_string)
}

fn set(
    daemon: &mut Daemon,
    document: &Document,
    scope: Scope,
    node: &NodeRef,
    name: &str,
    value: Option<&str>,
) -> Result<Exit, Failed> {
    if scope == Scope::Transient {
        let pairs = vec![(name.to_string(), value.map(str::to_string))];
        daemon.ask(&Request::SetAttributes { node: node.name.clone(), pairs }).map_err(refused)?;
        return Ok(Exit::OK);
    }
    let (parent, set) = match scope {
        Scope::Property => {
            let set = Element::new("cluster_property_set").with("id", "cib-bootstrap-options");
            ("/cib/configuration/crm_config".to_string(), set)
        }
        _ => {
            let set = Element::new("instance_attributes").with("id", format!("nodes-{}", node.id));
            (format!("/cib/configuration/nodes/node[@id='{}']", node.id), set)
        }
    };
    let parent = Path::parse(&parent).expect("a path of our own");
    let set_id = set.id().unwrap_or_default().to_string();
    let known = holder(document, scope, node)
        .and_then(|holder| holder.descendants().find(|pair| pair.name == "nvpair" && pair.attr("name") == Some(name)));
    let mut work = document.clone();
    match value {
        Some(value) => {
            let id = known.and_then(Element::id).map_or_else(|| format!("{set_id}-{name}"), str::to_string);
            let element = Element::new("nvpair").with("id", id).with("name", name).with("value", value);
            let edit = Edit::Merge { parent, element: set.with_child(element) };
            edit.apply(&mut work).map_err(|error| (Exit::ERROR, error.to_string()))?;
        }
        None => {
            let Some(id) = known.and_then(Element::id) else { return Ok(Exit::OK) };
            remove_pair(work.configuration_mut(), id);
        }
    }
    let patch = diff(document, &work);
    if !patch.is_empty() {
        daemon.commit(&patch).map_err(refused)?;
    }
    Ok(Exit::OK)
}

fn remove_pair(element: &mut Element, id: &str) {
    element.retain_elements(|child| !(child.name == "nvpair" && child.id() == Some(id)));
    for at in 0..element.children.len() {
        let inside = element.children[at].element().is_some_and(|child| child.find_id(id).is_some());
        if inside && let Some(child) = element.child_at_mut(at) {
            remove_pair(child, id);
        }
    }
}

fn refused(error: AskError) -> Failed {
    let exit = match &error {
        AskError::Refused(quorate_core::node::Refusal::NoQuorum) => Exit::QUORUM,
        AskError::Refused(quorate_core::node::Refusal::Unknown { .. }) => Exit::NO_SUCH,
        AskError::Refused(quorate_core::node::Refusal::Patch(cib::ApplyError::Stale { .. })) => Exit::OLD,
        AskError::Refused(_) => Exit::ERROR,
        _ => Exit::DISCONNECT,
    };
    (exit, error.to_string())
}
