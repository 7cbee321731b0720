//! The model as a picture. Nothing here changes the model.

mod body;
mod footer;
mod header;
mod popup;

use ratatui::Frame;
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};

use quorate_core::view::outline::Tone;

use crate::model::Model;

pub fn draw(model: &Model, frame: &mut Frame) {
    let bars = [Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)];
    let [top, middle, bottom] = Layout::vertical(bars).areas(frame.area());
    header::draw(model, frame, top);
    body::draw(model, frame, middle);
    footer::draw(model, frame, bottom);
    if let Some(popup) = &model.popup {
        popup::draw(popup, frame, frame.area());
    }
}

/// The screen as text, line by line, for tests and for showing to others.
pub fn picture(model: &Model) -> String {
    let backend = TestBackend::new(model.width, model.height);
    let mut terminal = ratatui::Terminal::new(backend).expect("a test backend always works");
    terminal.draw(|frame| draw(model, frame)).expect("a test backend always works");
    let buffer = terminal.backend().buffer();
    let line = |y: u16| -> String { (0..model.width).map(|x| buffer[(x, y)].symbol()).collect() };
    (0..model.height).map(|y| format!("{}\n", line(y).trim_end())).collect()
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Heading => Style::new().add_modifier(Modifier::BOLD),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Bad => Style::new().fg(Color::Red),
        Tone::Aside => Style::new().fg(Color::Blue),
        Tone::Warning => Style::new().fg(Color::Yellow),
    }
}

/// A text that does not fit ends in a sign that says so.
fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut kept: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn what_does_not_fit_says_so() {
        for (text, width, shown) in [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abc", 1, "…"), ("abc", 0, "")] {
            assert_eq!(fit(text, width), shown);
        }
    }
}
