//! Elements of a document as statements.
//!
//! In: an object's element. Out: the statement that makes it, or `None` if the language cannot say
//! it; such an object is shown as `xml <…>`.
//! Every attribute and child must be accounted for: what is not understood is not left out.
//! Absent: the order of objects (see `show`), the document around them.

mod constraint;

use crate::catalogue::Catalogue;
use crate::configure::objects::{REFERENCE, is_resource};
use quorate_core::xml::{Element, Node};
use quorate_grammar::Word;
use quorate_grammar::crm::ast::{
    Agent, AttributeSet, Boolean, Clone, Expression, FencingTarget, Group, Kind, Levels, Node as NodeStatement,
    Operation, Operations, Options, OptionsKind, Pair, Part, Primitive, Rule, SetBody, SetKind, Setting, Source,
    Statement, Tag, Topology,
};
use quorate_grammar::crm::{expect::OPERATION_ATTRIBUTES, parse, print};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What raising must know beside the element.
pub struct Context<'a> {
    pub catalogue: &'a Catalogue,
    /// Ids that something refers to by `id-ref`: those are shown, so that they survive.
    pub referenced: BTreeSet<&'a str>,
    /// Names of all nodes: a topology equal for all of them needs no targets.
    pub nodes: Vec<&'a str>,
}

impl<'a> Context<'a> {
    pub fn of(configuration: &'a Element, catalogue: &'a Catalogue) -> Context<'a> {
        let nodes = configuration.child("nodes").into_iter().flat_map(|nodes| nodes.elements());
        Context {
            catalogue,
            referenced: configuration.descendants().filter_map(|element| element.attr("id-ref")).collect(),
            nodes: nodes.filter_map(|node| node.attr("uname")).collect(),
        }
    }
}

/// The statement for an object: in the language if it can say all of it, else as XML.
pub fn raise(element: &Element, context: &Context) -> Statement {
    let comments = comments(element);
    if let Some(kind) = kind(element, context) {
        let statement = Statement { comments, ..Statement::new(kind) };
        if says_itself(&statement) {
            return statement;
        }
    }
    Statement::new(Kind::Xml(as_xml(element.clone())))
}

/// Resources inside a container are objects of their own; the container's XML only refers to them.
fn as_xml(mut element: Element) -> Word {
    for node in &mut element.children {
        if let Node::Element(child) = node
            && is_resource(child)
        {
            let reference = Element::new(REFERENCE).with("id", child.id().unwrap_or_default());
            *node = Node::from(reference);
        }
    }
    flatten_comments(&mut element);
    Word::new(quorate_core::xml::write_pretty(&element).trim_end())
}

/// The lines of a comment would be joined when the statement is read; here they are joined already.
fn flatten_comments(element: &mut Element) {
    for node in &mut element.children {
        match node {
            Node::Comment(text) if text.contains('\n') => {
                let words: Vec<&str> = text.split_whitespace().collect();
                *text = format!(" {} ", words.join(" ")).into();
            }
            Node::Element(child) => flatten_comments(Arc::make_mut(child)),
            Node::Comment(_) | Node::Text(_) => {}
        }
    }
}

/// Whether two texts of XML are the same object.
pub fn same_xml(one: &Word, other: &Word) -> bool {
    let read = |word: &Word| quorate_core::xml::read(&word.text).map(as_xml).ok();
    one == other || read(one).is_some_and(|one| Some(one) == read(other))
}

/// The last check: the printed text must be read back as the same statement.
fn says_itself(statement: &Statement) -> bool {
    let text = print::print(statement);
    let (read, diagnostics) = parse(&text);
    !diagnostics.iter().any(|diagnostic| diagnostic.is_error()) && read == [statement.clone()]
}

fn comments(element: &Element) -> Vec<String> {
    let comment = |node: &Node| match node {
        Node::Comment(text) if text.trim_start().starts_with('#') => Some(text.trim().to_string()),
        _ => None,
    };
    element.children.iter().filter_map(comment).collect()
}

