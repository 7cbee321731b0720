//! A batch: what is to be changed at its end, all of it or nothing.
//!
//! In: changed documents and requests, as the lines are run. Out: everything written.
//! Absent: running the lines (see `script`).

use crate::client::Cluster;
use crate::commit::{self, merged};
use crate::error::{Failure, Outcome};
use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_grammar::Diagnostic;
use quorate_grammar::crm::ast::Statement;
use quorate_transport::store::{CibSource, Rewrite, Staged};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A change that waits for the end of the batch.
pub enum Pending {
    Edit { base: Document, mine: Document },
    Create { document: Document },
    Delete,
}

#[derive(Default)]
pub struct Batch {
    pub pending: BTreeMap<CibSource, Pending>,
    pub asked: Vec<(CibSource, Request)>,
    /// Objects whose line was wrong: that others miss them is no second error.
    pub failed: BTreeSet<String>,
    /// The same for the line being run, whose own errors are no consequences of it.
    pub failing: BTreeSet<String>,
    /// Statements that referred to something that was not there yet, and to what.
    pub unresolved: Vec<(Statement, Vec<Diagnostic>)>,
}

impl Batch {
    /// One more change of a source, on top of those that wait already.
    pub fn edit(&mut self, source: &CibSource, base: &Document, mine: &Document) {
        let mine = mine.clone();
        let pending = match self.pending.remove(source) {
            Some(Pending::Edit { base, .. }) => Pending::Edit { base, mine },
            Some(Pending::Create { .. }) => Pending::Create { document: mine },
            Some(Pending::Delete) | None => Pending::Edit { base: base.clone(), mine },
        };
        self.pending.insert(source.clone(), pending);
    }
}

/// A change of a file of which nothing can fail any more but the last step.
enum Ready {
    Rewrite(Rewrite),
    New(Staged),
    Delete(PathBuf),
}

/// Makes all changes. First each is tried on what is there now: overlaps are found, new files lie on
/// disk beside the old ones, and files are held against others. Then the CIB that others work on
/// is committed, for it may still refuse; then the rest takes effect. Says whether the cluster's
/// CIB was among them, and what is to be said of it.
pub fn write(
    pending: BTreeMap<CibSource, Pending>,
    home: &CibSource,
    cluster: &mut dyn Cluster,
) -> Outcome<(bool, Vec<String>)> {
    let (live, files): (Vec<_>, Vec<_>) = pending.into_iter().partition(|(source, _)| source.is_live());
    for (source, change) in &live {
        if let Some((base, mine)) = edited(source, change)? {
            merged(base, &cluster.read()?, mine)?;
        }
    }
    let ready = prepare(files, home)?;
    let mut remarks = Vec::new();
    for (source, change) in &live {
        if let Some((base, mine)) = edited(source, change)? {
            remarks.extend(commit::commit(source, cluster, base, mine)?.1);
        }
    }
    for step in ready {
        match step {
            Ready::Rewrite(rewrite) => drop(rewrite.finish()?),
            Ready::New(staged) => staged.finish()?,
            Ready::Delete(path) => fs::remove_file(&path).map_err(|error| Failure::file(&path, &error))?,
        }
    }
    Ok((!live.is_empty(), remarks))
}

fn edited<'a>(source: &CibSource, change: &'a Pending) -> Outcome<Option<(&'a Document, &'a Document)>> {
    match change {
        Pending::Edit { base, mine } => Ok(Some((base, mine))),
        Pending::Create { .. } | Pending::Delete => Err(not_a_file(source)),
    }
}

/// In the order of their paths, so that two batches never wait for each other; `home` takes effect first.
fn prepare(files: Vec<(CibSource, Pending)>, home: &CibSource) -> Outcome<Vec<Ready>> {
    let mut changes = BTreeMap::new();
    for (source, change) in files {
        let path = file_of(&source)?.to_path_buf();
        let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let label = source.label().to_string();
        if let Some((_, _, _, other)) = changes.insert(real, (path, change, source == *home, label.clone())) {
            return Err(Failure::refused(format!("`{label}` and `{other}` are the same file"))
                .hint("change only one of them in a batch"));
        }
    }
    let mut ready = Vec::new();
    for (path, change, is_home, _) in changes.into_values() {
        ready.push((!is_home, one(&path, change)?));
    }
    ready.sort_by_key(|(late, _)| *late);
    Ok(ready.into_iter().map(|(_, step)| step).collect())
}

fn one(path: &Path, change: Pending) -> Outcome<Ready> {
    match change {
        Pending::Edit { base, mine } => Ok(Ready::Rewrite(Rewrite::begin(path, |now| merged(&base, now, &mine))?)),
        Pending::Create { document } => stage(path, &document).map(Ready::New),
        Pending::Delete => {
            fs::symlink_metadata(path).map_err(|error| Failure::file(path, &error))?;
            Ok(Ready::Delete(path.to_path_buf()))
        }
    }
}

