//! `report`: what this node knows of a problem, in one file to hand on.
//!
//! In: the CIB, the scheduler's saved inputs, the log. Out: a `tar.gz` that `history source` reads.
//! Absent: other nodes' parts; the system's logs.

use super::status;
use crate::command::{Call, Command, Flag, Run, What, any};
use crate::configure::show;
use crate::error::{Failure, Outcome};
use crate::history::archive::{Archive, SavedInput};
use crate::session::Session;
use bzip2::Compression;
use bzip2::write::BzEncoder;
use quorate_core::xml::{Element, write_pretty};
use quorate_grammar::line::Token;
use quorate_tools::clock;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub const COMMAND: Command = Command {
    name: "report",
    arguments: &[any("destination", What::File)],
    flags: &[FROM, TO, SINGLE, QUICK, SANITIZE, REPLACE, LOG, NODES],
    help: "collect what this node knows into one file",
    details: "The configuration and status, the scheduler's inputs of that time (with -f and -t), the log and the\nversions, as DESTINATION.tar.gz. Values of attributes that fit core.obscure_pattern are masked in the\nconfiguration and the inputs; the log is as it is. Only this node's part: collect on each.",
    examples: &["report", "report -f 2026-01-01T10:00:00Z -t 2026-01-01T12:00:00Z /tmp/outage"],
    run: Run::Do(report),
    ..Command::DEFAULT
};

const FROM: Flag = Flag { name: "--from", short: "-f", help: "leave out inputs that are older" };
const TO: Flag = Flag { name: "--to", short: "-t", help: "leave out inputs that are newer" };

const SINGLE: Flag = Flag { name: "--single", short: "-S", help: "this node only, as always" };
const QUICK: Flag = Flag { name: "--quick", short: "-Q", help: "accepted: nothing here takes long" };
const SANITIZE: Flag = Flag { name: "--sanitize", short: "-s", help: "accepted: secrets are masked in any case" };
const REPLACE: Flag = Flag { name: "--replace", short: "-Z", help: "replace a report that is there" };
const LOG: Flag = Flag { name: "--extra-log", short: "-E", help: "one more file (may be repeated)" };
const NODES: Flag =
    Flag { name: "--nodes", short: "-n", help: "accepted with names: only this node's part is collected" };

struct Wanted {
    from: Option<i64>,
    replace: bool,
    logs: Vec<PathBuf>,
    to: Option<i64>,
    destination: Option<String>,
}

/// The options' values stand behind them, so the words are read in their order.
fn wanted(call: &Call) -> Outcome<Wanted> {
    let mut wanted = Wanted { from: None, replace: false, logs: Vec::new(), to: None, destination: None };
    let mut tokens = call.tokens[1..].iter();
    while let Some(token) = tokens.next() {
        match token.text.as_str() {
            "-f" | "--from" => wanted.from = Some(moment(token, tokens.next())?),
            "-t" | "--to" => wanted.to = Some(moment(token, tokens.next())?),
            "-S" | "--single" | "-Q" | "--quick" | "-s" | "--sanitize" => {}
            "-Z" | "--replace" => wanted.replace = true,
            "-E" | "--extra-log" => wanted.logs.push(PathBuf::from(following(token, tokens.next(), "a file")?)),
            "-n" | "--nodes" => drop(following(token, tokens.next(), "names")?),
            word if wanted.destination.is_none() => wanted.destination = Some(word.to_string()),
            word => return Err(Failure::misused(token.span, format!("`{word}` is one word too many for `report`"))),
        }
    }
    Ok(wanted)
}

fn following<'a>(option: &Token, value: Option<&'a Token>, what: &str) -> Outcome<&'a str> {
    let value = value.map(|value| value.text.as_str());
    value.ok_or_else(|| Failure::misused(option.span, format!("`{}` needs {what}", option.text)))
}

fn moment(option: &Token, value: Option<&Token>) -> Outcome<i64> {
    let Some(value) = value else {
        return Err(Failure::misused(option.span, format!("`{}` needs a time", option.text)));
    };
    let now = clock::now();
    let date = || now.date(&value.text).map(|date| date.epoch);
    ago(&value.text).map(|ago| now.epoch() - ago).or_else(date).ok_or_else(|| {
        Failure::misused(value.span, format!("`{}` is no time", value.text)).hint("as 2026-01-01T10:00:00Z, or 12H")
    })
}

/// Seconds of `12H`, `2d`, `30M`, `1m`, `1Y`: so long ago, as crmsh's report reads it.
fn ago(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'M' => 60,
        'H' => 3600,
        'd' => 86_400,
        'm' => 30 * 86_400,
        'Y' => 365 * 86_400,
        _ => return None,
    };
    let number = text.trim_start_matches('-').strip_suffix(['M', 'H', 'd', 'm', 'Y'])?;
    let is_number = number.starts_with(|first: char| ('1'..='9').contains(&first));
    number.parse::<i64>().ok().filter(|_| is_number)?.checked_mul(unit)
}

