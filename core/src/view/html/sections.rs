//! What a page says in other words, or with more looks, than a text: the summary, nodes, attributes.
//!
//! In: a view and options. Out: entries of lists.

use super::entry::{Entry, Span, classed, items, plain};
use crate::view::cluster::{ClusterView, Health, NodeAttributes, NodeView, Summary};
use crate::view::filter::{Section, ViewOptions};
use crate::view::outline::{self, resources};
use crate::view::words;

/// The summary; that nobody leads is told in any case.
pub fn summary(summary: &Summary, options: &ViewOptions) -> Vec<Entry> {
    let mut entries = Vec::new();
    if options.shows(Section::Stack) {
        entries.push(titled("Stack: ", vec![plain(&summary.stack)]));
    }
    if options.shows(Section::Dc) || summary.dc.is_none() {
        entries.push(titled("Current DC: ", dc(summary, options)));
    }
    if options.shows(Section::Times) {
        let mut updated = vec![plain(words::time(summary.updated, &options.zone))];
        updated.extend(summary.told_by.iter().flat_map(|node| [plain(" on "), plain(node)]));
        entries.push(titled("Last updated: ", updated));
        entries.push(titled("Last change: ", vec![plain(outline::last_change(summary))]));
    }
    if options.shows(Section::Counts) {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let nodes = summary.nodes_configured;
        entries.push(Entry::spans(vec![plain(format!("{nodes} node{} configured", plural(nodes)))]));
        let instances = summary.instances;
        let counted = format!("{instances} resource instance{} configured", plural(instances));
        entries.push(Entry::spans(limited(counted, summary)));
    }
    entries
}

fn titled(title: &str, spans: Vec<Span>) -> Entry {
    Entry::spans(std::iter::once(classed("bold", title)).chain(spans).collect())
}

fn dc(summary: &Summary, options: &ViewOptions) -> Vec<Span> {
    let Some(dc) = &summary.dc else { return vec![classed("warning", "NONE")] };
    let name = words::node_name(&dc.name, &dc.id, None, options);
    let mut spans = vec![plain(format!("{name} (version {}) -", dc.version.as_deref().unwrap_or("unknown")))];
    if dc.mixed_versions {
        spans.push(classed("warning", " MIXED-VERSION"));
    }
    spans.push(plain(" partition"));
    spans.push(if summary.quorate { plain(" with") } else { classed("warning", " WITHOUT") });
    spans.push(plain(" quorum"));
    spans
}

fn limited(counted: String, summary: &Summary) -> Vec<Span> {
    let bold = |text: &str| classed("bold", text);
    let why = " from further action due to failure)";
    match (summary.disabled, summary.blocked) {
        (0, 0) => vec![plain(counted)],
        (disabled, 0) => vec![plain(format!("{counted} ({disabled} ")), bold("DISABLED"), plain(")")],
        (0, blocked) => vec![plain(format!("{counted} ({blocked} ")), bold("BLOCKED"), plain(why)],
        (disabled, blocked) => vec![
            plain(format!("{counted} ({disabled} ")),
            bold("DISABLED"),
            plain(format!(", {blocked} ")),
            bold("BLOCKED"),
            plain(why),
        ],
    }
}

/// The cluster's options, a list of their own.
pub fn settings(summary: &Summary) -> Vec<Entry> {
    let mut entries: Vec<Entry> = outline::settings(summary).into_iter().map(|item| Entry::text(item.text)).collect();
    let managed =
        |word: &str, why: &str| Entry::spans(vec![plain("Resource management: "), classed("bold", word), plain(why)]);
    entries.push(if summary.maintenance_mode {
        managed("DISABLED", " (the cluster will not attempt to start, stop, or recover services)")
    } else if summary.stop_all_resources {
        managed("STOPPED", " (the cluster will keep all resources stopped)")
    } else {
        Entry::text("Resource management: enabled")
    });
    entries
}

/// Every node by itself, with what runs there if it is wanted so.
pub fn nodes(view: &ClusterView, options: &ViewOptions) -> Vec<Entry> {
    view.nodes.iter().map(|node| self::node(node, options)).collect()
}

fn node(node: &NodeView, options: &ViewOptions) -> Entry {
    let name = format!("{}:", words::node_name(&node.name, &node.id, node.host.as_deref(), options));
    if !options.group_by_node {
        return Entry::spans(std::iter::once(classed("bold", name)).chain(state(node, options)).collect());
    }
    let status = std::iter::once(plain("Status:")).chain(state(node, options)).collect();
    let there = if node.running.is_empty() { Vec::new() } else { items(&resources::on_node(node, options)) };
    let within = if node.running.is_empty() { Vec::new() } else { vec![Entry::list("Resources", there)] };
    Entry::list(name, vec![Entry::Spans(status, within)])
}

fn state(node: &NodeView, options: &ViewOptions) -> Vec<Span> {
    let mut spans = vec![if node.online { classed("online", " online") } else { classed("offline", " OFFLINE") }];
    let idle = node.active == 0;
    let standby = match (node.standby_on_fail, node.standby) {
        (true, _) if idle => Some(" (in standby due to on-fail)"),
        (true, _) => Some(" (in standby due to on-fail, with active resources)"),
        (_, true) if idle => Some(" (in standby)"),
        (_, true) => Some(" (in standby, with active resources)"),
        _ => None,
    };
    spans.extend(standby.map(|text| classed("standby", text)));
    if node.maintenance {
        spans.push(classed("maint", " (in maintenance mode)"));
    }
    match node.health {
        Health::Red => spans.push(classed("health_red", " (health is RED)")),
        Health::Yellow => spans.push(classed("health_yellow", " (health is YELLOW)")),
        Health::Green => {}
    }
    if let Some(set) = node.feature_set.as_deref().filter(|_| options.detail) {
        spans.push(plain(format!(", feature set {set}")));
    }
    spans.extend(node.disk.as_ref().map(|disk| classed("warning", format!(" (disk: {disk})"))));
    spans.extend(node.engine.as_ref().map(|engine| classed("warning", format!(" (cluster: {engine})"))));
    spans
}

/// Nodes' attributes; of those that ping, what they should be.
pub fn attributes(view: &ClusterView, options: &ViewOptions) -> Vec<Entry> {
    view.attributes.iter().map(|node| attributes_of(node, options)).collect()
}

fn attributes_of(node: &NodeAttributes, options: &ViewOptions) -> Entry {
    let name = words::node_name(&node.node, &node.id, node.host.as_deref(), options);
    let entries = node.attributes.iter().map(|attribute| {
        let text = format!("{}: {}", attribute.name, attribute.value);
        let Some(expected) = attribute.expected else { return Entry::text(text) };
        let value: i64 = attribute.value.parse().unwrap_or(0);
        let remark = match value {
            ..=0 => Some("(connectivity is lost)".to_string()),
            value if value < expected => Some(format!("(connectivity is degraded -- expected {expected})")),
            _ => None,
        };
        Entry::spans(std::iter::once(plain(text)).chain(remark.map(|text| classed("bold", text))).collect())
    });
    Entry::list(format!("{name}:"), entries.collect())
}
