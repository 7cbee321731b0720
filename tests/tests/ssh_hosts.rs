//! Commands and files over ssh, against real sshd processes on loopback ports.
#![allow(clippy::unwrap_used)]

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quorate_tests::needs;
use quorate_transport::ssh::run::{Finished, Status, run};
use quorate_transport::ssh::{SshError, SshOptions, Target, copy};

const SSHD: &str = "/usr/sbin/sshd";
const PATIENCE: Duration = Duration::from_secs(20);

struct Host {
    sshd: Child,
    port: u16,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
    }
}

/// Some sshd processes, a key they accept, and a known_hosts that knows them.
struct Lab {
    dir: tempfile::TempDir,
    hosts: Vec<Host>,
}

impl Lab {
    /// `None`, and a word about it, where this cannot be tried.
    #[track_caller]
    fn new(hosts: usize) -> Option<Lab> {
        if !needs::root() || !needs::files(&[SSHD]) {
            return None;
        }
        // sshd insists on it, and uses it for nothing with our settings.
        let _ = std::fs::DirBuilder::new().mode(0o755).create("/run/sshd");
        let mut lab = Lab { dir: tempfile::tempdir().unwrap(), hosts: Vec::new() };
        lab.make_key("user", "ed25519");
        std::fs::copy(lab.path("user.pub"), lab.path("authorized_keys")).unwrap();
        for index in 0..hosts {
            let host = lab.start_host(index);
            lab.hosts.push(host);
        }
        Some(lab)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn make_key(&self, name: &str, kind: &str) {
        let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", kind, "-f"]).arg(self.path(name)).status();
        assert!(made.unwrap().success());
    }

    fn start_host(&self, index: usize) -> Host {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut settings = String::new();
        for kind in ["ed25519", "ecdsa"] {
            let key = format!("host{index}_{kind}");
            self.make_key(&key, kind);
            settings += &format!("HostKey {}\n", self.path(&key).display());
        }
        settings += &format!("AuthorizedKeysFile {}\n", self.path("authorized_keys").display());
        settings += "ListenAddress 127.0.0.1\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n";
        settings +=
            "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n";
        let conf = self.path(&format!("sshd{index}.conf"));
        std::fs::write(&conf, settings).unwrap();
        let mut command = Command::new(SSHD);
        command.arg("-D").arg("-f").arg(&conf).arg("-p").arg(port.to_string()).arg("-E").arg(self.path("log"));
        let host = Host { sshd: command.stdin(Stdio::null()).spawn().unwrap(), port };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "sshd did not come up: {:?}", std::fs::read_to_string(self.path("log")));
            std::thread::sleep(Duration::from_millis(10));
        }
        self.know(index, port, "ed25519");
        host
    }

    /// Adds a host's key to known_hosts.
    fn know(&self, index: usize, port: u16, kind: &str) {
        let key = std::fs::read_to_string(self.path(&format!("host{index}_{kind}.pub"))).unwrap();
        let mut words = key.split_whitespace();
        let line = format!("[127.0.0.1]:{port} {} {}\n", words.next().unwrap(), words.next().unwrap());
        let known = std::fs::read_to_string(self.path("known_hosts")).unwrap_or_default();
        std::fs::write(self.path("known_hosts"), known + &line).unwrap();
    }

    fn targets(&self) -> Vec<Target> {
        let target = |host: &Host| Target { host: "127.0.0.1".into(), port: host.port, user: "root".into() };
        self.hosts.iter().map(target).collect()
    }

    fn options(&self) -> SshOptions {
        SshOptions {
            parallel: 4,
            known_hosts: vec![self.path("known_hosts")],
            identities: vec![self.path("user")],
            agent: false,
            ..SshOptions::for_home(self.dir.path(), PATIENCE)
        }
    }

    fn run(&self, command: &str, options: &SshOptions) -> Vec<Result<Finished, SshError>> {
        run(&self.targets(), command, options, |_, _| {})
    }
}

fn finished(stdout: &str, stderr: &str, status: Status) -> Result<Finished, SshError> {
    Ok(Finished { stdout: stdout.into(), stderr: stderr.into(), status })
}

