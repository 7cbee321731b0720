//! What each stage of the scheduler makes of a case, a line a fact: for tables of single rules.
//!
//! In: a case. Out: lines such as `location l1: p1 n2=50`, `p1 start n2: required`, `p1 stop n1 before p1 start n2`.

use super::Case;
use quorate_core::cib::model::resource::Role;
use quorate_core::cib::upgrade;
use quorate_core::scheduler::act::{Plan, act};
use quorate_core::scheduler::constrain::{Constraints, constrain};
use quorate_core::scheduler::order::order;
use quorate_core::scheduler::place::place;
use quorate_core::scheduler::relation::{End, Point};
use quorate_core::scheduler::table::{ActionId, NodeId, ResourceId};
use quorate_core::scheduler::{Input, Situation, resolve};
use quorate_core::time::Now;

/// Up to where the stages run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Constrain,
    Act,
    Order,
}

/// All that the stage says.
pub fn lines(cluster: &str, state: &str, stage: Stage) -> Vec<String> {
    let case = Case { cluster: format!("{cluster}\n"), state: state.to_owned(), ..Case::default() };
    let (document, _) = upgrade::to_latest(&case.document()).expect("a known schema");
    let situation = resolve(&Input::new(&document, Now::from_epoch(super::state::NOW)));
    let constraints = constrain(&situation);
    if stage == Stage::Constrain {
        return of_constraints(&situation, &constraints);
    }
    let placement = place(&situation, &constraints, false);
    let actions = act(&situation, &constraints, &placement, false);
    match stage {
        Stage::Order => of_plan(&order(actions).plan),
        _ => of_plan(&actions.plan),
    }
}

fn of_constraints(situation: &Situation, constraints: &Constraints) -> Vec<String> {
    let name = |id: ResourceId| situation.resources[id].id.to_string();
    let node = |id: NodeId| situation.nodes[id].name.to_string();
    let role = |role: Role| if role == Role::Unknown { String::new() } else { format!(" {role}") };
    let end = |end: &End| match end {
        End::Task { resource, task, .. } => format!("{} {task}", name(*resource)),
        End::Point(at) => match &constraints.points[*at] {
            Point::Pseudo { name, .. } | Point::LoadStopped { name, .. } => name.clone(),
            Point::Unfence { node: of } => format!("unfence {}", node(*of)),
            Point::Fence { node: of, .. } => format!("fence {}", node(*of)),
        },
        End::Action(_) => "an action".to_owned(),
    };
    let locations = constraints.locations.iter().map(|location| {
        let scores = location.nodes.iter().map(|(at, score)| format!(" {}={score}", node(*at)));
        let scores: String = scores.collect();
        format!("location {}: {}{}{scores}", location.id, name(location.resource), role(location.role))
    });
    let colocations = constraints.colocations.iter().map(|colocation| {
        let (dependent, primary) = (name(colocation.dependent), name(colocation.primary));
        let roles = (role(colocation.dependent_role), role(colocation.primary_role));
        format!("colocation {}: {dependent}{} with {primary}{} {}", colocation.id, roles.0, roles.1, colocation.score)
    });
    let orderings = constraints
        .orderings
        .iter()
        .map(|ordering| format!("{} before {}: {:?}", end(&ordering.first), end(&ordering.then), ordering.relation));
    let bans = constraints.bans.iter().map(|ban| {
        let place = ban.node.map_or_else(|| "everywhere".to_owned(), node);
        format!("ban {} {place}: {:?}", name(ban.resource), ban.why)
    });
    let tickets = constraints.tickets.iter().flat_map(|(id, needs)| {
        needs.iter().map(move |need| format!("ticket {} {}: held {}", name(id), need.ticket, need.held))
    });
    let unmanaged = situation.resources.ids().filter(|id| !constraints.managed[*id]);
    let unclean = situation.nodes.ids().filter(|id| constraints.unclean[*id]);
    let notes = constraints.notes.iter().map(|note| format!("note {note}"));
    locations
        .chain(colocations)
        .chain(orderings)
        .chain(bans)
        .chain(tickets)
        .chain(unmanaged.map(|id| format!("unmanaged {}", name(id))))
        .chain(unclean.map(|id| format!("unclean {}", node(id))))
        .chain(notes)
        .collect()
}

fn of_plan(plan: &Plan) -> Vec<String> {
    let title = |id: ActionId| {
        let row = &plan.actions[id];
        let name = row.resource.map_or_else(|| row.name.clone(), |of| row.key.text(plan.resource(of).id.as_str()));
        let place = row.node.map_or_else(|| "-".to_owned(), |node| plan.situation.nodes[node].name.to_string());
        format!("{name} {place}")
    };
    let mut lines = Vec::new();
    for id in plan.actions.ids() {
        let row = &plan.actions[id];
        let mut line = format!("{}: {}", title(id), if row.optional { "optional" } else { "required" });
        for (word, is_so) in [("unrunnable", !row.runnable), ("pseudo", row.pseudo), ("live", row.migratable)] {
            if is_so {
                line.push_str(&format!(" {word}"));
            }
        }
        lines.push(match &row.reason {
            Some(reason) => format!("{line} because {reason}"),
            None => line,
        });
        let edges = row.before.iter().filter(|edge| !edge.relation.is_none());
        lines.extend(edges.map(|edge| format!("{} before {}: {:?}", title(edge.action), title(id), edge.relation)));
    }
    lines
}
