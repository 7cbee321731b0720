//! Options with values, as `cluster init` takes them: `-n lab`, `--name=lab`, in any order.
//!
//! In: a call. Out: the options that were given and the words between them; what crmsh has and we do not, by name.
//! Absent: what they mean.

use crate::command::{Call, Flag};
use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use quorate_grammar::line::Token;
use quorate_grammar::{Diagnostic, Span, diagnostic};

/// An option, and whether a value follows it.
pub type Taken = (Flag, bool);

/// Options of crmsh that this version does not have: they are refused by name, never passed over.
const NOT_YET: &[&str] = &[
    "-S",
    "--enable-sbd",
    "-s",
    "--sbd-device",
    "-w",
    "--watchdog",
    "--qdevice",
    "--qdevice-port",
    "--qdevice-heuristics",
    "--qdevice-heuristics-mode",
    "-o",
    "--ocfs2-device",
    "-g",
    "--gfs2-device",
    "-C",
    "--cluster-lvm2",
    "-m",
    "--mount",
    "-u",
    "--unicast",
    "-U",
    "--multicast",
    "-x",
    "--skip-csync2-sync",
    "-F",
    "--force",
    "-c",
    "--cluster-node",
    "--use-ssh-agent",
    "--no-use-ssh-agent",
];

/// The value of an option, and where it stands.
pub struct Value {
    pub text: String,
    pub span: Span,
}

impl Value {
    fn of(token: &Token) -> Value {
        Value { text: token.text.clone(), span: token.span }
    }
}

/// What was given.
#[derive(Default)]
pub struct Given {
    options: Vec<(&'static str, Value)>,
    pub words: Vec<Token>,
}

impl Given {
    pub fn read(call: &Call, taken: &[Taken]) -> Outcome<Given> {
        let mut given = Given::default();
        let mut tokens = call.tokens[1..].iter();
        while let Some(token) = tokens.next() {
            let (word, attached) = match token.text.split_once('=') {
                Some((word, value)) if word.starts_with("--") => (word, Some(value)),
                _ => (token.text.as_str(), None),
            };
            let found = taken.iter().find(|(flag, _)| flag.name == word || (!word.is_empty() && flag.short == word));
            match (found, attached) {
                (None, _) if word.starts_with('-') && word.len() > 1 => return Err(unknown(call, token, word, taken)),
                (None, _) => given.words.push(token.clone()),
                (Some((flag, false)), None) => given.options.push((flag.name, Value::of(token))),
                (Some((flag, false)), Some(_)) => {
                    return Err(Failure::misused(token.span, format!("`{}` takes no value", flag.name)));
                }
                (Some((flag, true)), Some(value)) => {
                    given.options.push((flag.name, Value { text: value.to_string(), span: token.span }));
                }
                (Some((flag, true)), None) => {
                    let missing = || Failure::misused(token.span, format!("`{word}` needs a value"));
                    given.options.push((flag.name, Value::of(tokens.next().ok_or_else(missing)?)));
                }
            }
        }
        Ok(given)
    }

    pub fn has(&self, flag: Flag) -> bool {
        self.options.iter().any(|(name, _)| *name == flag.name)
    }

    /// All values of an option; blanks, commas and semicolons part them, too.
    pub fn all(&self, flag: Flag) -> Vec<String> {
        let values = self.options.iter().filter(|(name, _)| *name == flag.name);
        let parts = values.flat_map(|(_, token)| token.text.split([' ', ',', ';']));
        parts.filter(|part| !part.is_empty()).map(str::to_string).collect()
    }

    /// The last value of an option.
    pub fn last(&self, flag: Flag) -> Option<&Value> {
        self.options.iter().rev().find(|(name, _)| *name == flag.name).map(|(_, token)| token)
    }

    /// Words where none are wanted.
    pub fn no_words(&self, call: &Call, what: &str) -> Outcome {
        match self.words.first() {
            None => Ok(()),
            Some(word) => {
                Err(Failure::misused(word.span, format!("`{}` of `{}`: {what}", word.text, call.command.name)))
            }
        }
    }
}

fn unknown(call: &Call, token: &Token, word: &str, taken: &[Taken]) -> Failure {
    let name = call.command.name;
    if NOT_YET.contains(&word) {
        let message = format!("option `{word}` of `{name}` is not supported yet by this version");
        return Failure { kind: Kind::Unsupported, ..Failure::at(token.span, message) };
    }
    let mut fault = Diagnostic::error(token.span, format!("`{name}` has no option `{word}`"));
    fault.hint = diagnostic::closest(word, taken.iter().map(|(flag, _)| flag.name))
        .map(|near| format!("did you mean `{near}`?"));
    Failure { kind: Kind::Usage, ..Failure::input(vec![fault]) }
}

/// Whether the plan that was shown is wanted: by `-y`, or by the person who is asked.
pub fn is_wanted(session: &mut Session, yes: bool) -> Outcome {
    if yes || session.agrees("carry it out?") {
        return Ok(());
    }
    Err(Failure::refused("nothing was done").hint("-y carries it out without asking"))
}