#[test]
fn each_host_answers_for_itself_with_output_and_status() {
    let Some(lab) = Lab::new(3) else { return };
    let results = lab.run("echo out; echo err >&2; exit 7", &lab.options());
    assert_eq!(results, vec![finished("out\n", "err\n", Status::Code(7)); 3]);
    let killed = lab.run("kill -TERM $$", &lab.options());
    assert_eq!(killed[0], finished("", "", Status::Signal("TERM".into())));
}

#[test]
fn hosts_are_visited_at_the_same_time_but_not_all_of_them() {
    let Some(lab) = Lab::new(4) else { return };
    let before = Instant::now();
    lab.run("sleep 1", &lab.options());
    let together = before.elapsed();
    assert!(together < Duration::from_millis(3500), "one after the other: {together:?}");
    let before = Instant::now();
    lab.run("sleep 0.5", &SshOptions { parallel: 2, ..lab.options() });
    assert!(before.elapsed() >= Duration::from_secs(1), "more than two at a time");
}

#[test]
fn much_output_on_both_streams_does_not_hang() {
    let Some(lab) = Lab::new(1) else { return };
    let results = lab.run("head -c 5000000 /dev/zero >&2; head -c 3000000 /dev/zero; echo end", &lab.options());
    let finished = results[0].as_ref().unwrap();
    assert_eq!((finished.stdout.len(), finished.stderr.len()), (3_000_004, 5_000_000));
}

#[test]
fn a_command_that_does_not_end_is_given_up() {
    let Some(lab) = Lab::new(1) else { return };
    let before = Instant::now();
    let options = SshOptions { timeout: Duration::from_secs(2), ..lab.options() };
    let results = lab.run("sleep 30", &options);
    assert!(matches!(results[0], Err(SshError::Timeout { .. })), "{results:?}");
    assert!(before.elapsed() < Duration::from_secs(5));
}

#[test]
fn unknown_and_changed_host_keys_are_refused_before_anything_is_sent() {
    let Some(lab) = Lab::new(1) else { return };
    std::fs::write(lab.path("known_hosts"), "").unwrap();
    let error = lab.run("true", &lab.options())[0].clone().unwrap_err();
    let SshError::UnknownHost { key, .. } = &error else { panic!("{error}") };
    assert!(key.starts_with("SHA256:"), "{key}");
    let listing = Command::new("ssh-keygen").arg("-lf").arg(lab.path("host0_ed25519.pub")).output().unwrap();
    let ecdsa = Command::new("ssh-keygen").arg("-lf").arg(lab.path("host0_ecdsa.pub")).output().unwrap();
    let listed = String::from_utf8_lossy(&listing.stdout).into_owned() + &String::from_utf8_lossy(&ecdsa.stdout);
    assert!(listed.contains(key), "{key} is not in {listed}");
    assert!(error.hint().is_some());
    lab.make_key("other", "ed25519");
    std::fs::copy(lab.path("other.pub"), lab.path("host0_ed25519.pub")).unwrap();
    lab.know(0, lab.hosts[0].port, "ed25519");
    let error = lab.run("true", &lab.options())[0].clone().unwrap_err();
    assert!(matches!(error, SshError::HostKeyChanged { .. }), "{error}");
}

#[test]
fn any_kind_of_key_in_known_hosts_will_do() {
    let Some(lab) = Lab::new(1) else { return };
    std::fs::write(lab.path("known_hosts"), "").unwrap();
    lab.know(0, lab.hosts[0].port, "ecdsa");
    assert_eq!(lab.run("true", &lab.options())[0], finished("", "", Status::Code(0)));
}

#[test]
fn hashed_names_in_known_hosts_are_read() {
    let Some(lab) = Lab::new(1) else { return };
    let hashed = Command::new("ssh-keygen").arg("-q").arg("-H").arg("-f").arg(lab.path("known_hosts")).output();
    assert!(hashed.unwrap().status.success());
    assert!(std::fs::read_to_string(lab.path("known_hosts")).unwrap().starts_with("|1|"));
    assert_eq!(lab.run("true", &lab.options())[0], finished("", "", Status::Code(0)));
}

