//! A program's help, taken apart: headings, options, examples, text.
//!
//! In: the text that `--help` prints. Out: a page.
//! Absent: pages of the shell's language (see `language`).

use super::page::{Page, Part};

/// Lines that go on with what an option is for are indented so far.
const CONTINUED: usize = 10;

pub fn page(name: &str, help: &str) -> Page {
    let mut page = Page::new(name, "");
    for line in help.lines() {
        add(&mut page.parts, line);
    }
    page.parts.retain(|part| *part != Part::Paragraph(String::new()));
    page.about = about(&page.parts);
    page
}

/// The first sentence that is no usage.
fn about(parts: &[Part]) -> String {
    let text = parts.iter().find_map(|part| match part {
        Part::Paragraph(text) => Some(text),
        _ => None,
    });
    let first = text.map_or("", |text| text.split(". ").next().unwrap_or(text));
    first.trim_end_matches('.').to_string()
}

fn add(parts: &mut Vec<Part>, line: &str) {
    let text = line.trim();
    let indent = line.len() - line.trim_start().len();
    let usage = text.strip_prefix("Usage: ").or_else(|| text.strip_prefix("usage: "));
    match (indent, usage) {
        _ if text.is_empty() => parts.push(Part::Paragraph(String::new())),
        (0, Some(usage)) => {
            parts.extend([Part::Heading("Usage".to_string()), Part::Literal(usage.to_string())]);
        }
        (0, None) if text.ends_with(':') && text.len() < 40 => {
            parts.push(Part::Heading(text.trim_end_matches(':').to_string()));
        }
        (0, None) => go_on(parts, text),
        (CONTINUED.., _) => explain(parts, text),
        _ => parts.push(entry(text)),
    }
}

/// Text, up to the next empty line.
fn go_on(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Paragraph(before)) if !before.is_empty() => {
            before.push(' ');
            before.push_str(text);
        }
        _ => parts.push(Part::Paragraph(text.to_string())),
    }
}

/// What stands below an option, or far behind nothing: the option's.
fn explain(parts: &mut Vec<Part>, line: &str) {
    match parts.last_mut() {
        Some(Part::Entry { text, .. }) if text.is_empty() => *text = line.to_string(),
        Some(Part::Entry { text, .. }) => {
            text.push(' ');
            text.push_str(line);
        }
        _ => parts.push(Part::Literal(line.to_string())),
    }
}

/// `-x, --name=VALUE   what it does`; what has no such gap and is no option is to be typed.
fn entry(line: &str) -> Part {
    match line.split_once("  ") {
        Some((term, text)) => Part::Entry { term: term.to_string(), text: text.trim().to_string() },
        None if line.starts_with('-') => Part::Entry { term: line.to_string(), text: String::new() },
        None => Part::Literal(line.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_help_is_what_it_looks_like() {
        let help = "Usage:\n  tool [OPTION…]\n\nDoes this. And\nthat.\n\nGeneral:\n  -a, --all    all\n  --far WORD\n                \
                    explained\n                below\n\nExamples:\n  tool -a";
        let page = page("tool", help);
        let entry = |term: &str, text: &str| Part::Entry { term: term.to_string(), text: text.to_string() };
        assert_eq!(page.about, "Does this");
        assert_eq!(
            page.parts,
            [
                Part::Heading("Usage".to_string()),
                Part::Literal("tool [OPTION…]".to_string()),
                Part::Paragraph("Does this. And that.".to_string()),
                Part::Heading("General".to_string()),
                entry("-a, --all", "all"),
                entry("--far WORD", "explained below"),
                Part::Heading("Examples".to_string()),
                Part::Literal("tool -a".to_string()),
            ]
        );
        assert_eq!(super::page("t", "usage: t DIR\n\nWrites.").parts[1], Part::Literal("t DIR".to_string()));
    }
}
