//! A view as titled lists of lines: what text and HTML have in common.
//!
//! In: [`ClusterView`] and [`ViewOptions`]. Out: [`Block`]s in the order they are shown.
//! Never here: bullets, tags, colours.

mod item;
pub mod resources;

pub use item::{Item, Subject, Tone};

use super::cluster::{
    BanView, ClusterView, FencingState, FencingView, NodeHistory, NodeKind, NodeView, Summary, TicketView,
};
use super::filter::{Section, ViewOptions};
use super::words;
use crate::score::Score;

/// A section with its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub section: Section,
    pub title: String,
    pub items: Vec<Item>,
    /// Said after the list, not part of it.
    pub warning: Vec<String>,
}

/// What `crm_mon` shows, in its order: the sections that are asked for and have something in them.
pub fn outline(view: &ClusterView, options: &ViewOptions) -> Vec<Block> {
    let mut blocks = Vec::new();
    let summary = summary(&view.summary, options);
    if !summary.items.is_empty() || !summary.warning.is_empty() {
        blocks.push(summary);
    }
    let mut add = |section, title: &str, items: Vec<Item>| {
        // Nothing failed is good news, too, for who asks; but someone must have told it.
        let good_news =
            matches!(section, Section::FailCounts | Section::Operations) && view.nodes.iter().any(|node| node.online);
        let some_nodes = section == Section::Nodes && !view.nodes.is_empty();
        let told = !items.is_empty() || good_news || some_nodes;
        if told && options.shows(section) {
            blocks.push(Block { section, title: title.to_string(), items, warning: Vec::new() });
        }
    };
    add(Section::Nodes, "Node List", nodes(view, options));
    let (title, items) = resources::listed(view, options);
    add(Section::Resources, title, items);
    add(Section::Attributes, "Node Attributes", attributes(view, options));
    let operations = options.shows(Section::Operations);
    add(Section::Operations, "Operations", histories(&view.history, options, true));
    if !operations {
        add(Section::FailCounts, "Migration Summary", histories(&view.history, options, false));
    }
    add(Section::Failures, "Failed Resource Actions", failures(view, options));
    add(Section::FencingFailed, "Failed Fencing Actions", fencing(view, options, &[FencingState::Failed]));
    add(Section::Tickets, "Tickets", view.tickets.iter().map(|ticket| self::ticket(ticket, options)).collect());
    add(Section::Bans, "Negative Location Constraints", view.bans.iter().map(|one| ban(one, options)).collect());
    if options.shows(Section::FencingSucceeded) {
        let states = [FencingState::Pending, FencingState::Succeeded];
        add(Section::FencingSucceeded, "Fencing History", fencing(view, options, &states));
    } else {
        add(Section::FencingPending, "Pending Fencing Actions", fencing(view, options, &[FencingState::Pending]));
    }
    blocks
}

fn summary(summary: &Summary, options: &ViewOptions) -> Block {
    let mut items = Vec::new();
    if options.shows(Section::Stack) {
        items.push(Item::plain(format!("Stack: {}", summary.stack)));
    }
    if options.shows(Section::Dc) {
        items.push(Item::plain(format!("Current DC: {}", dc(summary, options))));
    }
    if options.shows(Section::Times) {
        let by = summary.told_by.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
        items.push(Item::plain(format!("Last updated: {}{by}", words::time(summary.updated, &options.zone))));
        items.push(Item::plain(format!("Last change:  {}", last_change(summary))));
    }
    if options.shows(Section::Counts) {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let nodes = summary.nodes_configured;
        items.push(Item::plain(format!("{nodes} node{} configured", plural(nodes))));
        let instances = summary.instances;
        let counted = format!("{instances} resource instance{} configured", plural(instances));
        items.push(Item::plain(counted + &limited(summary)));
    }
    if options.shows(Section::Options) {
        items.extend(settings(summary));
    }
    let warning = if options.shows(Section::MaintenanceMode) { warning(summary) } else { Vec::new() };
    let title = if items.is_empty() { String::new() } else { "Cluster Summary".to_string() };
    Block { section: Section::Summary, title, items, warning }
}

/// Who leads, with version and quorum; `NONE` if nobody does.
pub fn dc(summary: &Summary, options: &ViewOptions) -> String {
    let Some(dc) = &summary.dc else { return "NONE".to_string() };
    let name = words::node_name(&dc.name, &dc.id, None, options);
    let version = dc.version.as_deref().unwrap_or("unknown");
    let mixed = if dc.mixed_versions { "MIXED-VERSION " } else { "" };
    let quorum = if summary.quorate { "with quorum" } else { "WITHOUT quorum" };
    format!("{name} (version {version}) - {mixed}partition {quorum}")
}

