//! corosync.conf of this host: read, checked by Corosync on a copy, and put in its place.
//!
//! In: the file's text. Out: its sections; the file replaced, or a refusal that points into the text.
//! Absent: what is changed in it, other hosts.

use crate::error::{Failure, Kind, Origin, Outcome};
use crate::session::Session;
use quorate_grammar::{Diagnostic, Span};
use quorate_transport::cluster::file::{self, FileError, Section};
use quorate_transport::cluster::nodelist::votes;
use quorate_transport::store;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The file as it is.
pub struct Conf {
    pub path: PathBuf,
    pub text: String,
    pub file: Section,
}

impl Conf {
    /// Reads this host's file.
    pub fn read(session: &Session) -> Outcome<Conf> {
        let path = session.environment.corosync_conf.clone();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let failure = Failure::file(&path, &error);
            if error.kind() == ErrorKind::NotFound { failure.hint("`cluster init` makes a cluster") } else { failure }
        })?;
        Conf::of(path, text)
    }

    pub fn of(path: PathBuf, text: String) -> Outcome<Conf> {
        let file = file::parse(&text).map_err(|error| pointed(&path, &text, &error))?;
        Ok(Conf { path, text, file })
    }

    /// Puts a changed text in the file's place, if it is good and keeps the quorum.
    pub fn put(&self, session: &mut Session, new: &Section, force: bool) -> Outcome<bool> {
        let text = new.to_string();
        if text == self.text {
            session.ui.info("nothing is changed by that");
            return Ok(false);
        }
        self.keep_quorum(session, new, force)?;
        check(&self.path, &text)?;
        store::replace_shared(&self.path, text.as_bytes())?;
        Ok(true)
    }

    /// Refuses a change that takes the quorum away.
    pub fn keep_quorum(&self, session: &Session, new: &Section, force: bool) -> Outcome {
        if force || session.is_forced() {
            return Ok(());
        }
        let lost = votes::keep(&self.file, new, members().as_ref());
        lost.map_err(|loss| {
            Failure::refused(format!("it would take the quorum away: {loss}")).hint("--force does it all the same")
        })
    }
}

/// What is to be done after a change here.
pub fn tell_changed(session: &mut Session, path: &Path) {
    let shown = path.display();
    session.ui.info(&format!("{shown} is changed; `corosync push` and `corosync reload` put it in force"));
}

/// Ids of those whom the running Corosync has with it; `None` if none runs.
pub fn members() -> Option<BTreeSet<u32>> {
    let output = Command::new("corosync-cmapctl").arg("runtime.members").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let member = |line: &str| {
        let (key, state) = line.split_once(" (str) = ")?;
        let id = key.strip_prefix("runtime.members.")?.strip_suffix(".status")?;
        (state == "joined").then(|| id.parse().ok())?
    };
    let found: BTreeSet<u32> = text.lines().filter_map(member).collect();
    (output.status.success() && !found.is_empty()).then_some(found)
}

/// Lets Corosync read a copy of the text.
pub fn check(path: &Path, text: &str) -> Outcome {
    let failed = |error: std::io::Error| Failure::new(Kind::File, format!("a copy to be checked: {error}"));
    let mut copy = tempfile::NamedTempFile::new().map_err(failed)?;
    copy.write_all(text.as_bytes()).map_err(failed)?;
    let output = Command::new("corosync").arg("-t").arg("-c").arg(copy.path()).stdin(Stdio::null()).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::refused("corosync is not installed here, so the change cannot be checked"),
        _ => Failure::new(Kind::Cluster, format!("corosync: {error}")),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(complaint(path, text, &copy.path().display().to_string(), &said))
}

/// What Corosync has against a text, at its line where it names one.
fn complaint(path: &Path, text: &str, copy: &str, said: &str) -> Failure {
    let at_line = said.lines().find_map(|line| {
        let (number, message) = line.split_once(copy)?.1.strip_prefix(':')?.split_once(':')?;
        Some(FileError::of_line(number.parse().ok()?, message.trim()))
    });
    if let Some(error) = at_line {
        return pointed(path, text, &error);
    }
    let words = said.lines().find_map(|line| line.split_once("error ").map(|(_, words)| words));
    let words = words.map(|words| words.split_once("] ").map_or(words, |(_, words)| words).trim());
    let words = words.unwrap_or_else(|| said.trim());
    let failure = Failure::refused(format!("corosync does not take it: {words}"));
    if words.contains("authkey") { failure.hint("make a key: corosync-keygen") } else { failure }
}

/// A fault of the text, shown at its place.
fn pointed(path: &Path, text: &str, error: &FileError) -> Failure {
    let start: usize = text.split_inclusive('\n').take(error.line.saturating_sub(1)).map(str::len).sum();
    let line = text[start..].lines().next().unwrap_or_default();
    let blanks = line.len() - line.trim_start().len();
    let span = Span::new(start + blanks, start + line.trim_end().len().max(blanks));
    let origin = Origin { name: path.display().to_string(), text: text.to_string() };
    Failure::input(vec![Diagnostic::error(span, error.message.clone())]).in_text(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_corosync_has_against_a_text_is_shown_at_its_line() {
        let text = "totem {\n  version: x\n}\n";
        let said = "parser error: /tmp/c:2: Value of key \"totem.version\" is wrong\n";
        let failure = complaint(Path::new("/c"), text, "/tmp/c", said);
        assert_eq!(failure.diagnostics[0].span, Span::new(10, 20));
        assert_eq!(failure.diagnostics[0].message, "Value of key \"totem.version\" is wrong");
        let said = "Nov 28 01:48:10.548 error   [MAIN  ] Could not open /etc/corosync/authkey: No such file\nNov 28 error [MAIN  ] exiting\n";
        let failure = complaint(Path::new("/c"), text, "/tmp/c", said);
        assert_eq!(failure.message, "corosync does not take it: Could not open /etc/corosync/authkey: No such file");
    }
}
