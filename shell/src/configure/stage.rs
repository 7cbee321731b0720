//! The configuration being edited: where it came from, what it is now, and the way back.
//!
//! In: a base document and changes. Out: the work copy; undo and redo. Nothing leaves the process.
//! A document shares with its predecessor all that did not change, so every step is kept whole.
//! Absent: committing (see `commit`), reading and writing (see `client`).

use quorate_core::cib::Document;

#[derive(Clone, Debug)]
pub struct Stage {
    /// The document as it was read, or committed.
    base: Document,
    /// What the first step began with.
    origin: Document,
    /// Every step since, with the command that made it; the last is the work copy.
    steps: Vec<(String, Document)>,
    /// So many of the steps are committed.
    committed: usize,
    undone: Vec<(String, Document)>,
}

/// A step that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    pub command: String,
    /// It is real until this is committed.
    pub was_committed: bool,
}

impl Stage {
    pub fn new(base: Document) -> Stage {
        Stage { origin: base.clone(), base, steps: Vec::new(), committed: 0, undone: Vec::new() }
    }

    pub fn base(&self) -> &Document {
        &self.base
    }

    pub fn work(&self) -> &Document {
        self.steps.last().map_or(&self.origin, |(_, document)| document)
    }

    pub fn is_changed(&self) -> bool {
        !is_same(self.work(), &self.base)
    }

    /// Takes a new work copy, made by `command`.
    pub fn put(&mut self, command: &str, document: Document) {
        if document.root() != self.work().root() {
            self.committed = self.committed.min(self.steps.len());
            self.steps.push((command.to_string(), document));
            self.undone.clear();
        }
    }

    /// Takes back the last step.
    pub fn undo(&mut self) -> Option<Undone> {
        let step = self.steps.pop()?;
        let undone = Undone { command: step.0.clone(), was_committed: self.steps.len() < self.committed };
        self.undone.push(step);
        Some(undone)
    }

    pub fn redo(&mut self) -> Option<String> {
        let step = self.undone.pop()?;
        self.steps.push(step);
        self.steps.last().map(|(command, _)| command.clone())
    }

    /// The same steps on another base, each as `merge` (of the old one, the new one and the step) puts
    /// it there; without the steps if it cannot.
    #[must_use]
    pub fn moved<E>(&self, base: &Document, merge: Merge<E>) -> Stage {
        self.carried(&self.base, base, merge).unwrap_or_else(|_| Stage::new(base.clone()))
    }

    /// What is on the stage has been committed: it is the base now, with what others did meanwhile.
    pub fn commit<E>(&mut self, now: &Document, merge: Merge<E>) {
        let carried = self.carried(self.work(), now, merge);
        *self = carried.unwrap_or_else(|_| Stage::new(now.clone()));
        self.committed = self.steps.len();
    }

    fn carried<E>(&self, from: &Document, to: &Document, merge: Merge<E>) -> Result<Stage, E> {
        // Nobody else did anything: there is nothing to put under the steps.
        let alone = is_same(from, to);
        let carry = |document: &Document| match () {
            () if alone => Ok(document.clone()),
            () if is_same(document, from) => Ok(to.clone()),
            () => merge(from, to, document),
        };
        let all = |steps: &[(String, Document)]| {
            let steps = steps.iter().map(|(command, document)| Ok((command.clone(), carry(document)?)));
            steps.collect::<Result<Vec<_>, E>>()
        };
        Ok(Stage {
            base: to.clone(),
            origin: carry(&self.origin)?,
            steps: all(&self.steps)?,
            committed: self.committed,
            undone: all(&self.undone)?,
        })
    }
}

/// Of a base, what became of it, and what became of it elsewhere: both changes together.
pub type Merge<'m, E> = &'m dyn Fn(&Document, &Document, &Document) -> Result<Document, E>;

/// The same configuration in the same schema, whatever happens in the cluster.
pub fn is_same(one: &Document, other: &Document) -> bool {
    one.configuration() == other.configuration() && schema(one) == schema(other)
}

fn schema(document: &Document) -> Option<&str> {
    document.root().attr("validate-with")
}

/// A document with another one's configuration, in its schema.
pub fn with_configuration(of: &Document, document: &Document) -> Document {
    let mut document = document.clone();
    *document.configuration_mut() = of.configuration().clone();
    if let Some(schema) = schema(of) {
        document.root_mut().set("validate-with", schema);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Document {
        let mut document = Document::empty();
        document.configuration_mut().set("mark", name);
        document
    }

    fn mark(document: &Document) -> String {
        document.configuration().attr("mark").unwrap_or_default().to_string()
    }

    /// A merge that tells what it was given.
    fn told(_: &Document, base: &Document, step: &Document) -> Result<Document, ()> {
        Ok(named(&format!("{}+{}", mark(base), mark(step))))
    }

    fn undone(stage: &mut Stage) -> Option<(String, bool)> {
        stage.undo().map(|undone| (undone.command, undone.was_committed))
    }

    #[test]
    fn steps_move_to_another_base() {
        let mut stage = Stage::new(Document::empty());
        stage.put("a", named("a"));
        stage.put("b", named("b"));
        stage.undo();
        let mut moved = stage.moved(&named("base"), &told);
        assert_eq!(mark(moved.work()), "base+a");
        assert_eq!(moved.redo().as_deref(), Some("b"));
        assert_eq!(mark(moved.work()), "base+b");
        let refused = stage.moved(&named("base"), &|_, _, _| Err(()));
        assert_eq!((mark(refused.work()), refused.is_changed()), ("base".to_string(), false));
    }

    #[test]
    fn what_was_committed_can_be_taken_back_onto_what_is_there_now() {
        let mut stage = Stage::new(Document::empty());
        stage.put("a", named("a"));
        stage.put("b", named("b"));
        stage.commit(&named("now"), &told);
        assert!(!stage.is_changed());
        stage.put("c", named("c"));
        assert_eq!(undone(&mut stage), Some(("c".to_string(), false)));
        assert_eq!(undone(&mut stage), Some(("b".to_string(), true)));
        assert_eq!(mark(stage.work()), "now+a");
        assert!(stage.is_changed());
        stage.put("d", named("d"));
        assert_eq!(undone(&mut stage), Some(("d".to_string(), false)));
        assert_eq!(undone(&mut stage), Some(("a".to_string(), true)));
        assert_eq!(undone(&mut stage), None);
    }

    #[test]
    fn undo_and_redo_walk_the_steps() {
        let mut stage = Stage::new(Document::empty());
        stage.put("a", named("a"));
        stage.put("b", named("b"));
        stage.put("nothing new", named("b"));
        let undo = |stage: &mut Stage| stage.undo().map(|undone| undone.command);
        assert_eq!(undo(&mut stage).as_deref(), Some("b"));
        assert_eq!(mark(stage.work()), "a");
        assert_eq!(stage.redo().as_deref(), Some("b"));
        assert_eq!(undo(&mut stage).as_deref(), Some("b"));
        stage.put("c", named("c"));
        assert_eq!(stage.redo(), None);
        assert_eq!((undo(&mut stage), undo(&mut stage), undo(&mut stage)), (Some("c".into()), Some("a".into()), None));
        assert!(!stage.is_changed());
    }
}
