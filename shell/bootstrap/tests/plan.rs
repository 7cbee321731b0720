//! Plans by tables of cases: facts of hosts, and what is to be done there or what speaks against it.
#![allow(clippy::unwrap_used)]

use quorate_bootstrap::address::Address;
use quorate_bootstrap::configuration::Carrier;
use quorate_bootstrap::facts::{Facts, Seen};
use quorate_bootstrap::host::Host;
use quorate_bootstrap::plan::{Key, Plan, plan};
use quorate_bootstrap::refusal::Refusal;
use quorate_bootstrap::removal;
use quorate_bootstrap::wish::Wish;
use quorate_transport::cluster::{file, nodelist};
use quorate_transport::ssh::{SshError, Target};

/// A bare host with Corosync and the daemon, at 10.0.0.NUMBER.
fn bare(number: u8) -> Facts {
    let address = |interface: &str, net: u8| Address {
        interface: interface.to_string(),
        ip: format!("10.{net}.0.{number}").parse().unwrap(),
        prefix: 24,
    };
    Facts {
        name: format!("n{number}"),
        uid: 0,
        system: "debian 12".into(),
        corosync: Some("3.1.7".into()),
        manager: Some("quorated".into()),
        free: 1_000_000,
        addresses: vec![address("e0", 0), address("e1", 1)],
        ..Facts::default()
    }
}

/// The same in the cluster of this text, where these nodes run.
fn running(number: u8, text: &str, nodes: &[u8]) -> Facts {
    Facts {
        configuration: Some(text.to_string()),
        key: Some("k".into()),
        running: Some("lab".into()),
        listed: nodes.iter().map(|node| format!("n{node}")).collect(),
        members: nodes.iter().map(|node| u32::from(*node)).collect(),
        is_quorate: true,
        active: ["corosync".to_string(), "quorated".to_string()].into(),
        enabled: ["corosync".to_string(), "quorated".to_string()].into(),
        ..bare(number)
    }
}

fn host(name: &str) -> Host {
    Host::away(Target { host: name.into(), port: 22, user: "root".into() })
}

fn seen(facts: Facts) -> Seen {
    Seen { host: host(&facts.name), facts: Ok(facts) }
}

fn unreachable(name: &str) -> Seen {
    let error = SshError::Unreachable { host: name.into(), why: "no route to host".into() };
    Seen { host: host(name), facts: Err(error) }
}

fn lab() -> Wish {
    Wish { name: Some("lab".into()), links: 1, ..Wish::default() }
}

/// corosync.conf of a cluster `lab` of these hosts.
fn text_of(numbers: &[u8]) -> String {
    let seen: Vec<Seen> = numbers.iter().map(|number| seen(bare(*number))).collect();
    plan(&lab(), &seen).unwrap().configuration
}

/// What is to be done, a line a host.
fn to_do(plan: &Plan) -> String {
    let words = |host: &quorate_bootstrap::plan::HostPlan| {
        let steps = host.steps.iter().filter(|step| !step.done).map(|step| {
            let text = step.action.to_string();
            match text.split_once(' ').unwrap() {
                ("put", _) => "key".to_string(),
                ("check", _) => "conf".to_string(),
                ("let", _) => "reload".to_string(),
                ("wait", _) => "together".to_string(),
                _ if text.starts_with("start at boot") => "enable".to_string(),
                _ => text.replace(' ', "-"),
            }
        });
        format!("{}: {}", host.name, steps.collect::<Vec<String>>().join(" "))
    };
    plan.hosts.iter().map(words).collect::<Vec<String>>().join("\n")
}

fn check(wish: &Wish, seen: &[Seen], expected: &str) -> Plan {
    let plan = plan(wish, seen).unwrap();
    assert_eq!(to_do(&plan), expected);
    plan
}

fn refuses(wish: &Wish, seen: &[Seen], expected: &[&str]) {
    let words: Vec<String> = plan(wish, seen).unwrap_err().iter().map(Refusal::to_string).collect();
    assert_eq!(words, expected);
}

const ALL: &str = "key conf enable start-corosync start-quorated together";

