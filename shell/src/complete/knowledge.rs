//! What completion may know: gathered before a line is edited, looked into when a key asks for it.
//!
//! In: the session. Out: ids, nodes, agents, as the configuration and this machine have them.
//! Absent: which of them suit a place (see `argument`, `statement`).

use super::{Candidate, whole};
use crate::catalogue::{AgentName, Catalogue};
use crate::command::Level;
use crate::environment::Environment;
use crate::history::archive::{self, SavedInput};
use crate::levels;
use crate::metadata;
use crate::options::Settings;
use crate::session::Session;
use quorate_core::agent::Metadata;
use quorate_core::cib::Document;
use quorate_core::cib::objects::{self, Object, is_resource};
use quorate_core::xml::Element;
use quorate_transport::store;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

/// What may stand in a constraint.
const RESOURCES: &[&str] = &["primitive", "group", "clone", "ms", "bundle"];

#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    level: Option<&'static str>,
    pub document: Option<Document>,
    pub checkpoints: Vec<String>,
    pub options: Settings,
    pub environment: Environment,
    /// The numbers of the scheduler's inputs that `history` looks at.
    pub inputs: Vec<u32>,
    shadow_directory: PathBuf,
    ocf_root: PathBuf,
    agents: metadata::Memory,
    catalogue: OnceCell<Catalogue>,
}

impl Knowledge {
    pub fn of(session: &mut Session) -> Knowledge {
        Knowledge {
            level: session.levels.last().copied(),
            document: session.document().ok(),
            checkpoints: session.kept.checkpoints.keys().cloned().collect(),
            options: session.options.clone(),
            environment: session.environment.clone(),
            inputs: inputs(session),
            shadow_directory: session.environment.node.shadow_directory(),
            ocf_root: session.environment.ocf_root.clone(),
            agents: session.agents.clone(),
            catalogue: OnceCell::new(),
        }
    }

