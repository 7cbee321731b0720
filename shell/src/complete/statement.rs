//! Statements of the configuration language: what the grammar expects, as names that are there.
//!
//! In: the statement up to the cursor. Out: candidates.
//! Absent: the grammar's own tables (see `quorate_grammar::crm::expect`).

use super::argument::{files, options};
use super::{Candidate, Knowledge, Rank, all, finished, operation, start, whole};
use crate::check;
use crate::metadata;
use quorate_core::agent::Metadata;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{OptionsKind, SetKind};
use quorate_grammar::crm::expect::{self, Expected};
use quorate_grammar::crm::standing::{self, Standing};
use std::rc::Rc;

/// What rules may ask of a node beside its attributes.
const BUILT_IN: &[(&str, &str)] = &[
    ("#uname", "the node's name"),
    ("#id", "the node's id"),
    ("#kind", "cluster, remote or container"),
    ("#is_dc", "whether it is the leader"),
    ("#cluster-name", "the name of the cluster"),
    ("#site-name", "the site's name"),
    ("#role", "the role of the resource"),
    ("#ra-version", "the version of the resource agent"),
];

pub fn candidates(knowledge: &Knowledge, line: &str, partial: &str, at: usize) -> (usize, Vec<Candidate>) {
    let here = Here { knowledge, standing: standing::expect(line), partial };
    // NAME=VALUE: the value is completed, if the language or the configuration fixes it.
    if let Some((name, value)) = partial.split_once('=') {
        return (at + name.len() + 1, finished(here.values(name), value));
    }
    // Devices that are used together stand in one word.
    if let Some((first, last)) = partial.rsplit_once(',').filter(|_| here.expects(Expected::Device)) {
        let mut devices = knowledge.devices();
        devices.retain(|device| first.split(',').all(|used| used != device.text));
        return (at + first.len() + 1, finished(devices, last));
    }
    let mut found = here.qualified().unwrap_or_default();
    if found.is_empty() {
        found = here.standing.expected.iter().flat_map(|expected| here.of(*expected)).collect();
    }
    (at, finished(found, partial))
}

/// A place in a statement.
struct Here<'a> {
    knowledge: &'a Knowledge,
    standing: Standing,
    partial: &'a str,
}

