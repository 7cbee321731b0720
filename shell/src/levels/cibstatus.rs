//! `cibstatus`: the cluster's state, changed on paper, to see what would be done then.
//!
//! In: calls. Out: a supposed status that lives as long as the session; files if they are asked for.
//! Absent: any change of a running cluster.

mod operation;
mod status;

use crate::command::{Call, Command, Level, Run, What, any, maybe, one};
use crate::error::{Failure, Outcome};
use crate::preview;
use crate::session::Session;
use crate::what_if::{Origin, SIMULATED, WhatIf};
use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_core::transition::history::Standing;
use quorate_core::transition::injection::{Injection, TicketChange};
use quorate_core::xml::write_pretty;
use quorate_grammar::Span;
use quorate_grammar::literal;
use quorate_tools::input::read_cib;
use quorate_transport::store::CibSource;
use status::{basis, current, none_of, suppose};
use std::path::Path;

const STATES: &[&str] = &["online", "offline", "unclean"];
const TICKET: &[&str] = &["grant", "revoke", "activate", "standby"];
const SHOWN: &[&str] = &["nograph", "scores", "utilization"];

pub static LEVEL: Level = Level {
    name: "cibstatus",
    help: "the cluster's state, changed on paper to see what would be done then",
    commands: &[
        Command {
            name: "load",
            arguments: &[one("file|shadow:NAME|live", What::StatusSource)],
            help: "take a status section to work on",
            details: "Of a file (a scheduler input, too), a shadow or the cluster. Until `load live` the cluster's own\nstatus does not matter any more to `run`, `simulate` and `configure simulate`.",
            examples: &["load pe-input-17.bz2", "load shadow:plan", "load live"],
            run: Run::Do(load),
            ..Command::DEFAULT
        },
        Command {
            name: "save",
            arguments: &[maybe("file|shadow:NAME", What::StatusSource)],
            help: "write the status as it is now",
            details: "A CIB that is there keeps all but its status; else one is made with the configuration as it is now.\nWithout a name it goes back to where it was loaded from, but never to a cluster.",
            examples: &["save what-if.xml", "save shadow:plan"],
            run: Run::Do(save),
            ..Command::DEFAULT
        },
        Command { name: "origin", help: "where the status comes from", run: Run::Do(origin), ..Command::DEFAULT },
        Command {
            name: "show",
            arguments: &[maybe("changed", What::Words(&["changed"]))],
            help: "the status section, or what was supposed since it was loaded",
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "quorum",
            arguments: &[one("bool", What::Words(&["true", "false"]))],
            help: "suppose that there is a quorum, or none",
            run: Run::Do(quorum),
            ..Command::DEFAULT
        },
        Command {
            name: "node",
            arguments: &[one("node", What::Node), one("online|offline|unclean", What::Words(STATES))],
            help: "suppose that a node joins, leaves, or is lost",
            details: "online: it is a member (and may be new). offline: it left in good order.\nunclean: it vanished; whether it is down is not known.",
            examples: &["node n2 unclean"],
            run: Run::Do(node),
            ..Command::DEFAULT
        },
        Command {
            name: "ticket",
            arguments: &[one("ticket", What::Ticket), one("grant|revoke|activate|standby", What::Words(TICKET))],
            help: "suppose that a ticket is granted, revoked, …",
            examples: &["ticket ticketA grant"],
            run: Run::Do(ticket),
            ..Command::DEFAULT
        },
        Command {
            name: "op",
            arguments: &[
                one("operation", What::Words(operation::NAMES)),
                one("resource", What::Resource),
                one("exit-code", What::Words(operation::CODES)),
                maybe("status", What::Words(operation::STATUSES)),
                maybe("node", What::Node),
            ],
            help: "suppose that an operation ended so",
            details: "OPERATION is probe, monitor[:SECONDS], start, stop, promote, demote, notify, migrate_to, migrate_from;\nwithout seconds it is the first monitor of the resource. EXIT-CODE is a number or a name, STATUS done,\npending, cancelled, timeout, notsupported or error. Without a node it is the one where the resource runs.",
            examples: &["op start d1 generic", "op monitor d1 not_running", "op stop d1 0 timeout n2"],
            run: Run::Do(operation::op),
            ..Command::DEFAULT
        },
        Command {
            name: "run",
            arguments: &[any("nograph|scores|utilization", What::Words(SHOWN))],
            help: "what the cluster would do in this state",
            details: "With the configuration as it is now, uncommitted edits included; after `load` of a file or shadow with\nthe configuration that came with the status.",
            run: Run::Do(run),
            ..Command::DEFAULT
        },
        Command {
            name: "simulate",
            arguments: &[any("nograph|scores|utilization", What::Words(SHOWN))],
            help: "let the cluster do it, on paper",
            details: "As `run`, and every action is carried out as it should be. The status is then what that left.",
            run: Run::Do(simulate),
            ..Command::DEFAULT
        },
    ],
};

