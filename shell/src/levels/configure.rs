//! `configure`: the configuration, edited in memory until it is committed.
//!
//! In: statements and calls. Out: a changed stage, text, commits.
//! Absent: the language (grammar), how statements become XML (see `configure`).

use crate::check;
use crate::command::{Call, Command, FORCE, Level, PREVIEW, Run, What, any, maybe, one, some};
use crate::configure::lower::{self, Mode};
use crate::configure::remove::{self, RemoveError};
use crate::configure::show::{self, Selector};
use crate::configure::{edit, load, objects, set};
use crate::error::{Failure, Outcome};
use crate::session::Session;
use quorate_core::cib::Document;
use quorate_core::cib::diff::diff as patch;
use quorate_grammar::crm::ast::Statement;
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Diagnostic, Severity};

const fn statement_of(
    name: &'static str,
    help: &'static str,
    details: &'static str,
    examples: &'static [&'static str],
) -> Command {
    Command { name, help, details, examples, run: Run::Statement, ..Command::DEFAULT }
}

pub static LEVEL: Level = Level {
    name: "configure",
    help: "the configuration: resources, constraints, options",
    commands: &[
        statement_of(
            "node",
            "a cluster node and its attributes",
            "node [ID:] NAME[:member|remote] [description=TEXT] [attributes] NAME=VALUE… utilization NAME=VALUE…",
            &["node n1 attributes rack=a", "node 1: n1 utilization cpu=8"],
        ),
        Command {
            aliases: &["resource"],
            ..statement_of(
                "primitive",
                "a resource",
                "primitive ID [CLASS:[PROVIDER:]]TYPE|@TEMPLATE [description=TEXT]\n  [params NAME=VALUE…] [meta NAME=VALUE…] [utilization NAME=VALUE…]\n  [operations $id=ID] [op NAME NAME=VALUE… [op_params NAME=VALUE…] [op_meta NAME=VALUE…]]…",
                &["primitive ip IPaddr2 params ip=10.0.0.9 op monitor interval=10s timeout=20s"],
            )
        },
        statement_of(
            "rsc_template",
            "a pattern that primitives may refer to",
            "As primitive; used as `primitive ID @TEMPLATE`.",
            &["rsc_template vm Dummy op monitor interval=30s"],
        ),
        statement_of(
            "group",
            "resources started together, in order, on one node",
            "group ID MEMBER… [description=TEXT] [params NAME=VALUE…] [meta NAME=VALUE…]",
            &["group web ip fs app meta target-role=Stopped"],
        ),
        statement_of(
            "clone",
            "a resource that runs on several nodes",
            "clone ID RESOURCE [description=TEXT] [params NAME=VALUE…] [meta NAME=VALUE…]",
            &["clone c db meta promotable=true"],
        ),
        Command {
            aliases: &["master"],
            ..statement_of(
                "ms",
                "a promotable clone, in the older spelling",
                "As clone.",
                &["ms m drbd meta notify=true"],
            )
        },
        statement_of(
            "location",
            "where a resource prefers to run",
            "location ID RESOURCE|/PATTERN/|{ SET } [role=ROLE] [resource-discovery=HOW] SCORE: NODE | rule…\nrule [$id=ID] [$role=ROLE] [SCORE:] EXPRESSION [and|or EXPRESSION]…",
            &["location l1 web 100: n1", "location l2 web rule -inf: not_defined ping or ping lt 1"],
        ),
        Command {
            aliases: &["collocation"],
            ..statement_of(
                "colocation",
                "resources that run together or apart",
                "colocation ID SCORE: RESOURCE[:ROLE] WITH[:ROLE] [node-attribute=NAME]\nSets: plain members in order, ( … ) in no order, [ … ] of which one is enough.",
                &["colocation k1 inf: fs db:Promoted", "colocation k2 inf: ( a b ) base"],
            )
        },
        statement_of(
            "order",
            "which resource starts first",
            "order ID [Mandatory:|Optional:|Serialize:] FIRST[:ACTION] THEN[:ACTION] [symmetrical=BOOL]\nSets as for colocation.",
            &["order o1 Mandatory: db:promote fs:start"],
        ),
        statement_of(
            "rsc_ticket",
            "resources that depend on a ticket",
            "rsc_ticket ID TICKET: RESOURCE[:ROLE]… [loss-policy=stop|demote|fence|freeze]",
            &["rsc_ticket t1 tA: db:Promoted loss-policy=demote"],
        ),
        statement_of(
            "property",
            "cluster options",
            "property [SET:] [rule…] NAME=VALUE…",
            &["property no-quorum-policy=stop", "property night: rule date spec hours=0-5 batch-limit=2"],
        ),
        statement_of(
            "rsc_defaults",
            "default meta attributes of resources",
            "rsc_defaults [SET:] [rule…] NAME=VALUE…",
            &["rsc_defaults resource-stickiness=1"],
        ),
        statement_of(
            "op_defaults",
            "default meta attributes of operations",
            "op_defaults [SET:] [rule…] NAME=VALUE…",
            &["op_defaults timeout=60s"],
        ),
        statement_of(
            "fencing_topology",
            "which devices fence which node, in which order",
            "fencing_topology [NODE:|attr:NAME=VALUE|pattern:REGEX] DEVICE[,DEVICE]… …\nWithout a target the devices are for every node.",
            &["fencing_topology n1: ipmi1 pdu1,pdu2 n2: ipmi2"],
        ),
        statement_of("tag", "a name for several objects", "tag ID OBJECT…", &["tag web ip app"]),
        statement_of(
            "monitor",
            "one more monitor operation for a resource",
            "monitor RESOURCE[:ROLE] INTERVAL[:TIMEOUT]",
            &["monitor app 30s:20s"],
        ),
        statement_of(
            "xml",
            "an object as raw XML",
            "",
            &["xml <primitive id=\"p\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>"],
        ),
        Command {
            name: "show",
            arguments: &[any("selection", What::Selector)],
            help: "print the configuration, or a part of it",
            details: "SELECTION: [xml] and ids, patterns (p*), type:TYPE, tag:TAG, related:ID, changed.\nValues of attributes named passw* are masked; `save` does not mask.",
            examples: &["show", "show xml p1", "show type:order related:p1", "show changed"],
            run: Run::Do(show),
            ..Command::DEFAULT
        },
        Command {
            name: "edit",
            arguments: &[any("selection", What::Selector)],
            help: "change the configuration in an editor ($EDITOR)",
            details: "Objects that are no longer in the text are deleted. Errors are shown, and the text is edited again.",
            examples: &["edit", "edit p1 type:order"],
            run: Run::Do(edit_text),
            ..Command::DEFAULT
        },
        Command {
            name: "filter",
            arguments: &[one("program", What::Text), any("selection", What::Selector)],
            help: "change the configuration by a program",
            details: "The program reads one statement a line and writes the new text.",
            examples: &["filter \"sed 's/60s/30s/'\" p1"],
            run: Run::Do(filter),
            ..Command::DEFAULT
        },
        Command {
            name: "modgroup",
            arguments: &[
                one("group", What::Group),
                one("add|remove", What::Words(&["add", "remove"])),
                one("member", What::Resource),
                maybe("after|before", What::Words(&["after", "before"])),
                maybe("reference", What::Resource),
            ],
            help: "add a member to a group, or take one out",
            examples: &["modgroup web add fs after ip", "modgroup web remove fs"],
            run: Run::Do(modgroup),
            ..Command::DEFAULT
        },
        Command {
            name: "set",
            arguments: &[one("path", What::Object), one("value", What::Text)],
            help: "change one attribute that is there",
            details: "PATH is ID.NAME, or for an operation ID.OPERATION.[INTERVAL.]NAME.",
            examples: &["set ip.nic eth1", "set ip.monitor.interval 20s"],
            run: Run::Do(set_value),
            ..Command::DEFAULT
        },
        Command {
            name: "delete",
            aliases: &["rm"],
            arguments: &[some("id", What::Object)],
            flags: &[FORCE],
            help: "delete objects",
            details: "Constraints and tags lose their references to them; what is left empty goes too.\nMembers of a deleted group or clone stay.",
            examples: &["delete web", "delete l1 l2"],
            run: Run::Do(delete),
        },
        Command {
            name: "rename",
            arguments: &[one("old", What::Object), one("new", What::Text)],
            help: "give an object another id",
            run: Run::Do(rename),
            ..Command::DEFAULT
        },
        Command {
            name: "erase",
            arguments: &[maybe("nodes", What::Words(&["nodes"]))],
            help: "delete everything but the nodes, or the nodes",
            run: Run::Do(erase),
            ..Command::DEFAULT
        },
        Command {
            name: "load",
            arguments: &[
                one("[xml]", What::Words(&["xml", "replace", "update", "push"])),
                any("method file", What::File),
            ],
            help: "read statements from a file, or from standard input (-)",
            details: "load [xml] replace|update|push FILE\nreplace: what is there goes first; update: objects of the file are made or replaced;\npush: as update, and objects that are not in the file are deleted.\nThe file is taken whole or not at all; its objects may come in any order.",
            examples: &["load update web.crm", "load xml replace cib.xml", "load update -"],
            run: Run::Do(load_file),
            ..Command::DEFAULT
        },
        Command {
            name: "save",
            arguments: &[some("[xml] selection file", What::File)],
            help: "write the configuration, or a part of it, to a file (or to - )",
            examples: &["save web.crm", "save xml type:primitive p.xml"],
            run: Run::Do(save),
            ..Command::DEFAULT
        },
        Command {
            name: "commit",
            arguments: &[maybe("force", What::Words(&["force"]))],
            flags: &[PREVIEW, FORCE],
            help: "make the changes real",
            details: "Changes that others made meanwhile stay, if they are to other things. If they are to the same\nthings, nothing is committed and each of them is shown.",
            run: Run::Do(commit),
            ..Command::DEFAULT
        },
        Command {
            name: "refresh",
            help: "drop the changes and read the configuration again",
            run: Run::Do(refresh),
            ..Command::DEFAULT
        },
        Command { name: "undo", help: "take back the last change", run: Run::Do(undo), ..Command::DEFAULT },
        Command { name: "redo", help: "make the change that was taken back", run: Run::Do(redo), ..Command::DEFAULT },
        Command {
            name: "diff",
            flags: &[XML],
            help: "what the changes are so far",
            details: "A unified diff of the configuration, or with --xml the patch that a commit sends.",
            run: Run::Do(diff),
            ..Command::DEFAULT
        },
        Command { name: "verify", help: "check the configuration", run: Run::Do(verify), ..Command::DEFAULT },
        Command {
            name: "simulate",
            aliases: &["ptest"],
            help: "show what the cluster would do with the configuration as it is now",
            run: Run::Do(simulate),
            ..Command::DEFAULT
        },
        Command {
            name: "get-property",
            aliases: &["get_property"],
            arguments: &[any("name", What::PropertyName)],
            help: "the value of a cluster option",
            run: Run::Do(get_property),
            ..Command::DEFAULT
        },
        Command {
            name: "schema",
            arguments: &[maybe("name", What::Text)],
            help: "the schema the configuration is written for",
            run: Run::Do(schema),
            ..Command::DEFAULT
        },
        Command { name: "cib", help: super::cib::LEVEL.help, run: Run::Level(&super::cib::LEVEL), ..Command::DEFAULT },
    ],
};

