//! Passwords that people gave for hosts: kept while the program runs, printed by nothing.
//!
//! In: a person's words. Out: the password of a login.
//! Absent: asking for them.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Default)]
pub struct Passwords {
    /// By host and user.
    given: BTreeMap<(String, String), String>,
    everywhere: Option<String>,
}

impl Passwords {
    /// One for every login that has none of its own.
    pub fn everywhere(password: String) -> Passwords {
        Passwords { given: BTreeMap::new(), everywhere: Some(password) }
    }

    pub fn give(&mut self, host: &str, user: &str, password: String) {
        self.given.insert((host.to_string(), user.to_string()), password);
    }

    pub fn of(&self, host: &str, user: &str) -> Option<&str> {
        let own = self.given.get(&(host.to_string(), user.to_string()));
        own.or(self.everywhere.as_ref()).map(String::as_str)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords of {} logins", self.given.len() + usize::from(self.everywhere.is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_its_logins_and_is_never_printed() {
        let mut passwords = Passwords::default();
        passwords.give("n2", "root", "secret".into());
        assert_eq!((passwords.of("n2", "root"), passwords.of("n2", "admin")), (Some("secret"), None));
        assert!(!format!("{passwords:?}").contains("secret"));
        assert_eq!(Passwords::everywhere("all".into()).of("n2", "admin"), Some("all"));
    }
}
