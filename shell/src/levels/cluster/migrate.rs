//! `migrate`: another cluster manager under a cluster whose resources run on.
//!
//! In: a call. Out: the plan, shown; the plan carried out, all hosts at each step together, up to the first thing
//! that is not as it should be.
//! Absent: what is done on hosts (see `quorate_bootstrap::migration`), what we cannot run (see `obstacles`).

use super::flags::{BACK, DRY_RUN, YES};
use super::given::is_wanted;
use super::obstacles;
use crate::client::{Cluster, Local};
use crate::command::Call;
use crate::commit;
use crate::error::{Failure, Kind, Origin, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::facts::gather;
use quorate_bootstrap::host::{Host, on_each};
use quorate_bootstrap::migration::{self, Step, Way};
use quorate_core::admin::manage;
use quorate_core::admin::running::{self, Active};
use quorate_core::cib::edit::apply_all;
use quorate_core::cib::{Document, upgrade};
use quorate_core::scheduler::{Input, resolve};
use quorate_core::simulate::would;
use quorate_core::status;
use quorate_tools::clock;
use quorate_transport::local::address::{Address, Wanted};
use quorate_transport::store::{self, CibSource};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// All hosts elect a leader and probe all resources; Pacemaker alone waits 20 s for nodes.
const IDLE_WITHIN: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(500);

/// Where what runs: primitives by id.
type Running = BTreeMap<String, Vec<Active>>;

pub fn migrate(session: &mut Session, call: &Call) -> Outcome {
    let way = if call.has(BACK) { Way::ToPacemaker } else { Way::ToQuorate };
    let nodes = hosts::named(session, &[], false)?;
    expect_ready(session, &nodes, way)?;
    let mut old = manager(session, way.from());
    let before = old.read();
    let before = match (before, way) {
        (Ok(document), _) => Some(document),
        // On the way back nobody may be left to ask.
        (Err(_), Way::ToPacemaker) => None,
        (Err(failure), Way::ToQuorate) => return Err(failure),
    };
    if let Some(document) = &before {
        expect_fit(session, document, way)?;
    }
    show(session, &nodes, way);
    if call.has(DRY_RUN) {
        return Ok(());
    }
    is_wanted(session, call.has(YES))?;
    let known = before.map(|document| keep_still(session, &mut old, &document, &nodes, way)).transpose()?;
    for step in Step::of(way) {
        carry_out(session, &nodes, step, way)?;
    }
    let mut new = manager(session, way.to());
    let document = when_together(&mut new, &nodes).map_err(|failure| stopped(failure, way))?;
    // Where nobody could be asked before, maintenance mode is what an attempt left behind.
    let stays = known.as_ref().is_some_and(|known| known.maintained);
    expect_same(session, known.as_ref(), &document, way)?;
    if !stays {
        maintain(session, &mut new, &document, false).map_err(|failure| stopped(failure, way))?;
        session.ui.info("maintenance mode has ended");
    }
    session.ui.info(&format!("{} runs the cluster; no resource was touched", way.to()));
    Ok(())
}

// ---- before anything is done -----------------------------------------------------------------------

fn expect_ready(session: &mut Session, nodes: &[Host], way: Way) -> Outcome {
    let ssh = hosts::ssh(session);
    let seen = gather(nodes, &ssh, |_, _| {});
    let found: Vec<String> = migration::against(&seen, way).iter().map(ToString::to_string).collect();
    refuse(session, &found)?;
    let foreign = migration::foreign_tools(&seen);
    if way == Way::ToQuorate && !foreign.is_empty() {
        session.ui.warn(&format!(
            "on {} the tools that some agents call (crm_attribute, crm_node) are Pacemaker's: until ours take their \
             place, such agents fail",
            foreign.join(", ")
        ));
    }
    Ok(())
}

/// All that speaks against it is told; the last is the command's own.
fn refuse(session: &mut Session, found: &[String]) -> Outcome {
    let Some((last, others)) = found.split_last() else { return Ok(()) };
    for one in others {
        session.ui.failure(&Failure::refused(one.as_str()), &Origin::default());
    }
    Err(Failure::refused(last.as_str()).hint("nothing was done"))
}

fn expect_fit(session: &mut Session, document: &Document, way: Way) -> Outcome {
    let mut found = match way {
        Way::ToQuorate => obstacles::of_configuration(document),
        Way::ToPacemaker => expect_kept(document).err().into_iter().collect(),
    };
    if !is_maintained(document) {
        found.extend(
            would::changes(document, clock::now()).into_iter().map(|what| format!("it is not at rest: {what}")),
        );
    }
    refuse(session, &found)
}

/// A Pacemaker that does not know our schema gets back what it had: that must be what there is.
fn expect_kept(document: &Document) -> Result<(), String> {
    let schema = document.root().attr("validate-with").unwrap_or_default();
    if Path::new("/usr/share/pacemaker").join(format!("{schema}.rng")).exists() {
        return Ok(());
    }
    let kept = store::read_file(Path::new(migration::KEPT)).map_err(|error| {
        format!("the Pacemaker that is installed does not know {schema}, and nothing was kept for it: {error}")
    })?;
    match plain(&kept).configuration() == plain(document).configuration() {
        true => Ok(()),
        false => Err(format!(
            "the configuration was changed since, and the Pacemaker that is installed does not know its schema \
             {schema}; what it had is in {}",
            migration::KEPT
        )),
    }
}

/// As we would have it, without what says that it is being moved, or what a manager writes of itself.
fn plain(document: &Document) -> Document {
    const OWN: [&str; 6] = [
        "maintenance-mode",
        "dc-version",
        "cluster-infrastructure",
        "cluster-name",
        "have-watchdog",
        "last-lrm-refresh",
    ];
    let mut plain = upgrade::latest_or_same(document);
    let config = plain.configuration_mut().child_or_new("crm_config");
    let sets = config.elements().count();
    for place in 0..sets {
        if let Some(set) = config.child_at_mut(place) {
            set.retain_elements(|pair| !pair.attr("name").is_some_and(|name| OWN.contains(&name)));
        }
    }
    config.retain_elements(|set| set.elements().next().is_some());
    plain
}

fn show(session: &mut Session, nodes: &[Host], way: Way) {
    let names: Vec<&str> = nodes.iter().map(|host| host.name.as_str()).collect();
    let mut text = format!("on {}:\n  put the cluster into maintenance mode\n", names.join(", "));
    for step in Step::of(way) {
        text.push_str(&format!("  {step}\n"));
    }
    text.push_str("  see that all runs where it ran, and that nothing would be done\n  end maintenance mode\n");
    session.ui.print(&text);
}

// ---- doing it --------------------------------------------------------------------------------------

fn manager(session: &Session, unit: &str) -> Local {
    let wanted = if unit == "pacemaker" { Wanted::Pacemaker } else { Wanted::Quorate };
    Local::new(Address { socket: session.environment.node.socket(), wanted })
}

/// What the manager knew that is to end.
struct Inventory {
    running: Running,
    /// All nodes were there to tell.
    by_all: bool,
    /// The cluster was in maintenance mode already, and stays so. Where not all were there, an attempt left that
    /// behind.
    maintained: bool,
}

/// Maintenance mode; what runs then.
fn keep_still(
    session: &mut Session,
    old: &mut Local,
    before: &Document,
    nodes: &[Host],
    way: Way,
) -> Outcome<Inventory> {
    let was = is_maintained(before);
    if !was {
        maintain(session, old, before, true)?;
        session.ui.info("the cluster is in maintenance mode");
    }
    old.wait(IDLE_WITHIN).map_err(|failure| stopped(failure, way))?;
    let document = old.read().map_err(|failure| stopped(failure, way))?;
    let members = old.status()?.members;
    let by_all = nodes.iter().all(|host| members.contains(&host.name));
    Ok(Inventory { running: running(&document), by_all, maintained: was && by_all })
}

fn is_maintained(document: &Document) -> bool {
    resolve(&Input::new(&upgrade::latest_or_same(document), clock::now())).options.maintenance_mode
}

fn maintain(session: &Session, cluster: &mut Local, base: &Document, on: bool) -> Outcome {
    let edits = manage::of_cluster(base, on);
    let mine = apply_all(base, &edits).map_err(|error| Failure::new(Kind::Cluster, error.to_string()))?;
    let at = session.environment.node.address();
    commit::commit(&CibSource::Live { at }, cluster, base, &mine).map(drop)
}

fn carry_out(session: &mut Session, nodes: &[Host], step: Step, way: Way) -> Outcome {
    let ssh = hosts::ssh(session);
    let begun = Instant::now();
    let results = on_each(nodes, |host| host.must(&step.line(), step.limit(), &ssh), |_, _| {});
    let mut failed = Vec::new();
    for (host, result) in nodes.iter().zip(results) {
        match result {
            Ok(_) => session.ui.info(&format!("{}: {step} ({:.1} s)", host.name, begun.elapsed().as_secs_f64())),
            Err(error) => {
                failed.push(host.name.clone());
                hosts::tell(session, &error);
            }
        }
    }
    let what = format!("`{step}` failed on");
    hosts::outcome(&what, &failed).map_err(|failure| stopped(failure, way))
}

/// Where it stopped the resources run, and nobody touches them.
fn stopped(failure: Failure, way: Way) -> Failure {
    let hint = match way {
        Way::ToQuorate => "the resources run on, unattended; `crm cluster migrate --back` leads back to Pacemaker",
        Way::ToPacemaker => "the resources run on, unattended; mend it and run this again",
    };
    failure.hint(hint)
}

/// When all are members again and the leader has nothing to do.
fn when_together(new: &mut Local, nodes: &[Host]) -> Outcome<Document> {
    let deadline = Instant::now() + IDLE_WITHIN;
    let names: BTreeSet<&str> = nodes.iter().map(|host| host.name.as_str()).collect();
    loop {
        let state = new.status().and_then(|status| Ok((status, new.read()?)));
        if let Ok((status, document)) = &state
            && status.idle
            && status.transition.is_none()
            && names.iter().all(|name| status.members.iter().any(|member| member == name))
            && has_probed(document, &names)
        {
            return Ok(document.clone());
        }
        if Instant::now() > deadline {
            let why = state.err().map_or_else(|| "not all nodes came together".to_string(), |failure| failure.message);
            return Err(Failure::new(Kind::Timeout, format!("gave up waiting: {why}")));
        }
        sleep(LOOK);
    }
}

/// Every node has said what runs there.
fn has_probed(document: &Document, names: &BTreeSet<&str>) -> bool {
    let resources = document.configuration().child("resources").is_some_and(|all| all.elements().next().is_some());
    let nodes = status::read(document.status()).nodes;
    let told: BTreeSet<&str> = nodes
        .iter()
        .filter(|node| !resources || !node.history.is_empty())
        .filter_map(|node| node.uname.as_deref())
        .collect();
    names.iter().all(|name| told.contains(name))
}

/// Fence devices are begun anew by every manager; they are nobody's service.
fn running(document: &Document) -> Running {
    let latest = upgrade::latest_or_same(document);
    let fencing: BTreeSet<&str> = latest
        .configuration()
        .descendants()
        .filter(|element| element.name == "primitive" && element.attr("class") == Some("stonith"))
        .filter_map(|element| element.id())
        .collect();
    let mut running = running::running(&latest, clock::now());
    running.retain(|id, _| !fencing.contains(id.as_str()));
    running
}

/// What is not where it was known to be; what was not known, only where all were there to tell.
fn elsewhere(known: &Inventory, now: &Running) -> Vec<String> {
    let new = now.keys().filter(|id| known.by_all && !known.running.contains_key(*id));
    let moved = known.running.iter().filter(|(id, active)| now.get(*id) != Some(active)).map(|(id, _)| id);
    moved.chain(new).cloned().collect()
}

fn expect_same(session: &mut Session, known: Option<&Inventory>, document: &Document, way: Way) -> Outcome {
    let now = running(document);
    let elsewhere = known.map(|known| elsewhere(known, &now)).unwrap_or_default();
    if !elsewhere.is_empty() {
        let failure = Failure::new(Kind::Cluster, format!("not all is found where it ran: {}", elsewhere.join(", ")));
        return Err(stopped(failure, way));
    }
    session.ui.info(&format!("all {} resources are found where they ran", now.len()));
    if known.is_some_and(|known| known.maintained) {
        return Ok(());
    }
    let edits = manage::of_cluster(document, false);
    let awake = apply_all(document, &edits).map_err(|error| Failure::new(Kind::Cluster, error.to_string()))?;
    let changes: Vec<String> = obstacles::that_matter(&awake, would::changes(&awake, clock::now()));
    if !changes.is_empty() {
        let failure = Failure::new(Kind::Cluster, format!("this would be done: {}", changes.join(", ")));
        return Err(stopped(failure, way));
    }
    session.ui.info("nothing would be done to them");
    Ok(())
}
