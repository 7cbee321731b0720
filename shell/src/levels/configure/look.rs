//! Looking at the configuration: show, diff, verify, simulate, get-property.
//!
//! In: calls. Out: text.
//! Absent: changing anything.

use super::{IDS, TRUE};
use crate::check;
use crate::command::Call;
use crate::configure::show::{self, Selector};
use crate::error::{Failure, Outcome};
use crate::json;
use crate::preview;
use crate::session::Session;
use quorate_core::admin::attribute;
use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_grammar::crm::ast::{Kind, Statement};
use quorate_grammar::diagnostic::closest;
use quorate_grammar::literal;

/// The words of a selection: whether it is XML or changes, and the selectors.
pub struct Selection {
    pub xml: bool,
    pub changed: bool,
    pub selectors: Vec<Selector>,
    /// Only what every selector selects.
    pub all: bool,
    /// Patterns of attributes whose values are masked, beside those of the settings.
    pub obscured: Vec<String>,
}

pub fn selection(words: &[String]) -> Selection {
    let mut selection =
        Selection { xml: false, changed: false, selectors: Vec::new(), all: false, obscured: Vec::new() };
    for word in words {
        match word.as_str() {
            "xml" => selection.xml = true,
            "changed" => selection.changed = true,
            "or" => {}
            "and" => selection.all = true,
            word if word.starts_with("obscure:") => selection.obscured.push(word["obscure:".len()..].to_string()),
            word => selection.selectors.push(Selector::read(word)),
        }
    }
    selection
}

pub fn show(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let selection = selection(&call.words());
    if selection.changed && selection.selectors.is_empty() && !selection.xml {
        return print_diff(session);
    }
    let document = session.stage()?.work().clone();
    let configuration = document.configuration();
    let (mut objects, missing) = match selection.all {
        true => show::select_all(configuration, &selection.selectors),
        false => show::select(configuration, &selection.selectors),
    };
    arrange(session, &mut objects);
    if selection.changed {
        let base = session.stage()?.base().clone();
        objects.retain(|object| {
            objects::find(base.configuration(), &object.id).is_none_or(|old| old.element != object.element)
        });
    }
    let mut secrets: Vec<String> = session
        .options
        .get("core.obscure_pattern")
        .split('|')
        .filter(|word| !word.is_empty())
        .map(str::to_string)
        .collect();
    secrets.extend(selection.obscured.iter().cloned());
    if session.ui.is_json() {
        let mut statements = match call.has(IDS) {
            true => show::statements_with_ids(configuration, &objects, session.catalogue()),
            false => show::statements(configuration, &objects, session.catalogue()),
        };
        show::mask(&mut statements, &secrets);
        let value = json::objects(&document, &objects, &statements, &secrets);
        session.ui.json(&value);
    } else if selection.xml {
        let selected = (!selection.selectors.is_empty() || selection.changed).then_some(&objects[..]);
        let text = show::xml(document.root(), configuration, selected, &secrets);
        session.page(&text);
    } else {
        let mut statements = match call.has(IDS) {
            true => show::statements_with_ids(configuration, &objects, session.catalogue()),
            false => show::statements(configuration, &objects, session.catalogue()),
        };
        show::mask(&mut statements, &secrets);
        let mut ink = session.ui.ink();
        show::print(&statements, &mut ink);
        session.page(&ink.text);
    }
    nothing_missing(&document, missing)
}

/// In the order that the settings want.
pub fn arrange(session: &Session, objects: &mut [objects::Object]) {
    if !session.options.is_on("core.sort_elements") {
        objects::as_they_stand(objects);
    }
}

pub fn nothing_missing(document: &Document, missing: Vec<Selector>) -> Outcome {
    let Some(first) = missing.first() else { return Ok(()) };
    let (Selector::Id(word)
    | Selector::Glob(word)
    | Selector::Type(word)
    | Selector::Tag(word)
    | Selector::Related(word)) = first;
    if matches!(first, Selector::Type(_)) {
        let kinds: Vec<&str> = objects::kinds().collect();
        let failure = Failure::refused(format!("`{word}` is no type of objects; there are {}", kinds.join(", ")));
        return Err(near(failure, word, &kinds));
    }
    let failure = Failure::refused(format!("object `{word}` does not exist"));
    Err(with_near(failure, word, document))
}

pub fn with_near(failure: Failure, word: &str, document: &Document) -> Failure {
    let ids: Vec<String> = objects::objects(document.configuration()).into_iter().map(|object| object.id).collect();
    near(failure, word, &ids.iter().map(String::as_str).collect::<Vec<_>>())
}

