//! What an action tells its performer: parameters, and facts of the cluster as `CRM_meta_*`.
//!
//! In: a settled plan. Out: the attributes of one action after another.

use crate::cib::document::FEATURE_SET;
use crate::scheduler::act::{Action, Plan};
use crate::scheduler::relation::Task;
use crate::scheduler::table::{ActionId, NodeId, ResourceId};
use crate::xml::{Attributes, Shapes};
use std::collections::BTreeMap;

/// Tells attributes of one action after another; what they have in common is found out once.
pub(super) struct Teller<'p, 'a> {
    plan: &'p Plan<'a>,
    common: BTreeMap<ResourceId, Common>,
    said: Said,
    /// Names that actions have in common.
    shapes: Shapes,
}

/// What all actions of a resource tell.
struct Common {
    /// `None` where rules make them differ from node to node.
    parameters: Option<BTreeMap<String, String>>,
    facts: Vec<(&'static str, String)>,
}

impl<'p, 'a> Teller<'p, 'a> {
    pub(super) fn new(plan: &'p Plan<'a>) -> Self {
        Self { plan, common: BTreeMap::new(), said: Said::default(), shapes: Shapes::default() }
    }

    /// The operation's own parameters win over the resource's, and what the cluster says over the operation's.
    pub(super) fn tell(&mut self, action: ActionId) -> Attributes {
        let plan = self.plan;
        let row = &plan.actions[action];
        let common = row.resource.map(|id| (id, &*self.common.entry(id).or_insert_with(|| common(plan, id))));
        let said = &mut self.said;
        if let Some((id, common)) = common.filter(|(id, _)| row.node.is_some() || plan.resource(*id).is_primitive()) {
            match &common.parameters {
                Some(parameters) => said.parameters(parameters),
                None => said.parameters(&parameters_on(plan, id, row.node)),
            }
        }
        said.parameters(&row.parameters);
        said.pair("crm_feature_set", FEATURE_SET);
        row.meta.iter().for_each(|(name, value)| said.meta(name, value));
        row.own_meta.iter().for_each(|(name, value)| said.meta(name, value));
        if let Some(node) = row.node.filter(|_| shows_node(row)) {
            let facts = &plan.situation.nodes[node];
            said.meta("on_node", &facts.name);
            said.meta("on_node_uuid", &facts.uuid);
        }
        if let Some((id, common)) = common {
            common.facts.iter().for_each(|(name, value)| said.pair(name, value));
            say_guest_host(plan, row, id, said);
        }
        said.pack(&mut self.shapes)
    }
}

/// Pseudo actions happen nowhere, save the fencing of guests.
pub(super) fn shows_node(row: &Action) -> bool {
    !row.pseudo || matches!(row.task, Task::Stonith | Task::DoShutdown | Task::ClearFailCount | Task::LrmDelete)
}

fn common(plan: &Plan, id: ResourceId) -> Common {
    let resources = &plan.situation.resources;
    let has_rules = |at: ResourceId| resources[at].parameters.iter().any(|set| set.rule.is_some());
    let has_rules = resources.lineage(id).any(has_rules);
    Common { parameters: (!has_rules).then(|| parameters_on(plan, id, None)), facts: facts_of(plan, id) }
}

fn parameters_on(plan: &Plan, id: ResourceId, node: Option<NodeId>) -> BTreeMap<String, String> {
    let mut parameters = plan.situation.parameters_on(id, node);
    if parameters.get("addr").is_some_and(|addr| addr == "#uname")
        && let Some(container) = plan.resource(id).launcher
        && let Some(host) = plan.assigned_node(container).or_else(|| plan.current_node(container))
    {
        parameters.insert("addr".to_owned(), plan.situation.nodes[host].name.to_string());
    }
    parameters
}

fn facts_of(plan: &Plan, id: ResourceId) -> Vec<(&'static str, String)> {
    let resources = &plan.situation.resources;
    let mut facts = Vec::new();
    for part in resources.lineage(id) {
        let resource = plan.resource(part);
        if resource.is_primitive() {
            for (name, meta) in [("CRM_meta_clone", "clone"), ("CRM_meta_remote_node", "remote-node")] {
                facts.extend(resource.meta(meta).map(|value| (name, value.to_owned())));
            }
            for launcher in resources.lineage(part).filter_map(|at| resources[at].launcher) {
                facts.push(("CRM_meta_container", plan.resource(launcher).id.to_string()));
            }
            facts.extend(resource.meta("external-ip").map(|ip| ("pcmk_external_ip", ip.to_owned())));
        }
        if let Some(settings) = resource.clone_settings() {
            facts.push(("CRM_meta_globally_unique", resource.unique.to_string()));
            facts.push(("CRM_meta_notify", resource.notify.to_string()));
            facts.push(("CRM_meta_clone_max", settings.max.to_string()));
            facts.push(("CRM_meta_clone_node_max", settings.node_max.to_string()));
            if resource.promotable {
                // Agents from before the renaming read the old names.
                for (new, old, value) in [
                    ("CRM_meta_promoted_max", "CRM_meta_master_max", settings.promoted_max),
                    ("CRM_meta_promoted_node_max", "CRM_meta_master_node_max", settings.promoted_node_max),
                ] {
                    facts.push((new, value.to_string()));
                    facts.push((old, value.to_string()));
                }
            }
        }
    }
    facts
}

/// On a guest, which host its container is on.
fn say_guest_host(plan: &Plan, row: &Action, id: ResourceId, said: &mut Said) {
    let connection = row.node.and_then(|node| plan.situation.nodes[node].connection);
    let Some(launcher) = connection.and_then(|connection| plan.resource(connection).launcher) else { return };
    let task = match row.task {
        Task::Notify | Task::Notified => row.meta("notify_operation").map_or(row.task.clone(), Task::parse),
        ref task => task.clone(),
    };
    let host = match task {
        Task::Stop | Task::Stopped | Task::Demote | Task::Demoted => plan.current_node(launcher),
        Task::Start | Task::Running | Task::Monitor | Task::Promote | Task::Promoted => plan.resources[launcher].node,
        _ => None,
    };
    if let Some(host) = host {
        if let Some(target) = plan.resource(id).meta("container-attribute-target") {
            said.meta("container-attribute-target", target);
        }
        said.meta("physical_host", &plan.situation.nodes[host].name);
    }
}

/// Pairs in the order they are said: of one name, the last counts. One text holds all, for there are many actions.
#[derive(Default)]
struct Said {
    text: String,
    pairs: Vec<Pair>,
}

/// Where a name and its value stand in the text.
struct Pair {
    start: usize,
    name_end: usize,
    end: usize,
}

impl Said {
    fn parameters(&mut self, parameters: &BTreeMap<String, String>) {
        parameters.iter().for_each(|(name, value)| self.pair(name, value));
    }

    fn pair(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        self.value(start, value);
    }

    /// What can stand in no variable's name is not told.
    fn meta(&mut self, name: &str, value: &str) {
        if name.contains(['#', ':']) {
            return;
        }
        let start = self.text.len();
        self.text.push_str("CRM_meta_");
        match name.contains('-') {
            true => self.text.push_str(&name.replace('-', "_")),
            false => self.text.push_str(name),
        }
        self.value(start, value);
    }

    fn value(&mut self, start: usize, value: &str) {
        let name_end = self.text.len();
        self.text.push_str(value);
        self.pairs.push(Pair { start, name_end, end: self.text.len() });
    }

    /// In the order of names. What was said is forgotten.
    fn pack(&mut self, shapes: &mut Shapes) -> Attributes {
        let name = |pair: &Pair| &self.text[pair.start..pair.name_end];
        self.pairs.reverse();
        self.pairs.sort_by(|left, right| name(left).cmp(name(right)));
        self.pairs.dedup_by(|later, kept| name(later) == name(kept));
        let packed = shapes.pack(self.pairs.iter().map(|pair| (name(pair), &self.text[pair.name_end..pair.end])));
        self.text.clear();
        self.pairs.clear();
        packed
    }
}
