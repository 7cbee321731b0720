//! Whole clusters under faults, by seed: `QUORATE_SEED=N` replays one with its story,
//! `QUORATE_SEEDS=N` runs more of them.

use quorate_tests::world::World;

/// Seeds of a plain test run.
const SEEDS: u64 = 300;

#[test]
fn the_laws_hold_under_every_seed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("QUORATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("QUORATE_SEEDS").unwrap_or(SEEDS),
    };
    let count = seeds.end - seeds.start;
    let mut failed = Vec::new();
    for seed in seeds {
        let mut world = World::new(seed);
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
