//! Move, ban, clear: location constraints by the ids that Pacemaker's tools give them.
//!
//! In: a document, a resource, where to and until when; where it runs, as a fact. Out: edits.
//! Absent: constraints that people write.

use super::find::find_resource;
use super::refusal::Refusal;
use crate::cib::objects::{self, is_resource};
use crate::cib::{Document, Edit};
use crate::time::Now;
use crate::xml::Element;
use crate::xml::path::{Path, Step};

/// What else is to be known of a move or a ban.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The moment at which it ends (ISO 8601).
    pub until: Option<&'a str>,
    /// Where the resource is.
    pub places: &'a [String],
    pub force: bool,
    /// The promoted role alone is meant.
    pub promoted_only: bool,
}

impl Terms<'_> {
    fn role(&self) -> &'static str {
        if self.promoted_only { "Promoted" } else { "Started" }
    }
}

/// To a node; with force away from the only one where it runs, too. Without a node that alone, and by force only.
///
/// # Errors
/// No such resource; nowhere to go; it is there already.
pub fn to(document: &Document, id: &str, node: Option<&str>, terms: &Terms) -> Result<Vec<Edit>, Refusal> {
    let Terms { until, places, force, .. } = *terms;
    let role = terms.role();
    let id = &whole(document, id)?;
    let Some(node) = node else {
        return match force {
            true => Ok(vec![put(banned(id, only_place(id, places)?, until, role))]),
            false => Err(Refusal::NoDestination(id.to_string())),
        };
    };
    let from = if let [place] = places { Some(place.as_str()) } else { None };
    if from == Some(node) && !force {
        return Err(Refusal::AlreadyThere { resource: id.to_string(), node: node.to_string() });
    }
    let mut edits = forget(document, id, Some(node));
    // A new preference comes last, as Pacemaker's tools have it.
    let preferred = preferred(id, node, until, role);
    edits.push(Edit::Delete { path: constraints().join(Step::to(&preferred)) });
    edits.push(put(preferred));
    let leaves = from.filter(|from| force && *from != node);
    edits.extend(leaves.map(|from| put(banned(id, from, until, role))));
    Ok(edits)
}

/// From a node, or from the only one where it runs.
///
/// # Errors
/// No such resource; it runs on no node, or on several.
pub fn ban(document: &Document, id: &str, node: Option<&str>, terms: &Terms) -> Result<Vec<Edit>, Refusal> {
    let id = &whole(document, id)?;
    let node = match node {
        Some(node) => node,
        None => only_place(id, terms.places)?,
    };
    Ok(vec![put(banned(id, node, terms.until, terms.role()))])
}

/// What was moved or banned may run where its scores send it again: the resource, and what it is made of.
///
/// # Errors
/// No such resource.
pub fn clear(document: &Document, id: &str, node: Option<&str>) -> Result<Vec<Edit>, Refusal> {
    let object = find_resource(document, &whole(document, id)?)?;
    let inside = object.element.descendants().filter(|part| is_resource(part)).filter_map(Element::id);
    Ok(inside.flat_map(|id| forget(document, id, node)).collect())
}

/// Those whose time is over: of a resource, of a node, or all.
pub fn expired(document: &Document, id: Option<&str>, node: Option<&str>, now: Now) -> Vec<Edit> {
    let all = document.configuration().child("constraints").into_iter().flat_map(Element::elements);
    let over = |constraint: &&Element| {
        let own = constraint.attr("rsc").unwrap_or_default();
        let lifetime =
            |part: &Element| part.name == "date_expression" && part.id().is_some_and(|id| id.contains("lifetime"));
        let ends =
            constraint.descendants().filter(|part| lifetime(part)).filter_map(|part| now.date(part.attr("end")?));
        is_of(constraint, own)
            && id.is_none_or(|id| own == id)
            && node.is_none_or(|node| concerns(constraint, node))
            && ends.into_iter().any(|end| end.epoch < now.epoch())
    };
    all.filter(over).map(|element| Edit::Delete { path: constraints().join(Step::to(element)) }).collect()
}

