//! Real daemons whose disks are full or do not answer: what is answered, what is shown, who is cut off.

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use quorate_core::node::{Refusal, Reply};
use quorate_core::xml::Element;
use quorate_tests::lab::Lab;
use quorate_tests::needs;
use quorate_tests::power;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A filesystem of its own below a node's `var`; unmounted at the end, whatever comes.
struct Mounted(PathBuf);

impl Mounted {
    /// Of so many bytes, in memory.
    fn small(lab: &Lab, node: &str, bytes: u32) -> Mounted {
        let place = lab.root(node).join("var");
        fs::create_dir_all(&place).expect("a place");
        run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes}"), "none", &place.to_string_lossy()]);
        Mounted(place)
    }

    /// In a file, so that it can be made to hang.
    fn in_file(lab: &Lab, node: &str) -> Mounted {
        let place = lab.root(node).join("var");
        let image = lab.directory().join(format!("{node}.img"));
        fs::create_dir_all(&place).expect("a place");
        File::create(&image).and_then(|file| file.set_len(20 << 20)).expect("an image");
        run("mkfs.ext4", &["-q", &image.to_string_lossy()]);
        run("mount", &["-o", "loop", &image.to_string_lossy(), &place.to_string_lossy()]);
        Mounted(place)
    }

    /// Writes until there is no room.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("fill");
        let mut file = File::create(&path).expect("a file");
        while file.write_all(&[b'x'; 1024]).is_ok() {}
        path
    }

    fn freeze(&self, frozen: bool) -> bool {
        power::freeze(&self.0, frozen)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.freeze(false);
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[track_caller]
fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().expect("it runs");
    assert!(status.success(), "{program} {arguments:?}");
}

/// A network disk whose server does not answer: whoever looks at a file there waits.
struct Silent {
    place: PathBuf,
    _server: File,
}

impl Silent {
    fn mounted(place: PathBuf) -> Silent {
        fs::create_dir_all(&place).expect("a place");
        let server = File::options().read(true).write(true).open("/dev/fuse").expect("filesystems of programs");
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", server.as_raw_fd());
        let none: Option<&str> = Some("none");
        mount(none, &place, Some("fuse"), MsFlags::empty(), Some(options.as_str())).expect("it is mounted");
        Silent { place, _server: server }
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let _ = umount2(&self.place, MntFlags::MNT_FORCE | MntFlags::MNT_DETACH);
    }
}

fn commit(lab: &Lab, node: &str, id: &str) -> Reply {
    let add = |document: &mut quorate_core::cib::Document| {
        let reference = Element::new("obj_ref").with("id", "x");
        document
            .configuration_mut()
            .child_or_new("tags")
            .push(Element::new("tag").with("id", id).with_child(reference));
    };
    lab.commit(node, add).expect("an answer")
}

fn monitor(lab: &Lab, node: &str) -> String {
    let output = Command::new(quorate_tests::lab::program("crm_mon"))
        .arg("-1")
        .env("QUORATE_ROOT", lab.root(node))
        .env_remove("CIB_file")
        .output()
        .expect("the monitor runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stored(root: &Path, id: &str) -> bool {
    let file = root.join("var/lib/pacemaker/cib/cib.xml");
    fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("\"{id}\"")))
}

#[test]
fn answers_are_true_when_disks_are_full() {
    if !needs::root() {
        return;
    }
    let mut lab = Lab::new(3);
    let small = [Mounted::small(&lab, "n2", 1_500_000), Mounted::small(&lab, "n3", 1_500_000)];
    lab.start_together();
    let filled = small[1].fill();
    let reply = commit(&lab, "n3", "one-full");
    let Reply::Committed { durable, unsaved, .. } = &reply else { panic!("{reply:?}") };
    assert!(durable, "{reply:?}");
    assert!(unsaved.iter().all(|at| at.node == "n3" && at.reason.contains("No space left")), "{reply:?}");
    assert!(stored(&lab.root("n1"), "one-full") && stored(&lab.root("n2"), "one-full"));
    assert!(!stored(&lab.root("n3"), "one-full"));
    let told = "Node n3: online (disk: No space left on device (os error 28))";
    lab.wait("the monitor to tell", |lab| monitor(lab, "n1").contains(told));
    let filled = [filled, small[0].fill()];
    lab.wait("n2's disk to be known as full", |lab| monitor(lab, "n1").contains("Node n2: online (disk: No space"));
    let reply = commit(&lab, "n1", "two-full");
    assert!(matches!(&reply, Reply::Refused(Refusal::Disk { reason }) if reason.contains("n2: No space")), "{reply:?}");
    for name in lab.names() {
        assert!(!lab.document(&name).to_text().contains("two-full"), "{name} has what was refused");
    }
    for path in filled {
        fs::remove_file(path).expect("the filling goes");
    }
    lab.wait("all to be well again", |lab| monitor(lab, "n1").contains("Online: [ n1 n2 n3 ]"));
    let reply = commit(&lab, "n2", "room-again");
    assert!(matches!(&reply, Reply::Committed { durable: true, unsaved, .. } if unsaved.is_empty()), "{reply:?}");
    lab.wait("it to be on every disk", |lab| lab.names().iter().all(|name| stored(&lab.root(name), "room-again")));
}

