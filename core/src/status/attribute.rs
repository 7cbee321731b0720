//! Transient node attributes: those that live until the node restarts.
//!
//! In: `<transient_attributes>`. Out: blocks of pairs, not yet ranked.

use crate::cib::decode::attribute_sets_of;
use crate::cib::model::attributes::AttributeSet;
use crate::xml::Element;

/// The `transient_attributes` of a node's state.
#[derive(Clone, Debug, Default)]
pub struct TransientAttributes {
    pub attributes: Vec<AttributeSet>,
    pub utilization: Vec<AttributeSet>,
}

pub(super) fn read(node_state: &Element) -> TransientAttributes {
    let Some(holder) = node_state.child("transient_attributes") else { return TransientAttributes::default() };
    TransientAttributes {
        attributes: attribute_sets_of(holder, "instance_attributes").0,
        utilization: attribute_sets_of(holder, "utilization").0,
    }
}
