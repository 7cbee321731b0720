//! Alerts: a program that is told what happens.

use super::AttributeSet;
use crate::span::Word;

#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: Word,
    pub path: Word,
    pub description: Option<Word>,
    pub parts: Vec<AlertPart>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlertPart {
    Set(AttributeSet),
    Select(Vec<Selection>),
    To(Recipient),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    Nodes,
    Fencing,
    Resources,
    /// Node attributes by name, each with the id it is given.
    Attributes(Vec<(Option<Word>, Word)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    pub id: Option<Word>,
    pub value: Word,
    pub description: Option<Word>,
    pub sets: Vec<AttributeSet>,
}
