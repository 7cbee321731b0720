//! A cursor over the words of one statement that remembers what it was looking for.
//!
//! In: tokens. Out: words, or `Stop` with a diagnostic made of what was wanted at the furthest
//! place reached. Productions never go back, so the current place is the furthest.
//! Absent: any one statement's grammar.

use crate::crm::expect::{BOOLEANS, Expected, SECTIONS};
use crate::diagnostic::{Diagnostic, closest};
use crate::line::Token;
use crate::literal;
use crate::span::{Span, Word};

/// A statement that cannot be read on.
#[derive(Debug)]
pub struct Stop(pub Box<Diagnostic>);

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Stop {
        Stop(Box::new(diagnostic))
    }
}

pub type Parsed<T> = Result<T, Stop>;

pub struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    wanted: Vec<Expected>,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    pub fn new(tokens: &'t [Token]) -> Reader<'t> {
        Reader { tokens, at: 0, wanted: Vec::new(), diagnostics: Vec::new() }
    }

    pub fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    /// The token so many places behind the next one.
    pub fn peek_behind(&self, places: usize) -> Option<&'t Token> {
        self.tokens.get(self.at + places)
    }

    pub fn is_done(&self) -> bool {
        self.at == self.tokens.len()
    }

    pub fn want(&mut self, expected: Expected) {
        if !self.wanted.contains(&expected) {
            self.wanted.push(expected);
        }
    }

    pub fn wanted(&self) -> &[Expected] {
        &self.wanted
    }

    /// Takes the next token, whatever it is.
    pub fn next(&mut self) -> Option<&'t Token> {
        let token = self.peek()?;
        self.at += 1;
        self.wanted.clear();
        Some(token)
    }

    /// Takes the next token if it satisfies `test`; what was wanted is remembered either way.
    pub fn next_if(&mut self, expected: Expected, test: impl Fn(&Token) -> bool) -> Option<&'t Token> {
        self.want(expected);
        if self.peek().is_some_and(test) { self.next() } else { None }
    }

    pub fn keyword(&mut self, keyword: &'static str) -> bool {
        self.next_if(Expected::Keyword(keyword), |token| token.is(keyword)).is_some()
    }

    /// Takes `PREFIX…` and gives what follows the prefix.
    pub fn prefixed(&mut self, prefix: &'static str) -> Option<Word> {
        let starts =
            |token: &Token| token.text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let token = self.next_if(Expected::Prefix(prefix), starts)?;
        Some(token.slice(prefix.len()..token.text.len()))
    }

    /// Takes one word, which must be there.
    pub fn word(&mut self, expected: Expected) -> Parsed<Word> {
        self.want(expected);
        match self.next() {
            Some(token) => Ok(token.word()),
            None => Err(self.stop()),
        }
    }

    /// Takes one word that is a plain name: not empty, no `=`, no section keyword, no trailing colon.
    pub fn name(&mut self, expected: Expected) -> Parsed<Word> {
        let plain = |token: &Token| !token.text.is_empty() && !token.text.contains('=') && !token.text.ends_with(':');
        match self.next_if(expected, plain) {
            Some(token) => Ok(token.word()),
            None => Err(self.stop()),
        }
    }

    /// Takes `WORD:` and gives WORD.
    pub fn labelled(&mut self, expected: Expected) -> Option<Word> {
        let label = |token: &Token| token.text.len() > 1 && token.text.ends_with(':') && split(token).is_none();
        let token = self.next_if(expected, label)?;
        Some(token.slice(0..token.text.len() - 1))
    }

    /// Takes NAME=VALUE if `test` likes the name.
    pub fn pair(&mut self, expected: Expected, test: impl Fn(&str) -> bool) -> Option<(Word, Word)> {
        let token = self.next_if(expected, |token| split(token).is_some_and(|at| test(&token.text[..at])))?;
        let at = split(token)?;
        Some((token.slice(0..at), token.slice(at + 1..token.text.len())))
    }

    /// Takes NAME=VALUE for this very name and gives the value.
    pub fn option(&mut self, prefix: &'static str) -> Option<Word> {
        self.prefixed(prefix)
    }

    /// `$NAME=VALUE` for one of these names: an attribute for the XML, as it stands.
    pub fn verbatim(&mut self, names: &[&str]) -> Option<(Word, Word)> {
        let token = self.peek().filter(|token| token.text.starts_with('$'))?;
        let at = split(token)?;
        if !names.contains(&&token.text[1..at]) {
            return None;
        }
        self.next();
        Some((token.slice(1..at), token.slice(at + 1..token.text.len())))
    }

    /// `description=TEXT`.
    pub fn description(&mut self) -> Option<Word> {
        self.prefixed("description=")
    }

    /// An id for a new object; `id=NAME` is the same as `NAME`.
    pub fn id(&mut self) -> Parsed<Word> {
        let id = match self.prefixed("id=") {
            Some(id) => id,
            None => self.name(Expected::NewId)?,
        };
        check_id(&id)?;
        Ok(id)
    }

    /// Everything must have been read.
    pub fn finish(&mut self) -> Parsed<()> {
        if self.is_done() { Ok(()) } else { Err(self.stop()) }
    }

    /// The diagnostic for this place: what was found, what could have stood here.
    pub fn stop(&self) -> Stop {
        let wanted = list(&self.wanted);
        let Some(found) = self.peek() else {
            let end = self.tokens.last().map_or(0, |token| token.span.end);
            let message = if wanted.is_empty() {
                "this ends too early".into()
            } else {
                format!("expected {wanted}, but the line ends")
            };
            return Diagnostic::error(Span::new(end, end), message).into();
        };
        let message = match wanted.is_empty() {
            true => format!("`{}` cannot stand here: the statement is complete", found.text),
            false => format!("expected {wanted}, found `{}`", found.text),
        };
        let mut diagnostic = Diagnostic::error(found.span, message);
        diagnostic.hint = self.hint(found);
        diagnostic.into()
    }

    fn hint(&self, found: &Token) -> Option<String> {
        if self.wanted.contains(&Expected::Score)
            && !found.text.ends_with(':')
            && found.text.trim_start_matches(['+', '-']).parse::<u32>().is_ok()
        {
            return Some(format!("a score ends with a colon: `{}:`", found.text));
        }
        let words = self.wanted.iter().filter_map(|expected| match expected {
            Expected::Keyword(word) => Some(*word),
            Expected::Prefix(prefix) => Some(prefix.trim_end_matches('=')),
            _ => None,
        });
        let typed = found.text.split(['=', ':']).next().unwrap_or_default();
        closest(typed, words).filter(|word| *word != typed).map(meant)
    }

    /// A word without `=` among NAME=VALUE: a slip for a keyword is an error, anything else is a
    /// pair without value, as crmsh has it, which deserves a warning.
    pub fn valueless(&mut self, token: &Token) -> Parsed<()> {
        let keywords = self.wanted.iter().filter_map(|expected| match expected {
            Expected::Keyword(word) => Some(*word),
            _ => None,
        });
        if closest(&token.text, keywords).is_some() || SECTIONS.iter().any(|section| token.is(section)) {
            return Err(self.stop());
        }
        self.diagnostics.push(
            Diagnostic::warning(token.span, format!("`{}` has no value", token.text))
                .hint(format!("write `{0}=…`, or `{0}=\"\"` for an empty value", token.text)),
        );
        Ok(())
    }
}

