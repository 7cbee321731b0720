//! The functions of XPath 1.0, but for those of languages and ids.
//!
//! In: a name and values. Out: a value, or that there is no such function.

use super::error::XPathError;
use super::nodes::Tree;
use super::value::{Context, Value};

/// What a function of XPath 1.0 gives for these arguments.
///
/// # Errors
/// There is no such function, or not with so many arguments or such.
pub fn call(name: &str, arguments: &[Value], tree: &Tree, context: Context) -> Result<Value, XPathError> {
    let itself = Value::Nodes(vec![context.node]);
    let text = |at: usize| arguments.get(at).unwrap_or(&itself).text(tree);
    let number = |at: usize| arguments.get(at).unwrap_or(&itself).number(tree);
    let nodes = |at: usize| match arguments.get(at) {
        None => Ok(vec![context.node]),
        Some(Value::Nodes(nodes)) => Ok(nodes.clone()),
        Some(_) => Err(XPathError(format!("XPath's {name}() takes nodes"))),
    };
    let (least, most) = match name {
        "true" | "false" | "last" | "position" => (0, 0),
        "name" | "local-name" | "namespace-uri" | "string" | "number" | "string-length" | "normalize-space" => (0, 1),
        "count" | "sum" | "boolean" | "not" | "floor" | "ceiling" | "round" => (1, 1),
        "contains" | "starts-with" | "substring-before" | "substring-after" => (2, 2),
        "substring" => (2, 3),
        "translate" => (3, 3),
        "concat" => (2, usize::MAX),
        _ => return Err(XPathError(format!("XPath has no function {name}()"))),
    };
    if !(least..=most).contains(&arguments.len()) {
        return Err(XPathError(format!("XPath's {name}() does not take {} arguments", arguments.len())));
    }
    Ok(match name {
        "true" | "false" => Value::Boolean(name == "true"),
        "last" => Value::Number(context.size as f64),
        "position" => Value::Number(context.position as f64),
        "count" => Value::Number(nodes(0)?.len() as f64),
        "sum" => Value::Number(nodes(0)?.into_iter().map(|node| Value::Text(tree.text(node)).number(tree)).sum()),
        "name" => Value::Text(nodes(0)?.first().map_or("", |node| tree.name(*node)).to_string()),
        "local-name" => {
            let name = nodes(0)?.first().map_or("", |node| tree.name(*node));
            Value::Text(name.rsplit(':').next().unwrap_or_default().to_string())
        }
        "namespace-uri" => Value::Text(String::new()),
        "string" => Value::Text(text(0)),
        "number" => Value::Number(number(0)),
        "boolean" => Value::Boolean(arguments[0].boolean()),
        "not" => Value::Boolean(!arguments[0].boolean()),
        "floor" => Value::Number(number(0).floor()),
        "ceiling" => Value::Number(number(0).ceil()),
        "round" => Value::Number((number(0) + 0.5).floor()),
        "string-length" => Value::Number(text(0).chars().count() as f64),
        "normalize-space" => Value::Text(text(0).split_whitespace().collect::<Vec<_>>().join(" ")),
        "contains" => Value::Boolean(text(0).contains(&text(1))),
        "starts-with" => Value::Boolean(text(0).starts_with(&text(1))),
        "substring-before" => Value::Text(text(0).split_once(&text(1)).map_or("", |(before, _)| before).to_string()),
        "substring-after" => Value::Text(text(0).split_once(&text(1)).map_or("", |(_, after)| after).to_string()),
        "substring" => {
            let from = (number(1) + 0.5).floor();
            let until = if arguments.len() > 2 { from + (number(2) + 0.5).floor() } else { f64::INFINITY };
            let inside = |at: usize| (at + 1) as f64 >= from && ((at + 1) as f64) < until;
            Value::Text(text(0).chars().enumerate().filter(|(at, _)| inside(*at)).map(|(_, c)| c).collect())
        }
        "translate" => {
            let (from, to): (Vec<char>, Vec<char>) = (text(1).chars().collect(), text(2).chars().collect());
            let turned = |c: char| match from.iter().position(|other| *other == c) {
                None => Some(c),
                Some(at) => to.get(at).copied(),
            };
            Value::Text(text(0).chars().filter_map(turned).collect())
        }
        _ => Value::Text(arguments.iter().map(|one| one.text(tree)).collect()),
    })
}
