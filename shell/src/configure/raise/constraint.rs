//! Constraints as statements: location, colocation, order, rsc_ticket.
//!
//! In: a constraint's element. Out: the statement's value, or `None` if the language cannot say it.
//! Absent: rules (the parent's, since attribute sets have them too).

use super::rule::{either_score, rule};
use super::{Context, attr, only, word};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{
    Colocation, Location, Member, Members, Order, Place, ResourceSet, Setting, Target, Ticket,
};

pub fn location(element: &Element, context: &Context) -> Option<Location> {
    let known = ["id", "rsc", "rsc-pattern", "role", "resource-discovery", "score", "score-attribute", "node"];
    only(element, &known)?;
    let owner = element.id()?;
    let is_set = |child: &&Element| child.name == "resource_set";
    let has_sets = element.elements().any(|child| is_set(&child));
    let target = match (attr(element, "rsc"), attr(element, "rsc-pattern"), has_sets) {
        (Some(resource), None, false) => Target::Resource(resource),
        (None, Some(pattern), false) => Target::Pattern(pattern),
        (None, None, true) => {
            let sets = element.elements().filter(is_set).enumerate();
            Target::Sets(sets.map(|(at, set)| resource_set(set, "role", owner, at, context)).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    let rest: Vec<&Element> = element.elements().filter(|child| !is_set(child)).collect();
    let (place, verbatim) = place(element, &rest, owner, context)?;
    let discovery = attr(element, "resource-discovery");
    Some(Location {
        id: attr(element, "id")?,
        target,
        role: attr(element, "role"),
        attributes: discovery.map(|value| (word("resource-discovery"), value)).into_iter().collect(),
        verbatim,
        place,
    })
}

/// Where it is placed, and what no other form says.
fn place(element: &Element, rest: &[&Element], owner: &str, context: &Context) -> Option<(Place, Vec<Setting>)> {
    let mut odd = Vec::new();
    let node = attr(element, "node");
    let score = either_score(element, &mut odd);
    if let (Some(node), true, true) = (&node, rest.is_empty(), odd.is_empty()) {
        let place = Place::Node { score: score.unwrap_or_else(|| word("none")), node: node.clone() };
        return Some((place, Vec::new()));
    }
    let verbatim = verbatim(element, &["score", "score-attribute", "node"]);
    if rest.is_empty() {
        return Some((Place::None, verbatim));
    }
    rest.iter().all(|child| child.name == "rule").then_some(())?;
    let rules = rest.iter().map(|one| rule(one, owner, context)).collect::<Option<_>>()?;
    Some((Place::Rules(rules), verbatim))
}

fn resource_set(element: &Element, qualifier: &str, owner: &str, at: usize, context: &Context) -> Option<ResourceSet> {
    if let Some(reference) = attr(element, "id-ref") {
        only(element, &["id-ref"])?;
        element.children.is_empty().then_some(())?;
        return Some(ResourceSet { reference: Some(reference), ..ResourceSet::plain(Vec::new(), None) });
    }
    let others: &[&str] = match qualifier {
        "role" => &["ordering", "score", "kind", "action"],
        _ => &["ordering", "score", "kind", "role"],
    };
    only(element, &[&["id", "sequential", "require-all", qualifier], others].concat())?;
    let member = |child: &Element| {
        only(child, &["id"])?;
        attr(child, "id").filter(|_| child.name == "resource_ref")
    };
    let members = element.elements().map(member).collect::<Option<_>>()?;
    let mut set = ResourceSet::plain(members, attr(element, qualifier));
    set.id = context.shown_id(element, &format!("{owner}-{at}"));
    let mut flag = |name: &str| match element.attr(name) {
        Some("false") => false,
        None => true,
        // It goes without saying.
        Some("true") if !context.ids => true,
        Some(said) => {
            set.attributes.push((word(name), word(said)));
            true
        }
    };
    (set.sequential, set.require_all) = (flag("sequential"), flag("require-all"));
    for name in others {
        set.attributes.extend(attr(element, name).map(|value| (word(name), value)));
    }
    Some(set)
}

fn resource_sets(element: &Element, qualifier: &str, context: &Context) -> Option<Members> {
    let owner = element.id()?;
    let set = |(at, child): (usize, &Element)| {
        (child.name == "resource_set").then(|| resource_set(child, qualifier, owner, at, context))?
    };
    let sets: Vec<ResourceSet> = element.elements().enumerate().map(set).collect::<Option<_>>()?;
    (!sets.is_empty()).then_some(Members::Sets(sets))
}

/// The resource of a simple constraint: its role or action, or its instance.
fn member(element: &Element, name: &str, qualifier: &str) -> Option<Member> {
    let qualified = attr(element, &format!("{name}-{qualifier}"));
    let instance = attr(element, &format!("{name}-instance"));
    if qualified.is_some() && instance.is_some() {
        return None;
    }
    Some(Member { resource: attr(element, name)?, qualifier: qualified.or(instance) })
}

pub fn colocation(element: &Element, context: &Context) -> Option<Colocation> {
    let known = [
        "id",
        "score",
        "score-attribute",
        "node-attribute",
        "influence",
        "rsc",
        "rsc-role",
        "rsc-instance",
        "with-rsc",
        "with-rsc-role",
        "with-rsc-instance",
    ];
    only(element, &known)?;
    let members = if element.attr("rsc").is_some() {
        childless_but_comments(element)?;
        Members::Two(member(element, "rsc", "role")?, member(element, "with-rsc", "role")?)
    } else {
        resource_sets(element, "role", context)?
    };
    let mut verbatim = Vec::new();
    let score = either_score(element, &mut verbatim);
    Some(Colocation {
        id: attr(element, "id")?,
        score: score.unwrap_or_else(|| word("none")),
        members,
        node_attribute: attr(element, "node-attribute"),
        influence: attr(element, "influence"),
        verbatim,
    })
}

pub fn order(element: &Element, context: &Context) -> Option<Order> {
    let known = [
        "id",
        "kind",
        "score",
        "require-all",
        "symmetrical",
        "first",
        "first-action",
        "first-instance",
        "then",
        "then-action",
        "then-instance",
    ];
    only(element, &known)?;
    let members = if element.attr("first").is_some() {
        childless_but_comments(element)?;
        Members::Two(member(element, "first", "action")?, member(element, "then", "action")?)
    } else {
        resource_sets(element, "action", context)?
    };
    Some(Order {
        id: attr(element, "id")?,
        kind: attr(element, "kind"),
        members,
        symmetrical: attr(element, "symmetrical"),
        verbatim: verbatim(element, &["score", "require-all"]),
    })
}

pub fn ticket(element: &Element, context: &Context) -> Option<Ticket> {
    only(element, &["id", "ticket", "loss-policy", "rsc", "rsc-role"])?;
    let members = if element.attr("rsc").is_some() {
        childless_but_comments(element)?;
        Members::One(member(element, "rsc", "role")?)
    } else {
        resource_sets(element, "role", context)?
    };
    Some(Ticket {
        id: attr(element, "id")?,
        ticket: attr(element, "ticket")?,
        members,
        loss_policy: attr(element, "loss-policy"),
        verbatim: Vec::new(),
    })
}

fn verbatim(element: &Element, names: &[&str]) -> Vec<Setting> {
    names.iter().filter_map(|name| Some((word(name), attr(element, name)?))).collect()
}

fn childless_but_comments(element: &Element) -> Option<()> {
    element.elements().next().is_none().then_some(())
}
