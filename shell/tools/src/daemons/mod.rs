//! Pacemaker's daemons by their names, as far as programs ask them something: `metadata`, `version`, `--features`.
//!
//! In: a daemon's name, words. Out: text, XML. crmsh begins every call with `pacemaker-controld version`, pcs reads
//! options from `metadata`. Never here: the daemons' work, all of which `quorated` does.

mod features;
mod metadata;
mod pacemakerd;

use crate::answer::{self, Answer};
use crate::standard::{Call, Failed, Manual, STANDARD};
use crate::{Exit, Io};
use quorate_core::arguments::{Argument, Value, argument};
use quorate_core::cib::document::PACEMAKER;

pub use pacemakerd::run as pacemakerd;

const TABLE: &[Argument] =
    &[argument(Some('F'), "features", Value::None, "Additional", "show the version and the features, and end")];

const MORE: &str = "Commands:
  metadata   what options it reads, as OCF metadata
  version    the version as crmsh reads it

Its work is done by quorated.";

const fn manual(name: &'static str, about: &'static str) -> Manual {
    Manual { name, operands: &["[COMMAND]"], about, tables: &[TABLE, STANDARD], more: MORE }
}

const ATTRD: Manual = manual("pacemaker-attrd", "Answers for the daemon of node attributes");
const BASED: Manual = manual("pacemaker-based", "Answers for the daemon of the CIB");
const CONTROLD: Manual = manual("pacemaker-controld", "Answers for the controller");
const EXECD: Manual = manual("pacemaker-execd", "Answers for the daemon that runs agents");
const FENCED: Manual = manual("pacemaker-fenced", "Answers for the fencer");
const SCHEDULERD: Manual = manual("pacemaker-schedulerd", "Answers for the scheduler");

pub fn attrd(arguments: &[String], io: &mut Io) -> Exit {
    run(&ATTRD, arguments, io)
}

pub fn based(arguments: &[String], io: &mut Io) -> Exit {
    run(&BASED, arguments, io)
}

pub fn controld(arguments: &[String], io: &mut Io) -> Exit {
    run(&CONTROLD, arguments, io)
}

pub fn execd(arguments: &[String], io: &mut Io) -> Exit {
    run(&EXECD, arguments, io)
}

pub fn fenced(arguments: &[String], io: &mut Io) -> Exit {
    run(&FENCED, arguments, io)
}

pub fn schedulerd(arguments: &[String], io: &mut Io) -> Exit {
    run(&SCHEDULERD, arguments, io)
}

fn run(manual: &Manual, arguments: &[String], io: &mut Io) -> Exit {
    answer::run(manual, arguments, io, |call, answer| respond(manual.name, call, answer))
}

fn respond(daemon: &str, call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    if call.given.has("features") {
        features::tell(answer);
        return Ok(());
    }
    match call.given.operands.first().map(String::as_str) {
        Some("version") => {
            answer.line(format!("CRM Version: {PACEMAKER} (Quorate {})", env!("CARGO_PKG_VERSION")));
            Ok(())
        }
        Some("metadata") => match metadata::of(daemon) {
            Some(metadata) => {
                answer.text(&quorate_core::xml::write_pretty(&metadata));
                Ok(())
            }
            None => Err((Exit::USAGE, "it reads no options".into())),
        },
        Some(word) => Err((Exit::USAGE, format!("`{word}` is neither metadata nor version"))),
        None => Err((Exit::UNAVAILABLE, "this is no daemon of its own: quorated does its work".into())),
    }
}
