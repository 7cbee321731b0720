//! The language, statement by statement: what is read, how it is printed, what is diagnosed.
#![allow(clippy::unwrap_used)]

use quorate_grammar::crm::{parse, print::print};
use quorate_grammar::line;

/// Reads `text`, which must be right, and compares what is printed with `expected`.
fn check(text: &str, expected: &str) {
    let (statements, diagnostics) = parse(text);
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{text}: {errors:?}");
    let printed: Vec<String> = statements.iter().map(print).collect();
    assert_eq!(printed.join("\n"), expected, "{text}");
    assert_eq!(parse(expected).0, statements, "printed and read again: {text}");
}

#[test]
fn booleans_have_several_spellings() {
    for (spelled, is) in [("yes", true), ("on", true), ("1", true), ("TRUE", true), ("no", false), ("off", false)] {
        let set = if is { "_rsc_set_ a b" } else { "( a b )" };
        check(&format!("colocation c inf: ( a b sequential={spelled} )"), &format!("colocation c inf: {set}"));
        check(&format!("order o a b symmetrical={spelled}"), &format!("order o a b symmetrical={is}"));
    }
    wrong("order o a b symmetrical=maybe", "1:25: `maybe` is not true or false; there are true, false");
}

#[test]
fn parameters_of_containers_need_no_keyword() {
    check("ms m s a=b", "ms m s \\\n\tparams a=b");
    check("clone c s a=b meta clone-max=2", "clone c s \\\n\tparams a=b \\\n\tmeta clone-max=2");
    check("group g s t a=b", "group g s t \\\n\tparams a=b");
    wrong("clone m d b", "1:11: expected `description=…`, `params` or `meta`, found `b`");
    check("group g s t description=\"x y\" a=b", "group g s t \\\n\tdescription=\"x y\" \\\n\tparams a=b");
}

fn same(text: &str) {
    check(text, text);
}

/// The first diagnostic of `text`: `COLUMN: message; hint`.
fn wrong(text: &str, expected: &str) {
    let (_, diagnostics) = parse(text);
    let first = diagnostics.first().unwrap_or_else(|| panic!("nothing wrong with {text:?}"));
    let picture = first.picture("f", text);
    let column = picture.place.rsplit(':').next().unwrap();
    let hint = picture.hint.map_or(String::new(), |hint| format!("; {hint}"));
    let line = picture.place.split(':').nth(1).unwrap();
    assert_eq!(format!("{line}:{column}: {}{hint}", picture.message), expected, "{text}");
}

#[test]
fn nodes() {
    same("node n1");
    check(
        "node 1: n1 attributes rack=a utilization cpu=8",
        "node 1: n1 \\\n\tattributes rack=a \\\n\tutilization cpu=8",
    );
    check(
        "node $id=3 n3:remote description='three x' standby=on",
        "node 3: n3:remote \\\n\tdescription=\"three x\" \\\n\tattributes standby=on",
    );
    check("node n1: n1", "node n1");
}

#[test]
fn primitives() {
    check("primitive p1 Dummy", "primitive p1 Dummy");
    check(
        "primitive id=p1 ocf:pacemaker:Dummy fake=\"a b\" meta target-role=Stopped op monitor interval=10s OCF_CHECK_LEVEL=10 op start interval=0 timeout=60s",
        "primitive p1 ocf:pacemaker:Dummy \\\n\tparams fake=\"a b\" \\\n\tmeta target-role=Stopped \\\n\top monitor interval=10s \\\n\top_params OCF_CHECK_LEVEL=10 \\\n\top start interval=0 timeout=60s",
    );
    check("PRIMITIVE p Dummy META a=1", "primitive p Dummy \\\n\tmeta a=1");
    check(
        "primitive st stonith:external/ssh params hostlist=\"n1 n2\"",
        "primitive st stonith:external/ssh \\\n\tparams hostlist=\"n1 n2\"",
    );
    check("primitive s systemd:getty@tty1:x", "primitive s systemd:getty@tty1:x");
    check("primitive p @tmpl params state=/x", "primitive p @tmpl \\\n\tparams state=\"/x\"");
    check("rsc_template t ocf:a:B op monitor", "rsc_template t ocf:a:B \\\n\top monitor");
    check(
        "primitive p D operations $id=ops op monitor interval=10",
        "primitive p D \\\n\toperations $id=ops \\\n\top monitor interval=10",
    );
    check("primitive p D operations $id-ref=q", "primitive p D \\\n\toperations  $id-ref=q");
    check(
        "primitive p D params $id=x $f:fake=1 @g @h:name empty=\"\"",
        "primitive p D \\\n\tparams $id=x $f:fake=1 @g @h:name empty=\"\"",
    );
    check("primitive p D meta $id-ref=other", "primitive p D \\\n\tmeta $id-ref=other");
    check("primitive p D params 2: rule #uname eq n1 a=1", "primitive p D \\\n\tparams 2: rule #uname eq n1 a=1");
    check(
        "primitive d7 Dummy op start op_params 2: rule #uname eq n1 x=y op_meta 1: start-delay=60m",
        "primitive d7 Dummy \\\n\top start \\\n\top_params 2: rule #uname eq n1 x=y \\\n\top_meta 1: start-delay=60m",
    );
    check(
        "primitive p D a='say \"hi\"' b=back\\\\slash c='x\\'",
        "primitive p D \\\n\tparams a=\"say \\\"hi\\\"\" b=\"back\\slash\" c=\"x\\\\\"",
    );
    check("primitive p D a=é b=b.c-d", "primitive p D \\\n\tparams a=é b=b.c-d");
    check("primitive p D meta", "primitive p D \\\n\tmeta");
}

