//! `crm script`: recipes in YAML, from a user's directory; crmsh's own where they are installed.

use quorate_tests::shell::{Answer, Bench};
use std::path::Path;

const ADDRESS: &str = r#"version: 2.2
category: Basic
shortdesc: An address
parameters:
  - name: id
    type: resource
    required: true
    shortdesc: The resource
  - name: ip
    type: ip_address
    required: true
actions:
  - cib: |
      primitive {{id}} ocf:acme:Address
        params ip={{ip}}
"#;

const SITE: &str = r#"version: 2.2
category: Server
shortdesc: A site
longdesc: |
  A group of an address and a service.
parameters:
  - name: id
    type: resource
    required: true
  - name: install
    type: boolean
    value: false
include:
  - script: address
    parameters:
      - name: id
        value: "{{id}}-ip"
  - script: address
    name: second
    required: false
actions:
  - install: siteserver
    when: install
    shortdesc: Install packages
  - include: address
  - include: second
  - cib: |
      primitive {{id}} ocf:acme:Site
      group g-{{id}} {{address:id}} {{#second}}{{second:id}}{{/second}} {{id}}
  - crm: configure modgroup g-{{id}} add spare before {{id}}
"#;

fn bench() -> Bench {
    let bench = Bench::with("primitive spare ocf:acme:Svc");
    for (name, text) in [("address", ADDRESS), ("site", SITE)] {
        let directory = bench.path("config/crm/scripts").join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("main.yml"), text).expect("a script");
    }
    bench
}

fn crm(bench: &Bench, words: &[&str]) -> Answer {
    let mut command = bench.command();
    command.env("XDG_CONFIG_HOME", bench.path("config")).arg("script").args(words);
    Bench::feed(&mut command, "")
}

#[test]
fn scripts_are_listed_and_described() {
    let bench = bench();
    let listed = crm(&bench, &["list", "names"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert!(listed.out.lines().any(|line| line == "site"), "{}", listed.out);
    let listed = crm(&bench, &["list"]);
    assert!(listed.out.contains("site             A site\n"), "{}", listed.out);
    let shown = crm(&bench, &["show", "site"]);
    for part in [
        "site (Server)\nA site\n\nA group of an address and a service.\n\n1. A site\n\n  id (required) (unique)\n",
        "  install (default: false)\n",
        "2. An address\n\n2.1. An address\n\n  address:id (required) (unique)\n      The resource\n  address:ip (required)\n",
        "3. An address (optional)\n",
    ] {
        assert!(shown.out.contains(part), "{part}\n-- in --\n{}", shown.out);
    }
}

#[test]
fn a_run_is_one_change() {
    let bench = bench();
    let values = ["site", "id=web", "address:ip=192.0.2.1", "second:id=other", "second:ip=192.0.2.2"];
    let verified = crm(&bench, &[&["verify"], &values[..]].concat());
    let steps = "1. Configure cluster resources\n\n\tprimitive web-ip ocf:acme:Address params ip=192.0.2.1\n\
        \tprimitive other ocf:acme:Address params ip=192.0.2.2\n\tprimitive web ocf:acme:Site\n\
        \tgroup g-web web-ip other web\n\n2. crm\n\n\tconfigure modgroup g-web add spare before web\n\n";
    assert_eq!((verified.code, verified.out.as_str()), (0, steps), "{}", verified.err);
    let dry = crm(&bench, &[&["run"], &values[..], &["dry_run=yes"]].concat());
    assert_eq!((dry.code, dry.out.as_str()), (0, steps), "{}", dry.err);
    assert_eq!(bench.show(&[]).trim(), "primitive spare ocf:acme:Svc");
    let run = crm(&bench, &[&["run"], &values[..]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let shown = bench.show(&[]);
    assert!(shown.contains("group g-web web-ip other spare web"), "{shown}");
    assert!(shown.contains("params ip=192.0.2.2"), "{shown}");
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is() {
    let bench = bench();
    for (values, code, said) in [
        (&["site"][..], 2, "`site` also needs: id, address:ip"),
        (&["site", "id=web", "address:ip=far"][..], 2, "address:ip: `far` is no IP address"),
        (&["site", "id=web", "adress:ip=192.0.2.1"][..], 2, "did you mean `address:ip`?"),
        (&["sit"][..], 2, "did you mean `site`?"),
        (
            &["site", "id=web", "address:ip=192.0.2.1", "install=yes"][..],
            1,
            "\"Install packages\" (install: siteserver)",
        ),
        (
            &["site", "id=spare", "address:ip=192.0.2.1", "second:ip=192.0.2.2", "second:id=9"][..],
            2,
            "second:id: `9` is no id",
        ),
    ] {
        let run = crm(&bench, &[&["run"], values].concat());
        assert!(run.code == code && run.err.contains(said), "{values:?}: {} {}", run.code, run.err);
        assert_eq!(bench.show(&[]).trim(), "primitive spare ocf:acme:Svc", "{values:?}");
    }
}

#[test]
fn programs_get_json() {
    let bench = bench();
    let listed = crm(&bench, &["json", r#"["list"]"#]);
    let names = |text: &str| -> Vec<String> {
        let values = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        values.map(|value| value["name"].as_str().unwrap_or_default().to_string()).collect()
    };
    assert!(names(&listed.out).contains(&"address".to_string()), "{}", listed.out);
    let verified = crm(&bench, &["json", r#"["verify", "address", {"id": "a", "ip": "192.0.2.1"}]"#]);
    assert!(verified.out.contains("primitive a ocf:acme:Address params ip=192.0.2.1"), "{}", verified.out);
}

#[test]
fn every_script_of_crmsh_can_be_described() {
    let directory = Path::new("/usr/share/crmsh/scripts");
    if !directory.is_dir() {
        println!("skipped: crmsh is not installed");
        return;
    }
    let bench = bench();
    let listed = crm(&bench, &["list", "all", "names"]);
    assert!(listed.err.is_empty(), "{}", listed.err);
    for name in listed.out.lines() {
        let shown = crm(&bench, &["show", name]);
        assert!(shown.code == 0 && shown.out.starts_with(&format!("{name} (")), "{name}: {}", shown.err);
    }
    assert!(listed.out.lines().count() > 30, "{}", listed.out);
}
