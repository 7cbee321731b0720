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
pub(super) fn check(configuration: &str, expected: &str) {
    assert_eq!(said("pacemaker-4.0", configuration), expected, "{configuration}");
}

pub(super) fn options(pairs: &str) -> String {
    let pair = |(at, pair): (usize, &str)| {
        let (name, value) = pair.split_once('=').expect("a pair");
        format!("<nvpair id=\"o{at}\" name=\"{name}\" value=\"{value}\"/>")
    };
    pairs.split(' ').enumerate().map(pair).collect()
}

pub(super) fn dummy(inner: &str) -> String {
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
    let rule = "<rule id=\"r\" score=\"5\"><date_expression id=\"d\" operation=\"gt\" start=\"2030-01-01\"/></rule>";
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
            "<rule id=\"r\" score=\"5\"><expression id=\"e\" attribute=\"{attribute}\" operation=\"eq\" value=\"n1\"/></rule>"
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

/// A resource of its own, and constraints.
pub(super) fn constrained(constraints: &str) -> String {
    let dummy = |id: &str| format!("<primitive id=\"{id}\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>");
    let promotable =
        "<meta_attributes id=\"mm\"><nvpair id=\"mp\" name=\"promotable\" value=\"true\"/></meta_attributes>";
    format!(
        "<nodes><node id=\"1\" uname=\"n1\"/></nodes><resources>{}{}{}<group id=\"g\">{}{}</group>\
         <clone id=\"c\">{}</clone><clone id=\"m\">{promotable}{}</clone></resources><constraints>{constraints}\
         </constraints><tags><tag id=\"t\"><obj_ref id=\"d1\"/><obj_ref id=\"d2\"/></tag></tags>",
        dummy("d1"),
        dummy("d2"),
        dummy("d3"),
        dummy("g1"),
        dummy("g2"),
        dummy("cd"),
        dummy("md"),
    )
}

/// Sets: `a b; c d(role="Promoted")`.
fn sets(text: &str) -> String {
    let set = |(at, set): (usize, &str)| {
        let (names, attributes) = set.split_once('(').unwrap_or((set, ")"));
        let names = names.split_whitespace().map(|name| format!("<resource_ref id=\"{name}\"/>")).collect::<String>();
        format!("<resource_set id=\"x{at}\" {}>{names}</resource_set>", attributes.trim_end_matches(')'))
    };
    text.split("; ").enumerate().map(set).collect()
}

#[track_caller]
fn order(text: &str, expected: &str) {
    let pair = |(at, pair): (usize, &str)| {
        let words: Vec<&str> = pair.split_whitespace().collect();
        format!("<rsc_order id=\"o{at}\" first=\"{}\" then=\"{}\" {}/>", words[0], words[1], words[2..].join(" "))
    };
    check(&constrained(&text.split(", ").enumerate().map(pair).collect::<String>()), expected);
}

#[track_caller]
fn order_sets(text: &str, expected: &str) {
    check(&constrained(&format!("<rsc_order id=\"o\">{}</rsc_order>", sets(text))), expected);
}

#[test]
fn a_ring_of_mandatory_starts_is_told() {
    order("d1 d2", "");
    order("d1 d2, d2 d1", "error o1 d2");
    order("d1 d2, d2 d3, d3 d1", "error o2 d3");
    order("d1 d2, d2 d3, d1 d3", "");
    order("d1 d2, d2 d1 kind=\"Optional\"", "");
    order("d1 d2 symmetrical=\"false\", d2 d1 symmetrical=\"false\"", "");
    order("d1 d2, d2 d1 first-action=\"stop\" then-action=\"stop\"", "");
    order("c d1, d1 m, m c", "error o2 m");
    order("g d1, d1 g", "error o1 d1");
    order("g2 g1", "error o0 g2");
    order("d1 d2, d2 d1, d2 d3, d3 d2", "error o1 d2; error o3 d3");
    order("t d3, d3 d2", "error o1 d3");
    order_sets("d1 d2 d1", "error o d2");
    order_sets("d1 d2; d3; d1", "error o d3");
}

#[test]
fn what_is_put_before_itself_in_a_set_is_told() {
    order_sets("d1 d1 d2", "error o d1");
    order_sets("d1 d2(sequential=\"false\"); d1", "error o d1");
    order("t d1", "error o0 d1");
}

#[test]
fn what_waits_for_a_promotion_that_never_comes_is_told() {
    order("d1 d2 first-action=\"promote\" then-action=\"start\"", "error o0 d1");
    order("d1 d2 first-action=\"promote\" then-action=\"promote\"", "info o0 d1; info o0 d2");
    order("d1 d2 first-action=\"promote\" then-action=\"start\" kind=\"Optional\"", "info o0 d1");
    order("m d2 first-action=\"promote\" then-action=\"start\"", "");
    order("c m first-action=\"promote\" then-action=\"promote\"", "error o0 c");
    order_sets("d1(action=\"promote\"); d2 d3", "error o d1; error o d1");
    order_sets("m(action=\"promote\"); d2 d3", "");
    order_sets("m d1(action=\"promote\" require-all=\"false\" sequential=\"false\"); d2 d3", "");
}

#[test]
fn sets_that_do_nothing_are_told() {
    order_sets("d1 d2(sequential=\"false\")", "info o d1");
    order_sets("d1 d2(sequential=\"false\" kind=\"Serialize\")", "");
    order_sets("d1 d2", "");
    order_sets("d1 d1(sequential=\"false\"); d2", "info o d1");
    let together = |text: &str, expected: &str| {
        let constraint = format!("<rsc_colocation id=\"k\" score=\"INFINITY\">{}</rsc_colocation>", sets(text));
        check(&constrained(&constraint), expected);
    };
    together("d1 d2(sequential=\"false\")", "info k d1");
    together("d1 d2(sequential=\"false\"); d3", "");
    together("d1 d1 d2", "info k d1");
    together("d1 d2; d3(role=\"Promoted\")", "info k d3");
    together("d1 d2; m(role=\"Promoted\")", "");
    together("d1 d2(role=\"Started\"); d3", "");
    together("d3; t(role=\"Promoted\")", "info k t");
    let located = |text: &str, expected: &str| {
        let constraint = format!("<rsc_location id=\"l\" node=\"n1\" score=\"5\">{}</rsc_location>", sets(text));
        check(&constrained(&constraint), expected);
    };
    located("d1 d2", "");
    located("d1 d1", "info l d1");
    located("d1(role=\"Promoted\")", "info l d1");
    located("m(role=\"Promoted\")", "");
    located("m(role=\"Stopped\")", "info l Stopped");
    let ticket = |text: &str, expected: &str| {
        check(&constrained(&format!("<rsc_ticket id=\"t1\" ticket=\"T\">{}</rsc_ticket>", sets(text))), expected);
    };
    ticket("d1 d2", "");
    ticket("d1(role=\"Promoted\"); d2", "info t1 d1");
    ticket("d1 d1", "info t1 d1");
}

#[test]
fn roles_that_a_tag_stands_for_are_told() {
    check(
        &constrained("<rsc_colocation id=\"k\" score=\"1\" rsc=\"d3\" with-rsc=\"t\" with-rsc-role=\"Promoted\"/>"),
        "info k t",
    );
    check(&constrained("<rsc_location id=\"l\" rsc=\"t\" role=\"Promoted\" node=\"n1\" score=\"1\"/>"), "info l t");
    check(&constrained("<rsc_ticket id=\"k\" rsc=\"t\" rsc-role=\"Promoted\" ticket=\"T\"/>"), "info k t");
    check(
        &constrained("<rsc_location id=\"l\" rsc=\"d1\" role=\"Stopped\" node=\"n1\" score=\"1\"/>"),
        "info l Stopped",
    );
}

#[test]
fn a_pattern_that_fits_nothing_whole_is_told() {
    let pattern = |pattern: &str, expected: &str| {
        let location = format!("<rsc_location id=\"l\" rsc-pattern=\"{pattern}\" node=\"n1\" score=\"1\"/>");
        check(&constrained(&location), expected);
    };
    pattern("d[0-9]", "");
    pattern("nosuch", "info l nosuch");
    pattern("g1", "info l g1");
    pattern("!nosuch", "");
    pattern("[", "error l [");
}

#[test]
fn an_attribute_that_no_node_has_is_told() {
    let colocation = "<rsc_colocation id=\"k\" score=\"1\" rsc=\"d1\" with-rsc=\"d2\" node-attribute=\"site\"/>";
    check(&constrained(colocation), "info k site");
    check(&constrained(&colocation.replace("site", "#uname")), "");
    let site = "<node id=\"1\" uname=\"n1\"><instance_attributes id=\"a\"><nvpair id=\"as\" name=\"site\" value=\"x\"/>\
                </instance_attributes></node>";
    check(&constrained(colocation).replace("<node id=\"1\" uname=\"n1\"/>", site), "");
}

#[test]
fn a_rule_that_can_never_hold_is_told() {
    let rule = |inner: &str| format!("<rule id=\"r\" score=\"5\">{inner}</rule>");
    let comparison = |what: &str, operation: &str, value: &str| {
        let what = format!("attribute=\"{what}\" operation=\"{operation}\" value=\"{value}\"");
        rule(&format!("<expression id=\"e\" {what}/>"))
    };
    let location = |rule: &str, expected: &str| {
        check(&constrained(&format!("<rsc_location id=\"l\" rsc=\"d1\">{rule}</rsc_location>")), expected);
    };
    location(&comparison("#kind", "eq", "frob"), "info e frob");
    location(&comparison("#kind", "ne", "Clustr"), "info e Clustr");
    location(&comparison("#kind", "eq", "Remote"), "");
    location(&comparison("#is_dc", "eq", "yes"), "info e yes");
    location(&comparison("#is_dc", "eq", "true"), "");
    let of_operation = rule("<op_expression id=\"e\" name=\"start\"/>");
    let of_resource = rule("<rsc_expression id=\"e\" type=\"Dummy\"/>");
    location(&of_operation, "info e start");
    location(&of_resource, "info e Dummy");
    let option =
        |inner: &str| format!("<crm_config><cluster_property_set id=\"s\">{inner}</cluster_property_set></crm_config>");
    check(&option(&of_operation), "info e start");
    check(&option(&of_resource), "info e Dummy");
    let defaults =
        |what: &str, inner: &str| format!("<{what}><meta_attributes id=\"s\">{inner}</meta_attributes></{what}>");
    check(&defaults("rsc_defaults", &of_operation), "info e start");
    check(&defaults("rsc_defaults", &of_resource), "");
    check(&defaults("op_defaults", &of_operation), "");
}

#[test]
fn dates_that_never_hold_are_told() {
    let date = |inner: &str, expected: &str| {
        let rule =
            format!("<rsc_location id=\"l\" rsc=\"d1\"><rule id=\"r\" score=\"5\">{inner}</rule></rsc_location>");
        check(&constrained(&rule), expected);
    };
    let spec = |fields: &str, expected: &str| {
        let spec = format!("<date_spec id=\"s\" {fields}/>");
        date(&format!("<date_expression id=\"e\" operation=\"date_spec\">{spec}</date_expression>"), expected);
    };
    spec("hours=\"9-17\" weekdays=\"1-5\"", "");
    spec("hours=\"22-,0-6\"", "error e hours");
    spec("hours=\"9,10\"", "error e hours");
    spec("hours=\"9 - 17\"", "error e hours");
    spec("hours=\"9-17 \"", "error e hours");
    spec("hours=\" 9-17\"", "");
    spec("hours=\"22-6\"", "info e hours");
    spec("weekdays=\"7-1\"", "info e weekdays");
    spec("months=\"11-2\"", "info e months");
    spec("years=\"2030-2020\"", "info e years");
    spec("hours=\"24-30\"", "info e hours");
    spec("hours=\"9-30\"", "");
    spec("yearsdays=\"10\"", "info e yearsdays");
    spec("yearsdays=\"400\"", "info e yearsdays");
    spec("yeardays=\"400\"", "info e yeardays");
    spec("", "info e spec");
    let lasting = |duration: &str, expected: &str| {
        let duration = format!("<duration id=\"s\" {duration}/>");
        date(
            &format!(
                "<date_expression id=\"e\" operation=\"in_range\" start=\"2030-01-01\">{duration}</date_expression>"
            ),
            expected,
        );
    };
    lasting("hours=\"1\"", "");
    lasting("hours=\"0\"", "info e hours");
    lasting("hours=\"-1\"", "");
    lasting("hours=\"0x400\"", "error e hours");
    lasting("days=\"1-3\"", "error e days");
    lasting("", "info e start");
    let between = |after: &str, before: &str, expected: &str| {
        let after = format!("<date_expression id=\"a\" operation=\"gt\" start=\"{after}\"/>");
        date(&format!("{after}<date_expression id=\"b\" operation=\"lt\" end=\"{before}\"/>"), expected);
    };
    between("2029-01-01", "2030-01-01", "");
    between("2030-01-01", "2029-01-01", "info b 2029-01-01");
    between("2030-01-01 12:00:00Z", "2030-01-01 11:00:00", "");
    between("2030-01-01 12:00:00", "2030-01-01 11:00:00", "info b 2030-01-01 11:00:00");
}

#[test]
fn options_of_operations_are_told_wherever_they_stand() {
    let meta = |attributes: &str, pairs: &str, expected: &str| {
        let meta = format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(pairs));
        check(
            &format!(
                "{}{}",
                FENCING_OFF,
                dummy(&format!(
                    "<operations><op id=\"x\" interval=\"10s\" name=\"monitor\" {attributes}>{meta}</op></operations>"
                ))
            ),
            expected,
        );
    };
    meta("", "timeout=5", "");
    meta("", "timeout=0", "info p timeout");
    meta("timeout=\"33\"", "timeout=5", "info p timeout=5");
    meta("", "interval=5", "info p interval=5");
    meta("", "enabled=false", "info p enabled=false");
    meta("", "role=Stopped", "info p role=Stopped");
    meta("", "on-fail=restart", "");
    meta("", "on-fail=fence", "error p on-fail");
    meta("", "on-fail=demote", "error p on-fail");
    meta("role=\"Promoted\"", "on-fail=frob", "error p on-fail; info p role");
    meta("", "on-fail=restart-container", "error p on-fail");
    meta("", "interval-origin=x", "error p interval-origin");
}

