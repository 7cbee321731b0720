//! Logical lines and their words: quotes, backslashes, continuation, comments.
//!
//! In: text as typed or read from a file. Out: `Line`s of `Token`s whose spans point into that
//! text, diagnostics for what cannot be split; and what a cursor stands in.
//! Absent: what the words mean (see `crm`).
//!
//! The rules are those of crmsh. A physical line that ends in a backslash continues on the next;
//! the blanks around the join vanish, so `a\` + `b` is the word `ab` and `a \` + `b` two words.
//! Words split as in a POSIX shell without comments; `#` counts at the start of a line only. Line
//! ends in values are written as in bash: `x=$'one\ntwo'`.

use crate::diagnostic::Diagnostic;
use crate::span::{Span, Word};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{anychar, char as one, none_of};
use nom::combinator::{eof, map, recognize, verify};
use nom::error::{ErrorKind, ParseError};
use nom::multi::many0_count;
use nom::{IResult, Parser};
use std::ops::Range;

/// One word of a line, quotes removed.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    pub span: Span,
    /// The source offset of every byte of `text` and of its end, kept only when quotes, escapes
    /// or a continuation make the source differ from the text.
    offsets: Option<Vec<usize>>,
}

impl Token {
    pub fn word(&self) -> Word {
        Word::at(self.text.clone(), self.span)
    }

    /// The part of the token at these bytes of its text, as a word.
    pub fn slice(&self, range: Range<usize>) -> Word {
        Word::at(&self.text[range.clone()], self.place(range))
    }

    /// The same, as a token.
    pub fn cut(&self, range: Range<usize>) -> Token {
        Token {
            text: self.text[range.clone()].to_string(),
            span: self.place(range.clone()),
            offsets: self.offsets.as_ref().map(|offsets| offsets[range.start..=range.end].to_vec()),
        }
    }

    /// The token with another text in place of a part of its own; all of that text stands where the part stood.
    pub fn replaced(&self, range: Range<usize>, text: &str) -> Token {
        let place = self.place(range.clone());
        let offset = |at: usize| self.offsets.as_ref().map_or(self.span.start + at, |offsets| offsets[at]);
        let mut offsets: Vec<usize> = (0..range.start).map(offset).collect();
        offsets.extend(std::iter::repeat_n(place.start, text.len()));
        // A part that is the rest ends where it ended, and not behind a closing quote.
        offsets.push(if range.end == self.text.len() { offset(range.end) } else { place.end });
        offsets.extend((range.end + 1..=self.text.len()).map(offset));
        Token {
            text: format!("{}{text}{}", &self.text[..range.start], &self.text[range.end..]),
            span: self.span,
            offsets: Some(offsets),
        }
    }

    fn place(&self, range: Range<usize>) -> Span {
        match &self.offsets {
            None => Span::new(self.span.start + range.start, self.span.start + range.end),
            Some(_) if range == (0..self.text.len()) => self.span,
            Some(offsets) => Span::new(offsets[range.start], offsets[range.end]),
        }
    }

    /// Written without quotes and escapes, on one line.
    pub fn is_plain(&self) -> bool {
        self.offsets.is_none()
    }

    pub fn is(&self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }
}

/// One logical line.
#[derive(Clone, Debug)]
pub struct Line {
    pub span: Span,
    pub kind: LineKind,
}

#[derive(Clone, Debug)]
pub enum LineKind {
    /// A whole-line comment, with its `#`.
    Comment(String),
    Words(Vec<Token>),
    /// `xml <…>`: what follows the keyword is not split into words.
    Raw {
        keyword: Token,
        body: Word,
    },
}

/// Splits a text into logical lines. Lines that cannot be split are left out and diagnosed.
pub fn lines(text: &str) -> (Vec<Line>, Vec<Diagnostic>) {
    let mut lines = Vec::new();
    let mut diagnostics = Vec::new();
    // Editors of other systems mark the order of bytes.
    let mut rest = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    loop {
        rest = skip_empty(rest);
        if rest.is_empty() {
            return (lines, diagnostics);
        }
        let start = offset(text, rest);
        let after = match line(text, rest, &mut diagnostics) {
            Ok((after, kind)) => {
                let end = start + text[start..offset(text, after)].trim_end().len();
                lines.push(Line { span: Span::new(start, end), kind });
                after
            }
            Err(quote) => {
                let at = offset(text, quote);
                diagnostics.push(
                    Diagnostic::error(Span::new(at, at + 1), "this quote is never closed")
                        .hint("close it on the same line, or end the line with a backslash"),
                );
                raw(rest).0
            }
        };
        rest = after;
    }
}

