//! The person at the terminal: long answers, and questions to them.

use super::{RunMode, Session};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{BufRead, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

impl Session {
    /// Prints a text that may be longer than a screen: a person at a terminal gets a pager.
    pub fn page(&mut self, text: &str) {
        let somebody = self.environment.terminal_in && self.environment.terminal_out;
        let at_terminal = somebody && self.mode != RunMode::Batch && !self.ui.is_json();
        let set = Some(self.options.get("core.pager").to_string()).filter(|pager| !pager.is_empty());
        let pager = set.or_else(|| self.environment.pager.clone()).unwrap_or_else(|| PAGER.to_string());
        if !at_terminal || !through(&pager, &quorate_core::text::visible_in_colour(text)) {
            self.ui.print(text);
        }
    }

    /// Asks yes or no. With -F the answer is yes, without a person it is no.
    pub fn confirm(&mut self, question: &str) -> bool {
        if self.switches.force {
            return true;
        }
        self.mode == RunMode::Interactive && self.answered(question, "[y/N]").is_some_and(|answer| is_yes(&answer))
    }

    /// Whether a person wants what was just shown to them. With -F they do, without a person nobody does.
    pub fn agrees(&mut self, question: &str) -> bool {
        self.switches.force
            || (self.mode != RunMode::Batch && self.answered(question, "[y/N]").is_some_and(|answer| is_yes(&answer)))
    }

    /// Whether a person wants to try once more; who only presses Enter does.
    pub fn again(&mut self, question: &str) -> bool {
        self.mode != RunMode::Batch
            && self.answered(question, "[Y/n]").is_some_and(|answer| answer.is_empty() || is_yes(&answer))
    }

    /// A word that is not shown while it is typed, of a person at a terminal, if there is one.
    pub fn secret(&mut self, question: &str) -> Option<String> {
        if self.switches.refuse || !self.environment.terminal_in {
            return None;
        }
        self.ui.print(&format!("{question}: "));
        let hidden = Hidden::begin();
        let mut answer = String::new();
        let read = self.input.read_line(&mut answer).unwrap_or(0);
        drop(hidden);
        self.ui.print("\n");
        let answered = read > 0 && !self.interrupted.load(Ordering::Relaxed);
        let answer = answer.trim_end_matches(['\n', '\r']);
        (answered && !answer.is_empty()).then(|| answer.to_string())
    }

    /// What a person at a terminal says to this, if there is one.
    fn answered(&mut self, question: &str, choice: &str) -> Option<String> {
        if self.switches.refuse || !self.environment.terminal_in {
            return None;
        }
        self.ui.print(&format!("{question} {choice} "));
        let mut answer = String::new();
        let read = self.input.read_line(&mut answer).unwrap_or(0);
        // An end of input is no answer, nor is what follows Ctrl-C.
        let answered = read > 0 && !self.interrupted.load(Ordering::Relaxed);
        answered.then(|| answer.trim().to_lowercase())
    }
}

/// While it lives, the terminal does not show what is typed (`termios(3)`, ECHO).
struct Hidden(Option<Termios>);

impl Hidden {
    fn begin() -> Hidden {
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_flags.remove(LocalFlags::ECHO);
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSAFLUSH, &hidden);
        }
        Hidden(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, before);
        }
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer, "y" | "yes")
}

/// Leaves at once where the text fits on the screen.
const PAGER: &str = "less -FRX";

/// Whether a pager took the text. Who leaves it early has seen enough.
fn through(pager: &str, text: &str) -> bool {
    let shell = Command::new("sh").args(["-c", pager]).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = shell else { return false };
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes());
    }
    // 127: the shell found no such program.
    child.wait().is_ok_and(|status| status.code() != Some(127))
}
