//! Links: each node's address on it, and its options.
//!
//! In: the file's sections. Out: links as values; links added, changed and removed.
//! Absent: whether an address is the node's.

use super::node::{LINKS_MAX, LinkNumber, ListError, Node, address_key, nodes, sections};
use crate::cluster::file::{Item, Section};
use std::collections::{BTreeMap, BTreeSet};

/// What a link may be told, as `corosync.conf(5)` has it under `interface`.
pub const OPTIONS: [&str; 7] = [
    "knet_link_priority",
    "knet_ping_interval",
    "knet_ping_timeout",
    "knet_ping_precision",
    "knet_pong_count",
    "knet_transport",
    "mcastport",
];

/// A link as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub number: LinkNumber,
    /// Addresses by the nodes' names, in the list's order.
    pub addresses: Vec<(String, String)>,
    pub options: Vec<(String, String)>,
}

/// Texts by name: addresses by nodes, values by options.
pub type Texts = BTreeMap<String, String>;

/// What carries messages, if it is not said: knet.
pub fn transport(file: &Section) -> &str {
    file.sections("totem").filter_map(|totem| totem.text("transport")).last().unwrap_or("knet")
}

/// All links, by their numbers.
pub fn links(file: &Section) -> Vec<Link> {
    let listed = nodes(file);
    let numbers: BTreeSet<LinkNumber> = listed.iter().flat_map(|node| node.addresses.keys().copied()).collect();
    let link = |number: LinkNumber| {
        let address = |node: &Node| Some((node.name.clone(), node.addresses.get(&number)?.clone()));
        Link { number, addresses: listed.iter().filter_map(address).collect(), options: options(file, number) }
    };
    numbers.into_iter().map(link).collect()
}

fn options(file: &Section, number: LinkNumber) -> Vec<(String, String)> {
    let interfaces = file.sections("totem").flat_map(|totem| totem.sections("interface"));
    let own: Vec<&Section> = interfaces.filter(|interface| number_of(interface) == number).collect();
    let value = |key: &&str| own.iter().rev().find_map(|interface| interface.text(key));
    OPTIONS.iter().filter_map(|key| Some(((*key).to_string(), value(key)?.to_string()))).collect()
}

