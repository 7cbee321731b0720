//! What crmsh 5 adds to a new object that a command makes: advised operations, `interleave=true`,
//! `s` behind bare numbers. Done only where the settings ask for it.
//!
//! In: a statement, and what is known of agents. Out: the statement with more in it.
//! Absent: `load` and `edit`, which take their text as it is.

use crate::catalogue::AgentName;
use quorate_core::agent::{Advice, Metadata};
use quorate_core::xml::Element;
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    Agent, AttributeSet, Clone, Kind, Operation, Pair, Part, Primitive, SetBody, SetKind, Setting, Statement,
};
use std::rc::Rc;

/// What is to be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// `interleave`, `promotable`, units of time.
    pub habits: bool,
    /// Operations that resource agents advise.
    pub resources: bool,
    /// Operations that fence agents advise.
    pub fencing: bool,
}

pub type Ask<'a> = &'a dyn Fn(&AgentName) -> Option<Rc<Metadata>>;

/// Adds what is wished for. `configuration` is what the statement will be put onto.
pub fn complete(statement: &mut Statement, wishes: Wishes, configuration: &Element, resolve: Resolve, ask: Ask) {
    match &mut statement.kind {
        Kind::Primitive(primitive) => {
            if wishes.habits {
                with_units(primitive);
            }
            advise(primitive, wishes, resolve, ask);
        }
        Kind::Clone(clone) if wishes.habits => {
            let promotable = !clone.master && can_promote(configuration, &clone.child.text, ask);
            if promotable {
                add_meta(clone, "promotable");
            }
            if is_primitive(configuration, &clone.child.text) {
                add_meta(clone, "interleave");
            }
        }
        Kind::Monitor(monitor) if wishes.habits => {
            for word in std::iter::once(&mut monitor.interval).chain(&mut monitor.timeout) {
                add_unit(word);
            }
        }
        _ => {}
    }
}

/// The agent that a short name means.
pub type Resolve<'a> = &'a dyn Fn(Option<&str>, Option<&str>, &str) -> (String, Option<String>);

fn with_units(primitive: &mut Primitive) {
    for part in &mut primitive.parts {
        let Part::Operation(operation) = part else { continue };
        for (name, value) in &mut operation.attributes {
            if matches!(name.as_str(), "interval" | "timeout") {
                add_unit(value);
            }
        }
    }
}

fn add_unit(word: &mut Word) {
    if !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit()) {
        word.text.push('s');
    }
}

// ---- operations ------------------------------------------------------------------------------------

/// The operations that are written down for a resource, in this order.
const ADVISED: &[&str] = &["monitor", "start", "stop", "promote", "demote"];

fn advise(primitive: &mut Primitive, wishes: Wishes, resolve: Resolve, ask: Ask) {
    let Agent::Type { class, provider, name } = &primitive.agent else { return };
    let (class, provider) =
        resolve(class.as_ref().map(Word::as_str), provider.as_ref().map(Word::as_str), name.as_str());
    let wished = if class == "stonith" { wishes.fencing } else { wishes.resources };
    if !wished {
        return;
    }
    let agent = AgentName { class: &class, provider: provider.as_deref(), name: name.as_str() };
    let Some(metadata) = ask(&agent) else { return };
    // Operations come behind the attributes, as crmsh has it then.
    primitive.parts.sort_by_key(|part| !matches!(part, Part::Set(_)));
    for part in &mut primitive.parts {
        if let Part::Operation(operation) = part {
            add_timeout(operation, &metadata);
        }
    }
    let has = |parts: &[Part], name: &str| {
        parts.iter().any(|part| matches!(part, Part::Operation(operation) if operation.name == *name))
    };
    for name in ADVISED.iter().filter(|name| !has(&primitive.parts, name)).copied().collect::<Vec<_>>() {
        for action in metadata.actions.iter().filter(|action| action.name == name) {
            primitive.parts.push(Part::Operation(advised(action)));
        }
    }
}

fn add_timeout(operation: &mut Operation, metadata: &Metadata) {
    let action = metadata.actions.iter().find(|action| operation.name == *action.name);
    let Some(timeout) = action.and_then(|action| action.timeout.as_deref()) else { return };
    if operation.attributes.iter().all(|(name, _)| name != "timeout") {
        operation.attributes.push(setting("timeout", timeout));
    }
}

fn advised(action: &Advice) -> Operation {
    let interval = action.interval.as_deref().filter(|_| action.name == "monitor").unwrap_or("0s");
    let timeout = action.timeout.iter().map(|timeout| setting("timeout", timeout));
    let role = action.role.iter().map(|role| setting("role", role));
    let mut attributes: Vec<Setting> = timeout.chain([setting("interval", interval)]).chain(role).collect();
    for (name, value) in &mut attributes {
        if matches!(name.as_str(), "interval" | "timeout") {
            add_unit(value);
        }
    }
    Operation { name: Word::new(&action.name), attributes, sets: Vec::new() }
}

fn setting(name: &str, value: &str) -> Setting {
    (Word::new(name), Word::new(value))
}

// ---- clones ----------------------------------------------------------------------------------------

/// NAME=true in the first list of meta attributes, unless some list says something of it.
fn add_meta(clone: &mut Clone, name: &str) {
    let says = |pair: &Pair| matches!(pair, Pair::Named { name: known, .. } if *known == *name);
    let pairs = |set: &AttributeSet| match &set.body {
        SetBody::Own { pairs, .. } if set.kind == SetKind::Meta => pairs.clone(),
        _ => Vec::new(),
    };
    if clone.sets.iter().any(|set| pairs(set).iter().any(says)) {
        return;
    }
    put_meta(clone, Pair::named(name, "true"));
}

/// Puts a pair last into the first list of meta attributes without a rule, or into one of its own.
pub fn put_meta(clone: &mut Clone, pair: Pair) {
    let own = clone.sets.iter_mut().find_map(|set| match &mut set.body {
        SetBody::Own { pairs, rules, .. } if set.kind == SetKind::Meta && rules.is_empty() => Some(pairs),
        _ => None,
    });
    match own {
        Some(pairs) => pairs.push(pair),
        None => clone.sets.push(AttributeSet {
            kind: SetKind::Meta,
            body: SetBody::Own { id: None, score: None, rules: Vec::new(), pairs: vec![pair] },
        }),
    }
}

fn is_primitive(configuration: &Element, id: &str) -> bool {
    quorate_core::cib::objects::find_resource(configuration, id).is_some_and(|object| object.kind == "primitive")
}

/// True if every resource that is to be cloned knows how.
fn can_promote(configuration: &Element, id: &str, ask: Ask) -> bool {
    let Some(object) = quorate_core::cib::objects::find_resource(configuration, id) else { return false };
    let mut primitives = object.element.descendants().filter(|part| part.name == "primitive").peekable();
    primitives.peek().is_some()
        && primitives.all(|primitive| {
            let get = |name| primitive.attr(name);
            let (Some(class), Some(name)) = (get("class"), get("type")) else { return false };
            let agent = AgentName { class, provider: get("provider"), name };
            ask(&agent).is_some_and(|metadata| metadata.offers("promote"))
        })
}
