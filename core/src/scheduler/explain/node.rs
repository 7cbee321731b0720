//! What speaks for a node and what against it, for one resource.
//!
//! In: an explanation, a resource, a node. Out: [`Verdict`], as lines.

use super::Explanation;
use super::origin::{self, Part};
use crate::scheduler::resolve::Node;
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;

/// How a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub node: String,
    /// `None`: it was not considered at all.
    pub score: Option<Score>,
    pub chosen: bool,
    /// Why nothing can run there, if that is so.
    pub unusable: Option<String>,
    /// What decided between this and others as good.
    pub tie: Option<String>,
    /// What changed the score, in order.
    pub parts: Vec<Part>,
}

impl Verdict {
    /// The verdict, and a line for each part of the score.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  {}", self.head())];
        lines.extend(self.parts.iter().map(|part| format!("    {}: {}", part.amount, part.words)));
        lines
    }

    /// The same on one line.
    pub fn in_short(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(|part| format!("{}: {}", part.amount, part.words)).collect();
        let because = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
        format!("{}{because}", self.head())
    }

    fn head(&self) -> String {
        let mut head = match (&self.unusable, self.score) {
            (Some(why), _) => format!("{}: {why}", self.node),
            (None, None) => {
                format!("{}: not considered, for nothing allows it there (symmetric-cluster=false)", self.node)
            }
            (None, Some(score)) if score.is_banned() => format!("{}: banned", self.node),
            (None, Some(score)) => format!("{}: {score}", self.node),
        };
        if self.chosen {
            head.push_str(", chosen");
        }
        if let Some(tie) = &self.tie {
            head.push_str(&format!("; {tie}"));
        }
        head
    }
}

impl Explanation<'_> {
    /// How a node did for a resource.
    pub(super) fn verdict(&self, id: ResourceId, node: NodeId) -> Verdict {
        let row = &self.placement.resources[id];
        Verdict {
            node: self.situation.nodes[node].name.to_string(),
            score: row.allowed.score(node),
            chosen: row.node == Some(node),
            unusable: unusable(self, node),
            tie: tie(self, id, node),
            parts: origin::parts(self, id, node),
        }
    }
}

fn unusable(of: &Explanation, id: NodeId) -> Option<String> {
    if of.placement.nodes[id].is_available() {
        return None;
    }
    let node: &Node = &of.situation.nodes[id];
    let fencing = node.fence_reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let words = if of.placement.nodes[id].unclean {
        format!("is unclean and must be fenced first{fencing}")
    } else if !node.online && !node.switched_off_for.is_empty() {
        format!("is switched off: {} failed there again and again", node.switched_off_for.join(", "))
    } else if !node.online {
        "is offline".to_owned()
    } else if node.shutdown {
        "is shutting down".to_owned()
    } else if node.pending {
        "is joining the cluster".to_owned()
    } else if node.standby_on_fail {
        "is in standby since an operation failed there (on-fail=standby)".to_owned()
    } else if node.standby {
        "is in standby".to_owned()
    } else if node.maintenance {
        "is in maintenance".to_owned()
    } else {
        "cannot be used".to_owned()
    };
    Some(words)
}

/// What decided between nodes that are as good as the best.
fn tie(of: &Explanation, id: ResourceId, node: NodeId) -> Option<String> {
    let equal = of.placement.ledger.as_ref()?.choices.get(&id)?;
    let chosen = of.placement.resources[id].node?;
    let load = |node: NodeId| equal.iter().find(|(other, _)| *other == node).map(|(_, load)| *load);
    let (mine, best) = (load(node)?, load(chosen)?);
    if equal.len() < 2 || node == chosen {
        return None;
    }
    let name = &of.situation.nodes[chosen].name;
    Some(if of.situation.active_node(id) == Some(chosen) {
        format!("as good as {name}, where it runs already")
    } else if mine > best {
        format!("as good as {name}, but {mine} resources were placed here by then, and {best} there")
    } else if mine < best {
        format!("as good as {name}, which was preferred")
    } else {
        format!("as good as {name}, whose name comes first")
    })
}
