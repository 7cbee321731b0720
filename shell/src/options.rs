//! The shell's settings: names, defaults, the file they are kept in.
//!
//! In: `~/.config/crm/crm.conf`, in crmsh's form of sections and NAME = VALUE. Out: values.
//! Absent: settings of crmsh that mean nothing here; they are kept in the file, untouched.

use crate::environment::Environment;
use crate::error::{Failure, Outcome};
use quorate_grammar::diagnostic::closest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub struct Setting {
    pub name: &'static str,
    pub default: &'static str,
    pub values: &'static [&'static str],
}

pub const OPTIONS: &[Setting] = &[
    Setting { name: "core.editor", default: "", values: &[] },
    Setting { name: "core.pager", default: "", values: &[] },
    Setting { name: "core.wait", default: "no", values: &["yes", "no"] },
    Setting { name: "core.check_frequency", default: "always", values: &["always", "on-verify", "never"] },
    Setting { name: "core.check_mode", default: "strict", values: &["strict", "relaxed"] },
    Setting { name: "core.implicit_edits", default: "no", values: &["yes", "no"] },
    Setting { name: "core.has_ra_advised_op", default: "no", values: &["yes", "no"] },
    Setting { name: "core.has_fa_advised_op", default: "no", values: &["yes", "no"] },
    Setting { name: "core.obscure_pattern", default: "passw*", values: &[] },
    Setting { name: "core.script_path", default: "", values: &[] },
    Setting { name: "core.force", default: "no", values: &["yes", "no"] },
    Setting { name: "path.sharedir", default: "/usr/share/crmsh", values: &[] },
    Setting { name: "color.style", default: "color", values: &["plain", "color", "color-always"] },
];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    values: BTreeMap<String, String>,
}

pub fn unknown(name: &str) -> Failure {
    let failure = Failure::usage(format!("there is no setting `{name}`"));
    match closest(name, OPTIONS.iter().map(|option| option.name)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`options show` lists them"),
    }
}

impl Options {
    pub fn path(environment: &Environment) -> PathBuf {
        environment.config.join("crm/crm.conf")
    }

    pub fn get(&self, name: &str) -> &str {
        let default = OPTIONS.iter().find(|option| option.name == name).map_or("", |option| option.default);
        self.values.get(name).map_or(default, String::as_str)
    }

    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), "yes" | "true" | "on" | "1")
    }

    pub fn set(&mut self, name: &str, value: &str) -> Outcome {
        let Some(option) = OPTIONS.iter().find(|option| option.name == name) else { return Err(unknown(name)) };
        if !option.values.is_empty() && !option.values.contains(&value) {
            return Err(Failure::usage(format!("`{name}` is one of {}, not `{value}`", option.values.join(", "))));
        }
        self.values.insert(name.to_string(), value.to_string());
        Ok(())
    }

    /// Reads the file; settings that are not known here are passed over.
    pub fn load(path: &Path) -> Options {
        let mut options = Options::default();
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
            } else if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';'])) {
                // A value that is not known here is left at its default.
                let _ = options.set(&format!("{section}.{}", name.trim()), value.trim());
            }
        }
        options
    }

    /// Writes our settings into the file; all its other lines stay.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let mut lines: Vec<String> =
            std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_string).collect();
        for (name, value) in &self.values {
            let (section, key) = name.split_once('.').expect("every name in the table has a section");
            put(&mut lines, section, key, value);
        }
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(path, lines.join("\n") + "\n")
    }
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

    #[test]
    fn saving_keeps_what_is_not_ours() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("crm/crm.conf");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "[core]\nwait = no\nsort_elements = yes\n[path]\na = b\n").unwrap();
        let mut options = Options::load(&path);
        options.set("core.wait", "yes").unwrap();
        options.set("color.style", "plain").unwrap();
        options.save(&path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "[core]\nwait = yes\nsort_elements = yes\n[path]\na = b\n[color]\nstyle = plain\n"
        );
        assert_eq!(Options::load(&path), options);
        assert!(options.set("core.wait", "maybe").is_err());
    }
}
