//! TAB in other shells: `quorate completions`, and `crm --complete` behind it.

use quorate_tests::lab::program;
use quorate_tests::needs;
use quorate_tests::shell::Bench;
use quorate_tests::terminal::{ROWS, Terminal};
use std::process::Command;

const CONFIGURATION: &str =
    "node 1: n1\nnode 2: n2\nprimitive db ocf:acme:Svc\nprimitive dc ocf:acme:Svc\ngroup web dc";

/// What is offered behind `crm LINE`, without the help; `_` stands for the blank behind a whole word.
#[track_caller]
fn check(line: &str, expected: &str) {
    let bench = Bench::with(CONFIGURATION);
    let answer = bench.crm(&["--complete", line]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let offered: Vec<String> = answer.out.lines().map(texts).collect();
    assert_eq!(offered.join(" "), expected, "{line}");
}

fn texts(line: &str) -> String {
    line.split('\t').next().unwrap_or_default().replace(' ', "_")
}

/// What bash itself makes of it.
#[track_caller]
fn check_bash(line: &str, expected: &str) {
    let bench = Bench::with(CONFIGURATION);
    let place = bench.path("bin");
    std::fs::create_dir(&place).expect("a directory");
    std::os::unix::fs::symlink(program("quorate"), place.join("crm")).expect("a link");
    let crm = place.join("crm").display().to_string();
    let script = format!(
        "source <({0} completions bash); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _quorate_crm {crm}; printf '%s|' \"${{COMPREPLY[@]}}\"",
        program("quorate").display()
    );
    let output = Command::new("bash").args(["-c", &script]).env("CIB_file", bench.path("cib.xml")).output();
    let output = output.expect("bash is everywhere");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_fits_the_place_is_offered() {
    check("resou", "resource_");
    check("resource untr", "untrace_");
    check("resource stop d", "db_ dc_");
    check("node standby ", "n1_ n2_");
    check("node online ", "");
    check("node standby n1 ", "n2_ forever_ reboot_");
    check("cibstatus node n1 ", "offline_ online_ unclean_");
    check("cibstatus op moni", "monitor_");
    check("cibstatus op monitor d", "db_ dc_");
    check("cibstatus op monitor db fail", "failed_promoted_");
    check("cibstatus load l", "live_");
    check("cibstatus run s", "scores_");
    check("site ticket gr", "grant_");
    check("configure primi", "primitive_");
}

/// What runs cannot be started, and what does not run can.
#[test]
fn resources_are_offered_by_what_the_status_says_of_them() {
    let ran = |id: &str, operation: &str| {
        format!(
            "<lrm_resource id=\"{id}\" class=\"ocf\" provider=\"acme\" type=\"Svc\"><lrm_rsc_op id=\"{id}_last_0\" \
             operation_key=\"{id}_{operation}_0\" operation=\"{operation}\" crm-debug-origin=\"x\" transition-key=\"1:1:0:x\" \
             transition-magic=\"0:0;1:1:0:x\" call-id=\"1\" rc-code=\"0\" op-status=\"0\" interval=\"0\"/></lrm_resource>"
        )
    };
    let status = format!(
        "<status><node_state id=\"1\" uname=\"n1\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\">\
         <lrm id=\"1\"><lrm_resources>{}{}</lrm_resources></lrm></node_state></status>",
        ran("db", "start"),
        ran("dc", "stop")
    );
    let cib = Bench::with(CONFIGURATION).cib();
    let end = cib.find("<status").expect("a status");
    let bench = Bench::new(&format!("{}{status}</cib>", &cib[..end]));
    let offered = |line: &str| {
        let answer = bench.crm(&["--complete", line]);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        answer.out.lines().map(texts).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered("resource start "), "dc_ web_");
    assert_eq!(offered("resource stop d"), "db_ dc_");
    assert_eq!(offered("node clearstate "), "n2_", "n1 is online");
}

#[test]
fn what_is_kept_under_a_name_is_offered_with_what_it_asks() {
    let bench = Bench::with(CONFIGURATION);
    let write = |name: &str, text: &str| {
        let file = bench.path(".config/crm").join(name);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        std::fs::write(file, text).expect("a file");
    };
    write("scripts/part.yml", "version: 2.2\ncategory: Script\nshortdesc: A part\nparameters:\n  - {name: size}\n");
    let whole = "version: 2.2\nshortdesc: A whole\nparameters:\n  - {name: mode, type: enum, values: [one, two]}\n  \
                 - {name: ready, type: boolean}\n  - {name: id, required: true}\ninclude:\n  - {script: part}\n";
    write("scripts/whole.yml", whole);
    write("templates/web", "%name web\n%depends_on net\n%required\n%% id\n%optional\n%% port\n%generate\n");
    write("templates/net", "%name net\n%required\n%% ip\n%generate\n");
    write("crmconf/mine", "%generate\n");
    write("crm.conf", &format!("[path]\nsharedir = {}\n", bench.path("none").display()));
    std::fs::create_dir_all(bench.path(".cache/crm/sessions/outage")).expect("a directory");
    bench.write(".cache/crm/sessions/outage/history_state.cfg", "[report]\n");
    let offered = |line: &str| {
        let answer = bench.crm(&["--complete", line]);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""));
        answer.out.lines().map(texts).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered("script show "), "whole_ part_");
    assert_eq!(offered("script run whole "), "id= mode= part:size= ready= action= dry_run=");
    assert_eq!(offered("script verify whole id=x ready=yes "), "mode= part:size=");
    assert_eq!(offered("script run whole mode="), "mode=one_ mode=two_");
    assert_eq!(offered("script run whole ready=y"), "ready=yes_");
    assert_eq!(offered("configure template new "), "net_ web_");
    assert_eq!(offered("configure template new a web params "), "id= ip= port=");
    assert_eq!(offered("configure template apply "), "mine_ replace_ update_");
    assert_eq!(offered("configure template show "), "mine_");
    assert_eq!(offered("history session "), "delete_ info_ list_ load_ pack_ save_ update_");
    assert_eq!(offered("history session load "), "outage_");
    assert_eq!(offered("history session save "), "");
    assert_eq!(offered("configure assist template d"), "db_ dc_");
}

