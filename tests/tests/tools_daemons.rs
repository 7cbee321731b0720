//! What answers by the names of Pacemaker's daemons, and cibsecret.
#![allow(clippy::unwrap_used)]

use quorate_core::xml;
use quorate_tests::lab::program;
use quorate_tests::shell::{Bench, Step, said};
use std::process::{Command, Stdio};

fn call(bench: &Bench, line: &str) -> (i32, String) {
    let mut command = Command::new(program("quorate"));
    command.env("CIB_file", bench.path("cib.xml")).env("QUORATE_ROOT", bench.path("root")).stdin(Stdio::null());
    said(command.args(line.split(' ')))
}

#[track_caller]
fn story(bench: &Bench, steps: &[Step]) {
    bench.story(call, steps);
}

#[test]
fn daemons_tell_their_version_and_what_they_read() {
    story(
        &Bench::default(),
        &[
            ("pacemaker-controld version", 0, "CRM Version: 3.0.2 ("),
            (
                "pacemaker-controld metadata",
                0,
                "<resource-agent name=\"pacemaker-controld\"…<parameter name=\"dc-deadtime\">",
            ),
            ("pacemaker-based metadata", 0, "enable-acl…cluster-ipc-limit…*** Advanced Use Only *** "),
            ("pacemaker-schedulerd metadata", 0, "stonith-enabled…*** Deprecated *** "),
            (
                "pacemaker-fenced metadata",
                0,
                "pcmk_host_check…<content type=\"select\">…<option value=\"dynamic-list\"/>",
            ),
            ("pacemaker-execd metadata", 64, "it reads no options"),
            ("pacemaker-attrd -F", 0, "Pacemaker 3.0.2 (Build: …\n Supporting v3."),
            ("pacemaker-attrd", 69, "quorated does its work"),
            ("pacemakerd --features", 0, "Pacemaker 3.0.2 (Build: …cibsecrets"),
            (
                "pacemakerd -F --output-as=xml",
                0,
                "<pacemakerd version=\"3.0.2\"…<feature>cibsecrets</feature>…code=\"0\"",
            ),
            ("pacemakerd -$", 0, "Pacemaker 3.0.2"),
            ("pacemakerd --shutdown", 102, "no daemon runs on this node"),
            ("pacemakerd --shut", 64, "pacemakerd: "),
        ],
    );
}

/// Of the four, each option is told by one, under all its names.
#[test]
fn every_option_of_the_cluster_is_told_by_one_daemon() {
    let bench = Bench::default();
    let mut told = Vec::new();
    for daemon in ["pacemaker-based", "pacemaker-controld", "pacemaker-schedulerd"] {
        let metadata = xml::read(&call(&bench, &format!("{daemon} metadata")).1).unwrap();
        let parameters = metadata.child("parameters").unwrap().elements_named("parameter");
        told.extend(parameters.filter_map(|one| one.attr("name").map(str::to_string)));
    }
    told.sort();
    let mut once = told.clone();
    once.dedup();
    assert_eq!(told, once);
    for option in quorate_core::cib::model::documented::CLUSTER {
        assert!(told.iter().any(|name| name == option.name), "{}", option.name);
    }
    assert!(told.iter().any(|name| name == "stonith-enabled"));
}

#[test]
fn a_secret_is_kept_told_checked_and_given_back() {
    let bench = Bench::with("primitive d ocf:pacemaker:Dummy params fake=open\n");
    story(
        &bench,
        &[
            ("cibsecret set d passwd hidden", 0, ""),
            ("crm_resource -r d -g passwd", 0, "lrm://"),
            ("cibsecret get d passwd", 0, "hidden\n"),
            ("cibsecret check d passwd", 0, ""),
            ("cibsecret stash d passwd", 108, "is a secret"),
            ("cibsecret set d fake closed", 78, "another value"),
            ("cibsecret stash d fake", 0, ""),
            ("cibsecret unstash d fake", 0, ""),
            ("crm_resource -r d -g fake", 0, "open\n"),
            ("cibsecret get d fake", 78, "is no secret"),
            ("cibsecret unstash d fake", 105, "has no secret here"),
            ("cibsecret stash d none", 105, "in the configuration"),
            ("cibsecret get none passwd", 105, "there is no resource none"),
            ("cibsecret -C stash d passwd", 64, ""),
            ("cibsecret get d", 64, "set, get, check"),
        ],
    );
    let secret = bench.path("root/var/lib/pacemaker/lrm/secrets/d/passwd");
    std::fs::write(&secret, "changed").unwrap();
    story(&bench, &[("cibsecret check d passwd", 104, "does not fit its .sign")]);
    story(&bench, &[("cibsecret delete d passwd", 0, ""), ("crm_resource -r d -g passwd", 0, "not found")]);
    assert!(!secret.exists() && !bench.cib().contains("lrm://"));
}
