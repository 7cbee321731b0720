//! A process that joins a cluster engine and does nothing else: it says what it is told, and sends what it is asked to.
//!
//! `engine_probe ROOT NODE corosync|embedded`. In, by lines: `send NAME SIZE`, `leave`. Out, by lines: its process id,
//! then what `contract::Told` is in words.

use quorate_daemon::engine::{Configured, Engine};
use quorate_daemon::log::{Destinations, Log};
use quorate_daemon::options::{DaemonOptions, EngineKind, Places};
use quorate_tests::contract::{Told, payload};
use quorate_transport::cluster::{ClusterEvent, MulticastError, Payload};
use quorate_transport::owned::Owned;
use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What it is asked by a line.
enum Asked {
    Send(Payload),
    Leave,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, root, node, engine] = arguments.as_slice() else { panic!("ROOT NODE ENGINE") };
    println!("{}", std::process::id());
    let kind = if engine == "corosync" { EngineKind::Corosync } else { EngineKind::Embedded };
    let engine = join(root, node, kind);
    let (says, events) = channel();
    std::thread::spawn(move || say(&events));
    run(engine, &asked(), &says);
}

fn join(root: &str, node: &str, kind: EngineKind) -> Engine {
    let places = Places { root: root.into() };
    let options = DaemonOptions {
        places: places.clone(),
        node: Some(node.to_string()),
        engine: Some(kind),
        watchdog: None,
        test_hooks: false,
    };
    let owned = Owned::by_cluster(0o600, 0o750);
    let to = Destinations { path: None, owned, own_directory: false, syslog: None, stderr: true };
    let configured = Configured::read(&options).expect("its configuration");
    configured.join(&places, 0, &mut Log::open(to, node)).expect("it joins")
}

/// What comes by standard input, without waiting for it.
fn asked() -> Receiver<Asked> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            let asked = match words[..] {
                ["send", name, size] => Asked::Send(payload(name, size.parse().expect("a number")).into()),
                ["leave"] => Asked::Leave,
                _ => panic!("{line}"),
            };
            if sender.send(asked).is_err() {
                return;
            }
        }
    });
    receiver
}

fn run(mut engine: Engine, asked: &Receiver<Asked>, says: &Sender<ClusterEvent>) {
    let mut waiting: VecDeque<Asked> = VecDeque::new();
    loop {
        engine.cluster.beat();
        waiting.extend(asked.try_iter());
        while let Some(next) = waiting.pop_front() {
            match &next {
                Asked::Leave => engine.cluster.leave(),
                Asked::Send(bytes) => match engine.cluster.multicast(bytes.clone()) {
                    Ok(()) => {}
                    Err(MulticastError::Busy { .. }) => {
                        waiting.push_front(next);
                        break;
                    }
                    Err(error) => panic!("{error}"),
                },
            }
        }
        while let Ok(event) = engine.cluster.events().try_recv() {
            if says.send(event).is_err() {
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Says what it is told; large messages take their time, in which the engine's caller must not stand still. Ends the
/// process when it has left.
fn say(events: &Receiver<ClusterEvent>) {
    for event in events {
        if let ClusterEvent::Note(note) = &event {
            eprintln!("{note}");
        }
        let Some(told) = Told::of(event) else { continue };
        println!("{told}");
        if told == Told::Left {
            std::process::exit(0);
        }
    }
}
