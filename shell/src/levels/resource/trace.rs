//! `resource trace`, `untrace`: agents that tell every step they take, operation by operation.
//!
//! In: calls. Out: the changed configuration. Agents look at their parameter `trace_ra`
//! (resource-agents, "Tracing"); it stands among the parameters of the operation.
//! Absent: the traces themselves, which the agents write.

use super::{missing, resource, steer::steer};
use crate::catalogue::AgentName;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::admin::attribute::{self, Sort};
use quorate_core::cib::objects;
use quorate_core::cib::pool::Pool;
use quorate_core::xml::Element;
use quorate_grammar::literal;

/// Where agents write unless a directory is said.
const DIRECTORY: &str = "/var/lib/heartbeat/trace_ra";

/// The operations that are meant.
struct Meant {
    name: Option<String>,
    /// As written.
    interval: Option<String>,
    directory: Option<String>,
}

impl Meant {
    fn of(call: &Call) -> Outcome<Meant> {
        let mut meant = Meant { name: None, interval: None, directory: None };
        for (at, word) in call.words().into_iter().enumerate().skip(1) {
            match word {
                word if word.starts_with('/') && meant.directory.is_none() => meant.directory = Some(word),
                word if at == 1 => meant.name = Some(word),
                word if meant.interval.is_none() && literal::interval_ms(&word).is_ok() => meant.interval = Some(word),
                word => {
                    let text = format!("`{word}` is neither an interval such as 10s nor a directory");
                    return Err(Failure::misused(call.span(at), text));
                }
            }
        }
        Ok(meant.with_probe())
    }

    /// A probe is a monitor that does not recur.
    fn with_probe(mut self) -> Meant {
        if self.name.as_deref() == Some("probe") {
            self.name = Some("monitor".to_string());
            self.interval.get_or_insert_with(|| "0".to_string());
        }
        self
    }

    fn covers(&self, operation: &Element) -> bool {
        let ms = |text: &str| literal::interval_ms(text).unwrap_or(0);
        self.name.as_deref().is_none_or(|name| operation.attr("name") == Some(name))
            && self.interval.as_deref().is_none_or(|text| ms(text) == ms(operation.attr("interval").unwrap_or("0")))
    }
}

pub fn trace(session: &mut Session, call: &Call) -> Outcome {
    let meant = Meant::of(call)?;
    let id = primitive(session, call)?;
    check_operation(session, call, &id, &meant)?;
    check_monitor(session, call, &id, &meant)?;
    let restart = match meant.name.as_deref() {
        None | Some("monitor") => "non-monitor operations".to_string(),
        Some(name) => format!("the {name} operation"),
    };
    let agent = objects::find_resource(session.document()?.configuration(), &id)
        .and_then(|object| object.element.attr("type").map(str::to_string))
        .unwrap_or_default();
    let place = meant.directory.clone().unwrap_or_else(|| format!("{DIRECTORY}/{agent}"));
    steer(session, call, |_, document| {
        let configuration = document.configuration_mut();
        let mut pool = Pool::of(configuration);
        let Some(found) = objects::find_resource(configuration, &id) else { return Ok(()) };
        let promotable = is_promotable(configuration, &found.place);
        let object = objects::at_mut(configuration, &found.place);
        add_operations(object, &id, &meant, promotable, &mut pool);
        for_operations(object, &meant, |operation| {
            attribute::set(operation, Sort::Parameter, "trace_ra", "1", &mut pool);
            if let Some(directory) = &meant.directory {
                attribute::set(operation, Sort::Parameter, "trace_dir", directory, &mut pool);
            }
        });
        Ok(())
    })?;
    session.ui.info(&format!("traces of {id} go to {place}; what runs must be restarted to trace {restart}"));
    Ok(())
}

pub fn untrace(session: &mut Session, call: &Call) -> Outcome {
    let meant = Meant::of(call)?;
    let id = primitive(session, call)?;
    if let Some(name) = &meant.name {
        let document = session.document()?;
        let found = objects::find_resource(document.configuration(), &id);
        let operations = found.into_iter().flat_map(|object| object.element.elements_named("operations"));
        if !operations.flat_map(|all| all.elements_named("op")).any(|operation| meant.covers(operation)) {
            return Err(Failure::at(call.span(1), format!("`{id}` has no such operation {name}")));
        }
    }
    let mut traced = 0;
    steer(session, call, |_, document| {
        let configuration = document.configuration_mut();
        let Some(found) = objects::find_resource(configuration, &id) else { return Ok(()) };
        let object = objects::at_mut(configuration, &found.place);
        for_operations(object, &meant, |operation| {
            let was = attribute::unset(operation, Sort::Parameter, "trace_ra");
            attribute::unset(operation, Sort::Parameter, "trace_dir");
            traced += usize::from(was);
            if was && operation.children.is_empty() && is_bare(operation) {
                operation.set("name", "");
            }
        });
        // Operations that were only there to be traced.
        if let Some(operations) = object.find_mut(|part| part.name == "operations") {
            operations.retain_elements(|operation| operation.attr("name") != Some(""));
        }
        object.retain_elements(|part| part.name != "operations" || !part.children.is_empty());
        Ok(())
    })?;
    match traced {
        0 => session.ui.info(&format!("nothing of {id} is traced")),
        _ => session.ui.info(&format!("{id} is not traced any more")),
    }
    Ok(())
}