fn kind(element: &Element, context: &Context) -> Option<Kind> {
    Some(match &*element.name {
        "node" => Kind::Node(node(element, context)?),
        "primitive" => Kind::Primitive(primitive(element, context)?),
        "template" => Kind::Template(primitive(element, context)?),
        "group" => Kind::Group(group(element, context)?),
        "clone" | "master" => Kind::Clone(clone(element, context)?),
        "rsc_location" => Kind::Location(constraint::location(element, context)?),
        "rsc_colocation" => Kind::Colocation(constraint::colocation(element)?),
        "rsc_order" => Kind::Order(constraint::order(element)?),
        "rsc_ticket" => Kind::Ticket(constraint::ticket(element)?),
        "tag" => Kind::Tag(tag(element)?),
        "fencing-topology" => Kind::Topology(topology(element, context)?),
        "cluster_property_set" => Kind::Options(options(element, OptionsKind::Property, context)?),
        _ => return None,
    })
}

/// A set of `rsc_defaults` or `op_defaults`.
pub fn raise_defaults(element: &Element, kind: OptionsKind, context: &Context) -> Statement {
    let comments = comments(element);
    if element.name == "meta_attributes"
        && let Some(options) = options(element, kind, context)
    {
        let statement = Statement { comments, ..Statement::new(Kind::Options(options)) };
        if says_itself(&statement) {
            return statement;
        }
    }
    // The same element stands in two sections; the section must be said too.
    let section = Element::new(kind.keyword()).with_child(element.clone());
    Statement::new(Kind::Xml(as_xml(section)))
}

// ---- strict reading ------------------------------------------------------------------------------

fn word(text: &str) -> Word {
    Word::new(text)
}

fn attr(element: &Element, name: &str) -> Option<Word> {
    element.attr(name).map(word)
}

/// Nothing but these attributes, and no text.
fn only(element: &Element, attributes: &[&str]) -> Option<()> {
    let known = element.attributes.iter().all(|(name, _)| attributes.contains(&name.as_str()));
    let text = element.children.iter().any(|node| matches!(node, Node::Text(_)));
    (known && !text).then_some(())
}

fn childless(element: &Element) -> Option<()> {
    element.children.is_empty().then_some(())
}

/// An id that must be shown because something refers to it.
fn shown_id(element: &Element, context: &Context) -> Option<Word> {
    attr(element, "id").filter(|id| context.referenced.contains(id.as_str()))
}

// ---- attributes and rules ------------------------------------------------------------------------

fn attribute_set(element: &Element, kind: SetKind, owner: &str, context: &Context) -> Option<AttributeSet> {
    let body = match attr(element, "id-ref") {
        Some(id) => {
            only(element, &["id-ref"])?;
            childless(element)?;
            SetBody::Reference(id)
        }
        None => {
            only(element, &["id", "score"])?;
            let (rules, pairs) = rules_and_pairs(element, context)?;
            let score = element.attr("score").map(score);
            // The id that it would get anyway need not be said.
            let given = format!("{owner}-{}", element.name);
            let id = shown_id(element, context).filter(|id| *id != *given);
            SetBody::Own { id, score, rules, pairs }
        }
    };
    Some(AttributeSet { kind, body })
}

/// The text has the rules first; among the pairs they would mean the same.
fn rules_and_pairs(element: &Element, context: &Context) -> Option<(Vec<Rule>, Vec<Pair>)> {
    let (mut rules, mut pairs) = (Vec::new(), Vec::new());
    for child in element.elements() {
        match &*child.name {
            "rule" => rules.push(rule(child, context)?),
            "nvpair" => pairs.push(pair(child, context)?),
            _ => return None,
        }
    }
    Some((rules, pairs))
}

fn pair(element: &Element, context: &Context) -> Option<Pair> {
    childless(element)?;
    if let Some(id) = attr(element, "id-ref") {
        only(element, &["id-ref", "name"])?;
        return Some(Pair::Reference { id, name: attr(element, "name") });
    }
    only(element, &["id", "name", "value"])?;
    let name = attr(element, "name")?;
    Some(Pair::Named { id: shown_id(element, context), name, value: attr(element, "value") })
}

