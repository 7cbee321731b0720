//! Real embedded engines on loopback sockets, in one process.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use quorate_core::membership::View;
use quorate_transport::cluster::embedded::keys::ClusterKey;
use quorate_transport::cluster::embedded::protocol::{Timing, VoteRules};
use quorate_transport::cluster::embedded::socket::{Address, Config, Embedded, JoinError, join};
use quorate_transport::cluster::{Cluster, ClusterEvent, DownReason, MulticastError};

const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: u64 = 600;

/// A node list on free ports, and a key.
fn config(nodes: u32) -> Config {
    let free = |_| TcpListener::bind("127.0.0.1:0").unwrap();
    let held: Vec<TcpListener> = (0..nodes).map(free).collect();
    let address = |(id, listener): (u32, &TcpListener)| Address {
        id,
        name: format!("n{id}"),
        votes: 1,
        socket: listener.local_addr().unwrap(),
    };
    Config {
        cluster: "lab".into(),
        local: 1,
        nodes: (1..).zip(&held).map(address).collect(),
        timing: Timing::from_token(TOKEN),
        votes: VoteRules::default(),
        key: ClusterKey::random().unwrap(),
        epoch: 0,
    }
}

fn start(config: &Config, local: u32) -> Embedded {
    join(Config { local, ..config.clone() }).unwrap()
}

/// The thread of the one before may still be about to end.
fn start_again(config: &Config, local: u32) -> Embedded {
    let until = Instant::now() + PATIENCE;
    loop {
        match join(Config { local, ..config.clone() }) {
            Ok(engine) => return engine,
            Err(JoinError::Listen { .. }) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("{error}"),
        }
    }
}

