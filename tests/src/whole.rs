//! Whole hosts on one machine: each boots the machine's own system, with a disk of its own above it, a systemd,
//! a bus, and Corosync at one switch with the others.
//!
//! In: how many, in a cluster already or bare. Out: hosts `n1`, `n2`, …, on which commands are run as an
//! administrator would. Needs root, systemd-nspawn, `ip`, corosync; bare ones `sshd`.

use crate::lab::{PATIENCE, program};
use crate::needs;
use crate::switch::{Switch, corosync_conf};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 5] =
    ["/usr/bin/systemd-nspawn", "/usr/sbin/corosync", "/usr/sbin/ip", "/usr/bin/nsenter", "/usr/bin/dbus-daemon"];

/// What bare hosts need besides.
const SSH: [&str; 3] = ["/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/ssh-keyscan"];

/// How long a line of shell may take. Seconds.
const LINE_TIME: &str = "120";

/// Starts a host in control groups of its own ($0): in one with others each systemd would remove what another's
/// service is just put into. And what removes them when it has ended.
const OWN_GROUP: &str = "for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -d $top ] && mkdir -p $top/$0 && echo $$ >$top/$0/cgroup.procs
done 2>/dev/null
exec \"$@\"";
const NO_GROUP: &str = "for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -d $top/$0 ] && find $top/$0 -depth -type d -exec rmdir {} +
done 2>/dev/null; true";

/// Where our programs are on a host, and what is linked to them.
const BUILT: &str = "/opt/quorate";
const TOOLS: [(&str, &str); 7] = [
    ("usr/sbin/quorated", "quorated"),
    ("usr/sbin/crm", "quorate"),
    ("usr/sbin/crm_mon", "crm_mon"),
    ("usr/sbin/crm_attribute", "quorate"),
    ("usr/sbin/crm_node", "quorate"),
    ("usr/sbin/crm_resource", "quorate"),
    ("usr/sbin/cibadmin", "quorate"),
];

/// What hosts are like when they have booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// Corosync runs; our tools are there.
    Cluster,
    /// In no cluster.
    Bare,
    /// Corosync runs; the tools are Pacemaker's.
    Pacemaker,
    /// Corosync runs; programs are what the machine's packages bring.
    Packaged,
}

/// The hosts; all ends with this.
pub struct WholeHosts {
    /// A file system of its own for the hosts' disks.
    place: tempfile::TempDir,
    switch: Switch,
    hosts: Vec<Host>,
}

struct Host {
    name: String,
    number: usize,
    supervisor: Option<Child>,
}

