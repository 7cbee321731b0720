//! crm_mon on a real terminal, in front of real daemons.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use quorate_tests::lab::{Lab, PATIENCE, program};

/// A terminal with a program on it.
struct Screen {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    picture: Arc<Mutex<vt100::Parser>>,
    child: Box<dyn Child + Send + Sync>,
}

fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has a size")
}

impl Screen {
    /// Runs a line of shell; `$MON` is crm_mon.
    fn run(line: &str, set: &[(&str, &Path)], columns: u16, rows: u16) -> Screen {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", line]);
        command.env("TERM", "xterm-256color");
        command.env("MON", program("crm_mon"));
        ["CIB_file", "CIB_shadow", "RUST_BACKTRACE"].iter().for_each(|name| command.env_remove(name));
        set.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).expect("a shell");
        drop(pair.slave);
        let picture = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let mut output = pair.master.try_clone_reader().expect("the terminal's output");
        let drawn = picture.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().expect("the picture").process(&bytes[..count]);
            }
        });
        let keyboard = pair.master.take_writer().expect("a keyboard");
        Screen { master: pair.master, keyboard, picture, child }
    }

    fn text(&self) -> String {
        self.picture.lock().expect("the picture").screen().contents()
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).and_then(|()| self.keyboard.flush()).expect("the terminal takes keys");
    }

    /// The one child of the shell on the screen.
    fn monitor(&self) -> Pid {
        let shell = self.child.process_id().expect("the shell runs");
        let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        let child = children.expect("the shell's children").trim().parse();
        Pid::from_raw(child.expect("crm_mon is its only child"))
    }

    #[track_caller]
    fn wait(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(&self.text()) {
            assert!(Instant::now() < deadline, "waited in vain for {what}; the screen is\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn wait_for(&self, words: &str) {
        self.wait(words, |text| text.contains(words));
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.picture.lock().expect("the picture").screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("the terminal can be resized");
    }

    /// The program is gone and the terminal is as it was.
    #[track_caller]
    fn wait_for_the_end(&self) {
        self.wait_for("finished");
        let text = self.text();
        assert!(text.contains(" icanon") && !text.contains("-icanon"), "the terminal stayed raw\n{text}");
        assert!(text.contains(" echo ") && !text.contains("-echo "), "keys are not shown any more\n{text}");
        assert!(
            !self.picture.lock().expect("the picture").screen().alternate_screen(),
            "the screen was not given back"
        );
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const THEN_TELL: &str = "stty -a; echo finished";

fn file(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("screens/cluster.xml");
    std::fs::copy(source, &path).expect("a copy of the pictures' CIB");
    (dir, path)
}

#[test]
fn a_file_is_watched_resized_and_left_in_order() {
    let (_dir, path) = file("cib.xml");
    let mut screen = Screen::run(&format!("$MON; {THEN_TELL}"), &[("CIB_file", &path)], 90, 30);
    screen.wait_for("Clone Set: db [db-server] (promotable)");
    screen.resize(40, 10);
    screen.wait("the narrow picture", |text| text.contains('…') && text.lines().count() <= 10);
    screen.resize(90, 30);
    screen.wait_for("Failed Resource Actions");
    let text = std::fs::read_to_string(&path).expect("the CIB");
    std::fs::write(&path, text.replace("\"n3\"", "\"n9\"")).expect("a changed CIB");
    screen.wait_for("Node n9: online");
    screen.press("q");
    screen.wait_for_the_end();
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let (_dir, path) = file("cib.xml");
    let set: [(&str, &Path); 2] = [("CIB_file", &path), ("QUORATE_TEST_PANIC", Path::new("1"))];
    let screen = Screen::run(&format!("$MON; {THEN_TELL}"), &set, 90, 30);
    screen.wait_for_the_end();
}

#[test]
fn signals_end_the_screen_in_order_and_give_the_terminal_back() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let (_dir, path) = file("cib.xml");
        let screen = Screen::run("$MON; code=$?; stty -a; echo finished with $code", &[("CIB_file", &path)], 90, 30);
        screen.wait_for("Clone Set: db [db-server] (promotable)");
        assert!(screen.picture.lock().expect("the picture").screen().alternate_screen());
        kill(screen.monitor(), signal).expect("crm_mon is there");
        screen.wait_for_the_end();
        // As after `q`: who is told to end, and ends in order, has done well.
        screen.wait_for("finished with 0");
    }
}

#[test]
fn without_a_terminal_it_prints_once() {
    let (_dir, path) = file("cib.xml");
    let output = std::process::Command::new(program("crm_mon")).env("CIB_file", &path).output().expect("crm_mon runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("Active Resources:"), "{text}");
}

#[test]
fn changes_actions_and_a_lost_daemon_are_seen_as_they_happen() {
    let mut lab = Lab::started(3);
    lab.wait_until_idle();
    let root = lab.root("n1");
    let mut screen = Screen::run(&format!("$MON; {THEN_TELL}"), &[("QUORATE_ROOT", &root)], 100, 30);
    screen.wait_for("Node n3: online");
    screen.wait_for("3/3 nodes");
    screen.wait_for("live");
    // Somebody adds a resource: it is seen without asking.
    let batch = lab.directory().join("batch.crm");
    let text =
        "configure\nproperty fencing-enabled=false\nprimitive p1 ocf:quorate:Dummy\nlocation l1 p1 100: n2\ncommit\n";
    std::fs::write(&batch, text).expect("a batch");
    let loaded = lab.tool("n1", &["crm", "-f", &batch.to_string_lossy()]).output().expect("the shell runs");
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    screen.wait("p1 to start on n2", |text| text.contains("p1 (ocf:quorate:Dummy): Started n2"));
    // Its node is put on standby from the menu, after a look at what that does.
    screen.press("g");
    for _ in 0..30 {
        if on_cursor(&screen).contains("Node n2") {
            break;
        }
        screen.press("j");
        std::thread::sleep(Duration::from_millis(100));
    }
    screen.press("\r");
    screen.wait_for("1 Standby");
    screen.press("1");
    screen.wait_for("Move       p1");
    screen.press("y");
    screen.wait("p1 to leave n2", |text| {
        text.contains("Node n2: standby")
            && text.contains("p1 (ocf:quorate:Dummy): Started")
            && !text.contains("Started n2")
    });
    // The daemon dies and comes back.
    lab.kill("n1");
    screen.wait_for("LOST, old state");
    lab.start("n1");
    screen.wait("the monitor to find its way back", |text| text.contains(" live") && !text.contains("LOST"));
    screen.press("q");
    screen.wait_for_the_end();
}

/// The line that is drawn the other way round, below the header.
fn on_cursor(screen: &Screen) -> String {
    let parser = screen.picture.lock().expect("the picture");
    let picture = parser.screen();
    let (rows, columns) = picture.size();
    let inverse = |row: u16| picture.cell(row, 0).is_some_and(vt100::Cell::inverse);
    let row = (1..rows.get()).find(|row| inverse(*row));
    row.map(|row| picture.contents_between(row, 0, row, columns.get())).unwrap_or_default()
}
