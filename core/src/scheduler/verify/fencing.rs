//! Fence devices none of which may be used.
//!
//! In: the situation. Out: notes.
//! Absent: that there is no device at all (see `resolve::definition`); what a device can do (the fencer's).

use crate::cib::model::resource::Role;
use crate::note::Note;
use crate::scheduler::resolve::{Resource, Situation};

pub fn notes(situation: &Situation) -> Vec<Note> {
    let options = &situation.options;
    // A watchdog is a device that nobody can stop.
    if !options.fencing_enabled || options.have_watchdog {
        return Vec::new();
    }
    let is_device = |resource: &Resource| resource.fence_device && resource.is_primitive();
    let mut devices = situation.resources.rows().iter().filter(|resource| is_device(resource)).peekable();
    let first = devices.peek().map(|device| device.config_id.clone());
    let note = first.filter(|_| devices.all(|device| device.target == Role::Stopped)).map(|device| {
        let text = "nothing can be fenced: fencing is enabled, and every fence device has target-role=Stopped";
        Note::info(device.as_str(), text).at("target-role")
    });
    note.into_iter().collect()
}
