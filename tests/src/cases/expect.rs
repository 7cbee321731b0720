//! What a case expects, held against what a scheduler says.
//!
//! | line | what must be so |
//! |---|---|
//! | `Move p1 ( n1 -> n2 )` | the summary has it; it has no other lines than those that are written |
//! | `nothing` | the summary is empty |
//! | `score p1 on n1: 50`, `promotion p1:0 on n1: 10` | this score was looked at |
//! | `do p1 monitor on n2`, `leave p1 monitor on n2` | the graph has this action, or has it not |
//! | `p1 stop on n1 before p1 start on n2` | the second waits for the first, at once or through others |
//! | `p1 start on n1 beside p2 start on n1` | neither waits for the other |
//! | `fence n1 with priority-fencing-delay=15` | this is said of the action |
//! | `again in 60s` | time alone changes the decision then |
//!
//! Actions are `p1 start on n1`, `p1 monitor every 10s on n1`, `p1 cancel every 10s on n1`, `g1 stopped` (a point),
//! `fence n1`, `n1 shuts down`.

use super::Case;
use super::outcome::{Action, Outcome, squeezed};
use super::state::NOW;
use quorate_core::time::Interval;

/// What is not as the case has it, a line each.
pub fn differences(case: &Case, outcome: &Outcome) -> Vec<String> {
    let (mut summary, mut wrong) = (Vec::new(), Vec::new());
    for line in &case.then {
        match held(line, outcome) {
            Some(true) => {}
            Some(false) => wrong.push(format!("not so: {line}")),
            None if line == "nothing" => {}
            None => summary.push(squeezed(line)),
        }
    }
    for line in &summary {
        if count(&summary, line) != count(&outcome.summary, line) {
            wrong.push(format!("missing: {line}"));
        }
    }
    let unexpected = outcome.summary.iter().filter(|line| count(&summary, line) != count(&outcome.summary, line));
    wrong.extend(unexpected.map(|line| format!("not expected: {line}")));
    wrong
}

fn count(lines: &[String], wanted: &String) -> usize {
    lines.iter().filter(|line| *line == wanted).count()
}

/// `None` for a line of the summary.
fn held(line: &str, outcome: &Outcome) -> Option<bool> {
    if let Some(score) = line.strip_prefix("score ") {
        return Some(outcome.scores.contains(&score.replacen(" on ", " allocation score on ", 1)));
    }
    if let Some(score) = line.strip_prefix("promotion ") {
        return Some(outcome.scores.contains(&score.replacen(" on ", " promotion score on ", 1)));
    }
    if let Some(time) = line.strip_prefix("again in ") {
        let seconds = i64::from(Interval::parse(time).expect("a time").ms()) / 1000;
        return Some(outcome.recheck_by == Some(NOW + seconds));
    }
    if let Some(action) = line.strip_prefix("do ") {
        return Some(!find(outcome, action).is_empty());
    }
    if let Some(action) = line.strip_prefix("leave ") {
        return Some(find(outcome, action).is_empty());
    }
    if let Some((first, then)) = line.split_once(" before ") {
        return Some(waits_for(outcome, then, first));
    }
    if let Some((one, other)) = line.split_once(" beside ") {
        let both = !find(outcome, one).is_empty() && !find(outcome, other).is_empty();
        return Some(both && !waits_for(outcome, one, other) && !waits_for(outcome, other, one));
    }
    if let Some((action, said)) = line.split_once(" with ").filter(|_| line.contains('=')) {
        let (name, value) = said.split_once('=').expect("NAME=VALUE");
        let meta = format!("CRM_meta_{}", name.replace('-', "_"));
        let said = |id: &u32| outcome.actions[id].attributes.get(&meta).or(outcome.actions[id].attributes.get(name));
        let says = |id: &u32| said(id).is_some_and(|found| found == value);
        return Some(find(outcome, action).iter().any(says));
    }
    None
}

/// The actions that are meant by `p1 start on n1`.
fn find(outcome: &Outcome, words: &str) -> Vec<u32> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let every = |time: &str| Interval::parse(time).expect("a time").ms();
    let (operation, key, node) = match words[..] {
        ["fence", node] => ("stonith", None, Some(node)),
        [node, "shuts", "down"] => ("do_shutdown", None, Some(node)),
        [resource, "cancel", "every", time, "on", node] => {
            ("cancel", Some(format!("{resource}_monitor_{}", every(time))), Some(node))
        }
        [resource, task, "every", time, "on", node] => {
            (task, Some(format!("{resource}_{task}_{}", every(time))), Some(node))
        }
        // A notification's operation is no more than that it is one.
        [resource, task, "on", node] if task.contains("notify") => {
            ("notify", Some(format!("{resource}_{task}_0")), Some(node))
        }
        [resource, task, "on", node] => (task, Some(format!("{resource}_{task}_0")), Some(node)),
        [resource, task] => (task, Some(format!("{resource}_{task}_0")), None),
        _ => panic!("`{}` is no action", words.join(" ")),
    };
    let is_it = |action: &Action| {
        action.attributes.get("operation").is_some_and(|own| own == operation)
            && key.as_ref().is_none_or(|key| action.keys.contains(key))
            && (node.is_none() || action.node.as_deref() == node)
    };
    outcome.actions.iter().filter(|(_, action)| is_it(action)).map(|(id, _)| *id).collect()
}

/// Whether every `then` waits for some `first`, and there is one.
fn waits_for(outcome: &Outcome, then: &str, first: &str) -> bool {
    let (firsts, thens) = (find(outcome, first), find(outcome, then));
    !thens.is_empty() && thens.iter().all(|then| reaches(outcome, *then, &firsts))
}

fn reaches(outcome: &Outcome, from: u32, wanted: &[u32]) -> bool {
    let (mut open, mut seen) = (vec![from], std::collections::BTreeSet::new());
    while let Some(id) = open.pop() {
        let inputs = outcome.actions.get(&id).map(|action| action.inputs.as_slice()).unwrap_or_default();
        if inputs.iter().any(|input| wanted.contains(input)) {
            return true;
        }
        open.extend(inputs.iter().filter(|input| seen.insert(**input)));
    }
    false
}
