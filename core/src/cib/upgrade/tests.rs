//! What the recorded cases do not show: the driver, and what stands in its way.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::xml;

fn check(schema: &str, configuration: &str, expected: &str) {
    let text = format!("<cib validate-with=\"{schema}\"><configuration>{configuration}</configuration></cib>");
    let document = Document::read(&text).unwrap();
    let found = match to_latest(&document) {
        Err(error) => error.to_string(),
        Ok((upgraded, _)) => {
            assert_eq!(upgraded.root().attr("validate-with"), Some(SCHEMA));
            let sections = upgraded.configuration().elements().filter(|section| !section.children.is_empty());
            sections.map(xml::write).collect()
        }
    };
    assert_eq!(found, expected, "{schema} {configuration}");
}

#[test]
fn a_document_goes_through_every_step_from_its_own() {
    let options = "<crm_config><cluster_property_set id=\"c\">\
         <nvpair id=\"c1\" name=\"stonith_action\" value=\"poweroff\"/></cluster_property_set></crm_config>";
    let hyphened = options.replace("stonith_action", "stonith-action").replace("poweroff", "off");
    let untouched = options.replace("poweroff", "off");
    check("pacemaker-1.3", options, &hyphened);
    check("pacemaker-2.5", options, &hyphened);
    check("pacemaker-3.0", &hyphened, &hyphened);
    check("pacemaker-3.0", &untouched, &untouched);
    check("pacemaker-4.0", options, options);
}

#[test]
fn old_permissions_become_a_role_of_the_user() {
    check(
        "pacemaker-1.2",
        "<acls><acl_user id=\"u\"><role_ref id=\"r\"/><write id=\"w\" tag=\"node\"/></acl_user>\
         <acl_role id=\"r\"><deny id=\"d\" ref=\"w\"/></acl_role></acls>",
        "<acls><acl_target id=\"u\"><role id=\"r\"/><role id=\"auto-u\"/></acl_target>\
         <acl_role id=\"auto-u\"><acl_permission id=\"w\" kind=\"write\" object-type=\"node\"/></acl_role>\
         <acl_role id=\"r\"><acl_permission id=\"d\" kind=\"deny\" reference=\"w\"/></acl_role></acls>",
    );
}

#[test]
fn what_cannot_be_upgraded_is_named() {
    check("pacemaker-4.1", "", "validate-with=\"pacemaker-4.1\" is no schema from pacemaker-1.0 to pacemaker-4.0");
    check("pacemaker-0.6", "", "validate-with=\"pacemaker-0.6\" is no schema from pacemaker-1.0 to pacemaker-4.0");
    let sets = |inner: &str| format!("<crm_config>{inner}</crm_config>");
    check(
        "pacemaker-3.0",
        &sets("<cluster_property_set id-ref=\"x\"/>"),
        "<cluster_property_set id-ref=\"x\"> refers to an id that nothing has",
    );
    check(
        "pacemaker-2.10",
        &sets(
            "<cluster_property_set id=\"c\"><nvpair id=\"n\" name=\"notification-agent\" value=\"x\"/>\
             <nvpair id-ref=\"n\"/></cluster_property_set>",
        ),
        "<nvpair id-ref=\"n\"> refers to an id that nothing has",
    );
    check(
        "pacemaker-3.0",
        &sets("<cluster_property_set id=\"c\"><rule id=\"r\"><rule id-ref=\"r\"/></rule></cluster_property_set>"),
        "<rule id-ref=\"r\"> stands inside of what it refers to",
    );
    check(
        "pacemaker-3.0",
        &sets("<cluster_property_set id=\"c\"/><cluster_property_set id=\"c\"/><cluster_property_set id-ref=\"c\"/>"),
        "<cluster_property_set id-ref=\"c\"> refers to an id that several elements have",
    );
}

#[test]
fn tags_follow_what_they_tag() {
    let locations = "<constraints><rsc_location id=\"l\" rsc=\"p\"><rule id=\"r\" score=\"1\">\
         <expression id=\"e\" attribute=\"a\" operation=\"defined\"/></rule><rule id=\"s\" score=\"2\">\
         <expression id=\"f\" attribute=\"a\" operation=\"defined\"/></rule></rsc_location></constraints>";
    let text = format!(
        "<cib validate-with=\"pacemaker-3.9\"><configuration>{locations}\
         <resources><primitive id=\"p\" class=\"upstart\" type=\"x\"/></resources>\
         <tags><tag id=\"t\"><obj_ref id=\"l\"/></tag><tag id=\"u\"><obj_ref id=\"p\"/></tag></tags></configuration></cib>"
    );
    let tags = |text: &str| {
        let (upgraded, _) = to_latest(&Document::read(text).unwrap()).unwrap();
        xml::write(upgraded.configuration().child("tags").unwrap())
    };
    assert_eq!(tags(&text), "<tags/>");
    assert_eq!(
        tags(&text.replace("upstart", "systemd")),
        "<tags><tag id=\"t\"><obj_ref id=\"pcmk__3_10_upgrade-l-1\"/><obj_ref id=\"pcmk__3_10_upgrade-l-2\"/></tag>\
         <tag id=\"u\"><obj_ref id=\"p\"/></tag></tags>"
    );
}

#[test]
fn old_defaults_are_kept_where_the_section_is_empty() {
    check(
        "pacemaker-2.0",
        "<crm_config><cluster_property_set id=\"c\"><nvpair id=\"c1\" name=\"is_managed_default\" value=\"false\"/>\
         </cluster_property_set></crm_config><rsc_defaults/>",
        "<rsc_defaults><meta_attributes id=\"_2TO3_-rsc-defaults\">\
         <nvpair id=\"c1\" name=\"is-managed\" value=\"false\"/></meta_attributes></rsc_defaults>",
    );
}

#[test]
fn a_document_without_schema_is_left_alone() {
    for text in ["<cib/>", "<cib validate-with=\"none\"/>"] {
        let document = Document::read(text).unwrap();
        let (upgraded, warnings) = to_latest(&document).unwrap();
        assert!(upgraded.same(&document) && warnings.len() == 1, "{text}");
    }
}

/// Which of the objects are other ones after the upgrade, if the set of `p` has this pair.
fn check_copied(pair: &str, expected: &str) {
    let text = format!(
        "<cib validate-with=\"pacemaker-3.9\"><configuration><resources>\
         <primitive id=\"p\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\">\
         <meta_attributes id=\"m\"><nvpair id=\"n\" {pair}/></meta_attributes></primitive>\
         <primitive id=\"q\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/></resources>\
         <constraints><rsc_location id=\"l\" rsc=\"p\" node=\"a\" score=\"1\"/></constraints></configuration></cib>"
    );
    let document = Document::read(&text).unwrap();
    let (upgraded, _) = to_latest(&document).unwrap();
    let place = |document: &Document, id: &str| std::ptr::from_ref(document.configuration().find_id(id).unwrap());
    let copied: Vec<&str> =
        ["p", "m", "q", "l"].into_iter().filter(|id| place(&document, id) != place(&upgraded, id)).collect();
    assert_eq!(copied.join(" "), expected, "{pair}");
}

#[test]
fn what_nothing_changes_is_shared_with_the_document() {
    check_copied("name=\"priority\" value=\"1\"", "");
    check_copied("name=\"priority\"", "p m");
}