/// When the configuration was last changed, and by whom.
pub fn last_change(summary: &Summary) -> String {
    let change = &summary.change;
    let mut text = change.time.clone().unwrap_or_default();
    for (word, value) in [("by", &change.user), ("via", &change.client), ("on", &change.origin)] {
        if let Some(value) = value {
            text.push_str(&format!(" {word} {value}"));
        }
    }
    text
}

fn limited(summary: &Summary) -> String {
    let mut parts = Vec::new();
    if summary.disabled > 0 {
        parts.push(format!("{} DISABLED", summary.disabled));
    }
    if summary.blocked > 0 {
        parts.push(format!("{} BLOCKED from further action due to failure", summary.blocked));
    }
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// What the cluster's options say, in words.
pub fn settings(summary: &Summary) -> Vec<Item> {
    let fencing = if summary.fencing_enabled { "enabled" } else { "disabled" };
    let symmetric = if summary.symmetric { "symmetric" } else { "asymmetric" };
    vec![
        Item::plain(format!("Fencing of failed nodes {fencing}")),
        Item::plain(format!("Cluster is {symmetric}")),
        Item::plain(format!("No quorum policy: {}", words::no_quorum_policy(summary.no_quorum_policy))),
    ]
}

fn warning(summary: &Summary) -> Vec<String> {
    if summary.maintenance_mode {
        vec![
            "              *** Resource management is DISABLED ***".to_string(),
            "  The cluster will not attempt to start, stop or recover services".to_string(),
        ]
    } else if summary.stop_all_resources {
        vec![
            "    *** Resource management is DISABLED ***".to_string(),
            "  The cluster will keep all resources stopped".to_string(),
        ]
    } else {
        Vec::new()
    }
}

fn nodes(view: &ClusterView, options: &ViewOptions) -> Vec<Item> {
    if options.group_by_node {
        // Counting is for the busy; a node at peace is not worth a line then.
        let idle = |node: &&NodeView| options.brief && node.running.is_empty();
        let shown = view.nodes.iter().filter(|node| !idle(node));
        return shown.map(|node| node_with_resources(node, options)).collect();
    }
    let mut items = Vec::new();
    let mut lists: [(&str, Vec<&str>); 5] = [
        ("Online", Vec::new()),
        ("OFFLINE", Vec::new()),
        ("RemoteOnline", Vec::new()),
        ("RemoteOFFLINE", Vec::new()),
        ("GuestOnline", Vec::new()),
    ];
    for node in &view.nodes {
        let at = match node.kind {
            NodeKind::Member => 0,
            NodeKind::Remote => 2,
            NodeKind::Guest => 4,
        };
        match words::node_state(node).as_str() {
            _ if options.detail || options.nodes_one_by_one => items.push(node_item(node, options)),
            "online" => lists[at].1.push(&node.name),
            // A guest that is not there is not missed: its container tells.
            "OFFLINE" if node.kind == NodeKind::Guest => {}
            "OFFLINE" => lists[at + 1].1.push(&node.name),
            _ => items.push(node_item(node, options)),
        }
    }
    let tones = [Tone::Good, Tone::Bad];
    let filled = lists.iter().zip(tones.iter().cycle()).filter(|((_, names), _)| !names.is_empty());
    items.extend(filled.map(|((title, names), tone)| Item::new(format!("{title}: [ {} ]", names.join(" ")), *tone)));
    items
}

/// `Node n1: online`, with more as asked for.
pub fn node_line(node: &NodeView, options: &ViewOptions) -> String {
    let name = words::node_name(&node.name, &node.id, node.host.as_deref(), options);
    let mut text = format!("{} {name}: {}", words::node_kind(node.kind), words::node_state(node));
    if let Some(set) = node.feature_set.as_deref().filter(|_| options.detail) {
        text.push_str(&format!(", feature set {set}"));
    }
    text
}

fn node_item(node: &NodeView, options: &ViewOptions) -> Item {
    Item::new(node_line(node, options), node_tone(node)).about(Subject::Node(node.name.clone()))
}

/// How a node does, for colours.
pub fn node_tone(node: &NodeView) -> Tone {
    if node.unclean || !node.online {
        Tone::Bad
    } else if node.standby || node.standby_on_fail || node.maintenance || node.pending {
        Tone::Aside
    } else {
        Tone::Good
    }
}

fn node_with_resources(node: &NodeView, options: &ViewOptions) -> Item {
    let mut item = node_item(node, options);
    item.children.push(Item::heading("Resources", resources::on_node(node, options)));
    item
}

fn attributes(view: &ClusterView, options: &ViewOptions) -> Vec<Item> {
    let nodes = view.attributes.iter().map(|node| {
        let name = words::node_name(&node.node, &node.id, node.host.as_deref(), options);
        let lines = node.attributes.iter().map(|attribute| {
            let line = format!("{:<32}\t: {:<10}", attribute.name, attribute.value);
            match attribute.expected {
                None => Item::plain(line),
                Some(expected) => connectivity(line, attribute.value.parse().unwrap_or(0), expected),
            }
        });
        Item::heading(format!("Node: {name}"), lines.collect())
    });
    nodes.collect()
}

fn connectivity(line: String, value: i64, expected: i64) -> Item {
    if value <= 0 {
        Item::new(format!("{line}\t: Connectivity is lost"), Tone::Bad)
    } else if value < expected {
        Item::new(format!("{line}\t: Connectivity is degraded (Expected={expected})"), Tone::Warning)
    } else {
        Item::plain(line)
    }
}

/// Operations by node and resource; without operations, only resources that have failed.
fn histories(history: &[NodeHistory], options: &ViewOptions, with_operations: bool) -> Vec<Item> {
    let nodes = history.iter().map(|node| {
        let name = words::node_name(&node.node, &node.id, node.host.as_deref(), options);
        let worth = node.resources.iter().filter(|resource| resource.is_worth_telling(with_operations));
        let resources = worth.map(|resource| {
            let failed = resource.fail_count > Score::ZERO;
            let id = if with_operations { &resource.id } else { &resource.kept_as };
            let text = format!("{id}: {}", words::fail_counts(resource, &options.zone));
            let tone = if failed { Tone::Bad } else { Tone::Plain };
            let mut item = Item::new(text, tone);
            if with_operations {
                item.children.extend(resource.operations.iter().map(|one| Item::plain(words::operation(one, options))));
            }
            item
        });
        Item::heading(format!("Node: {name}"), resources.collect())
    });
    nodes.filter(|node: &Item| !node.children.is_empty()).collect()
}

fn failures(view: &ClusterView, options: &ViewOptions) -> Vec<Item> {
    view.failures.iter().map(|failure| Item::new(words::failure(failure, options), Tone::Bad)).collect()
}

fn fencing(view: &ClusterView, options: &ViewOptions, states: &[FencingState]) -> Vec<Item> {
    let of = view.fencing.iter().filter(|event| states.contains(&event.state));
    of.map(|event| fencing_line(event, later_success(event, &view.fencing), options)).collect()
}

/// Who did later what failed, best the same node.
fn later_success<'a>(event: &FencingView, all: &'a [FencingView]) -> Option<&'a str> {
    if event.state != FencingState::Failed {
        return None;
    }
    let later = all.iter().filter(|other| {
        other.state == FencingState::Succeeded
            && other.target.eq_ignore_ascii_case(&event.target)
            && other.action == event.action
            && other.completed > event.completed
    });
    let mut others = later.map(|other| other.delegate.as_deref().unwrap_or("some node"));
    let first = others.next()?;
    let same = |name: &&str| Some(*name) == event.delegate.as_deref();
    Some(std::iter::once(first).chain(others).find(same).unwrap_or(first))
}

