//! Nodes and resources: node, primitive, rsc_template, group, clone, ms, monitor.
//!
//! In: a reader after the keyword. Out: the statement's value.
//! Absent: bundles; agents' metadata.

use crate::crm::ast::{
    Agent, AttributeSet, Clone, Group, Monitor, Node, Operation, Operations, Part, Primitive, SetBody, SetKind, Setting,
};
use crate::crm::attributes::{implicit_set, set, sets};
use crate::crm::expect::{
    Expected, NODE_KINDS, OLD_OPERATION_ATTRIBUTES, OPERATION_ATTRIBUTES, OPERATION_NAMES, ROLES,
};
use crate::crm::reader::{Parsed, Reader, meant, one_of, split};
use crate::diagnostic::{Diagnostic, closest};
use crate::line::Token;
use crate::span::Word;

const CLASSES: &[&str] = &["ocf", "stonith", "systemd", "lsb", "service", "heartbeat", "upstart", "nagios"];
const BODY: &[&str] = &["params", "meta", "utilization", "operations", "op"];
const OPERATION_BODY: &[&str] = &["op_params", "op_meta", "params", "meta", "utilization", "operations", "op"];

pub fn node(reader: &mut Reader) -> Parsed<Node> {
    let id = match reader.prefixed("$id=") {
        Some(id) => Some(id),
        None => reader.labelled(Expected::NodeId),
    };
    reader.want(Expected::Node);
    let Some(token) = reader.peek().filter(|token| split(token).is_none()) else { return Err(reader.stop()) };
    let (name, kind) = node_name(token)?;
    reader.next();
    let description = reader.description();
    let score = reader.prefixed("$score=");
    let sets = sets(reader, &[SetKind::Attributes, SetKind::Utilization], Some(SetKind::Attributes))?;
    Ok(Node { id: id.filter(|id| *id != name), name, kind, description, score, sets })
}

fn node_name(token: &Token) -> Parsed<(Word, Option<Word>)> {
    let Some(colon) = token.text.rfind(':') else { return Ok((token.word(), None)) };
    let kind = token.slice(colon + 1..token.text.len());
    Ok((token.slice(0..colon), Some(one_of(kind, "a kind of node", NODE_KINDS)?)))
}

pub fn primitive(reader: &mut Reader) -> Parsed<Primitive> {
    let id = reader.id()?;
    reader.want(Expected::Template);
    let agent = match reader.peek().and_then(template_name) {
        Some(template) => {
            reader.next();
            Agent::Template(template)
        }
        None => agent(reader)?,
    };
    finish_primitive(reader, id, agent)
}

pub fn template(reader: &mut Reader) -> Parsed<Primitive> {
    let id = reader.id()?;
    let agent = agent(reader)?;
    finish_primitive(reader, id, agent)
}

fn template_name(token: &Token) -> Option<Word> {
    (token.text.len() > 1 && token.text.starts_with('@')).then(|| token.slice(1..token.text.len()))
}

fn agent(reader: &mut Reader) -> Parsed<Agent> {
    reader.want(Expected::Agent);
    let Some(token) = reader.peek().filter(|token| split(token).is_none()) else { return Err(reader.stop()) };
    let text = &token.text;
    if text.starts_with('@') {
        let what = if text.len() == 1 { "names no template" } else { "is a template, and an agent is needed" };
        return Err(Diagnostic::error(token.span, format!("`{text}` {what}")).into());
    }
    let whole = 0..text.len();
    let Some(first) = text.find(':') else {
        reader.next();
        return Ok(Agent::Type { class: None, provider: None, name: token.slice(whole) });
    };
    let written = token.slice(0..first);
    let class = one_of(written.clone(), "a class of agents", CLASSES)?;
    if class != written {
        let text = format!("the class `{}` is written `{class}`", written.text);
        reader.diagnostics.push(Diagnostic::warning(written.span, text));
    }
    // Only ocf has providers; elsewhere a further colon belongs to the name.
    let second = text[first + 1..].find(':').map(|at| first + 1 + at).filter(|_| class == "ocf");
    let provider = second.map(|second| token.slice(first + 1..second));
    let name = token.slice(second.unwrap_or(first) + 1..text.len());
    if name.text.is_empty() || provider.as_ref().is_some_and(|provider| provider.text.is_empty()) {
        return Err(Diagnostic::error(token.span, format!("`{text}` names no agent"))
            .hint("an agent is CLASS:TYPE, for ocf CLASS:PROVIDER:TYPE")
            .into());
    }
    reader.next();
    Ok(Agent::Type { class: Some(class), provider, name })
}

fn finish_primitive(reader: &mut Reader, id: Word, agent: Agent) -> Parsed<Primitive> {
    let description = reader.description();
    let mut parts: Vec<Part> = implicit_set(reader, SetKind::Params, BODY)?.into_iter().map(Part::Set).collect();
    loop {
        if reader.keyword("params") {
            parts.push(Part::Set(set(reader, SetKind::Params, BODY)?));
        } else if reader.keyword("meta") {
            parts.push(Part::Set(set(reader, SetKind::Meta, BODY)?));
        } else if reader.keyword("utilization") {
            parts.push(Part::Set(set(reader, SetKind::Utilization, BODY)?));
        } else if reader.keyword("operations") {
            parts.push(Part::Operations(operations(reader)?));
        } else if reader.keyword("op") {
            parts.push(Part::Operation(operation(reader)?));
        } else {
            return Ok(Primitive { id, agent, description, parts });
        }
    }
}

