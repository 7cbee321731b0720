//! One statement as the element it stands for.
//!
//! In: a statement's value and the catalogue of agents. Out: an `Element` that has the ids which
//! the text names, and no others (see `ids` for the rest).
//! Absent: the document; children of groups and clones, which are moved there by `lower`.

use crate::catalogue::Catalogue;
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    Agent, AttributeSet, Boolean, Colocation, Expression, FencingTarget, Location, Member, Members,
    Node as NodeStatement, Operation, Operations, Options, OptionsKind, Order, Pair, Part, Place, Primitive,
    ResourceSet, Rule, SetBody, SetKind, Setting, Source, Tag, Target, Ticket, Topology,
};

/// Attributes to be set on an element, absent ones left out.
fn with_options(mut element: Element, options: &[(&str, Option<&Word>)]) -> Element {
    for (name, value) in options {
        if let Some(value) = value {
            element.set(name, &value.text);
        }
    }
    element
}

/// The comments above a statement become comments inside the element.
pub fn with_comments(element: &mut Element, comments: &[String]) {
    let comments = comments.iter().map(|comment| Node::Comment(comment.as_str().into()));
    element.children.splice(0..0, comments);
}

pub fn node(node: &NodeStatement) -> Element {
    let element = Element::new("node");
    let id = node.id.as_ref().unwrap_or(&node.name);
    let mut element = with_options(
        element,
        &[
            ("id", Some(id)),
            ("uname", Some(&node.name)),
            ("type", node.kind.as_ref()),
            ("description", node.description.as_ref()),
        ],
    );
    push_sets(&mut element, &node.sets);
    element
}

pub fn primitive(primitive: &Primitive, template: bool, catalogue: &Catalogue) -> Element {
    let name = if template { "template" } else { "primitive" };
    let mut element = Element::new(name).with("id", &primitive.id.text);
    match &primitive.agent {
        Agent::Template(template) => element.set("template", &template.text),
        Agent::Type { class, provider, name } => {
            let agent =
                catalogue.resolve(class.as_ref().map(Word::as_str), provider.as_ref().map(Word::as_str), &name.text);
            element.set("class", agent.class);
            if let Some(provider) = agent.provider {
                element.set("provider", provider);
            }
            element.set("type", &name.text);
        }
    }
    element = with_options(element, &[("description", primitive.description.as_ref())]);
    for part in &primitive.parts {
        match part {
            Part::Set(set) => element.push(attribute_set(set)),
            Part::Operations(Operations::Id(id)) => {
                element.child_or_new("operations").set("id", &id.text);
            }
            Part::Operations(Operations::Reference(id)) => {
                element.child_or_new("operations").set("id-ref", &id.text);
            }
            Part::Operation(op) => element.child_or_new("operations").push(operation(op)),
        }
    }
    element
}

pub fn operation(operation: &Operation) -> Element {
    let mut element = settings(Element::new("op").with("name", &operation.name.text), &operation.attributes);
    if element.attr("interval").is_none() {
        // The schema wants one; 0 is what the cluster takes an absent one for.
        element.set("interval", "0s");
    }
    push_sets(&mut element, &operation.sets);
    element
}

fn settings(mut element: Element, settings: &[Setting]) -> Element {
    for (name, value) in settings {
        element.set(&name.text, &value.text);
    }
    element
}

pub fn container(name: &str, id: &Word, description: Option<&Word>, sets: &[AttributeSet]) -> Element {
    let mut element = Element::new(name).with("id", &id.text);
    element = with_options(element, &[("description", description)]);
    push_sets(&mut element, sets);
    element
}

fn push_sets(element: &mut Element, sets: &[AttributeSet]) {
    for set in sets {
        element.push(attribute_set(set));
    }
}

pub fn set_element(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Attributes | SetKind::Params | SetKind::OperationParams => "instance_attributes",
        SetKind::Meta | SetKind::OperationMeta => "meta_attributes",
        SetKind::Utilization => "utilization",
    }
}

