//! The planned changes in words: "Start p1 ( n1 )".
//!
//! In: changes that `scheduler::changes` found. Out: their lines as crm_simulate prints them.

use crate::cib::model::resource::Role;

/// One line of the transition summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something happens to a node: "Fence (reboot) n1 'peer lost'".
    Node {
        what: String,
        node: String,
        reason: Option<String>,
    },
    Resource(ResourceChange),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChange {
    /// `Start`, `Stop`, `Move`, `Migrate`, `Promote`, `Demote`, `Recover`, `Restart`, `Reload`, `Re-promote`.
    pub what: &'static str,
    pub resource: String,
    pub role: Role,
    pub next_role: Role,
    pub origin: Option<String>,
    pub destination: Option<String>,
    pub reason: Option<String>,
    /// It is wanted and cannot be done.
    pub blocked: bool,
}

/// The lines, with columns as wide as what came before them.
pub fn lines(changes: &[Change]) -> Vec<String> {
    let (mut name_width, mut detail_width) = (5, 5);
    let mut lines = Vec::new();
    for change in changes {
        match change {
            // Without a reason, Pacemaker only logs it.
            Change::Node { what, node, reason } => {
                lines.extend(reason.as_ref().map(|reason| format!("{what} {node} '{reason}'")))
            }
            Change::Resource(change) => {
                if change.resource.len() > name_width {
                    name_width = change.resource.len() + 2;
                }
                let details = change.details();
                detail_width = detail_width.max(details.len());
                let why = change.why().map(|why| format!("  {why}")).unwrap_or_default();
                lines.push(format!(
                    "{:<8}   {:<name_width$}   ( {details:>detail_width$} ){why}",
                    change.what, change.resource
                ));
            }
        }
    }
    lines
}

impl ResourceChange {
    fn why(&self) -> Option<String> {
        match (&self.reason, self.blocked) {
            (Some(reason), true) => Some(format!("due to {reason} (blocked)")),
            (Some(reason), false) => Some(format!("due to {reason}")),
            (None, true) => Some("blocked".to_owned()),
            (None, false) => None,
        }
    }

    /// From where to where, and from which role to which, as far as these differ.
    fn details(&self) -> String {
        let need_role = self.role > Role::Started || self.next_role > Role::Unpromoted;
        let same_role = self.role == self.next_role;
        let (role, next) = (self.role, self.next_role);
        match (&self.origin, &self.destination) {
            (None, Some(to)) if need_role => format!("{role} -> {next} {to}"),
            (None, Some(to)) => to.clone(),
            (Some(from), None) if need_role => format!("{role} {from}"),
            (Some(from), None) => from.clone(),
            (Some(from), Some(to)) if same_role && from == to && need_role => format!("{role} {from}"),
            (Some(from), Some(to)) if same_role && from == to => from.clone(),
            (Some(from), Some(to)) if need_role && same_role => format!("{from} -> {to} {role}"),
            (Some(from), Some(to)) if same_role => format!("{from} -> {to}"),
            (Some(from), Some(to)) if from == to => format!("{role} -> {next} {from}"),
            (Some(from), Some(to)) => format!("{role} {from} -> {next} {to}"),
            (None, None) => String::new(),
        }
    }
}
