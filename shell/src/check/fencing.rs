//! Parameters of fence devices that the cluster itself reads: which hosts, how long, how often.
//!
//! In: a primitive that fences. Out: diagnostics at its words.
//! Absent: the agent's own parameters (see `agent`).

use super::facts::Facts;
use super::{misplaced, sets};
use quorate_core::agent::Metadata;
use quorate_core::cib::model::kind::Kind;
use quorate_core::cib::objects;
use quorate_core::fencing::parameter;
use quorate_grammar::crm::ast::{Pair, Part, Primitive, SetKind};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Word, literal};

pub fn check(primitive: &Primitive, facts: &Facts, found: &mut Vec<Diagnostic>) {
    let mut given: Vec<(&str, &Word)> = Vec::new();
    for part in &primitive.parts {
        let Part::Set(set) = part else { continue };
        if set.kind != SetKind::Params {
            continue;
        }
        for pair in sets::pairs(set) {
            let Pair::Named { name, value, .. } = pair else { continue };
            let text = value.as_ref().map_or("", |value| value.text.as_str());
            found.extend(parameter::without_effect(&name.text, text).map(|text| Diagnostic::warning(name.span, text)));
            if let Some(value) = value {
                self::value(&name.text, value, facts, found);
                given.push((name.text.as_str(), value));
            }
        }
    }
    beside_others(&given, found);
}

/// What the agent is asked for, or is to be asked for instead.
pub fn actions(primitive: &Primitive, metadata: &Metadata, found: &mut Vec<Diagnostic>) {
    let has = |action: &str| metadata.actions.iter().any(|known| known.name == action);
    for part in &primitive.parts {
        let set = match part {
            Part::Set(set) if set.kind == SetKind::Params => set,
            Part::Operation(operation) => {
                misplaced::never_run(operation, "stonith", found);
                continue;
            }
            _ => continue,
        };
        for pair in sets::pairs(set) {
            let Pair::Named { name, value: Some(value), .. } = pair else { continue };
            let is_action = name.text.strip_prefix("pcmk_").is_some_and(|rest| rest.ends_with("_action"));
            // Agents need not name what all of them have.
            if is_action && !has(&value.text) && !matches!(value.as_str(), "metadata" | "monitor") {
                let text = format!("the agent has no action `{}`", value.text);
                let mut diagnostic = Diagnostic::warning(value.span, text);
                let names = metadata.actions.iter().map(|action| action.name.as_str());
                diagnostic.hint = closest(&value.text, names).map(|near| format!("did you mean `{near}`?"));
                found.push(diagnostic);
            }
        }
    }
}

fn value(name: &str, value: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) {
    match name {
        "pcmk_host_list" => {
            let hosts = value.text.split([' ', ',', ';', '\t']).filter(|host| !host.is_empty());
            hosts.for_each(|host| known(host, value, facts, found));
        }
        "pcmk_host_map" => mapped(value, facts, found),
        // A time for all, or one for each node.
        "pcmk_delay_base" if value.text.contains(':') => {
            let pairs = value.text.split([';', ' ', '\t']).filter_map(|pair| pair.split_once(':'));
            pairs.for_each(|(host, _)| known(host, value, facts, found));
        }
        _ => {
            let kind = match name.strip_prefix("pcmk_") {
                Some(rest) if rest.ends_with("_timeout") || rest.starts_with("delay_") => Kind::Time,
                Some(rest) if rest.ends_with("_retries") || rest == "action_limit" => Kind::Integer,
                _ => return,
            };
            if !kind.takes(&value.text) {
                let text = format!("`{name}` is {}, not `{}`", kind.words(), value.text);
                found.push(Diagnostic::error(value.span, text));
            }
        }
    }
}

/// Parameters that others make idle.
fn beside_others(given: &[(&str, &Word)], found: &mut Vec<Diagnostic>) {
    let get = |name: &str| given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let time = |value: &Word| literal::interval_ms(&value.text).ok();
    if let (Some(list), Some(check)) = (get("pcmk_host_list"), get("pcmk_host_check"))
        && matches!(check.as_str(), "none" | "dynamic-list" | "status")
    {
        let text = format!("`pcmk_host_list` has no effect beside `pcmk_host_check={}`", check.text);
        found.push(Diagnostic::warning(list.span, text));
    }
    if let (Some(base), Some(most)) = (get("pcmk_delay_base"), get("pcmk_delay_max"))
        && time(most).is_some_and(|most| most > 0 && time(base).is_some_and(|base| base > most))
    {
        let text = format!("the delay is {}, which is `pcmk_delay_max`, and not {}", most.text, base.text);
        found.push(Diagnostic::warning(base.span, text));
    }
}

/// `node1:1;node2:2,3`.
fn mapped(value: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) {
    for entry in value.text.split([';', ' ', '\t']).filter(|entry| !entry.is_empty()) {
        match entry.split_once([':', '=']) {
            Some((host, port)) if !host.is_empty() && !port.is_empty() => {
                known(host, value, facts, found);
                listed(host, port, value, found);
            }
            _ => {
                let text = format!("`{entry}` in `pcmk_host_map` is no HOST:PORT");
                found.push(Diagnostic::error(value.span, text).hint("such as `node1:1;node2:2,3`"));
            }
        }
    }
}

/// Commas part the ports of one host: what looks like another host behind one is a port.
fn listed(host: &str, ports: &str, value: &Word, found: &mut Vec<Diagnostic>) {
    if let Some(other) = ports.split(',').skip(1).find(|port| port.contains([':', '='])) {
        let text = format!("`{other}` is a port of `{host}` here: a comma parts the ports of one host");
        found.push(Diagnostic::warning(value.span, text).hint("hosts are parted by `;`: `node1:1;node2:2,3`"));
    }
}

fn known(host: &str, value: &Word, facts: &Facts, found: &mut Vec<Diagnostic>) {
    let nodes = objects::all_node_names(facts.configuration);
    if nodes.is_empty() || nodes.iter().any(|node| node == host) {
        return;
    }
    let mut diagnostic = Diagnostic::warning(value.span, format!("there is no node `{host}`"));
    diagnostic.hint = closest(host, nodes.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
    found.push(diagnostic);
}
