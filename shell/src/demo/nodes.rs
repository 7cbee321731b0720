//! The demo's nodes: their directories, daemons and configuration.

use quorate_core::cib::Document;
use quorate_core::node::{NodeStatus, Reply, Request};
use quorate_core::scheduler::{self, Input};
use quorate_core::time::Now;
use quorate_transport::cluster::embedded::keys::ClusterKey;
use quorate_transport::local::daemon::{Daemon, socket_below};
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds after which a node that is not heard is lost.
const TOKEN_MS: u32 = 1000;

/// How long the demo waits for any state.
const PATIENCE: Duration = Duration::from_secs(90);

/// By this file a directory is known as a demo's.
const MARK: &str = "quorate-demo";

const AGENTS: [(&str, &str, &str); 3] = [
    ("usr/lib/ocf/resource.d/quorate", "Dummy", include_str!("../../agents/Dummy")),
    ("usr/lib/ocf/resource.d/quorate", "Stateful", include_str!("../../agents/Stateful")),
    ("usr/sbin", "fence_quorate_demo", include_str!("../../agents/fence_quorate_demo")),
];

/// A demo cluster.
pub struct Demo {
    directory: PathBuf,
    names: Vec<String>,
}

/// Where a resource is active, with its role.
pub type Placement = BTreeMap<String, Vec<(String, String)>>;

