//! Constraints that say nothing, or the opposite of each other.
//!
//! In: the situation. Out: notes.
//! Absent: what a constraint is ignored for (see `constrain`).

use crate::cib::model::constraint::{
    Colocation, ColocationOf, Constraint, Location, LocationOf, LocationWant, Ticket, TicketOf,
};
use crate::cib::model::resource::Role;
use crate::note::Note;
use crate::scheduler::resolve::Situation;
use crate::score::Score;
use std::collections::BTreeMap;

/// Who is to be beside whom, and by what they are beside each other.
type Beside<'a> = (&'a str, Option<Role>, &'a str, Option<Role>, Option<&'a str>);

pub fn notes(situation: &Situation) -> Vec<Note> {
    let mut together: BTreeMap<Beside, &Colocation> = BTreeMap::new();
    let mut notes = Vec::new();
    for constraint in &situation.model.constraints {
        notes.extend(match constraint {
            Constraint::Location(location) => of_location(location, situation),
            Constraint::Colocation(colocation) => of_colocation(colocation, &mut together),
            Constraint::Ticket(ticket) => of_ticket(ticket),
            Constraint::Order(_) => None,
        });
    }
    notes
}

/// Where nodes must be named to be allowed, or resources are looked for on named ones, a score of 0 does that.
fn of_location(location: &Location, situation: &Situation) -> Option<Note> {
    let LocationWant::Node { score: Some(Score::ZERO), .. } = location.want else { return None };
    let is_plain = matches!(location.of, LocationOf::Resource(_) | LocationOf::Pattern(_));
    let finds = location.discovery.as_deref().is_some_and(|discovery| !discovery.eq_ignore_ascii_case("always"));
    let is_idle = is_plain && situation.options.symmetric && !finds;
    is_idle.then(|| Note::info(location.id.as_str(), "this location has no effect because its score is 0").at("0"))
}

fn of_colocation<'a>(written: &'a Colocation, together: &mut BTreeMap<Beside<'a>, &'a Colocation>) -> Option<Note> {
    let ColocationOf::Pair { dependent, dependent_role, primary, primary_role, node_attribute } = &written.of else {
        return None;
    };
    if ![Score::INFINITY, Score::MINUS_INFINITY].contains(&written.score) {
        return None;
    }
    let role = |role: &Option<String>| role.as_deref().and_then(Role::parse).filter(|role| *role != Role::Started);
    let beside = (
        dependent.as_str(),
        role(dependent_role),
        primary.as_str(),
        role(primary_role),
        node_attribute.as_deref().filter(|name| *name != "#uname"),
    );
    let other = together.insert(beside, written).filter(|other| other.score != written.score)?;
    let text = format!(
        "`{dependent}` can run nowhere: of this and `{}` one wants it with `{primary}`, and one without",
        other.id
    );
    Some(Note::info(written.id.as_str(), text).at(dependent.as_str()))
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
        check(&format!("{opt_in}{}", constrained(&location("score=\"0\""))), "");
    }

    #[test]
    fn colocations_that_contradict_each_other_are_told() {
        let both = |first: &str, second: &str, expected: &str| {
            let one = |id: &str, rest: &str| format!("<rsc_colocation id=\"{id}\" rsc=\"d1\" {rest}/>");
            check(&constrained(&format!("{}{}", one("k1", first), one("k2", second))), expected);
        };
        let with = |other: &str, score: &str| format!("with-rsc=\"{other}\" score=\"{score}\"");
        both(&with("d2", "INFINITY"), &with("d2", "-INFINITY"), "info k2 d1");
        both(&with("d2", "-INFINITY"), &with("d2", "INFINITY"), "info k2 d1");
        both(&with("d2", "INFINITY"), &with("d2", "INFINITY"), "");
        both(&with("d2", "INFINITY"), &with("d3", "-INFINITY"), "");
        both(&with("d2", "INFINITY"), &with("d2", "-5"), "");
        let promoted = format!("{} with-rsc-role=\"Promoted\"", with("m", "-INFINITY"));
        both(&with("m", "INFINITY"), &promoted, "");
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
