//! Those that alerts are sent to: a mail server (package `python3-aiosmtpd`) and a receiver of SNMP traps (package
//! `snmptrapd`), each on a port of loopback and with a directory of its own.
//!
//! In: a directory. Out: what arrived, in the order of arrival. Each ends with its value.

use crate::lab::PATIENCE;
use std::fs::{self, File};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const MAIL_SERVER: &str = "/usr/bin/aiosmtpd";
pub const MAIL_PROGRAM: &str = "/usr/bin/esmtp";
pub const TRAP_PROGRAM: &str = "/usr/bin/snmptrap";
pub const TRAP_RECEIVER: &str = "/usr/sbin/snmptrapd";
/// What Pacemaker's traps mean (package `pacemaker-common`).
pub const TRAPS_EXPLAINED: &str = "/usr/share/snmp/mibs/PCMK-MIB.txt";

/// The modules of the standards that Pacemaker's build on, as far as it does: Debian ships none of them.
const MODULES: [(&str, &str); 3] = [
    ("SNMPv2-SMI.txt", include_str!("../mibs/SNMPv2-SMI.txt")),
    ("SNMPv2-TC.txt", include_str!("../mibs/SNMPv2-TC.txt")),
    ("HOST-RESOURCES-MIB.txt", include_str!("../mibs/HOST-RESOURCES-MIB.txt")),
];

/// A program that writes what it receives into a file.
struct Receiver {
    process: Child,
    output: PathBuf,
}

impl Receiver {
    fn start(program: &str, arguments: &[&str], state: &Path, output: PathBuf) -> Receiver {
        let file = File::create(&output).expect("a file for what arrives");
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", program])
            .args(arguments)
            .env("PYTHONUNBUFFERED", "1")
            .env("SNMP_PERSISTENT_DIR", state)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .expect("a receiver");
        Receiver { process, output }
    }

    fn arrived(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    #[track_caller]
    fn wait(&self, listens: impl Fn(&Receiver) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !listens(self) {
            assert!(Instant::now() < deadline, "{} does not listen: {}", self.output.display(), self.arrived());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A mail server that takes everything.
pub struct MailServer {
    receiver: Receiver,
    port: u16,
}

impl MailServer {
    #[track_caller]
    pub fn start(directory: &Path) -> MailServer {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let at = free.to_string();
        let receiver = Receiver::start(MAIL_SERVER, &["-n", "-l", &at], directory, directory.join("mail"));
        receiver.wait(|_| TcpStream::connect(&at).is_ok());
        MailServer { receiver, port: free.port() }
    }

    /// A `sendmail` that hands mail to this server.
    pub fn install_sendmail(&self, place: &Path) {
        let configuration = place.join("esmtprc");
        fs::write(&configuration, format!("hostname=127.0.0.1:{}\n", self.port)).expect("its configuration");
        let script = format!("#!/bin/sh\nexec {MAIL_PROGRAM} -C {} \"$@\"\n", configuration.display());
        let program = place.join("sendmail");
        fs::write(&program, script).expect("a mail program");
        fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("its mode");
    }

    /// What arrived: whole messages.
    pub fn messages(&self) -> Vec<String> {
        let all = self.receiver.arrived();
        let message = |text: &str| Some(text.split_once("------------ END MESSAGE")?.0.trim_start().to_string());
        all.split("MESSAGE FOLLOWS ----------").skip(1).filter_map(message).collect()
    }
}

/// A receiver of traps.
pub struct TrapReceiver {
    receiver: Receiver,
    modules: PathBuf,
    /// Where traps are sent to.
    pub address: String,
}

impl TrapReceiver {
    #[track_caller]
    pub fn start(directory: &Path) -> TrapReceiver {
        let modules = directory.join("mibs");
        fs::create_dir_all(&modules).expect("a directory");
        for (name, text) in MODULES {
            fs::write(modules.join(name), text).expect("a module");
        }
        let configuration = directory.join("snmptrapd.conf");
        // One line for each trap, its variables with `|` between.
        fs::write(&configuration, "disableAuthorization yes\nformat2 %V|%v\\n\n").expect("its configuration");
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let address = free.to_string();
        let (file, listens) = (configuration.display().to_string(), format!("udp:{address}"));
        let places = search(&modules);
        let arguments = [
            "-f",
            "-n",
            "-Lo",
            "-OQ",
            "-C",
            "-c",
            &file,
            "-M",
            &places,
            "-m",
            "HOST-RESOURCES-MIB:PACEMAKER-MIB",
            &listens,
        ];
        let receiver = Receiver::start(TRAP_RECEIVER, &arguments, directory, directory.join("traps"));
        receiver.wait(|receiver| receiver.arrived().contains("NET-SNMP version"));
        TrapReceiver { receiver, modules, address }
    }

    /// What a sender needs besides, as options of `snmptrap`.
    pub fn options(&self) -> String {
        format!("-M {} -m HOST-RESOURCES-MIB:PACEMAKER-MIB", search(&self.modules))
    }

    /// What arrived: each trap's variables.
    pub fn traps(&self) -> Vec<String> {
        let all = self.receiver.arrived();
        all.lines().filter(|line| line.contains("pacemakerNotificationTrap")).map(str::to_owned).collect()
    }
}

fn search(modules: &Path) -> String {
    format!("{}:{}", modules.display(), Path::new(TRAPS_EXPLAINED).parent().expect("a directory").display())
}
