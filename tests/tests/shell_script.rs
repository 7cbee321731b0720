//! `crm script`: wizards in the user's own directory, with an agent of ours.

use quorate_tests::shell::{Answer, Bench};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const ADDRESS: &str = "
version: 2.2
category: Basic
shortdesc: An address
include:
  - agent: ocf:acme:Addr
    name: address
    parameters:
      - {name: ip, type: ip_address, required: true}
    ops: op monitor interval=10s
actions:
  - include: address
";

const WEB: &str = "
version: 2.2
category: Server
shortdesc: A web server
parameters:
  - {name: id, type: resource, required: true}
  - {name: install, type: boolean, value: false}
  - {name: mode, type: enum, values: [alone, shared], value: alone}
include:
  - script: address
    parameters: [{name: id, value: '{{id}}-vip'}]
  - {script: disk, required: false}
actions:
  - {install: [apache2], when: install}
  - include: disk
  - include: address
  - cib: |
      primitive {{id}} ocf:acme:Addr
        params ip={{address:ip}}

      group g-{{id}} {{disk:id}} {{address:id}} {{id}}
  - {crm: 'configure rename g-{{id}} shared-{{id}}', when: mode == \"shared\"}
";

const DISK: &str = "
version: 2.2
category: Script
shortdesc: A disk
parameters:
  - {name: id, value: disk}
  - {name: device, required: true}
actions:
  - cib: primitive {{id}} ocf:acme:Addr params ip={{device}}
";

const AGENT: &str = "#!/bin/sh
echo '<resource-agent name=\"Addr\"><parameters><parameter name=\"ip\" required=\"1\"><content type=\"string\"/></parameter>
<parameter name=\"nic\"><content type=\"string\" default=\"eth0\"/></parameter></parameters></resource-agent>'
";

fn bench() -> Bench {
    let bench = Bench::default();
    for (name, text) in [("address", ADDRESS), ("web", WEB), ("disk", DISK)] {
        let directory = bench.path(".config/crm/scripts").join(name);
        fs::create_dir_all(&directory).expect("a directory");
        fs::write(directory.join("main.yml"), text).expect("a file");
    }
    let agents = bench.path("ocf/resource.d/acme");
    fs::create_dir_all(&agents).expect("a directory");
    fs::write(agents.join("Addr"), AGENT).expect("a file");
    fs::set_permissions(agents.join("Addr"), fs::Permissions::from_mode(0o755)).expect("a mode");
    bench
}

fn crm(bench: &Bench, line: &str) -> Answer {
    let words: Vec<&str> = line.split_whitespace().collect();
    Bench::feed(bench.command().env("OCF_ROOT", bench.path("ocf")).args(["script"]).args(words), "")
}

#[track_caller]
fn check(line: &str, after: &str) {
    let bench = bench();
    let answer = crm(&bench, line);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let shown = bench.show(&[]);
    let told = shown.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace(" \\ ", " ");
    assert_eq!(told, after);
}

#[track_caller]
fn check_wrong(line: &str, code: i32, said: &str) {
    let bench = bench();
    let before = bench.cib();
    let answer = crm(&bench, line);
    assert!(answer.code == code && answer.err.contains(said), "{}: {}", answer.code, answer.err);
    assert_eq!(bench.cib(), before);
}

#[test]
fn a_wizard_makes_what_its_agent_and_its_texts_say() {
    check(
        "run address id=a ip=192.0.2.7 nic=eth1",
        "primitive a ocf:acme:Addr params ip=192.0.2.7 nic=eth1 op monitor interval=10s",
    );
    let web = "primitive web ocf:acme:Addr params ip=192.0.2.7";
    let vip = "primitive web-vip ocf:acme:Addr params ip=192.0.2.7 op monitor interval=10s";
    check("run web id=web address:ip=192.0.2.7", &format!("{web} {vip} group g-web web-vip web"));
    check("run web id=web address:ip=192.0.2.7 mode=shared", &format!("{web} {vip} group shared-web web-vip web"));
    let disk = "primitive disk ocf:acme:Addr params ip=\"/dev/x\"";
    check(
        "run web id=web address:ip=192.0.2.7 disk:device=/dev/x",
        &format!("{disk} {web} {vip} group g-web disk web-vip web"),
    );
    check("run web id=web address:ip=192.0.2.7 dry_run=yes", "");
}

#[test]
fn wrong_answers_are_all_named_and_nothing_is_changed() {
    check_wrong("run address id=a", 2, "`ip` must be given");
    check_wrong("run address id=a ip=there", 2, "`ip=there` is no IP address");
    check_wrong("run web address:ip=x idd=y", 2, "there is no parameter `idd`; did you mean `id`?");
    check_wrong("run web id=web address:ip=192.0.2.7 mode=none", 2, "`mode=none` is none of alone, shared");
    check_wrong("run web id=web address:ip=192.0.2.7 disk:id=d", 2, "`disk:device` must be given");
    check_wrong("run wep id=web", 1, "did you mean `web`?");
    check_wrong("run address id", 2, "`id` is no name=value");
}

#[test]
fn steps_on_other_machines_are_refused_before_anything_is_done() {
    check_wrong("run web id=web address:ip=192.0.2.7 install=yes", 1, "step 1 (`install: apache2`) is not supported");
    check_wrong("run web id=web address:ip=192.0.2.7 action=7", 2, "there are 1");
}

#[test]
fn scripts_are_listed_shown_and_verified() {
    let bench = bench();
    let listed = crm(&bench, "list names").out;
    assert!(listed.lines().any(|line| line == "web") && !listed.lines().any(|line| line == "disk"), "{listed}");
    assert!(crm(&bench, "list all names").out.lines().any(|line| line == "disk"));
    let shown = crm(&bench, "show address").out;
    assert!(shown.contains("ip (required)") && !shown.contains("nic"), "{shown}");
    assert!(crm(&bench, "show address all").out.contains("nic"));
    let verified = crm(&bench, "verify address id=a ip=192.0.2.7").out;
    assert!(verified.starts_with("1. Configure cluster resources\n\n\tprimitive a ocf:acme:Addr\n"), "{verified}");
    let json = Bench::feed(
        bench.command().env("OCF_ROOT", bench.path("ocf")).args(["script", "json", "[\"show\",\"address\"]"]),
        "",
    );
    assert!(json.out.contains("\"name\":\"ip\"") && json.out.lines().count() == 1, "{json:?}");
}
