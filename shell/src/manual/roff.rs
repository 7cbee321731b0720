//! A page in the form that `man` reads (`man(7)`).
//!
//! In: a page. Out: its text.
//! Absent: where it is written.

use super::page::{Page, Part};
use roff::{Inline, Roff, bold, roman};

pub fn print(page: &Page) -> String {
    let mut roff = Roff::new();
    let title = page.name.to_uppercase();
    let version = format!("Quorate {}", env!("CARGO_PKG_VERSION"));
    roff.control("TH", [title.as_str(), "8", "", version.as_str(), "Quorate"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("{} - {}", page.name, page.about))]);
    page.parts.iter().for_each(|part| add(&mut roff, part));
    roff.to_roff()
}

fn add(roff: &mut Roff, part: &Part) {
    match part {
        Part::Heading(text) => {
            roff.control("SH", [text.to_uppercase().as_str()]);
        }
        Part::Subheading(text) => {
            roff.control("SS", [text.as_str()]);
        }
        Part::Paragraph(text) => {
            roff.control("PP", []).text([roman(text)]);
        }
        Part::Entry { term, text } => {
            roff.control("TP", []).text([bold(term)]).text([roman(text)]);
        }
        Part::Literal(text) => literal(roff, text),
    }
}

fn literal(roff: &mut Roff, text: &str) {
    let lines = [Inline::from(text)];
    roff.control("PP", []).control("RS", ["4"]).control("nf", []).text(lines).control("fi", []).control("RE", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_command_of_roff_is_text() {
        let mut page = Page::new("tool", "is");
        page.parts = vec![Part::Literal(".hidden 'a' \\b -x".to_string())];
        let text = print(&page);
        assert!(text.contains(".SH NAME\ntool \\- is\n"), "{text}");
        assert!(text.contains("\n\\&.hidden "), "{text}");
    }
}
