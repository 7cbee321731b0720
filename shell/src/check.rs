//! Whether a configuration holds together.
//!
//! In: statements as written, or a whole document; what agents say of themselves. Out: diagnostics at
//! words, or problems of objects where there is no text.
//! Absent: what the cluster would do with it (see `preview`).

mod agent;
mod document;
mod options;
mod schema;
mod statement;

pub use options::values_of;
pub use schema::{check as schema_problems, names as schema_names, vocabulary};

use crate::catalogue::{AgentName, Catalogue};
use crate::configure::objects::{self, Object, is_resource};
use crate::configure::{references, show};
use crate::error::{Failure, Kind, Origin, Outcome};
use crate::json;
use crate::session::Session;
use quorate_core::agent::Metadata;
use quorate_core::cib::Document;
use quorate_core::xml::Element;
use quorate_grammar::crm::ast::{Kind as Said, OptionsKind, Statement};
use quorate_grammar::{Diagnostic, Severity};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    pub object: String,
    pub message: String,
}

impl Problem {
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The same problem again, however grave it is taken.
    fn key(&self) -> String {
        match self.is_of_agent() {
            true => self.message.clone(),
            false => format!("{}: {}", self.object, self.message),
        }
    }

    /// It concerns an agent, and all that use it alike.
    fn is_of_agent(&self) -> bool {
        self.severity == Severity::Warning && self.message.contains(agent::ABSENT)
    }

    fn of(object: &str, found: Diagnostic) -> Problem {
        let message = match &found.hint {
            Some(hint) => format!("{}; {hint}", found.message),
            None => found.message,
        };
        Problem { severity: found.severity, object: object.to_string(), message }
    }
}

/// What a check may know.
pub struct Facts<'a> {
    pub configuration: &'a Element,
    /// By id, once somebody asks.
    resources: OnceCell<BTreeMap<String, Object<'a>>>,
    pub catalogue: &'a Catalogue,
    pub agents: &'a dyn Fn(&AgentName) -> Option<Rc<Metadata>>,
}

impl<'a> Facts<'a> {
    fn of(
        configuration: &'a Element,
        catalogue: &'a Catalogue,
        agents: &'a dyn Fn(&AgentName) -> Option<Rc<Metadata>>,
    ) -> Facts<'a> {
        Facts { configuration, resources: OnceCell::new(), catalogue, agents }
    }

    /// The resource (or template) with this id.
    fn resource(&self, id: &str) -> Option<&Object<'a>> {
        let resources = self.resources.get_or_init(|| {
            let all = objects::objects(self.configuration).into_iter();
            let resources = all.filter(|object| is_resource(object.element) || object.kind == "rsc_template");
            resources.map(|object| (object.id.clone(), object)).collect()
        });
        resources.get(id)
    }

    fn metadata(&self, agent: &AgentName) -> Option<Rc<Metadata>> {
        (self.agents)(agent)
    }
}

/// Says what is wrong with a statement where it is written, if the settings want that. Errors are told
/// here and count when it is committed.
pub fn tell(session: &mut Session, statements: &[Statement], origin: &Origin) -> Outcome {
    let document = session.document()?;
    let found = found_in(session, &document, statements);
    session.ui.diagnostics(&found, origin);
    Ok(())
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
    }
    if session.options.is_on("core.ignore_missing_metadata") {
        found.retain(|(_, one)| !one.message.contains(agent::ABSENT));
    }
    let relaxed = session.options.get("core.check_mode") == "relaxed";
    let mut diagnostics = Vec::new();
    for (object, mut diagnostic) in found {
        let key = Problem::of(&object, diagnostic.clone()).key();
        if relaxed {
            diagnostic.severity = Severity::Warning;
        }
        if session.told.insert(key) {
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
    for problem in &problems {
        // What was told at its word need not be told again, nor what concerns an agent.
        let is_new = match problem.is_of_agent() {
            true => session.told.insert(problem.key()),
            false => !session.told.contains(&problem.key()),
        };
        if is_new {
            report(session, std::slice::from_ref(problem));
        }
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
    let before: BTreeSet<String> = document(&base, session).iter().map(Problem::key).collect();
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
    let configuration = document.configuration();
    let agents = |agent: &AgentName| session.agents.metadata(&session.environment.ocf_root, agent);
    let facts = Facts::of(configuration, session.catalogue(), &agents);
    let statements = show::all(configuration, session.catalogue());
    let mut problems = Vec::new();
    for (one, found) in references::check_each(&statements, configuration) {
        problems.extend(found.into_iter().map(|found| Problem::of(&name_of(one), found)));
    }
    if session.options.get("core.check_frequency") != "on-verify" || session.verifying {
        let same = base.map_or(BTreeSet::new(), |base| unchanged(base, document));
        for one in statements.iter().filter(|one| !same.contains(&name_of(one))) {
            let object = name_of(one);
            problems.extend(statement::check(one, &facts).into_iter().map(|found| Problem::of(&object, found)));
        }
        problems.extend(document::check(&facts));
    }
    problems.extend(schema::check(document));
    if session.options.is_on("core.ignore_missing_metadata") {
        problems.retain(|problem| !problem.is_of_agent());
    }
    once_for_each_agent(problems)
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
    match problems.iter().filter(|problem| problem.is_error()).count() {
        0 => Ok(()),
        count => Err(Failure::new(Kind::Check, format!("{count} of the problems are errors"))),
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
