//! Nodes and resources made up along the schema.

use super::{Maker, ROLES, VALUES};
use quorate_core::xml::Element;

impl Maker<'_> {
    pub(super) fn nodes(&mut self) -> Element {
        let mut nodes = Element::new("nodes");
        for number in 1..=self.some(3) {
            let id = if self.maybe(50) { number.to_string() } else { self.id() };
            let name = if self.maybe(30) { id.clone() } else { format!("node{number}") };
            let mut node = Element::new("node").with("id", id).with("uname", name);
            self.set(&mut node, 30, "type", &["member", "remote"]);
            self.set(&mut node, 20, "description", VALUES);
            if self.maybe(10) {
                let score = self.score();
                node.set("score", score);
            }
            self.extras(&mut node, &["instance_attributes", "utilization"]);
            nodes.push(node);
        }
        nodes
    }

    pub(super) fn resources(&mut self) -> Element {
        let mut resources = Element::new("resources");
        for _ in 0..self.some(5) {
            let resource = match self.chance.below(6) {
                0 => self.template(),
                1 => self.group(),
                2 => {
                    let mut clone = self.container("clone");
                    let inside = if self.maybe(50) { self.primitive() } else { self.group() };
                    clone.push(inside);
                    clone
                }
                3 => self.bundle(),
                _ => self.primitive(),
            };
            resources.push(resource);
        }
        resources
    }

    pub(super) fn container(&mut self, name: &str) -> Element {
        let id = self.id();
        self.resources.push(id.clone());
        let mut element = Element::new(name).with("id", id);
        self.set(&mut element, 20, "description", VALUES);
        self.extras(&mut element, &["instance_attributes", "meta_attributes"]);
        element
    }

    pub(super) fn group(&mut self) -> Element {
        let mut group = self.container("group");
        for _ in 0..1 + self.some(2) {
            let inside = self.primitive();
            group.push(inside);
        }
        group
    }

    pub(super) fn agent(&mut self, element: &mut Element) {
        match self.chance.below(6) {
            0 => element.set("class", "stonith"),
            1 => element.set("class", "systemd"),
            2 => {
                let class = self.one(&["lsb", "service"]);
                element.set("class", class);
            }
            _ => {
                element.set("class", "ocf");
                self.set(element, 100, "provider", &["heartbeat", "pacemaker", "acme", "a b"]);
            }
        }
        self.set(element, 100, "type", &["Dummy", "Stateful", "IPaddr2", "fence_xvm", "external/ssh", "a:b", "x y"]);
    }

    pub(super) fn template(&mut self) -> Element {
        let id = self.id();
        let mut template = Element::new("template").with("id", &id);
        self.agent(&mut template);
        self.body(&mut template);
        self.templates.push(id);
        template
    }

    pub(super) fn primitive(&mut self) -> Element {
        let id = self.id();
        let mut primitive = Element::new("primitive").with("id", &id);
        match self.pick(&self.templates.clone()).filter(|_| self.maybe(20)) {
            Some(template) => primitive.set("template", template),
            None => self.agent(&mut primitive),
        }
        self.body(&mut primitive);
        self.resources.push(id);
        primitive
    }

    pub(super) fn body(&mut self, element: &mut Element) {
        self.set(element, 20, "description", VALUES);
        self.extras(element, &["instance_attributes", "meta_attributes", "utilization"]);
        if self.maybe(60) {
            let operations = self.operations();
            element.push(operations);
        }
        self.extras(element, &["instance_attributes", "meta_attributes"]);
    }

    pub(super) fn operations(&mut self) -> Element {
        let mut operations = Element::new("operations");
        if self.maybe(30) {
            let id = self.id();
            operations.set("id", &id);
            self.operations.push(id);
        }
        if let Some(id) = self.pick(&self.operations.clone()).filter(|_| self.maybe(10)) {
            operations.set("id-ref", id);
        }
        for _ in 0..self.some(3) {
            let mut op = Element::new("op").with("id", self.id());
            self.set(&mut op, 100, "name", &["monitor", "start", "stop", "a b"]);
            self.set(&mut op, 100, "interval", &["0", "10s", "PT1M"]);
            self.set(&mut op, 20, "description", VALUES);
            if self.maybe(50) {
                self.set(&mut op, 40, "start-delay", &["5s"]);
            } else {
                self.set(&mut op, 40, "interval-origin", &["2026-01-01", "a b"]);
            }
            self.set(&mut op, 50, "timeout", &["20s", "30"]);
            self.set(&mut op, 20, "enabled", &["true", "false"]);
            self.set(&mut op, 20, "record-pending", &["true", "false"]);
            self.set(&mut op, 20, "role", ROLES);
            self.set(
                &mut op,
                20,
                "on-fail",
                &["ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"],
            );
            self.extras(&mut op, &["instance_attributes", "meta_attributes"]);
            operations.push(op);
        }
        operations
    }

    pub(super) fn bundle(&mut self) -> Element {
        let mut bundle = self.container("bundle");
        let mut engine = Element::new(self.one(&["docker", "podman"]));
        self.set(&mut engine, 100, "image", &["pcmk:http", "a b"]);
        for name in ["replicas", "replicas-per-host", "promoted-max"] {
            self.set(&mut engine, 30, name, &["1", "3"]);
        }
        for name in ["run-command", "network", "options"] {
            self.set(&mut engine, 30, name, VALUES);
        }
        bundle.push(engine);
        if self.maybe(60) {
            let mut network = Element::new("network");
            self.set(&mut network, 50, "ip-range-start", &["10.0.0.5"]);
            self.set(&mut network, 30, "control-port", &["3121"]);
            self.set(&mut network, 30, "host-interface", &["eth0"]);
            self.set(&mut network, 30, "host-netmask", &["24"]);
            self.set(&mut network, 30, "add-host", &["true", "false"]);
            for _ in 0..self.some(2) {
                let mut port = Element::new("port-mapping").with("id", self.id());
                if self.maybe(50) {
                    port.set("range", "80-90");
                } else {
                    port.set("port", "80");
                    self.set(&mut port, 50, "internal-port", &["8080"]);
                }
                network.push(port);
            }
            bundle.push(network);
        }
        if self.maybe(60) {
            let mut storage = Element::new("storage");
            for _ in 0..self.some(2) {
                let mut mapping = Element::new("storage-mapping").with("id", self.id());
                let source = self.one(&["source-dir", "source-dir-root"]);
                self.set(&mut mapping, 100, source, VALUES);
                self.set(&mut mapping, 100, "target-dir", VALUES);
                self.set(&mut mapping, 40, "options", VALUES);
                storage.push(mapping);
            }
            bundle.push(storage);
        }
        if self.maybe(50) {
            let inside = self.primitive();
            bundle.push(inside);
        }
        bundle
    }
}
