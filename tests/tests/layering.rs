//! Who may import whom (ARCHITECTURE.md), and in which order core's modules stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quorate_tests::imports::Imports;

/// Our own crates each crate may use, and, where the list is closed, outside ones.
type Row = (&'static str, &'static [&'static str], Option<&'static [&'static str]>);

const MAY_USE: [Row; 9] = [
    ("grammar", &[], Some(&["nom"])),
    ("core", &["grammar"], Some(&["quick-xml", "md-5", "regex", "serde"])),
    ("transport", &["core"], None),
    ("daemon/agents", &["core"], Some(&["tokio", "nix", "libc", "zbus", "futures-util"])),
    ("daemon", &["core", "transport", "agents"], None),
    ("shell", &["grammar", "core", "transport", "tools", "bootstrap", "agents"], None),
    ("shell/bootstrap", &["transport"], Some(&["getrandom", "thiserror"])),
    // Of the grammar diagnostics and literals, not the language.
    ("shell/tools", &["grammar", "core", "transport", "agents"], Some(&["bzip2", "nix", "tiny_http", "tokio"])),
    ("tui", &["core", "transport"], None),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// The names below `[dependencies]`.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(krate).join("Cargo.toml")).expect("a manifest");
    let section = text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', '=', ' ']).next());
    names.filter(|name| !name.is_empty()).map(str::to_string).collect()
}

#[test]
fn crates_use_only_what_the_table_allows() {
    for (krate, ours, outside) in MAY_USE {
        for name in dependencies(krate) {
            match name.strip_prefix("quorate-") {
                Some(own) => assert!(ours.contains(&own), "{krate} must not use {own}"),
                None => {
                    let allowed = outside.is_none_or(|outside| outside.contains(&name.as_str()));
                    assert!(allowed, "{krate} must not use {name}");
                }
            }
        }
    }
}

fn rust_files(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => rust_files(&path, into),
            false if path.extension().is_some_and(|extension| extension == "rs") => into.push(path),
            false => {}
        }
    }
}

/// Folders whose files use the folder's own file, which uses them: crate, folder, and why that stays.
const SPLIT: [(&str, &str, &str); 6] = [
    ("tests", "world", "its files are methods of `World`, which it holds"),
    ("core", "node", "its files are methods of `Node`, which it holds"),
    ("core", "scheduler/constrain", "its files are methods of `Builder`, which it holds"),
    ("core", "scheduler/place", "its files are methods of `Placer`, which it holds"),
    ("core", "scheduler/resolve", "its files are methods of `Resolver`, which it holds"),
    ("transport", "cluster/embedded/protocol", "its files are methods of `Protocol`, which it holds"),
];

/// No two files of a crate import each other in a circle.
#[test]
fn files_import_each_other_one_way() {
    let mut circles = Vec::new();
    for krate in MAY_USE.iter().map(|(krate, ..)| *krate).chain(["tests"]) {
        let imports = Imports::of(&root().join(krate).join("src"));
        let excused: Vec<&str> = SPLIT.iter().filter(|(of, ..)| *of == krate).map(|(_, folder, _)| *folder).collect();
        circles.extend(imports.circles(&excused).into_iter().map(|circle| (krate, circle)));
        for folder in &excused {
            let others: Vec<&str> = excused.iter().copied().filter(|other| other != folder).collect();
            assert!(!imports.circles(&others).is_empty(), "{krate}: {folder} needs no excuse any more");
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

/// The tools take diagnostics and literals of the grammar, not its language.
#[test]
fn the_tools_do_not_know_the_crm_language() {
    let mut files = Vec::new();
    rust_files(&root().join("shell/tools/src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        assert!(!text.contains("quorate_grammar::crm"), "{}", file.display());
    }
}

/// What a tool asks of a daemon it asks through the door, which knows files that stand for one, too.
#[test]
fn the_tools_have_one_door() {
    let source = root().join("shell/tools/src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    files.retain(|file| fs::read_to_string(file).expect("a source file").contains("Daemon::connect"));
    assert_eq!(files, [source.join("door.rs")]);
}

/// Which cluster engine is taken is decided in one file; the rest of the daemon names none.
#[test]
fn the_daemon_names_an_engine_in_one_file() {
    let source = root().join("daemon/src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let names_one = |text: &str| text.contains("cluster::embedded") || text.contains("cluster::corosync");
    files.retain(|file| names_one(&fs::read_to_string(file).expect("a source file")));
    assert_eq!(files, [source.join("engine.rs")]);
}

/// `lib.rs` lists the modules bottom-up: each uses only those above it.
#[test]
fn cores_modules_use_only_those_listed_above_them() {
    let source = root().join("core/src");
    let list = fs::read_to_string(source.join("lib.rs")).expect("lib.rs");
    let modules: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let place: BTreeMap<&str, usize> = modules.iter().copied().zip(0..).collect();
    let mut wrong = Vec::new();
    for (index, module) in modules.iter().enumerate() {
        let mut files = Vec::new();
        if source.join(module).is_dir() {
            rust_files(&source.join(module), &mut files);
        }
        let single = source.join(format!("{module}.rs"));
        files.extend(single.exists().then_some(single));
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            for (other, _) in place.iter().filter(|(_, place)| **place > index) {
                if text.lines().any(|line| !line.trim_start().starts_with("//") && uses(line, other)) {
                    wrong.push(format!("{} uses {other}", file.strip_prefix(&source).expect("below").display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn uses(line: &str, module: &str) -> bool {
    let direct = format!("crate::{module}");
    let mut rest = line;
    while let Some(at) = rest.find(&direct) {
        let after = rest[at + direct.len()..].chars().next();
        if !after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return true;
        }
        rest = &rest[at + direct.len()..];
    }
    false
}
