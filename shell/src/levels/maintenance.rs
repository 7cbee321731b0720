//! `maintenance`: the cluster keeps its hands off everything, or off one resource.
//!
//! In: calls. Out: the changed configuration.
//! Absent: running agents by hand.

use super::resource::steer::{maintain, steer};
use crate::command::{Call, Command, Level, PREVIEW, Run, What, maybe};
use crate::configure::attribute;
use crate::configure::ids::Pool;
use crate::error::Outcome;
use crate::session::Session;
use quorate_core::xml::Element;

const ARGUMENTS: &[crate::command::Argument] = &[maybe("resource", What::Resource)];

pub static LEVEL: Level = Level {
    name: "maintenance",
    help: "maintenance of the whole cluster, or of one resource",
    commands: &[
        Command {
            name: "on",
            arguments: ARGUMENTS,
            flags: &[PREVIEW],
            help: "keep the cluster from acting on and watching resources",
            run: Run::Do(on),
            ..Command::DEFAULT
        },
        Command {
            name: "off",
            arguments: ARGUMENTS,
            flags: &[PREVIEW],
            help: "let the cluster act again",
            run: Run::Do(off),
            ..Command::DEFAULT
        },
    ],
};

fn on(session: &mut Session, call: &Call) -> Outcome {
    set(session, call, "true")
}

fn off(session: &mut Session, call: &Call) -> Outcome {
    set(session, call, "false")
}

fn set(session: &mut Session, call: &Call, value: &str) -> Outcome {
    if call.argument(0).is_some() {
        return maintain(session, call, value == "true");
    }
    steer(session, call, |_, document| {
        let configuration = document.configuration_mut();
        let mut pool = Pool::of(configuration);
        let options = configuration.child_or_new("crm_config");
        let holds = |set: &Element| attribute::pair(set, "maintenance-mode").is_some();
        let at = options.elements().position(holds).unwrap_or(0);
        if options.elements().next().is_none() {
            let id = pool.make("cib-bootstrap-options");
            options.push(Element::new("cluster_property_set").with("id", id));
        }
        let id = options.elements().nth(at).and_then(Element::id).unwrap_or_default().to_string();
        if let Some(set) = options.find_mut(|set| set.id() == Some(&id)) {
            attribute::set_pair(set, "maintenance-mode", value, &mut pool);
        }
        Ok(())
    })
}
