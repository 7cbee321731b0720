//! A template's file: its name, what it needs, its preamble and its body.
//!
//! In: text. Out: `Source`, or the line that is wrong.
//! Absent: putting templates together (see `weave`).

use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub depends_on: Vec<String>,
    /// Every line before `%generate`, comments and all.
    pub preamble: Vec<String>,
    /// Every line behind it.
    pub body: Vec<String>,
}

impl Source {
    /// The parameters it has.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.preamble.iter().filter_map(|line| parameter(line))
    }

    /// Those that need a value.
    pub fn required(&self) -> BTreeSet<&str> {
        let mut required = false;
        let mut found = BTreeSet::new();
        for line in &self.preamble {
            match line.split_whitespace().next() {
                Some("%required") => required = true,
                Some("%optional") => required = false,
                _ => found.extend(parameter(line).filter(|_| required)),
            }
        }
        found
    }

    /// What the file is about: the first comment that is neither a copyright nor a licence.
    pub fn summary(&self) -> &str {
        let mut comments = self.preamble.iter().filter_map(|line| line.strip_prefix('#')).map(str::trim);
        let legal = |line: &str| line.starts_with("Copyright") || line.starts_with("License");
        comments.find(|line| !line.is_empty() && !legal(line)).unwrap_or_default()
    }
}

/// The name in a line `%% NAME [VALUE]`.
pub fn parameter(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("%%")?.split_whitespace().next()
}

pub fn read(text: &str) -> Result<Source, String> {
    let lines: Vec<String> = text.lines().map(str::to_string).collect();
    let directive = |line: &String| line.split_whitespace().next().is_some_and(|word| word == "%generate");
    let Some(generate) = lines.iter().position(directive) else {
        return Err("it has no line `%generate`".to_string());
    };
    let (preamble, body) = (lines[..generate].to_vec(), lines[generate + 1..].to_vec());
    let words = |keyword: &'static str| {
        let split = preamble.iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
        split.filter(move |words| words.first() == Some(&keyword)).map(|words| words[1..].to_vec())
    };
    let name = match words("%name").next().as_deref() {
        Some([name]) => (*name).to_string(),
        Some(_) => return Err("its line `%name` needs one name".to_string()),
        None => return Err("it has no line `%name`".to_string()),
    };
    if words("%required").chain(words("%optional")).next().is_none() {
        return Err("it has neither `%required` nor `%optional` before `%generate`".to_string());
    }
    let depends_on = words("%depends_on").flatten().map(str::to_string).collect();
    Ok(Source { name, depends_on, preamble, body })
}
