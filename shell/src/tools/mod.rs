//! The tools of the multi-call program: each `run(arguments, io) -> Exit`, never ending the process.

pub mod completions;
pub mod crm_attribute;
pub mod crm_node;
pub mod crm_simulate;
pub mod crm_ticket;
pub mod standard;
pub mod why;

use clap::Parser;
use clap::error::ErrorKind;
use quorate_core::cib::Document;
use quorate_core::xml;
use std::ffi::OsString;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// The exit codes of Pacemaker's tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    pub const OK: Exit = Exit(0);
    pub const ERROR: Exit = Exit(1);
    pub const NOT_PERMITTED: Exit = Exit(4);
    pub const USAGE: Exit = Exit(64);
    pub const DATA_ERROR: Exit = Exit(65);
    pub const NO_INPUT: Exit = Exit(66);
    pub const DISCONNECT: Exit = Exit(102);
    pub const CONFIG: Exit = Exit(78);
    pub const IO_ERROR: Exit = Exit(74);
    pub const OLD: Exit = Exit(103);
    pub const NO_SUCH: Exit = Exit(105);
    pub const QUORUM: Exit = Exit(106);
    pub const UNSAFE: Exit = Exit(107);

    /// What the code says, in the words of Pacemaker's XML output.
    pub const fn words(self) -> &'static str {
        match self {
            Exit::OK => "OK",
            Exit::NOT_PERMITTED => "Insufficient privileges",
            Exit::USAGE => "Incorrect usage",
            Exit::DATA_ERROR => "Invalid data given",
            Exit::NO_INPUT => "Input file not available",
            Exit::IO_ERROR => "I/O error occurred",
            Exit::CONFIG => "Invalid configuration",
            Exit::DISCONNECT => "Not connected",
            Exit::OLD => "Update was older than existing configuration",
            Exit::NO_SUCH => "No such object",
            Exit::QUORUM => "Quorum required",
            Exit::UNSAFE => "Operation not safe",
            _ => "Error occurred",
        }
    }
}

/// Where a tool's words go, and where it finds the cluster.
pub struct Io<'a> {
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
}

impl Io<'_> {
    /// A line of the answer. A reader that has gone away is no error.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    /// A complaint of this tool.
    pub fn error(&mut self, tool: &str, text: &str) {
        let _ = writeln!(self.err, "{tool}: {text}");
    }

    /// The socket of this node's daemon.
    pub fn socket(&self) -> PathBuf {
        let root = std::env::var_os("QUORATE_ROOT").unwrap_or_else(|| OsString::from("/"));
        quorate_transport::local::daemon::socket_below(Path::new(&root))
    }
}

/// Reads a tool's options; help and mistakes are printed, and their exit code returned.
pub fn parse<T: Parser>(tool: &str, arguments: &[String], io: &mut Io) -> Result<T, Exit> {
    let words = std::iter::once(tool).chain(arguments.iter().map(String::as_str));
    T::try_parse_from(words).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = write!(io.out, "{}", error.render());
            Exit::OK
        }
        _ => {
            let _ = write!(io.err, "{}", error.render());
            Exit::USAGE
        }
    })
}

/// The CIB in a file; one that ends in `.bz2`, as kept scheduler inputs do, is unpacked.
///
/// # Errors
/// In words, without the file's name.
pub fn read_cib(path: &Path) -> Result<Document, String> {
    fn open(path: &Path) -> std::io::Result<Box<dyn Read>> {
        let file = std::fs::File::open(path)?;
        Ok(match path.extension().is_some_and(|extension| extension == "bz2") {
            true => Box::new(bzip2::read::MultiBzDecoder::new(file)),
            false => Box::new(file),
        })
    }
    let pieces = BufReader::with_capacity(1 << 18, open(path).map_err(|error| error.to_string())?);
    if let Some(root) = xml::read_stream(pieces) {
        return Document::from_element(root).map_err(|error| error.to_string());
    }
    let mut text = String::new();
    open(path).and_then(|mut file| file.read_to_string(&mut text)).map_err(|error| error.to_string())?;
    Document::read(&text).map_err(|error| error.to_string())
}