impl Here<'_> {
    fn expects(&self, expected: Expected) -> bool {
        self.standing.expected.contains(&expected)
    }

    /// NAME=VALUE may stand here.
    fn in_list(&self) -> bool {
        let is_pair = |one: &Expected| {
            matches!(
                one,
                Expected::Pair(_) | Expected::Option(_) | Expected::OperationAttribute | Expected::BundleSetting
            )
        };
        self.standing.expected.iter().any(is_pair)
    }

    fn metadata(&self) -> Option<Rc<Metadata>> {
        self.knowledge.metadata(self.standing.agent.as_deref()?)
    }

    /// The words before the cursor since the last `word`, without it.
    fn since(&self, word: &str) -> &[String] {
        let before = &self.standing.before;
        let at = before.iter().rposition(|one| one.eq_ignore_ascii_case(word)).map_or(before.len(), |at| at + 1);
        &before[at..]
    }

    /// `RESOURCE:ROLE` and `number:lt`.
    fn qualified(&self) -> Option<Vec<Candidate>> {
        let (first, _) = self.partial.split_once(':')?;
        let with = |words: &[&str]| words.iter().map(|word| whole(format!("{first}:{word}"))).collect();
        if expect::COMPARISON_TYPES.contains(&first) && self.expects(Expected::Keyword("lt")) {
            return Some(with(expect::COMPARISONS));
        }
        if self.expects(Expected::Resource) && self.knowledge.resource(first).is_some() {
            let is_order = self.standing.before.first().is_some_and(|word| word == "order");
            return Some(with(if is_order { expect::ACTIONS } else { NEW_ROLES }));
        }
        None
    }

    /// Pairs that are not there yet, as `NAME=`.
    fn pairs(&self, names: Vec<Candidate>) -> Vec<Candidate> {
        let given = |name: &str| {
            let names = self.standing.before.iter().filter_map(|word| word.split_once('=')).map(|(name, _)| name);
            names.into_iter().any(|known| known == name)
        };
        let unused = names.into_iter().filter(|one| !given(one.text.trim_end_matches('=')));
        unused
            .map(|one| {
                let text = if one.text.ends_with('=') { one.text.clone() } else { format!("{}=", one.text) };
                Candidate { text, whole: false, ..one }
            })
            .collect()
    }

    fn of(&self, expected: Expected) -> Vec<Candidate> {
        let knowledge = self.knowledge;
        let ending = |names: &[&str], end: &str| names.iter().map(|name| start(format!("{name}{end}"))).collect();
        match expected {
            // A bundle has one engine.
            Expected::Keyword(word)
                if expect::ENGINES.contains(&word)
                    && self.standing.before.iter().any(|one| expect::ENGINES.contains(&one.as_str())) =>
            {
                Vec::new()
            }
            Expected::Keyword("rkt") => keyword("rkt").into_iter().map(|one| one.ranked(Rank::Last)).collect(),
            Expected::Keyword(word) if self.in_list() => {
                keyword(word).into_iter().map(|one| one.ranked(Rank::Next)).collect()
            }
            Expected::Keyword(word) => keyword(word),
            Expected::Bracket(word) => vec![whole(word).ranked(Rank::Last)],
            Expected::Prefix(prefix) => {
                vec![start(prefix).ranked(if prefix.starts_with('$') { Rank::Last } else { Rank::Common })]
            }
            Expected::Resource => knowledge.constrained(),
            Expected::Device => knowledge.devices(),
            Expected::Child => {
                let used = |one: &Candidate| self.standing.before.contains(&one.text);
                let is_clone = self.standing.before.first().is_some_and(|word| matches!(word.as_str(), "clone" | "ms"));
                let kinds: &[&str] = if is_clone { &["primitive", "group"] } else { &["primitive"] };
                knowledge.free(kinds).into_iter().filter(|one| !used(one)).collect()
            }
            Expected::Node => all(knowledge.nodes().iter().map(String::as_str)),
            Expected::NodeId => Vec::new(),
            Expected::Agent => operation::agents(knowledge, self.partial),
            Expected::Template => knowledge
                .ids(&["rsc_template"])
                .into_iter()
                .map(|one| Candidate { text: format!("@{}", one.text), ..one })
                .collect(),
            Expected::Pair(kind) => self.pair(kind),
            Expected::Option(OptionsKind::Property) => self.pairs(options(metadata::PROPERTIES)),
            Expected::Option(OptionsKind::ResourceDefaults) => self.pairs(options(metadata::META_ATTRIBUTES)),
            Expected::Option(OptionsKind::OperationDefaults) => self.pairs(operation::defaults()),
            Expected::OperationName => operation::operations(self.metadata().as_deref()),
            Expected::OperationAttribute => {
                let words = self.since("op");
                let name = words.first().map_or("", String::as_str);
                operation::attributes(self.metadata().as_deref(), name, words)
            }
            Expected::OrderKind => {
                let kinds = [
                    ("Mandatory:", "the second only where the first was done"),
                    ("Optional:", "only if both happen anyway"),
                    ("Serialize:", "never both at once"),
                ];
                kinds.map(|(kind, help)| whole(kind).with(help)).to_vec()
            }
            Expected::Score => {
                // In a list of pairs the score is the rarest thing.
                let rank = if self.in_list() { Rank::Last } else { Rank::Common };
                let scores = [("inf:", "always"), ("-inf:", "never"), ("100:", "rather")];
                scores.map(|(word, help)| whole(word).with(help).ranked(rank)).to_vec()
            }
            Expected::Attribute => {
                let own = knowledge.node_attributes(None, "instance_attributes");
                let built_in = BUILT_IN.iter().map(|(name, help)| whole(*name).with(*help));
                all(own.iter().map(String::as_str)).into_iter().chain(built_in).collect()
            }
            Expected::Value => self.compared(),
            Expected::Date => Vec::new(),
            Expected::DateField => {
                let old = |name: &&&str| **name != "yearsdays";
                self.pairs(expect::DATE_FIELDS.iter().filter(old).map(|name| start(*name)).collect())
            }
            Expected::FencingTarget => {
                let nodes = knowledge.nodes();
                let nodes = nodes.iter().map(|node| whole(format!("{node}:")).with("the devices of this node"));
                let others = [
                    start("attr:").with("the devices of nodes with this attribute"),
                    start("pattern:").with("the devices of nodes with such names"),
                ];
                nodes.chain(others).collect()
            }
            Expected::Interval => all(["10s", "30s", "60s"]),
            Expected::Ticket => knowledge.tickets().iter().map(|ticket| whole(format!("{ticket}:"))).collect(),
            Expected::SetId => {
                let kind = self.standing.before.first().map_or("", String::as_str);
                let sets = knowledge.ids(&[kind]).into_iter();
                sets.map(|one| Candidate { text: format!("{}:", one.text), ..one }.ranked(Rank::Last)).collect()
            }
            Expected::Role => knowledge.ids(&["role"]),
            Expected::Permission => permissions(knowledge),
            Expected::Path | Expected::Recipient => files(self.partial),
            Expected::BundleSetting => {
                let part = |word: &String| expect::BUNDLE_SETTINGS.iter().find(|(name, _)| name == word);
                let names = self.standing.before.iter().rev().find_map(part).map_or(&[] as &[&str], |(_, names)| names);
                self.pairs(all(names.iter().copied().filter(|name| *name != "masters")))
            }
            Expected::NewId if self.standing.before.first().is_some_and(|word| word == "tag") => Vec::new(),
            Expected::NewId => ending(&[], ""),
        }
    }

    fn pair(&self, kind: SetKind) -> Vec<Candidate> {
        let knowledge = self.knowledge;
        match kind {
            SetKind::Params | SetKind::OperationParams => {
                self.metadata().map_or(Vec::new(), |metadata| self.pairs(operation::parameters(&metadata, "=")))
            }
            SetKind::Meta | SetKind::OperationMeta => self.pairs(options(metadata::META_ATTRIBUTES)),
            SetKind::Attributes => {
                let own = knowledge.node_attributes(None, "instance_attributes");
                let known = [("standby", "run nothing here"), ("maintenance", "touch nothing here")];
                let known = known.map(|(name, help)| whole(name).with(help));
                self.pairs(all(own.iter().map(String::as_str)).into_iter().chain(known).collect())
            }
            SetKind::Utilization => {
                let names = self.knowledge.objects();
                let sets = names.iter().flat_map(|object| object.element.elements_named("utilization"));
                let pairs = sets.flat_map(Element::elements).filter_map(|pair| pair.attr("name"));
                self.pairs(all(pairs))
            }
        }
    }

    /// The values of `NAME=`, by what sort of pair stands here.
    fn values(&self, name: &str) -> Vec<Candidate> {
        let knowledge = self.knowledge;
        match name {
            "$id-ref" => knowledge.ids_of_parts(),
            "role" | "$role" => all(NEW_ROLES.iter().copied()),
            "node-attribute" => {
                let own = knowledge.node_attributes(None, "instance_attributes");
                all(own.iter().map(String::as_str)).into_iter().chain([whole("#uname")]).collect()
            }
            _ if self.expects(Expected::OperationAttribute) => {
                let operation = self.since("op").first().map_or("", String::as_str);
                let advised = operation::attribute_values(self.metadata().as_deref(), operation, name);
                advised.into_iter().chain(all(expect::values_of(name).iter().copied())).collect()
            }
            _ if self.expects(Expected::Pair(SetKind::Params))
                || self.expects(Expected::Pair(SetKind::OperationParams)) =>
            {
                self.metadata().map_or(Vec::new(), |metadata| operation::parameter_values(&metadata, name))
            }
            _ if self.expects(Expected::Pair(SetKind::Attributes)) => {
                let values = knowledge.node_values(name);
                let switch = if matches!(name, "standby" | "maintenance") { expect::BOOLEANS } else { &[] };
                all(values.iter().map(String::as_str).chain(switch.iter().copied()))
            }
            _ => {
                let fixed = all(expect::values_of(name).iter().copied());
                let documented = check::values_of(name).iter().copied();
                let default = metadata::default_of(name);
                let marked = documented.map(|value| match default {
                    Some(default) if default == value => whole(value).with("the default"),
                    _ => whole(value),
                });
                fixed.into_iter().chain(marked).collect()
            }
        }
    }

    /// What the attribute before the operator may be compared with.
    fn compared(&self) -> Vec<Candidate> {
        let before = &self.standing.before;
        let Some(name) = before.len().checked_sub(2).and_then(|at| before.get(at)) else { return Vec::new() };
        match name.as_str() {
            "#uname" => all(self.knowledge.nodes().iter().map(String::as_str)),
            "#kind" => all(["cluster", "remote", "container"]),
            "#is_dc" => all(["true", "false"]),
            "#role" => all(NEW_ROLES.iter().copied()),
            name => all(self.knowledge.node_values(name).iter().map(String::as_str)),
        }
    }
}

