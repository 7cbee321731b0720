//! `corosync link`: the networks between the hosts, by number.
//!
//! In: calls. Out: links shown; corosync.conf changed on all nodes, and Corosync told.
//! Absent: what carries messages on a link.

use super::hosts::carry;
use super::place::{Conf, check, members};
use super::values::tell_corosync;
use crate::command::{Call, Command, FORCE, Level, Run, What, any, one, some};
use crate::error::{Failure, Outcome};
use crate::hosts;
use crate::session::Session;
use quorate_bootstrap::host::{Host, on_each};
use quorate_transport::cluster::file::Section;
use quorate_transport::cluster::nodelist::link::{self, Texts};
use quorate_transport::cluster::nodelist::{LinkNumber, ListError};
use std::net::IpAddr;
use std::time::Duration;

pub static LEVEL: Level = Level {
    name: "link",
    help: "the networks between the hosts",
    commands: &[
        Command { name: "show", help: "all links, with addresses and options", run: Run::Do(show), ..Command::DEFAULT },
        Command {
            name: "add",
            arguments: &[some("node=address", What::Text)],
            flags: &[FORCE],
            help: "add a link: NODE=ADDRESS of every node, then perhaps `options NAME=VALUE…`",
            details: "For knet, up to 8 links. Each node must have its address. The file is checked on all nodes and put in its\nplace on all of them, then Corosync reads it; membership goes on.",
            examples: &["add n1=10.1.0.1 n2=10.1.0.2 n3=10.1.0.3 options knet_link_priority=2"],
            run: Run::Do(add),
            ..Command::DEFAULT
        },
        Command {
            name: "update",
            arguments: &[one("number", What::Text), any("node=address", What::Text)],
            flags: &[FORCE],
            help: "change addresses of a link, and behind `options` its options; `NAME=` takes one away",
            examples: &["update 1 n2=10.1.0.22", "update 1 options knet_link_priority=3 mcastport="],
            run: Run::Do(update),
            ..Command::DEFAULT
        },
        Command {
            name: "remove",
            arguments: &[one("number", What::Text)],
            flags: &[FORCE],
            help: "remove a link, not the last one",
            examples: &["remove 1"],
            run: Run::Do(remove),
            ..Command::DEFAULT
        },
    ],
};

/// A host tells its addresses at once.
const LIMIT: Duration = Duration::from_secs(15);

fn show(session: &mut Session, _: &Call) -> Outcome {
    let conf = Conf::read(session)?;
    let mut text = String::new();
    for link in link::links(&conf.file) {
        text.push_str(&format!("link {} ({})\n", link.number, link::transport(&conf.file)));
        for (name, address) in &link.addresses {
            text.push_str(&format!("  {name}: {address}\n"));
        }
        for (option, value) in &link.options {
            text.push_str(&format!("  {option} = {value}\n"));
        }
    }
    session.ui.print(&text);
    Ok(())
}

/// `NODE=ADDRESS…`, then `options NAME=VALUE…`.
fn texts(call: &Call, from: usize) -> Outcome<(Texts, Texts)> {
    let (mut addresses, mut options) = (Texts::new(), Texts::new());
    let mut into = &mut addresses;
    for place in from..call.words().len() {
        let word = call.required(place);
        if word == "options" {
            into = &mut options;
            continue;
        }
        let Some((name, value)) = word.split_once('=') else {
            return Err(Failure::misused(call.span(place), format!("`{word}` is not NAME=VALUE")));
        };
        if into.insert(name.to_string(), value.to_string()).is_some() {
            return Err(Failure::misused(call.span(place), format!("`{name}` is there twice")));
        }
    }
    Ok((addresses, options))
}

fn number(call: &Call) -> Outcome<LinkNumber> {
    let word = call.required(0);
    word.parse().map_err(|_| Failure::misused(call.span(0), format!("`{word}` is no link's number")))
}

fn add(session: &mut Session, call: &Call) -> Outcome {
    let (addresses, options) = texts(call, 0)?;
    change(session, call, &addresses, |file| link::add(file, &addresses, &options).map(drop))
}

fn update(session: &mut Session, call: &Call) -> Outcome {
    let number = number(call)?;
    let (addresses, options) = texts(call, 1)?;
    if addresses.is_empty() && options.is_empty() {
        return Err(Failure::misused(call.span(0), "`update` needs addresses or options"));
    }
    change(session, call, &addresses, |file| link::update(file, number, &addresses, &options))
}

fn remove(session: &mut Session, call: &Call) -> Outcome {
    let number = number(call)?;
    change(session, call, &Texts::new(), |file| link::remove(file, number))
}

/// Changes the file on all nodes and tells Corosync, if it runs.
fn change(
    session: &mut Session,
    call: &Call,
    addresses: &Texts,
    change: impl Fn(&mut Section) -> Result<(), ListError>,
) -> Outcome {
    let conf = Conf::read(session)?;
    let mut new = conf.file.clone();
    change(&mut new).map_err(|error| Failure::at(call.span(0), error.to_string()))?;
    let text = new.to_string();
    if text == conf.text {
        session.ui.info("nothing is changed by that");
        return Ok(());
    }
    conf.keep_quorum(session, &new, call.has(FORCE))?;
    check(&conf.path, &text)?;
    let targets = hosts::named(session, &[], false)?;
    if !call.has(FORCE) {
        addresses_are_theirs(session, &targets, addresses)?;
    }
    let conf = Conf::of(conf.path, text)?;
    carry(session, &targets, &conf)?;
    session.ui.info(&format!("{} is changed on all nodes", conf.path.display()));
    if members().is_some() { tell_corosync(session) } else { Ok(()) }
}

/// Each node has the address that is said to be its own.
fn addresses_are_theirs(session: &mut Session, targets: &[Host], addresses: &Texts) -> Outcome {
    let ssh = hosts::ssh(session);
    let asked: Vec<Host> = targets.iter().filter(|host| addresses.contains_key(&host.name)).cloned().collect();
    let line = "PATH=$PATH:/usr/sbin:/sbin ip -o addr show | awk '{print $4}'";
    let lists = on_each(&asked, |host| host.must(line, LIMIT, &ssh), |_, _| {});
    for (host, list) in asked.iter().zip(lists) {
        let wanted = &addresses[&host.name];
        let list = list.map_err(|error| Failure::refused(error.to_string()).hint(error.hint().unwrap_or_default()))?;
        let has = list.lines().any(|line| line.split('/').next() == Some(wanted));
        if wanted.parse::<IpAddr>().is_ok() && !has {
            let failure = Failure::refused(format!("{} does not have the address {wanted}", host.name));
            return Err(failure.hint("--force does it all the same"));
        }
    }
    Ok(())
}
