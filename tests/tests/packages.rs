//! The Debian packages on whole hosts: installed, upgraded, removed and purged, over Pacemaker's and beside them.

use quorate_tests::packages;
use quorate_tests::whole::WholeHosts;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// Packages of the peers, and what only they need.
const PEERS: &str = "pacemaker pacemaker-cli-utils pacemaker-common crmsh pcs";
const INSTALL: &str = "apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends";

/// Ours in two revisions, made once, and Debian's of the peers.
struct Made {
    first: Vec<PathBuf>,
    second: Vec<PathBuf>,
    peers: Vec<PathBuf>,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
        let _ = std::fs::remove_dir_all(&place);
        Made {
            first: packages::build("1", &place.join("ours")),
            second: packages::build("2", &place.join("ours")),
            peers: packages::fetch(&["pacemaker", "pacemaker-cli-utils", "crmsh"], &place.join("peers")),
        }
    })
}

/// Package managers of several hosts at once would wait for each other's disks longer than they work.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn copy(whole: &WholeHosts, packages: &[PathBuf]) {
    let place = whole.root("n1").join("root/packages");
    std::fs::create_dir_all(&place).expect("a directory on the host");
    for package in packages {
        std::fs::copy(package, place.join(package.file_name().expect("a name"))).expect("a package on the host");
    }
}

/// What the package manager says; nothing of it is a complaint.
fn quietly(whole: &WholeHosts, line: &str) -> String {
    let said = whole.must("n1", &format!("export DEBIAN_FRONTEND=noninteractive; {{ {line}; }} 2>&1"));
    for word in ["warning", "error", "cannot", "failed", "not empty"] {
        // A conflict that was asked for is no complaint.
        let complaint = said.lines().find(|line| line.to_lowercase().contains(word));
        assert_eq!(complaint, None, "{line}:\n{said}");
    }
    said
}

/// Pacemaker's name starts it, and the shell and the monitor speak with it.
fn comes_up(whole: &WholeHosts) {
    whole.must("n1", "systemctl start pacemaker || { journalctl -u quorated -n 20 -o cat --no-pager; exit 1; }");
    whole.must("n1", "systemctl is-active quorated");
    whole.wait("the node to be in the cluster", |whole| whole.says("n1", "crm_mon -1").contains("Online: [ n1 ]"));
    assert!(whole.must("n1", "crm cluster status").contains("quorum:   yes"));
}

const RIGHTS: &str = "cd /var && stat -c '%n %U:%G %a' lib/pacemaker/cib lib/pacemaker/pengine lib/pacemaker/cores \
                      lib/pacemaker/blackbox log/pacemaker log/pacemaker/bundles";
const AS_PACEMAKER: &str = "lib/pacemaker/cib hacluster:haclient 750
lib/pacemaker/pengine hacluster:haclient 750
lib/pacemaker/cores hacluster:haclient 750
lib/pacemaker/blackbox hacluster:haclient 750
log/pacemaker hacluster:haclient 770
log/pacemaker/bundles hacluster:haclient 770";

#[test]
fn installed_upgraded_removed_and_purged() {
    let _turn = ONE_AT_A_TIME.lock();
    let Some(whole) = WholeHosts::packaged(1) else { return };
    copy(&whole, &made().first);
    whole.must("n1", &format!("DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge $(dpkg-query -W -f '${{Package}}\\n' {PEERS} 2>/dev/null) && rm -rf /etc/dpkg/dpkg.cfg.d /var/lib/pacemaker /var/log/pacemaker"));

    quietly(&whole, &format!("{INSTALL} install /root/packages/*.deb"));
    assert_eq!(whole.must("n1", RIGHTS), AS_PACEMAKER);
    assert_eq!(whole.must("n1", "systemctl is-enabled quorated pacemaker"), "enabled\nalias");
    comes_up(&whole);
    for (line, wanted) in [
        (
            "dpkg -S /usr/sbin/crm_node /usr/sbin/crm_mon /usr/share/man/man8/crm.8.gz | cut -d: -f1 | sort -u",
            "quorate",
        ),
        ("man crm_node | grep -c 'layer knows of nodes'", "2"),
        ("man quorate crm_mon | grep -c QUORATE-CRM_MON", "2"),
        ("logrotate --debug /etc/logrotate.d/quorate 2>&1 | grep -c '^error'; true", "0"),
        ("bash -c '. /usr/share/bash-completion/completions/crm; complete -p crm quorate' | wc -l", "2"),
    ] {
        assert_eq!(whole.must("n1", line), wanted, "{line}");
    }

    whole.must("n1", "crm configure property stop-all-resources=false");
    let before = whole.must("n1", "systemctl show -p MainPID --value quorated");
    whole.must("n1", "rm /root/packages/*");
    copy(&whole, &made().second);
    quietly(&whole, &format!("{INSTALL} install /root/packages/*.deb"));
    assert!(whole.must("n1", "dpkg-query -W -f '${Version}' quorate").ends_with("-2"));
    whole.wait("the new daemon to run in the old one's place", |whole| {
        let after = whole.says("n1", "systemctl show -p MainPID --value quorated");
        after != before && after != "0" && whole.says("n1", "crm_mon -1").contains("Online: [ n1 ]")
    });
    assert!(whole.must("n1", "crm configure show").contains("stop-all-resources=false"));

    quietly(&whole, &format!("{INSTALL} remove quorate quorate-shell"));
    assert_eq!(whole.says("n1", "systemctl is-active quorated"), "inactive");
    assert_eq!(
        whole.must(
            "n1",
            "ls /usr/bin/crm /usr/sbin/crm /usr/sbin/quorated 2>/dev/null; ls /var/lib/pacemaker/cib/cib.xml"
        ),
        "/var/lib/pacemaker/cib/cib.xml"
    );
    quietly(&whole, &format!("{INSTALL} purge quorate quorate-shell"));
    let left = "ls -d /var/lib/pacemaker /var/log/pacemaker /etc/default/quorate /etc/logrotate.d/quorate \
                /etc/systemd/system/*.wants/quorated.service /etc/systemd/system/pacemaker.service \
                /etc/alternatives/crm 2>/dev/null; dpkg -l quorate quorate-shell 2>/dev/null | grep '^..[^n]'; dpkg-divert --list '*logrotate*'; true";
    assert_eq!(whole.must("n1", left), "");
}

