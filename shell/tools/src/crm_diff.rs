//! crm_diff: how two documents differ, and a patch applied to one.
//!
//! In: two documents, or one and a patch. Out: the patch, or the document after it.

use crate::answer::{self, Answer};
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD};
use crate::{Exit, Io};
use quorate_core::arguments::{Argument, Given, Value, argument};
use quorate_core::cib::compare::{Order, compare};
use quorate_core::cib::patch::{AttributeChange, Change, Patch};
use quorate_core::cib::{Document, apply};
use quorate_core::xml::digest::document_digest;
use quorate_core::xml::{Element, read, write_pretty};
use std::fs;
use std::io::Read;

const ORIGINAL: &str = "Original XML";
const OPERATION: &str = "Operation";
const ADDITIONAL: &str = "Additional";

const MANUAL: Manual = Manual {
    name: "crm_diff",
    operands: &[],
    about: "Compares two documents, or applies a patch to one",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "Examples:
  crm_diff --original old.xml --new new.xml > patch.xml
  crm_diff --original old.xml --patch patch.xml > new.xml",
};

const TABLE: &[Argument] = &[
    argument(Some('o'), "original", Value::Required("FILE"), ORIGINAL, "the older document"),
    argument(Some('O'), "original-string", Value::Required("XML"), ORIGINAL, "the older document as text"),
    argument(Some('n'), "new", Value::Required("FILE"), OPERATION, "compare it with this one"),
    argument(Some('N'), "new-string", Value::Required("XML"), OPERATION, "compare it with this text"),
    argument(Some('p'), "patch", Value::Required("FILE"), OPERATION, "apply this patch to it"),
    argument(Some('c'), "cib", Value::None, ADDITIONAL, "they are CIBs: the order of attributes does not matter"),
    argument(Some('u'), "no-version", Value::None, ADDITIONAL, "versions do not matter"),
    argument(Some('s'), "stdin", Value::None, ADDITIONAL, ""),
];

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

const VERSION: [&str; 3] = ["admin_epoch", "epoch", "num_updates"];

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let given = &call.given;
    let is_patch = given.last_of(&["new", "new-string", "patch"]) == Some("patch");
    if given.has("no-version") && given.has("cib") {
        return Err((Exit::USAGE, "-u/--no-version incompatible with -c/--cib".into()));
    }
    if given.has("no-version") && is_patch {
        answer.error("Warning: -u/--no-version ignored with -p/--patch");
    }
    let old =
        element(given, "original", "original-string", "Either --original or --original-string must be specified")?
            .ok_or_else(|| (Exit::DATA_ERROR, "Failed to parse original XML".to_string()))?;
    let file = if is_patch { "patch" } else { "new" };
    let new = element(given, file, "new-string", "Either --new, --new-string, or --patch must be specified")?
        .ok_or_else(|| (Exit::DATA_ERROR, format!("Failed to parse {file} XML")))?;
    match is_patch {
        true => patched(old, &new, answer),
        false => differ(&old, new, given, answer),
    }
}

/// The document that an option names; `None` if it cannot be read.
fn element(given: &Given, file: &str, text: &str, missing: &str) -> Result<Option<Element>, Failed> {
    let content = match (given.value(text).filter(|_| file != "patch"), given.value(file)) {
        (Some(text), _) => Some(text),
        (None, _) if given.has("stdin") => piped(),
        (None, Some(path)) if path == "-" => piped(),
        (None, Some(path)) => fs::read_to_string(path).ok(),
        (None, None) => return Err((Exit::USAGE, missing.into())),
    };
    Ok(content.and_then(|text| read(&text).ok()))
}

fn piped() -> Option<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).ok().map(|_| text)
}

fn differ(old: &Element, mut new: Element, given: &Given, answer: &mut Answer) -> Result<(), Failed> {
    if given.has("no-version") {
        for name in VERSION {
            match old.attr(name) {
                Some(value) => new.set(name, value),
                None => drop(new.unset(name)),
            }
        }
    }
    let order = if given.has("cib") { Order::Ignored } else { Order::Counts };
    let changes = compare(old, &new, order);
    if changes.is_empty() {
        return Ok(());
    }
    let version = |element: &Element| Document::from_element(element.clone()).map(|document| document.version());
    let (source, target) = (version(old).unwrap_or_default(), version(&new).unwrap_or_default());
    let mut set = Patch { source, target, changes }.to_xml();
    if given.has("no-version") {
        set.children.remove(0);
    }
    if given.has("cib") {
        set.set("digest", document_digest(&new));
    }
    answer.xml("patchset", &set);
    // As `diff` says it.
    Err((Exit::ERROR, String::new()))
}

fn changes_version(change: &Change) -> bool {
    let Change::Modify { path, attributes, .. } = change else { return false };
    let names_version = |change: &AttributeChange| match change {
        AttributeChange::Set { name, .. } | AttributeChange::Unset { name } => VERSION.contains(&name.as_str()),
    };
    path.0.len() == 1 && attributes.iter().any(names_version)
}

fn patched(old: Element, patch: &Element, answer: &mut Answer) -> Result<(), Failed> {
    let failed = |exit: Exit, why: &str| (exit, format!("Could not apply patch: {why}"));
    let document = Document::from_element(old).map_err(|error| failed(Exit::DATA_ERROR, &error.to_string()))?;
    let set =
        Patch::from_xml_for(patch, document.version()).map_err(|error| failed(Exit::DATA_ERROR, &error.to_string()))?;
    let mismatch = || failed(Exit::ERROR, "Application of update diff failed");
    let mut next = apply(&document, &set).map_err(|_| mismatch())?;
    // The version is one of the changes, or it stays.
    if !set.changes.iter().any(changes_version) {
        next.set_version(document.version());
    }
    let digest = document_digest(next.root());
    if patch.attr("digest").is_some_and(|expected| expected != digest) {
        return Err(mismatch());
    }
    let text = write_pretty(next.root());
    answer.text(&text);
    let part = answer.raw("updated", &text);
    answer.part(part);
    Ok(())
}
