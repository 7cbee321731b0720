//! pacemakerd: the version and the features, which PAF and other agents ask for at every action.
//!
//! In: options. Out: text, XML; or `quorated` in this process's place. Never here: the daemon's work.

use super::features;
use crate::answer::{self, Answer};
use crate::standard::{Call, FORMATTED, Failed, Manual, STANDARD};
use crate::{Exit, Io};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use quorate_core::arguments::{Argument, Value, argument};
use quorate_transport::environment::Environment;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

const TABLE: &[Argument] = &[
    argument(Some('F'), "features", Value::None, "Additional", "show the version and the features, and end"),
    argument(Some('f'), "foreground", Value::None, "Additional", "without effect: it never goes into the background"),
    argument(Some('p'), "pid-file", Value::Required("FILE"), "Additional", "without effect"),
    argument(Some('S'), "shutdown", Value::None, "Additional", "have the daemon of this node end in good order"),
    argument(Some('s'), "standby", Value::None, "Additional", "start the node on standby"),
];

const MANUAL: Manual = Manual {
    name: "pacemakerd",
    operands: &[],
    about: "Runs the cluster's daemon of this node, quorated",
    tables: &[TABLE, FORMATTED, STANDARD],
    more: "",
};

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    answer::run(&MANUAL, arguments, io, respond)
}

fn respond(call: &Call, answer: &mut Answer) -> Result<(), Failed> {
    if call.given.has("features") {
        features::tell(answer);
        return Ok(());
    }
    if call.given.has("shutdown") {
        return shut_down();
    }
    Err(start(call.given.has("standby")))
}

/// Becomes the daemon; comes back only if that cannot be.
fn start(standby: bool) -> Failed {
    let mut daemon = Command::new("quorated");
    if standby {
        daemon.env("PCMK_node_start_state", "standby");
    }
    (Exit::OS_FILE, format!("quorated: {}", daemon.exec()))
}

/// How long the node may take to leave; `shutdown-escalation` ends it long before.
const LEAVES_WITHIN: Duration = Duration::from_secs(3600);

fn shut_down() -> Result<(), Failed> {
    let path = Environment::of_process().root.join("run/quorate/quorated.pid");
    let pid = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()).map(Pid::from_raw);
    let gone = || (Exit::DISCONNECT, "no daemon runs on this node".to_string());
    let pid = pid.ok_or_else(gone)?;
    kill(pid, Signal::SIGTERM).map_err(|_| gone())?;
    let until = Instant::now() + LEAVES_WITHIN;
    while kill(pid, None).is_ok() {
        if Instant::now() > until {
            return Err((Exit::TIMEOUT, "the daemon has not ended".into()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