const FENCING_OFF: &str = "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"f\" name=\"fencing-enabled\" \
                           value=\"false\"/></cluster_property_set></crm_config>";

#[test]
fn defaults_of_operations_are_told_where_some_operation_takes_them() {
    let defaults = |rule: &str, pairs: &str, expected: &str| {
        let inner = format!("{rule}{}", options(pairs));
        let defaults = format!("<op_defaults><meta_attributes id=\"a\">{inner}</meta_attributes></op_defaults>");
        let operation = "<operations><op id=\"x\" interval=\"10s\" name=\"monitor\"/></operations>";
        check(&format!("{FENCING_OFF}{}{defaults}", dummy(operation)), expected);
    };
    let of = |name: &str| format!("<rule id=\"r\" score=\"5\"><op_expression id=\"e\" name=\"{name}\"/></rule>");
    defaults("", "timeout=20", "");
    defaults("", "timeout=0", "info a timeout");
    defaults("", "interval=10", "info a interval");
    defaults("", "enabled=false", "info a enabled");
    defaults("", "role=Started", "info a role");
    defaults("", "on-fail=restart", "");
    defaults("", "on-fail=fence", "error a on-fail");
    defaults("", "on-fail=demote", "error a on-fail");
    defaults("", "on-fail=frob", "error a on-fail");
    defaults("", "on-fail=standby", "info a on-fail");
    defaults("", "on-fail=restart-container", "info a on-fail");
    defaults("", "interval-origin=x", "error a interval-origin");
    defaults(&of("start"), "on-fail=fence", "error a on-fail");
    defaults(&of("start"), "interval-origin=x", "");
    defaults(&of("frob"), "on-fail=fence", "info e frob");
    defaults(&of("monitor"), "on-fail=standby", "");
    // Every collective has a stop that takes it, whatever is configured.
    let grouped = "<op_defaults><meta_attributes id=\"a\"><nvpair id=\"o\" name=\"on-fail\" value=\"standby\"/>\
                   </meta_attributes></op_defaults>";
    check(&format!("{}{grouped}", constrained("")), "error a on-fail");
}

