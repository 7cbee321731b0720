//! Where a CIB is: with the cluster, in a file, in a shadow; and reading and writing it there.
//!
//! In: the environment. Out: sources and their documents.
//! Absent: merging (see `commit`); how files are locked and replaced (transport's store).

use crate::environment::Environment;
use crate::error::{Failure, Kind, Outcome};
use nix::fcntl::Flock;
use quorate_core::cib::Document;
use quorate_transport::store;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Live,
    File(PathBuf),
    Shadow { name: String, path: PathBuf },
}

impl Source {
    /// What is meant when nothing else is said: a file if `CIB_file` names one, else the cluster.
    pub fn home(environment: &Environment) -> Source {
        match &environment.cib_file {
            Some(path) => Source::File(path.clone()),
            None => Source::Live,
        }
    }

    pub fn shadow(environment: &Environment, name: &str) -> Source {
        let path = environment.shadow_directory().join(format!("shadow.{name}"));
        Source::Shadow { name: name.to_string(), path }
    }

    /// The name in the prompt.
    pub fn label(&self) -> &str {
        match self {
            Source::Live | Source::File(_) => "live",
            Source::Shadow { name, .. } => name,
        }
    }

    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Live => None,
            Source::File(path) | Source::Shadow { path, .. } => Some(path),
        }
    }
}

fn failure(error: store::StoreError) -> Failure {
    Failure::new(Kind::File, error.to_string())
}

pub fn read_file(path: &Path) -> Outcome<Document> {
    store::read_file(path).map_err(failure)
}

/// Holds a file against other writers until dropped.
pub fn hold(path: &Path) -> Outcome<Flock<File>> {
    store::hold(path).map_err(failure)
}

/// Replaces the file: a reader sees the old or the new one, whole.
pub fn write_file(path: &Path, document: &Document) -> Outcome {
    store::replace(path, document.to_text().as_bytes()).map_err(failure)
}

/// The shadows there are, by name.
pub fn shadows(environment: &Environment) -> Vec<String> {
    let Ok(entries) = fs::read_dir(environment.shadow_directory()) else { return Vec::new() };
    let name = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix("shadow.").map(str::to_string);
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    names
}
