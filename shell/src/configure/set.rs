//! Small changes by path: `set p1.monitor.interval 20s`, and members of groups.
//!
//! In: a configuration and words. Out: the changed configuration, or what does not fit.
//! Absent: new attributes; `set` changes what is there.

use super::raise::Context;
use super::raise::raise_object;
use crate::catalogue::Catalogue;
use quorate_core::cib::model::names::{self, Of};
use quorate_core::cib::objects;
use quorate_core::cib::upgrade::Schema;
use quorate_core::xml::{Element, Node};
use quorate_grammar::crm::ast::{Kind, Statement};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Span, Word};
use std::sync::Arc;

fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Span::default(), message)
}

/// The schema says what roles are called.
pub fn set(configuration: &mut Element, schema: Option<Schema>, path: &str, value: &str) -> Result<(), Diagnostic> {
    let Some((place, rest)) = owner(configuration, path) else {
        return Err(error(format!("`{path}` does not start with the id of an object"))
            .hint("the path is ID.NAME or ID.OPERATION.NAME"));
    };
    let object = objects::at_mut(configuration, &place);
    let steps: Vec<&str> = rest.split('.').collect();
    let is_role = matches!(steps.last(), Some(&"role" | &"target-role"));
    let value = schema.filter(|_| is_role).map_or(value, |schema| names::role_in_schema(value, schema));
    let changed = match steps[..] {
        [name] => set_pair(object, name, value),
        [operation, name] => set_operation(object, operation, None, name, value),
        [operation, interval, name] => set_operation(object, operation, Some(interval), name, value),
        _ => false,
    };
    if changed {
        return Ok(());
    }
    let mut diagnostic = error(format!("`{path}` is not set, so it cannot be changed"));
    let names: Vec<&str> =
        object.descendants().filter(|part| part.name == "nvpair").filter_map(|pair| pair.attr("name")).collect();
    diagnostic.hint = closest(rest, names).map(|near| format!("did you mean `{near}`?"));
    Err(diagnostic)
}

/// Ids may have dots, so the longest beginning that is an id counts.
fn owner<'p>(configuration: &Element, path: &'p str) -> Option<(objects::Place, &'p str)> {
    let dots: Vec<usize> = path.match_indices('.').map(|(at, _)| at).collect();
    dots.into_iter().rev().find_map(|at| {
        let object = objects::find(configuration, &path[..at])?;
        Some((object.place, &path[at + 1..]))
    })
}

/// The pair of this name in the object's own sets.
fn set_pair(object: &mut Element, name: &str, value: &str) -> bool {
    if object.name == "cluster_property_set" || object.name == "meta_attributes" {
        return set_in(object, name, value);
    }
    let is_set = |child: &Element| matches!(&*child.name, "instance_attributes" | "meta_attributes" | "utilization");
    let has = |child: &Element| is_set(child) && child.elements().any(|pair| is_called(&child.name, pair, name));
    object.find_mut(has).is_some_and(|set| set_in(set, name, value))
}

/// Whether a pair of a set is the option of this name, which may have another one, too.
fn is_called(set: &str, pair: &Element, name: &str) -> bool {
    let other = match set {
        "cluster_property_set" => names::other(Of::Cluster, name),
        "meta_attributes" => names::other(Of::Resource, name),
        _ => None,
    };
    let has = |name: &str| pair.attr("name") == Some(name);
    pair.name == "nvpair" && (has(name) || other.is_some_and(has))
}

fn set_in(set: &mut Element, name: &str, value: &str) -> bool {
    let kind = set.name.to_string();
    let pair = set.find_mut(|pair| is_called(&kind, pair, name));
    pair.map(|pair| pair.set("value", value)).is_some()
}

fn set_operation(object: &mut Element, operation: &str, interval: Option<&str>, name: &str, value: &str) -> bool {
    let Some(operations) = object.find_mut(|child| child.name == "operations") else { return false };
    let fits = |op: &Element| {
        op.attr("name") == Some(operation) && interval.is_none_or(|interval| op.attr("interval") == Some(interval))
    };
    let Some(op) = operations.find_mut(fits) else { return false };
    if op.attr(name).is_some() && name != "id" && name != "name" {
        op.set(name, value);
        return true;
    }
    let mut changed = false;
    for node in &mut op.children {
        if let Node::Element(set) = node
            && !changed
            && set.elements_named("nvpair").any(|pair| pair.attr("name") == Some(name))
        {
            changed = set_in(Arc::make_mut(set), name, value);
        }
    }
    changed
}

/// The group with a member more or less: `GROUP add|remove MEMBER [after|before REFERENCE]`.
/// Errors tell which of the words is wrong.
pub fn modified_group(
    configuration: &Element,
    catalogue: &Catalogue,
    words: &[String],
) -> Result<Statement, (usize, String)> {
    let context = Context::of(configuration, catalogue);
    let object = objects::find(configuration, &words[0]).filter(|object| object.kind == "group");
    let Some(object) = object else { return Err((0, format!("there is no group `{}`", words[0]))) };
    let mut statement = raise_object(&object, &context);
    let Kind::Group(group) = &mut statement.kind else {
        return Err((0, format!("the group `{}` can only be edited as XML", words[0])));
    };
    let at = |id: &String| group.members.iter().position(|member| member.text == *id);
    let place = at(&words[2]);
    match (words[1].as_str(), place) {
        ("remove", Some(_)) if group.members.len() == 1 => {
            return Err((2, format!("`{}` is the last member; delete the group instead", words[2])));
        }
        ("remove", Some(place)) if words.len() == 3 => drop(group.members.remove(place)),
        ("remove", Some(_)) => return Err((3, format!("`{}` is one word too many", words[3]))),
        ("remove", None) => return Err((2, format!("`{}` is not a member of `{}`", words[2], words[0]))),
        ("add", Some(_)) => return Err((2, format!("`{}` is a member of `{}` already", words[2], words[0]))),
        ("add", None) => {
            let target = match (words.get(3).map(String::as_str), words.get(4)) {
                (None, _) => Some(group.members.len()),
                (Some("after"), Some(reference)) => at(reference).map(|place| place + 1),
                (Some("before"), Some(reference)) => at(reference),
                _ => return Err((3.min(words.len() - 1), "expected `after` or `before` and a member".to_string())),
            };
            let Some(target) = target else {
                return Err((4, format!("`{}` is not a member of `{}`", words[4], words[0])));
            };
            group.members.insert(target, Word::new(&words[2]));
        }
        (word, _) => return Err((1, format!("`{word}` is neither `add` nor `remove`"))),
    }
    Ok(statement)
}
