//! Text to tree, with the checks quick-xml leaves to its caller.
//!
//! In: text or bytes. Out: the root [`Element`], or an [`XmlError`] that names line and column.
//! Checked here: one root, names, allowed characters, duplicate attributes, depth and size.

use super::attributes::{Attributes, Shapes};
use super::name::Name;
use super::tree::{DEPTH_MAX, Element, Node};
use super::unfit::is_name;
use crate::text::fits_xml;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io::BufRead;
use std::sync::Arc;

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
///
/// # Errors
/// They are not UTF-8, or not a document.
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
///
/// # Errors
/// The place where it stops being one.
pub fn read(text: &str) -> Result<Element, XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut builder = Builder::default();
    let fault = loop {
        let start = reader.buffer_position();
        match reader.read_event() {
            Ok(Event::Eof) => match builder.finish(start) {
                Ok(root) => return Ok(root),
                Err(fault) => break fault,
            },
            Ok(event) => match builder.take(&event, start) {
                Ok(()) => {}
                Err(fault) => break fault,
            },
            Err(error) => break Fault::new(reader.error_position(), error),
        }
    };
    Err(fault.within(text))
}

/// Reads one document piece by piece, so that its text never stands in memory as a whole. `None` if it
/// cannot be read, or is no document: [`read`] of the text then says where and why.
pub fn read_stream(stream: impl BufRead) -> Option<Element> {
    let mut reader = Reader::from_reader(stream);
    let mut builder = Builder::default();
    let mut buffer = Vec::new();
    loop {
        let start = reader.buffer_position();
        buffer.clear();
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Eof => return builder.finish(start).ok(),
            event => builder.take(&event, start).ok()?,
        }
    }
}

/// What is wrong, and at which byte.
struct Fault {
    offset: u64,
    message: String,
}

/// What is said of a control character: where it is, is then looked for.
const CONTROL: &str = "control character";

impl Fault {
    fn new(offset: u64, message: impl fmt::Display) -> Fault {
        Fault { offset, message: message.to_string() }
    }

    fn within(self, text: &str) -> XmlError {
        let mut offset = usize::try_from(self.offset).unwrap_or(text.len()).min(text.len());
        if self.message == CONTROL {
            offset += text.as_bytes()[offset..].iter().position(|byte| is_control(*byte)).unwrap_or(0);
        }
        XmlError::at(text, offset, self.message)
    }
}

/// XML 1.0 section 2.2: no control characters but tab, line feed and carriage return.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Whether nothing in it needs a second look: neither control characters, references, `<`, nor more than
/// ASCII. One pass without a branch, so that the compiler makes it fast.
fn is_plain(bytes: &[u8]) -> bool {
    let odd = |byte: u8| !(0x20..0x80).contains(&byte) | (byte == b'&') | (byte == b'<');
    !bytes.iter().fold(false, |found, byte| found | odd(*byte))
}

/// The value that an attribute's text stands for.
fn decoded<'a>(attribute: &'a Attribute<'_>, start: u64) -> Result<Cow<'a, str>, Fault> {
    let key: &str = attribute.key.into_inner();
    if attribute.value.contains('<') {
        return Err(Fault::new(start, format!("`<` in attribute {key}")));
    }
    let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| Fault::new(start, error))?;
    match value.chars().all(fits_xml) {
        true => Ok(value),
        false => Err(Fault::new(start, format!("forbidden character in attribute {key}"))),
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    /// Character data gathered until the next tag.
    pending: String,
    /// By depth, the elements before: thousands have the same name and attributes in the same order.
    known: Vec<LastSeen>,
    /// The values of the element at hand, one after another, and where each ends.
    values: String,
    ends: Vec<u32>,
}

/// What elements of one depth looked like.
#[derive(Clone, Default)]
struct LastSeen {
    /// The name of the last one.
    name: Option<Name>,
    shapes: Shapes,
}

impl Builder {
    fn take(&mut self, event: &Event<'_>, start: u64) -> Result<(), Fault> {
        let plain = is_plain(event.as_bytes());
        if !plain && event.bytes().any(is_control) {
            return Err(Fault::new(start, CONTROL));
        }
        match event {
            Event::Start(tag) => {
                let element = self.element(tag, plain, start)?;
                if self.open.len() >= DEPTH_MAX {
                    return Err(Fault::new(start, format!("nested deeper than {DEPTH_MAX}")));
                }
                self.open.push(element);
            }
            Event::Empty(tag) => {
                let element = self.element(tag, plain, start)?;
                self.close(element, start)?;
            }
            Event::End(_) => {
                self.flush_text(start)?;
                let Some(mut element) = self.open.pop() else {
                    return Err(Fault::new(start, "end tag without a start tag"));
                };
                element.children.shrink_to_fit();
                self.close(element, start)?;
            }
            Event::Text(data) => self.pending.push_str(data),
            Event::CData(data) => self.pending.push_str(data),
            Event::GeneralRef(reference) => self.reference(reference, start)?,
            Event::Comment(data) => {
                self.flush_text(start)?;
                if let Some(parent) = self.open.last_mut() {
                    parent.children.push(Node::Comment(Arc::from(&**data)));
                }
            }
            Event::Decl(_) | Event::PI(_) | Event::Eof => {}
            Event::DocType(_) => return Err(Fault::new(start, "document type declarations are not accepted")),
        }
        Ok(())
    }

