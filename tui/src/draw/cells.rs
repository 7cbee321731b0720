//! Text in cells of the terminal: how wide it is, how it is cut and coloured.

use quorate_core::view::outline::Tone;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

pub(super) fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Heading => Style::new().add_modifier(Modifier::BOLD),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Bad => Style::new().fg(Color::Red),
        Tone::Aside => Style::new().fg(Color::Blue),
        Tone::Warning => Style::new().fg(Color::Yellow),
    }
}

/// How many cells a text takes: some glyphs take two, and some marks none.
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// A text that does not fit ends in a sign that says so; no glyph is cut through.
pub(super) fn fit(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let (mut kept, mut taken) = (String::new(), 0);
    for glyph in Span::raw(text).styled_graphemes(Style::new()) {
        taken += width(glyph.symbol);
        if taken >= room {
            break;
        }
        kept.push_str(glyph.symbol);
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// The same, filled up with blanks.
pub(super) fn fill(text: &str, room: usize) -> String {
    let text = fit(text, room);
    let missing = room.saturating_sub(width(&text));
    text + &" ".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::{fill, fit};

    #[test]
    fn what_does_not_fit_says_so() {
        for (text, room, shown) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("状態", 4, "状態"),
            ("状態", 3, "状…"),
            ("状態", 2, "…"),
            ("e\u{301}tat", 3, "e\u{301}t…"),
        ] {
            assert_eq!(fit(text, room), shown, "{text} in {room}");
        }
    }

    #[test]
    fn blanks_fill_what_a_wide_glyph_leaves() {
        assert_eq!((fill("ab", 4), fill("状態", 4), fill("状態x", 4)), ("ab  ".into(), "状態".into(), "状… ".into()));
    }
}
