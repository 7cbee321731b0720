//! Fencing topology, access lists and alerts.
//!
//! In: their sections. Out: their models.

use super::{Reader, owned};
use crate::cib::model::acl::{AclKind, AclPermission, AclRole, AclScope, AclSubject, Acls};
use crate::cib::model::alert::{Alert, AlertSelection, Recipient};
use crate::cib::model::fencing::{FencingLevel, FencingTarget};
use crate::note::Note;
use crate::xml::Element;

impl<'a> Reader<'a> {
    pub(super) fn fencing_levels(&mut self, section: Option<&'a Element>) -> Vec<FencingLevel> {
        let levels = section.into_iter().flat_map(|s| s.elements_named("fencing-level"));
        levels.filter_map(|level| self.fencing_level(level)).collect()
    }

    fn fencing_level(&mut self, element: &'a Element) -> Option<FencingLevel> {
        let id = element.id().unwrap_or("").to_owned();
        let target = match (element.attr("target"), element.attr("target-pattern"), element.attr("target-attribute")) {
            (Some(node), _, _) => FencingTarget::Node(node.to_owned()),
            (_, Some(pattern), _) => FencingTarget::Pattern(pattern.to_owned()),
            (_, _, Some(name)) => FencingTarget::Attribute {
                name: name.to_owned(),
                value: owned(element, "target-value").unwrap_or_default(),
            },
            _ => {
                self.notes.push(Note::error(id, "ignoring this fencing level because it has no target"));
                return None;
            }
        };
        let index = element.attr("index").and_then(|text| text.parse().ok()).filter(|index| (1..=9).contains(index));
        let Some(index) = index else {
            self.notes.push(Note::error(id, "ignoring this fencing level because its index is not 1 to 9"));
            return None;
        };
        let devices = element.attr("devices").unwrap_or("").split(',').map(str::trim).filter(|d| !d.is_empty());
        Some(FencingLevel { devices: devices.map(str::to_owned).collect(), id, target, index })
    }

    pub(super) fn acls(&mut self, section: Option<&'a Element>) -> Acls {
        let Some(section) = section else { return Acls::default() };
        let subject = |element: &Element| AclSubject {
            id: element.id().unwrap_or("").to_owned(),
            name: owned(element, "name").or_else(|| owned(element, "id")).unwrap_or_default(),
            roles: element.elements_named("role").filter_map(|role| role.id()).map(str::to_owned).collect(),
        };
        Acls {
            roles: section.elements_named("acl_role").map(|role| self.acl_role(role)).collect(),
            users: section.elements_named("acl_target").map(subject).collect(),
            groups: section.elements_named("acl_group").map(subject).collect(),
        }
    }

    fn acl_role(&mut self, element: &'a Element) -> AclRole {
        AclRole {
            id: element.id().unwrap_or("").to_owned(),
            description: owned(element, "description"),
            permissions: element.elements_named("acl_permission").filter_map(|p| self.acl_permission(p)).collect(),
        }
    }

    fn acl_permission(&mut self, element: &'a Element) -> Option<AclPermission> {
        let id = element.id().unwrap_or("").to_owned();
        let kind = match element.attr("kind") {
            Some("read") => AclKind::Read,
            Some("write") => AclKind::Write,
            Some("deny") => AclKind::Deny,
            other => {
                let kind = other.unwrap_or("");
                self.notes.push(Note::error(
                    id,
                    format!("ignoring this permission because '{kind}' is not read, write or deny"),
                ));
                return None;
            }
        };
        let scope = match (element.attr("xpath"), element.attr("reference"), element.attr("object-type")) {
            (Some(xpath), _, _) => AclScope::Xpath(xpath.to_owned()),
            (_, Some(reference), _) => AclScope::Reference(reference.to_owned()),
            (_, _, Some(kind)) => AclScope::Element { kind: kind.to_owned(), attribute: owned(element, "attribute") },
            _ => {
                self.notes.push(Note::error(id, "ignoring this permission because it has no scope"));
                return None;
            }
        };
        Some(AclPermission { id, kind, scope, description: owned(element, "description") })
    }

    pub(super) fn alerts(&mut self, section: Option<&'a Element>) -> Vec<Alert> {
        section.into_iter().flat_map(|s| s.elements_named("alert")).map(|alert| self.alert(alert)).collect()
    }

    fn alert(&mut self, element: &'a Element) -> Alert {
        Alert {
            id: element.id().unwrap_or("").to_owned(),
            path: owned(element, "path").unwrap_or_default(),
            description: owned(element, "description"),
            select: element.child("select").map(selection),
            meta: self.sets(element, "meta_attributes"),
            parameters: self.sets(element, "instance_attributes"),
            recipients: element.elements_named("recipient").map(|r| self.recipient(r)).collect(),
        }
    }

    fn recipient(&mut self, element: &'a Element) -> Recipient {
        Recipient {
            id: element.id().unwrap_or("").to_owned(),
            value: owned(element, "value").unwrap_or_default(),
            description: owned(element, "description"),
            meta: self.sets(element, "meta_attributes"),
            parameters: self.sets(element, "instance_attributes"),
        }
    }
}

fn selection(element: &Element) -> AlertSelection {
    let names = |attributes: &Element| {
        attributes.elements_named("attribute").filter_map(|a| owned(a, "name")).collect::<Vec<_>>()
    };
    AlertSelection {
        nodes: element.child("select_nodes").is_some(),
        fencing: element.child("select_fencing").is_some(),
        resources: element.child("select_resources").is_some(),
        attributes: element.child("select_attributes").map(names),
    }
}
