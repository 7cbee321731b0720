//! Tickets as their owner last left them.
//!
//! In: `<ticket_state>`. Out: [`TicketState`].

use crate::xml::Element;
use quorate_grammar::literal;
use std::collections::BTreeMap;

/// A `ticket_state`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketState {
    pub id: String,
    pub granted: bool,
    pub standby: bool,
    /// Seconds since 1970.
    pub last_granted: Option<i64>,
    /// Every attribute save the id.
    pub attributes: BTreeMap<String, String>,
}

pub(super) fn read(element: &Element) -> Option<TicketState> {
    let id = element.id().filter(|id| !id.is_empty())?;
    let is_true = |name: &str| element.attr(name).is_some_and(|text| literal::boolean(text) == Ok(true));
    let attributes = element.attributes.iter().filter(|(name, _)| *name != "id");
    Some(TicketState {
        id: id.to_owned(),
        granted: is_true("granted"),
        standby: is_true("standby"),
        last_granted: element.attr("last-granted").and_then(|text| text.parse().ok()),
        attributes: attributes.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    })
}
