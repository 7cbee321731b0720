//! The node list: `add-node`, `del-node`.
//!
//! In: calls. Out: corosync.conf of this host, changed. Absent: preparing the node itself (see `cluster join`).

use super::place::{Conf, tell_changed};
use crate::command::{Call, FORCE};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_transport::cluster::nodelist::{self, LinkNumber, Node, link};
use std::collections::BTreeMap;

pub fn add(session: &mut Session, call: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    let mut numbers: Vec<LinkNumber> = link::links(&conf.file).iter().map(|link| link.number).collect();
    if numbers.is_empty() {
        numbers.push(0);
    }
    let words = call.words();
    let (addresses, names) = words.split_at(words.len().min(numbers.len()));
    if names.len() > 1 || addresses.len() < numbers.len() {
        let wanted = format!("{} addresses (one for each link) and perhaps a name", numbers.len());
        return Err(Failure::misused(call.span(0), format!("`add-node` needs {wanted}")));
    }
    let name = names.first().unwrap_or(&addresses[0]).clone();
    let addresses: BTreeMap<LinkNumber, String> = numbers.into_iter().zip(addresses.iter().cloned()).collect();
    let mut new = conf.file.clone();
    let node = Node { name, id: nodelist::next_id(&new), addresses, votes: 1, line: 0 };
    nodelist::add_node(&mut new, &node).map_err(|error| Failure::at(call.span(0), error.to_string()))?;
    if conf.put(session, &new, call.has(FORCE))? {
        tell_changed(session, &conf.path);
    }
    Ok(())
}

pub fn remove(session: &mut Session, call: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    let mut new = conf.file.clone();
    let removed = nodelist::remove_node(&mut new, call.required(0));
    removed.map_err(|error| Failure::at(call.span(0), error.to_string()))?;
    if conf.put(session, &new, call.has(FORCE))? {
        tell_changed(session, &conf.path);
    }
    Ok(())
}
