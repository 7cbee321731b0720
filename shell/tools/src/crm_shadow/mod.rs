//! crm_shadow: copies of the CIB to try things out on.
//!
//! In: options; `CIB_shadow`; the CIB of the cluster or of a file. Out: a shadow's name, place, content or
//! difference; shadows made, put in force, deleted.
//! Absent: what others changed meanwhile (`crm cib commit` keeps that; this replaces, as Pacemaker's does).

mod options;

use crate::answer::{Answer, with_text};
use crate::door::{self, ChangeError};
use crate::standard::{self, Call, Failed};
use crate::{Exit, Io, patchset};
use options::{MANUAL, Wish};
use quorate_core::cib::command::{self, Command, CommandError, Scope};
use quorate_core::cib::compare::{Order, compare};
use quorate_core::cib::{Document, Patch};
use quorate_core::schema;
use quorate_core::xml::{Element, write_pretty};
use quorate_transport::environment::{Environment, variable};
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::{CibSource, Staged, StoreError, base_of};
use std::io::ErrorKind;
use std::path::Path;
use std::{fs, process};

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, |call, io| {
        let mut answer = Answer::default();
        let (outcome, next) = match act(&call, &mut answer) {
            // As `diff` says it.
            Ok(After::Differs) => (Err((Exit::ERROR, String::new())), None),
            Ok(After::Shell(name)) => (Ok(()), Some(name)),
            Ok(After::Nothing) => (Ok(()), None),
            Err(failed) => (Err(failed), None),
        };
        let exit = answer.tell(MANUAL.name, &call, outcome, io);
        next.map_or(exit, |name| shell(&name, io))
    })
}

/// What follows the answer.
#[derive(Debug)]
enum After {
    Nothing,
    /// A shell in which this shadow is in use.
    Shell(String),
    Differs,
}

/// A shadow by its name, in this environment.
struct Shadow {
    name: String,
    source: CibSource,
    /// Whether somebody may be asked to work on it in a shell.
    interactive: bool,
    force: bool,
    active: Option<String>,
}

fn act(call: &Call, answer: &mut Answer) -> Result<After, Failed> {
    let environment = Environment::of_process();
    let wish = Wish::of(&call.given)?;
    let name = match wish.name() {
        Some(name) if name.is_empty() || name.contains(['/', '\0']) => {
            return Err((Exit::USAGE, format!("'{name}' cannot be the name of a shadow instance")));
        }
        Some(name) => name.to_string(),
        None => environment
            .cib_shadow
            .clone()
            .ok_or_else(|| (Exit::NO_SUCH, "No active shadow configuration defined".to_string()))?,
    };
    let shadow = Shadow {
        source: environment.shadow(&name),
        name,
        interactive: !call.given.has("batch"),
        force: call.given.has("force"),
        active: environment.cib_shadow.clone(),
    };
    match wish {
        Wish::Which => shadow.shown(answer, &shadow.name, &[]),
        Wish::File => {
            let file = shadow.path().display().to_string();
            shadow.shown(answer, &file, &[("file", &file)]);
        }
        Wish::Display => shadow.display(answer)?,
        Wish::Diff => return shadow.differs(&environment.cluster(), answer),
        Wish::Edit => shadow.edit()?,
        Wish::Create(_) => return shadow.create(&environment.cluster(), answer),
        Wish::Reset(_) => return shadow.reset(&environment.cluster(), answer),
        Wish::CreateEmpty { schema, .. } => return shadow.create_empty(schema.as_deref(), answer),
        Wish::Commit { all, .. } => shadow.commit(&environment.cluster(), all)?,
        Wish::Delete(_) => shadow.delete(answer)?,
        Wish::Switch(_) => return shadow.switch(answer),
    }
    Ok(After::Nothing)
}

impl Shadow {
    fn path(&self) -> &Path {
        self.source.path().unwrap_or(Path::new(""))
    }

    fn element(&self) -> Element {
        Element::new("shadow").with("instance", self.name.as_str())
    }

    fn shown(&self, answer: &mut Answer, line: &str, attributes: &[(&str, &str)]) {
        answer.line(line);
        answer.part(attributes.iter().fold(self.element(), |element, (name, value)| element.with(name, *value)));
    }

    // ---- looking -----------------------------------------------------------------------------------

    fn display(&self, answer: &mut Answer) -> Result<(), Failed> {
        let text = write_pretty(self.read()?.root());
        answer.text(&text);
        let content = answer.raw("content", &text);
        answer.part(self.element().with_child(content));
        Ok(())
    }

