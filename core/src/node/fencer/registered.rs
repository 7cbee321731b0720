//! Fence devices that no configuration has: told to the daemons by hand, known to all members, gone when
//! all of them have ended.
//!
//! Pacemaker's fencer takes such devices from its clients (`stonith_admin --register`) and keeps them for
//! its own node. Here all know them, for any member may have to run one.
//! In: requests, their delivery, what members bring. Out: devices for requests.

use super::Node;
use crate::cib::decode;
use crate::fencing::Device;
use crate::fencing::device;
use crate::fencing::under_way::Brought;
use crate::node::event::ClientId;
use crate::node::message::{Message, RequestId};
use crate::node::request::{Refusal, Reply};
use crate::time::Now;

impl Node {
    pub(in crate::node) fn registered_devices(&self) -> Reply {
        Reply::Devices { devices: self.fencer.registered.values().cloned().collect() }
    }

    pub(in crate::node) fn register_device(&mut self, client: ClientId, device: Device) {
        if self.is_configured(&device.id) {
            let reason = format!("{} is a device of the configuration: change it there", device.id);
            return self.reply(client, Reply::Refused(Refusal::Denied { reason }));
        }
        let request = self.wait(client);
        self.send(Message::Device { request, id: device.id.clone(), device: Some(device) });
    }

    /// One of the configuration stays, as with Pacemaker.
    pub(in crate::node) fn deregister_device(&mut self, client: ClientId, id: String) {
        let request = self.wait(client);
        self.send(Message::Device { request, id, device: None });
    }

    fn is_configured(&self, id: &str) -> bool {
        let (configuration, _) = decode::configuration(self.document().root());
        device::devices(&configuration, Now::from_epoch(self.clock.epoch)).iter().any(|device| device.id == id)
    }

    pub(in crate::node) fn device_delivered(&mut self, request: RequestId, id: String, device: Option<Device>) {
        match device {
            Some(device) => drop(self.fencer.registered.insert(id, device)),
            None => drop(self.fencer.registered.remove(&id)),
        }
        self.answer(Some(request), Reply::Done);
        self.something_changed("a fence device");
    }

    /// Those of the configuration come first, also where one has the same id.
    pub(super) fn with_registered(&self, mut devices: Vec<Device>) -> Vec<Device> {
        let new = |device: &&Device| !devices.iter().any(|known| known.id == device.id);
        let more: Vec<Device> = self.fencer.registered.values().filter(new).cloned().collect();
        devices.extend(more);
        devices
    }

    /// Members that meet know afterwards what any of them knew.
    pub(super) fn share_registered(&mut self, brought: &[Brought]) {
        self.fencer.registered.clear();
        for (id, device) in brought.iter().flat_map(|brought| &brought.registered) {
            self.fencer.registered.entry(id.clone()).or_insert_with(|| device.clone());
        }
    }
}