fn rule(element: &Element, context: &Context) -> Option<Rule> {
    if let Some(id) = attr(element, "id-ref") {
        only(element, &["id-ref"])?;
        childless(element)?;
        return Some(Rule::Reference(id));
    }
    only(element, &["id", "role", "score", "score-attribute", "boolean-op"])?;
    let score = match (element.attr("score"), attr(element, "score-attribute")) {
        (Some(_), Some(_)) => return None,
        // No score means what the language takes an absent one for; locations see to theirs.
        (text, attribute) => text.map(score).or(attribute).filter(|score| *score != "inf"),
    };
    let boolean = match element.attr("boolean-op") {
        None | Some("and") => Boolean::And,
        Some("or") => Boolean::Or,
        Some(_) => return None,
    };
    let expressions: Vec<Expression> = element.elements().map(expression).collect::<Option<_>>()?;
    if expressions.is_empty() {
        return None;
    }
    // With one expression the operator means nothing, and the text has no place for it.
    let boolean = if expressions.len() == 1 { Boolean::And } else { boolean };
    let id = shown_id(element, context);
    Some(Rule::Own { id, role: attr(element, "role"), score, boolean, expressions })
}

fn expression(element: &Element) -> Option<Expression> {
    match &*element.name {
        "expression" => comparison(element),
        "date_expression" => date(element),
        _ => None,
    }
}

fn comparison(element: &Element) -> Option<Expression> {
    only(element, &["id", "operation", "attribute", "type", "value", "value-source"])?;
    childless(element)?;
    let name = attr(element, "attribute")?;
    let operation = attr(element, "operation")?;
    let bare =
        element.attr("type").is_none() && element.attr("value").is_none() && element.attr("value-source").is_none();
    match operation.as_str() {
        "defined" => bare.then_some(Expression::Defined { name }),
        "not_defined" => bare.then_some(Expression::NotDefined { name }),
        _ => {
            let source = match element.attr("value-source") {
                None | Some("literal") => Source::Literal,
                Some("param") => Source::Parameter,
                Some("meta") => Source::Meta,
                Some(_) => return None,
            };
            let value = attr(element, "value")?;
            Some(Expression::Compare { name, kind: attr(element, "type"), operation, value, source })
        }
    }
}

fn date(element: &Element) -> Option<Expression> {
    only(element, &["id", "operation", "start", "end"])?;
    let (start, end) = (attr(element, "start"), attr(element, "end"));
    let fields = |name: &str| -> Option<Vec<Setting>> {
        let mut children = element.elements();
        let child = children.next().filter(|child| child.name == *name && child.children.is_empty())?;
        children.next().is_none().then_some(())?;
        let settings = child.attributes.iter().filter(|(key, _)| *key != *"id");
        Some(settings.map(|(key, value)| (word(key), word(value))).collect())
    };
    let empty = element.elements().next().is_none();
    match (element.attr("operation").unwrap_or("in_range"), start, end) {
        ("lt", None, Some(end)) if empty => Some(Expression::Before { end }),
        ("gt", Some(start), None) if empty => Some(Expression::After { start }),
        ("in_range", start, Some(end)) if empty => {
            Some(Expression::Within { start, end: Some(end), duration: Vec::new() })
        }
        ("in_range", Some(start), None) => {
            let duration = fields("duration")?;
            Some(Expression::Within { start: Some(start), end: None, duration })
        }
        ("date_spec", None, None) => Some(Expression::Calendar { fields: fields("date_spec")? }),
        _ => None,
    }
}

fn score(text: &str) -> Word {
    word(match text {
        "INFINITY" | "+INFINITY" => "inf",
        "-INFINITY" => "-inf",
        other => other.trim_start_matches('+'),
    })
}

fn either_score(element: &Element) -> Option<Word> {
    match (element.attr("score"), attr(element, "score-attribute")) {
        (Some(_), Some(_)) => None,
        (text, attribute) => text.map(score).or(attribute),
    }
}

// ---- nodes and resources ---------------------------------------------------------------------------

