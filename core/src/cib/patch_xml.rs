//! Patches as XML: Pacemaker's patchset format 2, written and read.

use super::patch::{AttributeChange, Change, Patch};
use super::version::Version;
use crate::xml::Element;
use crate::xml::path::{Path, Step};
use std::fmt;

/// Why an element is not a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchError(pub String);

impl fmt::Display for PatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatchError {}

impl Patch {
    /// `<diff format="2">…</diff>`.
    pub fn to_xml(&self) -> Element {
        let mut version = Element::new("version");
        version.push(version_xml("source", self.source));
        version.push(version_xml("target", self.target));
        let mut diff = Element::new("diff").with("format", "2").with_child(version);
        for change in &self.changes {
            change_xml(change, &mut diff);
        }
        diff
    }

    /// The same for a document of this version: a patch that names none (`crm_diff --no-version`) is for any.
    ///
    /// # Errors
    /// As [`Patch::from_xml`].
    pub fn from_xml_for(diff: &Element, current: Version) -> Result<Patch, PatchError> {
        if diff.child("version").is_some() {
            return Patch::from_xml(diff);
        }
        of_format_2(diff)?;
        Ok(Patch { source: current, target: current, changes: changes(diff)? }.made_for(current))
    }

    /// Reads `<diff format="2">…</diff>`.
    ///
    /// # Errors
    /// The element is no patch of this format.
    pub fn from_xml(diff: &Element) -> Result<Patch, PatchError> {
        of_format_2(diff)?;
        let version = diff.child("version").ok_or_else(|| PatchError("the patch names no versions".into()))?;
        Ok(Patch {
            source: version_from_xml(version, "source")?,
            target: version_from_xml(version, "target")?,
            changes: changes(diff)?,
        })
    }
}

fn of_format_2(diff: &Element) -> Result<(), PatchError> {
    if diff.name == "diff" && diff.attr("format") == Some("2") {
        return Ok(());
    }
    let format = diff.attr("format").unwrap_or_default();
    Err(PatchError(format!("<{} format=\"{format}\"> is not a patch of format 2", diff.name)))
}

fn changes(diff: &Element) -> Result<Vec<Change>, PatchError> {
    diff.elements_named("change").map(change_from_xml).collect()
}

fn version_xml(name: &str, version: Version) -> Element {
    Element::new(name)
        .with("admin_epoch", version.admin_epoch.to_string())
        .with("epoch", version.epoch.to_string())
        .with("num_updates", version.num_updates.to_string())
}

fn version_from_xml(parent: &Element, name: &str) -> Result<Version, PatchError> {
    let element = parent.child(name).ok_or_else(|| PatchError(format!("the patch names no {name} version")))?;
    let number = |attribute: &str| {
        let text = element.attr(attribute).unwrap_or("0");
        text.parse().map_err(|_| PatchError(format!("{name} {attribute}=\"{text}\" is no number")))
    };
    Ok(Version { admin_epoch: number("admin_epoch")?, epoch: number("epoch")?, num_updates: number("num_updates")? })
}

fn change_xml(change: &Change, diff: &mut Element) {
    let new = |operation: &str, path: &Path| {
        Element::new("change").with("operation", operation).with("path", path.to_string())
    };
    match change {
        Change::Create { parent, position, node } => {
            let mut element = new("create", parent).with("position", position.to_string());
            element.children.push(node.clone());
            diff.push(element);
        }
        Change::Delete { path } => diff.push(new("delete", path)),
        Change::DeleteComment { parent, position } => {
            let path = parent.join(Step { name: "comment".into(), id: None });
            diff.push(new("delete", &path).with("position", position.to_string()));
        }
        Change::Modify { path, attributes, result } => {
            let mut list = Element::new("change-list");
            for attribute in attributes {
                list.push(attribute_xml(attribute));
            }
            let name = path.0.last().map_or("", |step| step.name.as_str());
            let mut after = Element::new(name);
            after.attributes.clone_from(result);
            let after = Element::new("change-result").with_child(after);
            diff.push(new("modify", path).with_child(list).with_child(after));
        }
        Change::Move { path, position } => {
            diff.push(new("move", path).with("position", position.to_string()));
        }
    }
}

fn attribute_xml(attribute: &AttributeChange) -> Element {
    match attribute {
        AttributeChange::Set { name, value } => {
            Element::new("change-attr").with("name", name).with("operation", "set").with("value", value)
        }
        AttributeChange::Unset { name } => Element::new("change-attr").with("name", name).with("operation", "unset"),
    }
}

fn change_from_xml(change: &Element) -> Result<Change, PatchError> {
    let text = change.attr("path").unwrap_or_default();
    let path = Path::parse(text).ok_or_else(|| PatchError(format!("`{text}` is not a path")))?;
    let position = || {
        let text = change.attr("position").unwrap_or_default();
        text.parse().map_err(|_| PatchError(format!("position=\"{text}\" is no number")))
    };
    match change.attr("operation").unwrap_or_default() {
        "create" => {
            let node = change.children.first().cloned();
            let node = node.ok_or_else(|| PatchError(format!("nothing to create in {path}")))?;
            Ok(Change::Create { parent: path, position: position()?, node })
        }
        "delete" => match path.split_last() {
            Some((parent, step)) if step.name == "comment" && change.attr("position").is_some() => {
                Ok(Change::DeleteComment { parent, position: position()? })
            }
            _ => Ok(Change::Delete { path }),
        },
        "move" => Ok(Change::Move { path, position: position()? }),
        "modify" => {
            let list = change.child("change-list");
            let attributes =
                list.iter().flat_map(|list| list.elements()).map(attribute_from_xml).collect::<Result<_, _>>()?;
            let result = change
                .child("change-result")
                .and_then(|result| result.elements().next())
                .map(|element| element.attributes.clone())
                .unwrap_or_default();
            Ok(Change::Modify { path, attributes, result })
        }
        other => Err(PatchError(format!("unknown change operation `{other}` on {path}"))),
    }
}

fn attribute_from_xml(element: &Element) -> Result<AttributeChange, PatchError> {
    let name = element.attr("name").unwrap_or_default().to_string();
    match (element.attr("operation"), element.attr("value")) {
        (Some("set"), Some(value)) => Ok(AttributeChange::Set { name, value: value.to_string() }),
        (Some("unset"), _) => Ok(AttributeChange::Unset { name }),
        _ => Err(PatchError(format!("change of attribute `{name}` is neither set nor unset"))),
    }
}
