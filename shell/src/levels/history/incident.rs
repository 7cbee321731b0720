//! `history incident`: the page of a failover.
//!
//! In: the logs and the saved inputs. Out: text.
//! Absent: what belongs to an incident (see `history::incident`).

use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::history::archive::Archive;
use crate::history::incident::line::Line;
use crate::history::incident::page::page;
use crate::history::incident::{Outage, incidents};
use crate::session::Session;
use quorate_tools::why::why;

pub fn incident(session: &mut Session, call: &Call) -> Outcome {
    let back: usize = match call.argument(0).map(str::parse) {
        None => 1,
        Some(Ok(number)) if number > 0 => number,
        Some(_) => return Err(Failure::misused(call.span(0), "1 is the latest incident, 2 the one before")),
    };
    let archive = logged(session)?;
    let all = incidents(archive.log().iter().filter_map(|line| Line::parse(line)).collect());
    let Some(incident) = all.len().checked_sub(back).and_then(|at| all.get(at)) else {
        let known = match all.len() {
            0 => "the log tells of no incident".to_string(),
            count => format!("the log tells of {count} incidents"),
        };
        return Err(Failure::refused(known).hint("the log of the node that led then tells most: see `report`"));
    };
    let which = format!("{back} of {}", all.len());
    let text = page(incident, &which, &|outage| reasons(archive, outage));
    session.page(&text);
    Ok(())
}

/// Where logs are; a node that never led has no inputs beside them.
fn logged(session: &mut Session) -> Outcome<&Archive> {
    if session.kept.history.archive.is_none() && session.kept.history.source.is_none() {
        let read = Archive::below(&session.environment.node.root);
        super::archive::keep(session, Some(read));
    }
    super::archive(session)
}

/// What spoke for the place, from the input that it was decided from.
fn reasons(archive: &Archive, outage: &Outage) -> Vec<String> {
    let Some(name) = &outage.decided_from else { return Vec::new() };
    let Ok(input) = archive.find(name) else {
        return vec![format!("{}: {name} is kept on the node that led then", outage.resource)];
    };
    let lines = why(&input.document, &outage.resource, None).unwrap_or_default();
    match &outage.to {
        Some(to) if outage.promoted => promoted(&lines, to),
        _ => lines,
    }
}

/// Of all instances the one that is promoted on this node: its heading, and what is below it.
fn promoted(lines: &[String], to: &str) -> Vec<String> {
    let headings = [
        format!(" promoted on {to}, and that is its place."),
        format!(" on {to}; its place is promoted there."),
        format!("its place is promoted on {to}."),
    ];
    let mut kept = Vec::new();
    let mut wanted = false;
    for line in lines {
        if !line.starts_with(' ') {
            wanted = headings.iter().any(|heading| line.ends_with(heading.as_str()));
        }
        if wanted {
            kept.push(line.clone());
        }
    }
    kept
}
