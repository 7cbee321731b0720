//! Schema versions, as `validate-with` names them.

/// `pacemaker-MAJOR.MINOR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schema {
    pub major: u8,
    pub minor: u8,
}

/// The last minor version of each major one, from 1. (1.1, which was for development, is taken for
/// what came of it.)
const LAST: [u8; 4] = [3, 10, 10, 0];

impl Schema {
    /// A schema there has been; `None` for all else.
    pub fn parse(text: &str) -> Option<Schema> {
        let (major, minor) = text.strip_prefix("pacemaker-")?.split_once('.')?;
        let schema = Schema { major: major.parse().ok()?, minor: minor.parse().ok()? };
        let last = LAST.get(usize::from(schema.major.checked_sub(1)?))?;
        (schema.minor <= *last).then_some(schema)
    }
}

impl std::fmt::Display for Schema {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "pacemaker-{}.{}", self.major, self.minor)
    }
}
