//! What crm_mon prints and leaves in files: bans, web pages, and a page kept up to date.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quorate_core::xml::{self, Element};
use quorate_tests::lab::{Lab, program};

fn cib(resources: &str, constraints: &str, history: &str) -> String {
    let state = |id: u32, history: &str| {
        format!(
            "<node_state id=\"{id}\" uname=\"n{id}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\">\
             <lrm id=\"{id}\"><lrm_resources>{history}</lrm_resources></lrm></node_state>"
        )
    };
    format!(
        "<cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.9\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\" \
         have-quorum=\"1\"><configuration><crm_config><cluster_property_set id=\"o\">\
         <nvpair id=\"o-s\" name=\"stonith-enabled\" value=\"false\"/></cluster_property_set></crm_config>\
         <nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes>\
         <resources>{resources}</resources><constraints>{constraints}</constraints></configuration>\
         <status>{}{}</status></cib>",
        state(1, history),
        state(2, "")
    )
}

fn primitive(id: &str) -> String {
    format!("<primitive id=\"{id}\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\"/>")
}

/// What crm_mon prints of a CIB in a file.
fn printed(cib: &str, options: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cib.xml");
    fs::write(&path, cib).unwrap();
    let output = Command::new(program("crm_mon")).args(options).env("CIB_file", &path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The line for monitoring systems, and the code that comes with it.
fn simple(cib: &str) -> (String, Option<i32>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cib.xml");
    fs::write(&path, cib).unwrap();
    let output = Command::new(program("crm_mon")).arg("-s").env("CIB_file", &path).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[test]
fn a_lost_quorum_is_critical_to_what_watches_systems_unless_it_does_not_matter() {
    let led = |cib: String| cib.replace("have-quorum", "dc-uuid=\"1\" have-quorum");
    let all = cib("", "", "");
    let without = led(all.replace("have-quorum=\"1\"", "have-quorum=\"0\""));
    let away = without.replacen("crmd=\"online\"", "crmd=\"offline\"", 1).replace("dc-uuid=\"1\"", "dc-uuid=\"2\"");
    let policy = "<nvpair id=\"o-q\" name=\"no-quorum-policy\" value=\"ignore\"/></cluster_property_set>";
    let ignored = without.replace("</cluster_property_set>", policy);
    let well = "CLUSTER OK: 2 nodes online, 0 resource instances configured\n";
    for (cib, line, code) in [
        (led(all.clone()), well, 0),
        (ignored, well, 0),
        (all, "CLUSTER WARN: No DC\n", 1),
        (without, "CLUSTER CRIT: no quorum\n", 2),
        (away, "CLUSTER CRIT: no quorum, offline node: n1\n", 2),
    ] {
        assert_eq!(simple(&cib), (line.to_string(), Some(code)), "{cib}");
    }
}

/// The page as a tree, if every element is closed where it must be and every text is escaped.
#[track_caller]
fn page(html: &str) -> Element {
    let body = html.strip_prefix("<!DOCTYPE html>\n").expect("a page of today");
    // What HTML never closes, XML does.
    let mut closed = String::new();
    for part in body.split_inclusive('>') {
        match part.rsplit_once("<meta ").or_else(|| part.rsplit_once("<link ")) {
            Some(_) => closed.push_str(&part.replacen('>', "/>", 1)),
            None => closed.push_str(part),
        }
    }
    xml::read(&closed).unwrap_or_else(|error| panic!("{error}\n{html}"))
}

#[test]
fn bans_by_pattern_are_listed_with_what_they_match() {
    let resources = [primitive("web-a"), primitive("web-b")].concat()
        + &format!("<group id=\"web-g\">{}</group>", primitive("web-m"))
        + &format!("<clone id=\"web-c\">{}</clone>", primitive("web-i"))
        + &primitive("db");
    let constraints = "<rsc_location id=\"not-web\" rsc-pattern=\"^web-(.*)\" node=\"n2\" score=\"-INFINITY\"/>\
         <rsc_location id=\"only-web\" rsc-pattern=\"!^web-\" node=\"n1\" score=\"-INFINITY\"/>\
         <rsc_location id=\"likes\" rsc-pattern=\"^web-\" node=\"n1\" score=\"10\"/>\
         <rsc_location id=\"bad\" rsc-pattern=\"web-(\" node=\"n1\" score=\"-INFINITY\"/>\
         <rsc_location id=\"r\" rsc-pattern=\"^web-([ab])$\"><rule id=\"rr\" score=\"-10\">\
         <expression id=\"re\" attribute=\"#uname\" operation=\"eq\" value=\"n1\"/></rule></rsc_location>";
    // As crm_mon 2.1.5 prints it.
    let expected = "  * rr\tprevents web-b from running on n1\n  * rr\tprevents web-a from running on n1\n  \
                    * only-web\tprevents db from running on n1\n  * not-web\tprevents web-c from running on n2\n  \
                    * not-web\tprevents web-g from running on n2\n  * not-web\tprevents web-b from running on n2\n  \
                    * not-web\tprevents web-a from running on n2\n";
    let shown = printed(&cib(&resources, constraints, ""), &["-1", "--include=none,bans"]);
    assert_eq!(shown.split_once("Negative Location Constraints:\n").map(|(_, bans)| bans), Some(expected), "{shown}");
}

#[test]
fn a_lost_ticket_blocks_where_tickets_are_looked_at() {
    let started = "<lrm_resource id=\"p1\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\"><lrm_rsc_op id=\"p1_last_0\" \
         operation_key=\"p1_start_0\" operation=\"start\" transition-key=\"1:1:0:x\" transition-magic=\"0:0;1:1:0:x\" \
         call-id=\"4\" rc-code=\"0\" op-status=\"0\" interval=\"0\"/></lrm_resource>";
    let needs = "<rsc_ticket id=\"t\" rsc=\"p1\" ticket=\"T\" loss-policy=\"freeze\"/>";
    let cib = cib(&primitive("p1"), needs, started);
    let line = "  * p1\t(ocf:quorate:Dummy):\t Started n1";
    // As with Pacemaker, who looks at constraints only to show them.
    assert!(printed(&cib, &["-1"]).contains(&format!("{line}\n")));
    assert!(printed(&cib, &["-1", "-c"]).contains(&format!("{line} (blocked)\n")));
    let xml = printed(&cib, &["--output-as=xml"]);
    assert!(xml.contains("blocked=\"true\" maintenance=\"false\" managed=\"false\""), "{xml}");
}

#[test]
fn a_web_page_is_well_formed_and_names_nodes_and_resources() {
    let failed = "<lrm_resource id=\"p1\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\"><lrm_rsc_op id=\"p1_last_failure_0\" \
         operation_key=\"p1_start_0\" operation=\"start\" transition-key=\"1:1:0:x\" transition-magic=\"0:1;1:1:0:x\" \
         on_node=\"n1\" call-id=\"4\" rc-code=\"1\" op-status=\"0\" interval=\"0\" last-rc-change=\"1700000000\" \
         exit-reason=\"1 &lt; 2 &amp; &quot;so on&quot; &lt;/li&gt;\"/></lrm_resource>";
    let cib = cib(&[primitive("p1"), primitive("p2")].concat(), "", failed);
    let html = printed(&cib, &["-1", "-r", "--output-as=html", "--html-title=a <b> & c"]);
    let page = page(&html);
    assert_eq!(page.name.as_str(), "html");
    let texts: Vec<String> = page.descendants().map(Element::text).collect();
    let has = |words: &str| texts.iter().any(|text| text.contains(words));
    for words in ["a <b> & c", "n1", "n2", "p1", "p2", "1 < 2 & \"so on\" </li>"] {
        assert!(has(words), "no `{words}` in\n{html}");
    }
}

/// A monitor in the background, ended with the test.
struct Background(Pid);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGTERM);
    }
}

