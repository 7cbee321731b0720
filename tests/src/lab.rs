//! A laboratory: real daemons on loopback, each with a directory of its own as its root.
//!
//! Everything a laboratory starts ends with it: processes are found by their environment, as the
//! demo's fence agent finds them.

use crate::leftovers;
use quorate_core::cib::model::resource::Role;
use quorate_core::cib::{Document, diff};
use quorate_core::node::{NodeStatus, Refusal, Reply, Request};
use quorate_core::scheduler::{self, Input};
use quorate_core::time::Now;
use quorate_transport::cluster::embedded::keys::ClusterKey;
use quorate_transport::local::client::{Client, ClientError};
use quorate_transport::wire;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds after which a node that is not heard is lost: short, so that tests are.
const TOKEN_MS: u64 = 1000;

/// The longest any test waits for a state.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Nodes `n1`, `n2`, … under one directory.
pub struct Lab {
    directory: tempfile::TempDir,
    nodes: Vec<LabNode>,
    /// Daemons look after a file that stands for their host's watchdog.
    watchdogs: bool,
    /// What administrators have set in the environment of daemons that are started.
    variables: Vec<(String, String)>,
}

struct LabNode {
    name: String,
    daemon: Option<Child>,
}

/// Where the workspace's programs were built.
pub fn program(name: &str) -> PathBuf {
    let mut directory = std::env::current_exe().expect("a test has a file");
    directory.pop();
    if directory.ends_with("deps") {
        directory.pop();
    }
    let path = directory.join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --workspace` first", path.display());
    path
}

impl Lab {
    /// A cluster of this many nodes, not yet started.
    pub fn new(count: usize) -> Lab {
        let directory = tempfile::Builder::new().prefix(&leftovers::prefix()).tempdir().expect("a directory");
        let sockets: Vec<TcpListener> =
            (0..count).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
        let mut nodelist = String::new();
        for (index, socket) in sockets.iter().enumerate() {
            let port = socket.local_addr().expect("a bound port").port();
            let number = index + 1;
            nodelist += &format!(
                "  node {{\n    name: n{number}\n    nodeid: {number}\n    ring0_addr: 127.0.0.1\n    port: {port}\n  }}\n"
            );
        }
        let configuration =
            format!("totem {{\n  cluster_name: lab\n  token: {TOKEN_MS}\n}}\nnodelist {{\n{nodelist}}}\n");
        let key = directory.path().join("authkey");
        ClusterKey::create(&key).expect("a key");
        let mut lab = Lab { directory, nodes: Vec::new(), watchdogs: false, variables: Vec::new() };
        for number in 1..=count {
            let name = format!("n{number}");
            let root = lab.root(&name);
            for place in ["etc/quorate", "run/quorate", "usr/sbin", "usr/lib/ocf/resource.d/quorate"] {
                fs::create_dir_all(root.join(place)).expect("a node's directory");
            }
            fs::write(root.join("etc/quorate/quorate.conf"), &configuration).expect("its configuration");
            fs::copy(&key, root.join("etc/quorate/authkey")).expect("its key");
            install_agents(&root);
            lab.nodes.push(LabNode { name, daemon: None });
        }
        lab
    }

    /// The same, whose hosts have a watchdog each, and can be reset: files stand for both.
    pub fn with_watchdogs(count: usize) -> Lab {
        let mut lab = Lab::new(count);
        lab.watchdogs = true;
        for name in lab.names() {
            for place in ["dev/watchdog", "proc/sysrq-trigger"] {
                let file = lab.root(&name).join(place);
                fs::create_dir_all(file.parent().expect("a directory")).expect("a node's directory");
                fs::write(file, "").expect("what stands for a device");
            }
        }
        lab
    }

    /// Daemons that are started from now on find this in their environment.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_string(), value.to_string()));
    }

    /// A cluster of this many nodes, all together and led.
    pub fn started(count: usize) -> Lab {
        let mut lab = Lab::new(count);
        lab.start_together();
        lab
    }

    /// Starts all nodes, and waits until they are together.
    pub fn start_together(&mut self) {
        self.start_all();
        let count = self.nodes.len();
        self.wait("all nodes to be together", |lab| {
            lab.names().iter().all(|name| {
                lab.status(name).is_some_and(|status| status.members.len() == count && status.leader.is_some())
            })
        });
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A node's root directory.
    pub fn root(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn names(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.name.clone()).collect()
    }

    pub fn start_all(&mut self) {
        for name in self.names() {
            self.start(&name);
        }
    }

    /// Starts a node's daemon.
    pub fn start(&mut self, name: &str) {
        if let Some(mut former) = self.node(name).daemon.take() {
            former.wait().expect("the former daemon is reaped");
        }
        let root = self.root(name);
        let output = fs::File::create(root.join("daemon.out")).expect("a file for its output");
        let mut command = Command::new(program("quorated"));
        if self.watchdogs {
            command.arg("--watchdog").arg(root.join("dev/watchdog"));
        }
        let daemon = command
            .args(["--root".as_ref(), root.as_os_str(), "--node".as_ref(), name.as_ref(), "--test-hooks".as_ref()])
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output)
            .spawn()
            .expect("the daemon starts");
        self.node(name).daemon = Some(daemon);
    }

    fn node(&mut self, name: &str) -> &mut LabNode {
        self.nodes.iter_mut().find(|node| node.name == name).expect("a node of the laboratory")
    }

    /// Kills a node's daemon without warning; what it started goes on.
    pub fn kill(&mut self, name: &str) {
        if let Some(mut daemon) = self.node(name).daemon.take() {
            daemon.kill().expect("the daemon is killed");
            daemon.wait().expect("and reaped");
        }
    }

    /// The same, while others use the laboratory; the daemon is reaped when it is started again.
    pub fn kill_shared(&self, name: &str) {
        let node = self.nodes.iter().find(|node| node.name == name).expect("a node of the laboratory");
        if let Some(daemon) = &node.daemon {
            let pid = nix::unistd::Pid::from_raw(daemon.id() as i32);
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("a signal");
        }
    }

    /// A node's daemon stands still until it is told to go on.
    pub fn pause(&self, name: &str) {
        self.signal(name, nix::sys::signal::Signal::SIGSTOP);
    }

    pub fn go_on(&self, name: &str) {
        self.signal(name, nix::sys::signal::Signal::SIGCONT);
    }

    fn signal(&self, name: &str, signal: nix::sys::signal::Signal) {
        let node = self.nodes.iter().find(|node| node.name == name).expect("a node of the laboratory");
        if let Some(daemon) = &node.daemon {
            let pid = nix::unistd::Pid::from_raw(daemon.id() as i32);
            nix::sys::signal::kill(pid, signal).expect("a signal");
        }
    }

    /// Asks a node's daemon to end.
    pub fn terminate(&mut self, name: &str) {
        if let Some(daemon) = &self.node(name).daemon {
            let pid = nix::unistd::Pid::from_raw(daemon.id() as i32);
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("a signal");
        }
    }

    /// Asks a node's daemon to end, and waits.
    pub fn stop(&mut self, name: &str) {
        let Some(mut daemon) = self.node(name).daemon.take() else {
            return;
        };
        let pid = nix::unistd::Pid::from_raw(daemon.id() as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("a signal");
        let deadline = Instant::now() + PATIENCE;
        while daemon.try_wait().expect("a child").is_none() {
            assert!(Instant::now() < deadline, "{name} does not stop: {}", self.log(name));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether a node's daemon runs.
    pub fn runs(&mut self, name: &str) -> bool {
        let daemon = &mut self.node(name).daemon;
        daemon.as_mut().is_some_and(|daemon| daemon.try_wait().expect("a child").is_none())
    }

    /// Cuts the links between these nodes and all others.
    pub fn partition(&self, names: &[&str]) {
        for node in &self.nodes {
            let inside = names.contains(&node.name.as_str());
            let blocked: Vec<String> = self
                .nodes
                .iter()
                .zip(1..)
                .filter(|(other, _)| names.contains(&other.name.as_str()) != inside)
                .map(|(_, id): (_, usize)| id.to_string())
                .collect();
            self.hook(&node.name, &format!("block {}", blocked.join(" ")));
        }
    }

    /// Mends all links.
    pub fn heal(&self) {
        for node in &self.nodes {
            self.hook(&node.name, "block ");
        }
    }

    fn hook(&self, name: &str, text: &str) {
        if let Some(mut client) = self.client(name) {
            client.request(text.as_bytes()).expect("the hook answers");
        }
    }

    fn client(&self, name: &str) -> Option<Client> {
        let socket = self.root(name).join("run/quorate/quorate.sock");
        Client::connect(&socket, Duration::from_secs(20)).ok()
    }

    /// Asks a node; `None` if its daemon is not there.
    pub fn ask(&self, name: &str, request: &Request) -> Result<Reply, ClientError> {
        let socket = self.root(name).join("run/quorate/quorate.sock");
        let mut client = Client::connect(&socket, Duration::from_secs(20))?;
        let bytes = client.request(&wire::encode_request(request))?;
        Ok(wire::decode_reply(&bytes).expect("a reply of the same version"))
    }

    pub fn status(&self, name: &str) -> Option<NodeStatus> {
        match self.ask(name, &Request::Status) {
            Ok(Reply::Status(status)) => Some(status),
            _ => None,
        }
    }

    /// The CIB as a node knows it.
    pub fn document(&self, name: &str) -> Document {
        match self.ask(name, &Request::Query) {
            Ok(Reply::Document { root }) => Document::from_element(root).expect("a CIB"),
            other => panic!("{name} does not show its CIB: {other:?}"),
        }
    }

    /// Changes the configuration through a node, trying again where someone else was first.
    pub fn commit(&self, name: &str, change: impl Fn(&mut Document)) -> Result<Reply, ClientError> {
        loop {
            let base = match self.ask(name, &Request::Query)? {
                Reply::Document { root } => Document::from_element(root).expect("a CIB"),
                other => return Ok(other),
            };
            let mut work = base.clone();
            change(&mut work);
            let patch = diff(&base, &work);
            match self.ask(name, &Request::Commit { patch })? {
                Reply::Refused(Refusal::Patch(quorate_core::cib::ApplyError::Stale { .. })) => {}
                reply => return Ok(reply),
            }
        }
    }

    /// Where a resource is active, as a node knows it: names, with `*` behind a promoted one.
    pub fn places(&self, node: &str, resource: &str) -> Vec<String> {
        let document = self.document(node);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let situation = scheduler::resolve(&Input::new(&document, Now::from_epoch(since.as_secs() as i64)));
        let mut places = Vec::new();
        for (_, instance) in situation.resources.iter() {
            if instance.children.is_empty() && instance.id.split(':').next() == Some(resource) {
                let mark = if instance.role == Role::Promoted { "*" } else { "" };
                places.extend(instance.active_on.iter().map(|at| format!("{}{mark}", situation.nodes[*at].name)));
            }
        }
        places.sort();
        places
    }

    /// Waits until a node knows a resource at just these places.
    #[track_caller]
    pub fn wait_at(&self, asked: &str, resource: &str, expected: &[&str]) {
        self.wait(&format!("{resource} on {expected:?}"), |lab| lab.places(asked, resource) == expected);
    }

    /// Waits until a node sees just these members, and who leads them.
    #[track_caller]
    pub fn wait_together(&self, asked: &str, members: &[&str]) {
        self.wait(&format!("{asked} to be with {members:?}"), |lab| {
            let status = lab.status(asked);
            status.is_some_and(|status| status.members == members && status.leader.is_some())
        });
    }

    /// Waits until something holds; fails with the logs' ends if it does not in time.
    #[track_caller]
    pub fn wait(&self, what: &str, holds: impl Fn(&Lab) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if Instant::now() > deadline {
                let logs: Vec<String> = self.names().iter().map(|name| self.log(name)).collect();
                panic!("waited in vain for {what}\n{}", logs.join("\n"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the leader finds nothing to do.
    #[track_caller]
    pub fn wait_until_idle(&self) {
        self.wait("the cluster to be idle", |lab| {
            let names = lab.names();
            let mut statuses = names.iter().filter_map(|name| lab.status(name)).peekable();
            statuses.peek().is_some() && statuses.all(|status| status.idle)
        });
    }

    /// All that a node has logged.
    pub fn whole_log(&self, name: &str) -> String {
        fs::read_to_string(self.root(name).join("var/log/pacemaker/pacemaker.log")).unwrap_or_default()
    }

    /// The last lines of a node's log.
    pub fn log(&self, name: &str) -> String {
        let read = |path: &str| fs::read_to_string(self.root(name).join(path)).unwrap_or_default();
        let log = read("var/log/pacemaker/pacemaker.log");
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(40)..].join("\n");
        format!("---- {name}\n{last}\n{}", read("daemon.out"))
    }

    /// A tool of the multi-call program, set to speak to a node.
    pub fn tool(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("quorate"));
        command
            .args(arguments)
            .env("QUORATE_ROOT", self.root(name))
            .env("HOME", self.directory.path())
            .env_remove("CIB_file")
            .env_remove("CIB_shadow")
            .stdin(Stdio::null());
        command
    }

    /// Runs a tool to its end: its exit code, and what it said on both streams.
    #[track_caller]
    pub fn run(&self, name: &str, line: &str) -> (i32, String) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let output = self.tool(name, &words).output().expect("the tool runs");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.code().unwrap_or(-1), text.concat())
    }

    /// Runs a tool that must succeed, and gives what it said.
    #[track_caller]
    pub fn done(&self, name: &str, line: &str) -> String {
        let (code, text) = self.run(name, line);
        assert_eq!(code, 0, "{line}: {text}");
        text
    }

    /// Runs a `crm` command that must succeed, and gives what it printed.
    #[track_caller]
    pub fn crm(&self, name: &str, words: &[&str]) -> String {
        let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
        let output = self.tool(name, &words).output().expect("the shell runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{words:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Has a node's shell commit these statements.
    #[track_caller]
    pub fn load(&self, name: &str, statements: &str) {
        let file = self.directory().join("batch.crm");
        fs::write(&file, format!("configure\n{statements}\ncommit\n")).expect("a batch");
        self.crm(name, &["-f", &file.to_string_lossy()]);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for name in self.names() {
            self.kill(&name);
            kill_heirs(&self.root(&name));
        }
        if std::thread::panicking()
            && let Some(keep) = std::env::var_os("QUORATE_KEEP_LABS")
        {
            let _ = Command::new("cp").arg("-a").arg(self.directory.path()).arg(keep).status();
        }
    }
}

/// Our own agents, into a node's root.
fn install_agents(root: &Path) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shell/agents");
    let place = |name: &str, to: PathBuf| {
        fs::copy(sources.join(name), &to).expect("an agent");
        fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).expect("its mode");
    };
    for name in ["Dummy", "Stateful"] {
        place(name, root.join("usr/lib/ocf/resource.d/quorate").join(name));
    }
    place("fence_quorate_demo", root.join("usr/sbin/fence_quorate_demo"));
    for link in
        ["attrd_updater", "cibadmin", "crm_attribute", "crm_master", "crm_node", "crm_resource", "stonith_admin"]
    {
        let _ = std::os::unix::fs::symlink(program("quorate"), root.join("usr/sbin").join(link));
    }
    // Agents look for it by its name, and would find the peer's.
    let _ = std::os::unix::fs::symlink(program("crm_mon"), root.join("usr/sbin/crm_mon"));
}

/// Ends what a node's agents left behind.
fn kill_heirs(root: &Path) {
    let mark = format!("QUORATE_ROOT={}", root.display());
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
}
