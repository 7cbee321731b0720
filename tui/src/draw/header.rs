//! The first line: whose cluster, how it stands, and whether we still hear of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::cells::{fit, width};
use crate::model::{Connection, Model};

pub(super) fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let room = usize::from(area.width);
    let (state, colour) = connection(model);
    let state = fit(&state, room);
    let left = fit(&cluster(model), room.saturating_sub(width(&state) + 1));
    let gap = room.saturating_sub(width(&left) + width(&state));
    let bar = Style::new().add_modifier(Modifier::REVERSED);
    let line = Line::from(vec![
        Span::styled(left, bar.add_modifier(Modifier::BOLD)),
        Span::styled(" ".repeat(gap), bar),
        Span::styled(state, bar.fg(colour)),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

fn cluster(model: &Model) -> String {
    if model.snapshot.is_none() {
        return "crm_mon".to_string();
    }
    let summary = &model.view.summary;
    let dc = summary.dc.as_ref().map_or("none", |dc| dc.name.as_str());
    let quorum = if summary.quorate { "quorum" } else { "NO QUORUM" };
    let nodes = model.view.nodes.iter().filter(|node| node.online).count();
    let all = model.view.nodes.len();
    format!("DC {dc} | {quorum} | {nodes}/{all} nodes | {} resources", summary.instances)
}

fn connection(model: &Model) -> (String, Color) {
    match &model.connection {
        Connection::Connecting => ("connecting".to_string(), Color::Yellow),
        Connection::Live if model.read_only => ("file".to_string(), Color::Blue),
        Connection::Live => (live(model), Color::Green),
        Connection::Lost { .. } if model.snapshot.is_some() => ("LOST, old state".to_string(), Color::Red),
        Connection::Lost { .. } => ("LOST".to_string(), Color::Red),
    }
}

/// With whom: a Pacemaker is named, with its release.
fn live(model: &Model) -> String {
    if !model.snapshot.as_ref().is_some_and(|snapshot| snapshot.pacemaker) {
        return "live".to_string();
    }
    let version = model.view.summary.dc.as_ref().and_then(|dc| dc.version.as_deref()).unwrap_or_default();
    let release = version.split('-').next().unwrap_or_default();
    format!("Pacemaker {release} live").replace("  ", " ")
}