#[test]
fn groups_and_clones() {
    check(
        "group g a b c params x=y meta target-role=Started",
        "group g a b c \\\n\tparams x=y \\\n\tmeta target-role=Started",
    );
    check(
        "clone c g description=hey meta promotable=true",
        "clone c g \\\n\tdescription=hey \\\n\tmeta promotable=true",
    );
    check("master m p", "ms m p");
    check("ms m p meta notify=true", "ms m p \\\n\tmeta notify=true");
}

#[test]
fn locations() {
    same("location l g1 100: n1");
    check("location l g1 INFINITY: n1", "location l g1 inf: n1");
    check("location l a role=started inf: n1", "location l a role=Started inf: n1");
    check("location l a inf: n1 role=Master", "location l a role=Master inf: n1");
    same("location l /a.*/ resource-discovery=never -inf: n3");
    check("location l '/a\\.b/' 10: n", "location l \"/a\\.b/\" 10: n");
    same("location l { a1 a2 } 50: n1");
    check("location l {a1 (a2 a3)} 50: n1", "location l { a1 ( a2 a3 ) } 50: n1");
    same("location l a myattr: n1");
    check("location l c rule $id=r1 100: #uname eq n1", "location l c \\\n\trule $id=r1 100: #uname eq n1");
    check(
        "location l c rule role=Master inf: a eq 1 and pingd gt 0",
        "location l c \\\n\trule $role=Master a eq 1 and pingd gt 0",
    );
    check(
        "location l c resource-discovery=never role=Started rule a string:eq 1 or b number:gt 2 or c eq meta{foo} or d eq param{bar}",
        "location l c role=Started resource-discovery=never \\\n\trule a string:eq 1 or b number:gt 2 or c eq meta{foo} or d eq param{bar}",
    );
    check(
        "location l c rule -inf: not_defined p or p lte 0 rule date lt \"2009-05-26\" and date in start=2009-05-26 end='2009-07-26 10:00' and date in_range start=2009-05-26 years=2009 and date date_spec years=2009 hours=09-17",
        "location l c \\\n\trule -inf: not_defined p or p lte 0 \\\n\trule date lt 2009-05-26 and date in start=2009-05-26 end=\"2009-07-26 10:00\" and date in start=2009-05-26 years=2009 and date spec years=2009 hours=09-17",
    );
    check("location l c rule $id-ref=r1", "location l c \\\n\trule $id-ref=r1");
}

