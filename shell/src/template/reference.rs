//! References in a template's body: `%NAME` for a template's prefix, `%NAME:PARAMETER` for a value.
//!
//! In: a text and what names there are. Out: where they are in it.
//! Absent: what stands in their place.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'t> {
    /// With its `%`.
    pub range: Range<usize>,
    pub name: &'t str,
    pub parameter: Option<&'t str>,
}

/// The references to these names. Of names that begin alike, the longest is meant.
pub fn references<'t>(text: &'t str, is_name: &dyn Fn(&str) -> bool) -> Vec<Reference<'t>> {
    text.match_indices('%').filter_map(|(start, _)| reference(text, start, is_name)).collect()
}

fn reference<'t>(text: &'t str, start: usize, is_name: &dyn Fn(&str) -> bool) -> Option<Reference<'t>> {
    let after = &text[start + 1..];
    let longest = after.find(|c: char| !is_of_name(c)).unwrap_or(after.len());
    let ends = |end: usize| after[end..].chars().next().is_none_or(|next| !is_of_word(next));
    let end = (1..=longest).rev().find(|end| ends(*end) && is_name(&after[..*end]))?;
    let parameter = after[end..].strip_prefix(':').map(|rest| {
        let end = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
        &rest[..end]
    });
    let parameter = parameter.filter(|parameter| !parameter.is_empty());
    let length = 1 + end + parameter.map_or(0, |parameter| 1 + parameter.len());
    Some(Reference { range: start..start + length, name: &after[..end], parameter })
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_of_name(c: char) -> bool {
    is_of_word(c) || c == '-'
}

/// The text with the names in its references put into other words; `None` leaves one as it is.
pub fn reworded(text: &str, is_name: &dyn Fn(&str) -> bool, word: &dyn Fn(&Reference) -> Option<String>) -> String {
    let mut result = String::new();
    let mut from = 0;
    for reference in references(text, is_name) {
        if let Some(word) = word(&reference) {
            result.push_str(&text[from..reference.range.start]);
            result.push_str(&word);
            from = reference.range.end;
        }
    }
    result + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let known = |name: &str| ["_", "ip", "gfs2", "gfs2-base"].contains(&name);
        let found: Vec<_> = references(text, &known).into_iter().map(|one| (one.name, one.parameter)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_longest_name_that_ends_there_is_meant() {
        check("c-%_:id", &[("_", Some("id"))]);
        check("colo-%_:id-%ip:id", &[("_", Some("id")), ("ip", Some("id"))]);
        check("%gfs2-base", &[("gfs2-base", None)]);
        check("%gfs2-other:x", &[("gfs2", None)]);
        check("%ip: 100% of %ips", &[("ip", None)]);
        check("%_:sbd_device", &[("_", Some("sbd_device"))]);
    }
}
