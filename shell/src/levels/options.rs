//! `options`: how the shell itself behaves.
//!
//! In: calls. Out: changed settings, for this session or saved for the next ones.
//! Absent: options of the cluster (see `configure property`).

use crate::command::{Argument, Call, Command, Level, Run, What, maybe, one};
use crate::error::{Failure, Outcome};
use crate::options::{OPTIONS, Setting, Settings};
use crate::session::Session;
use std::path::PathBuf;

const VALUE: &[Argument] = &[one("value", What::OptionValue)];

/// crmsh's short words for its oldest settings.
const fn short(name: &'static str, aliases: &'static [&'static str], help: &'static str) -> Command {
    Command { name, aliases, arguments: VALUE, help, run: Run::Do(set_short), ..Command::DEFAULT }
}

pub static LEVEL: Level = Level {
    name: "options",
    help: "settings of this shell",
    commands: &[
        Command {
            name: "show",
            aliases: &["list"],
            arguments: &[maybe("all|option", What::Option)],
            help: "the settings and their values",
            details: "Those that have an effect here. `all` shows every setting of crmsh's too; the beginning or end of\na name, those it belongs to.",
            examples: &["show", "show core.wait", "show all"],
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "set",
            arguments: &[one("option", What::Option), one("value", What::OptionValue)],
            help: "change a setting for this session",
            details: "As a command of its own (`crm options set …`) it is saved at once.",
            examples: &["set core.wait yes", "set color.style plain", "set color.keyword \"blue bold\""],
            run: Run::Do(set),
            ..Command::DEFAULT
        },
        Command {
            name: "save",
            help: "keep the settings for later sessions",
            details: "In `~/.config/crm/crm.conf`, or the file that CRM_CONFIG_FILE names. Its other lines stay.",
            run: Run::Do(save),
            ..Command::DEFAULT
        },
        Command {
            name: "reset",
            help: "go back to the defaults of this machine",
            run: Run::Do(reset),
            ..Command::DEFAULT
        },
        short("editor", &[], "the program for `edit`"),
        short("pager", &[], "the program for long answers"),
        short("user", &[], "has no effect here"),
        short("skill-level", &["skill_level"], "has no effect here"),
        short("output", &[], "plain, color, color-always, uppercase"),
        Command {
            name: "colorscheme",
            arguments: &[one("colors", What::Text)],
            help: "six colours at once",
            details: "Of keywords, ids, names and values of attributes, references and scores; commas between.",
            examples: &["colorscheme yellow,normal,cyan,red,green,magenta"],
            run: Run::Do(colorscheme),
            ..Command::DEFAULT
        },
        short("check-frequency", &["check_frequency"], "when checks are made"),
        short("check-mode", &["check_mode"], "whether what checks find stops a commit"),
        short("sort-elements", &["sort_elements"], "show by id, or in the order of the configuration"),
        short("wait", &[], "wait until the cluster is done, as with -w"),
        short("add-quotes", &["add_quotes"], "take a word of the command line as one word"),
        short("manage-children", &["manage_children"], "what becomes of members' own attributes"),
    ],
};

/// The setting behind a short word.
pub fn long_name(short: &str) -> Option<&'static str> {
    let command = LEVEL.commands.iter().find(|command| command.is_called(short))?;
    let name = match command.name {
        "output" => "color.style".to_string(),
        name => format!("core.{}", name.replace('-', "_")),
    };
    Setting::find(&name).map(|option| option.name)
}

fn show(session: &mut Session, call: &Call) -> Outcome {
    let asked = call.argument(0);
    let fits = |option: &Setting| match asked {
        None => option.idle.is_empty(),
        Some("all") => true,
        Some(word) => {
            let last = option.name.split('.').next_back().unwrap_or_default();
            option.name.starts_with(word) || last.starts_with(word) || last.replace('_', "-").starts_with(word)
        }
    };
    let options = session.options.clone();
    let found: Vec<&Setting> = OPTIONS.iter().filter(|option| fits(option)).collect();
    if let (Some(word), true) = (asked, found.is_empty()) {
        return Err(crate::options::unknown(word));
    }
    for option in found {
        session.ui.line(format!("{} = {}", option.name, options.get(option.name)).trim_end());
    }
    Ok(())
}

fn set(session: &mut Session, call: &Call) -> Outcome {
    change(session, call.required(0), call.required(1))
}

fn set_short(session: &mut Session, call: &Call) -> Outcome {
    let name = long_name(call.command.name).expect("every short word has a setting");
    change(session, name, call.required(0))
}

fn change(session: &mut Session, name: &str, value: &str) -> Outcome {
    let option = session.options.set(name, value)?;
    if !option.idle.is_empty() {
        session.ui.warn(&format!("{name} has no effect here: {}", option.idle));
    }
    session.apply_options();
    Ok(())
}

const SCHEME: [&str; 6] = ["keyword", "identifier", "attr_name", "attr_value", "resource_reference", "score"];

fn colorscheme(session: &mut Session, call: &Call) -> Outcome {
    let colors: Vec<&str> = call.required(0).split(',').map(str::trim).collect();
    if colors.len() != SCHEME.len() {
        let message = format!("these are {} colours, not {}", colors.len(), SCHEME.len());
        return Err(Failure::misused(call.span(0), message).hint(format!("they are of {}", SCHEME.join(", "))));
    }
    let before = session.options.clone();
    for (name, color) in SCHEME.iter().zip(colors) {
        if let Err(failure) = session.options.set(&format!("color.{name}"), color) {
            session.options = before;
            return Err(failure);
        }
    }
    session.apply_options();
    Ok(())
}

/// Writes the settings to their file.
pub fn keep(session: &mut Session) -> Outcome<PathBuf> {
    let path = Settings::path(&session.environment);
    session.options.save(&path).map_err(|error| Failure::file(&path, &error))?;
    Ok(path)
}

fn save(session: &mut Session, _: &Call) -> Outcome {
    let path = keep(session)?;
    session.ui.info(&format!("saved to {}", path.display()));
    Ok(())
}

fn reset(session: &mut Session, _: &Call) -> Outcome {
    session.options.reset();
    session.apply_options();
    Ok(())
}
