//! What is otherwise than usual from the start of a story: properties, devices, hosts.

use super::{World, host};

impl World {
    /// Gives the fence device these parameters besides, from the start.
    pub fn with_device_parameters(mut self, parameters: &[(&str, &str)]) -> World {
        let documents = self.hosts.values_mut().filter_map(|host| host.disk.as_mut());
        documents.for_each(|(document, _)| host::add_device_parameters(document, parameters));
        self
    }

    /// Sets cluster properties, from the start.
    pub fn with_properties(mut self, properties: &[(&str, &str)]) -> World {
        let documents = self.hosts.values_mut().filter_map(|host| host.disk.as_mut());
        documents.for_each(|(document, _)| {
            properties.iter().for_each(|(name, value)| host::set_property(document, name, value));
        });
        self
    }

    /// Gives a resource a meta-attribute, from the start.
    pub fn with_meta(mut self, resource: &str, name: &str, value: &str) -> World {
        let documents = self.hosts.values_mut().filter_map(|host| host.disk.as_mut());
        documents.for_each(|(document, _)| host::set_meta(document, resource, name, value));
        self
    }

    /// A host that nobody has switched on yet.
    pub fn without(mut self, node: u32) -> World {
        self.host(node).powered = false;
        self
    }

    /// No fence device reaches a node, but each has a watchdog that resets it.
    pub fn with_watchdogs(mut self, timeout: &str) -> World {
        for host in self.hosts.values_mut() {
            host.watchdog = true;
            let (document, _) = host.disk.as_mut().expect("a configuration");
            host::remove_device(document);
            host::set_property(document, "fencing-watchdog-timeout", timeout);
        }
        self
    }
}
