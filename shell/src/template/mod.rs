//! Configuration templates: ready configurations with blanks, in crmsh's form of files.
//!
//! A template has a preamble with the parameters (`%% NAME`) and a body of statements that refer to
//! them (`%_:NAME`). Some templates woven into one file are a config, which a person fills in; its
//! statements are read from it with their places in that file.
//! Absent: the configuration of the cluster (see `configure`).

pub mod config;
pub mod library;
mod reference;
pub mod source;
pub mod weave;
