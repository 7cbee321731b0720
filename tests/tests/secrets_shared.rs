//! cibsecret brings values to the other nodes over ssh, and takes them away there.

use quorate_tests::clients::Clients;
use quorate_tests::needs;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAMS: [&str; 2] = ["/usr/sbin/sshd", "/usr/bin/ssh-keygen"];

fn key(path: &Path) {
    let made = Command::new(PROGRAMS[1]).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
    assert!(made.is_ok_and(|status| status.success()), "a key");
}

/// Every host takes root's key, and root knows every host's.
fn open(clients: &Clients) {
    let lab = &clients.hosts.lab;
    let place = lab.directory().join("ssh");
    fs::create_dir_all(&place).expect("a directory");
    let (host, person) = (place.join("host"), place.join("id_ed25519"));
    [&host, &person].into_iter().for_each(|path| key(path));
    let config = place.join("sshd_config");
    let text = format!(
        "Port 22\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n\
         PermitRootLogin yes\nSubsystem sftp internal-sftp\n",
        host.display(),
        person.with_extension("pub").display()
    );
    fs::write(&config, text).expect("a configuration");
    let public = fs::read_to_string(host.with_extension("pub")).expect("a key");
    for name in lab.names() {
        let line = format!("mkdir -p /run/sshd && exec {} -f {}", PROGRAMS[0], config.display());
        let started = clients.hosts.command(&name, "/bin/sh").args(["-c", &line]).status();
        assert!(started.is_ok_and(|status| status.success()), "sshd of {name}");
        let home = lab.root(&name).join("home/.ssh");
        fs::create_dir_all(&home).expect("a directory");
        fs::write(home.join("known_hosts"), ["n1", "n2", "n3"].map(|name| format!("{name} {public}")).concat())
            .expect("known hosts");
        fs::copy(&person, home.join("id_ed25519")).expect("a key");
    }
}

fn kept(clients: &Clients, node: &str) -> PathBuf {
    clients.hosts.lab.root(node).join("var/lib/pacemaker/lrm/secrets/d/passwd")
}

#[test]
fn a_secret_is_on_all_nodes_that_are_there() {
    if !needs::files(&PROGRAMS) {
        return;
    }
    let Some(mut clients) = Clients::new("/usr/sbin/cibadmin") else { return };
    open(&clients);
    clients.story(&[
        (
            "cibadmin -C -o resources -X '<primitive id=\"d\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>'",
            0,
            "",
        ),
        ("cibsecret set d passwd hidden", 0, ""),
        ("cibsecret get d passwd", 0, "hidden"),
        ("crm_resource -r d -g passwd", 0, "lrm://"),
    ]);
    for node in ["n1", "n2", "n3"] {
        assert_eq!(fs::read_to_string(kept(&clients, node)).expect("a secret").trim_end(), "hidden", "{node}");
    }
    // One that is away is told, and gets it later.
    clients.hosts.kill("n3");
    clients.hosts.lab.wait("n3 to be away", |lab| lab.status("n1").is_some_and(|status| status.members.len() == 2));
    clients.story(&[
        ("cibsecret set d passwd changed", 0, "not online: n3"),
        ("cibsecret sync", 0, "not online: n3"),
        ("cibsecret check d passwd", 0, ""),
    ]);
    assert_eq!(fs::read_to_string(kept(&clients, "n2")).expect("a secret").trim_end(), "changed");
    assert_eq!(fs::read_to_string(kept(&clients, "n3")).expect("a secret").trim_end(), "hidden");
    clients.story(&[("cibsecret delete d passwd", 0, ""), ("crm_resource -r d -g passwd", 0, "not found")]);
    assert!(!kept(&clients, "n1").exists() && !kept(&clients, "n2").exists());
}
