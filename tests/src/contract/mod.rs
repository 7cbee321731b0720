//! What every cluster engine promises its caller (`transport::cluster::Cluster`), as stories that any of them is
//! put through: simulated ones, and real ones between hosts.
//!
//! In: some engines and the net between them (`Net`). Out: nothing, or a panic that tells who was told what.

mod real;
mod simulated;
mod stories;

pub use real::Real;
pub use simulated::Simulated;
pub use stories::{STORIES, Story};

use quorate_transport::cluster::{ClusterEvent, DownReason};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::str::FromStr;

/// Engines, one a node, and what happens to them.
pub trait Net {
    /// A process begins and joins.
    fn start(&mut self, node: u32);
    /// It says goodbye.
    fn leave(&mut self, node: u32);
    /// It dies.
    fn kill(&mut self, node: u32);
    /// It stands still, or goes on.
    fn pause(&mut self, node: u32, stands_still: bool);
    /// Its host hears nobody and is heard by nobody, or is with the others again.
    fn cut(&mut self, node: u32, away: bool);
    /// The message of this name and size (`payload`) for all, behind those that it was given before.
    fn send(&mut self, node: u32, name: &str, size: usize);
    /// Some time passes: what the processes were told in it. `None` when more than enough has passed since
    /// somebody was told anything.
    fn turn(&mut self) -> Option<Vec<(u32, Told)>>;
}

/// What a process is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    View { id: String, members: Vec<u32>, quorate: bool },
    Message { from: u32, seen: Seen },
    Left,
}

/// A message as it arrives: what it is called, and whether all of it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub bytes: usize,
    pub sum: u64,
}

impl Seen {
    pub fn of(bytes: &[u8]) -> Seen {
        let name = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
        let mix = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Seen {
            name: String::from_utf8_lossy(name).into_owned(),
            bytes: bytes.len(),
            sum: bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix),
        }
    }
}

/// A message: its name, and what makes it as large as it is to be.
pub fn payload(name: &str, size: usize) -> Vec<u8> {
    let mut bytes = format!("{name} ").into_bytes();
    let seed = Seen::of(&bytes).sum as usize;
    bytes.extend((bytes.len()..size).map(|at| (at.wrapping_mul(31).wrapping_add(seed) % 251) as u8));
    bytes
}

impl Told {
    /// `None` for what is said to people.
    pub fn of(event: ClusterEvent) -> Option<Told> {
        Some(match event {
            ClusterEvent::View(view) => Told::View {
                id: format!("{}.{}", view.id, view.id.incarnation),
                members: view.members.iter().map(|member| member.id).collect(),
                quorate: view.quorate,
            },
            ClusterEvent::Message { from, bytes } => Told::Message { from, seen: Seen::of(&bytes) },
            ClusterEvent::Down(DownReason::Left) => Told::Left,
            ClusterEvent::Down(DownReason::Failed(why)) => panic!("the engine has failed: {why}"),
            ClusterEvent::Note(_) | ClusterEvent::Remarks(_) | ClusterEvent::StopWanted => return None,
        })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::View { id, members, quorate } => {
                let members: Vec<String> = members.iter().map(u32::to_string).collect();
                write!(out, "view {id} {} {quorate}", members.join(","))
            }
            Told::Message { from, seen: Seen { name, bytes, sum } } => {
                write!(out, "message {from} {name} {bytes} {sum}")
            }
            Told::Left => out.write_str("left"),
        }
    }
}

impl FromStr for Told {
    type Err = ();

    fn from_str(line: &str) -> Result<Told, ()> {
        fn number<T: FromStr>(text: &str) -> Result<T, ()> {
            text.parse().map_err(drop)
        }
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["view", id, members, quorate] => Ok(Told::View {
                id: id.to_string(),
                members: members.split(',').map(number).collect::<Result<_, _>>()?,
                quorate: number(quorate)?,
            }),
            ["message", from, name, bytes, sum] => Ok(Told::Message {
                from: number(from)?,
                seen: Seen { name: name.to_string(), bytes: number(bytes)?, sum: number(sum)? },
            }),
            ["left"] => Ok(Told::Left),
            _ => Err(()),
        }
    }
}

