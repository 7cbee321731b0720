//! Names and values, alone and in sets.

use super::rule::Rule;
use crate::span::Word;

#[derive(Clone, Debug, PartialEq)]
pub enum Pair {
    Named {
        id: Option<Word>,
        name: Word,
        value: Option<Word>,
    },
    /// `@ID[:NAME]`: the pair with that id, here too.
    Reference {
        id: Word,
        name: Option<Word>,
    },
}

impl Pair {
    pub fn named(name: impl Into<String>, value: impl Into<String>) -> Pair {
        Pair::Named { id: None, name: Word::new(name), value: Some(Word::new(value)) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetKind {
    Attributes,
    Params,
    Meta,
    Utilization,
    OperationParams,
    OperationMeta,
}

impl SetKind {
    pub fn keyword(self) -> &'static str {
        match self {
            SetKind::Attributes => "attributes",
            SetKind::Params => "params",
            SetKind::Meta => "meta",
            SetKind::Utilization => "utilization",
            SetKind::OperationParams => "op_params",
            SetKind::OperationMeta => "op_meta",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct AttributeSet {
    pub kind: SetKind,
    pub body: SetBody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SetBody {
    /// `$id-ref=ID`: a set that stands elsewhere.
    Reference(Word),
    Own {
        id: Option<Word>,
        score: Option<Word>,
        rules: Vec<Rule>,
        pairs: Vec<Pair>,
    },
}