/// True while the text ends in the middle of a logical line, so that more input is wanted.
pub fn is_open(text: &str) -> bool {
    let last = text.strip_suffix('\n').unwrap_or(text);
    let last = &last[last.rfind('\n').map_or(0, |at| at + 1)..];
    last.trim_end().ends_with('\\')
}

/// What a cursor at the end of `text` stands in: the finished words of its line, and the word
/// being typed (empty after a blank). An open quote counts as closed at the cursor.
pub struct Standing {
    pub before: Vec<Token>,
    pub partial: Token,
}

pub fn standing(text: &str) -> Standing {
    let here = Span::new(text.len(), text.len());
    let nothing = || Token { text: String::new(), span: here, offsets: None };
    for closing in ["", "\"", "'"] {
        let closed = format!("{text}{closing}");
        let (all, diagnostics) = lines(&closed);
        if !diagnostics.is_empty() {
            continue;
        }
        // A cursor on a fresh line belongs to no earlier one.
        let Some(Line { kind: LineKind::Words(mut words), span }) = all.into_iter().next_back() else { break };
        if text[span.end.min(text.len())..].contains('\n') && !is_open(&text[..span.end.min(text.len())]) {
            break;
        }
        let touches = words.last().is_some_and(|last| last.span.end >= text.len());
        let partial = if touches { words.pop().unwrap_or_else(nothing) } else { nothing() };
        return Standing { before: words, partial };
    }
    Standing { before: Vec::new(), partial: nothing() }
}

fn offset(text: &str, rest: &str) -> usize {
    text.len() - rest.len()
}

fn skip_empty(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Characters that look like a blank, or like nothing, and are part of a word.
pub(crate) fn hidden(word: &str) -> Option<(usize, char)> {
    let is_hidden = |c: char| {
        !c.is_ascii() && (c.is_whitespace() || matches!(c, BYTE_ORDER_MARK | '\u{200b}'..='\u{200f}' | '\u{2060}'))
    };
    if word.is_ascii() {
        return None;
    }
    word.char_indices().find(|(_, c)| is_hidden(*c))
}

/// What nobody sees in a word is named. In a value it may be meant.
fn unseen(token: &Token) -> Option<Diagnostic> {
    let (at, character) = hidden(&token.text).filter(|_| token.is_plain())?;
    let span = token.slice(at..at + character.len_utf8()).span;
    let name = match character {
        '\u{a0}' | '\u{202f}' => "a no-break space",
        BYTE_ORDER_MARK => "a byte order mark",
        '\u{200b}' => "a space of no width",
        c if c.is_whitespace() => "a blank that is none here",
        _ => "a character that is not seen",
    };
    let text = format!("{name} (U+{:04X}) stands in this word", u32::from(character));
    let in_value = token.text.find('=').is_some_and(|equals| equals < at);
    let found = if in_value { Diagnostic::warning(span, text) } else { Diagnostic::error(span, text) };
    Some(found.hint("write an ordinary blank there, or put the word in quotes"))
}

/// A comment between the lines of one statement; a word that begins so is followed by more.
fn is_comment_inside(text: &str, rest: &str) -> bool {
    let Some(comment) = rest.strip_prefix('#') else { return false };
    let before = text[..offset(text, rest)].trim_end_matches([' ', '\t', '\r']);
    let alone = comment.is_empty() || comment.starts_with([' ', '\t', '\r', '\n', '#']);
    alone && before.ends_with('\n')
}

fn line<'a>(text: &'a str, from: &'a str, diagnostics: &mut Vec<Diagnostic>) -> Result<(&'a str, LineKind), &'a str> {
    if from.starts_with('#') {
        let (after, comment) = raw(from);
        return Ok((after, LineKind::Comment(comment)));
    }
    let mut words = Vec::new();
    let mut rest = from;
    loop {
        rest = blanks(rest).map_or(rest, |(rest, _)| rest);
        if !words.is_empty() && is_comment_inside(text, rest) {
            let (end, start) = (rest.find('\n').unwrap_or(rest.len()), offset(text, rest));
            diagnostics.push(
                Diagnostic::error(Span::new(start, start + end), "a comment cannot stand inside a statement")
                    .hint("the line before ends in a backslash, so the statement goes on; put the comment above it"),
            );
            rest = rest[end..].strip_prefix('\n').unwrap_or("");
            continue;
        }
        if rest.is_empty() || rest.starts_with('\n') {
            return Ok((rest, LineKind::Words(words)));
        }
        if words.len() == 1 && words.first().is_some_and(|word: &Token| word.is("xml")) {
            let (after, body) = raw(rest);
            let span =
                Span::new(offset(text, rest), offset(text, rest) + rest[..rest.len() - after.len()].trim_end().len());
            let keyword = words.remove(0);
            return Ok((after, LineKind::Raw { keyword, body: Word::at(body, span) }));
        }
        let (after, token) = token(text, rest)?;
        diagnostics.extend(unseen(&token));
        words.push(token);
        rest = after;
    }
}

