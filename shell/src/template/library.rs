//! Where templates and configs are kept.
//!
//! In: directories. Out: names and texts.
//! Absent: what is in them (see `source`, `config`).

use crate::environment::Environment;
use quorate_grammar::diagnostic::closest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The templates of this machine: of the same name the first is taken.
pub fn directories(environment: &Environment, shared: &str) -> Vec<PathBuf> {
    let ours = [environment.config.join("crm/templates"), PathBuf::from("/usr/share/quorate/templates")];
    ours.into_iter().chain([Path::new(shared).join("templates")]).collect()
}

pub struct Library {
    files: BTreeMap<String, PathBuf>,
}

impl Library {
    pub fn of(directories: &[PathBuf]) -> Library {
        let mut files = BTreeMap::new();
        for directory in directories {
            for (name, path) in files_in(directory) {
                files.entry(name).or_insert(path);
            }
        }
        Library { files }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// The text of a template and the file it is in.
    pub fn text(&self, name: &str) -> Result<(String, &Path), String> {
        let Some(path) = self.files.get(name) else {
            let near = closest(name, self.names()).map(|near| format!("; did you mean `{near}`?"));
            return Err(format!("there is no template `{name}`{}", near.unwrap_or_default()));
        };
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok((text, path))
    }
}

fn files_in(directory: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.is_file());
    files.filter_map(|path| Some((path.file_name()?.to_str()?.to_string(), path.clone()))).collect()
}

/// Where this person's configs are: where crmsh keeps them too.
pub fn configs(environment: &Environment) -> PathBuf {
    environment.config.join("crm/crmconf")
}

pub fn config_names(environment: &Environment) -> Vec<String> {
    let mut names: Vec<String> = files_in(&configs(environment)).into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

/// A name that stays in its directory and needs no quotes.
pub fn is_sane(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(plain)
}
