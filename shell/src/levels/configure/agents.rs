//! What agents can do for the configuration: their advised timeouts, and their own validation.
//!
//! In: calls. Out: a changed work copy, or an agent's verdict.

use super::change::work_on;
use crate::catalogue::AgentName;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::trial::subject::{Subjects, Told};
use crate::trial::validation::{self, VALIDATE};
use quorate_core::cib::objects;
use quorate_core::xml::{Element, Node};
use quorate_grammar::literal;
use quorate_tools::clock;
use std::sync::Arc;

/// Raises the timeouts of a resource's operations to what its agent advises.
pub fn default_timeouts(session: &mut Session, call: &Call) -> Outcome {
    work_on(session, call, |session, document| {
        for at in 0..call.arguments.len() {
            let id = call.required(at);
            let Some(object) = objects::find_resource(document.configuration(), id) else {
                return Err(Failure::at(call.span(at), format!("there is no resource `{id}`")));
            };
            let agent = agent_of(object.element).ok_or_else(|| {
                Failure::at(call.span(at), format!("`{id}` is a {}; only primitives have an agent", object.kind))
            })?;
            let Some(metadata) = session.agents.metadata(&session.environment.ocf_root, &agent) else {
                return Err(Failure::at(call.span(at), format!("the agent of `{id}` is not here")));
            };
            let place = object.place.clone();
            let advised = |name: &str| {
                let action = metadata.actions.iter().find(|action| action.name == name);
                action.and_then(|action| action.timeout.clone())
            };
            raise_timeouts(objects::at_mut(document.configuration_mut(), &place), &advised);
        }
        Ok(())
    })
}

fn agent_of(element: &Element) -> Option<AgentName<'_>> {
    Some(AgentName { class: element.attr("class")?, provider: element.attr("provider"), name: element.attr("type")? })
}

fn raise_timeouts(primitive: &mut Element, advised: &dyn Fn(&str) -> Option<String>) {
    let Some(operations) = primitive.find_mut(|child| child.name == "operations") else { return };
    let ms = |text: &str| literal::interval_ms(text).unwrap_or(0);
    for node in &mut operations.children {
        let Node::Element(op) = node else { continue };
        let Some(least) = op.attr("name").and_then(advised) else { continue };
        if op.attr("timeout").is_none_or(|given| ms(given) < ms(&least)) {
            Arc::make_mut(op).set("timeout", least);
        }
    }
}

/// Runs the agent's own check with the parameters as they are now.
pub fn validate_all(session: &mut Session, call: &Call) -> Outcome {
    let document = session.stage()?.work().clone();
    let id = call.required(0);
    let Some(object) = objects::find_resource(document.configuration(), id) else {
        return Err(Failure::at(call.span(0), format!("there is no resource `{id}`")));
    };
    let Some(agent) = agent_of(object.element).filter(|agent| agent.class == "ocf") else {
        return Err(Failure::at(call.span(0), format!("`{id}` has no OCF agent that could validate it")));
    };
    let metadata = session.agents.metadata(&session.environment.ocf_root, &agent);
    let subjects = Subjects::of(&document, clock::now());
    let told = subjects.told(id, &session.environment.node.host, VALIDATE);
    let (Some(subject), Some(told)) = (subjects.subject(id), told) else {
        return Err(Failure::at(call.span(0), format!("`{id}` is a template, of which nothing runs")));
    };
    let told = Told { timeout: validation::time(metadata.as_deref()), ..told };
    let ran = validation::ask(&session.environment, &subject, &told, &session.interrupted);
    session.ui.print(&ran.output);
    validation::verdict(&ran, &format!("the agent does not find `{id}` right"))?;
    session.ui.info(&format!("the agent finds `{id}` right"));
    Ok(())
}
