//! The view as crm_mon's text.
//!
//! In: a view and options. Out: lines; the same shapes in `crm status` and `crm_simulate`.

use super::cluster::ClusterView;
use super::filter::{Section, Sections, ViewOptions};
use super::outline::{Block, Item, Tone, outline};
use crate::cib::model::options::NoQuorumPolicy;
use crate::exit::Exit;

/// What `crm_mon -1` prints.
pub fn print(view: &ClusterView, options: &ViewOptions) -> String {
    let blocks: Vec<String> = outline(view, options).iter().map(|block| print_block(block, 0)).collect();
    blocks.join("\n")
}

/// What `crm_simulate` shows of a state if nothing else is asked for.
pub fn status_options() -> ViewOptions {
    let sections = Sections::of(&[Section::Nodes, Section::Resources]);
    ViewOptions { sections, inactive: true, pending: false, failures_in_full: true, ..ViewOptions::default() }
}

/// The view under a title, as `crm_simulate` shows a state.
pub fn print_status(title: &str, view: &ClusterView, options: &ViewOptions) -> String {
    let blocks: Vec<String> = outline(view, options).iter().map(|block| print_block(block, 1)).collect();
    format!("{title}:\n{}", blocks.join("\n"))
}

/// `-s`: one line for monitoring systems, and whether all is well (0), not (1), or nothing is run (2).
pub fn print_simple(view: &ClusterView) -> (String, Exit) {
    let summary = &view.summary;
    let no_quorum = !summary.quorate && summary.no_quorum_policy != NoQuorumPolicy::Ignore;
    let offline = view.nodes.iter().filter(|node| !node.online);
    let offline: Vec<String> = offline.map(|node| format!("offline node: {}", node.name)).collect();
    let no_dc = view.summary.dc.is_none().then(|| "No DC".to_string());
    let troubles = no_dc.into_iter().chain((!offline.is_empty()).then(|| offline.join(" ")));
    let troubles: Vec<String> = no_quorum.then(|| "no quorum".to_string()).into_iter().chain(troubles).collect();
    if no_quorum {
        // The peer says WARN, or that all is well: who is woken by CRIT alone would sleep through it.
        (format!("CLUSTER CRIT: {}\n", troubles.join(", ")), Exit(2))
    } else if troubles.is_empty() {
        (all_well(view), Exit::OK)
    } else {
        (format!("CLUSTER WARN: {}\n", troubles.join(", ")), Exit::ERROR)
    }
}

fn all_well(view: &ClusterView) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let standby = view.nodes.iter().filter(|node| node.standby || node.standby_on_fail).count();
    let aside = |node: &&super::cluster::NodeView| node.maintenance && !node.standby && !node.standby_on_fail;
    let maintenance = view.nodes.iter().filter(aside).count();
    let online = view.nodes.len() - standby - maintenance;
    let mut line = format!("CLUSTER OK: {online} node{} online", plural(online));
    if standby > 0 {
        line.push_str(&format!(", {standby} standby node{}", plural(standby)));
    }
    if maintenance > 0 {
        line.push_str(&format!(", {maintenance} maintenance node{}", plural(maintenance)));
    }
    let instances = view.summary.instances;
    line.push_str(&format!(", {instances} resource instance{} configured\n", plural(instances)));
    line
}

fn print_block(block: &Block, depth: usize) -> String {
    let mut text = match depth {
        _ if block.title.is_empty() => String::new(),
        0 => format!("{}:\n", block.title),
        depth => format!("{}{}:\n", bullet(depth), block.title),
    };
    for item in &block.items {
        print_item(item, depth + 1, &mut text);
    }
    if !block.warning.is_empty() {
        text.push('\n');
        for line in &block.warning {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn print_item(item: &Item, depth: usize, text: &mut String) {
    let heads = item.tone == Tone::Heading || !item.children.is_empty();
    let colon = if heads && !item.without_colon { ":" } else { "" };
    if !item.text.is_empty() {
        text.push_str(&format!("{}{}{colon}\n", bullet(depth), item.text));
    }
    for child in &item.children {
        print_item(child, depth + 1, text);
    }
}

fn bullet(depth: usize) -> String {
    format!("{}* ", "  ".repeat(depth))
}
