//! `quorate man [--markdown] DIR [PROGRAM…]`: manual pages, made of what the programs' help and the shell's table say.
//!
//! In: a directory, and programs of their own (the monitor, the daemon) whose help is asked for. Out: a page for each
//! name, `quorate-NAME.8`, as `man quorate NAME` looks for it, or `quorate-NAME.md` for a book.
//! Absent: what the pages say (see `levels` and each tool's table).

mod help;
mod language;
mod markdown;
mod page;
mod roff;

use crate::{crm_report, install};
use page::{Page, Part};
use quorate_tools::{Exit, Io, TOOLS};
use std::io::{Error, Result};
use std::path::Path;
use std::process::Command;

/// What manuals are printed in.
struct Form {
    print: fn(&Page) -> String,
    /// How its files' names end.
    ending: &'static str,
}

const ROFF: Form = Form { print: roff::print, ending: "8" };
const MARKDOWN: Form = Form { print: markdown::print, ending: "md" };

const USAGE: &str = "usage: quorate man [--markdown] DIR [PROGRAM…]\n\n\
    Writes manual pages of all tools into DIR, and of each PROGRAM that has a --help\n\n  \
    --markdown    for a book, not for man(1)";

pub fn run(arguments: &[String], io: &mut Io) -> Exit {
    let (form, arguments) = match arguments {
        [word, rest @ ..] if word == "--markdown" => (MARKDOWN, rest),
        _ => (ROFF, arguments),
    };
    match arguments {
        [word] if word == "--help" || word == "-h" => {
            io.line(USAGE);
            Exit::OK
        }
        [directory, programs @ ..] if !arguments.iter().any(|word| word.starts_with('-') || word.is_empty()) => {
            match write_all(Path::new(directory), programs, &form) {
                Ok(()) => Exit::OK,
                Err(error) => {
                    io.error("quorate man", &error.to_string());
                    Exit::ERROR
                }
            }
        }
        _ => {
            io.error("quorate man", USAGE);
            Exit::USAGE
        }
    }
}

fn write_all(directory: &Path, programs: &[String], form: &Form) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut pages: Vec<Page> = TOOLS.iter().map(|tool| of_help(tool.name, tool.run)).collect();
    pages.push(of_help("crm_report", crm_report::run));
    pages.push(language::page());
    for program in programs {
        pages.push(of_program(Path::new(program))?);
    }
    pages.push(overview(&pages));
    for page in pages {
        let file = directory.join(format!("{}.{}", page.name, form.ending));
        std::fs::write(&file, (form.print)(&page))
            .map_err(|error| Error::other(format!("{}: {error}", file.display())))?;
    }
    Ok(())
}

fn of_help(name: &str, run: fn(&[String], &mut Io) -> Exit) -> Page {
    let (mut said, mut unsaid) = (Vec::new(), std::io::sink());
    run(&["--help".to_string()], &mut Io { out: &mut said, err: &mut unsaid });
    help::page(&page_name(name), &String::from_utf8_lossy(&said))
}

fn of_program(program: &Path) -> Result<Page> {
    let fail = |why: String| Error::other(format!("{}: {why}", program.display()));
    let output = Command::new(program).arg("--help").output().map_err(|error| fail(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    match output.status.success() && !text.trim().is_empty() {
        true => Ok(help::page(&page_name(&name), &text)),
        false => Err(fail("it has no --help".to_string())),
    }
}

/// `man quorate crm_node` looks for `quorate-crm_node`.
fn page_name(tool: &str) -> String {
    match tool.strip_prefix("quorate") {
        Some(_) => tool.to_string(),
        None => format!("quorate-{tool}"),
    }
}

/// The page of the one program: what it is called, and what each name is for.
fn overview(pages: &[Page]) -> Page {
    let mut page = Page::new("quorate", "a high-availability cluster manager: its shell and tools under one name");
    page.parts = vec![
        Part::Heading("Usage".to_string()),
        Part::Literal("quorate TOOL [ARGUMENT…]".to_string()),
        Part::Paragraph(format!("Or by the tool's own name, where a link has it: {}.", linked())),
        Part::Heading("Tools".to_string()),
    ];
    let entry = |of: &Page| Part::Entry { term: format!("{}(8)", of.name), text: of.about.clone() };
    page.parts.extend(pages.iter().map(entry));
    page
}

fn linked() -> String {
    install::names().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quorate_tools::Io;

    #[test]
    fn there_is_a_page_for_each_name_and_each_says_what_it_is_for() {
        let directory = tempfile::tempdir().unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut io = Io { out: &mut out, err: &mut err };
        assert_eq!(run(&[directory.path().to_string_lossy().into_owned()], &mut io), Exit::OK);
        for name in install::names().chain(TOOLS.iter().map(|tool| tool.name)) {
            let page = std::fs::read_to_string(directory.path().join(format!("quorate-{name}.8"))).unwrap();
            let about = page.lines().skip_while(|line| *line != ".SH NAME").nth(1).unwrap_or_default();
            assert!(about.len() > name.len() + 20, "{name}: {about}");
        }
    }

    #[test]
    fn a_program_without_a_help_is_named() {
        let error = of_program(Path::new("/bin/false")).unwrap_err();
        assert_eq!(error.to_string(), "/bin/false: it has no --help");
    }
}
