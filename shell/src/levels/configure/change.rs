//! Changing the work copy by other means than statements: delete, rename, set, edit, load and their kin.
//!
//! In: calls. Out: a new work copy on the stage, or a file.
//! Absent: committing (see `publish`).

use super::IDS;
use super::look::{arrange, nothing_missing, selection, with_near};
use crate::check;
use crate::command::{Call, FORCE};
use crate::configure::lower::{self, Mode};
use crate::configure::{edit, load, set, show};
use crate::error::{Failure, Outcome};
use crate::levels::resource::{self, steer};
use crate::session::{RunMode, Session};
use quorate_core::admin::Intent;
use quorate_core::admin::delete::{self as remove, RemoveError};
use quorate_core::admin::target_role::TargetRole;
use quorate_core::cib::Document;
use quorate_core::cib::document::SCHEMA;
use quorate_core::cib::objects;
use quorate_core::cib::upgrade::{Level, Schema, to_latest};
use quorate_grammar::Diagnostic;

/// Replaces the work copy by what `change` makes of it.
pub fn work_on(
    session: &mut Session,
    call: &Call,
    change: impl FnOnce(&mut Session, &mut Document) -> Outcome,
) -> Outcome {
    session.freshen();
    let mut document = session.stage()?.work().clone();
    change(session, &mut document)?;
    session.stage()?.put(&call.text(), document);
    Ok(())
}

pub fn delete(session: &mut Session, call: &Call) -> Outcome {
    let (mut ids, missing) = known(session, call)?;
    let forced = call.has(FORCE) || session.is_forced();
    if forced {
        let configuration = session.stage()?.work().configuration();
        ids.extend(remove::needing(configuration, &ids));
    }
    halted(session, call, &ids, forced)?;
    work_on(session, call, |session, document| {
        let notes = remove::delete(document.configuration_mut(), &ids).map_err(|error| removal(error, document))?;
        notes.iter().for_each(|note| session.ui.info(note));
        Ok(())
    })?;
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::refused(format!("there is no object `{}`", missing.join("`, `")))),
    }
}

/// Who goes on after errors does what was right: the ids that are there, and those that are not. Else all
/// of them must be there.
fn known(session: &mut Session, call: &Call) -> Outcome<(Vec<String>, Vec<String>)> {
    if !session.switches.keep_going {
        return Ok((call.words(), Vec::new()));
    }
    let configuration = session.stage()?.work().configuration();
    Ok(call.words().into_iter().partition(|id| objects::find(configuration, id).is_some()))
}

/// Only what is stopped is deleted: what runs is stopped first, if that is wanted, and waited for.
fn halted(session: &mut Session, call: &Call, ids: &[String], forced: bool) -> Outcome {
    let running = resource::running(session, ids);
    let Some(first) = running.first() else { return Ok(()) };
    if !forced {
        return Err(
            Failure::refused(format!("`{first}` is running")).hint("stop it first, or use --force, which does that")
        );
    }
    if session.mode == RunMode::Batch {
        // A batch changes nothing before its end. The cluster stops what runs and is not configured.
        let names = running.join(", ");
        session.ui.warn(&format!("{names}: running, and left to the cluster to be stopped when this is committed"));
        return Ok(());
    }
    session.ui.info(&format!("stopping {}", running.join(", ")));
    let stopped = session.change_now(|session, document| {
        let stop = |id: &String| Intent::Role { resource: id.clone(), role: TargetRole::Stopped };
        running
            .iter()
            .try_for_each(|id| steer::meet(session, document, &stop(id)))
            .map_err(|refusal| steer::refused(call, &refusal))
    });
    let hint = "nothing was deleted; it is to be stopped (target-role=Stopped), `resource start` takes that back";
    stopped.map_err(|failure| failure.hint(hint))?;
    match resource::running(session, &running).first() {
        Some(id) => Err(Failure::refused(format!("`{id}` does not stop")).hint(hint).hint(format!(
            "`resource why {id}` says what keeps it; it may be unmanaged, in maintenance, or its stop may have failed"
        ))),
        None => Ok(()),
    }
}

