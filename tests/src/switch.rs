//! A network switch with a cable to each host, in network namespaces of its own. Needs root and `ip`.
//!
//! In: how many hosts. Out: namespaces `network(N)`, where `e0` has the address `10.99.0.N`. All ends with it.

use crate::lab::PATIENCE;
use crate::leftovers;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What manages a switch.
pub const MANAGER: &str = "/usr/sbin/snmpd";

/// Where it is asked, and the word that lets one change something.
pub const MANAGED_AT: (&str, &str) = ("10.99.0.254", "private");

/// The switch, and the hosts' networks.
pub struct Switch {
    /// Before the names of networks.
    prefix: String,
    count: usize,
}

fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip").args(arguments.split_whitespace()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("ip {arguments}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

impl Switch {
    /// # Errors
    /// Networks cannot be made here, in `ip`'s words.
    pub fn new(count: usize) -> Result<Switch, String> {
        static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let switch = Switch { prefix: format!("{}{number}", leftovers::network_prefix(std::process::id())), count };
        ip(&format!("netns add {}sw", switch.prefix))?;
        switch.wire()?;
        Ok(switch)
    }

    fn wire(&self) -> Result<(), String> {
        let switch = format!("{}sw", self.prefix);
        ip(&format!("-n {switch} link add br0 type bridge"))?;
        ip(&format!("-n {switch} link set br0 up"))?;
        for number in 1..=self.count {
            let network = self.network(number);
            ip(&format!("netns add {network}"))?;
            ip(&format!("-n {switch} link add n{number} type veth peer name e0 netns {network}"))?;
            ip(&format!("-n {switch} link set n{number} master br0 up"))?;
            self.try_address(number)?;
            ip(&format!("-n {network} link set lo up"))?;
        }
        Ok(())
    }

    /// Gives a host its address, and no other that it had: what a host does when it is switched on.
    pub fn address(&self, number: usize) {
        self.try_address(number).expect("its address");
    }

    fn try_address(&self, number: usize) -> Result<(), String> {
        let network = self.network(number);
        ip(&format!("-n {network} addr flush dev e0"))?;
        ip(&format!("-n {network} addr add 10.99.0.{number}/24 dev e0"))?;
        ip(&format!("-n {network} link set e0 up"))
    }

    /// The name of a host's network namespace.
    pub fn network(&self, number: usize) -> String {
        format!("{}n{number}", self.prefix)
    }

    /// Takes a host's cable out, or puts it in again.
    pub fn cable(&self, number: usize, plugged: bool) {
        let state = if plugged { "up" } else { "down" };
        ip(&format!("-n {}sw link set n{number} {state}", self.prefix)).expect("its cable");
    }
}

impl Switch {
    /// Lets two or more hosts hear all others but not each other; or lets them again.
    pub fn isolate(&self, numbers: &[usize], isolated: bool) {
        let state = if isolated { "on" } else { "off" };
        for number in numbers {
            let wanted = format!("-n {}sw link set n{number} type bridge_slave isolated {state}", self.prefix);
            ip(&wanted).expect("its port");
        }
    }

    /// Lets nothing out of a host that comes in otherwise; or lets it out again.
    pub fn mute(&self, number: usize, muted: bool) {
        let verb = if muted { "add dev e0 root pfifo limit 0" } else { "del dev e0 root" };
        ip(&format!("netns exec {} tc qdisc {verb}", self.network(number))).expect("its queue");
    }
}

impl Switch {
    /// Has the switch managed by SNMP (package `snmpd`), as one that is bought: its ports are listed by their names,
    /// `n1` for that of the first host, and switched on and off. As long as what is returned is kept.
    pub fn manage(&self, directory: &Path) -> Manager {
        let (address, word) = MANAGED_AT;
        let network = format!("{}sw", self.prefix);
        ip(&format!("-n {network} addr add {address}/24 dev br0")).expect("its address");
        fs::create_dir_all(directory).expect("a directory");
        let configuration = directory.join("snmpd.conf");
        fs::write(&configuration, format!("rwcommunity {word}\n")).expect("its configuration");
        let output = File::create(directory.join("snmpd.out")).expect("a file for its output");
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "ip", "netns", "exec", &network, MANAGER, "-f", "-Lo", "-C", "-c"])
            .args([configuration.as_os_str(), format!("udp:{address}:161").as_ref()])
            .env("MIBS", "")
            .env("SNMP_PERSISTENT_DIR", directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .expect("what manages the switch");
        let manager = Manager(process);
        let deadline = Instant::now() + PATIENCE;
        let said = || fs::read_to_string(directory.join("snmpd.out")).unwrap_or_default();
        while !said().contains("NET-SNMP version") {
            assert!(Instant::now() < deadline, "it does not listen: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        manager
    }

    /// Gives a port another name.
    pub fn rename_port(&self, from: &str, to: &str) {
        // It may be down meanwhile: not every kernel gives another name to a port that is up.
        for change in [format!("{from} down"), format!("{from} name {to}"), format!("{to} up")] {
            ip(&format!("-n {}sw link set {change}", self.prefix)).expect("its port");
        }
    }

    /// Whether a port is switched on.
    pub fn port_is_on(&self, port: &str) -> bool {
        let shown = Command::new("ip").args(["-n", &format!("{}sw", self.prefix), "link", "show", port, "up"]).output();
        shown.is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
    }
}

/// What manages a switch, as long as it is kept.
pub struct Manager(Child);

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        for number in 1..=self.count {
            let _ = ip(&format!("netns del {}", self.network(number)));
        }
        let _ = ip(&format!("netns del {}sw", self.prefix));
    }
}

/// What Corosync is told of these hosts at a switch.
pub fn corosync_conf(numbers: impl IntoIterator<Item = usize>) -> String {
    let node = |number: usize| {
        format!("  node {{\n    ring0_addr: 10.99.0.{number}\n    nodeid: {number}\n    name: n{number}\n  }}\n")
    };
    let nodes: Vec<String> = numbers.into_iter().map(node).collect();
    let two_node = if nodes.len() == 2 { "  two_node: 1\n" } else { "" };
    format!(
        "totem {{\n  version: 2\n  cluster_name: lab\n  transport: knet\n  token: 2000\n  crypto_cipher: none\n  \
         crypto_hash: none\n}}\nnodelist {{\n{}}}\nquorum {{\n  provider: corosync_votequorum\n{two_node}}}\n\
         logging {{\n  to_stderr: yes\n  to_syslog: no\n}}\n",
        nodes.concat()
    )
}