const XML: crate::command::Flag = crate::command::Flag { name: "--xml", short: "", help: "as the patch in XML" };

// ---- statements ----------------------------------------------------------------------------------

/// Puts a statement onto the stage.
pub fn statement(session: &mut Session, statement: Option<Statement>, mut diagnostics: Vec<Diagnostic>) -> Outcome {
    session.freshen();
    if let Some(statement) = statement {
        let text = format!("{} {}", statement.kind.keyword(), statement.kind.id().map_or("", |id| &id.text));
        let mut document = session.stage()?.work().clone();
        let found = lower::lower(
            std::slice::from_ref(&statement),
            Mode::Create,
            document.configuration_mut(),
            session.catalogue(),
        );
        if found.is_empty() {
            let before = session.stage()?.clone();
            session.stage()?.put(text.trim(), document);
            let missing = session.check_references(std::slice::from_ref(&statement));
            if missing.iter().any(Diagnostic::is_error) {
                *session.stage()? = before;
            }
            diagnostics.extend(missing);
        }
        diagnostics.extend(found);
    }
    settle(session, diagnostics)
}

/// Warnings are shown; errors are the outcome.
pub fn settle(session: &mut Session, diagnostics: Vec<Diagnostic>) -> Outcome {
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(diagnostics));
    }
    let origin = session.origin.clone();
    session.ui.diagnostics(&diagnostics, &origin);
    Ok(())
}

