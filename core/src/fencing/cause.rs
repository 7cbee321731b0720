//! For which failures a node was cut off: written with its state, where all members and displays see it.
//!
//! In: a fencing that was proved. Out: edits of the status section.
//! Absent: what follows from it (`scheduler::resolve::repeated`), reading it (`status::cause`).

use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::status::cause::{self, CAUSE, CAUSES, FencingCause, WORKED};
use crate::status::history;
use crate::xml::Element;
use crate::xml::path::{Path, Step};
use std::collections::BTreeSet;

/// One fencing, named uniquely, of one node for these resources' failures.
pub struct Proved<'a> {
    pub fencing: &'a str,
    pub action: &'a str,
    /// When it was asked for. Seconds since the epoch.
    pub at: i64,
    pub resources: &'a BTreeSet<String>,
    /// Those of them that had worked on it.
    pub worked: &'a BTreeSet<String>,
}

/// Remembers a fencing; what is too old to count goes.
pub fn remember(document: &Document, node: &NodeRef, proved: &Proved) -> Vec<Edit> {
    if proved.resources.is_empty() {
        return Vec::new();
    }
    let old = known(document, node).into_iter().filter(|cause| !cause.is_recent(proved.at));
    let new = proved.resources.iter().map(|resource| Edit::Put {
        parent: place(node),
        element: Element::new(CAUSE)
            .with("id", format!("{}-{resource}", proved.fencing))
            .with("resource", resource)
            .with("action", proved.action)
            .with("at", proved.at.to_string())
            .with(WORKED, proved.worked.contains(resource).to_string()),
    });
    old.map(|cause| remove(node, &cause)).chain(new).collect()
}

/// Which of these resources have worked on a node, by its state.
pub fn worked(document: &Document, node: &NodeRef, resources: &BTreeSet<String>) -> BTreeSet<String> {
    let state = document.status().child_with_id("node_state", &node.id);
    let history = state.map(history::read).unwrap_or_default();
    resources.iter().filter(|resource| cause::has_worked(&history, resource)).cloned().collect()
}

/// Forgets what was remembered of a node for these resources (by their names without an instance's
/// number), or for all.
pub fn forget(document: &Document, node: &NodeRef, resources: Option<&[String]>) -> Vec<Edit> {
    let base = |name: &str| name.split(':').next().unwrap_or(name).to_string();
    let meant =
        |cause: &FencingCause| resources.is_none_or(|names| names.iter().any(|name| base(name) == cause.resource));
    known(document, node).iter().filter(|cause| meant(cause)).map(|cause| remove(node, cause)).collect()
}

fn known(document: &Document, node: &NodeRef) -> Vec<FencingCause> {
    document.status().child_with_id("node_state", &node.id).map(cause::read).unwrap_or_default()
}

fn place(node: &NodeRef) -> Path {
    node.state_path().join(Step { name: CAUSES.into(), id: Some(node.id.clone()) })
}

fn remove(node: &NodeRef, cause: &FencingCause) -> Edit {
    Edit::Delete { path: place(node).join(Step { name: CAUSE.into(), id: Some(cause.id.clone()) }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib;

    /// Fencings of one node as `time=resource,resource`, and what is remembered after the last.
    #[track_caller]
    fn check(fencings: &str, forgotten: Option<&[String]>, expected: &str) {
        let text = "<cib><configuration/><status><node_state id='2' uname='n2'/></status></cib>";
        let mut document = Document::read(text).expect("a CIB");
        let node = NodeRef { id: "2".into(), name: "n2".into() };
        for fencing in fencings.split_whitespace() {
            let (at, resources) = fencing.split_once('=').expect("time=resources");
            let resources = resources.split(',').map(str::to_string).collect();
            let at = at.parse().expect("a number");
            let worked = BTreeSet::new();
            let proved =
                Proved { fencing: &format!("f{at}"), action: "reboot", at, resources: &resources, worked: &worked };
            document = cib::edit::apply_all(&document, &remember(&document, &node, &proved)).expect("it fits");
        }
        if let Some(names) = forgotten {
            document = cib::edit::apply_all(&document, &forget(&document, &node, Some(names))).expect("it fits");
        }
        let left = known(&document, &node);
        let shown: Vec<String> = left.iter().map(|cause| format!("{}={}", cause.at, cause.resource)).collect();
        assert_eq!(shown.join(" "), expected);
    }

    #[test]
    fn an_hour_is_remembered() {
        check("1000=a 2000=a,b", None, "1000=a 2000=a 2000=b");
        check("1000=a 2000=a,b 4700=c", None, "2000=a 2000=b 4700=c");
        check("1000=a 9000=a", None, "9000=a");
    }

    #[test]
    fn what_has_worked_is_known_from_the_history() {
        let history = |records: &str| {
            let text = format!(
                "<cib><configuration/><status><node_state id='2' uname='n2'><lrm id='2'><lrm_resources>\
                 <lrm_resource id='a:1'>{records}</lrm_resource></lrm_resources></lrm></node_state></status></cib>"
            );
            let document = Document::read(&text).expect("a CIB");
            let node = NodeRef { id: "2".into(), name: "n2".into() };
            !worked(&document, &node, &BTreeSet::from(["a".to_string(), "b".to_string()])).is_empty()
        };
        let record = |operation: &str, interval: &str, code: i32| {
            format!(
                "<lrm_rsc_op id='{operation}' operation='{operation}' interval='{interval}' rc-code='{code}' op-status='0'/>"
            )
        };
        assert!(!history(""));
        assert!(!history(&(record("start", "0", 1) + &record("stop", "0", 1))));
        assert!(!history(&record("monitor", "0", 7)));
        assert!(history(&record("start", "0", 0)));
        assert!(history(&(record("monitor", "10000", 1) + &record("stop", "0", 1))));
    }

    #[test]
    fn a_cleanup_forgets_what_it_is_about() {
        check("1000=a,b", Some(&["a:1".into()]), "1000=b");
        check("1000=a,b", Some(&["c".into()]), "1000=a 1000=b");
    }
}
