//! `configure assist`: several steps that belong together, made at once.
//!
//! In: calls. Out: a template that primitives share, or a bond between resources, on the stage.
//! Absent: single statements (see `configure`).

use crate::check;
use crate::command::{Call, Command, Level, Run, What, some};
use crate::configure::lower::{Mode, lower_and_note};
use crate::error::{Failure, Outcome};
use crate::levels::configure::change::{tell, work_on};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::cib::objects::{self, Object};
use quorate_core::xml::Element;
use quorate_grammar::crm;
use quorate_grammar::line::{self, Token};
use std::collections::BTreeSet;

pub static LEVEL: Level = Level {
    name: "assist",
    help: "several steps that belong together, made at once",
    commands: &[
        Command {
            name: "template",
            arguments: &[some("primitive", What::Primitive)],
            help: "make a template of the agent that primitives share, and let them use it",
            details: "The template is called template-TYPE-1, or the next number that is free. Parameters, meta attributes\nand operations stay with the primitives.",
            examples: &["template db1 db2"],
            run: Run::Do(template),
            ..Command::DEFAULT
        },
        Command {
            name: "weak-bond",
            aliases: &["weak_bond"],
            arguments: &[some("primitive", What::Primitive)],
            help: "keep resources on one node without letting one need another",
            details: "They become a set without order, colocated with a resource that does nothing: where one fails, the\nothers go on.",
            examples: &["weak-bond ip app"],
            run: Run::Do(weak_bond),
            ..Command::DEFAULT
        },
    ],
};

/// The primitives that are named, each once.
fn primitives<'d>(document: &'d Document, call: &Call) -> Outcome<Vec<Object<'d>>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (at, id) in call.words().iter().enumerate() {
        let Some(object) = objects::find_resource(document.configuration(), id) else {
            return Err(Failure::at(call.span(at), format!("there is no resource `{id}`")));
        };
        if object.kind != "primitive" {
            return Err(Failure::at(call.span(at), format!("`{id}` is a {}, not a primitive", object.kind)));
        }
        if !seen.insert(id.clone()) {
            return Err(Failure::at(call.span(at), format!("`{id}` is named twice")));
        }
        found.push(object);
    }
    Ok(found)
}

/// The first of these names with a number that nothing is called yet, not even in other letters.
fn unused(document: &Document, start: &str) -> String {
    let elements = document.configuration().descendants();
    let taken: BTreeSet<String> = elements.filter_map(|element| element.id().map(str::to_lowercase)).collect();
    let free = |name: &String| !taken.contains(name);
    (1..).map(|number| format!("{start}{number}")).find(free).expect("numbers do not end")
}

// ---- template ----------------------------------------------------------------------------------------------

fn template(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let document = session.stage()?.work().clone();
    let primitives = primitives(&document, call)?;
    let used = |object: &Object| object.element.attr("template").map(str::to_string);
    if primitives.iter().all(|object| used(object).is_some()) {
        session.ui.info("all of them use a template already");
        return Ok(());
    }
    let agent = agent(primitives[0].element);
    for (at, object) in primitives.iter().enumerate() {
        if let Some(template) = used(object) {
            return Err(Failure::at(call.span(at), format!("`{}` uses the template `{template}` already", object.id)));
        }
        let other = self::agent(object.element);
        if other != agent {
            let message = format!("`{}` is {other}, not {agent} as `{}`", object.id, primitives[0].id);
            return Err(Failure::at(call.span(at), message).hint("primitives share a template if they share an agent"));
        }
    }
    let kind = primitives[0].element.attr("type").unwrap_or_default().to_lowercase();
    let name = unused(&document, &format!("template-{kind}-"));
    let places: Vec<_> = primitives.iter().map(|object| object.place.clone()).collect();
    work_on(session, call, |session, document| {
        for place in &places {
            let primitive = objects::at_mut(document.configuration_mut(), place);
            for attribute in ["class", "provider", "type"] {
                primitive.unset(attribute);
            }
            primitive.set("template", &name);
        }
        put(session, document, &format!("rsc_template {name} {agent} "), &[], "")
    })?;
    session.ui.info(&format!("made the template {name}"));
    Ok(())
}

fn agent(primitive: &Element) -> String {
    let parts = ["class", "provider", "type"].into_iter().filter_map(|attribute| primitive.attr(attribute));
    parts.collect::<Vec<_>>().join(":")
}

// ---- weak-bond -----------------------------------------------------------------------------------------------

fn weak_bond(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let document = session.stage()?.work().clone();
    let primitives = primitives(&document, call)?;
    if primitives.len() < 2 {
        return Err(Failure::at(call.span(0), "a bond is between two resources at least"));
    }
    let (constraint, dummy) = (unused(&document, "place-constraint-"), unused(&document, "place-dummy-"));
    work_on(session, call, |session, document| {
        put(session, document, &format!("primitive {dummy} ocf:heartbeat:Dummy "), &[], "")?;
        put(session, document, &format!("colocation {constraint} inf: ( "), &call.arguments, &format!(") {dummy} "))
    })?;
    session.ui.info(&format!("made the colocation {constraint} with the resource {dummy}, which does nothing"));
    Ok(())
}

/// Puts a statement into the document: ours, but for the words in its middle, which somebody typed.
fn put(session: &mut Session, document: &mut Document, start: &str, typed: &[Token], end: &str) -> Outcome {
    let words = |text: &str| line::standing(text).before;
    let tokens = [words(start), typed.to_vec(), words(end)].concat();
    let (statement, found) = crm::parse_words(&tokens);
    let Some(statement) = statement else { return Err(Failure::input(found)) };
    let statements = [statement];
    let mut notes = Vec::new();
    let found =
        lower_and_note(&statements, Mode::Create, document.configuration_mut(), session.catalogue(), &mut notes);
    notes.iter().for_each(|note| session.ui.info(note));
    if !found.is_empty() {
        return Err(Failure::input(found));
    }
    let found = check::found_in(session, document, &statements);
    tell(session, found)
}
