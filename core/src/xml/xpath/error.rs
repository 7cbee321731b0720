//! Why a text is no expression.
//!
//! In: words. Out: the same words.

use std::fmt;

/// A text that is no XPath expression, or is one of what is absent here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XPathError(pub String);

impl fmt::Display for XPathError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for XPathError {}
