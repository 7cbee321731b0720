//! Hosts to a cluster and away from it: `init`, `join`, `remove`.
//!
//! In: calls. Out: the plan, shown; the plan carried out, host by host.
//! Absent: what is planned (see `quorate_bootstrap`).

use super::flags::{
    ADMIN, ARBITER, CARRIER, CONTACT, COPY_KEY, DRY_RUN, FORCED, INTERFACE, IPV6, MULTI, NAME, NODE, PASSWORDS, QUIET,
    YES,
};
use super::given::{Given, Taken, Value, is_wanted};
use super::{device, login};
use crate::command::Call;
use crate::error::{Failure, Kind, Origin, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::configuration::Carrier;
use quorate_bootstrap::facts::Seen;
use quorate_bootstrap::host::Host;
use quorate_bootstrap::plan::{self, Plan};
use quorate_bootstrap::refusal::Refusal;
use quorate_bootstrap::removal;
use quorate_bootstrap::run::{RunError, Told, Work, run};
use quorate_bootstrap::step::Action;
use quorate_bootstrap::wish::Wish;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

const INIT: [Taken; 12] = [
    (YES, false),
    (NAME, true),
    (NODE, true),
    (INTERFACE, true),
    (CARRIER, true),
    (MULTI, false),
    (IPV6, false),
    (ADMIN, true),
    (PASSWORDS, true),
    (COPY_KEY, false),
    (QUIET, false),
    (DRY_RUN, false),
];
const JOIN: [Taken; 7] = [
    (YES, false),
    (CONTACT, true),
    (INTERFACE, true),
    (PASSWORDS, true),
    (COPY_KEY, false),
    (QUIET, false),
    (DRY_RUN, false),
];
const REMOVE: [Taken; 5] = [(YES, false), (FORCED, false), (PASSWORDS, true), (QUIET, false), (DRY_RUN, false)];

pub fn init(session: &mut Session, call: &Call) -> Outcome {
    let options: Vec<Taken> = INIT.iter().chain(&device::OPTIONS).copied().collect();
    let given = Given::read(call, &options)?;
    given.no_words(call, "stages are not supported yet, all is done in one")?;
    let wish = wish(&given)?;
    login::read_passwords(session, &given)?;
    let arbiter = given.last(ARBITER).map(|value| hosts::host(session, &value.text)).transpose()?;
    let device = device::read(&given, arbiter.as_ref().map(|host| host.name.clone()))?;
    let mut wanted = vec![here(session)];
    for word in given.all(NODE) {
        let host = hosts::host(session, &word)?;
        if wanted.contains(&host) && host.target.is_some() {
            return Err(Failure::refused(format!("{word} is named twice")));
        }
        if !wanted.contains(&host) {
            wanted.push(host);
        }
    }
    if let Some(host) = arbiter.as_ref().filter(|host| wanted.iter().any(|one| one.name == host.name)) {
        return Err(refused(session, &[Refusal::NodeAsDevice { host: host.name.clone() }]));
    }
    wanted.extend(arbiter);
    bring(session, Wish { device, ..wish }, &wanted, &given)
}

/// Looks at the hosts, and does what is planned for them.
fn bring(session: &mut Session, wish: Wish, wanted: &[Host], given: &Given) -> Outcome {
    let seen = look(session, wanted);
    let wish = Wish { let_in: login::let_in(session, &seen, given), ..wish };
    let plan = plan::plan(&wish, &seen).map_err(|refusals| refused(session, &refusals))?;
    carry(session, &plan, given)
}

pub fn join(session: &mut Session, call: &Call) -> Outcome {
    let given = Given::read(call, &JOIN)?;
    given.no_words(call, "stages are not supported yet, all is done in one")?;
    let Some(contact) = given.last(CONTACT).map(|token| token.text.clone()) else {
        return Err(Failure::usage("`join` needs -c HOST, a node of the cluster").hint("crm cluster join -c n1"));
    };
    let contact = hosts::host(session, &contact)?;
    if contact.target.is_none() {
        return Err(Failure::usage("-c names this host itself"));
    }
    let wish = Wish { join: true, ..wish(&given)? };
    login::read_passwords(session, &given)?;
    let wanted = vec![contact, here(session)];
    bring(session, wish, &wanted, &given)
}

pub fn remove(session: &mut Session, call: &Call) -> Outcome {
    let given = Given::read(call, &REMOVE)?;
    if given.words.is_empty() {
        return Err(Failure::usage("`remove` needs NODE").hint("usage: remove NODE…"));
    }
    login::read_passwords(session, &given)?;
    let force = given.has(FORCED) || session.is_forced();
    for token in &given.words {
        let wanted = vec![here(session)];
        let seen = look(session, &wanted);
        let plan = removal::plan(&token.text, force, &seen).map_err(|refusals| refused(session, &refusals))?;
        carry(session, &plan, &given)?;
    }
    Ok(())
}

fn here(session: &Session) -> Host {
    Host::here(&session.environment.node.host)
}

fn wish(given: &Given) -> Outcome<Wish> {
    let carrier = match given.last(CARRIER) {
        None => Carrier::Knet,
        Some(token) => Carrier::of_word(&token.text)
            .ok_or_else(|| Failure::misused(token.span, format!("`{}` is none of knet, udpu, udp", token.text)))?,
    };
    let name = given.last(NAME);
    if let Some(token) = name.filter(|token| !is_name(&token.text)) {
        return Err(Failure::misused(token.span, format!("`{}` cannot be a cluster's name", token.text)));
    }
    Ok(Wish {
        name: name.map(|token| token.text.clone()),
        join: false,
        carrier,
        interfaces: given.all(INTERFACE),
        links: if given.has(MULTI) { 2 } else { 1 },
        ipv6: given.has(IPV6),
        let_in: Vec::new(),
        admin_address: admin_address(given)?,
        device: None,
    })
}

fn admin_address(given: &Given) -> Outcome<Option<IpAddr>> {
    let address = |value: &Value| {
        value.text.parse().map_err(|_| Failure::misused(value.span, format!("`{}` is no address", value.text)))
    };
    given.last(ADMIN).map(address).transpose()
}

/// Letters, digits and a few signs: it stands in corosync.conf and in shells.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

/// Looks at these hosts, and at the other nodes of the cluster that one of them is in.
fn look(session: &mut Session, wanted: &[Host]) -> Vec<Seen> {
    let mut seen = login::look(session, wanted);
    let known: Vec<String> =
        seen.iter().filter_map(|one| one.facts.as_ref().ok()).map(|facts| facts.name.clone()).collect();
    let named = |name: &String| known.contains(name) || wanted.iter().any(|host| host.name == *name);
    let listed =
        seen.iter().filter_map(|one| one.facts.as_ref().ok()).map(plan::listed).find(|names| !names.is_empty());
    let others = listed.unwrap_or_default().into_iter().filter(|name| !named(name));
    let others: Vec<Host> = others.filter_map(|name| login::beside(session, wanted, &name).ok()).collect();
    seen.extend(login::look(session, &others));
    seen
}

/// All refusals are told; the last one is the command's own.
fn refused(session: &mut Session, refusals: &[Refusal]) -> Failure {
    let failure = |refusal: &Refusal| {
        let kind = if matches!(refusal, Refusal::Ssh(_)) { Kind::Cluster } else { Kind::Refused };
        Failure::new(kind, refusal.to_string()).hint(refusal.hint().unwrap_or_default())
    };
    let (last, others) = refusals.split_last().expect("somebody refuses something");
    for one in others {
        session.ui.failure(&failure(one), &Origin::default());
    }
    failure(last)
}

fn carry(session: &mut Session, plan: &Plan, given: &Given) -> Outcome {
    let was_quiet = session.ui.quiet;
    session.ui.quiet |= given.has(QUIET);
    let outcome = carry_out(session, plan, given);
    session.ui.quiet = was_quiet;
    outcome
}

fn carry_out(session: &mut Session, plan: &Plan, given: &Given) -> Outcome {
    if !session.ui.quiet || given.has(DRY_RUN) {
        show(session, plan);
    }
    for (name, error) in &plan.left_out {
        session.ui.warn(&format!("{name} is left out: {error}"));
    }
    if given.has(DRY_RUN) {
        return Ok(());
    }
    if plan.is_done() {
        session.ui.info("nothing is to be done");
        return left_out(plan);
    }
    is_wanted(session, given.has(YES))?;
    perform(session, plan)?;
    left_out(plan)
}

/// Who was left out was wanted all the same.
fn left_out(plan: &Plan) -> Outcome {
    let names: Vec<&str> = plan.left_out.iter().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Kind::Cluster, format!("{} could not be reached", names.join(", ")));
    Err(failure.hint("when it can be, run this again"))
}

