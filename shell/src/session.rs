//! A session: where we are, what is being edited, and the way to the CIB.
//!
//! In: an environment and switches. Out: the values that commands work with; each of a session's jobs is a
//! file below: the CIB, editing, batches, the person.
//! Absent: what the commands do.

mod batches;
mod cib;
mod editing;
mod person;

use crate::batch::Batch;
use crate::catalogue::Catalogue;
use crate::client::Cluster;
use crate::configure::stage::Stage;
use crate::environment::{Environment, OCF_ROOT};
use crate::error::Origin;
use crate::history::HistoryFilter;
use crate::metadata;
use crate::options::Settings;
use crate::palette::Palette;
use crate::ui::{Color, Ui};
use crate::what_if::WhatIf;
use crate::written::Written;
use quorate_core::cib::Document;
use quorate_transport::ssh::Passwords;
use quorate_transport::store::CibSource;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    pub force: bool,
    pub wait: bool,
    /// The answer to every question is no.
    pub refuse: bool,
    /// A batch goes on after errors and keeps what was right.
    pub keep_going: bool,
    /// Every line of a batch is told before it is run.
    pub echo: bool,
}

/// How lines come to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// One command from the command line.
    Single,
    /// A file or a pipe: all or nothing.
    Batch,
    /// A person at a terminal.
    Interactive,
}

/// What levels remember from one command to the next.
#[derive(Default)]
pub struct Kept {
    /// What `history` looks at.
    pub history: HistoryFilter,
    /// Configurations that were given a name, for this session.
    pub checkpoints: BTreeMap<String, Document>,
    /// The config that `configure template` works on.
    pub template: Option<String>,
    /// The status that `cibstatus` works on, if it is not the cluster's.
    pub what_if: Option<WhatIf>,
    /// For logins where no key was accepted.
    pub passwords: Passwords,
}

/// What checking remembers.
#[derive(Default)]
pub struct Checks {
    /// Problems that were told already.
    pub told: BTreeSet<String>,
    /// `verify` is being run: nothing is left out.
    pub verifying: bool,
    /// Where objects were written: of options each place, for they are added to each other; else the last.
    pub written: BTreeMap<String, Vec<Written>>,
}

pub struct Session {
    pub environment: Environment,
    pub switches: Switches,
    /// What the command line says of them, whatever the settings say.
    pub commanded: Switches,
    /// How long waiting may take.
    pub patience: Duration,
    pub mode: RunMode,
    pub ui: Ui,
    /// The text being run, for the places in messages.
    pub origin: Origin,
    /// The levels that were entered, from the outermost on.
    pub levels: Vec<&'static str>,
    pub source: CibSource,
    pub options: Settings,
    pub agents: metadata::Memory,
    pub done: bool,
    /// What levels remember from one command to the next.
    pub kept: Kept,
    pub checks: Checks,
    /// The person at the terminal pressed Ctrl-C while a command ran.
    pub interrupted: Arc<AtomicBool>,
    /// Where answers to questions and `load … -` are read from.
    pub input: Box<dyn BufRead>,
    cluster: Box<dyn Cluster>,
    stage: Option<Stage>,
    batch: Batch,
    catalogue: OnceCell<Catalogue>,
}

impl Session {
    pub fn new(environment: Environment, ui: Ui, input: Box<dyn BufRead>, cluster: Box<dyn Cluster>) -> Session {
        let source = environment.first_source();
        Session {
            switches: Switches::default(),
            commanded: Switches::default(),
            patience: WAIT_MAX,
            mode: RunMode::Single,
            ui,
            origin: Origin::default(),
            levels: Vec::new(),
            source,
            options: Settings::default(),
            agents: metadata::Memory::kept_in(environment.cache.join("crm/agents")),
            done: false,
            kept: Kept::default(),
            checks: Checks::default(),
            interrupted: Arc::default(),
            input,
            cluster,
            stage: None,
            batch: Batch::default(),
            catalogue: OnceCell::new(),
            environment,
        }
    }

    /// Lets the settings take effect. What the command line or the terminal forbids stays forbidden.
    pub fn apply_options(&mut self) {
        self.switches.wait = self.commanded.wait || self.options.is_on("core.wait");
        self.switches.force = self.commanded.force || self.options.is_on("core.force");
        if self.environment.ocf_root == Path::new(OCF_ROOT) {
            self.environment.ocf_root = PathBuf::from(self.options.get("path.ocf_root"));
        }
        self.ui.palette = Palette::of(&self.options);
        let styles: Vec<&str> = self.options.get("color.style").split(',').map(str::trim).collect();
        // In capitals and nothing else: the usual colours.
        let colored = styles.contains(&"color") || styles == ["uppercase"];
        self.ui.color = match () {
            () if self.ui.is_json() || styles.contains(&"plain") => Color::Plain,
            () if styles.contains(&"color-always") => Color::Ansi,
            () if colored && self.environment.terminal_out && !self.environment.no_color => Color::Ansi,
            () => Color::Plain,
        };
    }

    /// The editor that was chosen, by the settings or by the environment.
    pub fn editor(&self) -> Option<String> {
        let set = Some(self.options.get("core.editor").to_string()).filter(|editor| !editor.is_empty());
        set.or_else(|| self.environment.editor.clone())
    }

    pub fn is_forced(&self) -> bool {
        self.switches.force
    }

    pub fn catalogue(&self) -> &Catalogue {
        self.catalogue.get_or_init(|| Catalogue::of_this_machine(self.environment.ocf_root.clone()))
    }

    /// Which CIB (and with whom, if that is a Pacemaker), which node, which level; and a mark while there are edits
    /// that are not committed.
    pub fn prompt(&self) -> String {
        let mark = if self.is_changed() { "*" } else { "" };
        let with = if self.source.is_live() && self.cluster.is_pacemaker() { ":pacemaker" } else { "" };
        let host = &self.environment.node.host;
        format!("crm({}{with}/{host}){}{mark}# ", self.source.label(), self.levels.join(" "))
    }
}

/// `-w` gives up after an hour, unless told otherwise: a transition that takes longer needs eyes.
const WAIT_MAX: Duration = Duration::from_secs(3600);
