//! What a command is: one value per verb, read by dispatch, completion, help and the prompt.
//!
//! In: the tables in `levels`. Out: their type, and a call's words checked against it.
//! Absent: running anything.

use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use quorate_grammar::Diagnostic;
use quorate_grammar::Span;
use quorate_grammar::diagnostic::closest;
use quorate_grammar::line::Token;

pub struct Level {
    pub name: &'static str,
    pub help: &'static str,
    pub commands: &'static [Command],
}

pub struct Command {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub arguments: &'static [Argument],
    pub flags: &'static [Flag],
    /// Words that begin with `-` are another tool's options; the command reads them as arguments.
    pub reads_flags: bool,
    /// One line, for lists.
    pub help: &'static str,
    /// What the line leaves out; may be empty.
    pub details: &'static str,
    pub examples: &'static [&'static str],
    pub run: Run,
}

impl Command {
    /// For `..Command::DEFAULT` in the tables.
    pub const DEFAULT: Command = Command {
        name: "",
        aliases: &[],
        arguments: &[],
        flags: &[],
        reads_flags: false,
        help: "",
        details: "",
        examples: &[],
        run: Run::Statement,
    };

    /// One that needs no more than a line to be told.
    pub const fn plain(
        name: &'static str,
        arguments: &'static [Argument],
        flags: &'static [Flag],
        help: &'static str,
        run: fn(&mut Session, &Call) -> Outcome,
    ) -> Command {
        Command { name, arguments, flags, help, run: Run::Do(run), ..Command::DEFAULT }
    }

    /// Enters a level, or runs what stands behind its name there.
    pub const fn enter(level: &'static Level) -> Command {
        Command { name: level.name, help: level.help, run: Run::Level(level), ..Command::DEFAULT }
    }
}

#[derive(Clone, Copy)]
pub enum Run {
    Do(fn(&mut Session, &Call) -> Outcome),
    /// Tells of the level it is given at, which need not be the one that was entered.
    Help,
    /// The same, names only.
    List,
    /// A level of its own: alone it is entered, with words behind it they are run there.
    Level(&'static Level),
    /// A statement of the configuration language; the grammar reads its words.
    Statement,
}

#[derive(Clone, Copy)]
pub struct Argument {
    pub name: &'static str,
    pub what: What,
    pub count: Count,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    One,
    Maybe,
    /// At least one, all remaining.
    Some,
    /// All remaining, perhaps none.
    Any,
}

/// What completes an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Text,
    Resource,
    Primitive,
    /// A resource that the command makes sense for.
    ResourceThat(Resources),
    Node,
    /// A node that the command makes sense for.
    NodeThat(Nodes),
    /// A node, or how long it is to stand by.
    NodeOrLifetime,
    /// Any object of the configuration.
    Object,
    /// An object, or `type:`, `tag:`, `related:`.
    Selector,
    Group,
    /// What `modgroup` adds or removes.
    Member,
    /// A member of the group that is the first argument.
    Sibling,
    /// `ID.NAME`, for `set`.
    Path,
    Shadow,
    ShadowOrLive,
    Checkpoint,
    /// `live`, `work`, `checkpoint:NAME`, … or a file.
    Configuration,
    File,
    /// What `load` reads; behind `xml` its method.
    LoadSource,
    Words(&'static [&'static str]),
    /// `class:provider:type`, in steps.
    Agent,
    Topic,
    Level,
    MetaName,
    ParameterName,
    UtilizationName,
    /// The name of a node's attribute, in this sort of set.
    NodeAttribute(&'static str),
    /// The value behind `set NAME`.
    Value,
    PropertyName,
    Operation,
    Provider,
    /// `NAME=VALUE` of the agent that is the first argument.
    AgentParameter,
    Schema,
    Ticket,
    /// `live`, `shadow:NAME` or a file.
    StatusSource,
    Option,
    OptionValue,
    Script,
    /// `NAME=VALUE` of the script that is the first argument.
    ScriptParameter,
    /// One of the scheduler's saved inputs, by its number.
    Input,
    /// What `history transition` does, then an input.
    Transition,
    /// A config of `configure template`.
    Config,
    /// A session that `history session` kept.
    HistorySession,
    /// What `configure template new` takes: templates, then `params` and theirs.
    Template,
}