#[test]
fn a_page_in_the_background_follows_the_cluster_until_it_is_told_to_end() {
    let mut lab = Lab::started(1);
    let (file, pid_file) = (lab.directory().join("page.html"), lab.directory().join("mon.pid"));
    let option = |name: &str, path: &Path| format!("--{name}={}", path.display());
    let started = Command::new(program("crm_mon"))
        .args(["-d", "-r", "--output-as=html", &option("output-to", &file), &option("pid-file", &pid_file)])
        .env("QUORATE_ROOT", lab.root("n1"))
        .env_remove("CIB_file")
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(started.success());
    // The first page is there as soon as the command is back.
    assert!(shows(&file, "n1"));
    lab.wait("its pid", |_| fs::read_to_string(&pid_file).is_ok_and(|text| text.ends_with('\n')));
    let pid = fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    let monitor = Background(Pid::from_raw(pid));
    assert_eq!(fs::read_to_string(format!("/proc/{pid}/comm")).unwrap(), "crm_mon\n");

    let added = ["configure", "primitive", "added", "ocf:quorate:Dummy"];
    let added = lab.tool("n1", &[&["crm"], &added[..]].concat()).status().unwrap();
    assert!(added.success());
    lab.wait("the page to show it", |_| shows(&file, "added"));
    lab.kill("n1");
    lab.wait("the page to tell of the loss", |_| shows(&file, "Connection to cluster failed"));
    lab.start("n1");
    lab.wait("the page to come back", |_| shows(&file, "added"));
    kill(monitor.0, Signal::SIGTERM).unwrap();
    lab.wait("its end", |_| !PathBuf::from(format!("/proc/{pid}")).exists() || is_zombie(pid));
}

/// A page is never seen half written.
#[track_caller]
fn shows(file: &Path, words: &str) -> bool {
    let html = fs::read_to_string(file).unwrap();
    page(&html).descendants().any(|part| part.text().contains(words))
}

fn is_zombie(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
}
