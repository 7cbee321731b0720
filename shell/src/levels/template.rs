//! `configure template`: ready configurations with blanks to be filled in.
//!
//! In: calls. Out: configs (files of the person's), and what one of them makes on the stage.
//! Absent: what templates and configs are (see `template`); wizards (see `script`).

use crate::command::{Call, Command, FORCE, Level, Run, What, any, maybe, one};
use crate::configure::edit::{run_editor, somebody_edits};
use crate::configure::load::{self, Method};
use crate::configure::show;
use crate::error::{Failure, Origin, Outcome};
use crate::levels::configure::change::work_on;
use crate::session::{RunMode, Session};
use crate::template::config::{self, Read};
use crate::template::library::{self, Library};
use crate::template::source;
use crate::template::weave::{Given, Loom};
use quorate_grammar::Diagnostic;
use std::io::Write;
use std::path::PathBuf;

pub static LEVEL: Level = Level {
    name: "template",
    help: "ready configurations with blanks to be filled in",
    commands: &[
        Command {
            name: "list",
            arguments: &[maybe("templates|configs", What::Words(&["templates", "configs"]))],
            help: "the templates there are, and the configs that were made of them",
            details: "Templates are looked for in the user's `~/.config/crm/templates`, in /usr/share/quorate/templates\nand in the directory `templates` of `path.sharedir` (/usr/share/crmsh). Configs are kept in\n`~/.config/crm/crmconf`, where crmsh keeps them too.",
            run: Run::Do(list),
            ..Command::DEFAULT
        },
        Command {
            name: "new",
            arguments: &[one("config", What::Template), any("template", What::Template)],
            help: "make a config of templates",
            details: "new [CONFIG] TEMPLATE… [params [TEMPLATE:]NAME=VALUE…]\nWhat a template depends on is pulled in with it. `id` is the name of the config unless it is given.\nWithout a name for the config, one is made up.",
            examples: &["new vip virtual-ip params ip=192.0.2.7", "new web apache filesystem", "new apache"],
            run: Run::Do(new),
            ..Command::DEFAULT
        },
        Command {
            name: "load",
            arguments: &[maybe("config", What::Config)],
            help: "choose the config that edit, show and apply are about; without one, none",
            run: Run::Do(choose),
            ..Command::DEFAULT
        },
        Command {
            name: "edit",
            arguments: &[maybe("config", What::Config)],
            help: "fill in a config in an editor ($EDITOR)",
            run: Run::Do(edit),
            ..Command::DEFAULT
        },
        Command {
            name: "show",
            arguments: &[maybe("config", What::Config)],
            help: "the statements that a config makes",
            run: Run::Do(show_config),
            ..Command::DEFAULT
        },
        Command {
            name: "apply",
            arguments: &[maybe("replace|update|config", What::Config), maybe("config", What::Config)],
            help: "put what a config makes onto the configuration",
            details: "apply [replace|update] [CONFIG]\nAs in crmsh the configuration is replaced unless `update` is given; nodes stay. Nothing is real\nbefore it is committed.",
            examples: &["apply update web", "apply"],
            run: Run::Do(apply),
            ..Command::DEFAULT
        },
        Command {
            name: "delete",
            aliases: &["rm"],
            arguments: &[one("config", What::Config), maybe("force", What::Words(&["force"]))],
            flags: &[FORCE],
            help: "delete a config",
            run: Run::Do(delete),
            ..Command::DEFAULT
        },
    ],
};

fn library(session: &Session) -> Library {
    Library::of(&library::directories(&session.environment, session.options.get("path.sharedir")))
}

fn list(session: &mut Session, call: &Call) -> Outcome {
    let what = call.argument(0);
    if let Some(word) = what.filter(|word| !matches!(*word, "templates" | "configs")) {
        return Err(Failure::misused(call.span(0), format!("`{word}` cannot be listed; templates and configs can")));
    }
    if what != Some("configs") {
        if what.is_none() {
            session.ui.line("Templates:");
        }
        let library = library(session);
        let width = library.names().map(str::len).max().unwrap_or(0);
        for name in library.names() {
            let read = library.text(name).and_then(|(text, _)| source::read(&text));
            let about = read.map_or_else(|error| format!("({error})"), |source| source.summary().to_string());
            session.ui.line(format!("{name:width$}  {about}").trim_end());
        }
    }
    if what != Some("templates") {
        if what.is_none() {
            session.ui.line("\nConfigurations:");
        }
        library::config_names(&session.environment).iter().for_each(|name| session.ui.line(name));
    }
    Ok(())
}

