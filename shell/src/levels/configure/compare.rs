//! Configurations beside each other: diff, checkpoints; and the texts of them: fmt, graph, rule-test.
//!
//! In: calls. Out: text; checkpoints live as long as the session.

use super::look::{differ, print_diff};
use super::{FORCE, XML};
use crate::command::Call;
use crate::configure::{build, show, stage};
use crate::error::{Failure, Origin, Outcome};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::cib::decode::attribute_sets_of;
use quorate_core::cib::diff::diff as patch;
use quorate_core::cib::objects;
use quorate_core::rules::evaluate::{Recheck, holds};
use quorate_core::rules::expression::Facts;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Kind, Place};
use quorate_grammar::{Diagnostic, crm};
use quorate_tools::clock;
use std::collections::BTreeMap;
use std::path::Path;

/// A document by what it is called: `live`, `base`, `work`, `checkpoint:NAME`, `shadow:NAME`, or a file.
fn named(session: &mut Session, call: &Call, at: usize) -> Outcome<Document> {
    let name = call.required(at).to_string();
    match name.split_once(':') {
        _ if name == "live" => {
            let home = session.environment.home();
            session.read_from(&home)
        }
        _ if name == "base" => Ok(session.stage()?.base().clone()),
        _ if name == "work" => Ok(session.stage()?.work().clone()),
        Some(("checkpoint", name)) => session
            .kept
            .checkpoints
            .get(name)
            .cloned()
            .ok_or_else(|| Failure::at(call.span(at), format!("there is no checkpoint `{name}`"))),
        Some(("shadow", name)) => {
            let shadow = session.environment.shadow(name);
            session.read_from(&shadow)
        }
        // Kept scheduler inputs, too, which are packed.
        _ if Path::new(&name).is_file() => quorate_tools::input::read_cib(Path::new(&name))
            .map_err(|error| Failure::refused(format!("{name}: {error}"))),
        _ => Err(Failure::at(call.span(at), format!("`{name}` is no configuration"))
            .hint("there are live, base, work, checkpoint:NAME, shadow:NAME and files")),
    }
}

pub fn diff(session: &mut Session, call: &Call) -> Outcome {
    if call.arguments.is_empty() && !call.has(XML) {
        return print_diff(session);
    }
    let old = if call.arguments.is_empty() { session.stage()?.base().clone() } else { named(session, call, 0)? };
    let new = if call.arguments.len() < 2 { session.stage()?.work().clone() } else { named(session, call, 1)? };
    if call.has(XML) {
        let text = quorate_core::xml::write_pretty(&patch(&old, &new).to_xml());
        session.ui.print(&text);
        return Ok(());
    }
    let names = [call.argument(0).unwrap_or("base"), call.argument(1).unwrap_or("work")];
    differ(session, &old, &new, names[0], names[1]);
    Ok(())
}

pub fn checkpoint(session: &mut Session, call: &Call) -> Outcome {
    let name = call.argument(1).map(str::to_string);
    match (call.argument(0).unwrap_or("list"), name) {
        ("list", None) => {
            let names: Vec<String> = session.kept.checkpoints.keys().cloned().collect();
            names.iter().for_each(|name| session.ui.line(name));
            Ok(())
        }
        ("save", Some(name)) => {
            if session.kept.checkpoints.contains_key(&name) && !call.has(FORCE) {
                return Err(Failure::at(call.span(1), format!("there is a checkpoint `{name}` already"))
                    .hint("choose another name, or use --force to give this one to the configuration as it is now"));
            }
            let document = session.stage()?.work().clone();
            session.kept.checkpoints.insert(name, document);
            Ok(())
        }
        ("restore", Some(name)) => {
            let Some(document) = session.kept.checkpoints.get(&name).cloned() else {
                return Err(Failure::at(call.span(1), format!("there is no checkpoint `{name}`")));
            };
            let work = stage::with_configuration(&document, session.stage()?.work());
            session.stage()?.put(&format!("checkpoint restore {name}"), work);
            Ok(())
        }
        ("delete", Some(name)) => match session.kept.checkpoints.remove(&name) {
            Some(_) => Ok(()),
            None => Err(Failure::at(call.span(1), format!("there is no checkpoint `{name}`"))),
        },
        ("save" | "restore" | "delete", None) => {
            Err(Failure::usage("which checkpoint?").hint("checkpoint save|restore|delete NAME"))
        }
        ("list", Some(_)) => Err(Failure::misused(call.span(1), "`checkpoint list` lists them all")),
        (word, _) => Err(Failure::at(call.span(0), format!("`{word}` is none of save, restore, delete, list"))),
    }
}