#[test]
fn without_an_accepted_key_nobody_is_let_in() {
    let Some(lab) = Lab::new(1) else { return };
    lab.make_key("wrong", "ed25519");
    let options = SshOptions { identities: vec![lab.path("wrong"), lab.path("missing")], ..lab.options() };
    let error = lab.run("true", &options)[0].clone().unwrap_err();
    let SshError::NotAuthorised { tried, .. } = &error else { panic!("{error}") };
    assert!(tried.contains("wrong") && !tried.contains("missing"), "{tried}");
    // The next ring is tried after the first has failed.
    let options = SshOptions { identities: vec![lab.path("wrong"), lab.path("user")], ..lab.options() };
    assert_eq!(lab.run("true", &options)[0], finished("", "", Status::Code(0)));
}

#[test]
fn nobody_listening_is_one_hosts_trouble_only() {
    let Some(lab) = Lab::new(1) else { return };
    let mut targets = lab.targets();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    targets.insert(0, Target { port: closed, ..targets[0].clone() });
    let mut heard = Vec::new();
    let results = run(&targets, "true", &lab.options(), |target, _| heard.push(target.port));
    assert!(matches!(results[0], Err(SshError::Unreachable { .. })));
    assert_eq!(results[1], finished("", "", Status::Code(0)));
    assert_eq!(heard.len(), 2);
}

#[test]
fn a_file_is_replaced_whole_with_its_mode_and_nothing_is_left_beside_it() {
    let Some(lab) = Lab::new(1) else { return };
    let away = lab.path("away");
    std::fs::create_dir(&away).unwrap();
    let path = away.join("it's a cib.xml");
    std::fs::write(&path, "old").unwrap();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|index| (index >> 3) as u8).collect();
    let placed = copy::put(&lab.targets(), &bytes, &path, 0o640, &lab.options(), |_, _| {});
    assert_eq!(placed, [Ok(())]);
    assert!(std::fs::read(&path).unwrap() == bytes);
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(std::fs::read_dir(&away).unwrap().count(), 1);
    let fetched = copy::get(&lab.targets(), &path, &lab.options(), |_, _| {});
    assert!(fetched[0].as_ref().unwrap() == &bytes);
    let missing = copy::get(&lab.targets(), &away.join("none"), &lab.options(), |_, _| {});
    assert!(matches!(&missing[0], Err(SshError::File { path, .. }) if path.ends_with("none")), "{missing:?}");
    // A place that cannot take it stays as it was.
    std::fs::create_dir(away.join("dir")).unwrap();
    let refused = copy::put(&lab.targets(), b"x", &away.join("dir"), 0o600, &lab.options(), |_, _| {});
    assert!(matches!(&refused[0], Err(SshError::File { .. })), "{refused:?}");
    assert_eq!(std::fs::read_dir(&away).unwrap().count(), 2);
}

/// The agent is found by the environment, which a test must not change for others: so this test
/// starts itself again, with an agent's address set.
#[test]
fn the_agents_keys_open_the_door() {
    const INNER: &str = "QUORATE_TEST_SSH_AGENT";
    if let Ok(place) = std::env::var(INNER) {
        let (dir, port) = place.rsplit_once(' ').unwrap();
        let target = Target { host: "127.0.0.1".into(), port: port.parse().unwrap(), user: "root".into() };
        let known_hosts = vec![Path::new(dir).join("known_hosts")];
        let plain = SshOptions::for_home(Path::new(dir), PATIENCE);
        let options = SshOptions { parallel: 1, known_hosts, identities: Vec::new(), ..plain };
        assert_eq!(run(&[target], "true", &options, |_, _| {})[0], finished("", "", Status::Code(0)));
        return;
    }
    let Some(lab) = Lab::new(1) else { return };
    let socket = lab.path("agent");
    let mut agent = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + PATIENCE;
    while !socket.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::fs::set_permissions(lab.path("user"), PermissionsExt::from_mode(0o600)).unwrap();
    let added = Command::new("ssh-add").arg("-q").arg(lab.path("user")).env("SSH_AUTH_SOCK", &socket).status();
    let place = format!("{} {}", lab.dir.path().display(), lab.hosts[0].port);
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "the_agents_keys_open_the_door"]).env(INNER, place).env("SSH_AUTH_SOCK", &socket);
    let outcome = again.output();
    let _ = agent.kill();
    let _ = agent.wait();
    assert!(added.unwrap().success());
    let outcome = outcome.unwrap();
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stdout));
}