#[test]
fn colocations_orders_and_tickets() {
    check("collocation c inf: a m:master", "colocation c inf: a m:Master");
    same("colocation c -inf: a b node-attribute=Rack");
    same("colocation c inf: a ( b d ) e");
    same("colocation c 100: a:Started b:Started d:Stopped e");
    check("colocation c inf: (a b) d", "colocation c inf: ( a b ) d");
    same("colocation c inf: _rsc_set_ a b");
    same("colocation c inf: _rsc_set_ a");
    check("colocation c inf: a [ b d ] e", "colocation c inf: a [ b d ] e");
    check("colocation c inf: ( p s:Master )", "colocation c inf: ( p ) ( s:Master )");
    check("colocation c inf: ( a b sequential=true ) d", "colocation c inf: a b ( d sequential=true )");
    same("order o Mandatory: m:promote a:start");
    check("order o inf: a b", "order o Mandatory: a b");
    check("order o 0: a b symmetrical=FALSE", "order o Optional: a b symmetrical=false");
    same("order o a b");
    same("order o Serialize: [ a b ] c");
    same("order o Mandatory: a ( b c ) d:stop e:stop");
    check("order o Mandatory: ( a b require-all=false ) c", "order o Mandatory: [ a b ] c");
    check("order o a b c require-all=false", "order o [ a b c sequential=true ]");
    same("rsc_ticket t tA: m:Master loss-policy=demote");
    same("rsc_ticket t tA: a b");
    same("rsc_ticket t tA: a m:Promoted");
    same("rsc_ticket t tA: _rsc_set_ a");
}

#[test]
fn options_topologies_and_tags() {
    check("property a=1 b='c d'", "property \\\n\ta=1 \\\n\tb=\"c d\"");
    check("property $id=x a=1", "property x: \\\n\ta=1");
    check(
        "op_defaults d1: rule 100: #uname eq n1 timeout=60s",
        "op_defaults d1: \\\n\trule 100: #uname eq n1 \\\n\ttimeout=60s",
    );
    same("property cib-bootstrap-options:");
    check("fencing_topology n1: s1,s2 s3 n2: s3", "fencing_topology \\\n\tn1: s1,s2 s3 \\\n\tn2: s3");
    check("fencing_topology s1 s2", "fencing_topology s1 s2");
    check(
        "fencing_topology attr:rack=a s1 pattern:n.* s2",
        "fencing_topology \\\n\tattr:rack=a s1 \\\n\tpattern:n.* s2",
    );
    check("tag t1: a b", "tag t1 a b");
    same("tag t a");
    same("monitor d2:Started 60s:30s");
    same("monitor d2 60s");
}

#[test]
fn rules_say_all_that_a_schema_knows() {
    same("location l a \\\n\trule $id=r 10: $id=e x eq 1 and $id=f date spec $id=d hours=9-17 minutes=0 moon=4");
    same("location l a \\\n\trule none: ( a eq 1 or ( $id=i 5: b eq 2 and c ne 3 ) ) and d gt literal{4}");
    same("location l a \\\n\trule $boolean-op=and date in start=2026-01-01 end=2026-02-01 $id=d");
    same(
        "op_defaults o: 5: \\\n\trule rsc_expression class=ocf provider=heartbeat type=Dummy and op_expression name=monitor interval=10s \\\n\ttimeout=60s",
    );
    same("primitive p D \\\n\tmeta rule expression attribute=a operation=defined value=1 a=b");
    same("location l a \\\n\trule date_expression operation=in_range start=2026-01-01 duration $id=x years=1");
    same("location l a $score=10 $node=n1");
    same("colocation c none: a b influence=true");
    same("order o ( $id=s a b $kind=Optional ) ( $id-ref=t ) $score=5");
    same("fencing_topology \\\n\tn1: $id=a index=3 s1,s2 s3");
    check("fencing_topology n1: a n2: b n1: c", "fencing_topology \\\n\tn1: a c \\\n\tn2: b");
    same("property p: 10: \\\n\ta=1");
    same("rsc_defaults $id-ref=x");
    same("primitive p D \\\n\tparams a=$'one\\ntwo'");
    same("primitive p D \\\n\toperations");
    same("primitive p D \\\n\toperations  $id=a $id-ref=b");
}

#[test]
fn bundles() {
    check(
        "bundle id=b docker image=test options='-a b' network ip-range-start=10.1.1.3 port-mapping id=x port=80 port-mapping range=1-2 storage storage-mapping source-dir=/a target-dir=/b primitive p meta target-role=Stopped",
        "bundle b \\\n\tdocker image=test options=\"-a b\" \\\n\tnetwork ip-range-start=10.1.1.3 \\\n\t\tport-mapping id=x port=80 \\\n\t\tport-mapping range=1-2 \\\n\tstorage \\\n\t\tstorage-mapping source-dir=\"/a\" target-dir=\"/b\" \\\n\tprimitive p \\\n\tmeta target-role=Stopped",
    );
    same("bundle b \\\n\tdescription=hey \\\n\tpodman image=i:1 replicas=3".replace("i:1", "i1").as_str());
    wrong("bundle b", "1:9: expected `description=…`, `docker`, `podman` or `rkt`, but the line ends");
    wrong("bundle b docker image=x docker image=y", "1:25: `docker` stands here twice");
    wrong(
        "bundle b docker imag=x",
        "1:17: `imag` is no setting of `docker` that the cluster knows; did you mean `image`?",
    );
}

