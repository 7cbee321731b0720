//! Fence devices none of which may be used.
//!
//! In: the situation. Out: notes.
//! Absent: that there is no device at all (see `resolve::definition`); what a device can do (the fencer's).

use crate::fencing::device;
use crate::note::Note;
use crate::scheduler::resolve::Situation;

pub fn notes(situation: &Situation) -> Vec<Note> {
    let options = &situation.options;
    // A watchdog is a device that nobody can stop.
    if !options.fencing_enabled || options.have_watchdog || !device::devices(&situation.model, situation.now).is_empty()
    {
        return Vec::new();
    }
    let disabled = situation.resources.iter().find(|(_, resource)| resource.fence_device && resource.is_primitive());
    let note = disabled.map(|(_, device)| {
        let text = "nothing can be fenced: fencing is enabled, and every fence device has target-role=Stopped";
        Note::info(device.config_id.as_str(), text).at("target-role")
    });
    note.into_iter().collect()
}
