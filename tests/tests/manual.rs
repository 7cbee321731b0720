//! The manual, as it is read: every line that it has people type is typed, and prints what it says.

use quorate_tests::lab::{Lab, program};
use quorate_tests::manual::{Chapter, Hosts, Step, Typed, shows};
use quorate_tests::whole::WholeHosts;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long something may take to be as the manual has it.
const PATIENCE: Duration = Duration::from_secs(60);

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src")
}

fn chapters() -> Vec<Chapter> {
    let files = fs::read_dir(source()).expect("the manual").flatten().map(|file| file.path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    files.sort();
    files.iter().map(|path| Chapter::read(path)).collect()
}

/// Where a chapter plays.
trait Place {
    fn shell(&mut self, host: &str, line: &str) -> Output;
    fn put(&mut self, name: &str, text: &str);
    fn befall(&mut self, what: &str);
}

/// Daemons on this machine; all hosts share a directory for files.
struct Daemons {
    lab: Lab,
    links: tempfile::TempDir,
    files: tempfile::TempDir,
}

impl Daemons {
    fn started(count: usize) -> Daemons {
        let links = tempfile::tempdir().expect("a directory");
        let installed = Command::new(program("quorate")).arg("install-links").arg(links.path()).output();
        assert!(installed.expect("links").status.success());
        for name in ["crm_mon", "quorate"] {
            std::os::unix::fs::symlink(program(name), links.path().join(name)).expect("a link");
        }
        Daemons { lab: Lab::started(count), links, files: tempfile::tempdir().expect("a directory") }
    }
}

impl Place for Daemons {
    fn shell(&mut self, host: &str, line: &str) -> Output {
        let paths = std::env::var("PATH").unwrap_or_default();
        Command::new("sh")
            .args(["-c", line])
            .current_dir(self.files.path())
            .env("PATH", format!("{}:{paths}", self.links.path().display()))
            .env("QUORATE_ROOT", self.lab.root(host))
            .env("HOME", self.files.path())
            .env("LC_ALL", "C.UTF-8")
            .env_remove("CIB_file")
            .env_remove("CIB_shadow")
            .stdin(Stdio::null())
            .output()
            .expect("a shell")
    }

    fn put(&mut self, name: &str, text: &str) {
        let text = text.replace("LAB", &self.lab.directory().display().to_string());
        fs::write(self.files.path().join(name), text).expect("a file");
    }

    fn befall(&mut self, what: &str) {
        match what.split_once(' ') {
            Some(("kill", host)) => self.lab.kill(host),
            Some(("start", host)) => self.lab.start(host),
            _ => panic!("`{what}` is nothing that can befall a daemon"),
        }
    }
}

impl Place for WholeHosts {
    fn shell(&mut self, host: &str, line: &str) -> Output {
        WholeHosts::shell(self, host, &format!("cd /root; {line}")).expect("the host is on")
    }

    fn put(&mut self, name: &str, text: &str) {
        WholeHosts::put(self, "n1", &format!("root/{name}"), text, 0o644);
    }

    fn befall(&mut self, what: &str) {
        match what.split_once(' ') {
            Some(("kill", host)) => self.kill(host),
            Some(("reinstall", host)) => {
                for place in ["etc/corosync/corosync.conf", "etc/corosync/authkey"] {
                    let _ = fs::remove_file(self.root(host).join(place));
                }
                let _ = fs::remove_dir_all(self.root(host).join("var/lib/pacemaker/cib"));
                self.boot(host);
                self.wait("the new host's sshd", |whole| whole.succeeds(host, "systemctl is-active --quiet ssh"));
            }
            _ => panic!("`{what}` is nothing that can befall a host"),
        }
    }
}

#[track_caller]
fn play(chapter: &Chapter, place: &mut dyn Place) {
    for step in &chapter.steps {
        match step {
            Step::File { name, text } => place.put(name, text),
            Step::Then(what) => place.befall(what),
            Step::Type(typed) => type_in(&chapter.name, typed, place),
        }
    }
}

#[track_caller]
fn type_in(chapter: &str, typed: &Typed, place: &mut dyn Place) {
    let until = Instant::now() + PATIENCE;
    loop {
        let output = place.shell(&typed.host, &typed.command);
        let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat();
        let shown = typed.expected.is_empty() || shows(&printed, &typed.expected);
        if shown && output.status.success() != typed.fails {
            return;
        }
        let Typed { line, command, .. } = typed;
        if !typed.until || Instant::now() > until {
            let expected = typed.expected.join("\n");
            panic!("{chapter}.md, line {line}: {command} ({})\n{printed}\nexpected:\n{expected}", output.status);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn playing(on: impl Fn(Hosts) -> bool) -> Vec<Chapter> {
    let chapters: Vec<Chapter> = chapters().into_iter().filter(|chapter| on(chapter.hosts)).collect();
    assert!(!chapters.is_empty(), "the manual has such chapters");
    chapters
}

#[test]
fn chapters_for_one_machine_are_as_they_say() {
    for chapter in playing(|hosts| matches!(hosts, Hosts::Lab(_))) {
        let Hosts::Lab(count) = chapter.hosts else { continue };
        play(&chapter, &mut Daemons::started(count));
    }
}

#[test]
fn chapters_for_hosts_are_as_they_say() {
    for chapter in playing(|hosts| matches!(hosts, Hosts::Bare(_))) {
        let Hosts::Bare(count) = chapter.hosts else { continue };
        let Some(mut whole) = WholeHosts::bare(count) else { return };
        play(&chapter, &mut whole);
    }
}

/// Where nothing plays, nothing is typed; and every chapter is in the table of contents, which names no other.
#[test]
fn every_chapter_is_in_the_table_of_contents() {
    let summary = fs::read_to_string(source().join("SUMMARY.md")).expect("a table of contents");
    let named: BTreeSet<&str> = summary
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|name| !name.contains('/'))
        .collect();
    for chapter in chapters() {
        assert!(chapter.hosts != Hosts::None || chapter.steps.is_empty(), "{}: it plays nowhere", chapter.name);
    }
    let files: Vec<String> = chapters().into_iter().map(|chapter| format!("{}.md", chapter.name)).collect();
    let files: BTreeSet<&str> = files.iter().map(String::as_str).filter(|name| *name != "SUMMARY.md").collect();
    assert_eq!(named, files);
}
