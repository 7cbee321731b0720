//! What is written of a resource and has no effect: constraints that are ignored, options that are replaced.
//!
//! In: an explanation, a resource. Out: a line for each. The facts are those that `verify` tells.

use super::Explanation;
use crate::scheduler::table::ResourceId;

impl Explanation<'_> {
    pub(super) fn without_effect(&self, id: ResourceId) -> Vec<String> {
        let resources = &self.situation.resources;
        let lineage: Vec<&str> = resources.lineage(id).map(|part| resources[part].config_id.as_str()).collect();
        let concerns = |names: Vec<&str>| names.iter().any(|name| lineage.contains(name));
        let constraints = self.situation.model.constraints.iter().filter_map(|constraint| {
            let why = self.constraints.ignored.get(constraint.id())?;
            concerns(constraint.resources()).then(|| format!("  {} is ignored because {why}", constraint.id()))
        });
        let own = self.situation.notes.iter().filter(|note| lineage.first() == Some(&note.about.as_str()));
        constraints.chain(own.map(|note| format!("  {}", note.message))).collect()
    }
}
