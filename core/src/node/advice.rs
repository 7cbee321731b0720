//! What the leader says of a configuration that promises more than is kept.
//!
//! In: the configuration in force. Out: notes, each once. Absent: refusing anything.

use super::Node;
use crate::cib::decode;
use crate::fencing::{device, parameter};
use crate::note::Note;
use crate::time::Now;

impl Node {
    pub(super) fn advise(&mut self) {
        let mut said = Vec::new();
        if self.watchdog_timeout_ms() > 0 && !self.settings.watchdog {
            said.push(
                "`fencing-watchdog-timeout` has no effect for this node: it has no watchdog (quorated --watchdog)"
                    .into(),
            );
        }
        let (configuration, _) = decode::configuration(self.document().root());
        for device in device::devices(&configuration, Now::from_epoch(self.clock.epoch)) {
            let idle = device.parameters.iter().filter_map(|(name, value)| parameter::without_effect(name, value));
            said.extend(idle.map(|text| format!("{}: {text}", device.id)));
        }
        for text in said {
            if self.advised.insert(text.clone()) {
                self.note(Note::warning("configuration", text));
            }
        }
    }
}
