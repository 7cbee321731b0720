//! Who is let in, and how many: a user who keeps too many connections loses the one that was idle
//! longest, so that tools always find a place; strangers are counted and told of once a minute.
//!
//! In: who connects, when. Out: whose connection has to go, and what is to be logged.
//! Absent: sockets (see `server`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::ClientId;

/// Connections in all: a descriptor each, and the daemon needs more for agents and its disk.
pub const CONNECTIONS_MAX: usize = 1024;
/// Of one user: tools, monitors and then some.
pub const CONNECTIONS_OF_USER_MAX: usize = 256;
/// Between two remarks about those who were not let in.
const REMARK_EVERY: Duration = Duration::from_secs(60);

/// The connections there are.
#[derive(Debug)]
pub struct Places {
    max: usize,
    guests: BTreeMap<ClientId, Guest>,
}

#[derive(Debug)]
struct Guest {
    uid: u32,
    /// Whether it has ever asked anything.
    asked: bool,
    last: Instant,
}

impl Places {
    /// Places for so many connections, whoever they are of.
    pub fn new(max: usize) -> Places {
        Places { max, guests: BTreeMap::new() }
    }

    /// Lets a connection in; who is returned has to go for it.
    pub fn enter(&mut self, client: ClientId, uid: u32, now: Instant) -> Option<ClientId> {
        let of_user = |wanted: u32| self.guests.values().filter(|guest| guest.uid == wanted).count();
        let crowded = if of_user(uid) >= CONNECTIONS_OF_USER_MAX.min(self.max) {
            Some(uid)
        } else if self.guests.len() >= self.max {
            self.guests.values().map(|guest| guest.uid).max_by_key(|uid| of_user(*uid))
        } else {
            None
        };
        let goes = crowded.and_then(|uid| self.idlest(uid));
        if let Some(goes) = goes {
            self.guests.remove(&goes);
        }
        self.guests.insert(client, Guest { uid, asked: false, last: now });
        goes
    }

    /// Those that never asked go first, then those that were used longest ago.
    fn idlest(&self, uid: u32) -> Option<ClientId> {
        let of_user = self.guests.iter().filter(|(_, guest)| guest.uid == uid);
        of_user.min_by_key(|(_, guest)| (guest.asked, guest.last)).map(|(client, _)| *client)
    }

    /// It asked or was told something.
    pub fn used(&mut self, client: ClientId, now: Instant) {
        if let Some(guest) = self.guests.get_mut(&client) {
            guest.asked = true;
            guest.last = now;
        }
    }

    /// The client's place is free again.
    pub fn left(&mut self, client: ClientId) {
        self.guests.remove(&client);
    }
}

/// Those who were not let in.
#[derive(Debug, Default)]
pub struct Strangers {
    since: Option<Instant>,
    silent: u64,
}

impl Strangers {
    /// What is to be said of another one, if anything.
    pub fn turned_away(&mut self, why: &str, now: Instant) -> Option<String> {
        if self.since.is_some_and(|since| now < since + REMARK_EVERY) {
            self.silent += 1;
            return None;
        }
        self.since = Some(now);
        Some(match std::mem::take(&mut self.silent) {
            0 => why.to_string(),
            more => format!("{why}; {more} more were refused since this was said last"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users enter one after another, as `uid` or, having asked something, `uid!`; who had to go.
    #[track_caller]
    fn check(max: usize, entering: &str, expected: &str) {
        let mut places = Places::new(max);
        let begin = Instant::now();
        let mut gone = Vec::new();
        for (number, word) in entering.split_whitespace().enumerate() {
            let now = begin + Duration::from_secs(number as u64);
            let client = ClientId(number as u64);
            let uid = word.trim_end_matches('!').parse().expect("a user");
            gone.extend(places.enter(client, uid, now).map(|client| client.0.to_string()));
            if word.ends_with('!') {
                places.used(client, now);
            }
        }
        assert_eq!(gone.join(" "), expected, "{entering}");
    }

    #[test]
    fn who_was_idle_longest_goes_for_another_of_the_same_user() {
        check(3, "0 0 0", "");
        check(3, "0 0 0 0 0", "0 1");
        check(3, "0! 0 0! 0 0", "1 3");
        check(3, "0! 0! 0! 0", "0");
    }

    #[test]
    fn a_crowd_makes_room_for_another_user() {
        check(4, "7 7 7 0! 0", "0");
        check(4, "0! 7 7 7 7 7 0", "1 2 3");
    }

    #[test]
    fn strangers_are_told_of_once_a_minute() {
        let mut strangers = Strangers::default();
        let begin = Instant::now();
        let mut said = Vec::new();
        for second in 0..130 {
            said.extend(strangers.turned_away("no", begin + Duration::from_secs(second)));
        }
        let more = "no; 59 more were refused since this was said last";
        assert_eq!(said, ["no", more, more]);
    }
}
