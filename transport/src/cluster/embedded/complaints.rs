//! What is wrong with connections: said once in a while, and remembered as long as it lasts.
//!
//! In: complaints, each as often as it comes. Out: what is to be said now, and what is amiss at present.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Different ones that are kept in mind.
const COMPLAINTS_MAX: usize = 100;
const SAID_EVERY: Duration = Duration::from_secs(60);
/// Who is refused comes again within a second, or after its greeting has timed out.
const LASTS: Duration = Duration::from_secs(15);

/// About whom, if that is known, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Complaint {
    pub about: Option<u32>,
    pub words: String,
    /// Somebody has to mend it: waiting will not.
    pub is_misconfiguration: bool,
}

struct Made {
    said: Instant,
    latest: Instant,
}

#[derive(Default)]
pub(super) struct Complaints {
    made: BTreeMap<Complaint, Made>,
}

impl Complaints {
    /// It is made; the words, if they are to be said now.
    pub fn make(&mut self, complaint: Complaint, now: Instant) -> Option<String> {
        self.made.retain(|_, made| now < made.latest + SAID_EVERY);
        let words = complaint.words.clone();
        if let Some(made) = self.made.get_mut(&complaint) {
            made.latest = now;
            if now < made.said + SAID_EVERY {
                return None;
            }
            made.said = now;
            return Some(words);
        }
        if self.made.len() >= COMPLAINTS_MAX {
            return None;
        }
        self.made.insert(complaint, Made { said: now, latest: now });
        Some(words)
    }

    /// This node has got through.
    pub fn settle(&mut self, node: u32) {
        self.made.retain(|complaint, _| complaint.about != Some(node));
    }

    /// What somebody has to mend, of nodes that are known.
    pub fn last(&self, now: Instant) -> impl Iterator<Item = &str> {
        let lasting = self.made.iter().filter(move |(complaint, made)| {
            complaint.is_misconfiguration && complaint.about.is_some() && now < made.latest + LASTS
        });
        lasting.map(|(complaint, _)| complaint.words.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_said_once_a_minute_and_known_while_it_lasts() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut complaints = Complaints::default();
        let refused = Complaint { about: Some(2), words: "n2 is refused".into(), is_misconfiguration: true };
        let silent = Complaint { about: Some(3), words: "n3 does not answer".into(), is_misconfiguration: false };
        assert_eq!(complaints.make(refused.clone(), at(0)).as_deref(), Some("n2 is refused"));
        assert_eq!(complaints.make(silent, at(0)).as_deref(), Some("n3 does not answer"));
        for second in 1..60 {
            assert_eq!(complaints.make(refused.clone(), at(second)), None);
        }
        assert!(complaints.make(refused.clone(), at(61)).is_some());
        assert_eq!(complaints.last(at(70)).collect::<Vec<_>>(), ["n2 is refused"]);
        assert_eq!(complaints.last(at(90)).count(), 0);
        complaints.make(refused, at(91));
        complaints.settle(2);
        assert_eq!(complaints.last(at(91)).count(), 0);
    }
}
