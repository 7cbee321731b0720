//! Configurations and what is said of them: `severity about word`.

use super::*;
use crate::cib::Document;

/// What is said beyond that there is no fence device.
fn said(schema: &str, configuration: &str) -> String {
    let sections = ["crm_config", "nodes", "resources", "constraints"];
    let missing = |section: &&&str| !configuration.contains(&format!("<{section}"));
    let rest: String = sections.iter().filter(missing).map(|section| format!("<{section}/>")).collect();
    let text = format!(
        "<cib validate-with=\"{schema}\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\"><configuration>\
         {configuration}{rest}</configuration><status/></cib>"
    );
    let notes = verify(&Document::read(&text).expect("a document"), Now::from_epoch(0));
    let told = notes.iter().filter(|note| note.about != "fencing-enabled");
    told.map(|note| format!("{} {} {}", note.severity.word(), note.about, note.word)).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn check(configuration: &str, expected: &str) {
    assert_eq!(said("pacemaker-4.0", configuration), expected, "{configuration}");
}

fn options(pairs: &str) -> String {
    let pair = |(at, pair): (usize, &str)| {
        let (name, value) = pair.split_once('=').expect("a pair");
        format!("<nvpair id=\"o{at}\" name=\"{name}\" value=\"{value}\"/>")
    };
    pairs.split(' ').enumerate().map(pair).collect()
}

fn dummy(inner: &str) -> String {
    let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"";
    format!("<resources><primitive id=\"p\" {agent}>{inner}</primitive></resources>")
}

#[test]
fn of_one_name_in_a_set_one_pair_counts() {
    let set = |pairs| {
        format!("<crm_config><cluster_property_set id=\"s\">{}</cluster_property_set></crm_config>", options(pairs))
    };
    check(&set("batch-limit=1 cluster-delay=2"), "");
    check(&set("batch-limit=1 batch-limit=2"), "info s batch-limit=2");
    check(&set("fencing-action=off stonith-action=reboot"), "info s stonith-action");
    check(&set("stonith-action=reboot fencing-action=off"), "info s stonith-action");
    let meta = |pairs| dummy(&format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(pairs)));
    check(&meta("priority=1 priority=1"), "info m priority=1");
    check(&meta("a=1 A=2"), "");
    check(&dummy(&format!("<instance_attributes id=\"i\">{}</instance_attributes>", options("a=1 a=2"))), "info i a=2");
}

#[test]
fn of_sets_that_always_hold_the_first_counts() {
    let sets = |first: &str, second: &str, inner: &str| {
        dummy(&format!(
            "<meta_attributes id=\"a\" {first}>{}</meta_attributes><meta_attributes id=\"b\" {second}>{inner}{}\
             </meta_attributes>",
            options("priority=1"),
            options("priority=2").replace("o0", "q0")
        ))
    };
    check(&sets("", "", ""), "info a priority");
    check(&sets("score=\"5\"", "", ""), "info b priority");
    let rule = "<rule id=\"r\" score=\"0\"><date_expression id=\"d\" operation=\"gt\" start=\"2030-01-01\"/></rule>";
    check(&sets("", "", rule), "");
    check(&sets("score=\"5\"", "", rule), "info b priority");
    check(
        &format!(
            "<crm_config><cluster_property_set id=\"x\" score=\"9\">{}</cluster_property_set>\
             <cluster_property_set id=\"cib-bootstrap-options\">{}</cluster_property_set></crm_config>",
            options("batch-limit=1"),
            options("batch-limit=2").replace("o0", "q0")
        ),
        "info x batch-limit",
    );
}

#[test]
fn operations_alike_are_told_and_those_that_cannot_recur() {
    let operations = |all: &str| {
        let operation = |(at, one): (usize, &str)| {
            let (name, interval) = one.split_once('=').expect("an operation");
            format!("<op id=\"x{at}\" name=\"{name}\" interval=\"{interval}\" timeout=\"9s\"/>")
        };
        let all: String = all.split(' ').enumerate().map(operation).collect();
        dummy(&format!("<operations>{all}</operations>"))
    };
    check(&operations("monitor=10s monitor=11s start=0"), "");
    check(&operations("monitor=10s monitor=10"), "error p monitor");
    check(&operations("start=0 start=0s"), "info p start");
    check(&operations("migrate_to=5"), "error p interval");
    check(&operations("reload-agent=5"), "error p interval");
    check(&operations("reload-agent=0"), "");
}

