//! What one line of a daemon's log tells of an incident.
//!
//! In: a line as `quorated` writes it. Out: when, on which host, and what; `None` for what tells nothing of it.
//! Absent: which lines belong together.

use std::fmt;

/// When a line was written, in milliseconds of a year that has a 29 February: the log does not say which year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

const DAY_MS: i64 = 86_400_000;
const YEAR_MS: i64 = 366 * DAY_MS;
const MONTHS: [(&str, i64); 12] = [
    ("Jan", 0),
    ("Feb", 31),
    ("Mar", 60),
    ("Apr", 91),
    ("May", 121),
    ("Jun", 152),
    ("Jul", 182),
    ("Aug", 213),
    ("Sep", 244),
    ("Oct", 274),
    ("Nov", 305),
    ("Dec", 335),
];

impl Moment {
    fn parse(month: &str, day: &str, clock: &str) -> Option<Moment> {
        let before = MONTHS.iter().find(|(name, _)| *name == month)?.1;
        let (whole, thousandths) = clock.split_once('.')?;
        let mut parts = whole.split(':').map(str::parse::<i64>);
        let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        let days = before + day.parse::<i64>().ok()? - 1;
        let seconds = (hours * 60 + minutes) * 60 + seconds;
        Some(Moment(days * DAY_MS + seconds * 1000 + thousandths.parse::<i64>().ok()?))
    }

    /// Milliseconds since an earlier moment, which may have been in the year before.
    pub fn since(self, earlier: Moment) -> i64 {
        match self.0 - earlier.0 {
            span if span < -YEAR_MS / 2 => span + YEAR_MS,
            span => span,
        }
    }

    pub fn before(self, span_ms: i64) -> Moment {
        Moment(self.0 - span_ms)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.0.rem_euclid(YEAR_MS);
        let (days, rest) = (at / DAY_MS, at % DAY_MS);
        let (month, before) = MONTHS.iter().rev().find(|(_, before)| *before <= days).copied().unwrap_or(MONTHS[0]);
        let seconds = rest / 1000;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let day = days - before + 1;
        write!(out, "{month} {day:02} {hours:02}:{minutes:02}:{:02}.{:03}", seconds % 60, rest % 1000)
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Moment,
    pub host: String,
    pub told: Told,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A daemon begins: what it was a member of before does not count.
    Begins,
    Members {
        members: Vec<String>,
        words: String,
    },
    /// The engine says how long it had not heard a node when it gave it up.
    LastHeard {
        node: String,
        silent_ms: i64,
    },
    /// A member is gone, and not in order.
    Lost {
        node: String,
    },
    FencingAsked {
        target: String,
        words: String,
    },
    Fenced {
        target: String,
        words: String,
    },
    NotFenced {
        words: String,
    },
    Decided {
        transition: String,
        input: Option<String>,
    },
    /// Nothing is to be done.
    Rest,
    Planned(Planned),
    /// Something else that was decided: a node is to be fenced.
    PlannedOther {
        words: String,
    },
    Result(Ended),
}

/// A change that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// As it stands in the log.
    pub words: String,
    /// `Move`, `Recover`, …
    pub what: String,
    /// With the number of an instance.
    pub resource: String,
    pub from: Option<Place>,
    pub to: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub node: String,
    pub promoted: bool,
}

/// An operation that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// As it stands in the log.
    pub words: String,
    pub operation: String,
    pub recurs: bool,
    pub resource: String,
    pub node: String,
    pub ok: bool,
    /// It is counted as a failure.
    pub failed: bool,
}

impl Line {
    pub fn parse(line: &str) -> Option<Line> {
        let (stamp, rest) = line.split_once(" quorated [")?;
        let mut words = stamp.split_whitespace();
        let at = Moment::parse(words.next()?, words.next()?, words.next()?)?;
        let host = words.next()?.to_string();
        let (_, rest) = rest.split_once("] (")?;
        let (about, rest) = rest.split_once(") ")?;
        let (level, text) = rest.split_once(": ")?;
        let told = told(about, level, text)?;
        Some(Line { at, host, told })
    }
}

fn told(about: &str, level: &str, text: &str) -> Option<Told> {
    match about {
        "start" => Some(Told::Begins),
        "membership" => lost(text).or_else(|| members(text)),
        "cluster" => last_heard(text),
        "fencing" => fencing(text),
        "scheduler" => decided(text),
        "transition" if text.ends_with(": nothing is to be done") => Some(Told::Rest),
        "transition" => Some(decision(text.strip_prefix("  ")?)),
        "result" => ended(text, level == "warning").map(Told::Result),
        _ => None,
    }
}

