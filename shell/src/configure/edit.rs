//! A part of the configuration in an editor, or through a program.
//!
//! In: the selected objects. Out: the document with the new text in their place.
//! Absent: line editing at the prompt.

use super::load::{LEGACY_SINCE, from_xml};
use super::replace::replace_objects;
use super::show;
use crate::error::{Failure, Origin, Outcome};
use crate::reading;
use crate::session::{RunMode, Session};
use quorate_core::cib::Document;
use quorate_core::cib::objects::Object;
use quorate_grammar::crm::print::{self, Layout};
use quorate_grammar::{Diagnostic, crm};
use std::io::Write;
use std::process::{Command, Stdio};

/// Lets the person edit until the text is right or they give up (`None`).
pub fn edit(
    session: &mut Session,
    document: &Document,
    objects: &[Object],
    form: Form,
    all: bool,
) -> Outcome<Option<Document>> {
    somebody_edits(session)?;
    let before = match form {
        Form::Text => show::text(&show::statements(document.configuration(), objects, session.catalogue())),
        Form::Xml => as_xml(document, objects, all),
    };
    let mut file = tempfile::Builder::new()
        .prefix("crm-")
        .suffix(if form == Form::Xml { ".xml" } else { ".crm" })
        .tempfile()
        .map_err(|error| Failure::refused(format!("no place for the text: {error}")))?;
    let io = |error: std::io::Error| Failure::refused(format!("the text cannot be written: {error}"));
    file.write_all(before.as_bytes()).and_then(|()| file.flush()).map_err(io)?;
    loop {
        run_editor(session, file.path())?;
        let bytes = std::fs::read(file.path()).map_err(|error| Failure::file(file.path(), &error))?;
        if bytes == before.as_bytes() {
            return Ok(None);
        }
        let read = reading::whole("edited", bytes);
        let origin = Origin { name: "edited".to_string(), text: read.as_deref().unwrap_or_default().to_string() };
        match read.and_then(|_| apply(session, document, objects, &origin, form)) {
            Ok(document) => return Ok(Some(document)),
            Err(failure) => {
                session.ui.failure(&failure, &origin);
                if !session.again("Edit it again?") {
                    let text = file.keep().map(|(_, path)| format!("what was written is kept in {}", path.display()));
                    return Err(Failure::refused("the changes were dropped").hint(text.unwrap_or_default()));
                }
            }
        }
    }
}

/// Whether there is an editor to be run.
pub fn somebody_edits(session: &Session) -> Outcome {
    if session.mode == RunMode::Batch {
        return Err(Failure::refused("there is nobody to edit in a batch"));
    }
    // Who names an editor may mean a program; the usual one would wait for keys for ever.
    if !session.environment.terminal_in && session.editor().is_none() {
        return Err(
            Failure::refused("there is no terminal to edit at").hint("name a program by $EDITOR, or use `filter`")
        );
    }
    Ok(())
}

pub fn run_editor(session: &Session, path: &std::path::Path) -> Outcome {
    let editor = session.editor().unwrap_or_else(|| "vi".to_string());
    // The variable may hold arguments too, as in `EDITOR="code -w"`.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::refused(format!("`{editor}` failed ({status})"))),
        Err(error) => Err(Failure::refused(format!("`{editor}` cannot be run: {error}"))),
    }
}

/// What the selected objects are edited as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    Xml,
}

fn as_xml(document: &Document, objects: &[Object], all: bool) -> String {
    show::unmasked_xml(document.root(), document.configuration(), (!all).then_some(objects))
}

fn apply(
    session: &mut Session,
    document: &Document,
    objects: &[Object],
    origin: &Origin,
    form: Form,
) -> Outcome<Document> {
    let statements = match form {
        Form::Text => {
            let (statements, diagnostics) = crm::parse(&origin.text);
            if diagnostics.iter().any(Diagnostic::is_error) {
                return Err(Failure::input(diagnostics).in_text(origin.clone()));
            }
            statements
        }
        Form::Xml => from_xml(session, origin)?,
    };
    // An editor that was killed, or could not write, leaves that; who deletes says so.
    if statements.is_empty() && !objects.is_empty() {
        return Err(Failure::refused("nothing is left over: nothing is deleted by that")
            .hint("`delete` deletes objects, and `erase` all of them"));
    }
    let mut statements = statements;
    session.modernize(document, &mut statements, LEGACY_SINCE);
    let (document, notes) = replace_objects(session, document, objects, &statements)
        .map_err(|found| Failure::input(found).in_text(origin.clone()))?;
    notes.iter().for_each(|note| session.ui.info(note));
    Ok(document)
}

/// Sends the text through a program, one statement a line, and reads what comes out.
pub fn filter(
    session: &mut Session,
    document: &Document,
    objects: &[Object],
    program: &str,
    form: Form,
    all: bool,
) -> Outcome<Document> {
    if form == Form::Xml {
        let text = through(program, as_xml(document, objects, all))?;
        return apply(session, document, objects, &Origin { name: "filtered".to_string(), text }, form);
    }
    let statements = show::statements(document.configuration(), objects, session.catalogue());
    let mut text = String::new();
    for statement in &statements {
        print::write(statement, Layout::OneLine, &mut text);
        text.push('\n');
    }
    let is_empty = text.is_empty();
    let origin = Origin { name: "filtered".to_string(), text: through(program, text)? };
    if origin.text.trim().is_empty() && !is_empty {
        return Err(Failure::refused(format!("`{program}` has left nothing over: nothing is deleted by that"))
            .hint("`delete` deletes objects"));
    }
    apply(session, document, objects, &origin, form)
}

fn through(program: &str, text: String) -> Outcome<String> {
    let failed = |error: std::io::Error| Failure::refused(format!("`{program}` cannot be run: {error}"));
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut input = child.stdin.take().expect("the pipe was asked for");
    // Written by another thread: the program may answer before it has read everything.
    let writer = std::thread::spawn(move || {
        // A program that does not read its input to the end is no error.
        let _ = input.write_all(text.as_bytes());
    });
    let output = child.wait_with_output().map_err(failed)?;
    let _ = writer.join();
    if !output.status.success() {
        return Err(Failure::refused(format!("`{program}` failed ({})", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| Failure::refused(format!("`{program}` did not write UTF-8")))
}
