//! `id-ref`: an element that is what another element is.
//!
//! In: `<configuration>`. Out: whether every such reference says one thing, which upgrading by
//! copying relies on.

use super::UpgradeError;
use crate::xml::Element;
use std::collections::BTreeMap;

/// Elements whose `id` is the id of something else.
const POINTERS: [&str; 4] = ["resource_ref", "obj_ref", "role", "role_ref"];

/// Every element that can be referred to, by its id; more than one if the id is not unique.
pub fn definitions(configuration: &Element) -> BTreeMap<&str, Vec<&Element>> {
    let mut known: BTreeMap<&str, Vec<&Element>> = BTreeMap::new();
    for element in configuration.descendants().filter(|element| !is_pointer(element)) {
        if let Some(id) = element.id() {
            known.entry(id).or_default().push(element);
        }
    }
    known
}

/// Whether an element may stand for another by `id-ref`.
pub fn is_pointer(element: &Element) -> bool {
    POINTERS.iter().any(|name| element.name == **name)
}

/// Whether it is one.
pub fn refers(element: &Element) -> bool {
    element.attr("id-ref").is_some()
}

/// Checks that references lead somewhere, to one place, and out of themselves.
///
/// # Errors
/// One leads nowhere, to several places, or into itself.
pub fn check(configuration: &Element) -> Result<(), UpgradeError> {
    let references: Vec<&Element> = configuration.descendants().filter(|element| refers(element)).collect();
    if references.is_empty() {
        return Ok(());
    }
    let known = definitions(configuration);
    references.into_iter().try_for_each(|reference| follow(reference, &known, &mut Vec::new()))
}

fn follow<'c>(
    element: &'c Element,
    known: &BTreeMap<&'c str, Vec<&'c Element>>,
    trail: &mut Vec<&'c str>,
) -> Result<(), UpgradeError> {
    let Some(reference) = element.attr("id-ref") else { return Ok(()) };
    let (element, id) = (element.name.to_string(), reference.to_string());
    if trail.contains(&reference) {
        return Err(UpgradeError::Circular { element, id });
    }
    let target = match known.get(reference).map(Vec::as_slice) {
        Some([target]) => *target,
        Some([_, _, ..]) => return Err(UpgradeError::Ambiguous { element, id }),
        _ => return Err(UpgradeError::Dangling { element, id }),
    };
    trail.push(reference);
    for inner in target.descendants() {
        follow(inner, known, trail)?;
    }
    trail.pop();
    Ok(())
}
