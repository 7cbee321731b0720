//! What an upgrade has to say, in Pacemaker's words, so that what is known of those holds here.
//!
//! In: levels and texts. Out: lines. Never here: who prints them.

use std::fmt;

/// How much of the configuration's meaning is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It means the same in other words.
    Debug,
    /// Something without effect is gone.
    Info,
    /// The cluster may behave differently.
    Warning,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub level: Level,
    pub message: String,
    /// The id of what is not there any more.
    pub about: Option<String>,
}

impl Warning {
    /// A warning of this weight.
    pub fn new(level: Level, message: impl Into<String>) -> Warning {
        Warning { level, message: message.into(), about: None }
    }

    /// Of interest to whoever looks for a reason.
    pub fn debug(message: impl Into<String>) -> Warning {
        Warning::new(Level::Debug, message)
    }

    /// Something was changed that keeps its meaning.
    pub fn info(message: impl Into<String>) -> Warning {
        Warning::new(Level::Info, message)
    }

    /// Something was lost or means something else now.
    pub fn serious(message: impl Into<String>) -> Warning {
        Warning::new(Level::Warning, message)
    }

    /// This is left out, with this id.
    #[must_use]
    pub fn of(self, id: &str) -> Warning {
        Warning { about: Some(id.to_string()), ..self }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warning => "WARNING",
        };
        write!(out, "{level}: {}", self.message)
    }
}
