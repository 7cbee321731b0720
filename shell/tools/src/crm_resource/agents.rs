//! Which agents there are on this host, and what they say of themselves.
//!
//! In: names. Out: an answer.
//! Absent: running agents on resources (see `execute`).

use crate::Exit;
use crate::agent;
use crate::answer::{Answer, list, with_text};
use crate::standard::Failed;
use quorate_core::xml::Element;
use quorate_transport::environment::Environment;
use std::collections::BTreeSet;
use std::path::Path;

const STANDARDS: [&str; 5] = ["ocf", "lsb", "service", "systemd", "stonith"];

/// Names in a directory: programs, or directories.
fn names(directory: &Path, directories: bool) -> BTreeSet<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let fits = |entry: &std::fs::DirEntry| {
        entry.path().metadata().is_ok_and(|about| match directories {
            true => about.is_dir(),
            false => about.is_file() && std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0,
        })
    };
    let named = entries.filter(fits).filter_map(|entry| entry.file_name().into_string().ok());
    named.filter(|name| !name.starts_with('.')).collect()
}

/// Providers, and the agents of one.
struct Ocf {
    roots: Vec<std::path::PathBuf>,
}

impl Ocf {
    fn here() -> Ocf {
        let environment = Environment::of_process();
        Ocf { roots: agent::ocf_roots(&environment).into_iter().map(|root| root.join("resource.d")).collect() }
    }

    fn providers(&self) -> BTreeSet<String> {
        self.roots.iter().flat_map(|root| names(root, true)).collect()
    }

    fn agents(&self, provider: &str) -> BTreeSet<String> {
        self.roots.iter().flat_map(|root| names(&root.join(provider), false)).collect()
    }
}

/// `--list-standards`
pub fn standards(answer: &mut Answer) {
    STANDARDS.iter().for_each(|standard| answer.line(standard));
    answer.part(list("standards", &STANDARDS));
}

fn providers_part(list: &BTreeSet<String>, attribute: &str, value: &str) -> Element {
    let part = Element::new("providers").with(attribute, value);
    list.iter().fold(part, |part, name| part.with_child(with_text(Element::new("provider"), name)))
}

/// `--list-ocf-providers`
pub fn providers(answer: &mut Answer) -> Result<(), Failed> {
    let found = Ocf::here().providers();
    if found.is_empty() {
        answer.error("No OCF providers found");
        return Err((Exit::NO_SUCH, String::new()));
    }
    found.iter().for_each(|name| answer.line(name));
    answer.part(providers_part(&found, "standard", "ocf"));
    Ok(())
}

/// `--list-ocf-alternatives`
pub fn alternatives(name: &str, answer: &mut Answer) -> Result<(), Failed> {
    let ocf = Ocf::here();
    let found: BTreeSet<String> =
        ocf.providers().into_iter().filter(|provider| ocf.agents(provider).contains(name)).collect();
    if found.is_empty() {
        answer.error(format!("No OCF providers found for {name}"));
        return Err((Exit::NO_SUCH, String::new()));
    }
    found.iter().for_each(|name| answer.line(name));
    answer.part(providers_part(&found, "for", name));
    Ok(())
}

/// `--list-agents`
pub fn agents(of: &str, answer: &mut Answer) -> Result<(), Failed> {
    let (standard, provider) = of.split_once(':').map_or((of, None), |(standard, provider)| (standard, Some(provider)));
    let provider = provider.filter(|provider| !provider.is_empty());
    let found: BTreeSet<String> = match (standard, provider) {
        ("ocf", Some(provider)) => Ocf::here().agents(provider),
        ("ocf", None) => {
            let ocf = Ocf::here();
            ocf.providers().iter().flat_map(|provider| ocf.agents(provider)).collect()
        }
        ("stonith", _) => fence_agents(),
        ("lsb", _) => names(Path::new("/etc/init.d"), false),
        ("systemd", _) => units(),
        ("service", _) => names(Path::new("/etc/init.d"), false).into_iter().chain(units()).collect(),
        _ => BTreeSet::new(),
    };
    if found.is_empty() {
        answer.error(match provider {
            None => format!("No agents found for standard '{standard}'"),
            Some(provider) => format!("No agents found for standard '{standard}' and provider '{provider}'"),
        });
        return Err((Exit::ERROR, String::new()));
    }
    found.iter().for_each(|name| answer.line(name));
    let mut part = Element::new("agents").with("standard", standard);
    if let Some(provider) = provider {
        part.set("provider", provider);
    }
    answer.part(found.iter().fold(part, |part, name| part.with_child(with_text(Element::new("agent"), name))));
    Ok(())
}

/// Fence agents on this host.
pub fn fence_agents() -> BTreeSet<String> {
    names(Path::new(agent::FENCE_AGENTS), false).into_iter().filter(|name| name.starts_with("fence_")).collect()
}

fn units() -> BTreeSet<String> {
    let places = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];
    let all = places.iter().flat_map(|place| std::fs::read_dir(place).into_iter().flatten().flatten());
    let names = all.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(".service").map(str::to_string)).collect()
}

/// `--show-metadata`
pub fn metadata(of: &str, answer: &mut Answer) -> Result<(), Failed> {
    let parts: Vec<&str> = of.split(':').collect();
    let (class, provider, kind) = match parts[..] {
        ["ocf", provider, kind] => ("ocf", Some(provider), kind),
        [class, kind] if class != "ocf" && STANDARDS.contains(&class) => (class, None, kind),
        _ => return Err((Exit::NO_SUCH, format!("'{of}' is not a valid agent specification"))),
    };
    match agent::metadata(&Environment::of_process(), class, provider, kind) {
        Some(text) => {
            answer.metadata(&text);
            Ok(())
        }
        None => Err((Exit::NO_SUCH, format!("Metadata query for {of} failed: No such device or address"))),
    }
}
