//! One operation on a resource: its kind of agent runs it, and what became of it is judged.
//!
//! In: a `Run`, secrets put in. Out: an `ExitReport`, fit for XML. A stop that cannot be carried out
//! where nothing was ever started has nothing to stop: so a broken agent or a wrong parameter, alike
//! on every node, never looks like a resource that will not let go.

use crate::activity::Trace;
use crate::host::Host;
use crate::metadata::MetadataCache;
use crate::outcome::Outcome;
use crate::{fence, init_script, ocf, service, systemd};
use quorate_core::exit;
use quorate_core::lrm::operation::ExitStatus;
use quorate_core::lrm::{ExitReport, Run};
use quorate_core::text;

/// An exit reason is a sentence; Pacemaker keeps one line. Longer ones are cut.
const REASON_BYTES_MAX: usize = 4096;

/// Runs an operation that has begun: `before` is what [`begin`] said.
pub async fn run(host: &Host, metadata: &MetadataCache, run: &Run, before: Trace) -> ExitReport {
    let outcome = match run.resource.class.as_str() {
        "ocf" => ocf::run(host, metadata, run).await,
        // Such a device has no process that could be asked: it is where it was started, also after the
        // daemon was.
        "stonith" => fence::operate(host, run, before == Trace::Active).await,
        "lsb" => init_script::run(host, run).await,
        "systemd" => systemd::run(host, run).await,
        "service" => service::run(host, run).await,
        class => {
            let reason = format!("agents of class {class} are not supported");
            Outcome::not_run(exit::NOT_INSTALLED, ExitStatus::NotInstalled, reason)
        }
    };
    judge(host, run, before, outcome)
}

/// Notes what is about to be done. From here on the resource may be active, whatever comes of it.
pub fn begin(host: &Host, run: &Run) -> Trace {
    // What is looked at again and again was started, or found.
    let before = if run.interval_ms > 0 { Trace::Active } else { host.activity.of(&run.resource.id) };
    if changes(run) && run.operation != "stop" && before == Trace::None {
        host.activity.set(&run.resource.id, Trace::Active);
    }
    before
}

/// What the outcome means, for the cluster and for what is known of the resource.
pub fn judge(host: &Host, run: &Run, before: Trace, outcome: Outcome) -> ExitReport {
    let Outcome { mut report, ran } = outcome;
    report.reason = text::shortened(&text::one_line(report.reason.trim()), REASON_BYTES_MAX).into_owned();
    let set = |trace| host.activity.set(&run.resource.id, trace);
    let is_probe = run.operation == "monitor" && run.interval_ms == 0;
    let exited = ran && report.status == ExitStatus::Exited;
    match (run.operation.as_str(), report.code) {
        ("stop", exit::OK) => set(Trace::None),
        ("stop", _) if before == Trace::None && could_not(&report, ran) => {
            let reason = format!("nothing was started here that could be stopped: {}", report.reason);
            return ExitReport { reason, exec_ms: report.exec_ms, ..ExitReport::exited(exit::OK) };
        }
        ("start" | "migrate_from", _) if before == Trace::None && could_not(&report, ran) => set(Trace::None),
        ("start" | "migrate_from", exit::OK) => set(Trace::Active),
        ("monitor", exit::NOT_RUNNING) if is_probe && exited && before == Trace::Interrupted => {
            report.code = exit::ERROR;
            report.reason = "what was being done here ended with the daemon that did it, and is to be undone".into();
        }
        ("monitor", exit::NOT_RUNNING) if is_probe && exited => set(Trace::None),
        ("monitor", code) if is_probe && exited && is_active(code) && before == Trace::None => set(Trace::Active),
        _ => {}
    }
    report
}

/// Whether an action may leave the resource in another state.
fn changes(run: &Run) -> bool {
    run.interval_ms == 0 && changes_state(&run.operation)
}

fn changes_state(operation: &str) -> bool {
    !matches!(operation, "monitor" | "notify" | "meta-data" | "validate-all")
}

/// What to make of programs that a former daemon left running, given as the register knows them.
pub fn interrupted(host: &Host, purpose: &str) {
    if let Some((resource, operation)) = purpose.rsplit_once(' ')
        && changes_state(operation)
        && !resource.contains(' ')
    {
        host.activity.set(resource, Trace::Interrupted);
    }
}

fn is_active(code: i32) -> bool {
    matches!(code, exit::OK | exit::PROMOTED | exit::FAILED_PROMOTED | exit::DEGRADED | exit::DEGRADED_PROMOTED)
}

/// The agent was not run, or says itself that it cannot work here, or as it is configured.
fn could_not(report: &ExitReport, ran: bool) -> bool {
    let codes = exit::INVALID_PARAMETER..=exit::NOT_CONFIGURED;
    !ran || report.status == ExitStatus::NotInstalled || codes.contains(&report.code)
}