fn next(engine: &mut Embedded, until: Instant) -> Option<ClusterEvent> {
    loop {
        if let Ok(event) = engine.events().try_recv() {
            return Some(event);
        }
        if Instant::now() > until {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The first view with exactly these members; what comes before is skipped.
fn await_view(engine: &mut Embedded, members: &[u32]) -> View {
    let until = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while let Some(event) = next(engine, until) {
        if let ClusterEvent::View(view) = &event
            && view.members.iter().map(|member| member.id).eq(members.iter().copied())
        {
            return view.clone();
        }
        seen.push(format!("{event:?}").chars().take(200).collect::<String>());
    }
    panic!("{} never saw a view of {members:?}: {seen:#?}", engine.local().name);
}

fn await_messages(engine: &mut Embedded, count: usize) -> Vec<(u32, Vec<u8>)> {
    let until = Instant::now() + PATIENCE;
    let mut got = Vec::new();
    while got.len() < count {
        match next(engine, until) {
            Some(ClusterEvent::Message { from, bytes }) => got.push((from, bytes.to_vec())),
            Some(ClusterEvent::Remarks(_)) => {}
            Some(other) => panic!("{} got {other:?} instead of a message", engine.local().name),
            None => panic!("{} got {} of {count} messages", engine.local().name, got.len()),
        }
    }
    got
}

fn await_note(engine: &mut Embedded, part: &str) {
    let until = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while let Some(event) = next(engine, until) {
        match event {
            ClusterEvent::Note(words) if words.contains(part) => return,
            other => seen.push(other),
        }
    }
    panic!("no note with {part:?}: {seen:?}");
}

/// What is amiss is this alone, or nothing.
fn await_remarks(engine: &mut Embedded, part: Option<&str>) {
    let until = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    while let Some(event) = next(engine, until) {
        match (event, part) {
            (ClusterEvent::Remarks(now), None) if now.is_empty() => return,
            (ClusterEvent::Remarks(now), Some(part)) if now.len() == 1 && now[0].contains(part) => return,
            (other, _) => seen.push(other),
        }
    }
    panic!("{part:?} is not what is amiss: {seen:?}");
}

fn three() -> (Config, [Embedded; 3]) {
    together(config(3))
}

fn together(config: Config) -> (Config, [Embedded; 3]) {
    let mut engines = [1, 2, 3].map(|id| start(&config, id));
    for engine in &mut engines {
        assert!(await_view(engine, &[1, 2, 3]).quorate);
    }
    (config, engines)
}

#[test]
fn three_nodes_get_all_messages_in_one_order() {
    let (_, mut engines) = three();
    for round in 0..200u8 {
        for engine in &engines {
            engine.multicast(vec![round; 100].into()).unwrap();
        }
    }
    let orders: Vec<_> = engines.iter_mut().map(|engine| await_messages(engine, 600)).collect();
    assert!(orders[0] == orders[1] && orders[1] == orders[2], "different orders");
}

#[test]
fn a_message_of_many_megabytes_passes_and_nobody_is_lost() {
    // A debug build on a busy machine needs its time to encrypt as much.
    let (_, mut engines) = together(Config { timing: Timing::from_token(5 * TOKEN), ..config(3) });
    let large: Vec<u8> = (0..30_000_000u32).map(|index| ((index * 7) >> 3) as u8).collect();
    engines[1].multicast(large.clone().into()).unwrap();
    engines[2].multicast(vec![1].into()).unwrap();
    for engine in &mut engines {
        let mut got = await_messages(engine, 2);
        got.sort();
        assert!(got[0] == (2, large.clone()), "changed on the way");
    }
}

#[test]
fn too_much_is_refused_before_it_is_sent() {
    let config = config(2);
    let engine = start(&config, 1);
    let large = vec![0; quorate_transport::cluster::MESSAGE_BYTES_MAX + 1];
    assert!(matches!(engine.multicast(large.into()), Err(MulticastError::TooLarge { .. })));
}

#[test]
fn a_cut_node_is_alone_without_quorum_and_comes_back() {
    let (_, mut engines) = three();
    let sides: [&[u32]; 3] = [&[3], &[3], &[1, 2]];
    for (engine, blocked) in engines.iter().zip(sides) {
        engine.block(blocked.iter().copied().collect());
    }
    let [one, two, three] = &mut engines;
    let view = await_view(one, &[1, 2]);
    assert!(view.quorate);
    assert_eq!(view.ended, [], "who is only unheard may go on");
    await_view(two, &[1, 2]);
    assert!(!await_view(three, &[3]).quorate);
    one.multicast(b"majority".to_vec().into()).unwrap();
    three.multicast(b"minority".to_vec().into()).unwrap();
    assert_eq!(await_messages(two, 1), [(1, b"majority".to_vec())]);
    assert_eq!(await_messages(three, 1), [(3, b"minority".to_vec())]);
    for engine in &engines {
        engine.block(BTreeSet::new());
    }
    for engine in &mut engines {
        assert!(await_view(engine, &[1, 2, 3]).quorate);
    }
}

#[test]
fn a_killed_node_is_missed_at_once_and_its_next_run_is_a_new_member() {
    let (config, [mut one, mut two, three]) = three();
    drop(three);
    let before = Instant::now();
    let view = await_view(&mut one, &[1, 2]);
    // Its host refuses connections: nobody has to wait for the token.
    assert!(before.elapsed() < Duration::from_millis(TOKEN), "{:?}", before.elapsed());
    assert_eq!(view.ended, [3]);
    await_view(&mut two, &[1, 2]);
    let mut three = start(&config, 3);
    assert_eq!(await_view(&mut one, &[1, 2, 3]).ended, []);
    await_view(&mut three, &[1, 2, 3]);
}

#[test]
fn leaving_says_goodbye_after_the_last_message() {
    let (_, [one, mut two, mut three]) = three();
    let mut one = one;
    one.multicast(b"last words".to_vec().into()).unwrap();
    one.leave();
    assert_eq!(await_messages(&mut two, 1), [(1, b"last words".to_vec())]);
    await_view(&mut two, &[2, 3]);
    await_view(&mut three, &[2, 3]);
    let until = Instant::now() + PATIENCE;
    while let Some(event) = next(&mut one, until) {
        if event == ClusterEvent::Down(DownReason::Left) {
            return;
        }
    }
    panic!("the leaver was not told that it has left");
}

#[test]
fn a_node_with_another_key_stays_out_and_both_sides_are_told() {
    let config = config(2);
    let mut one = start(&config, 1);
    let mut two = start(&Config { key: ClusterKey::random().unwrap(), ..config.clone() }, 2);
    await_note(&mut one, "does not hold our cluster key");
    await_note(&mut two, "does not hold our cluster key");
    await_remarks(&mut one, Some("does not hold our cluster key"));
    // It is given the right one: nothing is amiss any more.
    drop(two);
    let mut two = start_again(&config, 2);
    await_remarks(&mut one, None);
    await_view(&mut two, &[1, 2]);
}

const ANSWER_BYTES: usize = 8 + 2 + 1 + 24 + 16;

/// What node 2 says to node 1 first: magic, version, length; salt, id and name of both, its run, no cluster's name,
/// token 600, no list.
fn greeting() -> Vec<u8> {
    let introduction = b"a salt of 24 bytes here.\x02\x02n2\x07\x01\x02n1\x00\xd8\x04\x00";
    [b"QUORATE\n\x00\x02\x00", &[introduction.len() as u8][..], introduction].concat()
}

/// All that is noted up to what says this.
fn notes_until(engine: &mut Embedded, last: &str) -> Vec<String> {
    let until = Instant::now() + PATIENCE;
    let mut notes: Vec<String> = Vec::new();
    while !notes.last().is_some_and(|words| words.contains(last)) {
        match next(engine, until) {
            Some(ClusterEvent::Note(words)) => notes.push(words),
            Some(_) => {}
            None => panic!("nothing says {last:?}: {notes:?}"),
        }
    }
    notes
}

#[test]
fn a_dialer_that_dies_in_its_greeting_is_not_accused_of_a_wrong_key() {
    use std::io::{Read, Write};
    let (config, greeting) = (config(2), greeting());
    let mut engine = start(&config, 1);
    let proof = |bytes: &[u8]| {
        let mut dialer = std::net::TcpStream::connect(config.nodes[0].socket).unwrap();
        dialer.write_all(&greeting).unwrap();
        dialer.read_exact(&mut [0; ANSWER_BYTES]).unwrap();
        dialer.write_all(bytes).unwrap();
    };
    for spoken in [0, 5, 10, 30, greeting.len()] {
        let mut dialer = std::net::TcpStream::connect(config.nodes[0].socket).unwrap();
        dialer.write_all(&greeting[..spoken]).unwrap();
    }
    proof(b"");
    proof(b"half a proof");
    proof(b"sixteen bad byte");
    let expected = "node n2 from 127.0.0.1 does not hold our cluster key; refused";
    assert_eq!(notes_until(&mut engine, expected), [expected]);
}

#[test]
fn an_acceptor_that_dies_in_its_answer_is_not_accused_of_a_wrong_key() {
    use std::io::{Read, Write};
    let config = config(2);
    let listener = TcpListener::bind(config.nodes[1].socket).unwrap();
    let mut engine = start(&config, 1);
    let mut answer = b"QUORATE\n\x00\x02\x00".to_vec();
    answer.resize(ANSWER_BYTES, b'x');
    let speak = |bytes: &[u8]| {
        let (mut dialled, _) = listener.accept().unwrap();
        let mut head = [0; 12];
        dialled.read_exact(&mut head).unwrap();
        let mut introduction = vec![0; usize::from(u16::from_be_bytes([head[10], head[11]]))];
        dialled.read_exact(&mut introduction).unwrap();
        dialled.write_all(bytes).unwrap();
    };
    for spoken in [0, 5, 10, 11, 40, ANSWER_BYTES - 1] {
        speak(&answer[..spoken]);
    }
    speak(&answer);
    let notes = notes_until(&mut engine, "does not hold our cluster key");
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[test]
fn strangers_and_other_versions_are_refused_with_words() {
    use std::io::{Read, Write};
    let config = config(1);
    let address: SocketAddr = config.nodes[0].socket;
    let mut engine = start(&config, 1);
    let mut stranger = std::net::TcpStream::connect(address).unwrap();
    stranger.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    await_note(&mut engine, "does not speak our protocol");
    let mut later = std::net::TcpStream::connect(address).unwrap();
    later.write_all(b"QUORATE\n\x00\x63 and what version 99 may add").unwrap();
    await_note(&mut engine, "speaks protocol version 99");
    let mut answer = Vec::new();
    later.read_to_end(&mut answer).unwrap_or(0);
    assert!(answer.starts_with(b"QUORATE\n\x00\x02"), "it is not told our version: {answer:?}");
}

#[test]
fn a_wrong_node_list_is_an_error_at_once() {
    let config = config(2);
    assert!(matches!(join(Config { local: 9, ..config.clone() }), Err(JoinError::NotListed { id: 9 })));
    let _one = start(&config, 1);
    assert!(matches!(join(Config { local: 1, ..config }), Err(JoinError::Listen { .. })));
}

/// One whose list was cut short hears of the others: it is not all, though its list says so.
#[test]
fn who_was_told_of_too_few_has_no_quorum() {
    let all = config(3);
    let alone = Config { nodes: all.nodes.iter().filter(|node| node.id == 3).cloned().collect(), ..all.clone() };
    let mut third = start(&alone, 3);
    assert!(await_view(&mut third, &[3]).quorate, "as far as it knows");
    let (mut first, mut second) = (start(&all, 1), start(&all, 2));
    assert!(await_view(&mut first, &[1, 2]).quorate && await_view(&mut second, &[1, 2]).quorate);
    assert!(!await_view(&mut third, &[3]).quorate);
}

/// Node 3's configuration as somebody wrote it who mixed up hosts.
fn mistaken(config: &Config, change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config { local: 3, ..config.clone() };
    change(&mut config);
    config
}

#[test]
fn a_host_with_anothers_name_or_id_takes_nobodys_place() {
    let (config, [mut one, mut two, _three]) = three();
    let elsewhere = |node: &mut Address| node.socket = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // A host that was cloned: the third once more, with another address.
    let mut clone = join(mistaken(&config, |config| elsewhere(&mut config.nodes[2]))).unwrap();
    await_note(&mut clone, "another host with our name and id is there already");
    await_note(&mut one, "two hosts have one node's name and id");
    // One that took itself for node 2 under another name.
    let mut misnumbered = join(mistaken(&config, |config| {
        config.local = 2;
        config.nodes[1].name = "n9".into();
        elsewhere(&mut config.nodes[1]);
    }))
    .unwrap();
    await_note(&mut misnumbered, "it knows our id under another name, or our name under another id");
    await_note(&mut one, "says it is n9, but id 2 is n2's here");
    one.multicast(b"undisturbed".to_vec().into()).unwrap();
    let until = Instant::now() + PATIENCE;
    while let Some(event) = next(&mut two, until) {
        match event {
            ClusterEvent::Message { from: 1, .. } => return,
            ClusterEvent::Note(_) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("the message has not come");
}

#[test]
fn another_clusters_node_stays_out() {
    let config = config(2);
    let mut one = start(&config, 1);
    let mut other = start(&Config { cluster: "live".into(), ..config }, 2);
    await_note(&mut one, "belongs to the cluster `live`");
    await_note(&mut other, "its cluster has another name");
}

/// Each waits for the other for the longer of their times: the one with the short one does not lose the other.
#[test]
fn nodes_with_different_tokens_stay_together() {
    let config = config(2);
    let mut one = start(&Config { timing: Timing::from_token(20 * TOKEN), ..config.clone() }, 1);
    let mut two = start(&Config { timing: Timing::from_token(120), ..config }, 2);
    await_note(&mut one, "n2 has token: 120, this node 12000");
    await_note(&mut two, "n1 has token: 12000, this node 120");
    await_remarks(&mut two, Some("n1 has token: 12000, not 120"));
    await_view(&mut one, &[1, 2]);
    await_view(&mut two, &[1, 2]);
    // Hellos of the first come every 250 ms: what it says in five times as long comes without another view.
    for number in 0..5 {
        std::thread::sleep(Duration::from_millis(250));
        two.multicast(vec![number].into()).unwrap();
        for engine in [&mut one, &mut two] {
            assert_eq!(await_messages(engine, 1), [(2, vec![number])]);
        }
    }
}

/// Of five, two that list each other alone are no majority as soon as a third has told them of more.
#[test]
fn all_nodes_of_all_lists_count() {
    let all = config(5);
    let few = Config { nodes: all.nodes[..3].to_vec(), ..all.clone() };
    let (mut one, mut two, mut three) = (start(&few, 1), start(&few, 2), start(&all, 3));
    await_note(&mut one, "the node list of n3 has n4 (id 4), ours has not");
    await_note(&mut two, "the node list of n3 has n5 (id 5), ours has not");
    await_note(&mut three, "the node list of n1 lacks n4");
    for engine in [&mut one, &mut two, &mut three] {
        await_view(engine, &[1, 2, 3]);
    }
    drop(three);
    assert!(!await_view(&mut one, &[1, 2]).quorate && !await_view(&mut two, &[1, 2]).quorate);
}
