//! The `crm` program: its options, and which way the commands come.
//!
//! In: the command line. Out: an exit code.
//! Absent: the commands (see `levels`).

use crate::client::Local;
use crate::environment::Environment;
use crate::error::{Failure, Kind, Origin};
use crate::offer::OPTIONS;
use crate::options::Settings;
use crate::session::{Session, Switches};
use crate::ui::{Color, Form, Ui};
use crate::{offer, reading, repl, script, words};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::literal;
use quorate_transport::local::address::Wanted;
use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The version of crmsh whose language is spoken.
const CRMSH: &str = "5.0.0";

/// What `crm --help` says; the manual, too.
pub const USAGE: &str = "usage: crm [OPTION…] [LEVEL] [COMMAND…]

  -f, --file FILE       run the commands of a file (or of - ) as one transaction
  -c, --cib SHADOW      work on a shadow
      --manager NAME    quorate or pacemaker: whose cluster it is (else ours, if it runs, or a Pacemaker
                        that runs; also CRM_CLUSTER=NAME)
  -H, --history DIR     what `history` looks at: a directory of scheduler inputs
  -w, --wait[=TIME]     wait until the cluster has done what a change asks of it, at most TIME
                        (such as 90 or 5min; an hour if it is not said)
  -F, --force           answer every question with yes
  -n, --no              answer every question with no
  -o, --option NAME=VALUE  a setting, for this call (see `options show`)
      --scriptdir DIRS  where `script` looks first (directories, `;` between)
      --keep-going      a batch goes on after errors and keeps what was right, as crmsh does
  -D, --display STYLE   plain, color, color-always or uppercase
      --output FORM     text, or json: status, show, verify and diff answer in JSON, and so do errors
                        (also -o json)
  -d, --debug           accepted, without effect
  -h, --help            this text
      --version         the version

Without a command the shell is interactive; if its input is no terminal, the input is run as one
transaction: if any line is wrong, nothing is changed.
";

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Request {
    file: Option<String>,
    shadow: Option<String>,
    manager: Option<String>,
    history: Option<String>,
    wait: bool,
    patience: Option<Duration>,
    force: bool,
    refuse: bool,
    keep_going: bool,
    echo: bool,
    settings: Vec<String>,
    style: Option<String>,
    form: Form,
    help: bool,
    version: bool,
    words: Vec<String>,
}

pub fn run(arguments: &[String]) -> u8 {
    if let [option, line] = arguments
        && option == "--complete"
    {
        return offer::run(line);
    }
    let (request, understood) = read(arguments);
    let mut environment = Environment::of_process();
    if let Some(name) = &request.manager {
        environment.node.manager = Some(Wanted::from(name.as_str()));
    }
    let color = if environment.terminal_out && !environment.no_color { Color::Ansi } else { Color::Plain };
    let mut ui = Ui::new(Box::new(std::io::stdout()), Box::new(std::io::stderr()), color);
    ui.terminal = environment.terminal_out;
    let interrupted = Arc::new(AtomicBool::new(false));
    let cluster = Box::new(Local::new(environment.node.address()).until(Arc::clone(&interrupted)));
    let input = Box::new(BufReader::new(std::io::stdin()));
    let mut session = Session::new(environment, ui, input, cluster);
    session.interrupted = interrupted;
    session.ui.form = request.form;
    if let Err(failure) = understood {
        session.ui.failure(&failure, &Origin::default());
        return failure.exit_code();
    }
    if request.help {
        session.ui.print(USAGE);
        return 0;
    }
    if request.version {
        // First the version of crmsh whose language this is: programs compare it.
        session.ui.line(&format!("crm {CRMSH} (quorate {})", env!("CARGO_PKG_VERSION")));
        return 0;
    }
    match prepare(&mut session, &request) {
        Ok(()) => start(&mut session, &request),
        Err(failure) => {
            session.ui.failure(&failure, &Origin::default());
            failure.exit_code()
        }
    }
}