    fn differs(&self, cluster: &CibSource, answer: &mut Answer) -> Result<After, Failed> {
        self.must_exist()?;
        let (live, mine) = (real(cluster)?, self.read()?);
        let changes = compare(live.root(), mine.root(), Order::Counts);
        let patch = Patch { source: live.version(), target: mine.version(), changes };
        if patch.is_empty() {
            answer.part(self.element());
            return Ok(After::Nothing);
        }
        answer.text(&patchset::text(&patch));
        let set = answer.raw("xml-patchset", &write_pretty(&patch.to_xml()));
        answer.part(self.element().with_child(set));
        Ok(After::Differs)
    }

    fn read(&self) -> Result<Document, Failed> {
        self.must_exist()?;
        self.source.read(ANSWER_WITHIN).map_err(door::failed)
    }

    fn must_exist(&self) -> Result<(), Failed> {
        let refused = |error: &std::io::Error| {
            let (exit, why) = match error.kind() {
                ErrorKind::NotFound => (Exit::NO_SUCH, "No such file or directory".to_string()),
                ErrorKind::PermissionDenied => (Exit::NOT_PERMITTED, "Permission denied".to_string()),
                _ => (Exit::IO_ERROR, error.to_string()),
            };
            (exit, format!("Could not access shadow instance '{}': {why}", self.name))
        };
        fs::metadata(self.path()).map(drop).map_err(|error| refused(&error))
    }

    // ---- making ------------------------------------------------------------------------------------

    fn create(&self, cluster: &CibSource, answer: &mut Answer) -> Result<After, Failed> {
        self.must_be_new()?;
        self.write(&real(cluster)?)?;
        Ok(self.in_use(NEW, answer))
    }

    fn reset(&self, cluster: &CibSource, answer: &mut Answer) -> Result<After, Failed> {
        self.must_be_forced("The reset command overwrites the active shadow configuration", SHADOW)?;
        self.write(&real(cluster)?)?;
        Ok(self.in_use(NEW, answer))
    }

    fn create_empty(&self, schema: Option<&str>, answer: &mut Answer) -> Result<After, Failed> {
        self.must_be_new()?;
        if let Some(name) = schema.filter(|name| !schema::names().iter().any(|known| known == name)) {
            return Err((Exit::DATA_ERROR, format!("--validate-with: there is no schema '{name}'")));
        }
        let mut root = Document::empty().root().clone();
        root.set("epoch", "1");
        if let Some(name) = schema {
            root.set("validate-with", name);
        }
        answer.line(format!("Created new {} configuration", root.attr("validate-with").unwrap_or_default()));
        self.write(&Document::from_element(root).map_err(|error| (Exit::SOFTWARE, error.to_string()))?)?;
        Ok(self.in_use(NEW, answer))
    }

    fn switch(&self, answer: &mut Answer) -> Result<After, Failed> {
        self.must_exist()?;
        Ok(self.in_use("To switch to the named shadow instance", answer))
    }

    /// The shadow, and beside it what it was made from: `crm cib commit` tells its changes by that.
    fn write(&self, document: &Document) -> Result<(), Failed> {
        let failed = |error: StoreError| {
            (door::exit(&error), format!("Could not write shadow instance '{}': {error}", self.name))
        };
        let staged = [self.path().to_path_buf(), base_of(self.path(), &self.name)]
            .iter()
            .map(|path| Staged::document(path, document))
            .collect::<Result<Vec<_>, _>>();
        staged.and_then(Staged::finish_together).map_err(failed)
    }

    fn must_be_new(&self) -> Result<(), Failed> {
        if self.force || fs::symlink_metadata(self.path()).is_err() {
            return Ok(());
        }
        let reason = format!("A shadow instance '{}' already exists", self.name);
        Err((Exit::CANNOT_CREATE, guarded(&reason, SHADOW)))
    }

    /// How to begin using it: in a shell of its own, or by a variable.
    fn in_use(&self, what: &str, answer: &mut Answer) -> After {
        if self.is_active() && is_our_shell(&self.name) {
            return After::Nothing;
        }
        if self.interactive && variable("SHELL").is_some() {
            answer.line("Setting up shadow instance");
            instruct("Press Ctrl+D to exit the crm_shadow shell", answer);
            return After::Shell(self.name.clone());
        }
        let name = &self.name;
        instruct(&format!("{what}, enter the following into your shell:\n\texport CIB_shadow={name}"), answer);
        After::Nothing
    }

    fn is_active(&self) -> bool {
        self.active.as_ref() == Some(&self.name)
    }

