//! The shell at a terminal: completion, a statement over several lines, an error with its caret.
#![allow(clippy::unwrap_used)]

use quorate_tests::needs;
use quorate_tests::shell::Bench;
use quorate_tests::terminal::{self, COLUMNS, ROWS};
use std::ops::{Deref, DerefMut};

/// The shell at a terminal, on a bench of its own.
struct Terminal {
    bench: Bench,
    terminal: terminal::Terminal,
}

impl Deref for Terminal {
    type Target = terminal::Terminal;

    fn deref(&self) -> &terminal::Terminal {
        &self.terminal
    }
}

impl DerefMut for Terminal {
    fn deref_mut(&mut self) -> &mut terminal::Terminal {
        &mut self.terminal
    }
}

impl Terminal {
    fn new(statements: &str) -> Terminal {
        Terminal::with(statements, &[])
    }

    fn with(statements: &str, environment: &[(&str, &str)]) -> Terminal {
        let bench = Bench::with(statements);
        let terminal = terminal::Terminal::start(terminal::shell(&bench, environment), ROWS);
        Terminal { bench, terminal }
    }

    fn end(self) -> Bench {
        self.terminal.ends();
        self.bench
    }
}

#[test]
fn tab_completes_commands_ids_agents_and_values() {
    let mut terminal = Terminal::new("node alpha\nprimitive web Dummy\nprimitive db ocf:pacemaker:Stateful");
    terminal.sees("crm(live/");
    terminal.press("conf\t");
    terminal.at("# configure");
    terminal.press("\r");
    terminal.at(")configure#");
    terminal.press("loca\t");
    terminal.at("# location");
    terminal.press("l1 we\t");
    terminal.at("# location l1 web");
    terminal.press("inf: al\t");
    terminal.at("# location l1 web inf: alpha");
    terminal.press("\r");
    terminal.prompted(")configure*#", 1);
    terminal.press("order o1 db:pro\t");
    terminal.at("# order o1 db:promote");
    terminal.press("web\r");
    terminal.prompted(")configure*#", 2);
    terminal.press("primitive p ocf:pa\t");
    terminal.at("# primitive p ocf:pacemaker:");
    terminal.press("Dumm\t");
    terminal.at("# primitive p ocf:pacemaker:Dummy");
    terminal.press("me\ttarget-r\t");
    terminal.at("meta target-role=");
    terminal.press("Stopped\r");
    terminal.prompted(")configure*#", 3);
    terminal.press("commit\r");
    terminal.prompted(")configure#", 2);
    terminal.press("quit\r");
    let bench = terminal.end();
    let text = bench.show(&[]);
    for line in [
        "location l1 web inf: alpha\n",
        "order o1 db:promote web\n",
        "primitive p ocf:pacemaker:Dummy \\\n\tmeta target-role=Stopped\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn tab_completes_the_parameters_that_an_agent_tells() {
    if !needs::files(&["/usr/lib/ocf/resource.d/pacemaker/Dummy"]) {
        return;
    }
    let mut terminal = Terminal::new("node n1");
    terminal.sees("crm(live/");
    terminal.press("configure primitive p ocf:pacemaker:Dummy params fak\t");
    terminal.at("params fake=");
    terminal.press("1 op_s\t");
    terminal.at("params fake=1 op_sleep=");
    terminal.press("0\rquit\r");
    let bench = terminal.end();
    assert_eq!(bench.show(&["p"]), "primitive p ocf:pacemaker:Dummy \\\n\tparams fake=1 op_sleep=0\n");
}

#[test]
fn two_tabs_list_what_could_follow() {
    let mut terminal = Terminal::new("primitive web Dummy");
    terminal.sees("crm(live/");
    terminal.press("resource m\t\t");
    for word in ["maintenance", "manage", "meta", "move"] {
        terminal.sees(word);
    }
    terminal.press("\x15quit\r");
    terminal.end();
}

#[test]
fn a_backslash_goes_on_and_an_error_stands_under_its_word() {
    let mut terminal = Terminal::new("node n1");
    terminal.sees("crm(live/");
    terminal.press("configure\r");
    terminal.at(")configure#");
    terminal.press("primitive p1 Dummy \\\r");
    terminal.press("  params fake=1 \\\r");
    terminal.press("  op monitor interval=10s\r");
    terminal.wait("the prompt again", |text| text.contains(")configure*#"));
    terminal.press("location l1 pp1 100: n1\r");
    terminal.sees("input:1:13: error: there is no resource `pp1`");
    terminal.sees("did you mean `p1`?");
    let text = terminal.text();
    let lines: Vec<&str> = text.lines().collect();
    let place = lines
        .iter()
        .position(|line| line.starts_with("    location l1 pp1"))
        .unwrap_or_else(|| panic!("no picture in\n{text}"));
    let column = lines[place].find("pp1").unwrap();
    assert_eq!(lines[place + 1].find('^'), Some(column), "{text}");
    assert_eq!(lines[place + 1].trim(), "^^^");
    terminal.prompted(")configure*#", 2);
    terminal.press("location l1 p1 100: n1\r");
    terminal.prompted(")configure*#", 3);
    terminal.press("show p1\r");
    terminal.prompted(")configure*#", 4);
    terminal.press("undo\r");
    terminal.sees("took back: location l1");
    terminal.prompted(")configure*#", 5);
    terminal.press("up\r");
    terminal.sees("Commit them? [y/N]");
    terminal.press("y\r");
    terminal.wait("the top", |text| text.trim_end().ends_with(")#"));
    terminal.press("quit\r");
    let bench = terminal.end();
    assert_eq!(bench.show(&[]), "node n1\nprimitive p1 Dummy \\\n\tparams fake=1 \\\n\top monitor interval=10s\n");
    let history = std::fs::read_to_string(bench.path(".cache/crm/history")).unwrap();
    assert!(history.contains("location l1 p1 100: n1"), "{history}");
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let mut terminal = Terminal::new("node n1");
    terminal.sees("crm(live/");
    terminal.press("configure\rprimitive p1 Dummy\rprimitive p2 Dummy\rgroup g p\t1 p2\rcommit\rquit\r");
    let bench = terminal.end();
    assert_eq!(bench.show(&["type:group"]), "group g p1 p2\n");
}

#[test]
fn words_have_colours_and_no_color_takes_them_away() {
    for (environment, colored) in [(&[][..], true), (&[("NO_COLOR", "1")], false)] {
        let mut terminal = Terminal::with("primitive p1 Dummy params fake=1", environment);
        terminal.sees("crm(live/");
        terminal.press("configure show\r");
        terminal.sees("params fake=1");
        let screen = terminal.screen.screen();
        let starts = |row: &u16| screen.contents_between(*row, 0, *row, COLUMNS).starts_with("primitive p1");
        let row = (0..ROWS).find(starts).unwrap();
        let color = |column| screen.cell(row, column).unwrap().fgcolor();
        assert_eq!(color(0) != vt100::Color::Default, colored, "the keyword, with {environment:?}");
        assert_eq!(color(10), vt100::Color::Default, "the id has none");
        terminal.press("quit\r");
        terminal.end();
    }
}
