//! `crm ra`: the agents of this machine, by their own words; and the exit codes of `crm`.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::{Answer, Bench};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

const AGENT: &str = r#"#!/bin/sh
case $1 in
meta-data)
    cat <<'END'
<resource-agent name="Svc"><version>1.1</version>
<longdesc lang="en">
It does nothing,
but well.
</longdesc>
<shortdesc lang="en">A service</shortdesc>
<parameters>
<parameter name="speed"><shortdesc>How fast</shortdesc><content type="integer" default="5"/></parameter>
<parameter name="ip" required="1"><shortdesc>Where</shortdesc><longdesc>An address.</longdesc><content type="string"/></parameter>
<parameter name="mode"><shortdesc>How</shortdesc><content type="select"><option value="a"/><option value="b"/></content></parameter>
</parameters>
<actions><action name="start" timeout="20s"/><action name="monitor" timeout="10s" interval="5s" depth="0"/>
<action name="meta-data" timeout="5s"/><action name="validate-all" timeout="1s"/></actions></resource-agent>
END
    ;;
validate-all)
    [ "$OCF_RESKEY_ip" = 192.0.2.7 ] && exit 0
    if [ "$OCF_RESKEY_ip" = never ]; then
        sleep 300 &
        echo $! >"$OCF_RESKEY_mode"
        wait
    fi
    echo "ocf-exit-reason:bad address" >&2
    exit 6
    ;;
esac
"#;

fn bench() -> Bench {
    let bench = Bench::default();
    let place = bench.path("ocf/resource.d/acme");
    std::fs::create_dir_all(&place).unwrap();
    let write = |name: &str| {
        std::fs::write(place.join(name), AGENT).unwrap();
        std::fs::set_permissions(place.join(name), PermissionsExt::from_mode(0o755)).unwrap();
    };
    write("Svc");
    write("Other");
    bench
}

fn crm(bench: &Bench, words: &[&str]) -> Answer {
    let output = bench.command().env("OCF_ROOT", bench.path("ocf")).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Answer { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[track_caller]
fn check(words: &[&str], expected: &str) {
    let answer = crm(&bench(), words);
    assert_eq!((answer.code, answer.out.as_str()), (0, expected), "{}", answer.err);
}

#[track_caller]
fn check_wrong(words: &[&str], code: i32, said: &str) {
    let answer = crm(&bench(), words);
    assert!(answer.code == code && answer.err.contains(said), "{} {}", answer.code, answer.err);
}

#[test]
fn agents_are_listed_by_class_and_provider() {
    check(&["ra", "classes"], "lsb\nocf / acme\nservice\nstonith\nsystemd\n");
    check(&["ra", "list", "ocf"], "Other  Svc\n");
    check(&["ra", "list", "ocf", "acme"], "Other  Svc\n");
    check(&["ra", "providers", "Svc"], "acme\n");
    check_wrong(&["ra", "list", "ocf", "nobody"], 1, "the providers are acme");
    check_wrong(&["ra", "list", "upstart"], 2, "the classes are lsb, ocf, service, stonith and systemd");
    check_wrong(&["ra", "providers", "Svx"], 1, "there is no ocf agent `Svx` here");
}

#[test]
fn an_agent_is_described_with_what_must_be_given_first() {
    let text = "A service (ocf:acme:Svc)\n\nIt does nothing,\nbut well.\n\n\
        Parameters (*: required, []: default):\n\n\
        ip* (string): Where\n    An address.\n\n\
        speed (integer, [5]): How fast\n\n\
        mode (one of a, b): How\n\n\
        Operations' defaults (advisory minimum):\n\n\
        \x20   start    timeout=20s\n\x20   monitor  timeout=10s interval=5s depth=0\n";
    check(&["ra", "info", "ocf:acme:Svc"], text);
    check(&["ra", "info", "Svc"], text);
    check(&["ra", "info", "Svc", "ocf", "acme"], text);
    check_wrong(&["ra", "info", "ocf:acme:Scv"], 1, "did you mean `Svc`?");
}

#[test]
fn an_agent_checks_parameters() {
    check(&["ra", "validate", "ocf:acme:Svc", "ip=192.0.2.7"], "");
    let answer = crm(&bench(), &["ra", "validate", "ocf:acme:Svc", "ip=x"]);
    assert!(answer.code == 1 && answer.out.contains("bad address") && answer.err.contains("exit code 6"), "{answer:?}");
    check_wrong(&["ra", "validate", "ocf:acme:Svc", "ip"], 2, "`ip` is no name=value");
}

/// An agent that never answers is killed after the time that it says it needs, with all that it began.
#[track_caller]
fn check_given_up(bench: &Bench, words: &[&str]) {
    let answer = crm(bench, words);
    assert!(answer.code == 1 && answer.err.contains("killed after 1."), "{answer:?}");
    let began = std::fs::read_to_string(bench.path("began")).expect("it began");
    let (process, until) = (Path::new("/proc").join(began.trim()), Instant::now() + Duration::from_secs(10));
    // What was killed is there until somebody has heard of it.
    while process.exists() {
        assert!(Instant::now() < until, "{began} runs on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_agent_that_never_answers_is_given_up() {
    let bench = bench();
    let mode = format!("mode={}", bench.path("began").display());
    check_given_up(&bench, &["ra", "validate", "ocf:acme:Svc", "ip=never", &mode]);
    let made = crm(&bench, &["-F", "configure", "primitive", "p", "ocf:acme:Svc", "params", "ip=never", &mode]);
    assert_eq!(made.code, 0, "{made:?}");
    std::fs::remove_file(bench.path("began")).unwrap();
    check_given_up(&bench, &["configure", "validate-all", "p"]);
}

#[test]
fn each_kind_of_failure_has_its_exit_code() {
    check_wrong(&["resource", "stop", "nosuch"], 1, "nosuch");
    check_wrong(&["resource", "stop"], 2, "`stop` needs RESOURCE");
    check_wrong(&["configure", "primitv", "p"], 2, "did you mean `primitive`?");
    check_wrong(&["configure", "primitive", "p", "ocf:acme:Svc", "parms", "ip=1"], 2, "params");
    check_wrong(&["--nosuch"], 2, "--nosuch");
}
