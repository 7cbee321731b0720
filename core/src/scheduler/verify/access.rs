//! Access lists that nobody asks, and permissions on what there is not.
//!
//! In: the configuration as it is written, and as it is read. Out: notes.
//! Absent: references that are none (the schema's), what a permission allows (see `cib::acl`).

use crate::cib::Document;
use crate::cib::acl::is_in_force;
use crate::cib::model::Configuration;
use crate::cib::model::acl::{AclPermission, AclScope};
use crate::note::Note;
use crate::schema::{self, checked};
use crate::xml::Element;
use crate::xml::xpath::XPath;
use quorate_grammar::diagnostic::closest;
use std::collections::BTreeSet;

/// Elements of a document that no configuration has.
const BESIDE: [&str; 11] = [
    "cib",
    "configuration",
    "lrm",
    "lrm_resource",
    "lrm_resources",
    "lrm_rsc_op",
    "node_state",
    "status",
    "ticket_state",
    "tickets",
    "transient_attributes",
];

pub fn notes(document: &Document, model: &Configuration) -> Vec<Note> {
    let acls = &model.acls;
    let subjects = || acls.users.iter().chain(&acls.groups);
    let mut notes = Vec::new();
    let any = subjects().map(|one| &one.id).chain(acls.roles.iter().map(|role| &role.id)).next();
    if let Some(first) = any.filter(|_| !is_in_force(document)) {
        let text = "access lists have no effect unless `enable-acl` is true: everybody may do everything";
        notes.push(Note::info(first.as_str(), text).at("enable-acl"));
    }
    for role in &acls.roles {
        if !subjects().any(|one| one.roles.contains(&role.id)) {
            notes.push(Note::info(role.id.as_str(), "no user and no group has this role"));
        }
        let about = role.id.as_str();
        notes.extend(role.permissions.iter().filter_map(|one| of_nothing(document.root(), about, one)));
    }
    for subject in subjects().filter(|subject| subject.roles.is_empty()) {
        notes.push(Note::info(subject.id.as_str(), format!("`{}` has no role, and may do nothing", subject.name)));
    }
    notes
}

/// A permission on what there is not, and is not likely to come by itself.
fn of_nothing(root: &Element, role: &str, permission: &AclPermission) -> Option<Note> {
    match &permission.scope {
        AclScope::Element { kind, .. } => {
            let known = elements();
            let near = closest(kind, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
            let text = format!("no element is called `{kind}`{}", near.unwrap_or_default());
            (kind != "*" && !known.contains(kind.as_str())).then(|| Note::info(role, text).at(kind.as_str()))
        }
        AclScope::Reference(_) => None,
        AclScope::Xpath(text) => {
            let why = match XPath::parse(text).and_then(|path| path.find(root)) {
                Err(error) => format!("this XPath cannot be used: {error}"),
                Ok(found) if !found.is_empty() => return None,
                Ok(_) => missing(root, text)?,
            };
            Some(Note::info(role, why).at(text.as_str()))
        }
    }
}

/// What an expression that finds nothing names and no document has. What is to be made may well not be there yet,
/// such as the attribute `target-role` of a resource.
fn missing(root: &Element, xpath: &str) -> Option<String> {
    let known = elements();
    let unknown = steps(xpath).find(|name| !known.contains(name));
    if let Some(name) = unknown {
        let near = closest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        return Some(format!("this XPath finds nothing: no element is called `{name}`{}", near.unwrap_or_default()));
    }
    let id = ids(xpath).find(|id| root.find_id(id).is_none())?;
    Some(format!("this XPath finds nothing: nothing has the id `{id}`"))
}

fn elements() -> BTreeSet<&'static str> {
    checked().flat_map(schema::elements).chain(BESIDE).collect()
}

/// Names of elements in the steps of a path.
fn steps(xpath: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    // What stands in brackets is asked of an element, and may hold anything.
    let outside = xpath.split_inclusive(['[', ']']).filter(move |part| {
        let before = depth;
        depth += if part.ends_with('[') { 1 } else { -i32::from(part.ends_with(']')) };
        before == 0
    });
    let names = outside.flat_map(|part| part.split(['/', '[', ']', '|', ' ']));
    names.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) && !name.is_empty())
}

/// The ids that a path names: `[@id='…']`.
fn ids(xpath: &str) -> impl Iterator<Item = &str> {
    let after = xpath.split("@id=").skip(1);
    after.filter_map(|text| {
        let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        text[1..].split(quote).next()
    })
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, dummy};

    const ON: &str = "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"e\" name=\"enable-acl\" \
                      value=\"true\"/></cluster_property_set></crm_config>";

    fn acls(permission: &str) -> String {
        format!(
            "<acls><acl_role id=\"r\"><acl_permission id=\"a\" kind=\"read\" {permission}/></acl_role>\
             <acl_target id=\"u\"><role id=\"r\"/></acl_target></acls>"
        )
    }

    #[test]
    fn lists_that_nobody_asks_are_told() {
        let all = acls("xpath=\"/cib\"");
        check(&all, "info u enable-acl");
        check(&format!("{ON}{all}"), "");
        check(&format!("{ON}{}", all.replace("<role id=\"r\"/>", "")), "info r ; info u ");
        check(ON, "");
    }

    #[test]
    fn a_permission_on_what_there_is_not_is_told() {
        let with = |permission: &str, expected: &str| {
            check(&format!("{ON}{}{}", dummy(""), acls(permission)), expected);
        };
        with("object-type=\"primitive\"", "");
        with("object-type=\"lrm_resource\"", "");
        with("object-type=\"primitve\"", "info r primitve");
        with("reference=\"p\"", "");
        for quiet in [
            "/cib",
            "//primitive[@id='p']",
            "//primitive[@id='p']/meta_attributes/nvpair[@name='target-role']",
            "//crm_config//nvpair[@name='maintenance-mode']",
            "//node_state[@uname='n1']",
            "//*[contains(@id, 'nosuch')]",
            "/cib/configuration/constraints/rsc_location | //template",
        ] {
            with(&format!("xpath=\"{quiet}\""), "");
        }
        for wrong in ["//primitive[@id='q']", "//primitve", "/cib/config/nodes", "//nodes[", "//node | //grop"] {
            with(&format!("xpath=\"{wrong}\""), &format!("info r {wrong}"));
        }
    }
}