// ---- new ---------------------------------------------------------------------------------------------------

fn new(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let split = words.iter().position(|word| word == "params").unwrap_or(words.len());
    let library = library(session);
    let named = split > 1;
    let (config, templates) = match &words[..split] {
        [] => return Err(Failure::misused(call.span(0), "`new` needs a template").hint("`list templates` shows them")),
        [only] if !library.has(only) => return Err(without_template(call, only, &library)),
        [only] => (unused_name(session, only), vec![only.clone()]),
        [config, templates @ ..] => (config.clone(), templates.to_vec()),
    };
    let path = path(session, &config).map_err(|message| Failure::at(call.span(0), message))?;
    if path.exists() {
        return Err(Failure::at(call.span(0), format!("there is a config `{config}` already"))
            .hint(format!("`delete {config}` first, or choose another name")));
    }
    let mut loom = Loom::new(&library);
    for (at, template) in templates.iter().enumerate() {
        loom.pull(template).map_err(|message| Failure::at(call.span(at + usize::from(named)), message))?;
    }
    let mut given = vec![Given { prefix: None, name: "id".into(), value: config.clone(), implied: true }];
    for (at, word) in words.iter().enumerate().skip(split + 1) {
        given.push(parameter(word).map_err(|message| Failure::misused(call.span(at), message))?);
    }
    let pulled = loom.prefixes().join(", ");
    let text = loom.finish(&config, &given).map_err(|message| Failure::usage(message).hint(NEW_USAGE))?;
    write(&path, &text)?;
    session.ui.info(&format!("{} holds {pulled}", path.display()));
    session.kept.template = Some(config);
    Ok(())
}

const NEW_USAGE: &str = "new [CONFIG] TEMPLATE… [params [TEMPLATE:]NAME=VALUE…]";

fn without_template(call: &Call, word: &str, library: &Library) -> Failure {
    let message = library.text(word).err().unwrap_or_default();
    let known: Vec<&str> = library.names().collect();
    Failure::at(call.span(0), message).hint(match known.is_empty() {
        true => "no templates are installed here; `help template list` says where they are looked for".to_string(),
        false => format!("{NEW_USAGE}; there are {}", known.join(", ")),
    })
}

fn parameter(word: &str) -> Result<Given, String> {
    let Some((name, value)) = word.split_once('=') else { return Err(format!("`{word}` is no name=value")) };
    if value.contains(['\n', '\r']) {
        return Err(format!("the value of `{name}` has several lines"));
    }
    let (prefix, name) = match name.rsplit_once(':') {
        Some((prefix, name)) => (Some(prefix.to_string()), name),
        None => (None, name),
    };
    Ok(Given { prefix, name: name.to_string(), value: value.to_string(), implied: false })
}

fn unused_name(session: &Session, template: &str) -> String {
    let taken = library::config_names(&session.environment);
    let free = |name: &String| !taken.contains(name);
    (0..).map(|number| format!("{template}-{number}")).find(free).expect("numbers do not end")
}

fn write(path: &std::path::Path, text: &str) -> Outcome {
    let io = |error: std::io::Error| Failure::file(path, &error);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(io)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

// ---- configs -------------------------------------------------------------------------------------------------

fn path(session: &Session, name: &str) -> Result<PathBuf, String> {
    match library::is_sane(name) {
        true => Ok(library::configs(&session.environment).join(name)),
        false => Err(format!("`{name}` is no name for a config: letters, digits, `_`, `.` and `-` are")),
    }
}

/// The config that is meant by this argument, or the one that was chosen.
fn config(session: &Session, call: &Call, place: usize) -> Outcome<(String, PathBuf)> {
    let name = match call.argument(place) {
        Some(name) => name.to_string(),
        None => session.kept.template.clone().ok_or_else(|| {
            Failure::usage(format!("`{}` needs a config", call.command.name))
                .hint("name one, or choose one by `load CONFIG`; `list configs` shows them")
        })?,
    };
    let path = path(session, &name).map_err(|message| Failure::at(call.span(place), message))?;
    if !path.is_file() {
        let known = library::config_names(&session.environment);
        let failure = Failure::at(call.span(place), format!("there is no config `{name}`"));
        return Err(match quorate_grammar::diagnostic::closest(&name, known.iter().map(String::as_str)) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`list configs` shows them, `new` makes one"),
        });
    }
    Ok((name, path))
}

