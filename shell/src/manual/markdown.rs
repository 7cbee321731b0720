//! A page in Markdown, as books are made of.
//!
//! In: a page. Out: its text.
//! Absent: where it is written.

use super::page::{Page, Part};

pub fn print(page: &Page) -> String {
    let mut text = format!("# {}\n\n{}\n", plain(&page.name), plain(&page.about));
    for (at, part) in page.parts.iter().enumerate() {
        // Entries that follow each other are one list.
        let goes_on = matches!(part, Part::Entry { .. })
            && matches!(at.checked_sub(1).and_then(|before| page.parts.get(before)), Some(Part::Entry { .. }));
        if !goes_on {
            text.push('\n');
        }
        text += &match part {
            Part::Heading(title) => format!("## {}\n", plain(title)),
            Part::Subheading(title) => format!("### {}\n", code(title)),
            Part::Paragraph(words) => format!("{}\n", plain(words)),
            Part::Entry { term, text } => format!("- {}: {}\n", code(term), plain(text)),
            Part::Literal(lines) => literal(lines),
        };
    }
    text
}

/// Text in which nothing is meant otherwise than it stands.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if "\\`*_{}[]<>#|~".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// As it is typed, within a line: behind more marks than it holds itself.
fn code(text: &str) -> String {
    let marks = "`".repeat(longest_run(text) + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{marks}{gap}{text}{gap}{marks}")
}

fn literal(lines: &str) -> String {
    let marks = "`".repeat((longest_run(lines) + 1).max(3));
    format!("{marks}text\n{lines}\n{marks}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_meant_otherwise_than_it_stands() {
        let mut page = Page::new("tool", "does *this* <NAME>");
        page.parts = vec![
            Part::Heading("A_B".into()),
            Part::Entry { term: "-a, --all=`X`".into(), text: "all [of] it".into() },
            Part::Entry { term: "-b".into(), text: "b".into() },
            Part::Literal("a ``` b".into()),
        ];
        let expected = "# tool\n\ndoes \\*this\\* \\<NAME\\>\n\n## A\\_B\n\n- `` -a, --all=`X` ``: all \\[of\\] it\n- `-b`: b\n\n\
                        ````text\na ``` b\n````\n";
        assert_eq!(print(&page), expected);
    }
}