/// The preference of a resource, whichever node it is for.
pub fn preference(id: &str) -> Edit {
    let step = Step { name: "rsc_location".into(), id: Some(format!("cli-prefer-{id}")) };
    Edit::Delete { path: constraints().join(step) }
}

/// What a constraint has to name: of what is cloned or in a bundle that alone. Another would be ignored.
fn whole(document: &Document, id: &str) -> Result<String, Refusal> {
    let object = find_resource(document, id)?;
    let configuration = document.configuration();
    let holders = (1..=object.place.len()).map(|end| objects::at(configuration, &object.place[..end]));
    let mut many = holders.filter(|holder| matches!(holder.name.as_str(), "clone" | "master" | "bundle"));
    Ok(many.next().and_then(Element::id).unwrap_or(id).to_string())
}

fn only_place<'a>(id: &str, places: &'a [String]) -> Result<&'a str, Refusal> {
    match places {
        [node] => Ok(node),
        [] => Err(Refusal::RunsNowhere(id.to_string())),
        _ => Err(Refusal::RunsOnSeveral { resource: id.to_string(), nodes: places.to_vec() }),
    }
}

fn constraints() -> Path {
    Path(["cib", "configuration", "constraints"].map(|name| Step { name: name.into(), id: None }).to_vec())
}

/// What is banned again keeps its place.
fn put(element: Element) -> Edit {
    Edit::Put { parent: constraints(), element }
}

fn preferred(id: &str, node: &str, until: Option<&str>, role: &str) -> Element {
    let constraint = location(&format!("cli-prefer-{id}"), id, role);
    let part = |what: &str| format!("cli-prefer-{what}-{id}");
    limited(constraint, node, "INFINITY", until, ["rule", "expr", "lifetime-end"].map(part))
}

fn banned(id: &str, node: &str, until: Option<&str>, role: &str) -> Element {
    let name = format!("cli-ban-{id}-on-{node}");
    let part = |what: &str| format!("{name}-{what}");
    limited(location(&name, id, role), node, "-INFINITY", until, ["rule", "expr", "lifetime"].map(part))
}

fn location(name: &str, id: &str, role: &str) -> Element {
    Element::new("rsc_location").with("id", name).with("rsc", id).with("role", role)
}

/// A node and a score; with an end as a rule.
fn limited(element: Element, node: &str, score: &str, until: Option<&str>, ids: [String; 3]) -> Element {
    let Some(end) = until else { return element.with("node", node).with("score", score) };
    let [rule, expression, lifetime] = ids;
    let expression = Element::new("expression")
        .with("id", expression)
        .with("attribute", "#uname")
        .with("operation", "eq")
        .with("value", node)
        .with("type", "string");
    let date = Element::new("date_expression").with("id", lifetime).with("operation", "lt").with("end", end);
    let rule = Element::new("rule").with("id", rule).with("score", score).with("boolean-op", "and");
    element.with_child(rule.with_child(expression).with_child(date))
}

/// Deletes what `move` and `ban` made; with a node, only what concerns that node.
fn forget(document: &Document, id: &str, node: Option<&str>) -> Vec<Edit> {
    let all = document.configuration().child("constraints").into_iter().flat_map(Element::elements);
    let goes = all.filter(|element| is_of(element, id) && node.is_none_or(|node| concerns(element, node)));
    goes.map(|element| Edit::Delete { path: constraints().join(Step::to(element)) }).collect()
}

fn is_of(constraint: &Element, id: &str) -> bool {
    let name = constraint.id().unwrap_or_default();
    let made = name == format!("cli-prefer-{id}") || name.starts_with(&format!("cli-ban-{id}-on-"));
    made && constraint.attr("rsc") == Some(id)
}

fn concerns(constraint: &Element, node: &str) -> bool {
    let is_it = |part: &Element| part.attr("attribute") == Some("#uname") && part.attr("value") == Some(node);
    constraint.attr("node") == Some(node) || constraint.descendants().any(is_it)
}
