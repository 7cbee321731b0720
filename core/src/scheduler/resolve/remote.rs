//! Nodes that exist because a resource connects to them, and the connections that nobody wrote down.
//!
//! In: primitives of the remote agent, and `remote-node` meta-attributes. Out: node names, implied primitives.
//! Never here: the nodes inside bundles (see `bundle`).

use super::{NodeKind, Resolver};
use crate::cib::model::attributes::{AttributeSet, Pair};
use crate::cib::model::resource::{Agent, Operation, Primitive, ResourceConfig};
use crate::note::Note;
use std::collections::BTreeMap;

impl Resolver<'_> {
    /// Names of remote and guest nodes, in document order.
    pub(super) fn remote_node_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for resource in &self.model.resources {
            match resource {
                ResourceConfig::Primitive(primitive) if primitive.agent.is_remote_connection() => {
                    names.push(primitive.id.clone())
                }
                ResourceConfig::Primitive(primitive) => names.extend(guest_name(primitive)),
                ResourceConfig::Group(group) => {
                    names.extend(group.members.iter().filter_map(|member| guest_name(member)))
                }
                ResourceConfig::Clone(_) | ResourceConfig::Bundle(_) => {}
            }
        }
        names
    }

    /// A connection for every guest node; nobody has to configure it.
    pub(super) fn implicit_connections(&self) -> Vec<Primitive> {
        let mut connections = Vec::new();
        for resource in &self.model.resources {
            match resource {
                ResourceConfig::Primitive(primitive) => connections.extend(connection_into(primitive)),
                ResourceConfig::Group(group) => {
                    connections.extend(group.members.iter().filter_map(|member| connection_into(member)))
                }
                ResourceConfig::Clone(_) | ResourceConfig::Bundle(_) => {}
            }
        }
        connections
    }

    /// A guest has a name of its own: neither a member of the cluster nor another resource is called so
    /// (Pacemaker Explained, guest nodes).
    pub(super) fn check_guest_name(&mut self, connection: &Primitive) {
        let name = connection.id.as_str();
        let is_member = self.node_by_name(name).is_some_and(|node| self.nodes[node].kind == NodeKind::Cluster);
        let other = match (is_member, self.by_name.contains_key(name)) {
            (true, _) => "a node of the cluster",
            (false, true) => "a resource",
            (false, false) => return,
        };
        let Some(container) = written_meta(connection, "container") else { return };
        let message = format!("a guest node needs a name of its own, and '{name}' is that of {other}");
        self.say(Note::error(container, message.as_str()).at("remote-node"));
    }
}

/// Meta-attributes as written, without rules; the last one speaks.
fn written_meta<'a>(primitive: &'a Primitive, name: &str) -> Option<&'a str> {
    let pairs = primitive.meta.iter().flat_map(|set| &set.pairs);
    pairs.rev().find(|pair| pair.name == name).map(|pair| pair.value.as_str())
}

fn guest_name(primitive: &Primitive) -> Option<String> {
    written_meta(primitive, "remote-node").map(str::to_owned)
}

fn connection_into(container: &Primitive) -> Option<Primitive> {
    let name = guest_name(container)?;
    let pair = |name: &str, value: &str| Pair { id: String::new(), name: name.to_owned(), value: value.to_owned() };
    let mut meta = vec![pair("internal_rsc", "true"), pair("container", &container.id)];
    meta.extend(written_meta(container, "remote-allow-migrate").map(|value| pair("allow-migrate", value)));
    meta.extend(written_meta(container, "is-managed").map(|value| pair("is-managed", value)));
    let parameters: Vec<_> = [("remote-addr", "addr"), ("remote-port", "port")]
        .into_iter()
        .filter_map(|(from, to)| written_meta(container, from).map(|value| pair(to, value)))
        .collect();
    let operation = |task: &str, interval: &str, interval_ms: u32, timeout: &str| Operation {
        id: format!("{name}-{task}-{interval}"),
        name: task.to_owned(),
        interval_ms,
        enabled: true,
        attributes: BTreeMap::from([
            ("id".to_owned(), format!("{name}-{task}-{interval}")),
            ("name".to_owned(), task.to_owned()),
            ("interval".to_owned(), interval.to_owned()),
            ("timeout".to_owned(), timeout.to_owned()),
        ]),
        ..Operation::default()
    };
    let start_timeout = written_meta(container, "remote-connect-timeout").unwrap_or("60s");
    let agent = Agent { class: "ocf".to_owned(), provider: Some("pacemaker".to_owned()), kind: "remote".to_owned() };
    let words = [("id", name.as_str()), ("class", "ocf"), ("provider", "pacemaker"), ("type", "remote")];
    Some(Primitive {
        agent,
        meta: vec![AttributeSet { pairs: meta, ..AttributeSet::default() }],
        parameters: vec![AttributeSet { pairs: parameters, ..AttributeSet::default() }],
        operations: vec![operation("monitor", "30s", 30_000, "30s"), operation("start", "0", 0, start_timeout)],
        attributes: words.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        id: name,
        ..Primitive::default()
    })
}
