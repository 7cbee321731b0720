//! Worlds whose configuration is made by chance: whatever people write, nothing runs twice and all comes to rest.
//!
//! In: a seed. Out: a world with what the configuration allows. Left out is what permits more than one to be
//! active (no fencing, no quorum, stops that are not waited for), and what is not done live (remote nodes, bundles).

use super::checkers::Allowed;
use super::{Chance, FAULTS_MS, Happening, World};
use crate::compare::configuration;
use quorate_core::cib::Document;
use quorate_core::replica::PersistedTerms;
use quorate_core::xml::Element;

/// Under these more than one may be active, somebody is cut off because it is asked for, or the world would not come to
/// rest in the time that it has.
const UNSAFE: [(&str, &[&str]); 18] = [
    ("stonith-enabled", &["false"]),
    ("no-quorum-policy", &["ignore", "freeze", "suicide", "fence", "demote"]),
    ("startup-fencing", &["false"]),
    ("enable-startup-probes", &["false"]),
    ("maintenance-mode", &["true"]),
    ("maintenance", &["true"]),
    ("is-managed", &["false"]),
    ("stop-orphan-resources", &["false"]),
    ("stonith-action", &["off"]),
    ("node-pending-timeout", &["2h"]),
    ("requires", &["nothing", "quorum"]),
    ("on-fail", &["ignore", "fence"]),
    ("multiple-active", &["block", "stop_only", "stop_unexpected", "stop_start"]),
    ("provides", &["unfencing"]),
    ("resource-discovery", &["never", "exclusive"]),
    ("clone-node-max", &["2"]),
    ("loss-policy", &["fence"]),
    ("remote-node", &[]),
];

impl World {
    /// A cluster of two to five nodes with a configuration of the seed, under faults.
    pub fn any(seed: u64) -> World {
        let mut world = World::faulty(seed, None);
        let (document, allowed) = configured(seed, world.size() as u64);
        for host in world.hosts.values_mut() {
            host.disk = Some((document.clone(), PersistedTerms { term: 1, configuration_term: 1 }));
        }
        world.record.allowed = allowed;
        world.all_can_run = false;
        world
    }

    /// The faults of a seed, from the moment on when all are up.
    pub(super) fn faulty(seed: u64, failing: Option<&'static str>) -> World {
        let mut chance = Chance::new(seed);
        let nodes = 2 + chance.below(4) as u32;
        let mut world = World::calm_with(seed, nodes, chance, failing);
        world.faulty = true;
        world.after(3_000, Happening::Write);
        world.after(20_000, Happening::Fault);
        world.after(FAULTS_MS, Happening::Heal);
        world
    }
}

fn configured(seed: u64, nodes: u64) -> (Document, Allowed) {
    let mut chance = Chance::new(seed ^ 0x5EED);
    let mut all = Element::new("configuration");
    all.push(configuration::options(&mut chance));
    all.push(configuration::nodes(&mut chance, nodes));
    let (mut resources, mut inventory) = configuration::resources(&mut chance);
    resources.retain_elements(|element| element.name != "bundle" && element.attr("type") != Some("remote"));
    resources.retain_elements(|element| element.id() != Some("fencer"));
    let there: Vec<String> = resources.descendants().filter_map(|element| element.id()).map(str::to_string).collect();
    inventory.tops.retain(|top| there.contains(&top.id));
    inventory.remotes.clear();
    resources.push(device(nodes));
    all.push(resources);
    all.push(configuration::constraints(&mut chance, &mut inventory, nodes));
    configuration::defaults(&mut chance, &mut all);
    make_safe(&mut all);
    let root = Element::new("cib").with("validate-with", "pacemaker-3.9").with("epoch", "1");
    let text = quorate_core::xml::write_pretty(&root.with_child(all).with_child(Element::new("status")));
    let document = Document::read(&text).expect("a CIB");
    let allowed = allowed(&document);
    (document, allowed)
}

fn device(nodes: u64) -> Element {
    let list: Vec<String> = (1..=nodes).map(|node| format!("n{node}")).collect();
    let hosts = Element::new("nvpair").with("id", "fencer-hosts").with("name", "pcmk_host_list");
    let set =
        Element::new("instance_attributes").with("id", "fencer-p").with_child(hosts.with("value", list.join(",")));
    Element::new("primitive").with("id", "fencer").with("class", "stonith").with("type", "fence_sim").with_child(set)
}

/// Takes away what `UNSAFE` has.
fn make_safe(element: &mut Element) {
    let is_unsafe = |name: &str, value: &str| {
        UNSAFE.iter().any(|(known, values)| *known == name && (values.is_empty() || values.contains(&value)))
    };
    let is_bad = |pair: &Element| {
        pair.name == "nvpair"
            && pair.attr("name").zip(pair.attr("value")).is_some_and(|(name, value)| is_unsafe(name, value))
    };
    let own: Vec<&str> = UNSAFE
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| element.attr(name).is_some_and(|value| is_unsafe(name, value)))
        .collect();
    own.into_iter().for_each(|name| {
        element.unset(name);
    });
    element.retain_elements(|child| !is_bad(child));
    for at in 0..element.children.len() {
        element.child_at_mut(at).into_iter().for_each(make_safe);
    }
}

/// A primitive outside of clones is alone; of a promotable clone as many are promoted as it says.
fn allowed(document: &Document) -> Allowed {
    let mut allowed = Allowed { alone: Default::default(), promoted: Default::default() };
    let resources = document.configuration().child("resources").expect("resources");
    let primitives = |element: &Element| {
        let ids = element.descendants().filter(|inner| inner.name == "primitive").filter_map(|inner| inner.id());
        ids.map(str::to_string).collect::<Vec<_>>()
    };
    for top in resources.elements() {
        if top.name != "clone" {
            allowed.alone.extend(top.id().filter(|_| top.name == "primitive").map(str::to_string));
            allowed.alone.extend(primitives(top));
            continue;
        }
        let meta = |name: &str| {
            let pairs = top.child("meta_attributes").into_iter().flat_map(Element::elements);
            pairs.filter(|pair| pair.attr("name") == Some(name)).find_map(|pair| pair.attr("value"))
        };
        if meta("promotable") == Some("true") {
            let most = meta("promoted-max").and_then(|count| count.parse().ok()).unwrap_or(1);
            allowed.promoted.extend(primitives(top).into_iter().map(|id| (id, most)));
        }
    }
    allowed.alone.remove("fencer");
    allowed
}
