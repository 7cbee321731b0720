//! What a configuration has that rules ask for: nodes' ids, the cluster's name, agents, operations.
//!
//! In: the configuration as it is written. Out: whether a condition asks for something else, and in words for what.
//! Absent: names of nodes (`constrain`), attributes, which may be set at any time.

use crate::cib::objects::remote_node_names;
use crate::time::Interval;
use crate::xml::Element;
use quorate_grammar::diagnostic::closest;
use std::collections::BTreeSet;

/// Operations that the cluster runs without being told of them, or that people may at least configure.
const OPERATIONS: [&str; 14] = [
    "cancel",
    "demote",
    "meta-data",
    "migrate_from",
    "migrate_to",
    "monitor",
    "notify",
    "off",
    "on",
    "promote",
    "reload",
    "reload-agent",
    "start",
    "stop",
];

/// Agents of the parts of a bundle that nobody writes down.
const IN_BUNDLES: [(&str, &str, &str); 4] = [
    ("ocf", "heartbeat", "docker"),
    ("ocf", "heartbeat", "podman"),
    ("ocf", "heartbeat", "IPaddr2"),
    ("ocf", "pacemaker", "remote"),
];

pub struct Existing<'a> {
    pub node_ids: Vec<&'a str>,
    /// Where the configuration says it.
    pub cluster_name: Option<&'a str>,
    /// Class, provider and type.
    agents: BTreeSet<(&'a str, &'a str, &'a str)>,
    /// With their intervals, in milliseconds.
    operations: BTreeSet<(&'a str, u32)>,
}

impl<'a> Existing<'a> {
    pub fn of(configuration: &'a Element) -> Existing<'a> {
        let section = |name: &str| configuration.child(name).into_iter().flat_map(Element::elements);
        let nodes = section("nodes").filter_map(Element::id);
        let pairs = section("crm_config").flat_map(Element::elements);
        let name = pairs.filter(|pair| pair.attr("name") == Some("cluster-name")).find_map(|pair| pair.attr("value"));
        let parts = || section("resources").flat_map(Element::descendants);
        let agents = parts().filter(|part| matches!(part.name.as_str(), "primitive" | "template"));
        let agents = agents.filter_map(|part| {
            Some((part.attr("class")?, part.attr("provider").unwrap_or_default(), part.attr("type")?))
        });
        let mut agents: BTreeSet<_> = agents.collect();
        if parts().any(|part| part.name == "bundle") {
            agents.extend(IN_BUNDLES);
        }
        if parts().any(|part| part.attr("name") == Some("remote-node")) {
            agents.insert(("ocf", "pacemaker", "remote"));
        }
        let operations = parts().filter(|part| part.name == "op").filter_map(|op| {
            Some((op.attr("name")?, op.attr("interval").and_then(Interval::parse).map_or(0, Interval::ms)))
        });
        Existing { node_ids: nodes.collect(), cluster_name: name, agents, operations: operations.collect() }
            .with_guests(configuration)
    }

    /// Remote and guest nodes have their names for ids. Where no other node is known yet, none is missing.
    fn with_guests(mut self, configuration: &'a Element) -> Self {
        if !self.node_ids.is_empty() {
            let names: BTreeSet<String> = remote_node_names(configuration).into_iter().collect();
            let words = configuration.descendants().flat_map(|part| [part.id(), part.attr("value")]).flatten();
            let guests: BTreeSet<&str> = words.filter(|word| names.contains(*word)).collect();
            self.node_ids.extend(guests);
        }
        self
    }

    /// A condition on agents that no resource has: its word, and why.
    pub fn lacks_agent(&self, condition: &Element) -> Option<(String, String)> {
        let asked = ["class", "provider", "type"].map(|name| condition.attr(name));
        let fits = |agent: &(&str, &str, &str)| {
            let is = [agent.0, agent.1, agent.2];
            asked.iter().zip(is).all(|(asked, is)| asked.is_none_or(|asked| asked == is))
        };
        if self.agents.is_empty() || self.agents.iter().any(fits) {
            return None;
        }
        let word = asked.iter().rev().find_map(|word| *word)?;
        let asked: Vec<&str> = asked.into_iter().flatten().collect();
        let parts = self.agents.iter().flat_map(|agent| [agent.0, agent.1, agent.2]);
        let near = near(word, parts);
        Some((word.to_owned(), format!("no resource has the agent `{}`{near}", asked.join(":"))))
    }

    /// A condition on operations that no resource has.
    pub fn lacks_operation(&self, condition: &Element) -> Option<(String, String)> {
        let name = condition.attr("name")?;
        let names = || self.operations.iter().map(|operation| operation.0).chain(OPERATIONS);
        if !names().any(|known| known == name) {
            let text = format!("no resource has the operation `{name}`{}", near(name, names()));
            return Some((name.to_owned(), text));
        }
        let written = condition.attr("interval")?;
        let interval = Interval::parse(written).map(Interval::ms)?;
        // What is not written down is run once.
        let is_there = interval == 0 || self.operations.contains(&(name, interval)) || self.operations.is_empty();
        let text = format!("no resource has the operation `{name}` with the interval {written}");
        (!is_there).then(|| (written.to_owned(), text))
    }
}

fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: BTreeSet<&str> = known.filter(|one| *one != word).collect();
    closest(word, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, constrained, dummy};

    fn rule(inner: &str) -> String {
        format!("<rule id=\"r\" score=\"5\">{inner}</rule>")
    }

    #[test]
    fn an_id_or_a_cluster_that_is_not_there_is_told() {
        let name = "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"cn\" name=\"cluster-name\" \
                    value=\"east\"/></cluster_property_set></crm_config>";
        let location = |before: &str, what: &str, operation: &str, value: &str, expected: &str| {
            let what = format!("attribute=\"{what}\" operation=\"{operation}\" value=\"{value}\"");
            let rule = rule(&format!("<expression id=\"e\" {what}/>"));
            let rule = format!("<rsc_location id=\"l\" rsc=\"d1\">{rule}</rsc_location>");
            check(&format!("{before}{}", constrained(&rule)), expected);
        };
        location("", "#id", "eq", "1", "");
        location("", "#id", "eq", "9", "info e 9");
        location("", "#id", "ne", "9", "info e 9");
        location("", "#id", "gt", "9", "");
        location(name, "#cluster-name", "eq", "east", "");
        location(name, "#cluster-name", "eq", "west", "info e west");
        // The daemon fills it in when it starts.
        location("", "#cluster-name", "eq", "west", "");
    }

    #[test]
    fn operations_and_agents_that_no_resource_has_are_told() {
        let defaults = |section: &str, condition: &str, expected: &str| {
            let set = format!("<meta_attributes id=\"m\">{}</meta_attributes>", rule(condition));
            let operations = "<operations><op id=\"x\" name=\"monitor\" interval=\"10s\"/><op id=\"y\" \
                              name=\"mine\" interval=\"0\"/></operations>";
            check(&format!("{}<{section}>{set}</{section}>", dummy(operations)), expected);
        };
        let operation = |asked: &str, expected: &str| {
            defaults("op_defaults", &format!("<op_expression id=\"e\" {asked}/>"), expected);
        };
        operation("name=\"monitor\"", "");
        operation("name=\"promote\"", "");
        operation("name=\"mine\"", "");
        operation("name=\"Monitor\"", "info e Monitor");
        operation("name=\"montior\"", "info e montior");
        operation("name=\"monitor\" interval=\"10000ms\"", "");
        operation("name=\"monitor\" interval=\"0\"", "");
        operation("name=\"monitor\" interval=\"11s\"", "info e 11s");
        let agent = |asked: &str, expected: &str| {
            for section in ["op_defaults", "rsc_defaults"] {
                defaults(section, &format!("<rsc_expression id=\"e\" {asked}/>"), expected);
            }
        };
        agent("class=\"ocf\"", "");
        agent("class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"", "");
        agent("type=\"dummy\"", "info e dummy");
        agent("class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"", "info e Dummy");
        agent("provider=\"heartbeat\"", "info e heartbeat");
        agent("class=\"systemd\"", "info e systemd");
        // Nothing is there that could be of the kind.
        let set =
            format!("<meta_attributes id=\"m\">{}</meta_attributes>", rule("<rsc_expression id=\"e\" type=\"X\"/>"));
        check(&format!("<rsc_defaults>{set}</rsc_defaults>"), "");
    }
}