pub fn rename(session: &mut Session, call: &Call) -> Outcome {
    let (old, new) = (call.required(0), call.required(1));
    let word = quorate_grammar::Word::at(new, call.span(1));
    if let (None, found) =
        quorate_grammar::crm::parse_words(&quorate_grammar::line::standing(&format!("tag {new} x ")).before)
    {
        return Err(Failure::input(found.into_iter().map(|one| Diagnostic { span: word.span, ..one }).collect()));
    }
    let running = resource::running(session, &[old.to_string()]);
    if !running.is_empty() {
        return Err(Failure::refused(format!("`{old}` is running and cannot be renamed")).hint("stop it first"));
    }
    work_on(session, call, |session, document| {
        let renamed =
            remove::rename(document.configuration_mut(), old, new).map_err(|error| removal(error, document))?;
        renamed.follows.iter().for_each(|note| session.ui.info(note));
        renamed.differs.iter().for_each(|note| session.ui.warn(note));
        Ok(())
    })
}

fn removal(error: RemoveError, document: &Document) -> Failure {
    match error {
        RemoveError::Missing(id) => with_near(Failure::refused(format!("there is no object `{id}`")), &id, document),
        RemoveError::Needed { id, by } => {
            Failure::refused(format!("`{by}` needs `{id}`")).hint(format!("delete `{by}` as well, or first"))
        }
        RemoveError::Taken(id) => Failure::refused(format!("the id `{id}` is used already")),
    }
}

pub fn erase(session: &mut Session, call: &Call) -> Outcome {
    let nodes = call.argument(0);
    if let Some(word) = nodes.filter(|word| *word != "nodes") {
        return Err(Failure::misused(call.span(0), format!("`{word}` cannot be erased; `nodes` can")));
    }
    work_on(session, call, |_, document| {
        load::erase(document.configuration_mut(), nodes.is_some());
        Ok(())
    })
}

pub fn set_value(session: &mut Session, call: &Call) -> Outcome {
    work_on(session, call, |_, document| {
        let schema = document.root().attr("validate-with").and_then(Schema::parse);
        set::set(document.configuration_mut(), schema, call.required(0), call.required(1))
            .map_err(|diagnostic| Failure::input(vec![Diagnostic { span: call.span(0), ..diagnostic }]))
    })
}

pub fn modgroup(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    work_on(session, call, |session, document| {
        let statement = set::modified_group(document.configuration(), session.catalogue(), &words)
            .map_err(|(place, message)| Failure::at(call.span(place), message))?;
        let mut found = lower::lower(
            std::slice::from_ref(&statement),
            Mode::Replace,
            document.configuration_mut(),
            session.catalogue(),
        );
        found.iter_mut().for_each(|one| one.span = call.span(2));
        if found.is_empty() { Ok(()) } else { Err(Failure::input(found)) }
    })
}

pub fn edit_text(session: &mut Session, call: &Call) -> Outcome {
    let selection = selection(&call.words());
    session.freshen();
    let document = session.stage()?.work().clone();
    let (mut objects, missing) = show::select(document.configuration(), &selection.selectors);
    nothing_missing(&document, missing)?;
    arrange(session, &mut objects);
    let form = form(&selection);
    let changed = edit::edit(session, &document, &objects, form, selection.selectors.is_empty())?;
    if let Some(document) = changed {
        session.stage()?.put("edit", document);
    }
    Ok(())
}

fn form(selection: &super::look::Selection) -> edit::Form {
    if selection.xml { edit::Form::Xml } else { edit::Form::Text }
}

pub fn filter(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let selection = selection(&words[1..]);
    work_on(session, call, |session, document| {
        let before = document.clone();
        // As in crmsh, ids that are not there select nothing; the program may add them.
        let (objects, _) = show::select(before.configuration(), &selection.selectors);
        let all = selection.selectors.is_empty();
        *document = edit::filter(session, &before, &objects, &words[0], form(&selection), all)?;
        Ok(())
    })
}