fn perform(session: &mut Session, plan: &Plan) -> Outcome {
    let begun = Instant::now();
    let ssh = login::ssh(session);
    let interrupted = Arc::clone(&session.interrupted);
    let work = Work { hosts: &plan.hosts, configuration: &plan.configuration, key: &plan.key };
    let ui = &mut session.ui;
    let mut told = |told: &Told| match told.outcome {
        Ok(()) => ui.info(&format!("{}: {} ({:.1} s)", told.host, told.action, told.took.as_secs_f64())),
        Err(error) => ui.warn(&format!("{}: {}: {error}", told.host, told.action)),
    };
    run(&work, &ssh, &interrupted, &mut told).map_err(failed)?;
    session.ui.info(&format!("{}: all is done ({:.1} s)", plan.cluster, begun.elapsed().as_secs_f64()));
    Ok(())
}

fn failed(error: RunError) -> Failure {
    let hint = match &error {
        RunError::Interrupted { .. } => "run it again: it goes on where it stopped",
        RunError::Key(_) => "nothing was changed",
        RunError::Failed { prepared: false, .. } => "nothing was started; mend what is told above and run it again",
        RunError::Failed { .. } => {
            "mend what is told above (journalctl -u corosync -u quorated) and run it again: it goes on where it stopped"
        }
    };
    Failure::new(Kind::Cluster, error.to_string()).hint(hint)
}

