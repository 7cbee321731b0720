//! What would follow, at this machine's time.
//!
//! In: documents. Out: text, and documents as they would be.
//! Absent: deciding (see `core::simulate`), what `crm_simulate` prints of it.

use crate::error::{Failure, Outcome};
use quorate_core::admin::running;
use quorate_core::cib::{Document, upgrade};
use quorate_core::node::Request;
use quorate_core::simulate::{self, request::NoPreview, would};
use quorate_core::transition::injection::Injection;
use quorate_core::transition::specification::Wrong;
use quorate_core::view::{self, cluster::TicketView};
use quorate_tools::clock;
use quorate_tools::crm_simulate;
use std::collections::BTreeSet;

pub fn preview(document: &Document) -> String {
    would::would(document, clock::now())
}

/// What would follow if the daemon were asked for all of this.
pub fn after(document: &Document, requests: &[Request]) -> Outcome<String> {
    let refused = |error: NoPreview| Failure::refused(error.to_string());
    would::would_after(document, requests, clock::now()).map_err(refused)
}

/// What `crm_simulate` prints with these options for a document.
pub fn simulator(document: &Document, options: &[&str]) -> Outcome<String> {
    simulated(document, options).map(|(text, _)| text)
}

/// The same, carried out on paper; and the document as it would be then.
pub fn carried_out(document: &Document, options: &[&str]) -> Outcome<(String, Document)> {
    simulated(document, &[&["-S"], options].concat())
}

fn simulated(document: &Document, options: &[&str]) -> Outcome<(String, Document)> {
    crm_simulate::of_document(document, options).map_err(|refusal| Failure::refused(refusal.0))
}

/// The document with one more event in its status.
pub fn suppose(document: &Document, injection: &Injection) -> Result<Document, Wrong> {
    simulate::suppose(document, injection, clock::now())
}

/// All tickets: those with a state, and those that constraints speak of.
pub fn tickets(document: &Document) -> Vec<TicketView> {
    view::tickets(document, clock::now())
}

/// The nodes on which a resource is active.
pub fn active(document: &Document, id: &str) -> BTreeSet<String> {
    let active = running::running(&upgrade::latest_or_same(document), clock::now()).remove(id).unwrap_or_default();
    active.into_iter().map(|at| at.node).collect()
}

/// What was to be done with a CIB at a moment that is past.
pub fn decided(document: &Document, epoch: i64) -> Vec<String> {
    would::changes(document, clock::at(epoch))
}
