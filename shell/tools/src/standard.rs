//! How a call of one of the tools begins: the options that all have.
//!
//! In: a tool's table and the words of a call. Out: what it was asked, or the end: help, the version, a refusal.
//! Absent: what each tool does, and how it prints.

use crate::{Exit, Io};
use quorate_core::arguments::{self, Argument, Given, Value, argument};
use quorate_core::cib::document::PACEMAKER;

/// The version whose answers these are, in the words scripts look for.
pub fn version() -> String {
    format!("Pacemaker {PACEMAKER} (Quorate {})", env!("CARGO_PKG_VERSION"))
}

const GENERAL: &str = "General";
const OUTPUT: &str = "Output";

/// What every tool takes.
pub const STANDARD: &[Argument] = &[
    argument(Some('?'), "help", Value::None, GENERAL, "show this and end"),
    argument(None, "help-all", Value::None, GENERAL, ""),
    argument(Some('$'), "version", Value::None, GENERAL, "show the version and end"),
    argument(Some('V'), "verbose", Value::None, GENERAL, "say more (may be repeated)"),
];

/// What tools take that answer in several formats.
pub const FORMATTED: &[Argument] = &[
    argument(None, "output-as", Value::Required("FORMAT"), OUTPUT, "text (default), xml or none"),
    argument(None, "output-to", Value::Required("DEST"), OUTPUT, "file for the answer (\"-\" is standard output)"),
];

/// A tool as its help describes it.
pub struct Manual {
    pub name: &'static str,
    /// The words after its options; one that ends with `…]` may be repeated.
    pub operands: &'static [&'static str],
    pub about: &'static str,
    pub tables: &'static [&'static [Argument]],
    /// Examples, and what else is to be known.
    pub more: &'static str,
}

/// `--output-as`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    /// A `pacemaker-result` document.
    Xml,
    None,
}

/// A call that wants something done.
pub struct Call {
    pub given: Given,
    pub format: Format,
    /// As a document repeats it.
    pub request: String,
}

/// Runs a tool: reads the call, and does what it wants if it wants more than help.
pub fn run(manual: &Manual, arguments: &[String], io: &mut Io, act: impl FnOnce(Call, &mut Io) -> Exit) -> Exit {
    match begin(manual, arguments, io) {
        Ok(call) => act(call, io),
        Err(exit) => exit,
    }
}

/// An exit code and what is to be said.
pub type Failed = (Exit, String);

/// The call cannot be meant.
///
/// # Errors
/// Always.
pub fn misused<T>(text: impl Into<String>) -> Result<T, Failed> {
    Err((Exit::USAGE, text.into()))
}

/// Reads a call; what is all it asks for is printed, and its exit code returned.
///
/// # Errors
/// The exit code, if nothing else is to be done.
fn begin(manual: &Manual, arguments: &[String], io: &mut Io) -> Result<Call, Exit> {
    let tool = manual.name;
    let mut usage = |text: String| {
        io.error(tool, &text);
        Exit::USAGE
    };
    let given = arguments::split(manual.tables, arguments).map_err(|error| usage(error.to_string()))?;
    let is_repeated = manual.operands.last().is_some_and(|operand| operand.ends_with("…]"));
    if let Some(word) = given.operands.get(manual.operands.len()).filter(|_| !is_repeated) {
        return Err(usage(format!("non-option ARGV-elements: {word}")));
    }
    if given.options.iter().any(|(name, _)| name.starts_with("help")) {
        let _ = io.out.write_all(help(manual).as_bytes());
        return Err(Exit::OK);
    }
    if given.has("version") {
        io.line(&version());
        return Err(Exit::OK);
    }
    let format = match given.value("output-as").as_deref() {
        None | Some("text") => Format::Text,
        Some("xml") => Format::Xml,
        Some("none") => Format::None,
        Some(word) => {
            io.error(tool, &format!("--output-as: `{word}` is none of text, xml, none"));
            return Err(Exit::NO_SUCH);
        }
    };
    let words = std::iter::once(tool.to_string()).chain(arguments.iter().map(|word| quoted(word)));
    Ok(Call { given, format, request: words.collect::<Vec<_>>().join(" ") })
}

/// A word of a call as a shell would have to be given it, where it would not be one word otherwise.
fn quoted(word: &str) -> String {
    let mut quote = None;
    let mut blank = word.trim().is_empty();
    for c in word.chars() {
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None if c.is_whitespace() => blank = true,
            _ => {}
        }
    }
    match blank || quote.is_some() {
        true => format!("'{}'", word.replace('\'', "'\\''")),
        false => word.to_string(),
    }
}

fn help(manual: &Manual) -> String {
    let operands: String = manual.operands.iter().map(|operand| format!(" {operand}")).collect();
    let options = arguments::help(manual.tables, &[]);
    let more = if manual.more.is_empty() { String::new() } else { format!("\n{}\n", manual.more) };
    format!("Usage:\n  {} [OPTION…]{operands}\n\n{}\n{options}{more}", manual.name, manual.about)
}
