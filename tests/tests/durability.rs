//! Every daemon is killed at once, again and again, while a writer commits: what was acknowledged
//! is there afterwards. `QUORATE_ROUNDS=200` runs as many rounds.

use quorate_core::cib::Document;
use quorate_core::node::Reply;
use quorate_core::xml::Element;
use quorate_tests::lab::Lab;
use quorate_tests::world::Chance;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Rounds of a plain test run.
const ROUNDS: u64 = 15;

fn tags(document: &Document) -> BTreeSet<String> {
    let tags = document.configuration().child("tags");
    let ids = tags.into_iter().flat_map(|tags| tags.elements()).filter_map(|tag| tag.id());
    ids.map(str::to_string).collect()
}

fn set_tag(document: &mut Document, name: &str) {
    let tags = document.configuration_mut().child_or_new("tags");
    // Only the latest of a round stays, so that the document does not grow with the rounds.
    let round = name.split('.').next().unwrap_or_default().to_string() + ".";
    tags.retain_elements(|tag| !tag.id().is_some_and(|id| id.starts_with(&round)));
    tags.push(Element::new("tag").with("id", name).with_child(Element::new("obj_ref").with("id", "x")));
}

#[test]
fn what_was_acknowledged_survives_the_death_of_every_daemon() {
    let rounds = std::env::var("QUORATE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let mut chance = Chance::new(std::process::id().into());
    let mut lab = Lab::started(3);
    let mut expected: Vec<Option<(u64, u64)>> = Vec::new();
    let mut commits = 0;
    for round in 0..rounds {
        let stop = AtomicBool::new(false);
        let node = format!("n{}", 1 + chance.below(3));
        let life = Duration::from_millis(20 + chance.below(400));
        let names = lab.names();
        let (last_acknowledged, last_tried) = std::thread::scope(|scope| {
            let (lab, stop, node) = (&lab, &stop, &node);
            let writer = scope.spawn(move || {
                let (mut acknowledged, mut tried) = (0, 0);
                while !stop.load(Ordering::Relaxed) {
                    tried += 1;
                    match lab.commit(node, |document| set_tag(document, &format!("r{round}.{tried}"))) {
                        Ok(Reply::Committed { .. }) => acknowledged = tried,
                        Ok(other) => panic!("{other:?}"),
                        Err(_) => break,
                    }
                }
                (acknowledged, tried)
            });
            std::thread::sleep(life);
            for name in &names {
                lab.kill_shared(name);
            }
            stop.store(true, Ordering::Relaxed);
            writer.join().expect("the writer ends")
        });
        commits += last_acknowledged;
        expected.push((last_acknowledged > 0).then_some((last_acknowledged, last_tried)));
        lab.start_all();
        lab.wait("all to be together again", |lab| {
            lab.names()
                .iter()
                .all(|name| lab.status(name).is_some_and(|status| status.members.len() == 3 && status.leader.is_some()))
        });
        for name in lab.names() {
            let kept = tags(&lab.document(&name));
            for (round, expected) in expected.iter().enumerate() {
                let Some((acknowledged, tried)) = expected else { continue };
                let of_round = kept.iter().find_map(|tag| tag.strip_prefix(&format!("r{round}."))?.parse::<u64>().ok());
                // The last try may have been written although its answer never came.
                let holds = of_round.is_some_and(|number| (*acknowledged..=*tried).contains(&number));
                assert!(holds, "round {round}: {acknowledged} acknowledged, {tried} tried, {name} holds {of_round:?}");
            }
        }
    }
    println!("{rounds} rounds, {commits} commits acknowledged, none lost");
}

/// Not a test of time: it prints how fast commits are, and that they all arrive.
#[test]
fn commits_arrive_in_the_order_they_were_acknowledged() {
    let lab = Lab::started(3);
    let began = Instant::now();
    let count = 100;
    for number in 1..=count {
        let reply = lab.commit("n1", |document| set_tag(document, &format!("r0.{number}"))).expect("an answer");
        assert!(matches!(reply, Reply::Committed { .. }), "{reply:?}");
    }
    println!("{:.0} commits per second, one writer, three disks", f64::from(count) / began.elapsed().as_secs_f64());
    for name in lab.names() {
        lab.wait("the last to arrive", |lab| tags(&lab.document(&name)).contains(&format!("r0.{count}")));
    }
}
