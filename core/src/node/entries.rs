//! Entries of the configuration that name a node by another id than it has: a person wrote `node n2` before the
//! node was known, or brought a configuration from another cluster.
//!
//! Two entries for one node are two nodes for the scheduler, one of which nobody ever sees: it would be fenced
//! without an end. So the members' entries have the members' ids; what stands in others is taken over. Pacemaker
//! deletes such entries with what is in them.
//! In: the document, the members. Out: edits.

use super::Node;
use crate::cib::{Document, Edit};
use crate::lrm::result::NodeRef;
use crate::membership::Member;
use crate::note::Note;
use crate::xml::path::{Path, Step};

fn nodes_path() -> Path {
    let step = |name: &str| Step { name: name.into(), id: None };
    Path(vec![step("cib"), step("configuration"), step("nodes")])
}

/// What brings all entries that bear a member's name together under its id.
pub(super) fn united(document: &Document, members: &[Member]) -> Vec<Edit> {
    let nodes = document.configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements_named("node"));
    let mut edits = Vec::new();
    for node in nodes.filter(|node| node.attr("type").is_none_or(|kind| kind == "member")) {
        let member = members.iter().find(|member| node.attr("uname") == Some(&member.name));
        let (Some(member), Some(id)) = (member, node.id()) else { continue };
        if id == member.id.to_string() {
            continue;
        }
        let mut element = node.clone();
        element.set("id", member.id.to_string());
        edits.push(Edit::Delete { path: nodes_path().join(Step { name: "node".into(), id: Some(id.to_string()) }) });
        edits.push(Edit::Merge { parent: nodes_path(), element });
    }
    edits
}

impl Node {
    /// A configuration was committed: every member makes the same of it.
    pub(super) fn unite_entries(&mut self) {
        let members = self.replica.view().map(|view| view.members.clone()).unwrap_or_default();
        let edits = united(self.document(), &members);
        if !edits.is_empty() {
            self.replica.update(&edits);
            self.note(Note::warning("nodes", "entries with a member's name and another id were given the member's id"));
        }
    }

    /// All that the name of a node may mean: each entry of the configuration that bears it, and the member.
    pub(super) fn nodes_called(&self, name: &str) -> Vec<NodeRef> {
        let nodes = self.document().configuration().child("nodes").into_iter().flat_map(|nodes| nodes.elements());
        let named = nodes.filter(|node| node.attr("uname") == Some(name));
        let entries = named.filter_map(|node| Some(NodeRef { id: node.id()?.to_string(), name: name.to_string() }));
        let mut all: Vec<NodeRef> = self.find_node(name).into_iter().collect();
        let more: Vec<NodeRef> = entries.filter(|entry| !all.iter().any(|known| known.id == entry.id)).collect();
        all.extend(more);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::edit::apply_all;

    #[test]
    fn what_bears_a_members_name_has_its_id() {
        let text = "<cib><configuration><nodes><node id='1' uname='n1'/><node id='2' uname='n2'><instance_attributes \
                    id='x'><nvpair id='x1' name='rack' value='1'/></instance_attributes></node><node id='n2' uname='n2'>\
                    <instance_attributes id='y'><nvpair id='y1' name='left' value='1'/></instance_attributes></node>\
                    <node id='n3' uname='n3'/><node id='r' uname='r' type='remote'/></nodes></configuration><status/></cib>";
        let document = Document::read(text).expect("a CIB");
        let member = |id: u32| Member { id, name: format!("n{id}") };
        let edits = united(&document, &[member(1), member(2)]);
        let united = apply_all(&document, &edits).expect("they fit");
        let nodes = united.configuration().child("nodes").expect("nodes");
        let shown: Vec<String> = nodes
            .elements()
            .map(|node| {
                let names =
                    node.descendants().filter(|pair| pair.name == "nvpair").filter_map(|pair| pair.attr("name"));
                format!("{} {}", node.id().unwrap_or_default(), names.collect::<Vec<_>>().join(","))
            })
            .collect();
        assert_eq!(shown, ["1 ", "2 rack,left", "n3 ", "r "], "who is away may have any id");
    }
}
