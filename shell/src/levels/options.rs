//! `options`: how the shell itself behaves.
//!
//! In: calls. Out: changed settings, for this session or saved for the next ones.
//! Absent: options of the cluster (see `configure property`).

use crate::command::{Call, Command, Level, Run, What, maybe, one};
use crate::error::{Failure, Outcome};
use crate::options::{OPTIONS, Options};
use crate::session::Session;

pub static LEVEL: Level = Level {
    name: "options",
    help: "settings of this shell",
    commands: &[
        Command {
            name: "show",
            arguments: &[maybe("option", What::Option)],
            help: "the settings and their values",
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "set",
            arguments: &[one("option", What::Option), one("value", What::OptionValue)],
            help: "change a setting for this session",
            examples: &["set core.wait yes", "set color.style plain"],
            run: Run::Do(set),
            ..Command::DEFAULT
        },
        Command { name: "save", help: "keep the settings for later sessions", run: Run::Do(save), ..Command::DEFAULT },
        Command { name: "reset", help: "go back to the defaults", run: Run::Do(reset), ..Command::DEFAULT },
    ],
};

fn show(session: &mut Session, call: &Call) -> Outcome {
    let options = session.options.clone();
    for option in OPTIONS.iter().filter(|option| call.argument(0).is_none_or(|name| name == option.name)) {
        session.ui.line(&format!("{} = {}", option.name, options.get(option.name)));
    }
    match call.argument(0) {
        Some(name) if !OPTIONS.iter().any(|option| option.name == name) => Err(crate::options::unknown(name)),
        _ => Ok(()),
    }
}

fn set(session: &mut Session, call: &Call) -> Outcome {
    session.options.set(call.required(0), call.required(1))?;
    session.apply_options();
    Ok(())
}

fn save(session: &mut Session, _: &Call) -> Outcome {
    let path = Options::path(&session.environment);
    session.options.save(&path).map_err(|error| Failure::file(&path, &error))?;
    session.ui.info(&format!("saved to {}", path.display()));
    Ok(())
}

fn reset(session: &mut Session, _: &Call) -> Outcome {
    session.options = Options::default();
    session.apply_options();
    Ok(())
}
