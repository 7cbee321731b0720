//! A random configuration: nodes, options, resources, constraints.

use crate::world::Chance;
use quorate_core::xml::Element;

/// What later parts need to know of the resources.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    pub tops: Vec<Top>,
    pub primitives: Vec<Primitive>,
    pub tickets: Vec<String>,
    /// Names of remote and guest nodes.
    pub remotes: Vec<String>,
}

/// What constraints may name.
#[derive(Clone, Debug)]
pub struct Top {
    pub id: String,
    pub promotable: bool,
    /// The outermost resource it is part of: constraints within one make no sense.
    pub family: String,
}

/// A primitive, under the name its histories are kept under.
#[derive(Clone, Debug)]
pub struct Primitive {
    pub id: String,
    pub promotable: bool,
    /// Milliseconds and role of its recurring monitors.
    pub monitors: Vec<(u64, Option<&'static str>)>,
}

pub(crate) fn one<'a, T: ?Sized>(chance: &mut Chance, of: &[&'a T]) -> &'a T {
    of[chance.below(of.len() as u64) as usize]
}

fn pair(set: &str, name: &str, value: &str) -> Element {
    Element::new("nvpair")
        .with("id", format!("{set}-{}", name.trim_start_matches('#')))
        .with("name", name)
        .with("value", value)
}

fn set(element: &str, id: &str, pairs: &[(&str, String)]) -> Element {
    let children = pairs.iter().map(|(name, value)| pair(id, name, value));
    children.fold(Element::new(element).with("id", id), Element::with_child)
}

/// The options of the cluster.
pub(crate) fn options(chance: &mut Chance) -> Element {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    let mut maybe = |chance: &mut Chance, percent: u64, name: &'static str, values: &[&str]| {
        if chance.percent(percent) {
            pairs.push((name, one(chance, values).to_string()));
        }
    };
    maybe(chance, 90, "stonith-enabled", &["true", "true", "false"]);
    maybe(chance, 40, "no-quorum-policy", &["stop", "ignore", "freeze", "demote", "suicide", "fence"]);
    maybe(chance, 15, "symmetric-cluster", &["false", "true"]);
    maybe(chance, 20, "placement-strategy", &["utilization", "minimal", "balanced", "default"]);
    maybe(chance, 4, "maintenance-mode", &["true"]);
    maybe(chance, 3, "stop-all-resources", &["true"]);
    maybe(chance, 10, "start-failure-is-fatal", &["false", "true"]);
    maybe(chance, 6, "stop-orphan-resources", &["false"]);
    maybe(chance, 6, "stop-orphan-actions", &["false"]);
    maybe(chance, 15, "concurrent-fencing", &["true", "false"]);
    maybe(chance, 10, "stonith-action", &["off", "reboot"]);
    maybe(chance, 6, "enable-startup-probes", &["false"]);
    maybe(chance, 6, "startup-fencing", &["false"]);
    maybe(chance, 8, "node-health-strategy", &["migrate-on-red", "only-green", "progressive", "custom"]);
    maybe(chance, 6, "priority-fencing-delay", &["15s"]);
    maybe(chance, 8, "shutdown-lock", &["true"]);
    maybe(chance, 8, "batch-limit", &["3", "30"]);
    maybe(chance, 6, "migration-limit", &["1", "2"]);
    maybe(chance, 6, "node-pending-timeout", &["2h"]);
    Element::new("crm_config").with_child(set("cluster_property_set", "options", &pairs))
}

/// The nodes, as `n1`, `n2`, ….
pub(crate) fn nodes(chance: &mut Chance, count: u64) -> Element {
    let mut nodes = Element::new("nodes");
    for number in 1..=count {
        let mut node = Element::new("node").with("id", number.to_string()).with("uname", format!("n{number}"));
        let mut pairs = vec![("rack", one(chance, &["a", "b"]).to_string())];
        if chance.percent(8) {
            pairs.push(("standby", "on".into()));
        }
        if chance.percent(4) {
            pairs.push(("maintenance", "true".into()));
        }
        if chance.percent(8) {
            pairs.push(("#health-disk", one(chance, &["red", "yellow", "green", "-10"]).to_string()));
        }
        node.push(set("instance_attributes", &format!("node{number}-attributes"), &pairs));
        if chance.percent(70) {
            let cpu = (2 + chance.below(8)).to_string();
            node.push(set("utilization", &format!("node{number}-utilization"), &[("cpu", cpu)]));
        }
        nodes.push(node);
    }
    nodes
}

