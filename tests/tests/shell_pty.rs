//! The shell at a terminal: completion, a statement over several lines, an error with its caret.
#![allow(clippy::unwrap_used)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use quorate_tests::lab::program;
use quorate_tests::shell::Bench;
use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const ROWS: u16 = 24;
const COLUMNS: u16 = 100;

/// The longest that the shell may take to answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Terminal {
    bench: Bench,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    // The pty lives as long as its master.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn new(statements: &str) -> Terminal {
        Terminal::with(statements, &[])
    }

    fn with(statements: &str, environment: &[(&str, &str)]) -> Terminal {
        let bench = Bench::with(statements);
        let pair = native_pty_system()
            .openpty(PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(program("quorate"));
        command.arg("crm");
        command.env("CIB_file", bench.path("cib.xml"));
        command.env("HOME", bench.path(""));
        command.env("TERM", "xterm-256color");
        for name in ["NO_COLOR", "CIB_shadow", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        environment.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count) = reader.read(&mut chunk) {
                if count == 0 || sender.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(NonZero::new(ROWS).unwrap(), NonZero::new(COLUMNS).unwrap(), 0);
        Terminal { bench, child, keyboard, output, screen, _master: pair.master }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the picture satisfies `holds`.
    fn wait(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(&self.text()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}; the screen is\n{}", self.text());
            if let Ok(bytes) = self.output.recv_timeout(left.min(Duration::from_millis(100))) {
                self.screen.process(&bytes);
            }
        }
    }

    fn sees(&mut self, words: &str) {
        self.wait(words, |text| text.contains(words));
    }

    /// Waits for the last line to be this.
    fn at(&mut self, line: &str) {
        self.wait(line, |text| text.trim_end().ends_with(line.trim_end()));
    }

    /// Waits for the prompt number `count` of this kind.
    fn prompted(&mut self, prompt: &str, count: usize) {
        self.wait(prompt, |text| text.matches(prompt).count() >= count && text.trim_end().ends_with(prompt));
    }

    fn end(mut self) -> Bench {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status:?}");
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
    terminal.prompted(")configure#", 2);
    terminal.press("order o1 db:pro\t");
    terminal.at("# order o1 db:promote");
    terminal.press("web\r");
    terminal.prompted(")configure#", 3);
    terminal.press("primitive p ocf:pa\t");
    terminal.at("# primitive p ocf:pacemaker:");
    terminal.press("Dumm\t");
    terminal.at("# primitive p ocf:pacemaker:Dummy");
    terminal.press("me\ttarget-r\t");
    terminal.at("meta target-role=");
    terminal.press("Stopped\r");
    terminal.prompted(")configure#", 4);
    terminal.press("commit\r");
    terminal.prompted(")configure#", 5);
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
    if !std::path::Path::new("/usr/lib/ocf/resource.d/pacemaker/Dummy").exists() {
        println!("skipped: needs the agent ocf:pacemaker:Dummy");
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
    terminal.wait("the prompt again", |text| text.matches(")configure#").count() >= 2);
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
    terminal.prompted(")configure#", 3);
    terminal.press("location l1 p1 100: n1\r");
    terminal.prompted(")configure#", 4);
    terminal.press("show p1\r");
    terminal.prompted(")configure#", 5);
    terminal.press("undo\r");
    terminal.sees("took back: location l1");
    terminal.prompted(")configure#", 6);
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
