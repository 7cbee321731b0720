//! The model as a picture. Nothing here changes the model.

mod body;
mod cells;
mod footer;
mod header;
mod popup;

use ratatui::Frame;
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout};

use crate::model::Model;
pub use cells::width;

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
    let line = |y: u16| -> String {
        let (mut text, mut x) = (String::new(), 0);
        while x < model.width {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(symbol);
            // A wide one lies over the cells that follow it.
            x += width(symbol).max(1) as u16;
        }
        text
    };
    (0..model.height).map(|y| format!("{}\n", line(y).trim_end())).collect()
}
