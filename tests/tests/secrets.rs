//! `crm resource secret`, and agents that get the values: real daemons, a real agent.

use quorate_tests::lab::Lab;
use quorate_tests::shell::{Answer, Bench};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Writes down the password it starts with.
const KEEPER: &str = r#"#!/bin/sh
state="$HA_RSCTMP/$OCF_RESOURCE_INSTANCE"
case $1 in
start) mkdir -p "$HA_RSCTMP"; printf %s "$OCF_RESKEY_password" >"$state" ;;
stop) rm -f "$state" ;;
monitor) [ -e "$state" ] || exit 7 ;;
meta-data) echo '<resource-agent name="Keeper"><parameters><parameter name="password"/></parameters><actions/></resource-agent>' ;;
*) exit 3 ;;
esac
"#;

fn crm(lab: &Lab, words: &[&str]) -> Answer {
    let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
    let output = lab.tool("n1", &words).output().expect("the shell runs");
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn an_agent_gets_what_the_configuration_does_not_show() {
    let lab = Lab::started(1);
    let root = lab.root("n1");
    let agent = root.join("usr/lib/ocf/resource.d/quorate/Keeper");
    fs::write(&agent, KEEPER).expect("an agent");
    fs::set_permissions(&agent, fs::Permissions::from_mode(0o755)).expect("its mode");
    let batch = lab.directory().join("batch.crm");
    let text = "configure\nproperty fencing-enabled=false\n\
                primitive k ocf:quorate:Keeper params password=\"open sesame\" op monitor interval=1s\ncommit\n";
    fs::write(&batch, text).expect("a batch");
    let loaded = crm(&lab, &["-f", &batch.to_string_lossy()]);
    assert_eq!(loaded.code, 0, "{}", loaded.err);
    let heard = || fs::read_to_string(root.join("run/resource-agents/k")).unwrap_or_default();
    lab.wait("k to start", |_| heard() == "open sesame");

    let stashed = crm(&lab, &["resource", "secret", "k", "stash", "password"]);
    assert_eq!(stashed.code, 0, "{}", stashed.err);
    assert!(!lab.document("n1").to_text().contains("sesame"));
    lab.wait_until_idle();
    assert_eq!(heard(), "open sesame");
    assert_eq!(crm(&lab, &["resource", "secret", "k", "show", "password"]).out, "open sesame\n");

    let set = crm(&lab, &["resource", "secret", "k", "set", "password", "new words"]);
    assert_eq!(set.code, 0, "{}", set.err);
    assert_eq!(crm(&lab, &["resource", "restart", "k"]).code, 0);
    lab.wait("k to know the new one", |_| heard() == "new words");

    fs::write(root.join("var/lib/pacemaker/lrm/secrets/k/password"), "tampered").expect("a file");
    let check = crm(&lab, &["resource", "secret", "k", "check", "password"]);
    assert!(check.code == 1 && check.err.contains("does not fit its .sign"), "{}", check.err);
    lab.wait("the monitor to fail for want of it", |lab| {
        let document = lab.document("n1");
        let failed = document.status().descendants().any(|part| part.attr("op-status") == Some("11"));
        failed && document.to_text().contains("does not fit its .sign")
    });
}

#[test]
fn what_cannot_be_is_said() {
    let bench = Bench::with("primitive k ocf:acme:Keeper params password=plain user=me");
    let secret = |words: &[&str]| {
        let mut command = bench.command();
        command.env("QUORATE_ROOT", bench.path("root")).args(["resource", "secret"]).args(words);
        Bench::feed(&mut command, "")
    };
    for (words, code, said) in [
        (&["k", "set", "password", "x"][..], 1, "password of k has a value in the configuration"),
        (&["k", "show", "password"][..], 1, "password of k is no secret"),
        (&["k", "stash", "other"][..], 1, "k has no parameter other"),
        (&["k", "set", "other"][..], 2, "`set` needs VALUE"),
        (&["k", "hide", "password"][..], 2, "`hide`"),
        (&["q", "check", "password"][..], 1, "there is no resource `q`"),
    ] {
        let answer = secret(words);
        assert!(answer.code == code && answer.err.contains(said), "{words:?}: {} {}", answer.code, answer.err);
    }
    for (words, hidden) in [
        (["k", "stash", "password", ""], true),
        (["k", "unstash", "password", ""], false),
        (["k", "set", "token", "t"], true),
        (["k", "delete", "token", ""], false),
    ] {
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let answer = secret(&words);
        assert_eq!(answer.code, 0, "{words:?}: {}", answer.err);
        let cib = bench.cib();
        assert_eq!((cib.contains("lrm://"), cib.contains("plain")), (hidden, words[2] == "token" || !hidden), "{cib}");
    }
    assert!(!bench.path("root/var/lib/pacemaker/lrm/secrets/k").exists());
}
