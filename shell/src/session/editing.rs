//! The editing session: what is on the stage, and its way into the CIB.
//!
//! In: statements, changed documents. Out: the work copy; a commit.

use super::{RunMode, Session};
use crate::commit;
use crate::configure::legacy;
use crate::configure::references;
use crate::configure::stage::{self, Stage};
use crate::error::Outcome;
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::Schema;
use quorate_grammar::Diagnostic;
use quorate_grammar::crm::ast::Statement;
use std::collections::BTreeSet;

impl Session {
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
        if self.mode != RunMode::Interactive {
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
        if self.mode != RunMode::Batch {
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

    /// Puts words into those of the document's schema, and says so once; before the schema `since` older words
    /// that it has may stay. What the document says already stays as it is.
    pub fn modernize(&mut self, document: &Document, statements: &mut [Statement], since: Schema) {
        let schema = document.root().attr("validate-with").and_then(Schema::parse);
        let Some(schema) = schema else { return };
        let configuration = document.configuration();
        let options = configuration.child("crm_config").into_iter().flat_map(|section| section.descendants());
        let held = options.filter_map(|pair| pair.attr("name")).map(str::to_string).collect();
        let into = legacy::Into { schema, held: &held, lenient: schema < since };
        let mut known: Option<Vec<Statement>> = None;
        let mut said = BTreeSet::new();
        for statement in statements {
            let mut modern = statement.clone();
            let new = legacy::modernize(&mut modern, &into);
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
            if self.checks.told.insert(message.clone()) {
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
}
