//! The typed reading of a configuration: one noun a file, nothing looked up twice.
//!
//! In: nothing (made by `cib::decode`). Out: plain data. Never here: XML, rules' outcomes, status.
//! The faithful tree stays in `cib::document`; this is what one thinks in.

pub mod acl;
pub mod alert;
pub mod attributes;
pub mod constraint;
pub mod documented;
pub mod fencing;
pub mod kind;
pub mod names;
pub mod node;
pub mod options;
pub mod resource;
pub mod rule;

use std::collections::BTreeMap;

/// Everything below `<configuration>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    pub properties: Vec<attributes::AttributeSet>,
    pub nodes: Vec<node::NodeConfig>,
    pub resources: Vec<resource::ResourceConfig>,
    pub templates: Vec<resource::Template>,
    pub constraints: Vec<constraint::Constraint>,
    pub resource_defaults: Vec<attributes::AttributeSet>,
    pub operation_defaults: Vec<attributes::AttributeSet>,
    pub fencing_levels: Vec<fencing::FencingLevel>,
    pub acls: acl::Acls,
    /// Tag to the ids it stands for, in document order.
    pub tags: BTreeMap<String, Vec<String>>,
    pub alerts: Vec<alert::Alert>,
}
