//! Statements to XML and back: ids as crmsh makes them, nothing lost, nothing invented.
#![allow(clippy::unwrap_used)]

use quorate_core::cib::Document;
use quorate_core::xml::{self, Element, Node};
use quorate_grammar::crm::parse;
use quorate_shell::catalogue::Catalogue;
use quorate_shell::configure::lower::{Mode, lower};
use quorate_shell::configure::{references, show};
use quorate_tests::needs;
use quorate_tests::shell::Bench;
use std::process::Command;

fn catalogue() -> Catalogue {
    Catalogue::new(&[("heartbeat", &["Dummy", "IPaddr2"]), ("pacemaker", &["Dummy", "Stateful"])], &["fence_xvm"])
}

const BASE: &str = "node n1\nnode n2\nprimitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\nprimitive d Dummy\nprimitive s stonith:fence_xvm\n";

fn lowered(text: &str, document: &mut Document, mode: Mode) {
    let (statements, diagnostics) = parse(text);
    assert!(diagnostics.iter().all(|one| !one.is_error()), "{text}: {diagnostics:?}");
    let found = lower(&statements, mode, document.configuration_mut(), &catalogue());
    assert!(found.is_empty(), "{text}: {found:?}");
    assert!(references::check(&statements, document.configuration()).is_empty(), "{text}");
}

fn base() -> Document {
    let mut document = Document::empty();
    lowered(BASE, &mut document, Mode::Update);
    document
}

/// The statement gives this XML, and the XML the statement.
fn check(statement: &str, id: &str, expected: &str) {
    let mut document = base();
    lowered(statement, &mut document, Mode::Create);
    let element = document.configuration().descendants().find(|element| element.id() == Some(id));
    assert_eq!(xml::write(element.unwrap_or_else(|| panic!("no {id}"))), expected, "{statement}");
    let printed = show::text(&show::all(document.configuration(), &catalogue()));
    assert!(printed.contains(&format!("{statement}\n")), "{statement}\nis shown in\n{printed}");
}

