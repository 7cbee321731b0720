//! A session: where we are, what is being edited, and the way to the CIB.
//!
//! In: an environment and switches. Out: documents to commands; their changes to the CIB, at once or,
//! in a batch, all together at its end.
//! Absent: what the commands do.

use crate::batch::{self, Batch, Pending};
use crate::catalogue::Catalogue;
use crate::client::{ANSWER_WITHIN, Cluster};
use crate::command::{Call, Level, PREVIEW};
use crate::commit;
use crate::configure::legacy;
use crate::configure::lower::raise_object;
use crate::configure::objects;
use crate::configure::raise::Context;
use crate::configure::references;
use crate::configure::stage::{self, Stage};
use crate::environment::{Environment, OCF_ROOT};
use crate::error::{Failure, Origin, Outcome};
use crate::history::Looking;
use crate::metadata;
use crate::options::Options;
use crate::palette::Palette;
use crate::preview;
use crate::supposition::Supposition;
use crate::ui::{Color, Ui};
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::Schema;
use quorate_core::node::{NodeStatus, Request};
use quorate_grammar::Diagnostic;
use quorate_grammar::crm::ast::Statement;
use quorate_transport::store::CibSource;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
pub enum Manner {
    /// One command from the command line.
    Single,
    /// A file or a pipe: all or nothing.
    Batch,
    /// A person at a terminal.
    Interactive,
}

pub struct Session {
    pub environment: Environment,
    pub switches: Switches,
    /// What the command line says of them, whatever the settings say.
    pub commanded: Switches,
    /// How long waiting may take.
    pub patience: Duration,
    pub manner: Manner,
    pub ui: Ui,
    /// The text being run, for the places in messages.
    pub origin: Origin,
    pub levels: Vec<&'static Level>,
    pub source: CibSource,
    pub options: Options,
    pub agents: metadata::Memory,
    pub done: bool,
    /// What `history` looks at.
    pub history: Looking,
    /// Configurations that were given a name, for this session.
    pub checkpoints: BTreeMap<String, Document>,
    /// The config that `configure template` works on.
    pub template: Option<String>,
    /// The status that `cibstatus` works on, if it is not the cluster's.
    pub supposition: Option<Supposition>,
    /// Problems that were told already.
    pub told: BTreeSet<String>,
    /// `verify` is being run: nothing is left out.
    pub verifying: bool,
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
            manner: Manner::Single,
            ui,
            origin: Origin::default(),
            levels: Vec::new(),
            source,
            options: Options::default(),
            agents: metadata::Memory::kept_in(environment.cache.join("crm/agents")),
            done: false,
            history: Looking::default(),
            checkpoints: BTreeMap::new(),
            template: None,
            supposition: None,
            told: BTreeSet::new(),
            verifying: false,
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

    /// The editor that was chosen, by the settings or by the surroundings.
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

