//! `crm options`: settings that take effect, are kept, and those that crmsh has and nothing here needs.

use quorate_tests::shell::{Answer, Bench};
use std::fs;

const BEFORE: &str = "primitive z Dummy
primitive a Dummy meta target-role=Started
group g a
property maintenance-mode=true
";

fn bench() -> Bench {
    Bench::with(BEFORE)
}

fn kept(bench: &Bench) -> String {
    fs::read_to_string(bench.path(".config/crm/crm.conf")).unwrap_or_default()
}

fn crm(bench: &Bench, line: &str) -> Answer {
    let words: Vec<&str> = line.split_whitespace().collect();
    bench.crm(&words)
}

#[test]
fn a_command_of_its_own_is_kept_and_a_session_keeps_only_what_it_saves() {
    let bench = bench();
    assert_eq!(crm(&bench, "options wait yes").code, 0);
    assert_eq!(kept(&bench), "[core]\nwait = yes\n");
    assert_eq!(crm(&bench, "options show wait").out, "core.wait = yes\n");
    bench.script("options\nset core.check_mode relaxed\nshow check_mode\n");
    assert_eq!(kept(&bench), "[core]\nwait = yes\n");
    bench.script("options\ncheck-mode relaxed\nsave\n");
    assert_eq!(kept(&bench), "[core]\ncheck_mode = relaxed\nwait = yes\n");
    // What the command line says is for this call.
    assert_eq!(bench.crm(&["-o", "core.force=yes", "options", "sort-elements", "no"]).code, 0);
    assert_eq!(kept(&bench), "[core]\nsort_elements = no\ncheck_mode = relaxed\nwait = yes\n");
    assert_eq!(crm(&bench, "options reset").code, 0);
    assert_eq!(kept(&bench), "[core]\n");
}

#[track_caller]
fn check_wrong(line: &str, said: &str) {
    let bench = bench();
    let answer = crm(&bench, line);
    assert!(answer.code == 2 && answer.err.contains(said), "{}: {}", answer.code, answer.err);
    assert_eq!(kept(&bench), "");
}

#[test]
fn what_is_no_setting_or_no_value_is_refused() {
    check_wrong("options set core.wiat yes", "did you mean `core.wait`?");
    check_wrong("options set wait yes", "did you mean `core.wait`?");
    check_wrong("options wait maybe", "`core.wait` is yes or no");
    check_wrong("options set color.keyword mauve", "is one of black,");
    check_wrong("options output plain,grey", "is one of plain,");
    check_wrong("options colorscheme red,green", "these are 2 colours, not 6");
    check_wrong("options show nix", "there is no setting `nix`");
}

#[test]
fn settings_without_an_effect_say_so_and_are_kept() {
    let bench = bench();
    let answer = crm(&bench, "options skill-level operator");
    assert!(answer.code == 0 && answer.err.contains("core.skill_level has no effect here"), "{}", answer.err);
    assert_eq!(kept(&bench), "[core]\nskill_level = operator\n");
    assert!(!crm(&bench, "options show").out.contains("skill_level"));
    assert!(crm(&bench, "options show all").out.contains("core.skill_level = operator\n"));
}

#[test]
fn elements_come_by_id_or_as_they_stand() {
    let bench = bench();
    assert!(crm(&bench, "configure show").out.starts_with("primitive a Dummy"));
    for words in [&["show"][..], &["save", "-"]] {
        let shown = bench.crm(&[&["-o", "core.sort_elements=no", "configure"], words].concat()).out;
        assert!(shown.starts_with("primitive z Dummy"), "{shown}");
    }
}

#[test]
fn members_keep_what_they_have_if_nobody_is_to_manage_them() {
    let bench = bench();
    assert_eq!(bench.crm(&["-o", "core.manage_children=never", "resource", "stop", "g"]).code, 0);
    assert!(bench.show(&["a"]).contains("target-role=Started"));
    assert_eq!(bench.crm(&["-o", "core.manage_children=always", "resource", "stop", "g"]).code, 0);
    assert!(!bench.show(&["a"]).contains("target-role"));
}

#[test]
fn colours_and_capitals_are_those_that_were_chosen() {
    let bench = bench();
    let shown = bench.crm(&["-o", "color.style=uppercase", "configure", "show", "z"]).out;
    assert_eq!(shown, "PRIMITIVE z Dummy\n");
    let style = ["-o", "color.style=color-always", "-o", "color.keyword=blue bold"];
    let shown = bench.crm(&[&style[..], &["configure", "show", "z"]].concat()).out;
    assert_eq!(shown, "\x1b[34;1mprimitive\x1b[0m z Dummy\n");
}

#[test]
fn agents_that_are_not_here_need_not_be_told() {
    let add = ["configure", "primitive", "n", "ocf:none:Such"];
    assert!(bench().crm(&add).err.contains("is not here"));
    assert_eq!(bench().crm(&[&["-o", "core.ignore_missing_metadata=yes"], &add[..]].concat()).err, "");
}

#[test]
fn words_of_the_command_line_stay_words_unless_quotes_are_not_wanted() {
    let description = ["configure", "primitive", "d", "Dummy", "meta", "x=one y=two"];
    let with = bench();
    assert_eq!(with.crm(&description).code, 0);
    assert!(with.show(&["d"]).contains("x=\"one y=two\""));
    let without = bench();
    assert_eq!(without.crm(&[&["-o", "core.add_quotes=no"], &description[..]].concat()).code, 0);
    assert!(without.show(&["d"]).contains("x=one y=two"));
}

#[test]
fn what_a_setting_switched_on_it_switches_off() {
    let bench = bench();
    // With -F (or core.force) a shadow is made anew, else it is not.
    let anew = "cib new one\ncib use live\n";
    let session = |lines: &str| bench.script(&format!("{lines}{anew}"));
    assert_eq!(session("").code, 0);
    assert_ne!(session("").code, 0);
    assert_eq!(session("options set core.force yes\n").code, 0);
    assert_ne!(session("options set core.force yes\noptions set core.force no\n").code, 0);
    let forced = bench.fed(&["-F"], &format!("options set core.force no\n{anew}"));
    assert_eq!(forced.code, 0, "{}", forced.err);
}
