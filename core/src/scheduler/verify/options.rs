//! Cluster options that others make idle.
//!
//! In: the situation. Out: notes.
//! Absent: names and values that are none (see `cib::model::options`, and the shell for what nobody reads).

use crate::cib::model::options::HealthStrategy;
use crate::note::Note;
use crate::scheduler::resolve::Situation;
use crate::score::Score;

const COLOURS: [&str; 3] = ["node-health-green", "node-health-yellow", "node-health-red"];

pub fn notes(situation: &Situation) -> Vec<Note> {
    let options = &situation.options;
    let mut notes = Vec::new();
    let mut idle = |name: &str, why: &str| {
        if options.value(name).is_some() {
            notes.push(Note::info(name, format!("`{name}` has no effect {why}")).at(name));
        }
    };
    let strategy = options.health_strategy;
    if !matches!(strategy, HealthStrategy::Progressive | HealthStrategy::Custom) {
        let why = "unless `node-health-strategy` is progressive or custom";
        COLOURS.iter().for_each(|name| idle(name, why));
    }
    if strategy != HealthStrategy::Progressive {
        idle("node-health-base", "unless `node-health-strategy` is progressive");
    }
    if !options.shutdown_lock {
        idle("shutdown-lock-limit", "unless `shutdown-lock` is true");
    }
    let mut priorities = situation.resources.rows().iter().map(|resource| resource.priority);
    if options.priority_fencing_delay_ms > 0 && !situation.resources.is_empty() {
        match options.fencing_enabled {
            false => idle("priority-fencing-delay", "because fencing is disabled"),
            true if priorities.all(|priority| priority == Score::ZERO) => {
                idle("priority-fencing-delay", "because no resource has a `priority`");
            }
            true => {}
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, dummy, options};

    #[test]
    fn options_that_others_make_idle_are_told() {
        let with = |pairs: &str, meta: &str, expected: &str| {
            let set = format!("<cluster_property_set id=\"s\">{}</cluster_property_set>", options(pairs));
            let meta = match meta {
                "" => String::new(),
                _ => format!("<meta_attributes id=\"m\">{}</meta_attributes>", options(meta).replace("\"o", "\"m")),
            };
            check(&format!("<crm_config>{set}</crm_config>{}", dummy(&meta)), expected);
        };
        with("node-health-red=5", "", "info node-health-red node-health-red");
        with("node-health-red=5 node-health-strategy=only-green", "", "info node-health-red node-health-red");
        with("node-health-red=5 node-health-strategy=custom", "", "");
        with("node-health-base=5 node-health-strategy=custom", "", "info node-health-base node-health-base");
        with("node-health-base=5 node-health-green=1 node-health-strategy=progressive", "", "");
        with("shutdown-lock-limit=5", "", "info shutdown-lock-limit shutdown-lock-limit");
        with("shutdown-lock-limit=5 shutdown-lock=true", "", "");
        with("priority-fencing-delay=5", "", "info priority-fencing-delay priority-fencing-delay");
        with("priority-fencing-delay=5", "priority=1", "");
        with("priority-fencing-delay=0", "", "");
        let idle = "info priority-fencing-delay priority-fencing-delay";
        with("priority-fencing-delay=5 fencing-enabled=false", "priority=1", idle);
    }
}
