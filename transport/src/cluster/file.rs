//! Files of corosync.conf's form: sections in braces, `key: value` lines, `#` comments.
//!
//! In: text. Out: sections and values with their places, comments kept; the same text again, byte for byte, but
//! for what was changed. Below: changes by path. Absent: which words there are (whoever reads them knows).

pub mod path;

use std::fmt;

/// A file, or what is in one section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    /// Where it begins, from 1; 0 of the file itself, and of one that was added.
    pub line: usize,
    /// Where it ends: at its brace, or with the file.
    pub end: usize,
    pub items: Vec<Item>,
    /// The first line as written, and the last.
    written: [String; 2],
    /// How much further in its lines stand, if none is there to show it.
    step: Option<String>,
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
    /// Where the key begins, in characters from 1; 0 of one that was added.
    pub column: usize,
    written: String,
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    pub line: usize,
    /// In characters from 1; 0 where the whole line is meant.
    pub column: usize,
    pub message: String,
}

impl FileError {
    /// Of a whole line.
    pub fn of_line(line: usize, message: impl Into<String>) -> FileError {
        FileError { line, column: 0, message: message.into() }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            0 => write!(f, "line {}: {}", self.line, self.message),
            column => write!(f, "line {}, column {column}: {}", self.line, self.message),
        }
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
    for (number, written) in text.split_inclusive('\n').enumerate() {
        last = number + 1;
        let line = written.trim();
        let column = margin(written).chars().count() + 1;
        let fail = |message: String| FileError { line: last, column, message };
        if let Some(name) = line.strip_suffix('{').filter(|_| !line.starts_with('#')) {
            let written = [written.to_string(), String::new()];
            open.push(Section { name: name.trim().to_string(), line: last, written, ..Section::default() });
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
            Item::Value(Value { key, value, line: last, column, written: written.to_string() })
        } else {
            return Err(fail(format!("`{line}` is neither a section nor `key: value`")));
        };
        open.last_mut().expect("the file is open").items.push(item);
    }
    let mut file = open.swap_remove(0);
    file.end = last;
    match open.pop() {
        Some(section) => {
            let column = margin(&section.written[0]).chars().count() + 1;
            let message = format!("section `{}` is never closed", section.name);
            Err(FileError { line: section.line, column, message })
        }
        None => Ok(file),
    }
}

/// How far in lines stand, where no other shows it.
const STEP: &str = "    ";

