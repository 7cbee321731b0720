//! Where a cursor stands in a configure statement, and what may stand there.
//!
//! In: text up to the cursor. Out: [`Standing`]. Absent: which of it suits the cluster (the shell's).

use super::expect::{Expected, STATEMENTS};
use super::expected_after;
use crate::line::{self, Token};

/// What stands before a cursor and what may stand in it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The words of the statement before the cursor's.
    pub before: Vec<String>,
    /// What is typed of the word the cursor is in, and where that word starts.
    pub partial: String,
    pub start: usize,
    pub expected: Vec<Expected>,
    /// The agent of the primitive being written, when it is.
    pub agent: Option<String>,
}

/// What may stand at the end of `text`, the cursor's place in a configure statement.
pub fn expect(text: &str) -> Standing {
    let line::Standing { before, partial } = line::standing(text);
    let expected = if before.is_empty() { statements() } else { expected_after(&before) };
    Standing {
        agent: agent(&before),
        before: before.into_iter().map(|token| token.text).collect(),
        partial: partial.text,
        start: partial.span.start,
        expected,
    }
}

fn statements() -> Vec<Expected> {
    STATEMENTS.iter().map(|word| Expected::Keyword(word.keyword)).collect()
}

fn agent(before: &[Token]) -> Option<String> {
    let keyword = before.first()?;
    let primitive = ["primitive", "resource", "rsc_template"].iter().any(|word| keyword.is(word));
    before.get(2).filter(|_| primitive).map(|token| token.text.clone())
}
