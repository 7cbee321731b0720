//! How a call of one of Pacemaker's tools begins: the options that all of them have.
//!
//! In: a tool's arguments. Out: what it was asked, or the end: help, the version, a refusal.
//! Absent: what each tool does, and how it prints.

use super::{Exit, Io, parse};
use clap::Parser;

/// The version whose answers these are, in the words scripts look for.
const VERSION: &str = concat!("Pacemaker 3.0.2 (Quorate ", env!("CARGO_PKG_VERSION"), ")");

/// `--output-as`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    /// A `pacemaker-result` document.
    Xml,
    None,
}

/// The options that all have.
pub trait Standard: Parser {
    /// Any of the ways to ask for more help than `--help`.
    fn wants_help(&self) -> bool;
    fn wants_version(&self) -> bool;
    /// The word behind `--output-as`.
    fn format(&self) -> &str;
}

/// A call that wants something done.
pub struct Call<T> {
    pub options: T,
    pub format: Format,
    /// As a document repeats it.
    pub request: String,
}

/// Reads a call; what is all it asks for is printed, and its exit code returned.
pub fn begin<T: Standard>(tool: &str, arguments: &[String], io: &mut Io) -> Result<Call<T>, Exit> {
    let options: T = parse(tool, arguments, io)?;
    if options.wants_help() {
        let _ = io.out.write_all(T::command().render_help().to_string().as_bytes());
        return Err(Exit::OK);
    }
    if options.wants_version() {
        io.line(VERSION);
        return Err(Exit::OK);
    }
    let format = match options.format() {
        "text" => Format::Text,
        "xml" => Format::Xml,
        "none" => Format::None,
        word => {
            io.error(tool, &format!("--output-as: `{word}` is none of text, xml, none"));
            return Err(Exit::NO_SUCH);
        }
    };
    let words = std::iter::once(tool).chain(arguments.iter().map(String::as_str));
    Ok(Call { options, format, request: words.collect::<Vec<_>>().join(" ") })
}
