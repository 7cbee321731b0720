//! cibadmin: the CIB as XML, shown and changed.
//!
//! In: options; the CIB of the cluster, a file or a shadow. Out: XML; a changed CIB, or why not.
//! Absent: what a change means for the cluster.

mod access;
mod failure;
mod options;

use crate::acting;
use crate::answer::{self, Answer};
use crate::door::{self, ChangeError};
use crate::standard::{Call, Failed};
use crate::{Exit, Io};
use failure::{denied, failed, not_stored, unfit, unreachable};
use options::{Action, Input, MANUAL, Wish};
use quorate_core::cib::acl::Subject;
use quorate_core::cib::command::{self, Command, CommandError, SECTIONS, Scope};
use quorate_core::cib::patch_xml::PatchError;
use quorate_core::cib::upgrade::{self, Level};
use quorate_core::cib::version::Version;
use quorate_core::cib::{Document, Patch, apply};
use quorate_core::schema;
use quorate_core::xml::digest::{document_digest, element_digest};
use quorate_core::xml::path::{Path, Step};
use quorate_core::xml::xpath::{self, Found, Kind};
use quorate_core::xml::{Element, Node, read};
use quorate_transport::environment::Environment;
use std::cell::RefCell;
use std::io::Read;

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, act)
}

fn act(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    let environment = Environment::of_process();
    let wish = Wish::of(&call.given)?;
    let user = access::user(&wish, &environment)?;
    let input = wish.input.as_ref().map(read_input).transpose()?;
    if let Scope::Section(name) = &wish.scope
        && !SECTIONS.contains(&name.as_str())
    {
        answer.error(format!("Invalid value '{name}' for '--scope'. Operation will apply to the entire CIB"));
    }
    match (wish.action, input) {
        (Action::Empty, _) => empty(wish.schema.as_deref(), answer),
        (Action::Digest, Some(input)) => digest(&element_digest(&input), answer),
        (Action::VersionedDigest, Some(input)) => digest(&document_digest(&input), answer),
        (Action::Query, _) => return query(&wish, user.as_ref(), &environment, answer),
        (Action::Patch, Some(input)) => return patch(&input, &wish, user.as_ref(), &environment),
        (_, input) => return change(&wish, user.as_ref(), input, &environment, answer),
    }
    Ok(())
}

fn read_input(input: &Input) -> Result<Element, Failed> {
    let (source, bytes) = match input {
        Input::Text(text) => ("input string", Ok(text.clone().into_bytes())),
        Input::File(path) => (path.as_str(), std::fs::read(path)),
        Input::Pipe => {
            let mut bytes = Vec::new();
            ("stdin", std::io::stdin().read_to_end(&mut bytes).map(|_| bytes))
        }
    };
    let parsed = bytes.map_err(|error| error.to_string());
    let parsed = parsed.and_then(|bytes| quorate_core::text::read(bytes).map_err(|error| error.to_string()));
    let parsed = parsed.and_then(|text| read(&text).map_err(|error| error.to_string()));
    parsed.map_err(|error| (Exit::DATA_ERROR, format!("Couldn't parse input from {source}: {error}")))
}

fn empty(schema: Option<&str>, answer: &mut Answer) {
    let mut root = Document::empty().root().clone();
    root.set("epoch", "1");
    if let Some(schema) = schema {
        root.set("validate-with", schema);
    }
    answer.xml("output", &root);
}

fn digest(digest: &str, answer: &mut Answer) {
    answer.line(digest);
    answer.part(Element::new("md5-sum").with("digest", digest));
}

// ---- looking -------------------------------------------------------------------------------------

fn query(wish: &Wish, user: Option<&Subject>, environment: &Environment, answer: &mut Answer) -> Result<(), Failed> {
    let document = environment.first_source().read(wish.timeout).map_err(unreachable)?;
    if let (Some(how), Some(user)) = (wish.show_access, user) {
        return access::show(&document, user, how, wish, answer);
    }
    let root = &acting::printed_for(&document, user).map_err(|why| denied(&why.to_string(), wish.verbose))?;
    let found = command::found(root, &wish.scope).map_err(failed)?;
    if wish.node_path && matches!(wish.scope, Scope::XPath(_)) {
        let paths = found.iter().map(|one| path(root, one));
        let holder = Element::new("xpath-query");
        let holder = paths.fold(holder, |holder, path| {
            answer.line(&path);
            holder.with_child(Element::new("xpath-query-path").with("id", path))
        });
        let text = quorate_core::xml::write_pretty(&holder);
        let part = answer.raw("output", &text);
        answer.part(part);
        return Ok(());
    }
    let shown = shown(root, &found, wish.no_children).ok_or_else(|| failed(CommandError::NoSuch))?;
    answer.xml("output", &shown);
    Ok(())
}

/// One element as it is; of several, or of what is none, all within one.
fn shown(root: &Element, found: &[Found], no_children: bool) -> Option<Element> {
    let own = |one: &Found| {
        let mut element = xpath::at(root, &one.way)?.clone();
        if no_children {
            element.children.clear();
        }
        Some(element)
    };
    if let [one] = found
        && matches!(one.kind, Kind::Element | Kind::Document)
    {
        return own(one);
    }
    let mut holder = Element::new("xpath-query");
    for one in found {
        match &one.kind {
            Kind::Attribute { name, value } => holder.set(name, value),
            Kind::Text(text) => holder.children.push(Node::Text(text.as_str().into())),
            Kind::Comment(text) => holder.children.push(Node::Comment(text.as_str().into())),
            Kind::Element | Kind::Document => holder.push(own(one)?),
        }
    }
    Some(holder)
}

