//! Makes a CIB as small as it can be while a property of it lasts.

use quorate_core::xml::{self, Element};

/// Tries per round are bounded: each one runs two programs.
const TRIES_MAX: usize = 4_000;

/// The smallest CIB found for which `still` holds, and how many were tried.
pub fn shrink(cib: &str, still: &mut dyn FnMut(&str) -> bool) -> (String, usize) {
    let Ok(mut best) = xml::read(cib) else { return (cib.to_string(), 0) };
    let mut tries = 0;
    loop {
        let mut smaller = false;
        let mut at = 0;
        // Larger parts come before the parts they consist of.
        while tries < TRIES_MAX {
            let Some(candidate) = without(&best, at) else { break };
            tries += 1;
            match still(&xml::write_pretty(&candidate)) {
                true => {
                    best = candidate;
                    smaller = true;
                }
                false => at += 1,
            }
        }
        if !smaller || tries >= TRIES_MAX {
            return (xml::write_pretty(&best), tries);
        }
    }
}

/// The tree without its nth part: an element below the sections, or an attribute that may go.
fn without(root: &Element, nth: usize) -> Option<Element> {
    let mut paths = Vec::new();
    list(root, &mut Vec::new(), &mut paths);
    paths.sort_by_key(|cut| (cut.path.len(), cut.attribute.is_some()));
    let cut = paths.get(nth)?;
    let mut root = root.clone();
    let mut element = &mut root;
    let (last, above) = match &cut.attribute {
        Some(_) => (None, &cut.path[..]),
        None => (cut.path.last().copied(), &cut.path[..cut.path.len() - 1]),
    };
    for step in above {
        element = element.child_at_mut(*step)?;
    }
    match (&cut.attribute, last) {
        (Some(name), _) => drop(element.unset(name)),
        (None, Some(at)) => drop(element.children.remove(at)),
        (None, None) => return None,
    }
    Some(root)
}

struct Cut {
    path: Vec<usize>,
    attribute: Option<String>,
}

/// Elements that must stay.
const FRAME: [&str; 7] = ["configuration", "status", "crm_config", "nodes", "resources", "constraints", "lrm"];
/// Attributes that must stay.
const NEEDED: [&str; 14] = [
    "id",
    "uname",
    "class",
    "type",
    "provider",
    "name",
    "value",
    "rsc",
    "operation",
    "operation_key",
    "transition-key",
    "transition-magic",
    "validate-with",
    "execution-date",
];

fn list(element: &Element, path: &mut Vec<usize>, into: &mut Vec<Cut>) {
    for (at, child) in element.children.iter().enumerate() {
        let Some(child) = child.element() else { continue };
        path.push(at);
        if !FRAME.contains(&child.name.as_str()) {
            into.push(Cut { path: path.clone(), attribute: None });
            // Records without their numbers have no age that could be told.
            let whole = child.name == *"lrm_rsc_op";
            let names = child.attributes.iter().filter(|_| !whole).map(|(name, _)| name.as_str());
            for name in names.filter(|name| !NEEDED.contains(name)) {
                into.push(Cut { path: path.clone(), attribute: Some(name.to_string()) });
            }
        }
        list(child, path, into);
        path.pop();
    }
}