/// Resources by what can be done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resources {
    Stopped,
    Running,
    Promotable,
    Managed,
    Unmanaged,
    /// A constraint of `move` or `ban` is there.
    Moved,
}

/// Nodes by what can be done to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes {
    Any,
    /// Not in standby.
    Active,
    Standby,
    /// Not in maintenance.
    Managed,
    Maintenance,
    Offline,
}

pub const fn one(name: &'static str, what: What) -> Argument {
    Argument { name, what, count: Count::One }
}

pub const fn maybe(name: &'static str, what: What) -> Argument {
    Argument { name, what, count: Count::Maybe }
}

pub const fn some(name: &'static str, what: What) -> Argument {
    Argument { name, what, count: Count::Some }
}

pub const fn any(name: &'static str, what: What) -> Argument {
    Argument { name, what, count: Count::Any }
}

#[derive(Clone, Copy)]
pub struct Flag {
    pub name: &'static str,
    pub short: &'static str,
    pub help: &'static str,
}

pub const PREVIEW: Flag = Flag { name: "--preview", short: "", help: "show what the cluster would do, change nothing" };
pub const FORCE: Flag = Flag { name: "--force", short: "-f", help: "do it in spite of what speaks against it" };

impl Command {
    pub fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// Those that begin with `_` are for tests; help and completion pass them over.
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with('_')
    }

    /// `move RESOURCE [NODE] [LIFETIME]`.
    pub fn usage(&self) -> String {
        let mut words = vec![self.name.to_string()];
        for argument in self.arguments {
            let name = match argument.what {
                What::Words(words) if words.len() <= 4 => words.join("|"),
                _ => argument.name.to_uppercase(),
            };
            words.push(match argument.count {
                Count::One => name,
                Count::Maybe => format!("[{name}]"),
                Count::Some => format!("{name}…"),
                Count::Any => format!("[{name}…]"),
            });
        }
        words.extend(self.flags.iter().map(|flag| format!("[{}]", flag.name)));
        if matches!(self.run, Run::Statement) {
            words.push("…".to_string());
        }
        words.join(" ")
    }

    fn bounds(&self) -> (usize, usize) {
        let least = self.arguments.iter().filter(|argument| matches!(argument.count, Count::One | Count::Some)).count();
        let endless = self.arguments.iter().any(|argument| matches!(argument.count, Count::Some | Count::Any));
        (least, if endless { usize::MAX } else { self.arguments.len() })
    }

    /// The argument at this place.
    pub fn argument(&self, place: usize) -> Option<&Argument> {
        let last = self.arguments.last()?;
        match self.arguments.get(place) {
            Some(argument) => Some(argument),
            None if matches!(last.count, Count::Some | Count::Any) => Some(last),
            None => None,
        }
    }
}

/// A command with its words, checked for number and for flags.
pub struct Call {
    pub command: &'static Command,
    /// The command's own word and all behind it.
    pub tokens: Vec<Token>,
    pub arguments: Vec<Token>,
    pub flags: Vec<&'static str>,
}

