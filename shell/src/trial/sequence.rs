//! The order of a trial: nothing may run before it, everything is stopped after it.
//!
//! In: subjects in their order, sites. Out: a line for each action to whoever listens, and whether all went well.
//! Absent: how an agent is run (see `agent`).

use super::agent::{Ran, Site};
use super::subject::{Action, Subject};
use quorate_core::exit::{NOT_RUNNING, OK, PROMOTED};

/// Who runs the actions, and hears of them.
pub trait Stage {
    fn run(&mut self, subject: &Subject, action: Action, site: &Site) -> Ran;
    /// `expected` is whether that is what was wanted.
    fn tell(&mut self, subject: &Subject, action: Action, site: &Site, ran: &Ran, expected: bool);
    fn is_interrupted(&self) -> bool;
}

/// What a trial came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Something was there already, or could not be looked for; nothing was started.
    NotClean,
    Failed,
    /// What could not be stopped: resource and node.
    LeftBehind(Vec<(String, String)>),
}

pub fn try_out(subjects: &[Subject], sites: &[Site], stage: &mut dyn Stage) -> Verdict {
    if !are_stopped(subjects, sites, stage) {
        return Verdict::NotClean;
    }
    let mut good = true;
    let mut left = Vec::new();
    // One after the other, so that nothing ever runs twice.
    for site in sites {
        let (went, behind) = on_site(subjects, site, stage);
        good &= went;
        left.extend(behind);
        // What is still there forbids to start it elsewhere.
        if !left.is_empty() || stage.is_interrupted() {
            good = false;
            break;
        }
    }
    match (left.is_empty(), good) {
        (false, _) => Verdict::LeftBehind(left),
        (true, true) => Verdict::Good,
        (true, false) => Verdict::Failed,
    }
}

/// All are looked for everywhere, so that every one that is found is said.
fn are_stopped(subjects: &[Subject], sites: &[Site], stage: &mut dyn Stage) -> bool {
    let mut stopped = true;
    for site in sites {
        for subject in subjects {
            stopped &= gives(stage, subject, Action::Probe, site, NOT_RUNNING);
        }
    }
    stopped && !stage.is_interrupted()
}

/// Whether an action comes to what is wanted.
fn gives(stage: &mut dyn Stage, subject: &Subject, action: Action, site: &Site, wanted: i32) -> bool {
    let ran = stage.run(subject, action, site);
    let expected = ran.code() == Some(wanted);
    stage.tell(subject, action, site, &ran, expected);
    expected
}

/// In their order: later resources may need earlier ones. Then all that was touched is stopped, the last first.
fn on_site(subjects: &[Subject], site: &Site, stage: &mut dyn Stage) -> (bool, Vec<(String, String)>) {
    let mut touched = Vec::new();
    let mut good = true;
    for subject in subjects {
        touched.push(subject);
        good = !stage.is_interrupted() && comes_up(subject, site, stage);
        if !good {
            break;
        }
    }
    let mut left = Vec::new();
    for subject in touched.into_iter().rev() {
        if !goes_down(subject, site, stage) {
            left.push((subject.id.clone(), site.node.clone()));
        }
    }
    (good, left)
}

fn comes_up(subject: &Subject, site: &Site, stage: &mut dyn Stage) -> bool {
    let mut steps = vec![(Action::Start, OK), (Action::Monitor, OK)];
    if subject.promotable {
        steps.extend([(Action::Promote, OK), (Action::Monitor, PROMOTED)]);
    }
    steps.into_iter().all(|(action, wanted)| gives(stage, subject, action, site, wanted))
}

/// A demote that fails does not keep it from being stopped.
fn goes_down(subject: &Subject, site: &Site, stage: &mut dyn Stage) -> bool {
    if subject.promotable {
        gives(stage, subject, Action::Demote, site, OK);
    }
    gives(stage, subject, Action::Stop, site, OK) && gives(stage, subject, Action::Probe, site, NOT_RUNNING)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::agent::End;
    use super::*;
    use std::time::Duration;

    /// Agents that answer what they should, but for what is written: `site resource action code`.
    struct Scripted {
        others: Vec<(String, i32)>,
        done: Vec<String>,
        promoted: bool,
    }

    impl Stage for Scripted {
        fn run(&mut self, subject: &Subject, action: Action, site: &Site) -> Ran {
            let name = format!("{} {} {}", site.node, subject.id, action.name());
            self.promoted = match action {
                Action::Promote => true,
                Action::Demote => false,
                _ => self.promoted,
            };
            let usual = match action {
                Action::Probe => NOT_RUNNING,
                Action::Monitor if self.promoted => PROMOTED,
                _ => OK,
            };
            let code = self.others.iter().find(|(other, _)| *other == name).map_or(usual, |(_, code)| *code);
            self.done.push(name);
            Ran { end: End::Exited(code), output: String::new(), took: Duration::ZERO }
        }

        fn tell(&mut self, _: &Subject, _: Action, _: &Site, _: &Ran, _: bool) {}

        fn is_interrupted(&self) -> bool {
            false
        }
    }

    fn subject(id: &str) -> Subject {
        let promotable = id.starts_with('m');
        Subject { id: id.into(), class: "ocf".into(), provider: "x".into(), kind: "X".into(), promotable }
    }

    #[track_caller]
    fn check(ids: &str, nodes: &str, others: &[(&str, i32)], verdict: Verdict, done: &str) {
        let subjects: Vec<Subject> = ids.split_whitespace().map(subject).collect();
        let sites: Vec<Site> = nodes.split_whitespace().map(|node| Site { node: node.into(), target: None }).collect();
        let others = others.iter().map(|(name, code)| ((*name).to_string(), *code)).collect();
        let mut stage = Scripted { others, done: Vec::new(), promoted: false };
        assert_eq!(try_out(&subjects, &sites, &mut stage), verdict);
        assert_eq!(stage.done.join(", "), done);
    }

    #[test]
    fn all_come_up_in_order_and_go_down_in_reverse() {
        check(
            "a m",
            "n1",
            &[],
            Verdict::Good,
            "n1 a probe, n1 m probe, n1 a start, n1 a monitor, n1 m start, n1 m monitor, n1 m promote, n1 m monitor, \
             n1 m demote, n1 m stop, n1 m probe, n1 a stop, n1 a probe",
        );
    }

    #[test]
    fn what_runs_anywhere_is_not_tried() {
        check("a", "n1 n2", &[("n2 a probe", 0)], Verdict::NotClean, "n1 a probe, n2 a probe");
    }

    #[test]
    fn what_fails_is_stopped_with_what_came_before_it() {
        check(
            "a b c",
            "n1",
            &[("n1 b start", 1)],
            Verdict::Failed,
            "n1 a probe, n1 b probe, n1 c probe, n1 a start, n1 a monitor, n1 b start, n1 b stop, n1 b probe, n1 a stop, \
             n1 a probe",
        );
    }

    #[test]
    fn what_cannot_be_stopped_is_started_nowhere_else() {
        check(
            "a",
            "n1 n2",
            &[("n1 a stop", 1)],
            Verdict::LeftBehind(vec![("a".into(), "n1".into())]),
            "n1 a probe, n2 a probe, n1 a start, n1 a monitor, n1 a stop",
        );
    }
}
