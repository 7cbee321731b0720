//! What of a bundle comes to nothing: numbers, addresses, ports and directories that contradict each other.
//!
//! In: the configuration. Out: notes.
//! Absent: numbers out of bounds, and bundles that are ignored as a whole (see `resolve::bundle`).

use crate::cib::model::Configuration;
use crate::cib::model::attributes::Pair;
use crate::cib::model::resource::{Bundle, ResourceConfig};
use crate::note::Note;
use crate::scheduler::resolve::bundle::{addresses, network, numbers};
use quorate_grammar::literal;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// What is said of addresses alone.
const OF_ADDRESSES: [&str; 3] = ["add-host", "host-interface", "host-netmask"];

/// The notes on one bundle.
struct Told<'a> {
    bundle: &'a Bundle,
    notes: Vec<Note>,
}

pub fn notes(model: &Configuration) -> Vec<Note> {
    model.resources.iter().filter_map(ResourceConfig::bundle).flat_map(of_bundle).collect()
}

fn of_bundle(bundle: &Bundle) -> Vec<Note> {
    let mut told = Told { bundle, notes: Vec::new() };
    told.options_of_clones();
    told.counts();
    told.network();
    told.ports();
    told.directories();
    told.notes
}

impl Told<'_> {
    fn inform(&mut self, word: &str, text: impl Into<String>) {
        self.notes.push(Note::info(self.bundle.id.as_str(), text).at(word));
    }

    fn container(&self, name: &str) -> Option<&str> {
        self.bundle.container.get(name).map(String::as_str)
    }

    /// The number as it is written, if it is one that counts.
    fn number(&self, name: &str) -> Option<u32> {
        literal::cib::number(self.container(name)?).and_then(|number| u32::try_from(number).ok())
    }

    /// The clone within is as the container's numbers have it, whatever else the bundle says.
    fn options_of_clones(&mut self) {
        let counts = numbers(self.bundle);
        let mut decided = vec![
            ("clone-max", counts.replicas.to_string()),
            ("clone-node-max", counts.per_host.to_string()),
            ("globally-unique", (counts.per_host > 1).to_string()),
            ("ordered", true.to_string()),
        ];
        if counts.promoted > 0 {
            decided.extend([("promotable", true.to_string()), ("promoted-max", counts.promoted.to_string())]);
        }
        let pairs = self.bundle.meta.iter().flat_map(|set| &set.pairs);
        for Pair { name, value, .. } in pairs {
            let Some((_, is)) = decided.iter().find(|(decided, _)| decided == name) else { continue };
            if !is_same(value, is) {
                self.inform(name, format!("`{name}` has no effect in a bundle, and is {is} for what runs in this one"));
            }
        }
    }

    fn counts(&mut self) {
        let counts = numbers(self.bundle);
        let promoted = if self.container("promoted-max").is_some() { "promoted-max" } else { "masters" };
        if counts.promoted > counts.replicas {
            let (most, all) = (counts.promoted, counts.replicas);
            self.inform(promoted, format!("`{promoted}` is {most}, which is more than `replicas`, {all}"));
        } else if counts.promoted > 0 && self.bundle.primitive.is_none() && self.container("replicas").is_some() {
            self.inform(promoted, format!("`{promoted}` has no effect: there is nothing in the bundle to be promoted"));
        }
        let Some(wanted) = self.number("replicas-per-host") else { return };
        if wanted > counts.per_host {
            let text =
                "`replicas-per-host` is taken to be 1: without `ip-range-start` all listen on one port of a host";
            self.inform("replicas-per-host", text);
        } else if wanted > counts.replicas {
            let text = format!("`replicas-per-host` is {wanted}, which is more than `replicas`, {}", counts.replicas);
            self.inform("replicas-per-host", text);
        }
    }

    fn network(&mut self) {
        let bundle = self.bundle;
        if bundle.primitive.is_none() && network(bundle, "control-port").is_some() {
            self.inform("control-port", "`control-port` has no effect: there is nothing in the bundle to connect to");
        }
        let Some(first) = network(bundle, "ip-range-start") else {
            for name in OF_ADDRESSES.into_iter().filter(|name| network(bundle, name).is_some()) {
                self.inform(name, format!("`{name}` has no effect without `ip-range-start`"));
            }
            return;
        };
        match first.parse() {
            Ok(address) => self.addresses(address),
            Err(_) => self.inform("ip-range-start", format!("`{first}` is no address")),
        }
    }

    fn addresses(&mut self, first: IpAddr) {
        let replicas = numbers(self.bundle).replicas;
        let all: Vec<String> = addresses(self.bundle, replicas).into_iter().flatten().collect();
        if all.len() < replicas as usize {
            let text =
                format!("of {replicas} replicas {} have an address: after `{first}` no more are known", all.len());
            self.inform("ip-range-start", text);
        }
        let Some(written) = network(self.bundle, "host-netmask") else { return };
        let widest = if first.is_ipv4() { 32 } else { 128 };
        let Some(bits) = literal::cib::number(written).and_then(|bits| u32::try_from(bits).ok()) else { return };
        if bits > widest {
            self.inform("host-netmask", format!("`{written}` is no netmask: there are {widest} bits in an address"));
        } else if let Some(beyond) = beyond(first, bits, &all) {
            let text = format!("the address {beyond}, which a replica has, is none of the network of `{first}/{bits}`");
            self.inform("host-netmask", text);
        }
    }

    fn ports(&mut self) {
        let bundle = self.bundle;
        let Some(mappings) = bundle.network.as_ref().map(|network| &network.ports) else { return };
        let has_address = network(bundle, "ip-range-start").is_some();
        let on_host = self.container("network") == Some("host");
        let per_host = numbers(bundle).per_host;
        let mut seen = BTreeSet::new();
        for mapping in mappings {
            let Some(port) = mapping.port.as_deref().or(mapping.range.as_deref()) else { continue };
            if !has_address && on_host {
                self.inform(
                    port,
                    format!("the mapping of port {port} has no effect: the containers use their host's network"),
                );
            } else if !has_address && per_host > 1 {
                self.inform(
                    port,
                    format!("port {port} of a host can be that of one replica, and {per_host} may run there"),
                );
            }
            let written = [&mapping.port, &mapping.internal_port].into_iter().flatten();
            for wrong in written.filter(|port| !is_port(port)) {
                self.inform(wrong, format!("`{wrong}` is no port: these are 1 to 65535"));
            }
            if let Some(range) = mapping.range.as_deref().filter(|range| !is_range(range)) {
                self.inform(range, format!("`{range}` is no range of ports such as 80-90"));
            }
            if !seen.insert(port) {
                self.inform(port, format!("port {port} is mapped more than once"));
            }
        }
        if let Some(port) = network(bundle, "control-port").filter(|port| !is_port(port)) {
            self.inform("control-port", format!("`{port}` is no port: these are 1 to 65535"));
        }
    }

    fn directories(&mut self) {
        let mut seen = BTreeSet::new();
        for mapping in &self.bundle.storage {
            if !seen.insert(mapping.target_dir.as_str()) {
                let target = &mapping.target_dir;
                self.inform(target, format!("more than one directory is to be `{target}` in the containers"));
            }
        }
    }
}

