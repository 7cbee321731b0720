//! `cib`: shadows, copies of the configuration to try things out on.
//!
//! In: calls. Out: shadow files, and the source that the session works on.
//! Absent: what is done to the copies (see `configure`).

use super::configure::look::differ;
use crate::command::{Call, Command, FORCE, Flag, Level, PREVIEW, Run, What, any, maybe, one};
use crate::error::{Failure, Kind, Outcome};
use crate::session::{RunMode, Session};
use quorate_core::cib::Document;
use quorate_core::cib::diff::diff as patch;
use quorate_tools::input::read_cib;
use quorate_transport::store::{self, CibSource};
use std::path::Path;

pub static LEVEL: Level = Level {
    name: "cib",
    help: "shadows: copies of the configuration to work on",
    commands: &[
        Command {
            name: "new",
            arguments: &[maybe("name", What::Text), any("empty|force", What::Words(&["empty", "force", "withstatus"]))],
            flags: &[FORCE],
            help: "copy the configuration into a new shadow, and use it",
            details: "With `empty` the shadow starts with nothing in it and needs no cluster. Without a name it gets one.",
            examples: &["new plan", "new plan empty", "new plan force"],
            run: Run::Do(new),
            ..Command::DEFAULT
        },
        Command {
            name: "import",
            arguments: &[one("file", What::File), maybe("name", What::Text)],
            help: "make a shadow of a scheduler input, and use it",
            examples: &["import pe-input-17.bz2", "import /tmp/pe-warn-3.bz2 monday"],
            run: Run::Do(import),
            ..Command::DEFAULT
        },
        Command {
            name: "use",
            arguments: &[maybe("name", What::ShadowOrLive)],
            help: "work on a shadow; without a name (or with `live`) on the real configuration",
            run: Run::Do(use_shadow),
            ..Command::DEFAULT
        },
        Command { name: "list", help: "the shadows there are", run: Run::Do(list), ..Command::DEFAULT },
        Command {
            name: "diff",
            flags: &[XML],
            help: "how the shadow in use differs from the real configuration",
            run: Run::Do(diff),
            ..Command::DEFAULT
        },
        Command {
            name: "commit",
            arguments: &[maybe("name", What::Shadow)],
            flags: &[PREVIEW],
            help: "make a shadow real",
            details: "What others changed in the real configuration since the shadow was made stays, where the\nshadow changed something else. Where both changed the same thing, nothing is committed.",
            run: Run::Do(commit),
            ..Command::DEFAULT
        },
        Command {
            name: "reset",
            arguments: &[maybe("name", What::Shadow)],
            help: "copy the real configuration over a shadow",
            run: Run::Do(reset),
            ..Command::DEFAULT
        },
        Command {
            name: "delete",
            arguments: &[one("name", What::Shadow)],
            help: "delete a shadow",
            run: Run::Do(delete),
            ..Command::DEFAULT
        },
        Command::enter(&super::cibstatus::LEVEL),
    ],
};

const XML: Flag = Flag { name: "--xml", short: "", help: "as the patch in XML" };

/// The document a shadow was made from.
fn origin_of(shadow: &CibSource) -> CibSource {
    let CibSource::Shadow { name, path } = shadow else { return shadow.clone() };
    CibSource::Shadow { name: name.clone(), path: store::base_of(path, name) }
}

fn named(session: &Session, name: Option<&str>) -> Outcome<CibSource> {
    match name {
        Some(name) if name.is_empty() || name.contains(['/', '\0']) || name == "live" => {
            Err(Failure::usage(format!("`{name}` cannot be the name of a shadow")))
        }
        Some(name) => Ok(session.environment.shadow(name)),
        None if matches!(session.source, CibSource::Shadow { .. }) => Ok(session.source.clone()),
        None => Err(Failure::usage("no shadow is in use; name one")),
    }
}

fn existing(session: &Session, shadow: &CibSource) -> Outcome {
    if session.exists(shadow) {
        return Ok(());
    }
    let known = store::shadows(&session.environment.node.shadow_directory());
    let failure = Failure::refused(format!("there is no shadow `{}`", shadow.label()));
    Err(if known.is_empty() {
        failure.hint("make one with `cib new NAME`")
    } else {
        failure.hint(format!("there are {}", known.join(", ")))
    })
}

fn new(session: &mut Session, call: &Call) -> Outcome {
    let mut words = call.words();
    // Without a name it is one that nobody else has.
    if words.first().is_none_or(|word| ["empty", "force", "withstatus"].contains(&word.as_str())) {
        words.insert(0, unused_name(session));
    }
    let shadow = named(session, Some(&words[0]))?;
    if let Some((at, word)) =
        words.iter().enumerate().skip(1).find(|(_, word)| !["empty", "force", "withstatus"].contains(&word.as_str()))
    {
        let at = at - (words.len() - call.arguments.len());
        return Err(Failure::misused(call.span(at), format!("`{word}` is none of empty, force, withstatus")));
    }
    let has = |word: &str| words[1..].iter().any(|given| given == word);
    if session.exists(&shadow) && !has("force") && !call.has(FORCE) && !session.switches.force {
        return Err(Failure::refused(format!("the shadow `{}` exists already", shadow.label()))
            .hint("use `force` to replace it"));
    }
    let home = session.environment.home();
    let document = if has("empty") { Document::empty() } else { session.read_from(&home)? };
    session.create(&shadow, document.clone())?;
    session.create(&origin_of(&shadow), document)?;
    session.ui.info(&format!("{} shadow CIB created", shadow.label()));
    switch(session, shadow)
}

