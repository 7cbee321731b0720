//! Regular expressions that people give to tools.
//!
//! In: a text. Out: what it matches. Never here: shell patterns (see the shell's `show`).

use regex::Regex;

/// A regular expression that a person gave.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// `None` where it is no regular expression.
    pub fn new(text: &str) -> Option<Self> {
        Regex::new(text).ok().map(Self)
    }

    /// Whether it matches a part of the text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
