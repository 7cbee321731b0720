//! Values by their path, such as `nodelist.node.ring0_addr`: the sections from outside in, then the key.
//!
//! In: a file and a path. Out: values, or the file changed; what is missing on the way is made.
//! Absent: which paths mean something.

use super::{Section, Value};
use std::fmt;
use std::str::FromStr;

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub sections: Vec<String>,
    pub key: String,
}

/// Why a value cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("`{0}` is no path: it wants SECTION.KEY, as in totem.token")]
    NotAPath(String),
    #[error("`{0}` cannot be a value: it has a brace or a line's end, or is empty")]
    NotAValue(String),
    #[error("there is no `{0}`")]
    NotThere(Path),
    /// Places are counted from 0.
    #[error("there is no place {place} of `{path}`, there are {count}")]
    NoSuchPlace { path: Path, place: usize, count: usize },
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sections.iter().try_for_each(|section| write!(f, "{section}."))?;
        f.write_str(&self.key)
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Path, PathError> {
        let is_word = |word: &&str| {
            !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
        };
        let words: Vec<&str> = text.split('.').collect();
        match words.split_last() {
            Some((key, sections)) if !sections.is_empty() && words.iter().all(is_word) => {
                let sections = sections.iter().map(ToString::to_string).collect();
                Ok(Path { sections, key: (*key).to_string() })
            }
            _ => Err(PathError::NotAPath(text.to_string())),
        }
    }
}

/// All sections that a path leads to, in their order.
pub fn sections<'a>(file: &'a Section, names: &[String]) -> Vec<&'a Section> {
    names.iter().fold(vec![file], |found, name| {
        let inside = |section: &'a Section| {
            let inside: Vec<&Section> = section.items.iter().filter_map(|item| item.section(name)).collect();
            inside
        };
        found.into_iter().flat_map(inside).collect()
    })
}

/// All values that a path leads to, in their order.
pub fn values<'a>(file: &'a Section, path: &Path) -> Vec<&'a Value> {
    sections(file, &path.sections).into_iter().filter_map(|section| section.value(&path.key)).collect()
}

/// Sets the value in the nth (from 0) of the sections that the path leads to; where there is none, they are made.
///
/// # Errors
/// There is no such section, or this cannot be a value.
pub fn set(file: &mut Section, path: &Path, place: usize, value: &str) -> Result<(), PathError> {
    if value.trim().is_empty() || value.contains(['{', '}', '\n', '\r']) {
        return Err(PathError::NotAValue(value.to_string()));
    }
    let count = sections(file, &path.sections).len();
    let section = match nth(file, &path.sections, &mut place.clone()) {
        Some(section) => section,
        None if count == 0 && place == 0 => made(file, &path.sections),
        None => return Err(PathError::NoSuchPlace { path: path.clone(), place, count }),
    };
    section.set(&path.key, value.trim());
    Ok(())
}

/// Removes the value from the nth (from 0) of the sections that the path leads to.
///
/// # Errors
/// It is not there.
pub fn remove(file: &mut Section, path: &Path, place: usize) -> Result<(), PathError> {
    let removed = nth(file, &path.sections, &mut place.clone()).is_some_and(|section| section.remove(&path.key));
    if removed { Ok(()) } else { Err(PathError::NotThere(path.clone())) }
}

fn nth<'a>(section: &'a mut Section, names: &[String], left: &mut usize) -> Option<&'a mut Section> {
    let Some((first, rest)) = names.split_first() else {
        let is_it = *left == 0;
        *left = left.wrapping_sub(1);
        return is_it.then_some(section);
    };
    section.sections_mut(first).find_map(|inside| nth(inside, rest, left))
}

fn made<'a>(file: &'a mut Section, names: &[String]) -> &'a mut Section {
    names.iter().fold(file, |section, name| match section.sections(name).count() {
        0 => section.add_section(name),
        _ => section.section_mut(name).expect("it is there"),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::parse;
    use super::*;

    const TEXT: &str = "totem {\n    token: 3000\n}\nnodelist {\n    node {\n        ring0_addr: a\n    }\n    # two\n    node {\n        ring0_addr: b\n        name: n2\n    }\n}\n";

    fn after(path: &str, place: usize, value: &str) -> Result<String, PathError> {
        let mut file = parse(TEXT).unwrap();
        set(&mut file, &path.parse()?, place, value).map(|()| file.to_string())
    }

    #[test]
    fn a_value_is_set_where_its_path_leads() {
        let cases = [
            ("totem.token", 0, "5000", "token: 3000", "token: 5000"),
            ("totem.transport", 0, "knet", "3000\n", "3000\n    transport: knet\n"),
            ("nodelist.node.ring0_addr", 1, "c", "ring0_addr: b", "ring0_addr: c"),
            ("nodelist.node.name", 0, "n1", "ring0_addr: a\n", "ring0_addr: a\n        name: n1\n"),
        ];
        for (path, place, value, old, new) in cases {
            assert_eq!(after(path, place, value).unwrap(), TEXT.replace(old, new), "{path}");
        }
        let device = "quorum {\n    device {\n        net {\n            host: q\n        }\n    }\n}\n";
        assert_eq!(after("quorum.device.net.host", 0, "q").unwrap(), format!("{TEXT}{device}"));
    }

    #[test]
    fn what_cannot_be_set_is_told() {
        let cases = [
            ("token", 0, "1", "`token` is no path: it wants SECTION.KEY, as in totem.token"),
            ("totem.to ken", 0, "1", "`totem.to ken` is no path: it wants SECTION.KEY, as in totem.token"),
            ("totem.token", 0, "{", "`{` cannot be a value: it has a brace or a line's end, or is empty"),
            ("totem.token", 0, " ", "` ` cannot be a value: it has a brace or a line's end, or is empty"),
            ("nodelist.node.name", 2, "x", "there is no place 2 of `nodelist.node.name`, there are 2"),
            ("quorum.provider", 1, "x", "there is no place 1 of `quorum.provider`, there are 0"),
        ];
        for (path, place, value, error) in cases {
            assert_eq!(after(path, place, value).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn values_are_found_and_removed() {
        let mut file = parse(TEXT).unwrap();
        let address: Path = "nodelist.node.ring0_addr".parse().unwrap();
        let found: Vec<(&str, usize, usize)> =
            values(&file, &address).iter().map(|value| (value.value.as_str(), value.line, value.column)).collect();
        assert_eq!(found, [("a", 6, 9), ("b", 10, 9)]);
        let name: Path = "nodelist.node.name".parse().unwrap();
        assert_eq!(remove(&mut file, &name, 0), Err(PathError::NotThere(name.clone())));
        remove(&mut file, &name, 1).unwrap();
        assert_eq!(file.to_string(), TEXT.replace("        name: n2\n", ""));
    }
}