/// The peers' packages, also where the machine does not have them.
fn with_peers() -> Option<WholeHosts> {
    let whole = WholeHosts::packaged(1)?;
    let Made { first, peers, .. } = made();
    copy(&whole, first);
    let names: Vec<String> =
        peers.iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned())).collect();
    if !names.is_empty() {
        copy(&whole, peers);
        whole.must("n1", &format!("cd /root/packages && dpkg -i {0} && rm {0}", names.join(" ")));
    }
    whole.must("n1", "systemctl enable --now pacemaker");
    whole.wait("Pacemaker to lead", |whole| whole.says("n1", "crm_mon -1").contains("Online: [ n1 ]"));
    Some(whole)
}

#[test]
fn installed_over_pacemaker() {
    let _turn = ONE_AT_A_TIME.lock();
    let Some(whole) = with_peers() else { return };
    whole.must("n1", "crm configure property stonith-enabled=false && crm configure primitive p ocf:pacemaker:Dummy");

    whole.must("n1", &format!("DEBIAN_FRONTEND=noninteractive {INSTALL} install /root/packages/*.deb 2>&1"));
    let there =
        "dpkg-query -W -f '${db:Status-Status}\n' pacemaker pacemaker-cli-utils crmsh | grep -c ^installed; true";
    assert_eq!(whole.must("n1", there), "0");
    comes_up(&whole);
    // What was configured is there, and runs.
    whole.wait("its resource to run", |whole| whole.says("n1", "crm_mon -1").contains("Started n1"));
    // What is left of Pacemaker goes without taking ours along.
    whole.must("n1", "DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge pacemaker crmsh 2>&1");
    assert_eq!(whole.must("n1", "systemctl is-enabled pacemaker"), "alias");
    whole.must("n1", "systemctl is-active quorated");
    let complaints = "logrotate --debug /etc/logrotate.conf 2>&1 | grep '^error'; true";
    assert_eq!(whole.must("n1", complaints), "", "both rules are there");
    whole.must("n1", "systemctl restart pacemaker");
    comes_up(&whole);
}

#[test]
fn the_shell_beside_pacemaker_and_crmsh() {
    let _turn = ONE_AT_A_TIME.lock();
    let Some(whole) = with_peers() else { return };
    quietly(&whole, &format!("{INSTALL} install /root/packages/quorate-shell_*.deb"));
    assert_eq!(whole.must("n1", "dpkg --verify pacemaker pacemaker-cli-utils crmsh"), "");
    for (line, wanted) in [
        (
            "command -v crm; command -v crm_mon; command -v crm_node",
            "/usr/sbin/crm\n/usr/sbin/crm_mon\n/usr/sbin/crm_node",
        ),
        ("crm --version | cut -d' ' -f1,3", "crm"),
        ("quorate crm --version | cut -d' ' -f3", "(quorate"),
        ("/usr/bin/crm --version | cut -d' ' -f3", "(quorate"),
        ("quorate crm_mon --version | grep -c Quorate", "1"),
        ("systemctl is-active pacemaker", "active"),
        ("bash -c '. /usr/share/bash-completion/completions/quorate; complete -p quorate' | wc -l", "1"),
    ] {
        assert_eq!(whole.must("n1", line), wanted, "{line}");
    }
    quietly(&whole, &format!("{INSTALL} purge quorate-shell"));
    assert_eq!(
        whole.must(
            "n1",
            "ls /usr/bin/quorate /usr/bin/crm 2>/dev/null; dpkg --verify pacemaker pacemaker-cli-utils crmsh"
        ),
        ""
    );
}

/// What the daemon's package needs of the shell's is written out: nothing fills it in.
#[test]
fn the_daemon_needs_the_shell_of_its_own_version() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).expect("a manifest");
    let needs = format!("quorate-shell (>= {})", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&needs), "{needs}");
}
