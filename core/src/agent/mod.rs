//! What resource agents and fence agents say of themselves.
//!
//! In: the text an agent prints for `meta-data`. Out: its parameters and actions as data, and what
//! follows for changes of its parameters. Absent: running agents; checking values.

mod metadata;

pub use metadata::{Advice, Metadata, MetadataError, Parameter};

use serde::{Deserialize, Serialize};

/// How long an operation may take that says nothing of it: Pacemaker's default.
pub const OPERATION_TIMEOUT_MS: u64 = 20_000;

/// Which parameters matter when they change (OCF Resource Agent API 1.1, "reloadable").
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRules {
    /// Parameters that only a restart makes effective; `None` if the agent cannot reload at all.
    pub restart: Option<Vec<String>>,
    /// Parameters that are not shown to everyone.
    pub private: Vec<String>,
}

/// Names that are private where an agent marks none.
const PRIVATE_BY_NAME: [&str; 3] = ["password", "passwd", "user"];

impl Metadata {
    /// What follows from the metadata for changes of parameters.
    ///
    /// Agents of OCF 1.1 mark parameters as reloadable and offer `reload-agent`; older ones with a
    /// `reload` action restart for what they mark unique.
    pub fn change_rules(&self) -> ChangeRules {
        let modern = self.ocf_version.as_deref().is_some_and(at_least_1_1);
        let names = |wanted: &dyn Fn(&Parameter) -> bool| -> Vec<String> {
            self.parameters.iter().filter(|p| wanted(p)).map(|p| p.name.clone()).collect()
        };
        let restart = match modern {
            true if self.offers("reload-agent") => Some(names(&|parameter| !parameter.reloadable)),
            false if self.offers("reload") => Some(names(&|parameter| parameter.unique.is_some())),
            _ => None,
        };
        let mut private = names(&|parameter| parameter.private);
        if private.is_empty() {
            private = names(&|parameter| PRIVATE_BY_NAME.contains(&parameter.name.as_str()));
        }
        ChangeRules { restart, private }
    }
}

fn at_least_1_1(version: &str) -> bool {
    let mut numbers = version.trim().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameters as `name` with marks: `r` reloadable, `u` unique, `p` private.
    #[track_caller]
    fn check(version: &str, actions: &str, parameters: &str, restart: Option<&str>, private: &str) {
        let parameters: String = parameters
            .split_whitespace()
            .map(|text| {
                let (name, marks) = text.split_once('/').unwrap_or((text, ""));
                let mark = |letter: char| u8::from(marks.contains(letter));
                let (r, u, p) = (mark('r'), mark('u'), mark('p'));
                format!("<parameter name='{name}' reloadable='{r}' unique='{u}' private='{p}'/>")
            })
            .collect();
        let actions: String = actions.split_whitespace().map(|name| format!("<action name='{name}'/>")).collect();
        let version = if version.is_empty() { String::new() } else { format!("<version>{version}</version>") };
        let text = format!(
            "<resource-agent name='x'>{version}<parameters>{parameters}</parameters><actions>{actions}</actions></resource-agent>"
        );
        let rules = Metadata::read(&text).expect("good metadata").change_rules();
        assert_eq!(rules.restart.map(|names| names.join(" ")).as_deref(), restart);
        assert_eq!(rules.private.join(" "), private);
    }

    #[test]
    fn an_agent_that_cannot_reload_has_no_say() {
        check("1.1", "start stop", "a/r b", None, "");
    }

    #[test]
    fn a_modern_agent_restarts_for_what_is_not_reloadable() {
        check("1.1", "reload-agent", "a/r b c/u", Some("b c"), "");
        check("1.1", "reload", "a/r b", None, "");
        check("1.10", "reload-agent", "a/r", Some(""), "");
    }

    #[test]
    fn an_old_agent_restarts_for_what_is_unique() {
        check("", "reload", "a/r b/u c", Some("b"), "");
        check("1.0", "reload reload-agent", "b/u c", Some("b"), "");
        check("1.0", "reload-agent", "b/u", None, "");
    }

    #[test]
    fn secrets_are_what_is_marked_or_else_what_is_called_so() {
        check("1.1", "", "a/p passwd", None, "a");
        check("1.1", "", "a passwd user", None, "passwd user");
    }
}
