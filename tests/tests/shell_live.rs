//! The shell and a real daemon: commits, transient attributes, failures, hosts.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::Lab;
use quorate_tests::needs;
use quorate_tests::shell::Answer;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn crm(lab: &Lab, words: &[&str]) -> Answer {
    let words: Vec<&str> = std::iter::once("crm").chain(words.iter().copied()).collect();
    let output = lab.tool("n1", &words).output().unwrap();
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[track_caller]
fn ok(lab: &Lab, words: &[&str]) -> String {
    let answer = crm(lab, words);
    assert_eq!(answer.code, 0, "{words:?}: {}{}", answer.out, answer.err);
    answer.out
}

#[test]
fn a_person_works_on_a_running_cluster() {
    let lab = Lab::started(1);
    let batch = lab.directory().join("batch.crm");
    let text =
        "configure\nproperty stonith-enabled=false\nprimitive d ocf:quorate:Dummy op monitor interval=1s\ncommit\n";
    std::fs::write(&batch, text).unwrap();
    ok(&lab, &["-w", "-f", &batch.to_string_lossy()]);
    lab.wait("d to run", |lab| crm(lab, &["resource", "locate", "d"]).out == "resource d is running on: n1\n");
    assert!(ok(&lab, &["resource", "status"]).contains("* d\t(ocf:quorate:Dummy):\t Started\n"));

    let status = ok(&lab, &["status"]);
    assert!(status.contains("Online: [ n1 ]") && status.contains("1 resource instance configured"), "{status}");
    let status = ok(&lab, &["cluster", "status"]);
    assert!(status.contains("members:  n1\nquorum:   yes\nleader:   n1\n"), "{status}");

    let running = crm(&lab, &["configure", "delete", "d"]);
    assert!(running.code == 1 && running.err.contains("`d` is running"), "{}", running.err);

    // With --force it is stopped first; what does not stop is not deleted.
    ok(&lab, &["configure", "primitive", "e", "ocf:quorate:Dummy", "meta", "is-managed=true"]);
    lab.wait("e to run", |lab| crm(lab, &["resource", "locate", "e"]).out == "resource e is running on: n1\n");
    ok(&lab, &["-w", "resource", "unmanage", "e"]);
    let stays = crm(&lab, &["configure", "delete", "--force", "e"]);
    assert!(stays.code == 1 && stays.err.contains("`e` does not stop"), "{}", stays.err);
    assert!(ok(&lab, &["configure", "show", "e"]).contains("target-role=Stopped"));
    ok(&lab, &["resource", "manage", "e"]);
    ok(&lab, &["-w", "resource", "start", "e"]);
    let gone = crm(&lab, &["configure", "delete", "--force", "e"]);
    assert!(gone.code == 0 && gone.err.contains("stopping e"), "{}", gone.err);
    assert!(!ok(&lab, &["configure", "show"]).contains("primitive e"));
    assert!(!ok(&lab, &["resource", "status"]).contains("* e"));

    ok(&lab, &["node", "status-attr", "n1", "set", "pingd", "100"]);
    assert_eq!(ok(&lab, &["node", "status-attr", "n1", "show", "pingd"]), "scope=status  name=pingd value=100\n");
    ok(&lab, &["node", "status-attr", "n1", "delete", "pingd"]);
    assert_eq!(crm(&lab, &["node", "status-attr", "n1", "show", "pingd"]).code, 1);

    ok(&lab, &["node", "status-attr", "n1", "set", "fail-count-d#monitor_1000", "1"]);
    ok(&lab, &["resource", "failcount", "d", "set", "n1", "3"]);
    assert_eq!(ok(&lab, &["resource", "failcount", "d", "show", "n1"]), "scope=status  name=fail-count-d value=3\n");
    ok(&lab, &["resource", "failcount", "d", "delete", "n1"]);
    assert_eq!(ok(&lab, &["resource", "failcount", "d", "show", "n1"]), "scope=status  name=fail-count-d value=0\n");

    let preview = ok(&lab, &["resource", "stop", "d", "--preview"]);
    assert!(preview.contains("Stop") && preview.contains("d"), "{preview}");
    ok(&lab, &["-w", "resource", "stop", "d"]);
    lab.wait("d to stop", |lab| crm(lab, &["resource", "locate", "d"]).err == "resource d is NOT running\n");
    ok(&lab, &["configure", "delete", "d"]);
    assert!(!ok(&lab, &["configure", "show"]).contains("primitive"));
}

#[test]
fn writers_of_a_live_configuration_lose_nothing_and_conflicts_stop() {
    let lab = Lab::started(1);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let lab = &lab;
            scope.spawn(move || {
                for round in 0..5 {
                    ok(lab, &["configure", "property", &format!("w{writer}r{round}=1")]);
                }
            });
        }
    });
    let text = ok(&lab, &["configure", "show"]);
    assert_eq!(
        (0..4)
            .flat_map(|w| (0..5).map(move |r| format!("w{w}r{r}=1")))
            .filter(|pair| !text.contains(pair.as_str()))
            .count(),
        0,
        "{text}"
    );

    ok(&lab, &["cib", "new", "plan"]);
    ok(&lab, &["-c", "plan", "configure", "property", "w0r0=mine"]);
    ok(&lab, &["configure", "property", "w0r0=theirs"]);
    let conflict = crm(&lab, &["cib", "commit", "plan"]);
    assert_eq!(conflict.code, 4);
    for side in ["was:    `1`", "theirs: `theirs`", "mine:   `mine`"] {
        assert!(conflict.err.contains(side), "{}", conflict.err);
    }
}

