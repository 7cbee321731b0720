//! Over which networks hosts are linked, and each one's address there.
//!
//! In: what is wanted, addresses of all. Out: networks, in the links' order.
//! Absent: trying them.

use crate::address::{Address, Network};
use crate::configuration::Carrier;
use crate::refusal::Refusal;
use crate::wish::{Reached, Wish};
use quorate_transport::cluster::nodelist::{LINKS_MAX, LinkNumber, Node};
use std::collections::BTreeMap;

/// A link: its network, and the interface that stands for it where an address is not in that network.
pub struct Wanted {
    number: LinkNumber,
    network: Network,
    interface: Option<String>,
}

/// The links of a new cluster.
pub fn wanted(wish: &Wish, known: &[Reached]) -> Result<Vec<Wanted>, Refusal> {
    let count = if wish.interfaces.is_empty() { wish.links.max(1) } else { wish.interfaces.len() };
    if wish.carrier != Carrier::Knet && count > 1 {
        return Err(Refusal::OneLinkOnly { transport: wish.carrier.word().to_string(), wanted: count });
    }
    if count > usize::from(LINKS_MAX) {
        return Err(Refusal::TooManyLinks { wanted: count });
    }
    let first = known.first().expect("the first host was looked at");
    if !wish.interfaces.is_empty() {
        return wish.interfaces.iter().zip(0..).map(|(word, number)| named(first, word, number)).collect();
    }
    let mut networks: Vec<Network> = Vec::new();
    for network in first.facts.addresses.iter().map(Address::network) {
        let is_of_kind = !wish.ipv6 || !network.is_v4();
        if is_of_kind && !networks.contains(&network) && is_common(network, known) {
            networks.push(network);
        }
    }
    if networks.len() < count {
        return Err(Refusal::FewNetworks { found: networks.len(), wanted: count });
    }
    let link = |(network, number)| Wanted { number, network, interface: None };
    Ok(networks.into_iter().take(count).zip(0..).map(link).collect())
}

fn named(first: &Reached, word: &str, number: LinkNumber) -> Result<Wanted, Refusal> {
    let is_it = |address: &&Address| address.interface == word || address.ip.to_string() == word;
    match first.facts.addresses.iter().find(is_it) {
        Some(address) => {
            let interface = (address.interface == word).then(|| word.to_string());
            Ok(Wanted { number, network: address.network(), interface })
        }
        None => Err(Refusal::NoInterface { host: first.host.name.clone(), wanted: word.to_string() }),
    }
}

/// All have an address in it, each its own: a bridge for containers has the same on every host.
fn is_common(network: Network, known: &[Reached]) -> bool {
    let inside =
        |one: &Reached| one.facts.addresses.iter().find(|address| address.network() == network).map(|it| it.ip);
    let mut addresses: Vec<_> = known.iter().filter_map(inside).collect();
    addresses.sort();
    addresses.dedup();
    addresses.len() == known.len()
}

/// The links of a cluster, as seen by its nodes.
pub fn of_cluster(wish: &Wish, nodes: &[Node], known: &[Reached], new: &Reached) -> Result<Vec<Wanted>, Refusal> {
    if !wish.interfaces.is_empty() {
        return wish.interfaces.iter().zip(0..).map(|(word, number)| named(new, word, number)).collect();
    }
    let numbers: Vec<LinkNumber> =
        nodes.first().map(|node| node.addresses.keys().copied().collect()).unwrap_or_default();
    let network = |number: LinkNumber| {
        let own = |one: &Reached| {
            let node = nodes.iter().find(|node| node.name == one.facts.name)?;
            let address = node.addresses.get(&number)?;
            one.facts.addresses.iter().find(|own| own.ip.to_string() == *address).map(Address::network)
        };
        known.iter().find_map(own).map(|network| Wanted { number, network, interface: None })
    };
    let found: Vec<Wanted> = numbers.iter().copied().filter_map(network).collect();
    match found.len() == numbers.len() {
        true => Ok(found),
        false => Err(Refusal::FewNetworks { found: found.len(), wanted: numbers.len() }),
    }
}

/// A host's addresses on these links.
pub fn addresses(one: &Reached, links: &[Wanted]) -> Result<BTreeMap<LinkNumber, String>, Refusal> {
    let address = |link: &Wanted| {
        let own = &one.facts.addresses;
        let by_network = own.iter().find(|address| address.network() == link.network);
        let by_interface = || own.iter().find(|address| Some(&address.interface) == link.interface.as_ref());
        let found = by_network.or_else(by_interface).map(|address| (link.number, address.ip.to_string()));
        found.ok_or_else(|| Refusal::NoAddress { host: one.host.name.clone(), network: link.network.to_string() })
    };
    links.iter().map(address).collect()
}
