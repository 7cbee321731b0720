//! Whether a configuration holds together.
//!
//! In: statements as written, or a whole document; what agents say of themselves. Out: diagnostics at
//! words, or problems of objects where there is no text.
//! Absent: what the cluster would do with it (see `preview`).

mod agent;
mod alert;
mod document;
mod effect;
mod facts;
mod fencing;
mod misplaced;
mod options;
pub mod problem;
mod schema;
mod sets;
mod statement;

use effect::Empty;
pub use facts::Facts;
pub use options::values_of;
use problem::{ABSENT, Problem};
pub use schema::{check as schema_problems, lost, names as schema_names, vocabulary};

use crate::catalogue::{AgentName, Catalogue};
use crate::configure::{references, show};
use crate::error::{Failure, Kind, Origin, Outcome};
use crate::json;
use crate::session::{RunMode, Session};
use crate::written::Written;
use quorate_core::cib::Document;
use quorate_core::cib::objects;
use quorate_grammar::crm::ast::{Kind as Said, OptionsKind, Statement};
use quorate_grammar::{Diagnostic, Severity, Word};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Says what is wrong with a statement where it is written, if the settings want that. Errors are told
/// here and count when it is committed.
pub fn tell(session: &mut Session, statements: &[Statement], origin: &Origin) -> Outcome {
    let document = session.document()?;
    let found = found_in(session, &document, statements);
    session.ui.diagnostics(&found, origin);
    remember(session, statements, origin);
    Ok(())
}

/// Where objects are written, for what is found when all of them are together.
pub fn remember(session: &mut Session, statements: &[Statement], origin: &Origin) {
    let origin = Rc::new(origin.clone());
    for one in statements {
        // What is added to another is a part of that.
        let (name, adds) = match &one.kind {
            Said::Monitor(monitor) => (monitor.resource.text.clone(), true),
            // Problems of nodes go by their names.
            Said::Node(node) => (node.name.text.clone(), false),
            kind => (name_of(one), matches!(kind, Said::Options(_))),
        };
        let places = session.checks.written.entry(name).or_default();
        if !adds {
            places.clear();
        }
        places.push(Written::new(Rc::clone(&origin), one.span));
    }
}

/// A problem at its word, if it is known where that was written.
fn at_word(session: &Session, problem: &Problem) -> Option<(Rc<Origin>, Diagnostic)> {
    if problem.effect.is_none() && problem.blamed.is_none() {
        return None;
    }
    let found = |place: &Written| match (&problem.effect, &problem.blamed) {
        (Some(word), _) => place.place(word),
        (None, Some(blamed)) => place.place_of(&blamed.name, blamed.value.as_deref()),
        (None, None) => None,
    };
    let places = session.checks.written.get(&problem.object)?;
    let word = places.iter().rev().find_map(|place| Some((&place.origin, found(place)?)));
    let id = || places.last().map(|place| (&place.origin, place.place_of_id()));
    let (origin, span) = word.or_else(id)?;
    let diagnostic = Diagnostic { severity: problem.severity, ..Diagnostic::error(span, &problem.message) };
    Some((Rc::clone(origin), diagnostic))
}

