//! Access lists: users of group haclient see and change what their roles allow, others nothing.

use quorate_tests::lab::Lab;
use quorate_tests::lab::program;
use quorate_tests::needs;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

/// Accounts that the machine has, as members of the group for as long as a test asks for it.
const SETPRIV: &str = "/usr/bin/setpriv";

struct Person<'l> {
    lab: &'l Lab,
    user: &'static str,
    groups: &'static str,
}

impl Person<'_> {
    fn run(&self, words: &[&str]) -> Output {
        let home = self.lab.directory().join(self.user);
        let mut command = Command::new(SETPRIV);
        command.arg(format!("--reuid={}", self.user)).arg(format!("--regid={}", self.groups)).arg("--clear-groups");
        command.arg(program("quorate")).args(words);
        command.env("QUORATE_ROOT", self.lab.root("n1")).env("HOME", home).env_remove("CIB_file");
        command.stdin(Stdio::null()).output().expect("a tool")
    }

    fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

#[test]
fn roles_decide_for_members_of_haclient_and_nobody_else_is_let_in() {
    let has_group = fs::read_to_string("/etc/group").is_ok_and(|text| text.contains("\nhaclient:"));
    if !needs::root() || !needs::files(&[SETPRIV]) || !has_group {
        if !has_group {
            needs::cannot_run("there is no group haclient");
        }
        return;
    }
    let lab = Lab::started(1);
    fs::set_permissions(lab.directory(), fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::create_dir(lab.directory().join("games")).expect("a home");
    lab.load(
        "n1",
        "property fencing-enabled=false dc-deadtime=1s\n\
         primitive p ocf:quorate:Dummy params fake=hidden meta target-role=Started\n\
         primitive q ocf:quorate:Dummy\n\
         role operator read xpath:\"/cib\" deny xpath:\"//nvpair[@name='fake']\" \
         write xpath:\"//meta_attributes\"\n\
         acl_target games operator",
    );
    let stranger = Person { lab: &lab, user: "games", groups: "games" };
    assert!(stranger.says(&["crm", "configure", "show"]).contains("may not manage the cluster"));

    // Without `enable-acl` a member may do all.
    let member = Person { lab: &lab, user: "games", groups: "haclient" };
    assert!(member.says(&["crm", "configure", "show"]).contains("hidden"));
    lab.load("n1", "property enable-acl=true");

    let shown = member.says(&["crm", "configure", "show"]);
    assert!(shown.contains("primitive p") && !shown.contains("hidden"), "{shown}");
    // What may be written is; the same through another tool, and for what may not.
    let stopped = member.run(&["crm", "resource", "stop", "p"]);
    assert!(stopped.status.success(), "{}", String::from_utf8_lossy(&stopped.stderr));
    lab.wait("p to stop", |lab| lab.places("n1", "p").is_empty());
    for words in [
        &["crm", "configure", "property", "maintenance-mode=true"][..],
        &["crm", "-F", "configure", "delete", "q"],
        &["crm_attribute", "-n", "cluster-name", "-v", "x"],
        &["crm_attribute", "-N", "n1", "-l", "reboot", "-n", "color", "-v", "red"],
        &["crm", "node", "fence", "n1"],
    ] {
        let output = member.run(words);
        assert!(!output.status.success(), "{words:?}");
    }
    let refused = member.says(&["crm", "configure", "property", "maintenance-mode=true"]);
    assert!(refused.contains("you may not change /cib/configuration/crm_config"), "{refused}");

    // Who has no role is told nothing at all.
    let other = Person { lab: &lab, user: "news", groups: "haclient" };
    fs::create_dir(lab.directory().join("news")).expect("a home");
    let nothing = other.says(&["crm", "configure", "show"]);
    assert!(!nothing.contains("primitive") && nothing.contains("no access list lets you see anything"), "{nothing}");
    // Root is bound by no list.
    assert!(
        lab.tool("n1", &["crm", "configure", "show"])
            .output()
            .is_ok_and(|output| { String::from_utf8_lossy(&output.stdout).contains("hidden") })
    );
}