/// What was understood, up to what was not.
fn read(arguments: &[String]) -> (Request, Result<(), Failure>) {
    let mut request = Request::default();
    let understood = read_into(&mut request, arguments);
    (request, understood)
}

fn read_into(request: &mut Request, arguments: &[String]) -> Result<(), Failure> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') || word == "-" {
            request.words = std::iter::once(word).chain(words).cloned().collect();
            return Ok(());
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_string())),
            _ if !word.starts_with("--")
                && word.len() > 2
                && word.is_char_boundary(2)
                && "fcDo".contains(&word[1..2]) =>
            {
                (&word[..2], Some(word[2..].to_string()))
            }
            _ => (word.as_str(), None),
        };
        let mut value = || {
            let next = attached.clone().or_else(|| words.next().cloned());
            next.ok_or_else(|| Failure::usage(format!("`{name}` needs a value")))
        };
        match name {
            "-f" | "--file" => request.file = Some(value()?),
            "-c" | "--cib" => request.shadow = Some(value()?),
            "--manager" => request.manager = Some(value()?),
            "-H" | "--history" => request.history = Some(value()?),
            "-D" | "--display" => request.style = Some(value()?),
            "-w" | "--wait" => {
                request.wait = true;
                request.patience = attached.as_deref().map(patience).transpose()?;
            }
            "-F" | "--force" => request.force = true,
            "-n" | "--no" => request.refuse = true,
            "--output" => request.form = form(&value()?)?,
            // No setting is written without `=`.
            "-o" | "--option" | "--opt" => match value()? {
                word if word.contains('=') => request.settings.push(word),
                word => request.form = form(&word).map_err(|_| not_a_setting(&word))?,
            },
            "--scriptdir" => request.settings.push(format!("core.script_path={}", value()?)),
            "--keep-going" => request.keep_going = true,
            // Taken, as programs give it; what would be told is told anyway.
            "-d" | "--debug" => {}
            // For crmsh's recorded sessions: tells every line before it is run, and edits as crmsh does.
            "-R" | "--regression-tests" => request.echo = true,
            "-h" | "--help" => request.help = true,
            "--version" => request.version = true,
            _ => return Err(unknown(name)),
        }
    }
    Ok(())
}

fn form(word: &str) -> Result<Form, Failure> {
    match word {
        "text" => Ok(Form::Text),
        "json" => Ok(Form::Json),
        _ => Err(Failure::usage(format!("`--output={word}`: there are text and json"))),
    }
}

fn not_a_setting(word: &str) -> Failure {
    Failure::usage(format!("`{word}`: expected NAME=VALUE, such as core.wait=yes"))
}

fn patience(text: &str) -> Result<Duration, Failure> {
    let bad = || Failure::usage(format!("`--wait={text}`: expected a time such as 90, 90s or 5min"));
    let ms = literal::interval_ms(text).ok().and_then(|ms| u64::try_from(ms).ok()).ok_or_else(bad)?;
    Ok(Duration::from_millis(ms))
}

fn unknown(word: &str) -> Failure {
    let failure = Failure::usage(format!("there is no option `{word}`"));
    match closest(word, OPTIONS.iter().map(|(name, _)| name.trim_end_matches('='))) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`crm --help` lists them"),
    }
}

/// crmsh's sessions were recorded with what its commands add of their own accord.
const CRMSH_EDITS: [&str; 3] = ["core.implicit_edits", "core.has_ra_advised_op", "core.has_fa_advised_op"];