#[test]
fn bare_hosts_get_everything() {
    let plan =
        check(&lab(), &[seen(bare(1)), seen(bare(2)), seen(bare(3))], &format!("n1: {ALL}\nn2: {ALL}\nn3: {ALL}"));
    let nodes = nodelist::nodes(&file::parse(&plan.configuration).unwrap());
    let addresses: Vec<(&str, u32, &str)> =
        nodes.iter().map(|node| (node.name.as_str(), node.id, node.addresses[&0].as_str())).collect();
    assert_eq!(addresses, [("n1", 1, "10.0.0.1"), ("n2", 2, "10.0.0.2"), ("n3", 3, "10.0.0.3")]);
    assert_eq!(plan.key, Key::New);
}

#[test]
fn where_all_runs_nothing_is_to_be_done() {
    let text = text_of(&[1, 2]);
    let plan = check(&lab(), &[seen(running(1, &text, &[1, 2])), seen(running(2, &text, &[1, 2]))], "n1: \nn2: ");
    assert!(plan.is_done() && plan.configuration == text);
}

/// A run that stopped half-way is gone on with.
#[test]
fn what_is_done_is_left_alone() {
    let text = text_of(&[1, 2]);
    let with_key = |number| Facts { key: Some("k".into()), ..bare(number) };
    let rest = "enable start-corosync start-quorated together";
    let plan = check(&lab(), &[seen(with_key(1)), seen(bare(2))], &format!("n1: conf {rest}\nn2: {ALL}"));
    assert_eq!(plan.key, Key::Of(host("n1")));
    let with_conf = Facts { configuration: Some(text.clone()), ..with_key(1) };
    check(&lab(), &[seen(with_conf), seen(bare(2))], &format!("n1: {rest}\nn2: {ALL}"));
    let alone = Facts { members: [1].into(), ..running(1, &text, &[1, 2]) };
    let ready = Facts { configuration: Some(text), ..with_key(2) };
    check(&lab(), &[seen(alone), seen(ready)], &format!("n1: together\nn2: {rest}"));
}

/// Debian's package starts Corosync with a file of its own.
#[test]
fn what_a_package_brought_is_replaced() {
    let debian = "totem {\n\tcluster_name: debian\n}\nnodelist {\n\tnode {\n\t\tname: node1\n\t\tring0_addr: 127.0.0.1\n\t}\n}\n";
    let packaged = Facts {
        configuration: Some(debian.into()),
        running: Some("debian".into()),
        active: ["corosync".to_string()].into(),
        ..bare(1)
    };
    let steps = "key conf enable restart-corosync start-quorated together";
    check(&lab(), &[seen(packaged), seen(bare(2))], &format!("n1: {steps}\nn2: {ALL}"));
}

#[test]
fn hosts_come_to_a_cluster_that_runs() {
    let text = text_of(&[1, 2]);
    let pair = [seen(running(1, &text, &[1, 2])), seen(running(2, &text, &[1, 2]))];
    let seen = [pair[0].clone(), pair[1].clone(), seen(bare(3))];
    let expected = format!("n1: conf reload together\nn2: conf together\nn3: {ALL}");
    for wish in [lab(), Wish { name: None, ..lab() }, Wish { join: true, name: None, ..lab() }] {
        let plan = check(&wish, &seen, &expected);
        assert!(plan.configuration.contains("two_node: 0") && plan.configuration.contains("10.0.0.3"));
        assert_eq!(plan.key, Key::Of(host("n1")));
    }
}

#[test]
fn who_cannot_be_reached_is_left_out() {
    let plan = check(&lab(), &[seen(bare(1)), seen(bare(2)), unreachable("n3")], &format!("n1: {ALL}\nn2: {ALL}"));
    assert_eq!(plan.left_out[0].0, "n3");
    assert!(plan.configuration.contains("two_node: 1"));
    // A node of the cluster cannot be: its file would stay as it is.
    let text = text_of(&[1, 2]);
    let seen = [seen(running(1, &text, &[1, 2])), unreachable("n2"), seen(bare(3))];
    refuses(&lab(), &seen, &["n2 is a node of the cluster and cannot be reached: cannot reach n2: no route to host"]);
    refuses(
        &Wish { join: true, ..lab() },
        &[unreachable("n1"), seen[2].clone()],
        &["cannot reach n1: no route to host"],
    );
}

