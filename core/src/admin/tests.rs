//! One wish, one meaning: a cluster, what is wanted of it, and what is written.

use super::attribute::Sort;
use super::cleanup::{Operation, of_operation};
use super::intent::{Facts, Intent, edits};
use super::manage::Rivals;
use super::standby;
use super::target_role::{Members, TargetRole};
use super::ticket::Change;
use super::transient::Transient;
use crate::cib::{Document, Edit};
use crate::xml::{Element, write};

/// A group, a clone, a promotable clone, a bundle and a plain resource; n2 is on standby.
const CLUSTER: &str = r#"<cib><configuration>
<crm_config><cluster_property_set id="mine"><nvpair id="mine-a" name="a" value="1"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/><node id="2" uname="n2"><instance_attributes id="nodes-2">
 <nvpair id="s" name="standby" value="on"/></instance_attributes></node></nodes>
<resources>
 <primitive id="p"/>
 <group id="g"><primitive id="g1"/><primitive id="g2"><meta_attributes id="g2m">
  <nvpair id="g2r" name="target-role" value="Stopped"/></meta_attributes></primitive></group>
 <clone id="c"><primitive id="c1"><meta_attributes id="c1m"><nvpair id="c1r" name="target-role" value="Started"/>
  <nvpair id="c1p" name="priority" value="1"/></meta_attributes></primitive></clone>
 <clone id="d"><meta_attributes id="dm"><nvpair id="dp" name="promotable" value="true"/></meta_attributes>
  <primitive id="d1"/></clone>
 <bundle id="b"><primitive id="b1"/></bundle>
</resources>
<constraints>
 <rsc_location id="cli-prefer-p" rsc="p" role="Started" node="n2" score="INFINITY"/>
 <rsc_location id="cli-ban-p-on-n1" rsc="p" role="Started" node="n1" score="-INFINITY"/>
 <rsc_location id="cli-ban-g1-on-n1" rsc="g1" role="Started" node="n1" score="-INFINITY"/>
 <rsc_location id="mine" rsc="p" node="n1" score="5"/>
</constraints></configuration>
<status><node_state id="1" uname="n1">
 <transient_attributes id="1"><instance_attributes id="status-1">
  <nvpair id="status-1-fail-count-p.monitor_10000" name="fail-count-p#monitor_10000" value="2"/>
  <nvpair id="status-1-fail-count-px.monitor_10000" name="fail-count-px#monitor_10000" value="2"/></instance_attributes></transient_attributes>
 <lrm id="1"><lrm_resources>
  <lrm_resource id="p"><lrm_rsc_op id="p_last_0"/><lrm_rsc_op id="p_last_failure_0" operation="monitor" interval="10000"/></lrm_resource>
  <lrm_resource id="g1"><lrm_rsc_op id="g1_last_0"/></lrm_resource></lrm_resources></lrm>
</node_state></status></cib>"#;

fn said(edit: &Edit) -> String {
    match edit {
        Edit::Put { element, .. } if element.name == "rsc_location" => {
            format!("put {} on {}", element.id().unwrap_or_default(), place(element))
        }
        Edit::Put { parent, element } => {
            let pair = |pair: &Element| Some(format!("{}={}", pair.attr("name")?, pair.attr("value")?));
            let pairs: Vec<String> = element.elements().filter_map(pair).collect();
            let holder = parent.0.last().and_then(|step| step.id.clone()).unwrap_or_default();
            format!("put {holder}/{}: {}", element.id().unwrap_or_default(), pairs.join(" "))
        }
        Edit::Merge { element, .. } => format!("merge {}", write(element)),
        Edit::Set { path, name, value } => format!("set {path} {name}={value}"),
        Edit::Unset { path, name } => format!("unset {path} {name}"),
        Edit::Delete { path } => {
            let last = path.0.last().expect("a path has steps");
            format!("delete {}", last.id.as_deref().unwrap_or(&last.name))
        }
    }
}

