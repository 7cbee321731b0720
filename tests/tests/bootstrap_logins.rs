//! Bare hosts that let nobody's key in become a cluster: by passwords, by `sudo`, and keys that are copied if that is
//! wanted. And a dead host whose place a blank one takes.

use quorate_tests::whole::WholeHosts;

const PASSWORD: &str = "of n1's friends";

/// Whether a line succeeds, and what it says.
fn tried(whole: &WholeHosts, name: &str, line: &str) -> (i32, String) {
    let output = whole.shell(name, line).expect("the host is on");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), text)
}

#[track_caller]
fn together(whole: &WholeHosts, names: &[&str]) {
    let online = format!("Online: [ {} ]", names.join(" "));
    for name in names {
        whole.wait(&format!("{name} to be with {names:?}"), |whole| whole.says(name, "crm_mon -1").contains(&online));
    }
}

/// Takes n1's key from it, and gives root of the others, and a friend who may use sudo, a password.
fn keyless(whole: &WholeHosts, others: &[&str]) {
    whole.must("n1", "rm -f /root/.ssh/id_*");
    whole.put("n1", "root/password", &format!("{PASSWORD}\n"), 0o600);
    for name in others {
        whole.put(name, "etc/ssh/sshd_config.d/lab.conf", "PermitRootLogin yes\nPasswordAuthentication yes\n", 0o600);
        whole.put(name, "etc/sudoers.d/friend", "friend ALL=(ALL) ALL\n", 0o440);
        whole.must(name, "useradd -m -s /bin/sh friend; rm -f /root/.ssh/authorized_keys; systemctl restart ssh");
        whole.must(name, &format!("printf \"root:%s\\nfriend:%s\\n\" \"{PASSWORD}\" \"{PASSWORD}\" | chpasswd"));
    }
}

/// A person at a terminal: waits for each question, and answers it.
fn at_terminal(line: &str, questions: &[&str]) -> String {
    let answer = |question: &&str| {
        format!("until grep -qF '{question}' /tmp/screen; do sleep 0.2; done; sleep 0.5; cat /root/password; ")
    };
    let answers: String = questions.iter().map(answer).collect();
    format!(": >/tmp/screen; {{ {answers} }} | script -qefc '{line}' /tmp/screen")
}

#[test]
fn a_password_is_asked_for_once_a_host_and_keys_come_only_if_wanted() {
    let Some(whole) = WholeHosts::bare(3) else { return };
    keyless(&whole, &["n2", "n3"]);
    let init = "crm cluster init -y -n lab -N n2 -N friend@n3";
    let (code, said) = tried(&whole, "n1", init);
    assert!(code == 1 && said.contains("root@n2 accepts none of our keys"), "nobody is there to be asked: {said}");
    whole.put("n1", "root/wrong", "wrong\n", 0o600);
    let (code, said) = tried(&whole, "n1", &format!("{init} --password-file /root/wrong"));
    assert!(code == 1 && said.contains("password: Authentication failed") && !said.contains(": wrong"), "{said}");

    let questions = ["password of root@n2: ", "password of friend@n3: "];
    let (_, said) = tried(&whole, "n1", &at_terminal(&format!("{init} --dry-run"), &questions));
    assert!(questions.iter().all(|question| said.contains(question)), "{said}");
    assert!(!said.contains(PASSWORD) && said.contains("cluster lab"), "{said}");

    let (code, said) = tried(&whole, "n1", &format!("{init} --password-file /root/password --copy-key -A 10.99.0.77"));
    assert_eq!(code, 0, "{said}");
    together(&whole, &["n1", "n2", "n3"]);
    // n3's files are root's, though a friend logged in; the key is the friend's.
    assert_eq!(whole.must("n3", "stat -c %U,%a /etc/corosync/authkey"), "root,400");
    assert_eq!(whole.must("n3", "stat -c %U,%a /home/friend/.ssh/authorized_keys"), "friend,600");
    assert!(!whole.succeeds("n3", "ls /tmp/.authkey* /root/.ssh/authorized_keys"), "nothing is left lying about");
    whole.must("n1", "ssh -o BatchMode=yes n2 true && ssh -o BatchMode=yes friend@n3 true");
    whole.must("n1", "crm configure property stonith-enabled=false");
    whole.wait("the cluster's address", |whole| {
        whole.says("n1", "crm_mon -1").contains("admin-ip\t(ocf:heartbeat:IPaddr2):\t Started")
    });
    let (code, said) = tried(&whole, "n1", &format!("{init} --password-file /root/password -A 10.99.0.77"));
    assert!(code == 0 && said.contains("nothing is to be done"), "{said}");
}