/// Without an id it says that there are operations, be it none.
fn operations(reader: &mut Reader) -> Parsed<Operations> {
    let mut operations = Operations::default();
    loop {
        if let Some(id) = reader.prefixed("$id=") {
            operations.id = Some(id);
        } else if let Some(id) = reader.prefixed("$id-ref=") {
            operations.reference = Some(id);
        } else {
            return Ok(operations);
        }
    }
}

fn operation(reader: &mut Reader) -> Parsed<Operation> {
    let name = reader.name(Expected::OperationName)?;
    if !OPERATION_NAMES.contains(&name.as_str())
        && let Some(known) = closest(&name.text, OPERATION_NAMES.iter().copied())
    {
        reader.diagnostics.push(
            Diagnostic::warning(name.span, format!("`{}` is no operation that the cluster knows", name.text))
                .hint(meant(known)),
        );
    }
    let (attributes, extra) = operation_attributes(reader)?;
    let mut sets: Vec<AttributeSet> = extra.into_iter().collect();
    loop {
        if reader.keyword("op_params") {
            sets.push(set(reader, SetKind::OperationParams, OPERATION_BODY)?);
        } else if reader.keyword("op_meta") {
            sets.push(set(reader, SetKind::OperationMeta, OPERATION_BODY)?);
        } else {
            return Ok(Operation { name, attributes, sets });
        }
    }
}

/// What stands behind the operation's name: its own attributes, and parameters for the agent.
fn operation_attributes(reader: &mut Reader) -> Parsed<(Vec<Setting>, Option<AttributeSet>)> {
    let (mut attributes, mut parameters) = (Vec::new(), Vec::new());
    loop {
        OPERATION_BODY.iter().for_each(|word| reader.want(Expected::Keyword(word)));
        if let Some(pair) = reader.verbatim(OLD_OPERATION_ATTRIBUTES) {
            attributes.push(pair);
            continue;
        }
        let Some((name, value)) = reader.pair(Expected::OperationAttribute, |name| !name.starts_with(['$', '@']))
        else {
            break;
        };
        if !OPERATION_ATTRIBUTES.contains(&name.text.as_str()) {
            parameters.push(crate::crm::ast::Pair::Named { id: None, name, value: Some(value) });
            continue;
        }
        let value = if name == "role" { one_of(value, "a role", ROLES)? } else { value };
        if let Some(at) = attributes.iter().position(|(known, _): &Setting| *known == name) {
            let text = format!("`{}` is given more than once: the last one counts", name.text);
            reader.diagnostics.push(Diagnostic::warning(attributes.remove(at).0.span, text));
        }
        attributes.push((name, value));
    }
    let body = SetBody::Own { id: None, score: None, rules: Vec::new(), pairs: parameters };
    let parameters = match &body {
        SetBody::Own { pairs, .. } if pairs.is_empty() => None,
        _ => Some(AttributeSet { kind: SetKind::OperationParams, body }),
    };
    Ok((attributes, parameters))
}

pub fn group(reader: &mut Reader) -> Parsed<Group> {
    let id = reader.id()?;
    let mut members: Vec<Word> = Vec::new();
    let mut description = None;
    loop {
        if !members.is_empty() {
            reader.want(Expected::Keyword("params"));
            reader.want(Expected::Keyword("meta"));
            description = reader.description();
        }
        let is_member = |token: &Token| split(token).is_none() && !["params", "meta"].iter().any(|word| token.is(word));
        let Some(member) = description.is_none().then(|| reader.next_if(Expected::Child, is_member)).flatten() else {
            break;
        };
        check_new_member(&members, member)?;
        members.push(member.word());
    }
    if members.is_empty() {
        return Err(reader.stop());
    }
    let sets = container_sets(reader)?;
    Ok(Group { id, members, description, sets })
}

/// The keyword of parameters may be left out; a word that is no NAME=VALUE is no parameter for that.
fn container_sets(reader: &mut Reader) -> Parsed<Vec<AttributeSet>> {
    let implicit = reader.peek().and_then(split).map(|_| SetKind::Params);
    sets(reader, &[SetKind::Params, SetKind::Meta], implicit)
}

fn check_new_member(members: &[Word], member: &Token) -> Parsed<()> {
    if members.iter().any(|known| known.text == member.text) {
        return Err(Diagnostic::error(member.span, format!("`{}` is listed more than once", member.text)).into());
    }
    Ok(())
}

pub fn clone(reader: &mut Reader, master: bool) -> Parsed<Clone> {
    let id = reader.id()?;
    let child = reader.name(Expected::Child)?;
    let description = reader.description();
    let sets = container_sets(reader)?;
    Ok(Clone { id, master, child, description, sets })
}

pub fn monitor(reader: &mut Reader) -> Parsed<Monitor> {
    let (resource, role) = halves(reader, Expected::Resource)?;
    let role = role.map(|role| one_of(role, "a role", ROLES)).transpose()?;
    let (interval, timeout) = halves(reader, Expected::Interval)?;
    Ok(Monitor { resource, role, interval, timeout })
}

/// `A` or `A:B`.
fn halves(reader: &mut Reader, expected: Expected) -> Parsed<(Word, Option<Word>)> {
    reader.want(expected);
    let Some(token) = reader.peek().filter(|token| split(token).is_none()) else { return Err(reader.stop()) };
    reader.next();
    let Some(colon) = token.text.find(':') else { return Ok((token.word(), None)) };
    Ok((token.slice(0..colon), Some(token.slice(colon + 1..token.text.len()))))
}
