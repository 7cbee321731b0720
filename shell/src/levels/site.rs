//! `site`: what this site may do among several: its tickets.
//!
//! In: calls. Out: tickets as text, and requests to change them.
//! Absent: any word with other sites (that is booth's).

use crate::command::{Call, Command, Level, PREVIEW, Run, What, one};
use crate::error::{Failure, Outcome};
use crate::preview;
use crate::session::Session;
use quorate_core::admin::ticket::Change;
use quorate_core::node::Request;
use quorate_core::view::cluster::TicketView;
use quorate_core::view::words;
use quorate_grammar::diagnostic::closest;
use quorate_transport::zone;

const ACTIONS: &[&str] = &["grant", "revoke", "standby", "activate", "show", "time", "delete"];

pub static LEVEL: Level = Level {
    name: "site",
    help: "this site among several: tickets",
    commands: &[Command {
        name: "ticket",
        arguments: &[one("action", What::Words(ACTIONS)), one("ticket", What::Ticket)],
        flags: &[PREVIEW],
        help: "grant a ticket to this site, revoke it, see whether it is granted",
        details: "ACTION is grant, revoke, standby (what depends on it stops in good order), activate, show, time\n(when it was granted last) or delete (whether it is granted is forgotten).\nNobody here can know whether another site has the ticket; so grant, revoke and delete are asked about,\nand done with -F. Where booth runs, it manages the tickets.",
        examples: &["ticket show ticketA", "ticket standby ticketA", "ticket revoke ticketA --preview"],
        run: Run::Do(ticket),
        ..Command::DEFAULT
    }],
};

fn ticket(session: &mut Session, call: &Call) -> Outcome {
    let (action, id) = (call.required(0), call.required(1));
    let change = match action {
        "grant" => Change::one("granted", "true"),
        "revoke" => Change::one("granted", "false"),
        "standby" => Change::one("standby", "true"),
        "activate" => Change::one("standby", "false"),
        "delete" => Change::Set(vec![("granted".to_string(), None)]),
        "show" | "time" => {
            let ticket = known(session, call)?;
            return tell(session, action, &ticket);
        }
        word => {
            let mut failure = Failure::misused(call.span(0), format!("`{word}` is none of {}", ACTIONS.join(", ")));
            let near = closest(word, ACTIONS.iter().copied()).map(str::to_string);
            failure.diagnostics[0].hint = near.map(|near| format!("did you mean `{near}`?"));
            return Err(failure);
        }
    };
    if id.is_empty() || id.chars().any(|c| c.is_whitespace() || "'\"<>&".contains(c)) {
        return Err(Failure::at(call.span(1), format!("`{id}` cannot be the name of a ticket")));
    }
    if action == "delete" {
        known(session, call)?;
    }
    let request = Request::ChangeTicket { ticket: id.to_string(), change };
    if !call.has(PREVIEW) && matches!(action, "grant" | "revoke" | "delete") {
        let question = match action {
            "grant" => {
                format!("Is {id} certainly granted to no other site? If it is, both may run the same resources.")
            }
            _ => format!("What depends on {id} loses it at once, as its loss-policy says. Go on?"),
        };
        if !session.confirm(&question) {
            return Err(Failure::refused("nothing was done").hint("use -F to answer yes beforehand"));
        }
    }
    session.ask_or_preview(call.has(PREVIEW), vec![request])
}

fn known(session: &mut Session, call: &Call) -> Outcome<TicketView> {
    let id = call.required(1);
    let tickets = preview::tickets(&session.document()?);
    match tickets.iter().find(|ticket| ticket.id == id) {
        Some(ticket) => Ok(ticket.clone()),
        None => {
            let mut failure = Failure::at(call.span(1), format!("there is no ticket `{id}`"));
            let near = closest(id, tickets.iter().map(|ticket| ticket.id.as_str())).map(str::to_string);
            failure.diagnostics[0].hint = near.map(|near| format!("did you mean `{near}`?"));
            Err(failure)
        }
    }
}

fn tell(session: &mut Session, action: &str, ticket: &TicketView) -> Outcome {
    let id = &ticket.id;
    if action == "show" {
        let state = if ticket.granted { "granted" } else { "revoked" };
        let standby = if ticket.standby { " (standby)" } else { "" };
        session.ui.line(&format!("ticket {id} is {state}{standby}"));
        return Ok(());
    }
    match ticket.last_granted {
        Some(moment) => {
            let time = words::time(moment, &zone::local());
            session.ui.line(&format!("ticket {id} last time granted on {time}"));
            Ok(())
        }
        None => Err(Failure::refused(format!("ticket {id} was never granted"))),
    }
}
