//! Constraints that say nothing.
//!
//! In: the situation. Out: notes.
//! Absent: what a constraint is ignored for (see `constrain`).

use crate::cib::model::constraint::{Constraint, Location, LocationOf, LocationWant, Ticket, TicketOf};
use crate::cib::model::resource::Role;
use crate::cib::model::rule::RuleScore;
use crate::note::Note;
use crate::scheduler::resolve::Situation;
use crate::score::Score;

pub fn notes(situation: &Situation) -> Vec<Note> {
    let mut notes = Vec::new();
    for constraint in &situation.model.constraints {
        notes.extend(match constraint {
            Constraint::Location(location) => of_location(location, situation),
            Constraint::Ticket(ticket) => of_ticket(ticket),
            Constraint::Colocation(_) | Constraint::Order(_) => None,
        });
    }
    notes
}

/// Where nodes must be named to be allowed, or resources are looked for on named ones, a score of 0 does that.
fn of_location(location: &Location, situation: &Situation) -> Option<Note> {
    let score = match &location.want {
        LocationWant::Node { score, .. } => *score,
        LocationWant::Rules(rules) => match rules.first()?.score {
            Some(RuleScore::Fixed(score)) => Some(score),
            _ => None,
        },
        LocationWant::Nothing => None,
    };
    score.filter(|score| *score == Score::ZERO)?;
    let is_plain = matches!(location.of, LocationOf::Resource(_) | LocationOf::Pattern(_));
    let finds = location.discovery.as_deref().is_some_and(|discovery| !discovery.eq_ignore_ascii_case("always"));
    let is_idle = is_plain && situation.options.symmetric && !finds;
    is_idle.then(|| Note::info(location.id.as_str(), "this location has no effect because its score is 0").at("0"))
}

/// A demotion is what happens to what is promoted; all else is stopped.
fn of_ticket(ticket: &Ticket) -> Option<Note> {
    let policy = ticket.loss_policy.as_deref().filter(|policy| policy.eq_ignore_ascii_case("demote"))?;
    let is_promoted = |role: &Option<String>| role.as_deref().and_then(Role::parse) == Some(Role::Promoted);
    let stops = match &ticket.of {
        TicketOf::Resource { role, .. } => !is_promoted(role),
        TicketOf::Sets(sets) => sets.iter().any(|set| !is_promoted(&set.role)),
    };
    let text = "what loses this ticket is stopped: only what needs it for the role Promoted can be demoted instead";
    stops.then(|| Note::info(ticket.id.as_str(), text).at(policy))
}

#[cfg(test)]
mod tests {
    use crate::scheduler::verify::tests::{check, constrained};

    #[test]
    fn a_location_of_no_score_is_told_where_it_allows_nothing() {
        let location = |attributes: &str| format!("<rsc_location id=\"l\" rsc=\"d1\" node=\"n1\" {attributes}/>");
        let with = |attributes: &str, expected: &str| check(&constrained(&location(attributes)), expected);
        with("score=\"0\"", "info l 0");
        with("score=\"5\"", "");
        with("score=\"0\" resource-discovery=\"always\"", "info l 0");
        with("score=\"0\" resource-discovery=\"exclusive\"", "");
        let opt_in = "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"y\" name=\"symmetric-cluster\" \
                      value=\"false\"/></cluster_property_set></crm_config>";
        let elsewhere = "info d2 d2; info d3 d3; info g g; info c c; info m m";
        check(&format!("{opt_in}{}", constrained(&location("score=\"0\""))), elsewhere);
        let rule = "<rule id=\"r\" score=\"0\"><expression id=\"e\" attribute=\"x\" operation=\"defined\"/></rule>";
        check(&constrained(&format!("<rsc_location id=\"l\" rsc=\"d1\">{rule}</rsc_location>")), "info l 0");
    }

    #[test]
    fn what_is_stopped_rather_than_demoted_is_told() {
        let ticket = |rest: &str, expected: &str| {
            check(&constrained(&format!("<rsc_ticket id=\"k\" ticket=\"T\" {rest}/>")), expected);
        };
        ticket("rsc=\"m\" rsc-role=\"Promoted\" loss-policy=\"demote\"", "");
        ticket("rsc=\"m\" loss-policy=\"demote\"", "info k demote");
        ticket("rsc=\"d1\" loss-policy=\"demote\"", "info k demote");
        ticket("rsc=\"d1\" loss-policy=\"stop\"", "");
    }
}
