//! Checks before a commit: told at the word where there is one, in the way of a commit in strict mode.
#![allow(clippy::unwrap_used)]

use quorate_shell::check::schema_problems;
use quorate_tests::schema;
use quorate_tests::shell::Bench;
use quorate_tests::world::chance::Chance;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const AGENT: &str = r#"<resource-agent name="Svc"><shortdesc>a service</shortdesc><parameters>
<parameter name="ip" required="1" unique="1"><shortdesc>the address</shortdesc><content type="string"/></parameter>
<parameter name="nic"><content default="eth0"/></parameter><parameter name="old" deprecated="1"/>
</parameters><actions><action name="start" timeout="40s"/><action name="monitor" timeout="20s" interval="10s"/></actions></resource-agent>"#;

/// A bench with one agent, `ocf:acme:Svc`, and what `crm OPTION… configure` makes of these lines.
fn check(options: &[&str], lines: &str) -> (i32, String, String) {
    let bench = Bench::with("node n1\nproperty fencing-enabled=false");
    let agent = bench.path("ocf/resource.d/acme/Svc");
    fs::create_dir_all(agent.parent().unwrap()).unwrap();
    fs::write(&agent, format!("#!/bin/sh\ncat <<'E'\n{AGENT}\nE\n")).unwrap();
    fs::set_permissions(&agent, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = bench.command();
    command.env("OCF_ROOT", bench.path("ocf")).args(options).arg("configure");
    let answer = Bench::feed(&mut command, lines);
    (answer.code, answer.err, bench.cib())
}

#[test]
fn what_the_agent_does_not_bear_is_told_at_its_word_and_stops_the_commit() {
    for (line, column, words) in [
        ("primitive p ocf:acme:Svc params ipp=1.2.3.4", 33, "the agent has no parameter `ipp`"),
        ("primitive p ocf:acme:Svc params nic=eth1", 22, "`Svc` needs the parameter `ip`"),
        ("primitive p ocf:acme:Svc ip=1 op monitor interval=10x", 51, "`10x` is no time"),
        ("primitive p ocf:acme:Svc ip=1 op monitor interval=10s op monitor interval=10000ms", 75, "stands here twice"),
        ("primitive p ocf:acme:Svc ip=1 meta target-role=Stoped", 48, "`target-role` is one of"),
        ("property no-quorum-policy=halt", 27, "`no-quorum-policy` is one of"),
        ("location l /a(/ inf: n1", 13, "is no regular expression"),
    ] {
        let (code, err, cib) = check(&[], line);
        assert!(err.contains(&format!("-:1:{column}: error:")) && err.contains(words), "{line}\n{err}");
        assert!(code == 3 && !cib.contains("\"p\"") && !cib.contains("halt"), "{line}\n{err}");
    }
}

#[test]
fn an_agent_that_is_not_here_is_one_warning_and_never_a_wall() {
    let lines: String = (0..50).map(|n| format!("primitive p{n} ocf:acme:Gone\n")).collect();
    let (code, err, cib) = check(&[], &lines);
    assert_eq!((code, err.matches("is not here").count(), cib.matches("<primitive").count()), (0, 1, 50), "{err}");
    let (_, err, _) = check(&[], &format!("{lines}primitive q ocf:acme:Lost\nverify\n"));
    assert_eq!(err.matches("acme:Lost is not here").count(), 2, "at its word, and by verify\n{err}");
    assert!(err.contains("p0 and 49 more: the agent ocf:acme:Gone is not here"), "{err}");
}

#[test]
fn what_is_only_doubtful_is_a_warning() {
    for (line, words) in [
        ("primitive p ocf:acme:Svc ip=1 op start interval=0s timeout=10s", "less than the 40s that the agent advises"),
        ("primitive p ocf:acme:Svc ip=1 old=2", "the parameter `old` is deprecated"),
        ("primitive p ocf:acme:Gone ip=1", "the agent ocf:acme:Gone is not here"),
        ("primitive p ocf:acme:Svc ip=1\nprimitive q ocf:acme:Svc ip=1", "ip=1 should be another for each"),
        ("primitive p ocf:acme:Svc ip=1\nlocation l p role=Promoted inf: n1", "is not promotable"),
        ("primitive p ocf:acme:Svc ip=1\ngroup g p\nlocation l p inf: n1", "`p` is in the group `g`"),
        ("property maintenence-mode=true", "did you mean `maintenance-mode`?"),
    ] {
        let (code, err, _) = check(&[], line);
        assert!(code == 0 && err.contains("warning") | err.contains("WARNING") && err.contains(words), "{line}\n{err}");
    }
}

#[test]
fn settings_say_when_and_how_strictly() {
    let wrong = "primitive p ocf:acme:Svc params ipp=1.2.3.4";
    for (options, code, said) in [
        (&["-o", "core.check_mode=relaxed"][..], 0, "warning: the agent has no parameter"),
        (&["-o", "core.check_frequency=never"][..], 0, ""),
        (&["-o", "core.check_frequency=on-verify"][..], 0, ""),
    ] {
        let (got, err, cib) = check(options, wrong);
        assert!(got == code && err.contains(said) && cib.contains("ipp"), "{options:?}\n{err}");
        assert!(!said.is_empty() || err.is_empty(), "{options:?}\n{err}");
    }
    let (code, _, cib) = check(&["-F"], wrong);
    assert!(code == 0 && cib.contains("ipp"));
    let (code, err, _) = check(&["-o", "core.check_frequency=on-verify"], &format!("{wrong}\nverify\n"));
    assert!(code == 1 && err.contains("p: the agent has no parameter `ipp`"), "{err}");
}

#[test]
fn what_is_well_leaves_nothing_on_stderr() {
    let (code, err, cib) = check(&[], "primitive p ocf:acme:Svc ip=1 op monitor interval=10s timeout=20s\nclone c p\n");
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(cib.contains("<clone"));
}

#[test]
fn the_schema_is_held() {
    for (xml, words) in [
        ("xml <primitive id=\"p\" class=\"ocff\" type=\"x\"/>", "`class` of <primitive> is one of"),
        ("xml <rsc_order id=\"o\" kind=\"foo\"/>", "`kind` of <rsc_order> is one of Optional, Mandatory, Serialize"),
        ("xml <tag id=\"t\" color=\"red\"/>", "no attribute `color` of <tag>"),
        ("xml <alert id=\"a\"/>", "<alert> has no `path`"),
        ("xml <group id=\"g\"><primtive id=\"p\"/></group>", "no <primtive> in <group>; did you mean <primitive>?"),
    ] {
        let (code, err, _) = check(&[], xml);
        assert!(code == 3 && err.contains(words), "{xml}\n{err}");
    }
    for seed in 0..200 {
        let problems = schema_problems(&schema::configuration(&mut Chance::new(seed)));
        assert!(problems.is_empty(), "seed {seed}: {problems:?}");
    }
}

#[test]
fn what_no_schema_allows_is_not_committed_forced_or_not() {
    let excluded = "property default-resource-stickiness=100";
    for (text, words) in [
        (excluded, "`default-resource-stickiness`; what replaced it: resource-stickiness in rsc_defaults"),
        ("xml <rsc_location id=\"l\" rsc=\"d\"/>", "<rsc_location> needs `score` and `node` or <rule>"),
        (
            "xml <rsc_order id=\"o\" first=\"d\" then=\"d\" score=\"1\" kind=\"Optional\"/>",
            "cannot stand beside `score`",
        ),
        ("xml <primitive id=\"p\" class=\"ocf\" type=\"Dummy\"/>", "but no `provider`"),
        ("xml <tag id=\"t\"/>", "<tag> has no <obj_ref> in it"),
        ("primitive p ocf:acme:Svc ip=1 op monitor interval=10 on-fail=frob", "`on-fail` of <op> is one of ignore"),
    ] {
        let text = format!("primitive d ocf:acme:Svc ip=2\n{text}");
        for options in [&[][..], &["-F"], &["-o", "core.check_frequency=never"], &["-o", "core.check_mode=relaxed"]] {
            let (code, err, cib) = check(options, &text);
            assert!(code == 3 && err.contains(words), "{options:?} {text}\n{code} {err}");
            assert!(!cib.contains("id=\"d\""), "{options:?} {text}\n{cib}");
        }
    }
}