/// Without the names of older schemas.
const NEW_ROLES: &[&str] = &["Started", "Stopped", "Promoted", "Unpromoted"];

fn keyword(word: &'static str) -> Vec<Candidate> {
    let statement = expect::STATEMENTS.iter().find(|one| one.keyword == word).map(|one| one.help);
    let help = statement.unwrap_or(match word {
        "params" => "parameters of the agent",
        "meta" => "meta attributes, for the cluster",
        "utilization" => "capacities",
        "op" => "an operation",
        "op_params" => "parameters of the agent in this operation",
        "op_meta" => "meta attributes of this operation",
        "operations" => "ids of the operations",
        "rule" => "only where and when this holds",
        "lt" => "less than",
        "gt" => "greater than",
        "lte" => "at most",
        "gte" => "at least",
        "eq" => "equal to",
        "ne" => "other than",
        "defined" => "the attribute is set",
        "not_defined" => "the attribute is not set",
        "date" => "a time",
        "read" => "may be read",
        "write" => "may be read and changed",
        "deny" => "may not even be read",
        _ => "",
    });
    vec![whole(word).with(help)]
}

/// What may be permitted: by its own words, or by a short name and a resource.
fn permissions(knowledge: &Knowledge) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = ["xpath:", "ref:", "type:", "attribute:"].map(start).to_vec();
    let resources = knowledge.ids(&["primitive", "group", "clone", "ms", "bundle"]);
    for (name, least, _) in expect::SHORTCUTS {
        match least {
            0 => found.push(whole(*name)),
            _ => found.extend(resources.iter().map(|id| whole(format!("{name}:{}", id.text)))),
        }
    }
    found
}
