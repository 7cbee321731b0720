//! What resources need that no node offers, and needs that nobody asks for.
//!
//! In: the document, its status included, for what a node offers may be transient; the situation. Out: notes.
//! Absent: whether all of them together have room (see `place::utilization`).

use crate::cib::Document;
use crate::cib::model::options::PlacementStrategy;
use crate::note::Note;
use crate::scheduler::place::utilization::amount;
use crate::scheduler::resolve::{Resource, Situation};
use crate::xml::Element;
use quorate_grammar::diagnostic::closest;
use std::collections::{BTreeMap, BTreeSet};

pub fn notes(document: &Document, situation: &Situation) -> Vec<Note> {
    let mut seen = BTreeSet::new();
    // Instances are written as one.
    let needy = situation.configured.iter().flat_map(|top| situation.with_descendants(*top));
    let needy = needy.map(|id| &situation.resources[id]).filter(|resource| !resource.utilization.is_empty());
    let mut needy = needy.filter(|resource| seen.insert(resource.config_id.clone()));
    if situation.options.placement == PlacementStrategy::Default {
        let text = "utilization has no effect with the `placement-strategy` of this cluster, which is `default`";
        return needy.next().map(|first| Note::info(first.config_id.as_str(), text)).into_iter().collect();
    }
    let offered = offered(situation);
    match situation.nodes.is_empty() {
        true => Vec::new(),
        false => {
            let notes = needy.flat_map(|resource| of_resource(resource, &offered));
            notes.filter(|note| !is_transient(document, &note.word)).collect()
        }
    }
}

fn is_transient(document: &Document, name: &str) -> bool {
    let sets = document.status().descendants().filter(|set| set.name == "utilization");
    sets.flat_map(Element::elements).any(|pair| pair.attr("name") == Some(name))
}

/// The most that one node has of each.
fn offered(situation: &Situation) -> BTreeMap<&str, i64> {
    let mut most = BTreeMap::new();
    for (name, text) in situation.nodes.rows().iter().flat_map(|node| &node.utilization) {
        let known = most.entry(name.as_str()).or_insert(0);
        *known = amount(text).max(*known);
    }
    most
}

fn of_resource(resource: &Resource, offered: &BTreeMap<&str, i64>) -> Vec<Note> {
    let about = resource.config_id.as_str();
    let beyond = resource.utilization.iter().filter_map(|(name, text)| {
        let most = offered.get(name.as_str()).copied();
        if amount(text) <= most.unwrap_or(0) {
            return None;
        }
        let text = match most {
            Some(most) => {
                format!("`{about}` can run nowhere: it needs {text} of `{name}`, and no node has more than {most}")
            }
            None => {
                let near = closest(name, offered.keys().copied()).map(|near| format!("; did you mean `{near}`?"));
                format!("`{about}` can run nowhere: no node offers any `{name}`{}", near.unwrap_or_default())
            }
        };
        Some(Note::info(about, text).at(name.as_str()))
    });
    beyond.collect()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, options};

    /// A strategy, what a node offers, and what a resource needs.
    #[track_caller]
    fn needs(strategy: &str, offered: &str, needed: &str, expected: &str) {
        let set = |id: &str, pairs: &str| match pairs {
            "" => String::new(),
            _ => {
                format!("<utilization id=\"{id}\">{}</utilization>", options(pairs).replace("\"o", &format!("\"{id}")))
            }
        };
        let strategy = match strategy {
            "" => String::new(),
            _ => format!(
                "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"x\" name=\"placement-strategy\" \
                 value=\"{strategy}\"/></cluster_property_set></crm_config>"
            ),
        };
        let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"";
        let primitive = |id: &str| format!("<primitive id=\"{id}\" {agent}>{}</primitive>", set(id, needed));
        let nodes = format!(
            "<nodes><node id=\"1\" uname=\"n1\">{}</node><node id=\"2\" uname=\"n2\"/></nodes>",
            set("u", offered)
        );
        let resources = format!("<resources>{}<clone id=\"c\">{}</clone></resources>", primitive("p"), primitive("q"));
        check(&format!("{strategy}{nodes}{resources}"), expected);
    }

    #[test]
    fn what_nobody_asks_for_is_told_once() {
        needs("", "cpu=4", "cpu=2", "info p ");
        needs("default", "cpu=4", "cpu=2", "info p ");
        needs("", "cpu=4", "", "");
    }

    #[test]
    fn what_no_node_offers_is_told() {
        needs("balanced", "cpu=4", "cpu=4", "");
        needs("balanced", "cpu=4", "cpu=5", "info p cpu; info q cpu");
        needs("minimal", "cpu=4", "cpu=4 ram=1", "info p ram; info q ram");
        needs("utilization", "cpu=4", "ram=0", "");
        needs("utilization", "", "cpu=1", "info p cpu; info q cpu");
    }
}