    /// Plain is a tag without anything to decode or to refuse in its values.
    fn element(&mut self, tag: &BytesStart<'_>, plain: bool, start: u64) -> Result<Element, Fault> {
        self.flush_text(start)?;
        if self.open.is_empty() && self.root.is_some() {
            return Err(Fault::new(start, "a second root element"));
        }
        let name = self.name(tag.name().as_ref(), start)?;
        let offset = u32::try_from(start).map_err(|_| Fault::new(start, "larger than 4 GiB"))?;
        self.values.clear();
        self.ends.clear();
        let mut keys: Vec<&str> = Vec::new();
        // That no name comes twice is checked once for each shape.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| Fault::new(start, error))?;
            keys.push(attribute.key.into_inner());
            match plain {
                true => self.values.push_str(&attribute.value),
                false => self.values.push_str(&decoded(&attribute, start)?),
            }
            self.ends.push(self.values.len() as u32);
        }
        let attributes = match keys.is_empty() {
            true => Attributes::default(),
            false => Attributes::of_shape(&self.shape(&keys, start)?, &self.values, &self.ends),
        };
        Ok(Element { name, attributes, children: Vec::new(), offset })
    }

    fn known(&mut self) -> &mut LastSeen {
        let depth = self.open.len();
        if self.known.len() <= depth {
            self.known.resize(depth + 1, LastSeen::default());
        }
        &mut self.known[depth]
    }

    fn name(&mut self, name: &str, start: u64) -> Result<Name, Fault> {
        if let Some(known) = self.known().name.as_ref().filter(|known| **known == name) {
            return Ok(known.clone());
        }
        self.check_name(name, start)?;
        let name = Name::from(name);
        self.known().name = Some(name.clone());
        Ok(name)
    }

    /// The shape with these names: one that is known at this depth, if it is.
    fn shape(&mut self, keys: &[&str], start: u64) -> Result<Arc<Vec<Name>>, Fault> {
        if let Some(known) = self.known().shapes.find(keys) {
            return Ok(known);
        }
        let mut seen = BTreeSet::new();
        for key in keys {
            self.check_name(key, start)?;
            if !seen.insert(key) {
                return Err(Fault::new(start, format!("attribute `{key}` twice in one element")));
            }
        }
        Ok(self.known().shapes.add(keys))
    }

    fn check_name(&self, name: &str, start: u64) -> Result<(), Fault> {
        match is_name(name) {
            true => Ok(()),
            false => Err(Fault::new(start, format!("`{name}` is not a name"))),
        }
    }

    fn reference(&mut self, reference: &BytesRef<'_>, start: u64) -> Result<(), Fault> {
        let character = reference.resolve_char_ref().map_err(|error| Fault::new(start, error))?;
        match character {
            Some(c) if fits_xml(c) => self.pending.push(c),
            Some(_) => return Err(Fault::new(start, "reference to a forbidden character")),
            None => match quick_xml::escape::resolve_xml_entity(reference) {
                Some(text) => self.pending.push_str(text),
                None => {
                    let name: &str = reference;
                    return Err(Fault::new(start, format!("unknown entity `&{name};`")));
                }
            },
        }
        Ok(())
    }

    /// Blanks between elements carry nothing in a CIB; other text is kept.
    fn flush_text(&mut self, offset: u64) -> Result<(), Fault> {
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
            None => Err(Fault::new(offset, "text outside the root element")),
        }
    }

    fn close(&mut self, element: Element, start: u64) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::from(element)),
            None if self.root.is_none() => self.root = Some(element),
            None => return Err(Fault::new(start, "a second root element")),
        }
        Ok(())
    }

    fn finish(mut self, end: u64) -> Result<Element, Fault> {
        self.flush_text(end)?;
        if let Some(open) = self.open.last() {
            return Err(Fault::new(end, format!("`<{}>` is never closed", open.name)));
        }
        match self.root.take() {
            Some(root) => Ok(root),
            None => Err(Fault::new(end, "no root element")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::write;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let whole = read(text);
        assert_eq!(read_stream(text.as_bytes()), whole.clone().ok(), "{text} in pieces");
        let shown = match whole {
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
        check("<a x='1' y='2' x='3'/>", "line 1, column 1: attribute `x` twice in one element");
        check("<a x='1' y='2'/>", "<a x=\"1\" y=\"2\"/>");
        check("<a x='<'/>", "line 1, column 1: `<` in attribute x");
        check("<a x='&#2;'/>", "line 1, column 1: forbidden character in attribute x");
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