// ---- the status in use ---------------------------------------------------------------------------

/// A place by its name, and the CIB there if there is one.
fn find(session: &mut Session, name: &str, span: Span) -> Outcome<(CibSource, Option<Document>)> {
    if let Some(shadow) = name.strip_prefix("shadow:") {
        let source = session.environment.shadow(shadow);
        let there = session.exists(&source);
        let document = if there { Some(session.read_from(&source)?) } else { None };
        return Ok((source, document));
    }
    let path = Path::new(name);
    let home = session.environment.home();
    let same = |other: &Path| path.canonicalize().is_ok_and(|path| other.canonicalize().is_ok_and(|o| o == path));
    if home.path().is_some_and(same) {
        let document = session.read_from(&home)?;
        return Ok((home, Some(document)));
    }
    let source = CibSource::File(path.to_path_buf());
    if !path.exists() {
        return Ok((source, None));
    }
    let document = read_cib(path).map_err(|error| Failure::at(span, format!("{name}: {error}")))?;
    Ok((source, Some(document)))
}

fn load(session: &mut Session, call: &Call) -> Outcome {
    let name = call.required(0);
    if name == "live" {
        session.kept.what_if = None;
        return Ok(());
    }
    let (source, document) = find(session, name, call.span(0))?;
    let Some(document) = document else {
        let what = name.strip_prefix("shadow:").map_or(format!("file `{name}`"), |name| format!("shadow `{name}`"));
        return Err(Failure::at(call.span(0), format!("there is no {what}")));
    };
    let origin = Origin::Loaded { name: name.to_string(), source };
    session.kept.what_if = Some(WhatIf::new(origin, document));
    Ok(())
}

fn save(session: &mut Session, call: &Call) -> Outcome {
    let what_if = current(session)?;
    let live = || {
        Failure::refused("what is only supposed is not written to the live cluster")
            .hint("`save FILE` or `save shadow:NAME`")
    };
    let (name, source, there) = match (call.argument(0), &what_if.origin) {
        (None, Origin::Live) => return Err(live()),
        (Some("live"), _) => return Err(Failure { diagnostics: vec![], ..live() }),
        (None, Origin::Loaded { name, .. }) => {
            let (source, there) = find(session, &name.clone(), call.span(0))?;
            (name.clone(), source, there)
        }
        (Some(name), _) => {
            let (source, there) = find(session, name, call.span(0))?;
            (name.to_string(), source, there)
        }
    };
    if source.path().is_some_and(|path| path.extension().is_some_and(|end| end == "bz2")) {
        return Err(Failure::refused(format!("{name} is packed; name another file")));
    }
    let document = match there {
        Some(mut document) => {
            *document.status_mut() = what_if.status().clone();
            document
        }
        None => basis(session, &what_if)?,
    };
    session.create(&source, document)?;
    session.ui.info(&format!("the status was saved to {name}"));
    Ok(())
}

