//! crm_mon: the state of a cluster, printed once or watched on a full screen.
//!
//! In: a CIB, live or from a file, and keys. Out: text, XML, HTML, or a screen.
//! Never here: deciding or carrying out anything; keys become requests to the daemon.

pub mod args;
pub mod once;
pub mod zone;
