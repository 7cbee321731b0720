//! Texts that people hand over: files, standard input. What is no text is told where it is none.
//!
//! In: bytes, and a name for them. Out: the text, or where and why it is none.
//! Absent: what stands in it.

use crate::error::{Failure, Origin, Outcome};
use quorate_core::text;
use quorate_grammar::{Diagnostic, Span};
use std::path::Path;

/// The text of a file.
pub fn file(name: &str) -> Outcome<String> {
    let path = Path::new(name);
    whole(name, std::fs::read(path).map_err(|error| Failure::file(path, &error))?)
}

/// Bytes as one text, all of which a configuration can hold.
pub fn whole(name: &str, bytes: Vec<u8>) -> Outcome<String> {
    let origin = |text: &str| Origin { name: name.to_string(), text: text.to_string() };
    let refused = |text: &str, at: usize, length: usize, diagnostic: Diagnostic| {
        let span = Span::new(at, at + length);
        Err(Failure::input(vec![Diagnostic { span, ..diagnostic }]).in_text(origin(text)))
    };
    let is_wide = matches!(bytes[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
            let what = if is_wide {
                "the text is in UTF-16".to_string()
            } else {
                format!("the byte \\x{:02x} is no UTF-8", bytes[at])
            };
            let diagnostic = Diagnostic::error(Span::new(at, at), what).hint("write the text in UTF-8");
            // Up to there both are alike.
            return refused(&String::from_utf8_lossy(bytes), at, char::REPLACEMENT_CHARACTER.len_utf8(), diagnostic);
        }
    };
    match text.char_indices().find(|(_, letter)| !text::fits_xml(*letter)) {
        None => Ok(text),
        Some((at, letter)) => {
            let what = format!("the character {} cannot stand in a configuration", text::written_out(letter));
            refused(&text, at, letter.len_utf8(), Diagnostic::error(Span::new(at, at), what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let said = match whole("f", bytes.to_vec()) {
            Ok(text) => format!("ok {text}"),
            Err(failure) => {
                let origin = failure.origin.expect("a text");
                let picture = failure.diagnostics[0].picture(&origin.name, &origin.text);
                format!("{} {}", picture.place, picture.message)
            }
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_no_text_is_told_where_it_is_none() {
        check(b"a\tb\r\nc", "ok a\tb\r\nc");
        check("ä\n".as_bytes(), "ok ä\n");
        check(b"a\nbc\xffd", "f:2:3 the byte \\xff is no UTF-8");
        check(b"a\nb\xc3", "f:2:2 the byte \\xc3 is no UTF-8");
        check(b"a\0b", "f:1:2 the character \\x00 cannot stand in a configuration");
        check(b"a\n\x1b[m", "f:2:1 the character \\x1b cannot stand in a configuration");
        check(b"\xff\xfea\0", "f:1:1 the text is in UTF-16");
    }
}
