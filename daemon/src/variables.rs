//! What administrators set in `/etc/default/pacemaker` or `/etc/sysconfig/pacemaker`: variables of the environment.
//!
//! Each that is set is honoured, or said to be without effect. `PCMK_` is their prefix, `HA_` the older one.

use crate::syslog;
use std::path::PathBuf;

/// Names without their prefix that have no effect here, and why.
const WITHOUT_EFFECT: [(&str, &str); 28] = [
    ("debug", "all there is to be told is in the log already"),
    ("trace_functions", "there are no traces"),
    ("trace_files", "there are no traces"),
    ("trace_formats", "there are no traces"),
    ("trace_tags", "there are no traces"),
    ("trace_blackbox", "there is no flight recorder"),
    ("blackbox", "there is no flight recorder"),
    ("schema_directory", "the schemas are part of the program"),
    ("remote_schema_directory", "the schemas are part of the program"),
    ("fail_fast", "a daemon that dies is started again by systemd, and fenced by the others if it is not"),
    ("shutdown_delay", "there is one daemon, which ends when it has left"),
    ("cluster_type", "corosync.conf or quorate.conf says what connects the hosts"),
    ("cib_authkey_location", "the configuration is not reached from outside the cluster"),
    ("authkey_location", "remote nodes are not supported yet"),
    ("remote_address", "remote nodes are not supported yet"),
    ("remote_port", "remote nodes are not supported yet"),
    ("remote_pid1", "remote nodes are not supported yet"),
    ("tls_priorities", "remote nodes are not supported yet"),
    ("dh_min_bits", "remote nodes are not supported yet"),
    ("dh_max_bits", "remote nodes are not supported yet"),
    ("ca_file", "remote nodes are not supported yet"),
    ("cert_file", "remote nodes are not supported yet"),
    ("key_file", "remote nodes are not supported yet"),
    ("crl_file", "remote nodes are not supported yet"),
    ("ipc_type", "there is one daemon, which its tools reach by a socket"),
    ("ipc_buffer", "messages of tools have no such bound"),
    ("valgrind_enabled", "the daemon is not run under valgrind"),
    ("callgrind_enabled", "the daemon is not run under valgrind"),
];

/// In which state a node joins that says so (`PCMK_node_start_state`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartState {
    Online,
    Standby,
}

/// What becomes of this host where it must not go on (`PCMK_panic_action`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panic {
    pub way: PanicWay,
    /// Its disks are written before, so that the log is there to be read.
    pub sync: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PanicWay {
    #[default]
    Reboot,
    /// The kernel stops, and dumps what it is set up to dump.
    Crash,
    Off,
}

/// Where log lines go besides the file of the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variables {
    /// Another file for the log; `Some(None)` is none at all.
    pub log_file: Option<Option<PathBuf>>,
    pub log_file_mode: u32,
    /// The facility of syslog, if lines go there.
    pub facility: Option<u8>,
    /// Up to which level they do.
    pub priority: u8,
    /// Whether lines go to standard error, too.
    pub stderr: bool,
    pub start_state: Option<StartState>,
    /// How many operations on resources run here at once, in place of what the cluster says.
    pub node_action_limit: Option<u32>,
    pub panic: Panic,
    /// What is set and has no effect, or cannot be meant, in words.
    pub remarks: Vec<String>,
}

impl Default for Variables {
    fn default() -> Variables {
        Variables {
            log_file: None,
            log_file_mode: 0o660,
            facility: Some(3),
            priority: syslog::level("notice"),
            stderr: false,
            start_state: None,
            node_action_limit: None,
            panic: Panic::default(),
            remarks: Vec::new(),
        }
    }
}

impl Variables {
    /// Reads an environment: names and values.
    pub fn read(environment: impl IntoIterator<Item = (String, String)>) -> Variables {
        let mut variables = Variables::default();
        let mut all: Vec<(String, String)> = environment.into_iter().collect();
        // The older prefix first, so that the newer one wins.
        all.sort();
        for (name, value) in all {
            let bare = name.strip_prefix("PCMK_").or_else(|| name.strip_prefix("HA_"));
            let Some(bare) = bare.filter(|_| !value.is_empty()) else { continue };
            if let Err(why) = variables.take(bare, &value) {
                variables.remarks.push(format!("{name}={value} has no effect: {why}"));
            }
        }
        variables
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "logfile" => self.log_file = Some(log_file(value)?),
            "logfile_mode" => {
                let mode = u32::from_str_radix(value, 8).ok().filter(|mode| *mode <= 0o777);
                self.log_file_mode = mode.ok_or("it is no mode of a file")?;
            }
            "logfacility" => self.facility = syslog::facility(value)?,
            "logpriority" => self.priority = syslog::known_level(value).ok_or("it is no level")?,
            "stderr" => self.stderr = truth(value)?,
            "node_start_state" => {
                self.start_state = match value {
                    "default" => None,
                    "online" => Some(StartState::Online),
                    "standby" => Some(StartState::Standby),
                    _ => return Err("it is none of default, online, standby".into()),
                }
            }
            "panic_action" => self.panic = panic_action(value)?,
            "node_action_limit" => self.node_action_limit = Some(value.parse().map_err(|_| "it is no number")?),
            // What is said of the default is no wish.
            _ if matches!(truth(value), Ok(false)) => {}
            "cluster_type" if value == "corosync" => {}
            // Variables of agents and of other programs bear these prefixes, too.
            _ => {
                let known = WITHOUT_EFFECT.iter().find(|(known, _)| *known == name);
                known.map_or(Ok(()), |(_, why)| Err((*why).to_string()))?;
            }
        }
        Ok(())
    }
}

