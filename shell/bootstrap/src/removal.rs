//! A node is taken out: it leaves if it can, the others forget it, and it forgets the cluster.
//!
//! In: whom, what is known of all. Out: steps, or what speaks against it. Pure, as `plan` is.

use crate::configuration;
use crate::facts::{Facts, Seen};
use crate::host::Host;
use crate::plan::{HostPlan, Key, Plan};
use crate::refusal::Refusal;
use crate::step::{Action, Step};
use quorate_transport::cluster::file::Section;
use quorate_transport::cluster::nodelist::{self, Node, votes};
use quorate_transport::ssh::SshError;
use std::collections::BTreeSet;

/// Plans it; the first host is the one that is asked, and stays.
///
/// # Errors
/// All that speaks against it.
pub fn plan(name: &str, force: bool, seen: &[Seen]) -> Result<Plan, Vec<Refusal>> {
    let asked = seen.first().expect("the host that is asked was looked at");
    let facts = asked.facts.as_ref().map_err(|error| vec![Refusal::Ssh(error.clone())])?;
    let old = cluster(asked, facts)?;
    let node = leaving(name, &old, facts)?;
    let new = without(&node, &old, facts, force)?;
    let text = new.to_string();
    let (mut hosts, mut left_out, mut against) = (Vec::new(), Vec::new(), Vec::new());
    for one in seen {
        let leaves = one.host.name == node.name || one.facts.as_ref().is_ok_and(|facts| facts.name == node.name);
        match (&one.facts, leaves) {
            (Ok(facts), true) => hosts.push(leaver(&one.host, facts)),
            (Ok(own), false) => hosts.push(stayer(&one.host, own, &text, (own == facts).then_some(&node))),
            (Err(error), true) if facts.members.contains(&node.id) && !force => {
                against.push(Refusal::Alive { name: node.name.clone(), error: error.clone() });
            }
            (Err(error), true) => left_out.push((node.name.clone(), error.clone())),
            (Err(error), false) if force => left_out.push((one.host.name.clone(), error.clone())),
            (Err(error), false) => against.push(away(&one.host, error)),
        }
    }
    if !against.is_empty() {
        return Err(against);
    }
    let cluster = configuration::cluster_name(&old).to_string();
    Ok(Plan { cluster, configuration: text, key: Key::Of(asked.host.clone()), hosts, left_out })
}

fn away(host: &Host, error: &SshError) -> Refusal {
    Refusal::MemberAway { host: host.name.clone(), error: error.clone() }
}

fn cluster(asked: &Seen, facts: &Facts) -> Result<Section, Vec<Refusal>> {
    let host = asked.host.name.clone();
    let Some(text) = &facts.configuration else { return Err(vec![Refusal::InNoCluster { host }]) };
    match configuration::cluster(text) {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(vec![Refusal::InNoCluster { host }]),
        Err(error) => Err(vec![Refusal::BadFile { host, error }]),
    }
}

fn leaving(name: &str, old: &Section, asked: &Facts) -> Result<Node, Vec<Refusal>> {
    let node = nodelist::nodes(old).into_iter().find(|node| node.name == name);
    match node {
        None => Err(vec![Refusal::List(nodelist::ListError::NoSuchNode(name.to_string()))]),
        Some(node) if node.name == asked.name => Err(vec![Refusal::Itself { host: node.name }]),
        Some(node) => Ok(node),
    }
}

fn without(node: &Node, old: &Section, asked: &Facts, force: bool) -> Result<Section, Vec<Refusal>> {
    let mut new = old.clone();
    nodelist::remove_node(&mut new, &node.name).map_err(|error| vec![Refusal::List(error)])?;
    let here: BTreeSet<u32> = asked.members.iter().copied().filter(|id| *id != node.id).collect();
    match votes::keep(old, &new, asked.running.is_some().then_some(&here)) {
        Err(loss) if !force => Err(vec![Refusal::Quorum(loss)]),
        _ => Ok(new),
    }
}

/// Steps of the one who leaves.
fn leaver(host: &Host, facts: &Facts) -> HostPlan {
    let units: Vec<String> = facts.manager.iter().cloned().chain(["corosync".to_string()]).collect();
    let off = units.iter().all(|unit| !facts.runs(unit) && !facts.enabled.contains(unit));
    let blank = facts.configuration.is_none() && facts.key.is_none();
    let steps = vec![Step { action: Action::Leave(units), done: off }, Step { action: Action::Forget, done: blank }];
    HostPlan { host: host.clone(), name: facts.name.clone(), steps }
}

/// Steps of one who stays; the one that is asked tells all Corosyncs, and the cluster's configuration.
fn stayer(host: &Host, facts: &Facts, text: &str, drops: Option<&Node>) -> HostPlan {
    let mut steps = vec![Step { action: Action::Configuration, done: facts.configuration.as_deref() == Some(text) }];
    if let Some(node) = drops.filter(|_| facts.running.is_some()) {
        steps.push(Step { action: Action::Reload, done: false });
        let managed = facts.manager.as_ref().is_some_and(|manager| facts.runs(manager));
        steps.extend(managed.then(|| Step { action: Action::DropNode(node.name.clone()), done: false }));
    }
    HostPlan { host: host.clone(), name: facts.name.clone(), steps }
}
