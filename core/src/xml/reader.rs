//! Text to tree, with the checks quick-xml leaves to its caller.
//!
//! In: text or bytes. Out: the root [`Element`], or an [`XmlError`] that names line and column.
//! Checked here: one root, names, allowed characters, duplicate attributes, depth and size.

use super::name::Name;
use super::tree::{Element, Node};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::fmt;
use std::sync::Arc;

/// Deeper documents are refused: printing and comparing recurse over the depth.
const DEPTH_MAX: usize = 200;

/// Offsets are 32 bits.
const SIZE_MAX: usize = u32::MAX as usize;

/// Where and why a text is not a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlError {
    /// Byte offset into the text.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
}

impl XmlError {
    fn at(text: &str, offset: usize, message: impl Into<String>) -> XmlError {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        XmlError {
            offset,
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            message: message.into(),
        }
    }
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for XmlError {}

/// Reads one document from bytes, which must be UTF-8.
pub fn read_bytes(bytes: &[u8]) -> Result<Element, XmlError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => read(text),
        Err(error) => {
            let valid = error.valid_up_to();
            let text = String::from_utf8_lossy(&bytes[..valid]);
            Err(XmlError::at(&text, valid, "not UTF-8"))
        }
    }
}

/// Reads one document.
pub fn read(text: &str) -> Result<Element, XmlError> {
    if text.len() >= SIZE_MAX {
        return Err(XmlError::at(text, 0, "larger than 4 GiB"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_characters(text)?;
    Builder::new(text).run()
}

/// XML 1.0 section 2.2: no control characters but tab, line feed and carriage return.
fn check_characters(text: &str) -> Result<(), XmlError> {
    let bad = text.bytes().position(|byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'));
    match bad {
        Some(at) => Err(XmlError::at(text, at, "control character")),
        None => Ok(()),
    }
}

struct Builder<'a> {
    text: &'a str,
    open: Vec<Element>,
    root: Option<Element>,
    /// Character data gathered until the next tag.
    pending: String,
    /// By depth, the attributes' names of the element before: thousands have the same in the same order.
    names: Vec<Vec<Name>>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Builder<'a> {
        Builder { text, open: Vec::new(), root: None, pending: String::new(), names: Vec::new() }
    }

    fn run(mut self) -> Result<Element, XmlError> {
        let mut reader = Reader::from_str(self.text);
        loop {
            let start = reader.buffer_position() as usize;
            let event = reader.read_event().map_err(|error| self.error(reader.error_position() as usize, error))?;
            match event {
                Event::Start(tag) => {
                    let element = self.element(&tag, start)?;
                    if self.open.len() >= DEPTH_MAX {
                        return Err(self.error(start, format!("nested deeper than {DEPTH_MAX}")));
                    }
                    self.open.push(element);
                }
                Event::Empty(tag) => {
                    let element = self.element(&tag, start)?;
                    self.close(element, start)?;
                }
                Event::End(_) => {
                    self.flush_text(start)?;
                    let element = match self.open.pop() {
                        Some(element) => element,
                        None => return Err(self.error(start, "end tag without a start tag")),
                    };
                    self.close(element, start)?;
                }
                Event::Text(data) => self.pending.push_str(&data),
                Event::CData(data) => self.pending.push_str(&data),
                Event::GeneralRef(reference) => self.reference(&reference, start)?,
                Event::Comment(data) => {
                    self.flush_text(start)?;
                    if let Some(parent) = self.open.last_mut() {
                        parent.children.push(Node::Comment(Arc::from(&*data)));
                    }
                }
                Event::Decl(_) | Event::PI(_) => {}
                Event::DocType(_) => {
                    return Err(self.error(start, "document type declarations are not accepted"));
                }
                Event::Eof => return self.finish(start),
            }
        }
    }

    fn error(&self, offset: usize, message: impl fmt::Display) -> XmlError {
        XmlError::at(self.text, offset, message.to_string())
    }

    /// The name of an attribute at this place of an element.
    fn name(&mut self, at: usize, key: &str) -> Name {
        let names = &mut self.names[self.open.len()];
        if let Some(known) = names.get(at).filter(|known| known.as_str() == key) {
            return known.clone();
        }
        let name = Name::from(key);
        names.truncate(at);
        names.push(name.clone());
        name
    }

    fn element(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<Element, XmlError> {
        self.flush_text(start)?;
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.error(start, "a second root element"));
        }
        let name = tag.name();
        let name: &str = name.as_ref();
        self.check_name(name, start)?;
        let mut element = Element::new(name);
        element.offset = start as u32;
        if self.names.len() <= self.open.len() {
            self.names.resize(self.open.len() + 1, Vec::new());
        }
        for (at, attribute) in tag.attributes().enumerate() {
            let attribute = attribute.map_err(|error| self.error(start, error))?;
            let key: &str = attribute.key.as_ref();
            self.check_name(key, start)?;
            if attribute.value.contains('<') {
                return Err(self.error(start, format!("`<` in attribute {key}")));
            }
            let value =
                attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| self.error(start, error))?;
            let plain = value.bytes().all(|byte| (0x20..0x80).contains(&byte));
            if !plain && !value.chars().all(allowed) {
                return Err(self.error(start, format!("forbidden character in attribute {key}")));
            }
            if at == 0 {
                element.attributes.reserve_exact(self.names[self.open.len()].len());
            }
            element.attributes.push((self.name(at, key), value.into()));
        }
        self.names[self.open.len()].truncate(element.attributes.len());
        Ok(element)
    }

    fn check_name(&self, name: &str, start: usize) -> Result<(), XmlError> {
        let mut chars = name.chars();
        let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
        let rest = chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.' | '\u{b7}'));
        match first && rest {
            true => Ok(()),
            false => Err(self.error(start, format!("`{name}` is not a name"))),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, start: usize) -> Result<(), XmlError> {
        let character = reference.resolve_char_ref().map_err(|error| self.error(start, error))?;
        match character {
            Some(c) if allowed(c) => self.pending.push(c),
            Some(_) => return Err(self.error(start, "reference to a forbidden character")),
            None => match quick_xml::escape::resolve_xml_entity(reference) {
                Some(text) => self.pending.push_str(text),
                None => {
                    let name: &str = reference;
                    return Err(self.error(start, format!("unknown entity `&{name};`")));
                }
            },
        }
        Ok(())
    }

    /// Blanks between elements carry nothing in a CIB; other text is kept.
    fn flush_text(&mut self, offset: usize) -> Result<(), XmlError> {
        if self.pending.trim().is_empty() {
            self.pending.clear();
            return Ok(());
        }
        let text = std::mem::take(&mut self.pending);
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(Node::Text(text.into()));
                Ok(())
            }
            None => Err(self.error(offset, "text outside the root element")),
        }
    }

    fn close(&mut self, element: Element, start: usize) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::from(element)),
            None if self.root.is_none() => self.root = Some(element),
            None => return Err(self.error(start, "a second root element")),
        }
        Ok(())
    }

    fn finish(mut self, end: usize) -> Result<Element, XmlError> {
        self.flush_text(end)?;
        if let Some(open) = self.open.last() {
            return Err(self.error(end, format!("`<{}>` is never closed", open.name)));
        }
        match self.root.take() {
            Some(root) => Ok(root),
            None => Err(self.error(end, "no root element")),
        }
    }
}

