//! crm_ticket: the tickets of this site, shown and changed.
//!
//! In: options; the CIB of the cluster, a file or a shadow. Out: text or XML as Pacemaker's; a ticket
//! changed by the daemon, or in the file.
//! Absent: any word with other sites (that is booth's).

mod options;
mod report;

use crate::input::read_cib;
use crate::standard::{self, Call, Failed};
use crate::{Exit, Io, clock, door};
use options::{MANUAL, TicketOptions, Wish};
use quorate_core::admin::ticket::{Change, find};
use quorate_core::cib::Document;
use quorate_core::node::Request;
use quorate_core::view;
use quorate_grammar::literal;
use quorate_transport::environment::Environment;
use quorate_transport::local::daemon::ANSWER_WITHIN;
use quorate_transport::store::CibSource;
use report::Report;

const TOOL: &str = MANUAL.name;

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    standard::run(&MANUAL, arguments, io, answer)
}

fn answer(Call { given, format, request }: Call, io: &mut Io) -> Exit {
    let options = TicketOptions::of(&given);
    let mut report = Report::new(format, &request);
    let exit = match act(&options, &mut report) {
        Ok(()) => Exit::OK,
        Err((exit, message)) => {
            if !message.is_empty() {
                report.error(&format!("{TOOL}: {message}"));
            }
            exit
        }
    };
    let (text, errors) = report.finish(exit);
    let _ = io.err.write_all(errors.as_bytes());
    match given.value("output-to").as_deref().filter(|to| *to != "-") {
        None => drop(io.out.write_all(text.as_bytes())),
        Some(path) => {
            if let Err(error) = std::fs::write(path, text) {
                io.error(TOOL, &format!("--output-to: {path}: {error}"));
                return Exit::IO_ERROR;
            }
        }
    }
    exit
}

fn act(options: &TicketOptions, report: &mut Report) -> Result<(), Failed> {
    let wish = options.wish().map_err(|unclear| (Exit::USAGE, unclear.to_string()))?;
    let needs_name = matches!(wish, Wish::Attribute(_) | Wish::Change(_));
    if needs_name && options.ticket.as_deref().is_none_or(str::is_empty) {
        let exit = if matches!(wish, Wish::Attribute(_)) { Exit::NO_SUCH } else { Exit::USAGE };
        return Err((exit, "Must supply ticket ID with -t".into()));
    }
    let source = Environment::of_process().first_source();
    let document = match &options.xml_file {
        Some(path) => read_cib(path).map_err(|error| (Exit::DATA_ERROR, format!("{}: {error}", path.display())))?,
        None => door::read(&source, ANSWER_WITHIN).map_err(door::failed)?,
    };
    let id = options.ticket.as_deref();
    match wish {
        Wish::List { details, raw } => list(&document, id, details, raw, report),
        Wish::State => state(&document, id, report),
        Wish::Constraints => constraints(&document, id, report),
        Wish::Attribute(name) => attribute(&document, id.unwrap_or_default(), &name, options, report),
        Wish::Change(_) if options.xml_file.is_some() => {
            Err((Exit::USAGE, "--xml-file is only looked at; CIB_file names a file to be changed".into()))
        }
        Wish::Change(change) => alter(&document, &source, id.unwrap_or_default(), &change, options.force, report),
    }
}

// ---- looking -------------------------------------------------------------------------------------

fn list(document: &Document, id: Option<&str>, details: bool, raw: bool, report: &mut Report) -> Result<(), Failed> {
    let mut tickets = view::tickets(document, clock::now());
    if let Some(id) = id {
        tickets.retain(|ticket| ticket.id == id);
        if tickets.is_empty() {
            return Err((Exit::NO_SUCH, format!("No such ticket '{id}'")));
        }
    }
    report.tickets(&tickets, details, raw);
    Ok(())
}

fn state(document: &Document, id: Option<&str>, report: &mut Report) -> Result<(), Failed> {
    let tickets = document.status().child("tickets");
    let found = match id {
        None => tickets,
        Some(id) => tickets.and_then(|tickets| tickets.child_with_id("ticket_state", id)),
    };
    let element =
        found.ok_or_else(|| (Exit::NO_SUCH, "Could not query ticket XML: No such device or address".to_string()))?;
    report.state(element);
    Ok(())
}

fn constraints(document: &Document, id: Option<&str>, report: &mut Report) -> Result<(), Failed> {
    let all =
        document.configuration().child("constraints").into_iter().flat_map(|all| all.elements_named("rsc_ticket"));
    let found: Vec<_> = all.filter(|one| id.is_none_or(|id| one.attr("ticket") == Some(id))).collect();
    if found.is_empty() {
        return Err((Exit::NO_SUCH, "Could not show ticket constraints: No such device or address".into()));
    }
    report.constraints(&found);
    Ok(())
}

fn attribute(
    document: &Document,
    id: &str,
    name: &str,
    options: &TicketOptions,
    report: &mut Report,
) -> Result<(), Failed> {
    let value = find(document, id).and_then(|ticket| ticket.attributes.get(name).cloned());
    match value.or_else(|| options.default.clone()) {
        Some(value) => {
            report.attribute(id, name, &value);
            Ok(())
        }
        None => Err((Exit::NO_SUCH, String::new())),
    }
}

// ---- changing ------------------------------------------------------------------------------------

fn alter(
    document: &Document,
    source: &CibSource,
    id: &str,
    change: &Change,
    force: bool,
    report: &mut Report,
) -> Result<(), Failed> {
    let known = find(document, id);
    match change {
        Change::Set(pairs) if !force => {
            if let Some((_, value)) = pairs.iter().find(|(name, _)| name == "granted") {
                let grants = value.as_deref().is_some_and(|text| literal::boolean(text) == Ok(true));
                report.error(&if grants { beyond_this_site(id) } else { loses(id) });
                return Err((Exit::UNSAFE, "Ticket modification not allowed without --force".into()));
            }
        }
        Change::Forget if !force => {
            if !view::tickets(document, clock::now()).iter().any(|ticket| ticket.id == id) {
                return Err((Exit::NO_SUCH, format!("No such ticket '{id}'")));
            }
            if known.as_ref().is_some_and(|ticket| ticket.granted) {
                report.error(&loses(id));
                return Err((Exit::NOT_PERMITTED, String::new()));
            }
        }
        _ => {}
    }
    let request = Request::ChangeTicket { ticket: id.to_string(), change: change.clone() };
    door::ask(source, &request).map_err(door::failed)?;
    if *change == Change::Forget && known.is_some() {
        report.note(&format!("Cleaned up {id}"));
    }
    Ok(())
}

fn beyond_this_site(id: &str) -> String {
    format!(
        "This command cannot help you verify whether '{id}' has been already granted elsewhere.\n\
         If you really want to grant '{id}' to this site now, and you know what you are doing,\n\
         please specify --force."
    )
}

fn loses(id: &str) -> String {
    format!(
        "Revoking '{id}' can trigger the specified 'loss-policy'(s) relating to '{id}'.\n\n\
         You can check that with:\ncrm_ticket --ticket {id} --constraints\n\n\
         Otherwise before revoking '{id}', you may want to make '{id}' standby with:\n\
         crm_ticket --ticket {id} --standby\n\n\
         If you really want to revoke '{id}' from this site now, and you know what you are doing,\n\
         please specify --force."
    )
}