fn log_file(value: &str) -> Result<Option<PathBuf>, String> {
    match value {
        "none" | "/dev/null" => Ok(None),
        path if path.starts_with('/') => Ok(Some(PathBuf::from(path))),
        _ => Err("it is no absolute path".into()),
    }
}

fn panic_action(value: &str) -> Result<Panic, String> {
    let value = value.to_ascii_lowercase();
    let (sync, way) = value.strip_prefix("sync-").map_or((false, value.as_str()), |way| (true, way));
    let way = match way {
        "reboot" => PanicWay::Reboot,
        "crash" => PanicWay::Crash,
        "off" => PanicWay::Off,
        _ => return Err("it is none of reboot, crash, off, sync-reboot, sync-crash, sync-off".into()),
    };
    Ok(Panic { way, sync })
}

fn truth(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "y" | "1" => Ok(true),
        "no" | "false" | "off" | "n" | "0" => Ok(false),
        _ => Err("it is neither yes nor no".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Variables {
        Variables::read(pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())))
    }

    #[test]
    fn what_is_set_is_honoured() {
        let variables = read(&[
            ("PCMK_logfile", "/var/log/cluster.log"),
            ("PCMK_logfile_mode", "0640"),
            ("PCMK_logfacility", "local3"),
            ("PCMK_logpriority", "info"),
            ("PCMK_stderr", "yes"),
            ("PCMK_node_start_state", "standby"),
            ("PCMK_node_action_limit", "12"),
            ("PCMK_panic_action", "sync-crash"),
            ("PATH", "/bin"),
        ]);
        assert_eq!(variables.log_file, Some(Some(PathBuf::from("/var/log/cluster.log"))));
        assert_eq!((variables.log_file_mode, variables.facility), (0o640, Some(19)));
        assert_eq!((variables.priority, variables.stderr), (6, true));
        assert_eq!(variables.start_state, Some(StartState::Standby));
        assert_eq!(variables.node_action_limit, Some(12));
        assert_eq!(variables.panic, Panic { way: PanicWay::Crash, sync: true });
        assert_eq!(read(&[("PCMK_panic_action", "off")]).panic, Panic { way: PanicWay::Off, sync: false });
        assert!(variables.remarks.is_empty(), "{:?}", variables.remarks);
    }

    #[test]
    fn the_newer_prefix_wins() {
        assert_eq!(read(&[("PCMK_logfile", "/a"), ("HA_logfile", "/b")]).log_file, Some(Some(PathBuf::from("/a"))));
        assert_eq!(read(&[("HA_logfile", "none")]).log_file, Some(None));
    }

    #[test]
    fn what_has_no_effect_is_said() {
        let said = |name: &str, value: &str| read(&[(name, value)]).remarks.join("; ");
        assert_eq!(
            said("PCMK_debug", "yes"),
            "PCMK_debug=yes has no effect: all there is to be told is in the log already"
        );
        assert_eq!(said("PCMK_debug", "no"), "");
        assert_eq!(said("PCMK_logpriority", "loud"), "PCMK_logpriority=loud has no effect: it is no level");
        assert_eq!(said("PCMK_logfile", "log"), "PCMK_logfile=log has no effect: it is no absolute path");
        assert_eq!(
            said("PCMK_node_start_state", "off"),
            "PCMK_node_start_state=off has no effect: it is none of default, online, standby"
        );
        assert_eq!(
            said("PCMK_panic_action", "halt"),
            "PCMK_panic_action=halt has no effect: it is none of reboot, crash, off, sync-reboot, sync-crash, sync-off"
        );
        for (name, why) in WITHOUT_EFFECT {
            assert_eq!(said(&format!("PCMK_{name}"), "7"), format!("PCMK_{name}=7 has no effect: {why}"));
        }
    }
}