/// What one process was told in one view.
#[derive(Clone, Debug, Default)]
struct Section {
    view: String,
    members: Vec<u32>,
    quorate: bool,
    messages: Vec<(u32, String)>,
}

/// One process, from its start on.
#[derive(Clone, Debug, Default)]
struct Life {
    sections: Vec<Section>,
    has_left: bool,
}

/// The engines under test, and what they were told.
pub struct Contract<'n> {
    net: &'n mut dyn Net,
    /// The lives of each node, the present one last.
    lives: BTreeMap<u32, Vec<Life>>,
    /// Every message that was sent, by its name: `n2.17`.
    sent: BTreeMap<String, Seen>,
    /// The numbers of a node's messages.
    numbers: BTreeMap<u32, usize>,
}

impl<'n> Contract<'n> {
    pub fn new(net: &'n mut dyn Net) -> Contract<'n> {
        Contract { net, lives: BTreeMap::new(), sent: BTreeMap::new(), numbers: BTreeMap::new() }
    }

    pub fn start(&mut self, nodes: &[u32]) {
        for node in nodes {
            self.lives.entry(*node).or_default().push(Life::default());
            self.net.start(*node);
        }
    }

    /// All of them together, in one view.
    pub fn started(&mut self, nodes: &[u32]) {
        self.start(nodes);
        self.together(nodes);
    }

    pub fn leave(&mut self, node: u32) {
        self.net.leave(node);
        self.until(&format!("n{node} to have left"), |contract| contract.life(node).has_left);
    }

    pub fn kill(&mut self, node: u32) {
        // What it was told so far counts.
        self.pass();
        self.net.kill(node);
    }

    pub fn pause(&mut self, node: u32, stands_still: bool) {
        self.net.pause(node, stands_still);
    }

    pub fn cut(&mut self, node: u32, away: bool) {
        self.net.cut(node, away);
    }

    /// So many messages of this size; their names.
    pub fn send(&mut self, node: u32, count: usize, size: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            let number = self.numbers.entry(node).or_default();
            *number += 1;
            let name = format!("n{node}.{number}");
            self.sent.insert(name.clone(), Seen::of(&payload(&name, size)));
            self.net.send(node, &name, size);
            names.push(name);
        }
        names
    }

    /// Waits until these have the same view, with just these members.
    pub fn together(&mut self, nodes: &[u32]) {
        self.until(&format!("{nodes:?} to be together"), |contract| {
            let views: BTreeSet<Option<&str>> = nodes.iter().map(|node| contract.view_of(*node, nodes)).collect();
            views.len() == 1 && !views.contains(&None)
        });
    }

    fn view_of(&self, node: u32, members: &[u32]) -> Option<&str> {
        let section = self.life(node).sections.last()?;
        (section.members == members).then_some(section.view.as_str())
    }

    /// Waits until the present process of each of these has got all of these messages.
    pub fn got(&mut self, nodes: &[u32], names: &[String]) {
        self.until(&format!("{nodes:?} to have got {} messages", names.len()), |contract| {
            nodes.iter().all(|node| {
                let life = contract.life(*node);
                let got: BTreeSet<&str> = life.messages().map(|(_, name)| name.as_str()).collect();
                names.iter().all(|name| got.contains(name.as_str()))
            })
        });
    }

    /// Whether the node may act, by its present view.
    pub fn quorate(&self, node: u32) -> bool {
        self.life(node).sections.last().is_some_and(|section| section.quorate)
    }

    pub fn wait_for_quorum(&mut self, node: u32, quorate: bool) {
        self.until(&format!("n{node} to be quorate: {quorate}"), |contract| contract.quorate(node) == quorate);
    }

    fn life(&self, node: u32) -> &Life {
        self.lives.get(&node).and_then(|lives| lives.last()).expect("it was started")
    }

