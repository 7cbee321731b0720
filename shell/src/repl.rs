//! The prompt: a person types, the shell helps and answers.
//!
//! In: lines from a terminal, with completion, colours, hints and history. Out: commands run one by one.
//! Absent: what the commands do.

use crate::block;
use crate::complete::{self, Candidate, Knowledge};
use crate::dispatch;
use crate::error::{Failure, Origin};
use crate::leave;
use crate::palette::Palette;
use crate::script;
use crate::session::{RunMode, Session};
use crate::ui::Color;
use quorate_grammar::crm::is_statement;
use quorate_grammar::crm::print::Role;
use quorate_grammar::line;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// As many lines as fit a working week, not a lifetime.
const HISTORY_MAX: usize = 2000;

/// Where nobody says how wide the terminal is.
const COLUMNS: usize = 80;

pub fn run(session: &mut Session, at: &[String]) -> u8 {
    session.mode = RunMode::Interactive;
    // Ctrl-C ends what is waited for, not the shell with all that is not committed.
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&session.interrupted)) {
        session.ui.warn(&format!("Ctrl-C will end the shell: {error}"));
    }
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .auto_add_history(true)
        .history_ignore_dups(true)
        .and_then(|builder| builder.max_history_size(HISTORY_MAX))
        .map(|builder| builder.build())
        .unwrap_or_default();
    let mut editor: Editor<Assistant, FileHistory> = match Editor::with_config(config) {
        Ok(editor) => editor,
        Err(error) => {
            session.ui.failure(&Failure::refused(format!("the terminal cannot be used: {error}")), &Origin::default());
            return 1;
        }
    };
    let history = session.environment.cache.join("crm/history");
    // A first start has no history.
    let _ = editor.load_history(&history);
    if let Err(failure) = script::enter(session, at) {
        session.ui.failure(&failure, &Origin::default());
    }
    let code = converse(session, &mut editor);
    let kept =
        history.parent().map_or(Ok(()), std::fs::create_dir_all).is_ok() && editor.save_history(&history).is_ok();
    if !kept {
        session.ui.warn(&format!("the history cannot be kept in {}", history.display()));
    }
    code
}

fn converse(session: &mut Session, editor: &mut Editor<Assistant, FileHistory>) -> u8 {
    let mut code = 0;
    while !session.done {
        let knowledge = Knowledge::of(session);
        let columns = editor.dimensions().map_or(COLUMNS, |(columns, _)| usize::from(columns));
        let prompt = session.prompt();
        let prompt_width = prompt.chars().count();
        editor.set_helper(Some(Assistant {
            knowledge,
            color: session.ui.color,
            palette: session.ui.palette.clone(),
            columns,
            prompt_width,
        }));
        match editor.readline(&prompt) {
            Ok(text) => {
                session.interrupted.store(false, Ordering::Relaxed);
                code = answer(session, &text);
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => {
                session.ui.line("");
                while !session.levels.is_empty() {
                    if leave::leave(session).is_err() {
                        break;
                    }
                }
                return code;
            }
            Err(error) => {
                session
                    .ui
                    .failure(&Failure::refused(format!("the terminal cannot be read: {error}")), &Origin::default());
                return 1;
            }
        }
    }
    code
}

fn answer(session: &mut Session, text: &str) -> u8 {
    session.origin = Origin { name: "input".to_string(), text: text.to_string() };
    let origin = session.origin.clone();
    let (lines, diagnostics) = line::lines(&block::joined(text));
    let mut code = 0;
    let mut outcomes = vec![if diagnostics.is_empty() { Ok(()) } else { Err(Failure::input(diagnostics)) }];
    for line in &lines {
        outcomes.push(dispatch::run(session, line));
    }
    for failure in outcomes.into_iter().filter_map(Result::err) {
        session.ui.failure(&failure, &origin);
        code = failure.exit_code();
    }
    code
}

/// What rustyline asks while a line is typed.
struct Assistant {
    knowledge: Knowledge,
    color: Color,
    palette: Palette,
    /// The width of the terminal.
    columns: usize,
    prompt_width: usize,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, text: &str, cursor: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, candidates) = complete::complete(&self.knowledge, &block::joined(&text[..cursor]));
        let only = candidates.len() == 1;
        let rows = rows_below(text, self.prompt_width, self.columns);
        let width = candidates.iter().map(|one| one.text.chars().count()).max().unwrap_or(0);
        let has_help = candidates.iter().any(|one| !one.help.is_empty());
        let columns = if has_help { self.columns } else { 0 };
        let pair = |candidate: Candidate| {
            let blank = if only && candidate.whole { " " } else { "" };
            Pair { display: displayed(&candidate, width, columns), replacement: format!("{}{blank}", candidate.text) }
        };
        let mut pairs: Vec<Pair> = candidates.into_iter().map(pair).collect();
        spare(&mut pairs, rows, self.columns);
        Ok((start, pairs))
    }
}