pub fn attribute_set(set: &AttributeSet) -> Element {
    let element = Element::new(set_element(set.kind));
    match &set.body {
        SetBody::Reference(id) => element.with("id-ref", &id.text),
        SetBody::Own { id, score, rules, pairs } => {
            let score = score.as_ref().map(|score| Word::new(score_text(score)));
            let mut element = with_options(element, &[("id", id.as_ref()), ("score", score.as_ref())]);
            fill(&mut element, rules, pairs);
            element
        }
    }
}

pub fn options(options: &Options) -> Element {
    let name = match options.kind {
        OptionsKind::Property => "cluster_property_set",
        OptionsKind::ResourceDefaults | OptionsKind::OperationDefaults => "meta_attributes",
    };
    let mut element = with_options(Element::new(name), &[("id", options.id.as_ref())]);
    fill(&mut element, &options.rules, &options.pairs);
    element
}

fn fill(element: &mut Element, rules: &[Rule], pairs: &[Pair]) {
    rules.iter().for_each(|one| element.push(rule(one)));
    pairs.iter().for_each(|one| element.push(pair(one)));
}

pub fn pair(pair: &Pair) -> Element {
    let element = Element::new("nvpair");
    match pair {
        Pair::Named { id, name, value } => {
            with_options(element, &[("id", id.as_ref()), ("name", Some(name)), ("value", value.as_ref())])
        }
        Pair::Reference { id, name } => with_options(element, &[("id-ref", Some(id)), ("name", name.as_ref())]),
    }
}

// ---- rules -------------------------------------------------------------------------------------

pub fn rule(rule: &Rule) -> Element {
    let element = Element::new("rule");
    match rule {
        Rule::Reference(id) => element.with("id-ref", &id.text),
        Rule::Own { id, role, score, boolean, expressions } => {
            let mut element = with_options(element, &[("id", id.as_ref()), ("role", role.as_ref())]);
            match score {
                None => element.set("score", "INFINITY"),
                Some(score) => set_score(&mut element, score),
            }
            if *boolean == Boolean::Or {
                element.set("boolean-op", "or");
            }
            expressions.iter().for_each(|one| element.push(expression(one)));
            element
        }
    }
}

fn expression(expression: &Expression) -> Element {
    let plain = |operation: &str| Element::new("expression").with("operation", operation);
    let date = |operation: &str| Element::new("date_expression").with("operation", operation);
    match expression {
        Expression::Defined { name } => plain("defined").with("attribute", &name.text),
        Expression::NotDefined { name } => plain("not_defined").with("attribute", &name.text),
        Expression::Compare { name, kind, operation, value, source } => {
            let source = match source {
                Source::Literal => None,
                Source::Parameter => Some(Word::new("param")),
                Source::Meta => Some(Word::new("meta")),
            };
            with_options(
                plain(&operation.text),
                &[
                    ("attribute", Some(name)),
                    ("type", kind.as_ref()),
                    ("value", Some(value)),
                    ("value-source", source.as_ref()),
                ],
            )
        }
        Expression::Before { end } => date("lt").with("end", &end.text),
        Expression::After { start } => date("gt").with("start", &start.text),
        Expression::Within { start, end, duration } => {
            let mut element = with_options(date("in_range"), &[("start", start.as_ref()), ("end", end.as_ref())]);
            if !duration.is_empty() {
                element.push(settings(Element::new("duration"), duration));
            }
            element
        }
        Expression::Calendar { fields } => date("date_spec").with_child(settings(Element::new("date_spec"), fields)),
    }
}

fn score_text(score: &Word) -> &str {
    match score.text.as_str() {
        "inf" => "INFINITY",
        "-inf" => "-INFINITY",
        other => other,
    }
}

/// A number is a score; a name is the node attribute that holds one.
fn set_score(element: &mut Element, score: &Word) {
    let text = score_text(score);
    let number = text.ends_with("INFINITY") || text.parse::<i64>().is_ok();
    element.set(if number { "score" } else { "score-attribute" }, text);
}

// ---- constraints -------------------------------------------------------------------------------

