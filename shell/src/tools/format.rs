//! `--output-as`, which Pacemaker's tools have in common.
//!
//! In: its word. Out: the format, or a refusal. Absent: printing.

use super::{Exit, Io};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    /// A `pacemaker-result` document.
    Xml,
    None,
}

impl Format {
    /// The format that is asked for; another word is told of.
    pub fn asked(tool: &str, word: &str, io: &mut Io) -> Result<Format, Exit> {
        match word {
            "text" => Ok(Format::Text),
            "xml" => Ok(Format::Xml),
            "none" => Ok(Format::None),
            _ => {
                io.error(tool, &format!("--output-as: `{word}` is none of text, xml, none"));
                Err(Exit::NO_SUCH)
            }
        }
    }
}

/// The call as a document repeats it.
pub fn request(tool: &str, arguments: &[String]) -> String {
    std::iter::once(tool).chain(arguments.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}
