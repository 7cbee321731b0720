//! Pacemaker's tools, and two of our own: each `run(arguments, io) -> Exit`, never ending the process.
//!
//! In: words, the environment. Out: text, XML, a changed CIB.
//! Absent: the crm language, the shell.

mod acting;
pub mod agent;
mod answer;
mod attrd_updater;
mod cibadmin;
mod cibsecret;
pub mod clock;
mod completions;
mod crm_attribute;
mod crm_diff;
mod crm_error;
mod crm_failcount;
mod crm_master;
mod crm_node;
mod crm_resource;
mod crm_rule;
mod crm_shadow;
pub mod crm_simulate;
mod crm_standby;
mod crm_ticket;
mod crm_verify;
mod crmadmin;
mod daemons;
mod documented;
pub mod door;
mod exporter;
pub mod input;
pub mod io;
mod iso8601;
mod patchset;
mod schema;
mod standard;
mod stonith_admin;
mod tool;
pub mod why;

pub use io::Io;
pub use quorate_core::exit::Exit;
pub use tool::Tool;

/// All of them.
pub const TOOLS: &[Tool] = &[
    Tool { name: "attrd_updater", run: attrd_updater::run, linked: true },
    Tool { name: "cibadmin", run: cibadmin::run, linked: true },
    Tool { name: "cibsecret", run: cibsecret::run, linked: true },
    Tool { name: "crm_attribute", run: crm_attribute::run, linked: true },
    Tool { name: "crm_diff", run: crm_diff::run, linked: true },
    Tool { name: "crm_error", run: crm_error::run, linked: true },
    Tool { name: "crm_failcount", run: crm_failcount::run, linked: true },
    Tool { name: "crm_master", run: crm_master::run, linked: true },
    Tool { name: "crm_node", run: crm_node::run, linked: true },
    Tool { name: "crm_resource", run: crm_resource::run, linked: true },
    Tool { name: "crm_rule", run: crm_rule::run, linked: true },
    Tool { name: "crm_shadow", run: crm_shadow::run, linked: true },
    Tool { name: "crm_simulate", run: crm_simulate::run, linked: true },
    Tool { name: "crm_standby", run: crm_standby::run, linked: true },
    Tool { name: "crm_ticket", run: crm_ticket::run, linked: true },
    Tool { name: "crm_verify", run: crm_verify::run, linked: true },
    Tool { name: "crmadmin", run: crmadmin::run, linked: true },
    Tool { name: "iso8601", run: iso8601::run, linked: true },
    Tool { name: "pacemaker-attrd", run: daemons::attrd, linked: true },
    Tool { name: "pacemaker-based", run: daemons::based, linked: true },
    Tool { name: "pacemaker-controld", run: daemons::controld, linked: true },
    Tool { name: "pacemaker-execd", run: daemons::execd, linked: true },
    Tool { name: "pacemaker-fenced", run: daemons::fenced, linked: true },
    Tool { name: "pacemaker-schedulerd", run: daemons::schedulerd, linked: true },
    Tool { name: "pacemakerd", run: daemons::pacemakerd, linked: true },
    Tool { name: "stonith_admin", run: stonith_admin::run, linked: true },
    Tool { name: "schema", run: schema::run, linked: false },
    Tool { name: "why", run: why::run, linked: false },
    Tool { name: "exporter", run: exporter::run, linked: false },
    Tool { name: "completions", run: complete, linked: false },
];

/// Completions of what the table has.
fn complete(arguments: &[String], io: &mut Io) -> Exit {
    completions::run(arguments, TOOLS, io)
}
