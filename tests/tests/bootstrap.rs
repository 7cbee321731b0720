//! From bare hosts to a cluster and back, on hosts with systemd and sshd: `crm cluster init`, `join`, `remove`,
//! and corosync.conf changed on all of them.

use quorate_tests::whole::WholeHosts;
use std::process::Output;

/// What a line printed, with its exit code.
fn tried(whole: &WholeHosts, name: &str, line: &str) -> (i32, String) {
    let Output { status, stdout, stderr } = whole.shell(name, line).expect("the host is on");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    (status.code().unwrap_or(-1), text)
}

/// All of these, and no other, are together, with quorum.
#[track_caller]
fn together(whole: &WholeHosts, names: &[&str]) {
    let online = format!("Online: [ {} ]", names.join(" "));
    for name in names {
        whole.wait(&format!("{name} to be with {names:?}"), |whole| {
            whole.says(name, "crm_mon -1").contains(&online)
                && whole.says(name, "corosync-quorumtool -s").contains("Quorate:          Yes")
        });
    }
    let listed = whole.must(names[0], "corosync-cmapctl | grep -c '^nodelist.node.*name'");
    assert_eq!(listed, names.len().to_string());
}

#[test]
fn three_bare_hosts_become_a_cluster_and_a_fourth_comes_and_goes() {
    let Some(whole) = WholeHosts::bare(4) else { return };
    // What Debian's package brings is no cluster.
    let debian = "totem {\n\tversion: 2\n\tcluster_name: debian\n}\nquorum {\n\tprovider: corosync_votequorum\n}\n\
                  nodelist {\n\tnode {\n\t\tname: node1\n\t\tnodeid: 1\n\t\tring0_addr: 127.0.0.1\n\t}\n}\n";
    whole.put("n2", "etc/corosync/corosync.conf", debian, 0o644);
    whole.must("n2", "systemctl start corosync");

    let (code, plan) = tried(&whole, "n1", "crm cluster init -n lab -N n2 -N n3 --dry-run");
    assert_eq!(code, 0, "{plan}");
    for words in ["cluster lab", "n3\n", "to do  restart corosync", "ring0_addr: 10.99.0.3"] {
        assert!(plan.contains(words), "{words}: {plan}");
    }
    assert!(!whole.succeeds("n1", "test -e /etc/corosync/corosync.conf"), "a dry run touches nothing");
    // Nobody is there to be asked.
    let (code, said) = tried(&whole, "n1", "crm cluster init -n lab -N n2 -N n3");
    assert!(code == 1 && said.contains("-y carries it out"), "{said}");

    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n lab -N n2 -N n3");
    assert_eq!(code, 0, "{said}\n{}", whole.log("n2"));
    together(&whole, &["n1", "n2", "n3"]);
    for name in ["n1", "n2", "n3"] {
        assert_eq!(whole.must(name, "stat -c %a,%s /etc/corosync/authkey"), "400,256");
        whole.must(name, "systemctl is-enabled corosync quorated");
    }
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n lab -N n2 -N n3");
    assert!(code == 0 && said.contains("nothing is to be done"), "{said}");

    fourth_comes_and_goes(&whole);
    links_and_files(&whole);
    services(&whole);
}

fn fourth_comes_and_goes(whole: &WholeHosts) {
    let before = whole.must("n1", "corosync-quorumtool -s | sed -n 's/^Ring ID: *//p'");
    let (code, said) = tried(whole, "n4", "crm cluster join -y -c n1");
    assert_eq!(code, 0, "{said}");
    together(whole, &["n1", "n2", "n3", "n4"]);
    assert_ne!(whole.must("n1", "corosync-quorumtool -s | sed -n 's/^Ring ID: *//p'"), before);
    let (code, said) = tried(whole, "n4", "crm cluster join -y -c n1");
    assert!(code == 0 && said.contains("nothing is to be done"), "{said}");
    let (code, said) = tried(whole, "n1", "crm cluster health");
    assert!(code == 0 && said.contains("n4: good"), "{said}");

    let (code, said) = tried(whole, "n1", "crm cluster remove -y n4");
    assert_eq!(code, 0, "{said}");
    together(whole, &["n1", "n2", "n3"]);
    assert!(!whole.succeeds("n4", "test -e /etc/corosync/corosync.conf -o -e /etc/corosync/authkey"));
    assert!(!whole.must("n1", "cibadmin -Q").contains("uname=\"n4\""), "its traces are gone");
    let (code, said) = tried(whole, "n1", "crm cluster remove -y n1");
    assert!(code == 1 && said.contains("from another node"), "{said}");
}

