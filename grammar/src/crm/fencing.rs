//! `fencing_topology`: which devices fence which target, in which order.
//!
//! In: a reader after the keyword. Out: `Topology`.
//! Absent: whether the devices exist.

use crate::crm::ast::{FencingTarget, Levels, Topology};
use crate::crm::expect::Expected;
use crate::crm::reader::{Parsed, Reader};
use crate::diagnostic::Diagnostic;
use crate::line::Token;

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
            if levels.last().is_some_and(|levels| levels.devices.is_empty()) {
                return Err(Diagnostic::error(
                    token.span,
                    format!("expected a fencing device, found `{}`", token.text),
                )
                .into());
            }
            reader.next();
            levels.push(Levels { target, devices: Vec::new() });
            continue;
        }
        check_device(token)?;
        reader.next();
        match levels.last_mut() {
            Some(last) => last.devices.push(token.word()),
            None => levels.push(Levels { target: FencingTarget::Every, devices: vec![token.word()] }),
        }
    }
    if levels.is_empty() {
        return Err(reader.stop());
    }
    if levels.last().is_some_and(|levels| levels.devices.is_empty()) {
        return Err(reader.stop());
    }
    Ok(Topology { levels })
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
