//! What each schema from `pacemaker-2.10` to `pacemaker-4.0` allows, and what in a document it does not.
//!
//! In: a `<cib>` element as it was read, and a schema. Out: [`Fault`]s, each at its element or attribute.
//! The grammar itself is data: `cib.grammar`, written to be read by people.
//! Never here: what the cluster makes of a valid document; translation of schemas (see `cib::upgrade`).

mod fault;
mod found;
mod grammar;
mod named;
mod older;
mod read;
mod relax_ng;
mod validate;
mod value;
mod versions;

pub use crate::cib::upgrade::Schema;
pub use fault::{Fault, Kind};
pub use relax_ng::relax_ng;
pub use validate::validate;
pub use versions::{LATEST, OLDEST, checked};

use crate::xml::Element;
use versions::grammar;

/// Names of all schemas there have been from 1.0 on, oldest first.
pub fn names() -> Vec<String> {
    let all = (1..=4).flat_map(|major| (0..=10).map(move |minor| Schema { major, minor }.to_string()));
    all.filter(|name| Schema::parse(name).is_some()).collect()
}

/// Every element of a configuration with each of its attributes.
pub fn vocabulary(schema: Schema) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = grammar(schema).entries.iter().filter(|entry| entry.element != "cib");
    all.flat_map(|entry| entry.attributes.iter().map(|attribute| (entry.element, attribute.name)))
}

/// The names of all elements of a configuration.
pub fn elements(schema: Schema) -> impl Iterator<Item = &'static str> {
    grammar(schema).entries.iter().map(|entry| entry.element)
}

/// What is wrong with a document by the schema that it claims. `none` is not looked at; of what is older than
/// [`OLDEST`], what it becomes in the newest schema is.
pub fn faults(root: &Element) -> Vec<Fault> {
    match root.attr("validate-with") {
        Some("none") => Vec::new(),
        None => vec![fault::unclaimed(root)],
        Some(claimed) => match Schema::parse(claimed) {
            None => vec![fault::unknown(claimed)],
            Some(schema) if schema < OLDEST => older::faults(root, schema),
            Some(schema) => validate(root, schema),
        },
    }
}

/// The faults that a change brings, an option under both of its names among them. What was wrong before does not keep anybody from mending something else.
pub fn new_faults(before: &Element, after: &Element) -> Vec<Fault> {
    let mut new = faults(after);
    if !new.is_empty() {
        let old = faults(before);
        new.retain(|fault| !old.iter().any(|known| known.is(fault)));
    }
    let doubled = named::doubled(after);
    if !doubled.is_empty() {
        let old = named::doubled(before);
        new.extend(doubled.into_iter().filter(|fault| !old.iter().any(|known| known.is(fault))));
    }
    new
}

/// The first of some faults, and how many more there are.
pub fn in_short(faults: &[Fault]) -> String {
    match faults {
        [] => String::new(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

#[cfg(test)]
mod tests;
