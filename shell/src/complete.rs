//! What could stand at the cursor: commands, ids, agents, parameters, nodes.
//!
//! In: the line up to the cursor, the session. Out: candidates, and where the word they replace starts.
//! Absent: drawing them (see `repl`).

use crate::command::{Argument, Command, Level, Run, What};
use crate::configure::objects;
use crate::levels;
use crate::metadata;
use crate::options::OPTIONS;
use crate::session::Session;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{OptionsKind, SetKind};
use quorate_grammar::crm::expect::{self, Expected};
use quorate_grammar::line;
use quorate_transport::store;

/// A candidate, and whether a blank follows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub text: String,
    pub whole: bool,
}

fn whole(text: impl Into<String>) -> Candidate {
    Candidate { text: text.into(), whole: true }
}

fn start(text: impl Into<String>) -> Candidate {
    Candidate { text: text.into(), whole: false }
}

/// What the completion may know; gathered before the line is edited, so that a key costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    pub level: Option<&'static str>,
    pub configuration: Option<Element>,
    pub shadows: Vec<String>,
    pub catalogue: crate::catalogue::Catalogue,
    pub ocf_root: std::path::PathBuf,
    pub agents: metadata::Memory,
}

impl Knowledge {
    pub fn of(session: &mut Session) -> Knowledge {
        Knowledge {
            level: Some(session.level().name),
            configuration: session.document().ok().map(|document| document.configuration().clone()),
            shadows: store::shadows(&session.environment.shadow_directory()),
            catalogue: session.catalogue().clone(),
            ocf_root: session.environment.ocf_root.clone(),
            agents: session.agents.clone(),
        }
    }

    fn level(&self) -> &'static Level {
        levels::all().find(|level| Some(level.name) == self.level).unwrap_or(&levels::root::LEVEL)
    }
}

/// Candidates for the word at the end of `text`, and where that word starts.
pub fn complete(knowledge: &Knowledge, text: &str) -> (usize, Vec<Candidate>) {
    let standing = line::standing(text);
    let mut level = knowledge.level();
    let mut words: Vec<&str> = standing.before.iter().map(|token| token.text.as_str()).collect();
    let mut skipped = 0;
    // `configure primitive …` at the top: the words of the inner level are completed there.
    while let Some(inside) = words.first().and_then(|word| find(level, word)).and_then(entered) {
        level = inside;
        words.remove(0);
        skipped += 1;
    }
    let partial = standing.partial.text.as_str();
    let at = standing.partial.span.start;
    let Some(command) = words.first().map(|word| find(level, word)) else {
        return (at, finished(names(level), partial));
    };
    let Some(command) = command else { return (at, Vec::new()) };
    if let Run::Statement = command.run {
        let from = standing.before.get(skipped).map_or(at, |token| token.span.start);
        let mut line = text.to_string();
        // The grammar knows statements by their full names.
        line.replace_range(from..from + words[0].len(), command.name);
        return statement(knowledge, &line[from..], partial, at);
    }
    (at, finished(arguments(knowledge, command, &words, partial), partial))
}

fn finished(mut candidates: Vec<Candidate>, partial: &str) -> Vec<Candidate> {
    candidates.retain(|candidate| candidate.text.starts_with(partial));
    candidates.sort();
    candidates.dedup();
    candidates
}

fn entered(command: &Command) -> Option<&'static Level> {
    match command.run {
        Run::Level(level) => Some(level),
        _ => None,
    }
}