#[test]
fn a_node_whose_disk_hangs_is_cut_off_and_its_resources_run_elsewhere() {
    if !needs::root() {
        return;
    }
    let mut lab = Lab::new(3);
    let disks: Vec<Mounted> = lab.names().iter().map(|name| Mounted::in_file(&lab, name)).collect();
    lab.start_together();
    let batch = lab.directory().join("batch.crm");
    let text = format!(
        "configure\nproperty fencing-enabled=true dc-deadtime=5s\n\
         primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\" pcmk_reboot_action=off\n\
         primitive a ocf:quorate:Dummy op monitor interval=1s\nlocation a-n2 a 50: n2\ncommit\n",
        lab.directory().display()
    );
    fs::write(&batch, text).expect("a batch");
    let output = lab.tool("n1", &["crm", "-f", &batch.to_string_lossy()]).output().expect("the shell runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lab.wait_at("n1", "a", &["n2"]);
    lab.wait_until_idle();
    assert!(disks[1].freeze(true), "the filesystem freezes");
    lab.wait("a elsewhere", |lab| lab.places("n1", "a").first().is_some_and(|on| on != "n2"));
    let status = lab.status("n1").expect("n1 answers");
    let fenced: Vec<&str> = status.fencing.iter().map(|event| event.target.as_str()).collect();
    assert_eq!(fenced, ["n2"], "{:?}", status.fencing);
    assert!(disks[1].freeze(false), "it goes on");
}

/// An agent and an alert on a disk that does not answer cost those who wanted them their time, and no node anything.
#[test]
fn agents_on_a_disk_that_does_not_answer_hold_nothing_else_up() {
    if !needs::root() || !needs::files(&["/dev/fuse"]) {
        return;
    }
    let lab = Lab::started(3);
    let silent = Silent::mounted(lab.directory().join("silent"));
    for name in lab.names() {
        let place = lab.root(&name).join("usr/lib/ocf/resource.d/away");
        fs::create_dir_all(&place).expect("a provider");
        symlink(silent.place.join("agent"), place.join("Dummy")).expect("an agent");
    }
    let before = views(&lab);
    lab.load(
        "n1",
        &format!(
            "property fencing-enabled=true dc-deadtime=5s\n\
             primitive fencer stonith:fence_quorate_demo params dir=\"{}\" pcmk_host_list=\"n1 n2 n3\"\n\
             alert told \"{}\"\n\
             primitive away ocf:away:Dummy op monitor interval=0 timeout=3s op start interval=0 timeout=3s \
               op stop interval=0 timeout=3s\n\
             primitive here ocf:quorate:Dummy op monitor interval=500ms",
            lab.directory().display(),
            silent.place.join("alert").display(),
        ),
    );
    lab.wait("the agent's fault to be told", |lab| monitor(lab, "n1").contains("has not answered for 3.0s"));
    lab.wait_at("n1", "here", &[lab.places("n2", "here").first().map_or("n1", String::as_str)]);
    lab.wait_until_idle();
    let status = lab.status("n1").expect("n1 answers");
    assert_eq!((status.fencing.len(), lab.places("n1", "away").len()), (0, 0), "{}", monitor(&lab, "n1"));
    assert_eq!(views(&lab), before, "{}", lab.log("n1"));
}

/// How often the members have changed, as the nodes' logs tell.
fn views(lab: &Lab) -> usize {
    let log = |name: &String| fs::read_to_string(lab.root(name).join("var/log/pacemaker/pacemaker.log"));
    lab.names().iter().map(|name| log(name).expect("a log").matches("(membership) notice: ").count()).sum()
}
