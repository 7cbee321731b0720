//! Hosts that commands go to: by the words of a call, by corosync.conf, by the configuration.
//!
//! In: words. Out: hosts, the way there, and what is said when one cannot be visited.
//! Absent: what is done there.

use crate::error::{Failure, Kind, Outcome};
use crate::session::Session;
use quorate_bootstrap::host::Host;
use quorate_core::cib::objects;
use quorate_transport::cluster::{file, nodelist};
use quorate_transport::ssh::{SshError, SshOptions, Target};
use std::time::Duration;

/// A copy to a host, or a look at it, may take so long, connecting included.
const LIMIT: Duration = Duration::from_secs(30);

/// Port of sshd.
const PORT: u16 = 22;

/// `[USER@]HOST[:PORT]`.
pub fn target(session: &Session, word: &str) -> Outcome<Target> {
    let (user, rest) = match word.split_once('@') {
        Some((user, rest)) => (user.to_string(), rest),
        None => (session.environment.node.user.clone(), word),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            let port = port.parse().map_err(|_| Failure::usage(format!("`{word}` has no valid port")))?;
            (host.to_string(), port)
        }
        _ => (rest.to_string(), PORT),
    };
    Ok(Target { host, port, user })
}

/// A host by its word: this one without ssh.
pub fn host(session: &Session, word: &str) -> Outcome<Host> {
    match word == session.environment.node.host {
        true => Ok(Host::here(word)),
        false => target(session, word).map(Host::away),
    }
}

/// How hosts are reached.
pub fn ssh(session: &Session) -> SshOptions {
    SshOptions::for_home(&session.environment.node.home, LIMIT)
}

/// Names of all nodes: those of corosync.conf, if it is there, else those of the configuration.
pub fn node_names(session: &mut Session) -> Outcome<Vec<String>> {
    let text = std::fs::read_to_string(&session.environment.corosync_conf).unwrap_or_default();
    let listed = file::parse(&text).map(|file| nodelist::nodes(&file)).unwrap_or_default();
    if !listed.is_empty() {
        return Ok(listed.into_iter().map(|node| node.name).collect());
    }
    let document = session.document()?;
    Ok(objects::node_names(document.configuration()))
}

/// The hosts of these words; without words all nodes, or all others.
pub fn named(session: &mut Session, words: &[String], others_only: bool) -> Outcome<Vec<Host>> {
    if !words.is_empty() {
        return words.iter().map(|word| host(session, word)).collect();
    }
    let mut names = node_names(session)?;
    let own = session.environment.node.host.clone();
    names.retain(|name| !(others_only && *name == own));
    if names.is_empty() {
        return Err(Failure::refused("there are no other nodes to go to").hint("name the nodes behind the command"));
    }
    names.iter().map(|name| host(session, name)).collect()
}

/// Says why a host could not be visited, and what to do.
pub fn tell(session: &mut Session, error: &SshError) {
    session.ui.warn(&error.to_string());
    if let Some(hint) = error.hint() {
        session.ui.info(&hint);
    }
}

/// The end of a command that did not do on all hosts what it should.
pub fn outcome(what: &str, failed: &[String]) -> Outcome {
    match failed {
        [] => Ok(()),
        _ => Err(Failure::new(Kind::Cluster, format!("{what} {}", failed.join(", ")))),
    }
}

/// Says for each host whether it has the same file, as it was fetched from there.
///
/// # Errors
/// One has another, or it could not be fetched.
pub fn compare(
    session: &mut Session,
    own: &[u8],
    hosts: &[Host],
    files: Vec<Result<Vec<u8>, SshError>>,
    short: bool,
) -> Outcome {
    let (mut differ, mut failed) = (false, Vec::new());
    for (host, file) in hosts.iter().zip(files) {
        match file {
            Ok(bytes) => differ |= !same(session, own, &bytes, &host.name, short),
            Err(error) => {
                tell(session, &error);
                failed.push(host.name.clone());
            }
        }
    }
    outcome("the file could not be fetched from", &failed)?;
    if differ { Err(Failure::quiet()) } else { Ok(()) }
}

/// Says whether a host has the same file, and if not how it differs.
fn same(session: &mut Session, own: &[u8], theirs: &[u8], host: &str, short: bool) -> bool {
    let is_same = own == theirs;
    if short || is_same {
        session.ui.line(&format!("{host}: {}", if is_same { "same" } else { "differs" }));
        return is_same;
    }
    let here = session.environment.node.host.clone();
    let (own, theirs) = (String::from_utf8_lossy(own), String::from_utf8_lossy(theirs));
    let diff =
        similar::TextDiff::from_lines(own.as_ref(), theirs.as_ref()).unified_diff().header(&here, host).to_string();
    session.ui.diff(&diff);
    is_same
}
