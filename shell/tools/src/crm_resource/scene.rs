//! The cluster as crm_resource finds it: its CIB, and what the scheduler reads in it.
//!
//! In: a CIB, and how a resource is named. Out: the situation; the resource, its element, its place in the views.

use super::options::Match;
use crate::Exit;
use crate::standard::Failed;
use crate::{clock, door};
use quorate_core::cib::{Document, objects, upgrade};
use quorate_core::scheduler::resolve::Resource;
use quorate_core::scheduler::table::{NodeId, ResourceId};
use quorate_core::scheduler::{Input, Situation, resolve};
use quorate_core::time::Now;
use quorate_core::view::cluster::{ClusterView, PrimitiveView, ResourceView};
use quorate_core::view::{self, Extra};
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::CibSource;

pub struct Scene {
    pub environment: Environment,
    pub source: CibSource,
    /// As it is written.
    pub document: Document,
    /// In the latest schema.
    pub latest: Document,
    pub situation: Situation,
}

impl Scene {
    /// # Errors
    /// There is no CIB, or none that can be read.
    pub fn read() -> Result<Scene, Failed> {
        let environment = Environment::of_process();
        let source = environment.first_source();
        let document = door::read(&source, ANSWER_WITHIN);
        let document =
            document.map_err(|error| (door::exit(&error), format!("Could not connect to the CIB: {error}")))?;
        Scene::of(environment, source, document)
    }

    /// # Errors
    /// The document cannot be brought to the latest schema.
    pub fn of(environment: Environment, source: CibSource, document: Document) -> Result<Scene, Failed> {
        let latest = upgrade::to_latest(&document);
        let (latest, _) = latest.map_err(|error| (Exit::CONFIG, error.to_string()))?;
        let situation = resolve(&Input::new(&latest, moment(&latest)));
        Ok(Scene { environment, source, document, latest, situation })
    }

    pub fn resource(&self, id: ResourceId) -> &Resource {
        &self.situation.resources[id]
    }

    /// # Errors
    /// There is no such node.
    pub fn node(&self, name: &str) -> Result<NodeId, Failed> {
        let missing = || (Exit::NO_SUCH, format!("Node '{name}' not found"));
        self.situation.node_by_name(name).ok_or_else(missing)
    }

    /// The first resource of this name, as the configuration has them; the upper ones before what they contain.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str, how: Match) -> Result<ResourceId, Failed> {
        let all = self.situation.configured.iter().flat_map(|top| self.situation.with_descendants(*top));
        let mut called = all.filter(|id| {
            let resource = self.resource(*id);
            let base = match how {
                Match::Exact => false,
                Match::Anonymous => !resource.unique,
                Match::Any => true,
            };
            *resource.id == *name
                || resource.history_id.as_deref() == Some(name)
                || (base && *resource.config_id == *name)
        });
        called.next().ok_or_else(|| (Exit::NO_SUCH, format!("Resource '{name}' not found")))
    }

    /// The uppermost collective that it is part of, a bundle included.
    pub fn top(&self, id: ResourceId) -> ResourceId {
        let mut at = id;
        while let Some(parent) = self.resource(at).parent {
            at = parent;
        }
        at
    }

    /// The clone around it, if there is one.
    pub fn clone_of(&self, id: ResourceId) -> Option<ResourceId> {
        let parent = self.resource(id).parent?;
        self.resource(parent).is_clone().then_some(parent)
    }

    /// The nodes it, or a part of it, is active on; each once.
    pub fn active_on(&self, id: ResourceId) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for part in self.situation.with_descendants(id) {
            for node in &self.resource(part).active_on {
                if !nodes.contains(node) {
                    nodes.push(*node);
                }
            }
        }
        nodes
    }

    pub fn node_name(&self, node: NodeId) -> &str {
        &self.situation.nodes[node].name
    }

    /// Its element as it is written.
    pub fn element(&self, id: ResourceId) -> Option<&Element> {
        let config_id = &self.resource(id).config_id;
        objects::find_resource(self.document.configuration(), config_id).map(|object| object.element)
    }

    pub fn view(&self) -> ClusterView {
        view::build(&self.latest, &self.situation, &Extra::default())
    }
}

/// The view of a primitive or instance.
pub fn primitive_view<'v>(view: &'v ClusterView, instance: &str) -> Option<&'v PrimitiveView> {
    view.resources.iter().flat_map(ResourceView::primitives).find(|one| one.instance_id == instance)
}

/// A recorded decision has its own time.
fn moment(document: &Document) -> Now {
    let recorded = document.root().attr("execution-date").and_then(|date| date.parse().ok());
    recorded.map_or_else(clock::now, clock::at)
}