pub fn location(location: &Location) -> Element {
    let mut element = Element::new("rsc_location").with("id", &location.id.text);
    match &location.target {
        Target::Resource(resource) => element.set("rsc", &resource.text),
        Target::Pattern(pattern) => element.set("rsc-pattern", &pattern.text),
        Target::Sets(sets) => push_resource_sets(&mut element, sets, "role"),
    }
    element = settings(element, &location.attributes);
    element = with_options(element, &[("role", location.role.as_ref())]);
    match &location.place {
        Place::Node { score, node } => {
            set_score(&mut element, score);
            element.set("node", &node.text);
        }
        Place::Rules(rules) => rules.iter().for_each(|one| element.push(rule(one))),
    }
    element
}

pub fn colocation(colocation: &Colocation) -> Element {
    let mut element = Element::new("rsc_colocation").with("id", &colocation.id.text);
    set_score(&mut element, &colocation.score);
    element = with_options(element, &[("node-attribute", colocation.node_attribute.as_ref())]);
    members(&mut element, &colocation.members, ["rsc", "with-rsc"], "role");
    element
}

pub fn order(order: &Order) -> Element {
    let mut element = Element::new("rsc_order").with("id", &order.id.text);
    element = with_options(element, &[("kind", order.kind.as_ref()), ("symmetrical", order.symmetrical.as_ref())]);
    members(&mut element, &order.members, ["first", "then"], "action");
    element
}

pub fn ticket(ticket: &Ticket) -> Element {
    let mut element = Element::new("rsc_ticket").with("id", &ticket.id.text).with("ticket", &ticket.ticket.text);
    element = with_options(element, &[("loss-policy", ticket.loss_policy.as_ref())]);
    members(&mut element, &ticket.members, ["rsc", "rsc"], "role");
    element
}

fn members(element: &mut Element, members: &Members, names: [&str; 2], qualifier: &str) {
    match members {
        Members::One(only) => member(element, only, names[0], qualifier),
        Members::Two(first, second) => {
            member(element, first, names[0], qualifier);
            member(element, second, names[1], qualifier);
        }
        Members::Sets(sets) => push_resource_sets(element, sets, qualifier),
    }
}

fn member(element: &mut Element, member: &Member, name: &str, qualifier: &str) {
    element.set(name, &member.resource.text);
    if let Some(word) = &member.qualifier {
        let instance = word.text.bytes().all(|byte| byte.is_ascii_digit());
        let kind = if instance { "instance" } else { qualifier };
        element.set(&format!("{name}-{kind}"), &word.text);
    }
}

fn push_resource_sets(element: &mut Element, sets: &[ResourceSet], qualifier: &str) {
    for set in sets {
        let mut one = Element::new("resource_set");
        if !set.require_all {
            one.set("require-all", "false");
        }
        if !set.sequential {
            one.set("sequential", "false");
        }
        one = with_options(one, &[(qualifier, set.qualifier.as_ref())]);
        for member in &set.members {
            one.push(Element::new("resource_ref").with("id", &member.text));
        }
        element.push(one);
    }
}

// ---- the rest ----------------------------------------------------------------------------------

/// Levels are numbered from 1 for every target; `nodes` are those that `Every` stands for.
pub fn topology(topology: &Topology, nodes: &[String]) -> Element {
    let mut element = Element::new("fencing-topology");
    for levels in &topology.levels {
        let targets: Vec<Vec<(&str, &str)>> = match &levels.target {
            FencingTarget::Every => nodes.iter().map(|node| vec![("target", &**node)]).collect(),
            FencingTarget::Node(node) => vec![vec![("target", &*node.text)]],
            FencingTarget::Pattern(pattern) => vec![vec![("target-pattern", &*pattern.text)]],
            FencingTarget::Attribute { name, value } => {
                vec![vec![("target-attribute", &*name.text), ("target-value", &*value.text)]]
            }
        };
        for target in targets {
            for (index, devices) in levels.devices.iter().enumerate() {
                let mut level = Element::new("fencing-level");
                target.iter().for_each(|(name, value)| level.set(name, value));
                level.set("index", (index + 1).to_string());
                level.set("devices", &devices.text);
                element.push(level);
            }
        }
    }
    element
}

pub fn tag(tag: &Tag) -> Element {
    let mut element = Element::new("tag").with("id", &tag.id.text);
    for member in &tag.members {
        element.push(Element::new("obj_ref").with("id", &member.text));
    }
    element
}
