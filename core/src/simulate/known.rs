//! What may be named when something is supposed, and one thing supposed by itself.

use crate::cib::{Document, upgrade};
use crate::scheduler::{Input, Situation, resolve};
use crate::time::Now;
use crate::transition::ResourceRef;
use crate::transition::injection::{self, Injection, Names};
use crate::transition::specification::Wrong;
use std::collections::BTreeSet;

/// What may be named in an injection: nodes that are to come up, too. Results are written at this moment.
pub fn known<'a>(
    situation: &'a Situation,
    coming: Vec<&'a str>,
    written: Now,
) -> Names<'a, impl Fn(&str) -> Option<ResourceRef>> {
    let nodes = situation.nodes.rows().iter().map(|node| node.name.as_str());
    let primitives = situation.resources.rows().iter().filter(|resource| resource.is_primitive());
    let names: BTreeSet<&str> = primitives.map(|resource| resource.config_id.as_str()).collect();
    Names {
        resource: move |name: &str| primitive(situation, name),
        resources: names.into_iter().collect(),
        nodes: nodes.chain(coming).collect(),
        start_failure_is_fatal: situation.options.start_failure_is_fatal,
        now: written,
    }
}

/// A primitive by its name or an instance's; of an anonymous clone all instances are one in histories.
fn primitive(situation: &Situation, name: &str) -> Option<ResourceRef> {
    let by_id = situation.resource_by_name(name).map(|id| &situation.resources[id]);
    let named = |resource: &&crate::scheduler::resolve::Resource| {
        resource.config_id.as_str() == name || resource.history_id.as_deref() == Some(name)
    };
    let found = by_id
        .filter(|resource| resource.is_primitive())
        .or_else(|| situation.resources.rows().iter().filter(|resource| resource.is_primitive()).find(named))?;
    let id = if found.unique { found.id.to_string() } else { found.config_id.to_string() };
    let agent = found.agent.clone();
    Some(ResourceRef { id, long_id: None, class: agent.class, provider: agent.provider, kind: agent.kind })
}

/// The document with one more event in its status.
///
/// # Errors
/// It is about what is not there.
pub fn suppose(document: &Document, injection: &Injection, now: Now) -> Result<Document, Wrong> {
    let latest = upgrade::latest_or_same(document);
    let situation = resolve(&Input::new(&latest, now));
    let known = known(&situation, Vec::new(), now);
    injection::check(injection, &known)?;
    let mut document = document.clone();
    injection::inject(&mut document, std::slice::from_ref(injection), &known);
    Ok(document)
}
