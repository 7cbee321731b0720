//! Files of corosync.conf's form: sections in braces, `key: value` lines, `#` comments.
//!
//! In: text. Out: sections and values with their lines, comments kept; the same text again, but for what was
//! changed. Absent: which words there are (whoever reads them knows).

use std::fmt;

/// A file, or what is in one section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    /// Where it begins, from 1; 0 of the file itself.
    pub line: usize,
    /// Where it ends: at its brace, or with the file.
    pub end: usize,
    pub items: Vec<Item>,
    /// The first line as written, and the last.
    written: [String; 2],
}

/// A line of a section, or a section inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A comment or an empty line.
    Other(String),
    Value(Value),
    Section(Section),
}

/// A `key: value` line and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub key: String,
    pub value: String,
    /// From 1; 0 of one that was added.
    pub line: usize,
    written: String,
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for FileError {}

/// Reads a text; the file is a section without a name.
///
/// # Errors
/// A line is neither a section nor a value, or braces do not match.
pub fn parse(text: &str) -> Result<Section, FileError> {
    let mut open = vec![Section::default()];
    let mut last = 0;
    for (number, written) in text.lines().enumerate() {
        last = number + 1;
        let fail = |message: String| FileError { line: last, message };
        let line = written.trim();
        if let Some(name) = line.strip_suffix('{').filter(|_| !line.starts_with('#')) {
            let written = [written.to_string(), String::new()];
            open.push(Section { name: name.trim().to_string(), line: last, end: 0, items: Vec::new(), written });
            continue;
        }
        let item = if line.is_empty() || line.starts_with('#') {
            Item::Other(written.to_string())
        } else if line == "}" {
            let mut section = open.pop().filter(|_| !open.is_empty()).ok_or_else(|| fail("`}` without `{`".into()))?;
            section.end = last;
            section.written[1] = written.to_string();
            Item::Section(section)
        } else if let Some((key, value)) = line.split_once(':') {
            let (key, value) = (key.trim().to_string(), value.trim().to_string());
            Item::Value(Value { key, value, line: last, written: written.to_string() })
        } else {
            return Err(fail(format!("`{line}` is neither a section nor `key: value`")));
        };
        open.last_mut().expect("the file is open").items.push(item);
    }
    let mut file = open.swap_remove(0);
    file.end = last;
    match open.pop() {
        Some(section) => Err(FileError { line: last, message: format!("section `{}` is never closed", section.name) }),
        None => Ok(file),
    }
}

impl Section {
    /// The sections of this name directly inside.
    pub fn sections<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Section> {
        self.items.iter().filter_map(move |item| match item {
            Item::Section(section) if section.name == name => Some(section),
            _ => None,
        })
    }

    /// The first section of this name, to be changed.
    pub fn section_mut(&mut self, name: &str) -> Option<&mut Section> {
        self.items.iter_mut().find_map(|item| match item {
            Item::Section(section) if section.name == name => Some(section),
            _ => None,
        })
    }

    /// The last value of a key directly inside: it is the one that counts.
    pub fn value(&self, key: &str) -> Option<&Value> {
        let values = self.items.iter().rev();
        values
            .filter_map(|item| if let Item::Value(value) = item { Some(value) } else { None })
            .find(|one| one.key == key)
    }

    /// Sets a value, where it stands or behind the others.
    pub fn set(&mut self, key: &str, value: &str) {
        let depth = self.written[0].len() - self.written[0].trim_start().len();
        let margin = if self.name.is_empty() { 0 } else { depth + 4 };
        let found = self.items.iter_mut().rev().find_map(|item| match item {
            Item::Value(one) if one.key == key => Some(one),
            _ => None,
        });
        match found {
            Some(one) if one.value == value => {}
            Some(one) => {
                let margin = one.written.len() - one.written.trim_start().len();
                one.written = format!("{}{key}: {value}", &one.written[..margin]);
                one.value = value.to_string();
            }
            None => {
                let written = format!("{:margin$}{key}: {value}", "");
                let value = Value { key: key.to_string(), value: value.to_string(), line: 0, written };
                let is_value = |item: &Item| matches!(item, Item::Value(_));
                let at = self.items.iter().rposition(is_value).map_or(0, |at| at + 1);
                self.items.insert(at, Item::Value(value));
            }
        }
    }
}

/// The text: as it was read, but for what was changed.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            match item {
                Item::Other(written) => writeln!(f, "{written}")?,
                Item::Value(value) => writeln!(f, "{}", value.written)?,
                Item::Section(section) => {
                    write!(f, "{}\n{section}{}\n", section.written[0], section.written[1])?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = "# ours\ntotem {\n    version: 2\n    # how long\n    token:   3000\n}\n\nnodelist {\n  node {\n\tring0_addr: 10.0.0.1\n  }\n  node {\n\tring0_addr: fe80::1\n  }\n}\n";

    #[test]
    fn what_is_read_is_written_again() {
        assert_eq!(parse(TEXT).unwrap().to_string(), TEXT);
    }

    #[test]
    fn values_are_found_with_their_lines() {
        let file = parse(TEXT).unwrap();
        let token = file.sections("totem").next().unwrap().value("token").unwrap();
        assert_eq!((token.value.as_str(), token.line), ("3000", 5));
        let nodes: Vec<&Section> = file.sections("nodelist").flat_map(|list| list.sections("node")).collect();
        let lines: Vec<(usize, usize)> = nodes.iter().map(|node| (node.line, node.end)).collect();
        assert_eq!(lines, [(9, 11), (12, 14)]);
        assert_eq!(nodes[1].value("ring0_addr").unwrap().value, "fe80::1");
    }

    #[test]
    fn a_change_leaves_the_rest_as_it_was() {
        let mut file = parse(TEXT).unwrap();
        let totem = file.section_mut("totem").unwrap();
        totem.set("token", "5000");
        totem.set("cluster_name", "c");
        let expected = TEXT.replace("token:   3000", "token: 5000\n    cluster_name: c");
        assert_eq!(file.to_string(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let cases = [
            ("totem {\n", "line 1: section `totem` is never closed"),
            ("}\n", "line 1: `}` without `{`"),
            ("\nword\n", "line 2: `word` is neither a section nor `key: value`"),
        ];
        cases.iter().for_each(|(text, error)| assert_eq!(parse(text).unwrap_err().to_string(), *error));
    }
}