fn show(session: &mut Session, plan: &Plan) {
    if session.ui.is_json() {
        let step = |step: &quorate_bootstrap::step::Step| json!({"step": step.action.to_string(), "done": step.done});
        let host = |host: &plan::HostPlan| {
            let steps: Vec<_> = host.steps.iter().map(step).collect();
            json!({"host": host.host.name, "node": host.name, "steps": steps})
        };
        let hosts: Vec<_> = plan.hosts.iter().map(host).collect();
        let left: Vec<&str> = plan.left_out.iter().map(|(name, _)| name.as_str()).collect();
        let value =
            json!({"cluster": plan.cluster, "hosts": hosts, "left_out": left, "configuration": plan.configuration});
        return session.ui.json(&value);
    }
    let text = words(session, plan);
    session.ui.print(&text);
}

fn words(session: &Session, plan: &Plan) -> String {
    let mut text = format!("cluster {}\n", plan.cluster);
    for host in &plan.hosts {
        let name = if host.name == host.host.name { String::new() } else { format!(" ({})", host.host.name) };
        text.push_str(&session.ui.header(&format!("{}{name}", host.name)));
        text.push('\n');
        for step in &host.steps {
            text.push_str(&format!("  {:<6} {}\n", if step.done { "done" } else { "to do" }, step.action));
        }
    }
    let written = |step: &quorate_bootstrap::step::Step| step.action == Action::Configuration && !step.done;
    if plan.hosts.iter().any(|host| host.steps.iter().any(written)) {
        text.push_str(&session.ui.header("corosync.conf"));
        text.push('\n');
        for line in plan.configuration.lines() {
            text.push_str(format!("  {line}").trim_end());
            text.push('\n');
        }
    }
    text
}