// ---- looking -------------------------------------------------------------------------------------

/// The words of a selection: whether it is XML or changes, and the selectors.
struct Selection {
    xml: bool,
    changed: bool,
    selectors: Vec<Selector>,
}

fn selection(words: &[String]) -> Selection {
    let mut selection = Selection { xml: false, changed: false, selectors: Vec::new() };
    for word in words {
        match word.as_str() {
            "xml" => selection.xml = true,
            "changed" => selection.changed = true,
            "or" => {}
            word => selection.selectors.push(Selector::read(word)),
        }
    }
    selection
}

fn show(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let selection = selection(&call.words());
    if selection.changed {
        return print_diff(session);
    }
    let document = session.stage()?.work().clone();
    let configuration = document.configuration();
    let (objects, missing) = show::select(configuration, &selection.selectors);
    if selection.xml {
        let selected = (!selection.selectors.is_empty()).then_some(&objects[..]);
        let text = show::xml(document.root(), configuration, selected);
        session.ui.print(&text);
    } else {
        let mut statements = show::statements(configuration, &objects, session.catalogue());
        show::mask(&mut statements);
        let mut ink = session.ui.ink();
        show::print(&statements, &mut ink);
        session.ui.print(&ink.text);
    }
    nothing_missing(&document, missing)
}

