//! The plan as a picture for Graphviz.
//!
//! In: a plan whose graph was emitted. Out: text. Colours: green is in the graph, red cannot run, orange is pseudo.

use super::act::{Action, Plan};
use super::input::Drawing;
use super::relation::{Relation, Task};
use super::table::{ActionId, Id};
use std::fmt::Write;

/// The plan's actions and their orderings as a picture, in Graphviz's language.
pub fn dot(plan: &Plan, drawing: Drawing) -> String {
    let mut text = String::from(" digraph \"g\" {\n");
    let mut shown = vec![false; plan.actions.len()];
    for action in plan.actions.ids().rev() {
        let row = &plan.actions[action];
        let managed = row.resource.is_none_or(|id| plan.resources[id].managed);
        let plain = if row.pseudo { "orange" } else { "black" };
        let (style, colour, font) = match row.in_graph {
            true => ("bold", "green", plain),
            false if (!managed || row.optional) && !drawing.all => continue,
            false if !managed => ("dashed", "red", "purple"),
            false if row.optional => ("dashed", "blue", plain),
            false => ("dashed", "red", plain),
        };
        shown[action.at()] = true;
        writeln!(text, "\"{}\" [ style={style} color=\"{colour}\" fontcolor=\"{font}\"]", label(plan, action, drawing))
            .expect("strings take all text");
    }
    for action in plan.actions.ids().rev() {
        write_inputs(plan, action, &shown, drawing, &mut text);
    }
    text.push_str("}\n");
    text
}

fn write_inputs(plan: &Plan, action: ActionId, shown: &[bool], drawing: Drawing, text: &mut String) {
    let row = &plan.actions[action];
    for edge in &row.before {
        let both_shown = shown[edge.action.at()] && shown[action.at()];
        let counts = both_shown && edge.relation != Relation::IF_ON_SAME_NODE_OR_TARGET;
        let style = if edge.graphed {
            "bold"
        } else if !edge.relation.is_none() && (counts || drawing.all) {
            "dashed"
        } else {
            continue;
        };
        let (before, after) = (label(plan, edge.action, drawing), label(plan, action, drawing));
        writeln!(text, "\"{before}\" -> \"{after}\" [ style = {style}]").expect("strings take all text");
    }
}

fn label(plan: &Plan, action: ActionId, drawing: Drawing) -> String {
    let name = name(plan, &plan.actions[action]);
    if drawing.numbers { format!("{name} ({})", action.at() + 1) } else { name }
}

fn name(plan: &Plan, row: &Action) -> String {
    let host = match row.node {
        Some(node) => Some(plan.situation.nodes[node].name.as_str()),
        None if !row.pseudo => Some("<none>"),
        None => None,
    };
    let prefix = if row.task == Task::Cancel { "Cancel " } else { "" };
    let with_host = |text: String| match host {
        Some(host) => format!("{prefix}{text} {host}"),
        None => format!("{prefix}{text}"),
    };
    let history = row.resource.and_then(|id| plan.resource(id).history_id.as_deref());
    if let Some(history) = history {
        if matches!(row.task, Task::Notify | Task::Notified) {
            let word = |key: &str, or: &str| row.meta(key).or_else(|| row.meta(or)).unwrap_or("").to_owned();
            let (kind, task) =
                (word("notify_key_type", "notify_type"), word("notify_key_operation", "notify_operation"));
            return with_host(format!("{history}_{kind}_notify_{task}_0"));
        }
        let task = row.cancels.as_ref().unwrap_or(&row.task);
        return with_host(format!("{history}_{task}_{}", row.interval_ms()));
    }
    if row.task == Task::Stonith {
        return with_host(format!("stonith '{}'", row.meta("stonith_action").unwrap_or("")));
    }
    match row.resource {
        Some(id) => {
            let key = row.key.text(&plan.resource(id).id);
            if host.is_some() { with_host(key) } else { key }
        }
        None if host.is_some() => with_host(row.task.to_string()),
        None => row.name.clone(),
    }
}
