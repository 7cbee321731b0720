//! Attributes of nodes that constraints go by, and no node has.
//!
//! In: the document, its status included, for attributes may be transient. Out: notes on colocations.
//! Absent: rules that ask for attributes (see `rules`), for a rule may well hold where there is none.

use crate::cib::Document;
use crate::note::Note;
use crate::xml::Element;
use quorate_grammar::diagnostic::closest;
use std::collections::BTreeSet;

pub fn notes(document: &Document) -> Vec<Note> {
    let configuration = document.configuration();
    let colocations =
        configuration.child("constraints").into_iter().flat_map(|all| all.elements_named("rsc_colocation"));
    let asking: Vec<_> = colocations.filter_map(|one| Some((one.id()?, one.attr("node-attribute")?))).collect();
    if asking.is_empty() {
        return Vec::new();
    }
    let nodes = configuration.child("nodes").into_iter().flat_map(Element::descendants);
    let sets = nodes.chain(document.status().descendants()).filter(|set| set.name == "instance_attributes");
    let pairs = sets.flat_map(Element::descendants).filter(|pair| pair.name == "nvpair");
    let known: BTreeSet<&str> = pairs.filter_map(|pair| pair.attr("name")).collect();
    let missing = asking.into_iter().filter(|(_, name)| !name.starts_with('#') && !known.contains(name));
    missing.map(|(id, name)| Note::info(id, text(name, &known)).at(name)).collect()
}

fn text(name: &str, known: &BTreeSet<&str>) -> String {
    let near = closest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
    format!(
        "no node has `{name}` unless something sets it: to this colocation all nodes are one{}",
        near.unwrap_or_default()
    )
}
