//! What checks may know beside the statement.

use crate::catalogue::{AgentName, Catalogue};
use quorate_core::agent::Metadata;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::xml::Element;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a check may know.
pub struct Facts<'a> {
    pub configuration: &'a Element,
    /// By id, once somebody asks.
    resources: OnceCell<BTreeMap<String, Object<'a>>>,
    pub catalogue: &'a Catalogue,
    pub agents: &'a dyn Fn(&AgentName) -> Option<Rc<Metadata>>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(
        configuration: &'a Element,
        catalogue: &'a Catalogue,
        agents: &'a dyn Fn(&AgentName) -> Option<Rc<Metadata>>,
    ) -> Facts<'a> {
        Facts { configuration, resources: OnceCell::new(), catalogue, agents }
    }

    /// The resource (or template) with this id.
    pub(super) fn resource(&self, id: &str) -> Option<&Object<'a>> {
        let resources = self.resources.get_or_init(|| {
            let all = objects::objects(self.configuration).into_iter();
            let resources = all.filter(|object| is_resource(object.element) || object.kind == "rsc_template");
            resources.map(|object| (object.id.clone(), object)).collect()
        });
        resources.get(id)
    }

    pub(super) fn metadata(&self, agent: &AgentName) -> Option<Rc<Metadata>> {
        (self.agents)(agent)
    }
}
