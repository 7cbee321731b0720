//! Batches: errors that follow from others, references that may still come, and the one commit at the end.

use super::{RunMode, Session};
use crate::batch;
use crate::configure::raise::{Context, raise_object};
use crate::configure::references;
use crate::error::Outcome;
use quorate_core::cib::{Document, objects};
use quorate_grammar::Diagnostic;
use quorate_grammar::crm::ast::Statement;

impl Session {
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
        self.mode = RunMode::Single;
        let home = self.environment.home();
        let pending = std::mem::take(&mut self.batch.pending);
        let (live, remarks) = batch::write(pending, &home, self.cluster.as_mut())?;
        remarks.iter().for_each(|remark| self.ui.warn(remark));
        if live {
            self.wait_if_wanted()?;
        }
        self.source = home;
        for (source, request) in std::mem::take(&mut self.batch.asked) {
            self.ask_at(&source, &request)?;
        }
        Ok(())
    }
}
