//! A CIB in a file that is only looked at.
//!
//! In: a path. Out: the document; what ends in `.bz2`, as kept scheduler inputs do, is unpacked.

use quorate_core::cib::Document;
use quorate_core::cib::document::DocumentError;
use quorate_core::xml::{self, Element};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Why there is no document. The file's name is the caller's to say.
#[derive(Debug)]
pub enum InputError {
    File(io::Error),
    NotACib(DocumentError),
}

impl fmt::Display for InputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputError::File(error) => error.fmt(out),
            InputError::NotACib(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for InputError {}

/// # Errors
/// The file cannot be read, or is no CIB.
pub fn read_cib(path: &Path) -> Result<Document, InputError> {
    Document::from_element(read_root(path)?).map_err(InputError::NotACib)
}

/// The root as it stands there: nothing that lacks is added.
///
/// # Errors
/// The file cannot be read, or is no XML.
pub fn read_root(path: &Path) -> Result<Element, InputError> {
    let pieces = BufReader::with_capacity(1 << 18, open(path).map_err(InputError::File)?);
    if let Some(root) = xml::read_stream(pieces) {
        return Ok(root);
    }
    let mut bytes = Vec::new();
    open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(InputError::File)?;
    let no_text = |error| InputError::File(io::Error::new(io::ErrorKind::InvalidData, error));
    let text = quorate_core::text::read(bytes).map_err(no_text)?;
    xml::read(&text).map_err(|error| InputError::NotACib(DocumentError::Xml(error)))
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    Ok(match path.extension().is_some_and(|extension| extension == "bz2") {
        true => Box::new(bzip2::read::MultiBzDecoder::new(file)),
        false => Box::new(file),
    })
}