#[test]
fn a_statement_becomes_the_xml_that_crmsh_makes_of_it_and_comes_back() {
    check(
        "primitive p ocf:pacemaker:Stateful \\\n\tparams fake=\"a b\" \\\n\top monitor interval=10s role=Promoted \\\n\top_params depth=1 \\\n\top start interval=0s timeout=20s",
        "p",
        r#"<primitive id="p" class="ocf" provider="pacemaker" type="Stateful"><instance_attributes id="p-instance_attributes"><nvpair name="fake" value="a b" id="p-instance_attributes-fake"/></instance_attributes><operations><op name="monitor" interval="10s" role="Promoted" id="p-monitor-10s"><instance_attributes id="p-monitor-10s-instance_attributes"><nvpair name="depth" value="1" id="p-monitor-10s-instance_attributes-depth"/></instance_attributes></op><op name="start" interval="0s" timeout="20s" id="p-start-0s"/></operations></primitive>"#,
    );
    check(
        "group g a b \\\n\tmeta target-role=Stopped",
        "g-meta_attributes",
        r#"<meta_attributes id="g-meta_attributes"><nvpair name="target-role" value="Stopped" id="g-meta_attributes-target-role"/></meta_attributes>"#,
    );
    check("location l a 100: n1", "l", r#"<rsc_location id="l" rsc="a" score="100" node="n1"/>"#);
    check(
        "location l a \\\n\trule -inf: not_defined ping or ping number:lte 0",
        "l",
        r##"<rsc_location id="l" rsc="a"><rule score="-INFINITY" boolean-op="or" id="l-rule"><expression operation="not_defined" attribute="ping" id="l-rule-expression"/><expression operation="lte" attribute="ping" type="number" value="0" id="l-rule-expression-0"/></rule></rsc_location>"##,
    );
    check(
        "location l a \\\n\trule date in start=2026-01-01 years=1 and date spec hours=9-17",
        "l-rule",
        r#"<rule score="INFINITY" id="l-rule"><date_expression operation="in_range" start="2026-01-01" id="l-rule-expression"><duration years="1" id="l-rule-expression-duration"/></date_expression><date_expression operation="date_spec" id="l-rule-expression-0"><date_spec hours="9-17" id="l-rule-expression-0-date_spec"/></date_expression></rule>"#,
    );
    check(
        "location l /v.*/ resource-discovery=never -inf: n2",
        "l",
        r#"<rsc_location id="l" rsc-pattern="v.*" resource-discovery="never" score="-INFINITY" node="n2"/>"#,
    );
    check(
        "colocation k inf: a b:Promoted",
        "k",
        r#"<rsc_colocation id="k" score="INFINITY" rsc="a" with-rsc="b" with-rsc-role="Promoted"/>"#,
    );
    check(
        "colocation k inf: a ( b c ) d",
        "k",
        r#"<rsc_colocation id="k" score="INFINITY"><resource_set id="k-0"><resource_ref id="a"/></resource_set><resource_set sequential="false" id="k-1"><resource_ref id="b"/><resource_ref id="c"/></resource_set><resource_set id="k-2"><resource_ref id="d"/></resource_set></rsc_colocation>"#,
    );
    check(
        "order o Serialize: a:start b",
        "o",
        r#"<rsc_order id="o" kind="Serialize" first="a" first-action="start" then="b"/>"#,
    );
    check(
        "order o [ a b ] c",
        "o-0",
        r#"<resource_set require-all="false" sequential="false" id="o-0"><resource_ref id="a"/><resource_ref id="b"/></resource_set>"#,
    );
    check(
        "rsc_ticket t tA: a:Promoted loss-policy=demote",
        "t",
        r#"<rsc_ticket id="t" ticket="tA" loss-policy="demote" rsc="a" rsc-role="Promoted"/>"#,
    );
    check(
        "property cib-bootstrap-options: \\\n\tno-quorum-policy=stop",
        "cib-bootstrap-options",
        r#"<cluster_property_set id="cib-bootstrap-options"><nvpair name="no-quorum-policy" value="stop" id="cib-bootstrap-options-no-quorum-policy"/></cluster_property_set>"#,
    );
    check(
        "fencing_topology \\\n\tn1: s \\\n\t\"attr:rack=a b\" s",
        "fencing-0",
        r#"<fencing-level target-attribute="rack" target-value="a b" index="1" devices="s" id="fencing-0"/>"#,
    );
    check("tag t a b", "t", r#"<tag id="t"><obj_ref id="a"/><obj_ref id="b"/></tag>"#);
    check(
        "primitive p Dummy \\\n\tparams #x=1",
        "p-instance_attributes-.x",
        r##"<nvpair name="#x" value="1" id="p-instance_attributes-.x"/>"##,
    );
}

#[test]
fn options_are_added_to_the_set_that_is_there() {
    let mut document = base();
    for line in
        ["rsc_defaults x=1", "rsc_defaults night: rule date spec hours=0-5 x=2", "rsc_defaults y=3", "rsc_defaults x=4"]
    {
        lowered(line, &mut document, Mode::Create);
    }
    let (objects, _) = show::select(document.configuration(), &[show::Selector::Type("rsc_defaults".into())]);
    let text = show::text(&show::statements(document.configuration(), &objects, &catalogue()));
    assert_eq!(
        text,
        "rsc_defaults night: \\\n\trule date spec hours=0-5 \\\n\tx=2\nrsc_defaults rsc-options: \\\n\tx=4 \\\n\ty=3\n"
    );
}

const ODD: &str = r#"<cib epoch="5" admin_epoch="0" num_updates="0" validate-with="pacemaker-3.9"><configuration>
<crm_config><cluster_property_set id="cib-bootstrap-options"><!-- not ours --><nvpair value="x" name="a" id="odd1"/></cluster_property_set></crm_config>
<nodes><node uname="n1" id="1"><instance_attributes id="nodes-1"><nvpair id="nodes-1-standby" name="standby" value="on"/></instance_attributes></node></nodes>
<resources>
<clone id="c"><meta_attributes id="m1"><nvpair id="m2" name="interleave" value="true"/></meta_attributes><group id="g"><primitive type="Dummy" provider="heartbeat" class="ocf" id="p1"><operations><op timeout="20" id="weird" name="monitor" interval="10"/></operations></primitive><primitive id="p2" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="empty"/></primitive></group></clone>
<bundle id="b"><docker image="x"/></bundle>
<primitive id="p3" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="i"><nvpair id="j" name="n" value="line&#10;end"/></instance_attributes></primitive>
</resources>
<constraints><rsc_location id="l" rsc="c"><rule id="l-r" score="INFINITY" boolean-op="and"><rule id="inner" score="0"><expression id="e" attribute="x" operation="defined"/></rule></rule></rsc_location>
<rsc_order id="o"><resource_set id="s1" sequential="true"><resource_ref id="p1"/></resource_set></rsc_order></constraints>
<acls><acl_role id="r"><acl_permission id="ap" kind="read" xpath="/cib"/></acl_role></acls>
</configuration><status/></cib>"#;

/// `show`, loaded back, changes nothing: neither ids, nor order, nor what the language cannot say.
#[test]
fn what_is_shown_and_loaded_back_leaves_the_xml_as_it_was() {
    for mode in [Mode::Update, Mode::Replace] {
        let before = Document::read(ODD).unwrap();
        let text = show::text(&show::all(before.configuration(), &catalogue()));
        let mut after = before.clone();
        lowered(&text, &mut after, mode);
        assert_eq!(after.configuration(), before.configuration(), "{text}");
    }
}

#[test]
fn an_edit_changes_what_it_says_and_keeps_the_other_ids() {
    let mut document = Document::read(ODD).unwrap();
    let text = show::text(&show::all(document.configuration(), &catalogue()));
    let edited = text
        .replace("op monitor timeout=20 interval=10", "op monitor timeout=30 interval=10")
        .replace("group g p1 p2", "group g p2 p1");
    assert_ne!(text, edited);
    lowered(&edited, &mut document, Mode::Replace);
    let mut expected = ODD.replace(r#"<op timeout="20" id="weird""#, r#"<op timeout="30" id="weird""#);
    let first = expected.find(r#"<primitive type="Dummy""#).unwrap();
    let second = expected.find(r#"<primitive id="p2""#).unwrap();
    let end = expected.find("</group>").unwrap();
    let (p1, p2) = (expected[first..second].to_string(), expected[second..end].to_string());
    expected.replace_range(first..end, &(p2 + &p1));
    assert_eq!(plain(document.configuration()), plain(Document::read(&expected).unwrap().configuration()));
}

/// Members go from one group to another, also where a clone is around one of them.
#[test]
fn members_change_places_in_one_edit() {
    let mut document = base();
    lowered("group g1 a b\ngroup g2 c d\nclone k g1", &mut document, Mode::Update);
    lowered("group g1 c b\ngroup g2 a d", &mut document, Mode::Replace);
    lowered("group g1 b", &mut document, Mode::Replace);
    let text = show::text(&show::all(document.configuration(), &catalogue()));
    assert!(text.contains("group g1 b\ngroup g2 a d\nclone k g1\n"), "{text}");
    let order: Vec<&str> =
        document.configuration().child("resources").unwrap().elements().filter_map(Element::id).collect();
    assert_eq!(order, ["s", "g2", "k", "c"]);
}

/// Attributes in order of their names: their order means nothing.
fn plain(element: &Element) -> Element {
    let mut element = element.clone();
    element.attributes.sort_by_key(|name| name.to_string());
    for node in &mut element.children {
        if let Node::Element(child) = node {
            *node = Node::from(plain(child));
        }
    }
    element
}

#[test]
fn what_the_language_cannot_say_is_shown_as_xml() {
    let odd = ODD.replace("rsc=\"c\"", "rsc=\"c\" novelty=\"x\"");
    let document = Document::read(&odd).unwrap();
    let text = show::text(&show::all(document.configuration(), &catalogue()));
    let raw: Vec<&str> = text.lines().filter(|line| line.starts_with("xml <")).collect();
    assert!(raw.len() == 1 && raw[0].contains("id=\"l\""), "{text}");
    assert!(text.contains("group g p1 p2\n") && text.contains("clone c g \\\n\tmeta interleave=true\n"), "{text}");
}

fn refused(statement: &str, expected: &str) {
    let mut document = base();
    lowered("group g a b", &mut document, Mode::Create);
    let before = document.clone();
    let (statements, _) = parse(statement);
    let mut found = lower(&statements, Mode::Create, document.configuration_mut(), &catalogue());
    if found.is_empty() {
        found = references::check(&statements, document.configuration());
    } else {
        assert_eq!(document.root(), before.root(), "a refused statement must change nothing");
    }
    let first = found.first().unwrap_or_else(|| panic!("{statement} was taken"));
    let hint = first.hint.as_ref().map_or(String::new(), |hint| format!("; {hint}"));
    assert_eq!(format!("`{}`: {}{hint}", &statement[first.span.range()], first.message), expected);
}

#[test]
fn what_does_not_fit_is_refused_at_its_word() {
    refused(
        "primitive a Dummy",
        "`a`: Cannot create primitive with ID 'a': Found existing primitive with same ID; change it with `edit a`, or `delete a` first",
    );
    refused("group g2 a c", "`a`: `a` is already in group `g`; take it out of `g` first");
    refused("group g2 nosuch", "`nosuch`: `g2` refers to `nosuch`, which does not exist");
    refused("group g2 g", "`g`: a group contains primitives; `g` is a group");
    refused("clone k bb", "`bb`: `k` refers to `bb`, which does not exist");
    refused("location l cc 10: n1", "`cc`: there is no resource `cc`");
    refused("colocation k inf: a ( b x9 )", "`x9`: there is no resource `x9`");
    refused("location l c rule $id-ref=nosuch", "`nosuch`: there is no object or part with the id `nosuch`");
    refused("primitive p @tmpl", "`tmpl`: there is no template `tmpl`");
    refused("tag t nosuch", "`nosuch`: there is no object `nosuch`");
    refused("monitor g 10s", "`g`: `g` is a group; only primitives have operations");
}

// ---- the peers' recorded and living behaviour ----------------------------------------------------

/// Every pair of crmsh's own parser tests: the line gives that element, generated ids aside.
#[test]
fn crmsh_parser_pairs() {
    let Some(pairs) = needs::corpus("crmsh/parse-pairs.json") else { return };
    let text = std::fs::read_to_string(pairs).expect("the records");
    // The file is a list of {"line": …, "xml": …} with JSON strings.
    let strings: Vec<String> = json_strings(&text);
    let pairs: Vec<(&str, &str)> = strings.chunks(4).map(|pair| (pair[1].as_str(), pair[3].as_str())).collect();
    assert!(pairs.len() > 30, "{}", pairs.len());
    let mut document = Document::empty();
    lowered("node ha-one\nnode ha-two\nnode ha-three\nnode node1", &mut document, Mode::Update);
    lowered("primitive st stonith:ssh\nprimitive st2 stonith:ssh", &mut document, Mode::Update);
    document.configuration_mut().child_or_new("nodes").retain_elements(|node| node.id() != Some("node1"));
    let mut differ = Vec::new();
    for (line, expected) in pairs {
        // The pairs reuse ids that their order of parsing never meets.
        let (statements, diagnostics) = parse(line);
        let Some(statement) = statements.first() else {
            differ.push(format!("{line}\n  not read: {diagnostics:?}"));
            continue;
        };
        let mut after = document.clone();
        let found = lower(std::slice::from_ref(statement), Mode::Create, after.configuration_mut(), &catalogue());
        if let Some(first) = found.first() {
            differ.push(format!("{line}\n  refused: {}", first.message));
            continue;
        }
        let expected = xml::read(expected).unwrap();
        let id = statement.kind.id().map_or(String::new(), |id| id.text.clone());
        if !matches(&after, &expected, &id) {
            differ.push(format!("{line}\n  wanted {}", xml::write(&expected)));
        }
        document = after;
    }
    // Known to differ: the levels of a topology without targets come in order of the nodes, not of
    // their names; the rest of that pair is the same.
    differ.retain(|difference| !difference.starts_with("fencing_topology st st2"));
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// True if some element of the document is the expected one, generated ids aside.
fn matches(document: &Document, expected: &Element, id: &str) -> bool {
    document.configuration().descendants().any(|element| {
        element.name == expected.name
            && (element.id() == Some(id) || expected.id().is_none() || id.is_empty())
            && same(expected, element)
    }) || expected.name == "op" && document.configuration().descendants().any(|element| same_op(expected, element))
}

fn same_op(expected: &Element, found: &Element) -> bool {
    let mut expected = expected.clone();
    expected.unset("rsc");
    found.name == "op" && same(&expected, found)
}

/// Same name, attributes and children; ids that the expected one leaves out are free.
fn same(expected: &Element, found: &Element) -> bool {
    if expected.name == "crmsh-ref" {
        return expected.id() == found.id();
    }
    let value = |element: &Element, name: &str| element.attr(name).map(str::to_string);
    let attributes = expected.attributes.iter().all(|(name, wanted)| {
        let given = value(found, name);
        // A reference to an object is resolved to its part.
        given.as_deref() == Some(wanted) || &**name == "id-ref" && given.is_some_and(|given| given.starts_with(wanted))
    });
    let extra = found
        .attributes
        .iter()
        .all(|(name, _)| &**name == "id" || expected.attr(name).is_some() || &**name == "interval");
    let (wanted, given): (Vec<&Element>, Vec<&Element>) = (expected.elements().collect(), found.elements().collect());
    // SshOptions are added to a set that is there already.
    let contained = expected.name == "cluster_property_set" || expected.name == "meta_attributes";
    let children = match contained {
        true => wanted.iter().all(|wanted| given.iter().any(|given| same(wanted, given))),
        false => wanted.len() == given.len() && wanted.iter().zip(&given).all(|(wanted, given)| same(wanted, given)),
    };
    expected.name == found.name && attributes && extra && children
}

fn json_strings(text: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c != '"' {
            continue;
        }
        let mut string = String::new();
        loop {
            match characters.next().unwrap() {
                '"' => break,
                '\\' => match characters.next().unwrap() {
                    'n' => string.push('\n'),
                    't' => string.push('\t'),
                    other => string.push(other),
                },
                other => string.push(other),
            }
        }
        strings.push(string);
    }
    strings
}

/// Every recorded configuration: shown and loaded back it is what it was, and loaded into an empty
/// one it is shown the same.
#[test]
fn recorded_configurations_survive_being_shown_and_loaded() {
    let Some(place) = needs::corpus("scheduler/xml") else { return };
    let entries = std::fs::read_dir(&place).expect("the records");
    let (mut read, mut objects, mut raw, mut wrong) = (0, 0, 0, Vec::new());
    for path in entries.flatten().map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let Ok(before) = Document::read(&text) else { continue };
        read += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let shown = show::text(&show::all(before.configuration(), &catalogue()));
        objects += parse(&shown).0.len();
        raw += shown.lines().filter(|line| line.starts_with("xml <")).count();
        let (statements, diagnostics) = parse(&shown);
        if let Some(first) = diagnostics.iter().find(|one| one.is_error()) {
            wrong.push(format!("{name}: {}", first.picture("shown", &shown)));
            continue;
        }
        let mut again = before.clone();
        let found = lower(&statements, Mode::Update, again.configuration_mut(), &catalogue());
        if !found.is_empty() || again.configuration() != before.configuration() {
            wrong.push(format!("{name}: loaded back it differs {found:?}"));
        }
        let mut fresh = Document::empty();
        let found = lower(&statements, Mode::Update, fresh.configuration_mut(), &catalogue());
        let afresh = show::text(&show::all(fresh.configuration(), &catalogue()));
        if !found.is_empty() || afresh != shown {
            let line = shown.lines().zip(afresh.lines()).find(|(a, b)| a != b);
            wrong.push(format!("{name}: loaded afresh it differs {line:?} {found:?}"));
        }
    }
    println!("{read} configurations, {objects} objects, {raw} of them as XML");
    assert!(wrong.is_empty(), "{} of {read}\n{}", wrong.len(), wrong.join("\n"));
}

/// Resources in order of their ids: crmsh gives them their final places only when they are committed.
fn by_id(cib: &Element) -> Element {
    let mut cib = cib.clone();
    let configuration = cib.find_mut(|part| part.name == "configuration").unwrap();
    let resources = configuration.find_mut(|part| part.name == "resources").unwrap();
    resources.children.sort_by_key(|child| child.element().and_then(|child| child.id()).map(str::to_string));
    cib
}

/// Where crmsh is installed: both make the same text and the same XML of the same statements.
#[test]
fn crmsh_makes_the_same_of_the_same_statements() {
    const CRMSH: &str = "/usr/sbin/crm";
    if !needs::files(&[CRMSH]) {
        return;
    }
    let statements = "# first node\nnode 1: n1 attributes rack=a utilization cpu=8\nnode 2: n2 standby=on\n\
        primitive p1 ocf:pacemaker:Dummy params fake=\"a b/c\" state=/tmp/x meta target-role=Stopped op monitor interval=10s timeout=20s OCF_CHECK_LEVEL=10 op start interval=0 timeout=60s\n\
        primitive p2 Dummy op monitor interval=60m op monitor interval=120m OCF_CHECK_LEVEL=10\n\
        primitive p3 ocf:pacemaker:Stateful description=\"my desc\" operations $id=p3-ops op monitor interval=10 role=Master op monitor interval=11 role=Slave utilization cpu=2\n\
        primitive d7 Dummy params rule inf: #uname eq n1 fake=1 params 2: rule #uname eq n2 fake=2 meta migration-threshold=3 op start interval=0 timeout=60s op_params 2: rule #uname eq n1 x=y op_meta 1: start-delay=60m\n\
        primitive st1 stonith:external/ssh params hostlist=\"n1 n2\"\nrsc_template tmpl Dummy op monitor interval=33s\nprimitive pt @tmpl params state=/x\n\
        primitive a1 Dummy\nprimitive a2 Dummy\nprimitive a3 Dummy\nprimitive a4 Dummy\n\
        group g1 p1 p2 meta target-role=Started\nclone c1 g1 meta clone-max=2 interleave=true\nms m1 p3 meta notify=true\nclone c2 d7 description=hey\n\
        location l1 a1 100: n1\nlocation l3 m1 rule $role=Master inf: #uname eq n1 and pingd gt 0\n\
        location l4 m1 rule -inf: not_defined pingd or pingd lte 0 rule inf: date lt 2009-05-26 and date in start=2009-05-26 end=2009-07-26 and date in start=2009-05-26 years=2009 and date spec years=2009 hours=09-17\n\
        location l8 /a.*/ resource-discovery=never -inf: n2\nlocation l12 { a1 ( a2 a3 ) } 50: n1\nlocation l10 a1 role=Started inf: n1\n\
        colocation k1 inf: a1 m1:Master\ncolocation k2 -inf: a1 a2 node-attribute=rack\ncolocation k3 inf: a1 ( a2 a3 ) a4\ncolocation k4 100: a1:Started a2:Started a3:Stopped a4\ncolocation k7 inf: _rsc_set_ a1 a2\ncolocation k8 inf: a1 [ a2 a3 ] a4\n\
        order o1 Mandatory: m1:promote a1:start\norder o2 Optional: a1 a2 symmetrical=false\norder o3 Serialize: [ a1 a2 ] a3\norder o5 0: a1 a2\norder o9 Mandatory: a1 a2 a3 require-all=false\n\
        rsc_ticket t1 tA: m1:Master loss-policy=demote\nrsc_ticket t2 tB: a1 a2\nproperty no-quorum-policy=stop stonith-enabled=false\nproperty cpset3: rule date spec hours=0-5 batch-limit=2\n\
        rsc_defaults resource-stickiness=1\nop_defaults timeout=30s\nfencing_topology n1: st1 n2: st1,st1\ntag tg1: a1 a2\n";
    let bench = Bench::default();
    let file = bench.write("all.crm", statements);
    let session = format!("configure\nload update {file}\nshow\nshow xml\n");
    let ours = bench.script(&session);
    assert_eq!(ours.code, 0, "{}", ours.err);
    let theirs = {
        let bench = Bench::default();
        let mut command = Command::new(CRMSH);
        command.env("CIB_file", bench.path("cib.xml")).env("HOME", bench.path("")).env("TERM", "dumb");
        let input = bench.write("session", &session);
        command.stdin(std::fs::File::open(input).unwrap());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let lines = |text: &str| -> Vec<String> {
        let content =
            text.lines().filter(|line| !line.trim().is_empty() && !line.contains("WARNING") && !line.contains("INFO"));
        let content = content.collect::<Vec<_>>().join("\n");
        let (text, xml) = content.split_once("<?xml version=\"1.0\" ?>\n").expect("both");
        let xml = xml::write_pretty(&by_id(&plain(&xml::read(xml.trim()).unwrap())));
        text.lines().chain(xml.lines()).map(str::to_string).collect()
    };
    let (ours, theirs) = (lines(&ours.out), lines(&theirs));
    let differ: Vec<String> = ours
        .iter()
        .zip(&theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .map(|(ours, theirs)| format!("ours   {ours}\ntheirs {theirs}"))
        .collect();
    assert!(
        differ.is_empty() && ours.len() == theirs.len(),
        "{} and {} lines\n{}",
        ours.len(),
        theirs.len(),
        differ.join("\n")
    );
}