fn near(failure: Failure, word: &str, known: &[&str]) -> Failure {
    match closest(word, known.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    }
}

/// The changes so far as a unified diff.
pub fn print_diff(session: &mut Session) -> Outcome {
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    differ(session, &base, &work, "committed", "changed");
    Ok(())
}

/// Prints the difference of two documents.
pub fn differ(session: &mut Session, old: &Document, new: &Document, old_name: &str, new_name: &str) {
    if session.ui.is_json() {
        let catalogue = session.catalogue();
        let raise = |document: &Document| show::all(document.configuration(), catalogue);
        let value = json::diff(old, new, old_name, new_name, &raise);
        return session.ui.json(&value);
    }
    let text = text_diff(session, old, new, old_name, new_name);
    let text = session.ui.colored_diff(&text);
    session.page(&text);
}

/// The difference of two documents in the configuration language.
pub fn text_diff(session: &Session, old: &Document, new: &Document, old_name: &str, new_name: &str) -> String {
    let text = |document: &Document| {
        let mut statements = show::all(document.configuration(), session.catalogue());
        show::mask(&mut statements, &[show::SECRETS.to_string()]);
        show::text(&statements)
    };
    let (old, new) = (text(old), text(new));
    similar::TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}

pub fn verify(session: &mut Session, _: &Call) -> Outcome {
    let document = session.stage()?.work().clone();
    session.checks.verifying = true;
    let problems = check::document(&document, session);
    session.checks.verifying = false;
    check::verdict(session, &problems)
}

/// What `simulate` may be asked for. A graph is drawn by `history transition showdot` and `crm_simulate -D` only.
pub const SIMULATED: &[&str] = &["scores", "actions", "utilization", "nograph"];

pub fn simulate(session: &mut Session, call: &Call) -> Outcome {
    let asked = |word: &str| call.words().iter().any(|given| given == word);
    let is_known = |word: &str| SIMULATED.contains(&word) || word.chars().all(|letter| letter == 'v');
    if call.command.name == "simulate"
        && let Some(odd) = call.arguments.iter().find(|token| !is_known(&token.text))
    {
        return Err(Failure::misused(odd.span, format!("`{}` is none of {}", odd.text, SIMULATED.join(", "))));
    }
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    let mut options = vec![if asked("actions") { "-S" } else { "-R" }];
    options.extend(asked("scores").then_some("-s"));
    options.extend(asked("utilization").then_some("-U"));
    let mut document = session.supposed(&base, &work)?;
    if let Some(what_if) = &session.kept.what_if {
        document = what_if.under(&document);
        let name = what_if.origin.name().to_string();
        session.ui.info(&format!("in the state that `cibstatus` works on ({name})"));
    }
    if call.command.name != "simulate" || options == ["-R"] {
        session.ui.print(&preview::preview(&document));
        return Ok(());
    }
    let text = preview::simulator(&document, &options)?;
    session.page(&text);
    Ok(())
}

pub fn get_property(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let document = session.stage()?.work().clone();
    let words: Vec<String> = call.words();
    let names: Vec<&String> = words.iter().collect();
    let truth = call.has(TRUE);
    if names.is_empty() {
        crate::metadata::PROPERTIES.iter().for_each(|name| session.ui.line(name));
        return Ok(());
    }
    for name in names {
        let set = attribute::option_of(document.configuration(), name);
        let value = set.or_else(|| crate::metadata::default_of(name));
        if truth {
            let holds = value.is_some_and(|value| literal::boolean(value) == Ok(true));
            session.ui.line(if holds { "true" } else { "false" });
            continue;
        }
        match value {
            Some(value) => session.ui.line(value),
            // Programs look for the command's name in front.
            None => {
                let text = format!("configure.get_property: `{name}` is not set, and has no default");
                return Err(Failure::refused(text));
            }
        }
    }
    Ok(())
}

/// Every object must come back from its own text.
pub fn self_check(session: &mut Session, _: &Call) -> Outcome {
    let document = session.stage()?.work().clone();
    let statements = show::all(document.configuration(), session.catalogue());
    let raw = statements.iter().filter(|statement| matches!(statement.kind, Kind::Xml(_)));
    for statement in raw {
        session.ui.warn(&format!("only XML can say this: {}", text_of(statement)));
    }
    Ok(())
}

fn text_of(statement: &Statement) -> String {
    let text = show::text(std::slice::from_ref(statement));
    text.lines().next().unwrap_or_default().to_string()
}
