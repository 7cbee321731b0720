//! `cluster rename`: another name, in corosync.conf of all nodes and in the configuration.
//!
//! In: a name. Out: the files changed on all nodes or on none; the property `cluster-name`.
//! Absent: restarting Corosync.

use super::bring::is_name;
use crate::command::Call;
use crate::error::{Failure, Outcome};
use crate::hosts;
use crate::levels::corosync::{Conf, carry, members};
use crate::session::Session;
use quorate_transport::cluster::file::path;

pub fn rename(session: &mut Session, call: &Call) -> Outcome {
    let name = call.required(0);
    if !is_name(name) {
        return Err(Failure::at(call.span(0), format!("`{name}` cannot be a cluster's name")));
    }
    let conf = Conf::read(session)?;
    let mut new = conf.file.clone();
    let path = "totem.cluster_name".parse().expect("this is a path");
    path::set(&mut new, &path, 0, name).map_err(|error| Failure::at(call.span(0), error.to_string()))?;
    let conf = Conf::of(conf.path, new.to_string())?;
    let targets = hosts::named(session, &[], false)?;
    carry(session, &targets, &conf)?;
    session.ui.info(&format!("{} says {name} on all nodes", conf.path.display()));
    if members().is_some() {
        session.ui.info("Corosync takes it when it is started again: `cluster restart --all`");
    }
    Ok(())
}
