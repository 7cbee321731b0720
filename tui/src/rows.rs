//! The view as the lines of the screen, one under the other.
//!
//! In: a view, options, and the words to look for. Out: [`Row`]s.

use quorate_core::node::request::NodeStatus;
use quorate_core::view::ClusterView;
use quorate_core::view::filter::{Section, ViewOptions};
use quorate_core::view::outline::{Block, Item, Subject, Tone, outline};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub depth: usize,
    pub text: String,
    pub tone: Tone,
    pub title: bool,
    pub subject: Option<Subject>,
}

impl Row {
    fn blank() -> Row {
        Row::default()
    }
}

pub fn rows(view: &ClusterView, status: Option<&NodeStatus>, options: &ViewOptions, filter: &str) -> Vec<Row> {
    let mut blocks = outline(view, options);
    let after_nodes = blocks.iter().position(|block| block.section > Section::Nodes).unwrap_or(blocks.len());
    if let Some(block) = status.and_then(transition) {
        blocks.insert(after_nodes, block);
    }
    let needle = filter.to_lowercase();
    let mut rows: Vec<Row> = Vec::new();
    for block in &blocks {
        let mut lines = Vec::new();
        for item in &block.items {
            add(item, 1, &needle, &mut lines);
        }
        align(&mut lines);
        if lines.is_empty() && !needle.is_empty() {
            continue;
        }
        if !rows.is_empty() {
            rows.push(Row::blank());
        }
        rows.push(Row { text: block.title.clone(), title: true, tone: Tone::Heading, ..Row::default() });
        rows.extend(lines);
        let warnings = block.warning.iter().map(|line| line.trim().to_string());
        rows.extend(warnings.map(|text| Row { depth: 1, text, tone: Tone::Warning, ..Row::default() }));
    }
    rows
}

/// What the leader is carrying out.
fn transition(status: &NodeStatus) -> Option<Block> {
    let transition = status.transition.as_ref()?;
    let running = transition.running.iter().map(|(key, node)| Item::new(format!("{key} on {node}"), Tone::Warning));
    let title = format!("Transition {} ({} actions)", transition.id, transition.actions);
    Some(Block { section: Section::Nodes, title, items: running.collect(), warning: Vec::new() })
}

/// Adds an item and what is under it, as far as it has the words or leads to them.
fn add(item: &Item, depth: usize, needle: &str, rows: &mut Vec<Row>) -> bool {
    let matches = needle.is_empty() || item.text.to_lowercase().contains(needle);
    let at = rows.len();
    // Under a line that matches, everything is shown.
    let below = if matches { "" } else { needle };
    let mut found = matches;
    if !item.text.is_empty() {
        rows.push(row(item, depth));
    }
    for child in &item.children {
        found |= add(child, depth + 1, below, rows);
    }
    if !found {
        rows.truncate(at);
    }
    found
}

fn row(item: &Item, depth: usize) -> Row {
    let text = item.text.trim_end().to_string();
    Row { depth, text, tone: item.tone, title: false, subject: item.subject.clone() }
}

/// Tabs become columns: names of different depth and length, then agents, then states.
fn align(rows: &mut [Row]) {
    let width = |text: &str| text.chars().count();
    let columns = |row: &Row| row.text.split('\t').map(|part| part.trim().to_string()).collect::<Vec<_>>();
    let tables: Vec<(usize, Vec<String>)> =
        rows.iter().map(|row| (row.depth, columns(row))).filter(|(_, columns)| columns.len() > 2).collect();
    let first = tables.iter().map(|(depth, columns)| 2 * depth + width(&columns[0])).max().unwrap_or(0);
    let second = tables.iter().map(|(_, columns)| width(&columns[1])).max().unwrap_or(0);
    for row in rows.iter_mut().filter(|row| row.text.contains('\t')) {
        let parts = columns(row);
        row.text = match &parts[..] {
            [name, agent, rest @ ..] if !rest.is_empty() => {
                let name_width = first.saturating_sub(2 * row.depth);
                format!("{name:<name_width$} {agent:<second$} {}", rest.join(" "))
            }
            parts => parts.join(" "),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_become_columns_across_depths() {
        let row = |depth: usize, text: &str| Row { depth, text: text.to_string(), ..Row::default() };
        let mut rows = [row(1, "p1\t(ocf:Dummy):\t Started n1"), row(2, "member\t(a):\t Stopped"), row(1, "x\t: 1")];
        align(&mut rows);
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["p1       (ocf:Dummy): Started n1", "member (a):         Stopped", "x : 1"]);
    }

    #[test]
    fn a_filter_keeps_what_leads_to_a_match_and_what_is_under_one() {
        let leaf = |text: &str| Item::plain(text);
        let tree = Item::heading("group g", vec![leaf("p1 on n1"), leaf("p2 on n2")]);
        let shown = |needle: &str| {
            let mut rows = Vec::new();
            add(&tree, 1, needle, &mut rows);
            rows.into_iter().map(|row| row.text).collect::<Vec<_>>()
        };
        assert_eq!(shown("p2"), ["group g", "p2 on n2"]);
        assert_eq!(shown("group"), ["group g", "p1 on n1", "p2 on n2"]);
        assert!(shown("n3").is_empty());
    }
}