fn run(command: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(command).args(arguments).output().map_err(|error| format!("{command}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim())),
    }
}

impl WholeHosts {
    /// Hosts that have booted; Corosync runs, the daemon does not. `None` (which is said) where that cannot be.
    #[track_caller]
    pub fn new(count: usize) -> Option<WholeHosts> {
        if !needs::lab(&PROGRAMS) {
            return None;
        }
        Some(WholeHosts::make(count, Sort::Cluster).expect("hosts of their own; QUORATE_LAB=skip leaves them out"))
    }

    /// Hosts that have booted and are in no cluster; each lets root of the others in by ssh.
    #[track_caller]
    pub fn bare(count: usize) -> Option<WholeHosts> {
        let programs: Vec<&str> = PROGRAMS.iter().chain(&SSH).copied().collect();
        if !needs::lab(&programs) {
            return None;
        }
        Some(WholeHosts::make(count, Sort::Bare).expect("hosts of their own; QUORATE_LAB=skip leaves them out"))
    }

    /// Hosts under Pacemaker with Debian's tools, each of which lets root of the others in by ssh; ours are there,
    /// too: the daemon, which does not run, and the shell.
    #[track_caller]
    pub fn under_pacemaker(count: usize) -> Option<WholeHosts> {
        let peer = ["/usr/sbin/pacemakerd", "/lib/systemd/system/pacemaker.service"];
        let programs: Vec<&str> = PROGRAMS.iter().chain(&SSH).chain(&peer).copied().collect();
        if !needs::lab(&programs) {
            return None;
        }
        let whole =
            WholeHosts::make(count, Sort::Pacemaker).expect("hosts of their own; QUORATE_LAB=skip leaves them out");
        for name in whole.names() {
            whole.must(&name, "chown -R hacluster:haclient /var/lib/pacemaker && systemctl start pacemaker");
        }
        whole.wait("all to be online under Pacemaker", |whole| {
            whole.says("n1", "crm_mon --one-shot").contains(&format!("Online: [ {} ]", whole.names().join(" ")))
        });
        Some(whole)
    }

    /// Hosts that have booted, with the machine's packages and nothing of ours; Corosync runs.
    #[track_caller]
    pub fn packaged(count: usize) -> Option<WholeHosts> {
        if !needs::lab(&PROGRAMS) {
            return None;
        }
        Some(WholeHosts::make(count, Sort::Packaged).expect("hosts of their own; QUORATE_LAB=skip leaves them out"))
    }

    fn make(count: usize, sort: Sort) -> Result<WholeHosts, String> {
        let place = tempfile::Builder::new().prefix("quorate-hosts-").tempdir().map_err(|error| error.to_string())?;
        let shown = place.path().to_string_lossy().into_owned();
        run("mount", &["-t", "tmpfs", "-o", "mode=0755", "hosts", &shown])?;
        let switch = Switch::new(count)?;
        let mut whole = WholeHosts { place, switch, hosts: Vec::new() };
        for number in 1..=count {
            whole.hosts.push(Host { name: format!("n{number}"), number, supervisor: None });
            whole.prepare(number, count)?;
            if sort != Sort::Packaged {
                whole.install(number, sort)?;
            }
        }
        if matches!(sort, Sort::Bare | Sort::Pacemaker) {
            whole.give_keys()?;
        }
        if sort == Sort::Bare {
            whole.strip();
        }
        for name in whole.names() {
            whole.boot(&name);
        }
        if matches!(sort, Sort::Bare | Sort::Pacemaker) {
            whole.open_ssh();
        }
        if sort == Sort::Bare {
            return Ok(whole);
        }
        for name in whole.names() {
            whole.wait(&format!("corosync on {name}"), |whole| {
                whole.succeeds(&name, "systemctl is-active --quiet corosync")
            });
        }
        Ok(whole)
    }

    pub fn names(&self) -> Vec<String> {
        self.hosts.iter().map(|host| host.name.clone()).collect()
    }

    fn directory(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// A host's files.
    pub fn root(&self, name: &str) -> PathBuf {
        self.directory(name).join("root")
    }

    /// A disk with the machine's system on it, and nothing that it would start by itself but what is tested.
    fn prepare(&self, number: usize, count: usize) -> Result<(), String> {
        let name = format!("n{number}");
        let (directory, root) = (self.directory(&name), self.root(&name));
        let text = |error: std::io::Error| format!("{}: {error}", root.display());
        for part in ["upper", "work", "root"] {
            fs::create_dir_all(directory.join(part)).map_err(text)?;
        }
        let shown = directory.display();
        let options = format!("lowerdir=/,upperdir={shown}/upper,workdir={shown}/work");
        run("mount", &["-t", "overlay", "overlay", "-o", &options, &root.to_string_lossy()])?;
        for wanted in ["multi-user.target.wants", "timers.target.wants", "sockets.target.wants"] {
            let _ = fs::remove_dir_all(root.join("etc/systemd/system").join(wanted));
        }
        for unused in ["var/lib/pacemaker/cib", "var/lib/pacemaker/pengine", "var/lib/corosync", "run", "etc/quorate"] {
            let _ = fs::remove_dir_all(root.join(unused));
            fs::create_dir_all(root.join(unused)).map_err(text)?;
        }
        let write = |path: &str, text: &str| write(&root.join(path), text);
        write("etc/hostname", &format!("{name}\n"))?;
        write("etc/machine-id", &format!("{number:032x}\n"))?;
        let hosts: String = (1..=count).map(|number| format!("10.99.0.{number} n{number}\n")).collect();
        write("etc/hosts", &format!("127.0.0.1 localhost\n{hosts}"))?;
        write("etc/corosync/corosync.conf", &corosync_conf(1..=count))?;
        // Where the machine keeps packages from starting what they bring, the host does not.
        let _ = fs::remove_file(root.join("usr/sbin/policy-rc.d"));
        let wants = root.join("etc/systemd/system/multi-user.target.wants");
        fs::create_dir_all(&wants).map_err(text)?;
        symlink("/lib/systemd/system/corosync.service", wants.join("corosync.service")).map_err(text)?;
        Ok(())
    }

    /// Puts our programs and their unit where packages would.
    fn install(&self, number: usize, sort: Sort) -> Result<(), String> {
        let root = self.root(&format!("n{number}"));
        let text = |error: std::io::Error| format!("{}: {error}", root.display());
        let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/system/quorated.service");
        write(&root.join("etc/systemd/system/quorated.service"), &fs::read_to_string(unit).map_err(text)?)?;
        fs::create_dir_all(root.join(&BUILT[1..])).map_err(text)?;
        for (link, program) in if sort == Sort::Pacemaker { &TOOLS[..2] } else { &TOOLS } {
            let link = root.join(link);
            let _ = fs::remove_file(&link);
            symlink(Path::new(BUILT).join(program), link).map_err(text)?;
        }
        Ok(())
    }

    /// Puts one key on all disks.
    fn give_keys(&self) -> Result<(), String> {
        let key = self.place.path().join("key");
        run("ssh-keygen", &["-q", "-N", "", "-t", "ed25519", "-f", &key.to_string_lossy()])?;
        let read = |path: &Path| fs::read_to_string(path).map_err(|error| error.to_string());
        let (private, public) = (read(&key)?, read(&key.with_extension("pub"))?);
        for name in self.names() {
            self.put(&name, "root/.ssh/id_ed25519", &private, 0o600);
            self.put(&name, "root/.ssh/authorized_keys", &public, 0o600);
        }
        Ok(())
    }

    /// Takes the cluster from all disks.
    fn strip(&self) {
        for name in self.names() {
            for file in ["corosync.conf", "authkey"] {
                let _ = fs::remove_file(self.root(&name).join("etc/corosync").join(file));
            }
            let _ =
                fs::remove_file(self.root(&name).join("etc/systemd/system/multi-user.target.wants/corosync.service"));
        }
    }

    /// Starts sshd everywhere, and lets each know all others' keys.
    fn open_ssh(&self) {
        for name in self.names() {
            self.must(
                &name,
                "chmod 700 /root/.ssh; ssh-keygen -A && mkdir -p /run/sshd && systemctl enable --now --quiet ssh",
            );
        }
        let known = format!("ssh-keyscan -t ed25519 {} >/root/.ssh/known_hosts 2>/dev/null", self.names().join(" "));
        for name in self.names() {
            self.wait(&format!("sshd of all, as {name} sees them"), |whole| {
                let count = whole.names().len();
                whole.succeeds(&name, &known) && whole.says(&name, "wc -l </root/.ssh/known_hosts") == count.to_string()
            });
        }
    }

    /// Puts a file on a host's disk.
    pub fn put(&self, name: &str, path: &str, text: &str, mode: u32) {
        let file = self.root(name).join(path);
        write(&file, text).expect("a file of a host");
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("its mode");
    }

    /// Switches a host on.
    pub fn boot(&mut self, name: &str) {
        let number = self.host(name).number;
        let built = program("quorated");
        let built = built.parent().expect("a directory").display();
        let console = fs::File::create(self.directory(name).join("console")).expect("a file for its console");
        let child = Command::new("sh")
            .args(["-c", OWN_GROUP, &self.switch.network(number), "systemd-nspawn"])
            .args(["--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe", "--capability=all"])
            .arg(format!("--directory={}", self.root(name).display()))
            .arg(format!("--machine={}", self.switch.network(number)))
            .arg(format!("--hostname={name}"))
            .arg(format!("--network-namespace-path=/run/netns/{}", self.switch.network(number)))
            .args(self.root(name).join(&BUILT[1..]).exists().then(|| format!("--bind-ro={built}:{BUILT}")))
            .arg("systemd.unit=multi-user.target")
            .stdin(Stdio::null())
            .stdout(console.try_clone().expect("a second handle"))
            .stderr(console)
            .spawn()
            .expect("systemd-nspawn");
        self.host(name).supervisor = Some(child);
        self.wait(&format!("{name} to boot"), |whole| whole.succeeds(name, "test -S /run/dbus/system_bus_socket"));
    }

    fn host(&mut self, name: &str) -> &mut Host {
        self.hosts.iter_mut().find(|host| host.name == name).expect("a host of the laboratory")
    }

    /// The host's first process, as the machine numbers it: the child of its supervisor that is 1 within.
    fn first(&self, name: &str) -> Option<u32> {
        let supervisor = self.hosts.iter().find(|host| host.name == name)?.supervisor.as_ref()?.id();
        let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).ok()?;
        children.split_whitespace().find_map(|pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let numbers: Vec<&str> =
                status.lines().find(|line| line.starts_with("NSpid:"))?.split_whitespace().collect();
            (numbers.len() > 2 && numbers.last() == Some(&"1")).then(|| pid.parse().ok())?
        })
    }

    /// What a line of shell gives on a host.
    pub fn shell(&self, name: &str, line: &str) -> Option<Output> {
        let first = self.first(name)?.to_string();
        let mut command = Command::new("nsenter");
        command.args([
            "-t",
            &first,
            "-m",
            "-u",
            "-i",
            "-n",
            "-p",
            "-r",
            "-w",
            "--",
            "/usr/bin/timeout",
            LINE_TIME,
            "/bin/sh",
            "-c",
            line,
        ]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/root").env("LC_ALL", "C");
        command.stdin(Stdio::null()).output().ok()
    }

    pub fn succeeds(&self, name: &str, line: &str) -> bool {
        self.shell(name, line).is_some_and(|output| output.status.success())
    }

    /// What a line of shell prints on a host.
    pub fn says(&self, name: &str, line: &str) -> String {
        let output = self.shell(name, line);
        output.map_or_else(String::new, |output| String::from_utf8_lossy(&output.stdout).trim().to_string())
    }

    /// Runs a line of shell that must succeed.
    #[track_caller]
    pub fn must(&self, name: &str, line: &str) -> String {
        let output = self.shell(name, line).expect("the host is on");
        let (said, complained) =
            (String::from_utf8_lossy(&output.stdout).trim().to_string(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {line}: {said}\n{complained}");
        said
    }

    /// Waits until something holds; fails with the logs' ends if it does not in time.
    #[track_caller]
    pub fn wait(&self, what: &str, holds: impl Fn(&WholeHosts) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if Instant::now() > deadline {
                let logs: Vec<String> = self.names().iter().map(|name| self.log(name)).collect();
                panic!("waited in vain for {what}\n{}", logs.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The ends of a host's logs.
    pub fn log(&self, name: &str) -> String {
        let ours = self.says(name, "tail -n 30 /var/log/pacemaker/pacemaker.log");
        let journal = self.says(name, "journalctl --no-pager -n 15");
        let console = fs::read_to_string(self.directory(name).join("console")).unwrap_or_default();
        let lines: Vec<&str> = console.lines().collect();
        let console = lines[lines.len().saturating_sub(5)..].join("\n");
        format!("---- {name}\n{ours}\n-- journal\n{journal}\n-- console\n{console}")
    }

    /// Ends a host at once, with all that it runs; its disk stays.
    pub fn kill(&mut self, name: &str) {
        // Its supervisor follows; the other way round its network would stay behind.
        if let Some(first) = self.first(name) {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(first as i32), nix::sys::signal::Signal::SIGKILL);
        }
        if let Some(mut supervisor) = self.host(name).supervisor.take() {
            let deadline = Instant::now() + Duration::from_secs(10);
            while supervisor.try_wait().is_ok_and(|ended| ended.is_none()) {
                if Instant::now() > deadline {
                    let _ = supervisor.kill();
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let number = self.host(name).number;
            let _ = run("sh", &["-c", NO_GROUP, &self.switch.network(number)]);
        }
    }

    /// Takes a host's cable out, or puts it in again.
    pub fn cable(&mut self, name: &str, plugged: bool) {
        let number = self.host(name).number;
        self.switch.cable(number, plugged);
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(path.parent().expect("a directory")).map_err(fail)?;
    // Where the system has a link to elsewhere, the host has a file of its own.
    let _ = fs::remove_file(path);
    fs::write(path, text).map_err(fail)
}

impl Drop for WholeHosts {
    fn drop(&mut self) {
        for name in self.names() {
            self.kill(&name);
            let _ = run("umount", &["-l", &self.root(&name).to_string_lossy()]);
        }
        let _ = run("umount", &["-l", &self.place.path().to_string_lossy()]);
    }
}
