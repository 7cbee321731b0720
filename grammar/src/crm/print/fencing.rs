//! The fencing topology as text.

use super::{Printer, Role, bare};
use crate::crm::ast::{FencingTarget, Topology};

impl Printer<'_> {
    pub(super) fn topology(&mut self, topology: &Topology) {
        for levels in &topology.levels {
            match &levels.target {
                FencingTarget::Every => {}
                target => {
                    self.part();
                    self.put(Role::Reference, &bare(&target_text(target)));
                }
            }
            for level in &levels.levels {
                if let Some(id) = &level.id {
                    self.pair("$id", Some(&id.text));
                }
                if let Some(index) = &level.index {
                    self.pair("index", Some(&index.text));
                }
                self.word(Role::Reference, &level.devices.text);
            }
        }
    }
}

fn target_text(target: &FencingTarget) -> String {
    match target {
        FencingTarget::Every => String::new(),
        FencingTarget::Node(node) => format!("{}:", node.text),
        FencingTarget::Attribute { name, value } => format!("attr:{}={}", name.text, value.text),
        FencingTarget::Pattern(pattern) => format!("pattern:{}", pattern.text),
    }
}
