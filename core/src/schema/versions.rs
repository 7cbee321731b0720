//! The schemas that documents can be held against, and the grammar of each.
//!
//! In: a schema. Out: its [`Grammar`], read once.

use super::grammar::Grammar;
use super::read;
use crate::cib::upgrade::Schema;
use std::sync::OnceLock;

/// The oldest schema that is held against the grammar; what claims an older one is translated unseen.
pub const OLDEST: Schema = Schema { major: 2, minor: 10 };

/// The newest there is.
pub const LATEST: Schema = Schema { major: 4, minor: 0 };

const TEXT: &str = include_str!("cib.grammar");

/// One for each of [`checked`]'s schemas, read when it is first asked for.
static GRAMMARS: [OnceLock<Grammar>; 13] = [const { OnceLock::new() }; 13];

/// The schemas that documents can be held against, oldest first.
pub fn checked() -> impl DoubleEndedIterator<Item = Schema> {
    let three = (0..=10).map(|minor| Schema { major: 3, minor });
    std::iter::once(OLDEST).chain(three).chain(std::iter::once(LATEST))
}

/// The grammar of a schema, or of the nearest that there is one of.
pub fn grammar(schema: Schema) -> &'static Grammar {
    let at = checked().position(|known| known == schema).unwrap_or(if schema < OLDEST { 0 } else { 12 });
    GRAMMARS[at].get_or_init(|| read::grammar(TEXT, schema))
}
