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

/// Something happens to a resource: from where to where, and from which role to which.
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

/// The lines. Columns are as wide as the widest of them need.
pub fn lines(changes: &[Change]) -> Vec<String> {
    explained(changes, |_, line| line)
}

/// The lines that are shown, each made into something with the place of its change.
pub fn explained<T>(changes: &[Change], mut with: impl FnMut(usize, String) -> T) -> Vec<T> {
    let resources = changes.iter().filter_map(|change| match change {
        Change::Resource(change) => Some((change.resource.len(), change.details().len())),
        Change::Node { .. } => None,
    });
    let narrowest = (5, 5);
    // A name that needs more than there is gets two columns of air, for all to come.
    let (name_width, detail_width) = resources.fold(narrowest, |(names, details), (name, detail)| {
        (if name > names { name + 2 } else { names }, details.max(detail))
    });
    let mut lines = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        match change {
            // Without a reason, Pacemaker only logs it.
            Change::Node { what, node, reason } => {
                lines.extend(reason.as_ref().map(|reason| with(at, format!("{what} {node} '{reason}'"))));
            }
            Change::Resource(change) => {
                let details = change.details();
                let why = change.why().map(|why| format!("  {why}")).unwrap_or_default();
                let (what, name) = (change.what, &change.resource);
                lines.push(with(at, format!("{what:<8}   {name:<name_width$}   ( {details:>detail_width$} ){why}")));
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