/// The blanks that a line begins with.
fn margin(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// How a line ends.
fn ending(line: &str) -> &str {
    &line[line.trim_end_matches(['\r', '\n']).len()..]
}

impl Item {
    /// The section, if it is one of this name.
    fn section(&self, name: &str) -> Option<&Section> {
        match self {
            Item::Section(section) if section.name == name => Some(section),
            _ => None,
        }
    }
}

impl Value {
    /// The same line with another value: what stands before the value stays.
    fn replace(&mut self, value: &str) {
        let at = self.written.find(':').map_or(0, |at| at + 1);
        let blanks = margin(&self.written[at..]).trim_end_matches(['\r', '\n']);
        let blanks = if blanks.is_empty() { " " } else { blanks };
        self.written = format!("{}{blanks}{value}{}", &self.written[..at], ending(&self.written));
        self.value = value.to_string();
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

    /// The same, to be changed.
    pub fn sections_mut<'a, 'n>(&'a mut self, name: &'n str) -> impl Iterator<Item = &'a mut Section> + use<'a, 'n> {
        self.items.iter_mut().filter_map(move |item| match item {
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

    /// The same, as a text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key).map(|value| value.value.as_str())
    }

    /// Sets a value, where it stands or behind the others.
    pub fn set(&mut self, key: &str, value: &str) {
        let found = self.items.iter_mut().rev().find_map(|item| match item {
            Item::Value(one) if one.key == key => Some(one),
            _ => None,
        });
        match found {
            Some(one) if one.value == value => {}
            Some(one) => one.replace(value),
            None => {
                let written = format!("{}{key}: {value}\n", self.inner_margin());
                let value = Value { key: key.to_string(), value: value.to_string(), line: 0, column: 0, written };
                let is_value = |item: &Item| matches!(item, Item::Value(_));
                let at = self.items.iter().rposition(is_value).map_or(0, |at| at + 1);
                self.items.insert(at, Item::Value(value));
            }
        }
    }

    /// Removes all values of a key; says whether there were any.
    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.items.len();
        self.items.retain(|item| !matches!(item, Item::Value(one) if one.key == key));
        self.items.len() < before
    }

    /// Removes the sections that are meant; says whether there were any.
    pub fn remove_sections(&mut self, meant: impl Fn(&Section) -> bool) -> bool {
        let before = self.items.len();
        self.items.retain(|item| !matches!(item, Item::Section(section) if meant(section)));
        self.items.len() < before
    }

    /// A new empty section: behind the last of its name, else behind all.
    pub fn add_section(&mut self, name: &str) -> &mut Section {
        let margin = self.inner_margin();
        let written = [format!("{margin}{name} {{\n"), format!("{margin}}}\n")];
        let section = Section { name: name.to_string(), written, step: Some(self.inner_step()), ..Section::default() };
        let alike = |item: &Item| matches!(item, Item::Section(section) if section.name == name);
        let at = self.items.iter().rposition(alike).map_or(self.items.len(), |at| at + 1);
        self.items.insert(at, Item::Section(section));
        match &mut self.items[at] {
            Item::Section(section) => section,
            _ => unreachable!("it was put there"),
        }
    }

    /// The blanks before a line inside: as the last one there has them, else some more than the section's own.
    fn inner_margin(&self) -> String {
        let line = self.items.iter().rev().find_map(|item| match item {
            Item::Value(value) => Some(&value.written),
            Item::Section(section) => Some(&section.written[0]),
            Item::Other(_) => None,
        });
        let own = margin(&self.written[0]);
        match line {
            Some(line) => margin(line).to_string(),
            None if self.name.is_empty() => String::new(),
            None => format!("{own}{}", self.step.as_deref().unwrap_or(STEP)),
        }
    }

    /// How much further in than its sections their lines stand, as the first with lines shows it.
    fn inner_step(&self) -> String {
        if !self.name.is_empty() {
            let (own, inner) = (margin(&self.written[0]), self.inner_margin());
            return inner.strip_prefix(own).unwrap_or(STEP).to_string();
        }
        let shown = self.items.iter().find_map(|item| match item {
            Item::Section(section) if !section.items.is_empty() => Some(section.inner_step()),
            _ => None,
        });
        shown.unwrap_or_else(|| STEP.to_string())
    }

    fn write_into(&self, text: &mut String) {
        // The last line of a file may end without a line's end; nothing is written behind it on the same line.
        let line = |text: &mut String, line: &str| {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(line);
        };
        for item in &self.items {
            match item {
                Item::Other(written) => line(text, written),
                Item::Value(value) => line(text, &value.written),
                Item::Section(section) => {
                    line(text, &section.written[0]);
                    section.write_into(text);
                    line(text, &section.written[1]);
                }
            }
        }
    }
}

/// The text: as it was read, but for what was changed.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write_into(&mut text);
        f.write_str(&text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = "# ours\ntotem {\n    version: 2\n    # how long\n    token:   3000\n}\n\nnodelist {\n  node {\n\tring0_addr: 10.0.0.1\n  }\n  node {\n\tring0_addr: fe80::1\n  }\n}\n";

    #[test]
    fn what_is_read_is_written_again() {
        let others = ["", "# only this", "totem {\r\n  token: 1\r\n}", "a: b", "\n\n\ttotem{\n}\n\n", "a  :b \n"];
        for text in others.iter().chain([&TEXT]) {
            assert_eq!(parse(text).unwrap().to_string(), *text);
        }
    }

    #[test]
    fn what_is_added_stands_as_its_neighbours_do() {
        let mut file = parse("totem {\r\n  token: 1\r\n}").unwrap();
        file.section_mut("totem").unwrap().set("token", "2");
        file.add_section("quorum").set("provider", "x");
        assert_eq!(file.to_string(), "totem {\r\n  token: 2\r\n}\nquorum {\n  provider: x\n}\n");
        let mut file = parse(TEXT).unwrap();
        file.section_mut("nodelist").unwrap().add_section("node").set("name", "n3");
        file.section_mut("nodelist").unwrap().remove_sections(|node| node.line == 9);
        let expected = TEXT
            .replace("  node {\n\tring0_addr: 10.0.0.1\n  }\n", "")
            .replace("fe80::1\n  }\n", "fe80::1\n  }\n  node {\n    name: n3\n  }\n");
        assert_eq!(file.to_string(), expected);
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
        let expected = TEXT.replace("token:   3000", "token:   5000\n    cluster_name: c");
        assert_eq!(file.to_string(), expected);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let cases = [
            ("totem {\n", "line 1, column 1: section `totem` is never closed"),
            ("}\n", "line 1, column 1: `}` without `{`"),
            ("\n  word\n", "line 2, column 3: `word` is neither a section nor `key: value`"),
        ];
        cases.iter().for_each(|(text, error)| assert_eq!(parse(text).unwrap_err().to_string(), *error));
    }
}
