//! What lies over the screen: help, a menu, a preview with its question.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use super::cells::{fill, fit, width};
use crate::keys::BINDINGS;
use crate::model::{Entry, Popup, Preview};

pub(super) fn draw(popup: &Popup, frame: &mut Frame, screen: Rect) {
    match popup {
        Popup::Help { top } => draw_box("Keys", &help(), *top, None, "any other key closes", frame, screen),
        Popup::Menu { title, entries, at } => {
            draw_box(title, &menu(entries), at.saturating_sub(8), Some(*at), "Enter choose, Esc leave", frame, screen);
        }
        Popup::Preview { action, state, top } => {
            let (lines, question) = preview(state);
            draw_box(&capital(&action.to_string()), &lines, *top, None, question, frame, screen);
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn help() -> Vec<String> {
    BINDINGS.iter().map(|binding| format!("{:<10}{}", binding.name, binding.words)).collect()
}

fn menu(entries: &[Entry]) -> Vec<String> {
    if entries.is_empty() {
        return vec!["nothing can be done here".to_string()];
    }
    entries.iter().enumerate().map(|(at, entry)| format!("{} {}", at + 1, entry.words)).collect()
}

fn preview(state: &Preview) -> (Vec<String>, &'static str) {
    match state {
        Preview::Waiting => (vec!["asking the scheduler…".to_string()], "Esc leave"),
        Preview::Ready(changes) => {
            let mut lines = vec!["The cluster would then:".to_string()];
            lines.extend(changes.iter().map(|change| format!("  {change}")));
            (lines, "y do it, n leave it")
        }
        Preview::Failed(why) => (vec![format!("Cannot be done: {why}")], "Esc leave"),
        Preview::Performing => (vec!["on its way…".to_string()], "Esc leave"),
    }
}

/// A box in the middle, as large as needed and possible.
fn draw_box(
    title: &str,
    lines: &[String],
    top: usize,
    cursor: Option<usize>,
    question: &str,
    frame: &mut Frame,
    screen: Rect,
) {
    let widest = lines.iter().map(|line| width(line)).chain([width(title), width(question)]).max();
    let width = (widest.unwrap_or(0) as u16).saturating_add(4).min(screen.width);
    let height = (lines.len() as u16).saturating_add(2).min(screen.height);
    let area =
        Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height };
    let inner = usize::from(width).saturating_sub(4);
    let visible = usize::from(height).saturating_sub(2);
    let top = top.min(lines.len().saturating_sub(visible));
    let shown = lines.iter().enumerate().skip(top).take(visible).map(|(at, line)| {
        let text = format!(" {} ", fill(line, inner));
        let chosen = cursor == Some(at);
        Line::styled(text, if chosen { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() })
    });
    let border = Block::bordered()
        .border_style(Style::new().fg(Color::Cyan))
        .title(format!(" {} ", fit(title, inner)))
        .title_bottom(format!(" {} ", fit(question, inner)));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()).block(border), area);
}