/// The link that an `interface` section is of; the first if it does not say.
fn number_of(interface: &Section) -> LinkNumber {
    interface.text("linknumber").and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Adds a link with the lowest free number, which is returned.
///
/// # Errors
/// A node is without an address, an address is taken, there are too many links, or an option is unknown.
pub fn add(file: &mut Section, addresses: &Texts, options: &Texts) -> Result<LinkNumber, ListError> {
    if transport(file) != "knet" {
        return Err(ListError::OneLinkOnly { transport: transport(file).to_string() });
    }
    let taken: BTreeSet<LinkNumber> = links(file).iter().map(|link| link.number).collect();
    let number = (0..LINKS_MAX).find(|number| !taken.contains(number)).ok_or(ListError::TooManyLinks)?;
    if let Some(node) = nodes(file).iter().find(|node| !addresses.contains_key(&node.name)) {
        return Err(ListError::NoAddress { name: node.name.clone(), link: number });
    }
    write(file, number, addresses, options)?;
    Ok(number)
}

/// Changes addresses and options of a link; an option without a value is removed.
///
/// # Errors
/// There is no such link or node, an address is taken, or an option is unknown.
pub fn update(file: &mut Section, number: LinkNumber, addresses: &Texts, options: &Texts) -> Result<(), ListError> {
    match links(file).iter().any(|link| link.number == number) {
        true => write(file, number, addresses, options),
        false => Err(ListError::NoSuchLink(number)),
    }
}

/// Removes a link: each node's address on it, and its options.
///
/// # Errors
/// There is no such link, or no other.
pub fn remove(file: &mut Section, number: LinkNumber) -> Result<(), ListError> {
    let links = links(file);
    if !links.iter().any(|link| link.number == number) {
        return Err(ListError::NoSuchLink(number));
    }
    if links.len() == 1 {
        return Err(ListError::LastLink(number));
    }
    for node in sections(file) {
        node.remove(&address_key(number));
    }
    for totem in file.sections_mut("totem") {
        totem.remove_sections(|section| section.name == "interface" && number_of(section) == number);
    }
    Ok(())
}

fn write(file: &mut Section, number: LinkNumber, addresses: &Texts, options: &Texts) -> Result<(), ListError> {
    check(file, number, addresses, options)?;
    let listed = nodes(file);
    for (node, section) in listed.iter().zip(sections(file)) {
        if let Some(address) = addresses.get(&node.name) {
            section.set(&address_key(number), address);
        }
    }
    write_options(file, number, options);
    Ok(())
}

fn check(file: &Section, number: LinkNumber, addresses: &Texts, options: &Texts) -> Result<(), ListError> {
    if let Some(option) = options.keys().find(|option| !OPTIONS.contains(&option.as_str())) {
        return Err(ListError::NoSuchOption(option.clone()));
    }
    let is_text = |text: &str| !text.contains(['{', '}', '\n', '\r', ' ']);
    let bad_address = addresses.values().find(|address| address.is_empty() || !is_text(address));
    if let Some(bad) = bad_address.or_else(|| options.values().find(|value| !is_text(value))) {
        return Err(ListError::NotAValue(bad.clone()));
    }
    let listed = nodes(file);
    if let Some(name) = addresses.keys().find(|name| !listed.iter().any(|node| node.name == **name)) {
        return Err(ListError::NoSuchNode(name.clone()));
    }
    let mut seen = BTreeMap::new();
    for node in &listed {
        let given = addresses.get(&node.name);
        let kept = node.addresses.iter().filter(|(link, _)| **link != number || given.is_none());
        for address in kept.map(|(_, address)| address).chain(given) {
            if let Some((name, line)) = seen.insert(address.clone(), (node.name.clone(), node.line)) {
                return Err(ListError::AddressTaken { address: address.clone(), name, line });
            }
        }
    }
    Ok(())
}

fn write_options(file: &mut Section, number: LinkNumber, options: &Texts) {
    if options.is_empty() {
        return;
    }
    if file.sections("totem").next().is_none() {
        file.add_section("totem");
    }
    let totem = file.section_mut("totem").expect("it is there");
    if !totem.sections("interface").any(|interface| number_of(interface) == number) {
        totem.add_section("interface").set("linknumber", &number.to_string());
    }
    for interface in totem.sections_mut("interface").filter(|interface| number_of(interface) == number) {
        for (option, value) in options {
            if value.is_empty() {
                interface.remove(option);
            } else {
                interface.set(option, value);
            }
        }
    }
    totem.remove_sections(|section| section.name == "interface" && number_of(section) == number && is_bare(section));
}

/// It says of which link it is and nothing else.
fn is_bare(interface: &Section) -> bool {
    let says = |item: &Item| match item {
        Item::Value(value) => value.key != "linknumber",
        _ => true,
    };
    !interface.items.iter().any(says)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cluster::file::parse;

    const TEXT: &str = "totem {\n  version: 2\n}\nnodelist {\n  node {\n    name: n1\n    ring0_addr: a1\n  }\n  node {\n    name: n2\n    ring0_addr: a2\n  }\n}\n";

    fn texts(words: &str) -> Texts {
        let pair =
            |word: &str| word.split_once('=').map(|(name, value)| (name.to_string(), value.to_string())).unwrap();
        words.split_whitespace().map(pair).collect()
    }

    #[test]
    fn a_link_is_added_changed_and_removed_and_then_all_is_as_before() {
        let mut file = parse(TEXT).unwrap();
        let options = texts("knet_link_priority=3 mcastport=5407");
        assert_eq!(add(&mut file, &texts("n1=b1 n2=b2"), &options), Ok(1));
        let with =
            TEXT.replace("a1\n", "a1\n    ring1_addr: b1\n").replace("a2\n", "a2\n    ring1_addr: b2\n").replace(
                "2\n}",
                "2\n  interface {\n    linknumber: 1\n    knet_link_priority: 3\n    mcastport: 5407\n  }\n}",
            );
        assert_eq!(file.to_string(), with);
        assert_eq!(links(&file)[1].options.len(), 2);
        update(&mut file, 1, &texts("n2=c2"), &texts("mcastport= knet_link_priority=")).unwrap();
        assert_eq!(links(&file)[1].addresses[1].1, "c2");
        assert!(!file.to_string().contains("interface"));
        remove(&mut file, 1).unwrap();
        assert_eq!(file.to_string(), TEXT);
    }

    #[test]
    fn what_cannot_be_a_link_is_told() {
        let add_to = |addresses: &str, options: &str| {
            add(&mut parse(TEXT).unwrap(), &texts(addresses), &texts(options)).unwrap_err().to_string()
        };
        let cases = [
            ("n1=b1", "", "node n2 has no address on link 1"),
            ("n1=b1 n2=b1", "", "address b1 is listed already, for n1 (line 5)"),
            ("n1=b1 n2=a1", "", "address a1 is listed already, for n1 (line 5)"),
            ("n1=b1 n2=b2 n3=b3", "", "there is no node `n3` in the list"),
            ("n1=b1 n2=b2", "speed=3", "a link has no option `speed`"),
        ];
        for (addresses, options, error) in cases {
            assert_eq!(add_to(addresses, options), error);
        }
        let mut file = parse(TEXT).unwrap();
        assert_eq!(remove(&mut file, 0), Err(ListError::LastLink(0)));
        assert_eq!(remove(&mut file, 3), Err(ListError::NoSuchLink(3)));
        assert_eq!(update(&mut file, 3, &Texts::new(), &Texts::new()), Err(ListError::NoSuchLink(3)));
        file.section_mut("totem").unwrap().set("transport", "udpu");
        let error = add(&mut file, &texts("n1=b1 n2=b2"), &Texts::new()).unwrap_err();
        assert_eq!(error, ListError::OneLinkOnly { transport: "udpu".into() });
        file.section_mut("totem").unwrap().set("transport", "knet");
        for number in 1..LINKS_MAX {
            let addresses = texts(&format!("n1=b{number} n2=c{number}"));
            assert_eq!(add(&mut file, &addresses, &Texts::new()), Ok(number));
        }
        assert_eq!(add(&mut file, &texts("n1=x n2=y"), &Texts::new()), Err(ListError::TooManyLinks));
    }
}
