//! crm_mon's command line, as Pacemaker reads it.
//!
//! In: arguments. Out: [`Command`], or what is wrong with them. One table names every option;
//! the help is printed from it.

use quorate_core::arguments::{self, Argument, UsageError, Value, argument, split};
use quorate_core::view::{Section, Sections, ViewOptions};
use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Help { all: bool },
    Version,
    Show(Box<Show>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Show {
    pub options: ViewOptions,
    pub format: Format,
    /// Print once and end; else a screen, or a file written again at each change.
    pub once: bool,
    pub simple: bool,
    pub output: Option<String>,
    pub daemonize: bool,
    pub pid_file: Option<String>,
    pub interval_ms: u32,
    pub page: Page,
    /// A CIB to show instead of the cluster's.
    pub file: Option<PathBuf>,
    /// Whose cluster it is, where that is said.
    pub manager: Option<String>,
    /// The command line, for the XML result to repeat.
    pub request: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Console,
    Text,
    Html,
    Xml,
    /// `-X`: the oldest XML.
    LegacyXml,
    None,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub cgi: bool,
    pub title: Option<String>,
    pub stylesheet: Option<String>,
}

const OUTPUT: &str = "Output Options";
const DISPLAY: &str = "Display Options";
const ADDITIONAL: &str = "Additional Options";
const DEPRECATED: &str = "Deprecated Options";
const GENERAL: &str = "Application Options";

const KNOWN: &[Argument] = &[
    argument(None, "output-as", Value::Required("FORMAT"), OUTPUT, "console (default), text, html, xml or none"),
    argument(None, "output-to", Value::Required("DEST"), OUTPUT, "file to write (\"-\" is standard output)"),
    argument(None, "html-cgi", Value::None, OUTPUT, "begin with the header of a CGI program"),
    argument(None, "html-stylesheet", Value::Required("URI"), OUTPUT, "link to a style sheet"),
    argument(None, "html-title", Value::Required("TITLE"), OUTPUT, "title of the page"),
    argument(
        Some('I'),
        "include",
        Value::Required("SECTIONS"),
        DISPLAY,
        "show these sections too (--include=list names them)",
    ),
    argument(Some('U'), "exclude", Value::Required("SECTIONS"), DISPLAY, "do not show these sections"),
    argument(None, "node", Value::Required("NODE"), DISPLAY, "only what concerns this node"),
    argument(None, "resource", Value::Required("RSC"), DISPLAY, "only what concerns this resource"),
    argument(Some('n'), "group-by-node", Value::None, DISPLAY, "list resources under their nodes"),
    argument(Some('r'), "inactive", Value::None, DISPLAY, "list resources that do not run, too"),
    argument(Some('f'), "failcounts", Value::None, DISPLAY, "show fail counts"),
    argument(Some('o'), "operations", Value::None, DISPLAY, "show what was done"),
    argument(Some('t'), "timing-details", Value::None, DISPLAY, "show what was done, and when"),
    argument(Some('c'), "tickets", Value::None, DISPLAY, "show tickets"),
    argument(
        Some('m'),
        "fence-history",
        Value::Optional("LEVEL"),
        DISPLAY,
        "fencing: 0 none, 1 failed and pending, 2 all, 3 in full",
    ),
    argument(
        Some('L'),
        "neg-locations",
        Value::Optional("PREFIX"),
        DISPLAY,
        "show constraints that keep resources away",
    ),
    argument(Some('A'), "show-node-attributes", Value::None, DISPLAY, "show node attributes"),
    argument(Some('D'), "hide-headers", Value::None, DISPLAY, "leave the summary out"),
    argument(Some('R'), "show-detail", Value::None, DISPLAY, "show node ids, each clone instance, failures in full"),
    argument(None, "show-description", Value::None, DISPLAY, "show resources' descriptions"),
    argument(Some('b'), "brief", Value::None, DISPLAY, "count resources instead of naming them"),
    argument(Some('j'), "pending", Value::None, DEPRECATED, "show what is being done (always on)"),
    argument(Some('s'), "simple-status", Value::None, DISPLAY, "one line for monitoring systems"),
    argument(
        Some('i'),
        "interval",
        Value::Required("TIMESPEC"),
        ADDITIONAL,
        "how often a page asks to be loaded again (5 s)",
    ),
    argument(Some('1'), "one-shot", Value::None, ADDITIONAL, "print once and end"),
    argument(Some('d'), "daemonize", Value::None, ADDITIONAL, "go on in the background; needs --output-to"),
    argument(Some('p'), "pid-file", Value::Required("FILE"), ADDITIONAL, "write the background process's number here"),
    argument(None, "manager", Value::Required("NAME"), ADDITIONAL, "whose cluster it is: quorate or pacemaker"),
    argument(Some('E'), "external-agent", Value::Required("FILE"), ADDITIONAL, "not available: use alerts"),
    argument(Some('e'), "external-recipient", Value::Required("RCPT"), ADDITIONAL, "not available: use alerts"),
    argument(Some('W'), "watch-fencing", Value::None, ADDITIONAL, "not available: use alerts"),
    argument(Some('h'), "as-html", Value::Required("FILE"), DEPRECATED, "same as --output-as=html --output-to=FILE"),
    argument(Some('X'), "as-xml", Value::None, DEPRECATED, "XML in its oldest form, once"),
    argument(Some('x'), "xml-file", Value::Required("FILE"), DEPRECATED, "read the CIB from this file"),
    argument(Some('N'), "disable-ncurses", Value::None, DEPRECATED, "same as --output-as=text"),
    argument(Some('w'), "web-cgi", Value::None, DEPRECATED, "same as --output-as=html --html-cgi"),
    argument(Some('$'), "version", Value::None, GENERAL, "print the version and end"),
    argument(Some('V'), "verbose", Value::None, GENERAL, "say more (may be repeated)"),
    argument(Some('Q'), "quiet", Value::None, GENERAL, "leave out what changes with every call"),
    argument(Some('?'), "help", Value::None, GENERAL, "print this and end"),
    argument(None, "help-all", Value::None, GENERAL, "print all options and end"),
];

/// Section names, as `--include` and `--exclude` take them.
const SECTIONS: &[(&str, &[Section])] = &[
    ("attributes", &[Section::Attributes]),
    ("bans", &[Section::Bans]),
    ("counts", &[Section::Counts]),
    ("dc", &[Section::Dc]),
    ("failcounts", &[Section::FailCounts]),
    ("failures", &[Section::Failures]),
    ("fencing", &[Section::FencingFailed, Section::FencingPending, Section::FencingSucceeded]),
    ("fencing-failed", &[Section::FencingFailed]),
    ("fencing-pending", &[Section::FencingPending]),
    ("fencing-succeeded", &[Section::FencingSucceeded]),
    ("maint-mode", &[Section::MaintenanceMode]),
    ("nodes", &[Section::Nodes]),
    ("operations", &[Section::Operations]),
    ("options", &[Section::Options]),
    ("resources", &[Section::Resources]),
    ("stack", &[Section::Stack]),
    ("summary", &Section::SUMMARY),
    ("tickets", &[Section::Tickets]),
    ("times", &[Section::Times]),
];

/// One option with its value, as written.
type One = (&'static str, Option<String>);

pub fn parse(program: &str, arguments: &[String]) -> Result<Command, UsageError> {
    let given = split(&[KNOWN], arguments)?;
    if let Some(word) = given.operands.first() {
        return Err(UsageError(format!("non-option ARGV-elements: {word}")));
    }
    if given.has("help") || given.has("help-all") {
        return Ok(Command::Help { all: given.has("help-all") });
    }
    if given.has("version") {
        return Ok(Command::Version);
    }
    let mut request = program.to_string();
    arguments.iter().for_each(|word| request.push_str(&format!(" {word}")));
    let mut reader = Reader::new(request);
    reader.is_once = given.has("one-shot");
    if program.ends_with(".cgi") {
        reader.show.format = Format::Html;
        reader.show.page.cgi = true;
    }
    // The format decides what is shown unless told otherwise, so it is read first.
    for one in given.options.iter().filter(|one| FORMATS.contains(&one.0)) {
        reader.read_format(one)?;
    }
    reader.begin_sections();
    // What sections are named for themselves goes before what other options choose.
    let rest = || given.options.iter().filter(|one| !FORMATS.contains(&one.0));
    for one in rest().filter(|one| BEFORE.contains(&one.0)).chain(rest().filter(|one| !BEFORE.contains(&one.0))) {
        reader.read(one)?;
    }
    reader.finish().map(|show| Command::Show(Box::new(show)))
}

const FORMATS: [&str; 5] = ["output-as", "as-xml", "as-html", "web-cgi", "disable-ncurses"];

const BEFORE: [&str; 2] = ["fence-history", "quiet"];

struct Reader {
    show: Show,
    is_once: bool,
}

impl Reader {
    fn new(request: String) -> Reader {
        let show = Show {
            options: ViewOptions::default(),
            format: Format::Console,
            once: false,
            simple: false,
            output: None,
            daemonize: false,
            pid_file: None,
            interval_ms: 5000,
            page: Page::default(),
            file: None,
            manager: None,
            request,
        };
        Reader { show, is_once: false }
    }

    fn read_format(&mut self, (name, value): &One) -> Result<(), UsageError> {
        let value = value.clone().unwrap_or_default();
        self.show.format = match (*name, value.as_str()) {
            ("as-xml", _) => Format::LegacyXml,
            ("disable-ncurses", _) | ("output-as", "text") => Format::Text,
            ("output-as", "console") => Format::Console,
            ("output-as", "html") => Format::Html,
            ("output-as", "xml") => Format::Xml,
            ("output-as", "none") => Format::None,
            ("as-html", file) => {
                self.show.output = Some(file.to_string());
                Format::Html
            }
            ("web-cgi", _) => {
                self.show.page.cgi = true;
                Format::Html
            }
            (_, other) => return Err(UsageError(format!("Invalid value for --output-as: {other}"))),
        };
        Ok(())
    }

    /// XML shows everything there is; people get what matters.
    fn begin_sections(&mut self) {
        if matches!(self.show.format, Format::Xml | Format::LegacyXml) {
            self.show.options.sections = Sections::all();
            self.show.options.inactive = true;
            self.show.options.timing = true;
        }
    }

    /// What `all` stands for: people are told of options only if they say so.
    fn all_sections(&self) -> Sections {
        match self.show.format {
            Format::Console | Format::Text => Sections::all().without(Section::Options),
            _ => Sections::all(),
        }
    }

    fn with(&mut self, sections: &[Section]) {
        let set = &mut self.show.options.sections;
        *set = sections.iter().fold(*set, |set, section| set.with(*section));
    }

    fn without(&mut self, sections: &[Section]) {
        let set = &mut self.show.options.sections;
        *set = sections.iter().fold(*set, |set, section| set.without(*section));
    }

    fn read(&mut self, (name, value): &One) -> Result<(), UsageError> {
        let value = value.clone();
        let text = value.clone().unwrap_or_default();
        match *name {
            "include" => self.change_sections(&text, true)?,
            "exclude" => self.change_sections(&text, false)?,
            "node" => self.show.options.only_node = value,
            "resource" => self.show.options.only_resource = value,
            "fence-history" => self.fence_history(value.as_deref())?,
            "neg-locations" => {
                self.show.options.choose(name);
                self.show.options.ban_prefix = text;
            }
            "simple-status" => self.show.simple = true,
            "interval" => self.show.interval_ms = interval(&text)?,
            "one-shot" => self.show.once = true,
            "daemonize" => self.show.daemonize = true,
            "pid-file" => self.show.pid_file = value,
            "output-to" => self.show.output = value.filter(|to| to != "-"),
            "html-cgi" => self.show.page.cgi = true,
            "html-title" => self.show.page.title = value,
            "html-stylesheet" => self.show.page.stylesheet = value,
            // Printed once, nothing is watched: then they have no effect, with Pacemaker neither.
            "external-agent" | "external-recipient" | "watch-fencing" if self.is_once => {}
            "external-agent" | "external-recipient" | "watch-fencing" => {
                return Err(UsageError(format!("--{} is not available; configure an alert instead", name)));
            }
            "manager" => self.show.manager = value,
            "xml-file" => self.show.file = value.map(PathBuf::from),
            // What chooses nothing (as `--pending`) is as it is without it.
            name => {
                self.show.options.choose(name);
            }
        }
        Ok(())
    }

    fn change_sections(&mut self, list: &str, include: bool) -> Result<(), UsageError> {
        for word in list.split(',').map(str::trim) {
            let (name, prefix) = word.split_once(':').map_or((word, None), |(name, prefix)| (name, Some(prefix)));
            match (name, include) {
                ("all", true) | ("none", false) => self.show.options.sections = self.all_sections(),
                ("none", true) | ("all", false) => self.show.options.sections = Sections::default(),
                ("default" | "defaults", true) => self.add_usual(),
                _ => {
                    let known = SECTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                    let sections = known.ok_or_else(|| wrong_section(include))?.1;
                    if include { self.with(sections) } else { self.without(sections) }
                }
            }
            if let Some(prefix) = prefix {
                self.show.options.ban_prefix = prefix.to_string();
            }
        }
        Ok(())
    }

    fn add_usual(&mut self) {
        match self.show.format {
            Format::Xml | Format::LegacyXml => self.with(&Section::ALL),
            _ => self.with(&Sections::USUAL),
        }
    }

    fn fence_history(&mut self, level: Option<&str>) -> Result<(), UsageError> {
        const ALL: [Section; 3] = [Section::FencingFailed, Section::FencingPending, Section::FencingSucceeded];
        self.without(&ALL);
        match level {
            Some("0") => {}
            Some("1") => self.with(&[Section::FencingFailed, Section::FencingPending]),
            None | Some("2" | "3") => self.with(&ALL),
            Some(_) => return Err(UsageError("Fence history must be 0-3".to_string())),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Show, UsageError> {
        let show = &mut self.show;
        if show.daemonize && show.output.is_none() {
            return Err(UsageError("--daemonize requires --output-to".to_string()));
        }
        if show.daemonize && show.format == Format::Console {
            return Err(UsageError("--daemonize needs --output-as=text, html or xml".to_string()));
        }
        let printed = !matches!(show.format, Format::Console);
        show.once |= show.simple || printed && !show.daemonize;
        Ok(self.show)
    }
}

fn wrong_section(include: bool) -> UsageError {
    let word = if include { "include" } else { "exclude" };
    let mut names: Vec<String> = SECTIONS.iter().map(|(name, _)| (*name).to_string()).collect();
    names.extend(["all", "none"].map(str::to_string));
    if include {
        names.push("default".to_string());
    }
    names.sort();
    for name in names.iter_mut().filter(|name| include && *name == "bans") {
        name.push_str("[:PREFIX]");
    }
    UsageError(format!("--{word} options: {}", names.join(", ")))
}

fn interval(text: &str) -> Result<u32, UsageError> {
    let parsed = quorate_core::time::Interval::parse(text);
    parsed.map(|interval| interval.ms()).ok_or_else(|| UsageError(format!("Invalid value for -i: {text}")))
}

pub fn help(all: bool) -> String {
    let mut text = String::from(
        "Usage:\n  crm_mon [OPTION…]\n\nShows the state of the cluster: once, or on a full screen that follows every change.\n",
    );
    let shown: &[&str] = if all { &[] } else { &[DISPLAY, GENERAL] };
    text.push_str(&arguments::help(&[KNOWN], shown));
    if !all {
        text.push_str("\nMore with --help-all. On the screen, ? lists the keys.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    fn show(line: &str) -> Show {
        match parse("crm_mon", &words(line)) {
            Ok(Command::Show(show)) => *show,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[track_caller]
    fn refused(line: &str, part: &str) {
        match parse("crm_mon", &words(line)) {
            Err(UsageError(message)) => assert!(message.contains(part), "{line}: {message}"),
            other => panic!("{line} was taken: {other:?}"),
        }
    }

    #[test]
    fn letters_stand_together_until_one_takes_a_value() {
        let seen = show("-1nrftcLAR").options;
        assert_eq!(seen.ban_prefix, "AR");
        assert!(!seen.detail && !seen.sections.has(Section::Attributes));
        let meant = show("-1nrftcARL").options;
        assert!(meant.detail && meant.group_by_node && meant.inactive && meant.timing);
        for section in [Section::Attributes, Section::Bans, Section::Tickets, Section::Operations, Section::FailCounts]
        {
            assert!(meant.sections.has(section), "{section:?}");
        }
        assert_eq!(meant.ban_prefix, "");
    }

    #[test]
    fn an_optional_value_is_the_next_word_if_it_is_no_option() {
        assert!(show("-m 3 -1").options.tells_all_fencing());
        let all = show("-m -1");
        assert!(all.once && all.options.sections.has(Section::FencingSucceeded));
        assert!(!show("-m 1 -1").options.tells_all_fencing());
        assert!(!show("-m0").options.sections.has(Section::FencingFailed));
        assert!(show("--fence-history=1").options.sections.has(Section::FencingFailed));
    }

    #[test]
    fn sections_are_added_and_taken_away_from_left_to_right() {
        let bans = show("--include=none,bans:cli- --exclude dc").options;
        assert_eq!((bans.sections, bans.ban_prefix.as_str()), (Sections::of(&[Section::Bans]), "cli-"));
        assert!(!show("-U resources").options.sections.has(Section::Resources));
        assert!(!show("--include=all").options.sections.has(Section::Options));
        assert!(show("--include=all --output-as=html").options.sections.has(Section::Options));
        assert!(show("--include=all,options").options.sections.has(Section::Options));
        assert!(show("--include=Options,defaults").options.sections.has(Section::Options));
        assert!(show("--include=times --quiet").options.sections.has(Section::Times));
        assert!(!show("--exclude=fencing-failed -m").options.sections.has(Section::FencingFailed));
        assert!(!show("-D").options.sections.has_any(&Section::SUMMARY));
    }

    #[test]
    fn programs_get_everything_and_only_once() {
        let xml = show("--output-as=xml");
        assert!(xml.once && xml.options.sections == Sections::all());
        assert_eq!(show("-X").format, Format::LegacyXml);
        assert!(!show("").once);
        assert!(show("-d --output-to=f --output-as=html -p P -i 10").daemonize);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        refused("--bogus", "Unknown option --bogus");
        refused("-Z", "Unknown option -Z");
        refused("-1 n1", "n1");
        refused("--include=foo", "--include options: all, attributes, bans[:PREFIX]");
        refused("--include=foo", "dc, default, failcounts");
        refused("--exclude=foo", "--exclude options: all, attributes, bans, counts, dc, failcounts");
        refused("--exclude=default", "--exclude options");
        refused("--output-as=foo", "foo");
        refused("-m5", "0-3");
        refused("-i", "Missing argument");
        refused("-i abc", "abc");
        refused("--one-shot=1", "takes no value");
        refused("-d", "--output-to");
        refused("-W", "alert");
    }
}