/// A logical line taken as it is, joins removed.
fn raw(text: &str) -> (&str, String) {
    let mut body = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('\n').unwrap_or(rest.len());
        let piece = rest[..end].trim();
        rest = &rest[end..];
        match piece.strip_suffix('\\') {
            Some(piece) if !rest.is_empty() => {
                body.push_str(piece);
                rest = &rest[1..];
            }
            Some(piece) => return (rest, body + piece),
            None => return (rest, body + piece),
        }
    }
}

// ---- the lexer proper, in nom ------------------------------------------------------------------

/// A quote that is never closed is the one thing that cannot be a word; it is kept by position.
#[derive(Debug)]
struct Unsplit<'a> {
    at: &'a str,
}

impl<'a> ParseError<&'a str> for Unsplit<'a> {
    fn from_error_kind(at: &'a str, _: ErrorKind) -> Self {
        Unsplit { at }
    }

    fn append(at: &'a str, _: ErrorKind, other: Self) -> Self {
        // The first failure is the innermost; keep the earlier position, the opening quote's.
        if at.len() > other.at.len() { Unsplit { at } } else { other }
    }
}

type Lexed<'a, T> = IResult<&'a str, T, Unsplit<'a>>;

/// A piece of a word: where it stands and what it means.
enum Fragment<'a> {
    Text(&'a str),
    /// A character that stands for another: the source, and what it means.
    Escaped(&'a str, char),
    Join,
    Quoted(Vec<Fragment<'a>>),
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

fn ends_a_word(c: char) -> bool {
    is_blank(c) || c == '\n'
}

fn continuation(i: &str) -> Lexed<'_, &str> {
    let end = alt((recognize((one('\n'), take_while(is_blank))), eof));
    recognize((one('\\'), take_while(is_blank), end)).parse(i)
}

fn blanks(i: &str) -> Lexed<'_, usize> {
    many0_count(alt((take_while1(is_blank), continuation))).parse(i)
}

fn join(i: &str) -> Lexed<'_, Fragment<'_>> {
    map(continuation, |_| Fragment::Join).parse(i)
}

fn plain(i: &str) -> Lexed<'_, Fragment<'_>> {
    let ends = |(at, c): &(usize, char)| match c {
        '$' => opens_escapes(i, *at),
        '\\' | '\'' | '"' => true,
        c => ends_a_word(*c),
    };
    let end = i.char_indices().find(ends).map_or(i.len(), |(at, _)| at);
    match end {
        0 => Err(nom::Err::Error(Unsplit { at: i })),
        end => Ok((&i[end..], Fragment::Text(&i[..end]))),
    }
}

/// `$'` at the start of a word or of a value.
fn opens_escapes(i: &str, at: usize) -> bool {
    i[at..].starts_with("$'") && (at == 0 || i[..at].ends_with('='))
}

/// `$'…'`: as in bash, `\n`, `\r`, `\t`, `\\` and `\'` stand for characters.
fn escapes(i: &str) -> Lexed<'_, Fragment<'_>> {
    let (mut rest, _) = tag("$'").parse(i)?;
    let mut inside = Vec::new();
    loop {
        let text = map(take_while1(|c| !matches!(c, '\'' | '\n' | '\\')), Fragment::Text);
        match alt((escaped, text)).parse(rest) {
            Ok((after, fragment)) => (rest, _) = (after, inside.push(fragment)),
            Err(_) => break,
        }
    }
    close('\'', i, rest, inside)
}

fn escaped(i: &str) -> Lexed<'_, Fragment<'_>> {
    let (rest, source) = recognize((one('\\'), none_of("\n"))).parse(i)?;
    Ok((
        rest,
        match &source[1..] {
            "n" => Fragment::Escaped(source, '\n'),
            "r" => Fragment::Escaped(source, '\r'),
            "t" => Fragment::Escaped(source, '\t'),
            _ => Fragment::Text(&source[1..]),
        },
    ))
}

/// Outside quotes a backslash makes the next character an ordinary one.
fn escape(i: &str) -> Lexed<'_, Fragment<'_>> {
    let (i, _) = one('\\').parse(i)?;
    map(recognize(none_of("\n")), Fragment::Text).parse(i)
}

fn single_quoted(i: &str) -> Lexed<'_, Fragment<'_>> {
    let (mut rest, _) = one('\'').parse(i)?;
    let mut inside = Vec::new();
    loop {
        let text = map(take_while1(|c| !matches!(c, '\'' | '\n' | '\\')), Fragment::Text);
        let backslash = map(tag("\\"), Fragment::Text);
        match alt((join, text, backslash)).parse(rest) {
            Ok((after, fragment)) if after.len() < rest.len() => (rest, _) = (after, inside.push(fragment)),
            _ => break,
        }
    }
    close('\'', i, rest, inside)
}

/// Inside double quotes a backslash escapes `"` and `\` only, and stays otherwise.
fn double_quoted(i: &str) -> Lexed<'_, Fragment<'_>> {
    let (mut rest, _) = one('"').parse(i)?;
    let mut inside = Vec::new();
    loop {
        let text = map(take_while1(|c| !matches!(c, '"' | '\n' | '\\')), Fragment::Text);
        let escaped =
            map((one('\\'), recognize(verify(anychar, |c| matches!(c, '"' | '\\')))), |(_, c)| Fragment::Text(c));
        let backslash = map(tag("\\"), Fragment::Text);
        match alt((join, text, escaped, backslash)).parse(rest) {
            Ok((after, fragment)) if after.len() < rest.len() => (rest, _) = (after, inside.push(fragment)),
            _ => break,
        }
    }
    close('"', i, rest, inside)
}

fn close<'a>(quote: char, opening: &'a str, rest: &'a str, inside: Vec<Fragment<'a>>) -> Lexed<'a, Fragment<'a>> {
    match one::<_, Unsplit>(quote).parse(rest) {
        Ok((after, _)) => Ok((after, Fragment::Quoted(inside))),
        Err(_) => Err(nom::Err::Failure(Unsplit { at: opening })),
    }
}

