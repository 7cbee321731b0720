//! Tree to text, in the spelling Pacemaker's tools print and digest.
//!
//! Out: one line ([`write`]) or indented by two blanks ([`write_pretty`]). Attributes in
//! their order, values in double quotes. What XML cannot hold is written out (`\x1b`), so that the
//! reader never refuses what was written here; who must not have it changed asks `unfit` before.

use super::tree::{Element, Node};
use super::unfit::is_name;
use crate::text::{fits_xml, written_out};

/// The element on one line, without a line end.
pub fn write(element: &Element) -> String {
    let mut out = String::new();
    write_to(element, &mut out);
    out
}

/// Appends the element on one line.
pub fn write_to(element: &Element, out: &mut String) {
    start_tag(element, out);
    if element.children.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Element(child) => write_to(child, out),
            Node::Text(text) => escape_text(text, out),
            Node::Comment(text) => comment(text, out),
        }
    }
    end_tag(element, out);
}

/// The element indented, each element on a line of its own, with a line end.
pub fn write_pretty(element: &Element) -> String {
    let mut out = String::new();
    pretty(element, 0, &mut out);
    out
}

fn pretty(element: &Element, depth: usize, out: &mut String) {
    indent(depth, out);
    start_tag(element, out);
    if element.children.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push('>');
    // Mixed content is kept as it is: blanks would change it.
    if element.children.iter().any(|child| matches!(child, Node::Text(_))) {
        for child in &element.children {
            match child {
                Node::Element(child) => write_to(child, out),
                Node::Text(text) => escape_text(text, out),
                Node::Comment(text) => comment(text, out),
            }
        }
    } else {
        out.push('\n');
        for child in &element.children {
            match child {
                Node::Element(child) => pretty(child, depth + 1, out),
                Node::Comment(text) => {
                    indent(depth + 1, out);
                    comment(text, out);
                    out.push('\n');
                }
                Node::Text(_) => unreachable!("mixed content was handled above"),
            }
        }
        indent(depth, out);
    }
    end_tag(element, out);
    out.push('\n');
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn start_tag(element: &Element, out: &mut String) {
    out.push('<');
    push_name(&element.name, out);
    for (name, value) in &element.attributes {
        out.push(' ');
        push_name(name, out);
        out.push_str("=\"");
        escape_attribute(value, out);
        out.push('"');
    }
}

fn end_tag(element: &Element, out: &mut String) {
    out.push_str("</");
    push_name(&element.name, out);
    out.push('>');
}

/// A name that is none becomes one, and another for each.
fn push_name(name: &str, out: &mut String) {
    if is_name(name) {
        return out.push_str(name);
    }
    out.push_str("_unfit_");
    for c in name.chars() {
        match c.is_ascii_alphanumeric() {
            true => out.push(c),
            false => out.push_str(&format!("_{:x}_", u32::from(c))),
        }
    }
}

fn comment(text: &str, out: &mut String) {
    out.push_str("<!--");
    let mut last = ' ';
    for c in text.chars() {
        // Two hyphens would end it.
        if c == '-' && last == '-' {
            out.push(' ');
        }
        push(c, out);
        last = c;
    }
    if last == '-' {
        out.push(' ');
    }
    out.push_str("-->");
}

fn escape_text(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c => push(c, out),
        }
    }
}

fn push(c: char, out: &mut String) {
    match fits_xml(c) {
        true => out.push(c),
        false => out.push_str(&written_out(c)),
    }
}

/// Line ends and tabs are written as references, else reading would turn them into blanks.
pub fn escape_attribute(value: &str, out: &mut String) {
    // With 0xef begin the two characters above the controls that XML does not have.
    let plain = |byte: u8| byte >= 0x20 && !matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xef);
    if value.bytes().all(plain) {
        out.push_str(value);
        return;
    }
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c => push(c, out),
        }
    }
}
