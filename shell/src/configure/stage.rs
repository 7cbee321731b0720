//! The configuration being edited: where it came from, what it is now, and the way back.
//!
//! In: a base document and changes. Out: the work copy; undo and redo. Nothing leaves the process.
//! A document shares with its predecessor all that did not change, so every step is kept whole.
//! Absent: committing (see `commit`), reading and writing (see `source`).

use quorate_core::cib::Document;

#[derive(Clone, Debug)]
pub struct Stage {
    /// The document as it was read.
    base: Document,
    /// Every step since, with the command that made it; the last is the work copy.
    steps: Vec<(String, Document)>,
    undone: Vec<(String, Document)>,
}

impl Stage {
    pub fn new(base: Document) -> Stage {
        Stage { base, steps: Vec::new(), undone: Vec::new() }
    }

    pub fn base(&self) -> &Document {
        &self.base
    }

    pub fn work(&self) -> &Document {
        self.steps.last().map_or(&self.base, |(_, document)| document)
    }

    pub fn is_changed(&self) -> bool {
        self.work().configuration() != self.base.configuration()
            || self.work().root().attr("validate-with") != self.base.root().attr("validate-with")
    }

    /// Takes a new work copy, made by `command`.
    pub fn put(&mut self, command: &str, document: Document) {
        if document.root() != self.work().root() {
            self.steps.push((command.to_string(), document));
            self.undone.clear();
        }
    }

    /// Takes back the last step and tells which command it was.
    pub fn undo(&mut self) -> Option<String> {
        let step = self.steps.pop()?;
        self.undone.push(step);
        self.undone.last().map(|(command, _)| command.clone())
    }

    pub fn redo(&mut self) -> Option<String> {
        let step = self.undone.pop()?;
        self.steps.push(step);
        self.steps.last().map(|(command, _)| command.clone())
    }

    /// The same steps on another base, each as `merge` (of base, new base and step) puts it there.
    pub fn moved<E>(
        &self,
        base: &Document,
        merge: impl Fn(&Document, &Document, &Document) -> Result<Document, E>,
    ) -> Result<Stage, E> {
        let onto = |steps: &[(String, Document)]| {
            let moved = steps.iter().map(|(command, step)| Ok((command.clone(), merge(&self.base, base, step)?)));
            moved.collect::<Result<Vec<_>, E>>()
        };
        Ok(Stage { base: base.clone(), steps: onto(&self.steps)?, undone: onto(&self.undone)? })
    }

    /// What is on the stage has been committed: it is the base now.
    pub fn committed(&mut self, document: Document) {
        *self = Stage::new(document);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Document {
        let mut document = Document::empty();
        document.configuration_mut().set("mark", name);
        document
    }

    #[test]
    fn steps_move_to_another_base() {
        let mut stage = Stage::new(Document::empty());
        stage.put("a", named("a"));
        stage.put("b", named("b"));
        stage.undo();
        let moved = stage.moved(&named("base"), |_, base, step| {
            let mark = |document: &Document| document.configuration().attr("mark").unwrap_or_default().to_string();
            Ok::<_, ()>(named(&format!("{}+{}", mark(base), mark(step))))
        });
        let mut moved = moved.expect("nothing refuses");
        assert_eq!(moved.work().configuration().attr("mark"), Some("base+a"));
        assert_eq!(moved.redo().as_deref(), Some("b"));
        assert_eq!(moved.work().configuration().attr("mark"), Some("base+b"));
    }

    #[test]
    fn undo_and_redo_walk_the_steps() {
        let mut stage = Stage::new(Document::empty());
        stage.put("a", named("a"));
        stage.put("b", named("b"));
        stage.put("nothing new", named("b"));
        assert_eq!(stage.undo().as_deref(), Some("b"));
        assert_eq!(stage.work().configuration().attr("mark"), Some("a"));
        assert_eq!(stage.redo().as_deref(), Some("b"));
        assert_eq!(stage.undo().as_deref(), Some("b"));
        stage.put("c", named("c"));
        assert_eq!(stage.redo(), None);
        assert_eq!((stage.undo(), stage.undo(), stage.undo()), (Some("c".into()), Some("a".into()), None));
        assert!(!stage.is_changed());
    }
}
