//! One name with its value.

use crate::span::Word;

/// NAME=VALUE where neither an id nor a reference can stand.
pub type Setting = (Word, Word);
