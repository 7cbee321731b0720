//! crm_mon: the state of a cluster, printed once or watched on a full screen.
//!
//! In: a CIB, live or from a file, and keys. Out: text, XML, HTML, or a screen.
//! Never here: deciding or carrying out anything; keys become requests to the daemon.
//!
//! The screen is a circle: `fetch` and keys make `message`s, `update` turns them and the `model`
//! into a new model and `request`s, `draw` shows the model, `terminal` does the rest.

pub mod action;
pub mod args;
pub mod draw;
pub mod fetch;
pub mod keys;
pub mod message;
pub mod model;
pub mod once;
pub mod rows;
pub mod snapshot;
pub mod terminal;
pub mod update;
