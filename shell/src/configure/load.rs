//! Statements from a file onto the configuration.
//!
//! In: a file, or standard input, with statements or XML. Out: the configuration with all of it, or
//! every error in the file with its place.
//! Absent: the editor (see `edit`).

use super::lower::{Mode, lower_and_note};
use super::replace::replace;
use super::{references, show};
use crate::check;
use crate::error::{Failure, Origin, Outcome};
use crate::reading;
use crate::session::Session;
use quorate_core::admin::delete as remove;
use quorate_core::cib::Document;
use quorate_core::cib::objects::sorted;
use quorate_core::cib::upgrade::Schema;
use quorate_core::xml::Element;
use quorate_grammar::Diagnostic;
use quorate_grammar::crm;
use quorate_grammar::crm::ast::Statement;
use std::io::Read;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Replace,
    Update,
    Push,
}

impl Method {
    pub fn read(word: &str) -> Option<Method> {
        Some(match word {
            "replace" => Method::Replace,
            "update" => Method::Update,
            "push" => Method::Push,
            _ => return None,
        })
    }
}

/// Texts keep the words of older schemas, which may know no others.
pub(super) const LEGACY_SINCE: Schema = Schema { major: 4, minor: 0 };

pub fn load(session: &mut Session, document: &mut Document, method: Method, xml: bool, file: &str) -> Outcome {
    let text = read(session, file)?;
    load_text(session, document, method, xml, &Origin { name: file.to_string(), text })
}

/// The same of a text that was read already.
pub fn load_text(
    session: &mut Session,
    document: &mut Document,
    method: Method,
    xml: bool,
    origin: &Origin,
) -> Outcome {
    if xml {
        let statements = from_xml(session, origin)?;
        return put(session, document, method, &statements).map_err(|failure| failure.in_text(origin.clone()));
    }
    let mut statements = in_text(session, origin)?;
    let found = load_statements(session, document, method, &mut statements);
    let found = found.map_err(|failure| failure.in_text(origin.clone()))?;
    session.ui.diagnostics(&found, origin);
    check::remember(session, &statements, origin);
    Ok(())
}

/// The same of statements. Out: what the checks say of them and nobody was told yet.
pub fn load_statements(
    session: &mut Session,
    document: &mut Document,
    method: Method,
    statements: &mut [Statement],
) -> Outcome<Vec<Diagnostic>> {
    session.modernize(document, statements, LEGACY_SINCE);
    put(session, document, method, statements)?;
    Ok(check::found_in(session, document, statements))
}

/// The text of a file, of standard input (`-`), or from the network.
pub fn read(session: &mut Session, file: &str) -> Outcome<String> {
    if ["http://", "https://", "ftp://"].iter().any(|start| file.starts_with(start)) {
        return fetch(file);
    }
    if file == "-" {
        let mut bytes = Vec::new();
        session.input.read_to_end(&mut bytes).map_err(|error| Failure::file(Path::new("-"), &error))?;
        return reading::whole("-", bytes);
    }
    reading::file(file)
}

/// Fetched by curl, which knows about proxies and certificates.
fn fetch(url: &str) -> Outcome<String> {
    let output = std::process::Command::new("curl").args(["-fsSL", "--max-time", "60", "--", url]).output();
    let output = output.map_err(|error| {
        Failure::refused(format!("`curl` cannot be run to fetch {url}: {error}"))
            .hint("fetch it first, then load the file")
    })?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_string();
        return Err(Failure::refused(format!("{url} cannot be fetched: {reason}")));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::refused(format!("{url} is not UTF-8")))
}

fn in_text(session: &mut Session, origin: &Origin) -> Outcome<Vec<Statement>> {
    let (statements, diagnostics) = crm::parse(&origin.text);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(diagnostics).in_text(origin.clone()));
    }
    session.ui.diagnostics(&diagnostics, origin);
    Ok(statements)
}

/// The objects of an XML document, as statements where the language has them.
pub fn from_xml(session: &Session, origin: &Origin) -> Outcome<Vec<Statement>> {
    let document =
        Document::read(&origin.text).map_err(|error| Failure::refused(format!("{}: {error}", origin.name)))?;
    let configuration = document.configuration();
    // The XML names its ids, so they are meant.
    Ok(show::statements_with_ids(configuration, &sorted(configuration), session.catalogue()))
}

fn put(session: &mut Session, document: &mut Document, method: Method, statements: &[Statement]) -> Outcome {
    // What made the text has failed, more likely than not.
    if statements.is_empty() && method != Method::Update {
        return Err(Failure::refused("there are no statements: nothing is replaced")
            .hint("`erase` deletes all that is configured"));
    }
    let catalogue = session.catalogue();
    let configuration = document.configuration_mut();
    let mut notes: Vec<String> = Vec::new();
    let mut found = match method {
        Method::Replace => replace(configuration, statements, catalogue),
        Method::Update | Method::Push => lower_and_note(statements, Mode::Update, configuration, catalogue, &mut notes),
    };
    if found.is_empty() && method == Method::Push {
        drop_others(configuration, statements).map_err(Failure::refused)?;
    }
    if found.is_empty() {
        found = references::check(statements, configuration);
    }
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::unfit(found));
    }
    notes.iter().for_each(|note| session.ui.info(note));
    Ok(())
}

/// Deletes the objects that no statement makes. Nodes stay: they are not ours to forget.
fn drop_others(configuration: &mut Element, statements: &[Statement]) -> Result<(), String> {
    let kept: Vec<&str> =
        statements.iter().filter_map(|statement| statement.kind.id()).map(|id| id.text.as_str()).collect();
    let has_topology = statements.iter().any(|statement| statement.kind.keyword() == "fencing_topology");
    let others: Vec<String> = sorted(configuration)
        .into_iter()
        .filter(|object| object.kind != "node" && !kept.contains(&object.id.as_str()))
        .filter(|object| !(object.kind == "fencing_topology" && has_topology))
        .filter(|object| !matches!(object.kind, "property" | "rsc_defaults" | "op_defaults"))
        .map(|object| object.id)
        .collect();
    remove::delete(configuration, &others)
        .map(drop)
        .map_err(|error| format!("the other objects cannot be deleted: {error:?}"))
}

/// Deletes everything but the nodes, or the nodes alone.
pub fn erase(configuration: &mut Element, nodes: bool) {
    if nodes {
        configuration.child_or_new("nodes").children.clear();
        return;
    }
    configuration
        .retain_elements(|section| matches!(&*section.name, "crm_config" | "nodes" | "resources" | "constraints"));
    for section in ["crm_config", "resources", "constraints"] {
        configuration.child_or_new(section).children.clear();
    }
}
