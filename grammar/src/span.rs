//! Where something stands in a text: byte ranges, and the words that carry them.
//!
//! In: offsets from the lexer. Out: `Span`, `Word`, and line/column for people.
//! Absent: file names (the caller of a diagnostic knows them).

use std::fmt;
use std::ops::Range;

/// A range of bytes in the text that was parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }

    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A piece of text and where it was written. Words compare by text alone, so that two statements
/// are equal when they say the same thing in different places.
#[derive(Clone, Debug, Default)]
pub struct Word {
    pub text: String,
    pub span: Span,
}

impl Word {
    /// A word that stands nowhere: made from a document rather than from text.
    pub fn new(text: impl Into<String>) -> Word {
        Word { text: text.into(), span: Span::default() }
    }

    pub fn at(text: impl Into<String>, span: Span) -> Word {
        Word { text: text.into(), span }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Word) -> bool {
        self.text == other.text
    }
}

impl Eq for Word {}

impl PartialEq<str> for Word {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Word {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Line and column as people count them: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// The position of a byte offset, and the bounds of its line (without the line end).
pub fn locate(text: &str, offset: usize) -> (Position, Range<usize>) {
    let offset = floor_char(text, offset);
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
    let line = text[..start].matches('\n').count() + 1;
    let column = text[start..offset].chars().count() + 1;
    (Position { line, column }, start..end.max(start))
}

fn floor_char(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = "ab\nnöde x\n";
        let (position, line) = locate(text, text.find('x').expect("x is there"));
        assert_eq!(position, Position { line: 2, column: 6 });
        assert_eq!(&text[line], "nöde x");
    }

    #[test]
    fn the_end_of_the_text_has_a_position() {
        assert_eq!(locate("ab", 2).0, Position { line: 1, column: 3 });
        assert_eq!(locate("ab\n", 3).0, Position { line: 2, column: 1 });
        assert_eq!(locate("", 9).0, Position { line: 1, column: 1 });
    }
}
