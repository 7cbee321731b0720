//! The grammar can be read, and what it refuses is told in words that help.

use super::*;
use crate::xml;

#[test]
fn the_grammar_of_every_schema_is_read() {
    for schema in checked() {
        assert!(grammar(schema).entries.len() > 50, "{schema}");
    }
}

const EMPTY: &str = "<crm_config/><nodes/><resources/><constraints/>";

fn cib(configuration: &str) -> Element {
    let text = format!(
        "<cib validate-with='pacemaker-3.9' admin_epoch='0' epoch='0' num_updates='0'><configuration>{configuration}\
         </configuration><status/></cib>"
    );
    xml::read(&text).expect("XML")
}

#[track_caller]
fn check(configuration: &str, schema: Schema, expected: &[&str]) {
    let root = cib(configuration);
    let messages: Vec<String> = validate(&root, schema).into_iter().map(|fault| fault.message).collect();
    assert_eq!(messages, expected);
}

fn v(major: u8, minor: u8) -> Schema {
    Schema { major, minor }
}

#[test]
fn an_empty_configuration_is_valid() {
    for schema in checked() {
        check(EMPTY, schema, &[]);
    }
}

/// An empty configuration with something in one of its sections.
fn with(section: &str, inside: &str) -> String {
    EMPTY.replace(&format!("<{section}/>"), &format!("<{section}>{inside}</{section}>"))
}

const DUMMY: &str = "<primitive id='d' class='ocf' provider='pacemaker' type='Dummy'/>";

#[track_caller]
fn refused(section: &str, inside: &str, words: &str) {
    let configuration = with(section, inside).replace("<resources/>", &format!("<resources>{DUMMY}</resources>"));
    let faults = validate(&cib(&configuration), v(3, 9));
    let said: Vec<String> = faults.iter().map(|fault| fault.message.clone()).collect();
    assert!(said.len() == 1 && said[0].contains(words), "{inside}\n{said:#?}");
}

#[test]
fn what_lacks_or_excludes_is_named() {
    refused("constraints", "<rsc_location id='l' rsc='d'/>", "<rsc_location> needs `score` and `node` or <rule>");
    refused("constraints", "<rsc_location id='l' rsc='d' score='1'/>", "has `score`, but no `node`");
    refused(
        "constraints",
        "<rsc_order id='o' first='d' then='d' score='1' kind='Optional'/>",
        "`kind` of <rsc_order> cannot stand beside `score`",
    );
    refused(
        "resources",
        "<primitive id='p' class='ocf' type='x'/>",
        "<primitive> has `class` and `type`, but no `provider`",
    );
    refused("resources", "<primitive id='p' class='ocff' type='x'/>", "`class` of <primitive> is one of ocf, lsb");
    refused("resources", "<group id='g'/>", "<group> has no <primitive> in it");
    refused(
        "nodes",
        "<node id='1' uname='n' type='normal'/>",
        "`type` of <node> is one of member, ping, remote, not `normal`",
    );
    refused(
        "nodes",
        "<node id='1' uname='n' score='many'/>",
        "`score` of <node> is a whole number or INFINITY, not `many`",
    );
    refused("nodes", "<node id='1' uname='n'>text</node>", "there is text in <node>: `text`");
}

#[test]
fn an_excluded_word_is_told_with_what_replaced_it() {
    let property = |name: &str| {
        format!("<cluster_property_set id='s'><nvpair id='n' name='{name}' value='1'/></cluster_property_set>")
    };
    refused("crm_config", &property("default-resource-stickiness"), "replaced it: resource-stickiness in rsc_defaults");
    refused("crm_config", &property("stonith_enabled"), "replaced it: stonith-enabled");
    check(&with("crm_config", &property("stonith_enabled")), v(2, 10), &[]);
    check(
        &with("crm_config", &property("remove-after-stop")),
        v(4, 0),
        &["the schema excludes `remove-after-stop`; what replaced it: nothing, it has no effect any more"],
    );
}

#[test]
fn what_another_schema_has_is_told() {
    let influence = "<rsc_colocation id='c' rsc='d' with-rsc='d' influence='0'/>";
    let configuration =
        with("constraints", influence).replace("<resources/>", &format!("<resources>{DUMMY}</resources>"));
    check(&configuration, v(3, 6), &[]);
    check(
        &configuration,
        v(3, 5),
        &["the schema has no attribute `influence` of <rsc_colocation>; pacemaker-3.6 has it"],
    );
    let master = with("resources", "<master id='m'><primitive id='p' class='lsb' type='x'/></master>");
    check(&master, v(3, 10), &[]);
    check(&master, v(4, 0), &["the schema has no <master> in <resources>; the last that had it is pacemaker-3.10"]);
}

#[test]
fn ids_are_there_once_and_references_lead_somewhere() {
    check(&with("resources", &format!("{DUMMY}{DUMMY}")), v(3, 9), &["the id `d` is used twice (also in d)"]);
    let order = with("constraints", "<rsc_order id='o' first='a' then='o'/>");
    check(&order, v(3, 9), &["`first` of <rsc_order> refers to `a`, an id that nothing has"]);
}

#[test]
fn a_fault_has_its_place() {
    let sub = "<group id='g'><primitive id='p' class='lsb' type='x'><operations><op id='o' name='monitor'/></operations>\
               </primitive></group>";
    let faults = validate(&cib(&with("resources", sub)), v(3, 9));
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    let path = "/cib/configuration/resources/group[@id='g']/primitive[@id='p']/operations/op[@id='o']";
    assert_eq!((fault.path.as_str(), fault.object.as_str()), (path, "p"));
    assert_eq!((fault.attribute.as_deref(), fault.kind), (Some("interval"), Kind::Shape));
}

#[test]
fn a_document_says_which_schema_it_is_of() {
    let mut root = cib(EMPTY);
    root.unset("validate-with");
    assert_eq!(faults(&root)[0].kind, Kind::Claim);
    root.set("validate-with", "pacemaker-9.9");
    assert_eq!(
        faults(&root)[0].message,
        "validate-with=\"pacemaker-9.9\" is no schema from pacemaker-1.0 to pacemaker-4.0"
    );
    root.set("validate-with", "none");
    assert!(faults(&root).is_empty());
}

#[test]
fn what_was_wrong_before_keeps_nobody_from_mending_the_rest() {
    let before = cib(&with("nodes", "<node id='1'/><node id='2'/>"));
    let mended = cib(&with("nodes", "<node id='1'/>"));
    let worse = cib(&with("nodes", "<node id='1'/><node id='2'/><node id='3'/>"));
    assert!(new_faults(&before, &mended).is_empty());
    assert_eq!(new_faults(&before, &worse).len(), 1);
}

#[test]
fn an_older_document_is_held_against_what_it_becomes() {
    let told = |schema: &str, inside: &str| {
        let text = format!(
            "<cib validate-with='{schema}' admin_epoch='0' epoch='1' num_updates='0'><configuration><crm_config/>\
             <nodes/><resources><primitive id='a' class='ocf' provider='x' type='y'/></resources><constraints>\
             {inside}</configuration><status/></cib>"
        );
        let found = super::faults(&crate::xml::read(&text).expect("a document"));
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let order = "<rsc_order id='o' first='a' first-action='break' then='a'/></constraints>";
    assert!(told("pacemaker-1.2", order).contains("not `break`"));
    assert_eq!(
        told("pacemaker-1.2", "</constraints><tags/>"),
        "/tags: pacemaker-1.2 has no <tags>; pacemaker-1.3 has it"
    );
    assert_eq!(told("pacemaker-1.3", "</constraints><tags/>"), "");
}
