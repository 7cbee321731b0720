//! What a configuration of Pacemaker's has that our daemon does not do yet, by name.
//!
//! In: a document. Out: sentences.
//! Absent: hosts (see `quorate_bootstrap::migration`).

use quorate_core::cib::Document;
use quorate_core::schema;
use quorate_core::xml::Element;

/// The classes of agents that are run.
const CLASSES: [&str; 5] = ["ocf", "systemd", "lsb", "service", "stonith"];

/// All that speaks against running it.
pub fn of_configuration(document: &Document) -> Vec<String> {
    let mut found: Vec<String> = schema::faults(document.root())
        .iter()
        .map(|fault| {
            format!(
                "the configuration is not what its schema allows: {}",
                schema::in_short(std::slice::from_ref(fault))
            )
        })
        .collect();
    found.extend(document.configuration().descendants().filter_map(of_element));
    found
}

fn of_element(element: &Element) -> Option<String> {
    let id = element.id().unwrap_or_default();
    match &*element.name {
        "primitive" => of_primitive(element, id),
        "bundle" if element.child("primitive").is_some() => {
            Some(format!("bundle {id} has a resource inside: that needs a remote daemon in its container"))
        }
        "node" if element.attr("type") == Some("remote") => Some(format!("node {id} is a remote node")),
        "nvpair" if element.attr("name") == Some("remote-node") => {
            Some(format!("{} is a guest node", element.attr("value").unwrap_or_default()))
        }
        _ => None,
    }
}

fn of_primitive(primitive: &Element, id: &str) -> Option<String> {
    let (class, provider, kind) = (primitive.attr("class"), primitive.attr("provider"), primitive.attr("type"));
    match (class, provider, kind) {
        (_, Some("pacemaker"), Some("remote")) => Some(format!("{id} is a remote node")),
        (Some(class), ..) if !CLASSES.contains(&class) => Some(format!("{id} is of class {class}")),
        _ => None,
    }
}

/// What would be done, without what only fence devices are concerned with: every manager begins them anew.
pub fn that_matter(document: &Document, changes: Vec<String>) -> Vec<String> {
    let primitives = document.configuration().descendants().filter(|element| element.name == "primitive");
    let devices: Vec<&str> =
        primitives.filter(|one| one.attr("class") == Some("stonith")).filter_map(Element::id).collect();
    let about = |change: &String| change.split_whitespace().any(|word| devices.contains(&word));
    changes.into_iter().filter(|change| !about(change)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(resources: &str, expected: &str) {
        let document = Document::read(&format!(
            "<cib validate-with='pacemaker-3.9' epoch='1' num_updates='0' admin_epoch='0'><configuration><crm_config/>\
             <nodes/><resources>{resources}</resources><constraints/></configuration><status/></cib>"
        ));
        assert_eq!(of_configuration(&document.unwrap()).join("; "), expected, "{resources}");
    }

    #[test]
    fn what_is_not_done_yet_is_named() {
        check("<primitive id='a' class='ocf' provider='heartbeat' type='Dummy'/>", "");
        check("<primitive id='a' class='ocf' provider='pacemaker' type='remote'/>", "a is a remote node");
        check("<primitive id='a' class='upstart' type='x'/>", "a is of class upstart");
        let guest = "<primitive id='a' class='lsb' type='x'><meta_attributes id='m'>\
                     <nvpair id='r' name='remote-node' value='g'/></meta_attributes></primitive>";
        check(guest, "g is a guest node");
        let bundle = "<bundle id='b'><docker image='i'/><network control-port='1'/>\
                      <primitive id='p' class='ocf' provider='heartbeat' type='Dummy'/></bundle>";
        check(bundle, "bundle b has a resource inside: that needs a remote daemon in its container");
    }

    #[test]
    fn fence_devices_are_begun_anew_by_every_manager() {
        let document = Document::read(
            "<cib validate-with='pacemaker-3.9'><configuration><crm_config/><nodes/><resources>\
             <primitive id='f' class='stonith' type='fence_x'/></resources><constraints/></configuration><status/></cib>",
        )
        .unwrap();
        let changes = vec!["Start      f (n1)".to_string(), "Start      fs (n1)".to_string()];
        assert_eq!(that_matter(&document, changes), ["Start      fs (n1)"]);
    }
}
