//! What is wrong with a text, where, and what to do about it.
//!
//! In: a span and words. Out: `Diagnostic`, and its picture: place, line, caret, hint.
//! Absent: colour and printing (the shell's), file reading.

use crate::span::{Span, locate};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub span: Span,
    pub message: String,
    pub hint: Option<String>,
}

impl Diagnostic {
    pub fn error(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, span, message: message.into(), hint: None }
    }

    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(span, message) }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What to show for it, given the text the span points into and that text's name.
    pub fn picture(&self, name: &str, text: &str) -> Picture {
        let (position, line) = locate(text, self.span.start);
        let start = self.span.start.clamp(line.start, line.end);
        let end = self.span.end.clamp(start, line.end);
        Picture {
            place: format!("{name}:{}:{}", position.line, position.column),
            severity: self.severity,
            message: self.message.clone(),
            caret: caret(&text[line.start..start], &text[start..end]),
            line: text[line].to_string(),
            hint: self.hint.clone(),
        }
    }
}

/// A diagnostic made ready to be shown; the shell adds colour between the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub place: String,
    pub severity: Severity,
    pub message: String,
    pub line: String,
    /// Blanks and `^`, to be printed under `line`.
    pub caret: String,
    pub hint: Option<String>,
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}: {}: {}", self.place, self.severity.word(), self.message)?;
        writeln!(f, "    {}", self.line)?;
        writeln!(f, "    {}", self.caret)?;
        match &self.hint {
            Some(hint) => writeln!(f, "    hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Tabs stay tabs, so that the caret stands under its token whatever a tab is worth.
fn caret(before: &str, under: &str) -> String {
    let mut out: String = before.chars().map(|c| if c == '\t' { "\t" } else { &"  "[..cells(c)] }).collect();
    let width: usize = under.chars().map(cells).sum();
    out.extend(std::iter::repeat_n('^', width.max(1)));
    out
}

/// How many terminal cells a character takes: none for combining marks, two for East Asian wide
/// ones. Coarse ranges; an error here shifts a caret, nothing else.
fn cells(c: char) -> usize {
    match c as u32 {
        0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe4f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// The candidate that was probably meant, if one is close enough.
///
/// One slip in three letters is allowed: fewer would miss `monitr`, more would turn every short
/// word into another.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        for (typed, meant) in [
            ("monitr", Some("monitor")),
            ("mointor", Some("monitor")),
            ("met", Some("meta")),
            ("op", Some("op")),
            ("zzz", None),
        ] {
            assert_eq!(closest(typed, ["meta", "monitor", "op", "params"]), meant, "{typed}");
        }
    }

    #[test]
    fn the_caret_stands_under_its_token() {
        let text = "one\n\tföö 世 bad=1 x\n";
        let start = text.find("bad").expect("bad is there");
        let picture = Diagnostic::error(Span::new(start, start + 3), "no").hint("try good").picture("f.crm", text);
        assert_eq!(
            picture.to_string(),
            "f.crm:2:8: error: no\n    \tföö 世 bad=1 x\n    \t       ^^^\n    hint: try good\n"
        );
    }

    #[test]
    fn a_span_over_several_lines_is_drawn_on_its_first() {
        let picture = Diagnostic::error(Span::new(2, 9), "no").picture("f", "a bc\nde fgh");
        assert_eq!((picture.line.as_str(), picture.caret.as_str()), ("a bc", "  ^^"));
    }
}
