//! Tickets: `crm_ticket` and `crm site ticket` on a CIB in a file, beside Pacemaker's own tool.

use quorate_core::cib::Document;
use quorate_core::xml::write;
use quorate_tests::lab::program;
use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};
use std::path::Path;
use std::process::Command;

const CIB: &str = r#"<cib validate-with="pacemaker-3.9" crm_feature_set="3.16.1" have-quorum="1" dc-uuid="1" epoch="1" num_updates="0" admin_epoch="0">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/></cluster_property_set></crm_config><nodes><node id="1" uname="n1"/></nodes>
<resources><primitive id="p" class="ocf" provider="heartbeat" type="Dummy"/></resources>
<constraints><rsc_ticket id="c1" rsc="p" ticket="tA" loss-policy="stop"/><rsc_ticket id="c2" rsc="p" ticket="tB"/></constraints></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/><tickets><ticket_state id="tC" granted="true" last-granted="1700000000" owner="me" standby="false"/><ticket_state id="tD" standby="true"/></tickets></status></cib>"#;

fn tool(bench: &Bench, program: &Path, words: &[&str]) -> Answer {
    let mut command = Command::new(program);
    if program.ends_with("quorate") {
        command.arg("crm_ticket");
    }
    Bench::feed(command.args(words).env("CIB_file", bench.path("cib.xml")).env_remove("CIB_shadow"), "")
}

fn ours(bench: &Bench, line: &str) -> Answer {
    tool(bench, &program("quorate"), &line.split_whitespace().collect::<Vec<_>>())
}

/// The tickets in the file, the moment of a fresh grant aside.
fn tickets(bench: &Bench) -> String {
    let document = Document::read(&bench.cib()).expect("a CIB");
    let mut tickets: Vec<String> =
        document.status().child("tickets").into_iter().flat_map(|all| all.elements()).map(write).collect();
    tickets.iter_mut().for_each(|ticket| {
        let fresh = ticket.split("last-granted=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(fresh) = fresh.filter(|moment| *moment != "1700000000").map(str::to_string) {
            *ticket = ticket.replace(&fresh, "NOW");
        }
    });
    tickets.concat()
}

#[track_caller]
fn prints(line: &str, expected: &str) {
    let answer = ours(&Bench::new(CIB), line);
    assert_eq!((answer.code, answer.out.as_str()), (0, expected), "{line}: {}", answer.err);
}

#[track_caller]
fn refuses(line: &str, code: i32, words: &str) {
    let bench = Bench::new(CIB);
    let answer = ours(&bench, line);
    assert!(answer.code == code && answer.err.contains(words), "{line}: {} {}", answer.code, answer.err);
    assert_eq!(bench.cib(), CIB, "{line}");
}

#[test]
fn tickets_are_listed_as_pacemaker_lists_them() {
    prints(
        "-l",
        "tA\trevoked\ntB\trevoked\ntC\tgranted last-granted=\"Tue Nov 14 22:13:20 2023\"\ntD\trevoked [standby]\n",
    );
    prints(
        "-L",
        "tA\trevoked\ntB\trevoked\ntC\tgranted \t(granted=true, last-granted=Tue Nov 14 22:13:20 2023, owner=me, \
         standby=false)\ntD\trevoked [standby]\t(standby=true)\n",
    );
    prints("--raw", "tA\ntB\ntC\ntD\n");
    prints("-w -t tC", "tC\n");
    prints("-q -t tD", "State XML:\n\n<ticket_state id=\"tD\" standby=\"true\"/>\n");
    prints("-c -t tB", "Constraints XML:\n\n<rsc_ticket id=\"c2\" rsc=\"p\" ticket=\"tB\"/>\n");
    prints("-t tC -G owner", "me\n");
    prints("-t tA -G granted -d no", "no\n");
}

