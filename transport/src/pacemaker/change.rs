//! What a commit means for a Pacemaker: the text of the patch, what its release does not know, and what is to be
//! said to its daemons afterwards.
//!
//! In: the document before and after. Out: a patch that Pacemaker applies to that version only; faults; nodes that
//! are gone.
//! Absent: schemas (see core's `schema`), sending it (see `guest`).

use super::release::{FENCING_NAMES, Release};
use quorate_core::cib::model::names;
use quorate_core::cib::{Document, diff};
use quorate_core::xml::{self, Element};
use std::collections::BTreeSet;

/// What brings one document to the other, in Pacemaker's words (patchset format 2). It takes the attributes of the
/// root as the patch gives them, all of them: versions among them.
pub fn patch(before: &Document, after: &Document) -> String {
    let mut patch = diff(before, after).to_xml();
    patch.retain_elements(|change| change.attr("path") != Some("/cib"));
    patch.push(root_change(before.root(), after.root()));
    xml::write(&patch)
}

fn root_change(before: &Element, after: &Element) -> Element {
    let mut list = Element::new("change-list");
    for (name, value) in after.attributes.iter() {
        if before.attr(name) != Some(value) {
            list.push(Element::new("change-attr").with("name", &**name).with("operation", "set").with("value", value));
        }
    }
    for (name, _) in before.attributes.iter() {
        if after.attr(name).is_none() {
            list.push(Element::new("change-attr").with("name", &**name).with("operation", "unset"));
        }
    }
    let mut root = Element::new("cib");
    root.attributes.clone_from(&after.attributes);
    let result = Element::new("change-result").with_child(root);
    Element::new("change").with("operation", "modify").with("path", "/cib").with_child(list).with_child(result)
}

/// Options that are set now under a name which not every release has, and their older names.
fn newer_names(before: &Document, after: &Document) -> impl Iterator<Item = (String, &'static str)> {
    let known = options(before);
    let new = options(after).into_iter().filter(move |name| !known.contains(name));
    new.filter_map(|name| names::until_schema_4(&name).map(|older| (name, older)))
}

/// Whether it depends on the release what becomes of the options.
pub fn sets_newer_names(before: &Document, after: &Document) -> bool {
    newer_names(before, after).next().is_some()
}

/// Options that are set now and that this release calls otherwise: it would take them, and do nothing.
pub fn unknown_option(before: &Document, after: &Document, release: Release) -> Option<String> {
    let (name, older) = newer_names(before, after).next().filter(|_| release < FENCING_NAMES)?;
    Some(format!("Pacemaker {release} does not know the option {name}: there it is called {older}"))
}

fn options(document: &Document) -> BTreeSet<String> {
    let config = document.configuration().child("crm_config").into_iter();
    let pairs = config.flat_map(Element::descendants).filter(|element| element.name == "nvpair");
    pairs.filter_map(|pair| pair.attr("name")).map(str::to_string).collect()
}

/// Nodes that the configuration does not have any more.
pub fn nodes_gone(before: &Document, after: &Document) -> Vec<String> {
    let now = node_names(after);
    node_names(before).into_iter().filter(|name| !now.contains(name)).collect()
}

fn node_names(document: &Document) -> BTreeSet<String> {
    let nodes = document.configuration().child("nodes").into_iter().flat_map(Element::elements);
    nodes.filter_map(|node| node.attr("uname")).map(str::to_string).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_core::cib::Patch;

    fn document(options: &str, nodes: &str) -> Document {
        Document::read(&format!(
            "<cib epoch='5' num_updates='7' admin_epoch='0' validate-with='pacemaker-3.9' crm_feature_set='3.16.1'>\
             <configuration><crm_config><cluster_property_set id='o'>{options}</cluster_property_set></crm_config>\
             <nodes>{nodes}</nodes><resources/><constraints/></configuration><status/></cib>"
        ))
        .unwrap()
    }

    #[test]
    fn a_patch_names_its_version_and_keeps_what_stands_at_the_root() {
        let before = document("", "<node id='1' uname='n1'/>");
        let mut after = document("", "");
        after.set_version(before.version().next_configuration());
        let text = patch(&before, &after);
        let read = Patch::from_xml(&xml::read(&text).unwrap()).unwrap();
        assert_eq!((read.source.to_string(), read.target.to_string()), ("0.5.7".into(), "0.6.0".into()));
        let result = "<change-result><cib epoch=\"6\" num_updates=\"0\" admin_epoch=\"0\" \
                      validate-with=\"pacemaker-3.9\" crm_feature_set=\"3.16.1\"/></change-result>";
        assert!(text.contains(result), "{text}");
        assert!(text.contains("operation=\"delete\" path=\"/cib/configuration/nodes/node[@id='1']\""), "{text}");
    }

    #[test]
    fn names_that_a_release_does_not_know_are_refused_when_they_are_new() {
        let option = |name: &str| format!("<nvpair id='{name}' name='{name}' value='true'/>");
        let release = |text: &str| Release::read(&format!("Pacemaker {text}")).unwrap();
        let told = |before: &str, after: &str, of: &str| {
            unknown_option(&document(before, ""), &document(after, ""), release(of))
        };
        let (old, new) = (option("stonith-enabled"), option("fencing-enabled"));
        let refusal = "Pacemaker 2.1.5 does not know the option fencing-enabled: there it is called stonith-enabled";
        assert_eq!(told("", &new, "2.1.5").as_deref(), Some(refusal));
        assert_eq!(told("", &new, "3.0.2"), None);
        assert_eq!(told("", &old, "2.1.5"), None);
        assert_eq!(told(&new, &new, "2.1.5"), None);
    }

    #[test]
    fn nodes_that_are_gone_are_named() {
        let one = "<node id='1' uname='n1'/>";
        let two = "<node id='1' uname='n1'/><node id='2' uname='n2'/>";
        assert_eq!(nodes_gone(&document("", two), &document("", one)), ["n2"]);
        assert!(nodes_gone(&document("", one), &document("", two)).is_empty());
    }
}
