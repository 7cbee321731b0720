//! What a message changes, and what follows from it.
//!
//! In: the model and a message. Out: the model, and requests. Pure: no clock, no socket, no terminal.

use quorate_core::cib::model::resource::Role;
use quorate_core::time::Now;
use quorate_core::view::cluster::{Common, NodeKind, NodeView, PrimitiveView, ResourceView};
use quorate_core::view::filter::Section;
use quorate_core::view::narrow;
use quorate_core::view::outline::Subject;

use crate::action::{self, Action};
use crate::keys::{self, Command};
use crate::message::{Key, Message, Request};
use crate::model::{Choice, Connection, Entry, Model, Notice, Popup, Preview};
use crate::{rows, snapshot};

pub fn update(model: &mut Model, message: Message) -> Vec<Request> {
    match message {
        Message::Key(key) => return press(model, key),
        Message::Ended => return vec![Request::Quit],
        Message::Resized { width, height } => {
            (model.width, model.height) = (width, height);
            keep_cursor_in_sight(model);
        }
        Message::Refreshed { snapshot, now } => {
            model.snapshot = Some(*snapshot);
            model.fetched = now;
            model.connection = Connection::Live;
            rebuild(model);
        }
        Message::Status(status) => {
            if let Some(snapshot) = &mut model.snapshot {
                snapshot.status = Some(*status);
                model.connection = Connection::Live;
                rebuild(model);
            }
        }
        Message::Lost { why } => model.connection = Connection::Lost { why },
        Message::Previewed { action, outcome } => previewed(model, &action, outcome),
        Message::Performed { action, outcome } => performed(model, &action, outcome),
    }
    Vec::new()
}

/// The view and its lines from the newest state; the cursor stays on what it was on.
fn rebuild(model: &mut Model) {
    let Some(snapshot) = &model.snapshot else { return };
    let mut view = snapshot::view(snapshot, Now::in_zone(model.fetched, &model.options.zone), &model.options);
    narrow(&mut view, &model.options);
    model.view = view;
    relist(model);
}

fn relist(model: &mut Model) {
    let before = model.rows.get(model.cursor).cloned();
    let status = model.snapshot.as_ref().and_then(|snapshot| snapshot.status.as_ref());
    model.rows = rows::rows(&model.view, status, &model.options, &model.filter);
    let again = before.as_ref().and_then(|before| {
        let same_line = model.rows.iter().position(|row| row == before);
        let same_subject = || model.rows.iter().position(|row| row.subject.is_some() && row.subject == before.subject);
        same_line.or_else(same_subject)
    });
    let first = || model.rows.iter().position(|row| row.subject.is_some());
    model.cursor = match before {
        None => first().unwrap_or(0),
        Some(_) => again.unwrap_or(model.cursor),
    };
    keep_cursor_in_sight(model);
}

