//! The monitor's screens as text pictures, in `screens/*.txt`. Pure: no terminal, no daemon.
//!
//! `make bless` draws them anew: read the difference as you would code.

use std::path::PathBuf;

use quorate_core::cib::Document;
use quorate_core::node::request::{NodeStatus, TransitionStatus};
use quorate_core::view::Options;
use quorate_tui::action::{self, Action};
use quorate_tui::draw;
use quorate_tui::message::{Key, Message, Request};
use quorate_tui::model::Model;
use quorate_tui::once::Snapshot;
use quorate_tui::update::update;

const NOW: i64 = 1_592_335_500;

const CIB: &str = include_str!("../screens/cluster.xml");

struct Screen {
    model: Model,
    requests: Vec<Request>,
}

impl Screen {
    fn empty(width: u16, height: u16) -> Screen {
        Screen { model: Model::new(Options::default(), false, width, height), requests: Vec::new() }
    }

    fn new(width: u16, height: u16) -> Screen {
        let mut screen = Screen::empty(width, height);
        screen.refresh(&document());
        screen
    }

    fn refresh(&mut self, document: &Document) {
        let status = NodeStatus {
            node: "n1".into(),
            leader: Some("n1".into()),
            quorate: true,
            members: vec!["n1".into(), "n2".into(), "n3".into()],
            ..NodeStatus::default()
        };
        let snapshot = Box::new(Snapshot { document: document.clone(), status: Some(status) });
        self.tell(Message::Refreshed { snapshot, now: NOW });
    }

    fn tell(&mut self, message: Message) {
        self.requests.extend(update(&mut self.model, message));
    }

    /// Letters as they are; `<Name>` for keys without one.
    fn press(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
            let key = match named {
                Some((name, after)) => {
                    rest = after;
                    key(name)
                }
                None => {
                    rest = &rest[first.len_utf8()..];
                    Key::Char(first)
                }
            };
            self.tell(Message::Key(key));
        }
    }

    /// Answers the preview that was asked for, as `fetch` would.
    fn answer_preview(&mut self) {
        let Some(Request::Preview(action)) = self.requests.pop() else { panic!("no preview was asked for") };
        let outcome = action::preview(&action, &document(), quorate_core::time::Now::from_epoch(NOW));
        self.tell(Message::Previewed { action, outcome });
    }

    /// Puts the cursor on the first line with these words.
    fn go_to(&mut self, words: &str) {
        self.press("<Home>");
        let wanted = self.model.rows.iter().position(|row| row.subject.is_some() && row.text.contains(words));
        let wanted = wanted.unwrap_or_else(|| panic!("no line with {words}"));
        while self.model.cursor < wanted {
            self.press("<Down>");
        }
    }

    #[track_caller]
    fn check(&self, name: &str) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("screens/{name}.txt"));
        let picture = draw::picture(&self.model);
        if std::env::var_os("QUORATE_BLESS").is_some() {
            std::fs::write(&path, &picture).expect("a writable picture");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(picture == expected, "{name} differs from {}; now it is\n{picture}", path.display());
    }
}

fn key(name: &str) -> Key {
    match name {
        "Up" => Key::Up,
        "Down" => Key::Down,
        "Home" => Key::Home,
        "End" => Key::End,
        "PageDown" => Key::PageDown,
        "Enter" => Key::Enter,
        "Esc" => Key::Escape,
        "Backspace" => Key::Backspace,
        other => panic!("no key {other}"),
    }
}

fn document() -> Document {
    Document::read(CIB).expect("the pictures' CIB")
}

#[test]
fn the_first_screen_shows_what_matters() {
    Screen::new(90, 32).check("first");
}

#[test]
fn keys_show_and_hide_sections() {
    let mut screen = Screen::new(90, 44);
    screen.press("DrfA");
    screen.check("sections");
    screen.press("DrfA");
    screen.model.height = 32;
    screen.tell(Message::Resized { width: 90, height: 32 });
    screen.check("first");
}

#[test]
fn resources_are_listed_under_their_nodes() {
    let mut screen = Screen::new(90, 40);
    screen.press("Dnr");
    screen.check("by_node");
}

