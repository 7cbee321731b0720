//! `crm configure template`: templates of a person's own, and those that crmsh installs, beside crmsh.

use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};
use quorate_tests::terminal::Terminal;
use std::fs;
use std::process::Command;

const CRMSH: &str = "/usr/sbin/crm";

const ADDRESS: &str = "%name address
# Copyright of nobody
# An address
%required
# %% ip 192.0.2.1
%% ip
%optional
%% nic
%generate

primitive %_ ocf:heartbeat:IPaddr2
\tparams ip=%_:ip
\topt nic=%_:nic
";

const WEB: &str = "%name web
# A web server
%depends_on address
%suggests disk
%required
%% id
%optional
%% port
%generate

primitive %_:id ocf:heartbeat:Dummy
\top monitor interval=10s
%if %disk
location %_:id-disk %_:id 50: n1
%else
location %_:id-plain %_:id %_:port: n1
%fi
group g-%_:id
\t%address
\t%_:id
";

const DISK: &str = "%name disk
%required
%generate
primitive %_ ocf:heartbeat:Dummy
";

fn bench() -> Bench {
    let bench = Bench::with("node n1");
    let directory = bench.path(".config/crm/templates");
    fs::create_dir_all(&directory).expect("a directory");
    for (name, text) in [("address", ADDRESS), ("web", WEB), ("disk", DISK), ("broken", "%name broken\n")] {
        fs::write(directory.join(name), text).expect("a file");
    }
    bench
}

fn crm(bench: &Bench, line: &str) -> Answer {
    let words: Vec<&str> = line.split_whitespace().collect();
    Bench::feed(bench.command().args(["configure", "template"]).args(words), "")
}

#[track_caller]
fn check(lines: &[&str], shown: &str) {
    let bench = bench();
    for line in lines {
        let answer = crm(&bench, line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
    }
    let told = bench.show(&["type:primitive", "type:group", "type:location"]);
    let told = told.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace(" \\ ", " ");
    assert_eq!(told, shown);
}

#[track_caller]
fn check_wrong(lines: &[&str], code: i32, said: &str) {
    let bench = bench();
    let before = bench.cib();
    let (last, first) = lines.split_last().expect("a line");
    first.iter().for_each(|line| assert_eq!(crm(&bench, line).code, 0, "{line}"));
    let answer = crm(&bench, last);
    assert!(answer.code == code && answer.err.contains(said), "{}: {}", answer.code, answer.err);
    assert_eq!(bench.cib(), before);
}

#[test]
fn a_config_makes_what_its_templates_and_values_say() {
    check(
        &["new vip address params ip=192.0.2.7", "apply update vip"],
        "primitive address IPaddr2 params ip=192.0.2.7",
    );
    check(
        &["new vip address params ip=192.0.2.7 nic=eth1", "apply vip"],
        "primitive address IPaddr2 params ip=192.0.2.7 nic=eth1",
    );
}

#[test]
fn what_a_template_depends_on_comes_with_it_and_conditions_ask_for_templates() {
    check(
        &["new a web params ip=192.0.2.7 port=80", "apply update a"],
        "primitive a Dummy op monitor interval=10s primitive address IPaddr2 params ip=192.0.2.7 group g-a address a \
         location a-plain a 80: n1",
    );
    check(
        &["new a web disk params ip=192.0.2.7", "apply update a"],
        "primitive a Dummy op monitor interval=10s primitive address IPaddr2 params ip=192.0.2.7 primitive disk Dummy \
         group g-a address a location a-disk a 50: n1",
    );
}

#[test]
fn the_same_template_twice_has_two_prefixes() {
    check(
        &["new two address address params address:ip=192.0.2.1 address_1:ip=192.0.2.2", "apply update two"],
        "primitive address IPaddr2 params ip=192.0.2.1 primitive address_1 IPaddr2 params ip=192.0.2.2",
    );
}

#[test]
fn what_is_not_filled_in_is_told_at_its_line_and_nothing_is_applied() {
    check_wrong(
        &["new vip address", "apply update vip"],
        2,
        "crmconf/vip:15:1: error: `ip` of `address` needs a value",
    );
    check_wrong(&["new a web disk", "show a"], 2, "`ip` of `address` needs a value");
    check_wrong(
        &["new a web params ip=192.0.2.7", "apply update a"],
        2,
        "`port` has no value, and this needs one\n    location %web:id-plain %web:id %web:port: n1\n",
    );
}

#[test]
fn what_is_wrong_with_a_value_is_told_at_the_value() {
    let bench = bench();
    assert_eq!(crm(&bench, "new 1a web params ip=192.0.2.7 port=80").code, 0);
    let answer = crm(&bench, "apply update 1a");
    assert!(answer.code == 2 && answer.err.contains("    %% id 1a\n          ^^\n"), "{}", answer.err);
}

#[test]
fn names_that_mean_nothing_are_pointed_at() {
    check_wrong(&["new a wep"], 1, "there is no template `wep`; did you mean `web`?");
    check_wrong(&["new a web params ib=1"], 2, "there is no parameter `ib`; there are id, ip, nic, port");
    check_wrong(&["new a web params disk:x=1"], 2, "no template here is called `disk`");
    check_wrong(&["new ../a web"], 1, "is no name for a config");
    check_wrong(&["new a web", "new a web"], 1, "there is a config `a` already");
    check_wrong(&["new a broken"], 1, "broken: it has no line `%generate`");
    check_wrong(&["show"], 2, "`show` needs a config");
    check_wrong(&["apply push a"], 2, "`push` is no method");
    check_wrong(&["list all"], 2, "`all` cannot be listed");
}

#[test]
fn configs_are_chosen_edited_and_deleted_in_a_session() {
    let bench = bench();
    let session =
        "configure\ntemplate\nnew vip address params ip=192.0.2.7\napply\nload\nload vip\ndelete vip force\nup\nshow\n";
    let answer = bench.script(session);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("primitive address IPaddr2"), "{}", answer.out);
    assert!(!bench.path(".config/crm/crmconf/vip").exists());
    assert!(bench.show(&[]).contains("primitive address IPaddr2"));

    assert_eq!(crm(&bench, "new vip address").code, 0);
    let mut edit = bench.command();
    edit.args(["configure", "template", "edit", "vip"]).env("EDITOR", "sed -i 's/^%% ip$/%% ip \"192.0.2.8\"/'");
    assert_eq!(Bench::feed(&mut edit, "").err, "");
    assert!(crm(&bench, "show vip").out.contains("params ip=192.0.2.8"));
    assert_eq!(crm(&bench, "list configs").out, "vip\n");
    let listed = crm(&bench, "list templates").out;
    assert!(listed.contains("address") && listed.contains("An address") && listed.contains("(")); // `broken`
}

