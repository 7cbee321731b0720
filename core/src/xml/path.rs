//! Paths that name one element: `/cib/configuration/nodes/node[@id='1']`.
//!
//! In: the spelling patchsets and tools use. Out: [`Path`], which finds its element.
//! Absent: the rest of XPath (see `xpath`).

use super::tree::Element;
use super::unfit::{unfit_name, unfit_value};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One step: an element's name, and its id where several could be meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub id: Option<String>,
}

impl Step {
    /// The step that leads to this element.
    pub fn to(element: &Element) -> Step {
        Step { name: element.name.to_string(), id: element.id().map(str::to_string) }
    }

    /// Whether the step leads to this element.
    pub fn fits(&self, element: &Element) -> bool {
        element.name == *self.name && self.id.as_deref().is_none_or(|id| element.id() == Some(id))
    }
}

/// Steps from the root, the root included.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path one step further down.
    pub fn join(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }

    /// The path without its last step, and that step.
    pub fn split_last(&self) -> Option<(Path, &Step)> {
        let (last, parents) = self.0.split_last()?;
        Some((Path(parents.to_vec()), last))
    }

    /// Whether the element of this path holds the element of the other, or is the same.
    pub fn contains(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Reads a path; `None` if it is not of this form.
    pub fn parse(text: &str) -> Option<Path> {
        let mut rest = text;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            rest = rest.strip_prefix('/')?;
            let end = rest.find(['/', '[']).unwrap_or(rest.len());
            let name = rest[..end].to_string();
            if name.is_empty() {
                return None;
            }
            rest = &rest[end..];
            let mut id = None;
            if let Some(inside) = rest.strip_prefix("[@id=") {
                let quote = inside.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
                let value = &inside[1..];
                let close = value.find(quote)?;
                id = Some(value[..close].to_string());
                rest = value[close + 1..].strip_prefix(']')?;
            }
            steps.push(Step { name, id });
        }
        (!steps.is_empty()).then_some(Path(steps))
    }

    /// Why it cannot be written so that it is read again.
    pub fn unfit(&self) -> Option<String> {
        self.0.iter().find_map(|step| {
            let id = step.id.as_deref().unwrap_or_default();
            let quotes = id.contains('\'') && id.contains('"');
            let quotes = quotes.then(|| format!("the id {id} holds both kinds of quotes"));
            unfit_name(&step.name).or_else(|| unfit_value("id", id)).or(quotes)
        })
    }

    /// The element the path leads to.
    pub fn find<'a>(&self, root: &'a Element) -> Option<&'a Element> {
        let (first, rest) = self.0.split_first()?;
        let start = first.fits(root).then_some(root)?;
        rest.iter().try_fold(start, |at, step| at.elements().find(|child| step.fits(child)))
    }

    /// The element the path leads to, made the caller's own; nothing is copied if there is none.
    pub fn find_mut<'a>(&self, root: &'a mut Element) -> Option<&'a mut Element> {
        self.find(root)?;
        let (_, rest) = self.0.split_first()?;
        rest.iter().try_fold(root, |at, step| at.find_mut(|child| step.fits(child)))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match &step.id {
                Some(id) if id.contains('\'') => write!(f, "/{}[@id=\"{id}\"]", step.name)?,
                Some(id) => write!(f, "/{}[@id='{id}']", step.name)?,
                None => write!(f, "/{}", step.name)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::read;

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let root = read("<a><b id='1' v='x'/><b id='2' v='y'><c v='z'/></b></a>").expect("a document");
        let found = Path::parse(path).and_then(|path| path.find(&root)?.attr("v"));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn a_path_leads_to_its_element() {
        check("/a/b", Some("x"));
        check("/a/b[@id='2']", Some("y"));
        check("/a/b[@id=\"2\"]/c", Some("z"));
        check("/a/b[@id='3']", None);
        check("a/b", None);
        check("/a//b", None);
    }
}