impl Demo {
    /// Makes the nodes' directories.
    pub fn create(directory: &Path, count: u32, programs: &Path) -> Result<Demo, String> {
        if directory.join(MARK).exists() {
            return Err(format!("{} is in use; end that demo with: quorate demo stop", directory.display()));
        }
        if directory.exists() && fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(format!("{} is not empty, and not a demo's", directory.display()));
        }
        let demo = Demo { directory: directory.to_path_buf(), names: (1..=count).map(|id| format!("n{id}")).collect() };
        demo.fill(programs).map_err(|error| format!("{}: {error}", directory.display()))?;
        Ok(demo)
    }

    /// The demo that was made in this directory.
    pub fn find(directory: &Path) -> Result<Demo, String> {
        let text = fs::read_to_string(directory.join(MARK))
            .map_err(|_| format!("there is no demo in {}", directory.display()))?;
        let names = text.split_whitespace().map(str::to_string).collect();
        Ok(Demo { directory: directory.to_path_buf(), names })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A node's root directory.
    pub fn root(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn fill(&self, programs: &Path) -> std::io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        fs::write(self.directory.join(MARK), self.names.join("\n"))?;
        let key = self.directory.join("authkey");
        ClusterKey::create(&key).map_err(std::io::Error::other)?;
        let configuration = self.cluster_file()?;
        for name in &self.names {
            let root = self.root(name);
            for place in ["etc/quorate", "run/quorate", "usr/sbin", "usr/lib/ocf/resource.d/quorate"] {
                fs::create_dir_all(root.join(place))?;
            }
            fs::write(root.join("etc/quorate/quorate.conf"), &configuration)?;
            fs::copy(&key, root.join("etc/quorate/authkey"))?;
            for (place, agent, text) in AGENTS {
                write_program(&root.join(place).join(agent), text)?;
            }
            let quorate = std::env::current_exe()?;
            for link in ["crm", "crm_attribute", "crm_node", "crm_simulate", "crm_ticket"] {
                symlink(&quorate, root.join("usr/sbin").join(link))?;
            }
            symlink(programs.join("crm_mon"), root.join("usr/sbin/crm_mon"))?;
            let daemon = programs.join("quorated");
            let start = format!(
                "#!/bin/sh\nexport QUORATE_ROOT='{root}'\nexec '{daemon}' --root '{root}' --node {name} >>'{root}/daemon.out' 2>&1\n",
                root = root.display(),
                daemon = daemon.display()
            );
            write_program(&root.join("start"), &start)?;
        }
        Ok(())
    }

    /// The node list, on ports that are free now.
    fn cluster_file(&self) -> std::io::Result<String> {
        let sockets: Vec<TcpListener> =
            self.names.iter().map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        let mut text = format!("totem {{\n  cluster_name: demo\n  token: {TOKEN_MS}\n}}\nnodelist {{\n");
        for ((name, socket), id) in self.names.iter().zip(&sockets).zip(1..) {
            let port = socket.local_addr()?.port();
            text += &format!(
                "  node {{\n    name: {name}\n    nodeid: {id}\n    ring0_addr: 127.0.0.1\n    port: {port}\n  }}\n"
            );
        }
        text += "}\n";
        Ok(text)
    }

    /// Starts all daemons and waits until they are together.
    pub fn start(&self) -> Result<(), String> {
        for name in &self.names {
            let mut command = Command::new(self.root(name).join("start"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
            command.spawn().map_err(|error| format!("cannot start {name}: {error}"))?;
        }
        self.wait("all nodes to be together", || {
            self.names.iter().all(|name| {
                self.status(name)
                    .is_some_and(|status| status.members.len() == self.names.len() && status.leader.is_some())
            })
        })
    }

    /// Loads the demo's configuration, as one transaction of the shell.
    pub fn load(&self) -> Result<(), String> {
        let text = configuration(&self.directory, &self.names);
        let file = self.directory.join("demo.crm");
        fs::write(&file, text).map_err(|error| error.to_string())?;
        let file = file.to_string_lossy().into_owned();
        self.run_crm(&self.names[0], &["-f", &file])?;
        self.wait_until_idle()
    }

    /// A command of the shell, on a node.
    pub fn crm(&self, node: &str, words: &[&str]) -> Command {
        let mut command = own_tool(&["crm"]);
        command
            .args(words)
            .env("QUORATE_ROOT", self.root(node))
            .env("CIB_shadow_dir", self.root(node).join("var/lib/pacemaker/cib"))
            .env_remove("CIB_file")
            .env_remove("CIB_shadow");
        command
    }

    /// Runs a command of the shell and returns what it printed.
    pub fn run_crm(&self, node: &str, words: &[&str]) -> Result<String, String> {
        let output = self.crm(node, words).stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(format!("crm {}: {}{}", words.join(" "), text(&output.stdout), text(&output.stderr))),
        }
    }

    pub fn status(&self, name: &str) -> Option<NodeStatus> {
        let mut daemon = Daemon::connect(socket_below(&self.root(name)), Duration::from_secs(5)).ok()?;
        match daemon.ask(&Request::Status) {
            Ok(Reply::Status(status)) => Some(status),
            _ => None,
        }
    }

    fn document(&self) -> Option<Document> {
        let open = |name: &String| Daemon::connect(socket_below(&self.root(name)), Duration::from_secs(5)).ok();
        let mut daemon = self.names.iter().find_map(open)?;
        daemon.document().ok()
    }

    /// Where everything is active now, as the cluster knows it.
    pub fn placement(&self) -> Placement {
        let Some(document) = self.document() else { return Placement::new() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
        let situation = scheduler::resolve(&Input::new(&document, Now::from_epoch(now)));
        let mut placement = Placement::new();
        for (_, resource) in situation.resources.iter().filter(|(_, resource)| resource.children.is_empty()) {
            let role = format!("{:?}", resource.role);
            let name = resource.id.split(':').next().unwrap_or_default().to_string();
            let nodes = resource.active_on.iter().map(|node| (situation.nodes[*node].name.to_string(), role.clone()));
            placement.entry(name).or_default().extend(nodes);
        }
        placement
    }

    /// The members that some node sees.
    pub fn members(&self) -> Vec<String> {
        let statuses = self.names.iter().filter_map(|name| self.status(name));
        statuses.map(|status| status.members).max_by_key(Vec::len).unwrap_or_default()
    }

    /// Waits until the cluster finds nothing to do.
    pub fn wait_until_idle(&self) -> Result<(), String> {
        self.wait("the cluster to be idle", || {
            let mut statuses = self.names.iter().filter_map(|name| self.status(name)).peekable();
            statuses.peek().is_some() && statuses.all(|status| status.idle)
        })
    }

    /// Waits until something holds.
    pub fn wait(&self, what: &str, holds: impl Fn() -> bool) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            if Instant::now() > deadline {
                return Err(format!("waited {} s in vain for {what}", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Kills a node's daemon, as a crash would.
    pub fn kill(&self, name: &str) -> Result<(), String> {
        let pid = fs::read_to_string(self.root(name).join("run/quorate/quorated.pid"))
            .map_err(|error| format!("{name} does not run: {error}"))?;
        let pid: i32 = pid.trim().parse().map_err(|_| format!("{name}: bad pid file"))?;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL)
            .map_err(|error| error.to_string())
    }

    /// Ends every process of the demo and removes its directory.
    pub fn stop(&self) -> Result<(), String> {
        for name in &self.names {
            // A node that starts again while its processes are hunted would be missed.
            let _ = fs::remove_file(self.root(name).join("start"));
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let processes: Vec<i32> = self.names.iter().flat_map(|name| processes(&self.root(name))).collect();
            if processes.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                return Err(format!("these processes do not end: {processes:?}"));
            }
            for pid in processes {
                let pid = nix::unistd::Pid::from_raw(pid);
                let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
                let _ = nix::sys::wait::waitpid(pid, Some(nix::sys::wait::WaitPidFlag::WNOHANG));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        fs::remove_dir_all(&self.directory).map_err(|error| format!("{}: {error}", self.directory.display()))
    }
}

/// Processes whose environment names this root.
fn processes(root: &Path) -> Vec<i32> {
    let mark = format!("QUORATE_ROOT={}", root.display());
    let own = std::process::id() as i32;
    let named = |pid: i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != own && named(*pid)).collect()
}

fn write_program(path: &Path, text: &str) -> std::io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

fn configuration(directory: &Path, names: &[String]) -> String {
    format!(
        r#"# The demo's configuration: a group, a clone, a database-like pair of roles with its address,
# and a fence device that reaches every node.
configure
property fencing-enabled=true dc-deadtime=5s
rsc_defaults resource-stickiness=10
primitive fence-demo stonith:fence_quorate_demo \
    params dir="{}" pcmk_host_list="{}" \
    op monitor interval=30s
primitive web-server ocf:quorate:Dummy op monitor interval=5s
primitive web-cache ocf:quorate:Dummy op monitor interval=5s
group web web-server web-cache
primitive agent ocf:quorate:Dummy op monitor interval=5s
clone agents agent meta interleave=true
primitive db ocf:quorate:Stateful \
    op monitor role=Promoted interval=5s \
    op monitor role=Unpromoted interval=6s
clone db-clone db meta promotable=true
primitive db-address ocf:quorate:Dummy op monitor interval=5s
colocation address-with-db inf: db-address db-clone:Promoted
order db-before-address Mandatory: db-clone:promote db-address:start
commit
"#,
        directory.display(),
        names.join(" ")
    )
}

/// A command that runs one of this program's tools.
fn own_tool(words: &[&str]) -> Command {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("quorate"));
    let mut command = Command::new(program);
    command.args(words);
    command
}
