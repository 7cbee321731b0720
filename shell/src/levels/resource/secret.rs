//! `resource secret`: values that the configuration does not show.
//!
//! In: calls. Out: the value in a file of this node (`transport::secret`), `lrm://` in the configuration.
//! The value is on disk before the configuration says so, and goes after it does.
//! Absent: bringing it to the other nodes: it is said that they need it.

use super::resource;
use super::steer::steer;
use crate::command::{Argument, Call, What, maybe, one};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::admin::attribute::{self, Sort};
use quorate_core::cib::objects;
use quorate_core::cib::pool::Pool;
use quorate_transport::secret::{MARK, SecretError, Secrets};

pub const ARGUMENTS: &[Argument] = &[
    one("resource", What::Resource),
    one("set|stash|unstash|delete|show|check", What::Words(&["set", "stash", "unstash", "delete", "show", "check"])),
    one("parameter", What::ParameterName),
    maybe("value", What::Text),
];

pub fn secret(session: &mut Session, call: &Call) -> Outcome {
    let secrets = Secrets::below(&session.environment.node.root);
    let document = session.document()?;
    let (id, written) = {
        let object = resource(&document, call)?;
        let value = attribute::get(object.element, Sort::Parameter, call.required(2));
        (object.id.clone(), value.map(str::to_string))
    };
    let (verb, name) = (call.required(1), call.required(2));
    let kept = || secrets.get(&id, name).map_err(failed);
    if verb != "set" && call.argument(3).is_some() {
        return Err(Failure::misused(call.span(3), format!("`{verb}` takes no value")));
    }
    let is_secret = written.as_deref() == Some(MARK);
    match (verb, written) {
        ("set", Some(value)) if value != MARK => {
            Err(Failure::refused(format!("{name} of {id} has a value in the configuration"))
                .hint(format!("`resource secret {id} stash {name}` makes that one a secret")))
        }
        ("set", _) => {
            let Some(value) = call.argument(3) else {
                return Err(Failure::misused(call.span(2), "`set` needs VALUE"));
            };
            secrets.set(&id, name, value).map_err(failed)?;
            tell_others(session, &secrets, &id, name)?;
            write(session, call, &id, Some(MARK))
        }
        ("stash", Some(value)) if value != MARK => {
            secrets.set(&id, name, &value).map_err(failed)?;
            tell_others(session, &secrets, &id, name)?;
            write(session, call, &id, Some(MARK))
        }
        ("stash", Some(_)) => Err(Failure::refused(format!("{name} of {id} is a secret already"))),
        ("stash", None) => Err(Failure::refused(format!("{id} has no parameter {name}"))),
        ("unstash" | "delete" | "show" | "check", _) if !is_secret => {
            Err(Failure::refused(format!("{name} of {id} is no secret: the configuration does not say {MARK}")))
        }
        ("unstash", _) => {
            let value = kept()?;
            write(session, call, &id, Some(&value))?;
            secrets.remove(&id, name).map_err(failed)
        }
        ("delete", _) => {
            write(session, call, &id, None)?;
            secrets.remove(&id, name).map_err(failed)
        }
        ("show", _) => {
            session.ui.line(&kept()?);
            Ok(())
        }
        ("check", _) => kept().map(drop),
        (other, _) => {
            Err(Failure::misused(call.span(1), format!("`{other}` is nothing that can be done with a secret"))
                .hint("set, stash, unstash, delete, show or check"))
        }
    }
}

fn write(session: &mut Session, call: &Call, id: &str, value: Option<&str>) -> Outcome {
    let name = call.required(2).to_string();
    steer(session, call, |_, document| {
        let configuration = document.configuration_mut();
        let mut pool = Pool::of(configuration);
        let Some(place) = objects::find_resource(configuration, id).map(|object| object.place) else { return Ok(()) };
        let element = objects::at_mut(configuration, &place);
        match value {
            Some(value) => attribute::set(element, Sort::Parameter, &name, value, &mut pool),
            None => drop(attribute::unset(element, Sort::Parameter, &name)),
        }
        Ok(())
    })
}

fn tell_others(session: &mut Session, secrets: &Secrets, id: &str, name: &str) -> Outcome {
    let file = secrets.file(id, name).map_err(failed)?;
    let (host, others) = match session.source.is_live() {
        true => ("this node", "the others"),
        false => ("this host", "the cluster's nodes"),
    };
    session.ui.info(&format!("{host} keeps it: bring {0} and {0}.sign to {others}", file.display()));
    Ok(())
}

fn failed(error: SecretError) -> Failure {
    Failure::refused(error.to_string())
}
