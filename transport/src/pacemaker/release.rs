//! Which Pacemaker it is, and what its tools do not know yet.
//!
//! In: what `pacemakerd --version` tells. Out: a [`Release`] that compares with others.
//! Absent: command lines (see `command`), who asks (see `guest`).

use std::fmt;

/// `2.1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

/// The oldest whose tools are known here.
pub const OLDEST: Release = release(2, 0, 0);

/// `attrd_updater` answers in XML; before, in lines (ChangeLog of 2.1.0).
pub const ATTRIBUTES_IN_XML: Release = release(2, 1, 0);

/// `attrd_updater --pattern` (ChangeLog of 2.1.6).
pub const ATTRIBUTE_PATTERNS: Release = release(2, 1, 6);

/// `attrd_updater --utilization` (ChangeLog of 2.1.6).
pub const ATTRIBUTES_OF_UTILIZATION: Release = release(2, 1, 6);

/// `attrd_updater --wait=cluster` (ChangeLog of 2.1.6).
pub const ATTRIBUTES_AWAITED: Release = release(2, 1, 6);

/// `stonith_admin` answers in XML (ChangeLog of 2.0.2).
pub const FENCING_IN_XML: Release = release(2, 0, 2);

/// Fencing options are called `fencing-…`, besides `stonith-…` (ChangeLog of 3.0.2).
pub const FENCING_NAMES: Release = release(3, 0, 2);

const fn release(major: u32, minor: u32, patch: u32) -> Release {
    Release { major, minor, patch }
}

impl Release {
    /// Of `Pacemaker 2.1.5-8.el9`, or of `Pacemaker 2.0.3 (Build: …)`.
    pub fn read(text: &str) -> Option<Release> {
        let word = text.strip_prefix("Pacemaker ")?.split_whitespace().next()?;
        let number = word.split(|c: char| !c.is_ascii_digit() && c != '.').next()?;
        let mut parts = number.split('.').map(str::parse);
        let mut next = || parts.next().unwrap_or(Ok(0)).ok();
        Some(release(next()?, next()?, next()?))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_from_what_the_daemon_says_of_itself() {
        for (text, expected) in [
            ("Pacemaker 2.1.5\nWritten by somebody\n", Some("2.1.5")),
            ("Pacemaker 2.1.5-8.el9\nWritten by", Some("2.1.5")),
            ("Pacemaker 2.0.3 (Build: 4b1f869f0f)", Some("2.0.3")),
            ("Pacemaker 3.0.0", Some("3.0.0")),
            ("Pacemaker 2.1.6-rc1", Some("2.1.6")),
            ("Pacemaker 3.1", Some("3.1.0")),
            ("Pacemaker", None),
            ("Pacemaker x", None),
            ("quorate 0.1.0", None),
            ("", None),
        ] {
            assert_eq!(Release::read(text).map(|found| found.to_string()).as_deref(), expected, "{text}");
        }
        assert!(release(2, 1, 10) > ATTRIBUTE_PATTERNS && release(2, 1, 5) < ATTRIBUTE_PATTERNS);
    }
}