fn nothing_missing(document: &Document, missing: Vec<Selector>) -> Outcome {
    let Some(first) = missing.first() else { return Ok(()) };
    let (Selector::Id(word)
    | Selector::Glob(word)
    | Selector::Type(word)
    | Selector::Tag(word)
    | Selector::Related(word)) = first;
    let failure = Failure::refused(format!("there is no object `{word}`"));
    Err(with_near(failure, word, document))
}

fn with_near(failure: Failure, word: &str, document: &Document) -> Failure {
    let ids: Vec<String> = objects::objects(document.configuration()).into_iter().map(|object| object.id).collect();
    match closest(word, ids.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    }
}

/// The changes so far as a unified diff.
pub fn print_diff(session: &mut Session) -> Outcome {
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    let text = text_diff(session, &base, &work, "committed", "changed");
    session.ui.diff(&text);
    Ok(())
}

/// The difference of two documents in the configuration language.
pub fn text_diff(session: &Session, old: &Document, new: &Document, old_name: &str, new_name: &str) -> String {
    let text = |document: &Document| {
        let mut statements = show::all(document.configuration(), session.catalogue());
        show::mask(&mut statements);
        show::text(&statements)
    };
    let (old, new) = (text(old), text(new));
    similar::TextDiff::from_lines(&old, &new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}

fn diff(session: &mut Session, call: &Call) -> Outcome {
    if !call.has(XML) {
        return print_diff(session);
    }
    let stage = session.stage()?;
    let text = quorate_core::xml::write_pretty(&patch(stage.base(), stage.work()).to_xml());
    session.ui.print(&text);
    Ok(())
}

fn verify(session: &mut Session, _: &Call) -> Outcome {
    let document = session.stage()?.work().clone();
    let problems = check::check(&document, session.catalogue());
    check::report(session, &problems);
    match problems.iter().filter(|problem| problem.is_error()).count() {
        0 => Ok(()),
        count => Err(Failure::refused(format!("{count} of the problems are errors"))),
    }
}

fn simulate(session: &mut Session, _: &Call) -> Outcome {
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    session.preview(&base, &work)
}

fn get_property(session: &mut Session, call: &Call) -> Outcome {
    session.freshen();
    let document = session.stage()?.work().clone();
    let sets = document.configuration().child("crm_config").into_iter().flat_map(|section| section.elements());
    let pairs: Vec<(String, String)> = sets
        .flat_map(|set| set.elements_named("nvpair"))
        .filter_map(|pair| Some((pair.attr("name")?.to_string(), pair.attr("value").unwrap_or_default().to_string())))
        .collect();
    if call.arguments.is_empty() {
        pairs.iter().for_each(|(name, _)| session.ui.line(name));
        return Ok(());
    }
    for name in call.words() {
        match pairs.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => session.ui.line(value),
            None => return Err(Failure::refused(format!("`{name}` is not set"))),
        }
    }
    Ok(())
}

// ---- changing ------------------------------------------------------------------------------------

