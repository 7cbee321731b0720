//! Which file of a crate imports which, read from the text.
//!
//! In: a crate's `src`. Out: its modules and whom each uses; circles among them.
//! A name that a file only passes on is none of its own: it counts as that of the file it comes from.
//! Absent: what macros make.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module by its path from the crate's root.
pub type Module = Vec<String>;

/// What a file calls its own though it is another's: by name, the file and its name there.
type Aliases = BTreeMap<Module, BTreeMap<String, (Module, String)>>;

/// Names are passed on no further than so often.
const PASSED_ON_MAX: usize = 8;

/// Every file's module, with those that it uses.
#[derive(Debug, Default)]
pub struct Imports(pub BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    pub fn of(source: &Path) -> Imports {
        let mut texts = BTreeMap::new();
        collect(source, &mut Vec::new(), &mut texts);
        let sources = texts.iter().map(|(module, text)| (module, Source::of(text)));
        let sources: BTreeMap<&Module, Source> = sources.collect();
        let names: BTreeSet<Module> = texts.keys().cloned().collect();
        let none = Aliases::new();
        let reader = |module, aliases| Reader { module, names: &names, aliases };
        let aliases = sources.iter().map(|(module, source)| ((*module).clone(), reader(module, &none).aliases(source)));
        let aliases = aliases.collect();
        let uses = sources.iter().map(|(module, source)| ((*module).clone(), reader(module, &aliases).read(source)));
        Imports(uses.collect())
    }

    /// Files that use each other. What stands in a folder that is excused may use the folder's own file.
    pub fn circles(&self, excused: &[&str]) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&Module, BTreeSet<&Module>> =
            self.0.keys().map(|module| (module, self.reached_from(module, excused))).collect();
        let mut circles = BTreeSet::new();
        for (module, reached) in &reach {
            let back = reached.iter().filter(|other| *other != module && reach[*other].contains(module));
            let mut circle: BTreeSet<String> = back.map(|other| other.join("/")).collect();
            if !circle.is_empty() {
                circle.insert(module.join("/"));
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    fn reached_from(&self, start: &Module, excused: &[&str]) -> BTreeSet<&Module> {
        let mut found = BTreeSet::new();
        let mut open = vec![start];
        while let Some(module) = open.pop() {
            let Some((_, uses)) = self.0.get_key_value(module) else { continue };
            let counts = |used: &&Module| !module.starts_with(used) || !excused.contains(&used.join("/").as_str());
            for used in uses.iter().filter(counts) {
                if let Some((used, _)) = self.0.get_key_value(used)
                    && found.insert(used)
                {
                    open.push(used);
                }
            }
        }
        found
    }
}

fn collect(directory: &Path, at: &mut Module, into: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            at.push(name);
            collect(&path, at, into);
            at.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
            let mut module = at.clone();
            module.extend(Some(name).filter(|name| !matches!(name.as_str(), "lib" | "main" | "mod")));
            into.insert(module, fs::read_to_string(&path).expect("a source file"));
        }
    }
}

/// A file's text, without its tests and comments.
#[derive(Default)]
struct Source {
    /// What stands between `use` and `;`.
    imports: Vec<String>,
    rest: String,
}

impl Source {
    fn of(text: &str) -> Source {
        let text = without_tests(text);
        let (mut source, mut open) = (Source::default(), None::<String>);
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            let begun = line.split_once("use ").filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
            match (&mut open, begun) {
                (Some(import), _) => import.push_str(line),
                (None, Some((_, import))) => open = Some(import.to_string()),
                (None, None) => source.rest.extend([line, "\n"]),
            }
            if let Some(import) = open.take_if(|import| import.ends_with(';')) {
                source.imports.push(import.trim_end_matches(';').to_string());
            }
        }
        source
    }

    fn leaves(&self) -> impl Iterator<Item = Leaf> {
        self.imports.iter().flat_map(|import| leaves(&[], import))
    }
}

/// A file's text, without what is only there in tests.
pub fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix("#[cfg(test)]").filter(|before| before.trim().is_empty()) else {
            kept.extend([line, "\n"]);
            continue;
        };
        skip_item(indent, &mut lines);
    }
    kept
}

/// Its attributes, and all up to the line that ends it as rustfmt writes it.
fn skip_item<'a>(indent: &str, lines: &mut impl Iterator<Item = &'a str>) {
    for line in lines {
        let own = line.strip_prefix(indent).is_some_and(|rest| !rest.starts_with([' ', '#', '/']));
        if own && line.ends_with(['}', ';', ',']) {
            return;
        }
    }
}

struct Reader<'a> {
    module: &'a Module,
    names: &'a BTreeSet<Module>,
    aliases: &'a Aliases,
}