/// How many rows the prompt and the text take beside the first.
fn rows_below(text: &str, prompt_width: usize, columns: usize) -> usize {
    let mut column = prompt_width;
    let mut rows = 0;
    for character in text.chars() {
        column += 1;
        if character == '\n' || column >= columns {
            rows += 1;
            column = 0;
        }
    }
    rows
}

/// Before it draws the prompt anew, the line editor wipes as many rows above it as the prompt had,
/// though the list stands there now: empty rows below the list take that.
fn spare(pairs: &mut [Pair], rows: usize, columns: usize) {
    let widest = pairs.iter().map(|pair| pair.display.chars().count() + 2).max().unwrap_or(1);
    let in_a_row = (columns / widest.min(columns).max(1)).max(1);
    let height = pairs.len().div_ceil(in_a_row).max(1);
    // The last that is printed: lists go down, then right.
    if let Some(last) = (pairs.len() / height * height).checked_sub(1) {
        pairs[last].display.push_str(&"\n".repeat(rows));
    }
}

/// A candidate in a list: with what it is for, as far as that fits on its own line.
fn displayed(candidate: &Candidate, width: usize, columns: usize) -> String {
    // Two blanks before it, and what the list itself puts behind.
    let room = columns.saturating_sub(width + 4);
    if room < 20 {
        return candidate.text.clone();
    }
    let help: String = candidate.help.chars().take(room).collect();
    // More than half of the line, so that the next one gets a line of its own, too.
    format!("{:<width$}  {help:<rest$}", candidate.text, rest = (columns / 2).saturating_sub(width))
}

impl Hinter for Assistant {
    type Hint = String;

    /// The rest of the word, when there is only one way to go on.
    fn hint(&self, text: &str, cursor: usize, _: &Context<'_>) -> Option<String> {
        // Without colours it could not be told from what was typed.
        if self.color == Color::Plain
            || cursor < text.len()
            || text.trim().is_empty()
            || text.ends_with(char::is_whitespace)
        {
            return None;
        }
        let (start, candidates) = complete::complete(&self.knowledge, &block::joined(text));
        match &candidates[..] {
            [only] if start < text.len() => {
                only.text.strip_prefix(text.get(start..)?).filter(|rest| !rest.is_empty()).map(str::to_string)
            }
            _ => None,
        }
    }
}

impl Validator for Assistant {
    /// A backslash at the end asks for another line, and so does an open bracket.
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let open = block::is_open(context.input());
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

const RESET: &str = "\x1b[0m";

impl Highlighter for Assistant {
    fn highlight<'l>(&self, text: &'l str, _: usize) -> Cow<'l, str> {
        if self.color == Color::Plain { Cow::Borrowed(text) } else { Cow::Owned(colored(text, &self.palette)) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.color {
            Color::Plain => Cow::Borrowed(prompt),
            Color::Ansi => Cow::Owned(format!("\x1b[32m{prompt}{RESET}")),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.color {
            Color::Plain => Cow::Borrowed(hint),
            Color::Ansi => Cow::Owned(format!("\x1b[2m{hint}{RESET}")),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color == Color::Ansi
    }
}

/// The words of a line in the colours in which `show` prints them. The text itself stays as it is.
fn colored(text: &str, palette: &Palette) -> String {
    let (lines, _) = line::lines(text);
    let mut out = String::new();
    let mut at = 0;
    for line in lines {
        let line::LineKind::Words(words) = line.kind else { continue };
        for (place, word) in words.iter().enumerate() {
            let color = palette.of_role(role(place, &word.text));
            if color.is_empty() || word.span.start < at {
                continue;
            }
            out.push_str(&text[at..word.span.start]);
            out.push_str(color);
            out.push_str(&text[word.span.range()]);
            out.push_str(RESET);
            at = word.span.end;
        }
    }
    out.push_str(&text[at..]);
    out
}

fn role(place: usize, word: &str) -> Role {
    use quorate_grammar::crm::expect::SECTIONS;
    match word {
        _ if place == 0 && is_statement(word) => Role::Keyword,
        _ if SECTIONS.contains(&word) => Role::Keyword,
        _ if word.len() > 1 && word.ends_with(':') => Role::Score,
        _ if word.contains('=') => Role::AttributeName,
        _ => Role::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::colored;
    use crate::palette::Palette;

    #[test]
    fn colours_do_not_change_the_text() {
        for text in [
            "primitive p Dummy params a=\"b c\" op monitor",
            "show xml",
            "location l a inf: n1",
            "x \"open",
            "a \\\n b=c",
            "é=ü",
        ] {
            let mut plain = String::new();
            let mut rest = colored(text, &Palette::default());
            while let Some(start) = rest.find('\x1b') {
                let end = rest[start..].find('m').map_or(rest.len(), |end| start + end + 1);
                plain.push_str(&rest[..start]);
                rest = rest[end..].to_string();
            }
            assert_eq!(plain + &rest, text);
        }
    }
}