/// "n1 n3 with quorum, led by n1".
fn members(text: &str) -> Option<Told> {
    let (names, _) =
        text.split_once(" with quorum, led by ").or_else(|| text.split_once(" without quorum, led by "))?;
    Some(Told::Members { members: names.split_whitespace().map(str::to_string).collect(), words: text.to_string() })
}

/// "n2 is lost".
fn lost(text: &str) -> Option<Told> {
    let node = text.strip_suffix(" is lost")?.to_string();
    Some(Told::Lost { node })
}

/// "n2 was last heard 1012 ms ago".
fn last_heard(text: &str) -> Option<Told> {
    let (node, rest) = text.split_once(" was last heard ")?;
    let silent_ms = rest.strip_suffix(" ms ago")?.parse().ok()?;
    Some(Told::LastHeard { node: node.to_string(), silent_ms })
}

fn fencing(text: &str) -> Option<Told> {
    let words = text.to_string();
    if let Some((target, _)) = text.split_once(" is to be fenced") {
        return Some(Told::FencingAsked { target: target.to_string(), words });
    }
    if let Some((target, _)) = text.split_once(" is fenced") {
        return Some(Told::Fenced { target: target.to_string(), words });
    }
    text.contains(" is not ").then_some(Told::NotFenced { words })
}

/// "transition 8 decided from pe-input-7.bz2", or without what it was decided from.
fn decided(text: &str) -> Option<Told> {
    let (transition, rest) = text.strip_prefix("transition ")?.split_once(" decided")?;
    let input = rest.strip_prefix(" from ").map(|file| file.trim_end_matches(".bz2").to_string());
    Some(Told::Decided { transition: transition.to_string(), input })
}

fn decision(text: &str) -> Told {
    planned(text).map_or_else(|| Told::PlannedOther { words: text.to_string() }, Told::Planned)
}

/// "Move a ( n2 -> n1 ) due to …".
fn planned(text: &str) -> Option<Planned> {
    let (before, rest) = text.split_once(" ( ")?;
    let (places, _) = rest.split_once(" )")?;
    let (what, resource) = before.split_once(' ')?;
    let what = what.to_string();
    let (from, to) = ends(&what, places);
    Some(Planned { words: text.to_string(), what, resource: resource.to_string(), from, to })
}

/// What a change leads from and to: `n1`, `n2 -> n1`, `Promoted n1`, `Unpromoted -> Promoted n1`,
/// `n2 -> n1 Promoted`, `Promoted n2 -> Unpromoted n1`.
fn ends(what: &str, places: &str) -> (Option<Place>, Option<Place>) {
    let is_role = |word: &&str| matches!(*word, "Started" | "Stopped" | "Unpromoted" | "Promoted");
    let side = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let role = words.iter().copied().find(|word| is_role(word)).map(str::to_string);
        (words.into_iter().find(|word| !is_role(word)).map(str::to_string), role)
    };
    let place = |node: Option<String>, role: Option<&String>| {
        let promoted = role.is_some_and(|role| role == "Promoted");
        node.map(|node| Place { node, promoted })
    };
    match places.split_once(" -> ") {
        Some((from, to)) => {
            let ((from, from_role), (to, to_role)) = (side(from), side(to));
            let role = from_role.as_ref().or(to_role.as_ref());
            let starts = from_role.as_deref() == Some("Stopped");
            let origin = from.or_else(|| to.clone()).filter(|_| !starts);
            (place(origin, role), place(to, to_role.as_ref()))
        }
        None => {
            let (node, role) = side(places);
            let place = place(node, role.as_ref());
            match what {
                "Start" => (None, place),
                "Stop" => (place, None),
                _ => (place.clone(), place),
            }
        }
    }
}