#[test]
fn roles_users_and_alerts() {
    check(
        "role r read cib write meta:d0:target-role deny xpath:\"//a[@b='c d']\" read ref:d0 write type:node attribute:uname read tag:nvpair",
        "role r \\\n\tread cib \\\n\twrite meta:d0:target-role \\\n\tdeny xpath:\"//a[@b='c d']\" \\\n\tread ref:d0 \\\n\twrite attr:uname type:node \\\n\tread type:nvpair",
    );
    check("role r read status cib write $id=x node", "role r \\\n\tread status \\\n\tread cib \\\n\twrite x: node");
    check("acl_target joe r1 r2", "acl_target joe \\\n\tr1 \\\n\tr2");
    same("acl_group g $name=users \\\n\tr1");
    check("user u role:r1 read cib", "user u \\\n\trole:r1 \\\n\tread cib");
    check(
        "alert a /x.sh description='my alert' attributes a=1 meta timeout=5s select nodes fencing attributes {standby shutdown} to /l meta timeout=9s to { /m attributes k=v }",
        "alert a \"/x.sh\" \\\n\tdescription=\"my alert\" \\\n\tattributes a=1 \\\n\tmeta timeout=5s \\\n\tselect nodes fencing attributes { standby shutdown } \\\n\tto \"/l\" meta timeout=9s \\\n\tto \"/m\" attributes k=v",
    );
    wrong(
        "role r read attr:x",
        "1:18: an attribute needs the elements that have it; write `type:ELEMENT attribute:NAME`",
    );
    wrong(
        "role r read meta",
        "1:13: `meta` does not name what is permitted; it is written `meta:RESOURCE` or `meta:RESOURCE:NAME`",
    );
    wrong(
        "role r raed cib",
        "1:8: expected `description=…`, `read`, `write` or `deny`, found `raed`; did you mean `read`?",
    );
}

#[test]
fn comments_stick_to_the_next_statement() {
    same("# one\n# two\nnode n1\nnode n2");
    assert_eq!(parse("# one\n\nnode n1").0[0].comments, ["# one"]);
}

#[test]
fn xml_is_kept_and_its_lines_are_joined() {
    check("xml <a> \\\n  <b x=\"it's\"/> \\\n</a>", "xml <a> <b x=\"it's\"/> </a>");
}