fn origin(session: &mut Session, _: &Call) -> Outcome {
    let what_if = current(session)?;
    let modified = if what_if.changes().is_empty() { "" } else { " (modified)" };
    session.ui.line(&format!("{}{modified}", what_if.origin.name()));
    Ok(())
}

fn show(session: &mut Session, call: &Call) -> Outcome {
    let what_if = current(session)?;
    match call.argument(0) {
        None => session.page(&write_pretty(what_if.status())),
        Some("changed") => what_if.changes().iter().for_each(|change| session.ui.line(change)),
        Some(word) => return Err(Failure::misused(call.span(0), format!("`{word}` is not `changed`"))),
    }
    Ok(())
}

// ---- what is supposed ----------------------------------------------------------------------------

fn quorum(session: &mut Session, call: &Call) -> Outcome {
    let word = call.required(0);
    let value = literal::boolean(word)
        .map_err(|_| Failure::misused(call.span(0), format!("`{word}` is neither true nor false")))?;
    suppose(session, call, format!("quorum {value}"), &Injection::Quorum(value.to_string()))
}

fn node(session: &mut Session, call: &Call) -> Outcome {
    let (name, state) = (call.required(0), call.required(1));
    let standing = match state {
        "online" => Standing::Up,
        "offline" => Standing::Down,
        "unclean" => Standing::Lost,
        word => return Err(none_of(word, STATES, call.span(1))),
    };
    let what_if = current(session)?;
    let known = objects::all_node_names(basis(session, &what_if)?.configuration());
    suppose(session, call, format!("node {name} {state}"), &Injection::Node(standing, name.to_string()))?;
    if !known.iter().any(|one| one == name) {
        session.ui.info(&format!("node {name} is new"));
    }
    Ok(())
}

fn ticket(session: &mut Session, call: &Call) -> Outcome {
    let (name, word) = (call.required(0), call.required(1));
    let change = match word {
        "grant" => TicketChange::Grant,
        "revoke" => TicketChange::Revoke,
        "activate" => TicketChange::Activate,
        "standby" => TicketChange::Standby,
        word => return Err(none_of(word, TICKET, call.span(1))),
    };
    let what_if = current(session)?;
    let document = basis(session, &what_if)?;
    let constraints = document.configuration().descendants().filter(|part| part.name == "rsc_ticket");
    let is_used = constraints.into_iter().any(|constraint| constraint.attr("ticket") == Some(name));
    suppose(session, call, format!("ticket {name} {word}"), &Injection::Ticket(change, name.to_string()))?;
    if !is_used {
        session.ui.warn(&format!("nothing depends on a ticket `{name}`"));
    }
    Ok(())
}

// ---- deciding ------------------------------------------------------------------------------------

fn shown(call: &Call) -> Outcome<Vec<&'static str>> {
    let mut options = Vec::new();
    for token in &call.arguments {
        match token.text.as_str() {
            "nograph" => {}
            "scores" => options.push("-s"),
            "utilization" => options.push("-U"),
            word if word.chars().all(|letter| letter == 'v') => {}
            word => return Err(none_of(word, SHOWN, token.span)),
        }
    }
    Ok(options)
}

fn run(session: &mut Session, call: &Call) -> Outcome {
    let options = shown(call)?;
    let what_if = current(session)?;
    let document = basis(session, &what_if)?;
    let text = preview::simulator(&document, &[&["-R"], &options[..]].concat())?;
    session.page(&text);
    Ok(())
}

fn simulate(session: &mut Session, call: &Call) -> Outcome {
    let options = shown(call)?;
    let mut what_if = current(session)?;
    let before = basis(session, &what_if)?;
    let (text, after) = preview::carried_out(&before, &options)?;
    session.page(&text);
    let mut result = before.clone();
    *result.status_mut() = after.status().clone();
    what_if.put(SIMULATED.to_string(), &before, &result);
    session.kept.what_if = Some(what_if);
    Ok(())
}
