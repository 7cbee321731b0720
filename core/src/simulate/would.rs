//! "The cluster would …": what follows, in lines for people.
//!
//! In: a document in the words of the newest schema, a moment. Out: text.

use super::request::{NoPreview, after};
use super::simulated::{Injections, Simulated, Wanted, simulate};
use crate::cib::{Document, upgrade};
use crate::node::Request;
use crate::note::Severity;
use crate::scheduler::{Drawing, Input, Output, schedule};
use crate::status;
use crate::time::Now;
use crate::transition::summary;

/// What the cluster would do with the document.
pub fn would(document: &Document, now: Now) -> String {
    let output = schedule(&Input::new(document, now));
    format!("{}{}", complaints(document, &output), told("The cluster would", &output))
}

/// What would follow if the daemon were asked for all of this.
///
/// # Errors
/// What is asked for is not there, or changes nothing that could be shown.
pub fn would_after(document: &Document, requests: &[Request], now: Now) -> Result<String, NoPreview> {
    let after = after(document, requests, now)?;
    Ok(format!("{}{}", after.supposed, would(&after.document, now)))
}

/// The planned changes, one a line, at any moment and in any schema.
pub fn changes(document: &Document, now: Now) -> Vec<String> {
    summary::lines(&schedule(&Input::new(&upgrade::latest_or_same(document), now)).summary)
}

/// The plan in Graphviz's language, at any moment and in any schema.
pub fn picture(document: &Document, now: Now) -> String {
    let document = upgrade::latest_or_same(document);
    schedule(&Input { draw: Some(Drawing::default()), ..Input::new(&document, now) }).dot
}

/// What follows when something is stopped, and let go on as soon as all of that is done.
///
/// # Errors
/// Those of whoever lets it go on.
pub fn stop_and_go<E>(
    stopped: &Document,
    now: Now,
    go: impl FnOnce(&mut Document) -> Result<(), E>,
) -> Result<String, E> {
    let wanted = Wanted { transition: true, ..Wanted::decided(now) };
    let done = simulate(stopped, &Injections::default(), &wanted).expect("nothing is supposed");
    let Simulated { output: Some(output), transition: Some(transition), .. } = done else {
        unreachable!("both were wanted");
    };
    let mut text = format!("{}{}", complaints(stopped, &output), told("The cluster would first", &output));
    if !transition.complete {
        text.push_str("This would not come to an end, so nothing would be started again.\n");
        return Ok(text);
    }
    let mut document = transition.document;
    go(&mut document)?;
    text.push_str(&told("and then", &schedule(&Input::new(&document, now))));
    Ok(text)
}

fn complaints(document: &Document, output: &Output) -> String {
    let mut text = String::new();
    let online = status::read(document.status()).nodes.iter().filter(|node| node.member.is_in()).count();
    if online == 0 {
        text.push_str("(no node is online in this CIB)\n");
    }
    for note in output.notes.iter().filter(|note| note.severity > Severity::Notice) {
        text.push_str(&format!("{}: {}\n", note.about, note.message));
    }
    text
}

fn told(beginning: &str, output: &Output) -> String {
    let lines = summary::lines(&output.summary);
    if lines.is_empty() {
        return format!("{beginning} do nothing.\n");
    }
    let lines: String = lines.iter().map(|line| format!("  * {line}\n")).collect();
    format!("{beginning}:\n{lines}")
}