/// "monitor (every 10 s) of a on n1: ok after 4 ms".
fn ended(text: &str, failed: bool) -> Option<Ended> {
    let (head, outcome) = text.split_once(": ")?;
    let (operation, rest) = head.split_once(" of ")?;
    let (resource, node) = rest.rsplit_once(" on ")?;
    let (operation, recurs) = match operation.split_once(" (every ") {
        Some((operation, _)) => (operation, true),
        None => (operation, false),
    };
    Some(Ended {
        words: text.to_string(),
        operation: operation.to_string(),
        recurs,
        resource: resource.to_string(),
        node: node.to_string(),
        // A promoted instance's monitor finds "promoted".
        ok: ["ok after", "promoted after"].iter().any(|word| outcome.starts_with(word)),
        failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &Told) {
        let line = format!("Nov 28 01:25:50.944 n1 quorated [4743] {line}");
        assert_eq!(Line::parse(&line).map(|line| line.told).as_ref(), Some(expected), "{line}");
    }

    fn place(node: &str, promoted: bool) -> Option<Place> {
        Some(Place { node: node.into(), promoted })
    }

    #[test]
    fn a_moment_is_read_and_written() {
        for text in ["Jan 01 00:00:00.000", "Feb 29 23:59:59.999", "Mar 01 00:00:00.001", "Dec 31 12:34:56.789"] {
            let mut words = text.split_whitespace();
            let mut next = || words.next().unwrap_or_default();
            let moment = Moment::parse(next(), next(), next()).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), Some(text));
        }
        let (last, first) = (Moment(YEAR_MS - 500), Moment(500));
        assert_eq!((first.since(last), last.since(Moment(YEAR_MS - 700))), (1000, 200));
    }

    #[test]
    fn what_lines_tell() {
        let members = vec!["n1".to_string(), "n3".to_string()];
        let words = "n1 n3 with quorum, led by n1".to_string();
        check(&format!("(membership) notice: {words}"), &Told::Members { members, words });
        let heard = Told::LastHeard { node: "n2".into(), silent_ms: 1012 };
        check("(cluster) warning: n2 was last heard 1012 ms ago", &heard);
        check("(membership) warning: n2 is lost", &Told::Lost { node: "n2".into() });
        let words = "n2 is to be fenced (reboot), asked by transition 8 on n1".to_string();
        check(&format!("(fencing) notice: {words}"), &Told::FencingAsked { target: "n2".into(), words });
        let words = "n2 is fenced".to_string();
        check(&format!("(fencing) info: {words}"), &Told::Fenced { target: "n2".into(), words });
        let decided = Told::Decided { transition: "8".into(), input: Some("pe-input-7".into()) };
        check("(scheduler) info: transition 8 decided from pe-input-7.bz2", &decided);
        check("(transition) info: transition 8: nothing is to be done", &Told::Rest);
        assert_eq!(Line::parse("Nov 28 01:25:50.944 n1 quorated [1] (load) info: some load"), None);
        assert_eq!(Line::parse("of another program"), None);
    }

    #[test]
    fn where_changes_lead() {
        let cases = [
            ("Start a ( n1 )", (None, place("n1", false))),
            ("Stop a ( n2 ) due to node availability", (place("n2", false), None)),
            ("Move a ( n2 -> n1 )", (place("n2", false), place("n1", false))),
            ("Recover a ( n1 )", (place("n1", false), place("n1", false))),
            ("Promote d:0 ( Unpromoted -> Promoted n1 )", (place("n1", false), place("n1", true))),
            ("Promote d:0 ( Stopped -> Promoted n1 )", (None, place("n1", true))),
            ("Stop d:1 ( Promoted n2 ) due to node availability", (place("n2", true), None)),
            ("Demote d:1 ( Promoted -> Unpromoted n2 )", (place("n2", true), place("n2", false))),
            ("Move d:1 ( Promoted n2 -> Stopped n1 )", (place("n2", true), place("n1", false))),
            ("Recover d:1 ( Promoted n2 )", (place("n2", true), place("n2", true))),
        ];
        for (text, expected) in cases {
            let planned = planned(text).map(|planned| (planned.from, planned.to));
            assert_eq!(planned, Some(expected), "{text}");
        }
        assert_eq!(planned("Fence (reboot) n2 'peer is no longer part of the cluster'"), None);
    }

    #[test]
    fn how_operations_ended() {
        let read = |text| ended(text, false).map(|ended| (ended.operation, ended.recurs, ended.node, ended.ok));
        let expected = |operation: &str, recurs, ok| Some((operation.to_string(), recurs, "n1".to_string(), ok));
        assert_eq!(read("start of a on n1: ok after 5 ms"), expected("start", false, true));
        assert_eq!(read("monitor (every 10 s) of a on n1: ok after 4 ms"), expected("monitor", true, true));
        assert_eq!(read("stop of a on n1: error after 20.0 s (timed out): why"), expected("stop", false, false));
    }
}
