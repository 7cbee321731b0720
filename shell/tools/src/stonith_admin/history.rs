//! What was fenced: shown, forgotten.
//!
//! In: what the daemon remembers. Out: an answer.

use super::fencer::{ask, status};
use super::options::Wish;
use crate::answer::Answer;
use crate::clock;
use crate::door;
use crate::standard::Failed;
use quorate_core::cib::objects;
use quorate_core::fencing::FencingEvent;
use quorate_core::fencing::history::FencingState;
use quorate_core::node::Request;
use quorate_core::view::cluster::FencingState as Shown;
use quorate_core::view::outline::fencing_line;
use quorate_core::view::{ClusterView, Extra, Section, Sections, ViewOptions, words, xml};
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::zone;

/// `--history`
pub fn show(node: &str, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let all = matches!(node, "" | "*");
    if wish.cleanup {
        if !wish.quiet {
            let of = if all { "all nodes".to_string() } else { node.to_string() };
            answer.line(format!("cleaning up fencing-history for {}", if all { "node *" } else { &of }));
        }
        let node = (!all).then(|| node.to_string());
        return ask(&Request::ForgetFencing { node }, wish).map_err(door::failed);
    }
    let status = status(wish.timeout)?;
    let mut events = Extra::of(&status).fencing;
    events.retain(|event| all || event.target == node);
    if wish.quiet {
        let last = events.iter().find(|event| event.state == Shown::Succeeded).and_then(|event| event.completed);
        answer.line(last.unwrap_or(0).to_string());
        return Ok(());
    }
    let sections = Sections::of(&[Section::FencingFailed, Section::FencingPending, Section::FencingSucceeded]);
    let options = ViewOptions { sections, detail: true, zone: zone::local(), ..ViewOptions::default() };
    let mut element = Element::new("fence_history").with("target", if all { "*" } else { node });
    let mut shown = 0;
    let mut told: Vec<&str> = Vec::new();
    for event in &events {
        // But in full, of each node the last success is told.
        let wanted = wish.verbose || (event.state == Shown::Succeeded && !told.contains(&event.target.as_str()));
        if wanted {
            told.push(&event.target);
            shown += 1;
            answer.line(fencing_line(event, None, &options).text);
        }
    }
    let view = ClusterView { fencing: events.clone(), ..ClusterView::default() };
    for part in xml::sections(&view, &options).iter().filter(|part| part.name == "fence_history") {
        element.children.extend(part.children.iter().cloned());
    }
    let plural = if shown == 1 { "" } else { "s" };
    answer.line(format!("{shown} event{plural} found"));
    answer.part(element);
    Ok(())
}

/// `--last`
pub fn last(node: &str, wish: &Wish, answer: &mut Answer) -> Result<(), Failed> {
    let status = status(wish.timeout)?;
    let name = match wish.as_id {
        false => node.to_string(),
        true => {
            let document =
                door::read(&Environment::of_process().first_source(), ANSWER_WITHIN).map_err(door::failed)?;
            let found = objects::find_node(document.configuration(), node);
            found.and_then(|object| object.element.attr("uname").map(str::to_string)).unwrap_or_default()
        }
    };
    let done = status.fencing.iter().filter(|event| event.target == name && event.state == FencingState::Succeeded);
    match done.map(|event| event.at).max() {
        Some(at) => {
            answer.line(format!("Node {node} last fenced at: {}", words::time(at, &zone::local())));
            answer.part(Element::new("last-fenced").with("target", node).with("when", words::time(at, &zone::local())));
        }
        None => answer.line(format!("Node {node} has never been fenced")),
    }
    Ok(())
}

/// Whether the same was done within the tolerance.
pub fn was_just_done(node: &str, action: &str, wish: &Wish) -> Result<bool, Failed> {
    if wish.tolerance.is_zero() {
        return Ok(false);
    }
    let since = clock::now().epoch() - wish.tolerance.as_secs() as i64;
    let same = |event: &FencingEvent| {
        event.target == node && event.action == action && event.state == FencingState::Succeeded && event.at >= since
    };
    Ok(status(wish.timeout)?.fencing.iter().any(same))
}
