//! Arguments of commands: what completes each, by what the command's table says of it.
//!
//! In: a command, the words before the cursor. Out: candidates.
//! Absent: statements of the configuration language (see `statement`).

use super::operation;
use super::{Candidate, Knowledge, Rank, all, kept, start, state, whole};
use crate::check;
use crate::command::{Argument, Command, What};
use crate::documented;
use crate::levels;
use crate::levels::options as settings;
use crate::metadata;
use crate::options::{OPTIONS, Setting};
use crate::topic::TOPICS;
use quorate_core::cib::objects::{self, Object};
use quorate_core::xml::Element;
use quorate_grammar::crm::expect;
use std::collections::BTreeSet;

pub fn candidates(knowledge: &Knowledge, command: &Command, words: &[&str], partial: &str) -> Vec<Candidate> {
    if partial.starts_with('-') {
        return command.flags.iter().map(|flag| whole(flag.name).with(flag.help)).collect();
    }
    // What is no option: the command's own word first.
    let words: Vec<&str> = words.iter().filter(|word| !word.starts_with("--")).copied().collect();
    let place = words.len() - 1;
    command.argument(place).map_or(Vec::new(), |argument| of_argument(knowledge, argument, &words, partial))
}

fn of_argument(knowledge: &Knowledge, argument: &Argument, words: &[&str], partial: &str) -> Vec<Candidate> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    match argument.what {
        What::Text => Vec::new(),
        What::Words(words) => all(words.iter().copied()),
        What::Resource => knowledge.resources(),
        What::Primitive => knowledge.ids(&["primitive"]),
        What::ResourceThat(state) => state::resources(knowledge, state),
        What::Group => knowledge.ids(&["group"]),
        What::Member => match word(2) {
            "remove" => knowledge.members(word(1)),
            _ => knowledge.free(&["primitive"]),
        },
        What::Sibling => knowledge.members(word(1)),
        What::Node => state::nodes(knowledge, crate::command::Nodes::Any),
        What::NodeThat(state) => state::nodes(knowledge, state),
        What::NodeOrLifetime => {
            let named = words.get(1..).unwrap_or_default();
            let mut found = state::nodes(knowledge, crate::command::Nodes::Active);
            found.retain(|node| !named.contains(&node.text.as_str()));
            if !named.is_empty() {
                let lifetimes = all(levels::node::LIFETIMES.iter().copied());
                found.extend(lifetimes.into_iter().map(|one| one.ranked(Rank::Next)));
            }
            found
        }
        What::Object => knowledge.ids(&[]),
        What::Selector => selectors(knowledge, partial),
        What::Path => paths(knowledge, partial),
        What::Shadow => all(knowledge.shadows().iter().map(String::as_str)),
        What::ShadowOrLive => {
            let mut found = all(knowledge.shadows().iter().map(String::as_str));
            found.push(whole("live").with("the real configuration"));
            found
        }
        What::Checkpoint => all(knowledge.checkpoints.iter().map(String::as_str)),
        What::Configuration => configurations(knowledge, partial),
        What::File => files(partial),
        What::LoadSource if word(1) == "xml" && words.len() == 2 => all(["replace", "update", "push"]),
        What::LoadSource => files(partial),
        What::Topic => {
            let commands = levels::all().flat_map(|level| level.commands.iter());
            let commands = commands.filter(|command| !command.is_hidden()).map(|one| whole(one.name).with(one.help));
            commands.chain(TOPICS.iter().map(|topic| whole(topic.name).with(topic.title))).collect()
        }
        What::Level => {
            let named = levels::all().filter(|level| !level.name.is_empty());
            named.map(|level| whole(level.name).with(level.help)).chain([whole("..")]).collect()
        }
        What::MetaName => match word(2) {
            "set" => options(metadata::META_ATTRIBUTES),
            _ => given(knowledge, word(1), "meta_attributes"),
        },
        What::ParameterName => match (word(2), agent_of(knowledge, word(1))) {
            ("set", Some(metadata)) => operation::parameters(&metadata, ""),
            _ => given(knowledge, word(1), "instance_attributes"),
        },
        What::UtilizationName => match word(2) {
            "set" => all(utilizations(knowledge).iter().map(String::as_str)),
            _ => given(knowledge, word(1), "utilization"),
        },
        What::NodeAttribute(sort) => {
            let node = Some(word(1)).filter(|_| word(2) != "set");
            all(knowledge.node_attributes(node, sort).iter().map(String::as_str))
        }
        What::Value => value(knowledge, words),
        What::PropertyName => options(metadata::PROPERTIES),
        What::Operation => match agent_of(knowledge, word(1)) {
            Some(metadata) => operation::operations(Some(&metadata)),
            None => operation::operations(None),
        },
        What::Agent => operation::agents(knowledge, partial),
        What::Provider => all(knowledge.catalogue().providers()),
        What::AgentParameter => match (partial.split_once('='), knowledge.metadata(word(1))) {
            (None, Some(metadata)) => operation::parameters(&metadata, "="),
            _ => Vec::new(),
        },
        What::Schema => all(check::schema_names().iter().map(String::as_str)),
        What::Ticket => all(knowledge.tickets().iter().map(String::as_str)),
        What::Script => kept::scripts(knowledge),
        What::ScriptParameter => kept::answers(knowledge, words, partial),
        What::Input => kept::inputs(knowledge),
        What::Transition => kept::transition(knowledge, words),
        What::Config => kept::configs(knowledge, words),
        What::HistorySession => kept::sessions(knowledge, words),
        What::Template => kept::templates(knowledge, words),
        What::Option => {
            let useful = OPTIONS.iter().filter(|one| one.idle.is_empty());
            useful.map(|one| whole(one.name).with(knowledge.options.get(one.name))).collect()
        }
        What::StatusSource => {
            let mut found = vec![whole("live").with("the cluster's own status")];
            found.extend(knowledge.shadows().iter().map(|name| whole(format!("shadow:{name}"))));
            found.extend(files(partial).into_iter().map(|file| file.ranked(Rank::Last)));
            found
        }
        What::OptionValue => {
            // `options wait` is short for `options set core.wait`.
            let name = if word(0) == "set" { Some(word(1)) } else { settings::long_name(word(0)) };
            let candidates = name.and_then(Setting::find).map_or(Vec::new(), Setting::candidates);
            all(candidates)
        }
    }
}