fn path(root: &Element, found: &Found) -> String {
    let ways = (0..=found.way.len()).filter_map(|end| xpath::at(root, &found.way[..end]));
    Path(ways.map(Step::to).collect()).to_string()
}

// ---- changing ------------------------------------------------------------------------------------

/// Why a change is not made.
enum Unmade<E> {
    Itself(E),
    /// The user may not make it.
    Denied(String),
}

/// What is made of a document, if the user may make it.
fn made<E>(
    now: &Document,
    user: Option<&Subject>,
    change: impl Fn(&Document) -> Result<Document, E>,
) -> Result<Document, Unmade<E>> {
    let next = change(now).map_err(Unmade::Itself)?;
    match acting::refuses(now, &next, user) {
        Some(why) => Err(Unmade::Denied(why)),
        None => Ok(next),
    }
}

fn change(
    wish: &Wish,
    user: Option<&Subject>,
    input: Option<Element>,
    environment: &Environment,
    answer: &mut Answer,
) -> Result<(), Failed> {
    let command = match (wish.action, input) {
        (Action::Upgrade, _) => Command::Upgrade,
        (Action::Erase, _) => Command::Erase,
        (Action::Bump, _) => Command::Bump,
        (Action::Delete, input) => Command::Delete(input),
        (Action::DeleteAll, input) => Command::DeleteAll(input),
        (Action::Create, Some(input)) => Command::Create(input),
        (Action::Modify, Some(input)) => Command::Modify { input, may_create: wish.may_create },
        (Action::Replace, Some(input)) => Command::Replace(input),
        (_, _) => return Err((Exit::USAGE, "there is no such command".into())),
    };
    let lost = RefCell::new(Vec::new());
    let made = |now: &Document| {
        if let (Command::Upgrade, Ok((_, warnings))) = (&command, upgrade::to_latest(now)) {
            lost.replace(warnings.into_iter().filter(|warning| warning.level == Level::Warning).collect());
        }
        made(now, user, |now| command::carry_out(now, &wish.scope, &command))
    };
    match door::change(&environment.first_source(), wish.timeout, made) {
        Ok(_) => {
            lost.take().iter().for_each(|warning| answer.error(warning.to_string()));
            Ok(())
        }
        Err(ChangeError::Made(Unmade::Denied(why))) => Err(denied(&why, wish.verbose)),
        Err(ChangeError::Made(Unmade::Itself(CommandError::Unchanged))) => {
            answer.line("Upgrade unnecessary: Schema is already the latest available");
            Ok(())
        }
        Err(ChangeError::Made(Unmade::Itself(error))) => {
            if let CommandError::Exists(object) = &error {
                refused_object(object, &error, answer);
            }
            if let CommandError::Incomplete(_) = error {
                answer.error(error.to_string());
                return Err((Exit::CONFIG, UNFIT.into()));
            }
            Err(failed(error))
        }
        Err(ChangeError::Store(error)) => Err(not_stored(error)),
        Err(ChangeError::Schema(faults)) => {
            // What older versions took, and Pacemaker may yet, is told to everybody.
            let told = faults.iter().filter(|fault| wish.verbose || fault.kind == schema::Kind::Excluded);
            told.for_each(|fault| answer.error(fault.to_string()));
            Err((Exit::CONFIG, UNFIT.into()))
        }
    }
}

/// What comes last where the schema does not allow the result.
const UNFIT: &str = "CIB API call failed: Update does not conform to the configured schema";

/// Which object it was that is there already.
fn refused_object(object: &Element, error: &CommandError, answer: &mut Answer) {
    let mut update = Element::new("failed_update");
    if let Some(id) = object.id() {
        update.set("id", id);
    }
    let update = update
        .with("object-type", object.name.as_str())
        .with("operation", "cib_create")
        .with("reason", error.to_string());
    answer.xml("output", &Element::new("failed").with_child(update.with_child(object.clone())));
}

fn patch(input: &Element, wish: &Wish, user: Option<&Subject>, environment: &Environment) -> Result<(), Failed> {
    let bad = |error: PatchError| (Exit::DATA_ERROR, error.to_string());
    let read = Patch::from_xml_for(input, Version::default()).map_err(bad)?;
    let names_versions = input.child("version").is_some();
    let patched = |now: &Document| match names_versions {
        true => apply(now, &read),
        false => apply(now, &read.clone().made_for(now.version())),
    };
    let made = |now: &Document| made(now, user, patched);
    match door::change(&environment.first_source(), wish.timeout, made) {
        Ok(_) => Ok(()),
        Err(ChangeError::Made(Unmade::Denied(why))) => Err(denied(&why, wish.verbose)),
        Err(ChangeError::Made(Unmade::Itself(error))) => Err(unfit(&error)),
        Err(ChangeError::Store(error)) => Err(not_stored(error)),
        Err(ChangeError::Schema(_)) => Err((Exit::CONFIG, UNFIT.into())),
    }
}
