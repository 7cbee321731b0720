//! The terminal: raw while we are on it, as it was when we are not, after a panic or a signal too.
//!
//! In: keys and sizes from crossterm, signals, messages from `fetch`. Out: pictures, orders.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::DefaultTerminal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use quorate_core::exit;
use quorate_core::view::ViewOptions;
use quorate_transport::store::CibSource;

use crate::draw;
use crate::fetch::{self, Order};
use crate::message::{Key, Message, Request};
use crate::model::Model;
use crate::update::update;

/// Shows the screen until it is left. `after_first` is for tests of what a panic leaves behind.
pub fn run(source: CibSource, options: ViewOptions, after_first: fn()) -> io::Result<()> {
    let read_only = !matches!(source, CibSource::Live { .. });
    // Before the terminal is raw: from then on no signal may end us without our say.
    let signals = Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    let (sender, messages) = channel();
    let at_signal = sender.clone();
    std::thread::spawn(move || heed(signals, &at_signal));
    let mut terminal = ratatui::try_init()?;
    let orders = fetch::start(source, sender.clone());
    std::thread::spawn(move || listen(&sender));
    let outcome = watch(&mut terminal, options, read_only, after_first, &messages, &orders);
    // The terminal may be gone (SIGHUP), and standard error with it: then there is nobody to tell.
    let _ = ratatui::try_restore();
    outcome
}

fn watch(
    terminal: &mut DefaultTerminal,
    options: ViewOptions,
    read_only: bool,
    after_first: fn(),
    messages: &Receiver<Message>,
    orders: &Sender<Order>,
) -> io::Result<()> {
    let size = terminal.size()?;
    let mut model = Model::new(options, read_only, size.width, size.height);
    terminal.draw(|frame| draw::draw(&model, frame))?;
    after_first();
    loop {
        terminal.draw(|frame| draw::draw(&model, frame))?;
        let Ok(first) = messages.recv() else { return Ok(()) };
        // Everything that has happened meanwhile is drawn at once.
        for message in std::iter::once(first).chain(pending(messages)) {
            for request in update(&mut model, message) {
                let order = match request {
                    Request::Quit => return Ok(()),
                    Request::Refresh => {
                        terminal.clear()?;
                        Order::Refresh
                    }
                    Request::Preview(action) => Order::Preview(action),
                    Request::Perform(action) => Order::Perform(action),
                };
                let _ = orders.send(order);
            }
        }
    }
}

fn pending(messages: &Receiver<Message>) -> impl Iterator<Item = Message> {
    std::iter::from_fn(|| messages.try_recv().ok())
}

/// The first signal ends us in order; one more ends us at once, should that take too long.
fn heed(mut signals: Signals, messages: &Sender<Message>) {
    for (count, _) in signals.forever().enumerate() {
        if count > 0 || messages.send(Message::Ended).is_err() {
            let _ = ratatui::try_restore();
            std::process::exit(exit::OK);
        }
    }
}

fn listen(messages: &Sender<Message>) {
    while let Ok(event) = event::read() {
        let message = match event {
            Event::Key(event) => translate(event).map(Message::Key),
            Event::Resize(width, height) => Some(Message::Resized { width, height }),
            _ => None,
        };
        if let Some(message) = message
            && messages.send(message).is_err()
        {
            return;
        }
    }
}

fn translate(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    Some(match event.code {
        KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => Key::Control(letter),
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    })
}
