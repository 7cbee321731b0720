//! Whole clusters under faults, by seed: `QUORATE_SEED=N` replays one with its story,
//! `QUORATE_SEEDS=N` runs more of them, `QUORATE_SEEDS_FROM=M` others.

use quorate_tests::world::{Chance, World};

/// Seeds of a plain test run.
const SEEDS: u64 = 80;

/// Nodes fenced by persons at moments, and whom a device cut off how often.
#[track_caller]
fn check_fenced(nodes: u32, wishes: &[(u64, u32, u32)], expected: &[u32]) {
    for seed in 0..20 {
        let mut world = World::calm(seed, nodes, Chance::new(seed));
        world.verbose = true;
        for (at, by, target) in wishes {
            world.run_until(*at).expect("the laws hold");
            world.fence(*by, *target);
        }
        let ended = world.run();
        let mut fenced: Vec<u32> = world.record.fenced.iter().map(|(node, _)| *node).collect();
        fenced.sort_unstable();
        let story = || world.story.join("\n");
        assert!(ended.is_ok(), "seed {seed}: {ended:?}\n{}", story());
        assert_eq!(fenced, expected, "seed {seed}\n{}", story());
    }
}

#[test]
fn a_node_is_fenced_once_for_each_time_somebody_wants_it() {
    check_fenced(3, &[(20_000, 1, 2)], &[2]);
    check_fenced(3, &[(20_000, 2, 3)], &[3]);
    check_fenced(5, &[(20_000, 1, 2), (20_000, 3, 2)], &[2]);
    check_fenced(5, &[(20_000, 1, 2), (40_000, 3, 2)], &[2, 2]);
    check_fenced(5, &[(20_000, 1, 2), (23_000, 3, 4)], &[2, 4]);
}

#[test]
fn the_laws_hold_under_every_seed() {
    check_laws(World::new);
}

/// Over Corosync, which may hand out a message at some members only when one of them dies.
#[test]
fn the_laws_hold_over_corosync_under_every_seed() {
    check_laws(|seed| World::new(seed).over_corosync());
}

/// Whatever is configured: constraints, clones, options by chance.
#[test]
fn the_laws_hold_whatever_is_configured() {
    check_laws(World::any);
}

#[test]
fn the_laws_hold_over_corosync_whatever_is_configured() {
    check_laws(|seed| World::any(seed).over_corosync());
}

fn check_laws(world: impl Fn(u64) -> World) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("QUORATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let first = number("QUORATE_SEEDS_FROM").unwrap_or(0);
            first..first + number("QUORATE_SEEDS").unwrap_or(SEEDS)
        }
    };
    let count = seeds.end - seeds.start;
    let mut failed = Vec::new();
    for seed in seeds {
        let mut world = world(seed);
        world.verbose = count == 1;
        if let Err(broken) = world.run() {
            eprintln!("{}", world.story.join("\n"));
            eprintln!("seed {seed}: {}: {}", broken.law, broken.detail);
            eprintln!("replay: QUORATE_SEED={seed} cargo test -p quorate-tests --test simulation -- --nocapture");
            if let Some((_, node)) = world.nodes().next().filter(|_| count == 1) {
                let path = std::env::temp_dir().join(format!("quorate-seed-{seed}.xml"));
                std::fs::write(&path, node.document().to_text()).expect("room for a CIB");
                eprintln!("the CIB at the end: {}", path.display());
            }
            failed.push(seed);
        }
    }
    println!("{count} seeds, {} failed", failed.len());
    assert!(failed.is_empty(), "failing seeds: {failed:?}");
}