    pub fn level(&self) -> &'static Level {
        levels::all().find(|level| Some(level.name) == self.level).unwrap_or(&levels::root::LEVEL)
    }

    pub fn configuration(&self) -> Option<&Element> {
        self.document.as_ref().map(Document::configuration)
    }

    pub fn shadows(&self) -> Vec<String> {
        store::shadows(&self.shadow_directory)
    }

    pub fn objects(&self) -> Vec<Object<'_>> {
        self.configuration().map_or(Vec::new(), objects::objects)
    }

    // ---- ids -------------------------------------------------------------------------------------------

    /// Objects of these kinds, or of all.
    pub fn ids(&self, kinds: &[&str]) -> Vec<Candidate> {
        let fits = |object: &Object| kinds.is_empty() || kinds.contains(&object.kind);
        self.objects().iter().filter(|object| fits(object)).map(described).collect()
    }

    /// Resources, and what stands for some: tags and templates.
    pub fn resources(&self) -> Vec<Candidate> {
        self.ids(&[RESOURCES, &["tag"]].concat())
    }

    pub fn constrained(&self) -> Vec<Candidate> {
        self.ids(&[RESOURCES, &["tag", "rsc_template"]].concat())
    }

    pub fn devices(&self) -> Vec<Candidate> {
        let class = |object: &Object| object.kind == "primitive" && object.element.attr("class") == Some("stonith");
        self.objects().iter().filter(|object| class(object)).map(described).collect()
    }

    /// Resources of these kinds that no group or clone has yet.
    pub fn free(&self, kinds: &[&str]) -> Vec<Candidate> {
        let top = |object: &Object| object.place.len() == 2 && kinds.contains(&object.kind);
        self.objects().iter().filter(|object| top(object)).map(described).collect()
    }

    pub fn members(&self, container: &str) -> Vec<Candidate> {
        let found = self.configuration().and_then(|configuration| objects::find_resource(configuration, container));
        let inside = found.into_iter().flat_map(|object| object.element.elements());
        inside.filter(|child| is_resource(child)).filter_map(Element::id).map(whole).collect()
    }

    pub fn resource(&self, id: &str) -> Option<Object<'_>> {
        objects::find_resource(self.configuration()?, id)
    }

    /// Ids that `$id-ref=` may name: sets, rules, lists of operations.
    pub fn ids_of_parts(&self) -> Vec<Candidate> {
        let is_part = |element: &&Element| {
            matches!(
                &*element.name,
                "instance_attributes" | "meta_attributes" | "utilization" | "operations" | "rule" | "resource_set"
            )
        };
        let all = self.configuration().into_iter().flat_map(Element::descendants).filter(is_part);
        all.filter_map(|element| Some(whole(element.id()?).with(&*element.name))).collect()
    }

    pub fn tickets(&self) -> BTreeSet<String> {
        let named = |element: &Element| element.attr("ticket").map(str::to_string);
        let states = self.document.iter().flat_map(|document| document.status().descendants());
        let states = states.filter(|element| element.name == "ticket_state").filter_map(Element::id);
        let constraints = self.configuration().into_iter().flat_map(|configuration| configuration.descendants());
        let constraints = constraints.filter(|element| element.name == "rsc_ticket").filter_map(named);
        states.map(str::to_string).chain(constraints).collect()
    }

    // ---- nodes -----------------------------------------------------------------------------------------

    pub fn nodes(&self) -> Vec<String> {
        self.configuration().map_or(Vec::new(), objects::all_node_names)
    }

    /// The names of the attributes of one node, or of all; of this sort of set.
    pub fn node_attributes(&self, node: Option<&str>, sort: &str) -> BTreeSet<String> {
        let of = |object: &Object| object.kind == "node" && node.is_none_or(|name| is_node(object.element, name));
        let objects = self.objects();
        let sets = objects.iter().filter(|object| of(object)).flat_map(|object| object.element.elements_named(sort));
        sets.flat_map(Element::elements).filter_map(|pair| pair.attr("name").map(str::to_string)).collect()
    }

    /// The values that an attribute has on any node.
    pub fn node_values(&self, name: &str) -> BTreeSet<String> {
        let objects = self.objects();
        let nodes = objects.iter().filter(|object| object.kind == "node");
        let pairs = nodes.flat_map(|node| node.element.descendants());
        let pairs = pairs.filter(|pair| pair.attr("name") == Some(name));
        pairs.filter_map(|pair| pair.attr("value").map(str::to_string)).collect()
    }

    // ---- agents ----------------------------------------------------------------------------------------

    pub fn catalogue(&self) -> &Catalogue {
        self.catalogue.get_or_init(|| Catalogue::of_this_machine(self.ocf_root.clone()))
    }

    /// What the agent tells that is written so; `@TEMPLATE` is the template's agent.
    pub fn metadata(&self, agent: &str) -> Option<Rc<Metadata>> {
        if let Some(template) = agent.strip_prefix('@') {
            return self.metadata_of(self.resource(template)?.element);
        }
        let parts: Vec<&str> = agent.split(':').collect();
        let name = match parts[..] {
            [name] => self.catalogue().resolve(None, None, name),
            [class, name] => self.catalogue().resolve(Some(class), None, name),
            [class, provider, name] => self.catalogue().resolve(Some(class), Some(provider), name),
            _ => return None,
        };
        self.ask(&name)
    }

    /// The same for a resource that is there.
    pub fn metadata_of(&self, primitive: &Element) -> Option<Rc<Metadata>> {
        if let Some(template) = primitive.attr("template") {
            return self.metadata_of(self.resource(template)?.element);
        }
        let name = AgentName {
            class: primitive.attr("class")?,
            provider: primitive.attr("provider"),
            name: primitive.attr("type")?,
        };
        self.ask(&name)
    }

    fn ask(&self, name: &AgentName) -> Option<Rc<Metadata>> {
        if self.catalogue().knows(name) { self.agents.metadata(&self.ocf_root, name) } else { None }
    }
}

fn inputs(session: &Session) -> Vec<u32> {
    match (&session.kept.history.archive, &session.kept.history.source) {
        (Some(archive), _) => archive.inputs.iter().filter_map(SavedInput::number).collect(),
        (None, None) => archive::numbers_below(&session.environment.node.root),
        // A report would have to be unpacked.
        (None, Some(_)) => Vec::new(),
    }
}

pub fn is_node(node: &Element, name: &str) -> bool {
    node.attr("uname") == Some(name) || node.id() == Some(name)
}

/// An object's id, with what it is.
fn described(object: &Object) -> Candidate {
    let attr = |name| object.element.attr(name);
    let help = match (attr("class"), attr("provider"), attr("type"), attr("template")) {
        (Some(class), Some(provider), Some(name), _) => format!("{class}:{provider}:{name}"),
        (Some(class), None, Some(name), _) if object.kind != "rsc_ticket" => format!("{class}:{name}"),
        (_, _, _, Some(template)) if object.kind == "primitive" => format!("@{template}"),
        _ => object.kind.to_string(),
    };
    let name = match object.kind {
        "node" => attr("uname").unwrap_or(&object.id),
        _ => object.id.as_str(),
    };
    whole(name).with(help)
}