impl Reader<'_> {
    fn read(&self, source: &Source) -> BTreeSet<Module> {
        let mut found = BTreeSet::new();
        let mut known = BTreeMap::new();
        for path in source.leaves() {
            let Some(module) = self.imported(&path.names) else { continue };
            if let Some(last) = path.names.iter().rfind(|name| *name != "self")
                && module.last() == Some(last)
            {
                known.insert(last.clone(), module.clone());
            }
            if matches!(path.called.as_str(), "self" | "*") || has_word(&source.rest, &path.called) {
                found.insert(module);
            }
        }
        for path in paths(&source.rest) {
            let (first, rest) = (path[0].as_str(), &path[1..]);
            match known.get(first) {
                Some(module) if !matches!(first, "crate" | "super") => {
                    found.insert(self.resolve(module, rest));
                }
                _ if matches!(first, "crate" | "super") => {
                    found.insert(self.leads_to(&path));
                }
                _ => {
                    let own = [&self.module[..], &[first.to_string()]].concat();
                    found.extend(Some(self.resolve(&own, rest)).filter(|_| self.names.contains(&own)));
                }
            }
        }
        found.remove(self.module);
        found
    }

    /// What this file can pass on.
    fn aliases(&self, source: &Source) -> BTreeMap<String, (Module, String)> {
        let passed_on = |leaf: Leaf| {
            // What comes from outside is no file of ours.
            let module = self.imported(&leaf.names).unwrap_or_else(|| vec![leaf.names[0].clone(), String::new()]);
            let last = leaf.names.last()?.clone();
            (module.last() != Some(&last)).then_some((leaf.called, (module, last)))
        };
        source.leaves().filter_map(passed_on).collect()
    }

    /// The file of ours that an import leads to; one may begin with a module of this file's own.
    fn imported(&self, path: &[String]) -> Option<Module> {
        let first = path.first()?;
        let own = [&self.module[..], std::slice::from_ref(first)].concat();
        let is_ours = matches!(first.as_str(), "crate" | "super" | "self") || self.names.contains(&own);
        is_ours.then(|| self.leads_to(path))
    }

    fn leads_to(&self, path: &[String]) -> Module {
        let ups = path.iter().take_while(|name| *name == "super").count();
        match path.first().map(String::as_str) {
            Some("crate") => self.resolve(&[], &path[1..]),
            Some("super") => self.resolve(&self.module[..self.module.len().saturating_sub(ups)], &path[ups..]),
            _ => self.resolve(self.module, path),
        }
    }

    /// As far down as there are files, and on to where a name comes from.
    fn resolve(&self, start: &[String], path: &[String]) -> Module {
        let mut module = start.to_vec();
        for name in path.iter().filter(|name| *name != "self") {
            module.push(name.clone());
            if !self.names.contains(&module) {
                module.pop();
                return self.origin(module, name);
            }
        }
        module
    }

    fn origin(&self, mut module: Module, name: &str) -> Module {
        let mut name = name;
        for _ in 0..PASSED_ON_MAX {
            let Some((from, there)) = self.aliases.get(&module).and_then(|names| names.get(name)) else { break };
            (module, name) = (from.clone(), there);
        }
        module
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|other| other == word)
}

/// One name that a `use` brings.
struct Leaf {
    names: Vec<String>,
    called: String,
}

/// The names that a `use` brings, groups in braces taken apart.
fn leaves(before: &[String], tree: &str) -> Vec<Leaf> {
    let mut found = Vec::new();
    for part in split(tree) {
        let (path, group) = match part.split_once('{') {
            Some((path, group)) => (path, group.strip_suffix('}')),
            None => (part.split(" as ").next().unwrap_or_default(), None),
        };
        let names = path.split("::").map(|name| name.trim().to_string()).filter(|name| !name.is_empty());
        let names: Vec<String> = before.iter().cloned().chain(names).collect();
        match (group, names.last()) {
            (Some(group), _) => found.extend(leaves(&names, group)),
            (None, Some(last)) => {
                let called = part.split_once(" as ").map_or(last.as_str(), |(_, called)| called.trim()).to_string();
                found.push(Leaf { names, called });
            }
            (None, None) => {}
        }
    }
    found
}

/// The members of a group, not of the groups inside it.
fn split(tree: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in tree.chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        match letter {
            ',' if depth == 0 => parts.push(String::new()),
            letter => parts.last_mut().expect("there is one").push(letter),
        }
    }
    let trimmed = parts.iter().map(|part| part.trim().to_string());
    trimmed.filter(|part| !part.is_empty()).collect()
}

/// Every `a::b::c` in a text.
fn paths(text: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c: char| !is_name(c)).filter(|word| word.contains("::"));
    let names =
        |word: &str| word.split("::").map(str::to_string).take_while(|name| !name.is_empty()).collect::<Vec<_>>();
    words.map(names).filter(|path| !path.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], excused: &[&str], circles: &[&[&str]]) {
        let place = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().expect("below the directory")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let circles: Vec<BTreeSet<String>> =
            circles.iter().map(|circle| circle.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(Imports::of(place.path()).circles(excused), circles);
    }

    #[test]
    fn a_folder_and_its_files_are_a_circle_unless_they_are_excused() {
        let files = [
            ("a/mod.rs", "mod b;\nuse b::one;\npub struct A;\nfn two() { one() }\n"),
            ("a/b.rs", "use super::A;\nfn one() -> A {}\n"),
        ];
        check(&files, &[], &[&["a", "a/b"]]);
        check(&files, &["a"], &[]);
    }

    #[test]
    fn a_name_that_is_passed_on_counts_where_it_comes_from() {
        let a = "mod b;\nmod c;\npub use b::{B as Other};\nuse c::two;\npub use std::fmt;\n";
        check(
            &[("a/mod.rs", a), ("a/b.rs", "pub struct B;\n"), ("a/c.rs", "use super::{\n    Other,\n};\n")],
            &[],
            &[],
        );
        check(&[("a/mod.rs", a), ("a/b.rs", "\n"), ("a/c.rs", "fn two() { super::fmt::format() }\n")], &[], &[]);
    }

    #[test]
    fn files_of_equal_rank_are_never_excused() {
        check(
            &[("a.rs", "use crate::b;\nfn g() { b::f() }\n"), ("b.rs", "fn f() { crate::a::g() }\n")],
            &["a", "b", ""],
            &[&["a", "b"]],
        );
    }
}
