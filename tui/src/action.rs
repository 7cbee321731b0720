//! What the action menu can do to a node or a resource.
//!
//! In: an action and the CIB. Out: the CIB as it would be, and requests to the daemon; and what
//! the scheduler would make of it. Never here: what an action amounts to (`core::admin`), asking, keys, sockets.

use std::fmt;

use quorate_core::admin::target_role::TargetRole;
use quorate_core::admin::{self, Facts, Intent, Refusal, standby};
use quorate_core::cib::{Document, objects};
use quorate_core::node::Request;
use quorate_core::simulate::{
    request::{NoPreview, after},
    would,
};
use quorate_core::time::Now;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Standby {
        node: String,
    },
    Online {
        node: String,
    },
    Maintenance {
        node: String,
    },
    Ready {
        node: String,
    },
    Move {
        resource: String,
        node: String,
    },
    /// Forgets where it was moved to or banned from.
    ClearMoves {
        resource: String,
    },
    Start {
        resource: String,
    },
    Stop {
        resource: String,
    },
    Manage {
        resource: String,
    },
    Unmanage {
        resource: String,
    },
    Cleanup {
        resource: String,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Standby { node } => write!(out, "put node {node} on standby"),
            Action::Online { node } => write!(out, "bring node {node} back from standby"),
            Action::Maintenance { node } => write!(out, "put node {node} into maintenance"),
            Action::Ready { node } => write!(out, "end maintenance of node {node}"),
            Action::Move { resource, node } => write!(out, "move {resource} to {node}"),
            Action::ClearMoves { resource } => write!(out, "let {resource} run where its scores send it"),
            Action::Start { resource } => write!(out, "start {resource}"),
            Action::Stop { resource } => write!(out, "stop {resource}"),
            Action::Manage { resource } => write!(out, "manage {resource}"),
            Action::Unmanage { resource } => write!(out, "stop managing {resource}"),
            Action::Cleanup { resource } => write!(out, "forget the failures of {resource}"),
        }
    }
}

/// The same in the words of whoever knows what it amounts to.
fn intent(action: &Action) -> Intent {
    match action.clone() {
        Action::Standby { node } => Intent::Standby { node, on: true },
        Action::Online { node } => Intent::Standby { node, on: false },
        Action::Maintenance { node } => Intent::NodeMaintenance { node, on: true },
        Action::Ready { node } => Intent::NodeMaintenance { node, on: false },
        Action::Move { resource, node } => Intent::Move { resource, node: Some(node), until: None },
        Action::ClearMoves { resource } => Intent::Clear { resource, node: None },
        Action::Start { resource } => Intent::Role { resource, role: TargetRole::Started },
        Action::Stop { resource } => Intent::Role { resource, role: TargetRole::Stopped },
        Action::Manage { resource } => Intent::Manage { resource, managed: true },
        Action::Unmanage { resource } => Intent::Manage { resource, managed: false },
        Action::Cleanup { resource } => Intent::Cleanup { resource: Some(resource), node: None, failed_only: true },
    }
}

/// What the daemon is asked, where it is not a change of the configuration.
pub fn requests(action: &Action, document: &Document) -> Vec<Request> {
    match action {
        Action::Cleanup { resource } => {
            vec![Request::Forget { resource: Some(resource.clone()), node: None, failed_only: true }]
        }
        Action::Online { node } => standby::end_until_restart(document, node).map(Request::from).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The CIB with the configuration that the action makes.
///
/// # Errors
/// What it is about is not there, or it would change nothing.
pub fn apply(action: &Action, document: &Document) -> Result<Document, Refusal> {
    match action {
        Action::Cleanup { .. } => Ok(document.clone()),
        _ => admin::apply(document, &intent(action), &Facts::default()),
    }
}

/// What the cluster would do, in the scheduler's words.
///
/// # Errors
/// What it is about is not there.
pub fn preview(action: &Action, document: &Document, now: Now) -> Result<Vec<String>, NoPreview> {
    let next = apply(action, document)?;
    let after = after(&next, &requests(action, document), now)?;
    let mut lines: Vec<String> = after.supposed.lines().map(str::to_string).collect();
    let changes = would::changes(&after.document, now);
    match changes.is_empty() {
        true => lines.push("Nothing would start, stop or move.".to_string()),
        false => lines.extend(changes),
    }
    Ok(lines)
}

/// Whether there are constraints that a move or a ban made.
pub fn was_moved(document: &Document, resource: &str) -> bool {
    let clear = Intent::Clear { resource: resource.to_string(), node: None };
    admin::edits(document, &clear, &Facts::default()).is_ok_and(|edits| !edits.is_empty())
}

/// The outermost resource that holds the one named.
pub fn top_of(document: &Document, id: &str) -> Option<String> {
    let place = objects::find_resource(document.configuration(), id)?.place;
    objects::at(document.configuration(), &place[..2]).id().map(str::to_string)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CIB: &str = r#"<cib admin_epoch="0" epoch="7" num_updates="3"><configuration><crm_config/>
<nodes><node id="1" uname="n1"/></nodes><resources><clone id="c"><primitive id="p"/></clone></resources>
<constraints><rsc_location id="cli-ban-p-on-n1" rsc="p" node="n1" score="-INFINITY"/></constraints></configuration>
<status><node_state id="1" uname="n1"><transient_attributes id="1"><instance_attributes id="status-1">
<nvpair id="status-1-standby" name="standby" value="on"/></instance_attributes></transient_attributes></node_state>
</status></cib>"#;

    // What each action writes is held by the cases of `core::admin`.
    #[test]
    fn what_is_pointed_at_in_a_clone_is_stopped_with_it() {
        let document = Document::read(CIB).unwrap();
        let stopped = apply(&Action::Stop { resource: "p".into() }, &document).unwrap().to_text();
        assert!(stopped.contains(r#"id="c-meta_attributes-target-role""#), "{stopped}");
        assert!(stopped.contains(r#"epoch="8""#), "{stopped}");
        assert!(apply(&Action::Standby { node: "n9".into() }, &document).is_err());
    }

    #[test]
    fn a_standby_until_the_next_start_is_ended_by_the_daemon() {
        let document = Document::read(CIB).unwrap();
        let online = Action::Online { node: "n1".into() };
        assert_eq!(apply(&online, &document).unwrap(), document);
        assert_eq!(requests(&online, &document).len(), 1);
    }

    #[test]
    fn moves_are_those_of_the_container_and_its_members() {
        let document = Document::read(CIB).unwrap();
        assert_eq!(top_of(&document, "p").as_deref(), Some("c"));
        assert!(was_moved(&document, "c"));
        let cleared = apply(&Action::ClearMoves { resource: "c".into() }, &document).unwrap();
        assert!(!was_moved(&cleared, "c"));
    }
}
