//! The monitor's screens as text pictures, in `screens/*.txt`. Pure: no terminal, no daemon.
//!
//! `make bless` draws them anew: read the difference as you would code.

use std::path::PathBuf;

use quorate_core::cib::Document;
use quorate_core::node::request::{NodeStatus, TransitionStatus};
use quorate_core::view::ViewOptions;
use quorate_tui::action::{self, Action};
use quorate_tui::draw;
use quorate_tui::message::{Key, Message, Request};
use quorate_tui::model::{Model, Popup, Preview};
use quorate_tui::snapshot::Snapshot;
use quorate_tui::update::update;

const NOW: i64 = 1_592_335_500;

const CIB: &str = include_str!("../screens/cluster.xml");

struct Screen {
    model: Model,
    requests: Vec<Request>,
}

impl Screen {
    fn empty(width: u16, height: u16) -> Screen {
        Screen { model: Model::new(ViewOptions::default(), false, width, height), requests: Vec::new() }
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
        let snapshot = Box::new(Snapshot { document: document.clone(), status: Some(status), pacemaker: false });
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
        let outcome = outcome.map_err(|error| error.to_string());
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

// ---- every size --------------------------------------------------------------------------------------

/// Some words in glyphs that are two cells wide, and a mark that has no cell of its own.
const WIDE: &str = "\u{72b6}\u{614b}\u{30d5}\u{30a1}\u{30a4}\u{30eb} \u{1f980} e\u{301}tat";

/// A screen of this size, with a failure that is told in wide glyphs.
fn sized(width: u16, height: u16) -> Screen {
    let mut screen = Screen::empty(width, height);
    screen.refresh(&Document::read(&CIB.replace("state file is gone", WIDE)).expect("the pictures' CIB"));
    screen
}

/// What is drawn, cell by cell: a wide glyph has its second cell empty.
fn cells(screen: &Screen) -> Vec<Vec<String>> {
    let row = |line: &str| {
        let mut cells: Vec<String> = Vec::new();
        for glyph in line.chars().map(String::from) {
            match (draw::width(&glyph), cells.last_mut()) {
                (0, Some(last)) => last.push_str(&glyph),
                (width, _) => {
                    cells.push(glyph);
                    cells.extend((1..width).map(|_| String::new()));
                }
            }
        }
        cells.resize(cells.len().max(usize::from(screen.model.width)), " ".to_string());
        cells
    };
    draw::picture(&screen.model).lines().map(row).collect()
}

fn joined(cells: &[String]) -> String {
    cells.concat().trim_end().to_string()
}

/// Whether a text stands there whole, or as far as there is room and with a sign that it goes on.
fn stands(shown: &str, text: &str, room: usize) -> bool {
    let text = text.trim_end();
    if draw::width(text) <= room {
        return shown == text;
    }
    if room == 0 {
        return shown.is_empty();
    }
    // A wide glyph may leave one cell before the sign.
    let cut = shown.strip_suffix('…').is_some_and(|start| text.starts_with(start));
    cut && draw::width(shown) + 1 >= room
}

fn check_sizes(keys: &str, holds: impl Fn(&Screen, &[Vec<String>])) {
    check_sizes_of(keys, |screen| screen.press(keys), holds);
}

/// The same after what else happens to a screen; `story` is for whoever reads of a failure.
fn check_sizes_of(story: &str, happens: impl Fn(&mut Screen), holds: impl Fn(&Screen, &[Vec<String>])) {
    for width in (1..=24).chain([30, 40, 41, 60, 80, 132]) {
        // Drawn at one size, then made larger and smaller, as terminals are.
        let mut screen = sized(width, 24);
        happens(&mut screen);
        for height in [24, 60, 25, 12].into_iter().chain((1..=8).rev()) {
            screen.tell(Message::Resized { width, height });
            let cells = cells(&screen);
            let context = || format!("{width}x{height} after \"{story}\"\n{}", draw::picture(&screen.model));
            assert_eq!(cells.len(), usize::from(height), "{}", context());
            assert!(cells.iter().all(|row| row.len() == usize::from(width)), "{}", context());
            let run = std::panic::AssertUnwindSafe(|| holds(&screen, &cells));
            std::panic::catch_unwind(run).unwrap_or_else(|_| panic!("{}", context()));
        }
    }
}

/// The first line: the connection always, the cluster as far as there is room.
fn check_header(screen: &Screen, cells: &[Vec<String>]) {
    let width = usize::from(screen.model.width);
    let line = joined(&cells[0]);
    let state = if width < 4 { format!("{}…", &"live"[..width - 1]) } else { "live".to_string() };
    assert!(line.ends_with(&state), "{line}");
    let left = line[..line.len() - state.len()].trim_end();
    assert!(stands(left, "DC n1 | quorum | 3/3 nodes | 6 resources", width.saturating_sub(5)), "{left}");
}

/// The last line: keys with their words, none cut through.
fn check_keys(screen: &Screen, cells: &[Vec<String>]) {
    let line = joined(cells.last().expect("a line"));
    let keys: Vec<String> = quorate_tui::keys::BINDINGS
        .iter()
        .filter_map(|binding| Some(format!("{} {}", binding.name, binding.short?)))
        .collect();
    let fitting = (0..=keys.len()).rev().map(|count| keys[..count].join("  ")).find(|text| *text == line);
    assert!(fitting.is_some(), "{line}");
    assert!(screen.model.width < 9 || line.starts_with("? help"), "{line}");
}

/// The lines between: each as far as there is room, the cursor's among them, a bar if there are more.
fn check_body(screen: &Screen, cells: &[Vec<String>]) {
    let model = &screen.model;
    let height = cells.len() - 2;
    let overflows = model.rows.len() > height;
    let width = usize::from(model.width) - usize::from(overflows);
    assert!((model.top..model.top + height).contains(&model.cursor), "the cursor is out of sight");
    for (at, row) in model.rows.iter().skip(model.top).take(height).enumerate() {
        let text = format!("{}{}", "  ".repeat(row.depth), row.text);
        let shown = joined(&cells[at + 1][..width]);
        assert!(stands(&shown, &text, width), "`{shown}` for `{text}`");
    }
    let bars = cells[1..=height].iter().filter(|row| matches!(row.last().map(String::as_str), Some("║" | "█")));
    assert_eq!(bars.count(), if overflows { height } else { 0 });
}

#[test]
fn every_size_shows_the_cluster_the_lines_and_the_keys() {
    for keys in ["", "<End>", "nr<PageDown>", "Df<Down><Down>"] {
        check_sizes(keys, |screen, cells| {
            if cells.len() >= 3 {
                check_header(screen, cells);
                check_body(screen, cells);
                check_keys(screen, cells);
            }
        });
    }
}

/// A box: its frame whole, nothing of what lies under it inside, its lines as far as there is room.
fn check_box(screen: &Screen, cells: &[Vec<String>], title: &str, lines: &[String]) {
    let (width, height) = (usize::from(screen.model.width), cells.len());
    if width < 6 || height < 3 {
        return;
    }
    let corner = |sign: &str| {
        let found = cells.iter().enumerate().find_map(|(y, row)| Some((row.iter().position(|cell| cell == sign)?, y)));
        found.unwrap_or_else(|| panic!("no {sign}"))
    };
    let ((left, top), (right, bottom)) = (corner("┌"), corner("┘"));
    assert_eq!((corner("┐"), corner("└")), ((right, top), (left, bottom)), "the frame is torn");
    assert!(joined(&cells[top][left..right]).contains(title) || right - left < draw::width(title) + 4, "no title");
    let room = right - left - 3;
    let mut inside = Vec::new();
    for row in &cells[top + 1..bottom] {
        assert_eq!((row[left].as_str(), row[right].as_str()), ("│", "│"), "a side is torn");
        inside.push(joined(&row[left + 2..right - 1]));
    }
    let is_run = |at: usize| inside.iter().zip(&lines[at..]).all(|(shown, line)| stands(shown, line, room));
    assert!((0..=lines.len() - inside.len()).any(is_run), "{inside:?}");
}

#[test]
fn every_size_shows_the_help_in_a_whole_box() {
    let lines: Vec<String> =
        quorate_tui::keys::BINDINGS.iter().map(|binding| format!("{:<10}{}", binding.name, binding.words)).collect();
    for keys in ["?", "?<Down><Down>"] {
        check_sizes(keys, |screen, cells| check_box(screen, cells, "Keys", &lines));
    }
}

#[test]
fn every_size_shows_a_menu_in_a_whole_box() {
    check_sizes("/Node n2<Enter><Enter>", |screen, cells| {
        let Some(Popup::Menu { title, entries, .. }) = &screen.model.popup else { return };
        let lines: Vec<String> =
            entries.iter().enumerate().map(|(at, entry)| format!("{} {}", at + 1, entry.words)).collect();
        check_box(screen, cells, title, &lines);
    });
}

/// What the scheduler makes of an action.
type Answer = Result<Vec<String>, String>;

/// What is drawn in the box of a preview, and what is asked below it.
fn preview_box(model: &Model) -> Option<(String, Vec<String>, &'static str)> {
    let Some(Popup::Preview { action, state, .. }) = &model.popup else { return None };
    let text = action.to_string();
    let title = format!("{}{}", text[..1].to_uppercase(), &text[1..]);
    Some(match state {
        Preview::Waiting => (title, vec!["asking the scheduler…".to_string()], "Esc leave"),
        Preview::Ready(changes) => {
            let changes = changes.iter().map(|change| format!("  {change}"));
            let lines = std::iter::once("The cluster would then:".to_string()).chain(changes).collect();
            (title, lines, "y do it, n leave it")
        }
        Preview::Failed(why) => (title, vec![format!("Cannot be done: {why}")], "Esc leave"),
        Preview::Performing => (title, vec!["on its way…".to_string()], "Esc leave"),
    })
}

/// The question stands in the lower edge, as far as there is room.
fn check_question(cells: &[Vec<String>], question: &str) {
    let Some(edge) = cells.iter().map(|row| joined(row)).rev().find(|row| row.contains('└')) else { return };
    let start: String = question.chars().take(3).collect();
    let room = edge.chars().filter(|sign| *sign == '─').count();
    assert!(edge.contains(&start) || room < 6, "{edge}");
}

#[test]
fn every_size_shows_a_preview_in_a_whole_box() {
    let standby = || Action::Standby { node: "n2".into() };
    let long = (1..=40).map(|at| format!("move resource number {at} from n2 to n3 {WIDE}")).collect::<Vec<_>>();
    let outcomes: [(Option<Answer>, &str); 5] = [
        (None, ""),
        (Some(Ok(long.clone())), ""),
        (Some(Ok(long)), "<Down><Down>"),
        (Some(Ok(vec!["nothing".into()])), "y"),
        (Some(Err(format!("there is no node {WIDE}"))), ""),
    ];
    for (outcome, keys) in outcomes {
        let answered = |screen: &mut Screen| {
            screen.go_to("n2");
            screen.press("<Enter><Enter>");
            if let Some(outcome) = &outcome {
                screen.tell(Message::Previewed { action: standby(), outcome: outcome.clone() });
            }
            screen.press(keys);
        };
        check_sizes_of(keys, answered, |screen, cells| {
            let (title, lines, question) = preview_box(&screen.model).expect("a preview is open");
            check_box(screen, cells, &title, &lines);
            check_question(cells, question);
        });
    }
}

/// The reason at the bottom, the state at the top, what was known between them.
#[test]
fn every_size_says_that_the_daemon_is_lost() {
    let why = format!("the daemon closed it {WIDE}");
    for keys in ["", "<End>", "nr<PageDown>"] {
        let lose = |screen: &mut Screen| {
            screen.press(keys);
            screen.tell(Message::Lost { why: why.clone() });
        };
        check_sizes_of(keys, lose, |screen, cells| {
            if cells.len() < 3 {
                return;
            }
            let width = usize::from(screen.model.width);
            let (first, last) = (joined(&cells[0]), joined(cells.last().expect("a line")));
            let state = "LOST, old state";
            assert!(first.ends_with(state) || width <= draw::width(state) && stands(&first, state, width), "{first}");
            assert!(stands(&last, &format!("{why}; trying again"), width), "{last}");
            check_body(screen, cells);
        });
    }
}

/// Who never had a connection is told what is tried, as far as there is room for the words.
#[test]
fn every_size_says_that_there_never_was_a_daemon() {
    let why = "the cluster daemon is not running on this node";
    for width in 1..=100 {
        for height in 1..=12 {
            let mut screen = Screen::empty(width, height);
            screen.tell(Message::Lost { why: why.into() });
            let cells = cells(&screen);
            let context = draw::picture(&screen.model);
            assert_eq!(cells.len(), usize::from(height), "{context}");
            if height < 3 {
                continue;
            }
            assert!(joined(&cells[0]).ends_with("LOST") || width < 4, "{context}");
            let body: Vec<String> = cells[1..cells.len() - 1].iter().map(|row| joined(row)).collect();
            let said = body.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            let whole = format!("Trying to reach the cluster: {why}");
            let lines = whole.len() / usize::from(width.saturating_sub(8).max(1)) + 1;
            assert!(said == whole || width < 12 || body.len() < lines, "{context}");
        }
    }
}

#[test]
fn every_size_shows_the_filter_while_it_is_typed() {
    check_sizes("/web", |screen, cells| {
        if cells.len() >= 3 {
            let line = joined(cells.last().expect("a line"));
            assert!(stands(&line, "/web_", usize::from(screen.model.width)), "{line}");
            check_header(screen, cells);
        }
    });
}
