//! What a tool is to who calls it.
//!
//! In: nothing. Out: a name and its function.

use crate::io::Io;
use quorate_core::exit::Exit;

/// A tool by its name.
pub struct Tool {
    pub name: &'static str,
    pub run: fn(&[String], &mut Io) -> Exit,
    /// Whether it is called by its own name: as Pacemaker's are.
    pub linked: bool,
}
