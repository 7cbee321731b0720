//! MD5 digests in the forms Pacemaker's files and operations carry.
//!
//! The digest of parameters (PACEMAKER 4.5) and of stored documents: one leading blank, the
//! element on one line, a line end. Absent: which attributes enter (see `lrm` and `cib`).

use super::tree::{Element, Node};
use super::writer::{escape_attribute, write, write_to};
use md5::{Digest, Md5};

/// The lower-case hexadecimal MD5 of some bytes.
pub fn md5_hex(bytes: &[u8]) -> String {
    let digits = Md5::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// The digest of an element as it stands: attribute order counts.
pub fn element_digest(element: &Element) -> String {
    let mut text = String::from(" ");
    write_to(element, &mut text);
    text.push('\n');
    md5_hex(text.as_bytes())
}

/// The digest of a document whoever wrote it when: of a patch's target, and what `cibadmin --md5-sum-versioned` says.
pub fn document_digest(element: &Element) -> String {
    md5_hex(write(&without_author(element)).as_bytes())
}

fn without_author(element: &Element) -> Element {
    let mut element = element.clone();
    element.attributes.retain(|name, _| {
        !matches!(name, "crm-debug-origin" | "cib-last-written" | "update-origin" | "update-client" | "update-user")
    });
    for child in &mut element.children {
        if let Node::Element(child) = child {
            *child = std::sync::Arc::new(without_author(child));
        }
    }
    element
}

/// The digest of `<parameters …/>` with these attributes, in their order.
pub fn parameters_digest<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    // Names as they are: some parameters are called `1`, which is no name in XML, and have digests all
    // the same.
    let mut text = String::from(" <parameters");
    for (name, value) in parameters {
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        escape_attribute(value, &mut text);
        text.push('"');
    }
    text.push_str("/>\n");
    md5_hex(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_parameters_have_the_digest_every_cib_shows() {
        assert_eq!(parameters_digest([]), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
    }

    #[test]
    fn parameters_whose_names_xml_does_not_take_have_those_of_their_spelling() {
        assert_eq!(parameters_digest([("1", "a&b")]), md5_hex(b" <parameters 1=\"a&amp;b\"/>\n"));
    }
}
