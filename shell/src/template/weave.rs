//! Templates woven into one config: what each needs first, every one with a prefix of its own.
//!
//! In: names of templates, values of parameters. Out: the text of a config, in crmsh's form.
//! Absent: reading configs (see `config`).

use super::library::Library;
use super::reference::{self, Reference};
use super::source::{self, Source};
use std::collections::BTreeSet;

/// What a person is told at the top of a config.
const HEAD: &str = "# How to fill this in:
#
# Write the value of a parameter at the end of its line, the one that starts with '%%'.
# What stands below '%required' needs a value, what stands below '%optional' does not.
# Comments may be added anywhere; everything else is best left as it is.
";

/// A value for a parameter: of every template that has it, or of the one with this prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub prefix: Option<String>,
    pub name: String,
    pub value: String,
    /// Nobody typed it, so that nobody minds when no template has it.
    pub implied: bool,
}

#[derive(Debug)]
pub struct Loom<'l> {
    library: &'l Library,
    prefixes: Vec<String>,
    woven: Vec<Source>,
    /// The templates that are pulled in right now, each by the one before it.
    open: Vec<String>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl<'l> Loom<'l> {
    pub fn new(library: &'l Library) -> Loom<'l> {
        Loom { library, prefixes: Vec::new(), woven: Vec::new(), open: Vec::new() }
    }

    /// The prefixes so far, in the order in which their templates came.
    pub fn prefixes(&self) -> &[String] {
        &self.prefixes
    }

    /// Pulls in a template, after those it depends on. Out: its prefix.
    pub fn pull(&mut self, name: &str) -> Result<String, String> {
        if self.open.iter().any(|open| open == name) {
            return Err(format!("the template `{name}` depends on itself ({} > {name})", self.open.join(" > ")));
        }
        let (text, path) = self.library.text(name)?;
        let mut source = source::read(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        self.open.push(name.to_string());
        let mut renamed = Vec::new();
        for needed in source.depends_on.clone() {
            renamed.push((needed.clone(), self.pull(&needed)?));
        }
        self.open.pop();
        let prefix = self.new_prefix(&source.name);
        renamed.push(("_".to_string(), prefix.clone()));
        let is_name = |name: &str| renamed.iter().any(|(old, _)| old == name);
        let word = |reference: &Reference| {
            let (old, new) = renamed.iter().find(|(old, _)| old == reference.name)?;
            Some(match reference.parameter {
                Some(parameter) => format!("%{new}:{parameter}"),
                // Its own name can be written at once; another's may be asked for by `%if`.
                None if old == "_" => new.clone(),
                None => format!("%{new}"),
            })
        };
        for line in &mut source.body {
            *line = reference::reworded(line, &is_name, &word);
        }
        let first = |line: &String| matches!(line.split_whitespace().next(), Some("%required" | "%optional"));
        let at = source.preamble.iter().position(first).expect("a template has one of them");
        source.preamble.insert(at, format!("%pfx {prefix}"));
        self.prefixes.push(prefix.clone());
        self.woven.push(source);
        Ok(prefix)
    }

    fn new_prefix(&self, name: &str) -> String {
        let numbered = (1..).map(|number| format!("{name}_{number}"));
        let free = |prefix: &String| !self.prefixes.contains(prefix);
        std::iter::once(name.to_string()).chain(numbered).find(free).expect("numbers do not end")
    }

    /// The config's text.
    pub fn finish(mut self, config: &str, given: &[Given]) -> Result<String, String> {
        self.fill_in(given)?;
        let prefixes: BTreeSet<&str> = self.prefixes.iter().map(String::as_str).collect();
        let mut body = Vec::new();
        for source in &self.woven {
            body.extend(chosen(source, &prefixes)?);
        }
        let preamble: Vec<String> = self.woven.iter().flat_map(|source| source.preamble.iter().cloned()).collect();
        Ok(format!(
            "# Configuration: {config}\n\n{HEAD}\n{}\n# Below this line nothing needs to be changed.\n\n%generate\n{}\n",
            preamble.join("\n"),
            body.join("\n")
        ))
    }

    fn fill_in(&mut self, given: &[Given]) -> Result<(), String> {
        for one in given {
            let mut used = false;
            for (source, prefix) in self.woven.iter_mut().zip(&self.prefixes) {
                if one.prefix.as_ref().is_some_and(|wanted| wanted != prefix) {
                    continue;
                }
                for line in &mut source.preamble {
                    if source::parameter(line) == Some(&one.name) {
                        *line = format!("%% {} {}", one.name, quoted(&one.value));
                        used = true;
                    }
                }
            }
            if !used && !one.implied {
                return Err(self.unknown(one));
            }
        }
        Ok(())
    }

    fn unknown(&self, given: &Given) -> String {
        let all: BTreeSet<&str> = self.woven.iter().flat_map(Source::parameters).collect();
        let known = all.iter().copied().collect::<Vec<_>>().join(", ");
        match &given.prefix {
            Some(prefix) if !self.prefixes.contains(prefix) => {
                format!("no template here is called `{prefix}`; there are {}", self.prefixes.join(", "))
            }
            _ if all.is_empty() => format!("there is no parameter `{}`: these templates have none", given.name),
            _ => format!("there is no parameter `{}`; there are {known}", given.name),
        }
    }
}

/// A value as it is written behind its parameter's name.
fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\' | '#' | '$');
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_string();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The lines whose conditions hold, without those; and with the names of templates in them written out.
fn chosen(source: &Source, prefixes: &BTreeSet<&str>) -> Result<Vec<String>, String> {
    let wrong = |what: &str| Err(format!("the template `{}` is wrong: {what}", source.name));
    let mut lines = Vec::new();
    // What holds in each `%if` that is open, and whether its `%else` was seen.
    let mut open: Vec<(bool, bool)> = Vec::new();
    for line in &source.body {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["%if", asked] => open.push((prefixes.contains(asked.trim_start_matches('%')), false)),
            ["%else"] => match open.last_mut() {
                Some((holds, seen)) if !*seen => (*holds, *seen) = (!*holds, true),
                _ => return wrong("`%else` without its `%if`"),
            },
            ["%fi"] if open.is_empty() => return wrong("`%fi` without its `%if`"),
            ["%fi"] => drop(open.pop()),
            ["%if" | "%else" | "%fi", ..] => return wrong(&format!("`{}` is no condition", line.trim())),
            _ if open.iter().all(|(holds, _)| *holds) => {
                let is_name = |name: &str| prefixes.contains(name);
                let word = |reference: &Reference| reference.parameter.is_none().then(|| reference.name.to_string());
                lines.push(reference::reworded(line, &is_name, &word));
            }
            _ => {}
        }
    }
    if open.is_empty() { Ok(lines) } else { wrong("an `%if` without its `%fi`") }
}