fn sets(element: &Element, names: &[(&str, SetKind)], context: &Context) -> Option<Vec<AttributeSet>> {
    let owner = element.attr("uname").or(element.id()).unwrap_or_default();
    let set = |child: &Element| {
        let (_, kind) = names.iter().find(|(name, _)| child.name == **name)?;
        attribute_set(child, *kind, owner, context)
    };
    element.elements().map(set).collect()
}

fn node(element: &Element, context: &Context) -> Option<NodeStatement> {
    only(element, &["id", "uname", "type", "description"])?;
    let name = attr(element, "uname")?;
    Some(NodeStatement {
        id: attr(element, "id").filter(|id| *id != name),
        name,
        kind: attr(element, "type"),
        description: attr(element, "description"),
        sets: sets(
            element,
            &[("instance_attributes", SetKind::Attributes), ("utilization", SetKind::Utilization)],
            context,
        )?,
    })
}

fn primitive(element: &Element, context: &Context) -> Option<Primitive> {
    only(element, &["id", "class", "provider", "type", "template", "description"])?;
    let owner = element.id()?;
    let mut parts = Vec::new();
    let mut operations = 0;
    for child in element.elements() {
        match &*child.name {
            "instance_attributes" => parts.push(Part::Set(attribute_set(child, SetKind::Params, owner, context)?)),
            "meta_attributes" => parts.push(Part::Set(attribute_set(child, SetKind::Meta, owner, context)?)),
            "utilization" => parts.push(Part::Set(attribute_set(child, SetKind::Utilization, owner, context)?)),
            "operations" => {
                operations += 1;
                operation_parts(child, context, &mut parts)?;
            }
            _ => return None,
        }
    }
    if operations > 1 {
        return None;
    }
    Some(Primitive {
        id: attr(element, "id")?,
        agent: agent(element, context.catalogue)?,
        description: attr(element, "description"),
        parts,
    })
}

fn agent(element: &Element, catalogue: &Catalogue) -> Option<Agent> {
    let (class, provider, name) = (element.attr("class"), element.attr("provider"), element.attr("type"));
    if let Some(template) = attr(element, "template") {
        return (class.is_none() && provider.is_none() && name.is_none()).then_some(Agent::Template(template));
    }
    let (class, name) = (class?, name?);
    if class == "ocf" && provider.is_none() || class != "ocf" && provider.is_some() {
        return None;
    }
    // heartbeat is left out where a bare name means it anyway.
    let bare = catalogue.resolve(None, None, name);
    if provider == Some("heartbeat") && bare.class == class && bare.provider == provider {
        return Some(Agent::Type { class: None, provider: None, name: word(name) });
    }
    Some(Agent::Type { class: Some(word(class)), provider: provider.map(word), name: word(name) })
}

fn operation_parts(element: &Element, context: &Context, parts: &mut Vec<Part>) -> Option<()> {
    only(element, &["id", "id-ref"])?;
    match (attr(element, "id"), attr(element, "id-ref")) {
        (Some(_), Some(_)) => return None,
        (Some(id), None) => parts.push(Part::Operations(Operations::Id(id))),
        (None, Some(id)) => parts.push(Part::Operations(Operations::Reference(id))),
        // Nothing in the text would say that the empty element is there.
        (None, None) if element.children.is_empty() => return None,
        (None, None) => {}
    }
    for child in element.elements() {
        parts.push(Part::Operation(operation(child, context)?));
    }
    Some(())
}

fn operation(element: &Element, context: &Context) -> Option<Operation> {
    if element.name != "op" {
        return None;
    }
    let mut attributes = Vec::new();
    for (name, value) in &element.attributes {
        match &**name {
            "id" | "name" => {}
            known if OPERATION_ATTRIBUTES.contains(&known) => attributes.push((word(known), word(value))),
            _ => return None,
        }
    }
    element.attr("interval")?;
    Some(Operation {
        name: attr(element, "name")?,
        attributes,
        sets: sets(
            element,
            &[("instance_attributes", SetKind::OperationParams), ("meta_attributes", SetKind::OperationMeta)],
            context,
        )?,
    })
}

/// The contained resources, and the rest of the element's children.
fn contents(element: &Element) -> (Vec<&Element>, Element) {
    let inside = element.elements().filter(|child| is_resource(child)).collect();
    let mut rest = element.clone();
    rest.retain_elements(|child| !is_resource(child));
    (inside, rest)
}