/// A link is added and removed while the cluster runs, and membership goes on.
fn links_and_files(whole: &WholeHosts) {
    for (name, number) in [("n1", 1), ("n2", 2), ("n3", 3)] {
        whole.must(name, &format!("ip addr add 10.98.0.{number}/24 dev e0"));
    }
    let ring = "corosync-quorumtool -s | sed -n 's/^Ring ID: *//p'";
    let before = whole.must("n1", ring);
    let (code, said) = tried(whole, "n1", "crm corosync link add n1=10.98.0.1 n2=10.98.0.2 n3=10.98.0.9");
    assert!(code == 1 && said.contains("n3 does not have the address 10.98.0.9"), "{said}");
    whole.must("n1", "crm corosync link add n1=10.98.0.1 n2=10.98.0.2 n3=10.98.0.3 options knet_link_priority=2");
    whole.wait("the second link", |whole| {
        let links = whole.says("n3", "corosync-cfgtool -s");
        links.contains("LINK ID 1") && links.matches("connected").count() == 4 && !links.contains("disconnected")
    });
    whole.must("n1", "crm corosync link update 1 options knet_link_priority=3");
    assert!(whole.must("n2", "crm corosync link show").contains("knet_link_priority = 3"));
    whole.must("n1", "crm corosync link remove 1");
    whole.wait("one link again", |whole| !whole.says("n3", "corosync-cfgtool -s").contains("LINK ID 1"));
    assert_eq!(whole.must("n1", ring), before, "membership goes on");

    whole.must("n1", "crm corosync set totem.token 4000");
    let (code, said) = tried(whole, "n1", "crm corosync diff");
    assert!(code == 1 && said.contains("-    token: 4000"), "{said}");
    whole.must("n1", "crm corosync push && crm corosync reload && crm corosync diff");
    whole.wait("the new token", |whole| whole.says("n3", "corosync-cmapctl -g totem.token").ends_with("= 4000"));
    whole.must("n2", "crm corosync set totem.token 3500");
    whole.must("n3", "crm corosync pull n2");
    assert_eq!(whole.must("n3", "crm corosync get totem.token"), "3500");
    let (code, said) = tried(whole, "n1", "crm corosync set quorum.expected_votes 9");
    assert!(code == 1 && said.contains("it would take the quorum away"), "{said}");
    what_one_host_does_not_take_is_put_nowhere(whole);
    whole.must("n1", "crm corosync push");

    whole.put("n1", "etc/motd", "of n1\n", 0o644);
    assert_eq!(tried(whole, "n1", "crm cluster diff /etc/motd n2").0, 1);
    whole.must("n1", "crm cluster copy /etc/motd && crm cluster diff --checksum /etc/motd");
    let (code, said) = tried(whole, "n1", "crm cluster run 'uname -n'");
    assert!(code == 0 && said.contains("--- n3 ---\nn3"), "{said}");
}

fn what_one_host_does_not_take_is_put_nowhere(whole: &WholeHosts) {
    whole.must("n3", "mount --bind /bin/false /usr/sbin/corosync");
    whole.must("n1", "crm corosync set totem.token 4500");
    let (code, said) = tried(whole, "n1", "crm corosync push");
    assert!(code == 1 && said.contains("could not be put on n3") && said.contains("changed nowhere"), "{said}");
    assert_eq!(whole.must("n2", "crm corosync get totem.token"), "3500");
    assert_eq!(whole.must("n2", "ls -A /etc/corosync | grep -c new || true"), "0");
    whole.must("n3", "umount /usr/sbin/corosync");
}

fn services(whole: &WholeHosts) {
    whole.must("n1", "crm cluster rename web");
    assert_eq!(whole.must("n3", "crm corosync get totem.cluster_name"), "web");
    whole.must("n1", "crm cluster disable --now n3");
    assert!(
        !whole.succeeds("n3", "systemctl is-active corosync") && !whole.succeeds("n3", "systemctl is-enabled corosync")
    );
    let (code, said) = tried(whole, "n1", "crm cluster health");
    assert!(code == 1 && said.contains("n3: corosync does not run; quorated does not run"), "{said}");
    whole.must("n1", "crm cluster enable --all && crm cluster restart --all");
    whole.must("n1", "crm cluster wait_for_startup 60");
    together(whole, &["n1", "n2", "n3"]);
    assert_eq!(whole.must("n2", "corosync-cmapctl -g totem.cluster_name"), "totem.cluster_name (str) = web");
}

#[test]
fn a_host_that_is_off_is_left_out_and_comes_later() {
    let Some(mut whole) = WholeHosts::bare(3) else { return };
    whole.kill("n3");
    // Whenever a run is killed, the next one goes on.
    for seconds in ["1", "3", "5", "7", "9"] {
        tried(&whole, "n1", &format!("timeout -s KILL {seconds} crm cluster init -y -n lab -N n2"));
    }
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n lab -N n2 -N n3");
    assert!(code == 1 && said.contains("n3 is left out: "), "{said}");
    together(&whole, &["n1", "n2"]);
    whole.boot("n3");
    whole.wait("its sshd", |whole| whole.succeeds("n1", "ssh n3 true"));
    // Somebody else's key, and another cluster.
    whole.must("n3", "mv /root/.ssh/authorized_keys /root/.ssh/kept");
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n lab -N n2 -N n3");
    assert!(code == 1 && said.contains("root@n3 accepts none of our keys") && said.contains("ssh-copy-id"), "{said}");
    whole.must("n3", "mv /root/.ssh/kept /root/.ssh/authorized_keys");
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n web -N n2");
    assert!(code == 1 && said.contains("n1 is in a cluster already: lab of n1, n2"), "{said}");
    let (code, said) = tried(&whole, "n1", "crm cluster init -y -n lab -N n2 --enable-sbd");
    assert!(code == 1 && said.contains("`--enable-sbd` of `init` is not supported yet"), "{said}");
    let (code, said) = tried(&whole, "n3", "crm cluster join -y -c n1");
    assert_eq!(code, 0, "{said}");
    together(&whole, &["n1", "n2", "n3"]);
    // A dead node is forgotten by the others.
    whole.kill("n3");
    whole.wait("its loss", |whole| !whole.says("n1", "crm_mon -1").contains("Online: [ n1 n2 n3 ]"));
    let (code, said) = tried(&whole, "n1", "crm cluster remove -y n3");
    assert!(code == 1 && said.contains("n3 could not be reached"), "{said}");
    together(&whole, &["n1", "n2"]);
}
