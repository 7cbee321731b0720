//! The levels `resource` and `node`, command by command beside the crmsh that is installed, on the same
//! CIB in a file: the configuration afterwards (ids and all) and whether it went well must be the same.
//! Where ours differs on purpose, the table says why, and that it still does.

use quorate_core::xml::{self, Element, Node};
use quorate_tests::lab::program;
use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};
use std::process::{Command, Stdio};

const CRMSH: &str = "/usr/sbin/crm";

// ---- the CIB ---------------------------------------------------------------------------------------

/// Whether values are set already, at members and at what they are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    Bare,
    Set,
}

fn meta(owner: &str, pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| {
        format!(r#"<nvpair id="{owner}-meta_attributes-{name}" name="{name}" value="{value}"/>"#)
    };
    format!(
        r#"<meta_attributes id="{owner}-meta_attributes">{}</meta_attributes>"#,
        pairs.iter().map(pair).collect::<String>()
    )
}

/// Primitives, a group, clones (of a primitive, of a group), a promotable clone, a bundle, a tag; `n1` can be pinged,
/// which crmsh does before it puts a node on standby.
fn cib(values: Values) -> String {
    let set = values == Values::Set;
    let own = |owner: &str| match set {
        true => meta(owner, &[("target-role", "Stopped"), ("is-managed", "false")]),
        false => String::new(),
    };
    let primitive = |id: &str, inside: String| {
        format!(r#"<primitive id="{id}" class="ocf" provider="heartbeat" type="Dummy">{inside}</primitive>"#)
    };
    let monitor = r#"<operations><op id="p1-monitor-10" name="monitor" interval="10" timeout="20"/></operations>"#;
    let promotable = match set {
        true => meta("m", &[("promotable", "true"), ("target-role", "Stopped")]),
        false => meta("m", &[("promotable", "true")]),
    };
    let resources = [
        primitive("p1", own("p1") + monitor),
        primitive("p2", String::new()),
        format!(
            r#"<group id="g">{}{}{}</group>"#,
            own("g"),
            primitive("g1", own("g1")),
            primitive("g2", String::new())
        ),
        format!(r#"<clone id="c">{}{}</clone>"#, own("c"), primitive("c1", own("c1"))),
        format!(
            r#"<clone id="cg"><group id="gg">{}{}{}</group></clone>"#,
            own("gg"),
            primitive("gg1", own("gg1")),
            primitive("gg2", String::new())
        ),
        format!(
            r#"<clone id="m">{promotable}<primitive id="db" class="ocf" provider="pacemaker" type="Stateful"><operations><op id="db-m1" name="monitor" interval="10s" role="Promoted"/><op id="db-m2" name="monitor" interval="11s" role="Unpromoted"/></operations></primitive></clone>"#
        ),
        format!(
            r#"<bundle id="b"><docker image="i" replicas="2"/><network ip-range-start="10.0.0.5" control-port="1234"/>{}</bundle>"#,
            primitive("bp", String::new())
        ),
    ];
    let attributes = match set {
        true => {
            r#"<instance_attributes id="nodes-1"><nvpair id="nodes-1-standby" name="standby" value="on"/><nvpair id="nodes-1-maintenance" name="maintenance" value="true"/><nvpair id="nodes-1-rack" name="rack" value="a"/></instance_attributes>"#
        }
        false => "",
    };
    let moved = match set {
        true => {
            r#"<rsc_location id="cli-prefer-p1" rsc="p1" role="Started" node="n2" score="INFINITY"/><rsc_location id="cli-ban-p2-on-127.0.0.1" rsc="p2" role="Started" node="127.0.0.1" score="-INFINITY"/>"#
        }
        false => "",
    };
    let state = |id: u32, name: &str, active: &[&str]| {
        let key = "1:1:0:aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
        let history = |id: &&str| {
            format!(
                r#"<lrm_resource id="{id}" class="ocf" provider="heartbeat" type="Dummy"><lrm_rsc_op id="{id}_last_0" operation_key="{id}_start_0" operation="start" transition-key="{key}" transition-magic="0:0;{key}" call-id="1" rc-code="0" op-status="0" interval="0" last-rc-change="1700000001" crm_feature_set="3.16.1"/></lrm_resource>"#
            )
        };
        format!(
            r#"<node_state id="{id}" uname="{name}" in_ccm="true" crmd="online" join="member" expected="member"><lrm id="{id}"><lrm_resources>{}</lrm_resources></lrm></node_state>"#,
            active.iter().map(history).collect::<String>()
        )
    };
    format!(
        r#"<cib validate-with="pacemaker-3.9" crm_feature_set="3.16.1" have-quorum="1" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="false"/></cluster_property_set></crm_config><nodes><node id="1" uname="127.0.0.1">{attributes}</node><node id="2" uname="n2"/></nodes><resources>{}</resources><constraints>{moved}<rsc_colocation id="k" rsc="p1" with-rsc="p2" score="INFINITY"/></constraints><tags><tag id="t"><obj_ref id="p1"/><obj_ref id="p2"/></tag></tags></configuration><status>{}{}</status></cib>"#,
        resources.concat(),
        state(1, "127.0.0.1", &["p1", "p2", "g1", "g2", "c1", "gg1", "gg2", "db"]),
        state(2, "n2", &["c1", "gg1", "gg2", "db"]),
    )
}

// ---- running both ----------------------------------------------------------------------------------

/// Each line a call of its own, on what the lines before it left.
fn run(values: Values, lines: &[&str], ours: bool) -> (Vec<Answer>, String) {
    let bench = Bench::new(&cib(values));
    let mut answers = Vec::new();
    for line in lines {
        let mut command = match ours {
            true => Command::new(program("quorate")),
            false => Command::new("timeout"),
        };
        command.args(if ours { vec!["crm"] } else { vec!["60", CRMSH] });
        command.args(line.split_whitespace()).env("CIB_file", bench.path("cib.xml")).env("HOME", bench.path(""));
        command.env("CIB_shadow_dir", bench.path("")).env_remove("CIB_shadow").env("TERM", "dumb");
        // Pacemaker's tools may say what is no text.
        let output = command.stdin(Stdio::null()).output().expect("a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        answers.push(Answer { code, out: text(&output.stdout), err: text(&output.stderr) });
    }
    let root = xml::read(&bench.cib()).expect("a CIB");
    let configuration = root.child("configuration").expect("a configuration");
    (answers, xml::write_pretty(&canonical(configuration)))
}

/// Attributes by name, sets before members, no sets with nothing in them, and no moments.
fn canonical(element: &Element) -> Element {
    let mut same = element.clone();
    same.attributes.sort_by_key(|name| name.to_string());
    if same.attr("end").is_some() {
        same.set("end", "THEN");
    }
    let is_set = |child: &Element| child.name.ends_with("_attributes") || child.name == "utilization";
    let kept = element.elements().filter(|child| !is_set(child) || !child.children.is_empty());
    let mut children: Vec<Element> = kept.map(canonical).collect();
    if matches!(&*element.name, "group" | "clone" | "bundle" | "primitive") {
        children.sort_by_key(|child| !is_set(child));
    }
    same.children = children.into_iter().map(Node::from).collect();
    same
}

/// The lines that only one of the texts has, or that their order differs.
fn lines_apart(theirs: &str, ours: &str) -> String {
    let only = |mark: char, these: &str, others: &str| {
        let lines = these.lines().filter(|line| !others.lines().any(|other| other == *line));
        lines.map(|line| format!("  {mark} {}\n", line.trim())).collect::<String>()
    };
    let text = only('-', theirs, ours) + &only('+', ours, theirs);
    if text.is_empty() && theirs != ours { "  (another order)\n".to_string() } else { text }
}

/// Lines joined by `;` run one after the other, with and without values set.
fn alike(rows: &[&str]) {
    alike_with(&[Values::Bare, Values::Set], rows);
}

fn alike_bare(rows: &[&str]) {
    alike_with(&[Values::Bare], rows);
}

fn alike_with(all_values: &[Values], rows: &[&str]) {
    if !needs::files(&[CRMSH]) {
        return;
    }
    let mut differing = Vec::new();
    for row in rows {
        let lines: Vec<&str> = row.split(';').map(str::trim).collect();
        for values in all_values.iter().copied() {
            let ((mine, after), (theirs, expected)) = (run(values, &lines, true), run(values, &lines, false));
            let well = |answers: &[Answer]| answers.iter().map(|answer| answer.code == 0).collect::<Vec<_>>();
            if after == expected && well(&mine) == well(&theirs) {
                continue;
            }
            let diff = lines_apart(&expected, &after);
            differing.push(format!("{row} ({values:?})\n  ours: {mine:?}\n  theirs: {theirs:?}\n{diff}"));
        }
    }
    assert!(differing.is_empty(), "{} rows of {} differ\n{}", differing.len(), rows.len(), differing.join("\n"));
}

/// What ours does otherwise: the part of the configuration (or of the answer) that shows it, and the reason.
fn otherwise(values: Values, row: &str, shows: &str, why: &str) {
    let lines: Vec<&str> = row.split(';').map(str::trim).collect();
    let told = |(answers, after): &(Vec<Answer>, String)| {
        let last = answers.last().expect("a line");
        format!("exit {}\n{}{}\n{after}", last.code, last.out, last.err)
    };
    let mine = told(&run(values, &lines, true));
    assert!(mine.contains(shows), "{row} ({why}): {shows}\n-- in --\n{mine}");
    if needs::files(&[CRMSH]) {
        let theirs = told(&run(values, &lines, false));
        assert!(!theirs.contains(shows), "{row}: no difference any more ({why})\n{theirs}");
    }
}

// ---- resource --------------------------------------------------------------------------------------

#[test]
fn roles() {
    alike(&[
        "resource start p1",
        "resource stop p1; resource stop p1",
        "resource stop g; resource start g2",
        "resource stop g1",
        "resource stop c",
        "resource start c1",
        "resource stop gg1",
        "resource stop gg2; resource start gg2",
        "resource stop b",
        "resource start bp",
        "resource stop p1 p2; resource start t",
        "resource stop t",
    ]);
    alike_bare(&[
        "resource start nope",
        "resource promote p1",
        "resource demote g",
        "resource promote c",
        "resource promote nope",
    ]);
}

#[test]
fn management() {
    alike(&[
        "resource manage p1",
        "resource unmanage p1; resource unmanage p1; resource manage p1",
        "resource unmanage g",
        "resource unmanage g1",
        "resource unmanage c; resource manage c",
        "resource unmanage c1",
        "resource unmanage gg1",
        "resource unmanage m",
        "resource manage bp",
        "resource unmanage t",
        "resource maintenance p1; resource maintenance p1 off",
        "resource maintenance g on; resource maintenance g on",
        "resource maintenance c1 on",
        "resource maintenance gg1",
        "resource maintenance b off",
        "resource maintenance t",
    ]);
    alike_bare(&["resource manage nope", "resource maintenance p1 soon", "resource maintenance nope"]);
}

#[test]
fn moves() {
    alike(&[
        "resource move p1",
        "resource move p1 force",
        "resource move p1 n2; resource move p1 n2",
        "resource move p1 127.0.0.1",
        "resource move p1 n2 force; resource clear p1",
        "resource move p2 127.0.0.1; resource move p2 n2; resource clear p2",
        "resource ban p1",
        "resource ban p1 127.0.0.1; resource ban p1 127.0.0.1",
        "resource move g1 n2; resource clear g1",
        "resource ban g2 127.0.0.1",
        "resource move c n2",
        "resource move c n2 force",
        "resource move m 127.0.0.1; resource clear m",
        "resource move cg n2",
        "resource ban b n2",
        "resource move t n2",
        "resource clear p1",
    ]);
    alike_bare(&[
        "resource move p1 127.0.0.1 PT10M force",
        "resource move p1 n2 PT10M",
        "resource ban p1 n2 PT1H; resource clear p1",
        "resource ban c n2 P1D",
        "resource ban c",
        "resource ban m",
        "resource move p1 nope",
        "resource clear nope",
        "resource move g n2",
    ]);
}

#[test]
fn attributes() {
    alike(&[
        "resource meta p1 set priority 5; resource meta p1 set priority 6; resource meta p1 show priority",
        "resource meta p1 delete priority",
        "resource meta p1 set target-role Started; resource meta p1 delete target-role",
        "resource meta g set target-role Started",
        "resource meta g set priority 1; resource meta g1 show priority; resource meta g delete priority",
        "resource meta g1 set is-managed true",
        "resource meta c set target-role Started",
        "resource meta c1 set target-role Started; resource meta c1 show target-role",
        "resource meta c1 set priority 2; resource meta c1 delete priority",
        "resource meta m set target-role Started",
        "resource meta gg set priority 3",
        "resource param p1 set state /x; resource param p1 show state; resource param p1 delete state",
        "resource param p1 set target-role x",
        "resource param c1 set state /y",
        "resource param g set state /z",
        "resource param p1 delete state",
        "resource utilization p1 set cpu 2; resource utilization p1 set cpu 3; resource utilization p1 show cpu",
        "resource utilization p1 delete cpu",
    ]);
    alike_bare(&[
        "resource meta nope set a b",
        "resource meta p1 frob a",
        "resource utilization g set cpu 2",
        "resource utilization c set cpu 2",
    ]);
}

#[test]
fn traces() {
    alike(&[
        "resource trace p1 start",
        "resource trace p1 start; resource trace p1 start; resource untrace p1 start",
        "resource trace p1 monitor; resource untrace p1 monitor",
        "resource trace p1 monitor 10; resource untrace p1",
        "resource trace p2; resource untrace p2",
        "resource trace p2 monitor",
        "resource trace g1 stop",
        "resource trace p1 start /tmp/x; resource untrace p1 start",
        "resource untrace p1",
        "resource untrace p1 start",
    ]);
    alike_bare(&[
        "resource trace p1 monitor 0",
        "resource trace p1 monitor 33",
        "resource trace g",
        "resource trace nope",
        "resource constraints p1",
    ]);
}

// ---- node ------------------------------------------------------------------------------------------

#[test]
fn nodes() {
    alike(&[
        "node maintenance n2; node maintenance n2; node ready n2",
        "node ready n2",
        "node attribute n2 set rack b; node attribute n2 set row 1",
        "node attribute n2 delete rack",
        "node attribute n2 set a.b_c 1",
        "node attribute n2 set rack",
        "node utilization n2 set cpu 4; node utilization n2 set cpu 5; node utilization n2 delete cpu",
    ]);
    alike_with(&[Values::Set], &["node standby 127.0.0.1; node standby 127.0.0.1"]);
    alike_bare(&[
        "node maintenance nope",
        "node online nope",
        "node standby nope",
        "node standby nope reboot",
        "node attribute 127.0.0.1 set rack b; node attribute 127.0.0.1 show rack; node attribute 127.0.0.1 delete rack",
        "node attribute n2 show rack",
        "node attribute nope set rack b",
        "node utilization n2 show cpu",
        "node utilization 127.0.0.1 set mem 4",
        "node server",
        "node show",
        "node show 127.0.0.1",
    ]);
}

#[test]
fn servers_are_told_by_name() {
    let (answers, _) = run(Values::Bare, &["node server", "node server n2", "node server nope"], true);
    assert_eq!(answers[0].out, "127.0.0.1\nn2\n");
    assert_eq!(answers[1].out, "n2\n");
    assert!(answers[2].code == 1 && answers[2].err.contains("there is no node `nope`"), "{:?}", answers[2]);
    let remote = Bench::with("primitive far ocf:pacemaker:remote params server=10.0.0.9\nnode far:remote\nnode n1\n");
    assert_eq!(remote.crm(&["node", "server"]).out, "10.0.0.9\nn1\n");
}

// ---- on purpose ------------------------------------------------------------------------------------

#[test]
fn what_ours_does_otherwise() {
    use Values::{Bare, Set};
    let role = r#"id="m-meta_attributes-target-role" name="target-role" value="Promoted""#;
    otherwise(Bare, "resource promote m", role, "today's word for the role");
    otherwise(Bare, "resource promote db", role, "what is cloned stands for its clone");
    otherwise(Set, "resource promote m", role, "the clone decides, not its member");
    otherwise(
        Set,
        "resource start g",
        "removed 'target-role' of g1",
        "nothing of a group stays behind where nobody can be asked",
    );
    otherwise(Bare, "resource move p1 n2 junk", "exit 2", "words that mean nothing are errors");
    otherwise(Bare, "resource ban c1", "`c` runs on 127.0.0.1, n2", "one of several nodes is not picked at random");
    let ignored = "a constraint on what is cloned is ignored: the clone is meant";
    otherwise(Bare, "resource move c1 n2", r#"rsc="c""#, ignored);
    otherwise(Bare, "resource ban c1 127.0.0.1", r#"rsc="c""#, ignored);
    otherwise(
        Bare,
        "resource utilization c1 set cpu 1",
        r#"id="c1-utilization-cpu""#,
        "a clone cannot have it, its primitive can",
    );
    otherwise(Bare, "resource utilization g delete x", "`g` is no primitive", "it cannot have had one");
    otherwise(Bare, "resource trace db monitor 10", r#"id="db-m1-instance_attributes""#, "operations keep their ids");
    otherwise(Bare, "resource trace p1 nosuch", "ocf:heartbeat:Dummy has no operation `nosuch`", "agents are asked");
    otherwise(Bare, "resource ban p1 nope", "there is no node `nope`", "a wrong node is not passed over");
    otherwise(
        Set,
        "resource move g n2",
        r#"id="cli-prefer-g""#,
        "members that are not managed run in one place, not in two",
    );
    otherwise(
        Bare,
        "node standby 127.0.0.1",
        r#"<nvpair id="nodes-1-standby""#,
        "one set for all attributes, as crm_attribute makes it",
    );
    otherwise(Bare, "node attribute n2 set rack=b", r#"name="rack" value="b""#, "NAME=VALUE is understood");
    otherwise(Bare, "node maintenance --all", r#"id="nodes-2-maintenance""#, "all nodes at once");
    otherwise(
        Bare,
        "node standby 127.0.0.1 n2 reboot",
        "needs the running cluster",
        "a file has no transient attributes",
    );
    otherwise(Bare, "node show nope", "there is no node `nope`", "what is not there is not passed over");
    otherwise(Bare, "node delete n2", "exit 0", "needs no cluster where there is none");
}
