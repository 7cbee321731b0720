//! Where a tool's words go.

use std::io::Write;

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
}
