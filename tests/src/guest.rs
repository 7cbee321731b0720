//! A Pacemaker of three hosts whose guests our shell and our monitor are, beside the crmsh that is installed.
//!
//! In: nothing. Out: a cluster; what either shell does there.

use crate::figures::cluster::Cluster;
use crate::figures::manager::Manager;
use crate::lab::program;
use crate::needs;
use quorate_core::cib::Document;
use std::fs;
use std::process::Output;

const CRMSH: &str = "/usr/sbin/crm";

/// The peer with its shell.
const PROGRAMS: [&str; 4] =
    [CRMSH, "/usr/sbin/pacemakerd", "/usr/sbin/cibadmin", "/usr/lib/ocf/resource.d/heartbeat/Dummy"];

/// Three hosts under Pacemaker; `None` (which is said) where that cannot be.
#[track_caller]
pub fn pacemaker() -> Option<Cluster> {
    if !needs::lab(&PROGRAMS) {
        return None;
    }
    let cluster = Cluster::start(Manager::Pacemaker, 3).unwrap_or_else(|trouble| panic!("{trouble}"));
    for name in &cluster.names {
        ran(&cluster, name, &["mkdir", "-p", "/var/log/crmsh"]);
        // crmsh pings a node by its name before it puts it on standby.
        let hosts = cluster.hosts.lab.root(name).join("hosts");
        let lines = |known: &String| format!("127.0.0.1 {known}\n");
        fs::write(&hosts, cluster.names.iter().map(lines).collect::<String>()).expect("room for a file");
        ran(&cluster, name, &["mount", "--bind", &hosts.display().to_string(), "/etc/hosts"]);
    }
    Some(cluster)
}

/// What a command on a host says, which goes well.
#[track_caller]
pub fn ran(cluster: &Cluster, host: &str, words: &[&str]) -> String {
    cluster.run(host, words).unwrap_or_else(|trouble| panic!("{trouble}"))
}

/// One of the two shells on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    Ours,
    Crmsh,
}

/// A line of one of the shells, on a host.
pub fn crm(cluster: &Cluster, host: &str, shell: Shell, line: &str) -> Output {
    crm_with(cluster, host, shell, &[], line)
}

/// The same, with options before the line.
pub fn crm_with(cluster: &Cluster, host: &str, shell: Shell, options: &[&str], line: &str) -> Output {
    let ours = program("quorate").display().to_string();
    let mut words = match shell {
        Shell::Ours => vec!["env", "TERM=dumb", &ours, "crm"],
        Shell::Crmsh => vec!["timeout", "60", "env", "TERM=dumb", CRMSH],
    };
    words.extend(options);
    words.extend(line.split_whitespace());
    cluster.try_run(host, &words).expect("the host is on")
}

/// All that was said.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// The CIB as a host has it.
pub fn cib(cluster: &Cluster, host: &str) -> Document {
    Document::read(&ran(cluster, host, &["cibadmin", "--query", "--local"])).expect("a CIB")
}
