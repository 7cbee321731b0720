//! Resources' own attributes: fencing parameters, isolation, stickiness after failure.

use super::super::tree::replace_children;
use super::super::warning::Warning;
use super::operation;
use super::set::{is_emptied, pairs};
use crate::xml::{Element, Node};

/// Fencing parameters that name the command for an action.
const COMMANDS: [(&str, &str); 6] = [
    ("pcmk_list_cmd", "pcmk_list_action"),
    ("pcmk_monitor_cmd", "pcmk_monitor_action"),
    ("pcmk_off_cmd", "pcmk_off_action"),
    ("pcmk_on_cmd", "pcmk_on_action"),
    ("pcmk_reboot_cmd", "pcmk_reboot_action"),
    ("pcmk_status_cmd", "pcmk_status_action"),
];

const ISOLATION: [&str; 4] = ["isolation", "isolation-host", "isolation-instance", "isolation-wrapper"];
const FAILURE_STICKINESS: [&str; 2] = ["resource-failure-stickiness", "resource_failure_stickiness"];

/// Translates the resources of a section or of a resource.
pub fn translate(parent: &mut Element, warnings: &mut Vec<Warning>) {
    for at in 0..parent.children.len() {
        let Some(child) = parent.child_at_mut(at) else { continue };
        match child.name.as_str() {
            "primitive" | "template" => primitive(child, warnings),
            "group" | "clone" | "master" | "bundle" => translate(child, warnings),
            _ => {}
        }
    }
}

fn primitive(resource: &mut Element, warnings: &mut Vec<Warning>) {
    let id = resource.id().unwrap_or_default().to_string();
    let mut requires = operation::Requires::default();
    replace_children(resource, |mut child| {
        let before = pairs(&child);
        match child.name.as_str() {
            "instance_attributes" => parameters(&mut child, warnings),
            "meta_attributes" => meta(&mut child, &id, warnings),
            "operations" => operation::translate(&mut child, &id, &mut requires, warnings),
            _ => {}
        }
        if is_emptied(&child, before) { Vec::new() } else { vec![Node::from(child)] }
    });
    requires.put_into(resource, warnings);
}

fn parameters(set: &mut Element, warnings: &mut Vec<Warning>) {
    replace_children(set, |mut pair| {
        let name = pair.attr("name").unwrap_or_default().to_string();
        let subject = format!("Resource instance_attributes: {}", pair.id().unwrap_or_default());
        if let Some((_, new)) = COMMANDS.iter().find(|(old, _)| *old == name) {
            warnings.push(Warning::debug(format!("{subject}: renaming {name} as {new}")));
            pair.set("name", new);
        } else if name == "pcmk_arg_map" {
            let Some(argument) = host_argument(&pair) else {
                warnings.push(Warning::debug(format!("{subject}: dropping {name}")));
                return Vec::new();
            };
            warnings.push(Warning::debug(format!(
                "{subject}: renaming {name} as pcmk_host_argument for matching port: prefix that will, meanwhile, \
                 get dropped"
            )));
            pair.set("name", "pcmk_host_argument");
            pair.set("value", argument);
        }
        vec![Node::from(pair)]
    });
}

/// Of a map of arguments, the only one that is left is what names the host.
fn host_argument(pair: &Element) -> Option<String> {
    let argument = pair.attr("value")?.strip_prefix("port:")?;
    (!argument.contains(',')).then(|| argument.to_string())
}

fn meta(set: &mut Element, resource: &str, warnings: &mut Vec<Warning>) {
    let subject = format!("Resource meta_attributes: {resource} (meta={})", set.id().unwrap_or_default());
    let mut has_role = set.elements().any(|pair| pair.attr("name") == Some("target-role"));
    replace_children(set, |mut pair| {
        let name = pair.attr("name").unwrap_or_default().to_string();
        if ISOLATION.contains(&name.as_str()) {
            warnings.push(Warning::serious(format!("{subject}: renaming {name} as target-role, redefined as Stopped")));
            warnings.push(Warning::serious(
                "Resource meta_attributes: ... i.e. resource at hand disabled; isolation wrappers obsoleted with \
                 bundle resources",
            ));
            if std::mem::replace(&mut has_role, true) {
                return Vec::new();
            }
            pair.set("name", "target-role");
            pair.set("value", "Stopped");
        } else if FAILURE_STICKINESS.contains(&name.as_str()) {
            if pair.attr("value") != Some("-INFINITY") {
                warnings.push(Warning::info(format!("{subject}: dropping {name}")));
                warnings
                    .push(Warning::info("Resource meta_attributes: ... migration-threshold can be configured instead"));
                return Vec::new();
            }
            warnings.push(Warning::debug(format!(
                "{subject}: renaming {name} as migration-threshold, redefined as 1, for matching -INFINITY"
            )));
            pair.set("name", "migration-threshold");
            pair.set("value", "1");
        }
        vec![Node::from(pair)]
    });
}