/// Options by name, with what they are for; older names last.
pub fn options(names: &[&str]) -> Vec<Candidate> {
    let ranked = |name: &str| if documented::is_old(name) { Rank::Last } else { Rank::Common };
    names.iter().map(|name| whole(*name).with(documented::help(name)).ranked(ranked(name))).collect()
}

/// The value behind `resource meta|param RESOURCE set NAME`.
fn value(knowledge: &Knowledge, words: &[&str]) -> Vec<Candidate> {
    let [command, resource, "set", name] = words else { return Vec::new() };
    match *command {
        "param" => {
            agent_of(knowledge, resource).map_or(Vec::new(), |metadata| operation::parameter_values(&metadata, name))
        }
        "meta" => all(check::values_of(name).iter().copied()),
        _ => Vec::new(),
    }
}

fn agent_of(knowledge: &Knowledge, resource: &str) -> Option<std::rc::Rc<quorate_core::agent::Metadata>> {
    let object = knowledge.resource(resource)?;
    // What is asked of a clone is asked of what is in it.
    let primitive = object.element.descendants().find(|element| element.name == "primitive");
    knowledge.metadata_of(primitive.unwrap_or(object.element))
}

/// The names that are set on an object already.
fn given(knowledge: &Knowledge, id: &str, sort: &str) -> Vec<Candidate> {
    let Some(object) = knowledge.resource(id) else { return Vec::new() };
    let pairs = object.element.elements_named(sort).flat_map(|set| set.elements_named("nvpair"));
    let named = |pair: &Element| Some(whole(pair.attr("name")?).with(pair.attr("value").unwrap_or_default()));
    pairs.filter_map(named).collect()
}

fn utilizations(knowledge: &Knowledge) -> BTreeSet<String> {
    let objects = knowledge.objects();
    let sets = objects.iter().flat_map(|object| object.element.elements_named("utilization"));
    sets.flat_map(Element::elements).filter_map(|pair| pair.attr("name").map(str::to_string)).collect()
}

