//! crm_verify: whether a configuration is one, and what of it has no effect.
//!
//! In: options; the cluster's CIB, a file, a text. Out: a line for each problem, and the exit code.
//! Absent: agents and their parameters (see `crm verify`).

use crate::input::{InputError, read_root};
use crate::standard::{self, Call, FORMATTED, Failed, Format, Manual, STANDARD};
use crate::{Exit, Io, clock, door};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::{self, Schema};
use quorate_core::note::{Note, Severity};
use quorate_core::scheduler::verify::{is_wrong, verify};
use quorate_core::schema::faults;
use quorate_core::view::xml::API_VERSION;
use quorate_core::xml::{self, Element, Node, write_pretty};
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::CibSource;
use std::io::{ErrorKind, Read};
use std::path::Path;

const DATA: &str = "Data";
const ADDITIONAL: &str = "Additional";

const TABLE: &[Argument] = &[
    argument(Some('L'), "live-check", Value::None, DATA, "check the cluster's configuration"),
    argument(Some('x'), "xml-file", Value::Required("FILE"), DATA, "check the configuration in this file"),
    argument(Some('X'), "xml-text", Value::Required("XML"), DATA, "check this configuration"),
    argument(Some('p'), "xml-pipe", Value::None, DATA, "check the configuration on standard input"),
    argument(Some('S'), "save-xml", Value::Required("FILE"), ADDITIONAL, "write what was checked into this file"),
    argument(Some('q'), "quiet", Value::None, ADDITIONAL, "say it by the exit code alone"),
];

const MANUAL: Manual = Manual {
    name: "crm_verify",
    operands: &[],
    about: "Says what is wrong with a configuration, and what of it has no effect",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "",
};

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, check)
}

fn check(call: Call, io: &mut Io) -> Exit {
    let read = read(&call.given).and_then(|root| match Document::from_element(root.clone()) {
        Ok(document) => Ok((root, document)),
        Err(error) => Err((Exit::DATA_ERROR, error.to_string())),
    });
    let (root, document) = match read {
        Ok(read) => read,
        Err((exit, message)) => {
            io.error(MANUAL.name, &message);
            return exit;
        }
    };
    if let Some(path) = call.given.value("save-xml")
        && let Err(error) = std::fs::write(&path, write_pretty(&root))
    {
        io.error(MANUAL.name, &format!("{path}: {error}"));
        return Exit::CANNOT_CREATE;
    }
    let notes = problems(&root, &document);
    let quiet = call.given.has("quiet");
    let exit = if is_wrong(&notes) { Exit::CONFIG } else { Exit::OK };
    match call.format {
        Format::Xml => io.line(write_pretty(&result(&call.request, &notes, exit, quiet)).trim_end()),
        Format::Text if !quiet => tell(&notes, call.given.has("verbose"), io),
        Format::Text | Format::None => {}
    }
    exit
}

/// The root as it stands there: a section that lacks is a fault.
fn read(given: &Given) -> Result<Element, Failed> {
    let bad = |error: String| (Exit::DATA_ERROR, error);
    if let Some(path) = given.value("xml-file").filter(|path| path != "-") {
        return read_file(Path::new(&path));
    }
    if let Some(text) = given.value("xml-text") {
        return xml::read(&text).map_err(|error| bad(error.to_string()));
    }
    if given.has("xml-pipe") || given.has("xml-file") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| bad(error.to_string()))?;
        return xml::read(&text).map_err(|error| bad(error.to_string()));
    }
    if !given.has("live-check") {
        let text = "No input specified. One of -L, -x FILE, -X XML, -p is needed";
        return Err((Exit::USAGE, text.into()));
    }
    match Environment::of_process().first_source() {
        CibSource::File(path) | CibSource::Shadow { path, .. } if path.exists() => read_file(&path),
        source => match door::read(&source, ANSWER_WITHIN) {
            Ok(document) => Ok(document.root().clone()),
            Err(error) => Err(door::failed(error)),
        },
    }
}

fn read_file(path: &Path) -> Result<Element, Failed> {
    read_root(path).map_err(|error| {
        let is_missing = matches!(&error, InputError::File(error) if error.kind() == ErrorKind::NotFound);
        let exit = if is_missing { Exit::NO_SUCH } else { Exit::DATA_ERROR };
        (exit, format!("{}: {error}", path.display()))
    })
}

/// A document that no schema can read has no other problems.
fn problems(root: &Element, document: &Document) -> Vec<Note> {
    let schema = root.attr("validate-with").unwrap_or_default();
    if Schema::parse(schema).is_none() {
        let text =
            if schema.is_empty() { "it names no schema".into() } else { format!("its schema '{schema}' is unknown") };
        return vec![Note::error("", format!("this configuration cannot be checked because {text}"))];
    }
    match upgrade::to_latest(document) {
        Ok(_) => {
            let invalid = faults(root).into_iter().map(|fault| Note::error(fault.object, fault.message));
            invalid.chain(verify(document, clock::now())).collect()
        }
        Err(error) => vec![Note::error("", error.to_string())],
    }
}

fn tell(notes: &[Note], verbose: bool, io: &mut Io) {
    for note in notes.iter().filter(|note| note.severity > Severity::Notice || verbose) {
        let _ = writeln!(io.err, "{note}");
    }
    if is_wrong(notes) {
        let _ = writeln!(io.err, "{INVALID}");
    }
}

/// What is said at the end.
const INVALID: &str = "Configuration invalid";

/// As Pacemaker's tools answer in XML.
fn result(request: &str, notes: &[Note], exit: Exit, quiet: bool) -> Element {
    let mut status = Element::new("status").with("code", exit.0.to_string());
    status.set("message", if exit == Exit::OK { "OK" } else { "Invalid configuration" });
    let told = notes.iter().filter(|note| note.severity > Severity::Notice);
    let mut texts: Vec<String> = told.map(Note::to_string).collect();
    if !texts.is_empty() && !quiet {
        texts.push(INVALID.into());
    }
    let mut errors = Element::new("errors");
    for text in texts {
        let mut error = Element::new("error");
        error.children.push(Node::Text(text.into()));
        errors.push(error);
    }
    if errors.elements().next().is_some() {
        status.push(errors);
    }
    Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", request).with_child(status)
}
