//! The cluster of PAF's quick start: the example that people load, on hosts with instances.
//!
//! In: hosts. Out: who is primary, and that all follow it. Absent: what happens to them.

use super::{ADDRESS, Clients, Postgres};
use crate::hosts::Hosts;
use crate::lab::Lab;
use std::fs;
use std::path::Path;

/// Three hosts, of which one is primary.
pub const ALL: [&str; 3] = ["n1", "n2", "n3"];

pub struct Paf {
    pub postgres: Postgres,
}

impl Paf {
    /// Three hosts with a primary that two standbys follow; `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn running() -> Option<Paf> {
        let postgres = Postgres::new(ALL.len())?;
        ALL.iter().for_each(|name| postgres.hosts.start(name));
        let lab = &postgres.hosts.lab;
        let known =
            |lab: &Lab| lab.document("n1").configuration().child("nodes").map_or(0, |nodes| nodes.elements().count());
        let together = |lab: &Lab| lab.status("n1").is_some_and(|status| status.members.len() == ALL.len());
        lab.wait("three nodes", |lab| together(lab) && known(lab) == ALL.len());
        let batch = lab.directory().join("paf.crm");
        fs::write(&batch, example(&postgres.hosts)).expect("a batch");
        let paf = Paf { postgres };
        paf.done("n1", &format!("crm -f {}", batch.display()));
        Some(paf)
    }

    pub fn lab(&self) -> &Lab {
        &self.postgres.hosts.lab
    }

    /// A tool says yes on a node.
    #[track_caller]
    pub fn done(&self, node: &str, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = self.lab().tool(node, &words).output().expect("the tool runs");
        assert!(output.status.success(), "{line}: {output:?}");
    }

    /// The one host that is promoted, as this node sees it.
    pub fn primary(&self, asked: &str) -> Option<String> {
        let places = self.lab().places(asked, "pgsqld");
        let mut promoted = places.iter().filter_map(|place| place.strip_suffix('*'));
        promoted.next().filter(|_| promoted.next().is_none()).map(str::to_string)
    }

    /// Which host has the address and takes writes, once so many hosts run an instance, all follow, and all know
    /// their chances.
    #[track_caller]
    pub fn primary_at_rest(&self, asked: &str, hosts: usize) -> String {
        self.lab().wait("a primary that all follow", |_| self.all_follow(asked, hosts));
        self.lab().wait("the cluster to come to rest", |lab| lab.status(asked).is_some_and(|status| status.idle));
        self.primary(asked).expect("a primary")
    }

    /// The same, whether it is so now.
    pub fn is_settled(&self, asked: &str, hosts: usize) -> bool {
        self.all_follow(asked, hosts)
            && self.lab().status(asked).is_some_and(|status| status.idle)
            && self.primary(asked).is_some()
    }

    fn all_follow(&self, asked: &str, hosts: usize) -> bool {
        let query = "select count(*) from pg_stat_replication where state = 'streaming'";
        let streaming = self.postgres.query(ADDRESS, query);
        streaming.is_some_and(|count| count == (hosts - 1).to_string()) && self.scores(asked) >= hosts
    }

    /// How many hosts may be promoted.
    fn scores(&self, asked: &str) -> usize {
        let document = self.lab().document(asked);
        let pairs = document.root().descendants().filter(|pair| pair.attr("name") == Some("master-pgsqld"));
        pairs
            .filter(|pair| pair.attr("value").and_then(|score| score.parse().ok()).is_some_and(|score: i32| score > 0))
            .count()
    }

    #[track_caller]
    pub fn writes_go_on(&self, clients: &Clients) {
        let before = clients.acknowledged();
        self.lab().wait("writes to be acknowledged", |_| clients.acknowledged() > before + 20);
    }

    /// How often hosts were switched off, all together.
    pub fn switched_off(&self) -> usize {
        ALL.iter().map(|name| self.postgres.hosts.power.switched_off(name)).sum()
    }
}

/// The example, with the laboratory's address and fence devices.
fn example(hosts: &Hosts) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/paf.crm");
    let text = fs::read_to_string(file).expect("the example");
    let directory = hosts.power.directory().display();
    let mut own = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let device = ["virsh", "socket"].into_iter().find(|id| line.starts_with(&format!("primitive {id} ")));
        match device {
            Some(id) => {
                lines.next();
                own += &format!("primitive {id} stonith:fence_power params dir=\"{directory}\"\n");
            }
            None => own += &format!("{line}\n"),
        }
    }
    assert!(own.contains("ip=192.0.2.100"), "{own}");
    own.replace("ip=192.0.2.100", &format!("ip={ADDRESS} nic=e0"))
}