// ---- selections, paths, files -------------------------------------------------------------------------------

fn selectors(knowledge: &Knowledge, partial: &str) -> Vec<Candidate> {
    let prefixed = |prefix: &str, names: Vec<Candidate>| {
        names.into_iter().map(|one| Candidate { text: format!("{prefix}{}", one.text), ..one }).collect::<Vec<_>>()
    };
    match partial.split_once(':') {
        Some(("type", _)) => {
            let kinds = expect::STATEMENTS.iter().filter(|word| !matches!(word.keyword, "xml" | "monitor"));
            prefixed("type:", kinds.map(|word| whole(word.keyword).with(word.help)).collect())
        }
        Some(("tag", _)) => prefixed("tag:", knowledge.ids(&["tag"])),
        Some(("related", _)) => prefixed("related:", knowledge.ids(&[])),
        _ => {
            let words = [
                whole("xml").with("as XML"),
                whole("changed").with("what is not committed yet"),
                start("type:").with("objects of this type"),
                start("tag:").with("objects of this tag"),
                start("related:").with("an object and what refers to it"),
                start("obscure:").with("mask the values of these attributes"),
            ];
            knowledge.ids(&[]).into_iter().chain(words.map(|word| word.ranked(Rank::Last))).collect()
        }
    }
}

/// `ID.NAME`, for an operation `ID.OPERATION.NAME` or `ID.OPERATION.INTERVAL.NAME`.
fn paths(knowledge: &Knowledge, partial: &str) -> Vec<Candidate> {
    let Some(object) = longest(knowledge, partial) else {
        return knowledge
            .ids(&[])
            .into_iter()
            .map(|one| Candidate { text: format!("{}.", one.text), whole: false, ..one })
            .collect();
    };
    let mut found = Vec::new();
    let sets = object.element.elements().filter(|set| set.id().is_some());
    for pair in sets.flat_map(|set| set.elements_named("nvpair")).chain(object.element.elements_named("nvpair")) {
        if let Some(name) = pair.attr("name") {
            found.push(whole(format!("{}.{name}", object.id)).with(pair.attr("value").unwrap_or_default()));
        }
    }
    for operation in object.element.elements_named("operations").flat_map(|all| all.elements_named("op")) {
        let Some(name) = operation.attr("name") else { continue };
        for (attribute, value) in &operation.attributes {
            if !matches!(&**attribute, "id" | "name") {
                found.push(whole(format!("{}.{name}.{attribute}", object.id)).with(value));
            }
        }
    }
    found
}

/// The object whose id and a dot the path starts with; ids may have dots of their own.
fn longest<'a>(knowledge: &'a Knowledge, path: &str) -> Option<Object<'a>> {
    let ends = path.match_indices('.').map(|(at, _)| at);
    ends.filter_map(|end| objects::find(knowledge.configuration()?, &path[..end])).last()
}

fn configurations(knowledge: &Knowledge, partial: &str) -> Vec<Candidate> {
    let mut found = vec![
        whole("live").with("what the cluster has"),
        whole("base").with("what the changes began with"),
        whole("work").with("with the changes so far"),
    ];
    found.extend(knowledge.checkpoints.iter().map(|name| whole(format!("checkpoint:{name}"))));
    found.extend(knowledge.shadows().iter().map(|name| whole(format!("shadow:{name}"))));
    found.extend(files(partial).into_iter().map(|file| file.ranked(Rank::Last)));
    found
}

pub fn files(partial: &str) -> Vec<Candidate> {
    let directory = partial.rfind('/').map_or("", |end| &partial[..=end]);
    let place = if directory.is_empty() { "." } else { directory };
    let hidden = partial[directory.len()..].starts_with('.');
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let candidate = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_str().filter(|name| hidden || !name.starts_with('.'))?.to_string();
        let inside = entry.path().is_dir();
        Some(if inside { start(format!("{directory}{name}/")) } else { whole(format!("{directory}{name}")) })
    };
    entries.flatten().filter_map(candidate).collect()
}