    pub fn level(&self) -> &'static Level {
        self.levels.last().copied().unwrap_or(&crate::levels::root::LEVEL)
    }

    /// Which CIB, which node, which level; and a mark while there are edits that are not committed.
    pub fn prompt(&self) -> String {
        let levels: Vec<&str> = self.levels.iter().map(|level| level.name).collect();
        let mark = if self.is_changed() { "*" } else { "" };
        format!("crm({}/{}){}{mark}# ", self.source.label(), self.environment.host, levels.join(" "))
    }

    // ---- the CIB -----------------------------------------------------------------------------------

    /// The document of a source, as this batch would leave it.
    pub fn read_from(&mut self, source: &CibSource) -> Outcome<Document> {
        match self.batch.pending.get(source) {
            Some(Pending::Edit { mine, .. }) => return Ok(mine.clone()),
            Some(Pending::Create { document }) => return Ok(document.clone()),
            Some(Pending::Delete) => return Err(Failure::refused(format!("`{}` was deleted", source.label()))),
            None => {}
        }
        match source {
            CibSource::Live { .. } => self.cluster.read(),
            // A command looks at the CIB more than once, and there is nothing to commit to.
            CibSource::Stdin => Err(Failure::refused("the shell cannot work on standard input (CIB_file=-)")
                .hint("name a file, or give commands on standard input")),
            CibSource::File(_) | CibSource::Shadow { .. } => Ok(source.read(ANSWER_WITHIN)?),
        }
    }

    /// The document that commands see: what is being edited, else the CIB.
    pub fn document(&mut self) -> Outcome<Document> {
        match &self.stage {
            Some(stage) => Ok(stage.work().clone()),
            None => self.read_from(&self.source.clone()),
        }
    }

    /// Commits what changed between two documents to where they came from.
    pub fn commit_to(&mut self, source: &CibSource, base: &Document, mine: &Document) -> Outcome<Document> {
        if self.manner == Manner::Batch {
            self.batch.edit(source, base, mine);
            return Ok(mine.clone());
        }
        let now = commit::commit(source, self.cluster.as_mut(), base, mine)?;
        if source.is_live() {
            self.wait_if_wanted()?;
        }
        Ok(now)
    }

    /// One change to the configuration, committed at once unless an editing session is open.
    pub fn change(&mut self, what: &str, change: impl FnOnce(&mut Session, &mut Document) -> Outcome) -> Outcome {
        let base = self.document()?;
        let mut mine = base.clone();
        change(self, &mut mine)?;
        if mine.root() == base.root() {
            return Ok(());
        }
        if let Some(stage) = &mut self.stage {
            stage.put(what, mine);
            return Ok(());
        }
        let source = self.source.clone();
        self.commit_to(&source, &base, &mine).map(drop)
    }

    /// A change to the CIB that is made at once, under all that is on the stage, and waited for.
    pub fn change_now(&mut self, change: impl FnOnce(&mut Session, &mut Document) -> Outcome) -> Outcome {
        let source = self.source.clone();
        let base = self.read_from(&source)?;
        let mut mine = base.clone();
        change(self, &mut mine)?;
        commit::commit(&source, self.cluster.as_mut(), &base, &mine)?;
        let waited = if source.is_live() { self.cluster.wait(self.patience) } else { Ok(()) };
        let now = self.read_from(&source)?;
        if let Some(stage) = &self.stage {
            self.stage = Some(stage.moved(&now, &commit::merged));
        }
        waited
    }

    /// Shows what the cluster would do if these changes were committed now, onto what is there now.
    /// A shadow is judged by the state in which the cluster really is.
    pub fn preview(&mut self, base: &Document, mine: &Document) -> Outcome {
        let document = self.supposed(base, mine)?;
        self.ui.print(&preview::preview(&document));
        Ok(())
    }

    /// Shows what the cluster would do if the daemon were asked for this.
    pub fn preview_of(&mut self, requests: &[Request]) -> Outcome {
        let now = self.document()?;
        let document = self.supposed(&now, &now)?;
        let text = preview::after(&document, requests)?;
        self.ui.print(&text);
        Ok(())
    }

    pub fn supposed(&mut self, base: &Document, mine: &Document) -> Outcome<Document> {
        let home = self.environment.home();
        let source = self.source.clone();
        let theirs = self.read_from(&source)?;
        let mut result = commit::merged(base, &theirs, mine)?;
        if source != home
            && let Ok(real) = self.read_from(&home)
        {
            *result.status_mut() = real.status().clone();
        }
        Ok(result)
    }

    pub fn create(&mut self, source: &CibSource, document: Document) -> Outcome {
        if self.manner == Manner::Batch {
            self.batch.pending.insert(source.clone(), Pending::Create { document });
            return Ok(());
        }
        batch::create(source, &document)
    }

    pub fn remove(&mut self, source: &CibSource) -> Outcome {
        if self.manner == Manner::Batch {
            self.batch.pending.insert(source.clone(), Pending::Delete);
            return Ok(());
        }
        batch::delete(source)
    }

    /// Asks the daemon, or shows what would follow.
    pub fn ask_or_preview(&mut self, call: &Call, requests: Vec<Request>) -> Outcome {
        if call.has(PREVIEW) {
            return self.preview_of(&requests);
        }
        requests.into_iter().try_for_each(|request| self.ask(request))
    }

    pub fn exists(&self, source: &CibSource) -> bool {
        match self.batch.pending.get(source) {
            Some(Pending::Delete) => false,
            Some(_) => true,
            None => source.path().is_some_and(std::path::Path::exists),
        }
    }

    /// Something for the daemon; in a batch it waits until the changes before it are committed.
    pub fn ask(&mut self, request: Request) -> Outcome {
        let source = self.source.clone();
        if !source.is_live() && !matches!(request, Request::ChangeTicket { .. }) {
            return Err(Failure::refused("this needs the running cluster; a CIB in a file has none"));
        }
        if self.manner == Manner::Batch {
            self.batch.asked.push((source, request));
            return Ok(());
        }
        self.ask_at(&source, &request)
    }

    /// Tickets are changed in files, too: nothing there runs that would have to be asked.
    fn ask_at(&mut self, source: &CibSource, request: &Request) -> Outcome {
        match request {
            Request::ChangeTicket { ticket, change } if !source.is_live() => {
                Ok(crate::ticket::change(source, ticket, change)?)
            }
            _ => {
                self.cluster.ask(request)?;
                self.wait_if_wanted()
            }
        }
    }

    fn wait_if_wanted(&mut self) -> Outcome {
        if self.switches.wait { self.cluster.wait(self.patience) } else { Ok(()) }
    }

    pub fn cluster_status(&mut self) -> Outcome<NodeStatus> {
        self.cluster.status()
    }

    // ---- the editing session -----------------------------------------------------------------------

    /// The stage, filled from the CIB when it is first needed.
    pub fn stage(&mut self) -> Outcome<&mut Stage> {
        if self.stage.is_none() {
            let document = self.read_from(&self.source.clone())?;
            self.stage = Some(Stage::new(document));
        }
        Ok(self.stage.as_mut().expect("it was just filled"))
    }

    pub fn is_changed(&self) -> bool {
        self.stage.as_ref().is_some_and(Stage::is_changed)
    }

    /// Reads the CIB anew if nothing of ours would be lost. The way back stays.
    pub fn freshen(&mut self) {
        if self.manner != Manner::Interactive {
            return;
        }
        let Some(stage) = self.stage.take_if(|stage| !stage.is_changed()) else { return };
        // Without an answer the command that needs one says so.
        if let Ok(now) = self.read_from(&self.source.clone()) {
            let same = stage::is_same(&now, stage.base());
            self.stage = Some(if same { stage } else { stage.moved(&now, &commit::merged) });
        }
    }

    pub fn drop_stage(&mut self) {
        self.stage = None;
    }

    /// What statements refer to must be there: now, or in a batch before it commits.
    pub fn check_references(&mut self, statements: &[Statement]) -> Vec<Diagnostic> {
        let Some(stage) = &self.stage else { return Vec::new() };
        let configuration = stage.work().configuration();
        if self.manner != Manner::Batch {
            return references::check(statements, configuration);
        }
        for statement in statements {
            let missing = references::check([statement], configuration);
            if !missing.is_empty() {
                self.batch.unresolved.push((statement.clone(), missing));
            }
        }
        Vec::new()
    }

    /// Puts older words into new ones, and says so once. What the document says already stays as it is.
    pub fn modernize(&mut self, document: &Document, statements: &mut [Statement], since: Schema) {
        let schema = document.root().attr("validate-with").and_then(Schema::parse);
        let Some(schema) = schema.filter(|schema| *schema >= since) else { return };
        let configuration = document.configuration();
        let options = configuration.child("crm_config").into_iter().flat_map(|section| section.descendants());
        let taken = options.filter_map(|pair| pair.attr("name")).map(str::to_string).collect();
        let mut known: Option<Vec<Statement>> = None;
        let mut said = BTreeSet::new();
        for statement in statements {
            let mut modern = statement.clone();
            let new = legacy::modernize(&mut modern, schema, &taken);
            if new.is_empty() {
                continue;
            }
            let known = known.get_or_insert_with(|| crate::configure::show::all(configuration, self.catalogue()));
            if !known.contains(statement) {
                *statement = modern;
                said.extend(new);
            }
        }
        for message in said {
            if self.told.insert(message.clone()) {
                self.ui.info(&message);
            }
        }
    }

    /// Commits the stage. `true` if there was anything to commit.
    pub fn commit_stage(&mut self) -> Outcome<bool> {
        if !self.is_changed() {
            return Ok(false);
        }
        let stage = self.stage.as_ref().expect("a changed stage is there");
        let (base, mine) = (stage.base().clone(), stage.work().clone());
        let source = self.source.clone();
        let now = self.commit_to(&source, &base, &mine)?;
        self.stage()?.commit(&now, &commit::merged);
        Ok(true)
    }

    /// Takes what is there now for the base, so that the stage overwrites what others changed.
    pub fn rebase_stage(&mut self) -> Outcome {
        let now = self.read_from(&self.source.clone())?;
        let work = self.stage()?.work().clone();
        let mine = stage::with_configuration(&work, &now);
        let mut stage = Stage::new(now);
        stage.put("commit replace", mine);
        self.stage = Some(stage);
        Ok(())
    }

    // ---- batches -----------------------------------------------------------------------------------

    /// A line was wrong: what it would have defined is not missed by others.
    pub fn note_failed(&mut self, id: &str) {
        self.batch.failing.insert(id.to_string());
    }

    /// The line's errors have been told: from now on others may be their consequences.
    pub fn line_told(&mut self) {
        self.batch.failed.append(&mut self.batch.failing);
    }

    /// An error that only follows from another one.
    pub fn is_consequence(&self, diagnostic: &Diagnostic) -> bool {
        let named = self.origin.text.get(diagnostic.span.range());
        named.is_some_and(|word| self.batch.failed.contains(word.split(':').next().unwrap_or(word)))
    }

    /// The references that are still missing. What was there once and was deleted since is no
    /// business of the statement that referred to it.
    pub fn check_batch(&mut self) -> Outcome<Vec<Diagnostic>> {
        let unresolved = std::mem::take(&mut self.batch.unresolved);
        if unresolved.is_empty() {
            return Ok(Vec::new());
        }
        let document = self.document()?;
        let mut still = Vec::new();
        for (statement, missing) in &unresolved {
            if !self.still_wants(&document, statement) {
                continue;
            }
            let now = references::check([statement], document.configuration());
            still.extend(now.into_iter().filter(|one| missing.iter().any(|before| before.span == one.span)));
        }
        still.retain(|diagnostic| !self.is_consequence(diagnostic));
        Ok(still)
    }

    /// Whether what a statement made is there and refers to what is missing: it may have been taken back,
    /// or put right.
    fn still_wants(&self, document: &Document, statement: &Statement) -> bool {
        let Some(id) = statement.kind.id() else { return true };
        let configuration = document.configuration();
        let Some(object) = objects::find(configuration, &id.text) else { return false };
        let now = raise_object(&object, &Context::of(configuration, self.catalogue()));
        !references::check([&now], configuration).is_empty()
    }

    /// Everything the batch wants, for good; then what it asks of the daemon.
    pub fn finish_batch(&mut self) -> Outcome {
        self.manner = Manner::Single;
        let home = self.environment.home();
        let pending = std::mem::take(&mut self.batch.pending);
        if batch::write(pending, &home, self.cluster.as_mut())? {
            self.wait_if_wanted()?;
        }
        self.source = home;
        for (source, request) in std::mem::take(&mut self.batch.asked) {
            self.ask_at(&source, &request)?;
        }
        Ok(())
    }

    // ---- long answers ------------------------------------------------------------------------------

    /// Prints a text that may be longer than a screen: a person at a terminal gets a pager.
    pub fn page(&mut self, text: &str) {
        let somebody = self.environment.terminal_in && self.environment.terminal_out;
        let at_terminal = somebody && self.manner != Manner::Batch && !self.ui.is_json();
        let set = Some(self.options.get("core.pager").to_string()).filter(|pager| !pager.is_empty());
        let pager = set.or_else(|| self.environment.pager.clone()).unwrap_or_else(|| PAGER.to_string());
        if !at_terminal || !through(&pager, text) {
            self.ui.print(text);
        }
    }

    // ---- questions ---------------------------------------------------------------------------------

    /// Asks yes or no. With -F the answer is yes, without a person it is no.
    pub fn confirm(&mut self, question: &str) -> bool {
        if self.switches.force {
            return true;
        }
        self.manner == Manner::Interactive && self.answered(question, "[y/N]").is_some_and(|answer| is_yes(&answer))
    }

    /// Whether a person wants to try once more; who only presses Enter does.
    pub fn again(&mut self, question: &str) -> bool {
        self.manner != Manner::Batch
            && self.answered(question, "[Y/n]").is_some_and(|answer| answer.is_empty() || is_yes(&answer))
    }

    /// What a person at a terminal says to this, if there is one.
    fn answered(&mut self, question: &str, choice: &str) -> Option<String> {
        if self.switches.refuse || !self.environment.terminal_in {
            return None;
        }
        self.ui.print(&format!("{question} {choice} "));
        let mut answer = String::new();
        let read = self.input.read_line(&mut answer).unwrap_or(0);
        // An end of input is no answer, nor is what follows Ctrl-C.
        let answered = read > 0 && !self.interrupted.load(Ordering::Relaxed);
        answered.then(|| answer.trim().to_lowercase())
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer, "y" | "yes")
}

/// Leaves at once where the text fits on the screen.
const PAGER: &str = "less -FRX";

/// Whether a pager took the text. Who leaves it early has seen enough.
fn through(pager: &str, text: &str) -> bool {
    let shell = Command::new("sh").args(["-c", pager]).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = shell else { return false };
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes());
    }
    // 127: the shell found no such program.
    child.wait().is_ok_and(|status| status.code() != Some(127))
}

/// `-w` gives up after an hour, unless told otherwise: a transition that takes longer needs eyes.
const WAIT_MAX: Duration = Duration::from_secs(3600);
