//! Sessions of `history` that were kept: what is looked at and how, each in a directory of its name.
//!
//! In: what a session looks at. Out: a state file in crmsh's form, and copies of what would be gone.
//! Absent: commands (see `levels::history::saved`).

use super::HistoryFilter;
use super::archive::{Archive, SavedInput};
use crate::environment::Environment;
use crate::error::{Failure, Outcome};
use crate::options::Settings;
use quorate_tools::clock;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Where sessions are: ours, and those that crmsh kept for this person below its `path.cache`.
#[derive(Clone, Debug)]
pub struct Places {
    own: PathBuf,
    crmsh: PathBuf,
}

impl Places {
    pub fn of(environment: &Environment, options: &Settings) -> Places {
        let cache = Path::new(options.get("path.cache")).join(format!("history-{}/session", environment.node.user));
        Places { own: environment.cache.join("crm/sessions"), crmsh: cache }
    }

    /// Where a new one of this name goes.
    pub fn new_one(&self, name: &str) -> PathBuf {
        self.own.join(name)
    }

    pub fn find(&self, name: &str) -> Option<PathBuf> {
        [&self.own, &self.crmsh].into_iter().map(|place| place.join(name)).find(|place| place.join(STATE).is_file())
    }

    pub fn names(&self) -> Vec<String> {
        let entries = [&self.own, &self.crmsh].into_iter().flat_map(fs::read_dir).flatten().flatten();
        let kept = entries.filter(|entry| entry.path().join(STATE).is_file());
        let names: BTreeSet<String> = kept.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.into_iter().collect()
    }
}

const STATE: &str = "history_state.cfg";

/// The inputs and logs of this node, as they are now. Their owner alone can read them.
pub fn copy(archive: &Archive, wanted: impl Fn(&SavedInput) -> bool, to: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to)?;
    let inputs = to.join("pengine");
    fs::create_dir_all(&inputs)?;
    for input in archive.inputs.iter().filter(|input| wanted(input)) {
        let copy = inputs.join(format!("{}.bz2", input.name));
        fs::copy(&input.path, &copy)?;
        let since = Duration::from_secs(u64::try_from(input.epoch).unwrap_or(0));
        // Inputs that do not say when they were decided on are as old as their file.
        fs::File::options().write(true).open(&copy)?.set_modified(SystemTime::UNIX_EPOCH + since)?;
    }
    for (number, log) in archive.logs.iter().enumerate() {
        // Reports have one of these for every node.
        let place = to.join(format!("log{number}"));
        fs::create_dir_all(&place)?;
        fs::copy(log, place.join("pacemaker.log"))?;
    }
    Ok(())
}

/// The file that says what is looked at.
pub fn write(filter: &HistoryFilter, source: &Path, session: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(session)?;
    let moment = |epoch: Option<i64>| epoch.map(clock::text).unwrap_or_default();
    let mut text = format!(
        "[report]\ndir = {}\nfrom_time = {}\nto_time = {}\ndetail = {}\n",
        source.display(),
        moment(filter.from),
        moment(filter.to),
        u8::from(filter.detail)
    );
    if !filter.nodes.is_empty() {
        text += &format!("nodes = {}\n", Vec::from_iter(filter.nodes.iter().map(String::as_str)).join(" "));
    }
    if !filter.exclude.is_empty() {
        text += "[log]\n";
    }
    for (number, pattern) in filter.exclude.iter().enumerate() {
        text += &format!("exclude_{number} = {}\n", pattern.as_str());
    }
    let mut staged = tempfile::NamedTempFile::new_in(session)?;
    io::Write::write_all(&mut staged, text.as_bytes())?;
    staged.as_file().sync_all()?;
    staged.persist(session.join(STATE)).map_err(|error| error.error).map(drop)
}

/// What is left out, whatever the case of its letters.
pub fn pattern(typed: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(typed).case_insensitive(true).build()
}

pub fn read(session: &Path) -> Outcome<HistoryFilter> {
    let path = session.join(STATE);
    let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let wrong = |name: &str, value: &str| Failure::refused(format!("{}: {name} = {value}", path.display()));
    let moment = |name: &str, value: &str| match value {
        "" => Ok(None),
        _ => clock::supposed(value).map(|date| Some(date.at.epoch)).ok_or_else(|| wrong(name, value)),
    };
    let mut filter = HistoryFilter::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
            continue;
        };
        match name {
            "dir" => filter.source = Some(value.to_string()),
            "from_time" => filter.from = moment(name, value)?,
            "to_time" => filter.to = moment(name, value)?,
            "detail" => filter.detail = !matches!(value, "0" | ""),
            "nodes" => filter.nodes = value.split_whitespace().map(str::to_string).collect(),
            _ if name.starts_with("exclude_") => {
                let pattern = pattern(value).map_err(|_| wrong(name, value))?;
                filter.exclude.push(pattern);
            }
            // crmsh may know more than we do.
            _ => {}
        }
    }
    Ok(filter)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let session = directory.path().join("one");
        let filter = HistoryFilter {
            from: Some(1_700_000_060),
            to: None,
            nodes: ["n1".to_string(), "n2".to_string()].into(),
            exclude: vec![pattern("a = b").unwrap()],
            detail: true,
            ..HistoryFilter::default()
        };
        write(&filter, Path::new("/tmp/report.tar.gz"), &session).unwrap();
        let back = read(&session).unwrap();
        assert_eq!((back.from, back.to, back.detail, &back.nodes), (filter.from, None, true, &filter.nodes));
        assert_eq!(back.source.as_deref(), Some("/tmp/report.tar.gz"));
        assert_eq!(back.exclude[0].as_str(), "a = b");
    }
}