/// The primitive that is named: others have no operations of their own.
fn primitive(session: &mut Session, call: &Call) -> Outcome<String> {
    let document = session.document()?;
    let object = resource(&document, call)?;
    if object.element.name == "primitive" {
        return Ok(object.id);
    }
    let members: Vec<&str> = super::look::primitives(object.element);
    Err(Failure::at(call.span(0), format!("`{}` is no primitive", object.id))
        .hint(format!("its primitives are {}", members.join(", "))))
}

/// An agent that tells which operations it has is believed.
fn check_operation(session: &mut Session, call: &Call, id: &str, meant: &Meant) -> Outcome {
    let document = session.document()?;
    let Some(name) = &meant.name else { return Ok(()) };
    let Some(object) = objects::find_resource(document.configuration(), id) else {
        return Err(missing(document.configuration(), id, call, 0));
    };
    let of = |name: &str| object.element.attr(name);
    let agent = AgentName {
        class: of("class").unwrap_or_default(),
        provider: of("provider"),
        name: of("type").unwrap_or_default(),
    };
    match session.agents.metadata(&session.environment.ocf_root, &agent) {
        Some(metadata) if !metadata.offers(name) && name != "notify" => {
            let names: Vec<&str> = metadata.actions.iter().map(|action| action.name.as_str()).collect();
            Err(Failure::at(call.span(1), format!("{agent} has no operation `{name}`"))
                .hint(format!("it has {}", names.join(", "))))
        }
        _ => Ok(()),
    }
}

/// What is traced does not begin to be done for that: a monitor, or an operation at an interval, must be
/// configured. A probe (interval 0) is run in any case.
fn check_monitor(session: &mut Session, call: &Call, id: &str, meant: &Meant) -> Outcome {
    let document = session.document()?;
    let Some(name) = &meant.name else { return Ok(()) };
    let recurs = |text: &str| literal::interval_ms(text).is_ok_and(|ms| ms > 0);
    if !meant.interval.as_deref().map_or(name == "monitor", recurs) {
        return Ok(());
    }
    let found = objects::find_resource(document.configuration(), id);
    let operations = found.into_iter().flat_map(|object| object.element.elements_named("operations"));
    let operations: Vec<&Element> = operations.flat_map(|all| all.elements_named("op")).collect();
    if operations.iter().any(|operation| meant.covers(operation)) {
        return Ok(());
    }
    let of_name = operations.iter().filter(|operation| operation.attr("name") == Some(name));
    let intervals: Vec<&str> = of_name.filter_map(|operation| operation.attr("interval")).collect();
    let (at, message) = match &meant.interval {
        Some(interval) => (2, format!("`{id}` has no operation {name} every {interval}")),
        None => (1, format!("`{id}` has no operation {name}")),
    };
    let failure = Failure::at(call.span(at), message);
    Err(match intervals.is_empty() {
        true => failure,
        false => failure.hint(format!("it has it every {}", intervals.join(", "))),
    })
}

fn is_promotable(configuration: &Element, place: &[usize]) -> bool {
    (2..place.len()).any(|at| {
        let around = objects::at(configuration, &place[..at]);
        let marked = attribute::get(around, Sort::Meta, "promotable").is_some_and(|v| literal::boolean(v) == Ok(true));
        around.name == "master" || marked
    })
}

/// What is to be traced must be configured.
fn add_operations(object: &mut Element, id: &str, meant: &Meant, promotable: bool, pool: &mut Pool) {
    let names: Vec<&str> = match (meant.name.as_deref(), promotable) {
        (Some(name), _) => vec![name],
        (None, false) => vec!["start", "stop"],
        (None, true) => vec!["start", "stop", "promote", "demote"],
    };
    let known = object.elements().find(|part| part.name == "operations").cloned();
    let is_there = |name: &str| {
        let mut all = known.iter().flat_map(|operations| operations.elements());
        all.any(|operation| operation.attr("name") == Some(name) && meant.covers(operation))
    };
    for name in names {
        if is_there(name) {
            continue;
        }
        let interval = meant.interval.as_deref().unwrap_or("0");
        let operation = Element::new("op")
            .with("name", name)
            .with("interval", interval)
            .with("id", pool.make(&format!("{id}-{name}-{interval}")));
        object.child_or_new("operations").push(operation);
    }
}

fn for_operations(object: &mut Element, meant: &Meant, mut change: impl FnMut(&mut Element)) {
    let Some(operations) = object.find_mut(|part| part.name == "operations") else { return };
    for at in 0..operations.children.len() {
        if let Some(operation) = operations.child_at_mut(at)
            && operation.name == "op"
            && meant.covers(operation)
        {
            change(operation);
        }
    }
}

/// Whether an operation says nothing but that it exists.
fn is_bare(operation: &Element) -> bool {
    let plain =
        operation.attributes.iter().all(|(name, _)| ["id", "name", "interval"].iter().any(|known| *name == **known));
    plain && literal::interval_ms(operation.attr("interval").unwrap_or("0")) == Ok(0)
}
