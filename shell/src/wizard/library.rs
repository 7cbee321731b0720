//! Where scripts are, and reading them with all that they include.
//!
//! In: directories, the first that has a name wins. Out: names, and whole scripts.

use super::script::{Include, Included, Parameter, Script, is_true, of_agent};
use super::yaml::{self, Value};
use crate::error::{Failure, Outcome};
use quorate_core::agent::Metadata;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Scripts include scripts no deeper than this.
const DEPTH_MAX: usize = 8;

pub struct Library<'a> {
    pub directories: Vec<PathBuf>,
    /// What an agent (`ocf:heartbeat:IPaddr2`) says of itself.
    pub metadata: &'a dyn Fn(&str) -> Option<Rc<Metadata>>,
}

impl Library<'_> {
    pub fn names(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        for directory in &self.directories {
            let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
            let scripts = entries.filter(|entry| entry.path().join("main.yml").is_file());
            names.extend(scripts.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        }
        names.into_iter().collect()
    }

    /// A script with all that it includes.
    pub fn script(&self, name: &str) -> Outcome<Script> {
        self.read(name, DEPTH_MAX)
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        // A name is one directory, not a way to somewhere else.
        let is_plain = !name.contains('/') && !name.starts_with('.');
        let files = self.directories.iter().map(|directory| directory.join(name).join("main.yml"));
        files.filter(|_| is_plain).find(|file| file.is_file())
    }

    fn read(&self, name: &str, depth_left: usize) -> Outcome<Script> {
        let Some(file) = self.file(name) else {
            let names = self.names();
            let near = quorate_grammar::diagnostic::closest(name, names.iter().map(String::as_str));
            let failure = Failure::usage(format!("there is no script `{name}`"));
            return Err(match near {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`script list` shows them"),
            });
        };
        let wrong = |what: String| Failure::refused(format!("{}: {what}", file.display()));
        if depth_left == 0 {
            return Err(wrong(format!("scripts include scripts more than {DEPTH_MAX} deep")));
        }
        let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
        let value = yaml::read(&text).map_err(wrong)?;
        let Value::Map(_) = value else {
            return Err(wrong("not a script: it has no `version`, `actions`, …".into()));
        };
        let list = |member: &str| value.get(member).map_or(&[][..], Value::items);
        let includes = list("include").iter().map(|include| self.include(name, include, depth_left, &file));
        Ok(Script {
            name: name.to_string(),
            category: category(&value.text_of("category").unwrap_or_default()),
            short: value.text_of("shortdesc").unwrap_or_default().trim().to_string(),
            long: value.text_of("longdesc").unwrap_or_default().trim().to_string(),
            parameters: list("parameters").iter().filter_map(Parameter::read).collect(),
            includes: includes.collect::<Outcome<_>>()?,
            actions: list("actions").to_vec(),
        })
    }

    fn include(&self, script: &str, value: &Value, depth_left: usize, file: &Path) -> Outcome<Include> {
        let listed: Vec<Parameter> =
            value.get("parameters").into_iter().flat_map(Value::items).filter_map(Parameter::read).collect();
        let optional = value.get("required").is_some() && !is_true(value, "required");
        let short = value.text_of("shortdesc").unwrap_or_default();
        if let Some(agent) = value.text_of("agent") {
            let metadata = (self.metadata)(&agent);
            let name = value.text_of("name").unwrap_or_else(|| script.to_string());
            let parameters = of_agent(&listed, metadata.as_deref());
            let short = match metadata {
                Some(metadata) if short.is_empty() => metadata.short.clone(),
                _ => short,
            };
            let operations = value.text_of("ops").unwrap_or_default();
            let own = name == script;
            let of = Included::Agent { agent, operations, parameters };
            return Ok(Include { name, own, optional, short, given: Vec::new(), of });
        }
        let Some(other) = value.text_of("script") else {
            let what = "an include is of an `agent` or a `script`";
            return Err(Failure::refused(format!("{}: {what}", file.display())));
        };
        let included = self.read(&other, depth_left - 1)?;
        let name = value.text_of("name").unwrap_or(other);
        let given = listed.into_iter().filter_map(|one| Some((one.name, one.value?))).collect();
        Ok(Include { name, own: false, optional, short, given, of: Included::Script(Rc::new(included)) })
    }
}

/// `File system` for `file System`: categories differ in case only by oversight.
fn category(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    if ["nfs", "sap"].contains(&lower.as_str()) {
        return lower.to_uppercase();
    }
    let mut letters = lower.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
