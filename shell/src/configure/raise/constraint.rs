//! Constraints as statements: location, colocation, order, rsc_ticket.
//!
//! In: a constraint's element. Out: the statement's value, or `None` if the language cannot say it.
//! Absent: rules (the parent's, since attribute sets have them too).

use super::{Context, attr, either_score, only, rule, word};
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{
    Colocation, Location, Member, Members, Order, Place, ResourceSet, Rule, Target, Ticket,
};

pub fn location(element: &Element, context: &Context) -> Option<Location> {
    let known = ["id", "rsc", "rsc-pattern", "role", "resource-discovery", "score", "score-attribute", "node"];
    only(element, &known)?;
    let is_set = |child: &&Element| child.name == "resource_set";
    let has_sets = element.elements().any(|child| is_set(&child));
    let target = match (attr(element, "rsc"), attr(element, "rsc-pattern"), has_sets) {
        (Some(resource), None, false) => Target::Resource(resource),
        (None, Some(pattern), false) => Target::Pattern(pattern),
        (None, None, true) => {
            let sets = element.elements().filter(is_set);
            Target::Sets(sets.map(|set| resource_set(set, "role")).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    let rest: Vec<&Element> = element.elements().filter(|child| !is_set(child)).collect();
    let place = match (attr(element, "node"), either_score(element), rest.is_empty()) {
        (Some(node), Some(score), true) => Place::Node { score, node },
        (None, None, false) if rest.iter().all(|child| child.name == "rule") => {
            Place::Rules(rest.into_iter().map(|one| located_rule(one, context)).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    let discovery = attr(element, "resource-discovery");
    Some(Location {
        id: attr(element, "id")?,
        target,
        role: attr(element, "role"),
        attributes: discovery.map(|value| (word("resource-discovery"), value)).into_iter().collect(),
        place,
    })
}

/// The rule of a location means nothing without a score, so one must be written.
fn located_rule(element: &Element, context: &Context) -> Option<Rule> {
    let scored = ["score", "score-attribute", "id-ref"].iter().any(|name| element.attr(name).is_some());
    if scored { rule(element, context) } else { None }
}

fn resource_set(element: &Element, qualifier: &str) -> Option<ResourceSet> {
    only(element, &["id", "sequential", "require-all", qualifier])?;
    let flag = |name| match element.attr(name) {
        None | Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => None,
    };
    let member = |child: &Element| {
        only(child, &["id"])?;
        attr(child, "id").filter(|_| child.name == "resource_ref")
    };
    Some(ResourceSet {
        members: element.elements().map(member).collect::<Option<_>>()?,
        qualifier: attr(element, qualifier),
        sequential: flag("sequential")?,
        require_all: flag("require-all")?,
    })
}

fn resource_sets(element: &Element, qualifier: &str) -> Option<Members> {
    let set = |child: &Element| (child.name == "resource_set").then(|| resource_set(child, qualifier))?;
    let sets: Vec<ResourceSet> = element.elements().map(set).collect::<Option<_>>()?;
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

pub fn colocation(element: &Element) -> Option<Colocation> {
    let known = [
        "id",
        "score",
        "score-attribute",
        "node-attribute",
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
        resource_sets(element, "role")?
    };
    Some(Colocation {
        id: attr(element, "id")?,
        score: either_score(element)?,
        members,
        node_attribute: attr(element, "node-attribute"),
    })
}

pub fn order(element: &Element) -> Option<Order> {
    let known = [
        "id",
        "kind",
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
        resource_sets(element, "action")?
    };
    Some(Order {
        id: attr(element, "id")?,
        kind: attr(element, "kind"),
        members,
        symmetrical: attr(element, "symmetrical"),
    })
}

pub fn ticket(element: &Element) -> Option<Ticket> {
    only(element, &["id", "ticket", "loss-policy", "rsc", "rsc-role"])?;
    let members = if element.attr("rsc").is_some() {
        childless_but_comments(element)?;
        Members::One(member(element, "rsc", "role")?)
    } else {
        resource_sets(element, "role")?
    };
    Some(Ticket {
        id: attr(element, "id")?,
        ticket: attr(element, "ticket")?,
        members,
        loss_policy: attr(element, "loss-policy"),
    })
}

fn childless_but_comments(element: &Element) -> Option<()> {
    element.elements().next().is_none().then_some(())
}
