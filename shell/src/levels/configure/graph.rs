//! The order of resources as a graph, in the language of graphviz or drawn by it.
//!
//! In: a configuration. Out: text, or a file.
//! Absent: graphs of transitions (see `history transition showdot`).

use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::cib::objects;
use quorate_core::xml::Element;
use std::path::Path;
use std::process::{Command, Stdio};

pub fn graph(session: &mut Session, call: &Call) -> Outcome {
    let configuration = session.stage()?.work().configuration().clone();
    draw(session, call, 0, &configuration)
}

/// `[dot [FILE [FORMAT]]]`, the words behind the first `skipped`.
pub fn draw(session: &mut Session, call: &Call, skipped: usize, configuration: &Element) -> Outcome {
    if let Some(word) = call.argument(skipped).filter(|word| *word != "dot") {
        return Err(Failure::at(call.span(skipped), format!("`{word}` is no sort of graph; `dot` is")));
    }
    let dot = dot(configuration);
    let Some(file) = call.argument(skipped + 1) else {
        session.ui.print(&dot);
        return Ok(());
    };
    let path = Path::new(file);
    match call.argument(skipped + 2) {
        Some("dot") | None => std::fs::write(path, dot).map_err(|error| Failure::file(path, &error)),
        Some(format) => picture(session.options.get("core.dot"), &dot, file, format),
    }
}

fn picture(program: &str, dot: &str, file: &str, format: &str) -> Outcome {
    let mut child = Command::new(program)
        .args([&format!("-T{format}"), "-o", file])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::refused(format!("`{program}` (graphviz) cannot be run: {error}")))?;
    let mut input = child.stdin.take().expect("the pipe was asked for");
    let written = std::io::Write::write_all(&mut input, dot.as_bytes());
    drop(input);
    let status = child.wait().map_err(|error| Failure::refused(format!("graphviz: {error}")))?;
    match written.is_ok() && status.success() {
        true => Ok(()),
        false => Err(Failure::refused(format!("graphviz failed ({status})"))),
    }
}

fn dot(configuration: &Element) -> String {
    let mut text = String::from("digraph order {\n");
    for object in objects::sorted(configuration) {
        if objects::is_resource(object.element) {
            text.push_str(&format!(
                "  \"{}\" [shape={}];\n",
                object.id,
                if object.kind == "primitive" { "box" } else { "ellipse" }
            ));
            let inside: Vec<&str> =
                object.element.elements().filter(|child| objects::is_resource(child)).filter_map(Element::id).collect();
            for pair in inside.windows(2).filter(|_| object.kind == "group") {
                text.push_str(&format!("  \"{}\" -> \"{}\" [style=dotted];\n", pair[0], pair[1]));
            }
        }
        if object.kind == "order" {
            let style = match object.element.attr("kind") {
                Some("Optional") => "dashed",
                _ => "solid",
            };
            for (first, then) in edges(object.element) {
                text.push_str(&format!("  \"{first}\" -> \"{then}\" [style={style}, label=\"{}\"];\n", object.id));
            }
        }
    }
    text + "}\n"
}

/// Who comes before whom in an order, its sets unrolled.
fn edges(order: &Element) -> Vec<(String, String)> {
    if let (Some(first), Some(then)) = (order.attr("first"), order.attr("then")) {
        return vec![(first.to_string(), then.to_string())];
    }
    let mut found = Vec::new();
    let mut before: Vec<String> = Vec::new();
    for set in order.elements_named("resource_set") {
        let members: Vec<String> = set.elements().filter_map(Element::id).map(str::to_string).collect();
        let sequential = set.attr("sequential") != Some("false");
        let (entries, exits) = match (&members[..], sequential) {
            ([first, .., last], true) => (vec![first.clone()], vec![last.clone()]),
            _ => (members.clone(), members.clone()),
        };
        found.extend(before.iter().flat_map(|one| entries.iter().map(move |other| (one.clone(), other.clone()))));
        if sequential {
            found.extend(members.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())));
        }
        before = exits;
    }
    found
}
