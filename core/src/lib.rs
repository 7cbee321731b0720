//! The whole cluster's mind: pure values and step functions.
//!
//! Nothing in this crate reads a clock, rolls a die, opens a file, starts a process
//! or logs. What it needs comes in as arguments; what it wants done goes out as values.
//! Modules are listed bottom-up: each may use only those above it.

#![warn(clippy::missing_errors_doc)]

pub mod ids;

pub mod score;

pub mod time;

pub mod note;

pub mod text;

pub mod pattern;

pub mod exit;

pub mod arguments;

pub mod xml;

pub mod agent;

pub mod cib;

pub mod schema;

pub mod rules;

pub mod status;

pub mod transition;

pub mod scheduler;

pub mod lrm;

pub mod fencing;

pub mod attribute;

pub mod alert;

pub mod admin;

pub mod membership;

pub mod replica;

pub mod node;

pub mod simulate;

pub mod view;