fn find(level: &'static Level, word: &str) -> Option<&'static Command> {
    let commands = || level.commands.iter().chain(levels::universal::COMMANDS);
    let exact = commands().find(|command| command.is_called(word));
    exact.or_else(|| {
        let mut begun = commands().filter(|command| command.name.starts_with(word));
        begun.next().filter(|_| begun.next().is_none())
    })
}

fn names(level: &'static Level) -> Vec<Candidate> {
    let commands = level.commands.iter().chain(levels::universal::COMMANDS);
    commands.filter(|command| !command.is_hidden()).map(|command| whole(command.name)).collect()
}

// ---- arguments -------------------------------------------------------------------------------------

fn arguments(knowledge: &Knowledge, command: &Command, words: &[&str], partial: &str) -> Vec<Candidate> {
    if partial.starts_with('-') {
        return command.flags.iter().map(|flag| whole(flag.name)).collect();
    }
    let place = words[1..].iter().filter(|word| !word.starts_with("--")).count();
    command.argument(place).map_or(Vec::new(), |argument| of_argument(knowledge, argument, words, partial))
}

fn of_argument(knowledge: &Knowledge, argument: &Argument, words: &[&str], partial: &str) -> Vec<Candidate> {
    let all = |names: Vec<String>| names.into_iter().map(whole).collect::<Vec<_>>();
    match argument.what {
        What::Text => Vec::new(),
        What::Words(words) => words.iter().map(|word| whole(*word)).collect(),
        What::Resource => all(knowledge.ids(&["primitive", "group", "clone", "ms", "bundle", "tag"])),
        What::Group => all(knowledge.ids(&["group"])),
        What::Node => all(knowledge.nodes()),
        What::Object => all(knowledge.ids(&[])),
        What::Selector => {
            let kinds = expect::STATEMENTS.iter().map(|word| whole(format!("type:{}", word.keyword)));
            let prefixes = ["tag:", "related:"].map(start);
            let words = ["xml", "changed"].map(whole);
            all(knowledge.ids(&[])).into_iter().chain(kinds).chain(prefixes).chain(words).collect()
        }
        What::Shadow => all(knowledge.shadows.clone()),
        What::File => files(partial),
        What::Topic => {
            levels::all().flat_map(|level| level.commands.iter()).map(|command| whole(command.name)).collect()
        }
        What::Level => levels::all().filter(|level| !level.name.is_empty()).map(|level| whole(level.name)).collect(),
        What::MetaName => metadata::META_ATTRIBUTES.iter().map(|name| whole(*name)).collect(),
        What::ParameterName => all(knowledge.parameters_of(words.get(1).copied().unwrap_or_default())),
        What::PropertyName => metadata::PROPERTIES.iter().map(|name| whole(*name)).collect(),
        What::Agent => agents(knowledge, partial),
        What::Option => OPTIONS.iter().map(|option| whole(option.name)).collect(),
    }
}

/// Agents' names, in steps: class, provider, type.
fn agents(knowledge: &Knowledge, partial: &str) -> Vec<Candidate> {
    let names = knowledge.catalogue.complete(partial).into_iter();
    names.map(|name| if name.ends_with(':') { start(name) } else { whole(name) }).collect()
}

fn files(partial: &str) -> Vec<Candidate> {
    let (directory, _) =
        partial.rsplit_once('/').map_or(("", partial), |(directory, name)| (&partial[..directory.len() + 1], name));
    let place = if directory.is_empty() { "." } else { directory };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let candidate = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_str()?.to_string();
        let inside = entry.path().is_dir();
        Some(if inside { start(format!("{directory}{name}/")) } else { whole(format!("{directory}{name}")) })
    };
    entries.flatten().filter_map(candidate).collect()
}

impl Knowledge {
    fn ids(&self, kinds: &[&str]) -> Vec<String> {
        let Some(configuration) = &self.configuration else { return Vec::new() };
        let fits = |object: &objects::Object| kinds.is_empty() || kinds.contains(&object.kind);
        objects::objects(configuration).into_iter().filter(fits).map(|object| object.id).collect()
    }

    fn nodes(&self) -> Vec<String> {
        self.configuration.as_ref().map_or(Vec::new(), objects::node_names)
    }

    /// Resources that no group or clone has yet.
    fn free(&self) -> Vec<String> {
        let Some(configuration) = &self.configuration else { return Vec::new() };
        let top = |object: &objects::Object| object.place.len() == 2 && matches!(object.kind, "primitive" | "group");
        objects::objects(configuration).into_iter().filter(top).map(|object| object.id).collect()
    }

    fn parameters_of(&self, id: &str) -> Vec<String> {
        let element = self.configuration.as_ref().and_then(|configuration| objects::find_resource(configuration, id));
        let Some(object) = element else { return Vec::new() };
        let part = |name: &str| object.element.attr(name).unwrap_or_default();
        self.parameters(&format!("{}:{}:{}", part("class"), part("provider"), part("type")))
    }

    fn parameters(&self, agent: &str) -> Vec<String> {
        let parts: Vec<&str> = agent.split(':').collect();
        let name = match parts[..] {
            [name] => self.catalogue.resolve(None, None, name),
            [class, provider, name] => self.catalogue.resolve(Some(class), Some(provider), name),
            _ => return Vec::new(),
        };
        if !self.catalogue.knows(&name) {
            return Vec::new();
        }
        self.agents.parameters(&self.ocf_root, &name)
    }
}

// ---- statements --------------------------------------------------------------------------------------

fn statement(knowledge: &Knowledge, line: &str, partial: &str, at: usize) -> (usize, Vec<Candidate>) {
    let standing = expect::expect(line);
    // NAME=VALUE: the value is completed, if the language or the configuration fixes it.
    if let Some((name, value)) = partial.split_once('=') {
        let values = expect::values_of(name).iter().map(|value| whole(*value)).collect();
        return (at + name.len() + 1, finished(values, value));
    }
    let mut candidates = Vec::new();
    for expected in &standing.expected {
        candidates.extend(of_expected(knowledge, *expected, &standing, partial));
    }
    // RESOURCE:ROLE in constraints.
    if let Some((resource, _)) = partial.split_once(':').filter(|_| standing.expected.contains(&Expected::Resource)) {
        let table =
            if standing.before.first().is_some_and(|word| word == "order") { expect::ACTIONS } else { expect::ROLES };
        candidates = table.iter().map(|word| whole(format!("{resource}:{word}"))).collect();
    }
    (at, finished(candidates, partial))
}