fn token<'a>(text: &'a str, from: &'a str) -> Result<(&'a str, Token), &'a str> {
    let mut rest = from;
    let mut fragments = Vec::new();
    while !rest.starts_with(ends_a_word) {
        match alt((plain, escapes, join, escape, single_quoted, double_quoted)).parse(rest) {
            Ok((after, fragment)) if after.len() < rest.len() => (rest, _) = (after, fragments.push(fragment)),
            Ok(_) | Err(nom::Err::Error(_) | nom::Err::Incomplete(_)) => break,
            Err(nom::Err::Failure(Unsplit { at })) => return Err(at),
        }
    }
    assert!(rest.len() < from.len(), "a word starts at every character that is no blank");
    let end = from.len() - rest.len();
    let end = if matches!(fragments.last(), Some(Fragment::Join)) {
        from[..end].trim_end_matches(['\\', '\n', ' ', '\t', '\r']).len()
    } else {
        end
    };
    let span = Span::new(offset(text, from), offset(text, from) + end.max(1));
    if let [Fragment::Text(word)] = fragments[..]
        && word.len() == from.len() - rest.len()
    {
        return Ok((rest, Token { text: word.to_string(), span, offsets: None }));
    }
    let (mut word, mut offsets) = (String::new(), Vec::new());
    cook(&fragments, text, &mut word, &mut offsets);
    offsets.push(offsets.last().map_or(span.end, |last| last + 1));
    Ok((rest, Token { text: word, span, offsets: Some(offsets) }))
}

