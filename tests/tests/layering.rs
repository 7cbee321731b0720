//! Who may import whom (ARCHITECTURE.md), and in which order core's modules stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Our own crates each crate may use, and, where the list is closed, outside ones.
type Row = (&'static str, &'static [&'static str], Option<&'static [&'static str]>);

const MAY_USE: [Row; 6] = [
    ("grammar", &[], Some(&["nom"])),
    ("core", &["grammar"], Some(&["quick-xml", "md-5", "regex", "serde"])),
    ("transport", &["core"], None),
    ("daemon", &["core", "transport"], None),
    ("shell", &["grammar", "core", "transport"], None),
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