impl Call {
    pub fn new(command: &'static Command, tokens: &[Token]) -> Outcome<Call> {
        let mut call = Call { command, tokens: tokens.to_vec(), arguments: Vec::new(), flags: Vec::new() };
        for token in &tokens[1..] {
            let looks_like_one = token.text.len() > 1
                && token.text.starts_with('-')
                && !token.text[1..].starts_with(|c: char| c.is_ascii_digit());
            // No word is an option's short name where it has none; what is empty says nothing, but for a value.
            if token.text.is_empty() {
                if command.argument(call.arguments.len()).is_some_and(|next| next.name == "value") {
                    call.arguments.push(token.clone());
                }
                continue;
            }
            let known = command.flags.iter().find(|flag| flag.name == token.text || flag.short == token.text);
            match known {
                Some(flag) => call.flags.push(flag.name),
                None if looks_like_one && token.text != "-inf" && !command.reads_flags => {
                    return Err(unknown_flag(command, token));
                }
                None => call.arguments.push(token.clone()),
            }
        }
        call.check_number()?;
        Ok(call)
    }

    fn check_number(&self) -> Outcome {
        let (least, most) = self.command.bounds();
        let given = self.arguments.len();
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let usage = format!("usage: {}", self.command.usage());
        if given > most {
            let token = &self.arguments[most];
            return Err(Failure::misused(
                token.span,
                format!("`{}` is one word too many for `{}`", token.text, self.command.name),
            )
            .hint(usage));
        }
        let end = self.tokens.last().map_or(0, |token| token.span.end);
        let missing = self.command.arguments[given].name.to_uppercase();
        Err(Failure::misused(Span::new(end, end), format!("`{}` needs {missing}", self.command.name)).hint(usage))
    }

    pub fn argument(&self, place: usize) -> Option<&str> {
        self.arguments.get(place).map(|token| token.text.as_str())
    }

    /// An argument that the table says is there.
    pub fn required(&self, place: usize) -> &str {
        self.argument(place).expect("the number of arguments was checked")
    }

    /// The line as it was typed, in one blank between words.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.tokens.iter().map(|token| token.text.as_str()).collect();
        words.join(" ")
    }

    pub fn words(&self) -> Vec<String> {
        self.arguments.iter().map(|token| token.text.clone()).collect()
    }

    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag.name)
    }

    pub fn span(&self, place: usize) -> Span {
        self.arguments.get(place).map_or_else(|| self.tokens[0].span, |token| token.span)
    }
}

fn unknown_flag(command: &Command, token: &Token) -> Failure {
    let names = command.flags.iter().map(|flag| flag.name);
    let mut diagnostic = Diagnostic::error(token.span, format!("`{}` has no option `{}`", command.name, token.text));
    diagnostic.hint = closest(&token.text, names.clone()).map(|near| format!("did you mean `{near}`?")).or_else(|| {
        let names: Vec<&str> = names.collect();
        (!names.is_empty()).then(|| format!("its options are {}", names.join(", ")))
    });
    Failure { kind: Kind::Usage, ..Failure::input(vec![diagnostic]) }
}

/// Finds a command by its name, an alias, or a beginning that only it has. Nothing is guessed:
/// what is merely similar is suggested.
pub fn resolve<'l>(
    commands: impl Iterator<Item = &'l Command> + Clone,
    token: &Token,
    place: &str,
) -> Outcome<&'l Command> {
    let word = token.text.to_lowercase();
    if let Some(command) = commands.clone().find(|command| command.is_called(&word)) {
        return Ok(command);
    }
    let begun: Vec<&Command> =
        commands.clone().filter(|command| command.name.starts_with(&word) && !word.is_empty()).collect();
    match begun[..] {
        [only] => Ok(only),
        [] => {
            let mut diagnostic = Diagnostic::error(token.span, format!("`{}` is not a command {place}", token.text));
            let names =
                commands.flat_map(|command| std::iter::once(command.name).chain(command.aliases.iter().copied()));
            diagnostic.hint = closest(&word, names).map(|near| format!("did you mean `{near}`?"));
            Err(Failure { kind: Kind::Usage, ..Failure::input(vec![diagnostic]) })
        }
        _ => {
            let names: Vec<&str> = begun.iter().map(|command| command.name).collect();
            let message = format!("`{}` could be {}", token.text, names.join(", "));
            Err(Failure { kind: Kind::Usage, ..Failure::at(token.span, message) })
        }
    }
}
