//! What administrators set in `/etc/default/pacemaker` or `/etc/sysconfig/pacemaker`: variables of the environment.
//!
//! Each that is set is honoured, or said to be without effect. `PCMK_` is their prefix, `HA_` the older one.

use crate::syslog;
use std::path::PathBuf;

/// Names without their prefix that have no effect here, and why.
const WITHOUT_EFFECT: [(&str, &str); 26] = [
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
    ("panic_action", "this host is reset by the others' fence devices"),
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
            "node_action_limit" => self.node_action_limit = Some(value.parse().map_err(|_| "it is no number")?),
            // What is said of the default is no wish.
            _ if matches!(truth(value), Ok(false)) => {}
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
            ("PATH", "/bin"),
        ]);
        assert_eq!(variables.log_file, Some(Some(PathBuf::from("/var/log/cluster.log"))));
        assert_eq!((variables.log_file_mode, variables.facility), (0o640, Some(19)));
        assert_eq!((variables.priority, variables.stderr), (6, true));
        assert_eq!(variables.start_state, Some(StartState::Standby));
        assert_eq!(variables.node_action_limit, Some(12));
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
        for (name, why) in WITHOUT_EFFECT {
            assert_eq!(said(&format!("PCMK_{name}"), "7"), format!("PCMK_{name}=7 has no effect: {why}"));
        }
    }
}