/// XML 1.0 section 2.2, production Char.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::write;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match read(text) {
            Ok(root) => write(&root),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn what_is_read_is_written_again() {
        check("<a x='1' y=\"2\"><b/><!--c-->t &amp; u</a>", "<a x=\"1\" y=\"2\"><b/><!--c-->t &amp; u</a>");
        check("<?xml version='1.0'?>\n<a>\n  <b/>\n</a>\n", "<a><b/></a>");
        check("<a x='&#10;&quot;&lt;'/>", "<a x=\"&#10;&quot;&lt;\"/>");
        check("<a><![CDATA[1 < 2]]></a>", "<a>1 &lt; 2</a>");
    }

    #[test]
    fn what_is_not_a_document_is_refused_where_it_breaks() {
        check("", "line 1, column 1: no root element");
        check("<a/><b/>", "line 1, column 5: a second root element");
        check("<a>\n<b></a>", "line 2, column 4: ill-formed document: expected `</b>`, but `</a>` was found");
        check("<a>", "line 1, column 4: `<a>` is never closed");
        check("<>x</>", "line 1, column 1: `` is not a name");
        check("x<a/>", "line 1, column 2: text outside the root element");
        check("<a x='&bogus;'/>", "line 1, column 1: at 1..6: unrecognized entity `bogus`");
        check("<a>&bogus;</a>", "line 1, column 4: unknown entity `&bogus;`");
        check("<a b='\u{1}'/>", "line 1, column 7: control character");
        check("<a>&#0;</a>", "line 1, column 4: invalid character reference: 0x0 character is not permitted in XML");
    }

    #[test]
    fn depth_is_bounded() {
        let text = "<a>".repeat(DEPTH_MAX + 1) + &"</a>".repeat(DEPTH_MAX + 1);
        assert!(read(&text).is_err());
    }
}