fn of_expected(
    knowledge: &Knowledge,
    expected: Expected,
    standing: &expect::Standing,
    partial: &str,
) -> Vec<Candidate> {
    let all = |names: Vec<String>| names.into_iter().map(whole).collect::<Vec<_>>();
    let with = |names: &[&str], end: &str| names.iter().map(|name| start(format!("{name}{end}"))).collect::<Vec<_>>();
    let unused = |names: Vec<String>| {
        let given = |name: &String| {
            standing
                .before
                .iter()
                .any(|word| word.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('=')))
        };
        names.into_iter().filter(|name| !given(name)).map(|name| start(format!("{name}="))).collect::<Vec<_>>()
    };
    match expected {
        Expected::Keyword(word) | Expected::Bracket(word) => vec![whole(word)],
        Expected::Prefix(prefix) => vec![start(prefix)],
        Expected::Resource | Expected::Device => {
            all(knowledge.ids(&["primitive", "group", "clone", "ms", "bundle", "tag", "rsc_template"]))
        }
        Expected::Child => all(knowledge.free().into_iter().filter(|id| !standing.before.contains(id)).collect()),
        Expected::Node => all(knowledge.nodes()),
        Expected::NodeId => Vec::new(),
        Expected::Agent => agents(knowledge, partial),
        Expected::Template => knowledge.ids(&["rsc_template"]).into_iter().map(|id| whole(format!("@{id}"))).collect(),
        Expected::Pair(SetKind::Params) => {
            unused(standing.agent.as_deref().map_or(Vec::new(), |agent| knowledge.parameters(agent)))
        }
        Expected::Pair(SetKind::Meta) => {
            unused(metadata::META_ATTRIBUTES.iter().map(|name| name.to_string()).collect())
        }
        Expected::Option(OptionsKind::Property) => {
            unused(metadata::PROPERTIES.iter().map(|name| name.to_string()).collect())
        }
        Expected::Option(OptionsKind::ResourceDefaults) => {
            unused(metadata::META_ATTRIBUTES.iter().map(|name| name.to_string()).collect())
        }
        Expected::Option(OptionsKind::OperationDefaults) => with(expect::OPERATION_ATTRIBUTES, "="),
        Expected::OperationName => expect::OPERATION_NAMES.iter().map(|name| whole(*name)).collect(),
        Expected::OperationAttribute => with(expect::OPERATION_ATTRIBUTES, "="),
        Expected::OrderKind => with(expect::ORDER_KINDS, ":"),
        Expected::Score => ["inf:", "-inf:"].map(whole).to_vec(),
        Expected::Attribute => ["#uname", "#id", "#kind"].map(whole).to_vec(),
        Expected::DateField => with(expect::DATE_FIELDS, "="),
        Expected::FencingTarget => knowledge.nodes().into_iter().map(|node| whole(format!("{node}:"))).collect(),
        Expected::Interval => ["10s", "30s", "60s"].map(whole).to_vec(),
        Expected::SetId => knowledge
            .ids(&["property", "rsc_defaults", "op_defaults"])
            .into_iter()
            .map(|id| whole(format!("{id}:")))
            .collect(),
        Expected::Role => all(knowledge.ids(&["role"])),
        Expected::Permission => permissions(knowledge),
        Expected::BundleSetting => {
            let part = |word: &String| expect::BUNDLE_SETTINGS.iter().find(|(name, _)| name == word);
            let names = standing.before.iter().rev().find_map(part).map_or(&[] as &[&str], |(_, names)| names);
            unused(names.iter().map(|name| name.to_string()).collect())
        }
        Expected::Pair(_)
        | Expected::NewId
        | Expected::Value
        | Expected::Date
        | Expected::Ticket
        | Expected::Path
        | Expected::Recipient => Vec::new(),
    }
}

/// What may be permitted: by its own words, or by a short name and a resource.
fn permissions(knowledge: &Knowledge) -> Vec<Candidate> {
    let mut found = ["xpath:", "ref:", "type:", "attribute:"].map(start).to_vec();
    let resources = knowledge.ids(&["primitive"]);
    for (name, least, _) in expect::SHORTCUTS {
        match least {
            0 => found.push(whole(*name)),
            _ => found.extend(resources.iter().map(|id| whole(format!("{name}:{id}")))),
        }
    }
    found
}