fn report(session: &mut Session, call: &Call) -> Outcome {
    let wanted = wanted(call)?;
    let moment: String = clock::text(clock::now().epoch()).chars().filter(char::is_ascii_digit).collect();
    let path = PathBuf::from(wanted.destination.clone().unwrap_or_else(|| format!("crm_report-{moment}")));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("crm_report").to_string();
    let name = name.trim_end_matches(".tar.gz").to_string();
    let path = path.with_file_name(format!("{name}.tar.gz"));
    if path.exists() && !wanted.replace && !session.is_forced() && !session.options.is_on("report.remove_exist_dest") {
        return Err(Failure::refused(format!("{} exists already", path.display())));
    }
    let files = collect(session, &wanted)?;
    let host = session.environment.node.host.clone();
    pack(&path, &format!("{name}/{host}"), &files).map_err(|error| Failure::file(&path, &error))?;
    session.ui.line(&path.display().to_string());
    Ok(())
}

pub type File = (String, Vec<u8>);

/// What there is; what is not is said in the report itself.
fn collect(session: &mut Session, wanted: &Wanted) -> Outcome<Vec<File>> {
    let secrets = secrets(session);
    let mut files = Vec::new();
    let mut missing = String::new();
    let source = session.source.clone();
    match session.read_from(&source) {
        Ok(document) => files.push(("cib.xml".to_string(), masked(document.root(), &secrets).into_bytes())),
        Err(failure) => missing += &format!("cib.xml: {}\n", failure.message),
    }
    match status::told(session) {
        Ok(text) => files.push(("crm_mon.txt".to_string(), text.into_bytes())),
        Err(failure) => missing += &format!("crm_mon.txt: {}\n", failure.message),
    }
    let archive = Archive::below(&session.environment.node.root);
    archive.unreadable.iter().for_each(|error| missing += &format!("{error}\n"));
    let within = |input: &&SavedInput| {
        wanted.from.is_none_or(|from| input.epoch >= from) && wanted.to.is_none_or(|to| input.epoch <= to)
    };
    for input in archive.inputs.iter().filter(within) {
        files.push(packed_input(input, &secrets)?);
    }
    for log in &archive.logs {
        match std::fs::read(log) {
            Ok(bytes) => files.push(("pacemaker.log".to_string(), bytes)),
            Err(error) => missing += &format!("pacemaker.log: {error}\n"),
        }
    }
    for log in &wanted.logs {
        let name = log.file_name().map_or_else(|| "extra".into(), |name| name.to_string_lossy().into_owned());
        match std::fs::read(log) {
            Ok(bytes) => files.push((name, bytes)),
            Err(error) => missing += &format!("{}: {error}\n", log.display()),
        }
    }
    files.push(("versions.txt".to_string(), format!("quorate {}\n", env!("CARGO_PKG_VERSION")).into_bytes()));
    if !missing.is_empty() {
        missing.lines().for_each(|line| session.ui.warn(&format!("not in the report: {line}")));
        files.push(("missing.txt".to_string(), missing.into_bytes()));
    }
    Ok(files)
}

/// The names of attributes whose values nobody else is to see.
pub fn secrets(session: &Session) -> Vec<String> {
    let pattern = session.options.get("core.obscure_pattern");
    let words = pattern.split('|').filter(|word| !word.is_empty()).map(str::to_string);
    words.chain([show::SECRETS.to_string()]).collect()
}

/// An input as a report has it: masked, and with its time.
pub fn packed_input(input: &SavedInput, secrets: &[String]) -> Outcome<File> {
    let mut root = input.document.root().clone();
    root.set("execution-date", input.epoch.to_string());
    let bytes = packed(&masked(&root, secrets)).map_err(|error| Failure::file(&input.path, &error))?;
    Ok((format!("pengine/{}.bz2", input.name), bytes))
}

fn masked(root: &Element, secrets: &[String]) -> String {
    let mut root = root.clone();
    show::mask_element(&mut root, secrets);
    write_pretty(&root)
}

fn packed(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// The file takes its place only when it is whole; nobody but its owner can read it.
pub fn pack(path: &Path, below: &str, files: &[File]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let staged = tempfile::NamedTempFile::new_in(directory)?;
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(&staged, flate2::Compression::default()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(clock::now().epoch()).unwrap_or(0));
        archive.append_data(&mut header, format!("{below}/{name}"), &bytes[..])?;
    }
    archive.into_inner()?.finish()?;
    staged.as_file().sync_all()?;
    staged.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn how_long_ago_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("12H", Some(43_200)),
            ("-2d", Some(172_800)),
            ("30M", Some(1800)),
            ("1m", Some(2_592_000)),
            ("1Y", Some(31_536_000)),
            ("0H", None),
            ("H", None),
            ("12h", None),
            ("2pm", None),
            ("99999999999999999Y", None),
        ] {
            assert_eq!(ago(text), seconds, "{text}");
        }
    }
}