struct Maker<'a> {
    chance: &'a mut Chance,
    inventory: Inventory,
    count: usize,
}

/// The resources.
pub(crate) fn resources(chance: &mut Chance) -> (Element, Inventory) {
    let mut resources = Element::new("resources");
    if chance.percent(85) {
        let mut device = Element::new("primitive").with("id", "fencer").with("class", "stonith");
        device.set("type", "fence_xvm");
        if chance.percent(10) {
            device.push(set("meta_attributes", "fencer-meta", &[("provides", "unfencing".into())]));
        }
        resources.push(device);
    }
    let count = 1 + chance.below(6);
    let mut maker = Maker { chance, inventory: Inventory::default(), count: 0 };
    for _ in 0..count {
        let element = match maker.chance.below(11) {
            10 => maker.remote(),
            0..=3 => maker.alone(),
            4 | 5 => maker.group("g", false),
            6 | 7 => maker.clone(false),
            8 => maker.clone(true),
            _ => maker.bundle(),
        };
        resources.push(element);
    }
    (resources, maker.inventory)
}

impl Maker<'_> {
    fn name(&mut self, prefix: &str) -> String {
        self.count += 1;
        format!("{prefix}{}", self.count)
    }

    fn top(&mut self, id: String, promotable: bool, family: String) {
        self.inventory.tops.push(Top { id, promotable, family });
    }

    fn alone(&mut self) -> Element {
        let element = self.primitive(false, false);
        let id = element.id().unwrap_or_default().to_string();
        self.top(id.clone(), false, id);
        element
    }

    /// The connection to a remote node, which has the name of the connection.
    fn remote(&mut self) -> Element {
        let id = self.name("remote");
        let mut element = Element::new("primitive").with("id", &id).with("class", "ocf");
        element.set("provider", "pacemaker");
        element.set("type", "remote");
        let mut operations = Element::new("operations");
        if self.chance.percent(70) {
            operations.push(self.operation(&id, "monitor", "10s", None, &["restart", "fence"]));
        }
        if self.chance.percent(40) {
            let pairs = [("reconnect_interval", "60s".to_string())];
            element.push(set("instance_attributes", &format!("{id}-attributes"), &pairs));
        }
        if !operations.children.is_empty() {
            element.push(operations);
        }
        self.inventory.remotes.push(id.clone());
        self.inventory.primitives.push(Primitive { id: id.clone(), promotable: false, monitors: vec![(10_000, None)] });
        if self.chance.percent(30) {
            self.top(id.clone(), false, id);
        }
        element
    }

    fn primitive(&mut self, cloned: bool, promotable: bool) -> Element {
        let id = self.name("r");
        let kind = if promotable { "Stateful" } else { "Dummy" };
        let mut element = Element::new("primitive").with("id", &id).with("class", "ocf");
        element.set("provider", "pacemaker");
        element.set("type", kind);
        if let Some(meta) = self.meta(&id, !cloned) {
            element.push(meta);
        }
        let mut monitors = Vec::new();
        let mut operations = Element::new("operations");
        if self.chance.percent(60) {
            monitors.push((10_000, None));
            let on_fail = ["restart", "block", "ignore", "stop", "fence", "standby", "restart-container"];
            operations.push(self.operation(&id, "monitor", "10s", None, &on_fail[..6]));
        }
        if promotable && self.chance.percent(60) {
            monitors.push((11_000, Some("Promoted")));
            let on_fail = ["restart", "demote", "block", "fence"];
            operations.push(self.operation(&id, "monitor", "11s", Some("Promoted"), &on_fail));
        }
        if self.chance.percent(12) {
            operations.push(self.operation(&id, "start", "0", None, &["restart", "block", "ignore", "stop", "fence"]));
        }
        if self.chance.percent(12) {
            operations.push(self.operation(&id, "stop", "0", None, &["block", "ignore", "fence"]));
        }
        if !operations.children.is_empty() {
            element.push(operations);
        }
        if self.chance.percent(25) {
            let cpu = (1 + self.chance.below(4)).to_string();
            element.push(set("utilization", &format!("{id}-utilization"), &[("cpu", cpu)]));
        }
        self.inventory.primitives.push(Primitive { id, promotable, monitors });
        element
    }

    fn operation(&mut self, id: &str, name: &str, interval: &str, role: Option<&str>, on_fail: &[&str]) -> Element {
        let mut operation = Element::new("op")
            .with("id", format!("{id}-{name}-{interval}"))
            .with("name", name)
            .with("interval", interval)
            .with("timeout", "20s");
        if let Some(role) = role {
            operation.set("role", role);
        }
        if self.chance.percent(20) {
            operation.set("on-fail", one(self.chance, on_fail));
        }
        operation
    }

    fn meta(&mut self, id: &str, top: bool) -> Option<Element> {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let mut maybe = |chance: &mut Chance, percent: u64, name: &'static str, values: &[&str]| {
            if chance.percent(percent) {
                pairs.push((name, one(chance, values).to_string()));
            }
        };
        let chance = &mut *self.chance;
        maybe(chance, 20, "resource-stickiness", &["1", "100", "INFINITY", "-5"]);
        maybe(chance, 15, "migration-threshold", &["1", "2", "3"]);
        maybe(chance, 8, "failure-timeout", &["60s", "10m"]);
        maybe(chance, 12, "priority", &["1", "10", "100"]);
        maybe(chance, 6, "target-role", &["Stopped", "Started"]);
        maybe(chance, 5, "is-managed", &["false"]);
        maybe(chance, 3, "maintenance", &["true"]);
        maybe(chance, 4, "critical", &["false"]);
        maybe(chance, 6, "requires", &["nothing", "quorum", "fencing"]);
        maybe(chance, 4, "allow-unhealthy-nodes", &["true"]);
        if top {
            maybe(chance, 12, "allow-migrate", &["true"]);
            maybe(chance, 6, "multiple-active", &["stop_start", "stop_only", "block", "stop_unexpected"]);
        }
        if top && self.chance.percent(5) {
            let guest = format!("guest-{id}");
            pairs.push(("remote-node", guest.clone()));
            self.inventory.remotes.push(guest);
        }
        (!pairs.is_empty()).then(|| set("meta_attributes", &format!("{id}-meta"), &pairs))
    }

    fn group(&mut self, prefix: &str, cloned: bool) -> Element {
        let id = self.name(prefix);
        let mut element = Element::new("group").with("id", &id);
        if let Some(meta) = self.meta(&id, false) {
            element.push(meta);
        }
        for _ in 0..1 + self.chance.below(3) {
            let member = self.primitive(cloned, false);
            if !cloned && self.chance.percent(40) {
                self.top(member.id().unwrap_or_default().to_string(), false, id.clone());
            }
            element.push(member);
        }
        if !cloned {
            self.top(id.clone(), false, id);
        }
        element
    }

    fn clone(&mut self, promotable: bool) -> Element {
        let id = self.name("c");
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let mut maybe = |chance: &mut Chance, percent: u64, name: &'static str, values: &[&str]| {
            if chance.percent(percent) {
                pairs.push((name, one(chance, values).to_string()));
            }
        };
        let chance = &mut *self.chance;
        if promotable {
            pairs_push_promotable(chance, &mut maybe);
        }
        maybe(chance, 20, "clone-max", &["1", "2", "3"]);
        maybe(chance, 8, "clone-node-max", &["2"]);
        maybe(chance, 25, "interleave", &["true"]);
        maybe(chance, 15, "ordered", &["true"]);
        maybe(chance, 20, "notify", &["true"]);
        maybe(chance, 10, "globally-unique", &["true"]);
        maybe(chance, 6, "clone-min", &["1", "2"]);
        maybe(chance, 5, "target-role", &["Stopped", "Started"]);
        maybe(chance, 4, "is-managed", &["false"]);
        maybe(chance, 2, "maintenance", &["true"]);
        maybe(chance, 12, "resource-stickiness", &["1", "100", "0"]);
        maybe(chance, 10, "priority", &["5", "50"]);
        let mut element = Element::new("clone").with("id", &id);
        if !pairs.is_empty() {
            element.push(set("meta_attributes", &format!("{id}-meta"), &pairs));
        }
        let child = match self.chance.percent(25) && !promotable {
            true => self.group("cg", true),
            false => self.primitive(true, promotable),
        };
        element.push(child);
        self.top(id.clone(), promotable, id);
        element
    }

    fn bundle(&mut self) -> Element {
        let id = self.name("b");
        let mut element = Element::new("bundle").with("id", &id);
        let replicas = 1 + self.chance.below(3);
        let mut container = Element::new("podman").with("image", "image:1").with("replicas", replicas.to_string());
        let promotable = self.chance.percent(40);
        if promotable {
            container.set("promoted-max", "1");
        }
        if self.chance.percent(15) {
            container.set("replicas-per-host", "2");
        }
        element.push(container);
        let mut network = Element::new("network").with("control-port", "3121");
        if self.chance.percent(50) {
            network.set("ip-range-start", "192.168.1.10");
        }
        element.push(network);
        if self.chance.percent(70) {
            element.push(self.primitive(true, promotable));
        }
        self.top(id.clone(), promotable, id);
        element
    }
}

