//! A random CIB: a configuration, what the simulator makes of it, and what befalls it then.

use super::answer::Program;
use super::configuration;
use super::histories::{self, EPOCH};
use crate::world::Chance;
use quorate_core::cib::Document;
use quorate_core::xml::Element;

/// The CIB of a seed. Histories are what `simulator` leaves when it has carried its plan out.
pub fn scene(seed: u64, simulator: &Program) -> String {
    let mut chance = Chance::new(seed);
    let nodes = 1 + chance.below(4);
    let mut configuration = Element::new("configuration");
    configuration.push(configuration::options(&mut chance));
    configuration.push(configuration::nodes(&mut chance, nodes));
    let (resources, mut inventory) = configuration::resources(&mut chance);
    configuration.push(resources);
    configuration.push(configuration::constraints(&mut chance, &mut inventory, nodes));
    configuration::defaults(&mut chance, &mut configuration);
    let status = (1..=nodes).map(histories::member).fold(Element::new("status"), Element::with_child);
    let root = Element::new("cib")
        .with("crm_feature_set", "3.19.0")
        .with("validate-with", "pacemaker-3.9")
        .with("epoch", "1")
        .with("num_updates", "1")
        .with("admin_epoch", "0")
        .with("have-quorum", "1")
        .with("dc-uuid", "1")
        .with("execution-date", EPOCH.to_string())
        .with_child(configuration)
        .with_child(status);
    let mut text = quorate_core::xml::write_pretty(&root);
    for _ in 0..chance.below(3) {
        if chance.percent(30) {
            text = happen(&mut chance, &text, &mut inventory, nodes);
        }
        // What cannot be carried out leaves nothing new.
        text = simulator.after(&text).unwrap_or(text);
    }
    happen(&mut chance, &text, &mut inventory, nodes)
}

fn happen(chance: &mut Chance, text: &str, inventory: &mut configuration::Inventory, nodes: u64) -> String {
    let Ok(mut document) = Document::read(text) else { return text.to_string() };
    for _ in 0..chance.below(4) {
        histories::befall(chance, &mut document, inventory, nodes);
    }
    document.root_mut().set("execution-date", EPOCH.to_string());
    document.to_text()
}