#[test]
fn without_a_daemon_there_is_an_answer() {
    let lab = Lab::new(1);
    let answer = crm(&lab, &["configure", "show"]);
    assert_eq!(answer.code, 1);
    assert!(answer.err.contains("not running on this node") && answer.err.contains("CIB_file"), "{}", answer.err);
}

// ---- hosts -----------------------------------------------------------------------------------------

const SSHD: &str = "/usr/sbin/sshd";

struct Sshd {
    process: Child,
    port: u16,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(path).status();
    assert!(made.unwrap().success());
}

/// An sshd that takes the key in `home`, and is known there.
fn sshd(home: &Path) -> Sshd {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let key = home.join(format!("host{port}"));
    make_key(&key);
    let settings = format!(
        "HostKey {}\nAuthorizedKeysFile {}\nListenAddress 127.0.0.1\nPidFile none\nUsePAM no\nStrictModes no\n\
         PasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n",
        key.display(),
        home.join(".ssh/id_ed25519.pub").display()
    );
    let file = home.join(format!("sshd{port}.conf"));
    std::fs::write(&file, settings).unwrap();
    let mut command = Command::new(SSHD);
    command.arg("-D").arg("-f").arg(&file).arg("-p").arg(port.to_string()).stdin(Stdio::null()).stderr(Stdio::null());
    let host = Sshd { process: command.spawn().unwrap(), port };
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "sshd did not come up");
        std::thread::sleep(Duration::from_millis(10));
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let words: Vec<&str> = public.split_whitespace().take(2).collect();
    let known = home.join(".ssh/known_hosts");
    let before = std::fs::read_to_string(&known).unwrap_or_default();
    std::fs::write(&known, format!("{before}[127.0.0.1]:{port} {}\n", words.join(" "))).unwrap();
    host
}

#[test]
fn resources_are_tried_out_on_other_hosts_by_ssh() {
    if !needs::root() || !needs::files(&[SSHD, "/usr/lib/ocf/resource.d/heartbeat/Dummy"]) {
        return;
    }
    let _ = std::fs::DirBuilder::new().mode(0o755).create("/run/sshd");
    let bench = quorate_tests::shell::Bench::default();
    let home = bench.path("");
    std::fs::create_dir(home.join(".ssh")).unwrap();
    make_key(&home.join(".ssh/id_ed25519"));
    let host = sshd(&home);
    let name = format!("127.0.0.1:{}", host.port);
    let nodes = format!("<nodes><node id=\"1\" uname=\"{name}\"/></nodes>");
    bench.write("cib.xml", &bench.cib().replace("<nodes/>", &nodes));
    let file = bench.path("o'clock.state").display().to_string();
    bench.load(&format!("primitive tried Dummy params state=\"{file}\""));
    let tried = bench.crm(&["configure", "rsctest", "tried"]);
    assert_eq!(tried.code, 0, "{}", tried.err);
    let said: Vec<&str> = tried.out.lines().map(|line| line.rsplit_once(" (").unwrap().0).collect();
    let expected = ["probe: not running (exit code 7)", "start: ok", "monitor: ok", "stop: ok"];
    let expected: Vec<String> =
        expected.iter().chain(&expected[..1]).map(|one| format!("{name}: tried {one}")).collect();
    assert_eq!(said, expected);
    std::fs::write(&file, "").unwrap();
    let runs = bench.crm(&["configure", "rsctest", "tried", &name]);
    assert!(runs.code == 1 && runs.err.contains(&format!("{name}: tried probe: ok")), "{}", runs.err);
    drop(host);
    let gone = bench.crm(&["configure", "rsctest", "tried"]);
    assert!(gone.code == 1 && gone.err.contains("cannot reach 127.0.0.1"), "{}", gone.err);
}

#[test]
fn commands_run_and_files_go_to_all_hosts() {
    if !needs::root() || !needs::files(&[SSHD]) {
        return;
    }
    // sshd insists on it, and uses it for nothing with our settings.
    let _ = std::fs::DirBuilder::new().mode(0o755).create("/run/sshd");
    let bench = quorate_tests::shell::Bench::with("node n1");
    let home = bench.path("");
    std::fs::create_dir(home.join(".ssh")).unwrap();
    make_key(&home.join(".ssh/id_ed25519"));
    let hosts = [sshd(&home), sshd(&home)];
    let names: Vec<String> = hosts.iter().map(|host| format!("127.0.0.1:{}", host.port)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();

    let said = bench.crm(&[&["cluster", "run", "echo hello; echo oops >&2"], &names[..]].concat());
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "--- 127.0.0.1 ---\nhello\noops\n--- 127.0.0.1 ---\nhello\noops\n"),
        "{}",
        said.err
    );
    let failed = bench.crm(&["cluster", "run", "exit 3", names[0]]);
    assert!(
        failed.code == 1 && failed.out.contains("(exit code 3)") && failed.err.contains("failed on 127.0.0.1"),
        "{}",
        failed.err
    );

    let file = bench.write("motd", "one\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let copied = bench.crm(&["cluster", "copy", &file, names[0]]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\n");

    std::fs::remove_file(home.join(".ssh/known_hosts")).unwrap();
    let unknown = bench.crm(&["cluster", "run", "true", names[0]]);
    assert!(unknown.code == 1 && unknown.err.contains("host key of 127.0.0.1 is not known"), "{}", unknown.err);
}
