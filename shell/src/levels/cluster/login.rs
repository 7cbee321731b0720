//! How hosts are logged in to that shall become a cluster: by keys, else by a password that is asked for once a host.
//!
//! In: hosts. Out: what was seen there; whose login needed a password.
//! Absent: what follows from that (see `bring`).

use super::flags::{COPY_KEY, PASSWORDS, YES};
use super::given::Given;
use crate::error::{Failure, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::facts::{Seen, gather};
use quorate_bootstrap::host::Host;
use quorate_transport::ssh::{Passwords, SshError, SshOptions, Target};

/// The one who may do everything, where somebody else logs in by name.
pub fn ssh(session: &Session) -> SshOptions {
    SshOptions { passwords: session.kept.passwords.clone(), sudo: true, ..hosts::ssh(session) }
}

/// `--password-file`: one password for all hosts, in a file that nobody else can read.
pub fn read_passwords(session: &mut Session, given: &Given) -> Outcome {
    let Some(value) = given.last(PASSWORDS) else { return Ok(()) };
    let fail = |why: String| Failure::misused(value.span, format!("{}: {why}", value.text));
    let text = std::fs::read_to_string(&value.text).map_err(|error| fail(error.to_string()))?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(fail("there is no password in it".to_string()));
    }
    session.kept.passwords = Passwords::everywhere(password.to_string());
    Ok(())
}

/// A node of the cluster that these hosts are in: reached as they are.
pub fn beside(session: &Session, wanted: &[Host], name: &str) -> Outcome<Host> {
    let host = hosts::host(session, name)?;
    let user = wanted.iter().find_map(|one| one.target.as_ref()).map(|target| target.user.clone());
    let target = host.target.map(|target| Target { user: user.unwrap_or_else(|| target.user.clone()), ..target });
    Ok(Host { target, ..host })
}

/// Looks at the hosts. Where no key is let in, a person is asked for the password, and it is tried once.
pub fn look(session: &mut Session, hosts: &[Host]) -> Vec<Seen> {
    let mut seen = gather(hosts, &ssh(session), |_, _| {});
    let asked: Vec<Host> = seen.iter().filter(|one| is_closed(&one.facts)).map(|one| one.host.clone()).collect();
    let answered: Vec<Host> = asked.into_iter().filter(|host| ask(session, host)).collect();
    for again in gather(&answered, &ssh(session), |_, _| {}) {
        let place = seen.iter_mut().find(|one| one.host == again.host).expect("it was looked at before");
        *place = again;
    }
    seen
}

/// A password is missing: sshd's, or `sudo`'s.
fn is_closed<T>(seen: &Result<T, SshError>) -> bool {
    match seen {
        Err(SshError::NotAuthorised { .. }) => true,
        // So sudo(8) says it in the C locale, with -n.
        Err(SshError::Broken { why, .. }) => why.contains("a password is required"),
        _ => false,
    }
}

fn ask(session: &mut Session, host: &Host) -> bool {
    let Some(target) =
        host.target.clone().filter(|target| session.kept.passwords.of(&target.host, &target.user).is_none())
    else {
        return false;
    };
    let Some(password) = session.secret(&format!("password of {}@{}", target.user, target.host)) else { return false };
    session.kept.passwords.give(&target.host, &target.user, password);
    true
}

/// Hosts that shall let this host's key in: those with a password, if that was said or agreed to.
pub fn let_in(session: &mut Session, seen: &[Seen], given: &Given) -> Vec<String> {
    let has_password = |one: &&Seen| {
        let password =
            one.host.target.as_ref().and_then(|target| session.kept.passwords.of(&target.host, &target.user));
        one.facts.is_ok() && password.is_some()
    };
    let names: Vec<String> = seen.iter().filter(has_password).map(|one| one.host.name.clone()).collect();
    let question = "let this host's ssh key in there, so that no password is needed the next time?";
    let asks = !given.has(YES) && !names.is_empty();
    let is_wanted = given.has(COPY_KEY) || (asks && session.agrees(&format!("{}: {question}", names.join(", "))));
    if is_wanted { names } else { Vec::new() }
}
