//! Requests of callers that access lists bind: answered with what they may see, refused what they may not do.
//!
//! Decided where the caller asks, by the document as it is there and then.

use super::event::ClientId;
use super::request::{Refusal, Reply, Request};
use super::{Effect, Node};
use crate::cib::acl::{self, Rights, Subject};
use crate::cib::{Document, diff};
use crate::xml::path::{Path, Step};

/// The account that lists do not bind, besides root.
const PRIVILEGED: &str = "hacluster";

impl Node {
    /// The rights of a caller that lists bind; `None` if it may do all.
    pub(super) fn rights(&self, document: &Document, subject: Option<&Subject>) -> Option<Rights> {
        let subject = subject.filter(|subject| is_bound(subject))?;
        acl::is_in_force(document).then(|| Rights::of(document, subject))
    }

    /// Answers a request that lists have a say in; `false` leaves it to be answered as for all.
    pub(super) fn answered_by_rights(&mut self, client: ClientId, request: &Request, subject: Option<Subject>) -> bool {
        let rights = self.rights(self.document(), subject.as_ref());
        // Lists may come into force while somebody listens.
        if let (Request::Subscribe, Some(subject)) = (request, subject.filter(is_bound)) {
            self.limited.insert(client, subject);
            let reply = rights.map_or_else(|| self.document_reply(), |rights| self.shown(&rights));
            self.effects.push(Effect::Reply { client, reply });
            return true;
        }
        let Some(rights) = rights else { return false };
        let denied = |reason: String| Reply::Refused(Refusal::Denied { reason });
        let reply = match request {
            Request::Query => self.shown(&rights),
            request => match self.refused(&rights, request) {
                Some(reason) => denied(reason),
                None => return false,
            },
        };
        self.effects.push(Effect::Reply { client, reply });
        true
    }

    fn shown(&self, rights: &Rights) -> Reply {
        match rights.shown(self.document()) {
            Some(root) => Reply::Document { root },
            None => Reply::Refused(Refusal::Denied { reason: "no access list lets you see anything".into() }),
        }
    }

    /// Why somebody may not ask for this, if they may not.
    fn refused(&self, rights: &Rights, request: &Request) -> Option<String> {
        let document = self.document();
        let writes = |path: &Path| (!rights.may_write(document, path)).then(|| format!("you may not change {path}"));
        match request {
            Request::Query | Request::Subscribe | Request::Status => None,
            // No document holds private ones, and no list speaks of them.
            Request::QueryAttribute { name, node } => self.hides_attribute(rights, name, node.as_deref()),
            Request::Commit { patch } => rights.refuses(document, patch),
            Request::SetAttributes { node, .. } | Request::ChangeAttributes { node, .. } => {
                let state = self.find_node(node)?.state_path();
                writes(&state.join(Step { name: "transient_attributes".into(), id: None }))
            }
            Request::Forget { node, .. } => match node {
                Some(node) => writes(&self.find_node(node)?.resources_path()),
                None => writes(&status()),
            },
            Request::ChangeTicket { .. } => writes(&status().join(Step { name: "tickets".into(), id: None })),
            _ => Some(format!("only root and {PRIVILEGED} may do that")),
        }
    }

    /// Why an attribute's value is not told, if it is not.
    fn hides_attribute(&self, rights: &Rights, name: &str, node: Option<&str>) -> Option<String> {
        let shown = rights.shown(self.document()).and_then(|root| Document::from_element(root).ok());
        let states = shown.iter().flat_map(|shown| shown.status().elements_named("node_state"));
        let of_node =
            states.filter(|state| node.is_none_or(|node| state.attr("uname").is_none_or(|name| name == node)));
        let mut pairs = of_node.flat_map(|state| state.descendants());
        let is_seen = pairs.any(|pair| pair.name == "nvpair" && pair.attr("name") == Some(name));
        (!is_seen).then(|| format!("you may not see the attribute {name}"))
    }

    /// Tells callers that lists bind what they may see of a change.
    pub(super) fn notify_limited(&mut self, before: &Document) {
        for (client, subject) in self.limited.clone() {
            let seen = |document: &Document| match self.rights(document, Some(&subject)) {
                None => Some(document.clone()),
                Some(rights) => Document::from_element(rights.shown(document)?).ok(),
            };
            let (Some(old), Some(new)) = (seen(before), seen(self.document())) else { continue };
            let patch = diff(&old, &new);
            self.effects.push(Effect::Notify { to: vec![client], reply: Reply::Changed { patch } });
        }
    }
}

/// Whether lists can bind somebody.
fn is_bound(subject: &Subject) -> bool {
    subject.user != PRIVILEGED && subject.user != "root"
}

fn status() -> Path {
    Path(vec![Step { name: "cib".into(), id: None }, Step { name: "status".into(), id: None }])
}
