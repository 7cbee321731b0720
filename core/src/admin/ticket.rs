//! Tickets: what an authority beyond this cluster (booth, a person) lets it do, kept in the status section.
//!
//! In: a change that somebody asks for. Out: edits of `<tickets>`, as Pacemaker writes them.
//! Absent: what a ticket means to resources (see `scheduler::constrain::ticket`), and whether it is
//! granted elsewhere, which nobody here can know.

use crate::cib::{Document, Edit};
use crate::status::{self, TicketState};
use crate::xml::Element;
use crate::xml::path::{Path, Step};
use serde::{Deserialize, Serialize};

/// What is to become of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Attributes get values, or go.
    Set(Vec<(String, Option<String>)>),
    /// Nothing is known of it any more.
    Forget,
}

impl Change {
    /// Sets one attribute.
    pub fn one(name: &str, value: &str) -> Change {
        Change::Set(vec![(name.to_string(), Some(value.to_string()))])
    }

    /// The first name that no attribute of a ticket can have.
    pub fn misnamed(&self) -> Option<&str> {
        let Change::Set(pairs) = self else { return None };
        pairs.iter().map(|(name, _)| name.as_str()).find(|name| !is_attribute(name))
    }
}

/// A name that XML takes; the id is the ticket's own.
pub fn is_attribute(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    begins && name != "id" && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

/// A ticket as it is now.
pub fn find(document: &Document, id: &str) -> Option<TicketState> {
    status::read(document.status()).tickets.into_iter().find(|ticket| ticket.id == id)
}

/// The edits that make a change. When a ticket that was not granted is, that moment is kept with it.
pub fn edits(document: &Document, id: &str, change: &Change, epoch: i64) -> Vec<Edit> {
    let tickets = Path(["cib", "status", "tickets"].map(|name| Step { name: name.into(), id: None }).to_vec());
    let path = tickets.join(Step { name: "ticket_state".into(), id: Some(id.to_string()) });
    let known = find(document, id);
    let Change::Set(pairs) = change else {
        return if known.is_some() { vec![Edit::Delete { path }] } else { Vec::new() };
    };
    let mut element = Element::new("ticket_state").with("id", id);
    let mut edits = Vec::new();
    for (name, value) in pairs {
        match value {
            Some(value) => element.set(name, value),
            None if known.is_some() => edits.push(Edit::Unset { path: path.clone(), name: name.clone() }),
            None => {}
        }
    }
    let is_true = |text: &str| quorate_grammar::literal::boolean(text) == Ok(true);
    if element.attr("granted").is_some_and(is_true) && !known.is_some_and(|known| known.granted) {
        element.set("last-granted", epoch.to_string());
    }
    if pairs.iter().any(|(_, value)| value.is_some()) {
        edits.push(Edit::Merge { parent: tickets, element });
    }
    edits
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cib::edit::apply_all;

    const NOW: i64 = 1_700_000_000;

    /// The tickets, after a change of ticket `t`: pairs as `name=value`, or `name` to remove one.
    #[track_caller]
    fn check(tickets: &str, change: &str, expected: &str) {
        let text = format!("<cib><configuration/><status><tickets>{tickets}</tickets></status></cib>");
        let document = Document::read(&text).unwrap();
        let pair = |word: &str| match word.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(value.to_string())),
            None => (word.to_string(), None),
        };
        let change = match change {
            "forget" => Change::Forget,
            words => Change::Set(words.split_whitespace().map(pair).collect()),
        };
        let after = apply_all(&document, &edits(&document, "t", &change, NOW)).unwrap();
        let found = after.status().child("tickets").unwrap().elements().map(crate::xml::write).collect::<String>();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_grant_keeps_the_moment_it_began() {
        check("", "granted=true", r#"<ticket_state id="t" granted="true" last-granted="1700000000"/>"#);
        let granted = r#"<ticket_state id="t" granted="true" last-granted="5"/>"#;
        check(granted, "granted=true", granted);
        let revoked = r#"<ticket_state id="t" granted="false" last-granted="5"/>"#;
        check(granted, "granted=false", revoked);
        check(revoked, "granted=yes", r#"<ticket_state id="t" granted="yes" last-granted="1700000000"/>"#);
    }

    #[test]
    fn other_tickets_and_attributes_stay() {
        let two = r#"<ticket_state id="t" granted="true" owner="me"/><ticket_state id="u" standby="true"/>"#;
        check(
            two,
            "standby=true",
            r#"<ticket_state id="t" granted="true" owner="me" standby="true"/><ticket_state id="u" standby="true"/>"#,
        );
        check(two, "owner", r#"<ticket_state id="t" granted="true"/><ticket_state id="u" standby="true"/>"#);
        check(two, "forget", r#"<ticket_state id="u" standby="true"/>"#);
    }

    #[test]
    fn what_is_not_there_needs_no_edit() {
        check("", "forget", "");
        check("", "owner", "");
    }

    #[test]
    fn names_are_those_of_attributes() {
        for (name, fits) in
            [("owner", true), ("x-y_1.z", true), ("id", false), ("a b", false), ("1a", false), ("", false)]
        {
            assert_eq!(is_attribute(name), fits, "{name}");
        }
    }
}
