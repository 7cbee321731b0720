//! An agent's metadata as data (OCF Resource Agent API 1.1, section 6; fence agents print the same).

use crate::xml::{self, Element};
use std::fmt;

/// What an agent says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub name: String,
    /// The version of the API it keeps, as it writes it.
    pub ocf_version: Option<String>,
    pub short: String,
    pub long: String,
    /// In the agent's order.
    pub parameters: Vec<Parameter>,
    pub actions: Vec<Advice>,
}

/// One parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub short: String,
    pub long: String,
    /// `string`, `integer`, `boolean`, `select`, … as written.
    pub kind: String,
    pub default: Option<String>,
    /// The values a `select` allows.
    pub options: Vec<String>,
    pub required: bool,
    /// No two resources of the agent may be alike in all parameters of such a group; a parameter
    /// that is unique by itself is a group of its own.
    pub unique: Option<String>,
    pub reloadable: bool,
    pub private: bool,
    pub deprecated: bool,
    /// The older parameter that it stands for.
    pub obsoletes: Option<String>,
}

/// An action the agent offers, with what it advises for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    pub name: String,
    pub role: Option<String>,
    /// Durations as written (`20s`).
    pub timeout: Option<String>,
    pub interval: Option<String>,
    pub start_delay: Option<String>,
    pub depth: Option<String>,
    /// A fence agent's `on` is for every node that joins (`automatic`, formerly `required`).
    pub automatic: bool,
}

/// Why a text is no metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataError {
    /// No `<resource-agent>` in it.
    Missing,
    /// What is wrong with the XML.
    Xml(String),
}

impl std::error::Error for MetadataError {}

impl fmt::Display for MetadataError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetadataError::Missing => write!(out, "it printed no <resource-agent>"),
            MetadataError::Xml(why) => write!(out, "its XML is broken: {why}"),
        }
    }
}

impl Metadata {
    /// Reads what an agent printed; whatever stands before the root is passed over.
    ///
    /// # Errors
    /// It is not XML, or not what an agent says of itself.
    pub fn read(text: &str) -> Result<Metadata, MetadataError> {
        let start = text.find("<resource-agent").ok_or(MetadataError::Missing)?;
        let root = xml::read(&text[start..]).map_err(|error| MetadataError::Xml(error.to_string()))?;
        Ok(Metadata {
            name: root.attr("name").unwrap_or_default().to_string(),
            ocf_version: root.child("version").map(|version| version.text().trim().to_string()),
            short: description(&root, "shortdesc"),
            long: description(&root, "longdesc"),
            parameters: parts(&root, "parameters", "parameter").filter_map(parameter).collect(),
            actions: parts(&root, "actions", "action").filter_map(advice).collect(),
        })
    }

    /// Whether the agent has this action.
    pub fn offers(&self, action: &str) -> bool {
        self.actions.iter().any(|advice| advice.name == action)
    }

    /// The parameter of this name; fence agents take hyphens for underscores.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        let same = |known: &str| known == name || known.replace('-', "_") == name.replace('-', "_");
        self.parameters.iter().find(|parameter| same(&parameter.name))
    }
}

fn parts<'a>(root: &'a Element, list: &str, part: &'static str) -> impl Iterator<Item = &'a Element> {
    root.child(list).into_iter().flat_map(move |list| list.elements_named(part))
}

fn description(element: &Element, name: &str) -> String {
    let text = element.child(name).map(Element::text).unwrap_or_default();
    match name {
        "shortdesc" => text.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => text.trim().to_string(),
    }
}

fn parameter(element: &Element) -> Option<Parameter> {
    let content = element.child("content");
    let of_content = |name: &str| content.and_then(|content| content.attr(name)).map(str::to_string);
    let options = content.into_iter().flat_map(|content| content.elements_named("option"));
    let name = element.attr("name")?.to_string();
    let group = element.attr("unique-group").map(str::to_string);
    Some(Parameter {
        short: description(element, "shortdesc"),
        long: description(element, "longdesc"),
        kind: of_content("type").unwrap_or_default(),
        default: of_content("default"),
        options: options.filter_map(|option| option.attr("value").map(str::to_string)).collect(),
        required: is_set(element, "required"),
        unique: group.or_else(|| is_set(element, "unique").then(|| name.clone())),
        reloadable: is_set(element, "reloadable"),
        private: is_set(element, "private"),
        obsoletes: element.attr("obsoletes").map(str::to_string),
        deprecated: is_set(element, "deprecated") || element.child("deprecated").is_some(),
        name,
    })
}

fn is_set(element: &Element, name: &str) -> bool {
    element.attr(name).is_some_and(|text| quorate_grammar::literal::boolean(text) == Ok(true))
}

fn advice(element: &Element) -> Option<Advice> {
    let of = |name: &str| element.attr(name).map(str::to_string);
    Some(Advice {
        name: of("name")?,
        role: of("role"),
        timeout: of("timeout"),
        interval: of("interval"),
        start_delay: of("start-delay"),
        depth: of("depth"),
        automatic: ["automatic", "required"].iter().any(|name| is_set(element, name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_words_become_values() {
        let text = "noise <?xml version=\"1.0\"?><resource-agent name=\"D\"><shortdesc lang=\"en\">a  thing</shortdesc>\
            <parameters><parameter name=\"ip\" required=\"1\" unique=\"1\"><shortdesc>where</shortdesc><content type=\"string\"/></parameter>\
            <parameter name=\"nic\" unique-group=\"g\"><content default=\"eth0\"/></parameter></parameters>\
            <actions><action name=\"monitor\" timeout=\"20s\" interval=\"10s\" depth=\"0\"/></actions></resource-agent>";
        let metadata = Metadata::read(text).expect("good metadata");
        assert_eq!(metadata.short, "a thing");
        let [ip, nic] = &metadata.parameters[..] else { panic!("{metadata:?}") };
        assert_eq!((ip.required, ip.unique.as_deref(), ip.short.as_str()), (true, Some("ip"), "where"));
        assert_eq!((nic.required, nic.unique.as_deref(), nic.default.as_deref()), (false, Some("g"), Some("eth0")));
        assert!(metadata.offers("monitor") && !metadata.offers("promote"));
        assert_eq!(metadata.actions[0].timeout.as_deref(), Some("20s"));
    }
}
