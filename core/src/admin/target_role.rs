//! Start, stop, promote, demote: what a resource is to be at most.
//!
//! In: a document, a resource, a role. Out: edits of meta attributes.
//! What is cloned, or runs in a bundle, is meant with all its instances. Members of a group that say the
//! contrary keep it from happening: theirs goes, if whoever asks wants that.
//! Absent: where it runs (see `moves`).

use super::attribute::{self, Sort};
use super::find::find_resource;
use super::refusal::Refusal;
use crate::cib::objects::{self, Object, is_resource};
use crate::cib::{Document, Edit};
use crate::xml::Element;
use crate::xml::path::Path;
use quorate_grammar::literal;

/// The meta-attribute that starts and stops.
pub const TARGET_ROLE: &str = "target-role";

/// What a resource shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetRole {
    Started,
    Stopped,
    Promoted,
    Unpromoted,
}

impl TargetRole {
    /// As `target-role` has it.
    pub fn word(self) -> &'static str {
        match self {
            TargetRole::Started => "Started",
            TargetRole::Stopped => "Stopped",
            TargetRole::Promoted => "Promoted",
            TargetRole::Unpromoted => "Unpromoted",
        }
    }
}

/// Which members of a container give up what they say to the contrary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Members {
    #[default]
    All,
    None,
    These(Vec<String>),
}

impl Members {
    fn include(&self, id: &str) -> bool {
        match self {
            Members::All => true,
            Members::None => false,
            Members::These(ids) => ids.iter().any(|one| one == id),
        }
    }
}

/// Members that say otherwise than what their container is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contrary {
    /// The resource that is told.
    pub above: String,
    /// What it is a clone of: instances cannot differ, so its own attribute goes in any case.
    pub cloned: Option<String>,
    pub members: Vec<String>,
}

/// What a resource shall be, said wherever the holder says it.
///
/// # Errors
/// There is no such resource, or it cannot be promoted.
pub fn edits(document: &Document, id: &str, role: TargetRole, members: &Members) -> Result<Vec<Edit>, Refusal> {
    if matches!(role, TargetRole::Promoted | TargetRole::Unpromoted) && !is_promotable(document, id)? {
        return Err(Refusal::NotPromotable(id.to_string()));
    }
    set_meta(document, id, TARGET_ROLE, role.word(), members)
}

/// A role as it was before; `None` removes what was said.
///
/// # Errors
/// There is no such resource.
pub fn restore(document: &Document, id: &str, role: Option<&str>, members: &Members) -> Result<Vec<Edit>, Refusal> {
    match role {
        Some(role) => set_meta(document, id, TARGET_ROLE, restarted(role), members),
        None => {
            let target = target(document, &find_resource(document, id)?);
            Ok(attribute::edits(document, &target.path(document.configuration()), Sort::Meta, TARGET_ROLE, None))
        }
    }
}

/// What was stopped is restarted to run.
pub(super) fn restarted(role: &str) -> &str {
    if role == TargetRole::Stopped.word() { TargetRole::Started.word() } else { role }
}

/// The target role that is written for a resource, or for what stands for it.
pub fn written(document: &Document, id: &str) -> Option<String> {
    let object = find_resource(document, id).ok()?;
    attribute::get(target(document, &object).element, Sort::Meta, TARGET_ROLE).map(str::to_string)
}

/// Whether the resource, or the clone around it, knows a promoted role.
///
/// # Errors
/// There is no such resource.
pub fn is_promotable(document: &Document, id: &str) -> Result<bool, Refusal> {
    let object = find_resource(document, id)?;
    let clone = target(document, &object).element;
    let says = attribute::get(clone, Sort::Meta, "promotable");
    Ok(clone.name == "master" || says.is_some_and(|value| literal::boolean(value) == Ok(true)))
}

/// Sets a meta attribute that steers a resource.
pub(super) fn set_meta(
    document: &Document,
    id: &str,
    name: &str,
    value: &str,
    members: &Members,
) -> Result<Vec<Edit>, Refusal> {
    let object = find_resource(document, id)?;
    let target = target(document, &object).path(document.configuration());
    let mut edits = attribute::edits(document, &target, Sort::Meta, name, Some(value));
    let against = contrary(document, id, name, value)?;
    let asked = against.members.iter().filter(|member| members.include(member));
    for member in against.cloned.iter().chain(asked) {
        edits.extend(attribute::edits(document, &path_of(document, member)?, Sort::Meta, name, None));
    }
    Ok(edits)
}

/// The members that stand against a meta attribute of their container.
///
/// # Errors
/// There is no such resource.
pub fn contrary(document: &Document, id: &str, name: &str, value: &str) -> Result<Contrary, Refusal> {
    let object = find_resource(document, id)?;
    let above = target(document, &object).element;
    let cloned = if is_clone(above) { above.elements().find(|child| is_resource(child)) } else { None };
    let mut against = Contrary { above: above.id().unwrap_or_default().to_string(), ..Contrary::default() };
    for member in above.descendants().skip(1).filter(|part| is_resource(part)) {
        let (Some(id), Some(own)) = (member.id(), attribute::get(member, Sort::Meta, name)) else { continue };
        match cloned.is_some_and(|cloned| cloned.id() == Some(id)) {
            true => against.cloned = Some(id.to_string()),
            false if is_contrary(own, value) => against.members.push(id.to_string()),
            false => {}
        }
    }
    Ok(against)
}

fn is_contrary(own: &str, wanted: &str) -> bool {
    match (literal::boolean(own), literal::boolean(wanted)) {
        (Ok(own), Ok(wanted)) => own != wanted,
        _ => !own.eq_ignore_ascii_case(wanted),
    }
}

pub(super) fn is_clone(element: &Element) -> bool {
    matches!(&*element.name, "clone" | "master")
}

/// What is cloned, or runs in a bundle, is meant with all its instances. A member of a group is meant alone.
pub(super) fn target<'a>(document: &'a Document, object: &Object<'a>) -> Object<'a> {
    let around = &object.place[..object.place.len() - 1];
    let holder = objects::at(document.configuration(), around);
    match is_clone(holder) || holder.name == "bundle" {
        true => Object {
            id: holder.id().unwrap_or_default().to_string(),
            kind: object.kind,
            element: holder,
            place: around.to_vec(),
        },
        false => object.clone(),
    }
}

fn path_of(document: &Document, id: &str) -> Result<Path, Refusal> {
    Ok(find_resource(document, id)?.path(document.configuration()))
}
