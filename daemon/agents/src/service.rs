//! Services, however this host keeps them: an init script if there is one, else a unit of systemd.
//!
//! Each host decides for itself, so that one resource may run on hosts of both kinds
//! (Pacemaker Explained, "System Services").

use crate::host::Host;
use crate::outcome::Outcome;
use crate::{init_script, systemd};
use quorate_core::lrm::Run;

/// Runs one action of a service.
pub async fn run(host: &Host, run: &Run) -> Outcome {
    match init_script::find(host, &run.resource.kind) {
        Some(_) => init_script::run(host, run).await,
        None => systemd::run(host, run).await,
    }
}
