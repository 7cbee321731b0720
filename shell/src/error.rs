//! What went wrong, in words for people, and the exit code that follows from it.
//!
//! In: failures of commands. Out: one `Failure` each; the exit codes are chosen here and nowhere else.
//! Absent: printing (see `ui`).

use quorate_core::cib::merge::Conflict;
use quorate_grammar::{Diagnostic, Span};
use quorate_transport::local::client::ClientError;
use quorate_transport::local::daemon::AskError;
use quorate_transport::store::StoreError;
use std::io::ErrorKind;

/// Why a command did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command was called wrongly.
    Usage,
    /// What was written is wrong; the diagnostics say where.
    Input,
    /// It cannot be done to this configuration.
    Refused,
    /// Somebody else changed the same thing.
    Conflict,
    /// A file cannot be read or written.
    File,
    /// The file with the commands cannot be read.
    Script,
    /// What was checked before a commit is not fit to be committed.
    Check,
    /// The cluster did not answer, or said no.
    Cluster,
    /// The caller has no right to it.
    Denied,
    /// The cluster was waited for in vain.
    Timeout,
    /// It needs something this version does not have.
    Unsupported,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub kind: Kind,
    pub message: String,
    pub hints: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub conflicts: Vec<Conflict>,
    /// The text the diagnostics point into, if it is not the one being run.
    pub origin: Option<Box<Origin>>,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let kind = match &error {
            StoreError::Daemon(AskError::Client(error)) => return Failure::unanswered(error),
            StoreError::Daemon(AskError::Lacking(_)) => Kind::Refused,
            StoreError::Daemon(_) => Kind::Cluster,
            StoreError::File { source, .. } if source.kind() == ErrorKind::PermissionDenied => Kind::Denied,
            StoreError::Apply(_) => Kind::Conflict,
            StoreError::ReadOnly | StoreError::Unfit(_) | StoreError::Schema(_) => Kind::Refused,
            StoreError::File { .. } | StoreError::NoShadow { .. } | StoreError::NotACib { .. } => Kind::File,
        };
        Failure::new(kind, error.to_string())
    }
}

/// A text and the name people know it by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub name: String,
    pub text: String,
}

pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    pub fn new(kind: Kind, message: impl Into<String>) -> Failure {
        Failure {
            kind,
            message: message.into(),
            hints: Vec::new(),
            diagnostics: Vec::new(),
            conflicts: Vec::new(),
            origin: None,
        }
    }

    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Kind::Usage, message)
    }

    pub fn refused(message: impl Into<String>) -> Failure {
        Failure::new(Kind::Refused, message)
    }

    /// The daemon is not there, or not for us.
    pub fn unanswered(error: &ClientError) -> Failure {
        let kind = if matches!(error, ClientError::Refused { .. }) { Kind::Denied } else { Kind::Cluster };
        Failure::new(kind, error.to_string())
    }

    /// Nothing to be said of it.
    pub fn is_silent(&self) -> bool {
        self.message.is_empty() && self.diagnostics.is_empty() && self.conflicts.is_empty()
    }

    /// An answer by the exit code alone.
    pub fn quiet() -> Failure {
        Failure::refused("")
    }

    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Failure {
        let kind = if error.kind() == ErrorKind::PermissionDenied { Kind::Denied } else { Kind::File };
        Failure::new(kind, format!("{}: {error}", path.display()))
    }

    pub fn input(diagnostics: Vec<Diagnostic>) -> Failure {
        Failure { diagnostics, ..Failure::new(Kind::Input, "") }
    }

    /// What is right as language, but not for this configuration.
    pub fn unfit(diagnostics: Vec<Diagnostic>) -> Failure {
        Failure { kind: Kind::Refused, ..Failure::input(diagnostics) }
    }

    /// A refusal that has a place in what was typed.
    pub fn at(span: Span, message: impl Into<String>) -> Failure {
        Failure { kind: Kind::Refused, ..Failure::input(vec![Diagnostic::error(span, message)]) }
    }

    /// A word that the command does not take.
    pub fn misused(span: Span, message: impl Into<String>) -> Failure {
        Failure { kind: Kind::Usage, ..Failure::at(span, message) }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub fn in_text(mut self, origin: Origin) -> Failure {
        self.origin = Some(Box::new(origin));
        self
    }

    /// The exit codes that the README lists.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Refused | Kind::File | Kind::Cluster | Kind::Unsupported => 1,
            Kind::Usage | Kind::Input | Kind::Script => 2,
            Kind::Check => 3,
            Kind::Conflict => 4,
            Kind::Denied => 5,
            Kind::Timeout => 6,
        }
    }
}