fn pairs_push_promotable(chance: &mut Chance, maybe: &mut impl FnMut(&mut Chance, u64, &'static str, &[&str])) {
    maybe(chance, 100, "promotable", &["true"]);
    maybe(chance, 20, "promoted-max", &["1", "2"]);
    maybe(chance, 6, "promoted-node-max", &["1"]);
}

const SCORES: [&str; 8] = ["INFINITY", "-INFINITY", "100", "50", "1", "-10", "-100", "1000"];

/// Constraints between the resources of the inventory.
pub(crate) fn constraints(chance: &mut Chance, inventory: &mut Inventory, nodes: u64) -> Element {
    let mut constraints = Element::new("constraints");
    if inventory.tops.is_empty() {
        return constraints;
    }
    for number in 0..chance.below(2 + 2 * inventory.tops.len() as u64) {
        let element = match chance.below(12) {
            0..=3 => Some(location(chance, inventory, nodes, number)),
            4..=6 => colocation(chance, inventory, number),
            7..=9 => order(chance, inventory, number),
            10 => Some(sets(chance, inventory, number)),
            _ => Some(ticket(chance, inventory, number)),
        };
        element.into_iter().for_each(|element| constraints.push(element));
    }
    constraints
}

fn top(chance: &mut Chance, inventory: &Inventory) -> Top {
    inventory.tops[chance.below(inventory.tops.len() as u64) as usize].clone()
}

/// Two of different families, if there are such.
fn two(chance: &mut Chance, inventory: &Inventory) -> Option<(Top, Top)> {
    let first = top(chance, inventory);
    let others: Vec<&Top> = inventory.tops.iter().filter(|other| other.family != first.family).collect();
    let other = others.get(chance.below(others.len() as u64) as usize)?;
    Some((first, (*other).clone()))
}

fn location(chance: &mut Chance, inventory: &Inventory, nodes: u64, number: u64) -> Element {
    let Top { id: resource, promotable, .. } = top(chance, inventory);
    let id = format!("location{number}");
    let mut element = Element::new("rsc_location").with("id", &id).with("rsc", resource);
    if chance.percent(10) {
        element.set("resource-discovery", one(chance, &["never", "exclusive", "always"]));
    }
    let role = promotable && chance.percent(30);
    if chance.percent(60) {
        let remote = inventory.remotes.get(chance.below(4) as usize);
        element.set("node", remote.cloned().unwrap_or_else(|| format!("n{}", 1 + chance.below(nodes))));
        element.set("score", one(chance, &SCORES));
        if role {
            element.set("role", "Promoted");
        }
        return element;
    }
    let mut rule = Element::new("rule").with("id", format!("{id}-rule")).with("score", one(chance, &SCORES));
    if role {
        rule.set("role", "Promoted");
    }
    if chance.percent(20) {
        rule.set("boolean-op", one(chance, &["or", "and"]));
    }
    for part in 0..1 + chance.below(2) {
        let expression = Element::new("expression").with("id", format!("{id}-e{part}"));
        rule.push(match chance.below(3) {
            0 => expression
                .with("attribute", "#uname")
                .with("operation", one(chance, &["eq", "ne"]))
                .with("value", format!("n{}", 1 + chance.below(nodes))),
            1 => expression
                .with("attribute", "rack")
                .with("operation", one(chance, &["eq", "ne", "lt", "gte"]))
                .with("value", one(chance, &["a", "b"])),
            _ => expression.with("attribute", "pingd").with("operation", one(chance, &["defined", "not_defined"])),
        });
    }
    element.push(rule);
    element
}

fn colocation(chance: &mut Chance, inventory: &Inventory, number: u64) -> Option<Element> {
    let (dependent, primary) = two(chance, inventory)?;
    let mut element = Element::new("rsc_colocation")
        .with("id", format!("colocation{number}"))
        .with("rsc", dependent.id)
        .with("with-rsc", primary.id)
        .with("score", one(chance, &SCORES));
    if dependent.promotable && chance.percent(40) {
        element.set("rsc-role", one(chance, &["Promoted", "Started", "Unpromoted"]));
    }
    if primary.promotable && chance.percent(50) {
        element.set("with-rsc-role", one(chance, &["Promoted", "Started", "Unpromoted"]));
    }
    if chance.percent(8) {
        element.set("node-attribute", "rack");
    }
    if chance.percent(8) {
        element.set("influence", one(chance, &["false", "true"]));
    }
    Some(element)
}

fn order(chance: &mut Chance, inventory: &Inventory, number: u64) -> Option<Element> {
    let (first, then) = two(chance, inventory)?;
    let mut element =
        Element::new("rsc_order").with("id", format!("order{number}")).with("first", first.id).with("then", then.id);
    if chance.percent(40) {
        element.set("kind", one(chance, &["Mandatory", "Optional", "Serialize"]));
    }
    if first.promotable && chance.percent(60) {
        element.set("first-action", one(chance, &["promote", "start", "demote", "stop"]));
    }
    if then.promotable && chance.percent(40) {
        element.set("then-action", one(chance, &["promote", "start"]));
    }
    if chance.percent(10) {
        element.set("symmetrical", "false");
    }
    if chance.percent(5) {
        element.set("require-all", "false");
    }
    Some(element)
}

fn sets(chance: &mut Chance, inventory: &Inventory, number: u64) -> Element {
    let ordering = chance.percent(50);
    let id = format!("sets{number}");
    let mut element = Element::new(if ordering { "rsc_order" } else { "rsc_colocation" }).with("id", &id);
    if !ordering {
        element.set("score", one(chance, &SCORES));
    } else if chance.percent(30) {
        element.set("kind", one(chance, &["Mandatory", "Optional", "Serialize"]));
    }
    let mut families = Vec::new();
    for part in 0..1 + chance.below(2) {
        let mut set = Element::new("resource_set").with("id", format!("{id}-{part}"));
        if chance.percent(40) {
            set.set("sequential", one(chance, &["true", "false"]));
        }
        if ordering && chance.percent(25) && set.attr("sequential") == Some("false") {
            set.set("require-all", "false");
        }
        for _ in 0..1 + chance.below(3) {
            let top = top(chance, inventory);
            if !families.contains(&top.family) {
                families.push(top.family);
                set.push(Element::new("resource_ref").with("id", top.id));
            }
        }
        if !set.children.is_empty() {
            element.push(set);
        }
    }
    element
}

fn ticket(chance: &mut Chance, inventory: &mut Inventory, number: u64) -> Element {
    let Top { id: resource, promotable, .. } = top(chance, inventory);
    let ticket = one(chance, &["ticketA", "ticketB"]);
    if !inventory.tickets.iter().any(|known| known == ticket) {
        inventory.tickets.push(ticket.to_string());
    }
    let mut element = Element::new("rsc_ticket")
        .with("id", format!("ticket{number}"))
        .with("rsc", resource)
        .with("ticket", ticket)
        .with("loss-policy", one(chance, &["stop", "demote", "fence", "freeze"]));
    if promotable && chance.percent(50) {
        element.set("rsc-role", "Promoted");
    }
    element
}

/// Defaults for all resources or operations, some by rule.
pub(crate) fn defaults(chance: &mut Chance, configuration: &mut Element) {
    if chance.percent(25) {
        let value = one(chance, &["1", "100", "INFINITY"]).to_string();
        let mut values = set("meta_attributes", "rsc-options", &[("resource-stickiness", value)]);
        if chance.percent(40) {
            let test = Element::new("rsc_expression").with("id", "rsc-rule-e").with("class", "ocf");
            let test = test.with("provider", "pacemaker").with("type", one(chance, &["Dummy", "Stateful"]));
            values.children.insert(0, rule("rsc-rule", test).into());
        }
        configuration.push(Element::new("rsc_defaults").with_child(values));
    }
    if chance.percent(20) {
        let mut values = set("meta_attributes", "op-options", &[("timeout", "45s".to_string())]);
        if chance.percent(50) {
            let test = Element::new("op_expression").with("id", "op-rule-e").with("name", "monitor");
            values.children.insert(0, rule("op-rule", test).into());
        } else if chance.percent(40) {
            let test = Element::new("date_expression").with("id", "op-rule-e").with("operation", "gt");
            let start = one(chance, &["2023-01-01", "2030-01-01"]);
            values.children.insert(0, rule("op-rule", test.with("start", start)).into());
        }
        configuration.push(Element::new("op_defaults").with_child(values));
    }
}

fn rule(id: &str, expression: Element) -> Element {
    Element::new("rule").with("id", id).with("score", "INFINITY").with_child(expression)
}
