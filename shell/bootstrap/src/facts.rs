//! What is known of a host before anything is done to it.
//!
//! In: hosts. Out: facts, read from what one line of shell prints there; one visit a host, all at once.
//! Absent: what follows from them (see `plan`).

use crate::address::Address;
use crate::host::{Host, on_each};
use quorate_transport::ssh::{SshError, SshOptions, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A host whose sshd takes no connection so long is not there.
const REACH_LIMIT: Duration = Duration::from_secs(5);

/// A host that is there may be busy: a first login alone can take it ten seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// What prints the facts: `key=value` lines, then corosync.conf behind `conf:` if there is one.
const QUESTIONS: &str = r#"export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo "time=$(date +%s%3N)"; echo "name=$(uname -n)"; echo "uid=$(id -u)"
(. /etc/os-release 2>/dev/null && echo "system=$ID $VERSION_ID")
corosync -v 2>/dev/null | sed -n "s/.*version '\([^']*\)'.*/corosync=\1/p"
for unit in pacemaker quorated; do systemctl cat $unit.service >/dev/null 2>&1 && echo "manager=$unit"; done
for unit in corosync-qdevice corosync-qnetd; do systemctl cat $unit.service >/dev/null 2>&1 && echo "installed=$unit"; done
for unit in corosync corosync-qdevice corosync-qnetd pacemaker quorated; do
  systemctl is-active --quiet $unit.service 2>/dev/null && echo "active=$unit"
  systemctl is-enabled --quiet $unit.service 2>/dev/null && echo "enabled=$unit"
done
[ -x /usr/sbin/pacemakerd ] && echo program=pacemakerd
[ "$(basename "$(readlink -f /usr/sbin/crm_attribute)")" = quorate ] && echo program=tools
df -Pk /etc | awk 'NR==2 {print "free=" $4}'
ip -o addr show scope global | awk '{print "address=" $2 " " $4}'
ip -o route show default | sed -n 's/.* dev \([^ ]*\).*/first=\1/p'
[ -r /etc/corosync/authkey ] && sha256sum /etc/corosync/authkey | sed 's/^\([0-9a-f]*\).*/key=\1/'
corosync-cmapctl 2>/dev/null | sed -n 's/^totem.cluster_name (str) = /running=/p;s/^\(nodelist\.node\.[0-9]*\.name\) (str) = /listed=/p;s/^runtime.members.\([0-9]*\).status (str) = joined/member=\1/p'
corosync-quorumtool -s 2>/dev/null | sed -n 's/^Quorate: *Yes.*/quorate=yes/p'
systemctl is-active --quiet pacemaker quorated && cibadmin -Q --xpath '//primitive[@id="admin-ip"]' >/dev/null 2>&1 && echo admin=yes
ls ~/.ssh/id_ed25519.pub ~/.ssh/id_ecdsa.pub ~/.ssh/id_rsa.pub 2>/dev/null | sed 's/^/public=/'
[ -e /etc/corosync/corosync.conf ] && echo conf: && cat /etc/corosync/corosync.conf
:
"#;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// As the host calls itself: the node's name.
    pub name: String,
    /// Of whom we are there.
    pub uid: u32,
    /// Distribution and version.
    pub system: String,
    /// Milliseconds that its clock is ahead of ours.
    pub clock_ahead: i64,
    /// Corosync's version, if it is installed.
    pub corosync: Option<String>,
    /// The cluster manager's unit, if it is installed; ours goes before Pacemaker's.
    pub manager: Option<String>,
    /// All units of cluster managers that are installed.
    pub managers: BTreeSet<String>,
    /// Of programs: `pacemakerd`, if it is there; `tools`, if those that agents call are ours.
    pub programs: BTreeSet<String>,
    /// Units of the quorum device that are there.
    pub installed: BTreeSet<String>,
    pub active: BTreeSet<String>,
    pub enabled: BTreeSet<String>,
    /// KiB on the file system of `/etc`.
    pub free: u64,
    /// Those that others may reach it by, the interface towards everywhere first.
    pub addresses: Vec<Address>,
    /// The digest of Corosync's key.
    pub key: Option<String>,
    /// The name of the cluster that Corosync runs.
    pub running: Option<String>,
    /// Names that the running Corosync has listed.
    pub listed: BTreeSet<String>,
    /// Ids of those who are together there.
    pub members: BTreeSet<u32>,
    pub is_quorate: bool,
    /// The cluster that runs there has crmsh's resource for its address.
    pub has_admin_address: bool,
    /// Who runs this there has an ssh key.
    pub has_ssh_key: bool,
    /// What stands in its corosync.conf.
    pub configuration: Option<String>,
}

impl Facts {
    pub fn runs(&self, unit: &str) -> bool {
        self.active.contains(unit)
    }