/// The sequence that README has: a dead host's traces go, the blank one is made known to ssh, and comes in.
#[test]
fn a_blank_host_takes_a_dead_ones_place_over_ipv6() {
    let Some(mut whole) = WholeHosts::bare(3) else { return };
    for (name, number) in [("n1", 1), ("n2", 2), ("n3", 3)] {
        whole.must(name, &format!("ip addr add fd00::{number}/64 dev e0 nodad"));
    }
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n lab -I -N n2 -N n3");
    assert_eq!(code, 0, "{said}");
    together(&whole, &["n1", "n2", "n3"]);
    assert_eq!(whole.must("n2", "crm corosync get nodelist.node.ring0_addr"), "fd00::1\nfd00::2\nfd00::3");
    whole.must("n1", "crm configure property stonith-enabled=false");
    whole.must("n1", "crm configure primitive p ocf:heartbeat:Dummy");
    whole.must("n1", "crm configure location l p 100: n3");
    whole.must("n1", "crm configure primitive other stonith:fence_dummy params pcmk_host_list=n3");
    whole.must("n1", "crm -F configure fencing_topology n3: other");
    whole.must("n1", "crm node attribute n3 set rack b && crm_attribute -N n3 -n seen -v yes -l reboot");
    whole.wait("n3 to run it", |whole| whole.says("n1", "crm_mon -1").contains("Started n3"));

    whole.kill("n3");
    whole.wait("another to run it", |whole| whole.says("n1", "crm_mon -1 | grep 'Dummy.*Started n[12]'").contains("p"));
    tried(&whole, "n1", "crm cluster remove -y n3");
    together(&whole, &["n1", "n2"]);
    let left = whole.must("n1", "cibadmin -Q | grep n3; grep n3 /etc/corosync/corosync.conf; true");
    let left: Vec<&str> =
        left.lines().filter(|line| !line.contains("pcmk_host_list") && !line.contains("rsc_location")).collect();
    assert!(left.is_empty(), "what was written for whoever is n3 stays, nothing else: {left:?}");

    for place in ["etc/corosync/corosync.conf", "etc/corosync/authkey", "root/.ssh/id_ed25519"] {
        let _ = std::fs::remove_file(whole.root("n3").join(place));
    }
    whole.boot("n3");
    whole.must(
        "n3",
        "systemctl stop quorated corosync; rm -rf /var/lib/pacemaker/*/* /var/lib/corosync/* /etc/ssh/ssh_host_*; \
         ssh-keygen -A; systemctl restart ssh",
    );
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -N n3");
    assert!(code == 1 && said.contains("the host key of n3 is not the known one"), "{said}");
    whole.must("n1", "ssh-keygen -R n3 && ssh -o StrictHostKeyChecking=accept-new n3 true");
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -N n3");
    assert_eq!(code, 0, "{said}");
    together(&whole, &["n1", "n2", "n3"]);
}

/// Two nodes and a host that decides between them: whichever half it sees goes on.
#[test]
fn two_nodes_ask_a_third_host_for_its_vote() {
    let Some(mut whole) = WholeHosts::bare(3) else { return };
    let init = "crm cluster init -y -n lab -N n2 --qnetd-hostname n3";
    let (code, said) = tried(&whole, "n1", init);
    assert!(code == 1 && said.contains("--qdevice-tls off does without"), "{said}");
    let init = format!("{init} --qdevice-tls off --qdevice-tie-breaker highest");
    let (code, said) = tried(&whole, "n1", &format!("{init} -N n3"));
    assert!(code == 1 && said.contains("n3 is to be the quorum device, and a node"), "{said}");
    let (code, said) = tried(&whole, "n1", &init);
    assert_eq!(code, 0, "{said}");
    together(&whole, &["n1", "n2"]);
    whole.wait("the third vote", |whole| whole.says("n1", "corosync-quorumtool -s").contains("Total votes:      3"));
    let (code, said) = tried(&whole, "n1", &init);
    assert!(code == 0 && said.contains("nothing is to be done"), "{said}");
    whole.kill("n1");
    whole.wait("n2 to go on with the device's vote", |whole| {
        let told = whole.says("n2", "corosync-quorumtool -s");
        told.contains("Quorate:          Yes") && told.contains("Total votes:      2")
    });
}