#[test]
fn a_rule_that_knows_of_no_node_is_told() {
    let rule = |attribute: &str| {
        format!(
            "<rule id=\"r\" score=\"0\"><expression id=\"e\" attribute=\"{attribute}\" operation=\"eq\" value=\"n1\"/></rule>"
        )
    };
    let option =
        |inner: &str| format!("<crm_config><cluster_property_set id=\"s\">{inner}</cluster_property_set></crm_config>");
    check(&option(&rule("#uname")), "info e #uname");
    check(&dummy(&format!("<meta_attributes id=\"m\">{}</meta_attributes>", rule("site"))), "info e site");
    check(&dummy(&format!("<instance_attributes id=\"m\">{}</instance_attributes>", rule("site"))), "");
    check(&dummy(&format!("<instance_attributes id=\"m\">{}</instance_attributes>", rule("#unam"))), "info e #unam");
    let node = "<nodes><node id=\"1\" uname=\"n1\"/></nodes>";
    let location = |attribute| {
        let constraint =
            format!("<constraints><rsc_location id=\"l\" rsc=\"p\">{}</rsc_location></constraints>", rule(attribute));
        format!("{node}{}{constraint}", dummy(""))
    };
    check(&location("#uname"), "");
    check(&location("#unam"), "info e #unam");
    check(&location("#health-disk"), "");
}

#[test]
fn what_the_newest_schema_has_no_words_for_is_told() {
    let resource = "<resources><primitive id=\"u\" class=\"upstart\" type=\"x\"/></resources>";
    assert_eq!(said("pacemaker-3.10", resource), "warning u ");
    let bundle = "<resources><bundle id=\"b\"><rkt image=\"i\"/></bundle></resources>";
    assert_eq!(said("pacemaker-3.9", bundle), "warning b ");
}

#[test]
fn of_one_name_there_is_one_node() {
    let nodes = |first: &str, second: &str| {
        format!("<nodes><node id=\"1\" uname=\"{first}\"/><node id=\"2\" uname=\"{second}\"/></nodes>")
    };
    check(&nodes("n1", "n2"), "");
    check(&nodes("n1", "N1"), "error N1 N1");
}

#[test]
fn a_remote_node_is_no_other_node_and_one() {
    let node = "<nodes><node id=\"1\" uname=\"n1\"/></nodes>";
    let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"remote\"";
    let remote = |id: &str| format!("<primitive id=\"{id}\" {agent}/>");
    check(&format!("{node}<resources>{}</resources>", remote("r1")), "");
    check(&format!("{node}<resources>{}</resources>", remote("n1")), "warning n1 n1");
    check(&format!("{node}<resources><clone id=\"c\">{}</clone></resources>", remote("r1")), "info c r1");
}

#[test]
fn clones_that_cannot_be_interleaved_are_told() {
    let clone = |id: &str, meta: &str| {
        format!(
            "<clone id=\"c{id}\"><meta_attributes id=\"m{id}\">{}</meta_attributes><primitive id=\"p{id}\" class=\"ocf\" \
             provider=\"pacemaker\" type=\"Dummy\"/></clone>",
            options(meta).replace("\"o", &format!("\"o{id}"))
        )
    };
    let both = |first: &str, second: &str| {
        format!(
            "<resources>{}{}</resources><constraints><rsc_colocation id=\"k\" rsc=\"ca\" with-rsc=\"cb\" \
             score=\"INFINITY\"/></constraints>",
            clone("a", first),
            clone("b", second)
        )
    };
    check(&both("interleave=true", "clone-max=2"), "");
    check(&both("interleave=true", "clone-node-max=2"), "error k ca");
    check(&both("interleave=false", "clone-node-max=2"), "");
}
