//! What is shown says all of it: loaded again, here or into an empty configuration, it is the same XML.
//!
//! Held over every recorded configuration, and over configurations made up along the schema.
#![allow(clippy::unwrap_used)]

use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_core::xml::{self, Element, Node};
use quorate_grammar::crm::parse;
use quorate_shell::catalogue::Catalogue;
use quorate_shell::check::vocabulary;
use quorate_shell::configure::lower::{Mode, lower};
use quorate_shell::configure::replace::replace;
use quorate_shell::configure::show;
use quorate_tests::needs;
use quorate_tests::schema;
use quorate_tests::world::chance::Chance;
use std::collections::BTreeSet;

fn catalogue() -> Catalogue {
    Catalogue::new(&[("heartbeat", &["Dummy", "IPaddr2"]), ("pacemaker", &["Dummy", "Stateful"])], &["fence_xvm"])
}

/// The same configuration in one form: attributes by name, what the schema leaves in any order in
/// one order, no comments. Without ids, those that are made up anew anyway.
fn canonical(element: &Element, ids: bool) -> Element {
    let mut plain = Element::new(&element.name);
    let inner = matches!(
        &*element.name,
        "nvpair"
            | "instance_attributes"
            | "meta_attributes"
            | "utilization"
            | "rule"
            | "expression"
            | "date_expression"
            | "rsc_expression"
            | "op_expression"
            | "duration"
            | "date_spec"
            | "op"
            | "resource_set"
            | "fencing-level"
            | "acl_permission"
            | "recipient"
            | "attribute"
            | "port-mapping"
            | "storage-mapping"
            | "read"
            | "write"
            | "deny"
    );
    let mut attributes: Vec<(&str, &str)> = element.attributes.iter().map(|(name, value)| (&**name, value)).collect();
    attributes.sort();
    for (name, value) in attributes {
        // Without ids, what the schema has as a default need not be said either.
        let default = matches!((name, value), ("boolean-op", "and") | ("sequential" | "require-all", "true"));
        let default = default && matches!(&*element.name, "rule" | "resource_set");
        if ids || !(inner && name == "id" || default) {
            plain.set(name, value);
        }
    }
    let mut children: Vec<&Element> = element.elements().collect();
    match &*element.name {
        // Objects stand in the order of `show` when they are loaded afresh.
        "configuration" | "resources" | "constraints" | "nodes" | "tags" | "acls" | "alerts" | "crm_config"
        | "rsc_defaults" | "op_defaults" => children.sort_by_key(|child| (child.name.to_string(), key(child))),
        // Rules before pairs, attributes before members, recipients last: the schema has them in any order.
        _ => children.sort_by_key(|child| match &*child.name {
            "rule" if element.name != "rule" && element.name != "rsc_location" => 0,
            "recipient" => 3,
            "primitive" | "group" => 2,
            _ => 1,
        }),
    }
    plain.children = children.into_iter().map(|child| Node::from(canonical(child, ids))).collect();
    plain
}

fn key(element: &Element) -> String {
    let reference = element.attr("id-ref").map_or(String::new(), |id| format!("{id} "));
    element.id().map_or(reference, str::to_string)
}

fn without_empty_sections(configuration: &Element) -> Element {
    let mut configuration = configuration.clone();
    configuration.retain_elements(|section| section.elements().next().is_some());
    configuration
}

/// The first difference, in words.
fn difference(before: &Element, after: &Element) -> Option<String> {
    let (before, after) = (xml::write_pretty(before), xml::write_pretty(after));
    let line = before.lines().zip(after.lines()).find(|(a, b)| a != b);
    match line {
        Some((before, after)) => Some(format!("was {} is {}", before.trim(), after.trim())),
        None => (before != after).then(|| "one is longer".to_string()),
    }
}

/// Shown, loaded in its own place and into nothing; says what went wrong.
fn check(before: &Document) -> Vec<String> {
    let catalogue = catalogue();
    let configuration = before.configuration();
    let mut wrong = Vec::new();
    let all = objects::sorted(configuration);
    for ids in [false, true] {
        let statements = match ids {
            true => show::statements_with_ids(configuration, &all, &catalogue),
            false => show::statements(configuration, &all, &catalogue),
        };
        let text = show::text(&statements);
        let (read, diagnostics) = parse(&text);
        if let Some(first) = diagnostics.iter().find(|one| one.is_error()) {
            wrong.push(format!("not read again: {}", first.picture("shown", &text)));
            continue;
        }
        for line in text.lines().filter(|line| line.starts_with("xml <")) {
            wrong.push(format!("as XML: {line}"));
        }
        let mut here = before.clone();
        let found = replace(here.configuration_mut(), &read, &catalogue);
        // Without ids the text is what it was in another place; with them it may be said otherwise.
        let same = match ids {
            false => here.configuration() == configuration,
            true => canonical(here.configuration(), true) == canonical(configuration, true),
        };
        if !found.is_empty() || !same {
            let difference = difference(&canonical(configuration, true), &canonical(here.configuration(), true));
            wrong.push(format!("replaced (ids {ids}): {difference:?} {found:?}"));
        }
        let mut fresh = Document::empty();
        fresh.root_mut().set("validate-with", before.root().attr("validate-with").unwrap_or("pacemaker-4.0"));
        let found = lower(&read, Mode::Update, fresh.configuration_mut(), &catalogue);
        let fresh = canonical(&without_empty_sections(fresh.configuration()), ids);
        let difference = difference(&canonical(&without_empty_sections(configuration), ids), &fresh);
        if !found.is_empty() || difference.is_some() {
            wrong.push(format!("afresh (ids {ids}): {} {found:?}", difference.unwrap_or_default()));
        }
    }
    wrong
}

/// Configurations that the schema itself refuses; they may be shown as XML.
const INVALID: &[&str] = &["order-wrong-kind"];

#[test]
fn recorded_configurations() {
    let Some(place) = needs::corpus("scheduler/xml") else { return };
    let entries = std::fs::read_dir(&place).expect("the records");
    let (mut read, mut wrong) = (0, Vec::new());
    for path in entries.flatten().map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let Ok(document) = Document::read(&text) else { continue };
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        read += 1;
        if !INVALID.contains(&&*name) {
            wrong.extend(check(&document).into_iter().map(|what| format!("{name}: {what}")));
        }
    }
    println!("{read} configurations");
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// What is never made up is never tried.
#[test]
fn configurations_along_the_schema_have_all_of_its_elements_and_attributes() {
    let mut made: BTreeSet<(String, String)> = BTreeSet::new();
    for seed in 0..400 {
        let document = schema::configuration(&mut Chance::new(seed));
        for element in document.configuration().descendants() {
            let name = |attribute: &str| (element.name.to_string(), attribute.to_string());
            made.extend(element.attributes.iter().map(|(attribute, _)| name(attribute)));
        }
    }
    let missing: Vec<String> = vocabulary()
        .filter(|(element, attribute)| !made.contains(&(element.to_string(), attribute.to_string())))
        .map(|(element, attribute)| format!("{element} {attribute}"))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn configurations_made_along_the_schema() {
    let mut wrong = Vec::new();
    let seeds = std::env::var("QUORATE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(300);
    for seed in 0..seeds {
        let document = schema::configuration(&mut Chance::new(seed));
        wrong.extend(check(&document).into_iter().map(|what| format!("seed {seed}: {what}")));
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
