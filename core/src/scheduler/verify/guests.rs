//! Guest nodes that are none: their options where nobody looks for them.
//!
//! In: the configuration. Out: notes.
//! Absent: names that are another's already (see `resolve::remote`).

use crate::cib::model::Configuration;
use crate::cib::model::attributes::AttributeSet;
use crate::cib::model::kind::Kind;
use crate::cib::model::resource::{Cloned, Primitive, ResourceConfig};
use crate::note::Note;

/// What is said of a guest node beside its name.
const OF_GUESTS: [&str; 4] = ["remote-addr", "remote-allow-migrate", "remote-connect-timeout", "remote-port"];

pub fn notes(model: &Configuration) -> Vec<Note> {
    let mut notes = Vec::new();
    for set in &model.resource_defaults {
        makes_no_guest(
            &set.id,
            std::slice::from_ref(set),
            "it is no default: a primitive has it of its own",
            &mut notes,
        );
    }
    for resource in model.resources.iter().flat_map(primitives) {
        addressed(resource, &mut notes);
    }
    for resource in &model.resources {
        match resource {
            ResourceConfig::Primitive(primitive) => guest(primitive, &mut notes),
            ResourceConfig::Group(group) => {
                makes_no_guest(&group.id, &group.meta, "a guest node runs in a primitive", &mut notes);
                group.members.iter().for_each(|member| guest(member, &mut notes));
            }
            ResourceConfig::Clone(clone) => {
                makes_no_guest(&clone.id, &clone.meta, "a guest node runs in a primitive", &mut notes);
                let members: Vec<&Primitive> = match &clone.of {
                    Cloned::Primitive(primitive) => vec![primitive],
                    Cloned::Group(group) => group.members.iter().map(|member| &**member).collect(),
                };
                for member in members {
                    makes_no_guest(&member.id, &member.meta, "there is one such node, and this is cloned", &mut notes);
                }
            }
            ResourceConfig::Bundle(_) => {}
        }
    }
    notes
}

/// Whether some set has a pair of this name.
pub(super) fn says(sets: &[AttributeSet], name: &str) -> bool {
    sets.iter().flat_map(|set| &set.pairs).any(|pair| pair.name == name)
}

fn makes_no_guest(about: &str, sets: &[AttributeSet], why: &str, notes: &mut Vec<Note>) {
    if says(sets, "remote-node") {
        notes.push(Note::info(about, format!("`remote-node` has no effect here: {why}")).at("remote-node"));
    }
}

fn primitives(resource: &ResourceConfig) -> Vec<&Primitive> {
    match resource {
        ResourceConfig::Primitive(primitive) => vec![primitive],
        ResourceConfig::Group(group) => group.members.iter().map(|member| &**member).collect(),
        // Neither a connection nor a guest can be in one.
        ResourceConfig::Clone(_) | ResourceConfig::Bundle(_) => Vec::new(),
    }
}

/// Whom a connection is made to, and where: an agent takes them as they are.
fn addressed(primitive: &Primitive, notes: &mut Vec<Note>) {
    let is_connection = primitive.agent.is_remote_connection();
    let of = |sets: &[AttributeSet], name: &str| {
        let mut pairs = sets.iter().flat_map(|set| &set.pairs);
        pairs.rfind(|pair| pair.name == name).map(|pair| pair.value.clone())
    };
    let parameter = |name: &str| of(&primitive.parameters, name).filter(|_| is_connection);
    let mut tell = |text: String, word: String| notes.push(Note::info(primitive.id.as_str(), text).at(word));
    for address in [of(&primitive.meta, "remote-addr"), parameter("server")].into_iter().flatten() {
        if address.is_empty() || !address.chars().all(|letter| letter.is_alphanumeric() || ".:-_%".contains(letter)) {
            tell(format!("`{address}` is neither an address nor the name of a host"), address);
        }
    }
    if let Some(port) = parameter("port").filter(|port| !Kind::Port.takes(port)) {
        tell(format!("`{port}` is not {}", Kind::Port.words()), port);
    }
    if let Some(pause) = parameter("reconnect_interval").filter(|pause| !Kind::Time.takes(pause)) {
        tell(format!("`{pause}` is not {}", Kind::Time.words()), pause);
    }
}

fn guest(primitive: &Primitive, notes: &mut Vec<Note>) {
    let id = primitive.id.as_str();
    let mut pairs = primitive.meta.iter().flat_map(|set| &set.pairs);
    match pairs.rfind(|pair| pair.name == "remote-node") {
        Some(pair) if pair.value.is_empty() => {
            notes.push(Note::error(id, "a guest node needs a name, and `remote-node` is empty").at("remote-node"));
        }
        Some(_) => {}
        None => {
            for name in OF_GUESTS.into_iter().filter(|name| says(&primitive.meta, name)) {
                notes.push(Note::info(id, format!("`{name}` has no effect without `remote-node`")).at(name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, options};

    #[test]
    fn what_no_connection_can_be_made_to_is_told() {
        let connection = |pairs: &str, expected: &str| {
            let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"remote\"";
            let set = format!("<instance_attributes id=\"i\">{}</instance_attributes>", options(pairs));
            check(&format!("<resources><primitive id=\"r\" {agent}>{set}</primitive></resources>"), expected);
        };
        connection("server=192.0.2.1 port=3121 reconnect_interval=60s", "");
        connection("server=2001:db8::1%eth0", "");
        connection("server=a,b", "info r a,b");
        connection("port=65536", "info r 65536");
        connection("reconnect_interval=soon", "info r soon");
        let guest = |pairs: &str, expected: &str| {
            let set = format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(pairs));
            let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"";
            check(&format!("<resources><primitive id=\"g\" {agent}>{set}</primitive></resources>"), expected);
        };
        guest("remote-node=guest remote-addr=host.example.org", "");
        guest("remote-node=guest remote-addr=a,b", "info g a,b");
    }

    #[test]
    fn a_remote_node_that_nothing_connects_to_is_told() {
        let node = "<nodes><node id=\"r\" uname=\"r\" type=\"remote\"/></nodes>";
        let agent = "class=\"ocf\" provider=\"pacemaker\" type=\"remote\"";
        check(&format!("{node}<resources/>"), "info r remote");
        check(&format!("{node}<resources><primitive id=\"r\" {agent}/></resources>"), "");
    }
}