    fn edit(&self) -> Result<(), Failed> {
        self.must_exist()?;
        let editor =
            variable("EDITOR").ok_or_else(|| (Exit::NOT_CONFIGURED, "No value for EDITOR defined".to_string()))?;
        let ended = process::Command::new(&editor).arg("--").arg(self.path()).status();
        let failed = |why: String| {
            (Exit::OS_FILE, format!("Could not invoke EDITOR ({editor} {}): {why}", self.path().display()))
        };
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(status.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    // ---- putting in force, deleting ----------------------------------------------------------------

    fn commit(&self, cluster: &CibSource, all: bool) -> Result<(), Failed> {
        self.must_be_forced("The commit command overwrites the active cluster configuration", CLUSTER)?;
        self.must_exist()?;
        real(cluster)?;
        let mine = self.read()?;
        let (scope, input) = match all {
            true => (Scope::Whole, mine.root().clone()),
            false => (Scope::Section("configuration".into()), mine.configuration().clone()),
        };
        let replace = Command::Replace(input);
        let failed = |exit: Exit, why: String| {
            (exit, format!("Could not commit shadow instance '{}' to the CIB: {why}", self.name))
        };
        let replaced = |now: &Document| {
            let mut next = command::carry_out(now, &scope, &replace)?;
            // What came of the shadow is not the shadow any more, as with Pacemaker.
            if all && next.version() == mine.version() {
                next.set_version(mine.version().next_status());
            }
            Ok(next)
        };
        match door::change(cluster, ANSWER_WITHIN, replaced) {
            Ok(_) => Ok(()),
            Err(ChangeError::Made(error @ CommandError::Old { .. })) => Err(failed(Exit::OLD, error.to_string())),
            Err(error) => {
                let (exit, why) = error.told(|error| (Exit::DATA_ERROR, error.to_string()));
                Err(failed(exit, why))
            }
        }
    }

    fn delete(&self, answer: &mut Answer) -> Result<(), Failed> {
        self.must_be_forced("The delete command removes the specified shadow file", SHADOW)?;
        for path in [self.path().to_path_buf(), base_of(self.path(), &self.name)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    let text = format!("Could not remove shadow instance '{}': {error}", self.name);
                    return Err((Exit::IO_ERROR, text));
                }
                _ => {}
            }
        }
        if self.is_active() {
            let variable = "Remember to unset the CIB_shadow variable by entering the following into your shell:\n\
                            \tunset CIB_shadow";
            let inside = is_our_shell(&self.name);
            instruct(if inside { "Press Ctrl+D to exit the crm_shadow shell" } else { variable }, answer);
        }
        Ok(())
    }

    fn must_be_forced(&self, reason: &str, what: &str) -> Result<(), Failed> {
        match (self.force, &self.active) {
            (true, _) => Ok(()),
            (false, Some(active)) if !self.is_active() => {
                let reason = format!(
                    "{reason}.\nAdditionally, the supplied shadow instance ({}) is not the same as the active one ({active})",
                    self.name
                );
                Err((Exit::USAGE, guarded(&reason, what)))
            }
            (false, _) => Err((Exit::USAGE, guarded(reason, what))),
        }
    }
}

const SHADOW: &str = "shadow file";
const CLUSTER: &str = "cluster";
const NEW: &str = "A new shadow instance was created. To begin using it";

fn guarded(reason: &str, what: &str) -> String {
    format!(
        "{reason}.\nTo prevent accidental destruction of the {what}, the --force flag is required in order to proceed."
    )
}

fn instruct(text: &str, answer: &mut Answer) {
    answer.line(text);
    answer.part(with_text(Element::new("instruction"), text));
}

/// The CIB that shadows are made from and committed to.
fn real(cluster: &CibSource) -> Result<Document, Failed> {
    cluster.read(ANSWER_WITHIN).map_err(|error| {
        let why = match &error {
            StoreError::File { source, .. } if source.kind() == ErrorKind::NotFound => {
                "No such device or address".into()
            }
            _ => error.to_string(),
        };
        (door::exit(&error), format!("Could not connect to CIB: {why}"))
    })
}

fn prompt(name: &str) -> String {
    format!("shadow[{name}] # ")
}

fn is_our_shell(name: &str) -> bool {
    variable("PS1") == Some(prompt(name))
}

/// A shell of this user in which the shadow is in use, until it ends.
fn shell(name: &str, io: &mut Io) -> Exit {
    let shell = variable("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut command = process::Command::new(&shell);
    if shell == "bash" || shell.ends_with("/bash") {
        command.args(["--norc", "--noprofile"]);
    }
    let ended = command.env("PS1", prompt(name)).env("CIB_shadow", name).status();
    match ended {
        Ok(status) => Exit(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            io.error(MANUAL.name, &format!("Failed to launch shell '{shell}': {error}"));
            Exit::IO_ERROR
        }
    }
}
