//! The lines, with the cursor on one of them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState, Wrap};

use super::cells::{fill, fit, style};
use crate::model::{Connection, Model};
use crate::rows::Row;

pub(super) fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    if model.snapshot.is_none() {
        return frame.render_widget(Paragraph::new(waiting(model)).wrap(Wrap { trim: true }), area);
    }
    let height = usize::from(area.height);
    let overflows = model.rows.len() > height;
    let width = usize::from(area.width).saturating_sub(usize::from(overflows));
    let shown = model.rows.iter().enumerate().skip(model.top).take(height);
    let lines: Vec<Line> = shown.map(|(at, row)| line(row, at == model.cursor, width)).collect();
    frame.render_widget(Paragraph::new(lines), area);
    if overflows {
        let mut state = ScrollbarState::new(model.rows.len() - height).position(model.top);
        let bar = Scrollbar::new(ScrollbarOrientation::VerticalRight).begin_symbol(None).end_symbol(None);
        frame.render_stateful_widget(bar, area, &mut state);
    }
}

fn waiting(model: &Model) -> String {
    match &model.connection {
        Connection::Lost { why } => format!("Trying to reach the cluster: {why}"),
        _ => "Waiting for the cluster…".to_string(),
    }
}

fn line(row: &Row, is_cursor: bool, width: usize) -> Line<'static> {
    let text = fit(&format!("{}{}", "  ".repeat(row.depth), row.text), width);
    let look = if row.title { Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD) } else { style(row.tone) };
    if is_cursor {
        // The whole line, so that the cursor is seen on short ones too.
        return Line::styled(fill(&text, width), look.add_modifier(Modifier::REVERSED));
    }
    Line::styled(text, look)
}