#[test]
fn options_of_the_program_are_passed_over_and_offered() {
    check("-w resource stop d", "db_ dc_");
    check("-D plain node standby n", "n1_ n2_");
    check("--ver", "--version_");
    check("--fi", "--file=");
    check("-D ", "color_ color-always_ plain_ uppercase_");
    check("--display=pl", "--display=plain_");
    check("-o core.wai", "core.wait=");
    check("-o core.wait=y", "core.wait=yes_");
    check("--output=", "--output=json_ --output=text_");
    check("--output json resource stop d", "db_ dc_");
}

#[test]
fn bash_completes_words_with_colons_and_without() {
    check_bash("crm resource stop d", "db |dc |");
    check_bash("crm configure primitive x stoni", "stonith:|");
    check_bash("crm configure primitive x ocf:acm", "|");
    check_bash("crm configure show type:gr", "group |");
    check_bash("crm configure property no-quorum-policy=fr", "freeze |");
}

/// `crm` on the path, as a directory to put before the others.
fn path(bench: &Bench) -> String {
    let place = bench.path("bin");
    std::fs::create_dir_all(&place).expect("a directory");
    let crm = place.join("crm");
    if !crm.exists() {
        std::os::unix::fs::symlink(program("quorate"), &crm).expect("a link");
    }
    format!("{}:/usr/bin:/bin", place.display())
}

#[track_caller]
fn is_here(shell: &str) -> bool {
    needs::files(&[std::path::Path::new("/usr/bin").join(shell)])
}

