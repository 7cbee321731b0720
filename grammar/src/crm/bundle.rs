//! `bundle`: a container, its network and storage, and what runs in it.
//!
//! In: a reader after the keyword. Out: `Bundle`.
//! Absent: whether the primitive exists.

use crate::crm::ast::{Bundle, BundlePart, Mapping, SetKind, Setting};
use crate::crm::attributes::set;
use crate::crm::expect::{BUNDLE_SETTINGS, ENGINES, Expected};
use crate::crm::reader::{Parsed, Reader, meant};
use crate::diagnostic::{Diagnostic, closest};
use crate::span::Word;

const BODY: &[&str] = &["docker", "podman", "network", "storage", "meta", "primitive"];

pub fn bundle(reader: &mut Reader) -> Parsed<Bundle> {
    let id = reader.id()?;
    let description = reader.description();
    let mut parts: Vec<BundlePart> = Vec::new();
    loop {
        let before = reader.peek();
        let part = part(reader, &parts)?;
        let Some(part) = part else { break };
        if let (Some(token), true) = (before, parts.iter().any(|known| repeats(known, &part))) {
            return Err(Diagnostic::error(token.span, format!("`{}` stands here twice", token.text)).into());
        }
        parts.push(part);
    }
    let contained = parts.iter().any(|part| matches!(part, BundlePart::Engine { .. }));
    if contained { Ok(Bundle { id, description, parts }) } else { Err(reader.stop()) }
}

fn repeats(known: &BundlePart, new: &BundlePart) -> bool {
    use BundlePart::{Engine, Network, Primitive, Storage};
    matches!(
        (known, new),
        (Engine { .. }, Engine { .. })
            | (Network { .. }, Network { .. })
            | (Storage { .. }, Storage { .. })
            | (Primitive(_), Primitive(_))
    )
}

fn part(reader: &mut Reader, before: &[BundlePart]) -> Parsed<Option<BundlePart>> {
    let engine = before.iter().any(|part| matches!(part, BundlePart::Engine { .. }));
    // The container is asked for first; what else there is, when it is there.
    for name in ENGINES {
        if reader.next_if(Expected::Keyword(name), |token| token.is(name)).is_some() {
            let settings = settings(reader, name)?;
            return Ok(Some(BundlePart::Engine { name: Word::new(*name), settings }));
        }
    }
    let mut keyword = |word: &'static str| match engine {
        true => reader.keyword(word),
        false => reader.peek().is_some_and(|token| token.is(word)) && reader.next().is_some(),
    };
    if keyword("network") {
        let settings = settings(reader, "network")?;
        return Ok(Some(BundlePart::Network { settings, ports: mappings(reader, "port-mapping")? }));
    }
    if keyword("storage") {
        return Ok(Some(BundlePart::Storage { mappings: mappings(reader, "storage-mapping")? }));
    }
    if keyword("params") {
        return Ok(Some(BundlePart::Set(set(reader, SetKind::Params, BODY)?)));
    }
    if keyword("meta") {
        return Ok(Some(BundlePart::Set(set(reader, SetKind::Meta, BODY)?)));
    }
    if keyword("primitive") {
        return Ok(Some(BundlePart::Primitive(reader.name(Expected::Child)?)));
    }
    Ok(None)
}

fn mappings(reader: &mut Reader, keyword: &'static str) -> Parsed<Vec<Mapping>> {
    let mut mappings = Vec::new();
    while reader.keyword(keyword) {
        let mut settings = settings(reader, keyword)?;
        let id = settings.iter().position(|(name, _)| *name == "id").map(|at| settings.remove(at).1);
        if settings.is_empty() {
            return Err(reader.stop());
        }
        mappings.push(Mapping { id, settings });
    }
    Ok(mappings)
}

/// NAME=VALUE of this part. Other names are taken, for newer clusters may know them; slips are not.
fn settings(reader: &mut Reader, part: &str) -> Parsed<Vec<Setting>> {
    let known = BUNDLE_SETTINGS.iter().find(|(name, _)| *name == part).map_or(&[] as &[&str], |(_, names)| names);
    let mut settings: Vec<Setting> = Vec::new();
    while let Some((name, value)) = reader.pair(Expected::BundleSetting, |name| !name.starts_with(['$', '@'])) {
        if settings.iter().any(|(before, _)| *before == name) {
            return Err(Diagnostic::error(name.span, format!("`{}` is given twice", name.text)).into());
        }
        if !known.contains(&name.text.as_str()) && name != "id" {
            let near = closest(&name.text, known.iter().copied());
            let mut diagnostic = Diagnostic::warning(
                name.span,
                format!("`{}` is no setting of `{part}` that the cluster knows", name.text),
            );
            diagnostic.hint = near.map(meant).or(Some(format!("it knows {}", known.join(", "))));
            if near.is_some() {
                return Err(Diagnostic { severity: crate::Severity::Error, ..diagnostic }.into());
            }
            reader.diagnostics.push(diagnostic);
        }
        settings.push((name, value));
    }
    Ok(settings)
}
