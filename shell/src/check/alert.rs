//! Programs of alerts that this host does not have, or that nobody may run.
//!
//! In: the configuration of the cluster that this host belongs to. Out: problems.
//! Absent: paths that lead nowhere on any host (core's `scheduler::verify`).

use super::problem::{Blamed, Problem};
use quorate_core::xml::Element;
use quorate_grammar::Severity;
use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// A disk that is there answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

pub fn check(configuration: &Element) -> Vec<Problem> {
    let alerts = configuration.child("alerts").into_iter().flat_map(Element::elements);
    let absolute =
        alerts.filter_map(|alert| Some((alert.id()?, alert.attr("path").filter(|path| path.starts_with('/'))?)));
    absolute.filter_map(|(id, path)| Some(problem(id, path, obstacle(Path::new(path))?))).collect()
}

fn problem(id: &str, path: &str, obstacle: String) -> Problem {
    Problem {
        severity: Severity::Warning,
        object: id.to_string(),
        message: format!("on this host nobody is told by this alert: {obstacle}"),
        effect: None,
        blamed: Some(Blamed { name: "path".to_string(), value: Some(path.to_string()) }),
    }
}

/// Why it would not run.
fn obstacle(path: &Path) -> Option<String> {
    let shown = path.display();
    match look(path) {
        None => Some(format!("the disk of `{shown}` does not answer")),
        Some(Err(error)) => Some(format!("`{shown}`: {error}")),
        Some(Ok(file)) if !file.is_file() => Some(format!("`{shown}` is no program")),
        Some(Ok(file)) if file.permissions().mode() & 0o111 == 0 => Some(format!("`{shown}` may not be executed")),
        Some(Ok(_)) => None,
    }
}

/// Alerts may lie on network disks: one that does not answer must not keep people from their commands.
fn look(path: &Path) -> Option<std::io::Result<Metadata>> {
    let (tell, told) = mpsc::channel();
    let path = path.to_path_buf();
    std::thread::spawn(move || drop(tell.send(std::fs::metadata(path))));
    told.recv_timeout(PATIENCE).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What is said of a program of this kind.
    #[track_caller]
    fn says(make: impl Fn(&Path), expected: Option<&str>) {
        let directory = tempfile::tempdir().expect("a place");
        let path = directory.path().join("tell");
        make(&path);
        let alert = Element::new("alert").with("id", "a").with("path", path.display().to_string());
        let configuration = Element::new("configuration").with_child(Element::new("alerts").with_child(alert));
        let told = check(&configuration);
        assert_eq!(told.len(), usize::from(expected.is_some()), "{told:?}");
        let message = told.first().map(|problem| problem.message.as_str()).unwrap_or_default();
        assert!(message.contains(expected.unwrap_or_default()), "{message}");
    }

    fn write(path: &Path, mode: u32) {
        fs::write(path, "#!/bin/sh\n").expect("a file");
        fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("a mode");
    }

    #[test]
    fn a_program_that_would_not_run_here_is_told() {
        says(|path| write(path, 0o755), None);
        says(|path| write(path, 0o644), Some("may not be executed"));
        says(|path| fs::create_dir(path).expect("a directory"), Some("is no program"));
        says(|_| {}, Some("No such file"));
    }
}