/// One request to fence, with who asked and when as asked for.
pub fn fencing_line(event: &FencingView, later: Option<&str>, options: &ViewOptions) -> Item {
    let tone = match event.state {
        FencingState::Succeeded => Tone::Plain,
        FencingState::Failed => Tone::Bad,
        FencingState::Pending => Tone::Warning,
    };
    let mut text = match options.detail {
        true => words::fencing_technical(event, options),
        false => words::fencing_friendly(event, options),
    };
    if let Some(node) = later {
        text.push_str(&format!(" (a later attempt from {node} succeeded)"));
    }
    Item::new(text, tone)
}

fn ticket(ticket: &TicketView, options: &ViewOptions) -> Item {
    let state = if ticket.granted { "granted" } else { "revoked" };
    let standby = if ticket.standby { " [standby]" } else { "" };
    let last = ticket.last_granted.map(|moment| format!(" last-granted=\"{}\"", words::time(moment, &options.zone)));
    Item::plain(format!("{}\t{state}{standby}{}", ticket.id, last.unwrap_or_default()))
}

fn ban(ban: &BanView, options: &ViewOptions) -> Item {
    let node = words::node_name(&ban.node, &ban.node_id, ban.host.as_deref(), options);
    let role = if ban.promoted_only { "in Promoted role " } else { "" };
    Item::plain(format!("{}\tprevents {} from running {role}on {node}", ban.id, ban.resource))
}
