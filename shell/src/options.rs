//! The shell's settings of this session, and the files they are kept in.
//!
//! In: `/etc/crm/crm.conf` and over it `~/.config/crm/crm.conf`, in crmsh's form of sections and
//! NAME = VALUE. Out: values; the second file again.
//! Absent: what a setting may be (see `table`).

use crate::environment::Environment;
use crate::error::{Failure, Outcome};
use quorate_grammar::diagnostic::closest;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub mod table;

pub use table::{OPTIONS, Setting};

/// Of a setting that is in several of these, the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Of this call only.
    passing: BTreeMap<String, String>,
    /// The person's own.
    values: BTreeMap<String, String>,
    /// Of this machine.
    system: BTreeMap<String, String>,
    /// The person's own once, to be taken out of their file.
    dropped: BTreeSet<String>,
    /// Something was set that is not in the file yet.
    unsaved: bool,
}

pub fn unknown(name: &str) -> Failure {
    let failure = Failure::usage(format!("there is no setting `{name}`"));
    let last = |option: &Setting| option.name.split('.').next_back().unwrap_or(option.name);
    let near = OPTIONS.iter().find(|option| last(option) == name).map(|option| option.name);
    match near.or_else(|| closest(name, OPTIONS.iter().map(|option| option.name))) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`options show all` lists them"),
    }
}

impl Settings {
    /// The person's own file: $CRM_CONFIG_FILE if that is set.
    pub fn path(environment: &Environment) -> PathBuf {
        environment.settings.clone().unwrap_or_else(|| environment.config.join("crm/crm.conf"))
    }

    pub fn get(&self, name: &str) -> &str {
        let default = Setting::find(name).map_or("", |option| option.default);
        let given = [&self.passing, &self.values, &self.system].into_iter().find_map(|values| values.get(name));
        given.map_or(default, String::as_str)
    }

    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name).to_lowercase().as_str(), "yes" | "true" | "on" | "1")
    }

    /// Somebody chose a value, here or in a file.
    pub fn is_chosen(&self, name: &str) -> bool {
        [&self.passing, &self.values, &self.system].into_iter().any(|values| values.contains_key(name))
    }

    /// Out: the row of the setting.
    pub fn set(&mut self, name: &str, value: &str) -> Outcome<&'static Setting> {
        let option = accepted(name, value)?;
        self.passing.remove(name);
        self.dropped.remove(name);
        self.values.insert(name.to_string(), value.to_string());
        self.unsaved = true;
        Ok(option)
    }

    /// For this call only: it is never saved.
    pub fn set_for_now(&mut self, name: &str, value: &str) -> Outcome {
        accepted(name, value)?;
        self.passing.insert(name.to_string(), value.to_string());
        Ok(())
    }

    /// Back to what this machine and the table say.
    pub fn reset(&mut self) {
        self.dropped.extend(std::mem::take(&mut self.values).into_keys());
        self.passing.clear();
        self.unsaved = true;
    }

    pub fn is_unsaved(&self) -> bool {
        self.unsaved
    }

    pub fn load(environment: &Environment) -> Settings {
        let system = read(&environment.node.root.join("etc/crm/crm.conf"));
        Settings { system, values: read(&Settings::path(environment)), ..Settings::default() }
    }

    /// Writes the person's settings into their file; all its other lines stay.
    pub fn save(&mut self, path: &Path) -> std::io::Result<()> {
        let mut lines: Vec<String> =
            std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_string).collect();
        for name in &self.dropped {
            let (section, key) = parts(name);
            take_out(&mut lines, section, key);
        }
        for (name, value) in &self.values {
            let (section, key) = parts(name);
            put(&mut lines, section, key, value);
        }
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(path, lines.join("\n") + "\n")?;
        self.dropped.clear();
        self.unsaved = false;
        Ok(())
    }
}

fn accepted(name: &str, value: &str) -> Outcome<&'static Setting> {
    let Some(option) = Setting::find(name) else { return Err(unknown(name)) };
    option.accepts(value).map_err(Failure::usage)?;
    Ok(option)
}

fn parts(name: &str) -> (&str, &str) {
    name.split_once('.').expect("every name in the table has a section")
}

/// Reads a file; what is not known here is passed over, and a value that it cannot have.
fn read(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut values = BTreeMap::new();
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';'])) {
            let (name, value) = (format!("{section}.{}", name.trim()), value.trim());
            if accepted(&name, value).is_ok() {
                values.insert(name, value.to_string());
            }
        }
    }
    values
}

fn take_out(lines: &mut Vec<String>, section: &str, key: &str) {
    let mut inside = false;
    lines.retain(|line| {
        if line.trim().starts_with('[') {
            inside = line.trim() == format!("[{section}]");
        }
        !inside || line.split_once('=').is_none_or(|(name, _)| name.trim() != key)
    });
}

fn put(lines: &mut Vec<String>, section: &str, key: &str, value: &str) {
    let header = format!("[{section}]");
    let start = lines.iter().position(|line| line.trim() == header).unwrap_or_else(|| {
        lines.push(header.clone());
        lines.len() - 1
    });
    let end = lines[start + 1..]
        .iter()
        .position(|line| line.trim().starts_with('['))
        .map_or(lines.len(), |at| start + 1 + at);
    let is_key = |line: &String| line.split_once('=').is_some_and(|(name, _)| name.trim() == key);
    let line = format!("{key} = {value}");
    match lines[start + 1..end].iter().position(is_key) {
        Some(at) => lines[start + 1 + at] = line,
        None => lines.insert(start + 1, line),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn environment(directory: &Path) -> Environment {
        let mut environment = Environment { config: directory.to_path_buf(), ..Environment::default() };
        environment.node.root = directory.to_path_buf();
        environment
    }

    #[test]
    fn saving_keeps_what_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        let environment = environment(directory.path());
        let path = directory.path().join("crm/crm.conf");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "[core]\nwait = no\nfoo = yes\n[path]\na = b\n").unwrap();
        let mut options = Settings::load(&environment);
        options.set("core.wait", "yes").unwrap();
        options.set("color.style", "plain").unwrap();
        options.set_for_now("core.force", "yes").unwrap();
        options.save(&path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "[core]\nwait = yes\nfoo = yes\n[path]\na = b\n[color]\nstyle = plain\n"
        );
        assert!(options.is_on("core.force") && !Settings::load(&environment).is_on("core.force"));
        assert!(options.set("core.wait", "maybe").is_err());
        options.reset();
        options.save(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[core]\nfoo = yes\n[path]\na = b\n[color]\n");
    }

    #[test]
    fn a_persons_settings_go_before_the_machines() {
        let directory = tempfile::tempdir().unwrap();
        let environment = environment(directory.path());
        for (name, text) in
            [("etc/crm", "[core]\nwait = true\ncheck_mode = relaxed\n"), ("crm", "[core]\nwait = off\n")]
        {
            std::fs::create_dir_all(directory.path().join(name)).unwrap();
            std::fs::write(directory.path().join(name).join("crm.conf"), text).unwrap();
        }
        let options = Settings::load(&environment);
        assert!(!options.is_on("core.wait"));
        assert_eq!(options.get("core.check_mode"), "relaxed");
        assert_eq!(options.get("core.editor"), "");
    }

    #[test]
    fn every_default_is_a_value_it_may_have() {
        for option in OPTIONS {
            assert_eq!(option.accepts(option.default), Ok(()), "{}", option.name);
            assert_eq!(OPTIONS.iter().filter(|other| other.name == option.name).count(), 1, "{}", option.name);
        }
    }
}
