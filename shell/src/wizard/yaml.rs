//! Fields of a wizard's file.

use super::model::{Parameter, Preset};
use serde_norway::Value as Yaml;

/// Puts what is written of a parameter over what is known; a default's marks are those of the wizard
/// so many levels further out.
pub fn read_over(parameter: &mut Parameter, yaml: &Yaml, above: usize) {
    let put = |field: &mut bool, name: &str| *field = truth(yaml, name).unwrap_or(*field);
    put(&mut parameter.required, "required");
    put(&mut parameter.unique, "unique");
    put(&mut parameter.advanced, "advanced");
    if yaml.get("shortdesc").is_some() {
        parameter.short = trimmed(yaml, "shortdesc");
    }
    if yaml.get("longdesc").is_some() {
        parameter.long = trimmed(yaml, "longdesc");
    }
    if let Some(kind) = text_of(yaml, "type").filter(|kind| !kind.is_empty()) {
        parameter.kind = kind;
    }
    if let Some(example) = text_of(yaml, "example") {
        parameter.example = Some(example);
    }
    match yaml.get("values") {
        Some(Yaml::Sequence(values)) => parameter.values = values.iter().filter_map(scalar).collect(),
        Some(values) => {
            let text = scalar(values).unwrap_or_default();
            parameter.values = text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_string).collect();
        }
        None => {}
    }
    let value = yaml.get("value").or_else(|| yaml.get("default"));
    if let Some(text) = value.and_then(scalar) {
        let is_no = matches!(value, Some(Yaml::Bool(false)));
        parameter.default = Some(Preset { text, is_no, above });
    }
}

pub fn list<'y>(yaml: &'y Yaml, name: &str) -> &'y [Yaml] {
    yaml.get(name).and_then(Yaml::as_sequence).map_or(&[], Vec::as_slice)
}

pub fn text_of(yaml: &Yaml, name: &str) -> Option<String> {
    yaml.get(name).and_then(scalar)
}

pub fn trimmed(yaml: &Yaml, name: &str) -> String {
    text_of(yaml, name).unwrap_or_default().trim().to_string()
}

pub fn scalar(yaml: &Yaml) -> Option<String> {
    match yaml {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Bool(value) => Some(value.to_string()),
        Yaml::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub fn truth(yaml: &Yaml, name: &str) -> Option<bool> {
    let text = text_of(yaml, name)?;
    Some(matches!(text.to_lowercase().as_str(), "true" | "yes" | "on" | "1" | "y"))
}
