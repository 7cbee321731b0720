//! Every setting there is: crmsh's and ours, with what each may be and what it does here.
//!
//! In: a name. Out: its row.
//! Absent: values of this session (see `options`).

pub struct Setting {
    pub name: &'static str,
    pub default: &'static str,
    pub values: Values,
    /// Why nothing depends on it here; empty where something does.
    pub idle: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    Any,
    Boolean,
    One(&'static [&'static str]),
    /// Some of these, commas between.
    Some(&'static [&'static str]),
    /// Colours and weights, blanks or commas between.
    Colors,
}

pub const BOOLEANS: &[&str] = &["yes", "no", "true", "false", "on", "off", "1", "0"];

impl Setting {
    pub fn find(name: &str) -> Option<&'static Setting> {
        OPTIONS.iter().find(|option| option.name == name)
    }

    /// What it may be, where that can be listed.
    pub fn candidates(&self) -> Vec<&'static str> {
        match self.values {
            Values::Any => Vec::new(),
            Values::Boolean => BOOLEANS[..2].to_vec(),
            Values::One(words) | Values::Some(words) => words.to_vec(),
            Values::Colors => crate::color::COLORS.iter().map(|(name, _)| *name).collect(),
        }
    }

    pub fn accepts(&self, value: &str) -> Result<(), String> {
        let name = self.name;
        let one_of = |words: &[&str]| Err(format!("`{name}` is one of {}, not `{value}`", words.join(", ")));
        match self.values {
            Values::Any => Ok(()),
            Values::Boolean if BOOLEANS.contains(&value.to_lowercase().as_str()) => Ok(()),
            Values::Boolean => Err(format!("`{name}` is yes or no, not `{value}`")),
            Values::One(words) if words.contains(&value) => Ok(()),
            Values::One(words) => one_of(words),
            Values::Some(words) => match value.split(',').map(str::trim).all(|part| words.contains(&part)) {
                true => Ok(()),
                false => one_of(words),
            },
            Values::Colors => match crate::color::code(value) {
                Some(_) => Ok(()),
                None => one_of(&self.candidates()),
            },
        }
    }
}

const fn works(name: &'static str, default: &'static str, values: Values) -> Setting {
    Setting { name, default, values, idle: "" }
}

const fn idle(name: &'static str, default: &'static str, values: Values, idle: &'static str) -> Setting {
    Setting { name, default, values, idle }
}

use Values::{Any, Boolean, Colors, One};

pub const OPTIONS: &[Setting] = &[
    works("core.editor", "", Any),
    works("core.pager", "", Any),
    works("core.wait", "no", Boolean),
    works("core.force", "no", Boolean),
    works("core.sort_elements", "yes", Boolean),
    works("core.check_frequency", "always", One(&["always", "on-verify", "never"])),
    works("core.check_mode", "strict", One(&["strict", "relaxed"])),
    works("core.ignore_missing_metadata", "no", Boolean),
    works("core.manage_children", "ask", One(&["ask", "never", "always"])),
    works("core.add_quotes", "yes", Boolean),
    works("core.obscure_pattern", "passw*", Any),
    works("core.dot", "dot", Any),
    works("core.script_path", "", Any),
    works("core.implicit_edits", "no", Boolean),
    works("core.has_ra_advised_op", "no", Boolean),
    works("core.has_fa_advised_op", "no", Boolean),
    works("path.sharedir", "/usr/share/crmsh", Any),
    works("path.ocf_root", "/usr/lib/ocf", Any),
    works("path.cache", "/var/cache/crm", Any),
    works("color.style", "color", Values::Some(&["plain", "color", "color-always", "uppercase"])),
    works("color.error", "red bold", Colors),
    works("color.warn", "yellow bold", Colors),
    works("color.info", "green", Colors),
    works("color.help_header", "normal bold", Colors),
    works("color.keyword", "yellow", Colors),
    works("color.identifier", "normal", Colors),
    works("color.attr_name", "cyan", Colors),
    works("color.attr_value", "red", Colors),
    works("color.resource_reference", "green", Colors),
    works("color.score", "magenta", Colors),
    works("report.remove_exist_dest", "no", Boolean),
    idle("core.user", "", Any, "nothing is run by sudo"),
    idle("core.skill_level", "expert", One(&["operator", "administrator", "expert"]), "rights are the ACLs' to give"),
    idle("core.debug", "no", Boolean, "there is no more to be told"),
    idle("core.ptest", "", Any, "the scheduler is built in"),
    idle("core.dotty", "", Any, "graphs are written as text, or drawn by `core.dot`"),
    idle("core.report_tool_options", "", Any, "`crm report` takes its options itself"),
    idle("core.lock_timeout", "120", Any, "no command locks other nodes"),
    idle("core.OCF_1_1_SUPPORT", "no", Boolean, "roles are called as the configuration's schema calls them"),
    idle("path.crm_config", "/var/lib/pacemaker/cib", Any, "CIB_file and CIB_shadow_dir say where CIBs are"),
    idle("path.crm_daemon_dir", "/usr/lib/pacemaker", Any, "the daemon is asked through its socket"),
    idle("path.crm_daemon_user", "hacluster", Any, "the daemon is asked through its socket"),
    idle("path.crm_dtd_dir", "/usr/share/pacemaker", Any, "the schemas are built in"),
    idle("path.pe_state_dir", "/var/lib/pacemaker/pengine", Any, "`history source` reads other directories"),
    idle("path.heartbeat_dir", "/var/lib/heartbeat", Any, "there is no Heartbeat"),
    idle("path.hb_delnode", "", Any, "there is no Heartbeat"),
    idle("path.nagios_plugins", "/usr/lib64/nagios/plugins", Any, "there are no agents of that class"),
    idle("path.hawk_wizards", "/srv/www/hawk/config/wizard", Any, "`core.script_path` says where scripts are"),
    idle("color.ok", "green bold", Colors, "nothing is shown in it"),
    idle("color.id_reference", "green", Colors, "`color.resource_reference` is used for all references"),
    idle("color.ticket", "magenta", Colors, "nothing is shown in it"),
    idle("color.help_keyword", "blue bold underline", Colors, "nothing is shown in it"),
    idle("color.help_topic", "yellow bold", Colors, "nothing is shown in it"),
    idle("color.help_block", "cyan", Colors, "nothing is shown in it"),
    idle("report.from_time", "-12H", Any, "`report -f` says since when"),
    idle("report.compress", "yes", Boolean, "reports are always compressed"),
    idle("report.speed_up", "no", Boolean, "secrets are always masked"),
    idle("report.collect_extra_logs", "", Any, "reports have this node's own log"),
    idle("report.single_node", "no", Boolean, "a report is always of one node"),
    idle("report.sanitize_rule", "passw.*", Any, "`core.obscure_pattern` says what is masked"),
    idle("report.verbosity", "0", Any, "there is no more to be told"),
];
