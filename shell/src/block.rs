//! Lines at the prompt that belong together: because a backslash ends one, or a bracket is still open.
//!
//! In: what is typed so far. Out: whether more is wanted; and the text with such lines joined, every
//! character in its old place. Files need the backslash: there an open bracket is a slip.

use quorate_grammar::crm;
use quorate_grammar::line::{self, Line, LineKind};

/// True while the text ends within a statement. An empty line ends it in any case, so that nobody
/// is caught in a bracket.
pub fn is_open(text: &str) -> bool {
    if line::is_open(text) {
        return true;
    }
    let last = text.rsplit('\n').next().unwrap_or_default();
    !last.trim().is_empty() && last_line(&joined(text)).is_some_and(|line| has_open_bracket(&line))
}

/// The text with blanks for the ends of lines inside brackets.
pub fn joined(text: &str) -> String {
    let mut joined = text.to_string();
    // Each turn joins one more line.
    while let Some(end) = end_inside_brackets(&joined) {
        joined.replace_range(end..=end, " ");
    }
    joined
}

/// The first end of a line whose brackets are still open there.
fn end_inside_brackets(text: &str) -> Option<usize> {
    let (lines, _) = line::lines(text);
    let ends = lines.iter().filter(|line| has_open_bracket(line));
    ends.filter_map(|line| text[line.span.end..].find('\n').map(|at| line.span.end + at)).next()
}

fn last_line(text: &str) -> Option<Line> {
    line::lines(text).0.into_iter().next_back()
}

fn has_open_bracket(line: &Line) -> bool {
    let LineKind::Words(words) = &line.kind else { return false };
    // `configure order …` at the top: levels come before the statement.
    let statement = words.iter().position(|word| crm::is_statement(&word.text));
    statement.is_some_and(|at| crm::has_open_bracket(&words[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_asks_for_more_until_it_is_closed() {
        for (text, open) in [
            ("colocation c inf: (", true),
            ("colocation c inf: ( a b", true),
            ("colocation c inf: ( a\n b", true),
            ("colocation c inf: ( a\n b )", false),
            ("colocation c inf: ( a\n b ) [c", true),
            ("configure order o [a b", true),
            ("location l { a", true),
            ("location l { a } 100: n1", false),
            ("alert a /x select attributes {", true),
            ("alert a /x to { /y", true),
            ("property s: rule ( #uname eq n1", true),
            ("primitive p Dummy params x=(", false),
            ("primitive p Dummy params x=\"(\"", false),
            ("show (", false),
            ("tag t a \\", true),
            ("colocation c inf: ( a\n", false),
            ("colocation c inf: ( a\n  ", false),
        ] {
            assert_eq!(is_open(text), open, "{text:?}");
        }
    }

    #[test]
    fn joined_lines_keep_every_place() {
        let text = "order o (a\n é b\n) c\nshow";
        assert_eq!(joined(text), "order o (a  é b ) c\nshow");
        assert_eq!(joined("order o ( a \\\n b\n) c"), "order o ( a \\\n b ) c");
        assert_eq!(joined("show\norder o a b"), "show\norder o a b");
    }
}
