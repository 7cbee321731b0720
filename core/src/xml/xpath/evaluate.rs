//! What an expression amounts to, seen from a node.
//!
//! In: an expression, a tree, a context. Out: a value, or why there is none.

use super::error::XPathError;
use super::functions;
use super::nodes::{DOCUMENT, Id, Is, Tree};
use super::parse::{Axis, Expression, Operator, Step, Test};
use super::value::{Context, Value};

/// What an expression is worth at a node of a tree.
///
/// # Errors
/// It asks for what a value of its kind does not have, or for a function that there is not.
pub fn value(expression: &Expression, tree: &Tree, context: Context) -> Result<Value, XPathError> {
    match expression {
        Expression::Literal(text) => Ok(Value::Text(text.clone())),
        Expression::Number(number) => Ok(Value::Number(*number)),
        Expression::Negative(inner) => Ok(Value::Number(-value(inner, tree, context)?.number(tree))),
        Expression::Binary(operator, left, right) => binary(*operator, left, right, tree, context),
        Expression::Call(name, arguments) => {
            let arguments = arguments.iter().map(|one| value(one, tree, context)).collect::<Result<Vec<_>, _>>()?;
            functions::call(name, &arguments, tree, context)
        }
        Expression::Path { absolute, steps } => {
            let start = if *absolute { DOCUMENT } else { context.node };
            walk(vec![start], steps, tree).map(Value::Nodes)
        }
        Expression::Filter { from, predicates, steps } => match value(from, tree, context)? {
            Value::Nodes(mut nodes) => {
                for predicate in predicates {
                    nodes = pass(nodes, predicate, tree)?;
                }
                walk(nodes, steps, tree).map(Value::Nodes)
            }
            _ => Err(XPathError("only nodes of the XPath expression can be filtered".into())),
        },
    }
}

fn binary(
    operator: Operator,
    left: &Expression,
    right: &Expression,
    tree: &Tree,
    context: Context,
) -> Result<Value, XPathError> {
    let first = value(left, tree, context)?;
    match operator {
        Operator::Or if first.boolean() => return Ok(Value::Boolean(true)),
        Operator::And if !first.boolean() => return Ok(Value::Boolean(false)),
        _ => {}
    }
    let second = value(right, tree, context)?;
    let numbers = || (first.number(tree), second.number(tree));
    Ok(match operator {
        Operator::Or | Operator::And => Value::Boolean(second.boolean()),
        Operator::Union => match (first, second) {
            (Value::Nodes(left), Value::Nodes(right)) => Value::Nodes(in_order(left.into_iter().chain(right))),
            _ => return Err(XPathError("only nodes of the XPath expression can be united".into())),
        },
        Operator::Plus => Value::Number(numbers().0 + numbers().1),
        Operator::Minus => Value::Number(numbers().0 - numbers().1),
        Operator::Times => Value::Number(numbers().0 * numbers().1),
        Operator::Divide => Value::Number(numbers().0 / numbers().1),
        Operator::Modulo => Value::Number(numbers().0 % numbers().1),
        comparison => Value::Boolean(compares(comparison, &first, &second, tree)),
    })
}

/// Of nodes one that fits is enough.
fn compares(operator: Operator, left: &Value, right: &Value, tree: &Tree) -> bool {
    let each = |value: &Value| -> Vec<Value> {
        match value {
            Value::Nodes(nodes) => nodes.iter().map(|node| Value::Text(tree.text(*node))).collect(),
            other => vec![other.clone()],
        }
    };
    let with_truth = matches!(left, Value::Boolean(_)) || matches!(right, Value::Boolean(_));
    if with_truth {
        return compare(operator, &Value::Boolean(left.boolean()), &Value::Boolean(right.boolean()), tree);
    }
    let rights = each(right);
    each(left).iter().any(|left| rights.iter().any(|right| compare(operator, left, right, tree)))
}

fn compare(operator: Operator, left: &Value, right: &Value, tree: &Tree) -> bool {
    let same = match (left, right) {
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => left.number(tree) == right.number(tree),
    };
    let (first, second) = (left.number(tree), right.number(tree));
    match operator {
        Operator::Equal => same,
        Operator::Unequal => !same,
        Operator::Less => first < second,
        Operator::LessOrEqual => first <= second,
        Operator::Greater => first > second,
        _ => first >= second,
    }
}

fn in_order(nodes: impl Iterator<Item = Id>) -> Vec<Id> {
    let mut nodes: Vec<Id> = nodes.collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn walk(mut nodes: Vec<Id>, steps: &[Step], tree: &Tree) -> Result<Vec<Id>, XPathError> {
    for step in steps {
        let mut next = Vec::new();
        for node in nodes {
            let mut reached = along(step.axis, node, tree);
            tree.look_at(reached.len() + 1)?;
            reached.retain(|at| passes(&step.test, step.axis, *at, tree));
            for predicate in &step.predicates {
                reached = pass(reached, predicate, tree)?;
            }
            next.extend(reached);
        }
        nodes = in_order(next.into_iter());
    }
    Ok(nodes)
}

/// Nodes of an axis, in its direction: positions count along it.
fn along(axis: Axis, node: Id, tree: &Tree) -> Vec<Id> {
    let with_itself = |others: Vec<Id>| std::iter::once(node).chain(others).collect();
    match axis {
        Axis::Ancestor => tree.ancestors(node),
        Axis::AncestorOrSelf => with_itself(tree.ancestors(node)),
        Axis::Attribute => tree.attributes(node),
        Axis::Child => tree.children(node),
        Axis::Descendant => tree.descendants(node),
        Axis::DescendantOrSelf => with_itself(tree.descendants(node)),
        Axis::Following => tree.following(node),
        Axis::FollowingSibling => tree.siblings(node, true),
        Axis::Parent => tree.parent(node).into_iter().collect(),
        Axis::Preceding => tree.preceding(node),
        Axis::PrecedingSibling => tree.siblings(node, false),
        Axis::Itself => vec![node],
    }
}

fn passes(test: &Test, axis: Axis, node: Id, tree: &Tree) -> bool {
    let is = tree.is(node);
    let is_principal = match axis {
        Axis::Attribute => matches!(is, Is::Attribute(..)),
        _ => matches!(is, Is::Element(_)),
    };
    match test {
        Test::Node => true,
        Test::Text => matches!(is, Is::Text(_)),
        Test::Comment => matches!(is, Is::Comment(_)),
        Test::Any => is_principal,
        Test::Name(name) => is_principal && tree.name(node) == name,
    }
}

fn pass(nodes: Vec<Id>, predicate: &Expression, tree: &Tree) -> Result<Vec<Id>, XPathError> {
    let size = nodes.len();
    let mut passed = Vec::new();
    for (at, node) in nodes.into_iter().enumerate() {
        let position = at + 1;
        let truth = match value(predicate, tree, Context { node, position, size })? {
            Value::Number(number) => number == position as f64,
            other => other.boolean(),
        };
        if truth {
            passed.push(node);
        }
    }
    Ok(passed)
}