#[test]
fn options_of_what_is_no_such_clone_are_told() {
    let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"";
    let of = |element: &str, pairs: &str, expected: &str| {
        let meta = format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(pairs));
        let (before, after) = match element {
            "primitive" => (format!("<primitive id=\"p\" {agent}>"), "</primitive>".to_owned()),
            _ => (format!("<{element} id=\"c\">"), format!("<primitive id=\"p\" {agent}/></{element}>")),
        };
        let nodes = "<nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes>";
        check(&format!("{nodes}<resources>{before}{meta}{after}</resources>"), expected);
    };
    of("clone", "promoted-max=2", "info c promoted-max");
    of("clone", "promoted-node-max=2", "info c promoted-node-max");
    of("clone", "promotable=true promoted-max=2", "");
    of("clone", "promotable=true promoted-max=0", "info c promoted-max");
    of("clone", "promotable=true promoted-node-max=0", "info c promoted-node-max");
    of("clone", "clone-max=0", "info c clone-max");
    of("clone", "clone-node-max=0", "info c clone-node-max");
    of("clone", "clone-min=2", "");
    of("clone", "clone-min=3", "info c clone-min");
    of("clone", "clone-max=1 clone-min=2", "info c clone-min");
    of("clone", "notify=true ordered=true globally-unique=true", "");
    of("primitive", "notify=true", "info p notify");
    of("primitive", "ordered=true", "info p ordered");
    of("primitive", "globally-unique=true", "info p globally-unique");
    of("group", "notify=true", "info c notify");
    of("group", "ordered=false", "");
    of("clone", "remote-node=r1", "info c remote-node");
    of("group", "remote-node=r1", "info c remote-node");
    of("primitive", "remote-node=r1 remote-port=3121", "");
    of("primitive", "remote-node=", "error p remote-node");
    of("primitive", "remote-port=3121", "info p remote-port");
    of("primitive", "remote-addr=192.0.2.1", "info p remote-addr");
    let guest = format!("<meta_attributes id=\"m\">{}</meta_attributes>", options("remote-node=r1"));
    let cloned = format!("<clone id=\"c\"><primitive id=\"p\" {agent}>{guest}</primitive></clone>");
    check(&format!("<resources>{cloned}</resources>"), "info p remote-node");
    check(&format!("<rsc_defaults>{guest}</rsc_defaults>"), "info m remote-node");
}