fn prepare(session: &mut Session, request: &Request) -> Result<(), Failure> {
    session.options = Settings::load(&session.environment);
    if let Some(style) = &request.style {
        session.options.set_for_now("color.style", style)?;
    }
    if request.echo {
        for name in CRMSH_EDITS {
            session.options.set_for_now(name, "yes")?;
        }
    }
    for setting in &request.settings {
        let (name, value) = setting.split_once('=').ok_or_else(|| not_a_setting(setting))?;
        session.options.set_for_now(name, value)?;
    }
    session.commanded = Switches {
        force: request.force,
        wait: request.wait,
        refuse: request.refuse,
        keep_going: request.keep_going,
        echo: request.echo,
    };
    session.switches = session.commanded;
    session.apply_options();
    session.patience = request.patience.unwrap_or(session.patience);
    if let Some(word) = &request.history {
        session.kept.history.source = Some(word.clone());
    }
    if let Some(name) = &request.shadow {
        let shadow = session.environment.shadow(name);
        if !session.exists(&shadow) {
            return Err(Failure::refused(format!("there is no shadow `{name}`")).hint("`crm cib list` lists them"));
        }
        session.source = shadow;
    }
    Ok(())
}

fn start(session: &mut Session, request: &Request) -> u8 {
    if let Some(file) = &request.file {
        return run_file(session, file);
    }
    let quoted = session.options.is_on("core.add_quotes");
    let words = if quoted { words::meant(&request.words) } else { request.words.clone() };
    if !words.is_empty() && !is_level(&words) {
        let text = if quoted { words::joined(&words) } else { words.join(" ") };
        return script::single(session, &text);
    }
    if !session.environment.terminal_in {
        return run_input(session, &words);
    }
    repl::run(session, &words)
}

/// `crm configure` alone starts there, and so does `crm configure template`.
fn is_level(words: &[String]) -> bool {
    let mut at = &crate::levels::root::LEVEL;
    for word in words {
        match crate::levels::inside(at).find(|level| level.name == word) {
            Some(level) => at = level,
            None => return false,
        }
    }
    !words.is_empty()
}

fn run_file(session: &mut Session, file: &str) -> u8 {
    if file == "-" {
        return run_input(session, &[]);
    }
    match std::fs::read(file) {
        Ok(bytes) => run_bytes(session, file, &[], bytes),
        Err(error) => failed(session, &Failure::new(Kind::Script, format!("{file}: {error}"))),
    }
}

fn run_input(session: &mut Session, words: &[String]) -> u8 {
    let mut bytes = Vec::new();
    if let Err(error) = session.input.read_to_end(&mut bytes) {
        return failed(session, &Failure::new(Kind::Script, format!("standard input: {error}")));
    }
    run_bytes(session, "-", words, bytes)
}

fn run_bytes(session: &mut Session, name: &str, words: &[String], bytes: Vec<u8>) -> u8 {
    match reading::whole(name, bytes) {
        Ok(text) => script::batch(session, name, words, &text),
        Err(failure) => failed(session, &failure),
    }
}

fn failed(session: &mut Session, failure: &Failure) -> u8 {
    session.ui.failure(failure, &Origin::default());
    failure.exit_code()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    #[test]
    fn options_end_where_the_command_starts() {
        let (request, understood) = read(&words("-w -c plan -Dplain configure show -F"));
        assert_eq!(understood, Ok(()));
        assert_eq!(request.shadow.as_deref(), Some("plan"));
        assert_eq!(request.style.as_deref(), Some("plain"));
        assert_eq!(request.words, words("configure show -F"));
        assert!(request.wait && !request.force && request.patience.is_none());
        let (request, _) = read(&words("--wait=2min resource stop p1"));
        assert_eq!((request.wait, request.patience), (true, Some(Duration::from_secs(120))));
    }

    #[test]
    fn the_form_holds_for_what_is_wrong_behind_it() {
        let (request, understood) = read(&words("-o json --foo"));
        assert!(understood.is_err() && request.form == Form::Json);
    }

    #[test]
    fn unknown_options_are_errors() {
        for line in ["--foo", "-x show", "-X out status", "--fiel=x", "-f", "--wait=soon", "--wait=-3"] {
            assert!(read(&words(line)).1.is_err(), "{line}");
        }
        assert_eq!(read(&words("--fiel=x")).1.unwrap_err().hints, ["did you mean `--file`?"]);
    }
}
