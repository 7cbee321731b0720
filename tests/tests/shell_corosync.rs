//! `crm corosync`: corosync.conf shown and changed, with Corosync itself as the judge.

use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};
use std::fs;

const CONF: &str = "# ours
totem {
  version: 2
  cluster_name: lab
  token: 3000\t
  transport: knet
  crypto_cipher: none
  crypto_hash: none
}

nodelist {
  node {
    ring0_addr: 127.0.0.1
    name: n1
    nodeid: 1
  }
  node {
    # the second
    ring0_addr: 127.0.0.2
    name: n2
    nodeid: 2
  }
  node {
    ring0_addr: 127.0.0.3
    name: n3
    nodeid: 3
  }
}
quorum {
  provider: corosync_votequorum
  our_own_key: kept
}
";

struct File {
    bench: Bench,
}

impl File {
    /// `None`, which is said, without Corosync.
    #[track_caller]
    fn new(text: &str) -> Option<File> {
        let file = File { bench: Bench::default() };
        file.bench.write("corosync.conf", text);
        needs::files(&["/usr/sbin/corosync"]).then_some(file)
    }

    fn crm(&self, words: &str) -> Answer {
        let mut command = self.bench.command();
        command.env("COROSYNC_MAIN_CONFIG_FILE", self.bench.path("corosync.conf"));
        let output = command.arg("corosync").args(words.split_whitespace()).output().expect("crm");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Answer { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.bench.path("corosync.conf")).expect("the file")
    }
}

#[test]
fn a_change_leaves_every_other_byte() {
    let added = "    nodeid: 3\n  }\n  node {\n    name: n4\n    nodeid: 4\n    ring0_addr: 127.0.0.4\n  }\n";
    let cases = [
        ("set totem.token 5000", "token: 3000\t", "token: 5000"),
        ("set nodelist.node.ring0_addr 127.0.0.9 1", "127.0.0.2", "127.0.0.9"),
        ("set totem.consensus 7000", "crypto_hash: none\n", "crypto_hash: none\n  consensus: 7000\n"),
        ("set quorum.device.model net", "kept\n", "kept\n  device {\n    model: net\n  }\n"),
        ("add-node 127.0.0.4 n4", "    nodeid: 3\n  }\n", added),
        ("del-node n3", "  node {\n    ring0_addr: 127.0.0.3\n    name: n3\n    nodeid: 3\n  }\n", ""),
    ];
    for (words, old, new) in cases {
        let Some(file) = File::new(CONF) else { return };
        let answer = file.crm(words);
        let mut expected = CONF.replace(old, new);
        if words.starts_with("del-node") {
            expected = expected.replace("kept\n", "kept\n  two_node: 1\n");
        }
        // A quorum device wants a host, which Corosync itself does not check.
        assert_eq!((answer.code, file.text()), (0, expected), "{words}: {}", answer.err);
        assert!(answer.err.contains("`corosync push` and `corosync reload` put it in force"), "{}", answer.err);
    }
}

#[test]
fn what_is_there_is_shown() {
    let Some(file) = File::new(CONF) else { return };
    assert_eq!(file.crm("show").out, CONF);
    assert_eq!(file.crm("get nodelist.node.ring0_addr").out, "127.0.0.1\n127.0.0.2\n127.0.0.3\n");
    let answer = file.crm("get totem.nothing");
    assert!(answer.code == 1 && answer.err.contains("there is no `totem.nothing`"), "{}", answer.err);
    assert_eq!(file.crm("link show").out, "link 0 (knet)\n  n1: 127.0.0.1\n  n2: 127.0.0.2\n  n3: 127.0.0.3\n");
    let answer = file.crm("set totem.token 3000");
    assert!(answer.code == 0 && answer.err.contains("nothing is changed by that"), "{}", answer.err);
    assert_eq!(file.text(), CONF);
}

#[test]
fn what_is_wrong_is_refused_at_its_place_and_nothing_is_changed() {
    let cases = [
        ("set totem.version x", 2, "corosync.conf:3:3: error: Value of key \"totem.version\""),
        ("set token 1", 2, "`token` is no path"),
        ("set nodelist.node.name x 7", 1, "there is no place 7"),
        ("set totem.token {", 1, "cannot be a value"),
        (
            "set quorum.expected_votes 9",
            1,
            "it would take the quorum away: 3 of 9 votes are here, and 5 are needed then",
        ),
        ("add-node 127.0.0.3 n4", 1, "address 127.0.0.3 is listed already, for n3 (line 23)"),
        ("add-node 127.0.0.4 n3", 1, "node name `n3` is listed already"),
        ("del-node n9", 1, "there is no node `n9` in the list"),
        ("link remove 0", 1, "link 0 is the only one"),
        ("link add n1=127.0.1.1 n2=127.0.1.2", 1, "node n3 has no address on link 1"),
        ("link update 4 options mcastport=5407", 1, "there is no link 4"),
        ("link add n1", 2, "`n1` is not NAME=VALUE"),
        ("log", 1, "names no logging.logfile"),
    ];
    let Some(file) = File::new(CONF) else { return };
    for (words, code, said) in cases {
        let answer = file.crm(words);
        assert!(answer.code == code && answer.err.contains(said), "{words}: {} {}", answer.code, answer.err);
        assert_eq!(file.text(), CONF, "{words}");
    }
    let answer = file.crm("set --force quorum.expected_votes 9");
    assert!(answer.code == 0 && file.text().ends_with("  expected_votes: 9\n}\n"), "{}", answer.err);
}

#[test]
fn a_file_that_cannot_be_read_is_shown_where_it_ends() {
    let Some(file) = File::new("totem {\n  version: 2\n  quorum\n}\n") else { return };
    let answer = file.crm("get totem.version");
    assert_eq!(answer.code, 2);
    assert!(
        answer.err.contains("corosync.conf:3:3: error: `quorum` is neither a section nor `key: value`"),
        "{}",
        answer.err
    );
    fs::remove_file(file.bench.path("corosync.conf")).expect("it was there");
    let answer = file.crm("show");
    assert!(answer.code == 1 && answer.err.contains("`cluster init` makes a cluster"), "{}", answer.err);
}

#[test]
fn an_editor_works_on_a_copy() {
    let Some(file) = File::new(CONF) else { return };
    let edit = |script: &str| {
        let mut command = file.bench.command();
        command.env("COROSYNC_MAIN_CONFIG_FILE", file.bench.path("corosync.conf")).env("EDITOR", script);
        command.args(["corosync", "edit"]).output().expect("crm")
    };
    let output = edit("sed -i s/3000/4000/");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(file.text(), CONF.replace("3000", "4000"));
    let output = edit("sed -i s/version:.2/version:/");
    assert!(!output.status.success());
    assert_eq!(file.text(), CONF.replace("3000", "4000"));
}
