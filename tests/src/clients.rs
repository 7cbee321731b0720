//! Hosts where programs that were written for Pacemaker find our tools in the place of its own: under Corosync,
//! with Debian's `crm` and `pcs` as they are.
//!
//! In: a program that is needed. Out: what it answers on a host, held against a table of commands.

use crate::hosts::{Hosts, Plan};
use crate::lab::program;
use crate::needs;
use std::process::Output;

/// Where Pacemaker's tools, and its daemons, are looked for.
const PLACES: [&str; 2] = ["/usr/sbin", "/usr/lib/pacemaker"];

/// A command, its exit code, and parts of what it says, in this order, with `…` between them.
pub type Step<'t> = (&'t str, i32, &'t str);

/// Three hosts, each with its daemon.
pub struct Clients {
    pub hosts: Hosts,
}

impl Clients {
    /// `None` (which is said) where the program is not installed, or hosts cannot be made.
    #[track_caller]
    pub fn new(client: &str) -> Option<Clients> {
        if !needs::files(&[client, "/usr/sbin/crm_mon"]) {
            return None;
        }
        let hosts = Hosts::planned(&Plan { mounts: mounts(), ..Plan::of(3) })?;
        for name in hosts.lab.names() {
            hosts.start(&name);
        }
        hosts.lab.wait_until_idle();
        Some(Clients { hosts })
    }

    /// What a command says on the first host.
    pub fn run(&self, line: &str) -> (i32, String) {
        let mut command = self.hosts.command("n1", "/bin/sh");
        command.args(["-c", line]).env("LC_ALL", "C.UTF-8").env("HOME", self.hosts.lab.root("n1").join("home"));
        for name in ["CIB_file", "CIB_shadow", "QUORATE_ROOT"] {
            command.env_remove(name);
        }
        let Output { status, stdout, stderr } = command.output().expect("a shell");
        let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (status.code().unwrap_or(-1), text.concat())
    }

    /// Runs a table of commands, one after the other; all that differ are told.
    #[track_caller]
    pub fn story(&self, steps: &[Step]) {
        let mut wrong = Vec::new();
        for (line, code, says) in steps {
            let (got, text) = self.run(line);
            if std::env::var_os("QUORATE_TELL").is_some() {
                eprintln!("$ {line}\n{text}[{got}]");
            }
            if got != *code || !says_in_order(&text, says) {
                wrong.push(format!("{line}: {got}, wanted {code} «{says}»\n{text}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), steps.len(), wrong.join("\n"));
    }
}

fn says_in_order(text: &str, parts: &str) -> bool {
    let mut rest = text;
    parts.split('…').all(|part| {
        let found = rest.find(part);
        rest = found.map_or("", |at| &rest[at + part.len()..]);
        found.is_some()
    })
}

/// Each of the peer's tools becomes ours; they find the daemon where it is by default.
fn mounts() -> String {
    let (quorate, monitor) = (program("quorate"), program("crm_mon"));
    let hosts: String = (1..=3).map(|number| format!("10.99.0.{number} n{number}\\n")).collect();
    format!(
        "printf '127.0.0.1 localhost\\n{hosts}' >$root/etc/hosts && mount --bind $root/etc/hosts /etc/hosts && \
         mkdir -p /run/quorate /run/crm $root/home /etc/corosync/uidgid.d $root/var/lib/pacemaker $root/var/log/crmsh && \
         mount --bind $root/run/quorate /run/quorate && mount --bind $root/var/lib/pacemaker /var/lib/pacemaker && \
         cp -r /usr/share/pacemaker $root/schemas && {2} schema >$root/schemas/pacemaker-4.0.rng && \
         {2} schema api-result >$root/schemas/api/api-result.rng && \
         mount --bind $root/schemas /usr/share/pacemaker && \
         for tool in {0}/attrd_updater {0}/cib* {0}/crm_* {0}/crmadmin {0}/iso8601 {0}/pacemakerd {0}/stonith_admin \
         {1}/pacemaker-*; do [ $tool = {0}/crm_mon ] || mount --bind {2} $tool || exit 1; done && mount --bind {3} {0}/crm_mon &&",
        PLACES[0],
        PLACES[1],
        quorate.display(),
        monitor.display()
    )
}
