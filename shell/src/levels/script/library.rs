//! The scripts of this machine, and the steps of one for given answers.

use crate::catalogue::AgentName;
use crate::error::{Failure, Outcome};
use crate::session::Session;
use crate::wizard::library::{Library, directories};
use crate::wizard::model::Wizard;
use crate::wizard::plan::{Planned, plan};
use crate::wizard::values::{Answers, answers};
use quorate_core::agent::Metadata;
use std::rc::Rc;

/// Does something with this machine's scripts.
pub(super) fn with_library<T>(session: &Session, work: impl FnOnce(&Library) -> T) -> T {
    let ask = |agent: &str| metadata(session, agent);
    let options = &session.options;
    let paths = directories(&session.environment, options.get("core.script_path"), options.get("path.sharedir"));
    work(&Library::of(&paths, &ask))
}

pub(super) fn metadata(session: &Session, agent: &str) -> Option<Rc<Metadata>> {
    let mut parts: Vec<&str> = agent.split(':').collect();
    let name = parts.pop()?;
    let (class, provider) = (parts.first().copied(), parts.get(1).copied());
    let agent: AgentName = session.catalogue().resolve(class, provider, name);
    session.agents.metadata(&session.environment.ocf_root, &agent)
}

pub(super) fn wizard(session: &Session, name: &str) -> Outcome<Wizard> {
    with_library(session, |library| library.wizard(name)).map_err(Failure::refused)
}

/// A script's steps for these answers.
pub(super) fn planned(session: &Session, name: &str, given: &[(String, String)]) -> Outcome<(Answers, Vec<Planned>)> {
    let wizard = wizard(session, name)?;
    let answers = answers(&wizard, given).map_err(|mut wrong| {
        let last = wrong.pop().unwrap_or_default();
        let failure = Failure::usage(wrong.into_iter().chain([last]).collect::<Vec<_>>().join("; "));
        failure.hint(format!("`script show {name}` describes the parameters"))
    })?;
    let steps = plan(&wizard, answers.values.clone())
        .map_err(|error| Failure::refused(format!("the script `{name}` is wrong: {error}")))?;
    Ok((answers, steps))
}