    /// Reads what was printed; `now` is our clock in the middle of the visit, in milliseconds since 1970.
    pub fn parse(text: &str, now: i64) -> Facts {
        let (lines, configuration) = match text.split_once("\nconf:\n") {
            Some((lines, configuration)) => (lines, Some(configuration.to_string())),
            None => (text, None),
        };
        let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, value) in lines.lines().filter_map(|line| line.split_once('=')) {
            told.entry(key).or_default().push(value.trim());
        }
        let all = |key: &str| told.get(key).cloned().unwrap_or_default();
        let last = |key: &str| all(key).last().map(ToString::to_string);
        let set = |key: &str| all(key).into_iter().map(str::to_string).collect();
        let number = |key: &str| last(key).and_then(|value| value.parse::<i64>().ok());
        let mut addresses: Vec<Address> = all("address").into_iter().filter_map(Address::parse).collect();
        let first = last("first");
        addresses.sort_by_key(|address| (first.as_ref() != Some(&address.interface), address.ip.is_ipv6()));
        Facts {
            name: last("name").unwrap_or_default(),
            uid: number("uid").and_then(|uid| uid.try_into().ok()).unwrap_or(u32::MAX),
            system: last("system").unwrap_or_default(),
            clock_ahead: number("time").map_or(0, |time| time - now),
            corosync: last("corosync"),
            manager: last("manager"),
            managers: set("manager"),
            programs: set("program"),
            installed: set("installed"),
            active: set("active"),
            enabled: set("enabled"),
            free: number("free").and_then(|free| free.try_into().ok()).unwrap_or(0),
            addresses,
            key: last("key"),
            running: last("running"),
            listed: set("listed"),
            members: all("member").into_iter().filter_map(|id| id.parse().ok()).collect(),
            is_quorate: told.contains_key("quorate"),
            has_admin_address: told.contains_key("admin"),
            has_ssh_key: told.contains_key("public"),
            configuration,
        }
    }
}

/// A host and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub host: Host,
    pub facts: Result<Facts, SshError>,
}

/// Looks at all hosts at once.
pub fn gather(hosts: &[Host], ssh: &SshOptions, told: impl FnMut(&Host, &Result<Facts, SshError>)) -> Vec<Seen> {
    let results = on_each(hosts, |host| look(host, ssh), told);
    hosts.iter().zip(results).map(|(host, facts)| Seen { host: host.clone(), facts }).collect()
}

fn look(host: &Host, ssh: &SshOptions) -> Result<Facts, SshError> {
    host.target.as_ref().map_or(Ok(()), reach)?;
    let before = milliseconds();
    let printed = host.must(QUESTIONS, LIMIT, ssh)?;
    let after = milliseconds();
    Ok(Facts::parse(&printed, before + (after - before) / 2))
}

/// Whether somebody listens there: who does not is off, who is slow afterwards is not.
fn reach(target: &Target) -> Result<(), SshError> {
    let unreachable = |why: String| SshError::Unreachable { host: target.host.clone(), why };
    let addresses = (target.host.as_str(), target.port).to_socket_addrs();
    let mut why = "no address".to_string();
    for address in addresses.map_err(|error| unreachable(error.to_string()))? {
        match TcpStream::connect_timeout(&address, REACH_LIMIT) {
            Ok(_) => return Ok(()),
            Err(error) => why = format!("{address}: {error}"),
        }
    }
    Err(unreachable(why))
}

fn milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_prints_is_read() {
        let printed = "time=5000\nname=n1\nuid=0\nsystem=debian 12\ncorosync=3.1.7\nmanager=pacemaker\n\
            manager=quorated\nactive=corosync\nenabled=corosync\nenabled=quorated\nfree=1000\n\
            address=e1 10.1.0.1/24\naddress=e0 fd00::1/64\naddress=e0 10.0.0.1/24\nfirst=e0\nkey=ab12\n\
            running=lab\nlisted=n1\nlisted=n2\nmember=1\nquorate=yes\nconf:\ntotem {\n}\n\nconf:\n";
        let facts = Facts::parse(printed, 3000);
        assert_eq!((facts.name.as_str(), facts.uid, facts.clock_ahead), ("n1", 0, 2000));
        assert_eq!(facts.manager.as_deref(), Some("quorated"));
        let order: Vec<String> = facts.addresses.iter().map(|address| address.ip.to_string()).collect();
        assert_eq!(order, ["10.0.0.1", "fd00::1", "10.1.0.1"]);
        assert_eq!(facts.configuration.as_deref(), Some("totem {\n}\n\nconf:\n"));
        assert!(facts.is_quorate && facts.runs("corosync") && !facts.runs("quorated"));
        assert_eq!(Facts::parse("time=1\nname=n2\n", 1).configuration, None);
    }
}
