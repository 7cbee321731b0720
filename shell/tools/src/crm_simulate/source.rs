//! Where the CIB comes from, and where results go.
//!
//! In: options, the environment. Out: a document in the newest schema, files written.
//! Absent: writing to a cluster.

use super::Failed;
use super::options::{From, SimulateOptions};
use crate::input::read_root;
use crate::{Exit, door};
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::{self, Level};
use quorate_core::schema::{self, Fault, OLDEST, Schema};
use quorate_core::xml::{self, Element};
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::{self, CibSource, StoreError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

pub enum Source {
    Cib(CibSource),
    File(PathBuf),
    Stdin,
}

impl Source {
    pub fn of(options: &SimulateOptions) -> Source {
        match &options.source {
            From::File(path) if path.as_os_str() != "-" => Source::File(path.clone()),
            From::Live => match Environment::of_process().first_source() {
                CibSource::Stdin => Source::Stdin,
                source => Source::Cib(source),
            },
            _ => Source::Stdin,
        }
    }

    /// What it is to people; the document is fit to be shown unless it comes from the cluster itself.
    pub fn secrets_removed(&self) -> bool {
        !matches!(self, Source::Cib(_))
    }

    fn name(&self) -> String {
        match self {
            Source::Cib(source) => source.path().map_or("the cluster's CIB".into(), |path| path.display().to_string()),
            Source::File(path) => path.display().to_string(),
            Source::Stdin => "standard input".into(),
        }
    }

    /// The document as it is there.
    pub fn read(&self) -> Result<Document, Failed> {
        let bad = |error: String| (Exit::DATA_ERROR, format!("{}: {error}", self.name()));
        let root = match self {
            Source::Cib(source) => return door::read(source, ANSWER_WITHIN).map_err(door::failed),
            Source::File(path) => read_root(path).map_err(|error| bad(error.to_string()))?,
            Source::Stdin => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).map_err(|error| bad(error.to_string()))?;
                xml::read(&text).map_err(|error| bad(error.to_string()))?
            }
        };
        // Before what lacks is added.
        if root.name == "cib" {
            expect_valid(&root)?;
        }
        Document::from_element(root).map_err(|error| bad(error.to_string()))
    }

    /// The file that the result of `--in-place` goes to.
    pub fn file(&self) -> Result<PathBuf, Failed> {
        let nowhere = |what: &str| (Exit::USAGE, format!("--in-place: {what}; --save-output names a file"));
        match self {
            Source::File(path) => Ok(path.clone()),
            Source::Stdin => Err(nowhere("standard input cannot be written")),
            Source::Cib(source) => match source.path() {
                Some(path) => Ok(path.to_path_buf()),
                None => Err(nowhere("what is only supposed is not written to the live cluster")),
            },
        }
    }
}

/// More than a screen of them helps nobody.
const FAULTS_SHOWN: usize = 20;

/// What Pacemaker says of a CIB that asks not to be checked.
const UNCHECKED: &str = "Schema validation of configuration is disabled (support for validate-with set to \"none\" is \
                         deprecated and will be removed in a future release)";

/// Decisions are made in the newest schema's words, whatever the CIB was written in. Also what is
/// to be said about that.
pub fn upgraded(document: &Document) -> Result<(Document, Vec<String>), Failed> {
    expect_valid(document.root())?;
    let (document, warnings) = upgrade::to_latest(document).map_err(|error| (Exit::CONFIG, error.to_string()))?;
    if document.root().attr("validate-with") == Some("none") {
        return Ok((document, vec![UNCHECKED.to_owned()]));
    }
    let warnings = warnings.iter().filter(|warning| warning.level == Level::Warning);
    Ok((document, warnings.map(ToString::to_string).collect()))
}

/// Nothing is decided about what its schema does not allow.
fn expect_valid(root: &Element) -> Result<(), Failed> {
    let faults = schema::faults(root);
    if faults.is_empty() {
        return Ok(());
    }
    let claimed = root.attr("validate-with").unwrap_or_default();
    let lines = in_lines(&faults);
    let text = match Schema::parse(claimed) {
        // Such a one is held against what it becomes.
        Some(schema) if schema < OLDEST => format!(
            "Cannot upgrade configuration (claiming {claimed} schema) to at least {} because it does not validate \
             with any schema from {claimed} to the latest\n{lines}",
            schema::LATEST
        ),
        _ => lines,
    };
    Err((Exit::CONFIG, text))
}

/// In the form of Pacemaker's log, which tells such things there.
fn in_lines(faults: &[Fault]) -> String {
    let more = faults.len().saturating_sub(FAULTS_SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    let texts = faults.iter().take(FAULTS_SHOWN).map(ToString::to_string).chain(more);
    texts.map(|text| format!("schema \terror: {text}")).collect::<Vec<_>>().join("\n")
}

/// Whether there can be such a file, asked before any work is done for it.
pub fn expect_place(path: &Path) -> Result<(), Failed> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) if !parent.is_dir() => Err((
            Exit::NO_SUCH,
            format!("could not write {}: there is no directory {}", path.display(), parent.display()),
        )),
        _ => Ok(()),
    }
}

/// Writes a CIB: a file is replaced whole, anything else is written to.
pub fn save(path: &Path, document: &Document) -> Result<(), Failed> {
    let text = document.to_text();
    let special = std::fs::metadata(path).is_ok_and(|now| !now.is_file());
    let written = match special {
        true => std::fs::write(path, text).map_err(|error| (error.kind(), error.to_string())),
        false => store::replace_for_readers(path, text.as_bytes()).map_err(|error| match error {
            StoreError::File { source, .. } => (source.kind(), source.to_string()),
            other => (ErrorKind::Other, other.to_string()),
        }),
    };
    written.map_err(|(kind, error)| {
        let exit = match kind {
            ErrorKind::NotFound => Exit::NO_SUCH,
            ErrorKind::PermissionDenied => Exit::NOT_PERMITTED,
            _ => Exit::ERROR,
        };
        (exit, format!("could not write {}: {error}", path.display()))
    })
}

/// Writes what is no CIB.
pub fn save_text(path: &Path, text: &str) -> Result<(), Failed> {
    std::fs::write(path, text).map_err(|error| (Exit::IO_ERROR, format!("could not write {}: {error}", path.display())))
}