fn place(element: &Element) -> String {
    let rule = element.descendants().find(|part| part.attr("attribute") == Some("#uname"));
    let end = element.descendants().find_map(|part| part.attr("end"));
    let node = element.attr("node").or_else(|| rule?.attr("value")).unwrap_or_default();
    end.map_or_else(|| node.to_string(), |end| format!("{node} until {end}"))
}

fn wish(words: &str) -> Intent {
    let words: Vec<&str> = words.split_whitespace().collect();
    let text = |at: usize| words.get(at).map(|word| (*word).to_string());
    let name = |at: usize| text(at).expect("a name");
    let role = |role| Intent::Role { resource: name(1), role };
    let is = |yes: &str| words.get(2) == Some(&yes);
    match words[0] {
        "start" => role(TargetRole::Started),
        "stop" => role(TargetRole::Stopped),
        "promote" => role(TargetRole::Promoted),
        "restore" => Intent::Restore { resource: name(1), role: text(2) },
        "manage" => Intent::Manage { resource: name(1), managed: true },
        "unmanage" => Intent::Manage { resource: name(1), managed: false },
        "maintenance" => Intent::Maintenance { resource: name(1), on: is("on") },
        "node-maintenance" => Intent::NodeMaintenance { node: name(1), on: is("on") },
        "cluster-maintenance" => Intent::ClusterMaintenance { on: true },
        "standby" => Intent::Standby { node: name(1), on: true },
        "online" => Intent::Standby { node: name(1), on: false },
        "standby-until-restart" => Intent::Transient(standby::until_restart(&name(1))),
        "transient" => Intent::Transient(Transient::one(&name(1), &name(2), words.get(3).copied())),
        "move" => Intent::Move { resource: name(1), node: text(2), until: text(3) },
        "ban" => Intent::Ban { resource: name(1), node: text(2), until: text(3) },
        "clear" => Intent::Clear { resource: name(1), node: text(2) },
        "meta" => Intent::ResourceAttribute { resource: name(1), sort: Sort::Meta, name: name(2), value: text(3) },
        "utilization" => {
            Intent::NodeAttribute { node: name(1), sort: Sort::NodeUtilization, name: name(2), value: text(3) }
        }
        "property" => Intent::Property { name: name(1), value: text(2) },
        "cleanup" => Intent::Cleanup { resource: text(1), node: text(2), failed_only: true },
        "refresh" => Intent::Cleanup { resource: text(1), node: text(2), failed_only: false },
        "cleanup-operation" => {
            let operation = Operation { task: name(2), interval_ms: name(3).parse().expect("a number") };
            Intent::CleanupOperation { resource: text(1).filter(|name| name != "-"), node: text(4), operation }
        }
        "grant" => Intent::Ticket { ticket: name(1), change: Change::one("granted", "true") },
        "forget-node" => Intent::DeleteNode { node: name(1) },
        "down" => Intent::Down { node: name(1) },
        other => panic!("what is {other}?"),
    }
}