    fn until(&mut self, what: &str, mut fits: impl FnMut(&Contract) -> bool) {
        while !fits(self) {
            if !self.pass() {
                panic!("waited in vain for {what}\n{}", self.story());
            }
        }
        self.check();
    }

    /// Some time passes; `false` if nobody is told anything any more.
    pub fn pass(&mut self) -> bool {
        let Some(told) = self.net.turn() else { return false };
        for (node, told) in told {
            let life = self.lives.get_mut(&node).and_then(|lives| lives.last_mut()).expect("it was started");
            match told {
                Told::View { id, members, quorate } => match life.sections.last_mut() {
                    // The same view again says how quorum changes in it.
                    Some(section) if section.view == id => {
                        assert_eq!(section.members, members, "n{node}: {id}");
                        section.quorate = quorate;
                    }
                    _ => life.sections.push(Section { view: id, members, quorate, messages: Vec::new() }),
                },
                Told::Message { from, seen } => {
                    assert_eq!(self.sent.get(&seen.name), Some(&seen), "n{node} got it as it was sent");
                    let section = life.sections.last_mut().expect("a message comes in a view");
                    assert!(section.members.contains(&from), "n{node}: {} comes of a member", seen.name);
                    section.messages.push((from, seen.name));
                }
                Told::Left => life.has_left = true,
            }
        }
        true
    }

    // ---- the promise -----------------------------------------------------------------------------------

    /// Holds all that was told so far against what is promised.
    pub fn check(&self) {
        let lives: Vec<&Life> = self.lives.values().flatten().collect();
        lives.iter().for_each(|life| self.each_once_and_in_order(life));
        let mut by_view: BTreeMap<&str, Vec<(&Section, Option<&str>)>> = BTreeMap::new();
        for life in &lives {
            for (at, section) in life.sections.iter().enumerate() {
                let next = life.sections.get(at + 1).map(|section| section.view.as_str());
                by_view.entry(&section.view).or_default().push((section, next));
            }
        }
        for (view, sections) in by_view {
            let longest = sections.iter().map(|(section, _)| section).max_by_key(|section| section.messages.len());
            let longest = longest.expect("somebody was in it");
            for (section, next) in &sections {
                let told = || format!("view {view}\n{}", self.story());
                assert_eq!(section.members, longest.members, "one view has the same members for all: {}", told());
                let same = longest.messages.starts_with(&section.messages);
                assert!(same, "within a view all get the same in the same order: {}", told());
                // Who goes on with others has got what they have got.
                let with = sections.iter().filter(|(_, other)| next.is_some() && other == next);
                for (other, _) in with {
                    assert_eq!(section.messages, other.messages, "who goes on together has got the same: {}", told());
                }
            }
        }
    }

    fn each_once_and_in_order(&self, life: &Life) {
        let mut last: BTreeMap<u32, usize> = BTreeMap::new();
        for (from, name) in life.messages() {
            let number = name.strip_prefix(&format!("n{from}.")).and_then(|number| number.parse().ok());
            let number: usize = number.unwrap_or_else(|| panic!("{name} is of n{from}\n{}", self.story()));
            let before = last.insert(*from, number).unwrap_or(0);
            assert!(before < number, "{name} comes once, and behind n{from}.{before}\n{}", self.story());
        }
    }

    /// What everybody was told, in short.
    fn story(&self) -> String {
        let mut out = String::new();
        for (node, lives) in &self.lives {
            for (number, life) in lives.iter().enumerate() {
                let _ = writeln!(out, "n{node}, life {}{}:", number + 1, if life.has_left { ", left" } else { "" });
                for section in &life.sections {
                    let Section { view, members, quorate, messages } = section;
                    let (first, last) = (messages.first(), messages.last());
                    let _ = writeln!(
                        out,
                        "  {view} {members:?} quorate {quorate}: {} messages, {first:?} to {last:?}",
                        messages.len()
                    );
                }
            }
        }
        out
    }
}

impl Life {
    fn messages(&self) -> impl Iterator<Item = &(u32, String)> {
        self.sections.iter().flat_map(|section| &section.messages)
    }
}
