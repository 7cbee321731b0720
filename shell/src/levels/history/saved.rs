//! `history session`: what is looked at, kept under a name and taken up again.
//!
//! In: calls. Out: a directory, another source, or a file to be sent away.
//! Absent: the form in which it is kept (see `history::saved`).

use super::archive;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::history::saved::{self, Places};
use crate::levels::report;
use crate::session::Session;
use crate::template::library::is_sane;
use std::path::{Path, PathBuf};

pub const VERBS: &[&str] = &["save", "load", "delete", "pack", "update", "list", "info"];

pub fn session(session: &mut Session, call: &Call) -> Outcome {
    match (call.argument(0).unwrap_or("info"), call.argument(1)) {
        ("save", Some(name)) => save(session, call, name),
        ("load", Some(name)) => load(session, call, name),
        ("delete", Some(name)) => delete(session, call, name),
        ("pack", _) => pack(session, call),
        ("update", None) => update(session, call),
        ("list", None) => {
            places(session).names().iter().for_each(|name| session.ui.line(name));
            Ok(())
        }
        ("info", None) => {
            info(session);
            Ok(())
        }
        (verb @ ("save" | "load" | "delete"), None) => {
            Err(Failure::misused(call.span(0), format!("`session {verb}` needs a name")))
        }
        ("update" | "list" | "info", Some(word)) => {
            Err(Failure::misused(call.span(1), format!("`{word}` is one word too many")))
        }
        (word, _) => Err(Failure::misused(call.span(0), format!("`{word}` is no command of `session`"))
            .hint(format!("there are {}", VERBS.join(", ")))),
    }
}

fn places(session: &Session) -> Places {
    Places::of(&session.environment, &session.options)
}

fn sane<'n>(call: &Call, name: &'n str) -> Outcome<&'n str> {
    match is_sane(name) {
        true => Ok(name),
        false => Err(Failure::misused(call.span(1), format!("`{name}` is no name for a session"))),
    }
}

fn existing(session: &Session, call: &Call, name: &str) -> Outcome<PathBuf> {
    let places = places(session);
    if let Some(found) = places.find(sane(call, name)?) {
        return Ok(found);
    }
    let known = places.names();
    let failure = Failure::at(call.span(1), format!("there is no session `{name}`"));
    Err(match quorate_grammar::diagnostic::closest(name, known.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`session list` shows them, `session save NAME` makes one"),
    })
}

/// The session that was saved or loaded last.
fn current(session: &Session, call: &Call) -> Outcome<String> {
    session.kept.history.session.clone().ok_or_else(|| {
        Failure::misused(call.span(0), "there is no session yet")
            .hint("`session save NAME` or `session load NAME` first")
    })
}

fn save(session: &mut Session, call: &Call, name: &str) -> Outcome {
    let directory = places(session).new_one(sane(call, name)?);
    if directory.exists() || places(session).find(name).is_some() {
        return Err(Failure::at(call.span(1), format!("there is a session `{name}` already"))
            .hint(format!("`session delete {name}` first, or choose another name")));
    }
    archive(session)?;
    let own = session.kept.history.source.is_none();
    let source = match &session.kept.history.source {
        None => directory.clone(),
        // It may be taken up from elsewhere.
        Some(source) => std::path::absolute(source).map_err(|error| Failure::file(Path::new(source), &error))?,
    };
    let filter = &session.kept.history;
    let read = filter.archive.as_ref().expect("it was just read");
    let copied = if own { saved::copy(read, |input| filter.at(input.epoch), &directory) } else { Ok(()) };
    let written = copied.and_then(|()| saved::write(filter, &source, &directory));
    if let Err(error) = written {
        // Half a session is none.
        let _ = std::fs::remove_dir_all(&directory);
        return Err(Failure::file(&directory, &error));
    }
    if own {
        session.kept.history.source = Some(directory.display().to_string());
        session.kept.history.archive = None;
    }
    session.kept.history.session = Some(name.to_string());
    session.ui.info(&format!("kept in {}", directory.display()));
    Ok(())
}

fn load(session: &mut Session, call: &Call, name: &str) -> Outcome {
    let directory = existing(session, call, name)?;
    let mut filter = saved::read(&directory)?;
    let source = filter.source.clone().unwrap_or_default();
    if !Path::new(&source).exists() {
        return Err(Failure::at(call.span(1), format!("`{name}` looks at {source}, which is gone")));
    }
    filter.session = Some(name.to_string());
    let before = std::mem::replace(&mut session.kept.history, filter);
    if let Err(failure) = archive(session) {
        session.kept.history = before;
        return Err(failure);
    }
    Ok(())
}

fn delete(session: &mut Session, call: &Call, name: &str) -> Outcome {
    let directory = existing(session, call, name)?;
    std::fs::remove_dir_all(&directory).map_err(|error| Failure::file(&directory, &error))?;
    if session.kept.history.session.take_if(|current| current == name).is_some() {
        session.kept.history.source = None;
        session.kept.history.archive = None;
        session.ui.info("that was the session that was looked at; now it is this node");
    }
    Ok(())
}

fn update(session: &mut Session, call: &Call) -> Outcome {
    let name = current(session, call)?;
    let directory = existing(session, call, &name)?;
    let source = session.kept.history.source.clone().unwrap_or_default();
    saved::write(&session.kept.history, Path::new(&source), &directory)
        .map_err(|error| Failure::file(&directory, &error))
}

/// A file with what a session looks at, secrets masked.
fn pack(session: &mut Session, call: &Call) -> Outcome {
    let name = match call.argument(1) {
        Some(name) => name.to_string(),
        None => current(session, call)?,
    };
    if session.kept.history.session.as_ref() != Some(&name) {
        load(session, call, &name)?;
    }
    let path = PathBuf::from(format!("{name}.tar.gz"));
    if path.exists() && !session.is_forced() {
        return Err(Failure::refused(format!("{} exists already", path.display())));
    }
    let secrets = report::secrets(session);
    archive(session)?;
    let filter = &session.kept.history;
    let read = filter.archive.as_ref().expect("it was just read");
    let mut files = Vec::new();
    for input in read.inputs.iter().filter(|input| filter.at(input.epoch)) {
        files.push(report::packed_input(input, &secrets)?);
    }
    for (number, log) in read.logs.iter().enumerate() {
        let bytes = std::fs::read(log).map_err(|error| Failure::file(log, &error))?;
        files.push((format!("log{number}/pacemaker.log"), bytes));
    }
    report::pack(&path, &name, &files).map_err(|error| Failure::file(&path, &error))?;
    session.ui.line(&path.display().to_string());
    Ok(())
}

fn info(session: &mut Session) {
    let filter = &session.kept.history;
    let name = filter.session.as_deref().unwrap_or("none");
    let source = filter.source.as_deref().unwrap_or("live");
    let text = format!("current session: {name}\nsource: {source}");
    session.ui.line(&text);
}
