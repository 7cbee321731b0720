//! What the core says instead of logging: values that the caller prints, or not.
//!
//! In: nothing. Out: [`Note`]. Never here: a logger, a clock.

use std::fmt;

/// How much a person should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something is worth knowing.
    Info,
    /// Something happened that an administrator looks for afterwards.
    Notice,
    /// Something was ignored or assumed; the result may not be what was meant.
    Warning,
    /// Something could not be used at all.
    Error,
}

impl Severity {
    /// Pacemaker's word in its log.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One remark about the input or a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub severity: Severity,
    /// The id of what it is about, or empty.
    pub about: String,
    /// The word in it that brought this about: an attribute's name, or a value; or empty.
    pub word: String,
    pub message: String,
}

impl Note {
    /// For who follows closely.
    pub fn info(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, about, message)
    }

    /// For everybody: something has changed.
    pub fn notice(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, about, message)
    }

    /// Something may be wrong.
    pub fn warning(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, about, message)
    }

    /// Something is wrong.
    pub fn error(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, about, message)
    }

    /// A configured feature that this version does not act on.
    pub fn unsupported(about: impl Into<String>, feature: &str) -> Self {
        Self::warning(about, format!("{feature} is configured, but not supported yet"))
    }

    /// A message at that level.
    pub fn new(severity: Severity, about: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity, about: about.into(), word: String::new(), message: message.into() }
    }

    /// With the word that brought it about.
    #[must_use]
    pub fn at(self, word: impl Into<String>) -> Self {
        Self { word: word.into(), ..self }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = self.severity.word();
        if self.about.is_empty() {
            write!(out, "{severity}: {}", self.message)
        } else {
            write!(out, "{severity}: {}: {}", self.about, self.message)
        }
    }
}
