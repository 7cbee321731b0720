//! Resources as configured, templates already laid under those that use them.
//!
//! In: nothing. Out: [`ResourceConfig`] and what it holds. Never here: instances, state.

use super::attributes::AttributeSet;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a resource is or should be, from nothing known to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    #[default]
    Unknown,
    Stopped,
    Started,
    Unpromoted,
    Promoted,
}

impl Role {
    /// Reads a role; case does not matter, and older names (`Slave`, `Master`) are taken.
    pub fn parse(text: &str) -> Option<Self> {
        const NAMES: [(&str, Role); 6] = [
            ("Stopped", Role::Stopped),
            ("Started", Role::Started),
            ("Unpromoted", Role::Unpromoted),
            ("Slave", Role::Unpromoted),
            ("Promoted", Role::Promoted),
            ("Master", Role::Promoted),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, role)| *role)
    }

    /// The role as today's Pacemaker spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Stopped => "Stopped",
            Self::Started => "Started",
            Self::Unpromoted => "Unpromoted",
            Self::Promoted => "Promoted",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// One element of the `resources` section, templates aside.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceConfig {
    Primitive(Arc<Primitive>),
    Group(Arc<Group>),
    Clone(Arc<CloneConfig>),
    Bundle(Arc<Bundle>),
}

impl ResourceConfig {
    /// The element's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Primitive(primitive) => &primitive.id,
            Self::Group(group) => &group.id,
            Self::Clone(clone) => &clone.id,
            Self::Bundle(bundle) => &bundle.id,
        }
    }

    /// Its settings, if it is a bundle.
    pub fn bundle(&self) -> Option<&Bundle> {
        match self {
            Self::Bundle(bundle) => Some(bundle),
            _ => None,
        }
    }

    /// What a person wrote about it.
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Primitive(primitive) => primitive.description.as_deref(),
            Self::Group(group) => group.description.as_deref(),
            Self::Clone(clone) => clone.description.as_deref(),
            Self::Bundle(bundle) => bundle.description.as_deref(),
        }
    }

    /// Sets of meta-attributes, as they stand.
    pub fn meta(&self) -> &[AttributeSet] {
        match self {
            Self::Primitive(primitive) => &primitive.meta,
            Self::Group(group) => &group.meta,
            Self::Clone(clone) => &clone.meta,
            Self::Bundle(bundle) => &bundle.meta,
        }
    }

    /// Sets of instance attributes, as they stand; a bundle has none.
    pub fn parameters(&self) -> &[AttributeSet] {
        match self {
            Self::Primitive(primitive) => &primitive.parameters,
            Self::Group(group) => &group.parameters,
            Self::Clone(clone) => &clone.parameters,
            Self::Bundle(_) => &[],
        }
    }
}

/// The program that runs a resource: `ocf:heartbeat:IPaddr2`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Agent {
    pub class: String,
    pub provider: Option<String>,
    pub kind: String,
}

impl Agent {
    /// A connection to a node that runs only the remote executor.
    pub fn is_remote_connection(&self) -> bool {
        self.kind.eq_ignore_ascii_case("remote")
            && self.class.eq_ignore_ascii_case("ocf")
            && self.provider.as_deref().is_some_and(|p| p.eq_ignore_ascii_case("pacemaker"))
    }

    /// Whether the class is `stonith`.
    pub fn is_fence_device(&self) -> bool {
        self.class.eq_ignore_ascii_case("stonith")
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.provider {
            Some(provider) => write!(out, "{}:{}:{}", self.class, provider, self.kind),
            None => write!(out, "{}:{}", self.class, self.kind),
        }
    }
}

/// A `primitive`, with what its template gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Primitive {
    pub id: String,
    pub description: Option<String>,
    pub template: Option<String>,
    pub agent: Agent,
    /// In document order, the template's first.
    pub meta: Vec<AttributeSet>,
    pub parameters: Vec<AttributeSet>,
    pub utilization: Vec<AttributeSet>,
    pub operations: Vec<Operation>,
    /// Every attribute of the element itself, for they stand in for meta-attributes.
    pub attributes: BTreeMap<String, String>,
}

/// A `template`.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub id: String,
    pub primitive: Primitive,
}

/// A `group`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub id: String,
    pub description: Option<String>,
    pub meta: Vec<AttributeSet>,
    pub parameters: Vec<AttributeSet>,
    pub members: Vec<Arc<Primitive>>,
    pub attributes: BTreeMap<String, String>,
}

/// A `clone`, or a `master` of old.
#[derive(Clone, Debug, PartialEq)]
pub struct CloneConfig {
    pub id: String,
    pub description: Option<String>,
    pub meta: Vec<AttributeSet>,
    pub parameters: Vec<AttributeSet>,
    pub of: Cloned,
    pub attributes: BTreeMap<String, String>,
}

/// What a clone is of.
#[derive(Clone, Debug, PartialEq)]
pub enum Cloned {
    Primitive(Arc<Primitive>),
    Group(Arc<Group>),
}

impl Cloned {
    /// The element's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Primitive(primitive) => &primitive.id,
            Self::Group(group) => &group.id,
        }
    }
}

/// A `bundle`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    pub id: String,
    pub description: Option<String>,
    pub meta: Vec<AttributeSet>,
    /// `docker` or `podman`.
    pub engine: String,
    /// Attributes of the engine's element: image, replicas, options…
    pub container: BTreeMap<String, String>,
    pub network: Option<BundleNetwork>,
    pub storage: Vec<StorageMapping>,
    pub primitive: Option<Arc<Primitive>>,
    pub attributes: BTreeMap<String, String>,
}

/// The `network` of a bundle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BundleNetwork {
    /// ip-range-start, control-port, host-interface, host-netmask, add-host.
    pub attributes: BTreeMap<String, String>,
    pub ports: Vec<PortMapping>,
}

/// A `port-mapping` of a bundle's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortMapping {
    pub id: String,
    pub port: Option<String>,
    pub internal_port: Option<String>,
    pub range: Option<String>,
}

/// A `storage-mapping` of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageMapping {
    pub id: String,
    pub source_dir: Option<String>,
    pub source_dir_root: Option<String>,
    pub target_dir: String,
    pub options: Option<String>,
}

/// One `<op>` of a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operation {
    pub id: String,
    pub name: String,
    pub interval_ms: u32,
    pub role: Option<String>,
    pub enabled: bool,
    /// Every attribute of the element, for they are the operation's meta-attributes too.
    pub attributes: BTreeMap<String, String>,
    pub meta: Vec<AttributeSet>,
    pub parameters: Vec<AttributeSet>,
}

impl Operation {
    /// An attribute of the `<op>` element itself.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}