#[test]
fn diagnostics_point_at_the_word_and_say_what_was_meant() {
    wrong(
        "primtive p1 Dummy",
        "1:1: `primtive` is not a statement of the configuration language; did you mean `primitive`?",
    );
    wrong(
        "node n1\nprimitive p1 Dummy mta a=1",
        "2:20: expected `params`, `meta`, `utilization`, `operations`, `op`, NAME=VALUE or `rule`, found `mta`; did you mean `meta`?",
    );
    wrong(
        "primitive p1",
        "1:13: expected a template or a resource agent such as `ocf:heartbeat:IPaddr2`, but the line ends",
    );
    wrong(
        "primitive 1p Dummy",
        "1:11: `1p` cannot be an id; an id starts with a letter or `_` and goes on with letters, digits, `_`, `-` and `.`",
    );
    wrong(
        "primitive p ocff:heartbeat:Dummy",
        "1:13: `ocff` is not a class of agents; there are ocf, stonith, systemd, lsb, service, heartbeat, upstart, nagios; did you mean `ocf`?",
    );
    wrong(
        "primitive p D op monitr interval=10s",
        "1:18: `monitr` is no operation that the cluster knows; did you mean `monitor`?",
    );
    wrong(
        "primitive p D op monitor role=Mastre",
        "1:31: `Mastre` is not a role; there are Started, Stopped, Promoted, Unpromoted, Master, Slave; did you mean `Master`?",
    );
    wrong(
        "location l g1 100 n1",
        "1:15: expected `role=…`, `resource-discovery=…`, `rule` or a score such as `100:` or `inf:`, found `100`; a score ends with a colon: `100:`",
    );
    wrong(
        "location l g1 10x: n1",
        "1:15: `10x` is not a score; a score is a whole number, `inf`, `-inf`, or the name of a node attribute that holds one",
    );
    wrong(
        "location l g1 rule a eqq 1",
        "1:22: expected `lt`, `gt`, `lte`, `gte`, `eq` or `ne`, found `eqq`; did you mean `eq`?",
    );
    wrong(
        "location l g1 rule a eq 1 and b eq 2 or c eq 3",
        "1:38: `and` and `or` cannot be mixed in one rule; write two rules, keep to one of the words, or put a part into `( … )`",
    );
    wrong(
        "colocation c inf: a b:Mastr",
        "1:23: `Mastr` is not a role; there are Started, Stopped, Promoted, Unpromoted, Master, Slave; did you mean `Master`?",
    );
    wrong(
        "order o Mandatry: a b",
        "1:9: `Mandatry` is not a kind of order; there are Mandatory, Optional, Serialize; did you mean `Mandatory`?",
    );
    wrong(
        "order o a:strat b",
        "1:11: `strat` is not an action; there are start, stop, promote, demote; did you mean `start`?",
    );
    wrong("order o ( a ( b ) )", "1:13: a set cannot stand inside another");
    wrong("group g a b a", "1:13: `a` is listed more than once");
    wrong(
        "property rule a eq 1 x=y",
        "1:10: a rule needs a property set of its own, or it would govern all the others; name the set: `property NAME: rule …`",
    );
    wrong("tag t a b=c", "1:9: expected a resource, found `b=c`");
    wrong("node n1 attributes x", "1:20: `x` has no value; write `x=…`, or `x=\"\"` for an empty value");
    wrong(
        "node n1 \\\n  atributes x=y",
        "2:3: expected `attributes`, `utilization`, NAME=VALUE or `rule`, found `atributes`; did you mean `attributes`?",
    );
    wrong(
        "node n1 a=\"b",
        "1:11: this quote is never closed; close it on the same line, or end the line with a backslash",
    );
    wrong("node n1 \"x\"=é y:z", "1:15: expected `attributes`, `utilization` or NAME=VALUE, found `y:z`");
    wrong("fencing_topology n1: n2: s1", "1:22: expected a fencing device, found `n2:`");
}

#[test]
fn one_wrong_line_costs_only_itself() {
    let (statements, diagnostics) = parse("node n1\nnod n2\nnode n3\nlocation l\n");
    assert_eq!(statements.len(), 2);
    assert_eq!(diagnostics.len(), 2);
}

#[test]
fn expectations_follow_the_grammar() {
    use quorate_grammar::crm::expect::Expected;
    use quorate_grammar::crm::standing::expect;
    for (text, expected) in [
        ("primitive p ", vec![Expected::Template, Expected::Agent]),
        ("location l ", vec![Expected::Bracket("{"), Expected::Resource]),
        ("primitive p Dummy op ", vec![Expected::OperationName]),
        ("order o Mandatory: a b:", vec![]),
    ] {
        let found = expect(text);
        assert!(expected.iter().all(|one| found.expected.contains(one)), "{text:?}: {:?}", found.expected);
    }
    let standing = expect("primitive p ocf:heartbeat:Dummy params fa");
    assert_eq!((standing.partial.as_str(), standing.agent.as_deref()), ("fa", Some("ocf:heartbeat:Dummy")));
    assert!(standing.expected.contains(&Expected::Keyword("meta")));
    assert!(expect("pri").expected.contains(&Expected::Keyword("primitive")));
    assert!(expect("primitive p \\\n  Dummy ").expected.contains(&Expected::Keyword("op")));
}

#[test]
fn nothing_makes_the_parser_fail() {
    for text in [
        "",
        "\\",
        "'",
        "\"",
        "#",
        "xml",
        "xml x",
        "(",
        "order o (",
        "location l { ",
        "location l {",
        "a\\\n\\\n",
        "property :",
        "node :",
        "tag :",
        "\u{0}",
        "order o )(",
        "colocation c x: (",
    ] {
        let (_, diagnostics) = parse(text);
        for diagnostic in diagnostics {
            diagnostic.picture("f", text).to_string();
        }
        let _ = line::is_open(text);
        quorate_grammar::crm::standing::expect(text);
    }
}
