//! The cluster of the `pgsql` agent's own recipe: two hosts, replication that the agent sets up.
//!
//! In: how it replicates. Out: what the agent says of each host. Absent: what happens to them.

use super::{ADDRESS, BINARIES, Clients, DATA, ETC, Follows, Postgres};
use crate::lab::Lab;

/// Two hosts, of which one is primary.
pub const BOTH: [&str; 2] = ["n1", "n2"];

/// Where the agent keeps what it knows, and its lock against data that may be inconsistent.
const NOTES: &str = "/var/lib/postgresql/tmp";

pub struct Pgsql {
    pub postgres: Postgres,
}

impl Pgsql {
    /// Two hosts that replicate in a mode (`sync`, `async`); `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn running(mode: &str) -> Option<Pgsql> {
        let postgres = Postgres::planned(BOTH.len(), Follows::AsAgentSays)?;
        BOTH.iter().for_each(|name| postgres.hosts.start(name));
        let lab = &postgres.hosts.lab;
        BOTH.iter().for_each(|name| lab.wait_together(name, &BOTH));
        lab.load("n1", &recipe(mode, &postgres.hosts.power.directory().display().to_string()));
        Some(Pgsql { postgres })
    }

    pub fn lab(&self) -> &Lab {
        &self.postgres.hosts.lab
    }

    /// An attribute of a host, for good or until it leaves.
    pub fn attribute(&self, asked: &str, host: &str, name: &str) -> String {
        let document = self.lab().document(asked);
        let named = |one: &&quorate_core::xml::Element| one.attr("uname") == Some(host);
        let holders = document.configuration().descendants().chain(document.status().descendants());
        let mut pairs = holders.filter(named).flat_map(|holder| holder.descendants());
        let pair = pairs.find(|pair| pair.attr("name") == Some(name));
        pair.and_then(|pair| pair.attr("value")).unwrap_or_default().to_string()
    }

    /// Waits until the agent says these of a host: what it does, how good its data is, its chance to be primary.
    #[track_caller]
    pub fn wait_for(&self, asked: &str, host: &str, expected: [&str; 3]) {
        let names = ["pgsql-status", "pgsql-data-status", "master-pgsql"];
        self.lab().wait(&format!("{host} to be {expected:?}"), |_| {
            names.map(|name| self.attribute(asked, host, name)) == expected
        });
    }

    #[track_caller]
    pub fn writes_go_on(&self, clients: &Clients) {
        let before = clients.acknowledged();
        self.lab().wait("writes to be acknowledged", |_| clients.acknowledged() > before + 20);
    }

    /// A former primary gets the present one's data, and the agent's lock is taken away.
    pub fn repair(&self, host: &str) {
        self.postgres.copy_anew(host);
        self.postgres.shell(host, &format!("rm -f {NOTES}/PGSQL.lock"));
    }
}

/// As the agent's documentation has it for two hosts, with intervals for the impatient.
fn recipe(mode: &str, power: &str) -> String {
    format!(
        "property no-quorum-policy=stop\n\
         rsc_defaults resource-stickiness=INFINITY migration-threshold=1\n\
         primitive fencer stonith:fence_power params dir=\"{power}\"\n\
         primitive pgsql ocf:heartbeat:pgsql \
            params pgctl={BINARIES}/pg_ctl psql=/usr/bin/psql pgdata={DATA} config={ETC}/postgresql.conf \
                socketdir=/run/postgresql logfile=/var/lib/postgresql/pgsql.log tmpdir={NOTES} \
                rep_mode={mode} node_list=\"n1 n2\" restore_command=false master_ip={ADDRESS} \
                primary_conninfo_opt=\"connect_timeout=2 keepalives_idle=60 keepalives_interval=5 keepalives_count=5\" \
            op start timeout=60s interval=0s on-fail=restart \
            op monitor timeout=60s interval=2s on-fail=restart \
            op monitor timeout=60s interval=1s on-fail=restart role=Promoted \
            op promote timeout=60s interval=0s on-fail=restart \
            op demote timeout=60s interval=0s on-fail=stop \
            op stop timeout=60s interval=0s on-fail=block \
            op notify timeout=60s interval=0s\n\
         clone msPostgresql pgsql \
            meta promotable=true promoted-max=1 promoted-node-max=1 clone-max=2 clone-node-max=1 notify=true\n\
         primitive vip-rep IPaddr2 params ip={ADDRESS} nic=e0 cidr_netmask=24 \
            meta migration-threshold=0 op start interval=0s op monitor interval=10s op stop interval=0s on-fail=block\n\
         colocation rsc-colocation inf: vip-rep msPostgresql:Promoted\n\
         order rsc-order-1 0: msPostgresql:promote vip-rep:start symmetrical=false\n\
         order rsc-order-2 0: msPostgresql:demote vip-rep:stop symmetrical=false\n"
    )
}
