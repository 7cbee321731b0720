//! `fencing_topology`: which devices fence which target, in which order.
//!
//! In: a reader after the keyword. Out: `Topology`.
//! Absent: whether the devices exist.

use crate::crm::ast::{FencingLevel, FencingTarget, Levels, Topology};
use crate::crm::expect::Expected;
use crate::crm::reader::{Parsed, Reader};
use crate::diagnostic::Diagnostic;
use crate::line::Token;
use crate::span::Word;

pub fn topology(reader: &mut Reader) -> Parsed<Topology> {
    let mut levels: Vec<Levels> = Vec::new();
    loop {
        reader.want(Expected::Device);
        let every = levels.first().is_some_and(|levels| levels.target == FencingTarget::Every);
        if !every {
            reader.want(Expected::FencingTarget);
        }
        let Some(token) = reader.peek() else { break };
        if let Some(target) = target(token) {
            if every {
                return Err(Diagnostic::error(token.span, "devices for every node stand before this target")
                    .hint("name the targets of all devices, or of none")
                    .into());
            }
            if levels.last().is_some_and(|levels| levels.levels.is_empty()) {
                return Err(Diagnostic::error(
                    token.span,
                    format!("expected a fencing device, found `{}`", token.text),
                )
                .into());
            }
            reader.next();
            levels.push(Levels { target, levels: Vec::new() });
            continue;
        }
        let level = level(reader)?;
        match levels.last_mut() {
            Some(last) => last.levels.push(level),
            None => levels.push(Levels { target: FencingTarget::Every, levels: vec![level] }),
        }
    }
    if levels.last().is_none_or(|levels| levels.levels.is_empty()) {
        return Err(reader.stop());
    }
    Ok(Topology { levels: merged(levels) })
}

/// A target that comes again goes on where it stopped, unless its levels are numbered by hand.
fn merged(levels: Vec<Levels>) -> Vec<Levels> {
    let mut merged: Vec<Levels> = Vec::new();
    for one in levels {
        let numbered = one.levels.iter().any(|level| level.index.is_some());
        match merged.iter_mut().find(|before| !numbered && before.target == one.target) {
            Some(before) => before.levels.extend(one.levels),
            None => merged.push(one),
        }
    }
    merged
}

/// `[$id=ID] [index=N] DEVICE[,DEVICE]…`
fn level(reader: &mut Reader) -> Parsed<FencingLevel> {
    let id = reader.prefixed("$id=");
    let index = reader.prefixed("index=");
    if let Some(word) = index.as_ref().filter(|index| !index.text.parse::<u32>().is_ok_and(|n| n > 0)) {
        return Err(Diagnostic::error(word.span, format!("`{}` is no number of a level", word.text))
            .hint("levels are numbered from 1")
            .into());
    }
    let Some(token) = reader.peek() else { return Err(reader.stop()) };
    check_device(token)?;
    reader.next();
    Ok(FencingLevel {
        id,
        index: index.map(|index| Word::at(index.text.trim_start_matches('0'), index.span)),
        devices: token.word(),
    })
}

fn target(token: &Token) -> Option<FencingTarget> {
    let text = &token.text;
    if let Some(rest) = text.strip_prefix("attr:") {
        let at = 5 + rest.find('=').filter(|at| *at > 0)?;
        return Some(FencingTarget::Attribute { name: token.slice(5..at), value: token.slice(at + 1..text.len()) });
    }
    if text.len() > 8 && text.starts_with("pattern:") {
        return Some(FencingTarget::Pattern(token.slice(8..text.len())));
    }
    (text.len() > 1 && text.ends_with(':')).then(|| FencingTarget::Node(token.slice(0..text.len() - 1)))
}

fn check_device(token: &Token) -> Parsed<()> {
    let plain = |device: &str| !device.is_empty() && !device.contains([':', '=', '(', ')']);
    if token.text.split(',').all(plain) {
        return Ok(());
    }
    Err(Diagnostic::error(token.span, format!("`{}` is no device, nor a target", token.text))
        .hint("write `NODE: DEVICE …`; devices used together are joined by commas without blanks")
        .into())
}