// ---- beside crmsh ------------------------------------------------------------------------------------------

/// Templates that crmsh installs, with values; `ocfs2` is left out, for crmsh cannot read what it makes.
const INSTALLED: &[(&str, &str)] = &[
    ("apache", "configfile=/etc/x ip=192.0.2.7 envfiles=/e"),
    ("clvm", "volgrpname=vg"),
    ("filesystem", "device=/dev/x directory=/m fstype=xfs options=noatime"),
    ("gfs2", "device=/dev/x directory=/m"),
    ("gfs2-base", ""),
    ("sbd", "sbd_device=/dev/x"),
    ("virtual-ip", "ip=192.0.2.7 netmask=24 lvs_support=true"),
];

/// The objects that a config makes by one shell of what the other may have written.
fn applied(bench: &Bench, new: &[&str], apply: &[&str], name: &str) -> Vec<String> {
    fs::write(bench.path("cib.xml"), quorate_tests::shell::EMPTY).expect("a file");
    let run = |program: &[&str], words: &[&str]| {
        let mut command = match program {
            [] => bench.command(),
            [program, ..] => Command::new(program),
        };
        command.env("CIB_file", bench.path("cib.xml")).env("HOME", bench.path("")).env("TERM", "dumb");
        command.env_remove("XDG_CONFIG_HOME");
        Bench::feed(command.args(["-F", "configure", "template"]).args(words), "")
    };
    let template: Vec<&str> = name.split_whitespace().collect();
    let made = run(new, &[&["new", "c"], &template[..]].concat());
    assert_eq!(made.code, 0, "{}", made.err);
    let answer = run(apply, &["apply", "c"]);
    assert_eq!(answer.code, 0, "{name}: {}", answer.err);
    fs::remove_file(bench.path(".config/crm/crmconf/c")).expect("the config");
    // crmsh 4.4.1 gives an operation without an interval `0`, ours and later ones `0s`.
    let cib = bench.cib().replace("interval=\"0\"", "interval=\"0s\"").replace("-0\"", "-0s\"");
    let start = cib.find("<configuration").expect("a configuration");
    let end = cib.find("</configuration>").expect("its end");
    cib[start..end].split('<').map(|part| part.trim().to_string()).collect()
}

#[test]
fn installed_templates_make_what_crmsh_makes_of_them() {
    if !needs::files(&[CRMSH, "/usr/share/crmsh/templates"]) {
        return;
    }
    let bench = Bench::default();
    for (name, values) in INSTALLED {
        let new = format!("{name} params {values}");
        let ours = applied(&bench, &[], &[], &new);
        let theirs = applied(&bench, &[CRMSH], &[CRMSH], &new);
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(applied(&bench, &[], &[CRMSH], &new), theirs, "{name}: our config, read by crmsh");
        assert_eq!(applied(&bench, &[CRMSH], &[], &new), theirs, "{name}: crmsh's config, read by us");
    }
}

// ---- at a terminal -------------------------------------------------------------------------------------------

#[test]
fn the_level_is_entered_by_way_of_configure_and_left_the_same_way() {
    let bench = bench();
    let mut terminal = Terminal::at_prompt(&bench, &[]);
    let (inside, outside) = (")configure template#", ")configure*#");
    terminal.press("configure template\r");
    terminal.prompted(inside, 1);
    terminal.press("new vip address params ip=192.0.2.7\r");
    terminal.prompted(inside, 2);
    terminal.press("apply update\r");
    terminal.prompted(")configure template*#", 1);
    // What was changed and is not committed would be lost.
    terminal.press("apply\r");
    terminal.sees("Replace the configuration? [y/N]");
    terminal.press("n\r");
    terminal.prompted(")configure template*#", 2);
    terminal.press("up\r");
    terminal.prompted(outside, 1);
    terminal.press("undo\r");
    terminal.sees("took back: apply update");
    terminal.press("redo\r");
    terminal.prompted(outside, 2);
    terminal.press("cd ..\r");
    terminal.sees("Commit them? [y/N]");
    terminal.press("y\r");
    terminal.wait("the top", |text| text.trim_end().ends_with(")#"));
    terminal.press("cd configure/template\r");
    terminal.prompted(inside, 3);
    terminal.press("quit\r");
    terminal.ends();
    assert!(bench.show(&[]).contains("primitive address IPaddr2"));
}
