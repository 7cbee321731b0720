//! Rules as written: conditions joined by and/or.
//!
//! In: nothing. Out: [`Rule`]. Never here: whether it holds (see `rules::evaluate`).

use crate::score::Score;

/// A `rule`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: String,
    pub combine: Combine,
    /// In a location constraint, the role the score is for.
    pub role: Option<String>,
    pub score: Option<RuleScore>,
    pub conditions: Vec<Condition>,
}

/// `boolean-op`: whether all conditions must hold, or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    And,
    Or,
}

/// What a location rule gives to each node where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleScore {
    Fixed(Score),
    /// The value of this node attribute.
    FromAttribute(String),
}

/// What stands in a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Rule(Rule),
    Attribute(AttributeExpression),
    Date(DateExpression),
    Resource {
        class: Option<String>,
        provider: Option<String>,
        kind: Option<String>,
    },
    Operation {
        name: String,
        interval_ms: Option<u32>,
    },
    /// Could not be read; never holds.
    Invalid {
        id: String,
        why: String,
    },
}

/// `attribute operation value`, such as `#uname eq n1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeExpression {
    pub id: String,
    pub attribute: String,
    pub comparison: Comparison,
    /// How to compare; guessed from the values when absent.
    pub kind: Option<ValueKind>,
    pub value: Option<String>,
    pub source: ValueSource,
}

/// The `operation` of an expression on attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Defined,
    NotDefined,
}

/// The `type` by which values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Text,
    Integer,
    Number,
    Version,
}

/// Whether a value is itself, or the name of a parameter or meta-attribute of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSource {
    Literal,
    Parameter,
    Meta,
}

/// A `date_expression`.
#[derive(Clone, Debug, PartialEq)]
pub struct DateExpression {
    pub id: String,
    pub test: DateTest,
}

/// Dates stay as text until evaluated, for a bare time means today.
#[derive(Clone, Debug, PartialEq)]
pub enum DateTest {
    InRange {
        start: Option<String>,
        end: Option<String>,
        duration: Option<Vec<(String, String)>>,
    },
    After(String),
    Before(String),
    /// Field to ranges, such as `hours` to `9-16`.
    Spec(Vec<(String, String)>),
}

/// From where to where a number or a range of numbers goes (Pacemaker Explained, "Date Specifications"): one of
/// them, for there are no lists. `None` if it is neither.
pub fn range_of(text: &str) -> Option<(u32, u32)> {
    // The first number may stand behind blanks, as the peer reads numbers; nothing else may.
    let bound = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let text = text.trim_start();
    match text.split_once('-') {
        None => bound(text).map(|only| (only, only)),
        Some((low, "")) => bound(low).map(|low| (low, u32::MAX)),
        Some(("", high)) => bound(high).map(|high| (0, high)),
        Some((low, high)) => bound(low).zip(bound(high)),
    }
}
