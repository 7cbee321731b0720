//! Prints a made-up configuration: `cargo run -p quorate-tests --example statements SEED [COUNT]`.
use quorate_tests::{statements, world::chance::Chance};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let seed = numbers.next().unwrap_or(0);
    let count = numbers.next().unwrap_or(150);
    print!("{}", statements::text(&mut Chance::new(seed), usize::try_from(count).unwrap_or(150)));
}
