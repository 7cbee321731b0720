//! Manage and maintenance: what the cluster leaves alone.
//!
//! In: a document, and a resource, a node, or the cluster. Out: edits.

use super::attribute::{self, Sort};
use super::find::find_resource;
use super::refusal::Refusal;
use super::target_role::{Members, set_meta, target};
use crate::cib::edit::apply_all;
use crate::cib::objects::is_resource;
use crate::cib::{Document, Edit};
use quorate_grammar::literal;

pub(super) const MANAGED: &str = "is-managed";
pub(super) const MAINTENANCE: &str = "maintenance";

/// Who gives up the other one of the two attributes, `is-managed` and `maintenance`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rivals {
    /// Those whose own would leave the wish without effect.
    #[default]
    Hindering,
    These(Vec<String>),
}

/// A resource that has the other attribute, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    pub id: String,
    /// Its own leaves what is wanted without effect: nothing in maintenance is managed.
    pub hinders: bool,
}

/// Whether the cluster may start and stop a resource.
///
/// # Errors
/// There is no such resource.
pub fn managed(
    document: &Document,
    id: &str,
    managed: bool,
    members: &Members,
    rivals: &Rivals,
) -> Result<Vec<Edit>, Refusal> {
    tell(document, id, (MANAGED, word(managed)), members, rivals)
}

/// Whether the cluster leaves a resource and its monitors alone.
///
/// # Errors
/// There is no such resource.
pub fn maintenance(
    document: &Document,
    id: &str,
    on: bool,
    members: &Members,
    rivals: &Rivals,
) -> Result<Vec<Edit>, Refusal> {
    tell(document, id, (MAINTENANCE, word(on)), members, rivals)
}

/// The attribute that says something of the same.
pub fn rival_of(name: &str) -> Option<&'static str> {
    match name {
        MANAGED => Some(MAINTENANCE),
        MAINTENANCE => Some(MANAGED),
        _ => None,
    }
}

/// The resource that is told, and what is inside it, as far as they have the rival of the attribute.
///
/// # Errors
/// There is no such resource.
pub fn rivals(document: &Document, id: &str, name: &str, value: &str) -> Result<Vec<Rival>, Refusal> {
    let Some(other) = rival_of(name) else { return Ok(Vec::new()) };
    let told = target(document, &find_resource(document, id)?).element;
    let says = |value: &str| literal::boolean(value) == Ok(true);
    let all = told.descendants().filter(|part| is_resource(part));
    let having = all.filter_map(|part| Some((part.id()?, attribute::get(part, Sort::Meta, other)?)));
    let is_managed_again = name == MANAGED && says(value);
    Ok(having.map(|(id, own)| Rival { id: id.to_string(), hinders: is_managed_again && says(own) }).collect())
}

fn tell(
    document: &Document,
    id: &str,
    (name, value): (&str, &str),
    members: &Members,
    give_way: &Rivals,
) -> Result<Vec<Edit>, Refusal> {
    let gives_way = |rival: &Rival| match give_way {
        Rivals::Hindering => rival.hinders,
        Rivals::These(ids) => ids.contains(&rival.id),
    };
    let other = rival_of(name).unwrap_or_default();
    let (mut edits, mut without) = (Vec::new(), document.clone());
    for rival in rivals(document, id, name, value)?.iter().filter(|rival| gives_way(rival)) {
        let path = find_resource(&without, &rival.id)?.path(without.configuration());
        let gone = attribute::edits(&without, &path, Sort::Meta, other, None);
        without = apply_all(&without, &gone).expect("edits stand on what was just looked at");
        edits.extend(gone);
    }
    edits.extend(set_meta(&without, id, name, value, members)?);
    Ok(edits)
}

/// The end of a node's maintenance is written as `off`, as crmsh does.
///
/// # Errors
/// There is no such node.
pub fn of_node(document: &Document, node: &str, on: bool) -> Result<Vec<Edit>, Refusal> {
    let value = if on { "true" } else { "off" };
    attribute::of_node(document, node, Sort::Node, MAINTENANCE, Some(value))
}

/// Maintenance mode for all of the cluster, on or off.
pub fn of_cluster(document: &Document, on: bool) -> Vec<Edit> {
    attribute::property(document, "maintenance-mode", Some(word(on)))
}

pub(super) fn word(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
