//! A person at the prompt, through a real terminal: editors, pagers, Ctrl-C, other sizes, other people.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::Lab;
use quorate_tests::needs;
use quorate_tests::shell::Bench;
use quorate_tests::terminal::{ROWS, Terminal, shell};
use std::os::unix::fs::PermissionsExt;

const LEVEL: &str = ")configure#";
const EDITED: &str = ")configure*#";

/// A program that stands for an editor: its text is a shell script, `$1` the file.
fn editor(bench: &Bench, name: &str, script: &str) -> String {
    let path = bench.write(name, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

fn configuring(bench: &Bench, environment: &[(&str, &str)]) -> Terminal {
    let mut terminal = Terminal::at_prompt(bench, environment);
    terminal.press("configure\r");
    terminal.at(LEVEL);
    terminal
}

fn quit(mut terminal: Terminal) {
    terminal.press("\x15quit\r");
    terminal.ends();
}

// ---- the prompt ------------------------------------------------------------------------------------

#[test]
fn the_prompt_says_where_one_is_and_what_is_not_committed() {
    let bench = Bench::with("node n1");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = host.trim();
    let mut terminal = Terminal::at_prompt(&bench, &[]);
    terminal.at(&format!("crm(live/{host})#"));
    terminal.press("cib new plan\r");
    terminal.at(&format!("crm(plan/{host})#"));
    terminal.press("configure\r");
    terminal.at(&format!("crm(plan/{host})configure#"));
    terminal.press("primitive p Dummy\r");
    terminal.at(&format!("crm(plan/{host})configure*#"));
    // Names that are given here are offered here.
    terminal.press("checkpoint save before\r");
    terminal.prompted(&format!("crm(plan/{host})configure*#"), 2);
    terminal.press("checkpoint restore be\t");
    terminal.at("checkpoint restore before");
    terminal.press("\x15undo\r");
    terminal.prompted(&format!("crm(plan/{host})configure#"), 2);
    terminal.press("redo\r");
    terminal.prompted(&format!("crm(plan/{host})configure*#"), 3);
    terminal.press("commit\r");
    terminal.prompted(&format!("crm(plan/{host})configure#"), 3);
    terminal.press("up\rresource\r");
    terminal.at(&format!("crm(plan/{host})resource#"));
    quit(terminal);
    assert!(!bench.cib().contains("<primitive"), "the shadow was changed, not the CIB");
}

#[test]
fn words_are_coloured_and_the_rest_of_a_word_is_hinted() {
    let bench = Bench::with("node n1\nprimitive web Dummy");
    let mut terminal = configuring(&bench, &[]);
    terminal.press("location l1 we");
    // The rest stands there, faint, though nobody typed it; the right arrow takes it.
    terminal.at("location l1 web");
    terminal.press("\x1b[C\r");
    terminal.sees("but the line ends");
    terminal.press("primitive p");
    terminal.at("primitive p");
    let screen = terminal.screen.screen();
    let (row, column) = screen.cursor_position();
    let keyword = screen.cell(row, column - 2 - "primitive".len() as u16).unwrap();
    assert_ne!(keyword.fgcolor(), vt100::Color::Default, "a keyword has a colour");
    assert_eq!(screen.cell(row, column - 1).unwrap().fgcolor(), vt100::Color::Default, "an id has none");
    quit(terminal);
}

#[test]
fn no_color_means_no_escape_that_colours_and_no_hints() {
    let bench = Bench::with("node n1\nprimitive web Dummy params fake=1");
    let mut terminal = configuring(&bench, &[("NO_COLOR", "1")]);
    terminal.press("show\r");
    terminal.sees("params fake=1");
    terminal.press("shoe\r");
    terminal.sees("did you mean `show`?");
    terminal.press("comm");
    terminal.at("comm");
    let screen = terminal.screen.screen();
    for row in 0..ROWS {
        for column in 0..quorate_tests::terminal::COLUMNS {
            assert_eq!(screen.cell(row, column).unwrap().fgcolor(), vt100::Color::Default, "{row}:{column}");
        }
    }
    quit(terminal);
}

// ---- several lines ---------------------------------------------------------------------------------

#[test]
fn an_open_bracket_asks_for_more_and_errors_still_stand_under_their_word() {
    let bench = Bench::with("node n1\nprimitive a Dummy\nprimitive b Dummy\nprimitive c Dummy");
    let mut terminal = configuring(&bench, &[]);
    terminal.press("order o1 (\r  a\r  b\r) c\r");
    terminal.prompted(EDITED, 1);
    terminal.press("colocation k1 inf: (\r  a\r  bb\r) c\r");
    terminal.sees("there is no resource `bb`");
    terminal.sees("input:3:3: error");
    terminal.prompted(EDITED, 2);
    // TAB works on every line of it.
    terminal.press("location l1 { a\r  b } 10: n\t\r");
    terminal.prompted(EDITED, 3);
    terminal.press("commit\r");
    terminal.prompted(LEVEL, 2);
    quit(terminal);
    let shown = bench.show(&["type:order", "type:location"]);
    assert_eq!(shown, "location l1 { a b } 10: n1\norder o1 ( a b ) c\n");
}

#[test]
fn an_empty_line_ends_a_bracket_that_is_never_closed() {
    let bench = Bench::with("node n1\nprimitive a Dummy");
    let mut terminal = configuring(&bench, &[]);
    terminal.press("order o1 ( a\r\r");
    terminal.sees("but the line ends");
    terminal.prompted(LEVEL, 2);
    quit(terminal);
}

#[test]
fn control_c_forgets_what_is_typed_and_nothing_else() {
    let bench = Bench::with("node n1");
    let mut terminal = configuring(&bench, &[]);
    terminal.press("primitive kept Dummy\r");
    terminal.prompted(EDITED, 1);
    terminal.press("primitive dropped \\\r  Dummy \\\r  params fa");
    terminal.sees("params fa");
    terminal.press("\x03");
    terminal.prompted(EDITED, 2);
    terminal.press("primitive also Dummy\r");
    terminal.prompted(EDITED, 3);
    terminal.press("commit\r");
    terminal.prompted(LEVEL, 2);
    quit(terminal);
    assert_eq!(bench.show(&["type:primitive"]), "primitive also Dummy\nprimitive kept Dummy\n");
}

#[test]
fn control_c_at_a_question_is_a_no() {
    let bench = Bench::with("node n1");
    let mut terminal = configuring(&bench, &[]);
    terminal.press("primitive p Dummy\r");
    terminal.prompted(EDITED, 1);
    terminal.press("up\r");
    terminal.sees("Commit them? [y/N]");
    terminal.echo(true);
    terminal.press("\x03");
    terminal.sees("^C");
    terminal.press("y\r");
    terminal.sees("the changes were dropped");
    terminal.at(")#");
    quit(terminal);
    assert!(!bench.cib().contains("<primitive"));
}

#[test]
fn control_c_ends_the_waiting_and_says_what_is_still_pending() {
    let lab = Lab::started(1);
    let bench = Bench::default();
    let root = lab.root("n1").display().to_string();
    let agents = lab.root("n1").join("usr/lib/ocf").display().to_string();
    let mut command = shell(&bench, &[("QUORATE_ROOT", &root), ("OCF_ROOT", &agents)]);
    command.env_remove("CIB_file");
    command.args(["-w"]);
    let mut terminal = Terminal::start(command, ROWS);
    terminal.sees(")# ");
    terminal.press("configure property fencing-enabled=false\r");
    terminal.prompted(")#", 2);
    terminal.press("configure primitive slow ocf:quorate:Dummy params op_sleep=8\r");
    lab.wait("the start", |lab| lab.status("n1").is_some_and(|status| status.transition.is_some()));
    terminal.press("\x03");
    terminal.sees("waiting was interrupted: ");
    terminal.prompted(")#", 3);
    // The shell goes on, and so does the cluster.
    terminal.press("configure show slow\r");
    terminal.sees("primitive slow ocf:quorate:Dummy");
    terminal.prompted(")#", 4);
    quit(terminal);
}

#[test]
fn a_terminal_that_changes_its_size_loses_nothing_of_the_line() {
    let bench = Bench::with("node n1");
    let mut terminal = configuring(&bench, &[]);
    let long = "primitive p ocf:heartbeat:Dummy params fake=one op monitor interval=10s timeout=20s meta priority=1";
    terminal.press(long);
    terminal.sees("priority=1");
    for columns in [40, 120, 60] {
        terminal.resize(ROWS, columns);
        // A key makes it draw: at the start of the line, then back at its end.
        terminal.press("\x01\x05");
        terminal.drain(std::time::Duration::from_millis(150));
    }
    terminal.press("2\r");
    terminal.prompted(EDITED, 1);
    terminal.press("commit\r");
    terminal.prompted(LEVEL, 2);
    quit(terminal);
    assert!(bench.show(&["p"]).contains("meta priority=12"), "{}", bench.show(&["p"]));
}

// ---- history ---------------------------------------------------------------------------------------

#[test]
fn the_history_is_searched_and_kept() {
    let bench = Bench::with("node n1\nprimitive alpha Dummy\nprimitive beta Dummy");
    let mut terminal = configuring(&bench, &[]);
    for word in ["alpha", "beta"] {
        terminal.press(&format!("show {word}\r"));
        terminal.sees(&format!("primitive {word}"));
    }
    terminal.prompted(LEVEL, 3);
    terminal.press("\x12alp");
    terminal.sees("(reverse-i-search)`alp': show alpha");
    terminal.press("\r");
    terminal.wait("alpha again", |text| text.matches("primitive alpha Dummy").count() == 2);
    quit(terminal);
    // The next shell knows it, too.
    let mut terminal = Terminal::at_prompt(&bench, &[]);
    terminal.press("\x12show b");
    terminal.sees("show beta");
    terminal.press("\x07");
    terminal.at(")#");
    quit(terminal);
}

// ---- editors ---------------------------------------------------------------------------------------

#[test]
fn an_edit_changes_what_the_text_changes() {
    let bench = Bench::with("node n1\nprimitive a Dummy\nprimitive b Dummy");
    let program = editor(
        &bench,
        "editor",
        "sed -i 's/^primitive a .*/primitive a Dummy params fake=new/; /^primitive b/d' \"$1\"",
    );
    let mut terminal = configuring(&bench, &[("EDITOR", &program)]);
    terminal.press("edit\r");
    terminal.prompted(EDITED, 1);
    terminal.press("undo\r");
    terminal.sees("took back: edit");
    terminal.prompted(LEVEL, 2);
    terminal.press("redo\r");
    terminal.sees("made again: edit");
    terminal.prompted(EDITED, 2);
    terminal.press("commit\r");
    terminal.prompted(LEVEL, 3);
    quit(terminal);
    assert_eq!(bench.show(&["type:primitive"]), "primitive a Dummy \\\n\tparams fake=new\n");
}

#[test]
fn a_broken_edit_keeps_the_text_and_asks() {
    let bench = Bench::with("node n1\nprimitive a Dummy");
    // The first time it breaks the text, the second time it sees what it wrote and mends it.
    let program = editor(
        &bench,
        "editor",
        "if grep -q broken \"$1\"; then sed -i 's/ broken (/ params fake=mended/' \"$1\"; else sed -i 's/^primitive a Dummy/& broken (/' \"$1\"; fi",
    );
    let mut terminal = configuring(&bench, &[("EDITOR", &program)]);
    terminal.press("edit a\r");
    terminal.sees("edited:1:26: error");
    terminal.sees("Edit it again? [Y/n]");
    terminal.press("\r");
    terminal.prompted(EDITED, 1);
    terminal.press("commit\r");
    terminal.prompted(LEVEL, 2);
    quit(terminal);
    assert_eq!(bench.show(&["a"]), "primitive a Dummy \\\n\tparams fake=mended\n");
}

#[test]
fn an_edit_that_is_given_up_leaves_its_text_in_a_file() {
    let bench = Bench::with("node n1\nprimitive a Dummy");
    let program = editor(&bench, "editor", "echo 'primitive precious' >> \"$1\"");
    let place = bench.path("").display().to_string();
    let mut terminal = configuring(&bench, &[("EDITOR", &program), ("TMPDIR", &place)]);
    terminal.press("edit\r");
    terminal.sees("Edit it again? [Y/n]");
    terminal.press("n\r");
    terminal.sees("what was written is kept in");
    terminal.prompted(LEVEL, 2);
    quit(terminal);
    let kept = std::fs::read_dir(bench.path("")).unwrap().flatten();
    let kept = kept.filter(|entry| entry.file_name().to_string_lossy().starts_with("crm-"));
    let texts: Vec<String> = kept.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect();
    assert!(texts.len() == 1 && texts[0].contains("primitive precious"), "{texts:?}");
    assert_eq!(bench.show(&["type:primitive"]), "primitive a Dummy\n");
}

#[test]
fn an_edit_of_one_command_asks_too() {
    let bench = Bench::with("node n1\nprimitive a Dummy");
    let program = editor(
        &bench,
        "editor",
        "if grep -q '(' \"$1\"; then sed -i 's/ (//' \"$1\"; else sed -i 's/^primitive a Dummy/primitive a Dummy params fake=1 (/' \"$1\"; fi",
    );
    let mut command = shell(&bench, &[("EDITOR", &program)]);
    command.args(["configure", "edit", "a"]);
    let mut terminal = Terminal::start(command, ROWS);
    terminal.sees("Edit it again? [Y/n]");
    terminal.press("y\r");
    terminal.ends();
    assert_eq!(bench.show(&["a"]), "primitive a Dummy \\\n\tparams fake=1\n");
}

// ---- pagers ----------------------------------------------------------------------------------------

#[test]
fn a_long_answer_goes_through_the_pager_and_a_short_one_does_not_stop() {
    let statements: String = (0..60).map(|n| format!("primitive p{n:02} Dummy\n")).collect();
    let bench = Bench::with(&statements);
    let pager = editor(&bench, "pager", "echo paged; head -2; echo; cat >/dev/null; echo end");
    let mut terminal = configuring(&bench, &[("PAGER", &pager)]);
    terminal.press("show\r");
    terminal.sees("paged");
    terminal.sees("primitive p01 Dummy");
    terminal.sees("end");
    terminal.prompted(LEVEL, 2);
    assert!(!terminal.text().contains("p02"));
    quit(terminal);
    if needs::files(&["/usr/bin/less"]) {
        let mut terminal = configuring(&bench, &[]);
        terminal.press("show\r");
        // It waits with the first screen; `q` leaves it.
        terminal.at(":");
        assert!(!terminal.text().contains("p59"));
        terminal.press("q");
        terminal.at(LEVEL);
        terminal.press("show p07\r");
        terminal.sees("primitive p07 Dummy");
        terminal.at(LEVEL);
        quit(terminal);
    }
    // Through a pipe there is nobody to turn pages.
    let shown = Bench::feed(bench.command().env("PAGER", &pager).args(["configure", "show"]), "");
    assert_eq!(shown.out.lines().count(), 60);
}

// ---- two people ------------------------------------------------------------------------------------

/// Both change one attribute; the second to commit is shown base, theirs and mine, and keeps the edit.
fn two_people(first: &mut Terminal, second: &mut Terminal) {
    for terminal in [&mut *first, &mut *second] {
        terminal.press("configure\r");
        terminal.at(LEVEL);
    }
    first.press("property batch-limit=1\r");
    first.prompted(EDITED, 1);
    second.press("property batch-limit=2\r");
    second.prompted(EDITED, 1);
    second.press("property migration-limit=7\r");
    second.prompted(EDITED, 2);
    first.press("commit\r");
    first.prompted(LEVEL, 2);
    second.press("commit\r");
    second.sees("somebody else changed the same things meanwhile");
    for side in ["was:    `30`", "theirs: `1`", "mine:   `2`"] {
        second.sees(side);
    }
    // Nothing of it is lost, and what is not disputed can still be committed.
    second.prompted(EDITED, 3);
    second.press("undo\rundo\rproperty migration-limit=7\r");
    second.wait("the edit", |text| text.matches("took back: property").count() == 2);
    second.at(EDITED);
    second.press("commit\r");
    second.at(LEVEL);
}

#[test]
fn two_people_on_a_file_do_not_overwrite_each_other() {
    let bench = Bench::with("node n1\nproperty batch-limit=30");
    let mut first = Terminal::at_prompt(&bench, &[]);
    let mut second = Terminal::at_prompt(&bench, &[]);
    two_people(&mut first, &mut second);
    quit(first);
    quit(second);
    let shown = bench.show(&["type:property"]);
    assert!(shown.contains("batch-limit=1") && shown.contains("migration-limit=7"), "{shown}");
}

#[test]
fn two_people_on_a_live_cluster_do_not_overwrite_each_other() {
    let lab = Lab::started(1);
    let bench = Bench::default();
    let answer = lab.tool("n1", &["crm", "configure", "property", "stonith-enabled=false", "batch-limit=30"]).output();
    assert!(answer.unwrap().status.success());
    let root = lab.root("n1").display().to_string();
    let person = || {
        let mut command = shell(&bench, &[("QUORATE_ROOT", &root)]);
        command.env_remove("CIB_file");
        let mut terminal = Terminal::start(command, ROWS);
        terminal.sees(")# ");
        terminal
    };
    let (mut first, mut second) = (person(), person());
    two_people(&mut first, &mut second);
    quit(first);
    quit(second);
    let shown = lab.tool("n1", &["crm", "configure", "show", "type:property"]).output().unwrap().stdout;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("batch-limit=1") && shown.contains("migration-limit=7"), "{shown}");
}