const CONTAINER_SETS: &[(&str, SetKind)] =
    &[("instance_attributes", SetKind::Params), ("meta_attributes", SetKind::Meta)];

fn group(element: &Element, context: &Context) -> Option<Group> {
    only(element, &["id", "description"])?;
    let (inside, rest) = contents(element);
    let members: Vec<Word> =
        inside.iter().map(|child| attr(child, "id").filter(|_| child.name == "primitive")).collect::<Option<_>>()?;
    Some(Group {
        id: attr(element, "id")?,
        members,
        description: attr(element, "description"),
        sets: sets(&rest, CONTAINER_SETS, context)?,
    })
}

fn clone(element: &Element, context: &Context) -> Option<Clone> {
    only(element, &["id", "description"])?;
    let (inside, rest) = contents(element);
    let [child] = inside[..] else { return None };
    Some(Clone {
        id: attr(element, "id")?,
        master: element.name == "master",
        child: attr(child, "id")?,
        description: attr(element, "description"),
        sets: sets(&rest, CONTAINER_SETS, context)?,
    })
}

// ---- the rest --------------------------------------------------------------------------------------

fn options(element: &Element, kind: OptionsKind, context: &Context) -> Option<Options> {
    only(element, &["id"])?;
    let (rules, pairs) = rules_and_pairs(element, context)?;
    Some(Options { kind, id: attr(element, "id"), rules, pairs })
}

fn tag(element: &Element) -> Option<Tag> {
    only(element, &["id"])?;
    let member = |child: &Element| attr(child, "id").filter(|_| child.name == "obj_ref" && child.attributes.len() == 1);
    let members: Vec<Word> = element.elements().map(member).collect::<Option<_>>()?;
    Some(Tag { id: attr(element, "id")?, members })
}

/// Levels must be numbered 1, 2, … in order for each target, as the text would number them.
fn topology(element: &Element, context: &Context) -> Option<Topology> {
    only(element, &[])?;
    let mut levels: Vec<Levels> = Vec::new();
    for child in element.elements() {
        only(child, &["id", "target", "target-pattern", "target-attribute", "target-value", "index", "devices"])?;
        childless(child)?;
        let target = fencing_target(child)?;
        let devices = attr(child, "devices").filter(|_| child.name == "fencing-level")?;
        match levels.last_mut() {
            Some(last) if last.target == target => last.devices.push(devices),
            _ => levels.push(Levels { target, devices: vec![devices] }),
        }
        let number = levels.last().map_or(0, |last| last.devices.len());
        (child.attr("index")? == number.to_string()).then_some(())?;
    }
    let repeated = (1..levels.len()).any(|at| levels[..at].iter().any(|before| before.target == levels[at].target));
    (!levels.is_empty() && !repeated).then_some(())?;
    Some(Topology { levels: for_every_node(levels, context) })
}

fn fencing_target(level: &Element) -> Option<FencingTarget> {
    let get = |name| attr(level, name);
    match (get("target"), get("target-pattern"), get("target-attribute"), get("target-value")) {
        (Some(node), None, None, None) => Some(FencingTarget::Node(node)),
        (None, Some(pattern), None, None) => Some(FencingTarget::Pattern(pattern)),
        (None, None, Some(name), Some(value)) => Some(FencingTarget::Attribute { name, value }),
        _ => None,
    }
}

/// One line of devices says it all if every node, in the order of the nodes, has the same.
fn for_every_node(levels: Vec<Levels>, context: &Context) -> Vec<Levels> {
    let is_node = |levels: &Levels, node: &str| matches!(&levels.target, FencingTarget::Node(name) if *name == *node);
    let same = levels.len() == context.nodes.len()
        && levels.iter().zip(&context.nodes).all(|(one, node)| is_node(one, node) && one.devices == levels[0].devices);
    if !same {
        return levels;
    }
    let devices = levels.into_iter().next().map_or(Vec::new(), |levels| levels.devices);
    vec![Levels { target: FencingTarget::Every, devices }]
}