fn unused_name(session: &Session) -> String {
    let known = store::shadows(&session.environment.node.shadow_directory());
    let mut names = (1..).map(|number| format!("unnamed-{number}"));
    names.find(|name| !known.contains(name)).expect("numbers do not end")
}

/// A shadow of what a scheduler input had: its configuration and its status.
fn import(session: &mut Session, call: &Call) -> Outcome {
    let file = call.required(0);
    let document = read_cib(Path::new(file)).map_err(|error| Failure::at(call.span(0), format!("{file}: {error}")))?;
    let stem = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = stem.trim_end_matches(".bz2").trim_end_matches(".xml").to_string();
    let shadow = named(session, Some(call.argument(1).unwrap_or(&stem)))?;
    if session.exists(&shadow) && !session.switches.force {
        return Err(Failure::refused(format!("the shadow `{}` exists already", shadow.label()))
            .hint("give it another name: import FILE NAME"));
    }
    session.create(&shadow, document.clone())?;
    session.create(&origin_of(&shadow), document)?;
    session.ui.info(&format!("{} shadow CIB created", shadow.label()));
    switch(session, shadow)
}

/// Works on another source from now on. An open editing session must be finished first.
fn switch(session: &mut Session, source: CibSource) -> Outcome {
    if session.is_changed() {
        if session.mode == RunMode::Interactive {
            return Err(
                Failure::refused("there are changes that have not been committed").hint("`commit` or `refresh` first")
            );
        }
        session.commit_stage()?;
    }
    session.drop_stage();
    session.source = source;
    Ok(())
}

fn use_shadow(session: &mut Session, call: &Call) -> Outcome {
    let source = match call.argument(0) {
        None | Some("live") => session.environment.home(),
        Some(name) => {
            let shadow = named(session, Some(name))?;
            existing(session, &shadow)?;
            shadow
        }
    };
    switch(session, source)
}

fn list(session: &mut Session, _: &Call) -> Outcome {
    store::shadows(&session.environment.node.shadow_directory()).iter().for_each(|name| session.ui.line(name));
    Ok(())
}

fn diff(session: &mut Session, call: &Call) -> Outcome {
    let shadow = named(session, None)?;
    existing(session, &shadow)?;
    let home = session.environment.home();
    let (live, changed) = (session.read_from(&home)?, session.read_from(&shadow)?);
    if call.has(XML) {
        let text = quorate_core::xml::write_pretty(&patch(&live, &changed).to_xml());
        session.ui.print(&text);
    } else {
        differ(session, &live, &changed, "live", shadow.label());
    }
    Ok(())
}

fn commit(session: &mut Session, call: &Call) -> Outcome {
    let shadow = named(session, call.argument(0))?;
    existing(session, &shadow)?;
    let mine = session.read_from(&shadow)?;
    let home = session.environment.home();
    let base = match session.exists(&origin_of(&shadow)) {
        true => session.read_from(&origin_of(&shadow))?,
        // Another tool made the shadow: then only the real configuration can be the base.
        false => session.read_from(&home)?,
    };
    if call.has(PREVIEW) {
        session.source = home;
        return session.preview(&base, &mine);
    }
    let name = shadow.label().to_string();
    let now = session.commit_to(&home, &base, &mine).map_err(|mut failure| {
        // Nothing is staged that `refresh` could drop: what is to be given up or mended is the shadow.
        if failure.kind == Kind::Conflict {
            failure.hints = vec![format!(
                "`cib use {name}` and change there what is in the way, then commit again; or `cib reset {name}` drops \
                 its changes"
            )];
        }
        failure
    })?;
    // What the shadow changed from now on counts from here.
    session.create(&origin_of(&shadow), now)?;
    session.ui.info(&format!("committed '{}' shadow CIB to the cluster", shadow.label()));
    Ok(())
}

fn reset(session: &mut Session, call: &Call) -> Outcome {
    let shadow = named(session, call.argument(0))?;
    existing(session, &shadow)?;
    let home = session.environment.home();
    let document = session.read_from(&home)?;
    session.create(&shadow, document.clone())?;
    session.create(&origin_of(&shadow), document)?;
    if session.source == shadow {
        session.drop_stage();
    }
    session.ui.info(&format!("copied live CIB to {}", shadow.label()));
    Ok(())
}

fn delete(session: &mut Session, call: &Call) -> Outcome {
    let shadow = named(session, call.argument(0))?;
    existing(session, &shadow)?;
    if session.source == shadow {
        return Err(Failure::refused(format!("{} shadow CIB is in use", shadow.label()))
            .hint("`cib use` goes back to the real configuration"));
    }
    session.remove(&shadow)?;
    if session.exists(&origin_of(&shadow)) {
        session.remove(&origin_of(&shadow))?;
    }
    session.ui.info(&format!("{} shadow CIB deleted", shadow.label()));
    Ok(())
}
