//! What the cluster would do with a configuration, before anything is written.
//!
//! In: the document as it would be. Out: the transition's summary as text.
//! This is the one file of the shell that knows the scheduler.

use crate::error::{Failure, Kind, Outcome};
use quorate_core::cib::Document;

pub fn preview(_document: &Document) -> Outcome<String> {
    Err(Failure::new(Kind::Unsupported, "this build has no scheduler yet, so there is no preview"))
}
