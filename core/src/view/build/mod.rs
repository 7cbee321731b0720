//! From a situation to what there is to see of it.
//!
//! In: the document, the situation read from it, and what only a running cluster knows.
//! Out: [`ClusterView`].

mod history;
mod nodes;
mod resources;

use super::cluster::{ClusterView, CurrentDc, FencingView, LastChange, Summary, TicketView};
use super::filter::{Section, ViewOptions};
use crate::cib::model::resource::Role;
use crate::cib::{Document, upgrade};
use crate::scheduler::resolve::{Node, Resource, Situation};
use crate::scheduler::table::ResourceId;
use crate::scheduler::{Input, resolve, with_lost_tickets};
use crate::time::Now;

/// What is not in the CIB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra {
    /// The node that tells.
    pub told_by: Option<String>,
    pub fencing: Vec<FencingView>,
}

/// Everything that can be shown; what is shown of it, printers choose.
pub fn build(document: &Document, situation: &Situation, extra: &Extra) -> ClusterView {
    let builder = Builder { document, situation };
    ClusterView {
        summary: builder.summary(extra),
        nodes: builder.nodes(),
        resources: builder.resources(),
        attributes: builder.attributes(),
        history: builder.history(),
        failures: builder.failures(),
        fencing: extra.fencing.clone(),
        tickets: builder.tickets(),
        bans: builder.bans(),
        tags: situation.model.tags.clone(),
    }
}

/// What is known of a document. Constraints are looked at where something of them is shown, and then lost
/// tickets have their effect, as with Pacemaker.
pub fn situation(input: &Input, options: &ViewOptions) -> Situation {
    let situation = resolve(input);
    match options.shows(Section::Tickets) || options.shows(Section::Bans) {
        true => with_lost_tickets(situation),
        false => situation,
    }
}

/// All tickets: those with a state, and those that constraints speak of.
pub fn tickets(document: &Document, now: Now) -> Vec<TicketView> {
    let document = upgrade::latest_or_same(document);
    let situation = resolve(&Input::new(&document, now));
    Builder { document: &document, situation: &situation }.tickets()
}

struct Builder<'a> {
    document: &'a Document,
    situation: &'a Situation,
}

/// Single resources, counted.
#[derive(Default)]
struct Counts {
    instances: usize,
    disabled: usize,
    blocked: usize,
}

/// What a node speaks. Nodes from before it was told say nothing, and of others nobody knows.
fn feature_set(node: &Node) -> Option<&str> {
    let speaks = node.online && node.expected_up && !node.is_remote();
    speaks.then(|| node.attribute("#feature-set").unwrap_or("<3.15.1"))
}

impl Builder<'_> {
    fn summary(&self, extra: &Extra) -> Summary {
        let options = &self.situation.options;
        let mut counts = Counts::default();
        for id in &self.situation.configured {
            self.count(*id, &mut counts);
        }
        Summary {
            stack: options.value("cluster-infrastructure").unwrap_or("unknown").to_string(),
            dc: self.current_dc(),
            quorate: self.situation.quorate,
            updated: self.situation.now.epoch(),
            told_by: extra.told_by.clone(),
            change: self.last_change(),
            nodes_configured: self.situation.nodes.len(),
            instances: counts.instances,
            disabled: counts.disabled,
            blocked: counts.blocked,
            fencing_enabled: options.fencing_enabled,
            fencing_timeout_ms: options.fencing_timeout_ms,
            priority_fencing_delay_ms: options.priority_fencing_delay_ms,
            symmetric: options.symmetric,
            no_quorum_policy: options.no_quorum_policy,
            maintenance_mode: options.maintenance_mode,
            stop_all_resources: options.stop_all_resources,
        }
    }

    fn current_dc(&self) -> Option<CurrentDc> {
        let node = &self.situation.nodes[self.situation.dc?];
        let version = self.situation.options.value("dc-version").map(str::to_string);
        let mut sets = self.situation.nodes.rows().iter().filter_map(feature_set);
        let first = sets.next();
        let mixed_versions = sets.any(|set| Some(set) != first);
        Some(CurrentDc { name: node.name.to_string(), id: node.uuid.to_string(), version, mixed_versions })
    }

    fn last_change(&self) -> LastChange {
        let text = |name: &str| self.document.root().attr(name).filter(|text| !text.is_empty()).map(str::to_string);
        LastChange {
            time: text("cib-last-written"),
            user: text("update-user"),
            client: text("update-client"),
            origin: text("update-origin"),
        }
    }

    fn count(&self, id: ResourceId, counts: &mut Counts) {
        let resource = self.resource(id);
        for child in &resource.children {
            self.count(*child, counts);
        }
        let forgotten = resource.removed && resource.role <= Role::Stopped;
        if resource.is_primitive() && !forgotten {
            counts.instances += 1;
            counts.disabled += usize::from(self.is_disabled(id));
            counts.blocked += usize::from(resource.blocked);
        }
    }

    fn resource(&self, id: ResourceId) -> &Resource {
        &self.situation.resources[id]
    }

    /// Whether a target role keeps a resource from what it could be.
    fn is_disabled(&self, id: ResourceId) -> bool {
        match self.resource(id).target_role() {
            Some(Role::Stopped) => true,
            Some(Role::Unpromoted) => self.resource(self.situation.top_of(id)).promotable,
            _ => false,
        }
    }
}
