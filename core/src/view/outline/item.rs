//! A line of an outline, and what it means.

/// A line with what belongs under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Without one, what is below still stands where it would stand with one.
    pub text: String,
    pub tone: Tone,
    /// Pacemaker ends most lines with something below them by a colon, and some not.
    pub without_colon: bool,
    /// What a style sheet knows the line by, where it has a look.
    pub class: Option<&'static str>,
    /// What the line is about, for those who can point at it.
    pub subject: Option<Subject>,
    pub children: Vec<Item>,
}

/// Something an administrator can do something with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Node(String),
    /// A resource as configured, by id.
    Resource(String),
}

/// What a line means, for those who can colour it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// Others stand under it.
    Heading,
    Good,
    Bad,
    /// Set aside by an administrator.
    Aside,
    Warning,
}

impl Item {
    /// A line without children.
    pub fn new(text: impl Into<String>, tone: Tone) -> Item {
        Item { text: text.into(), tone, ..Item::default() }
    }

    /// A line that looks like all others.
    pub fn plain(text: impl Into<String>) -> Item {
        Item::new(text, Tone::Plain)
    }

    /// A line with others below it.
    pub fn heading(text: impl Into<String>, children: Vec<Item>) -> Item {
        Item { text: text.into(), tone: Tone::Heading, children, ..Item::default() }
    }

    /// The same, with what a style sheet knows it by.
    #[must_use]
    pub fn looking(mut self, class: &'static str) -> Item {
        self.class = Some(class);
        self
    }

    /// The same, and what it speaks of.
    #[must_use]
    pub fn about(mut self, subject: Subject) -> Item {
        self.subject = Some(subject);
        self
    }
}
