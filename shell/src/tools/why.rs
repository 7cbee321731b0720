//! `quorate why RSC [NODE]`: why a resource is where it is, and why not elsewhere.
//!
//! In: the CIB of the cluster, of `CIB_file` or `CIB_shadow`. Out: every score's origin, in words.

use super::{Exit, Io};
use crate::client::ANSWER_WITHIN;
use crate::environment::Environment;
use crate::why::{Wrong, why};
use clap::Parser;
use quorate_transport::store::StoreError;

const TOOL: &str = "why";

#[derive(Parser, Debug)]
#[command(name = "why", version, about = "Says why a resource is where it is, and why not elsewhere")]
struct Options {
    /// A resource, an instance of one, or a group, clone or bundle
    resource: String,
    /// Only what is to be said of this node
    node: Option<String>,
}

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let options = match super::parse::<Options>(TOOL, arguments, io) {
        Ok(options) => options,
        Err(exit) => return exit,
    };
    let document = match Environment::of_process().first_source().read(ANSWER_WITHIN) {
        Ok(document) => document,
        Err(error) => {
            io.error(TOOL, &error.to_string());
            return if matches!(error, StoreError::Daemon(_)) { Exit::DISCONNECT } else { Exit::DATA_ERROR };
        }
    };
    match why(&document, &options.resource, options.node.as_deref()) {
        Ok(lines) => {
            lines.iter().for_each(|line| io.line(line));
            Exit::OK
        }
        Err(wrong) => {
            io.error(TOOL, &wrong.to_string());
            if let Some(hint) = wrong.hint() {
                io.error(TOOL, &format!("hint: {hint}"));
            }
            if matches!(wrong, Wrong::Document(_)) { Exit::CONFIG } else { Exit::NO_SUCH }
        }
    }
}
