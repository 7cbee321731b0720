//! Whole configure scripts on documents of all kinds: read, lowered, checked, committed as a patch, decided on,
//! carried out on paper, shown. Bytes choose statements from a vocabulary and spoil some of them; documents
//! likewise. Nothing panics, and what was committed is what was meant.
#![no_main]

mod vocabulary;

use libfuzzer_sys::fuzz_target;
use quorate_core::cib::{Document, apply, diff};
use quorate_core::scheduler::{Drawing, Input, decide, resolve};
use quorate_core::simulate::{Injections, Wanted, simulate};
use quorate_core::time::Now;
use quorate_core::view::{Extra, ViewOptions, build, html, text, xml};
use quorate_core::{schema, view};
use quorate_grammar::crm;
use quorate_shell::catalogue::Catalogue;
use quorate_shell::check;
use quorate_shell::configure::lower::{Mode, lower};
use quorate_shell::configure::show;
use vocabulary::Choice;

/// Some time in 2023, on which the vocabulary's dates lie.
const NOW: i64 = 1_700_000_000;

fuzz_target!(|bytes: &[u8]| {
    let mut choice = Choice::new(bytes);
    let catalogue = Catalogue::new(
        &[("heartbeat", &["Dummy", "IPaddr2"]), ("pacemaker", &["Dummy", "Stateful", "ping", "remote"])],
        &["fence_ssh"],
    );
    let Ok(mut document) = Document::read(&vocabulary::document(&mut choice)) else { return };
    for _ in 0..=choice.below(3) {
        document = commit(&document, &mut choice, &catalogue);
        look(&document, &mut choice);
    }
});

/// One script put onto the document and committed, valid or not: somebody may force it.
fn commit(base: &Document, choice: &mut Choice, catalogue: &Catalogue) -> Document {
    let text = vocabulary::script(choice);
    let (statements, _) = crm::parse(&text);
    let mut work = base.clone();
    let mode = [Mode::Create, Mode::Update, Mode::Replace][choice.below(3)];
    let diagnostics = lower(&statements, mode, work.configuration_mut(), catalogue);
    for diagnostic in &diagnostics {
        let _ = diagnostic.picture("script", &text);
    }
    let _ = check::alone(&work, catalogue);
    let _ = schema::new_faults(base.root(), work.root());
    let mut made = apply(base, &diff(base, &work)).expect("a patch fits the document it was made on");
    made.set_version(work.version());
    assert_eq!(made.digest(), work.digest(), "what was committed is what was meant");
    let shown = show::all(work.configuration(), catalogue);
    for statement in &shown {
        let printed = crm::print::print(statement);
        let _ = crm::parse(&printed);
    }
    work
}

fn look(document: &Document, choice: &mut Choice) {
    let now = Now::from_epoch(NOW);
    let draw = Some(Drawing { all: true, numbers: true });
    let input = Input { trace: true, draw, ..Input::new(document, now) };
    let situation = resolve(&input);
    let output = decide(&input, &situation);
    assert_eq!(output.summary.len(), decide(&input, &situation).summary.len(), "the same input, the same answer");
    let wanted = Wanted { decision: true, transition: true, graph: true, ..Wanted::decided(now) };
    let _ = simulate(document, &Injections::default(), &wanted);
    let mut seen = build(document, &situation, &Extra::default());
    let mut options = ViewOptions { sections: view::Sections::all(), ..ViewOptions::default() };
    for name in ["detail", "inactive", "group-by-node", "brief", "timing-details"] {
        if choice.below(2) == 1 {
            options.choose(name);
        }
    }
    if choice.below(4) == 0 {
        options.only_resource = Some(vocabulary::id(choice));
    }
    view::narrow(&mut seen, &options);
    let _ = text::print(&seen, &options);
    let _ = html::print(&seen, &options, &html::Page::default());
    let _ = xml::print(&seen, &options, &xml::Frame::Result { request: String::new() });
}
