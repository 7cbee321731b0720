//! Bringing a changed configuration to where it belongs, past what others did meanwhile.
//!
//! In: the document as it was read, and as it should be. Out: the document as it is now, or every
//! overlap with someone else's change, in words.
//! Absent: checks of the configuration itself.

use crate::client::{Cluster, Committed};
use crate::error::{Failure, Kind, Outcome};
use quorate_core::cib::Document;
use quorate_core::cib::diff::diff;
use quorate_core::cib::merge::{Conflict, merge};
use quorate_transport::store::{CibSource, Rewrite, StoreError};

/// Others may be first again and again; after this many times something else is wrong.
const ATTEMPTS_MAX: usize = 20;

/// Also what is to be said of a change that is in force: which nodes could not store it.
pub fn commit(
    source: &CibSource,
    cluster: &mut dyn Cluster,
    base: &Document,
    mine: &Document,
) -> Outcome<(Document, Vec<String>)> {
    match source {
        CibSource::Live { .. } => commit_live(cluster, base, mine),
        CibSource::File(path) | CibSource::Shadow { path, .. } => {
            Ok((Rewrite::begin(path, |theirs| merged(base, theirs, mine))?.finish()?, Vec::new()))
        }
        CibSource::Stdin => Err(StoreError::ReadOnly.into()),
    }
}

fn commit_live(cluster: &mut dyn Cluster, base: &Document, mine: &Document) -> Outcome<(Document, Vec<String>)> {
    for _ in 0..ATTEMPTS_MAX {
        let theirs = cluster.read()?;
        let merged = merged(base, &theirs, mine)?;
        let patch = diff(&theirs, &merged);
        if patch.is_empty() {
            return Ok((merged, Vec::new()));
        }
        match cluster.commit(&patch)? {
            Committed::Done(remarks) => return Ok((merged, remarks)),
            Committed::Stale => {}
        }
    }
    Err(Failure::new(Kind::Cluster, format!("somebody else was faster {ATTEMPTS_MAX} times"))
        .hint("commit again; nothing of yours is lost"))
}

/// Mine on top of theirs, with the next version if that changes anything.
pub fn merged(base: &Document, theirs: &Document, mine: &Document) -> Outcome<Document> {
    let mut merged = merge(base, theirs, mine).map_err(|conflicts| Failure {
        conflicts,
        ..Failure::new(Kind::Conflict, "somebody else changed the same things meanwhile; nothing was committed")
            .hint("`refresh` drops your changes and reads theirs; make yours again on top of them")
    })?;
    if merged.root() != theirs.root() {
        merged.set_version(theirs.version().next_configuration());
    }
    Ok(merged)
}

/// A conflict in words: where it is, what it was, what they and we made of it.
pub fn describe(conflict: &Conflict) -> String {
    let place = place(conflict);
    let value = |value: &Option<String>| match value {
        None => "absent".to_string(),
        Some(text) if conflict.attribute.is_some() => format!("`{text}`"),
        Some(text) => text.clone(),
    };
    format!(
        "  {place}\n      was:    {}\n      theirs: {}\n      mine:   {}",
        value(&conflict.base),
        value(&conflict.theirs),
        value(&conflict.mine)
    )
}

/// `primitive p1 › meta_attributes p1-meta › nvpair …: value`, the sections left out.
pub fn place(conflict: &Conflict) -> String {
    let steps = conflict.path.0.iter().skip(2).filter(|step| step.id.is_some());
    let steps: Vec<String> =
        steps.map(|step| format!("{} `{}`", step.name, step.id.as_deref().unwrap_or_default())).collect();
    let place = if steps.is_empty() { conflict.path.to_string() } else { steps.join(" › ") };
    match &conflict.attribute {
        Some(attribute) => format!("{place}: {attribute}"),
        None => place,
    }
}
