//! Whose rights count: `CIB_user`, `cibadmin --user`.
//!
//! In: a name, a document. Out: what of it the user sees, and why a change is refused.
//! Absent: what lists mean (`core::cib::acl`); rights of who calls, which the daemon decides of.

use quorate_core::cib::acl::{self, Rights, Subject};
use quorate_core::cib::document::DocumentError;
use quorate_core::cib::{Document, diff};
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use quorate_transport::local::user::groups_of_user;
use quorate_transport::store::CibSource;
use std::fmt;

/// Accounts that lists do not bind.
pub const PRIVILEGED: [&str; 2] = ["root", "hacluster"];

/// Why somebody gets nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barred {
    /// With the cluster not everybody acts for others.
    ForOthers,
    /// Lists hide all of it.
    Unseen,
    /// What they leave is no CIB.
    NoCib(DocumentError),
}

impl fmt::Display for Barred {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Barred::ForOthers => write!(out, "only {} act with the rights of others", PRIVILEGED.join(" and ")),
            Barred::Unseen => out.write_str("no access list lets the user see anything"),
            Barred::NoCib(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for Barred {}

/// The user whose rights count for a source; `None` if all may be done.
///
/// # Errors
/// With the cluster only root and hacluster act for others.
pub fn subject(name: &str, source: &CibSource, environment: &Environment) -> Result<Option<Subject>, Barred> {
    if PRIVILEGED.contains(&name) {
        return Ok(None);
    }
    if source.is_live() && *name != environment.user && !PRIVILEGED.contains(&environment.user.as_str()) {
        return Err(Barred::ForOthers);
    }
    Ok(Some(Subject { user: name.to_string(), groups: groups_of_user(name) }))
}

/// The same for the user that the environment names.
///
/// # Errors
/// As [`subject`].
pub fn of_environment(source: &CibSource) -> Result<Option<Subject>, Barred> {
    let environment = Environment::of_process();
    match &environment.cib_user {
        Some(name) => subject(name, source, &environment),
        None => Ok(None),
    }
}

/// The rights that bind the user, if lists are in force.
fn rights(document: &Document, user: Option<&Subject>) -> Option<Rights> {
    user.filter(|_| acl::is_in_force(document)).map(|user| Rights::of(document, user))
}

/// What the user sees.
///
/// # Errors
/// That is nothing.
pub fn seen_by(document: Document, user: Option<&Subject>) -> Result<Document, Barred> {
    let Some(rights) = rights(&document, user) else { return Ok(document) };
    let shown = rights.shown(&document).ok_or(Barred::Unseen)?;
    Document::from_element(shown).map_err(Barred::NoCib)
}

/// What the user sees as it is printed: nothing is added to make a whole CIB of it.
///
/// # Errors
/// That is nothing.
pub fn printed_for(document: &Document, user: Option<&Subject>) -> Result<Element, Barred> {
    let Some(rights) = rights(document, user) else { return Ok(document.root().clone()) };
    rights.seen_of(document).ok_or(Barred::Unseen)
}

/// Why the user may not make this of that.
pub fn refuses(now: &Document, next: &Document, user: Option<&Subject>) -> Option<String> {
    rights(now, user)?.refuses(now, &diff(now, next))
}
