//! The levels of the shell, one file each, and what is not there yet.

pub mod assist;
pub mod cib;
pub mod cibstatus;
pub mod cluster;
pub mod configure;
pub mod corosync;
pub mod history;
pub mod maintenance;
pub mod node;
pub mod options;
pub mod ra;
pub mod report;
pub mod resource;
pub mod root;
pub mod script;
pub mod site;
pub mod status;
pub mod template;
pub mod universal;

use crate::command::{Level, Run};
use crate::session::Session;

/// The level that a session is at.
pub fn current(session: &Session) -> &'static Level {
    session.levels.last().and_then(|name| find(name)).unwrap_or(&root::LEVEL)
}

pub fn find(name: &str) -> Option<&'static Level> {
    all().find(|level| level.name == name)
}

/// The top and every level under it.
pub fn all() -> impl Iterator<Item = &'static Level> {
    let inside = inside(&root::LEVEL);
    let deeper = inside.clone().flat_map(self::inside).filter(|level| !is_at_the_top(level));
    std::iter::once(&root::LEVEL).chain(inside).chain(deeper)
}

/// The levels right under this one.
pub fn inside(level: &'static Level) -> impl Iterator<Item = &'static Level> + Clone {
    level.commands.iter().filter_map(|command| match command.run {
        Run::Level(level) => Some(level),
        _ => None,
    })
}

fn is_at_the_top(level: &Level) -> bool {
    inside(&root::LEVEL).any(|top| top.name == level.name)
}

/// Commands of crmsh, by level, that this version does not have: they are named as such.
pub static NOT_YET: &[(&str, &str)] = &[
    ("", "sbd"),
    ("cluster", "geo_init"),
    ("cluster", "geo_join"),
    ("cluster", "geo_init_arbitrator"),
    ("cluster", "crash_test"),
];
