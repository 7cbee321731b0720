//! `crm_report`: `crm report` under the options of Pacemaker's tool, as sosreport and people's habits call it.
//!
//! In: options. Out: DEST.tar.gz, or a directory of that name. What has no effect here is told.
//! Absent: other nodes' parts (as `crm report`); what is in a report (see `levels::report`).

use crate::crm;
use quorate_core::arguments::{self, Argument, Given, Value, argument};
use quorate_core::cib::document::PACEMAKER;
use quorate_tools::{Exit, Io, clock};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "crm_report";
const REQUIRED: &str = "Required";
const OPTIONS: &str = "Options";

const TABLE: &[Argument] = &[
    argument(Some('f'), "from", Value::Required("TIME"), REQUIRED, "leave out what is older"),
    argument(Some('V'), "verbose", Value::None, OPTIONS, "without effect"),
    argument(Some('h'), "help", Value::None, OPTIONS, "show this and end"),
    argument(Some('v'), "version", Value::None, OPTIONS, "show the version and end"),
    argument(None, "features", Value::None, OPTIONS, "show the version and end"),
    argument(Some('t'), "to", Value::Required("TIME"), OPTIONS, "leave out what is newer (default: now)"),
    argument(Some('l'), "logfile", Value::Required("FILE"), OPTIONS, "one more file (may be repeated)"),
    argument(Some('d'), "as-directory", Value::None, OPTIONS, "leave a directory instead of an archive"),
    argument(None, "dest", Value::Required("DEST"), OPTIONS, "where to, without .tar.gz"),
    argument(Some('S'), "single-node", Value::None, OPTIONS, "this node only, as always"),
    argument(None, "sos-mode", Value::None, OPTIONS, "as sosreport calls it: an old report is replaced"),
    argument(Some('c'), "cluster", Value::Required("TYPE"), OPTIONS, "without effect"),
    argument(Some('C'), "corosync", Value::None, OPTIONS, "without effect"),
    argument(Some('n'), "nodes", Value::Required("NODES"), OPTIONS, "without effect: collect on each node"),
    argument(Some('M'), "no-search", Value::None, OPTIONS, "without effect: the daemon's log is known"),
    argument(Some('p'), "pattern", Value::Required("PATT"), OPTIONS, "without effect: see core.obscure_pattern of crm"),
    argument(Some('L'), "log-pattern", Value::Required("PATT"), OPTIONS, "without effect"),
    argument(Some('u'), "user", Value::Required("USER"), OPTIONS, "without effect"),
    argument(Some('D'), "max-depth", Value::Required("DEPTH"), OPTIONS, "without effect"),
    argument(Some('e'), "rsh", Value::Required("COMMAND"), OPTIONS, "without effect"),
];

/// What is told when it is given, for somebody may rely on it.
const TOLD: [&str; 7] = ["nodes", "pattern", "log-pattern", "user", "max-depth", "rsh", "no-search"];

/// Runs the tool.
pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    match arguments::split(&[TABLE], arguments) {
        Err(error) => failed(io, Exit::USAGE, &error.to_string()),
        Ok(given) if given.has("help") => {
            let usage =
                format!("Usage:\n  {NAME} -f TIME [OPTION…] [DEST]\n\nCollects what this node knows of a problem\n");
            let _ = write!(io.out, "{usage}\n{}", arguments::help(&[TABLE], &[]));
            Exit::OK
        }
        Ok(given) if given.has("version") || given.has("features") => {
            io.line(&format!("{NAME} (Pacemaker {PACEMAKER}, Quorate {})", env!("CARGO_PKG_VERSION")));
            Exit::OK
        }
        Ok(given) => report(&given, io),
    }
}

fn failed(io: &mut Io, exit: Exit, text: &str) -> Exit {
    io.error(NAME, text);
    exit
}

fn report(given: &Given, io: &mut Io) -> Exit {
    let Some(from) = given.value("from") else { return failed(io, Exit::USAGE, "-f TIME is needed") };
    for option in TOLD.iter().filter(|option| given.has(option)) {
        io.error(NAME, &format!("--{option} has no effect"));
    }
    let named = given.value("dest").or_else(|| given.operands.first().cloned());
    let destination = named.unwrap_or_else(default_destination);
    let destination = destination.trim_end_matches(".tar.gz");
    let mut words: Vec<String> = ["report", "-f", &from].map(String::from).to_vec();
    words.extend(given.value("to").into_iter().flat_map(|to| ["-t".to_string(), to]));
    let logs = given.options.iter().filter(|(name, _)| *name == "logfile").filter_map(|(_, file)| file.clone());
    words.extend(logs.flat_map(|file| ["-E".to_string(), file]));
    words.extend(given.has("sos-mode").then(|| "-Z".to_string()));
    words.push(destination.to_string());
    let exit = Exit(crm::run(&words));
    if exit != Exit::OK || !given.has("as-directory") {
        return exit;
    }
    match unpacked(destination) {
        Ok(()) => Exit::OK,
        Err(error) => failed(io, Exit::IO_ERROR, &format!("{destination}: {error}")),
    }
}

/// `pcmk-` and the day, as Pacemaker's.
fn default_destination() -> String {
    let moment = clock::text(clock::now().epoch());
    format!("pcmk-{}", moment.chars().filter(char::is_ascii_digit).collect::<String>())
}

/// The archive as a directory beside it, in its place.
fn unpacked(destination: &str) -> io::Result<()> {
    let archive = PathBuf::from(format!("{destination}.tar.gz"));
    let beside = archive.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(&archive)?)).unpack(beside)?;
    fs::remove_file(archive)
}
