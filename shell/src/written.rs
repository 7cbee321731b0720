//! Where an object was written, and with which words.
//!
//! In: a text, the statement in it. Out: the place of a word that something is said of.
//! Absent: what is said (see `check`).

use crate::error::Origin;
use quorate_core::cib::model::names::{self, Of};
use quorate_grammar::Span;
use quorate_grammar::line::{self, LineKind, Token};
use std::cell::OnceCell;
use std::rc::Rc;

pub struct Written {
    pub origin: Rc<Origin>,
    statement: Span,
    /// Read once, for there may be as many things to say as there are words; their places count from the
    /// statement's beginning.
    words: OnceCell<Vec<Token>>,
}

impl Written {
    pub fn new(origin: Rc<Origin>, statement: Span) -> Written {
        Written { origin, statement, words: OnceCell::new() }
    }

    /// Where a word stands that is to blame for what has no effect.
    pub fn place(&self, word: &str) -> Option<Span> {
        let other = names::other(Of::Cluster, word).or(names::other(Of::Resource, word));
        let pattern = |text: &str| text.strip_prefix('/').and_then(|text| text.strip_suffix('/')).map(str::to_owned);
        let is_it = |text: &str| text == word || other == Some(text) || pattern(text).as_deref() == Some(word);
        let found = self.words().iter().skip(1).find_map(|token| {
            if is_it(&token.text) {
                return Some(token.span);
            }
            let pair = token.text.split_once('=');
            let (name, value) = pair.or(token.text.split_once(':'))?;
            let (first, second) = (token.slice(0..name.len()).span, token.slice(name.len() + 1..token.text.len()).span);
            match (is_it(name), is_it(value)) {
                // Of an option its value is to blame.
                (true, _) if pair.is_some() && !value.is_empty() => Some(second),
                (true, _) => Some(first),
                (_, true) => Some(second),
                _ => None,
            }
        });
        found.filter(|_| !word.is_empty()).map(|span| self.within(span))
    }

    /// Where an attribute of the document stands: with its name, by its value alone, as what an attribute is called.
    pub fn place_of(&self, name: &str, value: Option<&str>) -> Option<Span> {
        let halves = |token: &Token| {
            let cut = token.text.find('=').or_else(|| token.text.find(':'))?;
            Some((token.slice(0..cut), token.slice(cut + 1..token.text.len())))
        };
        let pairs = || self.words().iter().skip(1).filter_map(halves);
        let named = pairs().find(|(word, _)| word.text == name).map(|(word, given)| match value {
            Some(known) if *known == given.text => given.span,
            _ => word.span,
        });
        let whole = || self.words().iter().skip(1).find(|token| Some(token.text.as_str()) == value);
        let half = || {
            let mut halves = pairs().flat_map(|(word, value)| [word, value]);
            halves.find(|half| Some(half.text.as_str()) == value).map(|half| half.span)
        };
        named.or_else(|| whole().map(|token| token.span)).or_else(half).map(|span| self.within(span))
    }

    /// Where the statement has its id.
    pub fn place_of_id(&self) -> Span {
        let words = self.words();
        words.get(1).or(words.first()).map_or(self.statement, |token| self.within(token.span))
    }

    fn words(&self) -> &[Token] {
        self.words.get_or_init(|| {
            let (lines, _) = line::lines(self.origin.text.get(self.statement.range()).unwrap_or_default());
            let words = lines.into_iter().flat_map(|line| match line.kind {
                LineKind::Words(tokens) => tokens,
                _ => Vec::new(),
            });
            words.collect()
        })
    }

    /// The place in the whole text.
    fn within(&self, span: Span) -> Span {
        Span::new(self.statement.start + span.start, self.statement.start + span.end)
    }
}
