//! A program at a terminal: keys in, a picture out.
//!
//! In: a command. Out: what a person would see, waited for with patience.

use crate::lab::program;
use crate::shell::Bench;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

pub const ROWS: u16 = 24;
pub const COLUMNS: u16 = 100;

/// The longest that a program may take to answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    // The pty lives as long as its master.
    master: Box<dyn MasterPty + Send>,
}

fn size(rows: u16, columns: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// The shell on a bench's CIB, with none of this machine's settings.
pub fn shell(bench: &Bench, environment: &[(&str, &str)]) -> CommandBuilder {
    let mut command = CommandBuilder::new(program("quorate"));
    command.arg("crm");
    command.cwd(bench.path(""));
    command.env("CIB_file", bench.path("cib.xml"));
    command.env("CIB_shadow_dir", bench.path(""));
    command.env("HOME", bench.path(""));
    command.env("TERM", "xterm-256color");
    for name in ["NO_COLOR", "CIB_shadow", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "EDITOR", "VISUAL", "PAGER"] {
        command.env_remove(name);
    }
    environment.iter().for_each(|(name, value)| command.env(name, value));
    command
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // After a failed test it may still wait for keys.
        let _ = self.child.kill();
    }
}

impl Terminal {
    /// `crm` on this bench, at its first prompt.
    pub fn at_prompt(bench: &Bench, environment: &[(&str, &str)]) -> Terminal {
        let mut terminal = Terminal::start(shell(bench, environment), ROWS);
        terminal.sees(")# ");
        terminal
    }

    pub fn start(command: CommandBuilder, rows: u16) -> Terminal {
        let pair = native_pty_system().openpty(size(rows, COLUMNS)).expect("a pty");
        // Other shells want to know whether they are to echo.
        let is_ours = command.get_argv().first().is_some_and(|first| *first == program("quorate"));
        let child = pair.slave.spawn_command(command).expect("the program");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count) = reader.read(&mut chunk) {
                if count == 0 || sender.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keyboard = pair.master.take_writer().expect("a keyboard");
        let nonzero = |number| NonZero::new(number).expect("a terminal has rows and columns");
        let screen = vt100::Parser::new(nonzero(rows), nonzero(COLUMNS), 0);
        let terminal = Terminal { child, keyboard, output, screen, master: pair.master };
        if is_ours {
            terminal.echo(false);
        }
        terminal
    }

    /// Without echo, what stands on the screen was drawn by the program: keys that come before it reads them
    /// leave no trace.
    pub fn echo(&self, on: bool) {
        let name = self.master.tty_name().expect("a pty has a name");
        let tty = File::options().read(true).custom_flags(libc::O_NOCTTY).open(name).expect("a pty opens");
        let mut settings = tcgetattr(&tty).expect("a pty has settings");
        settings.local_flags.set(LocalFlags::ECHO, on);
        tcsetattr(&tty, SetArg::TCSANOW, &settings).expect("a pty takes settings");
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the program listens");
        self.keyboard.flush().expect("the program listens");
    }

    /// Another size; the program is told by SIGWINCH.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        let nonzero = |number| NonZero::new(number).expect("a terminal has rows and columns");
        self.screen.screen_mut().set_size(nonzero(rows), nonzero(columns));
        self.master.resize(size(rows, columns)).expect("the pty is there");
    }

    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Takes what has been printed and is still on its way for so long.
    pub fn drain(&mut self, quiet: Duration) {
        while let Ok(bytes) = self.output.recv_timeout(quiet) {
            self.screen.process(&bytes);
        }
    }

    /// Waits until the picture satisfies `holds`.
    #[track_caller]
    pub fn wait(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(&self.text()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain for {what}; the screen is\n{}", self.text());
            if let Ok(bytes) = self.output.recv_timeout(left.min(Duration::from_millis(100))) {
                self.screen.process(&bytes);
            }
        }
    }

    #[track_caller]
    pub fn sees(&mut self, words: &str) {
        self.wait(words, |text| text.contains(words));
    }

    /// Waits for the last line to be this.
    #[track_caller]
    pub fn at(&mut self, line: &str) {
        self.wait(line, |text| text.trim_end().ends_with(line.trim_end()));
    }

    /// Waits for the prompt number `count` of this kind.
    #[track_caller]
    pub fn prompted(&mut self, prompt: &str, count: usize) {
        self.wait(prompt, |text| text.matches(prompt).count() >= count && text.trim_end().ends_with(prompt));
    }

    /// An empty screen with nothing but a prompt.
    #[track_caller]
    pub fn clear(&mut self, prompt: &str) {
        self.press("\x15\x0c");
        self.wait("an empty screen", |text| text.lines().count() <= 1 && text.trim_end().ends_with(prompt));
    }

    #[track_caller]
    pub fn ends(mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.drain(Duration::from_millis(5));
            if let Some(status) = self.child.try_wait().expect("the program was started") {
                assert!(status.success(), "{status:?}\n{}", self.text());
                return;
            }
            assert!(Instant::now() < deadline, "it does not end; the screen is\n{}", self.text());
        }
    }
}