fn stage(path: &Path, document: &Document) -> Outcome<Staged> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(|error| Failure::file(directory, &error))?;
    }
    Ok(Staged::document(path, document)?)
}

fn file_of(source: &CibSource) -> Outcome<&Path> {
    source.path().ok_or_else(|| not_a_file(source))
}

fn not_a_file(source: &CibSource) -> Failure {
    Failure::refused(format!("the {} CIB can neither be created nor deleted", source.label()))
}

/// Makes a new file, or replaces one, at once.
pub fn create(source: &CibSource, document: &Document) -> Outcome {
    Ok(stage(file_of(source)?, document)?.finish()?)
}

pub fn delete(source: &CibSource) -> Outcome {
    let path = file_of(source)?;
    fs::remove_file(path).map_err(|error| Failure::file(path, &error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::client::Local;
    use crate::error::Kind;
    use quorate_core::xml::Element;

    /// Three CIBs in files, a.xml to c.xml, each with an edit that adds `mine` to it.
    struct Bench {
        directory: tempfile::TempDir,
        pending: BTreeMap<CibSource, Pending>,
    }

    impl Bench {
        fn new() -> Bench {
            let directory = tempfile::tempdir().unwrap();
            let mut bench = Bench { directory, pending: BTreeMap::new() };
            for name in ["a", "b", "c"] {
                let base = Document::empty();
                fs::write(bench.path(name), base.to_text()).unwrap();
                let mine = with(&base, "mine", "1");
                bench.pending.insert(bench.source(name), Pending::Edit { base, mine });
            }
            bench
        }

        fn path(&self, name: &str) -> PathBuf {
            self.directory.path().join(format!("{name}.xml"))
        }

        fn source(&self, name: &str) -> CibSource {
            CibSource::File(self.path(name))
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.path(name)).unwrap_or_default()
        }

        fn write(&mut self) -> Outcome<bool> {
            let mut nobody = Local::new(self.directory.path().join("no socket"));
            Ok(write(std::mem::take(&mut self.pending), &self.source("b"), &mut nobody)?.0)
        }

        /// The batch fails with these words, and nothing is other than before, nor lies about.
        fn refused(mut self, kind: Kind, words: &str) {
            let before = ["a", "b", "c"].map(|name| self.text(name));
            let count = |bench: &Bench| fs::read_dir(bench.directory.path()).unwrap().count();
            let files = count(&self);
            let failure = self.write().unwrap_err();
            assert!(failure.kind == kind && failure.message.contains(words), "{failure:?}");
            assert_eq!(["a", "b", "c"].map(|name| self.text(name)), before);
            assert_eq!(count(&self), files);
        }
    }

    fn with(document: &Document, id: &str, value: &str) -> Document {
        let mut next = document.clone();
        let element = Element::new("primitive").with("id", id).with("class", "lsb").with("type", value);
        next.configuration_mut().child_or_new("resources").push(element);
        next
    }

    #[test]
    fn all_files_are_written() {
        let mut bench = Bench::new();
        bench.pending.insert(bench.source("c"), Pending::Delete);
        bench.pending.insert(bench.source("d"), Pending::Create { document: with(&Document::empty(), "new", "1") });
        assert!(!bench.write().unwrap());
        assert!(bench.text("a").contains("mine") && bench.text("b").contains("mine"));
        assert!(!bench.path("c").exists() && bench.text("d").contains("new"));
    }

    #[test]
    fn an_overlap_in_one_leaves_all_as_they_were() {
        let bench = Bench::new();
        fs::write(bench.path("c"), with(&Document::empty(), "mine", "2").to_text()).unwrap();
        bench.refused(Kind::Conflict, "somebody else changed the same things");
    }

    #[test]
    fn what_cannot_be_written_leaves_all_as_they_were() {
        let mut bench = Bench::new();
        bench.pending.insert(bench.source("none/such/d"), Pending::Delete);
        bench.refused(Kind::File, "No such file");
        let mut bench = Bench::new();
        let below_a_file = CibSource::File(bench.path("a").join("d"));
        bench.pending.insert(below_a_file, Pending::Create { document: Document::empty() });
        bench.refused(Kind::File, "a.xml");
    }

    #[test]
    fn a_cluster_that_does_not_answer_leaves_the_files_as_they_were() {
        let mut bench = Bench::new();
        let live = CibSource::Live { at: bench.path("no").into() };
        let base = Document::empty();
        bench.pending.insert(live, Pending::Edit { mine: with(&base, "mine", "1"), base });
        bench.refused(Kind::Cluster, "not running");
    }

    #[test]
    fn two_names_of_one_file_are_refused_instead_of_waiting_for_themselves() {
        let mut bench = Bench::new();
        let base = Document::empty();
        let shadow = CibSource::Shadow { name: "plan".into(), path: bench.path("a") };
        bench.pending.insert(shadow, Pending::Edit { mine: with(&base, "other", "1"), base });
        bench.refused(Kind::Refused, "are the same file");
    }
}