#[test]
fn links_go_over_the_networks_that_all_have() {
    let addresses = |wish: &Wish, seen: &[Seen]| {
        let nodes = nodelist::nodes(&file::parse(&plan(wish, seen).unwrap().configuration).unwrap());
        nodes.iter().map(|node| node.addresses.values().cloned().collect::<Vec<_>>().join("+")).collect::<Vec<_>>()
    };
    let pair = [seen(bare(1)), seen(bare(2))];
    assert_eq!(addresses(&Wish { links: 2, ..lab() }, &pair), ["10.0.0.1+10.1.0.1", "10.0.0.2+10.1.0.2"]);
    let named = |word: &str| Wish { interfaces: vec![word.to_string()], ..lab() };
    assert_eq!(addresses(&named("e1"), &pair), ["10.1.0.1", "10.1.0.2"]);
    assert_eq!(addresses(&named("10.1.0.1"), &pair), ["10.1.0.1", "10.1.0.2"]);
    // The bridge of containers is the same on every host.
    let bridged = |number: u8| {
        let mut facts = bare(number);
        facts.addresses[0] = Address::parse("docker0 172.17.0.1/16").unwrap();
        seen(facts)
    };
    assert_eq!(addresses(&lab(), &[bridged(1), bridged(2)]), ["10.1.0.1", "10.1.0.2"]);
    refuses(&named("e7"), &pair, &["n1 has no interface or address `e7`"]);
    refuses(&Wish { links: 3, ..lab() }, &pair, &["the hosts have 2 networks in common, and 3 are wanted"]);
    let udpu = Wish { carrier: Carrier::Udpu, links: 2, ..lab() };
    refuses(&udpu, &pair, &["transport udpu has one link, and 2 are wanted"]);
    let mut elsewhere = bare(2);
    elsewhere.addresses.clear();
    refuses(&named("e1"), &[pair[0].clone(), seen(elsewhere)], &["n2 has no address in 10.1.0.0/24"]);
}

#[test]
fn what_speaks_against_it_is_told_of_every_host() {
    let text = text_of(&[1, 2]);
    let with = |change: &dyn Fn(&mut Facts)| {
        let mut facts = bare(2);
        change(&mut facts);
        seen(facts)
    };
    let other = |name: &str, key: &str| {
        let mut facts = running(2, &text.replace("lab", name), &[1, 2]);
        facts.key = Some(key.into());
        seen(facts)
    };
    let cases: Vec<(Seen, Vec<&str>)> = vec![
        (with(&|facts| facts.uid = 1000), vec!["n2: logged in as another than root"]),
        (with(&|facts| facts.corosync = None), vec!["n2: Corosync is not installed"]),
        (
            with(&|facts| facts.manager = None),
            vec!["n2: no cluster manager is installed (a unit quorated.service or pacemaker.service)"],
        ),
        (
            with(&|facts| facts.manager = Some("pacemaker".into())),
            vec!["n2 has pacemaker where n1 has quorated: a cluster is of one kind"],
        ),
        (with(&|facts| facts.clock_ahead = 3_600_000), vec!["the clock of n2 is 3600 s ahead"]),
        (
            with(&|facts| (facts.clock_ahead, facts.free) = (-40_000, 3)),
            vec!["the clock of n2 is 40 s behind", "n2: 3 KiB are free below /etc"],
        ),
        (with(&|facts| facts.name = "n1".into()), vec!["n1 and n2 are one host, or have one name: n1"]),
        (
            with(&|facts| facts.configuration = Some("totem {\n".into())),
            vec!["n2: its corosync.conf cannot be read: line 1, column 1: section `totem` is never closed"],
        ),
        (other("web", "k"), vec!["n2 is in a cluster already: web of n1, n2"]),
        (with(&|facts| facts.addresses = bare(1).addresses), vec!["n1 and n2 have one address: 10.0.0.1"]),
    ];
    for (second, expected) in cases {
        // A host named by another word than its name, as an alias would be.
        let second = Seen { host: host("n2"), ..second };
        let wish =
            if expected[0].contains("one address") { Wish { interfaces: vec!["e0".into()], ..lab() } } else { lab() };
        refuses(&wish, &[seen(bare(1)), second], &expected);
    }
    let first = seen(running(1, &text, &[1, 2]));
    refuses(&lab(), &[first.clone(), other("lab", "z")], &["n2 is in a cluster already: lab of n1, n2"]);
    // Whoever makes a cluster does not come to another's by the way.
    let theirs = seen(running(2, &text_of(&[2, 3]), &[2, 3]));
    refuses(&Wish { name: None, ..lab() }, &[seen(bare(1)), theirs], &["n2 is in a cluster already: lab of n2, n3"]);
    let web = Wish { name: Some("web".into()), ..lab() };
    refuses(&web, std::slice::from_ref(&first), &["n1 is in a cluster already: lab of n1, n2"]);
    refuses(&Wish { join: true, ..lab() }, &[seen(bare(1)), seen(bare(2))], &["n1 is in no cluster"]);
    let mut twin = bare(9);
    twin.name = "n2".into();
    let twin = Seen { host: host("n9"), facts: Ok(twin) };
    refuses(&lab(), &[first, twin], &["the cluster has a node n2 already, at 10.0.0.2, which n9 does not have"]);
}

