//! The last line: news, the filter, or the keys, as many as fit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::cells::fit;
use crate::keys::BINDINGS;
use crate::model::{Connection, Model};

pub(super) fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    frame.render_widget(Paragraph::new(line(model, usize::from(area.width))), area);
}

fn line(model: &Model, width: usize) -> Line<'static> {
    if model.typing_filter {
        return Line::from(fit(&format!("/{}_", model.filter), width));
    }
    if let Some(notice) = &model.notice {
        let colour = if notice.good { Color::Green } else { Color::Red };
        return Line::styled(fit(&notice.text, width), Style::new().fg(colour));
    }
    if let Connection::Lost { why } = &model.connection {
        return Line::styled(fit(&format!("{why}; trying again"), width), Style::new().fg(Color::Red));
    }
    if !model.filter.is_empty() {
        return Line::from(fit(&format!("only lines with \"{}\" (Esc: all)", model.filter), width));
    }
    keys(width)
}

fn keys(width: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut left = width;
    for (name, short) in BINDINGS.iter().filter_map(|binding| Some((binding.name, binding.short?))) {
        let needed = name.chars().count() + short.chars().count() + 3;
        if needed > left {
            break;
        }
        left -= needed;
        spans.push(Span::styled(name, Style::new().add_modifier(Modifier::BOLD)));
        spans.push(Span::raw(format!(" {short}  ")));
    }
    Line::from(spans)
}
