//! A page of the manual as a value.
//!
//! In: nothing. Out: its parts.
//! Absent: how they are printed (see `roff`).

/// What one name has to be known of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub name: String,
    /// In one line.
    pub about: String,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Heading(String),
    Subheading(String),
    Paragraph(String),
    /// An option, a command, and what it does.
    Entry {
        term: String,
        text: String,
    },
    /// As it is typed.
    Literal(String),
}

impl Page {
    pub fn new(name: &str, about: &str) -> Page {
        Page { name: name.to_string(), about: about.to_string(), parts: Vec::new() }
    }
}