#[test]
fn programs_read_xml() {
    let xml = |line: &str| {
        let answer = ours(&Bench::new(CIB), &format!("{line} --output-as=xml"));
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{line}");
        answer.out
    };
    let all = xml("-l");
    assert!(all.contains(r#"<ticket id="tA" status="revoked" standby="false"/>"#), "{all}");
    assert!(all.contains(r#"<ticket id="tC" status="granted" standby="false" last-granted="Tue Nov 14 22:13:20 2023" granted="true" owner="me"/>"#), "{all}");
    assert!(all.contains(r#"<status code="0" message="OK"/>"#), "{all}");
    assert!(xml("-q -t tC").contains(r#"<ticket id="tC" granted="true" last-granted="1700000000""#));
    assert!(xml("-G owner -t tC").contains(r#"<attribute name="owner" value="me"/>"#));
    let constraints = xml("-c");
    assert_eq!(constraints.matches(r#"<resource id="p"/>"#).count(), 1, "{constraints}");
    let refused = ours(&Bench::new(CIB), "-t tA -g --output-as=xml");
    assert!(refused.code == 107 && refused.out.contains("<error>") && refused.err.is_empty(), "{}", refused.out);
}

#[test]
fn what_affects_other_sites_needs_force() {
    refuses("-t tA -g", 107, "has been already granted elsewhere");
    refuses("-t tC -r", 107, "Revoking 'tC' can trigger the specified 'loss-policy'(s)");
    refuses("-t tC -S granted -v false", 107, "Ticket modification not allowed without --force");
    refuses("-t tC -D granted", 107, "Revoking 'tC'");
    refuses("-t tC -C", 4, "Revoking 'tC'");
}

#[test]
fn what_cannot_be_meant_changes_nothing() {
    refuses("", 64, "Must supply a command");
    refuses("-t tA", 64, "Must supply a command");
    refuses("-g -f", 64, "Must supply ticket ID with -t");
    refuses("-G granted", 105, "Must supply ticket ID with -t");
    refuses("-S x -t tA", 64, "Must supply value with -v for -S x");
    refuses("-v x -t tA", 64, "Must supply attribute name with -S for -v x");
    refuses("-t tC -S 1x -v y", 64, "`1x` is no name for an attribute of a ticket");
    refuses("-t tC -S id -v y", 64, "`id` is no name");
    refuses("-t tC -l -C -f", 64, "--info and --cleanup exclude each other");
    refuses("-t tC -s -l", 64, "--info and a change exclude each other");
    refuses("-t tC -g -r -f", 64, "exclude each other");
    refuses("-l -t no", 105, "No such ticket 'no'");
    refuses("-C -t no", 105, "No such ticket 'no'");
    refuses("-q -t no", 105, "Could not query ticket XML");
    refuses("-c -t no", 105, "Could not show ticket constraints");
    refuses("-t no -G x", 105, "");
    refuses("--wrong", 64, "--wrong");
}

/// Each line by both tools on the same file.
#[test]
fn changes_are_those_that_pacemakers_tool_makes() {
    let peer = Path::new("/usr/sbin/crm_ticket");
    if !needs::files(&[peer]) {
        return;
    }
    for line in [
        "-t tA -g -f",
        "-t tC -g -f",
        "-t tC -r -f",
        "-t tA -r -f",
        "-t tC -s",
        "-t tC -a",
        "-t tB -s",
        "-t tC -S foo -v bar",
        "-t tC -S foo -v bar -S x -v y",
        "-t tC -D owner",
        "-t tC -D owner -D standby",
        "-t tC -D granted -f",
        "-t tC -C -f",
        "-t tD -C",
        "-t tA -C",
        "-t new -s",
        "-t tC -D nothere",
        "-t no -D x",
        "-t tC -r -s -f",
        "-t tD -g -a -f",
        "-t no -C -f",
        "-t tC -g -f -S expires -v 1800000000 -S term -v 4",
        "-t tC -S granted -v yes -f",
    ] {
        let (mine, theirs) = (Bench::new(CIB), Bench::new(CIB));
        let answer = ours(&mine, line);
        let other = tool(&theirs, peer, &line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(answer.code, other.code, "{line}: {} -- {}", answer.err, other.err);
        assert_eq!(tickets(&mine), tickets(&theirs), "{line}");
        assert_eq!(answer.out, other.out, "{line}");
    }
}

#[track_caller]
fn site(line: &str, out: &str, state: &str) {
    let bench = Bench::new(CIB);
    let answer = bench.crm(&line.split_whitespace().collect::<Vec<_>>());
    assert_eq!((answer.code, answer.out.as_str()), (0, out), "{line}: {}", answer.err);
    assert!(tickets(&bench).contains(state), "{line}: {}", tickets(&bench));
}

#[track_caller]
fn site_refuses(line: &str, words: &str) {
    let bench = Bench::new(CIB);
    let answer = bench.crm(&line.split_whitespace().collect::<Vec<_>>());
    assert!(answer.code != 0 && answer.err.contains(words), "{line}: {}", answer.err);
    assert_eq!(bench.cib(), CIB, "{line}");
}

#[test]
fn the_site_level_shows_and_changes_tickets() {
    site("site ticket show tC", "ticket tC is granted\n", "tC");
    site("site ticket show tA", "ticket tA is revoked\n", "tC");
    site("site ticket show tD", "ticket tD is revoked (standby)\n", "tC");
    site("site ticket time tC", "ticket tC last time granted on Tue Nov 14 22:13:20 2023\n", "tC");
    site("-F site ticket grant tA", "", r#"id="tA" granted="true" last-granted="NOW""#);
    site("-F site ticket revoke tC", "", r#"id="tC" granted="false""#);
    site("-F site ticket delete tC", "", r#"<ticket_state id="tC" last-granted="#);
    site("site ticket standby tC", "", r#"owner="me" standby="true""#);
    site("site ticket activate tD", "", r#"id="tD" standby="false""#);
    site_refuses("site ticket grant tA", "use -F to answer yes");
    site_refuses("site ticket revoke tC", "use -F to answer yes");
    site_refuses("site ticket time tA", "ticket tA was never granted");
    site_refuses("site ticket show tX", "there is no ticket `tX`");
    site_refuses("site ticket give tA", "`give` is none of grant");
    site_refuses("-F site ticket grant a\"b", "cannot be the name of a ticket");
}

#[test]
fn what_follows_is_seen_before_it_is_done() {
    let bench = Bench::new(CIB);
    let answer = bench.crm(&["site", "ticket", "grant", "tA", "--preview"]);
    assert!(answer.code == 0 && answer.out.contains("The cluster would"), "{}{}", answer.out, answer.err);
    assert_eq!(bench.cib(), CIB);
}

#[test]
fn a_batch_changes_tickets_with_everything_else_or_not_at_all() {
    let bench = Bench::new(CIB);
    let wrong = bench.script("site ticket standby tC\nconfigure location l nowhere 1: n1\n");
    assert!(wrong.code != 0, "{}", wrong.err);
    assert_eq!(bench.cib(), CIB);
    let right = bench.script("site ticket standby tC\nconfigure location l p 1: n1\n");
    assert_eq!(right.code, 0, "{}", right.err);
    assert!(tickets(&bench).contains(r#"owner="me" standby="true""#) && bench.cib().contains("rsc_location"));
}
