//! `crm_simulate --profile`: how long decisions take, by file.
//!
//! In: a directory of CIBs. Out: processor seconds of each, upgrade and all repetitions together.

use super::source::upgraded;
use super::{Failed, Run};
use crate::Exit;
use crate::input::read_cib;
use nix::time::{ClockId, clock_gettime};
use quorate_core::scheduler::schedule;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

impl Run<'_, '_> {
    pub fn profile(&mut self, directory: &Path) -> Result<Exit, Failed> {
        let mut timings = Vec::new();
        for path in inputs(directory)? {
            let seconds = self.time(&path)?;
            timings.push((path.display().to_string(), seconds));
        }
        if !timings.is_empty() {
            self.report.timings(&timings);
        }
        Ok(Exit::OK)
    }

    fn time(&mut self, path: &Path) -> Result<f64, Failed> {
        let bad = |error: String| (Exit::DATA_ERROR, format!("{}: {error}", path.display()));
        let document = read_cib(path).map_err(|error| bad(error.to_string()))?;
        let began = processor_seconds();
        let (document, _) =
            upgraded(&document).map_err(|(exit, error)| (exit, format!("{}: {error}", path.display())))?;
        for _ in 0..self.options.repeat.max(0) {
            let now = self.now(&document)?;
            schedule(&self.input(&document, now, true));
        }
        Ok(processor_seconds() - began)
    }
}

/// The XML files of a directory that are not hidden, by name.
fn inputs(directory: &Path) -> Result<Vec<PathBuf>, Failed> {
    let unreadable = |error: std::io::Error| {
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound => Exit::NO_SUCH,
            std::io::ErrorKind::PermissionDenied => Exit::NOT_PERMITTED,
            _ => Exit::ERROR,
        };
        (exit, format!("{}: {error}", directory.display()))
    };
    let entries = std::fs::read_dir(directory).map_err(unreadable)?;
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_input = |path: &PathBuf| path.extension() == Some(OsStr::new("xml")) && !hidden(path) && path.is_file();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_input).collect();
    paths.sort();
    Ok(paths)
}

fn processor_seconds() -> f64 {
    let used = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0.0, |time| time.tv_sec() as f64);
    let part = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0.0, |time| time.tv_nsec() as f64);
    used + part / 1e9
}
