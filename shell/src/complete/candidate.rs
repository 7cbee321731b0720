//! What may be offered, and in which order.

/// A candidate, and whether a blank follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    pub whole: bool,
    /// One line, or nothing.
    pub help: String,
    pub rank: Rank,
}

/// What comes first where order says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Required parameters, advised values.
    First,
    Common,
    /// What ends a list and starts the next thing.
    Next,
    /// Deprecated, or of every level.
    Last,
}

pub fn whole(text: impl Into<String>) -> Candidate {
    Candidate { text: text.into(), whole: true, help: String::new(), rank: Rank::Common }
}

pub fn start(text: impl Into<String>) -> Candidate {
    Candidate { whole: false, ..whole(text) }
}

impl Candidate {
    #[must_use]
    pub fn with(self, help: impl Into<String>) -> Candidate {
        Candidate { help: help.into(), ..self }
    }

    #[must_use]
    pub fn ranked(self, rank: Rank) -> Candidate {
        Candidate { rank, ..self }
    }
}

pub fn all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Candidate> {
    texts.into_iter().map(whole).collect()
}

/// Those that go on as was typed, the important ones first.
pub(super) fn finished(mut candidates: Vec<Candidate>, partial: &str) -> Vec<Candidate> {
    candidates.retain(|candidate| candidate.text.starts_with(partial));
    candidates.sort_by(|a, b| (a.rank, &a.text, b.whole).cmp(&(b.rank, &b.text, a.whole)));
    let mut seen = std::collections::BTreeSet::new();
    candidates.retain(|candidate| seen.insert(candidate.text.clone()));
    candidates
}
