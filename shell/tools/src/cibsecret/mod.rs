//! cibsecret: values of parameters that the configuration does not show.
//!
//! In: a command, a resource, a parameter. Out: the value in a file of each node (`transport::secret`), `lrm://` in
//! the configuration. A value is on the disks of all nodes that are there before the configuration says so, and goes
//! after it does not any more. Absent: a new run of the resource; the agent sees the value at its next operation.

mod peers;

use crate::answer::{self, Answer};
use crate::door;
use crate::standard::{Call, Failed, Manual, STANDARD};
use crate::{Exit, Io};
use peers::Peers;
use quorate_core::admin::attribute::{self, Sort};
use quorate_core::arguments::{Argument, Value, argument};
use quorate_core::cib::pool::Pool;
use quorate_core::cib::{Document, objects};
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::secret::{MARK, SecretError, Secrets};
use quorate_transport::store::CibSource;
use std::convert::Infallible;

const TABLE: &[Argument] =
    &[argument(Some('C'), "no-cib", Value::None, "Additional", "neither read nor write the configuration")];

const MANUAL: Manual = Manual {
    name: "cibsecret",
    operands: &["COMMAND", "[RSC]", "[PARAMETER]", "[VALUE]"],
    about: "Keeps values of parameters out of the configuration, in files that only root reads",
    tables: &[TABLE, STANDARD],
    more: "Commands:
  set RSC PARAMETER [VALUE]   keep a value (read from standard input if it is not given)
  get RSC PARAMETER           print the value that this node has
  check RSC PARAMETER         whether the value of this node fits its checksum
  stash RSC PARAMETER         make a secret of the value in the configuration
  unstash RSC PARAMETER       put the secret into the configuration
  delete RSC PARAMETER        forget the secret
  sync                        bring all secrets of this node to the others",
};

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let environment = Environment::of_process();
    let words: Vec<&str> = call.given.operands.iter().map(String::as_str).collect();
    let secrets = Secrets::below(&environment.root);
    let reads_cib = !call.given.has("no-cib");
    let parameter = |id, name| Parameter { id, name, secrets: &secrets, source: environment.first_source(), reads_cib };
    match words.as_slice() {
        ["sync"] => Peers::of(&environment)?.bring(&secrets.files().map_err(kept)?, answer),
        ["set", id, name] => parameter(id, name).set(&asked()?, &environment, answer),
        ["set", id, name, value] => parameter(id, name).set(value, &environment, answer),
        ["get", id, name] => {
            answer.line(parameter(id, name).checked()?);
            Ok(())
        }
        ["check", id, name] => parameter(id, name).checked().map(drop),
        ["stash", ..] | ["unstash", ..] if !reads_cib => {
            Err((Exit::USAGE, "stash and unstash are about the configuration: they need it".into()))
        }
        ["stash", id, name] => parameter(id, name).stash(&environment, answer),
        ["unstash", id, name] => parameter(id, name).unstash(&environment, answer),
        ["delete", id, name] => parameter(id, name).delete(&environment, answer),
        _ => Err((Exit::USAGE, "set, get, check, stash, unstash, delete or sync, with RSC and PARAMETER".into())),
    }
}

/// A value from standard input.
fn asked() -> Result<String, Failed> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.map_err(|error| (Exit::NO_INPUT, error.to_string()))?;
    Ok(line.trim_end_matches('\n').to_string())
}

struct Parameter<'s> {
    id: &'s str,
    name: &'s str,
    secrets: &'s Secrets,
    source: CibSource,
    reads_cib: bool,
}

impl Parameter<'_> {
    /// What the configuration says; `None` if it says nothing.
    ///
    /// # Errors
    /// There is no such resource.
    fn written(&self) -> Result<Option<String>, Failed> {
        let document = door::read(&self.source, ANSWER_WITHIN).map_err(door::failed)?;
        let resource = objects::find_resource(document.configuration(), self.id);
        let missing = || (Exit::NO_SUCH, format!("there is no resource {}", self.id));
        let element = resource.ok_or_else(missing)?.element;
        Ok(attribute::get(element, Sort::Parameter, self.name).map(str::to_string))
    }

    fn write(&self, value: Option<&str>) -> Result<(), Failed> {
        if !self.reads_cib {
            return Ok(());
        }
        let change = |now: &Document| {
            let mut next = now.clone();
            let configuration = next.configuration_mut();
            let mut pool = Pool::of(configuration);
            if let Some(place) = objects::find_resource(configuration, self.id).map(|object| object.place) {
                let element = objects::at_mut(configuration, &place);
                match value {
                    Some(value) => attribute::set(element, Sort::Parameter, self.name, value, &mut pool),
                    None => drop(attribute::unset(element, Sort::Parameter, self.name)),
                }
            }
            Ok::<_, Infallible>(door::counted(now, next))
        };
        let changed = door::change(&self.source, ANSWER_WITHIN, change).map(drop);
        changed.map_err(|error| error.told(|never| match never {}))
    }

    fn set(&self, value: &str, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
        let written = if self.reads_cib { self.written()? } else { None };
        if written.is_some_and(|written| written != MARK && written != value) {
            let text =
                format!("{} of {} has another value in the configuration: delete that first", self.name, self.id);
            return Err((Exit::CONFIG, text));
        }
        self.secrets.set(self.id, self.name, value).map_err(kept)?;
        self.share(environment, answer)?;
        self.write(Some(MARK))
    }

    /// The files of this parameter to all nodes that are there.
    fn share(&self, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
        let file = self.secrets.file(self.id, self.name).map_err(kept)?;
        Peers::of(environment)?.bring(&[file], answer)
    }

    fn forget(&self, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
        let file = self.secrets.file(self.id, self.name).map_err(kept)?;
        self.secrets.remove(self.id, self.name).map_err(kept)?;
        Peers::of(environment)?.remove(&file, answer)
    }

    /// The value of this node, if it is as it was signed.
    fn checked(&self) -> Result<String, Failed> {
        if self.reads_cib && self.written()?.as_deref() != Some(MARK) {
            return Err((Exit::CONFIG, format!("{} of {} is no secret", self.name, self.id)));
        }
        self.secrets.get(self.id, self.name).map_err(kept)
    }

    fn stash(&self, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
        match self.written()? {
            None => Err((Exit::NO_SUCH, format!("{} has no {} in the configuration", self.id, self.name))),
            Some(value) if value == MARK => Err((Exit::EXISTS, format!("{} of {} is a secret", self.name, self.id))),
            Some(value) => self.set(&value, environment, answer),
        }
    }

    fn unstash(&self, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
        let value = self.secrets.get(self.id, self.name).map_err(|error| match error {
            SecretError::Missing(_) => (Exit::NO_SUCH, format!("{} of {} has no secret here", self.name, self.id)),
            error => kept(error),
        })?;
        if self.written()?.as_deref() != Some(MARK) {
            answer.error(format!("{} of {} is no secret in the configuration", self.name, self.id));
        }
        self.write(Some(&value))?;
        self.forget(environment, answer)
    }

    fn delete(&self, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
        if self.reads_cib {
            self.written()?;
        }
        self.write(None)?;
        self.forget(environment, answer)
    }
}

fn kept(error: SecretError) -> Failed {
    let exit = match &error {
        SecretError::Name(_) | SecretError::Form => Exit::USAGE,
        SecretError::Missing(_) => Exit::OS_FILE,
        SecretError::Changed(_) => Exit::DIGEST,
        SecretError::File(..) | SecretError::Store(_) => Exit::IO_ERROR,
    };
    (exit, error.to_string())
}