#[test]
fn hosts_that_would_outnumber_the_cluster_come_one_by_one() {
    let text = text_of(&[1]);
    let first = seen(running(1, &text, &[1]));
    refuses(
        &lab(),
        &[first.clone(), seen(bare(2)), seen(bare(3)), seen(bare(4))],
        &["it would take the quorum away: 1 of 4 votes are here, and 3 are needed then"],
    );
    assert!(plan(&lab(), &[first, seen(bare(2))]).is_ok());
}

#[test]
fn a_node_that_is_removed_leaves_first_and_is_forgotten() {
    let text = text_of(&[1, 2, 3]);
    let all = [1, 2, 3].map(|number| seen(running(number, &text, &[1, 2, 3])));
    let plan = removal::plan("n3", false, &all).unwrap();
    let stop = "stop-quorated,-corosync,-and-start-them-at-boot-no-more remove-corosync.conf,-authkey-and-the-copies-of-the-CIB";
    let expected = format!(
        "n1: conf reload remove-n3-and-its-fencing-levels-from-the-cluster's-configuration\nn2: conf\nn3: {stop}"
    );
    assert_eq!(to_do(&plan), expected);
    let words = |name: &str, seen: &[Seen]| removal::plan(name, false, seen).unwrap_err()[0].to_string();
    assert_eq!(words("n9", &all), "there is no node `n9` in the list");
    assert_eq!(words("n1", &all), "this is done from another node of the cluster, not from n1 itself");
    // It runs, and nobody can stop it.
    let cut = [all[0].clone(), all[1].clone(), unreachable("n3")];
    assert_eq!(
        words("n3", &cut),
        "n3 runs as a member, but cannot be reached by ssh: cannot reach n3: no route to host"
    );
    // It is dead: the others forget it.
    let left = [1, 2].map(|number| {
        let facts = Facts { members: [1, 2].into(), ..running(number, &text, &[1, 2, 3]) };
        seen(facts)
    });
    let dead = [left[0].clone(), left[1].clone(), unreachable("n3")];
    let plan = removal::plan("n3", false, &dead).unwrap();
    assert_eq!((plan.hosts.len(), plan.left_out[0].0.as_str()), (2, "n3"));
    // Who stays and cannot be told would go on by the old list.
    let away = [left[0].clone(), unreachable("n2"), unreachable("n3")];
    assert_eq!(
        words("n3", &away),
        "n2 is a node of the cluster and cannot be reached: cannot reach n2: no route to host"
    );
    assert_eq!(removal::plan("n3", true, &away).unwrap().left_out.len(), 2);
    // Two of four have no quorum, and would have it then.
    let four = text_of(&[1, 2, 3, 4]);
    let pair = [1, 2].map(|number| {
        seen(Facts { members: [1, 2].into(), is_quorate: false, ..running(number, &four, &[1, 2, 3, 4]) })
    });
    let torn = [pair[0].clone(), pair[1].clone(), unreachable("n3"), unreachable("n4")];
    assert!(words("n3", &torn).contains("n4 is a node of the cluster and cannot be reached"));
}