/// The same for statements that a document has already, though it is not on the stage yet: what is new in it.
pub fn found_in(session: &mut Session, document: &Document, statements: &[Statement]) -> Vec<Diagnostic> {
    if session.options.get("core.check_frequency") != "always" || session.is_forced() {
        return Vec::new();
    }
    let mut found = Vec::new();
    {
        let agents = |agent: &AgentName| session.agents.metadata(&session.environment.ocf_root, agent);
        let facts = Facts::of(document.configuration(), session.catalogue(), &agents);
        for one in statements {
            let object = name_of(one);
            found.extend(statement(one, &facts).into_iter().map(|found| (object.clone(), found)));
        }
        // In a batch what a later line makes is no more missing at its end.
        if session.mode != RunMode::Batch {
            for (one, missing) in references::check_each(statements, document.configuration()) {
                let doubtful = missing.into_iter().filter(|one| !one.is_error());
                found.extend(doubtful.map(|missing| (name_of(one), missing)));
            }
        }
    }
    if session.options.is_on("core.ignore_missing_metadata") {
        found.retain(|(_, one)| !one.message.contains(ABSENT));
    }
    // What the schema excludes is told when it is committed, with what replaced it.
    if found.iter().any(|(_, one)| one.message.starts_with(options::UNKNOWN)) {
        let invalid = schema::check(document);
        let excluded = schema::excluded(&invalid);
        found.retain(|(_, one)| !excluded.iter().any(|name| options::is_unknown(&one.message, name)));
    }
    let relaxed = session.options.get("core.check_mode") == "relaxed";
    let mut diagnostics = Vec::new();
    for (object, mut diagnostic) in found {
        let key = Problem::of(&object, diagnostic.clone()).key();
        if relaxed {
            diagnostic.severity = Severity::Warning;
        }
        if session.checks.told.insert(key) {
            diagnostics.push(diagnostic);
        }
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics
}

/// What must hold before a commit: problems that the changes brought are said, and errors stop it.
pub fn before_commit(session: &mut Session, forced: bool) -> Outcome {
    let forced = forced || session.is_forced();
    let problems = new_problems(session)?;
    // What was told at its word need not be told again, nor what concerns an agent.
    let mut is_new = |problem: &&Problem| match problem.is_of_agent() {
        true => session.checks.told.insert(problem.key()),
        false => !session.checks.told.contains(&problem.key()),
    };
    let new: Vec<&Problem> = problems.iter().filter(&mut is_new).collect();
    report_at_words(session, &new);
    let invalid = brought_by_changes(session)?;
    let is_told = |problem: &Problem, told: &Problem| {
        told.key() == problem.key() || (is_dangling(problem) && told.object == problem.object && told.is_error())
    };
    let untold = |problem: &&Problem| !problems.iter().any(|told| is_told(problem, told));
    report_at_words(session, &invalid.iter().filter(untold).collect::<Vec<_>>());
    if !invalid.is_empty() {
        return Err(Failure::new(Kind::Check, "the schema does not allow this configuration; nothing was committed")
            .hint("put it right; the cluster takes nothing that its schema does not allow, forced or not"));
    }
    match problems.iter().filter(|problem| problem.is_error()).count() {
        0 => Ok(()),
        _ if forced => Ok(()),
        count => {
            let what = if count == 1 { "is an error".to_string() } else { format!("are {count} errors") };
            Err(Failure::new(Kind::Check, format!("there {what} in the configuration; nothing was committed"))
                .hint("put it right, or use `commit force` (`crm -F`)"))
        }
    }
}

/// In the order of the text, where they have a place in one; others first.
fn report_at_words(session: &mut Session, problems: &[&Problem]) {
    let place = |problem: &&&Problem| at_word(session, problem).map(|(_, diagnostic)| diagnostic.span.start);
    let mut placed: Vec<(Option<usize>, &Problem)> = problems.iter().map(|one| (place(&one), *one)).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().for_each(|(_, problem)| report_at_word(session, problem));
}

fn report_at_word(session: &mut Session, problem: &Problem) {
    match at_word(session, problem) {
        Some((origin, diagnostic)) => session.ui.diagnostics(&[diagnostic], &origin),
        None => report(session, std::slice::from_ref(problem)),
    }
}

/// What the schema does not allow of the changes: neither a setting nor force helps against that.
fn brought_by_changes(session: &mut Session) -> Outcome<Vec<Problem>> {
    let stage = session.stage()?;
    Ok(schema::brought(stage.base(), stage.work()))
}

/// Says, at the words of a call, what a change of one object brings that has no effect, or not the meant one.
/// `named` and `given` are where the attribute and its value stand. What is written stays written.
pub fn tell_of(session: &mut Session, before: &Document, after: &Document, object: &str, words: [&Word; 2]) {
    if session.options.get("core.check_frequency") != "always" || session.is_forced() {
        return;
    }
    let known: Vec<Problem> = of_object(session, before, object);
    let mut new = of_object(session, after, object);
    new.retain(|problem| !known.contains(problem));
    let [named, given] = words;
    let at = |problem: &Problem| {
        let has = |quoted: String| !given.text.is_empty() && problem.message.contains(&quoted);
        let is_of_value = has(format!("`{}`", given.text)) || has(format!("'{}'", given.text));
        if is_of_value { given.span } else { named.span }
    };
    let told: Vec<Diagnostic> = new.iter().map(|one| Diagnostic::warning(at(one), &one.message)).collect();
    let origin = session.origin.clone();
    session.ui.diagnostics(&told, &origin);
}

fn of_object(session: &Session, document: &Document, object: &str) -> Vec<Problem> {
    let configuration = document.configuration();
    let agents = |agent: &AgentName| session.agents.metadata(&session.environment.ocf_root, agent);
    let facts = Facts::of(configuration, session.catalogue(), &agents);
    let statements = show::meanings(configuration, facts.catalogue);
    let of_it = statements.iter().filter(|one| name_of(one) == object);
    let found = of_it.flat_map(|one| statement::check(one, &facts));
    let mut problems: Vec<Problem> = found.map(|found| Problem::of(object, found)).collect();
    problems.retain(|problem| !problem.is_of_agent());
    if problems.is_empty() {
        problems
            .extend(effect::problems(document, Empty::Passed).into_iter().filter(|problem| problem.object == object));
    }
    problems
}

/// Those that were there before are no reason to refuse a change.
fn new_problems(session: &mut Session) -> Outcome<Vec<Problem>> {
    if session.options.get("core.check_frequency") == "never" {
        return Ok(Vec::new());
    }
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    let mut now = changed(&work, Some(&base), session);
    if now.is_empty() {
        return Ok(now);
    }
    // What has no effect is said, and stops nobody: something else may be meant to come.
    now.iter_mut().filter(|problem| problem.effect.is_some()).for_each(|one| one.severity = Severity::Warning);
    let before = written(&base, None, session).into_iter().chain(effect::problems(&base, Empty::Passed));
    let before: BTreeSet<String> = before.map(|problem| problem.key()).collect();
    now.retain(|problem| !before.contains(&problem.key()));
    if session.options.get("core.check_mode") == "relaxed" {
        now.iter_mut().for_each(|problem| problem.severity = Severity::Warning);
    }
    Ok(now)
}

/// What one statement says that its agent, the cluster or the rest of the configuration do not bear.
pub fn statement(statement: &Statement, facts: &Facts) -> Vec<Diagnostic> {
    statement::check(statement, facts)
}

/// References first; then what each object says; then what only all of them together show.
pub fn document(document: &Document, session: &Session) -> Vec<Problem> {
    changed(document, None, session)
}

/// The same, but of objects that stand unchanged in `base` nothing is asked again but their references.
fn changed(document: &Document, base: Option<&Document>, session: &Session) -> Vec<Problem> {
    let mut problems = written(document, base, session);
    if session.options.get("core.check_frequency") == "on-verify" && !session.checks.verifying {
        return problems;
    }
    let empty = if session.checks.verifying { Empty::Told } else { Empty::Passed };
    effect::add(effect::problems(document, empty), &mut problems);
    problems
}

/// What is wrong with what is written, whatever the scheduler makes of it.
fn written(document: &Document, base: Option<&Document>, session: &Session) -> Vec<Problem> {
    let configuration = document.configuration();
    let agents = |agent: &AgentName| session.agents.metadata(&session.environment.ocf_root, agent);
    let facts = Facts::of(configuration, session.catalogue(), &agents);
    let each = session.options.get("core.check_frequency") != "on-verify" || session.checks.verifying;
    let mut problems = said(document, base.filter(|_| each), &facts, each);
    // A file may be meant for other hosts.
    if session.source.is_live() {
        problems.extend(alert::check(configuration));
    }
    if session.options.is_on("core.ignore_missing_metadata") {
        problems.retain(|problem| !problem.is_of_agent());
    }
    once_for_each_agent(problems)
}

/// What does not hold of a document, with nothing known of any agent but its name: what a session with usual
/// settings finds, in parts where it is one by one.
pub fn alone(document: &Document, catalogue: &Catalogue) -> Vec<Problem> {
    let nothing = |_: &AgentName| None;
    let facts = Facts::of(document.configuration(), catalogue, &nothing);
    said(document, None, &facts, true).into_iter().chain(effect::problems(document, Empty::Passed)).collect()
}

/// Dangling references, what the statements say (of those that differ from `base`), what the schema says.
fn said(document: &Document, base: Option<&Document>, facts: &Facts, each: bool) -> Vec<Problem> {
    let statements = show::meanings(document.configuration(), facts.catalogue);
    let mut problems = Vec::new();
    for (one, found) in references::check_each(&statements, document.configuration()) {
        problems.extend(found.into_iter().map(|found| Problem::of(&name_of(one), found)));
    }
    if each {
        let same = base.map_or(BTreeSet::new(), |base| unchanged(base, document));
        for one in statements.iter().filter(|one| !same.contains(&name_of(one))) {
            let object = name_of(one);
            problems.extend(statement::check(one, facts).into_iter().map(|found| Problem::of(&object, found)));
        }
        problems.extend(document::check(facts));
    }
    // What refers to nothing is told by its references, at its word.
    let told = |invalid: &Problem| problems.iter().any(|known| known.object == invalid.object && known.is_error());
    let invalid = schema::check(document);
    let excluded: Vec<String> = schema::excluded(&invalid).into_iter().map(str::to_string).collect();
    let untold: Vec<_> = invalid.into_iter().filter(|invalid| !is_dangling(invalid) || !told(invalid)).collect();
    problems.retain(|known| !excluded.iter().any(|name| options::is_unknown(&known.message, name)));
    problems.extend(untold);
    problems
}

fn is_dangling(problem: &Problem) -> bool {
    problem.message.ends_with("an id that nothing has")
}

/// The first of those that say the same of one agent, with how many there are.
fn once_for_each_agent(problems: Vec<Problem>) -> Vec<Problem> {
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    for problem in problems.iter().filter(|problem| problem.is_of_agent()) {
        *users.entry(problem.message.clone()).or_default() += 1;
    }
    let counted = |mut problem: Problem| {
        if !problem.is_of_agent() {
            return Some(problem);
        }
        // Taken out with the first: the others find nothing.
        let count = users.remove(&problem.message)?;
        if count > 1 {
            problem.object = format!("{} and {} more", problem.object, count - 1);
        }
        Some(problem)
    };
    problems.into_iter().filter_map(counted).collect()
}

/// Objects that are in both documents alike. (A node may share its id with a resource, which counts.)
fn unchanged(base: &Document, now: &Document) -> BTreeSet<String> {
    let by_id = |document: &Document| {
        let all = objects::objects(document.configuration());
        all.into_iter().map(|object| (object.id.clone(), object.element.clone())).collect::<BTreeMap<_, _>>()
    };
    let (base, now) = (by_id(base), by_id(now));
    now.into_iter().filter(|(id, element)| base.get(id) == Some(element)).map(|(id, _)| id).collect()
}

fn name_of(statement: &Statement) -> String {
    match (&statement.kind, statement.kind.id()) {
        (_, Some(id)) => id.text.clone(),
        (Said::Options(options), None) => match options.kind {
            OptionsKind::Property => "cib-bootstrap-options".to_string(),
            OptionsKind::ResourceDefaults => "rsc-options".to_string(),
            OptionsKind::OperationDefaults => "op-options".to_string(),
        },
        (Said::Xml(xml), None) => {
            let element = quorate_core::xml::read(&xml.text).ok();
            let id = element.as_ref().and_then(|element| element.id());
            id.unwrap_or(statement.kind.keyword()).to_string()
        }
        (kind, None) => kind.keyword().to_string(),
    }
}

/// Reports what was found; errors are the outcome.
pub fn verdict(session: &mut Session, problems: &[Problem]) -> Outcome {
    if session.ui.is_json() {
        session.ui.json(&json::problems(problems));
    } else {
        report(session, problems);
    }
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.is_error()).collect();
    // What could be committed, but would not do what is written, is no more than a failure of this command.
    let kind = if errors.iter().all(|problem| problem.effect.is_some()) { Kind::Refused } else { Kind::Check };
    match errors.len() {
        0 => Ok(()),
        count => Err(Failure::new(kind, format!("{count} of the problems are errors"))),
    }
}

pub fn report(session: &mut Session, problems: &[Problem]) {
    for problem in problems {
        let text = format!("{}: {}", problem.object, problem.message);
        match problem.severity {
            Severity::Error => session.ui.failure(&crate::error::Failure::refused(text), &Default::default()),
            Severity::Warning => session.ui.warn(&text),
        }
    }
}
