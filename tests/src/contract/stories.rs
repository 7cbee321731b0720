//! What engines are put through.

use super::Contract;

/// A name, and what is done.
pub type Story = (&'static str, fn(&mut Contract));

pub const STORIES: [Story; 8] = [
    ("who joins is in one view with all, and hears what is said from then on", joins),
    ("who leaves has said what it was given, and is gone", leaves),
    ("who dies is gone, and comes back as another", dies),
    ("parts go on by themselves, and are one again", parts),
    ("large messages arrive whole, and in their place", large),
    ("a joiner never sees half of a message", joins_during_a_large_one),
    ("a flood of all arrives once, in one order", flood),
    ("who stands still holds nobody up, and comes again", stands_still),
];

const ALL: [u32; 3] = [1, 2, 3];

fn joins(contract: &mut Contract) {
    contract.start(&[1]);
    contract.together(&[1]);
    let first = contract.send(1, 5, 40);
    contract.got(&[1], &first);
    contract.start(&[2]);
    contract.together(&[1, 2]);
    contract.wait_for_quorum(1, true);
    let second = contract.send(2, 5, 40);
    contract.got(&[1, 2], &second);
    contract.start(&[3]);
    contract.together(&ALL);
    let third: Vec<String> = ALL.iter().flat_map(|node| contract.send(*node, 20, 100)).collect();
    contract.got(&ALL, &third);
}

fn leaves(contract: &mut Contract) {
    contract.started(&ALL);
    let last = contract.send(3, 50, 2_000);
    contract.leave(3);
    contract.got(&[1, 2], &last);
    contract.together(&[1, 2]);
    contract.started_again(3);
}

fn dies(contract: &mut Contract) {
    contract.started(&ALL);
    let of_the_others: Vec<String> = [1, 3].iter().flat_map(|node| contract.send(*node, 200, 500)).collect();
    contract.send(2, 200, 500);
    contract.kill(2);
    contract.together(&[1, 3]);
    contract.got(&[1, 3], &of_the_others);
    let more = contract.send(3, 5, 40);
    contract.got(&[1, 3], &more);
    contract.started_again(2);
}

fn parts(contract: &mut Contract) {
    contract.started(&ALL);
    contract.cut(1, true);
    // Some of it before, some of it after they lose each other: once, to whoever is with the sender by then.
    let alone = contract.send(1, 100, 100);
    let most: Vec<String> = [2, 3].iter().flat_map(|node| contract.send(*node, 100, 100)).collect();
    contract.together(&[2, 3]);
    contract.together(&[1]);
    contract.got(&[2, 3], &most);
    contract.got(&[1], &alone);
    contract.wait_for_quorum(2, true);
    contract.wait_for_quorum(1, false);
    contract.cut(1, false);
    contract.together(&ALL);
    contract.wait_for_quorum(1, true);
    let after: Vec<String> = ALL.iter().flat_map(|node| contract.send(*node, 10, 100)).collect();
    contract.got(&ALL, &after);
}

fn large(contract: &mut Contract) {
    contract.started(&ALL);
    let mut names = contract.send(1, 3, 50);
    names.extend(contract.send(1, 1, 6 << 20));
    names.extend(contract.send(1, 3, 50));
    names.extend(contract.send(2, 1, 3 << 20));
    names.extend(contract.send(3, 20, 50));
    contract.got(&ALL, &names);
}

fn joins_during_a_large_one(contract: &mut Contract) {
    contract.started(&[1, 2]);
    let names = contract.send(1, 4, 2 << 20);
    contract.start(&[3]);
    contract.got(&[1, 2], &names);
    contract.together(&ALL);
    let after = contract.send(2, 3, 40);
    contract.got(&ALL, &after);
}

fn flood(contract: &mut Contract) {
    contract.started(&ALL);
    let names: Vec<String> = ALL.iter().flat_map(|node| contract.send(*node, 1_500, 200)).collect();
    contract.got(&ALL, &names);
}

fn stands_still(contract: &mut Contract) {
    contract.started(&ALL);
    contract.pause(3, true);
    let names: Vec<String> = [1, 2].iter().flat_map(|node| contract.send(*node, 100, 200)).collect();
    contract.together(&[1, 2]);
    contract.got(&[1, 2], &names);
    contract.pause(3, false);
    contract.together(&ALL);
    let after: Vec<String> = ALL.iter().flat_map(|node| contract.send(*node, 10, 100)).collect();
    contract.got(&ALL, &after);
}

impl Contract<'_> {
    /// It comes as a new process, and hears and is heard.
    fn started_again(&mut self, node: u32) {
        self.start(&[node]);
        self.together(&ALL);
        let names: Vec<String> = ALL.iter().flat_map(|node| self.send(*node, 5, 60)).collect();
        self.got(&ALL, &names);
    }
}