fn cook(fragments: &[Fragment], source: &str, word: &mut String, offsets: &mut Vec<usize>) {
    for fragment in fragments {
        match fragment {
            Fragment::Text(piece) => {
                // `piece` is a slice of `source`, so its distance from the start is its offset.
                let start = piece.as_ptr() as usize - source.as_ptr() as usize;
                offsets.extend(start..start + piece.len());
                word.push_str(piece);
            }
            Fragment::Escaped(piece, c) => {
                let start = piece.as_ptr() as usize - source.as_ptr() as usize;
                offsets.push(start);
                word.push(*c);
            }
            Fragment::Join => {}
            Fragment::Quoted(inside) => cook(inside, source, word, offsets),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        let (lines, diagnostics) = lines(text);
        assert!(diagnostics.is_empty(), "{text:?}: {diagnostics:?}");
        let words: Vec<Vec<String>> = lines
            .into_iter()
            .map(|line| match line.kind {
                LineKind::Words(words) => words.into_iter().map(|word| word.text).collect(),
                LineKind::Comment(comment) => vec![comment],
                LineKind::Raw { keyword, body } => vec![keyword.text, body.text],
            })
            .collect();
        assert_eq!(words, expected, "{text:?}");
    }

    #[test]
    fn words_split_as_in_a_shell() {
        check(" a  b\tc \n", &[&["a", "b", "c"]]);
        check("x=\"a b\" y='c \"d\"' z=e\\ f", &[&["x=a b", "y=c \"d\"", "z=e f"]]);
        check(r#"a="back\slash" b="q\"q" c="\\" d=''"#, &[&["a=back\\slash", "b=q\"q", "c=\\", "d="]]);
        check("a\n\n  \nb", &[&["a"], &["b"]]);
        check("a\r\nb\r\n", &[&["a"], &["b"]]);
        check("x=$'a\\nb \\'c\\\\' $'d' y$'e' $f", &[&["x=a\nb 'c\\", "d", "y$e", "$f"]]);
    }

    #[test]
    fn a_backslash_at_the_end_joins_lines_and_eats_the_blanks_around_the_join() {
        check("a\\\n   b c", &[&["ab", "c"]]);
        check("a \\\n\tb \\  \n c", &[&["a", "b", "c"]]);
        check("x=\"a \\\n   b\"", &[&["x=a b"]]);
        check("a \\\n\nb", &[&["a"], &["b"]]);
        check("a \\", &[&["a"]]);
    }

    #[test]
    fn a_comment_is_a_line_that_starts_with_a_hash() {
        check("# one two\na #b", &[&["# one two"], &["a", "#b"]]);
        check("  # x \\\n y\nz", &[&["# x y"], &["z"]]);
    }

    #[test]
    fn xml_is_not_split() {
        check("xml <a b=\"c\"> \\\n  <d>it's</d> \\\n</a>\nx", &[&["xml", "<a b=\"c\"> <d>it's</d> </a>"], &["x"]]);
    }

    #[test]
    fn spans_point_into_the_text_through_quotes_and_joins() {
        let text = "a x=\"b c\" de\\\n   fg";
        let (lines, _) = lines(text);
        let LineKind::Words(words) = &lines[0].kind else { panic!("words") };
        assert_eq!(&text[words[1].span.range()], "x=\"b c\"");
        assert_eq!(&text[words[1].slice(2..5).span.range()], "b c");
        assert_eq!(&text[words[2].span.range()], "de\\\n   fg");
        assert_eq!(&text[words[2].slice(2..4).span.range()], "fg");
    }

    #[test]
    fn an_open_quote_is_shown_where_it_opens_and_costs_its_line_only() {
        let (lines, diagnostics) = lines("a \"b c\nd");
        assert_eq!(diagnostics[0].span, Span::new(2, 3));
        assert_eq!(lines.len(), 1);
    }

    #[test]
    fn a_cursor_stands_in_a_word_or_after_a_blank() {
        for (text, before, partial) in [
            ("", 0, ""),
            ("pri", 0, "pri"),
            ("a b ", 2, ""),
            ("a x=\"b c", 1, "x=b c"),
            ("a\nb c", 1, "c"),
            ("a \\\n  b", 1, "b"),
            ("a \\\n", 1, ""),
            ("a\n", 0, ""),
        ] {
            let standing = standing(text);
            assert_eq!((standing.before.len(), standing.partial.text.as_str()), (before, partial), "{text:?}");
        }
    }

    #[test]
    fn more_is_wanted_after_a_backslash() {
        for (text, open) in [("a \\", true), ("a \\\n", true), ("a", false), ("a \\\nb", false), ("a\\ \n", true)] {
            assert_eq!(is_open(text), open, "{text:?}");
        }
    }
}
