//! TAB in other shells: `quorate completions`, and `crm --complete` behind it.

use quorate_tests::lab::program;
use quorate_tests::shell::Bench;
use std::process::Command;

const CONFIGURATION: &str =
    "node 1: n1\nnode 2: n2\nprimitive db ocf:acme:Svc\nprimitive dc ocf:acme:Svc\ngroup web dc";

/// What is offered behind `crm LINE`; `_` stands for the blank behind a whole word.
#[track_caller]
fn check(line: &str, expected: &str) {
    let bench = Bench::with(CONFIGURATION);
    let answer = bench.crm(&["--complete", line]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let offered: Vec<String> = answer.out.lines().map(|line| line.replace(' ', "_")).collect();
    assert_eq!(offered.join(" "), expected, "{line}");
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
    check("configure primi", "primitive_");
}

#[test]
fn options_of_the_program_are_passed_over_and_offered() {
    check("-w resource stop d", "db_ dc_");
    check("-D plain node online n", "n1_ n2_");
    check("--ver", "--version_");
}

#[test]
fn bash_completes_words_with_colons_and_without() {
    check_bash("crm resource stop d", "db |dc |");
    check_bash("crm configure primitive x stoni", "stonith:|");
    check_bash("crm configure primitive x ocf:acm", "|");
}
