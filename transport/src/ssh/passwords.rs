//! Passwords that people gave for hosts: kept while the program runs, printed by nothing.
//!
//! In: a person's words. Out: the password of a login.
//! Absent: asking for them.

use super::Target;
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

    pub fn give(&mut self, target: &Target, password: String) {
        self.given.insert((target.host.clone(), target.user.clone()), password);
    }

    pub fn of(&self, target: &Target) -> Option<&str> {
        let own = self.given.get(&(target.host.clone(), target.user.clone()));
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
        let target = |user: &str| Target { host: "n2".into(), port: 22, user: user.into() };
        let mut passwords = Passwords::default();
        passwords.give(&target("root"), "secret".into());
        assert_eq!((passwords.of(&target("root")), passwords.of(&target("admin"))), (Some("secret"), None));
        assert!(!format!("{passwords:?}").contains("secret"));
        assert_eq!(Passwords::everywhere("all".into()).of(&target("admin")), Some("all"));
    }
}