fn choose(session: &mut Session, call: &Call) -> Outcome {
    session.kept.template = match call.argument(0) {
        Some(_) => Some(config(session, call, 0)?.0),
        None => None,
    };
    Ok(())
}

fn edit(session: &mut Session, call: &Call) -> Outcome {
    let (_, path) = config(session, call, 0)?;
    somebody_edits(session)?;
    run_editor(session, &path)?;
    let (read, origin) = read(&path)?;
    // What is not filled in yet is told, and may stay so.
    let found: Vec<Diagnostic> = read.diagnostics();
    session.ui.diagnostics(&found, &origin);
    Ok(())
}

fn delete(session: &mut Session, call: &Call) -> Outcome {
    if let Some(word) = call.argument(1).filter(|word| *word != "force") {
        return Err(Failure::misused(call.span(1), format!("`{word}` is not `force`")));
    }
    let (name, path) = config(session, call, 0)?;
    let chosen = session.kept.template.as_ref() == Some(&name);
    let forced = call.has(FORCE) || call.argument(1).is_some() || session.is_forced();
    if chosen && !forced && !session.confirm(&format!("The config `{name}` is in use. Delete it?")) {
        return Err(Failure::refused(format!("`{name}` is in use")).hint(format!("`delete {name} force` deletes it")));
    }
    std::fs::remove_file(&path).map_err(|error| Failure::file(&path, &error))?;
    session.kept.template.take_if(|config| *config == name);
    Ok(())
}

fn read(path: &std::path::Path) -> Outcome<(Read, Origin)> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    Ok((config::read(&text), Origin { name: path.display().to_string(), text }))
}

/// The same of a config that must be whole.
fn read_whole(session: &mut Session, path: &std::path::Path) -> Outcome<(Read, Origin)> {
    let (read, origin) = read(path)?;
    let found = read.diagnostics();
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(found).in_text(origin));
    }
    session.ui.diagnostics(&found, &origin);
    Ok((read, origin))
}

fn show_config(session: &mut Session, call: &Call) -> Outcome {
    let (_, path) = config(session, call, 0)?;
    let (read, _) = read_whole(session, &path)?;
    let mut ink = session.ui.ink();
    show::print(&read.statements, &mut ink);
    session.page(&ink.text);
    Ok(())
}

fn apply(session: &mut Session, call: &Call) -> Outcome {
    let method = call.argument(0).and_then(Method::read).filter(|method| *method != Method::Push);
    if method.is_none() && call.arguments.len() > 1 {
        let message = format!("`{}` is no method; there are replace and update", call.required(0));
        return Err(Failure::misused(call.span(0), message));
    }
    let (_, path) = config(session, call, usize::from(method.is_some()))?;
    let method = method.unwrap_or(Method::Replace);
    let (mut read, origin) = read_whole(session, &path)?;
    let asked = "What was changed and not committed will be lost. Replace the configuration?";
    let loses = method == Method::Replace && session.is_changed() && session.mode == RunMode::Interactive;
    if loses && !session.confirm(asked) {
        return Err(Failure::refused("nothing was replaced"));
    }
    work_on(session, call, |session, document| {
        let mut statements = std::mem::take(&mut read.statements);
        let found = load::load_statements(session, document, method, &mut statements).map_err(|failure| {
            Failure { diagnostics: read.moved(failure.diagnostics.clone()), ..failure }.in_text(origin.clone())
        })?;
        session.ui.diagnostics(&read.moved(found), &origin);
        Ok(())
    })
}