fn keep_cursor_in_sight(model: &mut Model) {
    let (height, last) = (model.body_height(), model.rows.len().saturating_sub(1));
    model.cursor = model.cursor.min(last);
    let highest_top = model.rows.len().saturating_sub(height);
    model.top = model.top.min(highest_top).min(model.cursor).max((model.cursor + 1).saturating_sub(height));
    // At the first thing that can be pointed at, the titles above it are worth seeing.
    if model.rows.iter().take(model.cursor).all(|row| row.subject.is_none()) && model.cursor < height {
        model.top = 0;
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Request> {
    if key == Key::Control('c') {
        return vec![Request::Quit];
    }
    model.notice = None;
    if model.typing_filter {
        type_filter(model, key);
        return Vec::new();
    }
    match model.popup.take() {
        Some(Popup::Help { top }) => press_in_help(model, key, top),
        Some(Popup::Menu { title, entries, at }) => return press_in_menu(model, key, title, entries, at),
        Some(Popup::Preview { action, state, top }) => return press_in_preview(model, key, action, state, top),
        None => return press_on_screen(model, key),
    }
    Vec::new()
}

fn type_filter(model: &mut Model, key: Key) {
    match key {
        Key::Enter => model.typing_filter = false,
        Key::Escape => {
            model.typing_filter = false;
            model.filter.clear();
        }
        Key::Backspace => {
            model.filter.pop();
        }
        Key::Char(letter) => model.filter.push(letter),
        _ => {}
    }
    relist(model);
}

fn press_in_help(model: &mut Model, key: Key, top: usize) {
    let top = match keys::command(key) {
        Some(Command::Up) => top.saturating_sub(1),
        Some(Command::Down) => (top + 1).min(keys::BINDINGS.len().saturating_sub(1)),
        _ => return,
    };
    model.popup = Some(Popup::Help { top });
}

fn press_in_menu(model: &mut Model, key: Key, title: String, entries: Vec<Entry>, at: usize) -> Vec<Request> {
    let at = match (key, keys::command(key)) {
        (Key::Enter, _) => return choose(model, entries.get(at)),
        (Key::Escape, _) | (_, Some(Command::Quit)) => return Vec::new(),
        (Key::Char(digit @ '1'..='9'), _) => {
            let chosen = digit as usize - '1' as usize;
            if chosen < entries.len() {
                return choose(model, entries.get(chosen));
            }
            at
        }
        (_, Some(Command::Up)) => at.checked_sub(1).unwrap_or(entries.len().saturating_sub(1)),
        (_, Some(Command::Down)) => (at + 1) % entries.len().max(1),
        _ => at,
    };
    model.popup = Some(Popup::Menu { title, entries, at });
    Vec::new()
}

fn choose(model: &mut Model, entry: Option<&Entry>) -> Vec<Request> {
    match entry.map(|entry| entry.choice.clone()) {
        None => Vec::new(),
        Some(Choice::MoveWhere { resource }) => {
            model.popup = Some(where_to(model, &resource));
            Vec::new()
        }
        Some(Choice::Do(action)) => {
            model.popup = Some(Popup::Preview { action: action.clone(), state: Preview::Waiting, top: 0 });
            vec![Request::Preview(action)]
        }
    }
}

fn press_in_preview(model: &mut Model, key: Key, action: Action, state: Preview, top: usize) -> Vec<Request> {
    let lines = match &state {
        Preview::Ready(lines) => lines.len(),
        _ => 0,
    };
    let (state, top, requests) = match (key, keys::command(key)) {
        (Key::Char('y'), _) if matches!(state, Preview::Ready(_)) => {
            (Preview::Performing, top, vec![Request::Perform(action.clone())])
        }
        (Key::Escape | Key::Char('n'), _) | (_, Some(Command::Quit)) => return Vec::new(),
        (_, Some(Command::Up)) => (state, top.saturating_sub(1), Vec::new()),
        (_, Some(Command::Down)) => (state, (top + 1).min(lines.saturating_sub(1)), Vec::new()),
        _ => (state, top, Vec::new()),
    };
    model.popup = Some(Popup::Preview { action, state, top });
    requests
}

fn press_on_screen(model: &mut Model, key: Key) -> Vec<Request> {
    let Some(command) = keys::command(key) else {
        if key == Key::Escape && !model.filter.is_empty() {
            model.filter.clear();
            relist(model);
        }
        return Vec::new();
    };
    let page = model.body_height().saturating_sub(1).max(1);
    match command {
        Command::Quit => return vec![Request::Quit],
        Command::Refresh => return vec![Request::Refresh],
        Command::Help => model.popup = Some(Popup::Help { top: 0 }),
        Command::Filter => model.typing_filter = true,
        Command::Menu => open_menu(model),
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::PageUp => jump(model, model.cursor.saturating_sub(page)),
        Command::PageDown => jump(model, model.cursor + page),
        Command::First => jump(model, 0),
        Command::Last => jump(model, usize::MAX),
        command => toggle(model, command),
    }
    Vec::new()
}

/// To the next line that says something.
fn step(model: &mut Model, by: isize) {
    let mut at = model.cursor;
    while let Some(next) = at.checked_add_signed(by).filter(|next| *next < model.rows.len()) {
        at = next;
        if !model.rows[at].text.is_empty() {
            break;
        }
    }
    jump(model, at);
}

fn jump(model: &mut Model, to: usize) {
    model.cursor = to;
    keep_cursor_in_sight(model);
}

fn toggle(model: &mut Model, command: Command) {
    let options = &mut model.options;
    let mut flip = |section| options.sections = options.sections.toggled(section);
    match command {
        Command::FailCounts => flip(Section::FailCounts),
        Command::Operations => flip(Section::Operations),
        Command::Attributes => flip(Section::Attributes),
        Command::Bans => flip(Section::Bans),
        Command::Tickets => flip(Section::Tickets),
        Command::Fencing => flip(Section::FencingSucceeded),
        Command::Summary => Section::SUMMARY.into_iter().filter(|part| *part != Section::Options).for_each(flip),
        Command::GroupByNode => options.group_by_node = !options.group_by_node,
        Command::Inactive => options.inactive = !options.inactive,
        Command::Detail => options.detail = !options.detail,
        Command::Brief => options.brief = !options.brief,
        Command::Timing => {
            options.timing = !options.timing;
            if options.timing {
                options.sections = options.sections.with(Section::Operations);
            }
        }
        _ => {}
    }
    relist(model);
}

fn previewed(model: &mut Model, of: &Action, outcome: Result<Vec<String>, String>) {
    if let Some(Popup::Preview { action, state, .. }) = &mut model.popup
        && action == of
        && *state == Preview::Waiting
    {
        *state = match outcome {
            Ok(lines) => Preview::Ready(lines),
            Err(why) => Preview::Failed(why),
        };
    }
}

fn performed(model: &mut Model, of: &Action, outcome: Result<(), String>) {
    if matches!(&model.popup, Some(Popup::Preview { action, .. }) if action == of) {
        model.popup = None;
    }
    model.notice = Some(match outcome {
        Ok(()) => Notice { text: format!("Done: {of}"), good: true },
        Err(why) => Notice { text: format!("Not done: {of}: {why}"), good: false },
    });
}

fn open_menu(model: &mut Model) {
    let subject = model.rows.get(model.cursor).and_then(|row| row.subject.clone());
    let refuse = |text: &str| Some(Notice { text: text.to_string(), good: false });
    match subject {
        _ if model.read_only => model.notice = refuse("this is a file: nothing can be done to it here"),
        _ if model.connection != Connection::Live => model.notice = refuse("there is no connection to the cluster"),
        None => model.notice = refuse("nothing can be done with this line; go to a node or a resource"),
        Some(Subject::Node(name)) => {
            let node = model.view.nodes.iter().find(|node| node.name == name);
            let entries = node.map(node_entries).unwrap_or_default();
            model.popup = Some(Popup::Menu { title: format!("Node {name}"), entries, at: 0 });
        }
        Some(Subject::Resource(id)) => {
            let entries = resource_entries(model, &id);
            model.popup = Some(Popup::Menu { title: format!("Resource {id}"), entries, at: 0 });
        }
    }
}

fn entry(words: &str, action: Action) -> Entry {
    Entry { words: words.to_string(), choice: Choice::Do(action) }
}

fn node_entries(view: &NodeView) -> Vec<Entry> {
    let node = || view.name.clone();
    let standby = match view.standby || view.standby_on_fail {
        true => entry("Online: end standby", Action::Online { node: node() }),
        false => entry("Standby: move everything away", Action::Standby { node: node() }),
    };
    let maintenance = match view.maintenance {
        true => entry("Ready: end maintenance", Action::Ready { node: node() }),
        false => entry("Maintenance: leave everything alone", Action::Maintenance { node: node() }),
    };
    vec![standby, maintenance]
}

fn resource_entries(model: &Model, id: &str) -> Vec<Entry> {
    let resource = || id.to_string();
    let top = top_of(model, id);
    let common = common_of(&model.view.resources, id).cloned().unwrap_or_default();
    let stop = match common.target_role.as_deref().and_then(Role::parse) == Some(Role::Stopped) {
        true => entry("Start", Action::Start { resource: resource() }),
        false => entry("Stop", Action::Stop { resource: resource() }),
    };
    let manage = match common.managed {
        true => entry("Unmanage: leave it alone", Action::Unmanage { resource: resource() }),
        false => entry("Manage", Action::Manage { resource: resource() }),
    };
    let mut entries = vec![
        Entry { words: format!("Move {top}…"), choice: Choice::MoveWhere { resource: top.clone() } },
        stop,
        entry("Cleanup: forget failures", Action::Cleanup { resource: resource() }),
        manage,
    ];
    if was_moved(model, &top) {
        entries.insert(1, entry("Clear: forget moves and bans", Action::ClearMoves { resource: top }));
    }
    entries
}

fn was_moved(model: &Model, id: &str) -> bool {
    let document = model.snapshot.as_ref().map(|snapshot| &snapshot.document);
    document.is_some_and(|document| action::was_moved(document, id))
}

fn top_of(model: &Model, id: &str) -> String {
    let document = model.snapshot.as_ref().map(|snapshot| &snapshot.document);
    document.and_then(|document| action::top_of(document, id)).unwrap_or_else(|| id.to_string())
}

fn common_of<'a>(resources: &'a [ResourceView], id: &str) -> Option<&'a Common> {
    let named = |primitive: &&'a PrimitiveView| primitive.common.id == id;
    resources.iter().find_map(|resource| {
        let itself = Some(resource.common()).filter(|common| common.id == id);
        itself.or_else(|| resource.primitives().into_iter().find(named).map(|primitive| &primitive.common))
    })
}

fn where_to(model: &Model, resource: &str) -> Popup {
    let nodes = model.view.nodes.iter().filter(|node| node.online && node.kind != NodeKind::Guest);
    let entries = nodes.map(|node| {
        let action = Action::Move { resource: resource.to_string(), node: node.name.clone() };
        Entry { words: node.name.clone(), choice: Choice::Do(action) }
    });
    Popup::Menu { title: format!("Move {resource} to"), entries: entries.collect(), at: 0 }
}
