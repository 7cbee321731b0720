//! Saved scheduler inputs, and the log beside them.
//!
//! In: a directory (of inputs, or a node's root or a report with them somewhere below), or a
//! `tar.gz`. Out: the inputs by time, the log's lines.
//! Absent: reading an input's CIB before it is asked for.

use crate::error::{Failure, Kind, Outcome};
use quorate_core::cib::Document;
use std::fs;
use std::path::{Path, PathBuf};

pub struct Archive {
    pub label: String,
    pub inputs: Vec<SavedInput>,
    pub logs: Vec<PathBuf>,
    /// Inputs that cannot be read, and why; one may just be written.
    pub unreadable: Vec<String>,
    /// Where a report was unpacked; gone with this value.
    _unpacked: Option<tempfile::TempDir>,
}

#[derive(Clone, Debug)]
pub struct SavedInput {
    /// `pe-input-7`.
    pub name: String,
    pub path: PathBuf,
    /// When it was decided on, in seconds since 1970.
    pub epoch: i64,
    pub document: Document,
}

impl SavedInput {
    pub fn number(&self) -> Option<u32> {
        self.name.rsplit('-').next()?.parse().ok()
    }

    /// The node that decided.
    pub fn leader(&self) -> String {
        let id = self.document.root().attr("dc-uuid").unwrap_or_default();
        let nodes = self.document.configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements());
        let name = nodes.filter(|node| node.id() == Some(id)).find_map(|node| node.attr("uname"));
        name.unwrap_or(id).to_string()
    }
}

/// Directories deeper than this are not looked into.
const DEPTH_MAX: usize = 8;

/// Where a node keeps its inputs.
const INPUTS: &str = "var/lib/pacemaker/pengine";

impl Archive {
    pub fn open(source: &str) -> Outcome<Archive> {
        let path = Path::new(source);
        let facts = fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
        let (directory, unpacked) = if facts.is_dir() {
            (path.to_path_buf(), None)
        } else {
            let unpacked = unpack(path)?;
            (unpacked.path().to_path_buf(), Some(unpacked))
        };
        let mut files = Vec::new();
        walk(&directory, 0, &mut files);
        let archive = Archive::of(source, &files);
        if archive.inputs.is_empty() && !archive.unreadable.is_empty() {
            return Err(Failure::new(Kind::File, archive.unreadable.join("; ")));
        }
        if archive.inputs.is_empty() && archive.logs.is_empty() {
            return Err(Failure::new(Kind::File, format!("{source}: there are no scheduler inputs (pe-*.bz2)")));
        }
        Ok(Archive { _unpacked: unpacked, ..archive })
    }

    /// A node's own inputs, and its log.
    pub fn of_node(root: &Path) -> Outcome<Archive> {
        let archive = Archive::below(root);
        if archive.inputs.is_empty() {
            let directory = root.join(INPUTS);
            let failure = Failure::new(Kind::File, format!("{}: there are no scheduler inputs", directory.display()));
            return Err(failure.hint("`history source DIR|FILE.tar.gz` reads those of another place"));
        }
        Ok(archive)
    }

    /// The same, even if there is nothing.
    pub fn below(root: &Path) -> Archive {
        let mut files = Vec::new();
        walk(&root.join(INPUTS), 0, &mut files);
        files.push(root.join("var/log/pacemaker/pacemaker.log"));
        Archive::of("live", &files)
    }

    fn of(label: &str, files: &[PathBuf]) -> Archive {
        let mut archive = Archive {
            label: label.to_string(),
            inputs: Vec::new(),
            logs: Vec::new(),
            unreadable: Vec::new(),
            _unpacked: None,
        };
        for path in files {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if is_input(name) {
                match read(path, name) {
                    Ok(input) => archive.inputs.push(input),
                    Err(failure) => archive.unreadable.push(failure.message),
                }
            } else if matches!(name, "pacemaker.log" | "ha-log.txt") && path.is_file() {
                archive.logs.push(path.clone());
            }
        }
        archive.inputs.sort_by_key(|input| (input.epoch, input.number()));
        archive
    }

    /// The lines of all logs.
    pub fn log(&self) -> Vec<String> {
        let texts = self.logs.iter().filter_map(|path| fs::read(path).ok());
        texts.flat_map(|text| String::from_utf8_lossy(&text).lines().map(str::to_string).collect::<Vec<_>>()).collect()
    }

    /// The newest input.
    pub fn last(&self) -> Outcome<&SavedInput> {
        self.inputs.last().ok_or_else(|| Failure::refused(format!("there are no scheduler inputs in {}", self.label)))
    }

    /// An input by its name, its number, or how many came after it (`-1`: one).
    pub fn find(&self, word: &str) -> Outcome<&SavedInput> {
        let plain = word.trim_end_matches(".bz2");
        if let Some(input) = self.inputs.iter().find(|input| input.name == plain || input.path.ends_with(word)) {
            return Ok(input);
        }
        let found = match word.parse::<i64>() {
            Ok(number) if number < 0 => {
                let after = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
                self.inputs.iter().rev().nth(after)
            }
            Ok(number) => self.inputs.iter().find(|input| input.number().map(i64::from) == Some(number)),
            Err(_) => None,
        };
        found.ok_or_else(|| {
            let failure = Failure::refused(format!("there is no scheduler input `{word}` in {}", self.label));
            match (self.inputs.first(), self.inputs.last()) {
                (Some(first), Some(last)) => failure.hint(format!("there are {} to {}", first.name, last.name)),
                _ => failure,
            }
        })
    }
}

/// The numbers of a node's own inputs, none of which is read.
pub fn numbers_below(root: &Path) -> Vec<u32> {
    let entries = fs::read_dir(root.join(INPUTS)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let number = |name: String| name.strip_suffix(".bz2")?.rsplit('-').next()?.parse().ok();
    names.filter(|name| is_input(name)).filter_map(number).collect()
}

fn is_input(name: &str) -> bool {
    name.starts_with("pe-") && name.ends_with(".bz2")
}

fn read(path: &Path, name: &str) -> Outcome<SavedInput> {
    let document = quorate_tools::input::read_cib(path)
        .map_err(|error| Failure::new(Kind::File, format!("{}: {error}", path.display())))?;
    let written = || {
        let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    let said = document.root().attr("execution-date").and_then(|date| date.parse().ok());
    let epoch = said.or_else(written).unwrap_or(0);
    Ok(SavedInput { name: name.trim_end_matches(".bz2").to_string(), path: path.to_path_buf(), epoch, document })
}

fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_dir() && depth < DEPTH_MAX => walk(&path, depth + 1, files),
            Ok(facts) if facts.is_file() => files.push(path),
            _ => {}
        }
    }
}

/// Unpacks a report; nothing is ever written outside of the new directory.
fn unpack(path: &Path) -> Outcome<tempfile::TempDir> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    let file = fs::File::open(path).map_err(failed)?;
    let name = path.to_string_lossy();
    let reader: Box<dyn std::io::Read> = if name.ends_with(".bz2") || name.ends_with(".tbz") {
        Box::new(bzip2::read::BzDecoder::new(file))
    } else {
        Box::new(flate2::read::GzDecoder::new(file))
    };
    let directory = tempfile::tempdir().map_err(failed)?;
    tar::Archive::new(reader).unpack(directory.path()).map_err(failed)?;
    Ok(directory)
}