#[track_caller]
fn check_with(facts: &Facts, cases: &[(&str, &str)]) {
    let document = Document::read(CLUSTER).expect("a document");
    for (words, expected) in cases {
        let found = match edits(&document, &wish(words), facts) {
            Ok(edits) => edits.iter().map(said).collect::<Vec<_>>().join("; "),
            Err(refusal) => format!("refused: {refusal}"),
        };
        assert_eq!(found, *expected, "{words}");
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    check_with(&Facts { epoch: 7, ..Facts::default() }, cases);
}

#[test]
fn what_is_cloned_is_told_by_its_clone() {
    check(&[
        ("stop p", "put p/p-meta_attributes: target-role=Stopped"),
        ("stop c1", "put c/c-meta_attributes: target-role=Stopped; put c1/c1m: priority=1"),
        ("stop c", "put c/c-meta_attributes: target-role=Stopped; put c1/c1m: priority=1"),
        ("stop b1", "put b/b-meta_attributes: target-role=Stopped"),
        ("unmanage d1", "put d/dm: promotable=true is-managed=false"),
        ("maintenance d1 on", "put d/dm: promotable=true maintenance=true"),
        ("stop nothing", "refused: there is no resource `nothing`"),
    ]);
}

#[test]
fn what_is_managed_again_is_in_no_maintenance() {
    let with = |attributes: &str| {
        let meta = format!("<primitive id=\"p\"><meta_attributes id=\"m\">{attributes}</meta_attributes></primitive>");
        Document::read(&CLUSTER.replace("<primitive id=\"p\"/>", &meta)).expect("a document")
    };
    let maintenance = "<nvpair id=\"a\" name=\"maintenance\" value=\"true\"/>";
    let unmanaged = "<nvpair id=\"b\" name=\"is-managed\" value=\"false\"/>";
    let both = format!("{maintenance}{unmanaged}");
    let all = Rivals::These(vec!["p".to_string()]);
    let none = Rivals::These(Vec::new());
    let hindering = Rivals::Hindering;
    for (attributes, words, rivals, expected) in [
        (maintenance, "manage p", &hindering, "is-managed=true"),
        (maintenance, "manage p", &none, "maintenance=true is-managed=true"),
        (maintenance, "unmanage p", &hindering, "maintenance=true is-managed=false"),
        (maintenance, "unmanage p", &all, "is-managed=false"),
        (unmanaged, "maintenance p on", &hindering, "is-managed=false maintenance=true"),
        (unmanaged, "maintenance p on", &all, "maintenance=true"),
        (unmanaged, "maintenance p off", &hindering, "is-managed=false maintenance=false"),
        (&both, "manage p", &hindering, "is-managed=true"),
        (&both, "start p", &all, "maintenance=true is-managed=false target-role=Started"),
    ] {
        let facts = Facts { rivals: rivals.clone(), ..Facts::default() };
        let next = super::apply(&with(attributes), &wish(words), &facts).expect("it is possible");
        let resource = next.configuration().descendants().find(|part| part.id() == Some("p")).expect("it is there");
        let pairs = resource.descendants().filter(|part| part.name == "nvpair");
        let of = |pair: &Element, name: &str| pair.attr(name).unwrap_or_default().to_string();
        let said: Vec<String> = pairs.map(|pair| format!("{}={}", of(pair, "name"), of(pair, "value"))).collect();
        assert_eq!(said.join(" "), expected, "{words} of {attributes}");
    }
}

#[test]
fn members_of_a_group_are_told_alone_and_give_way_to_their_group() {
    check(&[
        ("stop g1", "put g1/g1-meta_attributes: target-role=Stopped"),
        ("start g", "put g/g-meta_attributes: target-role=Started; delete g2m"),
        ("stop g", "put g/g-meta_attributes: target-role=Stopped"),
    ]);
    let facts = Facts { members: Members::None, ..Facts::default() };
    check_with(&facts, &[("start g", "put g/g-meta_attributes: target-role=Started")]);
}

#[test]
fn only_promotable_clones_are_promoted() {
    check(&[
        ("promote d", "put d/dm: promotable=true target-role=Promoted"),
        ("promote d1", "put d/dm: promotable=true target-role=Promoted"),
        ("promote c", "refused: `c` is not a promotable clone"),
        ("restore g2", "delete g2m"),
        ("restore p Unpromoted", "put p/p-meta_attributes: target-role=Unpromoted"),
        ("restore p Stopped", "put p/p-meta_attributes: target-role=Started"),
    ]);
}

#[test]
fn nodes_are_set_aside_and_brought_back() {
    check(&[
        ("standby n1", "put 1/nodes-1: standby=on"),
        ("online n2", "delete nodes-2"),
        ("online n1", ""),
        ("node-maintenance n2 on", "put 2/nodes-2: standby=on maintenance=true"),
        ("node-maintenance n1 off", "put 1/nodes-1: maintenance=off"),
        ("utilization n1 memory 5", "put 1/nodes-1-utilization: memory=5"),
        ("standby n9", "refused: there is no node `n9`"),
    ]);
}

#[test]
fn what_lasts_until_a_node_leaves_is_written_where_it_is_not_so_yet() {
    let count = "fail-count-p#monitor_10000";
    check(&[
        ("standby-until-restart n1", "put status-1/status-1-standby: "),
        ("transient n1 a 1", "put status-1/status-1-a: "),
        ("transient n1 a", ""),
        (&format!("transient n1 {count} 2"), ""),
        (&format!("transient n1 {count}"), "delete status-1-fail-count-p.monitor_10000"),
        ("transient n9 a 1", "refused: there is no node `n9`"),
    ]);
}

#[test]
fn an_attribute_is_changed_where_it_stands() {
    let set = r#"<instance_attributes id="own"><nvpair id="odd" name="b" value="1"/></instance_attributes>"#;
    let text = CLUSTER.replacen(
        r#"<instance_attributes id="status-1">"#,
        &format!(r#"{set}<instance_attributes id="status-1">"#),
        1,
    );
    let document = Document::read(&text).expect("a document");
    for (words, expected) in
        [("transient n1 b 2", "put own/odd: "), ("transient n1 b 1", ""), ("transient n1 b", "delete odd")]
    {
        let found = edits(&document, &wish(words), &Facts::default()).expect("there is such a node");
        assert_eq!(found.iter().map(said).collect::<Vec<_>>().join("; "), expected, "{words}");
    }
}

#[test]
fn a_standby_until_the_next_start_is_ended_where_there_is_one() {
    let with = |value: &str| {
        let pair = format!(r#"<nvpair id="s1" name="standby" value="{value}"/><nvpair id="status-1-fail-count-p."#);
        let text = CLUSTER.replacen(r#"<nvpair id="status-1-fail-count-p."#, &pair, 1);
        Document::read(&text).expect("a document")
    };
    let ended = Some(Transient::one("n1", "standby", None));
    for (value, node, expected) in
        [("on", "n1", &ended), ("off", "n1", &None), ("on", "n2", &None), ("on", "n9", &None)]
    {
        assert_eq!(standby::end_until_restart(&with(value), node), *expected, "{value} {node}");
    }
}

#[test]
fn a_move_replaces_what_was_said_of_that_node_and_nothing_else() {
    check(&[
        ("move g n1", "delete cli-prefer-g; put cli-prefer-g on n1"),
        ("move p n1", "delete cli-ban-p-on-n1; delete cli-prefer-p; put cli-prefer-p on n1"),
        (
            "move p n1 2026-01-01",
            "delete cli-ban-p-on-n1; delete cli-prefer-p; put cli-prefer-p on n1 until 2026-01-01",
        ),
        ("move p", "refused: where is `p` to be moved?"),
        ("ban p n2", "put cli-ban-p-on-n2 on n2"),
        ("ban p", "refused: `p` does not run anywhere, so there is nowhere to move it from"),
        ("clear p", "delete cli-prefer-p; delete cli-ban-p-on-n1"),
        ("clear p n1", "delete cli-ban-p-on-n1"),
        ("clear g", "delete cli-ban-g1-on-n1"),
        ("clear c", ""),
    ]);
}

#[test]
fn who_is_to_leave_is_told_by_where_it_runs() {
    let on = |places: &[&str], force| Facts {
        places: places.iter().map(|node| (*node).to_string()).collect(),
        force,
        ..Facts::default()
    };
    check_with(
        &on(&["n1"], false),
        &[
            ("move g n1", "refused: `g` runs on n1 already"),
            ("move g n2", "delete cli-prefer-g; put cli-prefer-g on n2"),
            ("ban g", "put cli-ban-g-on-n1 on n1"),
        ],
    );
    check_with(
        &on(&["n1"], true),
        &[
            ("move g n2", "delete cli-prefer-g; put cli-prefer-g on n2; put cli-ban-g-on-n1 on n1"),
            ("move g", "put cli-ban-g-on-n1 on n1"),
        ],
    );
    check_with(&on(&["n1", "n2"], true), &[("ban c", "refused: `c` runs on n1, n2")]);
}

#[test]
fn an_attribute_goes_where_it_is_or_where_it_belongs() {
    check(&[
        ("meta c1 priority 2", "put c1/c1m: target-role=Started priority=2"),
        ("meta c1 resource-stickiness 9", "put c/c-meta_attributes: resource-stickiness=9"),
        ("meta c priority 2", "put c1/c1m: target-role=Started priority=2"),
        ("meta c1 priority", "put c1/c1m: target-role=Started"),
        ("property a 2", "put /mine: a=2"),
        ("property b 2", "put /mine: a=1 b=2"),
        ("property a", "put /mine: "),
        ("cluster-maintenance", "put /mine: a=1 maintenance-mode=true"),
    ]);
}

#[test]
fn a_cleanup_takes_the_whole_history_of_what_failed() {
    let gone = "delete p; delete status-1-fail-count-p.monitor_10000; delete status-1-fail-count-p.monitor_10000";
    check(&[
        ("cleanup p", gone),
        ("cleanup p n1", gone),
        ("cleanup p n2", ""),
        ("cleanup g", ""),
        ("refresh g", "delete g1"),
        ("cleanup q", "refused: there is no resource `q`"),
        ("cleanup p n9", "refused: there is no node `n9`"),
    ]);
}

#[test]
fn a_cleanup_of_one_operation_is_about_what_failed_by_it() {
    let count = "delete status-1-fail-count-p.monitor_10000";
    let gone = format!("{count}; delete p; {count}; {count}");
    let others = "delete status-1-fail-count-px.monitor_10000";
    check(&[
        ("cleanup-operation p monitor 10000", gone.as_str()),
        ("cleanup-operation p monitor 10000 n1", gone.as_str()),
        ("cleanup-operation p monitor 10000 n2", ""),
        ("cleanup-operation p monitor 0", ""),
        ("cleanup-operation p start 10000", ""),
        ("cleanup-operation g monitor 10000", ""),
        ("cleanup-operation - monitor 10000", format!("{count}; {others}; delete p; {count}; {count}").as_str()),
        ("cleanup-operation q monitor 10000", "refused: there is no resource `q`"),
        ("cleanup-operation p monitor 10000 n9", "refused: there is no node `n9`"),
    ]);
}

#[test]
fn the_time_of_the_last_failure_goes_with_its_count() {
    let names = ["fail-count", "last-failure"].map(|prefix| format!("{prefix}-p#monitor_10000"));
    let count = r#"<nvpair id="status-1-fail-count-p."#;
    let last = format!(r#"<nvpair id="last" name="{}" value="5"/>{count}"#, names[1]);
    let document = Document::read(&CLUSTER.replacen(count, &last, 1)).expect("a document");
    let operation = Operation { task: "monitor".to_string(), interval_ms: 10_000 };
    let found = of_operation(&document, Some("p"), None, &operation).expect("there is such a resource");
    let mut gone: Vec<String> = found.counts[0].pairs.iter().map(|(name, _)| name.clone()).collect();
    gone.sort();
    assert_eq!(gone, names);
    assert_eq!(found.failed, [("p".to_string(), "n1".to_string())]);
}

#[test]
fn only_a_node_that_is_gone_is_forgotten() {
    let facts = Facts { in_cluster: vec!["n1".to_string()], ..Facts::default() };
    check_with(
        &facts,
        &[("forget-node n1", "refused: `n1` is a member of the cluster"), ("forget-node n2", "delete 2; delete 2")],
    );
}

#[test]
fn tickets_and_lost_nodes_are_facts_of_the_status() {
    check(&[
        ("grant t", r#"merge <ticket_state id="t" granted="true" last-granted="7"/>"#),
        ("forget-node n1", "delete 1; delete 1"),
        ("down n9", "refused: there is no node `n9`"),
    ]);
}
