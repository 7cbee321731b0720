//! corosync.conf of other hosts: `push`, `pull`, `diff`.
//!
//! In: hosts. Out: the same file there, or from there; differences. Absent: changing it.

use super::place::{Conf, tell_changed};
use crate::command::{Call, FORCE, Flag};
use crate::error::{Failure, Kind, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::distribute::{NotPlaced, distribute};
use quorate_bootstrap::host::{Host, on_each};

pub const CHECKSUM: Flag = Flag { name: "--checksum", short: "", help: "only say which are the same" };

pub fn push(session: &mut Session, call: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    let targets = hosts::named(session, &call.words(), true)?;
    carry(session, &targets, &conf)?;
    for host in &targets {
        session.ui.info(&format!("{}: {} copied", host.name, conf.path.display()));
    }
    Ok(())
}

/// Puts the text on all hosts, or on none.
pub fn carry(session: &mut Session, targets: &[Host], conf: &Conf) -> Outcome {
    let ssh = hosts::ssh(session);
    let Err(NotPlaced { errors, placed }) = distribute(targets, &conf.text, &conf.path.to_string_lossy(), &ssh) else {
        return Ok(());
    };
    let names: Vec<String> = errors.iter().map(|(name, _)| name.clone()).collect();
    errors.iter().for_each(|(_, error)| hosts::tell(session, error));
    let failure = Failure::new(Kind::Cluster, format!("corosync.conf could not be put on {}", names.join(", ")));
    Err(failure.hint(match placed[..] {
        [] => "it was changed nowhere".to_string(),
        _ => format!("it was changed on {}", placed.join(", ")),
    }))
}

pub fn pull(session: &mut Session, call: &Call) -> Outcome {
    let host = hosts::host(session, call.required(0))?;
    let path = session.environment.corosync_conf.clone();
    let bytes = host.get(&path, &hosts::ssh(session)).map_err(|error| {
        let failure = Failure::new(Kind::Cluster, error.to_string());
        error.hint().map_or(failure.clone(), |hint| failure.hint(hint))
    })?;
    let fetched = Conf::of(path.clone(), String::from_utf8_lossy(&bytes).into_owned())?;
    let here = if path.exists() { Conf::read(session)? } else { Conf::of(path, String::new())? };
    if here.put(session, &fetched.file, call.has(FORCE))? {
        tell_changed(session, &here.path);
    }
    Ok(())
}

pub fn diff(session: &mut Session, call: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    let targets = hosts::named(session, &call.words(), true)?;
    let ssh = hosts::ssh(session);
    let texts = on_each(&targets, |host| host.get(&conf.path, &ssh), |_, _| {});
    hosts::compare(session, conf.text.as_bytes(), &targets, texts, call.has(CHECKSUM))
}