/// Statements in the one form and order that `show` has, fit to be kept in git.
pub fn fmt(session: &mut Session, call: &Call) -> Outcome {
    let file = call.required(0);
    let text = crate::configure::load::read(session, file)?;
    let origin = Origin { name: file.to_string(), text };
    let (mut statements, diagnostics) = crm::parse(&origin.text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(diagnostics).in_text(origin));
    }
    session.ui.diagnostics(&diagnostics, &origin);
    statements.sort_by_cached_key(|statement| {
        let id = statement.kind.id().map_or(String::new(), |id| id.text.clone());
        (objects::rank(statement.kind.keyword()), id)
    });
    session.ui.print(&show::text(&statements));
    Ok(())
}

// ---- rules -------------------------------------------------------------------------------------------

/// Does a rule hold, for which nodes, until when?
pub fn rule_test(session: &mut Session, call: &Call) -> Outcome {
    let document = session.stage()?.work().clone();
    let rules = rules_named(&document, call)?;
    let now = match call.argument(2) {
        Some(text) => {
            let no_date = || Failure::at(call.span(2), format!("`{text}` is no ISO 8601 date"));
            clock::supposed(text).ok_or_else(no_date)?
        }
        None => clock::now(),
    };
    let names = objects::all_node_names(document.configuration());
    let nodes: Vec<String> = match call.argument(1).filter(|node| *node != "all") {
        Some(node) if names.iter().any(|name| name == node) => vec![node.to_string()],
        Some(node) => return Err(Failure::at(call.span(1), format!("there is no node `{node}`"))),
        None => names,
    };
    for element in rules {
        let mut holder = Element::new("x");
        let id = element.id().unwrap_or("rule").to_string();
        holder.push(Element::new("instance_attributes").with("id", "x").with_child(element));
        let (sets, notes) = attribute_sets_of(&holder, "instance_attributes");
        for note in notes {
            session.ui.warn(&note.message);
        }
        let Some(rule) = sets.first().and_then(|set| set.rule.as_ref()) else {
            return Err(Failure::refused(format!("`{id}` cannot be read as a rule")));
        };
        for node in &nodes {
            let attributes = attributes_of(&document, node);
            let facts = Facts { node_attributes: Some(&attributes), ..Facts::default() };
            let mut recheck = Recheck::default();
            let holds = holds(rule, &facts, now, &mut recheck);
            let until = recheck.moment().map_or(String::new(), |moment| format!(" (until {})", clock::text(moment)));
            session.ui.line(&format!("{id} on {node}: {}{until}", if holds { "holds" } else { "does not hold" }));
        }
    }
    Ok(())
}

/// The rule with this id, those of the object with it, or the text itself.
fn rules_named(document: &Document, call: &Call) -> Outcome<Vec<Element>> {
    let word = call.required(0);
    let configuration = document.configuration();
    let known = configuration.descendants().find(|part| part.id() == Some(word));
    if let Some(element) = known {
        let rules: Vec<Element> =
            element.descendants().filter(|part| part.name == "rule" && part.id().is_some()).cloned().collect();
        return match rules.is_empty() {
            true => Err(Failure::at(call.span(0), format!("`{word}` has no rule"))),
            false => Ok(rules),
        };
    }
    let text = word.strip_prefix("rule ").unwrap_or(word);
    if !text.contains(' ') {
        return Err(Failure::at(call.span(0), format!("there is no `{word}`")));
    }
    let line = format!("location rule-test x rule {text}");
    let (statements, diagnostics) = crm::parse(&line);
    match statements.first().map(|statement| &statement.kind) {
        Some(Kind::Location(location)) => match &location.place {
            Place::Rules(rules) => Ok(rules.iter().map(|rule| build::rule(rule).with("id", "rule")).collect()),
            _ => Err(Failure::at(call.span(0), "this is no rule")),
        },
        _ => Err(Failure::input(diagnostics).in_text(Origin { name: "rule".into(), text: line })),
    }
}

/// What rules may ask of a node: what is configured, and what is built in.
fn attributes_of(document: &Document, node: &str) -> BTreeMap<String, String> {
    let Some(object) = objects::find_node(document.configuration(), node) else { return BTreeMap::new() };
    let sets = object.element.elements_named("instance_attributes");
    let transient = document.status().elements().filter(|state| state.attr("uname") == Some(node));
    let transient = transient.flat_map(Element::descendants).filter(|part| part.name == "instance_attributes");
    let pairs = sets.chain(transient).flat_map(Element::elements);
    let mut attributes: BTreeMap<String, String> =
        pairs.filter_map(|pair| Some((pair.attr("name")?.to_string(), pair.attr("value")?.to_string()))).collect();
    let kind = if object.element.attr("type") == Some("remote") { "remote" } else { "cluster" };
    for (name, value) in [("#uname", node), ("#id", &object.id), ("#kind", kind)] {
        attributes.insert(name.to_string(), value.to_string());
    }
    attributes
}
