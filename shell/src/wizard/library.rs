//! The wizards of this machine.
//!
//! In: directories. Out: names, and wizards with everything they include.
//! Absent: what is in a file (see `read`).

use super::model::{Wizard, Wizards};
use super::read;
use crate::environment::Environment;
use quorate_core::agent::Metadata;
use quorate_grammar::diagnostic::closest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What an agent tells of itself: `None` if it is not here.
pub type Ask<'a> = dyn Fn(&str) -> Option<Rc<Metadata>> + 'a;

pub struct Library<'a> {
    files: BTreeMap<String, PathBuf>,
    ask: &'a Ask<'a>,
}

/// Wizards that include each other deeper than this are taken for a circle.
const DEPTH_MAX: usize = 16;

impl<'a> Library<'a> {
    /// What an earlier directory has, a later one does not replace.
    pub fn of(directories: &[PathBuf], ask: &'a Ask<'a>) -> Library<'a> {
        let mut files = BTreeMap::new();
        for directory in directories {
            for (name, file) in wizards_in(directory) {
                files.entry(name).or_insert(file);
            }
        }
        Library { files, ask }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub fn wizard(&self, name: &str) -> Result<Wizard, String> {
        self.nested(name, 0)
    }
}

impl Wizards for Library<'_> {
    /// A wizard that is included by so many others.
    fn nested(&self, name: &str, depth: usize) -> Result<Wizard, String> {
        if depth > DEPTH_MAX {
            return Err(format!("the script `{name}` includes itself"));
        }
        let Some(file) = self.files.get(name) else {
            let near = closest(name, self.names()).map(|near| format!("; did you mean `{near}`?"));
            return Err(format!("there is no script `{name}`{}", near.unwrap_or_default()));
        };
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        read::wizard(name, &text, self, depth).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn agent(&self, name: &str) -> Option<Rc<Metadata>> {
        (self.ask)(name)
    }
}

/// Where wizards are looked for: the given ones, the user's own, crmsh's.
pub fn directories(environment: &Environment, given: &str, shared: &str) -> Vec<PathBuf> {
    let given = given.split(';').filter(|path| !path.is_empty()).map(PathBuf::from);
    given.chain([environment.config.join("crm/scripts"), Path::new(shared).join("scripts")]).collect()
}

/// `NAME/main.yml`, or `NAME.yml`.
fn wizards_in(directory: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        let main = path.join("main.yml");
        let name = |stem: Option<&std::ffi::OsStr>| stem.and_then(|stem| stem.to_str()).map(str::to_string);
        if main.is_file() {
            found.extend(name(path.file_name()).map(|name| (name, main)));
        } else if path.extension().is_some_and(|end| end == "yml") && path.is_file() {
            found.extend(name(path.file_stem()).map(|name| (name, path.clone())));
        }
    }
    found
}
