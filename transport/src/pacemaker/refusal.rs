//! What it means that a tool of Pacemaker failed: an exit code and words, in core's words.
//!
//! In: the tool's output. Out: a [`Refusal`], or that nobody answered.
//! Absent: what to do about it.

use super::run::Output;
use crate::local::client::ClientError;
use crate::local::unanswered::AskError;
use quorate_core::exit::Exit;
use quorate_core::node::{Refusal, Request};

/// Of a call that is about something else than a commit.
pub fn of(request: &Request, output: &Output) -> AskError {
    let reason = output.complaint();
    let Some(code) = output.code else { return ended(output) };
    let exit = u8::try_from(code).map(Exit).unwrap_or(Exit::ERROR);
    match (exit, request) {
        (Exit::DISCONNECT, _) => AskError::Client(ClientError::Lost { why: reason }),
        (Exit::TIMEOUT, Request::Fence { .. }) => {
            refused(Refusal::NotFenced { reason: in_words(reason, "it took too long") })
        }
        (Exit::NOT_PERMITTED, _) => refused(Refusal::Denied { reason }),
        (Exit::QUORUM, _) => refused(Refusal::NoQuorum),
        (Exit::NO_SUCH, Request::Forget { resource, node, .. }) => {
            refused(unknown(&reason, resource.as_deref(), node.as_deref()))
        }
        (_, Request::Fence { .. }) => {
            refused(Refusal::NotFenced { reason: in_words(reason, "the fencer does not say why") })
        }
        _ => refused(Refusal::Unfit { reason: in_words(reason, &format!("it ended with {code}")) }),
    }
}

fn refused(refusal: Refusal) -> AskError {
    AskError::Refused(refusal)
}

fn in_words(reason: String, else_said: &str) -> String {
    if reason.is_empty() { else_said.to_string() } else { reason }
}

/// A signal ended the tool.
pub fn ended(output: &Output) -> AskError {
    let signal = output.signal.map_or_else(String::new, |signal| format!(" by signal {signal}"));
    AskError::Client(ClientError::Lost { why: format!("Pacemaker's tool was ended{signal}") })
}

/// The tool says `Resource 'x' not found` or `Node 'x' not found`.
fn unknown(reason: &str, resource: Option<&str>, node: Option<&str>) -> Refusal {
    match (resource, node) {
        (_, Some(node)) if reason.contains(&format!("Node '{node}'")) => {
            Refusal::Unknown { what: "node".into(), name: node.to_string() }
        }
        (Some(resource), _) => Refusal::Unknown { what: "resource".into(), name: resource.to_string() },
        (None, _) => Refusal::Unknown { what: "node".into(), name: node.unwrap_or_default().to_string() },
    }
}

/// Somebody was first, as `cibadmin --patch` says it. It has a code for a patch that is older than the CIB, none for
/// one that is newer: that happens when this host is told of a change before the one that commits.
pub fn is_stale(output: &Output) -> bool {
    const NEWER: &str = "Application of update diff failed";
    output.code == Some(i32::from(Exit::OLD.0)) || output.stderr.contains(NEWER) || output.stdout.contains(NEWER)
}

/// Of a commit that fitted.
pub fn of_commit(output: &Output) -> AskError {
    let reason = output.complaint();
    let Some(code) = output.code else { return ended(output) };
    match u8::try_from(code).map(Exit).unwrap_or(Exit::ERROR) {
        Exit::DISCONNECT => AskError::Client(ClientError::Lost { why: reason }),
        Exit::NOT_PERMITTED => refused(Refusal::Denied { reason }),
        Exit::QUORUM => refused(Refusal::NoQuorum),
        _ => refused(Refusal::Schema { reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(code: i32, stderr: &str) -> Output {
        Output { code: Some(code), signal: None, stdout: String::new(), stderr: stderr.to_string() }
    }

    #[test]
    fn exit_codes_and_words_are_refusals() {
        let forget = Request::Forget { resource: Some("p".into()), node: Some("n".into()), failed_only: true };
        let fence = Request::Fence { node: "n".into(), action: "off".into() };
        let confirm = Request::ConfirmFenced { node: "n".into() };
        for (request, code, stderr, expected) in [
            (
                &forget,
                105,
                "crm_resource: Node 'n' not found\nError performing operation: No such object",
                "not fenced",
            ),
            (
                &fence,
                105,
                "stonith_admin: Couldn't fence n: No such device",
                "not fenced: stonith_admin: Couldn't fence n: No such device",
            ),
            (&fence, 1, "", "not fenced: the fencer does not say why"),
            (&confirm, 4, "Permission denied", "Permission denied"),
            (&confirm, 102, "error: Could not connect", "connection to the cluster daemon lost: Could not connect"),
            (&confirm, 106, "x", "this partition has no quorum: most of the nodes must be here"),
            (&confirm, 3, "", "it ended with 3"),
        ] {
            let told = of(request, &output(code, stderr)).to_string();
            match request {
                Request::Forget { .. } => assert!(told.starts_with("there is no"), "{told}"),
                _ => assert_eq!(told, expected),
            }
        }
    }

    #[test]
    fn who_is_not_there_is_named() {
        let name = |reason: &str, resource, node| unknown(reason, resource, node).to_string();
        assert_eq!(name("Resource 'p' not found", Some("p"), None), "there is no resource p");
        assert_eq!(name("Resource 'p' not found", Some("p"), Some("n")), "there is no resource p");
        assert_eq!(name("Node 'n' not found", Some("p"), Some("n")), "there is no node n");
        assert_eq!(name("Node 'n' not found", None, Some("n")), "there is no node n");
    }

    #[test]
    fn a_patch_for_another_version_is_stale() {
        for (code, stderr, expected) in [
            (103, "Call failed: Update was older than existing configuration", true),
            (1, "Call failed: Application of update diff failed", true),
            (78, "Call failed: Update does not conform to the configured schema", false),
            (102, "Could not connect to the CIB", false),
            (0, "", false),
        ] {
            assert_eq!(is_stale(&output(code, stderr)), expected, "{stderr}");
        }
    }

    #[test]
    fn a_tool_that_was_killed_is_no_refusal() {
        let killed = Output { code: None, signal: Some(9), stdout: String::new(), stderr: String::new() };
        assert_eq!(
            of_commit(&killed).to_string(),
            "connection to the cluster daemon lost: Pacemaker's tool was ended by signal 9"
        );
    }
}