pub fn load_file(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let (xml, rest) = match words.split_first() {
        Some((first, rest)) if first == "xml" => (true, rest),
        _ => (false, &words[..]),
    };
    let [method, file] = rest else {
        return Err(Failure::usage("load needs a method and a file").hint("load [xml] replace|update|push FILE"));
    };
    let Some(method) = load::Method::read(method) else {
        return Err(Failure::at(
            call.span(usize::from(xml)),
            format!("`{method}` is no method; there are replace, update and push"),
        ));
    };
    work_on(session, call, |session, document| load::load(session, document, method, xml, file))
}

pub fn save(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let (file, rest) = words.split_last().expect("the number of arguments was checked");
    let selection = selection(rest);
    session.freshen();
    let document = session.stage()?.work().clone();
    let (mut objects, missing) = show::select(document.configuration(), &selection.selectors);
    nothing_missing(&document, missing)?;
    arrange(session, &mut objects);
    let text = if selection.xml {
        let selected = (!selection.selectors.is_empty()).then_some(&objects[..]);
        show::unmasked_xml(document.root(), document.configuration(), selected)
    } else if call.has(IDS) {
        show::text(&show::statements_with_ids(document.configuration(), &objects, session.catalogue()))
    } else {
        show::text(&show::statements(document.configuration(), &objects, session.catalogue()))
    };
    if file == "-" {
        session.ui.print(&text);
        return Ok(());
    }
    let path = std::path::Path::new(file);
    std::fs::write(path, text).map_err(|error| Failure::file(path, &error))
}

pub fn schema(session: &mut Session, call: &Call) -> Outcome {
    let Some(name) = call.argument(0) else {
        let name = session.stage()?.work().root().attr("validate-with").unwrap_or_default().to_string();
        session.ui.line(&name);
        return Ok(());
    };
    if Schema::parse(name).is_none() {
        return Err(Failure::at(call.span(0), format!("`{name}` is no schema; they are called pacemaker-X.Y"))
            .hint(format!("the latest is {SCHEMA}")));
    }
    work_on(session, call, |session, document| {
        let mut claimed = document.clone();
        claimed.root_mut().set("validate-with", name);
        let lost = check::lost(document, &claimed);
        check::report(session, &lost);
        if !lost.is_empty() {
            let text = format!("{name} has no words for {} of what is here; nothing was changed", lost.len());
            return Err(Failure::refused(text).hint("take that out first"));
        }
        *document = claimed;
        Ok(())
    })
}

/// Puts the configuration in the latest schema on the stage. Losses must be meant.
pub fn upgrade(session: &mut Session, call: &Call) -> Outcome {
    let forced = call.has(FORCE) || call.argument(0) == Some("force") || session.switches.force;
    work_on(session, call, |session, document| {
        if document.root().attr("validate-with") == Some(SCHEMA) {
            session.ui.info(&format!("the configuration is written for {SCHEMA} already"));
            return Ok(());
        }
        let (upgraded, said) = to_latest(document).map_err(|error| Failure::refused(error.to_string()))?;
        for warning in &said {
            match warning.level {
                Level::Debug | Level::Info => session.ui.info(&warning.message),
                Level::Warning => session.ui.warn(&warning.message),
            }
        }
        if said.iter().any(|warning| warning.level == Level::Warning) && !forced {
            return Err(Failure::refused("nothing was upgraded").hint("if this is meant, use `upgrade force`"));
        }
        *document = upgraded;
        Ok(())
    })
}

/// Warnings are shown; errors are the outcome.
pub fn tell(session: &mut Session, diagnostics: Vec<Diagnostic>) -> Outcome {
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(diagnostics));
    }
    let origin = session.origin.clone();
    session.ui.diagnostics(&diagnostics, &origin);
    Ok(())
}
