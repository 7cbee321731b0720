//! Values of corosync.conf, the whole of it, and Corosync told of it: `get`, `set`, `show`, `edit`, `log`, `reload`.
//!
//! In: calls. Out: values; the file changed. Absent: nodes and links, other hosts.

use super::place::{Conf, check, tell_changed};
use crate::command::{Call, FORCE};
use crate::configure::edit::{run_editor, somebody_edits};
use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use quorate_transport::cluster::file::path::{self, Path};
use std::process::{Command, Stdio};

pub fn show(session: &mut Session, _: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    session.page(&conf.text);
    Ok(())
}

fn path_of(call: &Call) -> Outcome<Path> {
    call.required(0).parse().map_err(|error: path::PathError| Failure::misused(call.span(0), error.to_string()))
}

pub fn get(session: &mut Session, call: &Call) -> Outcome {
    let path = path_of(call)?;
    let conf = Conf::read(session)?;
    let values = path::values(&conf.file, &path);
    if values.is_empty() {
        return Err(Failure::at(call.span(0), format!("there is no `{path}` in {}", conf.path.display())));
    }
    for value in values {
        session.ui.line(&value.value);
    }
    Ok(())
}

pub fn set(session: &mut Session, call: &Call) -> Outcome {
    let path = path_of(call)?;
    let place = match call.argument(2) {
        None => 0,
        Some(word) => {
            word.parse().map_err(|_| Failure::misused(call.span(2), format!("`{word}` is no place: 0, 1, …")))?
        }
    };
    let conf = Conf::read(session)?;
    let mut new = conf.file.clone();
    path::set(&mut new, &path, place, call.required(1)).map_err(|error| {
        let span = if matches!(error, path::PathError::NotAValue(_)) { call.span(1) } else { call.span(2) };
        Failure::at(span, error.to_string())
    })?;
    if conf.put(session, &new, call.has(FORCE))? {
        tell_changed(session, &conf.path);
    }
    Ok(())
}

pub fn edit(session: &mut Session, call: &Call) -> Outcome {
    somebody_edits(session)?;
    let conf = Conf::read(session)?;
    let failed = |error: std::io::Error| Failure::new(Kind::File, format!("a copy to be edited: {error}"));
    let copy = tempfile::Builder::new().prefix("corosync-").suffix(".conf").tempfile().map_err(failed)?;
    std::fs::write(copy.path(), &conf.text).map_err(failed)?;
    loop {
        run_editor(session, copy.path())?;
        let text = std::fs::read_to_string(copy.path()).map_err(failed)?;
        let outcome =
            Conf::of(conf.path.clone(), text).and_then(|edited| conf.put(session, &edited.file, call.has(FORCE)));
        match outcome {
            Ok(changed) => {
                if changed {
                    tell_changed(session, &conf.path);
                }
                return Ok(());
            }
            Err(failure) => {
                let origin = session.origin.clone();
                session.ui.failure(&failure, &origin);
                if !session.again("edit it again?") {
                    return Err(Failure::refused("nothing was changed"));
                }
            }
        }
    }
}

pub fn log(session: &mut Session, _: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    let path: Path = "logging.logfile".parse().expect("this is a path");
    let Some(file) = path::values(&conf.file, &path).last().map(|value| value.value.clone()) else {
        return Err(Failure::refused(format!("{} names no logging.logfile", conf.path.display())));
    };
    let file = std::path::PathBuf::from(file);
    let bytes = std::fs::read(&file).map_err(|error| Failure::file(&file, &error))?;
    session.page(&String::from_utf8_lossy(&bytes));
    Ok(())
}

pub fn reload(session: &mut Session, _: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    check(&conf.path, &conf.text)?;
    tell_corosync(session)
}

/// Lets all Corosyncs read their files again.
pub fn tell_corosync(session: &mut Session) -> Outcome {
    let output = Command::new("corosync-cfgtool").arg("-R").stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::new(Kind::Cluster, format!("corosync-cfgtool: {error}")))?;
    let words = [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_string());
    if !output.status.success() {
        let words = words.iter().find(|words| !words.is_empty()).map_or("no answer", String::as_str);
        return Err(Failure::new(Kind::Cluster, format!("corosync-cfgtool: {words}")));
    }
    session.ui.info("Corosync reads its configuration again, on all nodes");
    Ok(())
}
