//! `quorate schema [NAME]`: a schema of the CIB as RELAX NG, as crmsh looks for it in `/usr/share/pacemaker`.
//!
//! In: a schema's name (the latest without one). Out: the grammar.

use crate::answer;
use crate::standard::{Manual, STANDARD};
use crate::{Exit, Io};
use quorate_core::schema::{self, Schema};
use quorate_core::xml::write_pretty;

const MANUAL: Manual = Manual {
    name: "quorate schema",
    operands: &["[NAME]"],
    about: "Prints a schema of the CIB as RELAX NG (default: the latest)",
    tables: &[STANDARD],
    more: "Example:\n  quorate schema pacemaker-4.0 >/usr/share/pacemaker/pacemaker-4.0.rng",
};

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, |call, answer| {
        let name = call.given.operands.first();
        let wanted = name.map_or(Some(schema::LATEST), |name| Schema::parse(name));
        match wanted.filter(|wanted| schema::checked().any(|known| known == *wanted)) {
            Some(wanted) => {
                answer.text(&write_pretty(&schema::relax_ng(wanted)));
                Ok(())
            }
            None => {
                let (oldest, latest) = (schema::OLDEST, schema::LATEST);
                let name = name.map_or("", String::as_str);
                Err((Exit::NO_SUCH, format!("there is no grammar of `{name}`, but of {oldest} to {latest}")))
            }
        }
    })
}
