//! Old schema to new: a CIB of any schema that Pacemaker 3.0 still upgrades becomes one of 4.0.
//!
//! In: a [`Document`]. Out: the same configuration in today's words, and a [`Warning`] for
//! everything that was renamed, moved or lost; or an [`UpgradeError`] that names what is in the way.
//! Never here: raising the version triple (whoever commits does), validation, the status section.
//!
//! One step leads from one major schema to the next, in stages that are functions from tree to
//! tree. Minor versions only ever allowed more, so within a major version the claim is all that
//! changes. Between the stages from 3.10 a tree carries marks (see `three`).

mod error;
pub mod one;
pub mod reference;
pub mod schema;
pub mod three;
mod tree;
pub mod two;
pub mod warning;

pub use error::UpgradeError;
pub use schema::Schema;
pub use warning::{Level, Warning};

use super::document::{Document, SCHEMA};
use crate::xml::Element;

/// A part of a step: the `<cib>` element as it was, as it is now, and what there is to say.
pub type Stage = fn(Element) -> (Element, Vec<Warning>);

/// From the last minor version of a major one to the next major one.
pub struct Step {
    pub major: u8,
    pub stages: &'static [Stage],
    pub result: &'static str,
}

/// All steps, in order.
pub const STEPS: &[Step] = &[
    Step { major: 1, stages: &[one::permissions], result: "pacemaker-2.0" },
    Step { major: 2, stages: &[two::unfold, two::translate, two::fold], result: "pacemaker-3.0" },
    Step {
        major: 3,
        stages: &[
            three::mark::unfold,
            three::value::translate,
            three::shape::translate,
            three::lifetime::translate,
            three::removed::translate,
            three::mark::restore,
        ],
        result: "pacemaker-4.0",
    },
];

/// The document in the words of the newest schema, which the scheduler speaks; as it is if that cannot be.
pub fn latest_or_same(document: &Document) -> Document {
    to_latest(document).map_or_else(|_| document.clone(), |(document, _)| document)
}

/// The document in the latest schema. One that is there already is returned as it is.
///
/// # Errors
/// The schema is not known, or a reference in it leads nowhere.
pub fn to_latest(document: &Document) -> Result<(Document, Vec<Warning>), UpgradeError> {
    let Some(claimed) = document.root().attr("validate-with") else {
        return Ok((document.clone(), vec![untested("it names no schema")]));
    };
    if claimed == "none" {
        return Ok((document.clone(), vec![untested("its schema is \"none\"")]));
    }
    let schema = Schema::parse(claimed).ok_or_else(|| UpgradeError::UnknownSchema { schema: claimed.to_string() })?;
    if claimed == SCHEMA {
        return Ok((document.clone(), Vec::new()));
    }
    let mut root = document.root().clone();
    let mut warnings = Vec::new();
    for step in STEPS.iter().filter(|step| step.major >= schema.major) {
        check_references(&root)?;
        for stage in step.stages {
            let (next, said) = stage(root);
            root = next;
            warnings.extend(said);
        }
        root.set("validate-with", step.result);
    }
    check_references(&root)?;
    let mut upgraded = document.clone();
    *upgraded.root_mut() = root;
    Ok((upgraded, warnings))
}

/// A step may have dropped what something else refers to.
fn check_references(root: &Element) -> Result<(), UpgradeError> {
    root.child("configuration").map_or(Ok(()), reference::check)
}

fn untested(why: &str) -> Warning {
    Warning::serious(format!("The configuration is taken to be in the syntax of {SCHEMA}: {why}"))
}

#[cfg(test)]
mod tests;
