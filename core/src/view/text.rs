//! The view as crm_mon's text.
//!
//! In: a view and options. Out: lines; the same shapes in `crm status` and `crm_simulate`.

use super::cluster::ClusterView;
use super::filter::{Options, Section, Sections};
use super::outline::{Block, Item, Tone, outline};

/// What `crm_mon -1` prints.
pub fn print(view: &ClusterView, options: &Options) -> String {
    let blocks: Vec<String> = outline(view, options).iter().map(|block| print_block(block, 0)).collect();
    blocks.join("\n")
}

/// Nodes and resources under a title, as `crm_simulate` shows a state.
pub fn print_status(title: &str, view: &ClusterView, options: &Options) -> String {
    let sections = Sections::of(&[Section::Nodes, Section::Resources]);
    let options = Options { sections, inactive: true, ..options.clone() };
    let blocks: Vec<String> = outline(view, &options).iter().map(|block| print_block(block, 1)).collect();
    format!("{title}:\n{}", blocks.join("\n"))
}

/// `-s`: one line for monitoring systems, and whether all is well (0), odd (1) or not (2).
pub fn print_simple(view: &ClusterView) -> (String, i32) {
    let offline = view.nodes.iter().filter(|node| !node.online).count();
    let online = view.nodes.len() - offline;
    if view.summary.dc.is_none() {
        return ("CLUSTER CRIT: no DC\n".to_string(), 2);
    }
    let mut troubles: Vec<String> = Vec::new();
    troubles.extend((!view.summary.quorate).then(|| "no quorum".to_string()));
    troubles.extend(view.nodes.iter().filter(|node| !node.online).map(|node| format!("offline node: {}", node.name)));
    if troubles.is_empty() {
        let instances = view.summary.instances;
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let line = format!(
            "CLUSTER OK: {online} node{} online, {instances} resource instance{} configured\n",
            plural(online),
            plural(instances)
        );
        return (line, 0);
    }
    (format!("CLUSTER WARN: {}\n", troubles.join(", ")), 1)
}

fn print_block(block: &Block, depth: usize) -> String {
    let mut text = match depth {
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
    let colon = if item.tone == Tone::Heading || !item.children.is_empty() { ":" } else { "" };
    text.push_str(&format!("{}{}{colon}\n", bullet(depth), item.text));
    for child in &item.children {
        print_item(child, depth + 1, text);
    }
}

fn bullet(depth: usize) -> String {
    format!("{}* ", "  ".repeat(depth))
}