/// Whether two values are one to who reads them.
fn is_same(value: &str, other: &str) -> bool {
    let number = literal::cib::number;
    match literal::boolean(other) {
        Ok(truth) if number(other).is_none() => literal::boolean(value) == Ok(truth),
        _ => number(value) == number(other),
    }
}

/// The container engine gets it as it is written.
fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_range(text: &str) -> bool {
    match text.split_once('-').map(|(first, last)| (first.parse::<u16>(), last.parse::<u16>())) {
        None => is_port(text),
        Some(ends) => matches!(ends, (Ok(1..), Ok(last)) if ends.0.is_ok_and(|first| first <= last)),
    }
}

/// The first of these addresses that no host of the network can have.
fn beyond(first: IpAddr, bits: u32, all: &[String]) -> Option<String> {
    let IpAddr::V4(first) = first else { return None };
    // One address is a host's alone: whoever says so says nothing of its network.
    if bits >= 32 {
        return None;
    }
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    let is_host = |text: &String| {
        let address = text.parse::<Ipv4Addr>().map_or(0, u32::from);
        let rest = address & !mask;
        // A network of two addresses has neither one of its own nor one for all.
        address & mask == u32::from(first) & mask && (bits == 31 || (rest != 0 && rest != !mask))
    };
    all.iter().find(|address| !is_host(address)).cloned()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, options};

    /// Attributes of the container, of the network, and what stands in the network, in the bundle and after it.
    #[track_caller]
    fn bundle(container: &str, network: &str, ports: &str, rest: &str, expected: &str) {
        let network = match (network, ports) {
            ("", "") => String::new(),
            _ => format!("<network {network}>{ports}</network>"),
        };
        let nodes = "<nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes>";
        let bundle = format!("<bundle id=\"b\"><podman image=\"i\" {container}/>{network}{rest}</bundle>");
        check(&format!("{nodes}<resources>{bundle}</resources>"), expected);
    }

    const INSIDE: &str = "<primitive id=\"p\" class=\"ocf\" provider=\"pacemaker\" type=\"Stateful\"/>";
    const FIRST: &str = "ip-range-start=\"192.0.2.1\"";

    #[test]
    fn numbers_that_exceed_each_other_are_told() {
        bundle("replicas=\"3\" promoted-max=\"2\"", FIRST, "", INSIDE, "");
        bundle("replicas=\"2\" promoted-max=\"3\"", FIRST, "", INSIDE, "info b promoted-max");
        bundle("promoted-max=\"3\"", FIRST, "", INSIDE, "");
        bundle("promoted-max=\"3\"", "", "", "", "");
        bundle("replicas=\"3\" promoted-max=\"2\"", "", "", "", "info b promoted-max");
        bundle("replicas=\"4\" replicas-per-host=\"2\"", FIRST, "", INSIDE, "");
        bundle("replicas=\"4\" replicas-per-host=\"2\"", "", "", "", "");
        bundle("replicas=\"1\" replicas-per-host=\"2\"", FIRST, "", INSIDE, "info b replicas-per-host");
        let connected = "control-port=\"9999\"";
        bundle("replicas=\"4\" replicas-per-host=\"2\"", connected, "", INSIDE, "info b replicas-per-host");
        bundle("replicas=\"4\" replicas-per-host=\"1\"", connected, "", INSIDE, "");
    }

    #[test]
    fn words_on_addresses_that_there_are_not_are_told() {
        bundle("", "control-port=\"9999\"", "", "", "info b control-port");
        bundle("", "host-netmask=\"24\"", "", "", "info b host-netmask");
        bundle("", "host-interface=\"eth0\" add-host=\"false\"", "", "", "info b add-host; info b host-interface");
        bundle("", "ip-range-start=\"192.0.2.300\"", "", "", "info b ip-range-start");
        bundle("", "ip-range-start=\"fe80::1\"", "", "", "");
        bundle("replicas=\"2\"", "ip-range-start=\"fe80::1\"", "", "", "info b ip-range-start");
        bundle("replicas=\"2\"", "ip-range-start=\"192.0.254.254\"", "", "", "info b ip-range-start");
    }

    #[test]
    fn a_network_must_hold_all_addresses() {
        let network = |replicas: u32, first: &str, mask: &str, expected: &str| {
            let network = format!("ip-range-start=\"{first}\" host-netmask=\"{mask}\"");
            bundle(&format!("replicas=\"{replicas}\""), &network, "", "", expected);
        };
        network(3, "192.0.2.131", "24", "");
        network(200, "192.0.2.1", "24", "");
        network(3, "192.0.2.253", "24", "info b host-netmask");
        network(3, "192.0.2.253", "16", "");
        network(2, "192.0.2.1", "30", "");
        network(3, "192.0.2.1", "30", "info b host-netmask");
        network(1, "192.0.2.4", "30", "info b host-netmask");
        network(2, "192.0.2.4", "31", "");
        network(3, "192.0.2.1", "32", "");
        network(3, "192.0.2.1", "0", "");
        network(1, "192.0.2.1", "33", "info b host-netmask");
        network(1, "fe80::1", "64", "");
        network(1, "fe80::1", "129", "info b host-netmask");
    }

    #[test]
    fn ports_and_directories_that_cannot_be_are_told() {
        let ports = |all: &str| -> String {
            let port = |(at, one): (usize, &str)| format!("<port-mapping id=\"m{at}\" {one}/>");
            all.split(", ").enumerate().map(port).collect()
        };
        bundle("", FIRST, &ports("port=\"80\" internal-port=\"8080\", range=\"90-99\""), "", "");
        bundle("", "", &ports("port=\"80\""), "", "");
        bundle("network=\"host\"", "", &ports("port=\"80\""), "", "info b 80");
        bundle("network=\"host\"", FIRST, &ports("port=\"80\""), "", "");
        bundle("replicas=\"2\" replicas-per-host=\"2\"", "", &ports("port=\"80\""), "", "info b 80");
        bundle("", FIRST, &ports("port=\"80\", port=\"80\""), "", "info b 80");
        bundle("", FIRST, &ports("port=\"99999\""), "", "info b 99999");
        bundle("", FIRST, &ports("port=\"80\" internal-port=\"0\""), "", "info b 0");
        bundle("", FIRST, &ports("range=\"90-80\""), "", "info b 90-80");
        bundle("", "control-port=\"99999\"", "", INSIDE, "info b control-port");
        let stored = |second: &str| {
            let mapping = |id: &str, target: &str| {
                format!("<storage-mapping id=\"{id}\" source-dir=\"/{id}\" target-dir=\"{target}\"/>")
            };
            format!("<storage>{}{}</storage>", mapping("s1", "/a"), mapping("s2", second))
        };
        bundle("", "", "", &stored("/b"), "");
        bundle("", "", "", &stored("/a"), "info b /a");
    }

    #[test]
    fn options_of_the_clone_within_are_the_clusters() {
        let meta = |pairs: &str| format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(pairs));
        let with = |pairs: &str, expected: &str| {
            let inside = "<network ip-range-start=\"192.0.2.1\"/><primitive id=\"p\" class=\"ocf\" \
                          provider=\"pacemaker\" type=\"Stateful\"/>";
            let container = "<podman image=\"i\" replicas=\"3\" promoted-max=\"1\"/>";
            let bundle = format!("<bundle id=\"b\">{}{container}{inside}</bundle>", meta(pairs));
            check(&format!("<resources>{bundle}</resources>"), expected);
        };
        with("target-role=Stopped priority=5 interleave=true notify=true promoted-node-max=2", "");
        with("clone-max=3 clone-node-max=1 ordered=yes promotable=true promoted-max=1", "");
        with("clone-max=2", "info b clone-max");
        with("globally-unique=true", "info b globally-unique");
        with("ordered=false", "info b ordered");
        with("promotable=false promoted-max=2", "info b promotable; info b promoted-max");
    }
}
