//! Rules and what they are made of.

use super::Setting;
use crate::span::Word;

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Reference(Word),
    /// Without a score: INFINITY. With the score `none`: without one in the XML too.
    Own {
        id: Option<Word>,
        role: Option<Word>,
        score: Option<Word>,
        boolean: Boolean,
        /// `$boolean-op=…` and `$score-attribute=…`, taken into the XML as they stand.
        verbatim: Vec<Setting>,
        conditions: Vec<Condition>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boolean {
    And,
    Or,
}

impl Boolean {
    pub fn keyword(self) -> &'static str {
        match self {
            Boolean::And => "and",
            Boolean::Or => "or",
        }
    }
}

/// An expression and the id it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub id: Option<Word>,
    pub expression: Expression,
}

impl From<Expression> for Condition {
    fn from(expression: Expression) -> Condition {
        Condition { id: None, expression }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Defined {
        name: Word,
    },
    NotDefined {
        name: Word,
    },
    Compare {
        name: Word,
        kind: Option<Word>,
        operation: Word,
        value: Word,
        source: Source,
    },
    Before {
        end: Word,
    },
    After {
        start: Word,
    },
    Within {
        start: Option<Word>,
        end: Option<Word>,
        duration_id: Option<Word>,
        duration: Vec<Setting>,
    },
    Calendar {
        id: Option<Word>,
        fields: Vec<Setting>,
    },
    /// `( … )`: a rule inside the rule.
    Nested(Box<Rule>),
    /// By its XML name and attributes: `rsc_expression class=ocf`, `op_expression name=stop`, and
    /// what has no shorter form. A date expression may have a `duration` or `date_spec` below.
    Plain {
        element: Word,
        attributes: Vec<Setting>,
        below: Option<(Word, Option<Word>, Vec<Setting>)>,
    },
}

/// What the value of a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Literal,
    /// `literal{x}`: said in the XML, though it is the default.
    SaidLiteral,
    Parameter,
    Meta,
}
