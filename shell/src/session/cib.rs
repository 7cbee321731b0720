//! The way to the CIB: documents to commands, their changes and requests to where they belong.
//!
//! In: sources, changes, requests. Out: documents; in a batch nothing leaves before its end.

use super::{RunMode, Session};
use crate::batch::{self, Pending};
use crate::commit;
use crate::error::{Failure, Outcome};
use crate::preview;
use quorate_core::cib::Document;
use quorate_core::node::{NodeStatus, Request};
use quorate_tools::door;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::CibSource;

impl Session {
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
        if self.mode == RunMode::Batch {
            self.batch.edit(source, base, mine);
            return Ok(mine.clone());
        }
        let now = self.commit_at_once(source, base, mine)?;
        if source.is_live() {
            self.wait_if_wanted()?;
        }
        Ok(now)
    }

    fn commit_at_once(&mut self, source: &CibSource, base: &Document, mine: &Document) -> Outcome<Document> {
        let (now, remarks) = commit::commit(source, self.cluster.as_mut(), base, mine)?;
        remarks.iter().for_each(|remark| self.ui.warn(remark));
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
        self.commit_at_once(&source, &base, &mine)?;
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
        if self.mode == RunMode::Batch {
            self.batch.pending.insert(source.clone(), Pending::Create { document });
            return Ok(());
        }
        batch::create(source, &document)
    }

    pub fn remove(&mut self, source: &CibSource) -> Outcome {
        if self.mode == RunMode::Batch {
            self.batch.pending.insert(source.clone(), Pending::Delete);
            return Ok(());
        }
        batch::delete(source)
    }

    /// Asks the daemon, or shows what would follow.
    pub fn ask_or_preview(&mut self, preview: bool, requests: Vec<Request>) -> Outcome {
        if preview {
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
        if !matches!(request, Request::ChangeTicket { .. }) {
            self.needs_cluster()?;
        }
        self.ask_anywhere(request)
    }

    /// The same of what is done in a file, too: tickets and transient attributes are status, which a file has.
    pub fn ask_anywhere(&mut self, request: Request) -> Outcome {
        let source = self.source.clone();
        if self.mode == RunMode::Batch {
            self.batch.asked.push((source, request));
            return Ok(());
        }
        self.ask_at(&source, &request)
    }

    /// # Errors
    /// The CIB is in a file.
    fn needs_cluster(&self) -> Outcome {
        match self.source.is_live() {
            true => Ok(()),
            false => Err(Failure::refused("this needs the running cluster; a CIB in a file has none")),
        }
    }

    pub(super) fn ask_at(&mut self, source: &CibSource, request: &Request) -> Outcome {
        if !source.is_live() {
            return Ok(door::ask(source, request)?);
        }
        self.cluster.ask(request)?;
        self.wait_if_wanted()
    }

    pub(super) fn wait_if_wanted(&mut self) -> Outcome {
        if self.switches.wait { self.cluster.wait(self.patience) } else { Ok(()) }
    }

    pub fn cluster_status(&mut self) -> Outcome<NodeStatus> {
        self.cluster.status()
    }
}