#[test]
fn detail_and_timing_say_everything() {
    let mut screen = Screen::new(140, 50);
    screen.press("DRt");
    screen.check("detail");
}

#[test]
fn a_narrow_terminal_cuts_lines_and_says_so() {
    let mut screen = Screen::new(40, 10);
    screen.check("narrow");
    screen.press("<End>");
    screen.check("narrow_end");
    screen.tell(Message::Resized { width: 5, height: 2 });
    screen.check("tiny");
    screen.press("?");
    draw::picture(&screen.model);
    screen.tell(Message::Resized { width: 1, height: 1 });
    draw::picture(&screen.model);
}

#[test]
fn a_filter_leaves_what_matches() {
    let mut screen = Screen::new(90, 24);
    screen.press("/web");
    screen.check("filter_typing");
    screen.press("<Enter>");
    screen.check("filter");
    screen.press("<Esc>");
    assert!(screen.model.filter.is_empty());
}

#[test]
fn the_help_lists_every_key() {
    let mut screen = Screen::new(90, 30);
    screen.press("?");
    screen.check("help");
    screen.press("x");
    assert!(screen.model.popup.is_none());
}

#[test]
fn an_action_is_previewed_before_it_is_done() {
    let mut screen = Screen::new(90, 32);
    screen.go_to("n2");
    screen.press("<Enter>");
    screen.check("menu_node");
    screen.press("<Enter>");
    assert_eq!(screen.requests, [Request::Preview(Action::Standby { node: "n2".into() })]);
    // Not before the preview is there.
    screen.press("y");
    assert_eq!(screen.requests.len(), 1);
    screen.answer_preview();
    screen.check("preview");
    screen.press("y");
    let action = Action::Standby { node: "n2".into() };
    assert_eq!(screen.requests, [Request::Perform(action.clone())]);
    screen.tell(Message::Performed { action, outcome: Ok(()) });
    screen.check("performed");
}

#[test]
fn leaving_a_preview_changes_nothing() {
    let mut screen = Screen::new(90, 32);
    screen.go_to("db");
    screen.press("<Enter>1");
    screen.check("move_where");
    screen.press("2");
    screen.answer_preview();
    screen.press("n");
    assert!(screen.requests.is_empty() && screen.model.popup.is_none());
}

#[test]
fn a_lost_daemon_leaves_the_old_state_and_says_so() {
    let mut screen = Screen::empty(90, 6);
    screen.check("connecting");
    screen.tell(Message::Lost { why: "the cluster daemon is not running on this node".into() });
    screen.check("never_connected");
    let mut screen = Screen::new(90, 32);
    screen.tell(Message::Lost { why: "the daemon closed it".into() });
    screen.check("lost");
    screen.press("<Enter>");
    assert!(screen.model.popup.is_none(), "nothing can be done without a connection");
    screen.refresh(&document());
    screen.press("<Esc>");
    screen.check("first");
}

#[test]
fn a_running_transition_is_listed_live() {
    let mut screen = Screen::new(90, 36);
    let running = vec![("web_start_0".to_string(), "n2".to_string()), ("db:1_promote_0".to_string(), "n3".to_string())];
    let status = NodeStatus {
        node: "n1".into(),
        quorate: true,
        transition: Some(TransitionStatus { id: 12, actions: 7, running }),
        ..NodeStatus::default()
    };
    screen.tell(Message::Status(Box::new(status)));
    screen.check("transition");
}

#[test]
fn the_cursor_stays_on_its_resource_when_lines_come_and_go() {
    let mut screen = Screen::new(90, 24);
    screen.go_to("web");
    let before = screen.model.rows[screen.model.cursor].clone();
    screen.press("D");
    assert_eq!(screen.model.rows[screen.model.cursor], before);
    screen.press("A");
    assert_eq!(screen.model.rows[screen.model.cursor], before);
}

/// Drawing must not fail whatever the size.
#[test]
fn every_size_can_be_drawn() {
    for width in [1, 2, 7, 20, 80, 300] {
        for height in [1, 2, 3, 5, 24, 100] {
            let mut screen = Screen::new(width, height);
            for keys in ["", "?", "<Esc>/x", "<Esc>", "<Enter>"] {
                screen.press(keys);
                draw::picture(&screen.model);
            }
        }
    }
}
