//! Text from elsewhere (agents, people, other programs), made fit for XML, logs and terminals.
//!
//! In: any text. Out: the same, where what cannot be held or would be obeyed is written out: an
//! escape as `\x1b`. Absent: deciding where that is wanted, and where such text is refused.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// XML 1.0 section 2.2, production Char.
pub fn fits_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Bytes as text, or where they are none.
///
/// # Errors
/// Some byte is no UTF-8.
pub fn read(bytes: Vec<u8>) -> Result<String, NoText> {
    String::from_utf8(bytes).map_err(|error| {
        let (before, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let before = String::from_utf8_lossy(before);
        let line = before.rsplit('\n').next().unwrap_or_default();
        NoText { line: before.matches('\n').count() + 1, column: line.chars().count() + 1, byte: rest[0] }
    })
}

/// A byte that is no UTF-8, and where it stands, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoText {
    pub line: usize,
    pub column: usize,
    pub byte: u8,
}

impl fmt::Display for NoText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}: the byte \\x{:02x} is no UTF-8", self.line, self.column, self.byte)
    }
}

impl std::error::Error for NoText {}

/// The first character that XML cannot hold.
pub fn misfit(text: &str) -> Option<char> {
    // Nearly all text is plain, and bytes are quick to look at: 0xef begins U+FFFE and U+FFFF.
    if text.bytes().all(|byte| byte >= 0x20 && byte != 0xef) {
        return None;
    }
    text.chars().find(|c| !fits_xml(*c))
}

/// A character as it is shown where it cannot stand itself.
pub fn written_out(c: char) -> String {
    let code = u32::from(c);
    if code <= 0xff { format!("\\x{code:02x}") } else { format!("\\u{{{code:x}}}") }
}

/// What shows itself: line ends and tabs stay, other characters that a terminal would obey, and
/// those that XML cannot hold, are written out.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match acts(c) {
            true => shown.push_str(&written_out(c)),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The same, but colours stay: our own, in what goes to a terminal.
pub fn visible_in_colour(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        shown.push_str(&visible(&rest[..at]));
        let sequence = colour_length(&rest[at..]);
        shown.push_str(if sequence > 0 { &rest[at..at + sequence] } else { "\\x1b[" });
        rest = &rest[at + sequence.max("\x1b[".len())..];
    }
    shown.push_str(&visible(rest));
    Cow::Owned(shown)
}

/// How long the sequence is that a text begins with, if it sets colours and nothing else.
fn colour_length(text: &str) -> usize {
    let inside = &text["\x1b[".len()..];
    let end = inside.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(inside.len());
    if inside[end..].starts_with('m') { "\x1b[".len() + end + 1 } else { 0 }
}

/// On one line besides: its parts are told apart by a bar.
pub fn one_line(text: &str) -> String {
    visible(text.trim_end_matches('\n')).replace('\n', " | ")
}

/// No more than so many bytes, cut between characters; that something is missing is said.
pub fn shortened(text: &str, bytes_max: usize) -> Cow<'_, str> {
    if text.len() <= bytes_max {
        return Cow::Borrowed(text);
    }
    let mark = '…';
    let mut end = bytes_max.saturating_sub(mark.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut short = text[..end].to_string();
    let _ = write!(short, "{mark}");
    Cow::Owned(short)
}

/// Whether a terminal would do something instead of showing it. The last two ranges turn the
/// direction of what follows, so that a reader sees another text than there is.
fn acts(c: char) -> bool {
    let kept = matches!(c, '\n' | '\t');
    (c.is_control() && !kept) || !fits_xml(c) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        for (text, expected) in [
            ("plain, größer\tyes\n", "plain, größer\tyes\n"),
            ("\u{1b}[31mred\u{1b}[0m", "\\x1b[31mred\\x1b[0m"),
            ("a\u{0}b\rc\u{7f}\u{9b}", "a\\x00b\\x0dc\\x7f\\x9b"),
            ("\u{fffe}\u{ffff}\u{fffd}", "\\u{fffe}\\u{ffff}\u{fffd}"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(one_line("a\nb\u{1}\n"), "a | b\\x01");
    }

    #[test]
    fn of_what_goes_to_a_terminal_only_colours_are_obeyed() {
        for (text, expected) in [
            ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
            ("\u{1b}[2Jgone \u{1b}]0;title\u{7}", "\\x1b[2Jgone \\x1b]0;title\\x07"),
            ("\u{1b}[", "\\x1b["),
            ("\u{9b}31m", "\\x9b31m"),
        ] {
            assert_eq!(visible_in_colour(text), expected);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcdefg", 6), "abc…");
        assert_eq!(shortened("äöüß", 7), "äö…");
    }

    #[test]
    fn what_xml_cannot_hold_is_found() {
        for (text, expected) in
            [("a\n\tb", None), ("ｆｕｌｌ", None), ("a\u{1}", Some('\u{1}')), ("\u{ffff}", Some('\u{ffff}'))]
        {
            assert_eq!(misfit(text), expected, "{text:?}");
        }
    }
}