#[test]
fn that_no_device_may_be_used_is_told() {
    let device = |role: &str| {
        let meta = format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(&format!("target-role={role}")));
        format!("<resources><primitive id=\"f\" class=\"stonith\" type=\"fence_x\">{meta}</primitive></resources>")
    };
    check(&device("Started"), "");
    check(&device("Stopped"), "info f target-role");
    check(&format!("{FENCING_OFF}{}", device("Stopped")), "");
}

#[test]
fn what_comes_from_a_group_or_clone_is_told_of_that() {
    let meta = |id: &str, pairs: &str| format!("<meta_attributes id=\"{id}\">{}</meta_attributes>", options(pairs));
    let dummy = "<primitive id=\"p\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>";
    let clone = |pairs: &str, expected: &str| {
        let clone = format!("<resources><clone id=\"c\">{}{dummy}</clone></resources>", meta("m", pairs));
        check(&format!("<nodes><node id=\"1\" uname=\"n1\"/></nodes>{clone}"), expected);
    };
    clone("target-role=Promoted", "error c target-role");
    clone("resource-stickiness=inf", "warning c resource-stickiness");
    let group = format!("<resources><group id=\"g\">{}{dummy}</group></resources>", meta("m", "target-role=Promoted"));
    check(&group, "error g target-role");
    clone("promotable=true promoted-max=2 clone-max=1", "info c promoted-max");
    clone("promotable=true promoted-max=1 clone-max=1", "");
    clone("promotable=true promoted-node-max=2", "info c promoted-node-max");
}