/// Candidates as fish lists them, with their help behind a bar.
#[track_caller]
fn check_fish(line: &str, expected: &str) {
    let bench = Bench::with(CONFIGURATION);
    let script = format!("{} completions fish | source; complete -C '{line}'", program("quorate").display());
    let mut command = Command::new("fish");
    command.args(["--no-config", "-c", &script]).current_dir(bench.path(""));
    command.env("PATH", path(&bench)).env("HOME", bench.path("")).env("CIB_file", bench.path("cib.xml"));
    let output = command.output().expect("fish");
    let listed = String::from_utf8_lossy(&output.stdout).trim_end().replace('\t', "|");
    assert_eq!(listed, expected, "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn fish_lists_candidates_with_their_help() {
    if !is_here("fish") {
        return;
    }
    check_fish("crm resource stop d", "db|primitive\ndc|primitive");
    check_fish("crm configure commi", "commit|make the changes real");
    check_fish("crm configure show type:gr", "type:group|resources started together, in order, on one node");
    check_fish("crm node standby n1 re", "reboot");
    check_fish("crm configure property no-quorum-policy=fr", "no-quorum-policy=freeze");
}

#[test]
fn zsh_completes_at_a_terminal() {
    if !is_here("zsh") {
        return;
    }
    let program = program("quorate").display().to_string();
    // Read by a start file, or found in a directory of $fpath.
    check_zsh(&format!("compinit -u -D\nsource <({program} completions zsh)\n"));
    check_zsh(&format!("{program} completions zsh >$HOME/_crm\nfpath=($HOME $fpath)\ncompinit -u -D\n"));
}

/// zsh at a terminal: what is typed, and what its line is after TAB.
fn check_zsh(setup: &str) {
    let bench = Bench::with(CONFIGURATION);
    bench.write(".zshrc", &format!("PS1='%% '\nautoload -Uz compinit\n{setup}"));
    let mut command = portable_pty::CommandBuilder::new("zsh");
    command.args(["-i"]);
    command.cwd(bench.path(""));
    command.env_clear();
    let home = bench.path("").display().to_string();
    let cib = bench.path("cib.xml").display().to_string();
    for (name, value) in
        [("PATH", path(&bench).as_str()), ("HOME", &home), ("ZDOTDIR", &home), ("CIB_file", &cib), ("TERM", "xterm")]
    {
        command.env(name, value);
    }
    let mut terminal = Terminal::start(command, ROWS);
    terminal.at("%");
    for (typed, completed) in [
        ("crm resou", "crm resource"),
        ("crm configure show type:gr", "crm configure show type:group"),
        ("crm configure property no-quorum-policy=fr", "crm configure property no-quorum-policy=freeze"),
        ("crm configure group g d", "crm configure group g db"),
        ("crm -w resource stop we", "crm -w resource stop web"),
    ] {
        terminal.press(typed);
        terminal.press("\t");
        terminal.at(completed);
        terminal.press("\x15\x0c");
        terminal.wait("an empty line", |text| text.trim() == "%");
    }
    // Several ways: a list with what each is for.
    terminal.press("crm resource stop d\t\t");
    terminal.sees("db  -- primitive");
    terminal.sees("dc  -- primitive");
    terminal.press("\x15exit\r");
    terminal.ends();
}

/// bash at a terminal: the second TAB lists with help, the first puts in what is sure.
#[test]
fn bash_completes_and_lists_at_a_terminal() {
    let bench = Bench::with(CONFIGURATION);
    bench.write("rc", &format!("PS1='%% '\nsource <({} completions bash)\n", program("quorate").display()));
    let mut command = portable_pty::CommandBuilder::new("bash");
    command.args(["--rcfile", "rc", "-i"]);
    command.cwd(bench.path(""));
    command.env_clear();
    let (home, cib) = (bench.path("").display().to_string(), bench.path("cib.xml").display().to_string());
    for (name, value) in [("PATH", path(&bench).as_str()), ("HOME", &home), ("CIB_file", &cib), ("TERM", "xterm")] {
        command.env(name, value);
    }
    let mut terminal = Terminal::start(command, ROWS);
    terminal.at("%%");
    for (typed, completed) in [
        ("crm resou", "crm resource"),
        ("crm configure show type:gr", "crm configure show type:group"),
        ("crm configure property no-quorum-policy=fr", "crm configure property no-quorum-policy=freeze"),
        ("crm -w resource stop we", "crm -w resource stop web"),
    ] {
        terminal.press(typed);
        terminal.press("\t");
        terminal.at(completed);
        terminal.press("\x15\x0c");
        terminal.wait("an empty line", |text| text.trim() == "%%");
    }
    terminal.press("crm resource stop d\t\t");
    terminal.sees("db   (primitive)");
    terminal.press("\x15exit\r");
    terminal.ends();
}

/// Options of the tools are offered by their help.
#[test]
fn tools_offer_their_options() {
    let offered = |shell: &str| {
        let output = Command::new(program("quorate")).args(["completions", shell]).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let bash = offered("bash");
    let cibadmin = bash.lines().find(|line| line.ends_with(" cibadmin")).expect("a line for cibadmin");
    assert!(cibadmin.contains("--query ") && cibadmin.contains("--xml-text ") && !cibadmin.contains("--sync-call"));
    assert!(bash.lines().any(|line| line.ends_with(" stonith_admin") && line.contains("--list-registered")));
    assert!(offered("fish").contains("complete -c attrd_updater -l delay -s 'd' -r -d '"));
    assert!(offered("zsh").contains("compdef _gnu_generic attrd_updater cibadmin "));
}
