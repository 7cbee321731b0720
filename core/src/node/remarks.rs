//! What this node's cluster engine has to mend about the membership, shown in the node's state.
//!
//! In: the engine's remarks. Out: an attribute of this node's state, for all tools. Absent: what is amiss.

use super::Node;
use super::message::Message;
use crate::cib::Edit;
use crate::text::visible;

/// The attribute of a node's state that says what its cluster engine finds amiss.
pub const ENGINE_ATTRIBUTE: &str = "engine";

/// So much of it is shown; the log has all. Characters.
const SHOWN_MAX: usize = 300;

impl Node {
    /// The engine finds this amiss now, and nothing else.
    pub(super) fn remarked(&mut self, remarks: &[String]) {
        let text = visible(&remarks.join("; ")).to_string();
        self.remarks = match text.char_indices().nth(SHOWN_MAX) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        };
        self.tell_remarks();
    }

    /// A new view's states begin without.
    pub(super) fn tell_remarks(&mut self) {
        let path = self.node_ref().state_path();
        let Some(state) = path.find(self.document().root()) else { return };
        let edit = match (state.attr(ENGINE_ATTRIBUTE), self.remarks.as_str()) {
            (None, "") => return,
            (Some(said), remarks) if said == remarks => return,
            (Some(_), "") => Edit::Unset { path, name: ENGINE_ATTRIBUTE.into() },
            (_, remarks) => Edit::Set { path, name: ENGINE_ATTRIBUTE.into(), value: remarks.into() },
        };
        self.send(Message::Update { request: None, edits: vec![edit], ends: None });
    }
}