/// The `=` of NAME=VALUE.
pub fn split(token: &Token) -> Option<usize> {
    token.text.find('=').filter(|at| *at > 0)
}

pub fn meant(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// Takes a word as the table spells it, or says which words there are.
pub fn one_of(word: Word, what: &str, table: &[&'static str]) -> Parsed<Word> {
    if let Some(known) = table.iter().find(|known| known.eq_ignore_ascii_case(&word.text)) {
        return Ok(Word::at(*known, word.span));
    }
    let mut diagnostic =
        Diagnostic::error(word.span, format!("`{}` is not {what}; there are {}", word.text, table.join(", ")));
    diagnostic.hint = closest(&word.text, table.iter().copied()).map(meant);
    Err(diagnostic.into())
}

/// A boolean in any of its spellings, as the schema spells it.
pub fn boolean(word: Word) -> Parsed<Word> {
    match literal::boolean(&word.text) {
        Ok(value) => Ok(Word::at(if value { "true" } else { "false" }, word.span)),
        Err(_) => one_of(word, "true or false", BOOLEANS),
    }
}

/// Ids become XML ids: a letter or `_`, then letters, digits, `_`, `-` and `.`.
pub fn check_id(id: &Word) -> Parsed<()> {
    let mut characters = id.text.chars();
    let starts = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if starts && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        return Ok(());
    }
    Err(Diagnostic::error(id.span, format!("`{}` cannot be an id", id.text))
        .hint("an id starts with a letter or `_` and goes on with letters, digits, `_`, `-` and `.`")
        .into())
}

/// The wanted things in words. Where NAME=VALUE may stand, the rarer things beside it are left to
/// the manual, so that the message stays readable.
fn list(wanted: &[Expected]) -> String {
    let common = wanted.iter().any(|expected| matches!(expected, Expected::Pair(_) | Expected::Option(_)));
    let rare = |expected: &&Expected| common && matches!(expected, Expected::Prefix(_) | Expected::Score);
    let mut words: Vec<String> = Vec::new();
    for word in wanted.iter().filter(|expected| !rare(expected)).map(Expected::to_string) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.len() {
        0 | 1 => words.concat(),
        _ => {
            let last = words.pop().unwrap_or_default();
            format!("{} or {last}", words.join(", "))
        }
    }
}