/// Replaces the work copy by what `change` makes of it.
fn work_on(session: &mut Session, call: &Call, change: impl FnOnce(&mut Session, &mut Document) -> Outcome) -> Outcome {
    session.freshen();
    let mut document = session.stage()?.work().clone();
    change(session, &mut document)?;
    let words: Vec<&str> = call.tokens.iter().map(|token| token.text.as_str()).collect();
    session.stage()?.put(&words.join(" "), document);
    Ok(())
}

fn delete(session: &mut Session, call: &Call) -> Outcome {
    let running = super::resource::running(session, &call.words());
    if let Some(id) = running.first().filter(|_| !call.has(FORCE) && !session.switches.force) {
        return Err(Failure::refused(format!("`{id}` is running"))
            .hint("stop it first, or use --force: it may then be left running, unwatched"));
    }
    work_on(session, call, |session, document| {
        let notes =
            remove::delete(document.configuration_mut(), &call.words()).map_err(|error| removal(error, document))?;
        notes.iter().for_each(|note| session.ui.info(note));
        Ok(())
    })
}

fn rename(session: &mut Session, call: &Call) -> Outcome {
    let (old, new) = (call.required(0), call.required(1));
    let word = quorate_grammar::Word::at(new, call.span(1));
    if let (None, found) =
        quorate_grammar::crm::parse_words(&quorate_grammar::line::standing(&format!("tag {new} x ")).before)
    {
        return Err(Failure::input(found.into_iter().map(|one| Diagnostic { span: word.span, ..one }).collect()));
    }
    let running = super::resource::running(session, &[old.to_string()]);
    if !running.is_empty() {
        return Err(Failure::refused(format!("`{old}` is running and cannot be renamed")).hint("stop it first"));
    }
    work_on(session, call, |session, document| {
        let notes = remove::rename(document.configuration_mut(), old, new).map_err(|error| removal(error, document))?;
        notes.iter().for_each(|note| session.ui.info(note));
        Ok(())
    })
}

fn removal(error: RemoveError, document: &Document) -> Failure {
    match error {
        RemoveError::Missing(id) => with_near(Failure::refused(format!("there is no object `{id}`")), &id, document),
        RemoveError::Needed { id, by } => {
            Failure::refused(format!("`{by}` needs `{id}`")).hint(format!("delete `{by}` as well, or first"))
        }
        RemoveError::Taken(id) => Failure::refused(format!("the id `{id}` is used already")),
    }
}

fn erase(session: &mut Session, call: &Call) -> Outcome {
    let nodes = call.argument(0);
    if let Some(word) = nodes.filter(|word| *word != "nodes") {
        return Err(Failure::at(call.span(0), format!("`{word}` cannot be erased; `nodes` can")));
    }
    work_on(session, call, |_, document| {
        load::erase(document.configuration_mut(), nodes.is_some());
        Ok(())
    })
}

fn set_value(session: &mut Session, call: &Call) -> Outcome {
    work_on(session, call, |_, document| {
        set::set(document.configuration_mut(), call.required(0), call.required(1))
            .map_err(|diagnostic| Failure::input(vec![Diagnostic { span: call.span(0), ..diagnostic }]))
    })
}

fn modgroup(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    work_on(session, call, |session, document| {
        let statement = set::modified_group(document.configuration(), session.catalogue(), &words)
            .map_err(|(place, message)| Failure::at(call.span(place), message))?;
        let mut found = lower::lower(
            std::slice::from_ref(&statement),
            Mode::Replace,
            document.configuration_mut(),
            session.catalogue(),
        );
        found.iter_mut().for_each(|one| one.span = call.span(2));
        if found.is_empty() { Ok(()) } else { Err(Failure::input(found)) }
    })
}

fn edit_text(session: &mut Session, call: &Call) -> Outcome {
    let selection = selection(&call.words());
    if selection.xml {
        return Err(Failure::new(
            crate::error::Kind::Unsupported,
            "editing XML is not supported yet; use `save xml`, `load xml`",
        ));
    }
    session.freshen();
    let document = session.stage()?.work().clone();
    let (objects, missing) = show::select(document.configuration(), &selection.selectors);
    nothing_missing(&document, missing)?;
    let changed = edit::edit(session, &document, &objects)?;
    if let Some(document) = changed {
        session.stage()?.put("edit", document);
    }
    Ok(())
}

fn filter(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let selection = selection(&words[1..]);
    work_on(session, call, |session, document| {
        let before = document.clone();
        // As in crmsh, ids that are not there select nothing; the program may add them.
        let (objects, _) = show::select(before.configuration(), &selection.selectors);
        *document = edit::filter(session, &before, &objects, &words[0])?;
        Ok(())
    })
}

fn load_file(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let (xml, rest) = match words.split_first() {
        Some((first, rest)) if first == "xml" => (true, rest),
        _ => (false, &words[..]),
    };
    let [method, file] = rest else {
        return Err(Failure::usage("load needs a method and a file").hint("load [xml] replace|update|push FILE"));
    };
    let Some(method) = load::Method::read(method) else {
        return Err(Failure::at(
            call.span(usize::from(xml)),
            format!("`{method}` is no method; there are replace, update and push"),
        ));
    };
    work_on(session, call, |session, document| load::load(session, document, method, xml, file))
}

fn save(session: &mut Session, call: &Call) -> Outcome {
    let words = call.words();
    let (file, rest) = words.split_last().expect("the number of arguments was checked");
    let selection = selection(rest);
    session.freshen();
    let document = session.stage()?.work().clone();
    let (objects, missing) = show::select(document.configuration(), &selection.selectors);
    nothing_missing(&document, missing)?;
    let text = if selection.xml {
        let selected = (!selection.selectors.is_empty()).then_some(&objects[..]);
        show::unmasked_xml(document.root(), document.configuration(), selected)
    } else {
        show::text(&show::statements(document.configuration(), &objects, session.catalogue()))
    };
    if file == "-" {
        session.ui.print(&text);
        return Ok(());
    }
    let path = std::path::Path::new(file);
    std::fs::write(path, text).map_err(|error| Failure::file(path, &error))
}

fn schema(session: &mut Session, call: &Call) -> Outcome {
    let Some(name) = call.argument(0) else {
        let name = session.stage()?.work().root().attr("validate-with").unwrap_or_default().to_string();
        session.ui.line(&name);
        return Ok(());
    };
    if !name.starts_with("pacemaker-") {
        return Err(Failure::at(call.span(0), format!("`{name}` is no schema; they are called pacemaker-X.Y")));
    }
    work_on(session, call, |_, document| {
        document.root_mut().set("validate-with", name);
        Ok(())
    })
}

// ---- committing ----------------------------------------------------------------------------------

fn commit(session: &mut Session, call: &Call) -> Outcome {
    let forced = call.has(FORCE) || call.argument(0) == Some("force") || session.switches.force;
    if call.has(PREVIEW) {
        return simulate(session, call);
    }
    if !session.is_changed() {
        session.ui.info("apparently there is nothing to commit");
        session.ui.info("try changing something first");
        return Ok(());
    }
    let found = session.check_batch()?;
    if found.iter().any(Diagnostic::is_error) {
        return Err(Failure::input(found));
    }
    let problems = new_problems(session)?;
    check::report(session, &problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) && !forced {
        return Err(Failure::refused("nothing was committed").hint("put it right, or use `commit force`"));
    }
    session.commit_stage().map(drop)
}

/// Problems that the changes brought; those that were there before are no reason to refuse them.
fn new_problems(session: &mut Session) -> Outcome<Vec<check::Problem>> {
    let stage = session.stage()?;
    let (base, work) = (stage.base().clone(), stage.work().clone());
    let before = check::check(&base, session.catalogue());
    let mut now = check::check(&work, session.catalogue());
    now.retain(|problem| !before.contains(problem));
    Ok(now)
}

fn refresh(session: &mut Session, _: &Call) -> Outcome {
    if session.is_changed()
        && session.manner == crate::session::Manner::Interactive
        && !session.confirm("All changes will be dropped. Go on?")
    {
        return Ok(());
    }
    session.drop_stage();
    session.stage().map(drop)
}

fn undo(session: &mut Session, _: &Call) -> Outcome {
    match session.stage()?.undo() {
        Some(command) => session.ui.info(&format!("took back: {command}")),
        None => session.ui.info("there is nothing to take back"),
    }
    Ok(())
}

fn redo(session: &mut Session, _: &Call) -> Outcome {
    match session.stage()?.redo() {
        Some(command) => session.ui.info(&format!("made again: {command}")),
        None => session.ui.info("there is nothing to make again"),
    }
    Ok(())
}
